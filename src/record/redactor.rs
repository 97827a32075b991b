//! Puts digests in the place of sensitive values before they are kept.
//! Knows nothing of files.

use crate::normalize::{equal, fold, is_empty, is_set, rules_at};
use crate::plan::InstanceIndex;
use crate::redact::RedactionKey;
use crate::schema_node::Node;
use crate::state::{Instance, State};
use provider_api::{
    AttributePath, AttributeSchema, Attributes, LiveObject, ResourceType, RuleKind, Shape, Step, TypeSchema, TypeTable,
};
use serde_json::Value;
use serde_json::value::RawValue;

/// Knows what is sensitive: by schema and rules of the type, and by what state marks.
///
/// A digest replaces a value where comparing takes it whole, so that a replay comes to the same verdict: a live value that
/// equals the recorded one, by the rules of its type, has the recorded one's digest.
pub struct Redactor<'a> {
    /// The states.
    pub states: &'a [State<'a>],
    /// One per state.
    pub keys: &'a [RedactionKey],
    /// The resource types of a provider address.
    pub types: &'a (dyn Fn(&str) -> Option<&'static TypeTable> + Sync),
}

impl<'a> Redactor<'a> {
    /// The redaction of one type's objects.
    /// `told` is the schema that the provider itself told, if it did.
    pub(super) fn of_type<'s>(
        &self,
        source: &str,
        resource_type: &str,
        told: Option<&'s TypeSchema>,
    ) -> TypeRedaction<'s>
    where
        'a: 's,
    {
        let table = (self.types)(source);
        let rules = table.and_then(|table| table.resource_type(resource_type));
        let schema = told.or_else(|| table.and_then(|table| table.schema(resource_type)));
        let by_rule =
            rules.is_some_and(|rules| rules.rules.iter().any(|rule| matches!(rule.kind, RuleKind::Sensitive)));
        let by_schema = Node::root(schema).holds_sensitive();
        TypeRedaction {
            states: self.states,
            keys: self.keys,
            rules,
            schema: Node::root(schema),
            always: by_rule || by_schema,
        }
    }
}

/// What may be kept of an object.
pub(super) struct Redacted {
    pub(super) attributes: Box<RawValue>,
    /// Those that take the place of recorded ones.
    pub(super) upgraded: Option<Box<RawValue>>,
    /// Attributes that cannot be compared once they are digests, so that nothing of them is kept.
    pub(super) left_out: Vec<String>,
}

/// The redaction of one type's objects.
pub(super) struct TypeRedaction<'a> {
    states: &'a [State<'a>],
    keys: &'a [RedactionKey],
    rules: Option<&'static ResourceType>,
    schema: Node<'a>,
    /// Whether the type itself has sensitive attributes.
    always: bool,
}

impl TypeRedaction<'_> {
    /// What may be kept of an object. `instances` are those that asked
    /// for the object, none for other objects.
    pub(super) fn object(
        &self,
        object: &LiveObject,
        instances: &[InstanceIndex],
    ) -> Result<Redacted, serde_json::Error> {
        let live = &object.attributes;
        let asking: Vec<&Instance<'_>> =
            instances.iter().map(|index| &self.states[index.state].instances[index.instance]).collect();
        let marked: Vec<&AttributePath> = asking.iter().flat_map(|instance| &instance.sensitive).collect();
        if !self.always && marked.is_empty() {
            return Ok(Redacted { attributes: live.clone(), upgraded: object.upgraded.clone(), left_out: Vec::new() });
        }
        let mut attributes: Attributes = serde_json::from_str(live.get())?;
        let mut upgraded: Attributes = match &object.upgraded {
            Some(upgraded) => serde_json::from_str(upgraded.get())?,
            None => Attributes::new(),
        };
        // What cannot be parsed is compared with nothing.
        let mut recorded: Attributes = asking
            .first()
            .and_then(|instance| serde_json::from_str(instance.attributes.get()).ok())
            .unwrap_or_default();
        // An object that nobody asked for is compared with nothing: any key will do.
        let key = instances.first().map_or(self.keys.first(), |index| self.keys.get(index.state));
        let object = ObjectRedaction { rules: self.rules, marked, key };
        // A digest can only be compared with what state itself holds. Where a secret was upgraded, neither side is kept.
        let mut left_out = Vec::new();
        upgraded.retain(|name, value| {
            let keep = !object.holds(&AttributePath::attribute(name), self.schema.child(name), value);
            if !keep {
                attributes.remove(name);
                left_out.push(name.clone());
            }
            keep
        });
        recorded.extend(upgraded.clone());
        for (name, live) in &mut attributes {
            let recorded = recorded.get(name).unwrap_or(&Value::Null);
            object.value(&AttributePath::attribute(name), self.schema.child(name), recorded, live);
        }
        let upgraded = match upgraded.is_empty() {
            true => None,
            false => Some(serde_json::value::to_raw_value(&upgraded)?),
        };
        Ok(Redacted { attributes: serde_json::value::to_raw_value(&attributes)?, upgraded, left_out })
    }
}

