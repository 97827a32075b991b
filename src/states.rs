//! Reads the states of root modules wherever they are kept: which backend, which workspaces, what is kept for each.
//! Knows nothing of what a state says, beyond whether it is text and whether it is encrypted.

mod moved;
mod source;
mod text;

pub use moved::{Moved, Unseen, moved};

use crate::config::{self, Configuration, VariableSource};
use crate::discover::RootModule;
use crate::error::Error;
use crate::fetch::interrupted;
use crate::git::Tree;
use crate::interrupt::Interrupt;
use crate::model::UnreadState;
use crate::redact::hex;
use crate::state::{MAX_STATE_BYTES, StateText};
use futures::StreamExt;
use provider_states::{Aws, Class, DEFAULT_WORKSPACE, StoreError, Version};
use source::{Opened, Source, Wanted};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How many states, and lists of workspaces, are read at the same time.
const AT_ONCE: usize = 16;

/// How long one state, or one list of workspaces, may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is read of one root module.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Where its states are, instead of what its backend says: files, patterns, `-`, or addresses.
    pub sources: Vec<String>,
    /// What paths among the sources are relative to.
    pub base: PathBuf,
    /// The workspaces, as patterns; empty for all that have a state.
    pub workspaces: Vec<String>,
    /// What completes the backend block, as `terraform init -backend-config` takes it.
    pub backend_config: Vec<String>,
    /// Whether programs that its configuration names may be run for the keys of an encrypted state.
    pub allow_programs: bool,
}

/// What holds for one workspace of a root module.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// What variables are given, the stronger later.
    pub variables: Vec<VariableSource>,
    /// Why it is not to be looked at.
    pub skip: Option<String>,
}

/// What holds for a workspace of a root module: see [`Given`].
pub type GivenTo<'a> = &'a dyn Fn(&RootModule, &str) -> Result<Given, Error>;

/// A workspace that is not looked at on request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Directory of the root module.
    pub root_module: String,
    /// The workspace.
    pub workspace: String,
    /// Why.
    pub reason: String,
}

/// Where root modules are read from.
pub struct Place<'a> {
    /// The approved commit.
    pub tree: &'a Tree<'a>,
    /// The root of the work tree.
    pub work_dir: &'a Path,
    /// The environment.
    pub environment: &'a Arc<BTreeMap<OsString, OsString>>,
    /// Access to AWS.
    pub aws: Option<Arc<dyn Aws>>,
    /// The user's wish to end.
    pub interrupt: &'a Interrupt,
    /// What holds for each workspace.
    pub given: GivenTo<'a>,
    /// How long all of it may take.
    pub deadline: Duration,
}

/// One workspace of a root module, with its states: one, or those that were named.
#[derive(Debug)]
pub struct Root {
    /// What is declared, evaluated for the workspace.
    pub configuration: Configuration,
    /// What is recorded.
    pub states: Vec<ReadState>,
}

/// A state that was read.
#[derive(Debug)]
pub struct ReadState {
    /// What it says.
    pub text: StateText,
    /// Where to look whether it moved.
    source: Source,
    /// What the backend gave it, which changes with it.
    stamp: Option<String>,
    /// SHA-256 of its bytes as they are kept.
    digest: [u8; 32],
}

impl ReadState {
    /// `digest`: of the bytes as they are kept, which need not be hashed twice.
    fn new(mut text: StateText, source: Source, stamp: Option<String>, digest: [u8; 32]) -> Self {
        text.sha256.get_or_insert_with(|| hex(&digest));
        Self { text, source, stamp, digest }
    }

    /// Earlier states that the backend still keeps; none where it was named, or can keep none.
    pub async fn versions(&self, most: usize) -> Option<Result<Vec<Version>, StoreError>> {
        match &self.source {
            Source::Kept(backed, workspace) => Some(backed.store.versions(workspace, most).await),
            Source::Once | Source::File(..) => None,
        }
    }
}

/// All that was read, and what was not.
#[derive(Debug, Default)]
pub struct Roots {
    /// Sorted by directory, then workspace.
    pub roots: Vec<Root>,
    /// The errors behind what was not read, in the order of the root modules.
    pub unread: Vec<Unread>,
    /// What is not looked at on request.
    pub skipped: Vec<Skipped>,
}

/// A state that could not be read, with the error.
#[derive(Debug)]
pub struct Unread {
    /// Directory of the root module.
    pub root_module: String,
    /// The workspace; none where the workspaces themselves could not be listed.
    pub workspace: Option<String>,
    /// Why.
    pub error: Error,
}

impl Unread {
    /// As reports have it.
    pub fn told(&self) -> UnreadState {
        UnreadState {
            root_module: self.root_module.clone(),
            workspace: self.workspace.clone(),
            cause: self.error.to_string(),
            hint: self.error.hint().unwrap_or_default(),
        }
    }
}

