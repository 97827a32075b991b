//! The verdict on one instance.
//! Knows nothing of other instances but what their owners' index tells.

use super::declared::{At, at, disagreements};
use super::owners::Owners;
use super::walk::{Difference, Walked, Walker};
use super::{Change, Level, Sides, Verdict};
use crate::config::{Configuration, Declared, DeclaredInstance, DeclaredResource, Declares, IgnoreChanges};
use crate::fetch::{LiveBatch, LiveConnection};
use crate::model::{Address, Fold, Kind};
use crate::normalize::{IgnoredTags, is_empty, split_tags, undress};
use crate::plan::InstanceIndex;
use crate::schema_node::Node;
use crate::state::Instance;
use provider_api::{AttributePath, Attributes, Gap, LiveObject, Step, TypeSchema, TypeTable};
use serde_json::Value;

/// What the instances of one batch have in common.
pub(super) struct Context<'a> {
    pub(super) sides: &'a Sides<'a>,
    pub(super) owners: &'a Owners<'a>,
    pub(super) table: Option<&'static TypeTable>,
    pub(super) schema: Option<&'a TypeSchema>,
    pub(super) ignored: &'a IgnoredTags,
    /// The provider block's `default_tags`, where they are known.
    pub(super) default_tags: Option<&'a serde_json::Map<String, Value>>,
    pub(super) connection: &'a LiveConnection,
    pub(super) batch: &'a LiveBatch,
}

impl<'a> Context<'a> {
    fn instance(&self, index: InstanceIndex) -> &'a Instance<'a> {
        &self.sides.states[index.state].instances[index.instance]
    }

    fn configuration(&self, index: InstanceIndex) -> &'a Configuration {
        self.sides.configurations[index.state]
    }

    fn walker(&self, index: InstanceIndex) -> Walker<'a> {
        let resource_type = &self.batch.resource_type;
        Walker {
            resource_type: self.table.and_then(|table| table.resource_type(resource_type)),
            schema: Node::root(self.schema),
            raw: self.sides.level == Level::Raw,
            digests: self.sides.recorded_live.then(|| &self.sides.keys[index.state]),
        }
    }

    fn verdict(&self, index: InstanceIndex, kind: Option<Kind>) -> Verdict {
        let scope = self.connection.scope.clone();
        Verdict { index, kind, changes: Vec::new(), folds: Vec::new(), cause: None, scope }
    }
}

/// The instance could not be read.
pub(super) fn unknown(context: &Context<'_>, index: InstanceIndex, cause: String) -> Verdict {
    Verdict { cause: Some(cause), ..context.verdict(index, Some(Kind::Unknown)) }
}

/// The read was complete and the object was not there. A provider that reads `by_itself` goes to the region that the
/// resource names.
pub(super) fn missing(context: &Context<'_>, index: InstanceIndex, by_itself: bool) -> Verdict {
    if let Some(region) = recorded_elsewhere(context, index).filter(|_| !by_itself) {
        return unknown(context, index, format!("recorded in region {region}, which was not read"));
    }
    let address = context.configuration(index).refactored(&context.instance(index).address);
    let undeclared = context.configuration(index).declares(&address) == Declares::No;
    let cause = undeclared.then(|| "no longer declared: the next apply only forgets it".to_owned());
    Verdict { cause, ..context.verdict(index, Some(Kind::Missing)) }
}

/// The region that a resource names for itself (AWS provider 6 and later), where it is not the one that was read.
fn recorded_elsewhere(context: &Context<'_>, index: InstanceIndex) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Region {
        region: Option<String>,
    }
    let recorded: Region = serde_json::from_str(context.instance(index).attributes.get()).ok()?;
    let read = context.connection.scope.region.as_ref()?;
    recorded.region.filter(|region| !region.is_empty() && region != read)
}

