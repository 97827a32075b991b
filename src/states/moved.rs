//! Looks whether states moved since they were read, and reads those again that did.
//! Knows nothing of what is done about it.

use super::source::Source;
use super::text::digest;
use super::{AT_ONCE, ReadState, Root, unless_interrupted};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::state::{self, StateText};
use futures::StreamExt;
use std::path::Path;

/// A state that is not what it was when it was read.
#[derive(Debug)]
pub struct Moved {
    /// The positions of its root module and of itself there.
    pub place: (usize, usize),
    /// Where it is kept.
    pub source: String,
    /// What it is now, or why that cannot be read.
    pub now: Result<ReadState, Error>,
}

/// The states that moved. What cannot be looked at again, such as standard input, has not.
///
/// # Errors
/// When the user ends it.
pub async fn moved(roots: &[Root], interrupt: &Interrupt) -> Result<Vec<Moved>, Error> {
    let states = roots
        .iter()
        .enumerate()
        .flat_map(|(root, one)| one.states.iter().enumerate().map(move |(position, state)| ((root, position), state)));
    let looks = states.map(|(place, state)| async move {
        let source = state.text.source.clone();
        now(state).await.transpose().map(|now| Moved { place, source, now })
    });
    let looks: Vec<Option<Moved>> =
        unless_interrupted(interrupt, futures::stream::iter(looks).buffered(AT_ONCE).collect()).await?;
    Ok(looks.into_iter().flatten().collect())
}

/// What a state is now, if that differs.
async fn now(state: &ReadState) -> Result<Option<ReadState>, Error> {
    match &state.source {
        Source::Once => Ok(None),
        Source::File(path, decryption) => {
            let again = state::read(&path.to_string_lossy(), Path::new("."))?.into_iter().next();
            let same = |text: &StateText| digest(text.text.as_bytes()) == state.digest;
            let Some(mut text) = again.filter(|text| !same(text)) else { return Ok(None) };
            text.source.clone_from(&state.text.source);
            text.origin = state.text.origin.clone();
            let digest = digest(text.text.as_bytes());
            let text = decryption.applied(text).await?;
            Ok(Some(ReadState::new(text, state.source.clone(), None, digest)))
        }
        Source::Kept(backed, workspace) => {
            if state.stamp.is_some() && backed.store.stamp(workspace).await? == state.stamp {
                return Ok(None);
            }
            let kept = backed.store.read(workspace).await?;
            if digest(kept.bytes.as_deref().unwrap_or_default()) == state.digest {
                return Ok(None);
            }
            backed.state(workspace, kept).await.map(Some)
        }
    }
}
