//! What `driftline.toml` says about approvals: how many, whose, by which evidence, and who is who.
//! Knows nothing of Git or of any forge.

use crate::forge::ForgeKind;
use crate::model::Assurance;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// `[segregation]`: what makes a change properly approved. The defaults are the strict rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// How many independent persons have to approve.
    pub approvals: NonZeroU32,
    /// Whether whoever merged counts as a mere hand of the pipeline, who may be the approver as well.
    pub merger_may_approve: bool,
    /// Whether authors may approve their own change. Then approvals are merely counted.
    pub self_approval: bool,
    /// Whether only an approval of the very revision that was merged counts.
    pub after_last_push: bool,
    /// Whether an owner by CODEOWNERS has to approve each configuration file that changed.
    pub code_owners: bool,
    /// Whether `Acked-by` is an approval.
    pub acked_by: bool,
    /// The weakest class of evidence that counts.
    #[serde(deserialize_with = "assurance")]
    #[schemars(schema_with = "assurances", extend("default" = Assurance::Asserted.name()))]
    pub minimum_assurance: Assurance,
    /// Names, addresses and accounts of programs; `*` stands for anything.
    #[schemars(example = ["ci-*", "*@robots.example.com"])]
    pub bots: Vec<String>,
    /// Names, addresses and accounts that several persons share.
    pub shared: Vec<String>,
    /// Programs for whose changes nobody need have asked: a person's approval is enough. No program ever approves.
    #[schemars(example = ["renovate[bot]"])]
    pub trusted_bots: Vec<String>,
    /// The label that declares a pull request an emergency.
    pub emergency_label: String,
    /// The trailer of the landing commit that declares it an emergency.
    pub emergency_trailer: String,
    /// Within how many hours somebody independent has to approve an emergency after it landed.
    pub emergency_hours: u32,
    /// Names of tags that approve what they point at, if they are signed.
    pub approval_tags: Vec<String>,
    /// What failed checks mean.
    #[schemars(schema_with = "checks", extend("default" = Checks::default()))]
    pub checks: Checks,
}

/// What checks on the merged revision mean for the verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Checks {
    /// They are reported.
    #[default]
    Report,
    /// Those that the branch wants must have succeeded; all of them where it is not known which it wants.
    Required,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            approvals: NonZeroU32::MIN,
            merger_may_approve: false,
            self_approval: false,
            after_last_push: true,
            code_owners: false,
            acked_by: false,
            minimum_assurance: Assurance::Asserted,
            bots: Vec::new(),
            shared: Vec::new(),
            trusted_bots: Vec::new(),
            emergency_label: "emergency".into(),
            emergency_trailer: "Emergency".into(),
            emergency_hours: 72,
            approval_tags: vec!["approved/*".into()],
            checks: Checks::Report,
        }
    }
}

/// A class that can make a verdict; `implied` never does.
fn assurance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Assurance, D::Error> {
    let name = String::deserialize(deserializer)?;
    let accepted = || Assurance::ALL.into_iter().filter(|class| *class != Assurance::Implied);
    accepted().find(|class| class.name() == name).ok_or_else(|| {
        let names: Vec<_> = accepted().map(Assurance::name).collect();
        serde::de::Error::custom(format!("minimum_assurance is one of {}", names.join(", ")))
    })
}

fn checks(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "enum": [Checks::Report, Checks::Required]})
}

fn assurances(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let accepted = Assurance::ALL.into_iter().filter(|class| *class != Assurance::Implied);
    let names: Vec<_> = accepted.map(Assurance::name).collect();
    schemars::json_schema!({"type": "string", "enum": names})
}

/// `[[person]]`: one person, or one program, under all names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonSettings {
    /// The name in reports; other entries refer to it.
    #[schemars(example = &"Ann Lee")]
    pub name: String,
    /// All mail addresses, the one for reports first.
    #[serde(default)]
    #[schemars(example = ["ann@example.com"])]
    pub emails: Vec<String>,
    /// Accounts: `github:ann`, `gitlab:ann`.
    #[serde(default)]
    #[schemars(example = ["github:ann"])]
    pub logins: Vec<String>,
    /// Whether several persons use it.
    #[serde(default)]
    pub shared: bool,
    /// Whether it is a program.
    #[serde(default)]
    pub bot: bool,
    /// Who asks for what a program changes: the name, an address or an account of a person. With `bot = true`.
    #[serde(default)]
    #[schemars(example = &"Ann Lee")]
    pub owner: Option<String>,
}

/// `[[team]]`: who is in a team that CODEOWNERS names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamSettings {
    /// As CODEOWNERS writes it: `@org/infra`.
    #[schemars(example = &"@org/infra")]
    pub name: String,
    /// Names, addresses or accounts.
    #[schemars(example = ["Ann Lee", "github:bob"])]
    pub members: Vec<String>,
}

/// `[signatures]`: whose signatures are trusted. Paths are those of the approved commit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SignatureSettings {
    /// Files of OpenPGP public keys; `*` stands for any part of a file's name.
    #[schemars(example = ["keys/*.asc"])]
    pub openpgp: Vec<String>,
    /// A file of allowed SSH signers.
    #[schemars(example = &"keys/allowed_signers")]
    pub allowed_signers: Option<String>,
    /// A file of X.509 root certificates.
    #[schemars(example = &"keys/roots.pem")]
    pub x509_roots: Option<String>,
    /// Mail addresses of the keys by which the forge signs what it commits.
    pub forge_signers: Vec<String>,
}

