//! The files that expressions read: those of the approved commit, by paths from the root module.
//! Knows nothing of expressions.

use super::module::joined;
use super::sources::{Sources, is_fetched};
use crate::git::GitError;
use crate::language::FileError;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a file that are read.
const FILE: u64 = 16 << 20;
/// Bytes of all files that are kept.
const TOTAL: usize = 128 << 20;
/// Files that are listed.
const LISTED: usize = 100_000;

/// What was read or listed.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Content(Result<Arc<[u8]>, FileError>),
    List(Result<Arc<[String]>, FileError>),
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Question {
    Content(String),
    List(String),
}

pub(super) type Request = (Question, Sender<Answer>);

/// Everything that was read, and for as long as a configuration is being read somebody to ask for more: a commit's
/// objects are read by one thread only.
#[derive(Debug, Default)]
pub(crate) struct Files {
    known: Mutex<HashMap<Question, Answer>>,
    ask: Option<Mutex<Sender<Request>>>,
}

impl Files {
    /// Files that are asked for through a channel.
    pub(super) fn asked() -> (Self, Receiver<Request>) {
        let (ask, requests) = channel();
        (Self { known: Mutex::default(), ask: Some(Mutex::new(ask)) }, requests)
    }

    /// From now on only what was read is known.
    pub(super) fn close(&mut self) {
        self.ask = None;
    }

    pub(crate) fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        match self.answer(Question::Content(path.to_owned())) {
            Some(Answer::Content(content)) => content,
            _ => Err(FileError::NotKnown),
        }
    }

    pub(crate) fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        match self.answer(Question::List(directory.to_owned())) {
            Some(Answer::List(list)) => list.map(|list| list.to_vec()),
            _ => Err(FileError::NotKnown),
        }
    }

    fn answer(&self, question: Question) -> Option<Answer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&question).cloned();
        if known.is_some() {
            return known;
        }
        let (reply, answers) = channel();
        self.ask.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).send((question.clone(), reply)).ok()?;
        let answer = answers.recv().ok()?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(question, answer.clone());
        Some(answer)
    }
}

/// Answers until nobody asks any more. `root` is the directory of the root module.
pub(super) fn serve(sources: &Sources<'_, '_>, root: &str, requests: &Receiver<Request>) {
    let mut total = 0;
    for (question, reply) in requests {
        let answer = match &question {
            Question::Content(path) => Answer::Content(content(sources, root, path, &mut total)),
            Question::List(directory) => Answer::List(listed(sources, root, directory)),
        };
        // Who asked may be gone.
        let _ = reply.send(answer);
    }
}

/// A path from the root of the repository; none for what lies outside.
fn inside(root: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) || path.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = root.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn content(sources: &Sources<'_, '_>, root: &str, path: &str, total: &mut usize) -> Result<Arc<[u8]>, FileError> {
    let path = inside(root, path).ok_or(FileError::NotKnown)?;
    if *total > TOTAL {
        return Err(FileError::NotKnown);
    }
    let bytes = sources.read(&path, FILE).map_err(reason)?;
    *total += bytes.len();
    Ok(bytes.into())
}

fn reason(error: GitError) -> FileError {
    match error {
        GitError::NotFound { .. } => FileError::Missing,
        _ => FileError::NotKnown,
    }
}

fn listed(sources: &Sources<'_, '_>, root: &str, directory: &str) -> Result<Arc<[String]>, FileError> {
    let tree = sources.tree;
    let directory = inside(root, directory).filter(|path| !is_fetched(path)).ok_or(FileError::NotKnown)?;
    if sources.is_laid_over(&directory) {
        return Err(FileError::NotKnown);
    }
    if !tree.is_directory(&directory) {
        return Err(FileError::Missing);
    }
    let directories = tree.walk(&directory, |_| true, |_| true).map_err(reason)?;
    let mut found = Vec::new();
    for (path, names) in directories {
        let below = path.strip_prefix(&directory).unwrap_or(&path).trim_start_matches('/');
        found.extend(names.iter().map(|name| joined(below, name)));
        if found.len() > LISTED {
            return Err(FileError::NotKnown);
        }
    }
    found.sort();
    Ok(found.into())
}
