//! Reads what the plan asks for, concurrently and within a deadline.
//! Knows nothing of comparing.

mod share;
#[cfg(test)]
mod tests;

use crate::interrupt::{Interrupt, Interrupted};
use crate::plan::{InstanceIndex, PlannedBatch, PlannedConnection, ReadPlan, serving};
use futures::FutureExt;
use futures::future::join_all;
use provider_api::{Connection, Gap, GapClass, LiveObject, Program, Provider, ReadOutcome, Scope};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How often the wish to end is looked for.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(50);

/// The reader's name where no provider module serves a source.
const NO_READER: &str = "none";

/// All that was read.
#[derive(Debug, Default)]
pub struct Live {
    /// In the order of the plan.
    pub connections: Vec<LiveConnection>,
    /// Programs that a second reading ran, with the address of the provider that each is.
    pub confirmed_by: Vec<(String, Program)>,
}

impl Live {
    /// Every program that read, with the address of the provider that it is, once and in order.
    pub fn programs(&self) -> BTreeSet<(String, Program)> {
        let of = |connection: &LiveConnection| Some((connection.source.clone(), connection.program.clone()?));
        self.connections.iter().filter_map(of).chain(self.confirmed_by.iter().cloned()).collect()
    }
}

/// What one provider configuration yielded.
#[derive(Debug)]
pub struct LiveConnection {
    /// The provider's address.
    pub source: String,
    /// The configuration's name within the scan.
    pub configuration: String,
    /// The reader: `native`, `recorded`, …; `none` where no provider module serves the source.
    pub reader: String,
    /// What answered; where nothing did, what the recorded attributes speak of.
    pub scope: Scope,
    /// The scope that the recorded attributes speak of.
    pub recorded_scope: Scope,
    /// Why the connection could not be opened, if so. Every batch holds the gap too.
    pub gap: Option<Gap>,
    /// The program that read, where it was somebody else's.
    pub program: Option<Program>,
    /// In the order of the plan.
    pub batches: Vec<LiveBatch>,
}

/// What one batch yielded.
#[derive(Debug)]
pub struct LiveBatch {
    /// The type.
    pub resource_type: String,
    /// The instances that were asked for, in the order of the request.
    pub instances: Vec<InstanceIndex>,
    /// Their ids, in the same order.
    pub ids: Vec<String>,
    /// The answer.
    pub outcome: ReadOutcome,
    /// What a second reader said of some of the instances, which counts for those; see [`crate::confirm`].
    pub confirmed: Option<Confirmed>,
}

/// The answer of a second reader.
#[derive(Debug, Default)]
pub struct Confirmed {
    /// The positions of the instances that it answered for.
    pub positions: BTreeSet<usize>,
    /// What it read, by the same positions.
    pub outcome: ReadOutcome,
}

impl LiveBatch {
    /// What was read for the instance at a position, and by which answer. An instance that is in neither is absent, or
    /// lies in a gap.
    pub(crate) fn object(&self, position: usize) -> (Option<&LiveObject>, &ReadOutcome) {
        let confirmed = self.confirmed.as_ref().filter(|confirmed| confirmed.positions.contains(&position));
        let outcome = confirmed.map_or(&self.outcome, |confirmed| &confirmed.outcome);
        let is_it = |object: &&LiveObject| match object.position {
            Some(other) => other == position,
            None => object.id == self.ids[position],
        };
        (outcome.objects.iter().find(is_it), outcome)
    }
}

/// How long reading may take.
#[derive(Debug, Clone, Copy)]
pub struct FetchSettings {
    /// For opening one connection, and for reading one type through it.
    pub batch_deadline: Duration,
    /// For everything.
    pub deadline: Duration,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self { batch_deadline: Duration::from_secs(10 * 60), deadline: Duration::from_secs(30 * 60) }
    }
}

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Connections opened and types read.
    pub done: usize,
    /// Connections and types in all.
    pub total: usize,
    /// Objects read.
    pub objects: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reading live objects: {} of {} reads done, {} objects", self.done, self.total, self.objects)
    }
}