impl Default for SignatureSettings {
    fn default() -> Self {
        let forge_signers = vec!["noreply@github.com".into()];
        Self { openpgp: Vec::new(), allowed_signers: None, x509_roots: None, forge_signers }
    }
}

/// `[forge]`: where pull requests are, if the remote does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForgeSettings {
    /// What the forge is.
    #[serde(deserialize_with = "forge_kind")]
    #[schemars(schema_with = "forge_kinds", example = &"github")]
    pub kind: Option<ForgeKind>,
    /// The repository there: `owner/name`.
    #[schemars(example = &"owner/name")]
    pub repository: Option<String>,
}

fn forge_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ForgeKind>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let kind = [ForgeKind::GitHub, ForgeKind::GitLab].into_iter().find(|kind| kind.as_str() == name);
    kind.map(Some).ok_or_else(|| serde::de::Error::custom("the kind of a forge is github or gitlab"))
}

fn forge_kinds(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "enum": [ForgeKind::GitHub.as_str(), ForgeKind::GitLab.as_str()]})
}

/// Who is who, by the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persons {
    /// Persons and programs.
    pub persons: Vec<PersonSettings>,
    /// Teams.
    pub teams: Vec<TeamSettings>,
}

impl Persons {
    /// Whether every entry can be understood and none contradicts another.
    ///
    /// # Errors
    /// Names the entry and what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for person in &self.persons {
            let name = person.name.as_str();
            if name.trim().is_empty() {
                return Err("a [[person]] has no name".into());
            }
            if let Some(login) = person.logins.iter().find(|login| !is_account(login)) {
                return Err(format!("the login {login:?} of [[person]] {name:?} does not read forge:login"));
            }
            if let Some(email) = person.emails.iter().find(|email| !email.contains('@')) {
                return Err(format!("the address {email:?} of [[person]] {name:?} is no mail address"));
            }
            if person.owner.is_some() && !person.bot {
                return Err(format!("[[person]] {name:?} has an owner, but is no bot"));
            }
            let keys = [&person.name].into_iter().chain(&person.emails).chain(&person.logins);
            let mut own: Vec<_> = keys.map(|key| key.trim().to_lowercase()).collect();
            own.sort_unstable();
            own.dedup();
            for key in own {
                if let Some(other) = taken.insert(key.clone(), name) {
                    return Err(format!("{key:?} stands in the [[person]] entries of both {other:?} and {name:?}"));
                }
            }
        }
        let mut names: Vec<_> = self.teams.iter().map(|team| team.name.to_lowercase()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("there are two [[team]] entries {:?}", pair[0])),
            None => Ok(()),
        }
    }
}

/// Whether a text reads `forge:login`.
pub(super) fn is_account(text: &str) -> bool {
    let forge = |forge: &str| !forge.is_empty() && forge.bytes().all(|byte| byte.is_ascii_lowercase());
    text.split_once(':').is_some_and(|(kind, login)| {
        forge(kind) && !login.is_empty() && !login.contains(|character: char| character.is_whitespace())
    })
}

/// Whether a text fits a pattern, in which `*` stands for anything; without regard to case.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("renovate[bot]", "Renovate[bot]", true),
            ("*[bot]", "x[bot]", true),
            ("*[bot]", "x[bot]y", false),
            ("approved/*", "approved/7/a", true),
            ("approved/*", "approved", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("**", "anything", true),
            ("", "x", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_defaults_are_strict() {
        assert_eq!(toml::from_str::<Policy>("").expect("a policy"), Policy::default());
        let set: Policy =
            toml::from_str("approvals = 2\nminimum_assurance = \"forge_verified\"\nchecks = \"required\"")
                .expect("a policy");
        assert_eq!((set.approvals.get(), set.minimum_assurance), (2, Assurance::ForgeVerified));
        assert_eq!(set.checks, Checks::Required);
        for bad in [
            "approvals = 0",
            "approvals = -1",
            "minimum_assurance = \"implied\"",
            "minimum_assurance = \"good\"",
            "checks = \"ignored\"",
            "merger_may_aprove = true",
            "emergency_hours = -3",
        ] {
            assert!(toml::from_str::<Policy>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn persons_that_contradict_each_other() {
        let person = |name: &str, email: &str, login: &str| PersonSettings {
            name: name.into(),
            emails: vec![email.into()],
            logins: vec![login.into()],
            shared: false,
            bot: false,
            owner: None,
        };
        let check = |persons: Vec<PersonSettings>| Persons { persons, teams: Vec::new() }.check();
        let ann = || person("Ann", "ann@x", "github:ann");
        assert_eq!(check(vec![ann(), person("Bob", "bob@x", "github:bob")]), Ok(()));
        for other in [
            person("Bob", "ANN@x", "github:bob"),
            person("Bob", "bob@x", "github:Ann"),
            person("ann", "bob@x", "github:bob"),
            person("Bob", "bob", "github:bob"),
            person("Bob", "bob@x", "bob"),
            person(" ", "bob@x", "github:bob"),
            PersonSettings { owner: Some("Ann".into()), ..person("Bob", "bob@x", "github:bob") },
        ] {
            assert!(check(vec![ann(), other.clone()]).is_err(), "{other:?}");
        }
        let team = || TeamSettings { name: "@org/a".into(), members: Vec::new() };
        assert!(Persons { persons: Vec::new(), teams: vec![team(), team()] }.check().is_err());
    }
}