/// The object is there: compares it. Returns the top-level attributes that were compared as well.
pub(super) fn found(
    context: &Context<'_>,
    index: InstanceIndex,
    object: &LiveObject,
    gap: Option<&Gap>,
) -> (Verdict, Vec<String>) {
    let instance = context.instance(index);
    let parsed = serde_json::from_str::<Attributes>(instance.attributes.get())
        .and_then(|recorded| Ok((recorded, serde_json::from_str::<Attributes>(object.attributes.get())?)));
    let (mut recorded, mut live) = match parsed {
        Ok(sides) => sides,
        Err(error) => return (unknown(context, index, format!("attributes cannot be read: {error}")), Vec::new()),
    };
    if let Some(upgraded) = object.upgraded.as_deref().map(|text| serde_json::from_str::<Attributes>(text.get())) {
        match upgraded {
            Ok(upgraded) => recorded.extend(upgraded),
            Err(error) => {
                return (unknown(context, index, format!("attributes cannot be read: {error}")), Vec::new());
            }
        }
    }
    // A provider that reads an instance by itself splits its tags as its own configuration says.
    if object.position.is_none() {
        split_tags(&mut recorded, &mut live, context.ignored);
    }
    [&mut recorded, &mut live].into_iter().for_each(|side| undress(context.schema, side));
    let compared: Vec<String> = live.keys().cloned().collect();
    let walker = context.walker(index);
    let mut walked = walker.instance(&recorded, &live);
    let configuration = context.configuration(index);
    let address = configuration.refactored(&instance.address);
    let declares = configuration.declares(&address);
    let mut declared = if declares == Declares::Yes { configuration.instance(&address) } else { None };
    if let (Some(declared), Some(tags)) = (&mut declared, context.default_tags) {
        declare_all_tags(declared, tags, context.ignored);
    }
    if !walker.raw {
        fold_owned(context, &walker, (&instance.id, declared.as_ref()), (&recorded, &live), &mut walked);
        drop_repeated_tags(&mut walked);
    }

    let mut verdict = context.verdict(index, None);
    verdict.folds = walked.folds.into_iter().map(|(path, rule)| Fold { path, rule }).collect();
    let changes =
        walked.differences.into_iter().map(|difference| change(&walker, declared.as_ref(), instance, difference));
    let changes = counting(context.sides.level, changes.collect(), &mut verdict);
    match context.sides.level {
        Level::Raw if changes.is_empty() => {}
        Level::Raw => (verdict.kind, verdict.changes) = (Some(Kind::Changed), changes),
        Level::Normalized | Level::Configured => {
            settle(&mut verdict, changes, ignores(configuration, &address), &declares);
        }
    }
    if verdict.kind.is_none() && declares == Declares::No {
        verdict.kind = Some(Kind::PendingRemoval);
        verdict.cause = removal(configuration, &address);
    } else if verdict.kind.is_none() {
        let ignores = ignores(configuration, &address);
        not_applied(&mut verdict, &walker, declared.as_ref(), &recorded, (instance, ignores));
    }
    if let Some(gap) = gap {
        partly_read(&mut verdict, gap);
    }
    (verdict, compared)
}

/// `tags_all` is what a resource and its provider block declare together.
fn declare_all_tags(
    declared: &mut DeclaredInstance,
    default_tags: &serde_json::Map<String, Value>,
    ignored: &IgnoredTags,
) {
    let own = match declared.attributes.get("tags").map(Declared::known) {
        None | Some(Some(Value::Null)) => serde_json::Map::new(),
        Some(Some(Value::Object(tags))) => tags,
        _ => return,
    };
    let mut all = default_tags.clone();
    all.extend(own);
    all.retain(|key, _| !ignored.covers(key));
    declared.attributes.insert("tags_all".into(), Declared::Known(Value::Object(all)));
}

/// Folds what another resource of the state accounts for. Where the configuration declares the attribute inline as well,
/// each apply undoes the other's part: then nothing is folded, as terraform's plan would change it back.
fn fold_owned(
    context: &Context<'_>,
    walker: &Walker<'_>,
    (id, declared): (&str, Option<&DeclaredInstance>),
    sides: (&Attributes, &Attributes),
    walked: &mut Walked,
) {
    let Some(resource_type) = walker.resource_type else { return };
    let shared = context.table.map(|table| table.owners).unwrap_or_default();
    let Walked { differences, folds } = walked;
    differences.retain(|difference| {
        let top = difference.path.top();
        let (recorded, live) = (sides.0.get(top).unwrap_or(&Value::Null), sides.1.get(top).unwrap_or(&Value::Null));
        let node = walker.schema.child(top);
        // Of `tags_all` only the resource's own part is inline; the provider's default tags are in every resource.
        let own = if top == "tags_all" { "tags" } else { top };
        let inline = declared.and_then(|declared| declared.attributes.get(own)?.known());
        if inline.is_some_and(|inline| !is_empty(&inline)) {
            return true;
        }
        match context.owners.explain((resource_type, shared), node, id, difference, (recorded, live)) {
            Some(owner) => {
                folds.push((difference.path.clone(), format!("owned_by {owner}")));
                false
            }
            None => true,
        }
    });
}

