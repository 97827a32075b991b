//! Providers at work: one process for each configuration of a provider, shared by all that read through it, a few at a
//! time, started again once where one breaks.
//! Knows nothing of resources.

use crate::catalog::{Catalog, Shelf};
use crate::diagnostics::{self, Secrets};
use crate::find::Found;
use crate::launch::{self, Program, Running};
use crate::limiter::Limiter;
use crate::msgpack;
use crate::wire::{ConfigureRequest, DynamicValue};
use bytes::Bytes;
use provider_api::{Attributes, Gap, GapClass};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tonic::Status;

/// Processes at the same time: each takes some hundred megabytes.
const MOST_PROCESSES: usize = 4;

/// How long a provider may take to start, tell its schemas and be configured. Some ask several services who they are.
const READY: Duration = Duration::from_secs(300);

/// The release whose way of speaking to providers this is. Some providers put it into their user agent.
const TERRAFORM_VERSION: &str = "1.11.4";

/// What one process is started and configured with.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// The provider's address.
    pub(crate) source: String,
    pub(crate) found: Found,
    /// Where it runs.
    pub(crate) directory: PathBuf,
    /// All that it may see of the environment.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// The arguments of the provider block.
    pub(crate) arguments: Attributes,
    pub(crate) mutual_tls: bool,
    /// Reads at the same time, where that is fixed.
    pub(crate) parallelism: Option<usize>,
    /// How long one read may take.
    pub(crate) read_limit: Duration,
    /// Where schemas are kept; none where they are not.
    pub(crate) cache: Option<PathBuf>,
}

/// All processes.
pub(crate) struct Pool {
    slots: Mutex<HashMap<String, Weak<Slot>>>,
    permits: Arc<Semaphore>,
}

impl Default for Pool {
    fn default() -> Self {
        Self { slots: Mutex::default(), permits: Arc::new(Semaphore::new(MOST_PROCESSES)) }
    }
}

impl Pool {
    /// The place of a process, whether it runs already or not. What is given up by all that hold it ends.
    pub(crate) fn slot(&self, spec: &Spec) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let key = spec.key();
        if let Some(slot) = slots.get(&key).and_then(Weak::upgrade) {
            return slot;
        }
        let slot = Arc::new(Slot {
            spec: spec.clone(),
            permits: self.permits.clone(),
            state: tokio::sync::Mutex::new(State::New),
            limiter: Limiter::new(spec.parallelism),
        });
        slots.insert(key, Arc::downgrade(&slot));
        slot
    }
}

impl Spec {
    /// The same for what one process can serve. Paths in the configuration are relative to the root module: only where
    /// some lead to a file of one does its directory matter.
    fn key(&self) -> String {
        let relative = texts(&self.arguments).into_iter().any(|text| {
            !text.is_empty() && !text.starts_with('/') && text.len() < 4096 && self.directory.join(text).exists()
        });
        let directory = if relative { self.directory.display().to_string() } else { String::new() };
        let program = match &self.found {
            Found::Attached { socket, .. } => socket.display().to_string(),
            Found::Verified { package, .. } => package.h1.clone(),
            Found::Override { package } => package.program().display().to_string(),
        };
        format!("{}\0{program}\0{directory}\0{}", self.source, Value::Object(self.arguments.clone()))
    }

    fn shelf(&self) -> Option<Shelf> {
        match (&self.cache, &self.found) {
            (Some(cache), Found::Verified { package, version }) => {
                Some(Shelf::new(cache, &self.source, version, &package.h1))
            }
            _ => None,
        }
    }
}

fn texts(arguments: &Attributes) -> Vec<&str> {
    fn collect<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
            Value::Object(entries) => entries.values().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    arguments.values().for_each(|value| collect(value, &mut found));
    found
}

/// The place of one process.
pub(crate) struct Slot {
    pub(crate) spec: Spec,
    permits: Arc<Semaphore>,
    state: tokio::sync::Mutex<State>,
    pub(crate) limiter: Limiter,
}

enum State {
    New,
    Ready { ready: Arc<Ready>, again: bool, _permit: OwnedSemaphorePermit },
    Failed(Gap),
}

