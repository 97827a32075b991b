//! Where the states of one root module are: named files, standard input, or a backend that was opened.
//! Knows nothing of what is kept there.

use super::text::{self, Decryption};
use super::{Asked, Listed, PATIENCE, Place, ReadState};
use crate::config::{Configuration, backend};
use crate::discover::RootModule;
use crate::error::Error;
use crate::model::StateOrigin;
use crate::state;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use provider_states::{Class, DEFAULT_WORKSPACE, Kept, Store, StoreError, Surroundings};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a state is read from, and read again.
#[derive(Clone)]
pub(super) enum Source {
    /// Standard input: gone once it was read.
    Once,
    /// A file that was named.
    File(PathBuf, Decryption),
    /// A workspace of a backend.
    Kept(Arc<Backed>, String),
}

/// An opened backend.
pub(super) struct Backed {
    pub(super) store: Box<dyn Store>,
    kind: String,
    root_module: String,
    decryption: Decryption,
}

/// The states of one root module, ready to be read.
pub(super) struct Opened {
    root_module: String,
    parts: Vec<Part>,
    wanted: Wanted,
}

enum Part {
    /// A file, a pattern or standard input, relative to a directory.
    Named(String, PathBuf, Decryption),
    /// A backend, and the workspace that alone was named.
    Backend(Arc<Backed>, Option<String>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Once => f.write_str("standard input"),
            Self::File(path, _) => write!(f, "{}", path.display()),
            Self::Kept(backed, workspace) => f.write_str(&backed.store.place(workspace)),
        }
    }
}

/// The workspaces that are wanted.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Names and patterns as given; empty for all.
    given: Vec<String>,
    patterns: GlobSet,
}

impl Wanted {
    /// Whether a text means more than the workspace of that name.
    pub(super) fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?', '[', '{'])
    }

    fn new(given: &[String]) -> Result<Self, Error> {
        let mut patterns = GlobSetBuilder::new();
        for text in given {
            let pattern = GlobBuilder::new(text).build();
            patterns
                .add(pattern.map_err(|error| {
                    Error::Usage(format!("the workspace `{text}` is no pattern: {}", error.kind()))
                })?);
        }
        let patterns =
            patterns.build().map_err(|error| Error::Usage(format!("the workspaces are no patterns: {error}")))?;
        Ok(Self { given: given.to_vec(), patterns })
    }

    /// The names, where no pattern is among them: then nothing need be listed.
    fn names(&self) -> Option<&[String]> {
        let exact = !self.given.is_empty() && !self.given.iter().any(|text| Self::is_pattern(text));
        exact.then_some(&self.given)
    }

    fn has(&self, workspace: &str) -> bool {
        self.given.is_empty() || self.patterns.is_match(workspace)
    }
}

/// Opens what is asked of a root module. Nothing is read yet.
pub(super) fn open(
    module: &RootModule,
    asked: &Asked,
    configuration: &Configuration,
    place: &Place<'_>,
) -> Result<Opened, Error> {
    let around = Surroundings {
        environment: place.environment.clone(),
        directory: place.work_dir.join(&module.directory),
        patience: PATIENCE,
        aws: place.aws.clone(),
        may_run_programs: asked.allow_programs,
    };
    let decryption = Decryption::new(configuration, asked.allow_programs, &around)?;
    let wanted = Wanted::new(&asked.workspaces)?;
    let mut parts = Vec::new();
    for source in &asked.sources {
        parts.push(match provider_states::named(source)? {
            None => Part::Named(source.clone(), asked.base.clone(), decryption.clone()),
            Some(named) => {
                let backed = backed(module, &named.backend, &around, &decryption)?;
                Part::Backend(backed, named.workspace)
            }
        });
    }
    if parts.is_empty() {
        let data_dir = around.environment.get(std::ffi::OsStr::new("TF_DATA_DIR")).map(Path::new);
        let completion = backend::Completion {
            initialized: backend::initialized(&around.directory, data_dir),
            given: backend::given(&asked.backend_config, &around.directory)?,
        };
        let backend = backend::backend(configuration, &completion)?;
        parts.push(Part::Backend(backed(module, &backend, &around, &decryption)?, None));
    }
    Ok(Opened { root_module: module.directory.clone(), parts, wanted })
}

fn backed(
    module: &RootModule,
    backend: &provider_states::Backend,
    around: &Surroundings,
    decryption: &Decryption,
) -> Result<Arc<Backed>, StoreError> {
    let store = provider_states::open(backend, around).map_err(|error| {
        // A backend that cannot be opened has no place of its own yet.
        let of = backend::place(&module.directory);
        StoreError { place: format!("the {} backend of `{of}`", backend.kind), ..error }
    })?;
    let (kind, root_module) = (backend.kind.clone(), module.directory.clone());
    Ok(Arc::new(Backed { store, kind, root_module, decryption: decryption.clone() }))
}

impl Opened {
    /// The workspace that named states are those of: the one that is wanted, else the default one.
    fn named_workspace(&self) -> &str {
        match self.wanted.names() {
            Some([only]) => only,
            _ => DEFAULT_WORKSPACE,
        }
    }

