//! Tells which values of configuration must not be shown.
//! Knows nothing of where they are shown.

use crate::attribute::BlockId;
use crate::providers;
use provider_api::{AttributePath, AttributeSchema, BlockSchema, Rule, RuleKind, Step, TypeSchema};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What stands in place of a value that must not be shown.
pub(super) const HIDDEN: &str = "(sensitive)";

/// How names end that say that a value is secret: `master_password`, `secret_string`, `private_key_pem`, but not
/// `http_tokens` or `secret_arn`.
const ENDINGS: &str = "(passw(or)?ds?|passphrase|secrets?|token|credentials?|private_?key|secret_?key|access_?key|api_?key|auth_?key|connection_?string|pwd)([_-]?(value|string|pem|binary|base64|plaintext|text|data|wo))?";

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("(?i){ENDINGS}$")).ok());

/// An argument or key of such a name that is given a text of its own.
static ASSIGNED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r#"(?i){ENDINGS}"?\s*[=:]\s*("[^"$]|"\$[^{{]|<<)"#)).ok());

/// What gives itself away: keys and tokens by their form, and addresses with a password. Spelled in ASCII, which is what
/// they are made of: classes of all letters there are would take longer to build than a whole audit.
static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|(?-u:\b)(AKIA|ASIA)[A-Z0-9]{16}(?-u:\b)|(?-u:\b)gh[pousr]_[A-Za-z0-9]{20,}|(?-u:\b)github_pat_[A-Za-z0-9_]{20,}|(?-u:\b)glpat-[A-Za-z0-9_-]{16,}|(?-u:\b)xox[abprs]-[A-Za-z0-9_-]{10,}|(?-u:\b)eyJ[A-Za-z0-9_-]{10,}\.eyJ|://[^/\s:@]+:[^/\s@$]+@",
    )
    .ok()
});

/// Whether the text of an attribute must not be shown.
///
/// `variables` are those that a `variable` block calls sensitive. A text that gives no value of its own, such as
/// `var.password`, may be shown whatever its name.
pub(super) fn is_sensitive(block: &BlockId, path: &AttributePath, text: &str, variables: &BTreeSet<String>) -> bool {
    let label = |position: usize| block.labels.get(position).map(String::as_str).unwrap_or_default();
    let by_form = FORM.as_ref().is_none_or(|form| form.is_match(text));
    let within = ASSIGNED.as_ref().is_none_or(|assigned| assigned.is_match(text));
    if by_form || within {
        return true;
    }
    let is_secret_name = |name: &str| NAME.as_ref().is_none_or(|pattern| pattern.is_match(name));
    let named = path.0.iter().any(|step| match step {
        Step::Name(name) | Step::Key(name) => is_secret_name(name),
        Step::Index(_) => false,
    });
    let declared = match block.kind.as_str() {
        "variable" => path.top() == "default" && (variables.contains(label(0)) || is_secret_name(label(0))),
        "tfvars" => variables.contains(label(0)),
        "resource" | "data" => by_rule(label(0), path.top()),
        "module" => variables.contains(path.top()),
        _ => false,
    };
    (named || declared) && gives_a_value(text)
}

/// Whether the provider's schema or the type's own rules call an attribute, or anything within a nested block, sensitive.
fn by_rule(resource_type: &str, attribute: &str) -> bool {
    let provider = resource_type.split('_').next().unwrap_or(resource_type);
    let Some(table) = providers::types(&format!("registry.terraform.io/hashicorp/{provider}")) else { return false };
    let rules = table.resource_type(resource_type).map_or(&[][..], |known| known.rules);
    let ruled =
        |rule: &Rule| matches!(rule.kind, RuleKind::Sensitive) && rule.pattern.split('.').next() == Some(attribute);
    let is_sensitive = |schema: &TypeSchema| {
        schema.attributes.get(attribute).is_some_and(AttributeSchema::sensitive)
            || schema.blocks.get(attribute).is_some_and(holds_sensitive)
    };
    rules.iter().any(ruled) || table.schema(resource_type).is_some_and(is_sensitive)
}

fn holds_sensitive(block: &BlockSchema) -> bool {
    block.attributes.values().any(AttributeSchema::sensitive) || block.blocks.values().any(holds_sensitive)
}

/// Whether a text holds a literal beyond references, numbers, booleans and empty texts.
fn gives_a_value(text: &str) -> bool {
    if text.contains("<<") {
        return true;
    }
    let mut quoted = text.split('"');
    // Every second piece stands between quotation marks; an interpolation alone is a reference.
    quoted.next();
    let mut inside = true;
    for piece in quoted {
        let reference = piece.starts_with("${") && piece.ends_with('}') && piece.matches("${").count() == 1;
        if inside && !piece.is_empty() && !reference {
            return true;
        }
        inside = !inside;
    }
    // A number may be a PIN.
    text.trim().parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(block: &str, path: &str, text: &str, expected: bool) {
        let mut words = block.split('.').map(str::to_owned);
        let block = BlockId { directory: String::new(), kind: words.next().expect("a kind"), labels: words.collect() };
        let variables = BTreeSet::from(["db".to_owned()]);
        assert_eq!(
            is_sensitive(&block, &AttributePath::attribute(path), text, &variables),
            expected,
            "{path} = {text}"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        check("resource.aws_db_instance.a", "password", "\"hunter2\"", true);
        check("resource.aws_secretsmanager_secret_version.a", "secret_string", "<<EOT\nx\nEOT", true);
        check("resource.aws_ssm_parameter.a", "value", "\"hunter2\"", true);
        check("resource.other_thing.a", "connection", "{\n  admin_password = \"hunter2\"\n}", true);
        check("locals.x", "x", "{ api_key : \"k\" }", true);
        check("locals.api_token", "api_token", "\"k\"", true);
        check("variable.db", "default", "\"k\"", true);
        check("tfvars.db", "db", "\"k\"", true);
        check("tfvars.pin_password", "pin_password", "1234", true);
        check("module.m", "db", "\"k\"", true);
        check("resource.x_y.a", "url", "\"https://ann:hunter2@example.com/\"", true);
        check("resource.x_y.a", "text", &format!("\"-----BEGIN RSA {} KEY-----\"", "PRIVATE"), true);
    }

    #[test]
    fn everything_else_is() {
        check("resource.aws_vpc.a", "cidr_block", "\"10.0.0.0/16\"", false);
        check(
            "resource.aws_instance.a",
            "metadata_options",
            "metadata_options {\n  http_tokens = \"required\"\n}",
            false,
        );
        check("resource.aws_db_instance.a", "password", "var.db", false);
        check("resource.aws_db_instance.a", "password", "\"${var.db}\"", false);
        check("resource.x_y.a", "secret_arn", "\"arn:aws:x\"", false);
        check("variable.size", "default", "3", false);
        check("tfvars.size", "size", "\"large\"", false);
    }
}
