//! Parses the text of a state, format version 4, borrowing from it: attributes stay text until they are compared.
//! Knows nothing of files.

use super::error::{StateError, StateProblem, quoted};
use super::recognize::{first_bytes, json_problem, top_level_keys};
use super::{Instance, State, StateText};
use crate::model::{Address, InstanceKey, ModuleStep, ProviderReference, StateInfo, parse_module};
use crate::redact::hex;
use provider_api::{AttributePath, Step};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A string that borrows where it holds no escapes. (`Option<Cow<str>>` alone would always copy.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Document<'a> {
    version: u64,
    #[serde(borrow)]
    terraform_version: Option<Text<'a>>,
    serial: Option<u64>,
    #[serde(borrow)]
    lineage: Option<Text<'a>>,
    #[serde(borrow)]
    resources: Option<Records<'a>>,
}

#[derive(Deserialize)]
struct ResourceRecord<'a> {
    #[serde(borrow)]
    module: Option<Text<'a>>,
    #[serde(borrow)]
    mode: Text<'a>,
    #[serde(borrow, rename = "type")]
    resource_type: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    /// OpenTofu leaves it to the instances where it differs between them.
    #[serde(borrow)]
    provider: Option<Text<'a>>,
    #[serde(borrow)]
    instances: Option<Vec<InstanceRecord<'a>>>,
}

#[derive(Deserialize)]
struct InstanceRecord<'a> {
    #[serde(borrow)]
    index_key: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    deposed: Option<Text<'a>>,
    schema_version: Option<u64>,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
    attributes_flat: Option<IgnoredAny>,
    #[serde(borrow)]
    sensitive_attributes: Option<&'a RawValue>,
    #[serde(borrow)]
    private: Option<Text<'a>>,
    #[serde(borrow)]
    identity: Option<&'a RawValue>,
    identity_schema_version: Option<u64>,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
    #[serde(borrow)]
    provider: Option<Text<'a>>,
}

/// Parses a state. Nothing of its attributes is looked at but the `id`.
pub fn parse(text: &StateText) -> Result<State<'_>, StateError> {
    let error = |problem| StateError { state: text.source.clone(), problem };
    first_bytes(text.text.as_bytes(), true).map_err(error)?;
    let json = text.text.trim_start_matches('\u{feff}');
    let document: Document<'_> = match serde_json::from_str(json) {
        Ok(document) => document,
        Err(fault) if fault.is_syntax() || fault.is_eof() => return Err(error(json_problem(&fault))),
        Err(fault) => return Err(error(top_level_keys(json, Some(&fault)))),
    };
    let (4, Some(mut records)) = (document.version, document.resources) else {
        return Err(error(top_level_keys(json, None)));
    };
    records.problem.take().map_or(Ok(()), Err).map_err(error)?;
    records.refuse_duplicates().map_err(error)?;
    let owned = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned()).unwrap_or_default();
    let info = StateInfo {
        source: text.source.clone(),
        lineage: owned(document.lineage),
        serial: document.serial.unwrap_or_default(),
        sha256: text.sha256.clone().unwrap_or_else(|| hex(&Sha256::digest(text.text.as_bytes()))),
        terraform_version: owned(document.terraform_version),
        origin: text.origin.clone(),
    };
    Ok(State { info, instances: records.instances, data: records.data, deposed: records.deposed })
}

/// What was collected so far, and texts that many instances share.
#[derive(Default)]
struct Records<'a> {
    /// The first thing that could not be understood; nothing is collected after it.
    problem: Option<StateProblem>,
    instances: Vec<Instance<'a>>,
    data: Vec<Instance<'a>>,
    deposed: Vec<Address>,
    types: HashMap<String, Arc<str>>,
    modules: HashMap<String, Arc<[ModuleStep]>>,
    providers: HashMap<String, ProviderReference>,
}

/// Takes one resource at a time out of the text, so that the records of all are never held at once.
impl<'de: 'a, 'a> Deserialize<'de> for Records<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Resources<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Resources<'a> {
            type Value = Records<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of resources")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut resources: A) -> Result<Records<'a>, A::Error> {
                let mut records = Records::default();
                while let Some(resource) = resources.next_element::<ResourceRecord<'_>>()? {
                    if records.problem.is_none() {
                        records.problem = match &*resource.mode.0 == "data" {
                            true => records.data_source(resource),
                            false => records.resource(resource).err(),
                        };
                    }
                }
                Ok(records)
            }
        }

        deserializer.deserialize_seq(Resources(PhantomData))
    }
}

