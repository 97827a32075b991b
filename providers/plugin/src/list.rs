//! Lists the objects of a type, where the provider can (protocol 5.10 and 6.10), to find those that no state holds.
//! Knows nothing of how instances are read, but for the identities that reading them told.

use crate::diagnostics;
use crate::msgpack;
use crate::pool::{Ready, Slot, call_failed, configuration};
use crate::wire::{DynamicValue, ListEvent, ListRequest};
use provider_api::{Attributes, Gap, GapClass, LiveObject, ReadOutcome, ReadRequest};
use serde_json::Value;
use serde_json::value::to_raw_value;
use std::collections::HashSet;
use std::sync::Arc;

/// More objects of one type than this are not listed.
const MOST: i64 = 100_000;

/// What a gap of listing concerns: no instance that was asked for.
const NOT_REQUESTED: &str = "(objects in no state)";

/// Adds the objects that nobody asked for. `identities` are those of the objects that were read.
pub(crate) async fn list(slot: &Arc<Slot>, request: &ReadRequest<'_>, identities: &[Value], outcome: &mut ReadOutcome) {
    let Ok(ready) = slot.ready().await else { return };
    let listed = match request.until {
        None => listed(&ready, request, identities).await,
        Some(until) => match tokio::time::timeout_at(until.into(), listed(&ready, request, identities)).await {
            Ok(listed) => listed,
            Err(_) => Err((GapClass::TimedOut, "ListResource: no answer before the scan's deadline".to_owned())),
        },
    };
    match listed {
        Ok(None) => {}
        Ok(Some(objects)) => {
            outcome.listed = true;
            outcome.api_calls += 1;
            outcome.unrequested = objects;
        }
        Err((class, cause)) => {
            outcome.gaps.push(Gap { ids: vec![NOT_REQUESTED.into()], class, cause: ready.secrets.hide(&cause) });
        }
    }
}

/// None of a type that cannot be listed, or only below something that would have to be named.
async fn listed(
    ready: &Ready,
    request: &ReadRequest<'_>,
    identities: &[Value],
) -> Result<Option<Vec<LiveObject>>, (GapClass, String)> {
    let resource_type = request.resource_type;
    let broken = |cause: String| (GapClass::Failed, format!("ListResource: {cause}"));
    let Some(narrowing) = ready.catalog.list(resource_type).map_err(broken)? else { return Ok(None) };
    if narrowing.told.attributes.values().any(|attribute| attribute.flags.contains('r')) {
        return Ok(None);
    }
    let config = configuration(&narrowing, &Value::Object(Attributes::new())).map_err(broken)?;
    let message = ListRequest {
        type_name: resource_type.to_owned(),
        config: Some(DynamicValue { msgpack: config.into() }),
        include_resource_object: true,
        limit: MOST,
    };
    let failed = |status| (GapClass::Failed, call_failed("ListResource", &status, &ready.running));
    let mut events = ready.running.client.list(message).await.map_err(failed)?;
    let requested: HashSet<&str> = request.instances.iter().map(|instance| instance.id).collect();
    let mut objects = Vec::new();
    while let Some(event) = events.message().await.map_err(failed)? {
        if let Some((class, text)) = diagnostics::error(&event.diagnostics, &ready.secrets) {
            return Err((class, format!("ListResource: {text}")));
        }
        let (object, identity) = object(ready, resource_type, &event).map_err(broken)?;
        let known = identity.is_some_and(|identity| identities.contains(&identity));
        if !known && !requested.contains(object.id.as_str()) {
            objects.push(object);
        }
        if objects.len() as i64 >= MOST {
            return Err(broken(format!("more than {MOST} objects")));
        }
    }
    Ok(Some(objects))
}

/// An object and its identity. Its id is its attribute of that name; of an object without one the whole identity.
fn object(ready: &Ready, resource_type: &str, event: &ListEvent) -> Result<(LiveObject, Option<Value>), String> {
    let identity = match (&event.identity, ready.catalog.identity(resource_type)) {
        (Some(identity), Some((_, of))) => {
            let data = identity.data.as_ref().map(|data| msgpack::decode(&of, &data.msgpack)).transpose()?;
            data.filter(|identity| !identity.is_null())
        }
        _ => None,
    };
    let attributes = match (&event.resource_object, ready.catalog.resource(resource_type)?) {
        (Some(object), Some(schema)) => msgpack::decode(&schema.of, &object.msgpack)?,
        _ => Value::Null,
    };
    let id = match attributes.get("id").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => named(identity.as_ref(), &event.display_name),
    };
    let attributes = if attributes.is_object() { attributes } else { Value::Object(Attributes::new()) };
    let attributes = to_raw_value(&attributes).map_err(|error| error.to_string())?;
    Ok((LiveObject::new(id, attributes), identity))
}

/// An identity as text, `name=value` and commas between; without one the name that is for people.
fn named(identity: Option<&Value>, display_name: &str) -> String {
    let Some(Value::Object(entries)) = identity else { return display_name.to_owned() };
    let entry = |(name, value): (&String, &Value)| match value {
        Value::Null => None,
        Value::String(text) => Some(format!("{name}={text}")),
        other => Some(format!("{name}={other}")),
    };
    entries.iter().filter_map(entry).collect::<Vec<_>>().join(",")
}
