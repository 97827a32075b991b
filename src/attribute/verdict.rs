//! Judges who approved a landed change, how far that can be trusted, and whether duties were segregated.
//! Knows nothing of Git objects, forges or blocks.

use super::evidence::{Evidence, OwnedPath, Record, Statement};
use super::parties::Parties;
use super::people::{Kind, Likeness, People, PersonId};
use super::policy::{Checks, Policy};
use crate::model::{Approver, Assurance, Check, Emergency, Segregation, Standing};
use std::collections::BTreeMap;

/// Trailers that state an approval. `Signed-off-by` certifies origin and `Co-authored-by` makes an author: neither counts.
pub(super) const APPROVING: [&str; 3] = ["Approved-by", "Reviewed-by", "Code-Review+2"];

/// The trailer that often comes from those who were merely asked: an approval only where the policy says so.
pub(super) const ACKNOWLEDGING: &str = "Acked-by";

/// The trailer that makes somebody an author.
pub(super) const AUTHORING: &str = "Co-authored-by";

/// The judgment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) authors: Vec<String>,
    pub(super) approvers: Vec<Approver>,
    pub(super) merged_by: Option<String>,
    pub(super) emergency: Option<Emergency>,
    pub(super) segregation: Segregation,
    pub(super) reason: Option<String>,
}

/// A verdict without the people.
type Ruling = (Segregation, Option<String>);

fn fail(reason: impl Into<String>) -> Ruling {
    (Segregation::Fail, Some(reason.into()))
}

fn unknown(reason: impl Into<String>) -> Ruling {
    (Segregation::Unknown, Some(reason.into()))
}

/// Judges a landing by the policy; by the strict rule, which is the default, as many approved as the policy wants who
/// neither authored nor merged the change. An evil merge, whose own content is what is asked for, makes its own authors
/// requesters too. `now` is in seconds since 1970 (UTC): what is not known yet may still come.
pub(super) fn judge(evidence: &Evidence, evil: bool, policy: &Policy, people: &People, now: Option<i64>) -> Verdict {
    let parties = Parties::of(evidence, evil, policy, people);
    let mut statements = strongest(&evidence.statements, people);
    statements.extend(
        implied(evidence, &parties, people)
            .filter(|implied| statements.iter().all(|statement| statement.person != implied.person)),
    );
    for statement in &mut statements {
        statement.standing = parties.standing(statement, policy, people);
    }
    doubt_repeated(&mut statements, people);
    let mut case = Case { evidence, policy, people, parties, statements, now };
    let (segregation, reason, emergency) = case.ruling();
    let objection = (!evidence.objectors.is_empty())
        .then(|| format!("{} asked for changes and did not take that back", names(&evidence.objectors, people)));
    let reasons = reason.into_iter().chain(objection).chain(evidence.remarks.iter().cloned());
    let mut authors: Vec<_> = case.parties.authors.iter().map(|person| people.display(*person)).collect();
    authors.sort_unstable();
    authors.dedup();
    let approver = |statement: &Statement| Approver {
        identity: people.display(statement.person),
        assurance: statement.assurance,
        standing: statement.standing,
        at: statement.at.and_then(utc),
        evidence: statement.evidence.clone(),
    };
    let mut approvers: Vec<_> = case.statements.iter().map(approver).collect();
    approvers.sort_by(|a, b| (a.assurance, &a.identity).cmp(&(b.assurance, &b.identity)));
    Verdict {
        authors,
        approvers,
        merged_by: evidence.merger.map(|person| people.display(person)),
        emergency,
        segregation,
        reason: reasons.reduce(|one, other| format!("{one}; {other}")),
    }
}

/// One statement for each person. What was verified outweighs what anyone can type; of what was verified, that which
/// counts comes first.
fn strongest(statements: &[Statement], people: &People) -> Vec<Statement> {
    let rank = |statement: &Statement| {
        let typed = statement.assurance > Assurance::Signed;
        let counts = (statement.standing != Standing::Counts, statement.standing);
        if typed { (true, statement.assurance, counts) } else { (false, Assurance::ForgeVerified, counts) }
    };
    let mut by_person: BTreeMap<PersonId, Statement> = BTreeMap::new();
    for statement in statements {
        let person = people.resolved(statement.person);
        let candidate = Statement { person, ..statement.clone() };
        match by_person.get(&person) {
            Some(kept) if (rank(kept), kept.assurance) <= (rank(&candidate), candidate.assurance) => {}
            _ => {
                by_person.insert(person, candidate);
            }
        }
    }
    by_person.into_values().collect()
}

