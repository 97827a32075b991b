//! A debugging aid: reads the live objects of a state's AWS instances and prints where recorded and live differ.
//! Tags are left out, and unset and empty values are the same here; the scanner knows better.
//!
//! `cargo run -p provider-aws --example read -- STATE [--unmanaged] [TYPE…]`

use provider_api::{Attributes, Provider, ProviderConfiguration, ReadRequest, RequestedInstance, Scope};
use provider_aws::Aws;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct State {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    module: String,
    mode: String,
    #[serde(rename = "type")]
    resource_type: String,
    name: String,
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Value,
    attributes: Box<RawValue>,
}

struct Managed {
    address: String,
    id: String,
    attributes: Box<RawValue>,
}

type Batches = BTreeMap<Scope, BTreeMap<String, Vec<Managed>>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let unmanaged = arguments.iter().any(|argument| argument == "--unmanaged");
    arguments.retain(|argument| argument != "--unmanaged");
    let path = arguments.first().ok_or("usage: read STATE [--unmanaged] [TYPE…]")?;
    let state: State = serde_json::from_slice(&std::fs::read(path)?)?;
    let batches = batches(state, &arguments[1..])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(read(&batches, unmanaged));
    Ok(())
}

/// The instances by scope and type. Where an instance does not tell its region, that of its module's others holds.
fn batches(state: State, types: &[String]) -> Result<Batches, Box<dyn std::error::Error>> {
    let aws = Aws::new(None);
    let mut regions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut instances = Vec::new();
    for resource in state.resources.into_iter().filter(|resource| resource.mode == "managed") {
        for instance in resource.instances {
            let attributes: Attributes = serde_json::from_str(instance.attributes.get())?;
            let region = aws.recorded_scope(&attributes).region;
            regions.entry(resource.module.clone()).or_default().extend(region);
            let id = attributes.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let address =
                format!("{}.{}.{}[{}]", resource.module, resource.resource_type, resource.name, instance.index_key);
            let managed = Managed { address, id, attributes: instance.attributes };
            instances.push((resource.module.clone(), resource.resource_type.clone(), managed));
        }
    }
    let mut batches = Batches::new();
    for (module, resource_type, managed) in instances {
        if types.is_empty() || types.contains(&resource_type) {
            let region = regions.get(&module).and_then(|regions| regions.first().cloned());
            let scope = Scope { account: None, region };
            batches.entry(scope).or_default().entry(resource_type).or_default().push(managed);
        }
    }
    Ok(batches)
}

async fn read(batches: &Batches, unmanaged: bool) {
    let aws = Aws::new(None);
    for (scope, by_type) in batches {
        let configuration = ProviderConfiguration {
            known: scope.region.iter().map(|region| ("region".to_owned(), Value::from(region.as_str()))).collect(),
            recorded_scope: scope.clone(),
            ..ProviderConfiguration::default()
        };
        let connection = match aws.connect(&configuration).await {
            Ok(connection) => connection,
            Err(gap) => {
                println!("{scope:?}: {gap:?}");
                continue;
            }
        };
        println!("== {:?}", connection.scope());
        let requests: Vec<ReadRequest<'_>> = by_type
            .iter()
            .map(|(resource_type, instances)| ReadRequest {
                resource_type,
                instances: instances.iter().map(|one| RequestedInstance::new(&one.id, &one.attributes)).collect(),
                unrequested: unmanaged,
                until: None,
            })
            .collect();
        let outcomes = futures::future::join_all(requests.iter().map(|request| connection.read(request))).await;
        for (request, outcome) in requests.iter().zip(outcomes) {
            let instances = &by_type[request.resource_type];
            println!(
                "{}: {} of {}, {} calls",
                request.resource_type,
                outcome.objects.len(),
                instances.len(),
                outcome.api_calls
            );
            for gap in &outcome.gaps {
                println!("  gap {gap:?}");
            }
            for object in &outcome.unrequested {
                println!("  unrequested {} {:?}", object.id, object.origin);
            }
            for instance in instances {
                match outcome.objects.iter().find(|object| object.id == instance.id) {
                    Some(object) => compare(instance, object.attributes.get()),
                    None => println!("  {} {}: absent", instance.address, instance.id),
                }
            }
        }
    }
}

fn compare(instance: &Managed, live: &str) {
    let recorded: Attributes = serde_json::from_str(instance.attributes.get()).unwrap_or_default();
    let live: Attributes = serde_json::from_str(live).unwrap_or_default();
    for (name, value) in &live {
        if !matches!(name.as_str(), "tags" | "tags_all")
            && normal(value) != normal(recorded.get(name).unwrap_or(&Value::Null))
        {
            println!(
                "  {}: {name}: recorded {} live {value}",
                instance.address,
                recorded.get(name).unwrap_or(&Value::Null)
            );
        }
    }
    let unread: Vec<&String> =
        recorded.keys().filter(|name| !live.contains_key(*name) && !normal(&recorded[*name]).is_null()).collect();
    println!("  {}: not read {unread:?}", instance.address);
}

/// Unset and empty values are the same, and order means nothing.
fn normal(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Bool(false) => Value::Null,
        Value::Number(number) if number.as_i64() == Some(0) => Value::Null,
        Value::Array(elements) if elements.is_empty() => Value::Null,
        Value::Array(elements) => {
            let mut elements: Vec<Value> = elements.iter().map(normal).collect();
            elements.sort_by_key(Value::to_string);
            Value::Array(elements)
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), normal(value)));
            Value::Object(members.filter(|(_, value)| !value.is_null()).collect())
        }
        value => value.clone(),
    }
}
