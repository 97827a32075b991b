//! What a provider says when something goes wrong: which gap it is, in words that hold no secret.
//! Knows nothing of calls.

use crate::wire::Diagnostic;
use provider_api::{GapClass, Shape, TypeSchema};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// The longest text that is handed on.
const MAX_TEXT: usize = 400;

/// Shorter secrets are words that occur by themselves.
const LEAST_SECRET: usize = 6;

/// Severity of an error, see [`Diagnostic`].
const ERROR: i32 = 1;

/// What SDKs and services say where the caller may not, or is not known.
const DENIED: [&str; 14] = [
    "AccessDenied",
    "access denied",
    "AuthFailure",
    "AuthorizationFailed",
    "credential",
    "Credential",
    "ExpiredToken",
    "Forbidden",
    "InvalidClientTokenId",
    "not authorized",
    "PermissionDenied",
    "StatusCode: 401",
    "StatusCode: 403",
    "Unauthorized",
];

/// What they say where the caller asks too often.
const THROTTLED: [&str; 6] =
    ["Throttl", "TooManyRequests", "Rate exceeded", "RequestLimitExceeded", "StatusCode: 429", "rateLimitExceeded"];

/// Texts that must not be printed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Values of variables whose names speak of secrets.
    pub(crate) fn of_environment(environment: &BTreeMap<OsString, OsString>) -> Self {
        let telling = ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "PRIVATE", "_KEY"];
        let secret = |name: &str| {
            let name = name.to_uppercase();
            telling.iter().any(|word| name.contains(word))
        };
        let values = environment.iter().filter_map(|(name, value)| {
            let value = value.to_str()?;
            (secret(name.to_str()?) && !value.starts_with('/')).then(|| value.to_owned())
        });
        let mut secrets = Self::default();
        values.for_each(|value| secrets.add(value));
        secrets
    }

    fn add(&mut self, text: String) {
        if text.len() >= LEAST_SECRET {
            self.0.push(text);
        }
    }

    /// Adds all texts of an object that its schema calls sensitive.
    pub(crate) fn with_sensitive(mut self, schema: &TypeSchema, object: &Value) -> Self {
        for (name, attribute) in &schema.attributes {
            if let Some(value) = object.get(name) {
                self.attribute(attribute, value);
            }
        }
        for (name, block) in &schema.blocks {
            let inner = TypeSchema { version: 0, attributes: block.attributes.clone(), blocks: block.blocks.clone() };
            for one in elements(object.get(name)) {
                self = self.with_sensitive(&inner, one);
            }
        }
        self
    }

    fn attribute(&mut self, attribute: &provider_api::AttributeSchema, value: &Value) {
        if attribute.sensitive() {
            return self.texts(value);
        }
        let inner: Vec<&Value> = match attribute.shape() {
            Shape::Object => vec![value],
            _ => elements(Some(value)),
        };
        for (name, nested) in &attribute.nested {
            inner.iter().filter_map(|one| one.get(name)).for_each(|value| self.attribute(nested, value));
        }
    }

    fn texts(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text.clone()),
            Value::Array(elements) => elements.iter().for_each(|element| self.texts(element)),
            Value::Object(entries) => entries.values().for_each(|value| self.texts(value)),
            _ => {}
        }
    }

    /// A text without secrets, on one line and not too long.
    pub(crate) fn hide(&self, text: &str) -> String {
        let hidden = self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "(sensitive)"));
        let line = hidden.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }
}

/// The objects of a nested block, however it nests.
fn elements(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(elements)) => elements.iter().collect(),
        Some(Value::Object(entries)) if entries.values().all(Value::is_object) => {
            entries.values().chain(value).collect()
        }
        Some(other) => vec![other],
        None => Vec::new(),
    }
}

/// Whether anything among diagnostics is an error.
pub(crate) fn has_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == ERROR)
}

/// The first error among diagnostics; warnings are nobody's business here.
pub(crate) fn error(diagnostics: &[Diagnostic], secrets: &Secrets) -> Option<(GapClass, String)> {
    let error = diagnostics.iter().find(|diagnostic| diagnostic.severity == ERROR)?;
    let text = match error.detail.trim() {
        "" => error.summary.clone(),
        detail => format!("{}: {detail}", error.summary.trim()),
    };
    Some((class(&text), secrets.hide(&text)))
}

fn class(text: &str) -> GapClass {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&THROTTLED) {
        GapClass::Throttled
    } else if says(&DENIED) {
        GapClass::Denied
    } else {
        GapClass::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(summary: &str, detail: &str) -> Vec<Diagnostic> {
        let one = |severity, summary: &str, detail: &str| Diagnostic {
            severity,
            summary: summary.into(),
            detail: detail.into(),
        };
        vec![one(2, "deprecated", ""), one(ERROR, summary, detail)]
    }

    #[test]
    fn an_error_is_a_gap_of_its_class() {
        for (detail, expected) in [
            ("api error AccessDenied: no", GapClass::Denied),
            ("StatusCode: 429, slow down", GapClass::Throttled),
            ("connection refused", GapClass::Failed),
        ] {
            let found = error(&said("reading thing", detail), &Secrets::default());
            assert_eq!(found, Some((expected, format!("reading thing: {detail}"))));
        }
        assert_eq!(error(&said("", "")[..1], &Secrets::default()), None);
    }

    #[test]
    fn secrets_of_environment_and_objects_are_hidden() {
        let environment =
            [("CORP_TOKEN", "t0ken-value"), ("AWS_SECRET_ACCESS_KEY", "wJalr/secret"), ("HOME", "/home/ada")];
        let environment = environment.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let schema: TypeSchema = serde_json::from_value(json!({"attributes": {
            "password": {"type": "string", "flags": "os"}, "name": {"type": "string", "flags": "o"}},
            "blocks": {"login": {"nesting": "list", "attributes": {"pin": {"type": "string", "flags": "os"}}}}}))
        .expect("a schema");
        let object = json!({"password": "hunter2-long", "name": "visible", "login": [{"pin": "123456789"}]});
        let secrets = Secrets::of_environment(&environment.into()).with_sensitive(&schema, &object);
        let text = secrets.hide("t0ken-value wJalr/secret\nhunter2-long visible 123456789 /home/ada");
        assert_eq!(text, "(sensitive) (sensitive) (sensitive) visible (sensitive) /home/ada");
        assert!(secrets.hide(&"x".repeat(10_000)).chars().count() <= MAX_TEXT + 1);
    }
}
