//! Renders what `show` found, as text and as JSON.
//! Knows nothing of how it was found.

use super::inert::{inert, pretty_json};
use super::json::{Shown as ShownValue, Source};
use super::scope_name;
use crate::config::Declares;
use crate::model::{ReportedValue, SourceRange};
use crate::show::{Live, Shown, ShownAttribute};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;

/// Longer values are shown over several lines in the text report.
const INLINE: usize = 96;

/// What `driftline show --report json` prints.
#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    resources: Vec<Resource<'a>>,
}

/// An instance.
#[derive(Serialize)]
struct Resource<'a> {
    address: String,
    root_module: &'a str,
    /// Whether the configuration declares it; null where that cannot be told.
    declared: Option<bool>,
    source: Option<Source<'a>>,
    state: Option<&'a str>,
    object_id: Option<&'a str>,
    /// Account and region.
    scope: Option<Scope<'a>>,
    /// `read`, `absent`, `unreadable` or `not_asked`.
    live: &'static str,
    /// What a scan calls it; null where it is in sync, or nothing live was read.
    kind: Option<&'static str>,
    cause: Option<&'a str>,
    attributes: Vec<Attribute<'a>>,
}

#[derive(Serialize)]
struct Scope<'a> {
    account: Option<&'a str>,
    region: Option<&'a str>,
}

/// An attribute, or all nested blocks of one name. Values are written as in a scan's report.
#[derive(Serialize)]
struct Attribute<'a> {
    name: &'a str,
    declared: ShownValue<'a>,
    recorded: ShownValue<'a>,
    live: ShownValue<'a>,
    sensitive: bool,
    computed: bool,
    differs: bool,
    source: Option<Source<'a>>,
    contributing: Vec<Contributing<'a>>,
    not_known_because: &'a [String],
}

#[derive(Serialize)]
struct Contributing<'a> {
    what: &'a str,
    source: Option<Source<'a>>,
}

/// As JSON. Pretty, with a newline at the end.
pub fn show_json(shown: &[Shown]) -> String {
    pretty_json(&Document { format_version: "1.0", resources: shown.iter().map(resource).collect() })
}

fn resource(shown: &Shown) -> Resource<'_> {
    Resource {
        address: shown.address.to_string(),
        root_module: &shown.root_module,
        declared: match shown.declared {
            Declares::Yes => Some(true),
            Declares::No => Some(false),
            Declares::NotKnown(_) => None,
        },
        source: shown.source.as_ref().map(Into::into),
        state: shown.state.as_deref(),
        object_id: shown.object_id.as_deref(),
        scope: shown
            .scope
            .as_ref()
            .map(|scope| Scope { account: scope.account.as_deref(), region: scope.region.as_deref() }),
        live: match shown.live {
            Live::Read => "read",
            Live::Absent => "absent",
            Live::Unreadable => "unreadable",
            Live::NotAsked => "not_asked",
        },
        kind: shown.kind.map(crate::model::Kind::name),
        cause: shown.cause.as_deref(),
        attributes: shown.attributes.iter().map(attribute).collect(),
    }
}

fn attribute(shown: &ShownAttribute) -> Attribute<'_> {
    let contributing = shown.contributing.iter();
    Attribute {
        name: &shown.name,
        declared: ShownValue::new(&shown.declared, shown.sensitive),
        recorded: ShownValue::new(&shown.recorded, shown.sensitive),
        live: ShownValue::new(&shown.live, shown.sensitive),
        sensitive: shown.sensitive,
        computed: shown.computed,
        differs: shown.differs,
        source: shown.source.as_ref().map(Into::into),
        contributing: contributing
            .map(|(what, source)| Contributing { what, source: source.as_ref().map(Into::into) })
            .collect(),
        not_known_because: &shown.unknown,
    }
}

/// One line for each, for people who look for an address.
pub fn show_list(shown: &[Shown]) -> String {
    let mut out = String::new();
    for one in shown {
        let place = match (&one.declared, &one.source) {
            (Declares::Yes, Some(source)) => place(source),
            (Declares::Yes, None) => "declared".into(),
            (Declares::No, _) => "not declared".into(),
            (Declares::NotKnown(_), _) => "perhaps declared".into(),
        };
        let id = match (&one.state, &one.object_id) {
            (Some(_), Some(id)) => id.as_str(),
            (Some(_), None) => "recorded",
            (None, _) => "not recorded",
        };
        line(&mut out, 0, &format!("{}  {place}  {id}", one.address));
    }
    out
}

/// As text for people: first what differs, then the rest.
pub fn show_text(shown: &[Shown]) -> String {
    let mut out = String::new();
    for one in shown {
        if !out.is_empty() {
            out.push('\n');
        }
        heading(&mut out, one);
        let (differing, rest): (Vec<_>, Vec<_>) = one.attributes.iter().partition(|attribute| attribute.differs);
        for attribute in differing.into_iter().chain(rest) {
            text(&mut out, attribute);
        }
    }
    out
}

