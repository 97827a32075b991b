//! Decides what to read: every managed instance, by provider configuration and type.
//! Knows nothing of how it is read.

#[cfg(test)]
mod tests;

use crate::config::{Configuration, Declared, DeclaredProvider};
use crate::inventory::{Inventory, NamedScope};
use crate::model::ProviderReference;
use crate::state::{Instance, State};
use provider_api::{Attributes, Installation, Provider, ProviderConfiguration, RequestedInstance, Scope};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// How many instances that tell their scope are enough where they agree.
const ENOUGH: usize = 20;

/// The provider whose scopes are named where no state says which.
const DEFAULT_SOURCE: &str = "registry.terraform.io/hashicorp/aws";

/// How many instances are asked for their scope at most.
const MOST: usize = 1000;

/// Which instance of which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceIndex {
    /// Position among the states.
    pub state: usize,
    /// Position among that state's instances.
    pub instance: usize,
}

/// All that is to be read.
#[derive(Debug, Default)]
pub struct ReadPlan<'a> {
    /// One per provider configuration in use, sorted by root module and reference.
    pub connections: Vec<PlannedConnection<'a>>,
}

impl ReadPlan<'_> {
    /// Leaves out all instances but the wanted, and all connections that nothing is left to read through.
    pub fn retain(&mut self, wanted: impl Fn(InstanceIndex) -> bool) {
        for connection in &mut self.connections {
            for batch in &mut connection.batches {
                let mut keep = batch.instances.iter().map(|index| wanted(*index)).collect::<Vec<_>>().into_iter();
                batch.requested.retain(|_| keep.next() == Some(true));
                batch.instances.retain(|index| wanted(*index));
            }
            connection.batches.retain(|batch| !batch.instances.is_empty());
        }
        self.connections.retain(|connection| !connection.batches.is_empty());
    }
}

/// What one provider module is to read through one provider configuration.
#[derive(Debug)]
pub struct PlannedConnection<'a> {
    /// The position of the provider module; none where no module serves the source.
    pub provider: Option<usize>,
    /// Directory of the root module from the repository's root.
    pub directory: String,
    /// The provider configuration, as state refers to it.
    pub reference: String,
    /// The provider's address, for example `registry.terraform.io/hashicorp/aws`.
    pub source: String,
    /// The configuration, as far as it is known.
    pub configuration: ProviderConfiguration,
    /// One per resource type, sorted by type.
    pub batches: Vec<PlannedBatch<'a>>,
    /// Whether objects that nobody asked for are wanted of every type that can be listed here.
    pub inventory: bool,
}

/// One resource type.
#[derive(Debug)]
pub struct PlannedBatch<'a> {
    /// The type.
    pub resource_type: String,
    /// The instances to find, by state and position.
    pub instances: Vec<InstanceIndex>,
    /// The same instances as the provider is told of them.
    pub requested: Vec<RequestedInstance<'a>>,
    /// Whether objects that nobody asked for are wanted too.
    pub unrequested: bool,
}

/// The position of the provider module that reads a type of a source: the first that does, else the first that serves the
/// source and can say why it does not.
pub(crate) fn serving(providers: &[Box<dyn Provider>], source: &str, resource_type: &str) -> Option<usize> {
    let reader = providers.iter().position(|one| one.serves(source) && one.reads(source, resource_type));
    reader.or_else(|| providers.iter().position(|one| one.serves(source)))
}

/// The types that a provider module lists without being told of any, where no earlier module reads them.
fn listed_types(providers: &[Box<dyn Provider>], position: usize, source: &str) -> Vec<String> {
    let mut types = providers[position].resource_types_of(source);
    types.retain(|resource_type| serving(providers, source, resource_type) == Some(position));
    types
}

