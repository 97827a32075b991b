//! Who a record's `userIdentity` speaks of: the person behind a session where it is known, else the role.
//! Knows nothing of what was done.

use provider_api::{Actor, ActorKind};
use serde_json::Value;

/// Roles that IAM Identity Center makes: `AWSReservedSSO_<permission set>_<16 hexadecimal digits>`. It names their sessions
/// after its users (IAM Identity Center User Guide, "Using service-linked roles", and "Session names").
const SSO_ROLE: &str = "AWSReservedSSO_";

/// The actor of a record.
pub(super) fn actor(record: &Value) -> Actor {
    let identity = &record["userIdentity"];
    let text = |pointer: &str| identity.pointer(pointer).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let arn = text("/arn").map(str::to_owned);
    let mfa = text("/sessionContext/attributes/mfaAuthenticated").and_then(|text| text.parse().ok());
    let account = text("/accountId");
    let make = |kind, identity: String, via| Actor { kind, identity, role: None, via, mfa };
    match text("/type").unwrap_or_default() {
        "Root" => make(ActorKind::Root, format!("root of account {}", account.unwrap_or("unknown")), None),
        "IAMUser" => {
            let name = text("/userName").or_else(|| arn.as_deref().and_then(last_part)).unwrap_or("a user");
            make(ActorKind::Person, name.to_owned(), arn.clone())
        }
        "AssumedRole" | "Role" => assumed_role(identity, mfa),
        "FederatedUser" => {
            let name = arn.as_deref().and_then(last_part).or_else(|| text("/principalId").and_then(session));
            make(ActorKind::Person, name.unwrap_or("a federated user").to_owned(), arn.clone())
        }
        "SAMLUser" | "Directory" => make(ActorKind::Person, text("/userName").unwrap_or("a user").to_owned(), arn),
        "IdentityCenterUser" => match text("/onBehalfOf/userId") {
            Some(id) => make(ActorKind::Person, format!("Identity Center user {id}"), None),
            None => make(ActorKind::Other, "an Identity Center user".to_owned(), None),
        },
        // What a web identity calls itself is a program's name as often as a person's.
        "WebIdentityUser" => {
            let via = text("/identityProvider").map(str::to_owned);
            make(ActorKind::Other, text("/userName").unwrap_or("a web identity").to_owned(), via)
        }
        "AWSService" => make(ActorKind::Service, text("/invokedBy").unwrap_or("a service of AWS").to_owned(), None),
        "AWSAccount" => make(
            ActorKind::Other,
            format!("account {}", account.unwrap_or("unknown")),
            text("/principalId").map(str::to_owned),
        ),
        _ => match text("/invokedBy") {
            Some(service) => make(ActorKind::Service, service.to_owned(), None),
            None => make(ActorKind::Other, text("/userName").unwrap_or("somebody").to_owned(), arn),
        },
    }
}

/// A role's session. The person is the source identity, which whoever assumed the role cannot change later; the user of
/// Identity Center; or the session's name where that is a mail address, which whoever assumed the role chose.
fn assumed_role(identity: &Value, mfa: Option<bool>) -> Actor {
    let text = |pointer: &str| identity.pointer(pointer).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let arn = text("/arn");
    let named = arn.and_then(|arn| arn.split_once(":assumed-role/")).and_then(|(_, rest)| rest.rsplit_once('/'));
    let role = text("/sessionContext/sessionIssuer/userName").or(named.map(|(role, _)| role)).unwrap_or("a role");
    let session = named.map(|(_, name)| name).or_else(|| text("/principalId").and_then(session));
    let via = arn.or_else(|| text("/sessionContext/sessionIssuer/arn")).map(str::to_owned);
    let (kind, identity) = match (text("/sessionContext/sourceIdentity"), session) {
        (Some(source), _) => (ActorKind::Person, source),
        (None, Some(user)) if role.starts_with(SSO_ROLE) || is_mail_address(user) => (ActorKind::Person, user),
        (None, _) => (ActorKind::Role, role),
    };
    // Identity Center asks for the second factor itself, and the role's session does not know.
    let mfa = mfa.filter(|_| !role.starts_with(SSO_ROLE));
    let shown = (kind != ActorKind::Role).then(|| permission_set(role).unwrap_or(role).to_owned());
    Actor { kind, identity: identity.to_owned(), role: shown, via, mfa }
}

/// The permission set that Identity Center made a role for.
fn permission_set(role: &str) -> Option<&str> {
    let (name, digits) = role.strip_prefix(SSO_ROLE)?.rsplit_once('_')?;
    (!name.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(name)
}

/// What follows the last slash of an ARN's resource.
fn last_part(arn: &str) -> Option<&str> {
    arn.rsplit_once('/').map(|(_, name)| name).filter(|name| !name.is_empty())
}

/// The name of a session in a principal's id: `AROA…:name`.
fn session(principal: &str) -> Option<&str> {
    principal.split_once(':').map(|(_, name)| name).filter(|name| !name.is_empty())
}

fn is_mail_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}
