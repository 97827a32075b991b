//! Types of Terraform's values, as providers write them in JSON.
//! Knows nothing of values or of how they travel.

use provider_api::Nesting;
use serde_json::Value;
use std::collections::BTreeMap;

/// A type of `cty`, the type system of Terraform's language.
/// <https://github.com/zclconf/go-cty/blob/main/docs/types.md>
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Number,
    String,
    /// Any; each value carries its own type.
    Dynamic,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// Reads a type such as `"string"`, `["list","number"]` or `["object",{"a":"bool"}]`; none for anything else.
    /// Which attributes of an object are optional does not matter to values.
    pub(crate) fn parse(json: &Value) -> Option<Self> {
        match json {
            Value::String(name) => match name.as_str() {
                "bool" => Some(Self::Bool),
                "number" => Some(Self::Number),
                "string" => Some(Self::String),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            Value::Array(parts) => {
                let inner = parts.get(1)?;
                match parts.first()?.as_str()? {
                    "list" => Some(Self::List(Box::new(Self::parse(inner)?))),
                    "set" => Some(Self::Set(Box::new(Self::parse(inner)?))),
                    "map" => Some(Self::Map(Box::new(Self::parse(inner)?))),
                    "tuple" => inner.as_array()?.iter().map(Self::parse).collect::<Option<Vec<_>>>().map(Self::Tuple),
                    "object" => {
                        let attributes = inner.as_object()?.iter();
                        let typed = attributes.map(|(name, inner)| Some((name.clone(), Self::parse(inner)?)));
                        typed.collect::<Option<BTreeMap<_, _>>>().map(Self::Object)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The type of what repeats as a nested block does.
    pub(crate) fn nested(self, nesting: Nesting) -> Self {
        match nesting {
            Nesting::Single | Nesting::Group => self,
            Nesting::List => Self::List(Box::new(self)),
            Nesting::Set => Self::Set(Box::new(self)),
            Nesting::Map => Self::Map(Box::new(self)),
        }
    }

    /// Removes attributes that the type does not have. Terraform does the same to what state recorded with the current
    /// schema version before it hands it to a provider. Returns whether anything was removed.
    pub(crate) fn strip(&self, value: &mut Value) -> bool {
        let mut gone = false;
        match (self, value) {
            (Self::Object(attributes), Value::Object(entries)) => {
                let before = entries.len();
                entries.retain(|name, _| attributes.contains_key(name));
                gone = entries.len() < before;
                for (name, value) in entries {
                    gone |= attributes[name].strip(value);
                }
            }
            (Self::Map(inner), Value::Object(entries)) => {
                for value in entries.values_mut() {
                    gone |= inner.strip(value);
                }
            }
            (Self::List(inner) | Self::Set(inner), Value::Array(elements)) => {
                for value in elements {
                    gone |= inner.strip(value);
                }
            }
            (Self::Tuple(types), Value::Array(elements)) => {
                for (inner, value) in types.iter().zip(elements) {
                    gone |= inner.strip(value);
                }
            }
            _ => {}
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_are_read_and_nonsense_is_not() {
        let object = Type::parse(&json!(["object", {"a": "bool", "b": ["set", ["list", "number"]]}, ["a"]]));
        let list = Type::List(Box::new(Type::Number));
        let expected = BTreeMap::from([("a".to_owned(), Type::Bool), ("b".to_owned(), Type::Set(Box::new(list)))]);
        assert_eq!(object, Some(Type::Object(expected)));
        assert_eq!(
            Type::parse(&json!(["tuple", ["string", "dynamic"]])),
            Some(Type::Tuple(vec![Type::String, Type::Dynamic]))
        );
        for nonsense in
            [json!("text"), json!(["list"]), json!(["object", 1]), json!(1), json!(["map", "x"]), json!(null)]
        {
            assert_eq!(Type::parse(&nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn what_a_type_does_not_have_is_removed_at_any_depth() {
        let of = Type::parse(&json!(["object", {"a": ["list", ["object", {"b": "string"}]], "c": ["map", "string"]}]));
        let of = of.expect("a type");
        let mut value = json!({"a": [{"b": "x", "gone": 1}], "c": {"any": "y"}, "old": {}});
        assert!(of.strip(&mut value));
        assert_eq!(value, json!({"a": [{"b": "x"}], "c": {"any": "y"}}));
        assert!(!of.strip(&mut value));
    }
}