/// Plans the reads for states and their configurations, one configuration per state.
///
/// Instances of one provider configuration are read together, unless their states speak of different places: workspaces
/// of one root module may differ in region. With an inventory, every type that the provider can read is listed through
/// every provider configuration in use in the inventory's scopes, and objects that no instance stands for are wanted too.
pub fn reads<'a>(
    configurations: &[&Configuration],
    states: &'a [State<'_>],
    providers: &[Box<dyn Provider>],
    inventory: &Inventory,
) -> ReadPlan<'a> {
    let mut places: BTreeMap<(&str, &ProviderReference, Option<usize>), Vec<Place<'a>>> = BTreeMap::new();
    for (position, (configuration, state)) in configurations.iter().zip(states).enumerate() {
        for ((reference, provider), place) in places_of(configuration, position, state, providers, inventory) {
            add(places.entry((&configuration.directory, reference, provider)).or_default(), place);
        }
    }
    let mut connections = Vec::new();
    for ((directory, reference, provider), places) in places {
        let name = if directory.is_empty() { reference.to_string() } else { format!("{directory}:{reference}") };
        for (position, place) in places.into_iter().enumerate() {
            let name = if position == 0 { name.clone() } else { format!("{name} #{}", position + 1) };
            let home = Home { name, directory, reference, provider };
            connections.push(connection(home, place, states, providers, inventory));
        }
    }
    let missing = inventory.scopes.iter().filter(|_| inventory.wanted);
    for scope in missing {
        if !connections.iter().any(|connection| scope.may_be(&place_of(connection))) {
            connections.push(only_listed(scope, &connections, providers));
        }
    }
    ReadPlan { connections }
}

/// Where a connection leads, as far as configuration and state tell.
fn place_of(connection: &PlannedConnection<'_>) -> Scope {
    told_scope(&connection.configuration.known, &connection.configuration.recorded_scope)
}

fn told_scope(known: &Attributes, recorded: &Scope) -> Scope {
    let region = known.get("region").and_then(Value::as_str).filter(|region| !region.is_empty());
    Scope { account: recorded.account.clone(), region: region.map(str::to_owned).or_else(|| recorded.region.clone()) }
}

/// A scope that no state lives in: entered as a place of the same account is, in another region.
fn only_listed<'a>(
    scope: &NamedScope,
    connections: &[PlannedConnection<'_>],
    providers: &[Box<dyn Provider>],
) -> PlannedConnection<'a> {
    let same_account = |connection: &&PlannedConnection<'_>| {
        scope.account.is_none() || connection.configuration.recorded_scope.account == scope.account
    };
    let alike = connections.iter().find(same_account);
    let source = alike.map_or(DEFAULT_SOURCE, |connection| &connection.source);
    let mut known = alike.map(|connection| connection.configuration.known.clone()).unwrap_or_default();
    known.insert("region".into(), Value::from(scope.region.as_str()));
    let mut not_known = alike.map(|connection| connection.configuration.not_known.clone()).unwrap_or_default();
    not_known.retain(|name| name != "region");
    let account = scope.account.clone().or_else(|| alike?.configuration.recorded_scope.account.clone());
    let provider = match alike {
        Some(connection) => connection.provider,
        None => providers.iter().position(|provider| provider.serves(source)),
    };
    let types = provider.map(|position| listed_types(providers, position, source)).unwrap_or_default();
    let batch =
        |resource_type| PlannedBatch { resource_type, instances: Vec::new(), requested: Vec::new(), unrequested: true };
    PlannedConnection {
        provider,
        directory: alike.map(|connection| connection.directory.clone()).unwrap_or_default(),
        reference: alike.map(|connection| connection.reference.clone()).unwrap_or_default(),
        source: source.to_owned(),
        inventory: true,
        configuration: ProviderConfiguration {
            source: source.to_owned(),
            installation: Installation::default(),
            name: match &scope.account {
                Some(account) => format!("--scope {account}/{}", scope.region),
                None => format!("--scope {}", scope.region),
            },
            known,
            not_known,
            recorded_scope: Scope { account, region: Some(scope.region.clone()) },
        },
        batches: types.into_iter().map(batch).collect(),
    }
}

/// What one provider configuration manages in one place.
struct Place<'a> {
    scope: Scope,
    known: Attributes,
    not_known: Vec<String>,
    by_type: BTreeMap<&'a str, Vec<InstanceIndex>>,
}

