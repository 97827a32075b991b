//! What GitLab's REST API says of a project, a commit, a merge request and a branch.
//! Knows nothing of requests, nor of what approvals are worth.

use super::error::Missing;
use super::people::People;
use super::reader::Reader;
use super::record::{Account, CheckRun, Protection, PullRequest, PullRequestCommit, Review, ReviewState, Signature};
use super::text::{bounded, bounded_some, encoded, instant, sha, sha_some, time, url};
use super::{CommitQuery, Loaded, Project, Protected};
use jiff::Timestamp;
use serde::Deserialize;

/// What a pipeline is called among the checks: GitLab asks for the pipeline and not for its jobs.
const PIPELINE: &str = "pipeline";

#[derive(Deserialize)]
struct WireProject {
    id: u64,
    only_allow_merge_if_pipeline_succeeds: Option<bool>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    username: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct DiffRefs {
    head_sha: Option<String>,
}

#[derive(Deserialize)]
struct MergeRequest {
    id: u64,
    iid: u64,
    target_project_id: Option<u64>,
    state: String,
    author: Option<User>,
    merge_user: Option<User>,
    /// The older name of `merge_user`.
    merged_by: Option<User>,
    merged_at: Option<String>,
    target_branch: String,
    sha: Option<String>,
    diff_refs: Option<DiffRefs>,
    merge_commit_sha: Option<String>,
    squash_commit_sha: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
    web_url: Option<String>,
    head_pipeline: Option<Pipeline>,
}

impl MergeRequest {
    fn head(&self) -> Option<String> {
        sha_some(self.sha.as_ref()).or_else(|| sha_some(self.diff_refs.as_ref()?.head_sha.as_ref()))
    }

