//! Renders the list of states that a scan would look at, as text and as JSON.
//! Knows nothing of how they were read.

use super::counted;
use super::inert::{inert, pretty_json};
use super::json::{LeftOut, State, UnreadStates};
use crate::scan::{ListedState, Listing};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use std::fmt::Write;

/// What `driftline states` writes as JSON.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "driftline states")]
struct Document<'a> {
    /// The format's version: unknown keys may be added, none is reused.
    format_version: &'static str,
    /// The states, sorted by root module and workspace.
    states: Vec<Listed<'a>>,
    /// The states that cannot be read.
    unread_states: UnreadStates<'a>,
    /// Directories with configuration that are not looked at.
    left_out: Vec<LeftOut<'a>>,
    /// What else is to be said, such as of patterns that fit nothing.
    notices: Vec<&'a str>,
}

/// A state that a scan would look at.
#[derive(Serialize, JsonSchema)]
struct Listed<'a> {
    #[serde(flatten)]
    state: State<'a>,
    /// Managed instances in it.
    resources: usize,
    /// Earlier states that the backend still keeps, the newest first. Absent where that was not asked, or cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    versions: Option<Vec<Version<'a>>>,
    /// Why earlier states cannot be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    versions_unread: Option<&'a str>,
}

/// An earlier state.
#[derive(Serialize, JsonSchema)]
struct Version<'a> {
    /// Its id.
    id: &'a str,
    /// When it was written, RFC 3339.
    modified_at: &'a str,
    /// Its bytes; null for a deletion.
    bytes: Option<u64>,
}

/// The list as JSON.
pub fn states_json(listing: &Listing) -> String {
    pretty_json(&document(listing))
}

/// The schema of that.
pub fn states_schema() -> String {
    pretty_json(&SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document>())
}

fn document(listing: &Listing) -> Document<'_> {
    Document {
        format_version: "1.0",
        states: listing.states.iter().map(listed).collect(),
        unread_states: UnreadStates::new(&listing.unread),
        left_out: listing
            .left_out
            .iter()
            .map(|one| LeftOut { directory: &one.directory, reason: &one.reason })
            .collect(),
        notices: listing.notices.iter().map(|notice| notice.text.as_str()).collect(),
    }
}

fn listed(state: &ListedState) -> Listed<'_> {
    let (versions, versions_unread) = match &state.versions {
        Some(Ok(versions)) => (Some(versions.iter().map(version).collect()), None),
        Some(Err(cause)) => (None, Some(cause.as_str())),
        None => (None, None),
    };
    Listed { state: (&state.info).into(), resources: state.resources, versions, versions_unread }
}

fn version(version: &provider_states::Version) -> Version<'_> {
    Version { id: &version.id, modified_at: &version.modified_at, bytes: version.bytes }
}

const HEADINGS: [&str; 7] = ["ROOT MODULE", "WORKSPACE", "BACKEND", "SERIAL", "AGE", "RESOURCES", "WHERE"];

/// The list as a table for people.
pub fn states_text(listing: &Listing, now: jiff::Timestamp) -> String {
    let rows: Vec<[String; 7]> = listing.states.iter().map(|state| row(state, now)).collect();
    let headings = HEADINGS.map(str::to_owned);
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| rows.iter().chain([&headings]).map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for (position, row) in [&headings].into_iter().chain(&rows).enumerate() {
        if position == 0 && rows.is_empty() {
            continue;
        }
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        line(&mut out, 0, cells.collect::<Vec<_>>().join("  ").trim_end());
        if let Some(state) = position.checked_sub(1).and_then(|position| listing.states.get(position)) {
            beside(&mut out, state);
        }
    }
    for unread in &listing.unread {
        let workspace = unread.workspace.as_ref().map(|name| format!(", workspace {name}")).unwrap_or_default();
        let root_module = crate::config::backend::place(&unread.root_module);
        line(&mut out, 0, &format!("! {root_module}{workspace}: {}", unread.cause));
        line(&mut out, 2, &unread.hint);
    }
    for left_out in &listing.left_out {
        let directory = crate::config::backend::place(&left_out.directory);
        line(&mut out, 0, &format!("- {directory} is left out: {}", left_out.reason));
    }
    for notice in &listing.notices {
        line(&mut out, 0, &format!("note: {}", notice.text));
    }
    let resources: usize = listing.states.iter().map(|state| state.resources).sum();
    let unread = match listing.unread.len() {
        0 => String::new(),
        count => format!("; {} cannot be read", counted(count, "state")),
    };
    line(
        &mut out,
        0,
        &format!("{}, {}{unread}", counted(listing.states.len(), "state"), counted(resources, "resource")),
    );
    out
}

