//! Decides, for every instance and live object, what is the matter with it: the verdict table.
//! Pure; knows nothing of Git, output or how anything was read.

mod declared;
mod instance;
mod owners;
#[cfg(test)]
mod tests;
mod triggered;
mod twice;
mod walk;

use crate::config::{Configuration, Declares};
use crate::confirm::CONFIRMING;
use crate::fetch::{Live, LiveBatch, LiveConnection};
use crate::inventory::Covered;
use crate::model::{Address, CoverageEntry, CoverageStatus, Fold, Kind};
use crate::normalize::IgnoredTags;
use crate::plan::{InstanceIndex, ReadPlan, declared as declared_provider};
use crate::redact::RedactionKey;
use crate::state::State;
use owners::Owners;
use provider_api::{
    AttributePath, Attributes, Gap, LiveObject, Origin, ReadOutcome, Scope, StandIn, TypeSchema, TypeTable,
};
use rayon::prelude::*;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(crate) use declared::At;
pub use twice::ManagedTwice;

/// Everything that is compared.
pub struct Sides<'a> {
    /// What was recorded.
    pub states: &'a [State<'a>],
    /// What is declared, one configuration per state; several states may share one.
    pub configurations: &'a [&'a Configuration],
    /// One key per state.
    pub keys: &'a [RedactionKey],
    /// What was asked.
    pub plan: &'a ReadPlan<'a>,
    /// What was answered.
    pub live: &'a Live,
    /// The resource types of a provider address.
    pub types: &'a (dyn Fn(&str) -> Option<&'static TypeTable> + Sync),
    /// Whether live objects come from a recording, whose sensitive values are digests.
    pub recorded_live: bool,
    /// What counts as a difference.
    pub level: Level,
}

/// What counts as a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Every difference that Terraform's own refresh would record: null is not empty, and nothing is folded. Only what the
    /// provider itself answered can be compared like that.
    Raw,
    /// Differences with a meaning; the rest is folded, by rules that have names.
    #[default]
    Normalized,
    /// Of these only what a plan of the approved configuration would change back.
    Configured,
}

/// One attribute that differs. Values may be sensitive: only [`crate::judge`] prepares them for printing.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where.
    pub(crate) path: AttributePath,
    /// What is declared there.
    pub(crate) declared: At,
    /// What state recorded.
    pub(crate) recorded: Value,
    /// What is live.
    pub(crate) live: Value,
    /// In a recording, the digest that stands for a sensitive live value.
    pub(crate) live_digest: Option<String>,
    /// Whether the value must not be printed.
    pub(crate) sensitive: bool,
    /// Whether a plan of the approved configuration would change it back.
    pub(crate) material: bool,
}

/// The verdict on one managed instance.
#[derive(Debug)]
pub struct Verdict {
    /// Which instance.
    pub index: InstanceIndex,
    /// What is the matter; none when it is in sync.
    pub kind: Option<Kind>,
    /// What differs, sorted by path.
    pub changes: Vec<Change>,
    /// What rules folded.
    pub folds: Vec<Fold>,
    /// Why it is unknown, or a remark.
    pub cause: Option<String>,
    /// Where it lives.
    pub scope: Scope,
}

/// An object in no state.
#[derive(Debug)]
pub struct Unmanaged {
    /// Provider address.
    pub provider: String,
    /// Where it lives.
    pub scope: Scope,
    /// Type.
    pub resource_type: String,
    /// Id.
    pub id: String,
    /// Where it comes from.
    pub origin: Origin,
    /// When it was made, as the API tells it; none where it does not.
    pub created_at: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// An instance that is declared and not recorded.
#[derive(Debug)]
pub struct PendingCreate {
    /// Position of the configuration that declares it.
    pub configuration: usize,
    /// Its address.
    pub address: Address,
    /// Whether an `import` block brings it in, and the id of the object where that is known.
    pub import: Option<Option<String>>,
}

/// What comparing found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// One per managed instance that is not in sync, sorted by index.
    pub verdicts: Vec<Verdict>,
    /// The number of managed instances in sync.
    pub in_sync: u64,
    /// What rules folded: the number of attributes by rule.
    pub folds: BTreeMap<String, u64>,
    /// Declared and not recorded.
    pub pending_create: Vec<PendingCreate>,
    /// In no state.
    pub unmanaged: Vec<Unmanaged>,
    /// In more than one state.
    pub managed_twice: Vec<ManagedTwice>,
    /// What was looked at.
    pub coverage: Vec<CoverageEntry>,
    /// Scopes whose account is not the one that state belongs to: recorded and live.
    pub other_scopes: Vec<(Scope, Scope)>,
    /// Scopes in which every recorded object is absent, with their number.
    pub empty_scopes: Vec<(Scope, usize)>,
}

