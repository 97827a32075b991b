//! Reads live objects, and after a state moved only those that it concerns once more.
//! Knows nothing of how they are read, nor of what is made of them.

use super::Settings;
use crate::error::Error;
use crate::fetch::{self, FetchSettings, Live, LiveConnection, Progress};
use crate::interrupt::Interrupt;
use crate::plan::{PlannedConnection, ReadPlan};
use crate::states::{Moved, Roots};
use provider_api::Provider;
use std::collections::{HashMap, HashSet};

/// The positions of a root module and of one of its states.
pub(super) type StatePlace = (usize, usize);

/// What a first reading left for a second.
pub(super) struct Earlier {
    live: Live,
    places: Vec<StatePlace>,
    moved: HashSet<StatePlace>,
    /// Where the states that moved are kept.
    said: Vec<String>,
}

/// What of a first reading may still stand.
pub(super) struct Again {
    live: Live,
    /// Positions of the states that moved.
    moved: HashSet<usize>,
}

impl Earlier {
    /// Keeps what was read, where that can be told apart from what must be read again.
    pub(super) fn new(live: Live, places: Vec<StatePlace>, settings: &Settings) -> Self {
        // Lists of everything, second opinions and recordings are of one piece.
        let parts = !settings.inventory.wanted && !settings.confirm && settings.record.is_none();
        let live = if parts { live } else { Live::default() };
        Self { live, places, moved: HashSet::new(), said: Vec::new() }
    }

    /// Takes over what moved into the root modules.
    pub(super) fn replacing(mut self, roots: &mut Roots, moved: Vec<Moved>) -> Self {
        for Moved { place: (root, state), source, now } in moved {
            roots.roots[root].states[state] = now;
            self.moved.insert((root, state));
            self.said.push(source);
        }
        self
    }

    /// What may be used again, for states at these places, and where the states that moved are kept.
    pub(super) fn split(self, places: &[StatePlace]) -> (Again, Vec<String>) {
        // A state that became unreadable shifts all others.
        let live = if self.places == places { self.live } else { Live::default() };
        let moved = places.iter().enumerate().filter(|(_, place)| self.moved.contains(place));
        (Again { live, moved: moved.map(|(position, _)| position).collect() }, self.said)
    }
}

/// Reads what the plan asks for, but for what an earlier reading answered and nothing has changed of.
pub(super) async fn read(
    plan: &mut ReadPlan<'_>,
    providers: &[Box<dyn Provider>],
    again: Option<Again>,
    limits: &FetchSettings,
    (interrupt, progress): (&Interrupt, &(dyn Fn(Progress) + Sync)),
) -> Result<Live, Error> {
    let Some(Again { live, moved }) = again else {
        return Ok(fetch::fetch(plan, providers, limits, interrupt, progress).await?);
    };
    let mut earlier: HashMap<String, LiveConnection> =
        live.connections.into_iter().map(|connection| (connection.configuration.clone(), connection)).collect();
    let reused = |planned: &PlannedConnection<'_>| {
        let old = earlier.remove(&planned.configuration.name)?;
        (is_same(planned, &old) && !touches(planned, &moved)).then_some(old)
    };
    let reused: Vec<Option<LiveConnection>> = plan.connections.iter().map(reused).collect();
    let mut kept = Vec::new();
    let mut fresh = ReadPlan::default();
    for (planned, reused) in std::mem::take(&mut plan.connections).into_iter().zip(&reused) {
        if reused.is_some() { kept.push(planned) } else { fresh.connections.push(planned) }
    }
    let read = fetch::fetch(&mut fresh, providers, limits, interrupt, progress).await?;
    let (mut kept, mut fresh, mut read) =
        (kept.into_iter(), fresh.connections.into_iter(), read.connections.into_iter());
    let mut connections = Vec::new();
    for reused in reused {
        let from = if reused.is_some() { &mut kept } else { &mut fresh };
        plan.connections.extend(from.next());
        connections.extend(reused.or_else(|| read.next()));
    }
    Ok(Live { connections, ..Live::default() })
}

/// Whether a connection was asked for exactly this before.
fn is_same(planned: &PlannedConnection<'_>, old: &LiveConnection) -> bool {
    let same = |(batch, old): (&crate::plan::PlannedBatch<'_>, &fetch::LiveBatch)| {
        let ids = batch.requested.iter().map(|instance| instance.id);
        batch.resource_type == old.resource_type && batch.instances == old.instances && ids.eq(old.ids.iter())
    };
    planned.source == old.source
        && planned.batches.len() == old.batches.len()
        && planned.batches.iter().zip(&old.batches).all(same)
}

fn touches(planned: &PlannedConnection<'_>, moved: &HashSet<usize>) -> bool {
    planned.batches.iter().flat_map(|batch| &batch.instances).any(|index| moved.contains(&index.state))
}
