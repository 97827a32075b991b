//! Puts together what is known of a landing: the commit itself, its signature, tags, the forge's record, owners.
//! Knows nothing of blocks; judges nothing.

use super::evidence::{Evidence, Record, Statement};
use super::landing::{Landing, message};
use super::owned::{self, Teams, Whose};
use super::people::{Likeness, People, PersonId};
use super::policy::Policy;
use super::review::{Pull, Reviewed};
use super::tags::Tag;
use super::trailers::trailers;
use super::verdict::ACKNOWLEDGING;
use crate::forge::ForgeKind;
use crate::model::{Assurance, Check, CommitSignature, Standing};
use crate::signature::{self, Keys, Letter, Verification};
use gix::ObjectId;
use std::collections::HashMap;

/// Everything beside the history that says who approved.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) policy: Policy,
    pub(super) keys: Keys,
    /// Mail addresses of the keys by which the forge signs.
    pub(super) forge_signers: Vec<String>,
    /// By what they point at.
    pub(super) tags: HashMap<ObjectId, Vec<Tag>>,
    /// By landing.
    pub(super) records: HashMap<String, Result<Reviewed, String>>,
    pub(super) teams: Teams,
    /// Where the repository is hosted, if that is known.
    pub(super) forge: Option<ForgeKind>,
    /// In seconds since 1970 (UTC).
    pub(super) now: Option<i64>,
}

/// What was put together of a landing.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) evidence: Evidence,
    pub(super) signature: Option<CommitSignature>,
    pub(super) pull_request_url: Option<String>,
    pub(super) checks: Vec<Check>,
}

/// A landing commit as it was read a second time, for what only few are asked for.
#[derive(Debug, Default)]
struct Read {
    verification: Option<Verification>,
    emergency: Option<String>,
}

impl Sources {
    /// Puts together what is known of a landing.
    pub(super) fn gather(&self, repository: Option<&gix::Repository>, landing: &Landing, people: &People) -> Gathered {
        let read = repository.and_then(|repository| self.read(repository, landing)).unwrap_or_default();
        let record = self.records.get(&landing.id.to_string());
        let reviewed = record.and_then(|record| record.as_ref().ok());
        let pull = reviewed.and_then(|reviewed| reviewed.pull_request.as_ref());
        let mut evidence = self.of_commit(landing, &read, people);
        evidence.record = match record {
            None => Record::NotAsked,
            Some(Err(cause)) => Record::Unreadable(cause.clone()),
            Some(Ok(Reviewed { pull_request: None, .. })) => Record::NoPullRequest,
            Some(Ok(_)) => Record::PullRequest,
        };
        if let Some(repository) = repository {
            self.add_tags(repository, landing, people, &mut evidence);
        }
        if evidence.record == Record::NoPullRequest {
            refuse_typed(&mut evidence.statements);
        }
        if let Some(pull) = pull {
            self.add_pull(pull, landing, people, &mut evidence);
        }
        evidence.checks = reviewed.and_then(|reviewed| reviewed.checks.clone());
        if self.policy.code_owners {
            let whose = Whose { people, teams: &self.teams, forge: self.forge };
            evidence.owners = Some(owned::paths(repository, landing, &evidence.statements, &whose));
        }
        Gathered {
            signature: read.verification.as_ref().map(commit_signature),
            pull_request_url: pull.and_then(|pull| pull.url.clone()),
            checks: evidence.checks.clone().unwrap_or_default(),
            evidence,
        }
    }

    fn read(&self, repository: &gix::Repository, landing: &Landing) -> Option<Read> {
        let object = repository.try_find_object(landing.id).ok().flatten()?;
        let signed = landing.signed.then(|| signature::of_commit(&object.data)).flatten();
        let verification = signed.map(|signed| signature::verify(&self.keys, &signed, landing.landed_at));
        let commit = gix::objs::CommitRef::from_bytes(&object.data, landing.id.kind()).ok()?;
        let marker = &self.policy.emergency_trailer;
        let declared = !marker.is_empty()
            && trailers(&message(commit.message)).iter().any(|trailer| trailer.key.eq_ignore_ascii_case(marker));
        Some(Read { verification, emergency: declared.then(|| format!("{marker} trailer")) })
    }

