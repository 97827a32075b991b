//! Builds the attributes of a live object in Terraform's shape.
//! Knows nothing of any resource type.

use aws_sdk_ec2::types::Tag;
use provider_api::Attributes;
use serde_json::Value;
use serde_json::value::RawValue;

/// The attributes of a live object, or of a block inside it.
///
/// What the older plugin SDK records for something unset is the zero value (`""`, `false`, `0`), and so do the plain
/// methods; those ending in `_or_null` are for attributes recorded as null. What is never added counts as not read.
#[derive(Debug, Default, Clone)]
pub(crate) struct Object {
    attributes: Attributes,
    created_at: Option<String>,
}

impl Object {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Any value.
    pub(crate) fn value(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// When the object was made (RFC 3339), where the API tells it and no attribute does.
    pub(crate) fn created(self, at: Option<String>) -> Self {
        Self { created_at: at, ..self }
    }

    /// A string; unset is the empty string.
    pub(crate) fn text(self, name: &str, text: Option<&str>) -> Self {
        self.value(name, text.unwrap_or_default())
    }

    /// A string; unset is null.
    pub(crate) fn text_or_null(self, name: &str, text: Option<&str>) -> Self {
        self.value(name, text.map_or(Value::Null, Value::from))
    }

    /// A string that counts as read only where it is known.
    pub(crate) fn text_if_known(self, name: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.value(name, text),
            None => self,
        }
    }

    /// A boolean; unset is false.
    pub(crate) fn flag(self, name: &str, flag: Option<bool>) -> Self {
        self.value(name, flag.unwrap_or_default())
    }

    /// A number; unset is zero.
    pub(crate) fn number(self, name: &str, number: Option<impl Into<i64>>) -> Self {
        self.value(name, number.map_or(0, Into::into))
    }

    /// A number; unset is null.
    pub(crate) fn number_or_null(self, name: &str, number: Option<impl Into<i64>>) -> Self {
        self.value(name, number.map_or(Value::Null, |number| Value::from(number.into())))
    }

    /// A number that counts as read only where it is known.
    pub(crate) fn number_if_known(self, name: &str, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.value(name, number),
            None => self,
        }
    }

    /// A boolean that counts as read only where it is known.
    pub(crate) fn flag_if_known(self, name: &str, flag: Option<bool>) -> Self {
        match flag {
            Some(flag) => self.value(name, flag),
            None => self,
        }
    }

    /// A list or set of strings.
    pub(crate) fn texts<T: AsRef<str>>(self, name: &str, texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<Value> = texts.into_iter().map(|text| Value::from(text.as_ref())).collect();
        self.value(name, texts)
    }

    /// Nested blocks, or a list or set of objects.
    pub(crate) fn blocks(self, name: &str, blocks: impl IntoIterator<Item = Object>) -> Self {
        let blocks: Vec<Value> = blocks.into_iter().map(Value::from).collect();
        self.value(name, blocks)
    }

    /// A map that is set; unset is empty.
    pub(crate) fn map(self, name: &str, map: Option<&Value>) -> Self {
        self.value(name, map.filter(|map| map.is_object()).cloned().unwrap_or_else(|| Value::Object(Attributes::new())))
    }

    /// `tags_all`: all live tags but those that AWS reserves for itself.
    pub(crate) fn tags(self, tags: &[Tag]) -> Self {
        self.value("tags_all", tag_map(tags))
    }

    /// `tags_all` out of an answer that holds tags as a map; a missing map is none.
    pub(crate) fn tag_map(self, tags: Option<&Value>) -> Self {
        let tags = tags.and_then(Value::as_object).into_iter().flatten();
        self.value("tags_all", own_tags(tags.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))))
    }

    /// `tags_all` out of an answer that holds tags as a list; the names of its members.
    pub(crate) fn tag_list(self, tags: &[Value], (key, value): (&str, &str)) -> Self {
        self.value(
            "tags_all",
            own_tags(tags.iter().filter_map(|tag| Some((tag.get(key)?.as_str()?, tag.get(value)?.as_str()?)))),
        )
    }

    /// The compact JSON text of the attributes, and when the object was made.
    pub(super) fn into_raw(self) -> Option<(Box<RawValue>, Option<String>)> {
        Some((serde_json::value::to_raw_value(&self.attributes).ok()?, self.created_at))
    }
}

/// Tags as a map, less the reserved `aws:` ones, which Terraform ignores likewise.
pub(crate) fn tag_map(tags: &[Tag]) -> Attributes {
    own_tags(tags.iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default()))))
}

fn own_tags<'t>(tags: impl Iterator<Item = (&'t str, &'t str)>) -> Attributes {
    let own = tags.filter(|(key, _)| !key.starts_with("aws:"));
    own.map(|(key, value)| (key.to_owned(), Value::from(value))).collect()
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Value::Object(object.attributes)
    }
}
