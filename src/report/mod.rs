//! Renders a report and writes it out whole. Each format is a projection of [`crate::model::Report`].
//! Knows nothing of how the report came to be.

mod activity;
mod approval;
mod audit;
mod blame;
mod config;
#[cfg(test)]
mod example;
mod inert;
mod json;
mod sarif;
mod show;
mod states;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use audit::{audit_csv, audit_json, audit_markdown, audit_schema, audit_text};
pub use blame::{blame_json, blame_schema, blame_text};
pub use config::{config_json, config_schema};
pub use inert::inert;
pub use json::{json, json_schema};
pub use sarif::{Earlier, Refused, SarifOptions, sarif};
pub use show::{show_json, show_list, show_schema, show_text};
pub use states::{states_json, states_schema, states_text};
pub use text::{TextOptions, text};
pub use write::{Render, WriteError, write};

use crate::model::{AttributeChange, Finding, ReportedValue};
use provider_api::Scope;

/// The attributes of a finding as reports show them: material ones first, else by path.
fn material_first(finding: &Finding) -> Vec<&AttributeChange> {
    let mut attributes: Vec<&AttributeChange> = finding.attributes.iter().collect();
    attributes.sort_by(|a, b| b.material.cmp(&a.material).then_with(|| a.path.cmp(&b.path)));
    attributes
}

/// Whether no value of the attribute may be shown. One redacted value is enough.
pub(crate) fn is_sensitive(change: &AttributeChange) -> bool {
    let redacted = |value: &ReportedValue| matches!(value, ReportedValue::Redacted(_));
    change.sensitive || redacted(&change.declared) || redacted(&change.recorded) || redacted(&change.live)
}

/// A scope as people write it, for example `111122223333/eu-west-1`; `unknown scope` where nothing is known of it.
fn scope_name(scope: &Scope) -> String {
    match (&scope.account, &scope.region) {
        (Some(account), Some(region)) => format!("{account}/{region}"),
        (Some(only), None) | (None, Some(only)) => only.clone(),
        (None, None) => "unknown scope".to_owned(),
    }
}

/// The first `count` characters, with an ellipsis in place of the rest.
fn shortened(text: &str, count: usize) -> String {
    match text.char_indices().nth(count) {
        None => text.to_owned(),
        Some(_) => text.chars().take(count.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// The day of an RFC 3339 time; the text as it is where it is none.
fn day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(day, _)| day)
}

/// A commit hash as people write it.
fn short_hash(hash: &str) -> String {
    hash.chars().take(7).collect()
}

/// `1 thing`, `2 things`.
fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}