/// Compares all sides.
pub fn compare(sides: &Sides<'_>) -> Comparison {
    let owners = Owners::new(sides.states);
    let mut comparison = Comparison::default();
    for (connection, planned) in sides.live.connections.iter().zip(&sides.plan.connections) {
        let table = (sides.types)(&connection.source);
        let ignored = ignored_tags(&planned.configuration.known);
        let default_tags = default_tags(sides, connection);
        let elsewhere = elsewhere(connection);
        if let Some(recorded) = &elsewhere {
            comparison.other_scopes.push((recorded.clone(), connection.scope.clone()));
        }
        let (mut seen, mut missing) = (0, 0);
        for batch in &connection.batches {
            let told = schema(table, &batch.resource_type, &batch.outcome);
            let confirmed = batch.confirmed.as_ref();
            let confirmed = confirmed.and_then(|one| schema(table, &batch.resource_type, &one.outcome));
            let context = |schema| instance::Context {
                sides,
                owners: &owners,
                table,
                schema,
                ignored: &ignored,
                default_tags: default_tags.as_ref(),
                connection,
                batch,
            };
            let tally = tally(&context(told.as_deref()), &context(confirmed.as_deref()), elsewhere.as_ref());
            seen += batch.instances.len();
            missing += tally.verdicts.iter().filter(|verdict| verdict.kind == Some(Kind::Missing)).count();
            comparison.verdicts.extend(tally.verdicts);
            comparison.in_sync += tally.in_sync;
            for (rule, count) in tally.folds {
                *comparison.folds.entry(rule).or_default() += count;
            }
            comparison.coverage.extend(confirmation(connection, batch));
            comparison.coverage.push(coverage(connection, batch, tally.attributes));
        }
        if seen > 1 && missing == seen {
            comparison.empty_scopes.push((connection.scope.clone(), missing));
        }
    }
    triggered::apply(sides, &mut comparison);
    comparison.verdicts.sort_by_key(|verdict| verdict.index);
    comparison.pending_create = pending_create(sides);
    comparison.unmanaged = unmanaged(sides, &comparison.pending_create);
    comparison.managed_twice = twice::managed_twice(sides);
    comparison.coverage = merge_coverage(comparison.coverage);
    comparison
}

/// What one batch, or part of it, came to. Of instances in sync only the number is kept: there are many.
#[derive(Default)]
struct Tally {
    verdicts: Vec<Verdict>,
    in_sync: u64,
    folds: BTreeMap<String, u64>,
    attributes: BTreeSet<String>,
}

impl Tally {
    fn add(mut self, verdict: Verdict, compared: Vec<String>) -> Self {
        for name in compared {
            if !self.attributes.contains(&name) {
                self.attributes.insert(name);
            }
        }
        for fold in &verdict.folds {
            *self.folds.entry(fold.rule.clone()).or_default() += 1;
        }
        match verdict.kind {
            Some(_) => self.verdicts.push(verdict),
            None => self.in_sync += 1,
        }
        self
    }

    fn join(mut self, other: Self) -> Self {
        self.verdicts.extend(other.verdicts);
        self.in_sync += other.in_sync;
        for (rule, count) in other.folds {
            *self.folds.entry(rule).or_default() += count;
        }
        self.attributes.extend(other.attributes);
        self
    }
}

/// The schema to compare a type by: what the provider told, with what is known of the type beyond it; else what is kept.
fn schema<'a>(
    table: Option<&'static TypeTable>,
    resource_type: &str,
    outcome: &'a ReadOutcome,
) -> Option<Cow<'a, TypeSchema>> {
    let kept = table.and_then(|table| table.schema(resource_type));
    match (outcome.schema.as_deref(), kept) {
        (Some(told), Some(kept)) => Some(Cow::Owned(told.clone().with_unset_of(kept))),
        (told, kept) => told.or(kept).map(Cow::Borrowed),
    }
}

/// The objects of an outcome, to be found by what they were read for.
struct Objects<'a> {
    by_position: HashMap<usize, &'a LiveObject>,
    by_id: HashMap<&'a str, &'a LiveObject>,
}

impl<'a> Objects<'a> {
    fn new(outcome: &'a ReadOutcome) -> Self {
        let (positioned, named): (Vec<_>, Vec<_>) =
            outcome.objects.iter().partition(|object| object.position.is_some());
        Self {
            by_position: positioned.into_iter().filter_map(|object| Some((object.position?, object))).collect(),
            by_id: named.into_iter().map(|object| (object.id.as_str(), object)).collect(),
        }
    }

