//! A real client against loopback servers that answer as the forges' documentation says.
//! In every one the token is made at test time, and looked for in all that comes out.

mod faults;
mod github;
mod gitlab;
mod kept;
mod places;
mod secure;
mod server;

use super::{CommitQuery, Forge, ForgeKind, ForgeOptions, ForgeRecord, Missing, Place, Token};
use serde_json::Value;
use server::Server;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// A commit's id out of a word.
fn sha(word: &str) -> String {
    super::cache::digest(word.as_bytes())[..40].to_owned()
}

/// A token that no other run has.
fn token() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    format!("tok{}", super::cache::digest(format!("{now:?}{:?}", std::thread::current().id()).as_bytes()))
}

/// A forge under test, with a token and a cache of its own.
struct Bench {
    kind: ForgeKind,
    server: Server,
    token: String,
    repository: &'static str,
    api: String,
    cache: tempfile::TempDir,
    deadline: Duration,
}

type Records = BTreeMap<String, Result<ForgeRecord, Missing>>;

impl Bench {
    fn new(kind: ForgeKind, server: Server, prefix: &str, repository: &'static str) -> Self {
        let api = format!("{}{prefix}", server.url);
        let cache = tempfile::tempdir().expect("a directory");
        Self { kind, server, token: token(), repository, api, cache, deadline: Duration::from_secs(20) }
    }

    fn options(&self, offline: bool) -> ForgeOptions {
        let token = Token::for_api(&self.token, &self.api).expect("a token");
        let place =
            Place { kind: self.kind, api: self.api.clone(), repository: self.repository.into(), token: Some(token) };
        let mut options = ForgeOptions::new(place, "main");
        options.cache = Some(self.cache.path().to_owned());
        options.offline = offline;
        options.deadline = self.deadline;
        options
    }

    /// Asks for commits; nothing that comes out holds the token.
    #[track_caller]
    fn ask(&self, options: ForgeOptions, queries: &[CommitQuery]) -> (Records, u64) {
        let shown = format!("{options:?}");
        let forge = Forge::open(options).expect("proper options");
        let records = forge.records(queries);
        let texts: Vec<String> = records
            .values()
            .map(|record| match record {
                Ok(record) => serde_json::to_string(record).expect("JSON"),
                Err(missing) => format!("{missing} {missing:?} {:?}", missing.hint()),
            })
            .collect();
        self.has_no_token(&format!("{shown} {forge:?} {records:?} {texts:?}"));
        files(self.cache.path(), &mut |path, bytes| {
            self.has_no_token(&path.display().to_string());
            self.has_no_token(&String::from_utf8_lossy(bytes));
        });
        (records, forge.calls())
    }

    #[track_caller]
    fn has_no_token(&self, text: &str) {
        assert!(!text.contains(&self.token), "the token got out");
    }

    /// The one record of a commit.
    #[track_caller]
    fn record(&self, word: &str) -> ForgeRecord {
        self.result(word, None).expect("a record")
    }

    #[track_caller]
    fn result(&self, word: &str, hint: Option<u64>) -> Result<ForgeRecord, Missing> {
        let query = CommitQuery { sha: sha(word), hint };
        self.ask(self.options(false), &[query]).0.remove(&sha(word)).expect("an answer for each query")
    }

    #[track_caller]
    fn offline(&self, word: &str) -> Result<ForgeRecord, Missing> {
        let query = CommitQuery { sha: sha(word), hint: None };
        let (mut records, calls) = self.ask(self.options(true), &[query]);
        assert_eq!(calls, 0, "offline means offline");
        records.remove(&sha(word)).expect("an answer for each query")
    }
}

/// All files below a folder.
fn files(folder: &Path, each: &mut dyn FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, each);
        } else {
            each(&path, &std::fs::read(&path).expect("a file"));
        }
    }
}

/// Objects of one list, made from a number each.
fn many(count: usize, each: impl Fn(usize) -> Value) -> Value {
    Value::Array((0..count).map(each).collect())
}