/// A provider that is configured.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) running: Running,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) secrets: Secrets,
}

impl Slot {
    /// The provider, started if need be. One that broke is started again once.
    pub(crate) async fn ready(&self) -> Result<Arc<Ready>, Gap> {
        let mut state = self.state.lock().await;
        let again = match &*state {
            State::Failed(gap) => return Err(gap.clone()),
            State::Ready { ready, .. } if !ready.running.has_ended() => return Ok(ready.clone()),
            State::Ready { ready, again: true, .. } => {
                let ready = ready.clone();
                ready.running.ends_soon().await;
                let gap = failed(ready.secrets.hide(&crash(&ready.running)));
                *state = State::Failed(gap.clone());
                return Err(gap);
            }
            State::Ready { .. } => true,
            State::New => false,
        };
        // The permit of a process that ended goes first.
        *state = State::New;
        let permit = self.permits.clone().acquire_owned().await.map_err(|error| failed(error.to_string()))?;
        let late = || failed(format!("{}: not ready within {READY:?}", self.spec.source));
        let started = timeout(READY, start(&self.spec)).await.unwrap_or_else(|_| Err(late()));
        match started {
            Ok(ready) => {
                let ready = Arc::new(ready);
                *state = State::Ready { ready: ready.clone(), again, _permit: permit };
                Ok(ready)
            }
            Err(gap) => {
                *state = State::Failed(gap.clone());
                Err(gap)
            }
        }
    }
}

/// Why a provider that was at work no longer is.
pub(crate) fn crash(running: &Running) -> String {
    match running.last_words().as_str() {
        "" => "the provider ended while it was at work".into(),
        words => format!("the provider ended while it was at work, and said: {words}"),
    }
}

pub(crate) fn failed(cause: impl Into<String>) -> Gap {
    Gap { ids: Vec::new(), class: GapClass::Failed, cause: cause.into() }
}

/// Starts, learns the schemas, configures.
async fn start(spec: &Spec) -> Result<Ready, Gap> {
    let secrets = Secrets::of_environment(&spec.environment);
    let about = |cause: String| failed(secrets.hide(&format!("{}: {cause}", spec.source)));
    let running = match &spec.found {
        Found::Attached { socket, protocol } => launch::reattach(socket.clone(), *protocol).await.map_err(about)?,
        Found::Verified { package, .. } | Found::Override { package } => {
            let program = Program {
                path: package.program(),
                directory: spec.directory.clone(),
                environment: spec.environment.clone(),
                mutual_tls: spec.mutual_tls,
            };
            launch::start(&program).await.map_err(about)?
        }
    };
    let catalog = catalog(spec, &running, &secrets).await?;
    let schema = catalog.configuration().map_err(about)?;
    let arguments = Value::Object(spec.arguments.clone());
    let secrets = secrets.with_sensitive(&schema.told, &arguments);
    let about = |cause: String| failed(secrets.hide(&format!("{}: {cause}", spec.source)));
    let config = configuration(&schema, &arguments).map_err(|cause| about(format!("its configuration: {cause}")))?;
    let request = ConfigureRequest {
        terraform_version: TERRAFORM_VERSION.into(),
        config: Some(DynamicValue { msgpack: Bytes::from(config) }),
    };
    let answer = running.client.configure(request).await;
    let answer = answer.map_err(|status| about(call_failed("Configure", &status, &running)))?;
    if let Some((class, text)) = diagnostics::error(&answer.diagnostics, &secrets) {
        return Err(Gap { ids: Vec::new(), class, cause: format!("{} cannot be configured: {text}", spec.source) });
    }
    Ok(Ready { running, catalog, secrets })
}

/// Why a call had no answer.
pub(crate) fn call_failed(call: &str, status: &Status, running: &Running) -> String {
    match running.has_ended() {
        true => crash(running),
        false => format!("{call}: {} ({:?})", status.message(), status.code()),
    }
}

