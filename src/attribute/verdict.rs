//! Judges who approved a landed change, how far that can be trusted, and whether duties were segregated.
//! Knows nothing of Git objects or blocks.

use super::people::{People, PersonId};
use crate::model::{Approver, Assurance, Segregation};
use std::collections::BTreeMap;

/// Trailers that state an approval. `Signed-off-by` certifies origin, `Co-authored-by` makes an author,
/// `Acked-by` often comes from those who were merely asked: none of them counts.
pub(super) const APPROVING: [&str; 3] = ["Approved-by", "Reviewed-by", "Code-Review+2"];

/// The trailer that makes somebody an author.
pub(super) const AUTHORING: &str = "Co-authored-by";

/// A commit on the first-parent chain, and what it brought in.
#[derive(Debug)]
pub(super) struct Landing {
    /// Authors and co-authors of all that it merged, or its own if it merged nothing.
    pub(super) requesters: Vec<PersonId>,
    /// Whether all that it merged could be seen.
    pub(super) complete: bool,
    /// Its own author and co-authors.
    pub(super) own_authors: Vec<PersonId>,
    /// Who merged or committed it; none where the forge did so for somebody it does not name.
    pub(super) merger: Option<PersonId>,
    /// Whether it has several parents.
    pub(super) is_merge: bool,
    /// Whether it carries a signature. Signatures are not verified here.
    pub(super) signed: bool,
    /// Those whom its trailers and notes state as approvers.
    pub(super) stated: Vec<(PersonId, Assurance)>,
    /// The pull request that it names.
    pub(super) pull_request: Option<String>,
}

/// The judgment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) authors: Vec<String>,
    pub(super) approvers: Vec<Approver>,
    pub(super) segregation: Segregation,
    pub(super) reason: Option<String>,
}

/// Judges a landing by the strict rule: somebody approved who neither authored nor merged the change.
/// With `merger_may_approve` whoever merged counts as the pipeline's hand and no more. An evil merge, whose own content
/// is what is asked for, makes its own authors requesters too.
pub(super) fn judge(landing: &Landing, evil: bool, merger_may_approve: bool, people: &People) -> Verdict {
    let mut requesters = landing.requesters.clone();
    if evil {
        requesters.extend(&landing.own_authors);
    }
    let mut approvals: BTreeMap<PersonId, Assurance> = BTreeMap::new();
    for (person, assurance) in &landing.stated {
        let person = people.resolved(*person);
        if !people.is_bot(person) {
            let strongest = approvals.entry(person).or_insert(*assurance);
            *strongest = (*strongest).min(*assurance);
        }
    }
    let stated: Vec<PersonId> = approvals.keys().copied().collect();
    let implied = implied(landing, people).filter(|person| !stated.contains(person));

    let (segregation, reason) = segregation(landing, &requesters, &stated, implied, merger_may_approve, people);
    let mut authors: Vec<_> = requesters.iter().map(|person| people.display(*person)).collect();
    authors.sort_unstable();
    authors.dedup();
    let approver = |person: PersonId, assurance| Approver::new(people.display(person), assurance, "");
    let mut approvers: Vec<_> = approvals.iter().map(|(person, assurance)| approver(*person, *assurance)).collect();
    approvers.extend(implied.map(|person| approver(person, Assurance::Implied)));
    approvers.sort_by(|a, b| (a.assurance, &a.identity).cmp(&(b.assurance, &b.identity)));
    let unverified =
        (landing.signed && approvals.values().any(|assurance| *assurance == Assurance::Asserted)).then(|| {
            "the commit is signed, but its signature was not verified, so its trailers are only asserted".to_owned()
        });
    let reason = [reason, unverified].into_iter().flatten().reduce(|one, other| format!("{one}; {other}"));
    Verdict { authors, approvers, segregation, reason }
}