/// Whoever merged what others wrote. It shows a second person, not a review.
fn implied(evidence: &Evidence, parties: &Parties, people: &People) -> Option<Statement> {
    let merger = people.canonical(evidence.merger?);
    let second = evidence.is_merge
        && evidence.complete
        && people.kind(merger) == Kind::Human
        && parties.authors.iter().all(|author| people.compare(*author, merger) == Likeness::Different);
    second.then(|| Statement {
        person: merger,
        assurance: Assurance::Implied,
        standing: Standing::NotAccepted,
        at: None,
        evidence: "merged it".into(),
    })
}

/// Two statements that may be of one person count once.
fn doubt_repeated(statements: &mut [Statement], people: &People) {
    let mut counted: Vec<PersonId> = Vec::new();
    for statement in statements.iter_mut().filter(|statement| statement.standing == Standing::Counts) {
        if counted.iter().all(|other| people.compare(*other, statement.person) == Likeness::Different) {
            counted.push(statement.person);
        } else {
            statement.standing = Standing::Unresolved;
        }
    }
}

/// All that the ruling needs.
struct Case<'a> {
    evidence: &'a Evidence,
    policy: &'a Policy,
    people: &'a People,
    parties: Parties,
    statements: Vec<Statement>,
    now: Option<i64>,
}

