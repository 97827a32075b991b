//! Resources that exist in state only: nothing is asked, for what was recorded is all there is.
//! Knows nothing of configurations.

use futures::FutureExt;
use futures::future::BoxFuture;
use provider_api::{
    Attributes, Connection, Gap, GapClass, LiveObject, Provider, ProviderConfiguration, ReadOutcome, ReadRequest,
    Scope, TypeTable,
};
use std::sync::LazyLock;

/// The provider that is part of Terraform.
pub(crate) const BUILTIN: &str = "terraform.io/builtin/terraform";

/// The reader's name in reports.
pub(crate) const READER: &str = "state";

/// Providers whose resources are nowhere but in state: their own refresh returns what was recorded. `terraform_data` is
/// Terraform's; the types of the others are documented as logical ones.
const SOURCES: [&str; 3] = [BUILTIN, "/hashicorp/null", "/hashicorp/random"];

/// What a provider's schema would say of `terraform_data`, which is Terraform's own: see its documentation.
const SCHEMAS: &str = r#"{"provider_version":"1.11.4","types":{"terraform_data":{"version":0,"attributes":{
    "id":{"type":"string","flags":"c"},
    "input":{"type":"dynamic","flags":"od"},
    "output":{"type":"dynamic","flags":"c"},
    "triggers_replace":{"type":"dynamic","flags":"od"}}}}}"#;

static TYPES: LazyLock<TypeTable> = LazyLock::new(|| TypeTable {
    types: &[],
    owners: &[],
    stand_ins: &[],
    schemas: serde_json::from_str(SCHEMAS).unwrap_or_default(),
});

/// The types of Terraform's own provider.
pub(crate) fn types(source: &str) -> Option<&'static TypeTable> {
    (source == BUILTIN).then(|| &*TYPES)
}

/// Answers with what was recorded.
pub(crate) struct Logical {
    /// Only for what is part of Terraform: the other providers have plugins that can be asked.
    pub(crate) builtin_only: bool,
}

impl Provider for Logical {
    fn reader(&self) -> &'static str {
        READER
    }

    fn serves(&self, source: &str) -> bool {
        if self.builtin_only {
            return source == BUILTIN;
        }
        SOURCES.iter().any(|known| source == *known || known.starts_with('/') && source.ends_with(known))
    }

    fn resource_types(&self) -> Vec<String> {
        Vec::new()
    }

    fn recorded_scope(&self, _: &Attributes) -> Scope {
        Scope::default()
    }

    fn connect<'a>(&'a self, _: &'a ProviderConfiguration) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
        async { Ok(Box::new(Nowhere(Scope::default())) as Box<dyn Connection>) }.boxed()
    }
}

struct Nowhere(Scope);

impl Connection for Nowhere {
    fn scope(&self) -> &Scope {
        &self.0
    }

    fn read<'a>(&'a self, request: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome> {
        let mut outcome = ReadOutcome::default();
        for instance in &request.instances {
            // State may be written over many lines.
            let attributes = serde_json::from_str::<Attributes>(instance.attributes.get());
            match attributes.and_then(|attributes| serde_json::value::to_raw_value(&attributes)) {
                Ok(attributes) => outcome.objects.push(LiveObject::new(instance.id, attributes)),
                Err(error) => outcome.gaps.push(Gap {
                    ids: vec![instance.id.to_owned()],
                    class: GapClass::Failed,
                    cause: format!("attributes cannot be read: {error}"),
                }),
            }
        }
        async move { outcome }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_terraforms_own_type_is_read() {
        let schema = types(BUILTIN).and_then(|table| table.schema("terraform_data")).expect("a schema");
        assert_eq!(schema.attributes["input"].unset(), Some(&serde_json::Value::Null));
        assert!(types("registry.terraform.io/hashicorp/random").is_none());
    }

    #[test]
    fn what_was_recorded_is_answered_on_one_line() {
        let attributes: Box<serde_json::value::RawValue> = serde_json::from_str("{\n \"id\": \"a\"\n}").expect("JSON");
        let instance = provider_api::RequestedInstance::new("x", &attributes);
        let request =
            ReadRequest { resource_type: "terraform_data", instances: vec![instance], unrequested: false, until: None };
        let outcome = Nowhere(Scope::default()).read(&request).now_or_never().expect("at once");
        assert_eq!(outcome.objects[0].attributes.get(), "{\"id\":\"a\"}");
    }

    #[test]
    fn logical_providers_are_served_wherever_they_come_from() {
        let (all, builtin) = (Logical { builtin_only: false }, Logical { builtin_only: true });
        assert!(builtin.serves(BUILTIN) && !builtin.serves("registry.terraform.io/hashicorp/null"));
        for source in [BUILTIN, "registry.opentofu.org/hashicorp/random", "registry.terraform.io/hashicorp/null"] {
            assert!(all.serves(source), "{source}");
        }
        for source in ["registry.terraform.io/hashicorp/aws", "registry.terraform.io/evil/random", "hashicorp/null"] {
            assert!(!all.serves(source), "{source}");
        }
    }
}
