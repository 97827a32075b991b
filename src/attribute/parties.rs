//! Tells who asked for a change, made it or merged it, and so may not approve it.
//! Knows nothing of how many have to approve.

use super::evidence::{Evidence, Statement};
use super::people::{Kind, Likeness, People, PersonId};
use super::policy::Policy;
use crate::model::Standing;

/// Who may not approve.
pub(super) struct Parties {
    /// All authors, programs among them.
    pub(super) authors: Vec<PersonId>,
    /// An approver must be known to be none of these.
    pub(super) excluded: Vec<PersonId>,
    /// An approver must not be known to be one of these.
    hands: Vec<PersonId>,
    /// Why one more person than these is involved, whom nobody can name.
    pub(super) unnamed: Option<String>,
    /// Why nobody can be known not to be involved.
    pub(super) doubt: Option<String>,
}

impl Parties {
    /// Who is involved in a landing. With `evil` the landing commit's own content is asked for.
    pub(super) fn of(evidence: &Evidence, evil: bool, policy: &Policy, people: &People) -> Self {
        let own = evidence.own_authors.iter().filter(|_| evil);
        let mut authors: Vec<_> =
            evidence.requesters.iter().chain(own).map(|person| people.canonical(*person)).collect();
        authors.sort_unstable();
        authors.dedup();
        let mut parties = Self { authors, excluded: Vec::new(), hands: Vec::new(), unnamed: None, doubt: None };
        if policy.self_approval {
            return parties;
        }
        parties.exclude_requesters(policy, people);
        if !evidence.complete {
            parties.doubt =
                Some("not all of the merged commits can be seen, so neither can all of their authors".into());
        }
        if policy.merger_may_approve {
            return parties;
        }
        parties.hands.extend(evidence.hands.iter().map(|person| people.canonical(*person)));
        match evidence.merger {
            Some(merger) if people.kind(merger) == Kind::Shared => {
                parties.unnamed =
                    Some(format!("several persons use {}, which merged this, so one", people.display(merger)));
            }
            Some(merger) if people.kind(merger) == Kind::Human => parties.excluded.push(people.canonical(merger)),
            // No program approves, so it need not be told from anybody.
            Some(_) => {}
            None => parties.unnamed = Some("the forge committed this for somebody it does not name, who".into()),
        }
        parties
    }

    fn exclude_requesters(&mut self, policy: &Policy, people: &People) {
        let mut robot = None;
        for author in self.authors.clone() {
            match (people.kind(author), people.owner(author)) {
                (Kind::Human, _) => self.excluded.push(author),
                (Kind::Bot, Some(owner)) => self.excluded.push(owner),
                (Kind::Bot, None) if policy.trusted_bots.iter().any(|pattern| people.matches(author, pattern)) => {}
                (Kind::Bot, None) => robot = Some(author),
                (Kind::Shared, _) => {
                    let name = people.display(author);
                    self.doubt = Some(format!("several persons use {name}, so it cannot be told who wrote the change"));
                }
            }
        }
        if let (Some(robot), true) = (robot, self.excluded.is_empty()) {
            self.doubt = Some(format!(
                "it cannot be told who had {} make the change: give it an owner in a [[person]] entry of driftline.toml, \
                 or name it in trusted_bots",
                people.display(robot)
            ));
        }
    }

    /// Whether a statement counts, and if not why.
    pub(super) fn standing(&self, statement: &Statement, policy: &Policy, people: &People) -> Standing {
        let alike = |others: &[PersonId], likeness| {
            others.iter().any(|other| people.compare(statement.person, *other) == likeness)
        };
        if people.kind(statement.person) != Kind::Human {
            return Standing::NotAPerson;
        }
        if alike(&self.excluded, Likeness::Same) || alike(&self.hands, Likeness::Same) {
            return Standing::Involved;
        }
        if statement.assurance > policy.minimum_assurance {
            return Standing::NotAccepted;
        }
        let is_clear = people.is_known(statement.person) && !alike(&self.excluded, Likeness::Unclear);
        match statement.standing {
            Standing::Counts if !is_clear => Standing::Unresolved,
            standing => standing,
        }
    }
}