impl Case<'_> {
    fn ruling(&mut self) -> (Segregation, Option<String>, Option<Emergency>) {
        let needed = self.policy.approvals.get() as usize;
        let counted = self.persons(Standing::Counts);
        let (emergency, later) = self.emergency(needed.saturating_sub(counted.len()));
        let (segregation, reason) = match (&self.parties.unnamed, &emergency) {
            (Some(why), _) if counted.len() == needed => {
                unknown(format!("{why} may be the approver {}", names(&counted, self.people)))
            }
            _ if counted.len() >= needed => self.approved(&counted),
            (_, Some(emergency)) => self.afterwards(emergency, &counted, &later),
            (_, None) => self.short(&counted),
        };
        (segregation, reason, emergency)
    }

    fn persons(&self, standing: Standing) -> Vec<PersonId> {
        let of_standing = self.statements.iter().filter(|statement| statement.standing == standing);
        of_standing.map(|statement| statement.person).collect()
    }

    /// Enough approved: what else the policy wants.
    fn approved(&mut self, approvers: &[PersonId]) -> Ruling {
        if let Some(doubt) = &self.parties.doubt {
            return unknown(doubt.clone());
        }
        if self.policy.code_owners
            && let Some(ruling) = self.without_owners(approvers)
        {
            return ruling;
        }
        match self.policy.checks {
            Checks::Required => self.checked(),
            Checks::Report => (Segregation::Pass, None),
        }
    }

    /// Every changed file that has owners needs the approval of one.
    fn without_owners(&mut self, approvers: &[PersonId]) -> Option<Ruling> {
        let paths = match &self.evidence.owners {
            Some(Ok(paths)) => paths,
            Some(Err(cause)) => return Some(unknown(format!("the owners of what changed are not known: {cause}"))),
            None => return Some(unknown("the owners of what changed are not known")),
        };
        let people = self.people;
        let owns =
            |path: &OwnedPath, person: PersonId| path.owners.iter().any(|owner| people.canonical(*owner) == person);
        let missing: Vec<&OwnedPath> = paths
            .iter()
            .filter(|path| approvers.iter().filter(|person| owns(path, **person)).count() < path.approvals)
            .collect();
        let surely = missing.iter().find(|path| path.unclear.is_none());
        if let (None, Some(first)) = (surely, missing.first()) {
            let unclear = first.unclear.as_deref().unwrap_or_default();
            return Some(unknown(format!("it cannot be told whether an owner of {} approved: {unclear}", first.path)));
        }
        let surely = surely?;
        let wanted =
            if surely.approvals > 1 { format!(", of {} that it wants", surely.approvals) } else { String::new() };
        let ruling = match approvers.iter().filter(|person| owns(surely, **person)).count() {
            0 => fail(format!("no owner of {} approved{wanted}", surely.path)),
            few => fail(format!("{few} of the owners of {} approved{wanted}", surely.path)),
        };
        for statement in self.statements.iter_mut().filter(|statement| statement.standing == Standing::Counts) {
            if !paths.iter().any(|path| path.unclear.is_some() || owns(path, statement.person)) {
                statement.standing = Standing::NotOwner;
            }
        }
        Some(ruling)
    }

    fn checked(&self) -> Ruling {
        let Some(checks) = &self.evidence.checks else {
            return unknown("the policy wants checks to have succeeded, and no record of them could be read");
        };
        let counts = |check: &&Check| check.required != Some(false);
        let bad = |check: &&Check| !matches!(check.conclusion.as_str(), "success" | "neutral" | "skipped");
        match checks.iter().filter(counts).find(bad) {
            Some(check) => fail(format!("the check {} is {}", check.name, check.conclusion)),
            None if checks.is_empty() => fail("the policy wants checks to have succeeded, and none ran"),
            None => (Segregation::Pass, None),
        }
    }

    /// What is known of an emergency, and who approved it after the fact: as many as were missing, the earliest first.
    fn emergency(&self, missing: usize) -> (Option<Emergency>, Vec<(i64, PersonId)>) {
        let Some(marker) = &self.evidence.emergency else { return (None, Vec::new()) };
        let seconds = i64::from(self.policy.emergency_hours) * 3600;
        let due = self.evidence.landed_at.and_then(|landed| landed.checked_add(seconds)).and_then(utc);
        let mut stated: Vec<(i64, PersonId)> = self
            .statements
            .iter()
            .filter(|statement| statement.standing == Standing::Retrospective && self.people.is_known(statement.person))
            .filter_map(|statement| Some((statement.at?, statement.person)))
            .collect();
        stated.sort_unstable();
        let mut later: Vec<(i64, PersonId)> = Vec::new();
        for (at, person) in stated {
            let others = self.parties.excluded.iter().chain(later.iter().map(|(_, other)| other));
            if later.len() < missing && { others }
                .all(|other| self.people.compare(*other, person) == Likeness::Different)
            {
                later.push((at, person));
            }
        }
        let by: Vec<PersonId> = later.iter().map(|(_, person)| *person).collect();
        let emergency = Emergency {
            marker: marker.clone(),
            due,
            approved_by: (!by.is_empty()).then(|| names(&by, self.people)),
            approved_at: later.last().and_then(|(at, _)| utc(*at)),
        };
        (Some(emergency), if by.len() == missing { later } else { Vec::new() })
    }

    /// What an emergency comes to, of which too few approved before it landed.
    fn afterwards(&mut self, emergency: &Emergency, counted: &[PersonId], later: &[(i64, PersonId)]) -> Ruling {
        let marker = format!("an emergency ({})", emergency.marker);
        let landed = self.evidence.landed_at;
        let (Some(landed), Some(due)) = (landed, &emergency.due) else {
            return unknown(format!("{marker}, and it is not known when it landed"));
        };
        let deadline = landed + i64::from(self.policy.emergency_hours) * 3600;
        if let (Some((at, _)), Some(who)) = (later.last(), &emergency.approved_by) {
            if *at > deadline {
                return fail(format!("{marker} that {who} approved only after {due}"));
            }
            if let Some(why) = &self.parties.unnamed {
                return unknown(format!("{marker}; {why} may be {who}, who approved it after the fact"));
            }
            let all: Vec<PersonId> = counted.iter().copied().chain(later.iter().map(|(_, person)| *person)).collect();
            return match self.approved(&all) {
                (Segregation::Pass, _) => {
                    (Segregation::Pass, Some(format!("{marker}, approved after the fact by {who}")))
                }
                ruling => ruling,
            };
        }
        match (self.now.is_some_and(|now| now > deadline), self.unread()) {
            (false, _) => unknown(format!("{marker} whose approval is due by {due}")),
            (true, Some(unread)) => unknown(format!("{marker} whose approval was due by {due}; {unread}")),
            (true, None) => fail(format!("{marker} that nobody else approved by {due}")),
        }
    }

    /// Why an approval may be on record that is not known here.
    fn unread(&self) -> Option<String> {
        let cause = match &self.evidence.record {
            Record::NoPullRequest | Record::PullRequest => return None,
            Record::Unreadable(cause) => Some(format!("the forge's record could not be read: {cause}")),
            Record::NotAsked => None,
        };
        let named = match &self.evidence.pull_request {
            Some(pull_request) => format!("{pull_request} is named, but Git holds no record of its approval"),
            None if self.evidence.merger.is_none() => {
                "the forge committed this and names no pull request: a rebase merge or an edit on its pages".to_owned()
            }
            None => return cause,
        };
        Some([Some(named), cause].into_iter().flatten().collect::<Vec<_>>().join("; "))
    }

    /// Too few approved.
    fn short(&self, counted: &[PersonId]) -> Ruling {
        let unresolved = self.persons(Standing::Unresolved);
        let needed = self.policy.approvals.get() as usize;
        if let Some(doubt) = self.parties.doubt.as_ref().filter(|_| !self.evidence.complete) {
            return unknown(doubt.clone());
        }
        if counted.len() + unresolved.len() >= needed && !unresolved.is_empty() {
            return unknown(self.unresolved(unresolved[0]));
        }
        if self.evidence.record == Record::NoPullRequest {
            return fail("landed directly: the forge knows of no pull request that brought it in");
        }
        let stated = || self.statements.iter().filter(|statement| statement.assurance != Assurance::Implied);
        let stated_persons = || stated().filter(|statement| statement.standing != Standing::NotAPerson);
        if stated_persons().next().is_some()
            && stated_persons().all(|statement| statement.standing == Standing::Involved)
        {
            return fail("every approver also authored or merged the change");
        }
        let held: Vec<String> = self.held(counted, needed);
        if let Some(unread) = self.unread() {
            return unknown([held, vec![unread]].concat().join("; "));
        }
        if !held.is_empty() {
            return fail(held.join("; "));
        }
        fail(match (&self.evidence.record, &self.evidence.pull_request) {
            (Record::PullRequest, Some(pull_request)) => format!("{pull_request} was merged without an approval"),
            _ => match self.statements.iter().find(|statement| statement.assurance == Assurance::Implied) {
                Some(merged) => format!("merged by {}, which shows no approval", self.people.display(merged.person)),
                None => "landed directly: neither a pull request nor an approval is on record in Git".to_owned(),
            },
        })
    }

    /// What cannot be told of an approval: of what it is, or by whom.
    fn unresolved(&self, person: PersonId) -> String {
        let name = self.people.display(person);
        let mut stated = self.evidence.statements.iter();
        if stated.any(|one| one.standing == Standing::Unresolved && self.people.resolved(one.person) == person) {
            return format!(
                "the forge does not tell whether {name} approved the revision that landed, and before it did"
            );
        }
        format!(
            "it cannot be told who the approver {name} is; a line in .mailmap or a [[person]] entry in driftline.toml \
             would settle it"
        )
    }

    /// What is held against each approval that does not count, and how many do.
    fn held(&self, counted: &[PersonId], needed: usize) -> Vec<String> {
        let mut held = Vec::new();
        if !counted.is_empty() {
            held.push(format!("{} approved, of {needed} that the policy wants", names(counted, self.people)));
        }
        for (standing, text) in [
            (Standing::Involved, "also authored or merged the change"),
            (Standing::Stale, "approved another revision than the one that landed"),
            (Standing::Retrospective, "approved only after it had landed"),
            (Standing::NotAccepted, "stated an approval that the policy does not accept"),
            (Standing::NotAPerson, "approved, but is no person"),
        ] {
            let of_standing =
                |statement: &&Statement| statement.standing == standing && statement.assurance != Assurance::Implied;
            let persons: Vec<_> =
                self.statements.iter().filter(of_standing).map(|statement| statement.person).collect();
            if !persons.is_empty() {
                held.push(format!("{} {text}", names(&persons, self.people)));
            }
        }
        held
    }
}

/// More names than these are only counted.
const NAMES: usize = 3;

fn names(persons: &[PersonId], people: &People) -> String {
    let shown: Vec<_> = persons.iter().take(NAMES).map(|person| people.display(*person)).collect();
    match persons.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}

/// A time in RFC 3339 and UTC; none where the claim is out of every calendar.
fn utc(seconds: i64) -> Option<String> {
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

#[cfg(test)]
mod tests;
