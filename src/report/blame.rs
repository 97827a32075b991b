//! Renders what `blame` found, as text and as JSON.
//! Knows nothing of how it was found.

use super::approval::{approval, name_only};
use super::inert::{inert, pretty_json};
use super::json::{Approver, Attribution, Contributing, segregations};
use super::{day, short_hash};
use crate::attribute::Event;
use crate::blame::Blamed;
use crate::model;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;

/// What `driftline blame --report json` prints.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "driftline blame")]
struct Blame<'a> {
    /// Version of this format: keys may be added within 1.x, none is reused.
    format_version: &'static str,
    /// Sorted by root module, then address.
    resources: Vec<Resource<'a>>,
}

/// A resource.
#[derive(Serialize, JsonSchema)]
struct Resource<'a> {
    /// Address without instance keys.
    address: String,
    /// Directory of the root module from the repository's root; empty for the root itself.
    root_module: &'a str,
    /// Who declared and approved it.
    attribution: Attribution<'a>,
    /// What else determines it: the module calls that enclose it, from the root inwards, what the dependency lock file says
    /// of its provider, and what it refers to.
    contributing: Vec<Contributing<'a>>,
    /// All that happened to it, in the order of history.
    events: Vec<Happened<'a>>,
}

/// Something that happened to a resource.
#[derive(Serialize, JsonSchema)]
struct Happened<'a> {
    /// `added`, `changed`, `moved` or `removed`.
    #[schemars(schema_with = "kinds")]
    kind: &'static str,
    /// The commit that did it; null where it is not in this clone.
    commit: Option<&'a str>,
    /// The commit that brought it onto the approved ref.
    approving_commit: &'a str,
    /// When the approving commit was made (RFC 3339, UTC).
    landed_at: Option<&'a str>,
    /// The attributes that it touched, as the language writes them.
    attributes: Vec<String>,
    /// The commit that it says to revert.
    reverts: Option<&'a str>,
    /// The approving commit after which the resource said the same before.
    restores: Option<&'a str>,
    /// Authors and co-authors of what landed, `Name <email>`, sorted.
    authors: &'a [String],
    /// Who approved, strongest assurance first.
    approvers: Vec<Approver<'a>>,
    /// The pull or merge request, as the forge writes it.
    pull_request: Option<&'a str>,
    /// Whether somebody approved who neither asked for the change nor made it.
    #[schemars(schema_with = "segregations")]
    segregation: &'a str,
    /// Why something of it is not known or failed.
    reason: Option<&'a str>,
}

fn kinds(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    use crate::attribute::EventKind::{Added, Changed, Moved, Removed};
    let names: Vec<Value> = [Added, Changed, Moved, Removed].map(|kind| kind.name().into()).into();
    schemars::json_schema!({"type": "string", "enum": names})
}