/// A tag that changed shows in `tags` and in `tags_all`: once is enough.
fn drop_repeated_tags(walked: &mut Walked) {
    let tag = |path: &AttributePath| match path.0.as_slice() {
        [Step::Name(top), Step::Key(key)] if top == "tags" => Some(key.clone()),
        _ => None,
    };
    let told: Vec<String> = walked.differences.iter().filter_map(|difference| tag(&difference.path)).collect();
    let Walked { differences, folds } = walked;
    differences.retain(|difference| match difference.path.0.as_slice() {
        [Step::Name(top), Step::Key(key)] if top == "tags_all" && told.contains(key) => {
            folds.push((difference.path.clone(), "told_by tags".into()));
            false
        }
        _ => true,
    });
}

fn change(
    walker: &Walker<'_>,
    declared: Option<&DeclaredInstance>,
    instance: &Instance<'_>,
    difference: Difference,
) -> Change {
    let at_path = declared.map_or(At::NotKnown, |declared| at(declared, &difference.path));
    let secret = declared.is_some_and(|declared| declared.sensitive.contains(difference.path.top()));
    let sensitive =
        difference.sensitive || secret || instance.sensitive.iter().any(|path| covers(path, &difference.path));
    let material = material(walker, declared, &difference.path);
    Change {
        declared: at_path,
        recorded: difference.recorded,
        live: difference.live,
        live_digest: difference.live_digest,
        sensitive,
        material,
        path: difference.path,
    }
}

/// Whether a path that state marks as sensitive lies on the way to, or within, the one that differs.
fn covers(marked: &AttributePath, path: &AttributePath) -> bool {
    let name = |step: &Step| match step {
        Step::Name(name) | Step::Key(name) => name.clone(),
        Step::Index(index) => index.to_string(),
    };
    marked.0.iter().zip(&path.0).all(|(one, other)| name(one) == name(other))
}

/// A plan would change it back: it is configured, or nobody but the configuration sets it.
fn material(walker: &Walker<'_>, declared: Option<&DeclaredInstance>, path: &AttributePath) -> bool {
    let top = path.top();
    if top == "tags" || top == "tags_all" {
        return true;
    }
    let node = walker.schema.child(top);
    let configured = declared.is_some_and(|declared| declared.attributes.contains_key(top));
    match node.attribute() {
        Some(attribute) if !attribute.configurable() => false,
        Some(attribute) if attribute.optional_only() => true,
        Some(_) => configured,
        // A nested block that the provider never makes by itself.
        None if !configured => node.unset().is_some(),
        // What the configuration leaves out of a nested block, the provider may fill.
        None => leaf_is_configurable(walker, declared, path),
    }
}

fn leaf_is_configurable(walker: &Walker<'_>, declared: Option<&DeclaredInstance>, path: &AttributePath) -> bool {
    let mut node = walker.schema;
    for step in &path.0 {
        node = match step {
            Step::Name(name) => node.child(name),
            Step::Index(_) | Step::Key(_) => node.element(),
        };
    }
    match node.attribute() {
        Some(attribute) if attribute.optional_only() => true,
        Some(attribute) if !attribute.configurable() => false,
        _ => declared.is_none_or(|declared| at(declared, path) != At::Nothing),
    }
}

fn ignores<'a>(configuration: &'a Configuration, address: &Address) -> Option<&'a IgnoreChanges> {
    configuration.resources.get(&address.resource()).map(|resource| &resource.lifecycle.ignore_changes)
}

/// The changes that count at a level; the others are folded.
fn counting(level: Level, changes: Vec<Change>, verdict: &mut Verdict) -> Vec<Change> {
    if level != Level::Configured {
        return changes;
    }
    let (counting, rest): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(|change| change.material);
    verdict.folds.extend(rest.into_iter().map(|change| Fold { path: change.path, rule: "not_configured".into() }));
    counting
}

