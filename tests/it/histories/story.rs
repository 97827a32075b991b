//! Builds repositories commit by commit with the real `git`, and gives each commit a name that expectations use in place
//! of its hash.
//! Knows nothing of what the program says about them.

use crate::harness::{Repository, Run, isolated};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

pub const ANN: &str = "Ann <ann@example.com>";
pub const BOB: &str = "Bob <bob@example.com>";
pub const EVE: &str = "Eve <eve@example.com>";
/// The forge, committing for somebody.
pub const WEB: &str = "GitHub <noreply@github.com>";
pub const DEP: &str = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>";

/// When the first commit is made: 2026-03-01T10:00:00Z. Each command is a minute later than the one before.
const BEGIN: i64 = 1_772_359_200;

/// A resource with one argument.
pub fn vpc(name: &str, cidr: &str) -> String {
    format!("resource \"aws_vpc\" \"{name}\" {{\n  cidr_block = \"{cidr}\"\n}}\n")
}

/// A repository that grows.
pub struct Story {
    repository: Repository,
    clock: Cell<i64>,
    /// Hash to name.
    names: RefCell<BTreeMap<String, String>>,
}

impl Story {
    /// An empty repository with the branch `main`.
    pub fn new() -> Self {
        Self { repository: Repository::new(), clock: Cell::new(BEGIN), names: RefCell::default() }
    }

    /// One whose first commit `one`, by Ann, is this file.
    pub fn with(path: &str, text: &str) -> Self {
        let story = Self::new();
        story.edit("one", path, text);
        story
    }

    pub fn path(&self) -> &Path {
        self.repository.path()
    }