    /// What the commit says of itself, as far as its signature bears it.
    fn of_commit(&self, landing: &Landing, read: &Read, people: &People) -> Evidence {
        let is_merge = !landing.heads.is_empty();
        let is_web = people.is_web(landing.committer);
        let merger = match (landing.submitter, is_web, is_merge) {
            (Some(submitter), ..) => Some(submitter),
            (None, false, _) => Some(landing.committer),
            // Whoever pressed the button is the author of the merge, but not of a squash.
            (None, true, true) => Some(landing.author),
            (None, true, false) => landing.merged_by,
        };
        let mut evidence = Evidence {
            requesters: landing.requesters.clone(),
            complete: landing.complete,
            own_authors: landing.own_authors.clone(),
            merger,
            hands: landing.merged_by.into_iter().collect(),
            is_merge,
            statements: self.stated(landing, read, is_web, people),
            objectors: Vec::new(),
            pull_request: landing.pull_request.clone(),
            record: Record::NotAsked,
            landed_at: Some(landing.landed_at),
            emergency: read.emergency.clone(),
            owners: None,
            checks: None,
            remarks: Vec::new(),
        };
        if let (Some(verification), true, Some(merger)) = (&read.verification, is_merge, merger)
            && verification.letter == Letter::Good
            && !is_web
            && is_signer(people, merger, verification)
            && landing.requesters.iter().all(|author| people.compare(*author, merger) == Likeness::Different)
        {
            let evidence_text = "signed merge commit".to_owned();
            evidence.statements.push(statement(merger, Assurance::Signed, evidence_text, Some(landing.landed_at)));
        }
        evidence.remarks.extend(remark(read.verification.as_ref(), landing, &evidence.statements));
        evidence
    }

    /// The approvals that trailers and notes state.
    fn stated(&self, landing: &Landing, read: &Read, is_web: bool, people: &People) -> Vec<Statement> {
        let verification = read.verification.as_ref();
        let letter = verification.map(|verification| verification.letter);
        let by_forge = is_web
            && verification.is_some_and(|verification| {
                let emails = &verification.signer_emails;
                let is_forge =
                    |email: &String| self.forge_signers.iter().any(|forge| forge.eq_ignore_ascii_case(email));
                verification.letter == Letter::Good && emails.iter().any(is_forge)
            });
        let accepted = |key: &str| self.policy.acked_by || !key.eq_ignore_ascii_case(ACKNOWLEDGING);
        let stated = landing.stated.iter().filter(|stated| accepted(stated.key)).map(|stated| {
            if stated.assurance == Assurance::Note {
                return statement(stated.person, Assurance::Note, format!("{} note", stated.key), None);
            }
            let person = people.resolved(stated.person);
            let own = letter == Some(Letter::Good)
                && verification.is_some_and(|verification| is_signer(people, person, verification));
            let assurance = match (by_forge, own) {
                (_, true) => Assurance::Signed,
                (true, false) => Assurance::SystemTrailer,
                (false, false) => Assurance::Asserted,
            };
            let mut statement = statement(stated.person, assurance, format!("{} trailer", stated.key), None);
            if letter == Some(Letter::Bad) {
                statement.standing = Standing::NotAccepted;
            }
            statement
        });
        stated.collect()
    }

    /// Signed tags on the landing commit, on what it merged, or on something older of that.
    fn add_tags(&self, repository: &gix::Repository, landing: &Landing, people: &People, evidence: &mut Evidence) {
        if self.tags.is_empty() {
            return;
        }
        for target in [landing.id].iter().chain(landing.merged.iter()) {
            for tag in self.tags.get(target).into_iter().flatten() {
                let verification = verified(repository, &self.keys, tag);
                let name = format!("tag {}", tag.name);
                let good = verification.as_ref().is_some_and(|verification| {
                    verification.letter == Letter::Good && is_signer(people, tag.tagger, verification)
                });
                let mut statement = statement(tag.tagger, Assurance::Signed, name, Some(tag.at));
                statement.standing = self.tag_standing(landing, target, tag.at);
                if !good {
                    let what = match verification.map(|verification| verification.letter) {
                        None => "unsigned",
                        Some(Letter::Good) => "signed by somebody else",
                        Some(Letter::Bad) => "its signature is bad",
                        Some(_) => "its signature could not be verified",
                    };
                    statement.evidence = format!("{}, {what}", statement.evidence);
                    statement.assurance = Assurance::Asserted;
                    statement.standing = Standing::NotAccepted;
                }
                evidence.statements.push(statement);
            }
        }
    }

