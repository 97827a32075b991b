//! Recorded objects as expressions of the configuration see them.
//! Knows nothing of files, nor of what is live.

use crate::config::{Configuration, Recorded};
use crate::language::{Kind, Marks, Type, Value, typed};
use crate::logical::BUILTIN;
use crate::model::Address;
use crate::state::{Instance, State};
use provider_api::{AttributePath, AttributeSchema, BlockSchema, Nesting, Step, TypeSchema, TypeTable};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The objects of one state by the addresses that the configuration gives them.
pub(crate) struct Objects<'a> {
    instances: HashMap<(bool, Address), &'a Instance<'a>>,
    types: &'a (dyn Fn(&str) -> Option<&'static TypeTable> + Sync),
}

impl<'a> Objects<'a> {
    /// `types`: the resource types of a provider address.
    pub(crate) fn new(
        state: &'a State<'a>,
        configuration: &Configuration,
        types: &'a (dyn Fn(&str) -> Option<&'static TypeTable> + Sync),
    ) -> Self {
        let managed = state.instances.iter();
        let managed = managed.map(|instance| ((false, configuration.refactored(&instance.address)), instance));
        let data = state.data.iter().map(|instance| ((true, instance.address.clone()), instance));
        Self { instances: managed.chain(data).collect(), types }
    }
}

impl Recorded for Objects<'_> {
    fn object(&self, data: bool, address: &Address) -> Option<Value> {
        let instance = self.instances.get(&(data, address.clone()))?;
        let schema = match data {
            false => (self.types)(&instance.provider.source).and_then(|table| table.schema(&address.resource_type)),
            // Data sources have schemas of their own, which are not kept: their values tell their types well enough.
            true => None,
        };
        let builtin = &*instance.provider.source == BUILTIN;
        let attributes: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(instance.attributes.get()).ok()?;
        let mut object: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        for (name, value) in &attributes {
            let of = schema.and_then(|schema| attribute_type(&schema.attributes, &schema.blocks, name));
            let value = match of {
                Some(of) => typed(value, &of),
                None if builtin => typed(value, &Type::Dynamic),
                None => crate::language::from_json(value),
            };
            let secret = schema.and_then(|schema| schema.attributes.get(name)).is_some_and(AttributeSchema::sensitive);
            object.insert(name.as_str().into(), if secret { value.marked(Marks::SENSITIVE) } else { value });
        }
        for (name, of) in schema.into_iter().flat_map(types_of) {
            object.entry(name).or_insert_with(|| Value::null(of));
        }
        let object = Value::object(object);
        Some(instance.sensitive.iter().fold(object, |object, path| mark(&object, path)))
    }
}

fn types_of(schema: &TypeSchema) -> impl Iterator<Item = (Arc<str>, Type)> {
    let names = schema.attributes.keys().chain(schema.blocks.keys());
    names.filter_map(|name| Some((name.as_str().into(), attribute_type(&schema.attributes, &schema.blocks, name)?)))
}

/// The type of an attribute, or of all nested blocks of one name.
fn attribute_type(
    attributes: &BTreeMap<String, AttributeSchema>,
    blocks: &BTreeMap<String, BlockSchema>,
    name: &str,
) -> Option<Type> {
    if let Some(attribute) = attributes.get(name) {
        return Type::from_json(&attribute.cty_type);
    }
    let block = blocks.get(name)?;
    let names = block.attributes.keys().chain(block.blocks.keys());
    let inner = names
        .map(|name| Some((name.as_str().into(), attribute_type(&block.attributes, &block.blocks, name)?)))
        .collect::<Option<BTreeMap<Arc<str>, Type>>>()?;
    let inner = Type::object(inner);
    Some(match block.nesting {
        Nesting::Single | Nesting::Group => inner,
        Nesting::List => Type::list(inner),
        Nesting::Set => Type::set(inner),
        Nesting::Map => Type::map(inner),
    })
}

/// Marks what state says is sensitive; where the path leads nowhere, as much as it leads to.
fn mark(value: &Value, path: &AttributePath) -> Value {
    fn within(value: &Value, steps: &[Step]) -> Value {
        let Some((step, rest)) = steps.split_first() else { return value.clone().marked(Marks::SENSITIVE) };
        let name = match step {
            Step::Name(name) | Step::Key(name) => name.clone(),
            Step::Index(index) => index.to_string(),
        };
        let entries = |values: &BTreeMap<Arc<str>, Value>| -> BTreeMap<Arc<str>, Value> {
            let entry = |(key, value): (&Arc<str>, &Value)| {
                (key.clone(), if **key == *name { within(value, rest) } else { value.clone() })
            };
            values.iter().map(entry).collect()
        };
        let elements = |values: &[Value]| -> Vec<Value> {
            let element = |(position, value): (usize, &Value)| {
                if position.to_string() == name { within(value, rest) } else { value.clone() }
            };
            values.iter().enumerate().map(element).collect()
        };
        let marked = match &value.kind {
            Kind::Object(items) => Value::object(entries(&items.values)),
            Kind::Map(element, items) => Value::map(element.clone(), entries(&items.values)),
            Kind::List(element, items) => Value::list(element.clone(), elements(&items.values)),
            Kind::Tuple(items) => Value::tuple(elements(&items.values)),
            Kind::Null(_) => value.clone(),
            // Elements of a set have no marks of their own.
            _ => value.clone().marked(Marks::SENSITIVE),
        };
        marked.marked(value.marks)
    }
    within(value, &path.0)
}