    fn get(&self, position: usize, id: &str) -> Option<&'a LiveObject> {
        self.by_position.get(&position).or_else(|| self.by_id.get(id)).copied()
    }
}

/// The verdicts of one batch. What a second reader answered is compared in a context of its own.
fn tally(context: &instance::Context<'_>, confirming: &instance::Context<'_>, elsewhere: Option<&Scope>) -> Tally {
    let batch = context.batch;
    let objects = Objects::new(&batch.outcome);
    let whole = context.connection.gap.iter().chain(&batch.outcome.gaps).find(|gap| gap.ids.is_empty());
    let confirmed = batch.confirmed.as_ref().map(|confirmed| (&confirmed.positions, Objects::new(&confirmed.outcome)));
    let by_id: HashMap<&str, &Gap> =
        batch.outcome.gaps.iter().flat_map(|gap| gap.ids.iter().map(move |id| (id.as_str(), gap))).collect();
    let judge = |position: usize, index: InstanceIndex, id: &str| {
        if let Some((_, objects)) = confirmed.as_ref().filter(|(positions, _)| positions.contains(&position)) {
            return match objects.get(position, id) {
                Some(object) => instance::found(confirming, index, object, None),
                None => (instance::missing(confirming, index, true), Vec::new()),
            };
        }
        if let Some(recorded) = elsewhere {
            let cause = other_scope(recorded, &context.connection.scope);
            return (instance::unknown(context, index, cause), Vec::new());
        }
        let gap = by_id.get(id).copied();
        match (objects.get(position, id), gap.or(whole)) {
            // Of instances that are read one by one, several without an id are told apart by their position only.
            (Some(object), _) => instance::found(context, index, object, gap.filter(|_| object.position.is_none())),
            (None, Some(gap)) => (instance::unknown(context, index, gap.cause.clone()), Vec::new()),
            (None, None) => (instance::missing(context, index, batch.outcome.schema.is_some()), Vec::new()),
        }
    };
    let instances = batch.instances.par_iter().zip(&batch.ids).enumerate();
    let parts = instances.fold(Tally::default, |tally, (position, (index, id))| {
        let (verdict, compared) = judge(position, *index, id);
        tally.add(verdict, compared)
    });
    parts.reduce(Tally::default, Tally::join)
}

/// The recorded scope, where the one that answered is another: reading there proves nothing about what was recorded.
fn elsewhere(connection: &LiveConnection) -> Option<Scope> {
    let differs = |recorded: &Option<String>, live: &Option<String>| matches!((recorded, live), (Some(one), Some(other)) if one != other);
    let (recorded, live) = (&connection.recorded_scope, &connection.scope);
    (connection.gap.is_none() && (differs(&recorded.account, &live.account) || differs(&recorded.region, &live.region)))
        .then(|| recorded.clone())
}

fn other_scope(recorded: &Scope, live: &Scope) -> String {
    format!("state speaks of {}, and {} answered", scope_text(recorded), scope_text(live))
}

/// A scope in words.
pub(crate) fn scope_text(scope: &Scope) -> String {
    match (&scope.account, &scope.region) {
        (Some(account), Some(region)) => format!("account {account}, region {region}"),
        (Some(account), None) => format!("account {account}"),
        (None, Some(region)) => format!("region {region}"),
        (None, None) => "an unnamed scope".into(),
    }
}