    /// Git itself as Ann.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_as(ANN, ANN, arguments, b"")
    }

    /// Git itself, for an author and a committer, with some input.
    pub fn git_as(&self, author: &str, committer: &str, arguments: &[&str], input: &[u8]) -> String {
        let (code, out, err) = self.try_git(author, committer, arguments, input);
        assert_eq!(code, 0, "git {arguments:?}: {err}");
        out
    }

    /// The same, with the exit code and what it complained of.
    pub fn try_git(&self, author: &str, committer: &str, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
        self.clock.set(self.clock.get() + 60);
        let date = format!("{} +0000", self.clock.get());
        let mut command = self.prepared(Path::new("git"));
        for (role, person) in [("AUTHOR", author), ("COMMITTER", committer)] {
            let (name, email) = person.split_once(" <").expect("Name <email>");
            command.env(format!("GIT_{role}_NAME"), name);
            command.env(format!("GIT_{role}_EMAIL"), email.trim_end_matches('>'));
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        command.args(["-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false"]).args(arguments);
        fed(&mut command, input)
    }

    /// Any program, in the work tree, shut off from the machine's settings.
    pub fn prepared(&self, program: &Path) -> Command {
        let mut command = isolated(&program.to_string_lossy(), self.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
        command.env("GNUPGHOME", self.path().join(".git/gnupg"));
        command
    }

    /// Sets the time of the next command, in seconds since 1970.
    pub fn set_clock(&self, seconds: i64) {
        self.clock.set(seconds - 60);
    }

    pub fn clock(&self) -> i64 {
        self.clock.get()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        self.repository.write(path, text);
        self
    }

    pub fn remove(&self, path: &str) -> &Self {
        self.git(&["rm", "-q", "-r", path]);
        self
    }

    pub fn rename(&self, from: &str, to: &str) -> &Self {
        if let Some(parent) = self.path().join(to).parent() {
            std::fs::create_dir_all(parent).expect("a directory");
        }
        self.git(&["mv", from, to]);
        self
    }

    /// Commits everything as Ann, under a name that is the message as well.
    pub fn commit(&self, name: &str) -> String {
        self.commit_as(name, ANN, ANN, name)
    }

    /// Commits everything.
    pub fn commit_as(&self, name: &str, author: &str, committer: &str, message: &str) -> String {
        self.commit_by(name, author, committer, message, &[])
    }

    /// Commits everything with more arguments.
    pub fn commit_by(&self, name: &str, author: &str, committer: &str, message: &str, more: &[&str]) -> String {
        self.git(&["add", "-A"]);
        let arguments = ["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-"];
        self.git_as(author, committer, &[&arguments[..], more].concat(), message.as_bytes());
        self.name_head(name)
    }

    /// Writes one file and commits as Ann.
    pub fn edit(&self, name: &str, path: &str, text: &str) -> String {
        self.write(path, text).commit(name)
    }

    /// Starts a branch here.
    pub fn branch(&self, branch: &str) -> &Self {
        self.git(&["checkout", "-q", "-b", branch]);
        self
    }

    pub fn checkout(&self, revision: &str) -> &Self {
        self.git(&["checkout", "-q", revision]);
        self
    }

    /// Merges branches without conflict and never by fast-forward.
    pub fn merge(&self, name: &str, branches: &[&str], author: &str, committer: &str, message: &str) -> String {
        let arguments = ["merge", "-q", "--no-ff", "--no-edit", "--cleanup=verbatim", "-m", message];
        self.git_as(author, committer, &[&arguments[..], branches].concat(), b"");
        self.name_head(name)
    }

    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Names the commit at the tip.
    pub fn name_head(&self, name: &str) -> String {
        let head = self.head();
        self.name(name, &head);
        head
    }

    /// Names a commit.
    pub fn name(&self, name: &str, hash: &str) {
        let other = self.names.borrow_mut().insert(hash.to_owned(), name.to_owned());
        assert!(other.is_none_or(|other| other == name), "two names for one commit: {name}");
    }

    /// The hash of a named commit.
    pub fn hash(&self, name: &str) -> String {
        let names = self.names.borrow();
        let found = names.iter().find(|(_, one)| *one == name).map(|(hash, _)| hash.clone());
        found.unwrap_or_else(|| panic!("no commit is named {name}"))
    }

    /// Puts names in place of hashes, and people's first names in place of `Ann <ann@example.com>`.
    pub fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (hash, name) in &*self.names.borrow() {
            text = text.replace(hash, name).replace(&hash[..12], name).replace(&hash[..7], name);
        }
        for person in [ANN, BOB, EVE, DEP, WEB] {
            text = text.replace(person, person.split_once(" <").expect("Name <email>").0);
        }
        text
    }

    /// A clone of it, made with more arguments; commits keep their names.
    pub fn cloned(&self, arguments: &[&str]) -> Self {
        let url = format!("file://{}", self.path().display());
        self.git(&["config", "uploadpack.allowFilter", "true"]);
        self.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let repository = Repository::new();
        std::fs::remove_dir_all(repository.path().join(".git")).expect("an empty folder");
        let to = repository.path().to_string_lossy().into_owned();
        self.git(&[&["clone", "-q"], arguments, &[&url, &to]].concat());
        Self { repository, clock: Cell::new(self.clock.get()), names: RefCell::new(self.names.borrow().clone()) }
    }

    /// Runs the program.
    pub fn driftline(&self, arguments: &[&str]) -> Run {
        self.repository.driftline(arguments)
    }

    /// The name of the commit that `git blame` gives for the one line of a file that holds a text.
    #[track_caller]
    pub fn git_blame(&self, path: &str, needle: &str) -> String {
        let out = self.git(&["blame", "--root", "-M", "-C", "-s", "-l", "HEAD", "--", path]);
        let lines: Vec<&str> = out.lines().filter(|line| line.contains(needle)).collect();
        let [line] = lines[..] else { panic!("{needle} is not in one line of {out}") };
        self.named(line.split(' ').next().expect("a hash"))
    }

    /// The names of the commits that `git log -L` gives for some lines of a file, the newest first.
    pub fn git_log(&self, path: &str, lines: &str) -> Vec<String> {
        let out = self.git(&["log", "-s", "--format=%H", &format!("-L{lines}:{path}")]);
        out.lines().map(|hash| self.named(hash)).collect()
    }
}

/// Runs a command with some input: exit code, output, complaints.
pub fn fed(command: &mut Command, input: &[u8]) -> (i32, String, String) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is installed");
    let mut stdin = child.stdin.take().expect("a pipe");
    // Who does not read it has no need of it.
    let _: std::io::Result<()> = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}
