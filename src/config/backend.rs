//! Where the local backend keeps state.
//! Knows nothing of other backends, nor of what is in a state.

use super::{Configuration, Declared};
use std::path::PathBuf;

/// The path of the state of a workspace, relative to the directory of the root module (or absolute, where the backend
/// block says so). None where state is kept elsewhere, or where the block's arguments are not known.
pub fn local_state_path(configuration: &Configuration, workspace: &str) -> Option<PathBuf> {
    let argument = |name: &str| match &configuration.backend {
        None => Some(None),
        Some(backend) if backend.kind == "local" => match backend.attributes.get(name) {
            None | Some(Declared::Known(serde_json::Value::Null)) => Some(None),
            Some(Declared::Known(serde_json::Value::String(text))) if text.is_empty() => Some(None),
            Some(Declared::Known(serde_json::Value::String(text))) => Some(Some(text.clone())),
            Some(_) => None,
        },
        Some(_) => None,
    };
    let path = argument("path")?;
    let folder = argument("workspace_dir")?;
    if workspace == "default" {
        return Some(path.unwrap_or_else(|| "terraform.tfstate".into()).into());
    }
    // The default workspace alone is kept where `path` says.
    let folder = PathBuf::from(folder.unwrap_or_else(|| "terraform.tfstate.d".into()));
    Some(folder.join(workspace).join("terraform.tfstate"))
}
