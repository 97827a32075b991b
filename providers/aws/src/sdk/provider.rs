//! The provider contract, fulfilled by the native readers.
//! Knows nothing of any resource type in particular.

use super::activity;
use super::batch::Batch;
use super::client::Shared;
use super::meter::{counted, permitting};
use super::place::Place;
use crate::identity::recorded_scope;
use crate::types;
use futures::future::BoxFuture;
use provider_api::{
    ActivityOutcome, ActivityRequest, Attributes, Connection, Gap, GapClass, Provider, ProviderConfiguration,
    ReadOutcome, ReadRequest, Scope,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads AWS through its own bulk APIs.
pub struct Aws {
    shared: Shared,
}

impl Aws {
    /// A provider with no connection yet. `max_rps`: requests a second that one service of an account and region is asked
    /// at most; none for what is known to leave other callers of the account alone.
    pub fn new(max_rps: Option<u32>) -> Self {
        Self { shared: Shared::new(max_rps) }
    }
}

impl Provider for Aws {
    fn reader(&self) -> &'static str {
        "native"
    }

    /// `registry.terraform.io/hashicorp/aws`, the same in OpenTofu's registry or in a mirror.
    fn serves(&self, source: &str) -> bool {
        source.strip_suffix("/hashicorp/aws").is_some_and(|host| !host.contains('/'))
    }

    fn reads(&self, _: &str, resource_type: &str) -> bool {
        types::types().resource_type(resource_type).is_some()
    }

    fn resource_types(&self) -> Vec<String> {
        types::types().types.iter().map(|resource_type| resource_type.name.to_owned()).collect()
    }

    fn is_global(&self, resource_type: &str) -> bool {
        types::is_global(resource_type)
    }

    fn tells_activity(&self) -> bool {
        true
    }

    fn recorded_scope(&self, attributes: &Attributes) -> Scope {
        recorded_scope(attributes)
    }

    fn connect<'a>(
        &'a self,
        configuration: &'a ProviderConfiguration,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
        Box::pin(async move {
            let (place, calls) = counted(self.shared.open(configuration)).await;
            let place = place?;
            let scope = Scope { account: place.account.clone(), region: Some(place.region.clone()) };
            Ok(Box::new(Open { place, scope, calls_to_open: AtomicU64::new(calls) }) as Box<dyn Connection>)
        })
    }
}

/// An open place.
struct Open {
    place: Arc<Place>,
    scope: Scope,
    /// Calls that opening took; the first batch carries them.
    calls_to_open: AtomicU64,
}

impl Connection for Open {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn read<'a>(&'a self, request: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome> {
        Box::pin(async move {
            let mut batch = Batch::new(request);
            let reading = async {
                match types::read(request.resource_type, &self.place, &mut batch) {
                    Some(reader) => reader.await,
                    None => Err(Gap {
                        ids: Vec::new(),
                        class: GapClass::Unsupported,
                        cause: "no reader for this resource type".to_owned(),
                    }),
                }
            };
            let permissions =
                types::types().resource_type(request.resource_type).map_or(&[][..], |one| one.permissions);
            let (result, calls) = counted(permitting(permissions, reading)).await;
            let mut outcome = batch.finish(result);
            outcome.api_calls = calls + self.calls_to_open.swap(0, Ordering::Relaxed);
            outcome
        })
    }

    fn activity<'a>(&'a self, request: &'a ActivityRequest<'a>) -> BoxFuture<'a, ActivityOutcome> {
        Box::pin(async move {
            let (mut outcome, calls) = counted(activity::activity(&self.place, &self.scope, request)).await;
            outcome.api_calls = calls + self.calls_to_open.swap(0, Ordering::Relaxed);
            outcome
        })
    }
}