    /// What merging made: the merge, or else the squashed commit that went to the branch as it is.
    fn merge_commit(&self) -> Option<String> {
        sha_some(self.merge_commit_sha.as_ref()).or_else(|| sha_some(self.squash_commit_sha.as_ref()))
    }
}

#[derive(Deserialize)]
struct Approvals {
    approvals_required: Option<u32>,
    approved_by: Vec<Approval>,
}

#[derive(Deserialize)]
struct Approval {
    user: Option<User>,
    approved_at: Option<String>,
}

#[derive(Deserialize)]
struct ApprovalState {
    rules: Vec<ApprovalRule>,
}

#[derive(Deserialize)]
struct ApprovalRule {
    approvals_required: Option<u32>,
    applies_to_all_protected_branches: Option<bool>,
    #[serde(default)]
    protected_branches: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Reviewer {
    user: Option<User>,
    state: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    head_commit_sha: Option<String>,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct WireCommit {
    id: String,
    author_name: Option<String>,
    author_email: Option<String>,
    committer_name: Option<String>,
    committer_email: Option<String>,
}

#[derive(Deserialize)]
struct Pipeline {
    id: u64,
    project_id: Option<u64>,
    sha: Option<String>,
    status: String,
}

#[derive(Deserialize)]
struct Parents {
    #[serde(default)]
    parent_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Job {
    name: String,
    status: String,
    allow_failure: Option<bool>,
    finished_at: Option<String>,
}

#[derive(Deserialize)]
struct Settings {
    reset_approvals_on_push: Option<bool>,
    merge_requests_author_approval: Option<bool>,
}

#[derive(Deserialize)]
struct ProtectedBranch {
    name: String,
    #[serde(default)]
    push_access_levels: Vec<AccessLevel>,
    allow_force_push: Option<bool>,
    code_owner_approval_required: Option<bool>,
}

#[derive(Deserialize)]
struct AccessLevel {
    access_level: Option<i64>,
    user_id: Option<u64>,
    group_id: Option<u64>,
    deploy_key_id: Option<u64>,
}

/// Finds the project, and takes the number that stays with it whatever its path.
pub(super) fn project(reader: &mut Reader, repository: &str, branch: &str) -> Result<Project, Missing> {
    let (found, _): (WireProject, _) =
        reader.read(&format!("/projects/{}", encoded(repository))).map_err(|missing| match missing {
            Missing::Call { status: Some(404), .. } => Missing::Repository { repository: repository.to_owned() },
            other => other,
        })?;
    Ok(Project {
        path: format!("/projects/{}", found.id),
        id: Some(found.id),
        branch: branch.to_owned(),
        gate: found.only_allow_merge_if_pipeline_succeeds == Some(true),
    })
}

/// The number of the merged merge request that brought a commit onto the branch, as GitLab lists them.
///
/// The one whose merging made the commit, or whose head it is; else the first that was merged, since a later one can only
/// contain what was there already.
pub(super) fn bringing(
    reader: &mut Reader,
    project: &Project,
    query: &CommitQuery,
) -> Result<Option<(u64, u64)>, Missing> {
    let path = format!("{}/repository/commits/{}/merge_requests", project.path, query.sha);
    let listed: Vec<MergeRequest> = reader.list(&path).map_err(|missing| match missing {
        Missing::Call { status: Some(404), .. } => Missing::Commit { sha: query.sha.clone() },
        other => other,
    })?;
    let merged = listed.into_iter().filter(|request| landed(request, project));
    let rank = |request: &MergeRequest| {
        let made = [&request.merge_commit_sha, &request.squash_commit_sha];
        let merge = made.into_iter().any(|made| sha_some(made.as_ref()).is_some_and(|sha| sha == query.sha));
        (!merge, request.head().is_none_or(|head| head != query.sha))
    };
    let merged = merged
        .filter_map(|request| Some((rank(&request), instant(request.merged_at.as_ref())?, request.iid, request.id)));
    Ok(merged.min().map(|(_, _, number, id)| (number, id)))
}

fn landed(request: &MergeRequest, project: &Project) -> bool {
    let here = request.target_project_id.is_none_or(|id| Some(id) == project.id);
    request.state == "merged" && request.target_branch == project.branch && here
}

/// Reads a merge request with its approvals, commits and jobs.
pub(super) fn load(reader: &mut Reader, people: &People, project: &Project, number: u64) -> Result<Loaded, Missing> {
    let path = format!("{}/merge_requests/{number}", project.path);
    let (request, _): (MergeRequest, _) = reader.read(&path)?;
    let malformed = |what: &str| Missing::malformed(&super::http::call(&path), what);
    let head = request.head().ok_or_else(|| malformed("names no proper head"))?;
    if request.iid != number {
        return Err(malformed("is about another merge request"));
    }
    let (approvals, _): (Approvals, _) = reader.read(&format!("{path}/approvals"))?;
    let reviews = reviews(reader, people, &path, &approvals, &head)?;
    let state = reader.read::<ApprovalState>(&format!("{path}/approval_state"));
    let state = reader.optional(state)?.map(|(state, _)| state);
    let required = state.and_then(|state| state.rules.iter().filter_map(|rule| rule.approvals_required).max());
    let commits = reader.list(&format!("{path}/commits"));
    let commits: Option<Vec<WireCommit>> = reader.optional(commits)?;
    let commits_complete = commits.is_some();
    let checks = checks(reader, project, &path, &request, &head)?;
    let merger = request.merge_user.as_ref().or(request.merged_by.as_ref());
    let pull_request = PullRequest {
        number,
        reference: format!("!{number}"),
        url: url(request.web_url.as_ref()),
        author: person(reader, people, request.author.as_ref())?,
        merged_by: match merger {
            Some(user) => Some(person(reader, people, Some(user))?),
            None => None,
        },
        merged_at: time(request.merged_at.as_ref()).filter(|_| request.state == "merged"),
        merge_commit: request.merge_commit().filter(|_| request.state == "merged"),
        base: bounded(&request.target_branch),
        labels: request.labels.iter().take(100).map(|label| bounded(label)).collect(),
        commits: commits.iter().flatten().filter_map(commit).collect(),
        commits_complete,
        reviews,
        head,
    };
    let landed = landed(&request, project) && pull_request.merged_at.is_some();
    let required_approvals = required.or(approvals.approvals_required);
    Ok(Loaded { id: request.id, landed, pull_request, checks, required_approvals })
}

fn account(user: Option<&User>) -> Account {
    let Some(user) = user else {
        return Account { login: Account::GHOST.to_owned(), name: None, email: None, is_bot: false };
    };
    Account {
        login: bounded(&user.username),
        name: bounded_some(user.name.as_ref()),
        email: None,
        is_bot: is_bot(&user.username),
    }
}

/// The names that GitLab gives to the accounts of access tokens and services: `project_7_bot_0a1b`, `group_7_bot2`,
/// `service_account_…`.
fn is_bot(login: &str) -> bool {
    let token = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with("_bot");
    login.starts_with("service_account_")
        || ["project_", "group_"].iter().filter_map(|prefix| login.strip_prefix(prefix)).any(token)
}

/// An account with the address that it displays, and whether GitLab itself calls it a bot.
fn person(reader: &mut Reader, people: &People, user: Option<&User>) -> Result<Account, Missing> {
    match user {
        Some(user) if user.username != Account::GHOST => {
            people.complete(reader, &format!("/users/{}", user.id), account(Some(user)))
        }
        other => Ok(account(other)),
    }
}

/// Approvals that stand, then what reviewers withheld or took back: GitLab keeps one state for each reviewer and no time
/// of it.
fn reviews(
    reader: &mut Reader,
    people: &People,
    path: &str,
    approvals: &Approvals,
    head: &str,
) -> Result<Vec<Review>, Missing> {
    let versions = versions(reader, path, approvals)?;
    let mut reviews = Vec::new();
    for approval in &approvals.approved_by {
        let at = instant(approval.approved_at.as_ref());
        let on = at.and_then(|at| head_at(&versions, at));
        let by = person(reader, people, approval.user.as_ref())?;
        let (stale, at) = (on.as_ref().map(|on| on != head), at.map(|at| at.to_string()));
        reviews.push(Review { by, state: ReviewState::Approved, at, stale, on });
    }
    let reviewers = reader.list(&format!("{path}/reviewers"));
    let reviewers: Vec<Reviewer> = reader.optional(reviewers)?.unwrap_or_default();
    for reviewer in &reviewers {
        let state = match reviewer.state.as_deref() {
            Some("requested_changes") => ReviewState::ChangesRequested,
            Some("unapproved") => ReviewState::Revoked,
            Some("reviewed") => ReviewState::Commented,
            _ => continue,
        };
        let by = person(reader, people, reviewer.user.as_ref())?;
        reviews.push(Review { by, state, at: None, on: None, stale: None });
    }
    Ok(reviews)
}

/// The heads that the merge request has had, with the time at which GitLab saw each, newest first. An approval has no
/// commit: this and its time tell which one it was given to.
fn versions(reader: &mut Reader, path: &str, approvals: &Approvals) -> Result<Vec<(Timestamp, String)>, Missing> {
    if approvals.approved_by.iter().all(|approval| approval.approved_at.is_none()) {
        return Ok(Vec::new());
    }
    let read = reader.list(&format!("{path}/versions"));
    let versions: Vec<Version> = reader.optional(read)?.unwrap_or_default();
    let of =
        |version: &Version| Some((instant(version.created_at.as_ref())?, sha_some(version.head_commit_sha.as_ref())?));
    let known: Option<Vec<_>> = versions.iter().map(of).collect();
    // One that cannot be read could be the one that counts.
    let mut known = known.unwrap_or_default();
    known.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(known)
}

fn head_at(versions: &[(Timestamp, String)], at: Timestamp) -> Option<String> {
    versions.iter().find(|(since, _)| *since <= at).map(|(_, head)| head.clone())
}

fn commit(commit: &WireCommit) -> Option<PullRequestCommit> {
    let signature = |name: &Option<String>, email: &Option<String>| Signature {
        name: bounded_some(name.as_ref()).unwrap_or_default(),
        email: bounded_some(email.as_ref()).unwrap_or_default(),
        account: None,
    };
    Some(PullRequestCommit {
        sha: sha(&commit.id)?,
        author: signature(&commit.author_name, &commit.author_email),
        committer: signature(&commit.committer_name, &commit.committer_email),
    })
}

/// The pipeline of the head and its jobs.
fn checks(
    reader: &mut Reader,
    project: &Project,
    path: &str,
    request: &MergeRequest,
    head: &str,
) -> Result<Option<Vec<CheckRun>>, Missing> {
    let read = reader.list(&format!("{path}/pipelines"));
    let Some(pipelines): Option<Vec<Pipeline>> = reader.optional(read)? else { return Ok(None) };
    let ours = |pipeline: &&Pipeline| pipeline.project_id.is_none_or(|id| Some(id) == project.id);
    let of_head = |pipeline: &&Pipeline| sha_some(pipeline.sha.as_ref()).as_deref() == Some(head);
    let all = || pipelines.iter().chain(&request.head_pipeline);
    if all().filter(of_head).any(|pipeline| !ours(&pipeline)) {
        reader
            .problems
            .push("a pipeline ran in a fork, whose owner decides what it does; it counts as no check".into());
    }
    let newest = all().filter(ours).filter(of_head).max_by_key(|pipeline| pipeline.id);
    let merged = request.head_pipeline.as_ref().filter(ours).filter(|pipeline| !of_head(pipeline));
    let read = merged.map_or(Ok(false), |pipeline| is_of_merged_result(reader, project, pipeline, head));
    let known = reader.optional(read)?;
    if known.is_none() && newest.is_none() {
        return Ok(None);
    }
    let Some(pipeline) = merged.filter(|_| known == Some(true)).or(newest) else { return Ok(Some(Vec::new())) };
    let read = reader.list(&format!("{}/pipelines/{}/jobs", project.path, pipeline.id));
    let Some(jobs): Option<Vec<Job>> = reader.optional(read)? else { return Ok(None) };
    let whole = CheckRun {
        name: PIPELINE.to_owned(),
        conclusion: bounded(&pipeline.status),
        completed_at: jobs.iter().filter_map(|job| instant(job.finished_at.as_ref())).max().map(|at| at.to_string()),
        required: Some(project.gate),
    };
    let jobs = jobs.iter().map(|job| CheckRun {
        name: bounded(&job.name),
        conclusion: bounded(&job.status),
        completed_at: time(job.finished_at.as_ref()),
        required: job.allow_failure.map(|may_fail| project.gate && !may_fail),
    });
    Ok(Some(std::iter::once(whole).chain(jobs).collect()))
}

/// Whether a pipeline ran on the head as it would be merged: on a commit that GitLab made for it, with the head as a
/// parent. The merge request goes on to name an earlier head's where none ran since.
fn is_of_merged_result(
    reader: &mut Reader,
    project: &Project,
    pipeline: &Pipeline,
    head: &str,
) -> Result<bool, Missing> {
    let Some(made) = sha_some(pipeline.sha.as_ref()) else { return Ok(false) };
    let (commit, _): (Parents, _) = reader.read(&format!("{}/repository/commits/{made}", project.path))?;
    Ok(commit.parent_ids.iter().any(|parent| sha(parent).as_deref() == Some(head)))
}

/// What protects the branch: whoever may push to it, and the project's rules of approval, which some tiers lack.
pub(super) fn protection(reader: &mut Reader, project: &Project) -> Result<Option<Protected>, Missing> {
    let mut branches: Vec<ProtectedBranch> = Vec::new();
    // The whole list: a wildcard that covers the branch is not found by the branch's name.
    let read = reader.pages(&format!("{}/protected_branches", project.path), |page: Vec<_>| branches.extend(page));
    let listed_at = reader.optional(read)?;
    let settings = reader.read::<Settings>(&format!("{}/approvals", project.path));
    let settings = reader.optional(settings)?;
    let rules = reader.list(&format!("{}/approval_rules", project.path));
    let rules: Option<Vec<ApprovalRule>> = reader.optional(rules)?;
    let read_at = listed_at.clone().or_else(|| settings.as_ref().map(|(_, at)| at.clone()));
    let Some(read_at) = read_at else { return Ok(None) };

    let covering: Vec<_> = branches.iter().filter(|branch| covers(&branch.name, &project.branch)).collect();
    let protected = !covering.is_empty();
    let nobody_pushes = protected && covering.iter().all(|branch| nobody(&branch.push_access_levels));
    // Where several cover a branch, whatever one of them allows is allowed.
    let force = covering.iter().any(|branch| branch.allow_force_push == Some(true));
    let owners = covering.iter().any(|branch| branch.code_owner_approval_required == Some(true));
    let known = listed_at.is_some();
    let protection = Protection {
        branch: bounded(&project.branch),
        required_approvals: rules.map(|rules| required(&rules, &project.branch, protected)),
        dismisses_stale: settings.as_ref().and_then(|(settings, _)| settings.reset_approvals_on_push),
        requires_code_owners: known.then_some(owners),
        // GitLab has no such switch.
        enforced_for_admins: None,
        required_checks: if project.gate { vec![PIPELINE.to_owned()] } else { Vec::new() },
        requires_pull_request: known.then_some(nobody_pushes),
        allows_force_push: known.then_some(!protected || force),
        author_may_approve: settings.as_ref().and_then(|(settings, _)| settings.merge_requests_author_approval),
        read_at,
    };
    // Each job says by itself whether it may fail.
    Ok(Some(Protected { protection, all_checks_known: false }))
}

/// The most that any rule of the branch asks for: one person's approval can serve several rules.
fn required(rules: &[ApprovalRule], branch: &str, protected: bool) -> u32 {
    let applies = |rule: &&ApprovalRule| {
        let everywhere = rule.applies_to_all_protected_branches == Some(true) && protected;
        let named = rule.protected_branches.iter().any(|named| covers(&named.name, branch));
        let always = rule.protected_branches.is_empty() && rule.applies_to_all_protected_branches != Some(true);
        everywhere || named || always
    };
    rules.iter().filter(applies).filter_map(|rule| rule.approvals_required).max().unwrap_or(0)
}

/// Access level 0 is "no one"; a person, a group or a key is somebody.
fn nobody(levels: &[AccessLevel]) -> bool {
    let none = |level: &AccessLevel| {
        level.access_level == Some(0)
            && level.user_id.is_none()
            && level.group_id.is_none()
            && level.deploy_key_id.is_none()
    };
    !levels.is_empty() && levels.iter().all(none)
}

/// Whether a protected branch's name, in which `*` stands for anything, covers a branch.
fn covers(pattern: &str, branch: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = branch.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_cover_branches() {
        for (pattern, branch, expected) in [
            ("main", "main", true),
            ("main", "maintenance", false),
            ("*", "main", true),
            ("release/*", "release/1.0", true),
            ("release/*", "prerelease/1.0", false),
            ("*-stable", "1-0-stable", true),
            ("*-stable", "1-0-stable-2", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxcyyb", false),
        ] {
            assert_eq!(covers(pattern, branch), expected, "{pattern} {branch}");
        }
    }

    #[test]
    fn accounts_of_tokens_are_bots() {
        for (login, expected) in [
            ("project_7_bot_0a1b2c", true),
            ("group_12_bot", true),
            ("project_7_bot2", true),
            ("service_account_group_7_0a1b", true),
            ("project_bottle", false),
            ("ann", false),
        ] {
            assert_eq!(is_bot(login), expected, "{login}");
        }
    }
}