/// `ignore_tags` of a provider block.
fn ignored_tags(known: &Attributes) -> IgnoredTags {
    let blocks = known.get("ignore_tags").and_then(Value::as_array);
    let texts = |name: &str| -> Vec<String> {
        let elements = blocks.into_iter().flatten().filter_map(|block| block.get(name)?.as_array()).flatten();
        elements.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    IgnoredTags { keys: texts("keys"), key_prefixes: texts("key_prefixes") }
}

/// `default_tags` of a provider block, where there is one and it is known. Without one the environment may give some.
fn default_tags(sides: &Sides<'_>, connection: &LiveConnection) -> Option<serde_json::Map<String, Value>> {
    let index = *connection.batches.iter().find_map(|batch| batch.instances.first())?;
    let instance = &sides.states[index.state].instances[index.instance];
    let provider = declared_provider(sides.configurations[index.state], &instance.provider)?;
    let blocks = provider.attributes.get("default_tags").filter(|_| provider.certain)?.known()?;
    let block = blocks.as_array().and_then(|blocks| blocks.first()).unwrap_or(&blocks);
    Some(block.get("tags")?.as_object()?.clone())
}

fn coverage(connection: &LiveConnection, batch: &LiveBatch, attributes: BTreeSet<String>) -> CoverageEntry {
    let gap = connection.gap.iter().chain(&batch.outcome.gaps).max_by_key(|gap| gap.ids.is_empty());
    CoverageEntry {
        provider: connection.source.clone(),
        scope: connection.scope.clone(),
        resource_type: batch.resource_type.clone(),
        reader: connection.reader.clone(),
        status: gap.map_or(CoverageStatus::Complete, |gap| CoverageStatus::Gap(gap.class)),
        objects: (batch.outcome.objects.len() + batch.outcome.unrequested.len()) as u64,
        covered: batch.outcome.listed.then_some(Covered { managed: batch.outcome.objects.len() as u64, unmanaged: 0 }),
        attributes: attributes.into_iter().collect(),
        api_calls: batch.outcome.api_calls,
        cause: gap.map(|gap| gap.cause.clone()),
    }
}

/// What a second reader was asked.
fn confirmation(connection: &LiveConnection, batch: &LiveBatch) -> Option<CoverageEntry> {
    let confirmed = batch.confirmed.as_ref()?;
    Some(CoverageEntry {
        provider: connection.source.clone(),
        scope: connection.scope.clone(),
        resource_type: batch.resource_type.clone(),
        reader: CONFIRMING.into(),
        status: CoverageStatus::Complete,
        objects: confirmed.outcome.objects.len() as u64,
        covered: None,
        attributes: Vec::new(),
        api_calls: confirmed.outcome.api_calls,
        cause: None,
    })
}

/// Several provider configurations may read one scope: one entry for each provider, scope and type.
fn merge_coverage(entries: Vec<CoverageEntry>) -> Vec<CoverageEntry> {
    let mut merged: BTreeMap<(String, Scope, String, String), CoverageEntry> = BTreeMap::new();
    for entry in entries {
        let key = (entry.provider.clone(), entry.scope.clone(), entry.resource_type.clone(), entry.reader.clone());
        match merged.entry(key) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(entry);
            }
            std::collections::btree_map::Entry::Occupied(mut occupied) => {
                let first = occupied.get_mut();
                first.objects += entry.objects;
                first.covered = match (first.covered, entry.covered) {
                    (Some(one), Some(other)) => Some(Covered { managed: one.managed + other.managed, ..one }),
                    (one, other) => one.or(other),
                };
                first.api_calls += entry.api_calls;
                let names: BTreeSet<String> = first.attributes.drain(..).chain(entry.attributes).collect();
                first.attributes = names.into_iter().collect();
                if first.status == CoverageStatus::Complete {
                    (first.status, first.cause) = (entry.status, entry.cause);
                }
            }
        }
    }
    merged.into_values().collect()
}

/// Objects that no instance of any state stands for, and no approved `import` brings in.
fn unmanaged(sides: &Sides<'_>, pending: &[PendingCreate]) -> Vec<Unmanaged> {
    let batches = sides.live.connections.iter().flat_map(|connection| &connection.batches);
    if batches.into_iter().all(|batch| batch.outcome.unrequested.is_empty()) {
        return Vec::new();
    }
    let imported = pending
        .iter()
        .filter_map(|pending| Some((family(&pending.address.resource_type), pending.import.as_ref()?.as_deref()?)));
    let managed: HashSet<(&str, &str)> = sides
        .states
        .iter()
        .flat_map(|state| &state.instances)
        .map(|instance| (family(&instance.address.resource_type), instance.id.as_str()))
        .chain(imported)
        .collect();
    let stood_for = stood_for(sides);
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for connection in &sides.live.connections {
        for batch in &connection.batches {
            for object in &batch.outcome.unrequested {
                let key = (family(&batch.resource_type), object.id.as_str());
                let managed = managed.contains(&key) || stood_for.contains(&(key.0, key.1.to_owned()));
                if managed || !seen.insert((&connection.source, &connection.scope, key)) {
                    continue;
                }
                found.push(Unmanaged {
                    provider: connection.source.clone(),
                    scope: connection.scope.clone(),
                    resource_type: batch.resource_type.clone(),
                    id: object.id.clone(),
                    origin: object.origin.clone(),
                    created_at: created_at(object),
                    tags: tags(object),
                });
            }
        }
    }
    found.sort_by(|one, other| {
        (&one.resource_type, &one.scope, &one.id).cmp(&(&other.resource_type, &other.scope, &other.id))
    });
    found
}

