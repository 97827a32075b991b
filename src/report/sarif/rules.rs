//! The rule table of the SARIF report: one rule for each kind of drift and severity, always all of them.
//! Knows nothing of findings.

use super::shape::{Configuration, NotificationKind, Rule, RuleProperties, Text};
use crate::model::{Kind, Severity};

/// The kinds that become results. What is no drift, or could not be read, does not.
pub(super) const KINDS: [Kind; 3] = [Kind::Changed, Kind::Missing, Kind::Unmanaged];

/// In the order of the table.
const SEVERITIES: [Severity; 4] = [Severity::High, Severity::Medium, Severity::Low, Severity::Info];

/// The place of a rule in the table; none for a kind that has no rule.
pub(super) fn index(kind: Kind, severity: Severity) -> Option<usize> {
    let kind = KINDS.iter().position(|each| *each == kind)?;
    let severity = SEVERITIES.iter().position(|each| *each == severity)?;
    Some(kind * SEVERITIES.len() + severity)
}

/// The id of a rule, for example `driftline-changed-high`. The severity is part of it because code scanning takes the
/// severity of an alert from its rule. No slash: behind one SARIF expects a part without metadata of its own (3.49.3).
pub(super) fn id(kind: Kind, severity: Severity) -> String {
    format!("driftline-{}-{}", kind.name(), severity.name())
}

/// Kind and severity of a rule by its id.
pub(super) fn by_id(text: &str) -> Option<(Kind, Severity)> {
    let all = KINDS.iter().flat_map(|kind| SEVERITIES.map(|severity| (*kind, severity)));
    all.into_iter().find(|(kind, severity)| id(*kind, *severity) == text)
}

/// SARIF's level.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The whole table.
pub(super) fn table() -> Vec<Rule> {
    KINDS.iter().flat_map(|kind| SEVERITIES.map(|severity| rule(*kind, severity))).collect()
}

/// What the rules of one kind say.
struct Words {
    name: &'static str,
    short: &'static str,
    full: &'static str,
    ways_out: &'static [&'static str],
    precision: &'static str,
}

fn words(kind: Kind) -> Words {
    match kind {
        Kind::Missing => Words {
            name: "Missing",
            short: "A recorded object is gone",
            full: "The state records an object that a complete read of its type, account and region did not find: it was \
                   removed outside an apply of the approved configuration.",
            ways_out: &[
                "Find out who removed it and why; the audit trail of the account tells.",
                "If it should exist, apply the approved configuration: the next apply makes it again.",
                "If it should not, remove its block in a reviewed change, or forget it with a removed block.",
            ],
            precision: "very-high",
        },
        Kind::Unmanaged => Words {
            name: "Unmanaged",
            short: "A live object is in no state",
            full: "An object exists in an account and region that was read, and no state records it: it was made outside \
                   an apply of any approved configuration that was scanned. The alert stands at a place that represents \
                   its root module, because no block declares it.",
            ways_out: &[
                "Find out who made it and why; the audit trail of the account tells.",
                "If it should stay, declare it with an import block in a reviewed change.",
                "If it should not, delete it where it was made.",
            ],
            precision: "high",
        },
        _ => Words {
            name: "Changed",
            short: "An object was changed outside an apply",
            full: "What runs differs from what the last apply recorded: somebody or something changed it outside an apply \
                   of the approved configuration.",
            ways_out: &[
                "Find out who changed it and why; the audit trail of the account tells.",
                "If the change is unwanted, apply the approved configuration: a plan shows what that undoes.",
                "If it should stay, declare it in a reviewed change.",
                "If the attribute is meant to change by itself, list it in ignore_changes.",
            ],
            precision: "very-high",
        },
    }
}

