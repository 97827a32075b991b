//! Says in few words who changed an object live, when and with what. Never a claim that is not known.
//! Knows nothing of where the words are shown.

use super::{counted, shortened};
use crate::model::{Activity, Finding, Kind, LiveChange};
use provider_api::{ActorKind, Tool};

/// Changes that are told, each in a line.
const SHOWN: usize = 2;

/// A longer name is cut.
const MAX_NAME: usize = 120;

/// Who changed the object of a finding: the changes that say most, what is not known, and the last apply. Not inert yet.
pub(super) fn lines(finding: &Finding) -> Vec<String> {
    let Some(activity) = &finding.activity else { return Vec::new() };
    let in_no_state = finding.kind == Kind::Unmanaged;
    let telling = activity.telling(in_no_state);
    let mut lines: Vec<String> = telling.iter().take(SHOWN).map(|change| line(change, in_no_state)).collect();
    let rest = activity.changes.len().saturating_sub(lines.len());
    let end = end(activity, in_no_state);
    match lines.last_mut() {
        Some(last) => {
            if rest > 0 {
                last.push_str(&format!(", and {}", counted(rest, "other change")));
            }
            last.push_str(&end);
        }
        None => lines.push(format!("who changed it live is not known{end}")),
    }
    lines
}

fn line(change: &LiveChange, in_no_state: bool) -> String {
    let verb = if in_no_state && change.makes() { "made" } else { "changed live" };
    let how = match &change.role {
        Some(role) => format!("role {}, {}", shortened(role, MAX_NAME), tool(change.tool)),
        None => tool(change.tool).to_owned(),
    };
    let who = match change.kind {
        ActorKind::Role => format!("role {}", shortened(&change.who, MAX_NAME)),
        _ => shortened(&change.who, MAX_NAME),
    };
    format!("{verb} by {who} ({how}) {}: {}", minute(&change.at), shortened(&change.action, MAX_NAME))
}

/// How far back that holds.
fn end(activity: &Activity, in_no_state: bool) -> String {
    let day = super::day;
    let end = match (&activity.last_apply, &activity.begins) {
        (Some(apply), _) => format!(", no apply since {}", minute(&apply.at)),
        (None, Some(begins)) if in_no_state => format!(", as far as {} is looked back", day(begins)),
        (None, Some(_)) if activity.changes.iter().any(|change| change.tool.applies()) => String::new(),
        (None, Some(begins)) => format!(", no apply seen since {}", day(begins)),
        (None, None) => String::new(),
    };
    // Why is said once, among the notices.
    let unseen = if activity.gap.is_some() { " (not all of it could be seen)" } else { "" };
    format!("{end}{unseen}")
}

/// The same in one sentence for what many can read: names without mail addresses, and no network addresses. None where
/// nobody is known.
pub(super) fn sentence(finding: &Finding) -> Option<String> {
    let in_no_state = finding.kind == Kind::Unmanaged;
    let change = *finding.activity.as_ref()?.telling(in_no_state).first()?;
    let verb = if in_no_state && change.makes() { "Made" } else { "Changed live" };
    let name = change.who.split('@').next().filter(|name| !name.trim().is_empty()).unwrap_or("somebody");
    let action = &change.action;
    Some(format!("{verb} by {name} ({}) {}: {action}", tool(change.tool), minute(&change.at)))
}

/// A tool in words.
fn tool(tool: Tool) -> &'static str {
    match tool {
        Tool::Console => "console",
        Tool::Cli => "command line",
        Tool::Sdk => "a program",
        Tool::Terraform => "Terraform",
        Tool::OpenTofu => "OpenTofu",
        Tool::CloudFormation => "CloudFormation",
        Tool::Service => "a service",
        Tool::Other => "an unknown tool",
    }
}

/// `2026-03-01 10:02 UTC`; the text as it is where it is no such time.
fn minute(time: &str) -> String {
    match (time.get(..10), time.get(10..11), time.get(11..16), time.ends_with('Z')) {
        (Some(day), Some("T"), Some(minute), true) => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}
