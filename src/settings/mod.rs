//! `driftline.toml`: what an approved commit, or a file that is named, says beyond Terraform's own configuration.
//! Knows nothing of what settings are used for.

mod check;
mod error;
mod in_force;
mod init;
mod keys;
mod paths;
mod patterns;
mod providers;
mod read;
mod root_module;
mod scan;
mod schema;
mod shown;
#[cfg(test)]
mod tests;

pub use error::SettingsError;
pub use in_force::{EvidenceInForce, InForce, Origin, ScanInForce, asked_workspaces, evidence_in_force, scan_in_force};
pub use init::{FoundModule, FoundRepository, ProviderStub, written};
pub use keys::keys;
pub use patterns::{directory_pattern, name_pattern};
pub use providers::apply;
pub use read::{Source, read};
pub use root_module::{RootModuleEntry, RootModuleSettings};
pub use scan::{DEADLINE_SECONDS, EvidenceTable, ScanSettings};
pub use schema::{json_schema, reference};
pub use shown::{ConfigDocument, ModuleRow, Row, config_text, rows};

use crate::attribute::{Approvals, ForgeSettings, PersonSettings, Persons, Policy, SignatureSettings, TeamSettings};
use crate::signature::Keys;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The file's name, at the root of the repository.
pub const FILE: &str = "driftline.toml";

/// All settings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "driftline.toml")]
pub struct SettingsFile {
    /// What the flags of `driftline scan` say, for every scan of this repository; a flag is stronger.
    #[serde(default)]
    pub scan: ScanSettings,
    /// Where evidence of approvals comes from: for `scan`, `blame` and `audit`; a flag is stronger.
    #[serde(default)]
    pub evidence: EvidenceTable,
    /// What holds for some root modules. Of several entries that match, the later is stronger.
    #[serde(default, rename = "root_module")]
    pub root_modules: Vec<RootModuleEntry>,
    /// Values for arguments of provider blocks.
    #[serde(default, rename = "provider")]
    pub providers: Vec<ProviderSettings>,
    /// How provider plugins are run.
    #[serde(default)]
    pub plugin: PluginSettings,
    /// What makes a change properly approved.
    #[serde(default)]
    pub segregation: Policy,
    /// Who is who.
    #[serde(default, rename = "person")]
    pub persons: Vec<PersonSettings>,
    /// Who is in a team that CODEOWNERS names.
    #[serde(default, rename = "team")]
    pub teams: Vec<TeamSettings>,
    /// Whose signatures are trusted.
    #[serde(default)]
    pub signatures: SignatureSettings,
    /// Where pull requests are.
    #[serde(default)]
    pub forge: ForgeSettings,
    /// Where all this stands.
    #[serde(skip)]
    pub source: Source,
}

impl SettingsFile {
    /// How approvals are judged, with keys and without any forge's record.
    pub fn approvals(&self, keys: Keys) -> Approvals {
        let (policy, persons) = (self.segregation.clone(), self.who());
        let forge_signers = self.signatures.forge_signers.clone();
        Approvals { policy, persons, keys, forge_signers, forge: self.forge.kind, ..Approvals::default() }
    }

    /// Who is who.
    pub fn who(&self) -> Persons {
        Persons { persons: self.persons.clone(), teams: self.teams.clone() }
    }
}

/// Values for arguments of one provider configuration.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// The configuration, as state refers to it: `provider["registry.terraform.io/hashicorp/aws"].west`.
    #[schemars(example = &"provider[\"registry.terraform.io/hashicorp/aws\"].west")]
    pub address: String,
    /// The directory of the root module, from the repository's root; all root modules where it is not given.
    #[serde(default)]
    #[schemars(example = &"live/network")]
    pub root_module: Option<String>,
    /// The values. `{ env = "NAME" }` is the value of an environment variable: no secret need stand in the file.
    #[schemars(example = serde_json::json!({"region": "eu-west-1", "token": {"env": "CORP_TOKEN"}}))]
    pub arguments: Map<String, Value>,
}

/// How provider plugins are run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginSettings {
    /// Further environment variables that providers may see; a pattern may end in `*`.
    #[serde(default)]
    #[schemars(example = ["CORP_*"])]
    pub environment: Vec<String>,
    /// Whether to speak TLS with providers that do not ask for it.
    #[serde(default)]
    pub mutual_tls: bool,
    /// Whether Terraform's and OpenTofu's registries hold the same providers.
    #[serde(default)]
    pub registries_are_one: bool,
    /// How many instances one provider reads at the same time, at most fifty; by default as many as still make it faster.
    #[serde(default)]
    #[schemars(range(min = 1), example = 20)]
    pub parallelism: Option<usize>,
    /// How long one read may take, in seconds; two minutes by default.
    #[serde(default)]
    #[schemars(range(min = 1), extend("default" = 120))]
    pub read_seconds: Option<u64>,
}
