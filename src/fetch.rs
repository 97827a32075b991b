//! Reads what the plan asks for, concurrently and within a deadline.
//! Knows nothing of comparing.

use crate::plan::InstanceIndex;
use provider_api::{Gap, ReadOutcome, Scope};

/// All that was read.
#[derive(Debug, Default)]
pub struct Live {
    /// In the order of the plan.
    pub connections: Vec<LiveConnection>,
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
    /// What answered; what is known of it where nothing did.
    pub scope: Scope,
    /// The scope that the recorded attributes speak of.
    pub recorded_scope: Scope,
    /// Why the connection could not be opened, if so.
    pub gap: Option<Gap>,
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
}
