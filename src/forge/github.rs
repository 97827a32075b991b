//! What GitHub's REST API says of a repository, a commit, a pull request and a branch.
//! Knows nothing of requests, nor of what reviews are worth.

use super::error::Missing;
use super::people::People;
use super::reader::Reader;
use super::record::{Account, CheckRun, Protection, PullRequest, PullRequestCommit, Review, ReviewState, Signature};
use super::text::{bounded, bounded_some, encoded, instant, sha, sha_some, time, url};
use super::{CommitQuery, Loaded, Project, Protected};
use serde::Deserialize;

/// Commits that the API lists of one pull request at most.
const LISTED_COMMITS: usize = 250;

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize, Default)]
struct User {
    login: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct Base {
    #[serde(rename = "ref")]
    branch: String,
}

#[derive(Deserialize)]
struct Listed {
    id: u64,
    number: u64,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    head: Head,
    base: Base,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
struct Pull {
    id: u64,
    number: u64,
    html_url: Option<String>,
    user: Option<User>,
    merged: bool,
    merged_at: Option<String>,
    merged_by: Option<User>,
    merge_commit_sha: Option<String>,
    head: Head,
    base: Base,
    #[serde(default)]
    labels: Vec<Label>,
    commits: Option<u64>,
}

#[derive(Deserialize)]
struct WireReview {
    user: Option<User>,
    state: String,
    submitted_at: Option<String>,
    commit_id: Option<String>,
}

#[derive(Deserialize)]
struct WireSignature {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct CommitBody {
    author: Option<WireSignature>,
    committer: Option<WireSignature>,
}

#[derive(Deserialize)]
struct WireCommit {
    sha: String,
    commit: CommitBody,
    author: Option<User>,
    committer: Option<User>,
}

#[derive(Deserialize)]
struct CheckRuns {
    total_count: u64,
    check_runs: Vec<WireCheck>,
}

#[derive(Deserialize)]
struct WireCheck {
    name: String,
    status: String,
    conclusion: Option<String>,
    completed_at: Option<String>,
}

#[derive(Deserialize)]
struct Combined {
    total_count: u64,
    statuses: Vec<Status>,
}

#[derive(Deserialize)]
struct Status {
    context: String,
    state: String,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct Switch {
    enabled: bool,
}

#[derive(Deserialize)]
struct RequiredReviews {
    dismiss_stale_reviews: Option<bool>,
    require_code_owner_reviews: Option<bool>,
    required_approving_review_count: Option<u32>,
}

#[derive(Deserialize)]
struct RequiredChecks {
    #[serde(default)]
    contexts: Vec<String>,
    #[serde(default)]
    checks: Vec<RequiredCheck>,
}

#[derive(Deserialize)]
struct RequiredCheck {
    context: String,
}

/// The protection that is set on the branch itself.
#[derive(Deserialize)]
struct Classic {
    required_status_checks: Option<RequiredChecks>,
    enforce_admins: Option<Switch>,
    required_pull_request_reviews: Option<RequiredReviews>,
    allow_force_pushes: Option<Switch>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    parameters: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct PullRequestRule {
    dismiss_stale_reviews_on_push: Option<bool>,
    require_code_owner_review: Option<bool>,
    required_approving_review_count: Option<u32>,
}

#[derive(Deserialize)]
struct ChecksRule {
    #[serde(default)]
    required_status_checks: Vec<RequiredCheck>,
}

/// Finds the repository, under its present name.
pub(super) fn project(reader: &mut Reader, repository: &str, branch: &str) -> Result<Project, Missing> {
    let asked = format!("/repos/{repository}");
    let (found, _): (Repository, _) = reader.read(&asked).map_err(|missing| match missing {
        Missing::Call { status: Some(404), .. } => Missing::Repository { repository: repository.to_owned() },
        other => other,
    })?;
    let name = super::place::repository(super::ForgeKind::GitHub, &found.full_name)
        .ok_or_else(|| Missing::malformed(&super::http::call(&asked), "names no repository"))?;
    Ok(Project { path: format!("/repos/{name}"), id: None, branch: branch.to_owned(), gate: false })
}

/// The number of the merged pull request that brought a commit onto the branch, as GitHub lists them.
///
/// The one whose merging made the commit, or whose head it is; else the first that was merged, since a later one can only
/// contain what was there already.
pub(super) fn bringing(
    reader: &mut Reader,
    project: &Project,
    query: &CommitQuery,
) -> Result<Option<(u64, u64)>, Missing> {
    let listed: Vec<Listed> =
        reader.list(&format!("{}/commits/{}/pulls", project.path, query.sha)).map_err(|missing| match missing {
            Missing::Call { status: Some(404 | 422), .. } => Missing::Commit { sha: query.sha.clone() },
            other => other,
        })?;
    let merged = listed.into_iter().filter(|pull| pull.base.branch == project.branch);
    let rank = |pull: &Listed| {
        let merge = sha_some(pull.merge_commit_sha.as_ref()).is_some_and(|sha| sha == query.sha);
        let head = sha(&pull.head.sha).is_some_and(|sha| sha == query.sha);
        (!merge, !head)
    };
    let merged = merged.filter_map(|pull| Some((rank(&pull), instant(pull.merged_at.as_ref())?, pull.number, pull.id)));
    Ok(merged.min().map(|(_, _, number, id)| (number, id)))
}

/// Reads a pull request with its reviews, commits and checks.
pub(super) fn load(reader: &mut Reader, people: &People, project: &Project, number: u64) -> Result<Loaded, Missing> {
    let path = format!("{}/pulls/{number}", project.path);
    let (pull, _): (Pull, _) = reader.read(&path)?;
    let malformed = |what: &str| Missing::malformed(&super::http::call(&path), what);
    let head = sha(&pull.head.sha).ok_or_else(|| malformed("names no proper head"))?;
    if pull.number != number {
        return Err(malformed("is about another pull request"));
    }
    let reviews: Vec<WireReview> = reader.list(&format!("{path}/reviews"))?;
    let reviews = reviews.iter().filter(|review| review.state != "PENDING");
    let reviews = reviews.map(|review| self::review(reader, people, review, &head)).collect::<Result<_, _>>()?;
    let commits = reader.list(&format!("{path}/commits"));
    let commits: Vec<WireCommit> = reader.optional(commits)?.unwrap_or_default();
    let complete = pull.commits.is_some_and(|count| count == commits.len() as u64) && commits.len() <= LISTED_COMMITS;
    let commits: Vec<_> = commits.iter().filter_map(commit).collect();
    let checks = checks(reader, project, &head)?;
    let pull_request = PullRequest {
        number,
        reference: format!("#{number}"),
        url: url(pull.html_url.as_ref()),
        author: person(reader, people, pull.user.as_ref())?,
        merged_by: match &pull.merged_by {
            Some(user) => Some(person(reader, people, Some(user))?),
            None => None,
        },
        merged_at: time(pull.merged_at.as_ref()).filter(|_| pull.merged),
        merge_commit: sha_some(pull.merge_commit_sha.as_ref()).filter(|_| pull.merged),
        base: bounded(&pull.base.branch),
        labels: pull.labels.iter().take(100).map(|label| bounded(&label.name)).collect(),
        commits_complete: complete,
        commits,
        reviews,
        head,
    };
    let landed = pull.merged && pull_request.merged_at.is_some() && pull.base.branch == project.branch;
    Ok(Loaded { id: pull.id, landed, pull_request, checks, required_approvals: None })
}

fn account(user: Option<&User>) -> Account {
    let login = user.and_then(|user| bounded_some(user.login.as_ref()));
    let is_bot = user.is_some_and(|user| user.kind.as_deref() == Some("Bot"))
        || login.as_ref().is_some_and(|login| login.ends_with("[bot]"));
    Account { login: login.unwrap_or_else(|| Account::GHOST.to_owned()), name: None, email: None, is_bot }
}

/// An account with the name and the address that it displays.
fn person(reader: &mut Reader, people: &People, user: Option<&User>) -> Result<Account, Missing> {
    let account = account(user);
    if account.is_bot || account.is_ghost() {
        return Ok(account);
    }
    let path = format!("/users/{}", encoded(&account.login));
    people.complete(reader, &path, account)
}

fn review(reader: &mut Reader, people: &People, review: &WireReview, head: &str) -> Result<Review, Missing> {
    let state = match review.state.as_str() {
        "APPROVED" => ReviewState::Approved,
        "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
        "DISMISSED" => ReviewState::Dismissed,
        "COMMENTED" => ReviewState::Commented,
        other => {
            reader.problems.push(format!("a review has the state `{}`, which counts as a comment", bounded(other)));
            ReviewState::Commented
        }
    };
    let on = sha_some(review.commit_id.as_ref());
    let by = person(reader, people, review.user.as_ref())?;
    Ok(Review { by, state, at: time(review.submitted_at.as_ref()), stale: on.as_ref().map(|on| on != head), on })
}

fn commit(commit: &WireCommit) -> Option<PullRequestCommit> {
    let signature = |signature: Option<&WireSignature>, user: Option<&User>| Signature {
        name: signature.and_then(|signature| bounded_some(signature.name.as_ref())).unwrap_or_default(),
        email: signature.and_then(|signature| bounded_some(signature.email.as_ref())).unwrap_or_default(),
        // An address that belongs to no account is null or an empty object.
        account: user.filter(|user| user.login.is_some()).map(|user| account(Some(user))),
    };
    Some(PullRequestCommit {
        sha: sha(&commit.sha)?,
        author: signature(commit.commit.author.as_ref(), commit.author.as_ref()),
        committer: signature(commit.commit.committer.as_ref(), commit.committer.as_ref()),
    })
}

/// Check runs and commit statuses of the head: two lists, and either alone is not all of them.
fn checks(reader: &mut Reader, project: &Project, head: &str) -> Result<Option<Vec<CheckRun>>, Missing> {
    let (mut runs, mut total) = (Vec::new(), 0);
    let path = format!("{}/commits/{head}/check-runs", project.path);
    let read = reader.pages(&path, |page: CheckRuns| {
        total = total.max(page.total_count);
        runs.extend(page.check_runs);
    });
    let Some(_) = reader.optional(read)? else { return Ok(None) };
    let (mut statuses, mut statuses_total) = (Vec::new(), 0);
    let path = format!("{}/commits/{head}/status", project.path);
    let read = reader.pages(&path, |page: Combined| {
        statuses_total = statuses_total.max(page.total_count);
        statuses.extend(page.statuses);
    });
    let Some(_) = reader.optional(read)? else { return Ok(None) };
    if total > runs.len() as u64 || statuses_total > statuses.len() as u64 {
        reader.problems.push(format!("the forge lists only some of the checks of {head}"));
        return Ok(None);
    }
    let runs = runs.iter().map(|run| CheckRun {
        name: bounded(&run.name),
        conclusion: bounded(run.conclusion.as_ref().unwrap_or(&run.status)),
        completed_at: time(run.completed_at.as_ref()),
        required: None,
    });
    let statuses = statuses.iter().map(|status| CheckRun {
        name: bounded(&status.context),
        conclusion: bounded(&status.state),
        completed_at: time(status.updated_at.as_ref()).filter(|_| status.state != "pending"),
        required: None,
    });
    Ok(Some(runs.chain(statuses).collect()))
}

/// What protects the branch: its own protection, which only administrators may read, and the rules of rulesets.
pub(super) fn protection(reader: &mut Reader, project: &Project) -> Result<Option<Protected>, Missing> {
    let branch = encoded(&project.branch);
    let path = format!("{}/branches/{branch}/protection", project.path);
    let classic = reader.read_unless::<Classic>(&path, "Branch not protected");
    let classic = reader.optional(classic)?;
    let mut rules: Vec<Rule> = Vec::new();
    let read = reader.pages(&format!("{}/rules/branches/{branch}", project.path), |page: Vec<Rule>| rules.extend(page));
    let ruled_at = reader.optional(read)?;
    let Some(read_at) = ruled_at.clone().or_else(|| classic.as_ref().map(|(_, at)| at.clone())) else {
        return Ok(None);
    };
    let known = classic.is_some() && ruled_at.is_some();
    let classic = classic.and_then(|(classic, _)| classic);
    let protection = combined(classic.as_ref(), &rules, known, &project.branch, read_at);
    Ok(Some(Protected { protection, all_checks_known: known }))
}

/// The stricter of both holds; what neither asks for is known only where both could be read.
fn combined(classic: Option<&Classic>, rules: &[Rule], known: bool, branch: &str, read_at: String) -> Protection {
    let reviews = classic.and_then(|classic| classic.required_pull_request_reviews.as_ref());
    let pulls: Vec<Option<PullRequestRule>> =
        rules.iter().filter(|rule| rule.kind == "pull_request").map(parameters).collect();
    let pull = |has: fn(&PullRequestRule) -> Option<bool>| pulls.iter().flatten().any(|rule| has(rule) == Some(true));
    // A rule that cannot be read could ask for anything.
    let known = known && pulls.iter().all(Option::is_some);
    let any = |one: bool| if one { Some(true) } else { known.then_some(false) };

    let counts = pulls.iter().flatten().filter_map(|rule| rule.required_approving_review_count);
    let count = counts.chain(reviews.and_then(|reviews| reviews.required_approving_review_count)).max();
    let checks = classic.and_then(|classic| classic.required_status_checks.as_ref());
    let named = checks.into_iter().flat_map(|checks| {
        checks.contexts.iter().chain(checks.checks.iter().map(|check| &check.context)).cloned().collect::<Vec<_>>()
    });
    let ruled = rules.iter().filter(|rule| rule.kind == "required_status_checks").filter_map(parameters::<ChecksRule>);
    let ruled = ruled.flat_map(|rule| rule.required_status_checks).map(|check| check.context);
    let mut required_checks: Vec<String> = named.chain(ruled).map(|name| bounded(&name)).collect();
    required_checks.sort_unstable();
    required_checks.dedup();

    let force = classic.and_then(|classic| classic.allow_force_pushes.as_ref()).map(|force| force.enabled);
    let kept = rules.iter().any(|rule| rule.kind == "non_fast_forward") || force == Some(false);
    let protected = classic.is_some() || !rules.is_empty();
    Protection {
        branch: bounded(branch),
        // Whether fewer are enough cannot be told from one half.
        required_approvals: if known { Some(count.unwrap_or(0)) } else { count.filter(|count| *count > 0) },
        dismisses_stale: any(reviews.and_then(|reviews| reviews.dismiss_stale_reviews) == Some(true)
            || pull(|rule| rule.dismiss_stale_reviews_on_push)),
        requires_code_owners: any(reviews.and_then(|reviews| reviews.require_code_owner_reviews) == Some(true)
            || pull(|rule| rule.require_code_owner_review)),
        // Who may pass by a ruleset is not told here.
        enforced_for_admins: match classic.and_then(|classic| classic.enforce_admins.as_ref()) {
            Some(switch) if rules.is_empty() => known.then_some(switch.enabled),
            Some(_) => None,
            None => (known && !protected).then_some(false),
        },
        required_checks,
        requires_pull_request: any(reviews.is_some() || !pulls.is_empty()),
        allows_force_push: if kept { Some(false) } else { known.then_some(true) },
        author_may_approve: Some(false),
        read_at,
    }
}

fn parameters<T: serde::de::DeserializeOwned>(rule: &Rule) -> Option<T> {
    serde_json::from_value(rule.parameters.clone()?).ok()
}