impl<'a> Records<'a> {
    /// What a data source answered. Nothing depends on it but the values of expressions: where it is not understood
    /// they are not known.
    fn data_source(&mut self, record: ResourceRecord<'a>) -> Option<StateProblem> {
        let before = (self.instances.len(), self.deposed.len());
        let understood = self.resource(record).is_ok();
        let data: Vec<Instance<'a>> = self.instances.drain(before.0..).collect();
        self.deposed.truncate(before.1);
        if understood {
            self.data.extend(data);
        }
        None
    }

    fn resource(&mut self, record: ResourceRecord<'a>) -> Result<(), StateProblem> {
        let (resource_type, name) = (&*record.resource_type.0, &*record.name.0);
        let module = record.module.as_ref().map_or("", |module| &module.0);
        let label = if module.is_empty() { String::new() } else { format!("{module}.") };
        let fault = |reason: &str| StateProblem::Instance {
            address: quoted(&format!("{label}{resource_type}.{name}")),
            reason: reason.into(),
        };
        match &*record.mode.0 {
            "managed" | "data" => {}
            _ => return Err(fault("its mode is neither `managed` nor `data`")),
        }
        if !is_identifier(resource_type) || !is_identifier(name) {
            return Err(fault("its type or name is not an identifier"));
        }
        let address = Address {
            module: self.module(module).ok_or_else(|| fault("its module path is not valid"))?,
            resource_type: self.resource_type(resource_type),
            name: name.into(),
            key: None,
        };
        let provider = match &record.provider {
            Some(text) => Some(self.provider(&text.0).ok_or_else(|| fault("its provider reference is not valid"))?),
            None => None,
        };
        let records = record.instances.unwrap_or_default();
        self.instances.reserve(records.len());
        for record in records {
            self.instance(&address, provider.as_ref(), record)?;
        }
        Ok(())
    }

    fn instance(
        &mut self,
        resource: &Address,
        provider: Option<&ProviderReference>,
        record: InstanceRecord<'a>,
    ) -> Result<(), StateProblem> {
        let mut address = resource.clone();
        let fault = |address: &Address, reason: &str| StateProblem::Instance {
            address: quoted(&address.to_string()),
            reason: reason.into(),
        };
        address.key = instance_key(record.index_key)
            .ok_or_else(|| fault(&address, "an instance key is neither a string nor a whole number"))?;
        let provider = match &record.provider {
            Some(text) => self.provider(&text.0),
            None => provider.cloned(),
        };
        let provider = provider.ok_or_else(|| fault(&address, "it has no valid provider reference"))?;
        if record.deposed.is_some_and(|key| !key.0.is_empty()) {
            self.deposed.push(address);
            return Ok(());
        }
        let tainted = match record.status.as_ref().map_or("", |status| &status.0) {
            "" => false,
            "tainted" => true,
            _ => return Err(fault(&address, "its status is neither absent nor `tainted`")),
        };
        let attributes = match record.attributes {
            Some(attributes) if attributes.get().starts_with('{') => attributes,
            _ if record.attributes_flat.is_some() => {
                return Err(StateProblem::FlatAttributes(quoted(&address.to_string())));
            }
            _ => return Err(fault(&address, "it has no attributes")),
        };
        let sensitive = match record.sensitive_attributes {
            Some(paths) => sensitive_paths(paths)
                .ok_or_else(|| fault(&address, "its `sensitive_attributes` are not a list of paths"))?,
            None => Vec::new(),
        };
        self.instances.push(Instance {
            id: id(attributes),
            address,
            provider,
            schema_version: record.schema_version.unwrap_or_default(),
            attributes,
            sensitive,
            private: record.private.map(|text| text.0),
            identity: record.identity.filter(|identity| identity.get().starts_with('{')),
            identity_version: record.identity_schema_version.unwrap_or_default(),
            tainted,
            dependencies: record.dependencies,
        });
        Ok(())
    }

    fn resource_type(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.types.get(text) {
            return known.clone();
        }
        self.types.entry(text.into()).or_insert_with(|| text.into()).clone()
    }

    fn module(&mut self, text: &str) -> Option<Arc<[ModuleStep]>> {
        if let Some(known) = self.modules.get(text) {
            return Some(known.clone());
        }
        let module = parse_module(text).ok()?;
        self.modules.insert(text.into(), module.clone());
        Some(module)
    }

