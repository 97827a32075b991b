//! Builds repositories with the real `git`, shut off from the user's configuration, with fixed dates.

use crate::attribute::{History, history};
use std::cell::Cell;
use std::path::Path;
use std::process::{Command, Stdio};

/// `git` in a directory, with nothing of the machine's configuration.
pub(super) fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

/// Runs a command that must succeed, with some input, and gives what it prints.
pub(super) fn run(command: &mut Command, input: &[u8]) -> String {
    use std::io::Write;
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("git is installed");
    child.stdin.take().expect("a pipe").write_all(input).expect("git reads");
    let output = child.wait_with_output().expect("git ends");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The trailers that Git itself finds in a message.
pub(crate) fn git_trailers(message: &str) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let arguments = ["interpret-trailers", "--only-trailers", "--only-input", "--unfold", "--no-divider"];
    run(git(directory.path()).args(arguments), message.as_bytes()).lines().map(str::to_owned).collect()
}

/// A repository in a directory of its own, which goes with it.
pub(in crate::attribute) struct Repository {
    directory: tempfile::TempDir,
    clock: Cell<i64>,
}

/// Authors everything unless a test says otherwise.
pub(super) const ANN: &str = "Ann <ann@example.com>";
pub(super) const BOB: &str = "Bob <bob@example.com>";
pub(super) const EVE: &str = "Eve <eve@example.com>";
pub(super) const WEB: &str = "GitHub <noreply@github.com>";

impl Repository {
    /// An empty repository with the branch `main`.
    pub(super) fn new() -> Self {
        let repository = Self { directory: tempfile::tempdir().expect("a directory"), clock: Cell::new(1_700_000_000) };
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        self.git_as(ANN, ANN, arguments, b"")
    }

    /// Every command is a minute later than the one before.
    pub(super) fn git_as(&self, author: &str, committer: &str, arguments: &[&str], input: &[u8]) -> String {
        self.clock.set(self.clock.get() + 60);
        let date = format!("{} +0200", self.clock.get());
        let mut command = git(self.path());
        for (role, person) in [("AUTHOR", author), ("COMMITTER", committer)] {
            let (name, email) = person.split_once(" <").expect("Name <email>");
            command.env(format!("GIT_{role}_NAME"), name);
            command.env(format!("GIT_{role}_EMAIL"), email.trim_end_matches('>'));
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        run(
            command.args(["-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false"]).args(arguments),
            input,
        )
    }

    pub(super) fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
        self
    }

    pub(super) fn remove(&self, path: &str) -> &Self {
        self.git(&["rm", "-q", "-r", path]);
        self
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> &Self {
        if let Some(parent) = self.path().join(to).parent() {
            std::fs::create_dir_all(parent).expect("a directory");
        }
        self.git(&["mv", from, to]);
        self
    }

    /// Commits everything as Ann and gives the hash.
    pub(super) fn commit(&self, message: &str) -> String {
        self.commit_as(ANN, ANN, message)
    }

    pub(super) fn commit_as(&self, author: &str, committer: &str, message: &str) -> String {
        self.git(&["add", "-A"]);
        let arguments = ["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-"];
        self.git_as(author, committer, &arguments, message.as_bytes());
        self.head()
    }

    /// Writes one file and commits.
    pub(super) fn commit_file(&self, path: &str, text: &str, message: &str) -> String {
        self.write(path, text).commit(message)
    }

    pub(super) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Starts a branch at a revision.
    pub(super) fn branch(&self, name: &str, at: &str) -> &Self {
        self.git(&["checkout", "-q", "-b", name, at]);
        self
    }

    pub(super) fn checkout(&self, name: &str) -> &Self {
        self.git(&["checkout", "-q", name]);
        self
    }

    /// Merges without conflict, never by fast-forward, and gives the hash.
    pub(super) fn merge(&self, branches: &[&str], merger: &str, message: &str) -> String {
        let mut arguments = vec!["merge", "-q", "--no-ff", "--no-edit", "-m", message];
        arguments.extend(branches);
        self.git_as(merger, merger, &arguments, b"");
        self.head()
    }

    /// The same merge, with the work tree as it then is made part of it: an evil one.
    pub(super) fn amend_merge(&self, merger: &str) -> String {
        self.git(&["add", "-A"]);
        self.git_as(merger, merger, &["commit", "-q", "--amend", "--no-edit"], b"");
        self.head()
    }

    /// A clone made by other arguments, for example a shallow one.
    pub(super) fn cloned(&self, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("file://{}", self.path().display());
        self.git(&["config", "uploadpack.allowFilter", "true"]);
        let mut all = vec!["clone", "-q"];
        all.extend(arguments);
        all.extend([url.as_str(), directory.path().to_str().expect("UTF-8")]);
        self.git(&all);
        Self { directory, clock: Cell::new(1_800_000_000) }
    }

    pub(super) fn open(&self) -> gix::Repository {
        gix::open_opts(self.path(), gix::open::Options::isolated()).expect("a repository")
    }

    /// The history behind a revision.
    pub(super) fn history_at(&self, revision: &str) -> History {
        let tip = self.git(&["rev-parse", revision]).parse().expect("a hash");
        history(&self.open(), tip, &[], None).expect("a history")
    }

    pub(super) fn history(&self) -> History {
        self.history_at("HEAD")
    }
}
