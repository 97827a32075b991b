//! The files of the approved commit for a thread that evaluates: a commit's objects are read by one thread only.
//! Knows nothing of what files hold.

use super::paths::joined;
use crate::git::{GitError, Tree};
use crate::language::FileError;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Bytes of a file that are read.
pub(super) const FILE: u64 = 4 << 20;
/// Bytes of all files that are read.
const TOTAL: usize = 128 << 20;
/// Files that are listed.
const LISTED: usize = 100_000;

/// What is asked for, by a path from the root of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Question {
    Content(String),
    /// Names of the files directly in a directory.
    Names(String),
    /// Paths of all files below a directory, from there.
    List(String),
}

#[derive(Debug, Clone)]
pub(super) enum Answer {
    Content(Result<Arc<[u8]>, FileError>),
    Names(Result<Arc<[String]>, FileError>),
}

pub(super) type Request = (Question, Sender<Answer>);

/// Everything that was read, and whom to ask for more.
pub(super) struct Files {
    known: RefCell<HashMap<Question, Answer>>,
    ask: Sender<Request>,
    total: Cell<usize>,
}

/// Files, and what to serve them with.
pub(super) fn asked() -> (Sender<Request>, Receiver<Request>) {
    channel()
}

impl Files {
    pub(super) fn new(ask: Sender<Request>) -> Self {
        Self { known: RefCell::default(), ask, total: Cell::new(0) }
    }

    /// The content of a file.
    pub(super) fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        if self.total.get() > TOTAL {
            return Err(FileError::NotKnown);
        }
        match self.answer(Question::Content(path.to_owned())) {
            Some(Answer::Content(content)) => content,
            _ => Err(FileError::NotKnown),
        }
    }

    /// Names of the files in a directory.
    pub(super) fn names(&self, directory: &str) -> Result<Arc<[String]>, FileError> {
        match self.answer(Question::Names(directory.to_owned())) {
            Some(Answer::Names(names)) => names,
            _ => Err(FileError::NotKnown),
        }
    }

    /// All files below a directory.
    pub(super) fn list(&self, directory: &str) -> Result<Arc<[String]>, FileError> {
        match self.answer(Question::List(directory.to_owned())) {
            Some(Answer::Names(names)) => names,
            _ => Err(FileError::NotKnown),
        }
    }

    fn answer(&self, question: Question) -> Option<Answer> {
        if let Some(known) = self.known.borrow().get(&question) {
            return Some(known.clone());
        }
        let (reply, answers) = channel();
        self.ask.send((question.clone(), reply)).ok()?;
        let answer = answers.recv().ok()?;
        if let Answer::Content(Ok(bytes)) = &answer {
            self.total.set(self.total.get().saturating_add(bytes.len()));
        }
        self.known.borrow_mut().insert(question, answer.clone());
        Some(answer)
    }
}

/// Answers until nobody asks any more.
pub(super) fn serve(tree: &Tree<'_>, requests: &Receiver<Request>) {
    for (question, reply) in requests {
        let answer = match &question {
            Question::Content(path) => Answer::Content(tree.read(path, FILE).map(Into::into).map_err(reason)),
            Question::Names(directory) => Answer::Names(tree.files(directory).map(Into::into).map_err(reason)),
            Question::List(directory) => Answer::Names(listed(tree, directory)),
        };
        // Who asked may be gone.
        let _ = reply.send(answer);
    }
}

fn reason(error: GitError) -> FileError {
    match error {
        GitError::NotFound { .. } => FileError::Missing,
        _ => FileError::NotKnown,
    }
}

fn listed(tree: &Tree<'_>, directory: &str) -> Result<Arc<[String]>, FileError> {
    if !tree.is_directory(directory) {
        return Err(FileError::Missing);
    }
    let mut found = Vec::new();
    for (path, names) in tree.walk(directory, |_| true, |_| true).map_err(reason)? {
        let below = path.strip_prefix(directory).unwrap_or(&path).trim_start_matches('/');
        found.extend(names.iter().map(|name| joined(below, name)));
        if found.len() > LISTED {
            return Err(FileError::NotKnown);
        }
    }
    found.sort();
    Ok(found.into())
}
