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
    /// What it is now.
    pub now: ReadState,
}

/// A state that cannot be looked at again: nobody knows whether it moved.
#[derive(Debug)]
pub struct Unseen {
    /// Where it is kept.
    pub source: String,
    /// Why.
    pub cause: String,
}

/// The states that moved, and those of which that cannot be told. Standard input does not move.
///
/// # Errors
/// When the user ends it.
pub async fn moved(roots: &[Root], interrupt: &Interrupt) -> Result<(Vec<Moved>, Vec<Unseen>), Error> {
    let states = roots
        .iter()
        .enumerate()
        .flat_map(|(root, one)| one.states.iter().enumerate().map(move |(position, state)| ((root, position), state)));
    let looks = states.map(|(place, state)| async move { (place, state.text.source.clone(), now(state).await) });
    let looks: Vec<_> = unless_interrupted(interrupt, futures::stream::iter(looks).buffered(AT_ONCE).collect()).await?;
    let (mut moved, mut unseen) = (Vec::new(), Vec::new());
    for (place, source, now) in looks {
        match now {
            Ok(Some(now)) => moved.push(Moved { place, source, now }),
            Ok(None) => {}
            Err(error) => unseen.push(Unseen { source, cause: error.to_string() }),
        }
    }
    Ok((moved, unseen))
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