/// What the attribute is called that says when an object was made.
const MADE: &[&str] =
    &["create_date", "create_time", "created_at", "created_date", "created_time", "creation_date", "joined_timestamp"];

/// When an object was made, as the reader or its attributes tell it.
fn created_at(object: &LiveObject) -> Option<String> {
    if object.created_at.is_some() {
        return object.created_at.clone();
    }
    let attributes: provider_api::Attributes = serde_json::from_str(object.attributes.get()).ok()?;
    let text = MADE.iter().find_map(|name| attributes.get(*name)?.as_str());
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The tags of an object, as its attributes tell them.
fn tags(object: &LiveObject) -> BTreeMap<String, String> {
    #[derive(serde::Deserialize)]
    struct Tagged {
        #[serde(default)]
        tags_all: Option<BTreeMap<String, String>>,
    }
    let tagged: Option<Tagged> = serde_json::from_str(object.attributes.get()).ok();
    tagged.and_then(|tagged| tagged.tags_all).unwrap_or_default()
}

/// Types and ids of objects that another type's resource manages.
fn stood_for(sides: &Sides<'_>) -> HashSet<(&'static str, String)> {
    let mut objects = HashSet::new();
    for (state, configuration) in sides.states.iter().zip(sides.configurations) {
        for instance in &state.instances {
            let stand_ins = (sides.types)(&instance.provider.source).map_or(&[][..], |table| table.stand_ins);
            let of_type = |one: &&StandIn| one.resource_type == &*instance.address.resource_type;
            for stand_in in stand_ins.iter().filter(of_type) {
                if !stand_in.attribute.is_none_or(|name| may_declare(configuration, &instance.address, name)) {
                    continue;
                }
                // What does not parse is reported where it is compared.
                if let Ok(recorded) = serde_json::from_str::<Attributes>(instance.attributes.get()) {
                    objects.extend((stand_in.objects)(&recorded));
                }
            }
        }
    }
    objects
}

/// Whether the configuration sets an attribute of an instance, or may for all that can be told.
fn may_declare(configuration: &Configuration, address: &Address, attribute: &str) -> bool {
    let address = configuration.refactored(address);
    match configuration.declares(&address) {
        Declares::No => false,
        Declares::Yes | Declares::NotKnown(_) => {
            configuration.instance(&address).is_none_or(|declared| declared.attributes.contains_key(attribute))
        }
    }
}

/// `aws_default_vpc` manages an object that is listed as an `aws_vpc`, and `aws_alb` is the older name of `aws_lb`.
fn family(resource_type: &str) -> &str {
    match resource_type {
        "aws_default_vpc" => "aws_vpc",
        "aws_default_subnet" => "aws_subnet",
        "aws_default_route_table" => "aws_route_table",
        "aws_default_security_group" => "aws_security_group",
        "aws_default_network_acl" => "aws_network_acl",
        "aws_default_vpc_dhcp_options" => "aws_vpc_dhcp_options",
        "aws_alb" => "aws_lb",
        "aws_alb_listener" => "aws_lb_listener",
        "aws_alb_listener_rule" => "aws_lb_listener_rule",
        "aws_alb_target_group" => "aws_lb_target_group",
        other => other,
    }
}

/// Instances that are known to be declared and are in no state of their root module and workspace.
fn pending_create(sides: &Sides<'_>) -> Vec<PendingCreate> {
    let mut pending = Vec::new();
    for (position, configuration) in sides.configurations.iter().enumerate() {
        let same = |other: &&Configuration| {
            (&other.directory, &other.workspace) == (&configuration.directory, &configuration.workspace)
        };
        if sides.configurations[..position].iter().any(same) {
            continue;
        }
        let states =
            sides.configurations.iter().zip(sides.states).filter(|(other, _)| same(other)).map(|(_, state)| state);
        let recorded: HashSet<Address> = states
            .flat_map(|state| &state.instances)
            .map(|instance| configuration.refactored(&instance.address))
            .collect();
        let missing = configuration.instances().into_iter().filter(|address| !recorded.contains(address));
        pending.extend(missing.map(|address| PendingCreate {
            configuration: position,
            import: configuration.import(&address).map(|id| id.map(str::to_owned)),
            address,
        }));
    }
    pending
}

/// Whether a gap is about reading at all, for tests of completeness.
pub(crate) fn is_complete(coverage: &[CoverageEntry]) -> bool {
    coverage.iter().all(|entry| entry.status == CoverageStatus::Complete)
}