fn line(out: &mut String, indent: usize, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{:indent$}{}", "", inert(text));
}

fn place(range: &SourceRange) -> String {
    format!("{}:{}", range.file, range.start_line)
}

fn heading(out: &mut String, shown: &Shown) {
    let root = match shown.root_module.as_str() {
        "" => String::new(),
        root => format!("  (in {root})"),
    };
    let verdict = match (shown.kind, shown.live) {
        (Some(kind), _) => kind.name().replace('_', " "),
        (None, Live::Read) => "in sync".into(),
        (None, _) => "live object not read".into(),
    };
    line(out, 0, &format!("{}{root}: {verdict}", shown.address));
    if let Some(cause) = &shown.cause {
        line(out, 2, cause);
    }
    let declared = match (&shown.declared, &shown.source) {
        (Declares::Yes, Some(source)) => place(source),
        (Declares::Yes, None) => "yes".into(),
        (Declares::No, _) => "no".into(),
        (Declares::NotKnown(reason), _) => format!("not known: {reason}"),
    };
    line(out, 2, &format!("declared  {declared}"));
    line(out, 2, &format!("recorded  {}", shown.state.as_deref().unwrap_or("no")));
    let id = shown.object_id.as_deref().unwrap_or("");
    let live = match (shown.live, &shown.scope) {
        (Live::Read, Some(scope)) => format!("{id} in {}", scope_name(scope)),
        (Live::Read, None) => id.to_owned(),
        (Live::Absent, _) => format!("{id} is not there"),
        (Live::Unreadable, _) => format!("{id} could not be read"),
        (Live::NotAsked, _) if id.is_empty() => "not read".into(),
        (Live::NotAsked, _) => format!("{id}, not read"),
    };
    line(out, 2, &format!("live      {live}"));
}

fn text(out: &mut String, attribute: &ShownAttribute) {
    let values = [&attribute.declared, &attribute.recorded, &attribute.live];
    let empty = |value: &&ReportedValue| match value {
        ReportedValue::Absent | ReportedValue::NotKnown => true,
        ReportedValue::Plain(value) => crate::normalize::is_empty(value),
        ReportedValue::Redacted(_) => false,
    };
    // What is set nowhere is not worth a line.
    if values.iter().all(empty) && attribute.source.is_none() {
        return;
    }
    let remark = if attribute.differs { "  differs" } else { "" };
    line(out, 2, &format!("{}{remark}", attribute.name));
    let mut origin = attribute.source.as_ref().map(place).into_iter().collect::<Vec<_>>();
    origin.extend(attribute.contributing.iter().map(|(what, source)| match source {
        Some(source) => format!("{what} {}", place(source)),
        None => what.clone(),
    }));
    let origin = if origin.is_empty() { String::new() } else { format!("  ← {}", origin.join(", ")) };
    for (name, value, origin) in [
        ("declared", &attribute.declared, origin.as_str()),
        ("recorded", &attribute.recorded, ""),
        ("live    ", &attribute.live, ""),
    ] {
        column(out, name, value, attribute, origin);
    }
    for reason in &attribute.unknown {
        line(out, 6, &format!("not known, for {reason}"));
    }
}

fn column(out: &mut String, name: &str, value: &ReportedValue, attribute: &ShownAttribute, origin: &str) {
    let text = match value {
        ReportedValue::Absent if name == "declared" && attribute.computed => "(left to the provider)".to_owned(),
        ReportedValue::Absent if name == "declared" => "(not declared)".to_owned(),
        ReportedValue::Absent => "(not set)".to_owned(),
        ReportedValue::NotKnown if name == "declared" => "(not known)".to_owned(),
        ReportedValue::NotKnown => "(not read)".to_owned(),
        ReportedValue::Redacted(digest) => format!("(sensitive) {digest}"),
        ReportedValue::Plain(_) if attribute.sensitive => "(sensitive)".to_owned(),
        ReportedValue::Plain(value) => return plain(out, name, value, origin),
    };
    line(out, 4, &format!("{name}  {text}{origin}"));
}

fn plain(out: &mut String, name: &str, value: &Value, origin: &str) {
    let short = value.to_string();
    if short.chars().count() <= INLINE {
        return line(out, 4, &format!("{name}  {short}{origin}"));
    }
    line(out, 4, &format!("{name}{origin}"));
    let long = match value {
        Value::String(text) => text.clone(),
        value => serde_json::to_string_pretty(value).unwrap_or(short),
    };
    for one in long.lines() {
        line(out, 8, one);
    }
}