    fn provider(&mut self, text: &str) -> Option<ProviderReference> {
        if let Some(known) = self.providers.get(text) {
            return Some(known.clone());
        }
        let mut reference = match text.parse::<ProviderReference>() {
            Ok(reference) => reference,
            Err(_) => legacy_provider(text)?,
        };
        // The namespace of a provider that an upgrade from Terraform 0.12 has not yet been told of.
        if let Some(name) = reference.source.strip_prefix("registry.terraform.io/-/") {
            reference.source = format!("registry.terraform.io/hashicorp/{name}").into();
        }
        self.providers.insert(text.into(), reference.clone());
        Some(reference)
    }

    fn refuse_duplicates(&self) -> Result<(), StateProblem> {
        let mut seen = HashSet::with_capacity(self.instances.len());
        match self.instances.iter().find(|instance| !seen.insert(&instance.address)) {
            Some(instance) => Err(StateProblem::Duplicate(quoted(&instance.address.to_string()))),
            None => Ok(()),
        }
    }
}

/// Whether a text can stand for a type or a name in an address.
fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}

/// No key, a string or a whole number; none in the outer option for anything else.
fn instance_key(raw: Option<&RawValue>) -> Option<Option<InstanceKey>> {
    match raw.map(RawValue::get) {
        None | Some("null") => Some(None),
        Some(text) if text.starts_with('"') => {
            let key: String = serde_json::from_str(text).ok()?;
            Some(Some(InstanceKey::Key(key.into())))
        }
        Some(text) => Some(Some(InstanceKey::Index(text.parse().ok()?))),
    }
}

/// `module.a.provider.aws.west`, as Terraform 0.12 wrote references in this state format.
fn legacy_provider(text: &str) -> Option<ProviderReference> {
    let (module, rest) = match text.strip_prefix("provider.") {
        Some(rest) => ("", rest),
        None => text.rsplit_once(".provider.")?,
    };
    let (name, alias) = match rest.split_once('.') {
        Some((name, alias)) => (name, Some(alias)),
        None => (rest, None),
    };
    if !is_identifier(name) || !alias.is_none_or(is_identifier) {
        return None;
    }
    let source = format!("registry.terraform.io/hashicorp/{name}").into();
    Some(ProviderReference { module: parse_module(module).ok()?, source, alias: alias.map(Into::into) })
}

/// The paths of `sensitive_attributes`. A step that has no place in an attribute path ends the path there, which hides
/// more and never less.
fn sensitive_paths(raw: &RawValue) -> Option<Vec<AttributePath>> {
    #[derive(Deserialize)]
    struct StepRecord {
        #[serde(rename = "type")]
        kind: String,
        value: Value,
    }
    if raw.get() == "[]" || raw.get() == "null" {
        return Some(Vec::new());
    }
    let paths: Vec<Vec<StepRecord>> = serde_json::from_str(raw.get()).ok()?;
    let step = |record: &StepRecord| match (record.kind.as_str(), &record.value) {
        ("get_attr", Value::String(name)) => Some(Step::Name(name.clone())),
        ("index", value) => match value.get("value").unwrap_or(value) {
            Value::String(key) => Some(Step::Key(key.clone())),
            Value::Number(number) => number.as_u64().and_then(|index| usize::try_from(index).ok()).map(Step::Index),
            _ => None,
        },
        _ => None,
    };
    Some(paths.iter().map(|path| AttributePath(path.iter().map_while(step).collect())).collect())
}

/// The `id` attribute; empty where there is none. Reads no further than to it.
fn id(attributes: &RawValue) -> String {
    let mut id = None;
    // Finding it ends the parse with an error on purpose: the text is known to be valid.
    let _ = serde_json::Deserializer::from_str(attributes.get()).deserialize_map(IdVisitor(&mut id));
    match id.map(RawValue::get) {
        None | Some("null") => String::new(),
        Some(text) if text.starts_with('"') => serde_json::from_str(text).unwrap_or_default(),
        Some(text) => text.to_owned(),
    }
}

struct IdVisitor<'i, 'a>(&'i mut Option<&'a RawValue>);

impl<'a> Visitor<'a> for IdVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("attributes")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'a>>()? {
            if key.0 == "id" {
                *self.0 = Some(map.next_value()?);
                return Err(serde::de::Error::custom("found"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}
