//! Reads instances one by one, as Terraform's refresh does: what state recorded is brought to the current schema, and handed
//! to the provider, which answers with the object as it is.
//! Knows nothing of processes; a provider that broke is told by its slot.

use crate::diagnostics;
use crate::limiter;
use crate::msgpack;
use crate::pool::{Ready, Slot, call_failed, crash};
use crate::schema::Schema;
use crate::wire::{Diagnostic, DynamicValue, Identity, RawState, ReadRequest as Message, UpgradeRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use provider_api::{Attributes, Gap, GapClass, LiveObject, ReadOutcome, ReadRequest, RequestedInstance};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long before the scanner stops waiting what was read by then is handed over.
const MARGIN: Duration = Duration::from_millis(500);

/// What came of one instance.
enum Answer {
    Found(Box<LiveObject>, Option<Value>),
    Absent,
    Gap(GapClass, String),
}

/// An identity that was read, by which a listed object is known again.
pub(crate) type Identities = Vec<Value>;

/// Reads all instances of a request that ask for it.
pub(crate) async fn read(slot: &Arc<Slot>, request: &ReadRequest<'_>) -> (ReadOutcome, Identities) {
    let ready = match slot.ready().await {
        Ok(ready) => ready,
        Err(gap) => return (ReadOutcome { gaps: vec![gap], ..ReadOutcome::default() }, Vec::new()),
    };
    let schema = match ready.catalog.resource(request.resource_type) {
        Ok(Some(schema)) => schema,
        Ok(None) => {
            let cause = format!("the installed provider has no resource type {}", request.resource_type);
            return (ReadOutcome::unread(GapClass::Unsupported, cause), Vec::new());
        }
        Err(cause) => return (ReadOutcome::unread(GapClass::Failed, cause), Vec::new()),
    };
    drop(ready);
    let mut waiting = request.instances.iter().enumerate();
    let mut reads: FuturesUnordered<BoxFuture<'_, (usize, Answer)>> = FuturesUnordered::new();
    let mut outcome = ReadOutcome { schema: Some(schema.told.clone()), ..ReadOutcome::default() };
    let mut answered = vec![false; request.instances.len()];
    let mut identities = Vec::new();
    let until = request.until.map(|until| until.checked_sub(MARGIN).unwrap_or_else(Instant::now));
    loop {
        // No more than can be under way: what waits takes no memory.
        while reads.len() < limiter::MOST
            && let Some((position, instance)) = waiting.next()
        {
            let reading = one(slot, request.resource_type, &schema, position, *instance);
            reads.push(reading.map(move |answer| (position, answer)).boxed());
        }
        let next = match until {
            None => reads.next().await,
            Some(until) => match tokio::time::timeout_at(until.into(), reads.next()).await {
                Ok(next) => next,
                Err(_) => break,
            },
        };
        let Some((position, answer)) = next else { break };
        answered[position] = true;
        outcome.api_calls += 1;
        match answer {
            Answer::Absent => {}
            Answer::Found(object, identity) => {
                outcome.objects.push(*object);
                identities.extend(identity);
            }
            Answer::Gap(class, cause) => gap(&mut outcome, class, cause, request.instances[position].id),
        }
    }
    for (position, _) in answered.iter().enumerate().filter(|(_, answered)| !**answered) {
        let cause = "no answer before the scan's deadline".to_owned();
        gap(&mut outcome, GapClass::TimedOut, cause, request.instances[position].id);
    }
    outcome.objects.sort_by_key(|object| object.position);
    (outcome, identities)
}

/// One cause that hits many instances is one gap.
fn gap(outcome: &mut ReadOutcome, class: GapClass, cause: String, id: &str) {
    match outcome.gaps.iter_mut().find(|gap| gap.class == class && gap.cause == cause) {
        Some(gap) => gap.ids.push(id.to_owned()),
        None => outcome.gaps.push(Gap { ids: vec![id.to_owned()], class, cause }),
    }
}

/// Reads one instance; once more where the provider broke meanwhile.
async fn one(
    slot: &Slot,
    resource_type: &str,
    schema: &Schema,
    position: usize,
    instance: RequestedInstance<'_>,
) -> Answer {
    for last in [false, true] {
        let mut place = slot.limiter.enter().await;
        let ready = match slot.ready().await {
            Ok(ready) => ready,
            Err(gap) => return Answer::Gap(gap.class, gap.cause),
        };
        let reading = attempt(&ready, resource_type, schema, position, instance);
        match timeout(slot.spec.read_limit, reading).await {
            Ok(Ok(answer)) => {
                if matches!(answer, Answer::Gap(GapClass::Throttled, _)) {
                    place.throttled();
                }
                return answer;
            }
            Ok(Err(cause)) => {
                let ended = ready.running.ends_soon().await;
                if last || !ended {
                    let cause = if ended { crash(&ready.running) } else { cause };
                    let recorded = serde_json::from_str(instance.attributes.get()).unwrap_or_default();
                    let secrets = ready.secrets.clone().with_sensitive(&schema.told, &recorded);
                    return Answer::Gap(GapClass::Failed, secrets.hide(&cause));
                }
            }
            Err(_) => {
                let limit = slot.spec.read_limit;
                return Answer::Gap(GapClass::TimedOut, format!("ReadResource: no answer within {limit:?}"));
            }
        }
    }
    Answer::Gap(GapClass::Failed, "the provider broke twice".into())
}

/// # Errors
/// When a call had no answer, which may be because the provider broke.
async fn attempt(
    ready: &Ready,
    resource_type: &str,
    schema: &Schema,
    position: usize,
    instance: RequestedInstance<'_>,
) -> Result<Answer, String> {
    let client = &ready.running.client;
    let recorded: Value = match serde_json::from_str(instance.attributes.get()) {
        Ok(recorded) => recorded,
        Err(error) => return Ok(Answer::Gap(GapClass::Failed, format!("attributes cannot be read: {error}"))),
    };
    let complaint = |diagnostics: &[Diagnostic]| {
        let secrets = || ready.secrets.clone().with_sensitive(&schema.told, &recorded);
        diagnostics::has_error(diagnostics).then(|| diagnostics::error(diagnostics, &secrets())).flatten()
    };
    let broken = |call: &str| {
        let call = call.to_owned();
        move |status| call_failed(&call, &status, &ready.running)
    };
    let Some(raw) = raw_state(schema, instance, recorded.clone()) else {
        let cause = format!(
            "state was written by a newer provider: it has schema version {}, the installed provider {}",
            instance.schema_version, schema.version
        );
        return Ok(Answer::Gap(GapClass::Unsupported, cause));
    };
    let request = UpgradeRequest {
        type_name: resource_type.to_owned(),
        version: i64::try_from(instance.schema_version).unwrap_or(i64::MAX),
        raw: Some(RawState { json: raw }),
    };
    let upgraded = client.upgrade_state(request).await.map_err(broken("UpgradeResourceState"))?;
    if let Some((class, text)) = complaint(&upgraded.diagnostics) {
        return Ok(Answer::Gap(class, format!("UpgradeResourceState: {text}")));
    }
    let current = upgraded.state.unwrap_or_default();
    let Ok(identity) = identity(ready, resource_type, instance).await? else {
        return Ok(Answer::Gap(
            GapClass::Failed,
            "the recorded identity cannot be brought to the current schema".into(),
        ));
    };
    let request = Message {
        type_name: resource_type.to_owned(),
        current_state: Some(current.clone()),
        private: instance.private.and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default().into(),
        provider_meta: ready.catalog.has_meta().then(|| DynamicValue { msgpack: Bytes::from_static(msgpack::NULL) }),
        current_identity: identity,
    };
    let read = client.read(request).await.map_err(broken("ReadResource"))?;
    if let Some((class, text)) = complaint(&read.diagnostics) {
        return Ok(Answer::Gap(class, format!("ReadResource: {text}")));
    }
    if read.deferred.is_some() {
        return Ok(Answer::Gap(GapClass::Failed, "ReadResource: the provider puts it off".into()));
    }
    let new = read.new_state.unwrap_or_default();
    let known = read.new_identity.and_then(|identity| {
        let (_, of) = ready.catalog.identity(resource_type)?;
        msgpack::decode(&of, &identity.data?.msgpack).ok()
    });
    let understood = |state: &DynamicValue, call: &str| {
        msgpack::decode(&schema.of, &state.msgpack).map_err(|cause| format!("{call}: {cause}"))
    };
    let (before, now) = match (understood(&current, "UpgradeResourceState"), understood(&new, "ReadResource")) {
        (Ok(before), Ok(now)) => (before, now),
        (Err(cause), _) | (_, Err(cause)) => return Ok(Answer::Gap(GapClass::Failed, cause)),
    };
    if before.is_null() {
        let cause = "UpgradeResourceState: nothing is left of the record".into();
        return Ok(Answer::Gap(GapClass::Failed, cause));
    }
    if now.is_null() {
        return Ok(Answer::Absent);
    }
    Ok(match object(instance, position, (&recorded, before), &now) {
        Ok(object) => Answer::Found(Box::new(object), known),
        Err(cause) => Answer::Gap(GapClass::Failed, cause),
    })
}

/// What state recorded, as it is handed to the provider; none where a newer provider wrote it. Of the current version,
/// attributes that the schema does not have are left out, as Terraform does.
fn raw_state(schema: &Schema, instance: RequestedInstance<'_>, mut recorded: Value) -> Option<Bytes> {
    if instance.schema_version > schema.version {
        return None;
    }
    if instance.schema_version == schema.version && schema.of.strip(&mut recorded) {
        return Some(recorded.to_string().into_bytes().into());
    }
    Some(Bytes::copy_from_slice(instance.attributes.get().as_bytes()))
}

/// The recorded identity in the current schema; none where there is none. The inner error is one of the identity itself.
async fn identity(
    ready: &Ready,
    resource_type: &str,
    instance: RequestedInstance<'_>,
) -> Result<Result<Option<Identity>, ()>, String> {
    let (Some(recorded), Some((version, of))) = (instance.identity, ready.catalog.identity(resource_type)) else {
        return Ok(Ok(None));
    };
    if instance.identity_version == version {
        let value: Option<Value> = serde_json::from_str(recorded.get()).ok();
        let bytes = value.and_then(|value| msgpack::encode(&of, &value).ok());
        let data = |bytes: Vec<u8>| Some(Identity { data: Some(DynamicValue { msgpack: bytes.into() }) });
        return Ok(bytes.map(data).ok_or(()));
    }
    let request = UpgradeRequest {
        type_name: resource_type.to_owned(),
        version: i64::try_from(instance.identity_version).unwrap_or(i64::MAX),
        raw: Some(RawState { json: Bytes::copy_from_slice(recorded.get().as_bytes()) }),
    };
    let upgraded = ready.running.client.upgrade_identity(request).await;
    let upgraded = upgraded.map_err(|status| call_failed("UpgradeResourceIdentity", &status, &ready.running))?;
    match diagnostics::error(&upgraded.diagnostics, &ready.secrets) {
        Some(_) => Ok(Err(())),
        None => Ok(Ok(upgraded.identity)),
    }
}

/// The object, beside those recorded attributes that the schema has otherwise than state wrote them.
fn object(
    instance: RequestedInstance<'_>,
    position: usize,
    (recorded, before): (&Value, Value),
    now: &Value,
) -> Result<LiveObject, String> {
    let Value::Object(before) = before else {
        return Err("UpgradeResourceState: nothing is left of the record".into());
    };
    let unlike = |(name, value): &(String, Value)| recorded.get(name).unwrap_or(&Value::Null) != value;
    let upgraded: Attributes = before.into_iter().filter(unlike).collect();
    let raw = |value: &dyn Fn() -> serde_json::Result<Box<RawValue>>| value().map_err(|error| error.to_string());
    Ok(LiveObject {
        position: Some(position),
        upgraded: match upgraded.is_empty() {
            true => None,
            false => Some(raw(&|| to_raw_value(&upgraded))?),
        },
        ..LiveObject::new(instance.id, raw(&|| to_raw_value(now))?)
    })
}
