//! A cursor into a type's schema that goes along with a value.
//! Knows nothing of values; where the schema ends, so does its knowledge.

use provider_api::{AttributeSchema, BlockSchema, Nesting, Shape, TypeSchema, cty_element, cty_shape};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where in a schema a value stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Node<'a> {
    /// The attributes and nested blocks of a resource or of one block.
    Body(&'a BTreeMap<String, AttributeSchema>, &'a BTreeMap<String, BlockSchema>),
    /// All nested blocks of one name.
    Blocks(&'a BlockSchema),
    /// An attribute with its flags.
    Attribute(&'a AttributeSchema),
    /// A value inside an attribute, by its cty type.
    Cty(&'a Value),
    /// A value inside an attribute whose nested attributes have flags of their own, by its cty type.
    Nested(&'a Value, &'a BTreeMap<String, AttributeSchema>),
    /// The schema does not tell.
    Untold,
}

impl<'a> Node<'a> {
    /// The root of a type's schema.
    pub(crate) fn root(schema: Option<&'a TypeSchema>) -> Self {
        schema.map_or(Self::Untold, |schema| Self::Body(&schema.attributes, &schema.blocks))
    }

    /// What collects the elements of a value here.
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::Body(..) => Shape::Object,
            Self::Blocks(block) => match block.nesting {
                Nesting::Single | Nesting::Group => Shape::Object,
                Nesting::List => Shape::List,
                Nesting::Set => Shape::Set,
                Nesting::Map => Shape::Map,
            },
            Self::Attribute(attribute) => attribute.shape(),
            Self::Cty(cty_type) | Self::Nested(cty_type, _) => cty_shape(cty_type),
            Self::Untold => Shape::Dynamic,
        }
    }

    /// The node of a named attribute or block.
    pub(crate) fn child(self, name: &str) -> Self {
        match self {
            Self::Body(attributes, blocks) => match (attributes.get(name), blocks.get(name)) {
                (Some(attribute), _) => Self::Attribute(attribute),
                (None, Some(block)) => Self::Blocks(block),
                (None, None) => Self::Untold,
            },
            Self::Blocks(block) => Self::Body(&block.attributes, &block.blocks).child(name),
            Self::Attribute(attribute) if !attribute.nested.is_empty() => {
                Self::Nested(&attribute.cty_type, &attribute.nested).child(name)
            }
            Self::Attribute(attribute) => cty_element(&attribute.cty_type, name).map_or(Self::Untold, Self::Cty),
            Self::Nested(cty_type, nested) if cty_shape(cty_type) == Shape::Object => {
                nested.get(name).map_or(Self::Untold, Self::Attribute)
            }
            Self::Nested(cty_type, nested) => {
                cty_element(cty_type, name).map_or(Self::Untold, |inner| Self::Nested(inner, nested))
            }
            Self::Cty(cty_type) => cty_element(cty_type, name).map_or(Self::Untold, Self::Cty),
            Self::Untold => Self::Untold,
        }
    }

    /// The node of an element of a list, set or map.
    pub(crate) fn element(self) -> Self {
        match self {
            Self::Blocks(block) => Self::Body(&block.attributes, &block.blocks),
            other => other.child(""),
        }
    }

    /// What a plan says where a configuration leaves an attribute or nested block unset; none where that is not known.
    pub(crate) fn unset(self) -> Option<&'a Value> {
        match self {
            Self::Attribute(attribute) => attribute.unset(),
            Self::Blocks(block) => block.unset(),
            _ => None,
        }
    }

    /// The names of all attributes and nested blocks of a body.
    pub(crate) fn names(self) -> impl Iterator<Item = &'a str> {
        let (attributes, blocks) = match self {
            Self::Body(attributes, blocks) => (Some(attributes), Some(blocks)),
            Self::Blocks(block) => (Some(&block.attributes), Some(&block.blocks)),
            _ => (None, None),
        };
        let attributes = attributes.into_iter().flat_map(BTreeMap::keys);
        attributes.chain(blocks.into_iter().flat_map(BTreeMap::keys)).map(String::as_str)
    }

    /// The attribute's flags, where this is an attribute.
    pub(crate) fn attribute(self) -> Option<&'a AttributeSchema> {
        match self {
            Self::Attribute(attribute) => Some(attribute),
            _ => None,
        }
    }

    /// Whether anything here or below is sensitive.
    pub(crate) fn holds_sensitive(self) -> bool {
        let any = |attributes: &BTreeMap<String, AttributeSchema>, blocks: &BTreeMap<String, BlockSchema>| {
            attributes.values().any(|attribute| Node::Attribute(attribute).holds_sensitive())
                || blocks.values().any(|block| Node::Blocks(block).holds_sensitive())
        };
        match self {
            Self::Body(attributes, blocks) => any(attributes, blocks),
            Self::Blocks(block) => any(&block.attributes, &block.blocks),
            Self::Attribute(attribute) => attribute.sensitive() || any(&attribute.nested, &BTreeMap::new()),
            Self::Nested(_, nested) => any(nested, &BTreeMap::new()),
            Self::Cty(_) | Self::Untold => false,
        }
    }
}
