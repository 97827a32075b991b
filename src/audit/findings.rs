//! What an auditor must look at.
//! Knows nothing of how approvals were judged.

use super::{Evidence, Question};
use crate::attribute::History;
use crate::judge::{DRIFT, IN_SYNC, INCOMPLETE};
use crate::model::{
    Assurance, AuditFinding, AuditRule, AuditedLanding, Boundary, Check, Segregation, Severity, Standing,
};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// All findings, in the order of history; what concerns no commit of it comes first.
pub(super) fn findings(
    history: &History,
    question: &Question<'_>,
    evidence: &Evidence<'_>,
    landings: &[AuditedLanding],
    since: Option<&Boundary>,
) -> Vec<AuditFinding> {
    let mut found = rewritten(history, question, evidence, since);
    for landing in landings {
        of_landing(landing, evidence, &mut found);
    }
    found
}

/// Findings and holes as an exit code: what is wrong comes before what is not known.
pub(super) fn exit_code(findings: &[AuditFinding], complete: bool) -> u8 {
    let known = findings.iter().any(|finding| finding.rule != AuditRule::ApprovalUnknown);
    match (known, complete && findings.is_empty()) {
        (true, _) => DRIFT,
        (false, false) => INCOMPLETE,
        (false, true) => IN_SYNC,
    }
}

fn of_landing(landing: &AuditedLanding, evidence: &Evidence<'_>, found: &mut Vec<AuditFinding>) {
    let attribution = &landing.attribution;
    let commit = attribution.approving_commit.clone();
    let mut add = |rule, severity, text: String| {
        found.push(AuditFinding {
            rule,
            severity,
            commit: commit.clone(),
            pull_request: attribution.pull_request.clone(),
            text,
        });
    };
    let reason = attribution.reason.clone().unwrap_or_else(|| "no reason is known".into());
    let emergency = attribution.emergency.as_ref().filter(|emergency| emergency.approved_by.is_none());
    match (attribution.segregation, emergency) {
        (Segregation::Pass, _) => {}
        (Segregation::Fail, Some(_)) => add(AuditRule::EmergencyNotApproved, Severity::High, reason),
        (Segregation::Fail, None) => {
            // Whoever merely merged has not said that they approve.
            let stated = || attribution.approvers.iter().filter(|one| one.assurance != Assurance::Implied);
            let has = |standing| stated().any(|approver| approver.standing == standing);
            let (rule, severity) = if has(Standing::Stale) {
                (AuditRule::ApprovedBeforeLastPush, Severity::High)
            } else if has(Standing::Involved) {
                (AuditRule::SelfApproved, Severity::High)
            } else {
                (AuditRule::LandedWithoutApproval, Severity::High)
            };
            add(rule, severity, reason);
        }
        (Segregation::Unknown, _) => add(AuditRule::ApprovalUnknown, Severity::Medium, reason),
    }
    let failed: Vec<&str> =
        attribution.checks.iter().filter(|check| is_failed(check)).map(|check| check.name.as_str()).collect();
    if !failed.is_empty() {
        add(
            AuditRule::ChecksFailed,
            Severity::Medium,
            format!("landed although checks had not passed: {}", failed.join(", ")),
        );
    }
    if let Some(bypassed) = commit.as_ref().and_then(|commit| evidence.bypassed.get(commit)) {
        add(AuditRule::ProtectedBranchBypassed, Severity::High, bypassed.clone());
    }
    if landing.is_merge && is_foxtrot(attribution.subject.as_deref().unwrap_or_default(), &evidence.approved.reference)
    {
        let text = "merged the approved branch into somebody's own commits, so what the branch had until then seems to have landed with it";
        add(AuditRule::FoxtrotMerge, Severity::Low, text.into());
    }
}

/// Whether a check that may be required ended otherwise than well. What is skipped or neutral did not fail, and what the
/// branch is known not to want does not count.
fn is_failed(check: &Check) -> bool {
    const FAILED: [&str; 8] =
        ["failure", "failed", "error", "timed_out", "action_required", "cancelled", "canceled", "startup_failure"];
    check.required != Some(false) && FAILED.contains(&check.conclusion.to_ascii_lowercase().as_str())
}

/// Whether a merge's subject is the one that `git pull` writes on the approved branch itself (git-fmt-merge-msg(1)).
fn is_foxtrot(subject: &str, reference: &str) -> bool {
    let branch = reference.rsplit_once('/').map_or(reference, |(_, name)| name);
    let from = |start: &str| subject.strip_prefix(start).and_then(|rest| rest.split_once('\''));
    let local = from("Merge branch '").filter(|(name, rest)| *name == branch && rest.starts_with(" of "));
    let remote = from("Merge remote-tracking branch '").filter(|(name, _)| name.rsplit('/').next() == Some(branch));
    // Into another branch it is a back-merge, which is harmless.
    local.or(remote).is_some_and(|(_, rest)| !rest.contains(" into ") || rest.ends_with(&format!(" into {branch}")))
}

/// Tips that were seen earlier and are not on the chain any more.
fn rewritten(
    history: &History,
    question: &Question<'_>,
    evidence: &Evidence<'_>,
    since: Option<&Boundary>,
) -> Vec<AuditFinding> {
    let begins = since.and_then(|since| since.at.as_deref()).and_then(|at| at.parse::<Timestamp>().ok());
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for tip in &question.earlier {
        let before = |at: &Timestamp| begins.is_some_and(|begins| *at < begins);
        if tip.at.as_ref().is_some_and(before) || !seen.insert(tip.commit) {
            continue;
        }
        let when = tip.at.map(|at| format!(" at {at}")).unwrap_or_default();
        let (rule, severity, what) = match history.landed(tip.commit) {
            Some((_, true)) => continue,
            Some((_, false)) => (
                AuditRule::FoxtrotMerge,
                Severity::Medium,
                "is not on its first-parent chain any more: a merge swapped the two sides",
            ),
            // In a part of history that is not here it may well be.
            None if history.incomplete().is_some() => continue,
            None => (AuditRule::HistoryRewritten, Severity::High, "is no part of it any more: history was rewritten"),
        };
        found.push(AuditFinding {
            rule,
            severity,
            commit: Some(tip.commit.to_string()),
            pull_request: None,
            text: format!("the tip that {} had{when} by {} {what}", evidence.approved.reference, tip.source),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_on_the_approved_branch() {
        for (subject, expected) in [
            ("Merge branch 'main' of https://example.com/r", true),
            ("Merge branch 'main' of github.com:o/r into main", true),
            ("Merge remote-tracking branch 'origin/main'", true),
            ("Merge remote-tracking branch 'origin/main' into topic", false),
            ("Merge branch 'main' of https://example.com/r into topic", false),
            ("Merge branch 'main' into topic", false),
            ("Merge branch 'topic'", false),
            ("Merge branch 'topic' of https://example.com/r", false),
            ("Merge pull request #1 from o/main", false),
        ] {
            assert_eq!(is_foxtrot(subject, "origin/main"), expected, "{subject}");
        }
    }

    #[test]
    fn checks_that_failed() {
        let check = |conclusion: &str, required| {
            is_failed(&Check { name: "plan".into(), conclusion: conclusion.into(), completed_at: None, required })
        };
        assert!(check("failure", None) && check("FAILED", Some(true)));
        assert!(!check("success", None) && !check("skipped", Some(true)) && !check("failure", Some(false)));
    }
}
