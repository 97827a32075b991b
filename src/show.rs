//! Everything that is known of some resources: what is declared, recorded and live, attribute by attribute, and where each
//! comes from.
//! Knows nothing of output formats.

use crate::compare::{Sides, Verdict, compare};
use crate::config::{Configuration, Declared, DeclaredInstance, Declares, IgnoreChanges};
use crate::model::{Address, Kind, ReportedValue, SourceRange};
use crate::normalize::undress;
use crate::plan::InstanceIndex;
use crate::redact::RedactionKey;
use crate::state::Instance;
use provider_api::{AttributeSchema, Attributes, Scope, TypeSchema};
use rayon::prelude::*;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A resource instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its address in the configuration.
    pub address: Address,
    /// The address that state records, where that is another.
    pub was: Option<Address>,
    /// Directory of the root module from the repository's root.
    pub root_module: String,
    /// The workspace.
    pub workspace: String,
    /// Whether the approved configuration declares it.
    pub declared: Declares,
    /// Where: the block, or the module call that brings it in.
    pub source: Option<SourceRange>,
    /// The state that records it.
    pub state: Option<String>,
    /// The id of the object.
    pub object_id: Option<String>,
    /// Where the object lives.
    pub scope: Option<Scope>,
    /// Whether the object was found.
    pub live: Live,
    /// What a scan calls it; none where it is in sync, or where nothing live was read.
    pub kind: Option<Kind>,
    /// Why, where that is not plain.
    pub cause: Option<String>,
    /// What its `lifecycle` block says; none where it has none to say.
    pub lifecycle: Option<ShownLifecycle>,
    /// Attributes and nested blocks by name.
    pub attributes: Vec<ShownAttribute>,
}

/// The `lifecycle` block of a resource, for one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLifecycle {
    /// `prevent_destroy`.
    pub prevent_destroy: bool,
    /// `create_before_destroy`.
    pub create_before_destroy: bool,
    /// The paths that are ignored; `all` for all.
    pub ignore_changes: Vec<String>,
    /// The instances, resources and attributes whose change replaces it.
    pub replace_triggered_by: Vec<String>,
}

/// Names and places, shared by all instances of a resource.
pub type Contributions = Arc<[(String, Option<SourceRange>)]>;

/// What is the same for all instances of one state.
struct Root<'a> {
    configuration: &'a Configuration,
    key: &'a RedactionKey,
    contributing: Contributing,
}

/// What contributes to each argument of the resources of one configuration.
struct Contributing(HashMap<Address, HashMap<String, Contributions>>);

impl Contributing {
    /// Of all resources that one of the addresses means, or without any of all.
    fn new(configuration: &Configuration, addresses: &[Address]) -> Self {
        let meant =
            addresses.iter().flat_map(|address| [address.resource(), configuration.refactored(address).resource()]);
        let meant: HashSet<Address> = meant.collect();
        let resources: Vec<&Address> =
            configuration.resources.keys().filter(|resource| meant.is_empty() || meant.contains(*resource)).collect();
        let of = |resource: &Address| {
            let argument = |name: &str| {
                let found = configuration.contributing(resource, Some(name)).into_iter();
                (name.to_owned(), found.map(|one| (one.what, one.range)).collect())
            };
            (resource.clone(), configuration.arguments(resource).map(argument).collect())
        };
        Self(resources.into_par_iter().map(of).collect())
    }

    fn of(&self, address: &Address, argument: &str) -> Contributions {
        let arguments = self.0.get(&address.resource());
        arguments.and_then(|arguments| arguments.get(argument)).cloned().unwrap_or_default()
    }
}

/// What is known of the live object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// It was read.
    Read,
    /// It is not there.
    Absent,
    /// It could not be read; the cause says why.
    Unreadable,
    /// Nobody asked.
    NotAsked,
}

/// An attribute, or all nested blocks of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownAttribute {
    /// Its name.
    pub name: String,
    /// What the configuration declares.
    pub declared: ReportedValue,
    /// What state recorded.
    pub recorded: ReportedValue,
    /// What is live.
    pub live: ReportedValue,
    /// Whether the values must not be printed.
    pub sensitive: bool,
    /// Whether the provider fills it in where it is not declared.
    pub computed: bool,
    /// Whether a scan reports a difference within it.
    pub differs: bool,
    /// Where it is declared.
    pub source: Option<SourceRange>,
    /// What else determines it, one leading to the next.
    pub contributing: Contributions,
    /// Why the declared value is not known.
    pub unknown: Vec<String>,
}