fn row(state: &ListedState, now: jiff::Timestamp) -> [String; 7] {
    let (info, origin) = (&state.info, &state.info.origin);
    let age = origin.modified_at.as_ref().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    [
        crate::config::backend::place(&origin.root_module).to_owned(),
        origin.workspace.clone(),
        origin.backend.clone().unwrap_or_else(|| "named".into()),
        if origin.nothing_kept { "none".into() } else { info.serial.to_string() },
        age.map_or_else(|| "-".into(), |time| age_of(now.duration_since(time).as_secs())),
        state.resources.to_string(),
        info.source.clone(),
    ]
}

/// A length of time in one unit.
fn age_of(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{} s", seconds.max(0)),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// What else must be known of a state.
fn beside(out: &mut String, state: &ListedState) {
    let origin = &state.info.origin;
    if let Some(lock) = &origin.lock {
        let who = if lock.who.is_empty() { "somebody" } else { &lock.who };
        let since = if lock.since.is_empty() { String::new() } else { format!(" since {}", lock.since) };
        line(out, 2, &format!("locked by {who}{since} {}", lock.operation));
    }
    if let Some(cause) = &origin.lock_unread {
        line(out, 2, &format!("whether it is locked cannot be told: {cause}"));
    }
    if origin.encrypted {
        line(out, 2, "encrypted");
    }
    if let Some(author) = origin.run.as_ref().and_then(|run| run.author.as_ref()) {
        line(out, 2, &format!("written by a run of {author}"));
    }
    match &state.versions {
        Some(Ok(versions)) => {
            for version in versions {
                let bytes = version.bytes.map_or_else(|| "deleted".into(), counted_bytes);
                line(out, 2, &format!("version {}  {}  {bytes}", version.id, version.modified_at));
            }
        }
        Some(Err(cause)) => line(out, 2, &format!("earlier versions cannot be listed: {cause}")),
        None => {}
    }
}

fn counted_bytes(bytes: u64) -> String {
    counted(usize::try_from(bytes).unwrap_or(usize::MAX), "byte")
}

fn line(out: &mut String, indent: usize, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{:indent$}{}", "", inert(text.trim_end()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{StateOrigin, UnreadState};
    use provider_states::Lock;

    fn listing() -> Listing {
        let lock = Lock { who: "ada@host".into(), since: "2026-03-01T09:59:00Z".into(), ..Lock::default() };
        let origin = StateOrigin {
            root_module: "live/prod".into(),
            workspace: "blue".into(),
            backend: Some("s3".into()),
            modified_at: Some("2026-03-01T07:00:00Z".into()),
            lock: Some(lock),
            ..StateOrigin::default()
        };
        let info = StateInfoOf { source: "s3://b/k", serial: 42, origin };
        let unread = UnreadState {
            root_module: String::new(),
            workspace: None,
            cause: "the state in x\u{1b}[31m cannot be read: no".into(),
            hint: "do".into(),
        };
        let states = vec![ListedState { info: info.into(), resources: 7, versions: None }];
        Listing { states, unread: vec![unread], left_out: Vec::new(), notices: Vec::new() }
    }

    struct StateInfoOf {
        source: &'static str,
        serial: u64,
        origin: StateOrigin,
    }

    impl From<StateInfoOf> for crate::model::StateInfo {
        fn from(StateInfoOf { source, serial, origin }: StateInfoOf) -> Self {
            Self {
                source: source.into(),
                lineage: "l".into(),
                serial,
                sha256: "00".into(),
                terraform_version: "1.11.4".into(),
                origin,
            }
        }
    }

    #[test]
    fn the_table_says_all_and_nothing_moves_the_terminal() {
        let now = "2026-03-01T10:00:00Z".parse().expect("a time");
        let text = states_text(&listing(), now);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ROOT MODULE  WORKSPACE  BACKEND  SERIAL  AGE  RESOURCES  WHERE");
        assert_eq!(lines[1], "live/prod    blue       s3       42      3 h  7          s3://b/k");
        assert_eq!(lines[2], "  locked by ada@host since 2026-03-01T09:59:00Z");
        assert!(lines[3].starts_with("! .: the state in x"), "{text}");
        assert!(!text.contains('\u{1b}'));
        assert_eq!(lines[5], "1 state, 7 resources; 1 state cannot be read");
    }

    #[test]
    fn the_json_follows_its_schema() {
        let json: serde_json::Value = serde_json::from_str(&states_json(&listing())).expect("JSON");
        let schema: serde_json::Value = serde_json::from_str(&states_schema()).expect("JSON");
        assert!(jsonschema::is_valid(&schema, &json), "{json:#}");
        assert_eq!((&json["states"][0]["workspace"], &json["states"][0]["resources"]), (&"blue".into(), &7.into()));
        assert_eq!(json["unread_states"][0]["workspace"], serde_json::Value::Null);
    }

    #[test]
    fn ages_have_one_unit() {
        let ages = [-5, 59, 60, 7200, 172_800].map(age_of);
        assert_eq!(ages, ["0 s", "59 s", "1 min", "2 h", "2 d"]);
    }
}