    /// The workspaces to read.
    pub(super) async fn workspaces(&self) -> Listed {
        let mut listed = Listed::default();
        for part in &self.parts {
            match part {
                Part::Named(..) => listed.workspaces.push(self.named_workspace().to_owned()),
                Part::Backend(_, Some(workspace)) => listed.workspaces.push(workspace.clone()),
                Part::Backend(backed, None) => self.list(backed, &mut listed).await,
            }
        }
        listed.workspaces.sort();
        listed.workspaces.dedup();
        listed
    }

    async fn list(&self, backed: &Backed, listed: &mut Listed) {
        if let Some(names) = self.wanted.names() {
            return listed.workspaces.extend(names.iter().cloned());
        }
        match backed.store.workspaces().await {
            Ok(all) => {
                let some = !all.is_empty();
                listed.workspaces.extend(all.into_iter().filter(|workspace| self.wanted.has(workspace)));
                // Where nothing is kept at all, the default workspace is what will be applied first.
                if !some && self.wanted.has(DEFAULT_WORKSPACE) {
                    listed.workspaces.push(DEFAULT_WORKSPACE.to_owned());
                }
            }
            Err(error) => {
                // Whoever may not list may still read.
                if error.class == Class::Denied && self.wanted.has(DEFAULT_WORKSPACE) {
                    listed.workspaces.push(DEFAULT_WORKSPACE.to_owned());
                }
                listed.error = Some(error);
            }
        }
    }

    /// Everything that is kept for a workspace.
    pub(super) async fn read(&self, workspace: &str) -> Result<Vec<ReadState>, Error> {
        let mut states = Vec::new();
        for part in &self.parts {
            match part {
                Part::Named(name, base, decryption) if workspace == self.named_workspace() => {
                    for mut text in state::read(name, base)? {
                        text.origin.root_module.clone_from(&self.root_module);
                        text.origin.workspace = workspace.to_owned();
                        let source = if name == "-" {
                            Source::Once
                        } else {
                            Source::File(base.join(&text.source), decryption.clone())
                        };
                        let digest = text::digest(text.text.as_bytes());
                        states.push(ReadState::new(decryption.applied(text).await?, source, None, digest));
                    }
                }
                Part::Backend(backed, only) if only.as_ref().is_none_or(|only| only == workspace) => {
                    let kept = backed.store.read(workspace).await?;
                    states.push(backed.state(workspace, kept).await?);
                }
                Part::Named(..) | Part::Backend(..) => {}
            }
        }
        Ok(states)
    }
}

impl Backed {
    /// Where a state is kept; of a local one from the repository's root.
    fn place(&self, workspace: &str) -> String {
        let place = self.store.place(workspace);
        match self.kind.as_str() {
            "local" if !self.root_module.is_empty() && Path::new(&place).is_relative() => {
                format!("{}/{place}", self.root_module)
            }
            _ => place,
        }
    }

    /// What is kept for a workspace, as text.
    pub(super) async fn state(self: &Arc<Self>, workspace: &str, kept: Kept) -> Result<ReadState, Error> {
        let source = self.place(workspace);
        let (stamp, digest) = (kept.stamp.clone(), text::digest(kept.bytes.as_deref().unwrap_or_default()));
        // Elsewhere nothing kept means nothing applied; a local file may just not be on this machine.
        if self.kind == "local" && kept.bytes.is_none() {
            return Err(state::StateError { state: source, problem: state::StateProblem::NotFound }.into());
        }
        let origin = StateOrigin {
            root_module: self.root_module.clone(),
            workspace: workspace.to_owned(),
            backend: Some(self.kind.clone()),
            nothing_kept: kept.bytes.is_none(),
            version: kept.version,
            modified_at: kept.modified_at,
            checked_by: kept.checked_by,
            lock: kept.lock,
            lock_unread: kept.lock_unread,
            run: kept.run,
            encrypted: false,
        };
        let text = self.decryption.applied(text::of_bytes(source, kept.bytes, origin)?).await?;
        Ok(ReadState::new(text, Source::Kept(self.clone(), workspace.to_owned()), stamp, digest))
    }
}