/// What is known of the resources of these addresses, or of all that are declared or recorded, by root module and address.
/// Nothing live is compared but what was read.
pub(crate) fn shown(sides: &Sides<'_>, addresses: &[Address]) -> Vec<Shown> {
    let comparison = compare(sides);
    let verdicts: HashMap<InstanceIndex, &Verdict> =
        comparison.verdicts.iter().map(|verdict| (verdict.index, verdict)).collect();
    let roots = sides.configurations.iter().zip(sides.keys).map(|(configuration, key)| Root {
        configuration,
        key,
        contributing: Contributing::new(configuration, addresses),
    });
    let roots: Vec<Root<'_>> = roots.collect();
    let mut recorded: Vec<(InstanceIndex, Address)> = Vec::new();
    // Several states may share a root module: what one of them records is declared only once.
    let mut seen: HashSet<(&str, &str, Address)> = HashSet::new();
    for (state, (configuration, records)) in sides.configurations.iter().zip(sides.states).enumerate() {
        for (instance, record) in records.instances.iter().enumerate() {
            let address = configuration.refactored(&record.address);
            if is_wanted(addresses, &address) || is_wanted(addresses, &record.address) {
                recorded.push((InstanceIndex { state, instance }, address.clone()));
            }
            seen.insert((&configuration.directory, &configuration.workspace, address));
        }
    }
    let mut declared: Vec<(usize, Address)> = Vec::new();
    for (state, configuration) in sides.configurations.iter().enumerate() {
        let wanted = configuration.instances().into_iter().filter(|address| is_wanted(addresses, address));
        let fresh =
            wanted.filter(|address| seen.insert((&configuration.directory, &configuration.workspace, address.clone())));
        declared.extend(fresh.map(|address| (state, address)));
    }
    let mut shown: Vec<Shown> = recorded
        .par_iter()
        .map(|(index, address)| {
            of_instance(sides, &roots[index.state], (*index, address), verdicts.get(index).copied())
        })
        .collect();
    shown.par_extend(declared.into_par_iter().map(|(state, address)| of_declared(&roots[state], address)));
    shown.sort_by(|one, other| {
        let place = (&one.root_module, &one.workspace, &one.address);
        place.cmp(&(&other.root_module, &other.workspace, &other.address))
    });
    shown
}

/// Whether one of the addresses means an instance of a state, by its own address or by that which it has now.
pub(crate) fn is_named(addresses: &[Address], configuration: &Configuration, address: &Address) -> bool {
    !addresses.is_empty() && (is_wanted(addresses, address) || is_wanted(addresses, &configuration.refactored(address)))
}

/// An address without a key means all instances.
fn is_wanted(addresses: &[Address], address: &Address) -> bool {
    addresses.is_empty() || addresses.iter().any(|wanted| wanted == address || *wanted == address.resource())
}

fn of_declared(root: &Root<'_>, address: Address) -> Shown {
    let configuration = root.configuration;
    let instance = configuration.instance(&address).unwrap_or_default();
    let mut shown = Shown { kind: Some(Kind::PendingCreate), ..empty(configuration, address) };
    let attribute = |name: &String| {
        let secret = instance.sensitive.contains(name);
        let mut attribute = declared_part(root, &shown.address, &instance, name, secret);
        attribute.recorded = ReportedValue::Absent;
        attribute
    };
    shown.attributes = instance.attributes.keys().map(attribute).collect();
    shown
}

fn empty(configuration: &Configuration, address: Address) -> Shown {
    Shown {
        was: None,
        root_module: configuration.directory.clone(),
        workspace: configuration.workspace.clone(),
        declared: configuration.declares(&address),
        source: configuration.resources.get(&address.resource()).map(|resource| resource.range.clone()),
        state: None,
        object_id: None,
        scope: None,
        live: Live::NotAsked,
        kind: None,
        cause: None,
        lifecycle: lifecycle(configuration, &address),
        attributes: Vec::new(),
        address,
    }
}

fn lifecycle(configuration: &Configuration, address: &Address) -> Option<ShownLifecycle> {
    let lifecycle = &configuration.resources.get(&address.resource())?.lifecycle;
    let shown = ShownLifecycle {
        prevent_destroy: lifecycle.prevent_destroy,
        create_before_destroy: lifecycle.create_before_destroy,
        ignore_changes: match &lifecycle.ignore_changes {
            IgnoreChanges::All => vec!["all".to_owned()],
            IgnoreChanges::Paths(paths) => paths.iter().map(ToString::to_string).collect(),
        },
        replace_triggered_by: configuration.triggers(address).iter().map(ToString::to_string).collect(),
    };
    let says = shown.prevent_destroy || shown.create_before_destroy;
    (says || !shown.ignore_changes.is_empty() || !shown.replace_triggered_by.is_empty()).then_some(shown)
}

