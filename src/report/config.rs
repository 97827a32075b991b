//! Renders what is in force as JSON.
//! Knows nothing of settings.

use super::inert::pretty_json;
use crate::settings::ConfigDocument;

/// The JSON Schema of [`config_json`]. Pretty, with a newline at the end.
pub fn config_schema() -> String {
    pretty_json(&schemars::schema_for!(ConfigDocument))
}

/// As JSON. Pretty, with a newline at the end.
pub fn config_json(document: &ConfigDocument) -> String {
    pretty_json(document)
}