/// Reads everything that the plan asks for. What cannot be read, or not in time, is a gap: only an interruption fails.
/// Needs a tokio runtime with its timer.
///
/// # Errors
/// When the user asks for an end. Reads under way are dropped.
pub async fn fetch(
    plan: &mut ReadPlan<'_>,
    providers: &[Box<dyn Provider>],
    settings: &FetchSettings,
    interrupt: &Interrupt,
    progress: &dyn Fn(Progress),
) -> Result<Live, Interrupted> {
    let limits = Limits { each: settings.batch_deadline, whole: settings.deadline, start: Instant::now() };
    let total = plan.connections.iter().map(|connection| 1 + connection.batches.len()).sum();
    let meter = Meter { progress, last: Cell::new(Progress { done: 0, total, objects: 0 }) };
    tokio::select! {
        biased;
        () = interrupted(interrupt) => Err(Interrupted),
        live = read_all(plan, providers, &limits, &meter) => Ok(live),
    }
}

/// Comes when the user asks for an end.
pub(crate) async fn interrupted(interrupt: &Interrupt) {
    while !interrupt.is_set() {
        tokio::time::sleep(INTERRUPT_INTERVAL).await;
    }
}

/// Opens all connections, then reads all batches: which configurations mean the same scope is known only in between.
async fn read_all(
    plan: &mut ReadPlan<'_>,
    providers: &[Box<dyn Provider>],
    limits: &Limits,
    meter: &Meter<'_>,
) -> Live {
    let opened = join_all(plan.connections.iter().map(|planned| open(planned, providers, limits, meter))).await;
    let asked = opened.iter().zip(&plan.connections).map(|(opened, planned)| listed(opened, planned, limits));
    let listed = join_all(asked).await;
    for (planned, types) in plan.connections.iter_mut().zip(listed) {
        list_too(planned, types, providers);
    }
    let plan = &*plan;
    let jobs = share::jobs(plan, &opened);
    let read = |job: share::Job| {
        let opened = &opened;
        async move {
            let outcomes = job.read(plan, opened, limits).await;
            meter.add(outcomes.len(), outcomes.iter().map(|(_, outcome)| outcome.objects.len()).sum());
            outcomes
        }
    };
    let outcomes = join_all(jobs.into_iter().map(read)).await.into_iter().flatten().collect();
    assemble(plan, opened, outcomes)
}

/// A connection that was tried.
struct Opened<'p> {
    /// None where no provider module serves the source.
    provider: Option<&'p dyn Provider>,
    connection: Result<Box<dyn Connection>, Gap>,
}