/// The JSON Schema of [`blame_json`]. Pretty, with a newline at the end.
pub fn blame_schema() -> String {
    pretty_json(&schemars::schema_for!(Blame<'_>))
}

/// As JSON. Pretty, with a newline at the end.
pub fn blame_json(blamed: &[Blamed<'_>]) -> String {
    pretty_json(&Blame { format_version: "1.0", resources: blamed.iter().map(Into::into).collect() })
}

impl<'a> From<&'a Blamed<'a>> for Resource<'a> {
    fn from(blamed: &'a Blamed<'a>) -> Self {
        let contributing = blamed.contributing.iter().map(|(contributor, attribution)| Contributing {
            what: &contributor.what,
            source: contributor.source.as_ref().map(Into::into),
            declaring_commit: attribution.declaring_commit.as_deref(),
            approving_commit: attribution.approving_commit.as_deref(),
        });
        Self {
            address: blamed.resource.address.to_string(),
            root_module: &blamed.resource.root_module,
            attribution: (&blamed.attribution).into(),
            contributing: contributing.collect(),
            events: blamed.events.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a (&'a Event, model::Attribution)> for Happened<'a> {
    fn from((event, attribution): &'a (&'a Event, model::Attribution)) -> Self {
        Self {
            kind: event.kind.name(),
            commit: event.commit.as_deref(),
            approving_commit: &event.approving_commit,
            landed_at: event.landed_at.as_deref(),
            attributes: event.attributes.iter().map(ToString::to_string).collect(),
            reverts: event.reverts.as_deref(),
            restores: event.restores.as_deref(),
            authors: &attribution.authors,
            approvers: attribution.approvers.iter().map(Into::into).collect(),
            pull_request: attribution.pull_request.as_deref(),
            segregation: attribution.segregation.name(),
            reason: attribution.reason.as_deref(),
        }
    }
}

/// Attributes of one event that are named in the text report.
const SHOWN_ATTRIBUTES: usize = 6;

/// As text for people: who approved, then all that happened, the newest first.
pub fn blame_text(blamed: &[Blamed<'_>]) -> String {
    let mut out = String::new();
    for one in blamed {
        if !out.is_empty() {
            out.push('\n');
        }
        let place = match one.resource.root_module.as_str() {
            "" => String::new(),
            root => format!("  (in {root})"),
        };
        line(&mut out, "", &format!("{}{place}", one.resource.address));
        line(&mut out, "  ", &approval(&one.attribution, name_only));
        if let Some(subject) = &one.attribution.subject {
            line(&mut out, "  ", &format!("\"{subject}\""));
        }
        for (contributor, attribution) in &one.contributing {
            line(&mut out, "  ", &format!("through {}: {}", contributor.what, approval(attribution, name_only)));
        }
        for (event, attribution) in one.events.iter().rev() {
            line(&mut out, "    ", &happened(event));
            line(&mut out, "                ", &approval(attribution, name_only));
        }
    }
    out
}

fn line(out: &mut String, indent: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{indent}{}", inert(text));
}

fn happened(event: &Event) -> String {
    let date = event.landed_at.as_deref().map_or("          ", day);
    let commit = event.commit.as_deref().map_or_else(|| "unknown".to_owned(), short_hash);
    let landed = match &event.commit {
        Some(commit) if *commit == event.approving_commit => String::new(),
        _ => format!(" landed in {}", short_hash(&event.approving_commit)),
    };
    let mut names: Vec<String> = event.attributes.iter().take(SHOWN_ATTRIBUTES).map(ToString::to_string).collect();
    let rest = event.attributes.len() - names.len();
    if rest > 0 {
        names.push(format!("{rest} more"));
    }
    let again = match &event.restores {
        Some(earlier) => format!(", as approved in {} before", short_hash(earlier)),
        None => String::new(),
    };
    let attributes = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    format!("{date}  {:<7}  {commit}{landed}{attributes}{again}", event.kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::example_history;
    use crate::attributions::Determining;
    use crate::blame::{Resource, report};
    use crate::model::SourceRange;

    fn resources() -> Vec<Resource> {
        let resource = |address: &str, directory: &str| {
            let address: crate::model::Address = address.parse().expect("an address");
            Resource {
                root_module: "envs".into(),
                block: Some(crate::attribute::BlockId {
                    directory: directory.into(),
                    kind: "resource".into(),
                    labels: vec![address.resource_type.to_string(), address.name.to_string()],
                }),
                contributors: Vec::new(),
                address,
            }
        };
        let mut all = vec![resource("aws_vpc.a", "envs"), resource("module.net.aws_vpc.b", "net")];
        all.push(resource("aws_vpc.never", "envs"));
        all[1].contributors.push(Determining {
            what: "module.net".into(),
            source: Some(SourceRange {
                file: "envs/main.tf".into(),
                start_line: 1,
                start_column: 1,
                end_line: 3,
                end_column: 2,
            }),
            block: crate::attribute::BlockId {
                directory: "envs".into(),
                kind: "module".into(),
                labels: vec!["net".into()],
            },
        });
        all
    }

    #[test]
    fn json_follows_its_schema() {
        let (history, first, merge) = example_history();
        let resources = resources();
        let value: Value = serde_json::from_str(&blame_json(&report(&history, &resources))).expect("JSON");
        let schema: Value = serde_json::from_str(&blame_schema()).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        assert!(
            validator.is_valid(&value),
            "{:?}",
            validator.iter_errors(&value).map(|error| error.to_string()).collect::<Vec<_>>()
        );
        assert_eq!(value["format_version"], "1.0");
        let one = &value["resources"][0];
        assert_eq!((&one["address"], &one["root_module"]), (&"aws_vpc.a".into(), &"envs".into()));
        assert_eq!(one["attribution"]["approving_commit"], merge.as_str());
        assert_eq!(one["attribution"]["pull_request"], "#12");
        assert_eq!(one["events"][0]["kind"], "added");
        assert_eq!(one["events"][0]["commit"], first.as_str());
        assert_eq!(one["events"][1]["approving_commit"], merge.as_str());
        assert_eq!(one["events"][1]["attributes"], serde_json::json!(["tags[\"Env\"]"]));
        let two = &value["resources"][1];
        assert_eq!(two["contributing"][0]["what"], "module.net");
        assert_eq!(two["contributing"][0]["source"]["file"], "envs/main.tf");
        assert_eq!(two["contributing"][0]["approving_commit"], first.as_str());
        let three = &value["resources"][2];
        assert_eq!(three["attribution"]["reason"], "not in Git");
        assert_eq!(three["attribution"]["segregation"], "unknown");
        assert_eq!(three["events"], serde_json::json!([]));
    }

    #[test]
    fn text_names_everything_and_is_inert() {
        let (history, first, merge) = example_history();
        let resources = resources();
        let text = blame_text(&report(&history, &resources));
        for expected in [
            "aws_vpc.a  (in envs)",
            "in #12",
            &first[..7],
            &merge[..7],
            "tags[\"Env\"]",
            "through module.net",
            "not in Git",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(text.contains("\\u{1b}[31m"), "{text}");
        assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
    }
}
