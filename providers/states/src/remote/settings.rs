//! What the `remote` backend and the `cloud` block say, completed from the environment as Terraform does.
//! Knows nothing of tokens outside of the block, nor of the API.

use crate::{Backend, Class, DEFAULT_WORKSPACE, StoreError, Surroundings};
use reqwest::Url;
use serde_json::{Map, Value};

/// The host where none is named (internal/cloud/backend.go, `defaultHostname`).
const HOST: &str = "app.terraform.io";

/// Which workspaces of the organization belong to the root module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mapping {
    /// `remote` with `name`: the one workspace, which the command line calls `default`.
    Default(String),
    /// `cloud` with `name`: the one workspace.
    Name(String),
    /// `remote` with `prefix`: the command line leaves it away.
    Prefix(String),
    /// `cloud` with a set of tags: the workspaces that have them all.
    Tags(Vec<String>),
    /// `cloud` with tags that have values.
    Bindings(Vec<(String, String)>),
}

pub(super) struct Settings {
    /// Host, and port where it is not HTTPS' own: canonical, as [`canonical`] makes it.
    pub(super) host: String,
    pub(super) organization: String,
    pub(super) mapping: Mapping,
    pub(super) project: Option<String>,
    /// The block's own token.
    pub(super) token: Option<String>,
    /// Names of the API in the discovery document, the first that is there counts.
    pub(super) services: Vec<&'static str>,
    /// Host and organization, for printing.
    pub(super) place: String,
}

impl Settings {
    /// internal/cloud/backend.go, `resolveCloudConfig`; internal/backend/remote/backend.go, `PrepareConfig`.
    pub(super) fn read(backend: &Backend, around: &Surroundings) -> Result<Self, StoreError> {
        let cloud = backend.kind == "cloud";
        // Only the cloud block is completed from the environment.
        let variable = |name: &str| if cloud { around.variable(name) } else { None };
        let unset = |cause: &str| StoreError::new(format!("{} backend", backend.kind), Class::Unset, cause);
        let named = backend.text("hostname").or_else(|| variable("TF_CLOUD_HOSTNAME")).unwrap_or(HOST);
        let host = canonical(named).ok_or_else(|| unset("its `hostname` is no name of a host"))?;
        let organization = match backend.text("organization").or_else(|| variable("TF_CLOUD_ORGANIZATION")) {
            Some(organization) => organization.to_owned(),
            None if cloud => {
                return Err(unset("neither the cloud block nor TF_CLOUD_ORGANIZATION names an `organization`"));
            }
            None => backend.required("organization")?.to_owned(),
        };
        let none = Map::new();
        let blocks = backend.blocks("workspaces");
        let block = blocks.first().copied().unwrap_or(&none);
        let mapping =
            if cloud { cloud_mapping(block, around) } else { remote_mapping(block) }.map_err(|cause| unset(&cause))?;
        let project = text(block, "project").or_else(|| variable("TF_CLOUD_PROJECT")).map(str::to_owned);
        let mut services = if cloud { vec!["tfe.v2", "tfe.v2.1"] } else { vec!["tfe.v2.1", "tfe.v2"] };
        let forced = !cloud && around.variable("TF_FORCE_LOCAL_BACKEND").is_some();
        services.insert(if forced { 0 } else { services.len() }, "state.v2");
        let place = format!("{host}/{organization}");
        let token = backend.text("token").map(str::to_owned);
        Ok(Self { project: project.filter(|_| cloud), host, organization, mapping, token, services, place })
    }

    /// The name of a workspace in the organization. A name that begins with the prefix already is taken as it is, as
    /// Terraform does (internal/backend/remote/backend.go, `StateMgr`).
    pub(super) fn remote_name(&self, workspace: &str) -> Result<String, StoreError> {
        let unset = |cause: String| StoreError::new(&self.place, Class::Unset, cause);
        let name = match &self.mapping {
            Mapping::Default(name) | Mapping::Name(name) if workspace == DEFAULT_WORKSPACE || workspace == name => {
                name.clone()
            }
            Mapping::Default(name) | Mapping::Name(name) => {
                return Err(unset(format!("it is bound to the workspace `{name}`, and has none named `{workspace}`")));
            }
            _ if workspace == DEFAULT_WORKSPACE => {
                return Err(unset("it has no default workspace: its workspaces are found by prefix or tags".into()));
            }
            Mapping::Prefix(prefix) if !workspace.starts_with(prefix.as_str()) => format!("{prefix}{workspace}"),
            _ => workspace.to_owned(),
        };
        Ok(name)
    }
}

fn remote_mapping(block: &Map<String, Value>) -> Result<Mapping, String> {
    match (text(block, "name"), text(block, "prefix")) {
        (Some(name), None) => Ok(Mapping::Default(name.into())),
        (None, Some(prefix)) => Ok(Mapping::Prefix(prefix.into())),
        _ => Err("its block `workspaces` needs either `name` or `prefix`".into()),
    }
}

fn cloud_mapping(block: &Map<String, Value>, around: &Surroundings) -> Result<Mapping, String> {
    let chosen = around.variable("TF_WORKSPACE");
    match (text(block, "name"), tags(block)?) {
        (Some(_), Some(_)) => Err("its block `workspaces` has both `name` and `tags`".into()),
        (None, Some(tags)) => Ok(tags),
        (Some(name), None) => match chosen {
            Some(other) if other != name => Err(format!(
                "its block `workspaces` names `{name}`, but TF_WORKSPACE is `{other}`: Terraform takes neither"
            )),
            _ => Ok(Mapping::Name(name.into())),
        },
        (None, None) => match chosen {
            Some(name) => Ok(Mapping::Name(name.into())),
            None => Err("neither its block `workspaces` nor TF_WORKSPACE says which workspaces it has".into()),
        },
    }
}

/// A set of tags, or a map of tags with values; none where there are none.
fn tags(block: &Map<String, Value>) -> Result<Option<Mapping>, String> {
    let mut tags = block.get("tags").unwrap_or(&Value::Null);
    // What `terraform init` leaves behind tells the type beside the value, since the argument may have either.
    if let Value::Object(wrapped) = tags
        && let (2, Some(value), Some(Value::Array(_))) = (wrapped.len(), wrapped.get("value"), wrapped.get("type"))
    {
        tags = value;
    }
    let strange = || "its `tags` are neither a set of texts nor a map of texts".to_owned();
    match tags {
        Value::Null => Ok(None),
        Value::Array(names) => {
            let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
            let names = names.ok_or_else(strange)?.into_iter().filter(|name| !name.is_empty()).map(str::to_owned);
            Ok(Some(names.collect::<Vec<_>>()).filter(|names| !names.is_empty()).map(Mapping::Tags))
        }
        Value::Object(pairs) => {
            let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
            let pairs: Option<Vec<_>> = pairs.iter().map(pair).collect();
            Ok(Some(pairs.ok_or_else(strange)?).filter(|pairs| !pairs.is_empty()).map(Mapping::Bindings))
        }
        _ => Err(strange()),
    }
}

fn text<'a>(block: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    block.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// A host as it is compared: lower case, in ASCII, with a port only where it is not HTTPS' own (`svchost.ForComparison`).
pub(super) fn canonical(host: &str) -> Option<String> {
    let other = |c: char| c.is_whitespace() || c.is_control() || "/\\@?#%".contains(c);
    if host.is_empty() || host.contains(other) {
        return None;
    }
    let url = Url::parse(&format!("https://{host}/")).ok()?;
    let name = url.host_str()?;
    Some(url.port().map_or(name.to_owned(), |port| format!("{name}:{port}")))
}
