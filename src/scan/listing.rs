//! Lists what a scan would look at: every state of every root module, without any live object.
//! Knows nothing of output formats.

use super::{Read, Subject, read_roots};
use crate::discover::LeftOut;
use crate::error::Error;
use crate::git::Repository;
use crate::interrupt::Interrupt;
use crate::model::{Notice, StateInfo, UnreadState};
use crate::settings;
use crate::state;
use crate::states::Unread;
use provider_states::Version;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

/// What a scan would look at.
#[derive(Debug, Default)]
pub struct Listing {
    /// The states, sorted by root module and workspace.
    pub states: Vec<ListedState>,
    /// The states that cannot be read.
    pub unread: Vec<UnreadState>,
    /// Directories with configuration that are not looked at.
    pub left_out: Vec<LeftOut>,
    /// What else is to be said.
    pub notices: Vec<Notice>,
}

/// A state that a scan would look at.
#[derive(Debug)]
pub struct ListedState {
    /// What identifies it.
    pub info: StateInfo,
    /// Managed instances in it.
    pub resources: usize,
    /// Earlier states that the backend still keeps, the newest first; none where that was not asked, or cannot be told.
    pub versions: Option<Result<Vec<Version>, String>>,
}

/// Lists the states of a subject. Of each at most `versions` earlier ones, where that is asked.
///
/// # Errors
/// No repository, no root module, or an interruption. A state that cannot be read is in the listing.
pub async fn listing(
    subject: &Subject,
    environment: BTreeMap<OsString, OsString>,
    config: Option<&Path>,
    versions: Option<usize>,
    interrupt: &Interrupt,
) -> Result<Listing, Error> {
    let repository = Repository::discover(&subject.dir)?;
    let approved = repository.approved(subject.reference.as_deref())?;
    let file = settings::read(&repository.tree(approved.commit)?, config)?;
    let environment = Arc::new(environment);
    let read = read_roots(subject, (&repository, &approved, &file), &environment, interrupt).await?;
    let Read { roots, left_out, notices } = read;
    let unread = roots.unread.iter().map(Unread::told).collect();
    let mut listing = Listing { states: Vec::new(), unread, left_out, notices };
    for (root, state) in roots.roots.iter().flat_map(|root| root.states.iter().map(move |state| (root, state))) {
        interrupt.check()?;
        match state::parse(&state.text) {
            Ok(parsed) => {
                let versions = match versions {
                    Some(most) => state.versions(most).await.map(|found| found.map_err(|error| error.to_string())),
                    None => None,
                };
                listing.states.push(ListedState { info: parsed.info, resources: parsed.instances.len(), versions });
            }
            Err(error) => listing.unread.push(UnreadState {
                root_module: root.configuration.directory.clone(),
                workspace: Some(root.configuration.workspace.clone()),
                cause: error.to_string(),
                hint: error.hint().to_owned(),
            }),
        }
    }
    Ok(listing)
}