fn of_instance(
    sides: &Sides<'_>,
    root: &Root<'_>,
    (index, address): (InstanceIndex, &Address),
    verdict: Option<&Verdict>,
) -> Shown {
    let instance: &Instance<'_> = &sides.states[index.state].instances[index.instance];
    let Root { configuration, key, .. } = root;
    let declared = configuration.instance(address).unwrap_or_default();
    let mut recorded: Attributes = serde_json::from_str(instance.attributes.get()).unwrap_or_default();
    let Found { live, mut object, scope, schema } = live_of(sides, index);
    let kept = || (sides.types)(&instance.provider.source)?.schema(&instance.address.resource_type);
    let schema = schema.or_else(kept);
    [Some(&mut recorded), object.as_mut()].into_iter().flatten().for_each(|side| undress(schema, side));
    let names: BTreeSet<&String> =
        declared.attributes.keys().chain(recorded.keys()).chain(object.iter().flat_map(Attributes::keys)).collect();
    let differing: BTreeSet<&str> =
        verdict.into_iter().flat_map(|verdict| &verdict.changes).map(|change| change.path.top()).collect();
    let attribute = |name: &String| {
        let told = schema.and_then(|schema| schema.attributes.get(name));
        let marked = instance.sensitive.iter().any(|path| path.top() == name);
        // Without a schema nobody knows what is sensitive.
        let untold = schema.is_none();
        let secret =
            untold || marked || declared.sensitive.contains(name) || told.is_some_and(AttributeSchema::sensitive);
        let mut attribute = declared_part(root, address, &declared, name, secret);
        attribute.recorded = value(recorded.get(name), secret, key);
        attribute.live = match &object {
            None => ReportedValue::NotKnown,
            Some(object) => live_value(object.get(name), secret, key),
        };
        attribute.computed = told.is_some_and(AttributeSchema::computed);
        attribute.differs = differing.contains(name.as_str());
        attribute
    };
    Shown {
        was: (instance.address != *address).then(|| instance.address.clone()),
        state: Some(sides.states[index.state].info.source.clone()),
        object_id: (!instance.id.is_empty()).then(|| instance.id.clone()),
        scope,
        live,
        kind: verdict.and_then(|verdict| verdict.kind),
        cause: verdict.and_then(|verdict| verdict.cause.clone()),
        attributes: names.into_iter().map(attribute).collect(),
        ..empty(configuration, address.clone())
    }
}

/// What was found of a live object.
struct Found<'a> {
    live: Live,
    object: Option<Attributes>,
    /// Where it lives.
    scope: Option<Scope>,
    /// The type's schema as the provider itself told it, if it did.
    schema: Option<&'a TypeSchema>,
}

fn live_of<'a>(sides: &Sides<'a>, index: InstanceIndex) -> Found<'a> {
    for connection in &sides.live.connections {
        for batch in &connection.batches {
            let Some(position) = batch.instances.iter().position(|one| *one == index) else { continue };
            let id = &batch.ids[position];
            let (object, outcome) = batch.object(position);
            let found = |live, object| Found {
                live,
                object,
                scope: Some(connection.scope.clone()),
                schema: outcome.schema.as_deref(),
            };
            if let Some(object) = object {
                return found(Live::Read, serde_json::from_str(object.attributes.get()).ok());
            }
            let gaps = connection.gap.iter().chain(&outcome.gaps);
            let unreadable = gaps.into_iter().any(|gap| gap.ids.is_empty() || gap.ids.contains(id));
            return found(if unreadable { Live::Unreadable } else { Live::Absent }, None);
        }
    }
    Found { live: Live::NotAsked, object: None, scope: None, schema: None }
}

/// An attribute with nothing but what the configuration says of it.
fn declared_part(
    root: &Root<'_>,
    address: &Address,
    instance: &DeclaredInstance,
    name: &str,
    secret: bool,
) -> ShownAttribute {
    let Root { configuration, key, contributing } = root;
    let declared = instance.attributes.get(name);
    let contributing = match declared {
        Some(_) => contributing.of(address, name),
        None => Contributions::default(),
    };
    let known = declared.map(Declared::known);
    ShownAttribute {
        name: name.to_owned(),
        declared: match &known {
            None => ReportedValue::Absent,
            Some(None) => ReportedValue::NotKnown,
            Some(Some(known)) => value(Some(known), secret, key),
        },
        recorded: ReportedValue::Absent,
        live: ReportedValue::NotKnown,
        sensitive: secret,
        computed: false,
        differs: false,
        source: instance.ranges.get(name).cloned(),
        contributing,
        unknown: match known {
            Some(None) => configuration.unknown_because(address, name),
            _ => Vec::new(),
        },
    }
}

fn value(value: Option<&Value>, secret: bool, key: &RedactionKey) -> ReportedValue {
    match value {
        None | Some(Value::Null) => ReportedValue::Absent,
        Some(value) if secret => ReportedValue::Redacted(key.digest(value)),
        Some(value) => ReportedValue::Plain(value.clone()),
    }
}

/// In a recording, digests stand for sensitive values.
fn live_value(live: Option<&Value>, secret: bool, key: &RedactionKey) -> ReportedValue {
    match live.and_then(|live| key.read_mark(live)) {
        Some(Some(digest)) => ReportedValue::Redacted(digest.to_owned()),
        Some(None) => ReportedValue::NotKnown,
        None if live.is_none() => ReportedValue::NotKnown,
        None => value(live, secret, key),
    }
}
