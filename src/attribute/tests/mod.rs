//! Histories made by the real `git`, the truth known by construction.

mod approvals;
mod bad;
mod changes;
mod forges;
mod kept;
mod merges;
mod moves;
mod owners;
mod policies;
mod random;
mod repository;
mod signed;

use super::{BlockId, EventKind, History};
pub(super) use repository::git_trailers;

/// A repository and a tree of ten to the twelfth files in it.
pub(super) fn tree_bomb() -> (repository::Repository, gix::Repository, gix::ObjectId) {
    let repository = repository::Repository::new();
    let made = |arguments: &[&str], input: &str| {
        repository.git_as(repository::ANN, repository::ANN, arguments, input.as_bytes())
    };
    let blob = made(&["hash-object", "-w", "--stdin"], &vpc("a", "1"));
    let mut tree = made(&["mktree"], &format!("100644 blob {blob}\ta.tf\n"));
    for _ in 0..12 {
        let entries: String = (0..10).map(|name| format!("040000 tree {tree}\t{name}\n")).collect();
        tree = made(&["mktree"], &entries);
    }
    let opened = repository.open();
    (repository, opened, tree.parse().expect("a hash"))
}

/// A small history, its first commit and the merge at its tip, for tests of what is printed.
pub(crate) fn example_history() -> (History, String, String) {
    use repository::{ANN, BOB, Repository};
    let repository = Repository::new();
    let tagged = |env: &str| {
        format!(
            "resource \"aws_vpc\" \"a\" {{\n  tags = {{ Env = \"{env}\" }}\n}}\nmodule \"net\" {{\n  source = \"../net\"\n}}\n"
        )
    };
    repository.write("net/main.tf", &vpc("b", "1"));
    let first = repository.commit_file("envs/main.tf", &tagged("dev"), "first");
    repository.branch("topic", "main");
    repository.write("envs/main.tf", &tagged("prod"));
    repository.commit_as(repository::EVE, ANN, "topic");
    repository.checkout("main");
    let merge = repository.merge(&["topic"], BOB, "Merge pull request #12 from x/\u{1b}[31mtopic\n\nTitle\n");
    (repository.history(), first, merge)
}

/// Approvals as a `driftline.toml` has them.
fn approvals(settings: &str) -> super::Approvals {
    let settings: crate::settings::SettingsFile = toml::from_str(settings).expect("settings");
    assert_eq!(settings.who().check(), Ok(()));
    settings.approvals(crate::signature::Keys::default())
}

/// `directory:kind.label.label`; no directory for the root.
fn id(text: &str) -> BlockId {
    let (directory, block) = text.split_once(':').unwrap_or(("", text));
    let mut words = block.split('.').map(str::to_owned);
    BlockId { directory: directory.to_owned(), kind: words.next().expect("a kind"), labels: words.collect() }
}

/// A resource block with one argument.
fn vpc(name: &str, cidr: &str) -> String {
    format!("resource \"aws_vpc\" \"{name}\" {{\n  cidr_block = \"{cidr}\"\n}}\n")
}

/// Asserts the declaring and the approving commit of a block.
#[track_caller]
fn check(history: &History, block: &str, declaring: &str, approving: &str) {
    let found = history.attribution(&id(block));
    let both = (found.declaring_commit.as_deref(), found.approving_commit.as_deref());
    assert_eq!(both, (Some(declaring), Some(approving)), "{block}: {found:?}");
}

/// Asserts that nobody can be named, and what the reason says.
#[track_caller]
fn check_unknown(history: &History, block: &str, reason: &str) {
    let found = history.attribution(&id(block));
    assert_eq!((&found.declaring_commit, &found.approving_commit), (&None, &None), "{block}");
    assert!(found.reason.as_deref().unwrap_or_default().contains(reason), "{block}: {:?}", found.reason);
}

/// The events of a block: kind, declaring and approving commit, attributes.
fn events(history: &History, block: &str) -> Vec<(EventKind, String, String, String)> {
    let texts = |event: &super::Event| {
        let attributes: Vec<_> = event.attributes.iter().map(ToString::to_string).collect();
        (
            event.kind,
            event.commit.as_deref().unwrap_or("unknown").to_owned(),
            event.approving_commit.to_string(),
            attributes.join(" "),
        )
    };
    history.events(&id(block)).iter().map(texts).collect()
}

/// Asserts the events of a block.
#[track_caller]
fn check_events(history: &History, block: &str, expected: &[(EventKind, &str, &str, &str)]) {
    let found = events(history, block);
    let found: Vec<_> = found.iter().map(|(kind, a, b, c)| (*kind, a.as_str(), b.as_str(), c.as_str())).collect();
    assert_eq!(found, expected, "{block}");
}