/// Whoever merged what others wrote. It shows a second person, not a review.
fn implied(landing: &Landing, people: &People) -> Option<PersonId> {
    let merger = landing.merger?;
    let second = landing.is_merge
        && landing.complete
        && !people.is_bot(merger)
        && landing.requesters.iter().all(|author| *author != merger && !people.same_name(*author, merger));
    second.then_some(merger)
}

fn segregation(
    landing: &Landing,
    requesters: &[PersonId],
    stated: &[PersonId],
    implied: Option<PersonId>,
    merger_may_approve: bool,
    people: &People,
) -> (Segregation, Option<String>) {
    let unknown = |reason: String| (Segregation::Unknown, Some(reason));
    let fail = |reason: String| (Segregation::Fail, Some(reason));
    if !landing.complete {
        return unknown("not all of the merged commits can be seen, so neither can all of their authors".into());
    }
    let merger = landing.merger.filter(|_| !merger_may_approve);
    let involved: Vec<_> = requesters.iter().copied().chain(merger).collect();
    let unclear = |person: &PersonId| {
        !people.has_address(*person) || involved.iter().any(|other| people.same_name(*person, *other))
    };
    let others = stated.iter().copied().filter(|person| !involved.contains(person));
    let (unclear, clear): (Vec<PersonId>, Vec<PersonId>) = others.partition(unclear);
    // A merger that the forge does not name may be one of the approvers, but not two of them.
    let needed = if landing.merger.is_none() && !merger_may_approve { 2 } else { 1 };
    if clear.len() >= needed {
        return (Segregation::Pass, None);
    }
    if let Some(person) = clear.first() {
        return unknown(format!(
            "the forge committed this for somebody it does not name, who may be the approver {}",
            people.display(*person)
        ));
    }
    if let Some(person) = unclear.first() {
        return unknown(format!(
            "it cannot be told who the approver {} is; a line in .mailmap would settle it",
            people.display(*person)
        ));
    }
    if !stated.is_empty() {
        return fail("every approver also authored or merged the change".into());
    }
    if let Some(pull_request) = &landing.pull_request {
        return unknown(format!("{pull_request} is named, but Git holds no record of its approval"));
    }
    if landing.merger.is_none() {
        return unknown(
            "the forge committed this and names no pull request: a rebase merge or an edit on its pages".into(),
        );
    }
    match implied {
        Some(person) => fail(format!("merged by {}, which shows no approval", people.display(person))),
        None => fail("landed directly: neither a pull request nor an approval is on record in Git".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &str = "Ann <ann@x>";
    const BOB: &str = "Bob <bob@x>";
    const EVE: &str = "Eve <eve@x>";

    struct Case {
        authors: &'static [&'static str],
        merger: Option<&'static str>,
        is_merge: bool,
        stated: &'static [&'static str],
        pull_request: bool,
    }

    const PLAIN: Case = Case { authors: &[ANN], merger: Some(ANN), is_merge: false, stated: &[], pull_request: false };

    fn landing(case: &Case, people: &mut People) -> Landing {
        let mut all = |names: &[&str]| names.iter().map(|name| people.named(name).expect("a name")).collect::<Vec<_>>();
        Landing {
            requesters: all(case.authors),
            complete: true,
            own_authors: Vec::new(),
            merger: case.merger.map(|name| all(&[name])[0]),
            is_merge: case.is_merge,
            signed: false,
            stated: all(case.stated).into_iter().map(|person| (person, Assurance::Asserted)).collect(),
            pull_request: case.pull_request.then(|| "#1".to_owned()),
        }
    }

    fn check(case: Case, segregation: Segregation, approvers: &[(&str, Assurance)]) {
        let mut people = People::new(b"");
        let landing = landing(&case, &mut people);
        let verdict = judge(&landing, false, false, &people);
        assert_eq!(verdict.segregation, segregation, "{:?}", verdict.reason);
        let found: Vec<_> =
            verdict.approvers.iter().map(|approver| (approver.identity.as_str(), approver.assurance)).collect();
        assert_eq!(found, approvers);
        assert_eq!(verdict.reason.is_none(), segregation == Segregation::Pass);
    }

    #[test]
    fn direct_pushes_fail() {
        check(PLAIN, Segregation::Fail, &[]);
        check(Case { stated: &[ANN], ..PLAIN }, Segregation::Fail, &[(ANN, Assurance::Asserted)]);
        check(Case { stated: &["renovate[bot]"], ..PLAIN }, Segregation::Fail, &[]);
    }

    #[test]
    fn somebody_else_approved() {
        check(Case { stated: &[BOB], ..PLAIN }, Segregation::Pass, &[(BOB, Assurance::Asserted)]);
        let own = Case { is_merge: true, pull_request: true, stated: &[BOB], ..PLAIN };
        check(own, Segregation::Pass, &[(BOB, Assurance::Asserted)]);
        let both = Case { authors: &[ANN, BOB], stated: &[BOB], ..PLAIN };
        check(both, Segregation::Fail, &[(BOB, Assurance::Asserted)]);
    }

    #[test]
    fn a_merger_is_no_approver() {
        let merged = Case { merger: Some(BOB), is_merge: true, ..PLAIN };
        check(merged, Segregation::Fail, &[(BOB, Assurance::Implied)]);
        let named = Case { merger: Some(BOB), is_merge: true, pull_request: true, ..PLAIN };
        check(named, Segregation::Unknown, &[(BOB, Assurance::Implied)]);
        let stated = Case { merger: Some(BOB), is_merge: true, stated: &[BOB], ..PLAIN };
        check(stated, Segregation::Fail, &[(BOB, Assurance::Asserted)]);
        let three = Case { merger: Some(BOB), is_merge: true, stated: &[BOB, EVE], ..PLAIN };
        check(three, Segregation::Pass, &[(BOB, Assurance::Asserted), (EVE, Assurance::Asserted)]);
    }

    #[test]
    fn an_unnamed_merger_may_be_the_approver() {
        let squash = Case { merger: None, pull_request: true, stated: &[BOB], ..PLAIN };
        check(squash, Segregation::Unknown, &[(BOB, Assurance::Asserted)]);
        let two = Case { merger: None, pull_request: true, stated: &[BOB, EVE], ..PLAIN };
        check(two, Segregation::Pass, &[(BOB, Assurance::Asserted), (EVE, Assurance::Asserted)]);
        check(Case { merger: None, ..PLAIN }, Segregation::Unknown, &[]);
    }

    #[test]
    fn unresolved_identities_are_unknown() {
        check(Case { stated: &["Bob"], ..PLAIN }, Segregation::Unknown, &[("Bob", Assurance::Asserted)]);
        let namesake = Case { stated: &["Ann <ann@home>"], ..PLAIN };
        check(namesake, Segregation::Unknown, &[("Ann <ann@home>", Assurance::Asserted)]);
        check(Case { stated: &["ann"], ..PLAIN }, Segregation::Fail, &[(ANN, Assurance::Asserted)]);
    }

    #[test]
    fn the_switch_lets_the_merger_approve() {
        let mut people = People::new(b"");
        let case = Case { merger: Some(BOB), is_merge: true, stated: &[BOB], ..PLAIN };
        let landing = landing(&case, &mut people);
        assert_eq!(judge(&landing, false, true, &people).segregation, Segregation::Pass);
    }

    #[test]
    fn signatures_are_not_verified() {
        let mut people = People::new(b"");
        let mut landing = landing(&Case { stated: &[BOB], ..PLAIN }, &mut people);
        landing.signed = true;
        let verdict = judge(&landing, false, false, &people);
        assert_eq!(verdict.segregation, Segregation::Pass);
        assert_eq!(verdict.approvers[0].assurance, Assurance::Asserted);
        assert!(verdict.reason.is_some_and(|reason| reason.contains("not verified")));
    }
}