/// The types that a connection can list, where objects that nobody asked for are wanted.
async fn listed(opened: &Opened<'_>, planned: &PlannedConnection<'_>, limits: &Limits) -> Vec<String> {
    match &opened.connection {
        Ok(connection) if planned.inventory => {
            limits.guard("asking what can be listed", connection.listed_types()).await.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Plans the listing of types, but for those that another provider module reads.
fn list_too(planned: &mut PlannedConnection<'_>, types: Vec<String>, providers: &[Box<dyn Provider>]) {
    for resource_type in types {
        if serving(providers, &planned.source, &resource_type) != planned.provider {
            continue;
        }
        match planned.batches.binary_search_by(|batch| batch.resource_type.cmp(&resource_type)) {
            Ok(position) => planned.batches[position].unrequested = true,
            Err(position) => planned.batches.insert(
                position,
                PlannedBatch { resource_type, instances: Vec::new(), requested: Vec::new(), unrequested: true },
            ),
        }
    }
}

async fn open<'p>(
    planned: &PlannedConnection<'_>,
    providers: &'p [Box<dyn Provider>],
    limits: &Limits,
    meter: &Meter<'_>,
) -> Opened<'p> {
    let provider = planned.provider.and_then(|position| providers.get(position)).map(AsRef::as_ref);
    let connection = match provider {
        Some(provider) => {
            let connect = async { provider.connect(&planned.configuration).await };
            limits.guard("opening the connection", connect).await.and_then(|connection| connection)
        }
        None => {
            let cause = format!("no provider module reads {}", planned.source);
            Err(Gap { ids: Vec::new(), class: GapClass::Unsupported, cause })
        }
    };
    let unread = if connection.is_err() { planned.batches.len() } else { 0 };
    meter.add(1 + unread, 0);
    Opened { provider, connection }
}

/// Puts the outcomes of the batches, by connection and position, back in the order of the plan.
fn assemble(plan: &ReadPlan<'_>, opened: Vec<Opened<'_>>, mut outcomes: share::Outcomes) -> Live {
    let mut connections = Vec::with_capacity(opened.len());
    for (position, (planned, opened)) in plan.connections.iter().zip(opened).enumerate() {
        let recorded_scope = planned.configuration.recorded_scope.clone();
        let (scope, gap, program) = match opened.connection {
            Ok(connection) => (connection.scope().clone(), None, connection.program()),
            Err(gap) => (recorded_scope.clone(), Some(gap), None),
        };
        let batch = |(index, batch): (usize, &crate::plan::PlannedBatch<'_>)| LiveBatch {
            confirmed: None,
            resource_type: batch.resource_type.clone(),
            instances: batch.instances.clone(),
            ids: batch.requested.iter().map(|instance| instance.id.to_owned()).collect(),
            outcome: outcomes.remove(&(position, index)).unwrap_or_else(|| ReadOutcome {
                // Every batch of an open connection has an outcome; of any other the gap is the outcome.
                gaps: gap.iter().cloned().collect(),
                ..ReadOutcome::default()
            }),
        };
        connections.push(LiveConnection {
            batches: planned.batches.iter().enumerate().map(batch).collect(),
            source: planned.source.clone(),
            configuration: planned.configuration.name.clone(),
            reader: match opened.provider {
                Some(provider) => provider.reader_of(&planned.configuration),
                None => NO_READER.into(),
            },
            scope,
            recorded_scope,
            gap: gap.filter(|_| opened.provider.is_some()),
            program,
        });
    }
    Live { connections, ..Live::default() }
}

/// The deadlines.
struct Limits {
    each: Duration,
    whole: Duration,
    start: Instant,
}

impl Limits {
    /// When an answer that is asked for now comes too late.
    fn until(&self) -> Instant {
        (Instant::now() + self.each).min(self.start + self.whole)
    }

    /// Awaits a provider's answer. Being late is a gap, and so is a panic: one reader's fault must not end the scan.
    async fn guard<T>(&self, what: &str, answer: impl Future<Output = T>) -> Result<T, Gap> {
        let (each, whole) = (Instant::now() + self.each, self.start + self.whole);
        let (deadline, name, limit) = if each <= whole {
            (each, "deadline of a read", self.each)
        } else {
            (whole, "deadline of the scan", self.whole)
        };
        let gap = |class, cause| Gap { ids: Vec::new(), class, cause };
        match timeout_at(deadline, AssertUnwindSafe(answer).catch_unwind()).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(gap(GapClass::Failed, format!("{what}: the reader failed by a fault of its own"))),
            Err(_) => Err(gap(GapClass::TimedOut, format!("{what}: no answer within {limit:?}, the {name}"))),
        }
    }
}

/// Tells the caller how far reading has come.
struct Meter<'p> {
    progress: &'p dyn Fn(Progress),
    last: Cell<Progress>,
}

impl Meter<'_> {
    fn add(&self, done: usize, objects: usize) {
        let mut progress = self.last.get();
        progress.done += done;
        progress.objects += objects;
        self.last.set(progress);
        (self.progress)(progress);
    }
}
