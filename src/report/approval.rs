//! Says in one fragment who approved a declaration. Never a claim that is not known.
//! Knows nothing of where the fragment is shown.

use super::{day, short_hash};
use crate::model::{Approver, Attribution, Standing};

/// Approvers or authors that are named.
const SHOWN_PEOPLE: usize = 2;

/// Who approved, by which commit, and whether duties were segregated. Not inert yet.
/// `person` makes the shown name out of `Name <email>`.
pub(super) fn approval(attribution: &Attribution, person: fn(&str) -> &str) -> String {
    let reason = attribution.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let Some(commit) = &attribution.approving_commit else {
        return format!("approving commit unknown{reason}");
    };
    let landed = match &attribution.landed_at {
        Some(time) => format!("{}, {}", short_hash(commit), day(time)),
        None => short_hash(commit),
    };
    let place = match &attribution.pull_request {
        Some(pull_request) => format!("in {pull_request} ({landed})"),
        None => format!("in {landed}"),
    };
    let (counting, others): (Vec<&Approver>, Vec<&Approver>) =
        attribution.approvers.iter().partition(|approver| approver.standing == Standing::Counts);
    let named = |approver: &&Approver| {
        let assurance = approver.assurance.name().replace('_', " ");
        let standing = match approver.standing {
            Standing::Counts => String::new(),
            standing => format!(", {}", standing.name().replace('_', " ")),
        };
        format!("{} ({assurance}{standing})", person(&approver.identity))
    };
    let listed = |approvers: &[&Approver]| people(&approvers.iter().map(named).collect::<Vec<_>>());
    let who = match (counting.is_empty(), others.is_empty()) {
        (false, _) => format!("approved by {}", listed(&counting)),
        (true, false) => format!("no approval that counts: {}, landed", listed(&others)),
        (true, true) => {
            let authors: Vec<String> = attribution.authors.iter().map(|author| person(author).to_owned()).collect();
            format!("declared by {}, no approver known, landed", people(&authors))
        }
    };
    format!("{who} {place}, segregation {}{reason}", attribution.segregation.name())
}

/// The name in `Name <email>`; mail addresses have no place in what many can read.
pub(super) fn name_only(identity: &str) -> &str {
    match identity.split_once('<').map_or(identity, |(name, _)| name).trim() {
        "" => "somebody",
        name => name,
    }
}

fn people(people: &[String]) -> String {
    match people.len().saturating_sub(SHOWN_PEOPLE) {
        0 if people.is_empty() => "nobody known".to_owned(),
        0 => people.join(", "),
        rest => format!("{} and {rest} more", people[..SHOWN_PEOPLE].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Assurance, Segregation};

    fn check(change: fn(&mut Attribution), expected: &str) {
        let approver =
            |name: &str| Approver::new(format!("{name} <{name}@x>"), Assurance::ForgeVerified, "review on #12");
        let mut attribution = Attribution {
            declaring_commit: None,
            approving_commit: Some("abc1234567".into()),
            landed_at: Some("2026-03-01T10:00:00Z".into()),
            subject: None,
            authors: vec!["Ann <ann@x>".into()],
            approvers: ["Bo", "Cy", "Di"].map(approver).into(),
            pull_request: Some("#12".into()),
            segregation: Segregation::Pass,
            reason: None,
            ..Attribution::unknown("")
        };
        change(&mut attribution);
        assert_eq!(approval(&attribution, name_only), expected);
    }

    #[test]
    fn nothing_is_claimed_that_is_not_known() {
        check(
            |_| (),
            "approved by Bo (forge verified), Cy (forge verified) and 1 more in #12 (abc1234, 2026-03-01), segregation pass",
        );
        check(
            |attribution| {
                attribution.approvers.clear();
                attribution.pull_request = None;
                attribution.segregation = Segregation::Unknown;
                attribution.reason = Some("pushed directly".into());
            },
            "declared by Ann, no approver known, landed in abc1234, 2026-03-01, segregation unknown: pushed directly",
        );
        check(
            |attribution| attribution.approvers[0].standing = Standing::NotAPerson,
            "approved by Cy (forge verified), Di (forge verified) in #12 (abc1234, 2026-03-01), segregation pass",
        );
        check(
            |attribution| {
                attribution.approvers.truncate(1);
                attribution.approvers[0].standing = Standing::Involved;
                attribution.segregation = Segregation::Fail;
            },
            "no approval that counts: Bo (forge verified, involved), landed in #12 (abc1234, 2026-03-01), segregation fail",
        );
        check(
            |attribution| *attribution = Attribution::unknown("the clone is shallow"),
            "approving commit unknown: the clone is shallow",
        );
        assert_eq!(name_only(" <x@y>"), "somebody");
    }
}
