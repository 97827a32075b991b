//! Tells which owners of what a landing changed stated an approval.
//! Knows nothing of whether their approvals count.

use super::evidence::{OwnedPath, Statement};
use super::landing::Landing;
use super::owners::{Dialect, Owner, Owners};
use super::people::{Likeness, People, PersonId};
use super::tree::{self, Scope};
use crate::forge::ForgeKind;
use gix::ObjectId;
use std::collections::{BTreeMap, HashMap};

/// Who is in a team, by its name as CODEOWNERS writes it, in lower case.
pub(super) type Teams = HashMap<String, Vec<PersonId>>;

/// The configuration files that a landing changed and that have owners, one for each rule of CODEOWNERS as it stood before
/// the landing: nobody makes themselves an owner by what is to be approved.
pub(super) fn paths(
    repository: Option<&gix::Repository>,
    landing: &Landing,
    statements: &[Statement],
    whose: &Whose<'_>,
) -> Result<Vec<OwnedPath>, String> {
    let repository = repository.ok_or("the repository is not at hand")?;
    let missing = || "objects that are needed for it are not in this clone".to_owned();
    let trees = trees(repository, landing.id).ok_or_else(missing)?;
    let dialect = whose.dialect(landing);
    let places = dialect.places();
    let text = places.iter().find_map(|place| tree::file(repository, trees.before.unwrap_or(trees.after), place));
    let text = text.ok_or("no CODEOWNERS file says who owns what changed")?;
    let owners = Owners::parse(&text, dialect)?;
    let changes = tree::changes(repository, trees.before, Some(trees.after), &Scope::All).map_err(|_| missing())?;
    let mut found: BTreeMap<usize, OwnedPath> = BTreeMap::new();
    for change in changes {
        let path = match change.directory.as_str() {
            "" => change.name,
            directory => format!("{directory}/{}", change.name),
        };
        let rules = owners.owners_of(&path);
        if let (true, Some(skipped)) = (rules.is_empty(), owners.skipped().first()) {
            let unclear = Some(format!("line {} of CODEOWNERS counts for nothing: {}", skipped.line, skipped.cause));
            found.entry(0).or_insert_with(|| OwnedPath {
                path: path.clone(),
                approvals: 1,
                owners: Vec::new(),
                unclear,
            });
        }
        for rule in rules.into_iter().filter(|rule| !rule.optional) {
            found.entry(rule.line).or_insert_with(|| {
                let (owners, unclear) = whose.owners(&rule.owners, statements);
                OwnedPath { path: path.clone(), approvals: rule.approvals as usize, owners, unclear }
            });
        }
    }
    Ok(found.into_values().collect())
}

struct Trees {
    /// None for the first commit of all.
    before: Option<ObjectId>,
    after: ObjectId,
}

fn trees(repository: &gix::Repository, landing: ObjectId) -> Option<Trees> {
    let tree = |id: ObjectId| Some(repository.find_commit(id).ok()?.tree_id().ok()?.detach());
    let first = repository.find_commit(landing).ok()?.parent_ids().next().map(gix::Id::detach);
    let before = match first {
        Some(first) => Some(tree(first)?),
        None => None,
    };
    Some(Trees { before, after: tree(landing)? })
}

/// What is needed to tell whom CODEOWNERS means.
pub(super) struct Whose<'a> {
    pub(super) people: &'a People,
    pub(super) teams: &'a Teams,
    /// Where the repository is hosted, if that is known.
    pub(super) forge: Option<ForgeKind>,
}

impl Whose<'_> {
    fn dialect(&self, landing: &Landing) -> Dialect {
        let names_merge_request = landing.pull_request.as_ref().is_some_and(|name| name.starts_with('!'));
        match self.forge {
            Some(ForgeKind::GitLab) => Dialect::GitLab,
            None if names_merge_request => Dialect::GitLab,
            _ => Dialect::GitHub,
        }
    }

    /// Those owners who stated an approval, and one of whom that cannot be told.
    fn owners(&self, owners: &[Owner], statements: &[Statement]) -> (Vec<PersonId>, Option<String>) {
        let mut persons: Vec<PersonId> =
            statements.iter().map(|statement| self.people.resolved(statement.person)).collect();
        persons.sort_unstable();
        persons.dedup();
        let mut found: Vec<PersonId> = Vec::new();
        let mut unclear = None;
        for owner in owners {
            let (by, doubt) = match owner {
                Owner::Email(email) => self.by_email(email, &persons),
                Owner::Role(role) => (Vec::new(), Some(format!("it is not known who has the role @@{role}"))),
                Owner::Name(name) => self.by_name(name, &persons),
            };
            if by.is_empty() {
                unclear = unclear.or(doubt);
            }
            found.extend(by);
        }
        found.sort_unstable();
        found.dedup();
        (found, unclear)
    }

    fn by_email(&self, email: &str, persons: &[PersonId]) -> (Vec<PersonId>, Option<String>) {
        let by = persons.iter().copied().filter(|person| self.people.has_address(*person, email)).collect();
        let is_hidden = persons.iter().any(|person| !self.people.has_any_address(*person));
        (by, is_hidden.then(|| format!("it is not known which account the owner {email} has")))
    }

    fn by_name(&self, name: &str, persons: &[PersonId]) -> (Vec<PersonId>, Option<String>) {
        if let Some(members) = self.teams.get(&format!("@{}", name.to_lowercase())) {
            let is_member = |person: &PersonId| {
                members.iter().any(|member| self.people.compare(*member, *person) == Likeness::Same)
            };
            return (persons.iter().copied().filter(is_member).collect(), None);
        }
        if name.contains('/') {
            let doubt = format!("a [[team]] entry in driftline.toml would tell who is in @{name}");
            return (Vec::new(), Some(doubt));
        }
        let kinds = self.forge.map_or_else(|| vec![ForgeKind::GitHub, ForgeKind::GitLab], |forge| vec![forge]);
        let is_named = |person: &PersonId| {
            kinds.iter().any(|kind| self.people.has_account(*person, &format!("{}:{name}", kind.as_str())))
        };
        let by: Vec<PersonId> = persons.iter().copied().filter(is_named).collect();
        // Who has another account is somebody else; but GitLab's names may be those of groups.
        let all_known = matches!(self.forge, Some(ForgeKind::GitHub))
            && persons.iter().all(|person| self.people.has_account_on(*person, "github"));
        let doubt = format!("a [[person]] or [[team]] entry in driftline.toml would tell who @{name} is");
        (by, (!all_known).then_some(doubt))
    }
}
