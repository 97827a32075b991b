//! The documents that the API answers with (JSON:API), as far as they are read.
//! Knows nothing of how they are asked for.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One resource, or a list of them, with the ones that belong to them.
#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(deserialize_with = "one_or_many")]
    pub(super) data: Vec<Resource>,
    #[serde(default)]
    pub(super) included: Vec<Resource>,
    #[serde(default)]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pagination {
    #[serde(default)]
    next_page: Value,
    #[serde(default)]
    current_page: Value,
    #[serde(default)]
    total_pages: Value,
}

/// A workspace, a state version, a run, a user, a team or a project.
#[derive(Deserialize)]
pub(super) struct Resource {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    attributes: Option<Attributes>,
    #[serde(default)]
    relationships: Option<Relationships>,
}

/// What is read of any of them. Services differ in details: nothing is lost where one has another type.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Attributes {
    pub(super) name: Value,
    pub(super) username: Value,
    pub(super) source: Value,
    pub(super) locked: Value,
    pub(super) permissions: Value,
    pub(super) created_at: Value,
    pub(super) size: Value,
    pub(super) md5: Value,
    pub(super) status: Value,
    pub(super) hosted_state_download_url: Value,
    pub(super) vcs_commit_sha: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Relationships {
    run: Option<Relation>,
    created_by: Option<Relation>,
    locked_by: Option<Relation>,
    project: Option<Relation>,
    current_state_version: Option<Relation>,
}

#[derive(Deserialize)]
struct Relation {
    /// None where it is not told; null where there is none.
    #[serde(default, deserialize_with = "told")]
    data: Option<Value>,
}

/// Which resource a relation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
}

/// Relations that are read.
#[derive(Clone, Copy)]
pub(super) enum To {
    Run,
    CreatedBy,
    LockedBy,
    Project,
    CurrentStateVersion,
}

impl Document {
    /// The one resource of a document that has one.
    pub(super) fn one(&self) -> Option<&Resource> {
        self.data.first()
    }

    /// What a relation leads to, where the service sent it along.
    pub(super) fn related(&self, of: &Resource, to: To) -> Option<&Resource> {
        let named = of.named(to)?;
        self.included.iter().find(|included| included.kind == named.kind && included.id == named.id)
    }

    /// Whether another page follows. Terraform goes by the number of pages.
    pub(super) fn has_more(&self) -> bool {
        let Some(pagination) = self.meta.as_ref().and_then(|meta| meta.pagination.as_ref()) else { return false };
        let (current, total) = (pagination.current_page.as_u64(), pagination.total_pages.as_u64());
        !pagination.next_page.is_null() || current.zip(total).is_some_and(|(current, total)| current < total)
    }
}

impl Resource {
    /// A text attribute; none where it is empty or no text.
    pub(super) fn text(&self, of: impl Fn(&Attributes) -> &Value) -> Option<&str> {
        of(self.attributes.as_ref()?).as_str().filter(|text| !text.is_empty())
    }

    pub(super) fn number(&self, of: impl Fn(&Attributes) -> &Value) -> Option<u64> {
        of(self.attributes.as_ref()?).as_u64()
    }

    /// Whether a workspace is locked; none where it is not told.
    pub(super) fn is_locked(&self) -> Option<bool> {
        self.attributes.as_ref()?.locked.as_bool()
    }

    /// Whether the token is told to have a permission on a workspace.
    pub(super) fn allows(&self, permission: &str) -> Option<bool> {
        self.attributes.as_ref()?.permissions.get(permission)?.as_bool()
    }

    pub(super) fn named(&self, to: To) -> Option<Named<'_>> {
        let data = self.relation(to)?;
        Some(Named { kind: data.get("type")?.as_str()?, id: data.get("id")?.as_str()? })
    }

    /// Whether a relation is told to lead nowhere.
    pub(super) fn lacks(&self, to: To) -> bool {
        self.relation(to).is_some_and(Value::is_null)
    }

    fn relation(&self, to: To) -> Option<&Value> {
        let relations = self.relationships.as_ref()?;
        let relation = match to {
            To::Run => &relations.run,
            To::CreatedBy => &relations.created_by,
            To::LockedBy => &relations.locked_by,
            To::Project => &relations.project,
            To::CurrentStateVersion => &relations.current_state_version,
        };
        relation.as_ref()?.data.as_ref()
    }
}

fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Read as it comes: the attributes that are not read may be many.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Resource>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<Resource>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a resource, a list of resources, or null")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Resource::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }
    deserializer.deserialize_any(OneOrMany)
}