/// The redaction of one object.
struct ObjectRedaction<'a> {
    rules: Option<&'static ResourceType>,
    marked: Vec<&'a AttributePath>,
    key: Option<&'a RedactionKey>,
}

impl ObjectRedaction<'_> {
    fn value(&self, path: &AttributePath, node: Node<'_>, recorded: &Value, live: &mut Value) {
        // That something is not set is no secret.
        if is_empty(live) {
            return;
        }
        // Comparing splits tags first, so they stay a map.
        let tags = live.is_object() && path.0.len() == 1 && matches!(path.top(), "tags" | "tags_all");
        let whole = !self.is_compared_in_parts(path, node, recorded, live) && self.holds(path, node, live);
        if !tags && (whole || self.is_sensitive(path, node)) {
            let same = equal(recorded, live) || fold(self.rules, path, node, recorded, live).is_some();
            let value = if same { recorded } else { &*live };
            let mark = self.key.map_or(Value::Null, |key| key.mark(value));
            *live = mark;
            return;
        }
        match live {
            Value::Array(elements) => {
                for (index, live) in elements.iter_mut().enumerate() {
                    let recorded = recorded.get(index).unwrap_or(&Value::Null);
                    self.value(&path.join(Step::Index(index)), node.element(), recorded, live);
                }
            }
            Value::Object(entries) => {
                for (name, live) in entries {
                    let (step, node) = entry(node, name);
                    self.value(&path.join(step), node, recorded.get(name).unwrap_or(&Value::Null), live);
                }
            }
            _ => {}
        }
    }

    /// Whether comparing goes into the value, or takes it whole.
    fn is_compared_in_parts(&self, path: &AttributePath, node: Node<'_>, recorded: &Value, live: &Value) -> bool {
        match (recorded, live) {
            (Value::Array(one), Value::Array(other)) => {
                one.len() == other.len() && other.iter().all(Value::is_object) && !is_set(self.rules, path, node)
            }
            (Value::Object(_), Value::Object(_)) => true,
            (_, Value::Object(_)) => matches!(node.shape(), Shape::Map | Shape::Dynamic),
            _ => false,
        }
    }

    /// Whether the value or anything within it is set and sensitive.
    fn holds(&self, path: &AttributePath, node: Node<'_>, value: &Value) -> bool {
        if is_empty(value) || self.is_sensitive(path, node) {
            return !is_empty(value);
        }
        match value {
            Value::Array(elements) => elements
                .iter()
                .enumerate()
                .any(|(index, element)| self.holds(&path.join(Step::Index(index)), node.element(), element)),
            Value::Object(entries) => entries.iter().any(|(name, value)| {
                let (step, node) = entry(node, name);
                self.holds(&path.join(step), node, value)
            }),
            _ => false,
        }
    }

    fn is_sensitive(&self, path: &AttributePath, node: Node<'_>) -> bool {
        node.attribute().is_some_and(AttributeSchema::sensitive)
            || rules_at(self.rules, path).any(|rule| matches!(rule.kind, RuleKind::Sensitive))
            || self.marked.iter().any(|marked| covers(marked, path))
    }
}

/// The way into an entry of a map or object.
fn entry<'n>(node: Node<'n>, name: &str) -> (Step, Node<'n>) {
    match node.shape() {
        Shape::Map | Shape::Dynamic => (Step::Key(name.to_owned()), node.element()),
        _ => (Step::Name(name.to_owned()), node.child(name)),
    }
}

/// Whether a path that state marks leads to this one. Elements of a list may have moved: a mark on one is a mark on all.
/// What is marked in `tags` is sensitive in `tags_all` too.
fn covers(marked: &AttributePath, path: &AttributePath) -> bool {
    let same = |position: usize, one: &Step, other: &Step| match (one, other) {
        (Step::Name(one) | Step::Key(one), Step::Name(other) | Step::Key(other)) => {
            one == other || (position == 0 && one == "tags" && other == "tags_all")
        }
        (Step::Index(_), _) | (_, Step::Index(_)) => true,
    };
    marked.0.len() <= path.0.len()
        && marked.0.iter().zip(&path.0).enumerate().all(|(position, (one, other))| same(position, one, other))
}
