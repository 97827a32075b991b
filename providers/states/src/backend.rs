//! A backend as configuration names it: its kind and its arguments.
//! Knows nothing of where they come from, nor of what any kind does with them.

use crate::error::{Class, StoreError};
use serde_json::{Map, Value};

/// A backend's kind and arguments, all of them: what Terraform would use after `terraform init`.
#[derive(Clone, PartialEq, Default)]
pub struct Backend {
    /// `local`, `s3`, `gcs`, `azurerm`, `http`, `pg`, `kubernetes`, `consul`, `remote`, `cloud`, …
    pub kind: String,
    /// Arguments by name; null and absent are the same. A nested block is an object, or a list of objects.
    pub arguments: Map<String, Value>,
}

impl Backend {
    /// A text argument; none where it is absent or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.arguments.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A text argument that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, StoreError> {
        self.text(name).ok_or_else(|| {
            let cause = format!(
                "the {} backend needs `{name}`, which neither the backend block nor what completes it gives",
                self.kind
            );
            StoreError::new(format!("{} backend", self.kind), Class::Unset, cause)
        })
    }

    /// A truth value; Terraform takes the texts `true` and `1` for it too.
    pub(crate) fn flag(&self, name: &str) -> bool {
        match self.arguments.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "1"),
            _ => false,
        }
    }

    /// The bodies of the nested blocks of a name.
    pub(crate) fn blocks(&self, name: &str) -> Vec<&Map<String, Value>> {
        match self.arguments.get(name) {
            Some(Value::Object(body)) => vec![body],
            Some(Value::Array(bodies)) => bodies.iter().filter_map(Value::as_object).collect(),
            _ => Vec::new(),
        }
    }
}

/// Arguments may be credentials: only their names are shown.
impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.arguments.keys().collect();
        f.debug_struct("Backend").field("kind", &self.kind).field("arguments", &names).finish()
    }
}