fn rule(kind: Kind, severity: Severity) -> Rule {
    let words = words(kind);
    let (title, meaning) = match severity {
        Severity::High => ("High", "it opens or breaks something"),
        Severity::Medium => ("Medium", "it should be looked at"),
        Severity::Low => ("Low", "it is worth a look"),
        Severity::Info => ("Info", "it is for the record"),
    };
    let full = format!("{} Severity {}: {meaning}.", words.full, severity.name());
    let list = |mark: &str| words.ways_out.iter().map(|line| format!("{mark}{line}")).collect::<Vec<_>>().join("\n");
    Rule {
        id: id(kind, severity),
        name: format!("{}{title}", words.name),
        short_description: Text::plain(format!("{} ({} severity).", words.short, severity.name())),
        help: Text {
            text: format!("{full}\n{}", list("- ")),
            markdown: Some(format!("{full}\n\n**What to do**\n\n{}\n", list("1. "))),
        },
        full_description: Text::plain(full),
        default_configuration: Configuration { level: level(severity) },
        properties: properties(words.precision, severity),
    }
}

/// Severities of the upper half are security alerts: a change nobody approved that opens or breaks something.
/// The bands are those of code scanning: high 7.0 to 8.9, medium 4.0 to 6.9.
fn properties(precision: &'static str, severity: Severity) -> RuleProperties {
    let (problem_severity, security_severity) = match severity {
        Severity::High => ("error", Some("8.0")),
        Severity::Medium => ("warning", Some("5.0")),
        Severity::Low | Severity::Info => ("recommendation", None),
    };
    let mut tags = vec!["drift", "infrastructure"];
    tags.extend(security_severity.map(|_| "security"));
    RuleProperties { tags, precision, problem_severity, security_severity }
}

/// What a notification is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Notified {
    Gap,
    Unknown,
    Notice,
    Unlocated,
    Truncated,
    Carried,
}

impl Notified {
    const ALL: [Self; 6] = [Self::Gap, Self::Unknown, Self::Notice, Self::Unlocated, Self::Truncated, Self::Carried];

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Gap => ("driftline-gap", "CoverageGap", "Something could not be read."),
            Self::Unknown => ("driftline-unknown", "UnknownInstances", "Instances could not be read."),
            Self::Notice => ("driftline-notice", "Notice", "Something must be known beside the results."),
            Self::Unlocated => ("driftline-unlocated", "Unlocated", "Drift without a place in the repository."),
            Self::Truncated => ("driftline-truncated", "Truncated", "There are more results than a run may have."),
            Self::Carried => {
                ("driftline-carried", "CarriedForward", "Results of an earlier scan were carried forward.")
            }
        }
    }

    pub(super) fn id(self) -> &'static str {
        self.words().0
    }

    /// Its place in [`notifications`].
    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// The table of notifications.
pub(super) fn notifications() -> Vec<NotificationKind> {
    Notified::ALL
        .map(Notified::words)
        .map(|(id, name, text)| {
            let [short_description, full_description, help] = [text; 3].map(Text::plain);
            NotificationKind { id, name, short_description, full_description, help }
        })
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_stable_and_within_the_limits_of_code_scanning() {
        let table = table();
        let ids: Vec<&str> = table.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(
            ids[..4],
            ["driftline-changed-high", "driftline-changed-medium", "driftline-changed-low", "driftline-changed-info"]
        );
        assert_eq!(ids.len(), 12);
        for (position, rule) in table.iter().enumerate() {
            let (kind, severity) = by_id(&rule.id).expect("the rule's own id");
            assert_eq!(index(kind, severity), Some(position));
            assert!(rule.name.len() <= 255 && rule.full_description.text.len() <= 1024);
            assert_eq!(rule.properties.tags.contains(&"security"), rule.properties.security_severity.is_some());
        }
        assert_eq!(index(Kind::Unknown, Severity::High), None);
        assert_eq!(by_id("driftline-unknown-high"), None);
    }

    #[test]
    fn notifications_know_their_place() {
        let table = notifications();
        for notified in Notified::ALL {
            assert_eq!(table[notified.index()].id, notified.id());
        }
    }
}