/// The provider configurations that one state uses.
fn places_of<'a>(
    configuration: &Configuration,
    position: usize,
    state: &'a State<'_>,
    providers: &[Box<dyn Provider>],
    inventory: &Inventory,
) -> BTreeMap<(&'a ProviderReference, Option<usize>), Place<'a>> {
    let mut used: BTreeMap<&ProviderReference, Vec<usize>> = BTreeMap::new();
    for (index, instance) in state.instances.iter().enumerate() {
        used.entry(&instance.provider).or_default().push(index);
    }
    let mut indices: BTreeMap<(&ProviderReference, Option<usize>), Vec<usize>> = BTreeMap::new();
    for (reference, instances) in &used {
        let mut by_type: HashMap<&str, Option<usize>> = HashMap::new();
        for index in instances {
            let resource_type = &*state.instances[*index].address.resource_type;
            let provider =
                *by_type.entry(resource_type).or_insert_with(|| serving(providers, &reference.source, resource_type));
            indices.entry((reference, provider)).or_default().push(*index);
        }
        // What nothing is recorded of is listed all the same.
        let lists = |position: &usize| {
            let source = &*reference.source;
            providers[*position].serves(source) && !listed_types(providers, *position, source).is_empty()
        };
        for provider in (0..providers.len()).filter(|_| inventory.wanted).filter(lists) {
            indices.entry((reference, Some(provider))).or_default();
        }
    }
    let place = |reference: &'a ProviderReference, provider: Option<usize>, indices: Vec<usize>| {
        let recorded = used[reference].iter().map(|index| &state.instances[*index]);
        let scope = match provider {
            Some(provider) => recorded_scope(providers[provider].as_ref(), recorded),
            None => Scope::default(),
        };
        let (known, not_known) = match declared(configuration, reference) {
            Some(declared) => arguments(declared),
            None => Default::default(),
        };
        let mut by_type: BTreeMap<&str, Vec<InstanceIndex>> = BTreeMap::new();
        for instance in indices {
            let resource_type = &*state.instances[instance].address.resource_type;
            by_type.entry(resource_type).or_default().push(InstanceIndex { state: position, instance });
        }
        Place { scope, known, not_known, by_type }
    };
    let entry = |((reference, provider), indices)| ((reference, provider), place(reference, provider, indices));
    indices.into_iter().map(entry).collect()
}

/// Adds a place to those of the same provider configuration: to the first that may be the same, else as another.
fn add<'a>(places: &mut Vec<Place<'a>>, place: Place<'a>) {
    let agree = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    let same = |other: &&mut Place<'_>| {
        agree(&other.scope.account, &place.scope.account)
            && agree(&other.scope.region, &place.scope.region)
            && (&other.known, &other.not_known) == (&place.known, &place.not_known)
    };
    let Some(same) = places.iter_mut().find(same) else { return places.push(place) };
    same.scope.account = same.scope.account.take().or(place.scope.account);
    same.scope.region = same.scope.region.take().or(place.scope.region);
    for (resource_type, instances) in place.by_type {
        same.by_type.entry(resource_type).or_default().extend(instances);
    }
}

/// Which provider configuration a place is reached through, and by which module.
struct Home<'h> {
    name: String,
    directory: &'h str,
    reference: &'h ProviderReference,
    provider: Option<usize>,
}

fn connection<'a>(
    home: Home<'_>,
    place: Place<'a>,
    states: &'a [State<'_>],
    providers: &[Box<dyn Provider>],
    inventory: &Inventory,
) -> PlannedConnection<'a> {
    let inventory = inventory.covers(&told_scope(&place.known, &place.scope));
    let readable = match home.provider {
        Some(provider) if inventory => listed_types(providers, provider, &home.reference.source),
        _ => Vec::new(),
    };
    let mut batches: BTreeMap<String, Vec<InstanceIndex>> =
        readable.iter().map(|resource_type| (resource_type.clone(), Vec::new())).collect();
    for (resource_type, instances) in place.by_type {
        batches.insert(resource_type.to_owned(), instances);
    }
    let batch = |(resource_type, instances): (String, Vec<InstanceIndex>)| {
        let requested = instances.iter().map(|index| requested(&states[index.state].instances[index.instance]));
        let unrequested = readable.contains(&resource_type);
        PlannedBatch { requested: requested.collect(), resource_type, instances, unrequested }
    };
    PlannedConnection {
        provider: home.provider,
        directory: home.directory.to_owned(),
        reference: home.reference.to_string(),
        source: home.reference.source.to_string(),
        inventory,
        configuration: ProviderConfiguration {
            name: home.name,
            source: home.reference.source.to_string(),
            installation: Installation::default(),
            known: place.known,
            not_known: place.not_known,
            recorded_scope: place.scope,
        },
        batches: batches.into_iter().map(batch).collect(),
    }
}

