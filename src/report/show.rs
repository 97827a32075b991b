//! Renders what `show` found, as text and as JSON.
//! Knows nothing of how it was found.

use super::inert::{inert, pretty_json, pretty_json_to};
use super::json::{Shown as ShownValue, Source, one_of};
use super::scope_name;
use crate::config::Declares;
use crate::model::{ReportedValue, SourceRange};
use crate::show::{Live, Shown, ShownAttribute, ShownLifecycle};
use provider_states::DEFAULT_WORKSPACE;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;
use std::io;

/// Longer values are shown over several lines in the text report.
const INLINE: usize = 96;

/// What `driftline show --report json` prints.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "driftline show")]
struct Document<'a> {
    /// Version of this format: keys may be added within 1.x, none is reused.
    format_version: &'static str,
    /// Sorted by root module, then address.
    #[schemars(with = "Vec<Resource<'a>>")]
    resources: Resources<'a>,
}

/// All of them, each made when it is written: there may be very many.
struct Resources<'a>(&'a [Shown]);

impl Serialize for Resources<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(resource))
    }
}

/// A resource instance.
#[derive(Serialize, JsonSchema)]
struct Resource<'a> {
    /// Its address in the configuration.
    address: String,
    /// Directory of the root module from the repository's root; empty for the root itself.
    root_module: &'a str,
    /// The workspace.
    workspace: &'a str,
    /// Whether the configuration declares it; null where that cannot be told.
    declared: Option<bool>,
    /// The block, or the module call that brings it in; null where there is none.
    source: Option<Source<'a>>,
    /// The state that records it; null where none does.
    state: Option<&'a str>,
    /// The id of the object.
    object_id: Option<&'a str>,
    /// Account and region.
    scope: Option<Scope<'a>>,
    /// `read`, `absent`, `unreadable` or `not_asked`.
    #[schemars(schema_with = "lives")]
    live: &'static str,
    /// What a scan calls it; null where it is in sync, or nothing live was read.
    kind: Option<&'static str>,
    /// Why, where that is not plain.
    cause: Option<&'a str>,
    /// Null where the resource has no such block.
    lifecycle: Option<Lifecycle<'a>>,
    /// Attributes and nested blocks, by name.
    attributes: Vec<Attribute<'a>>,
}

/// What the `lifecycle` block says.
#[derive(Serialize, JsonSchema)]
struct Lifecycle<'a> {
    /// A plan that destroys it fails.
    prevent_destroy: bool,
    /// Its replacement is made before it is destroyed.
    create_before_destroy: bool,
    /// Paths, or `all`.
    ignore_changes: &'a [String],
    /// Addresses of instances or resources, or attributes of them, whose change replaces it.
    replace_triggered_by: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct Scope<'a> {
    /// Null where there is none or it is not known.
    account: Option<&'a str>,
    /// Null for what is global, or where it is not known.
    region: Option<&'a str>,
}

/// An attribute, or all nested blocks of one name. Values are written as in a scan's report.
#[derive(Serialize, JsonSchema)]
struct Attribute<'a> {
    /// Its name.
    name: &'a str,
    /// What the configuration declares.
    #[schemars(with = "Value")]
    declared: ShownValue<'a>,
    /// What the state recorded.
    #[schemars(with = "Value")]
    recorded: ShownValue<'a>,
    /// What the remote system answered.
    #[schemars(with = "Value")]
    live: ShownValue<'a>,
    /// Whether the values must not be printed.
    sensitive: bool,
    /// Whether the provider fills it in where it is not declared.
    computed: bool,
    /// Whether a scan reports a difference within it.
    differs: bool,
    /// Where it is declared; null where it is not.
    source: Option<Source<'a>>,
    /// What else determines it, one leading to the next.
    contributing: Vec<Contributing<'a>>,
    /// Why the declared value is not known.
    not_known_because: &'a [String],
}

/// A local, a variable's value, an output.
#[derive(Serialize, JsonSchema)]
struct Contributing<'a> {
    /// Its name, for example `local.size`.
    what: &'a str,
    /// Where its value stands; null where that is not known.
    source: Option<Source<'a>>,
}

/// As JSON. Pretty, with a newline at the end.
///
/// # Errors
/// Where `out` takes no more.
pub fn show_json(shown: &[Shown], out: &mut dyn io::Write) -> io::Result<()> {
    pretty_json_to(out, &Document { format_version: "1.0", resources: Resources(shown) })
}

/// The JSON Schema (draft 2020-12) of what [`show_json`] writes.
pub fn show_schema() -> String {
    pretty_json(&SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document>())
}

fn lives(_: &mut SchemaGenerator) -> Schema {
    one_of([Live::Read, Live::Absent, Live::Unreadable, Live::NotAsked].map(live_name))
}

fn live_name(live: Live) -> &'static str {
    match live {
        Live::Read => "read",
        Live::Absent => "absent",
        Live::Unreadable => "unreadable",
        Live::NotAsked => "not_asked",
    }
}

fn resource(shown: &Shown) -> Resource<'_> {
    Resource {
        address: shown.address.to_string(),
        root_module: &shown.root_module,
        workspace: &shown.workspace,
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
        live: live_name(shown.live),
        kind: shown.kind.map(crate::model::Kind::name),
        cause: shown.cause.as_deref(),
        lifecycle: shown.lifecycle.as_ref().map(|lifecycle| Lifecycle {
            prevent_destroy: lifecycle.prevent_destroy,
            create_before_destroy: lifecycle.create_before_destroy,
            ignore_changes: &lifecycle.ignore_changes,
            replace_triggered_by: &lifecycle.replace_triggered_by,
        }),
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
    let root = match (shown.root_module.as_str(), shown.workspace.as_str()) {
        ("", DEFAULT_WORKSPACE) => String::new(),
        (root, DEFAULT_WORKSPACE) => format!("  (in {root})"),
        ("", workspace) => format!("  (workspace {workspace})"),
        (root, workspace) => format!("  (in {root}, workspace {workspace})"),
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
        (Live::Read, Some(scope)) if *scope != provider_api::Scope::default() => {
            format!("{id} in {}", scope_name(scope))
        }
        (Live::Read, _) => id.to_owned(),
        (Live::Absent, _) => format!("{id} is not there"),
        (Live::Unreadable, _) => format!("{id} could not be read"),
        (Live::NotAsked, _) if id.is_empty() => "not read".into(),
        (Live::NotAsked, _) => format!("{id}, not read"),
    };
    line(out, 2, &format!("live      {live}"));
    if let Some(lifecycle) = &shown.lifecycle {
        line(out, 2, &format!("lifecycle {}", said(lifecycle)));
    }
}

fn said(lifecycle: &ShownLifecycle) -> String {
    let flag = |set: bool, name: &str| set.then(|| name.to_owned());
    let list = |names: &[String], name: &str| (!names.is_empty()).then(|| format!("{name} {}", names.join(", ")));
    let parts = [
        flag(lifecycle.prevent_destroy, "prevent_destroy"),
        flag(lifecycle.create_before_destroy, "create_before_destroy"),
        list(&lifecycle.ignore_changes, "ignore_changes"),
        list(&lifecycle.replace_triggered_by, "replace_triggered_by"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
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
