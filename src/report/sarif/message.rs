//! The words of a SARIF result. Code scanning shows the first sentence as the title of the alert.
//! Knows nothing of locations; everything from outside is inert, nothing sensitive is named.

use super::location::Places;
use crate::model::{AttributeChange, Finding, Kind, ReportedValue};
use crate::report::activity;
use crate::report::approval::{approval, name_only};
use crate::report::inert::{inert_message, message_link};
use crate::report::{counted, is_sensitive, material_first, scope_name, shortened};

/// Attributes whose values are told.
const MAX_ATTRIBUTES: usize = 10;
/// A value that is longer or has several lines is not told: alerts are for overview, and long values are where secrets hide.
const MAX_VALUE: usize = 80;
/// Objects that an aggregated result names.
const MAX_OBJECTS: usize = 10;
/// Any single piece of text from outside.
const MAX_TEXT: usize = 500;

/// The message of one finding.
pub(super) fn message(finding: &Finding, places: &Places<'_>) -> String {
    let mut sentences = vec![title(finding)];
    sentences.extend(details(finding));
    if finding.kind != Kind::Unmanaged {
        sentences.push(consequence(finding).to_owned());
        sentences.push(format!("Declaration: {}.", quoted(&approval(&finding.attribution, name_only))));
    }
    if let Some(sentence) = activity::sentence(finding) {
        sentences.push(format!("{}.", quoted(&sentence)));
    }
    if let Some(cause) = &finding.cause {
        sentences.push(format!("Remark: {}.", quoted(cause)));
    }
    if places.stands_in {
        sentences.push(STANDS_IN.to_owned());
    }
    if !places.related.is_empty() {
        let links = places
            .related
            .iter()
            .enumerate()
            .map(|(position, (what, _))| message_link(&shortened(what, MAX_TEXT), position + 1));
        sentences.push(format!("See also {}.", links.collect::<Vec<_>>().join(", ")));
    }
    sentences.join(" ")
}

/// The message of many unmanaged objects of one type and scope.
pub(super) fn aggregated(findings: &[&Finding]) -> String {
    let first = findings[0];
    let ids: Vec<&str> = findings.iter().take(MAX_OBJECTS).filter_map(|finding| finding.object_id.as_deref()).collect();
    format!(
        "{} of type {} exist in {} and are in no state. Among them: {}. {STANDS_IN}",
        counted(findings.len(), "object"),
        quoted(&first.resource_type),
        quoted(&scope_name(&first.scope)),
        quoted(&ids.join(", ")),
    )
}

const STANDS_IN: &str = "No block of the repository declares it, so this location only represents its root module.";

fn title(finding: &Finding) -> String {
    let name = finding.address.as_ref().map_or_else(|| finding.resource_type.clone(), ToString::to_string);
    let name = quoted(&name);
    let object = finding.object_id.as_ref().map(|id| format!(" ({})", quoted(id))).unwrap_or_default();
    let scope = quoted(&scope_name(&finding.scope));
    match finding.kind {
        Kind::Missing => format!("{name} is gone: its object{object} was not found in {scope}."),
        Kind::Unmanaged => format!("{name}{object} exists in {scope} and is in no state."),
        _ => format!("{name} was changed outside an apply: {}.", quoted(&paths(finding))),
    }
}

fn paths(finding: &Finding) -> String {
    let attributes = material_first(finding);
    let named: Vec<String> = attributes.iter().take(3).map(|change| change.path.to_string()).collect();
    match attributes.len() - named.len() {
        0 if named.is_empty() => "attributes differ".to_owned(),
        0 => named.join(", "),
        rest => format!("{} and {}", named.join(", "), counted(rest, "more attribute")),
    }
}

fn details(finding: &Finding) -> Vec<String> {
    let attributes = material_first(finding);
    let mut sentences: Vec<String> = attributes.iter().take(MAX_ATTRIBUTES).map(|change| detail(change)).collect();
    if attributes.len() > MAX_ATTRIBUTES {
        sentences.push(format!("{} differ too.", counted(attributes.len() - MAX_ATTRIBUTES, "more attribute")));
    }
    if finding.kind == Kind::Changed && finding.object_id.is_some() {
        let object = quoted(finding.object_id.as_deref().unwrap_or_default());
        sentences.push(format!("The object is {object} in {}.", quoted(&scope_name(&finding.scope))));
    }
    sentences
}

fn detail(change: &AttributeChange) -> String {
    let path = quoted(&change.path.to_string());
    if is_sensitive(change) {
        return format!("{path} differs (sensitive).");
    }
    let declared = match &change.declared {
        ReportedValue::Absent => "not declared".to_owned(),
        ReportedValue::NotKnown => "declared value not known".to_owned(),
        same if *same == change.recorded => "declared as recorded".to_owned(),
        other => format!("declared {}", value(other)),
    };
    format!("{path} is {}, recorded {} ({declared}).", value(&change.live), value(&change.recorded))
}

fn value(value: &ReportedValue) -> String {
    match value {
        ReportedValue::Absent => "not set".to_owned(),
        ReportedValue::NotKnown => "not known".to_owned(),
        ReportedValue::Redacted(_) => "sensitive".to_owned(),
        ReportedValue::Plain(value) => {
            let lines = value.as_str().map_or(1, |text| text.lines().count());
            match value.to_string() {
                _ if lines > 1 => format!("a text of {lines} lines"),
                text if text.chars().count() <= MAX_VALUE => inert_message(&text),
                text => format!("a value of {} characters", text.chars().count()),
            }
        }
    }
}

fn consequence(finding: &Finding) -> &'static str {
    match (finding.kind, finding.material) {
        (Kind::Missing, true) => "The next apply would create it again.",
        (_, true) => "The next apply would change it back.",
        (_, false) => "A plan of the approved configuration does not show it.",
    }
}

/// A piece from outside: inert and of bearable length.
fn quoted(text: &str) -> String {
    inert_message(&shortened(text, MAX_TEXT))
}