/// The schemas, from the shelf or from the provider.
async fn catalog(spec: &Spec, running: &Running, secrets: &Secrets) -> Result<Arc<Catalog>, Gap> {
    let about = |cause: String| failed(secrets.hide(&format!("{}: {cause}", spec.source)));
    let shelf = spec.shelf();
    if let Some(kept) = shelf.as_ref().and_then(|shelf| shelf.take(running.client.protocol)) {
        return Ok(Arc::new(kept));
    }
    let schema = running.client.schema().await;
    let schema = schema.map_err(|status| about(call_failed("GetProviderSchema", &status, running)))?;
    if let Some((class, text)) = diagnostics::error(&schema.diagnostics, secrets) {
        return Err(Gap { ids: Vec::new(), class, cause: format!("{} tells no schema: {text}", spec.source) });
    }
    let identities = running.client.identity_schemas().await;
    let identities = identities.map_err(|status| about(call_failed("GetResourceIdentitySchemas", &status, running)))?;
    let catalog = Arc::new(Catalog::new(running.client.protocol, schema, identities));
    if let Some(shelf) = shelf {
        let catalog = catalog.clone();
        // A short scan would end before it is written. That it cannot be written costs the next one time and nothing else.
        let _ = tokio::task::spawn_blocking(move || shelf.put(&catalog)).await;
    }
    Ok(catalog)
}

/// The arguments of a provider block, whole: what is not set is null, and nested blocks that do not occur are empty.
pub(crate) fn configuration(schema: &crate::schema::Schema, arguments: &Value) -> Result<Vec<u8>, String> {
    let Value::Object(set) = arguments else { return Err("it is no object".into()) };
    let mut whole = set.clone();
    for (name, block) in &schema.told.blocks {
        use provider_api::Nesting::{Group, List, Map, Set, Single};
        let empty = match block.nesting {
            List | Set => Value::Array(Vec::new()),
            Map | Group => Value::Object(Attributes::new()),
            Single => Value::Null,
        };
        whole.entry(name.clone()).or_insert(empty);
    }
    let whole = with_empty_blocks(&schema.told.blocks, Value::Object(whole));
    msgpack::encode(&schema.of, &whole)
}

/// Nested blocks within nested blocks, likewise.
fn with_empty_blocks(blocks: &BTreeMap<String, provider_api::BlockSchema>, mut value: Value) -> Value {
    for (name, block) in blocks {
        let Some(inner) = value.get_mut(name) else { continue };
        let fill = |one: &mut Value| {
            if let Value::Object(entries) = one {
                for (name, nested) in &block.blocks {
                    use provider_api::Nesting::{List, Set};
                    if matches!(nested.nesting, List | Set) {
                        entries.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                    }
                }
                *one = with_empty_blocks(&block.blocks, one.take());
            }
        };
        match inner {
            Value::Array(elements) => elements.iter_mut().for_each(fill),
            other => fill(other),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Type;
    use crate::schema::Schema;
    use serde_json::json;

    #[test]
    fn a_configuration_is_whole() {
        let told: provider_api::TypeSchema = serde_json::from_value(json!({
            "attributes": {"region": {"type": "string", "flags": "o"}, "retries": {"type": "string", "flags": "o"}},
            "blocks": {"assume": {"nesting": "list", "attributes": {"arn": {"type": "string", "flags": "o"}},
                "blocks": {"policy": {"nesting": "set", "attributes": {}}}},
                "ignore": {"nesting": "set", "attributes": {}}}}))
        .expect("a schema");
        let of = json!(["object", {"region": "string", "retries": "string",
            "assume": ["list", ["object", {"arn": "string", "policy": ["set", ["object", {}]]}]],
            "ignore": ["set", ["object", {}]]}]);
        let schema = Schema { version: 0, of: Type::parse(&of).expect("a type"), told: Arc::new(told) };
        let bytes = configuration(&schema, &json!({"retries": 3, "assume": [{"arn": "a"}]})).expect("encoded");
        let expected = json!({"region": null, "retries": "3", "assume": [{"arn": "a", "policy": []}], "ignore": []});
        assert_eq!(msgpack::decode(&schema.of, &bytes), Ok(expected));
        assert!(configuration(&schema, &json!({"unheard_of": 1})).is_err_and(|error| error.contains("unheard_of")));
    }
}