/// Chooses the kind out of the changes.
fn settle(verdict: &mut Verdict, changes: Vec<Change>, ignores: Option<&IgnoreChanges>, declares: &Declares) {
    if changes.is_empty() {
        return;
    }
    let (ignored, rest): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(|change| is_ignored(ignores, &change.path));
    if rest.is_empty() {
        verdict.kind = Some(Kind::Ignored);
        verdict.changes = ignored;
        return;
    }
    verdict.folds.extend(ignored.into_iter().map(|change| Fold { path: change.path, rule: "ignore_changes".into() }));
    let stale = |change: &Change| matches!(&change.declared, At::Value(value) if change.live_digest.is_none() && crate::normalize::equal(value, &change.live));
    if rest.iter().all(stale) {
        verdict.kind = Some(Kind::StaleState);
    } else {
        verdict.kind = Some(Kind::Changed);
        if *declares == Declares::No {
            verdict.cause = Some("no longer declared: the next apply removes it".into());
        }
    }
    verdict.changes = rest;
}

fn is_ignored(ignores: Option<&IgnoreChanges>, path: &AttributePath) -> bool {
    match ignores {
        None => false,
        Some(IgnoreChanges::All) => true,
        Some(IgnoreChanges::Paths(patterns)) => {
            // What is ignored in `tags` is ignored in `tags_all`, which only follows.
            let mut as_tags = path.clone();
            if let Some(Step::Name(top)) = as_tags.0.first_mut()
                && top == "tags_all"
            {
                *top = "tags".into();
            }
            patterns.iter().any(|ignored| within(ignored, path) || within(ignored, &as_tags))
        }
    }
}

/// Whether a path is the ignored one, or lies within it.
fn within(ignored: &AttributePath, path: &AttributePath) -> bool {
    ignored.0.len() <= path.0.len() && covers(ignored, path)
}

/// What is to be known of an instance's removal beyond that it is destroyed.
fn removal(configuration: &Configuration, address: &Address) -> Option<String> {
    let prevented = |resource: &DeclaredResource| resource.lifecycle.prevent_destroy;
    if configuration.removed(address) == Some(false) {
        return Some("a removed block takes it out of the state and leaves the object".into());
    }
    // Without its block nothing prevents it any more.
    let prevented = configuration.resources.get(&address.resource()).is_some_and(prevented);
    prevented.then(|| "prevent_destroy makes the plan fail".into())
}

/// Live equals the record: is the record what is approved?
fn not_applied(
    verdict: &mut Verdict,
    walker: &Walker<'_>,
    declared: Option<&DeclaredInstance>,
    recorded: &Attributes,
    (instance, ignores): (&Instance<'_>, Option<&IgnoreChanges>),
) {
    let Some(declared) = declared else { return };
    let mut names = disagreements(walker, declared, recorded);
    names.retain(|name| !is_ignored(ignores, &AttributePath::attribute(name)));
    // Part of them may be ignored, and then the rest tells in `tags`.
    let partly = |ignores: &IgnoreChanges| match ignores {
        IgnoreChanges::All => true,
        IgnoreChanges::Paths(paths) => paths.iter().any(|path| matches!(path.top(), "tags" | "tags_all")),
    };
    let told = names.iter().any(|name| name == "tags") || ignores.is_some_and(partly);
    names.retain(|name| name != "tags_all" || !told);
    if names.is_empty() {
        return;
    }
    verdict.kind = Some(Kind::Unapplied);
    verdict.changes = names
        .into_iter()
        .map(|name| {
            let value = recorded.get(&name).cloned().unwrap_or(Value::Null);
            let path = AttributePath::attribute(&name);
            let sensitive = walker.schema.child(&name).attribute().is_some_and(|attribute| attribute.sensitive());
            let difference = Difference { path, recorded: value.clone(), live: value, live_digest: None, sensitive };
            change(walker, Some(declared), instance, difference)
        })
        .collect();
}

/// Something of the object was not read: it is not in sync for sure.
fn partly_read(verdict: &mut Verdict, gap: &Gap) {
    let cause = format!("read in part only: {}", gap.cause);
    match verdict.kind {
        None => {
            verdict.kind = Some(Kind::Unknown);
            verdict.cause = Some(cause);
        }
        Some(_) => {
            verdict.cause = Some(verdict.cause.take().map_or(cause.clone(), |first| format!("{first}; {cause}")))
        }
    }
}