/// Reads the states of root modules, each with what is asked of it. What cannot be read is told and stops nothing else.
///
/// # Errors
/// When the user ends it, or what is asked means nothing.
pub async fn read(modules: &[(Asked, RootModule)], place: &Place<'_>) -> Result<Roots, Error> {
    let mut found = Roots::default();
    let mut opened = Vec::new();
    for (asked, module) in modules {
        place.interrupt.check()?;
        let base = configuration(module, first_workspace(asked), place)?;
        match source::open(module, asked, &base, place) {
            Ok(source) => opened.push(Module { module, base: Some(base), source }),
            Err(error) => {
                let root_module = module.directory.clone();
                found.unread.push(Unread { root_module, workspace: None, error });
            }
        }
    }
    let until = Instant::now() + place.deadline;
    let targets = targets(&opened, &mut found, place, until).await?;
    let reads = targets.iter().map(|(index, workspace)| async {
        let late = || too_late(opened[*index].module, place.deadline).into();
        timeout_at(until, opened[*index].source.read(workspace)).await.unwrap_or_else(|_| Err(late()))
    });
    let kept: Vec<_> =
        unless_interrupted(place.interrupt, futures::stream::iter(reads).buffered(AT_ONCE).collect()).await?;
    let mut left = MAX_STATE_BYTES;
    for ((index, workspace), kept) in targets.into_iter().zip(kept) {
        place.interrupt.check()?;
        let kept = kept.and_then(|texts| within(&mut left, texts));
        add(&mut found, &mut opened[index], workspace, kept, place)?;
    }
    Ok(found)
}

/// The workspaces to read, each with the position of its root module.
async fn targets(
    opened: &[Module<'_>],
    found: &mut Roots,
    place: &Place<'_>,
    until: Instant,
) -> Result<Vec<(usize, String)>, Error> {
    let listed = opened.iter().map(|module| async {
        let late = |_| Listed { workspaces: Vec::new(), error: Some(too_late(module.module, place.deadline)) };
        timeout_at(until, module.source.workspaces()).await.unwrap_or_else(late)
    });
    let listed = futures::stream::iter(listed);
    let listed: Vec<Listed> = unless_interrupted(place.interrupt, listed.buffered(AT_ONCE).collect()).await?;
    let mut targets = Vec::new();
    for (index, listed) in listed.into_iter().enumerate() {
        let module = opened[index].module;
        for workspace in listed.workspaces {
            match (place.given)(module, &workspace)?.skip {
                None => targets.push((index, workspace)),
                Some(reason) => {
                    let root_module = module.directory.clone();
                    found.skipped.push(Skipped { root_module, workspace, reason });
                }
            }
        }
        if let Some(error) = listed.error {
            let root_module = module.directory.clone();
            found.unread.push(Unread { root_module, workspace: None, error: error.into() });
        }
    }
    Ok(targets)
}

/// A root module whose states can be read.
struct Module<'m> {
    module: &'m RootModule,
    /// Its configuration for the first workspace that was thought of, until that one takes it.
    base: Option<Configuration>,
    source: Opened,
}

/// What is said of what was not reached: a backend that does not answer must not hold up the scan once for each state.
fn too_late(module: &RootModule, deadline: Duration) -> StoreError {
    let place = format!("the backend of `{}`", config::backend::place(&module.directory));
    StoreError::new(place, Class::TimedOut, format!("reading states took longer than {} s in all", deadline.as_secs()))
}

/// Workspaces to read, and why there may be more.
#[derive(Debug, Default)]
struct Listed {
    workspaces: Vec<String>,
    error: Option<StoreError>,
}

/// The workspace to evaluate a configuration for before it is known which there are.
fn first_workspace(asked: &Asked) -> &str {
    match asked.workspaces.as_slice() {
        [only] if !Wanted::is_pattern(only) => only,
        _ => DEFAULT_WORKSPACE,
    }
}

fn configuration(module: &RootModule, workspace: &str, place: &Place<'_>) -> Result<Configuration, Error> {
    let variables = (place.given)(module, workspace)?.variables;
    let work_dir = Some(place.work_dir.to_owned());
    let options =
        config::Options { workspace: workspace.to_owned(), variables, work_dir, ..config::Options::default() };
    Ok(module.configuration(place.tree, &options))
}

/// All states together are held in memory.
fn within(left: &mut u64, texts: Vec<ReadState>) -> Result<Vec<ReadState>, Error> {
    let length: u64 = texts.iter().map(|state| state.text.text.len() as u64).sum();
    match left.checked_sub(length) {
        Some(rest) => *left = rest,
        None => {
            let place = texts.first().map(|state| state.text.source.clone()).unwrap_or_default();
            let cause = format!("all states together have more than {} GiB", MAX_STATE_BYTES >> 30);
            return Err(StoreError::new(place, Class::TooLarge, cause).with_hint("scan in parts").into());
        }
    }
    Ok(texts)
}

fn add(
    found: &mut Roots,
    opened: &mut Module<'_>,
    workspace: String,
    read: Result<Vec<ReadState>, Error>,
    place: &Place<'_>,
) -> Result<(), Error> {
    match read {
        Ok(states) => {
            let base = opened.base.take_if(|base| base.workspace == workspace);
            let configuration = match base {
                Some(base) => base,
                None => configuration(opened.module, &workspace, place)?,
            };
            found.roots.push(Root { configuration, states });
        }
        Err(error) => {
            let root_module = opened.module.directory.clone();
            // Whoever may not list, and may not read either, is told once.
            let denied = matches!(&error, Error::Store(error) if error.class == Class::Denied);
            let told = |unread: &Unread| unread.root_module == root_module && unread.workspace.is_none();
            if !(denied && found.unread.iter().any(told)) {
                found.unread.push(Unread { root_module, workspace: Some(workspace), error });
            }
        }
    }
    Ok(())
}

/// Awaits, unless the user ends it.
async fn unless_interrupted<T>(interrupt: &Interrupt, work: impl Future<Output = T>) -> Result<T, Error> {
    tokio::select! {
        biased;
        () = interrupted(interrupt) => Err(Error::Interrupted(crate::interrupt::Interrupted)),
        done = work => Ok(done),
    }
}