fn requested<'a>(instance: &'a Instance<'_>) -> RequestedInstance<'a> {
    RequestedInstance {
        id: &instance.id,
        attributes: instance.attributes,
        schema_version: instance.schema_version,
        private: instance.private.as_deref(),
        identity: instance.identity,
        identity_version: instance.identity_version,
    }
}

/// The account and the region that most of the recorded attributes speak of. Where those that tell agree, few are asked.
fn recorded_scope<'s, 'a: 's>(provider: &dyn Provider, instances: impl Iterator<Item = &'s Instance<'a>>) -> Scope {
    let (mut accounts, mut regions) = (Votes::default(), Votes::default());
    let mut n_telling = 0;
    for instance in instances.take(MOST) {
        // Attributes that do not parse (nested too deeply) tell nothing here; comparing says what is wrong with them.
        let Ok(attributes) = serde_json::from_str::<Attributes>(instance.attributes.get()) else { continue };
        let scope = provider.recorded_scope(&attributes);
        n_telling += usize::from(scope != Scope::default());
        accounts.cast(scope.account);
        regions.cast(scope.region);
        if n_telling >= ENOUGH && accounts.0.len() <= 1 && regions.0.len() <= 1 {
            break;
        }
    }
    Scope { account: accounts.winner(), region: regions.winner() }
}

/// How often each value was named.
#[derive(Default)]
struct Votes(BTreeMap<String, usize>);

impl Votes {
    fn cast(&mut self, value: Option<String>) {
        if let Some(value) = value {
            *self.0.entry(value).or_default() += 1;
        }
    }

    /// The value named most often; among equals the first in order.
    fn winner(self) -> Option<String> {
        self.0.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(value, _)| value)
    }
}

/// The provider configuration that a reference in state means. State writes the instance keys of modules and, with
/// OpenTofu, another registry; the configuration may know neither.
pub(crate) fn declared<'c>(
    configuration: &'c Configuration,
    reference: &ProviderReference,
) -> Option<&'c DeclaredProvider> {
    configuration.providers.get(reference).or_else(|| {
        let same = |other: &ProviderReference| {
            let names = |reference: &ProviderReference| -> Vec<_> {
                reference.module.iter().map(|step| step.name.clone()).collect()
            };
            let path = |source: &str| source.split_once('/').map(|(_, path)| path.to_owned());
            other.alias == reference.alias
                && names(other) == names(reference)
                && path(&other.source) == path(&reference.source)
        };
        configuration.providers.iter().find(|(other, _)| same(other)).map(|(_, declared)| declared)
    })
}

/// The arguments whose values are known throughout, and the names of the others. `null` is the same as not set.
fn arguments(provider: &DeclaredProvider) -> (Attributes, Vec<String>) {
    let mut known = Attributes::new();
    let mut not_known = Vec::new();
    for (name, declared) in &provider.attributes {
        match value(declared) {
            Some(Value::Null) => {}
            Some(value) => {
                known.insert(name.clone(), value);
            }
            None => not_known.push(name.clone()),
        }
    }
    (known, not_known)
}

/// The value, if it is known throughout.
fn value(declared: &Declared) -> Option<Value> {
    match declared {
        Declared::Known(value) => Some(value.clone()),
        Declared::List(elements) => elements.iter().map(value).collect::<Option<Vec<_>>>().map(Value::Array),
        Declared::Object(entries) => {
            let entries = entries.iter().map(|(name, declared)| Some((name.clone(), value(declared)?)));
            entries.collect::<Option<Attributes>>().map(Value::Object)
        }
        Declared::NotKnown => None,
    }
}