    /// A tag on the landing commit itself comes after that by nature: it is late once the branch went on.
    fn tag_standing(&self, landing: &Landing, target: &ObjectId, at: i64) -> Standing {
        let (is_final, limit) = match *target == landing.id {
            true => (true, landing.followed_at),
            false => (landing.heads.contains(target), Some(landing.landed_at)),
        };
        if limit.is_some_and(|limit| at > limit) {
            Standing::Retrospective
        } else if self.policy.after_last_push && !is_final {
            Standing::Stale
        } else {
            Standing::Counts
        }
    }

    /// What the forge's record adds.
    fn add_pull(&self, pull: &Pull, landing: &Landing, people: &People, evidence: &mut Evidence) {
        let outcome = pull.outcome(landing, self.policy.after_last_push, people);
        for statement in &mut evidence.statements {
            let withdrawn = outcome.withdrawn.contains(&people.resolved(statement.person));
            if withdrawn && statement.assurance > Assurance::Signed {
                statement.standing = Standing::NotAccepted;
                statement.evidence.push_str(", taken back on the forge");
            }
        }
        evidence.statements.extend(outcome.statements);
        evidence.objectors = outcome.objectors;
        evidence.requesters.extend(&pull.authors);
        evidence.requesters.push(pull.opened_by);
        evidence.complete &= pull.is_complete(landing);
        if let Some(merged_by) = pull.merged_by {
            // The forge knows who merged; who is named as committer was involved if it surely is the approver.
            let committed = evidence.merger.replace(merged_by);
            evidence.hands.extend(committed);
        }
        evidence.pull_request = Some(pull.reference.clone());
        evidence.landed_at = pull.merged_at.or(evidence.landed_at);
        let label = &self.policy.emergency_label;
        if !label.is_empty() && pull.labels.iter().any(|other| other.eq_ignore_ascii_case(label)) {
            evidence.emergency = Some(format!("label {label}"));
        }
    }
}

fn statement(person: PersonId, assurance: Assurance, evidence: String, at: Option<i64>) -> Statement {
    Statement { person, assurance, standing: Standing::Counts, at, evidence }
}

/// Where the forge knows that no pull request brought a commit in, what anyone could type or edit says nothing.
fn refuse_typed(statements: &mut [Statement]) {
    for statement in statements.iter_mut().filter(|statement| statement.assurance > Assurance::Signed) {
        statement.standing = Standing::NotAccepted;
    }
}

/// The verification of a tag's signature; none where it carries none.
fn verified(repository: &gix::Repository, keys: &Keys, tag: &Tag) -> Option<Verification> {
    let object = repository.try_find_object(tag.id).ok()??;
    Some(signature::verify(keys, &signature::of_tag(&object.data)?, tag.at))
}

/// Whether a signature is that of a person: one of the signer's addresses is theirs, or the list of signers names them as
/// the settings do.
fn is_signer(people: &People, person: PersonId, verification: &Verification) -> bool {
    verification.signer_emails.iter().any(|email| people.has_address(person, email))
        || verification
            .signer_names
            .iter()
            .any(|name| people.is_entry(person, name) || people.has_account(person, name))
}

/// What a signature that is not good does to what the commit says.
fn remark(verification: Option<&Verification>, landing: &Landing, statements: &[Statement]) -> Option<String> {
    let letter = verification.map(|verification| verification.letter);
    let is_asserted = statements.iter().any(|statement| statement.assurance == Assurance::Asserted);
    match letter {
        Some(Letter::Bad) => Some("the commit's signature is bad, so its trailers count for nothing".into()),
        Some(Letter::Good) => None,
        _ if landing.signed && is_asserted => {
            let cause = verification.and_then(|verification| verification.cause.as_ref());
            let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
            Some(format!(
                "the commit is signed, but its signature was not verified{cause}, so its trailers are only asserted"
            ))
        }
        _ => None,
    }
}

fn commit_signature(verification: &Verification) -> CommitSignature {
    CommitSignature {
        letter: verification.letter.as_char(),
        signer: verification.signer_names.first().cloned(),
        key: verification.key.clone(),
    }
}
