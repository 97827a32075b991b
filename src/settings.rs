//! `driftline.toml`: what an approved commit, or a file that is named, says beyond Terraform's own configuration.
//! Knows nothing of what settings are used for.

use crate::attribute::{Approvals, ForgeSettings, PersonSettings, Persons, Policy, SignatureSettings, TeamSettings};
use crate::git::Tree;
use crate::plan::ReadPlan;
use crate::signature::{Keys, MAX_KEYS};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The file's name, at the root of the repository.
pub const FILE: &str = "driftline.toml";

/// The longest file that is read.
const MAX_BYTES: u64 = 1 << 20;

/// All settings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsFile {
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// The configuration, as state refers to it: `provider["registry.terraform.io/hashicorp/aws"].west`.
    pub address: String,
    /// The directory of the root module, from the repository's root; all root modules where it is not given.
    #[serde(default)]
    pub root_module: Option<String>,
    /// The values. `{ env = "NAME" }` is the value of an environment variable: no secret need stand in the file.
    pub arguments: Map<String, Value>,
}

/// How provider plugins are run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginSettings {
    /// Further environment variables that providers may see; a pattern may end in `*`.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Whether to speak TLS with providers that do not ask for it.
    #[serde(default)]
    pub mutual_tls: bool,
    /// Whether Terraform's and OpenTofu's registries hold the same providers.
    #[serde(default)]
    pub registries_are_one: bool,
    /// How many instances one provider reads at the same time, at most fifty; by default as many as still make it faster.
    #[serde(default)]
    pub parallelism: Option<usize>,
    /// How long one read may take, in seconds; two minutes by default.
    #[serde(default)]
    pub read_seconds: Option<u64>,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file that was named cannot be read.
    #[error("the settings `{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// It is no TOML, or says what is not known.
    #[error("the settings `{}` cannot be used: {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: String,
    },
    /// A file of keys that cannot be used.
    #[error("the keys `{path}` that {FILE} names cannot be used: {cause}")]
    Keys {
        /// The file in the approved commit.
        path: String,
        /// Why.
        cause: String,
    },
    /// An environment variable that is not set.
    #[error("the settings for {address} want the environment variable {name}, which is not set")]
    Variable {
        /// The provider configuration.
        address: String,
        /// The variable.
        name: String,
    },
}

impl SettingsError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "name a file that you may read",
            Self::Malformed { .. } => "see the README for what can be set",
            Self::Keys { .. } => "name files of public keys that the approved commit holds",
            Self::Variable { .. } => "set the variable, or take the argument out of the settings",
        }
    }
}

/// Reads the file that is named, else the one of the approved commit; no settings where there is neither.
///
/// # Errors
/// When it cannot be read or understood.
pub fn read(tree: &Tree<'_>, named: Option<&Path>) -> Result<SettingsFile, SettingsError> {
    let (path, bytes) = match named {
        Some(path) => {
            let unreadable = |cause: String| SettingsError::Unreadable { path: path.to_owned(), cause };
            let metadata = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
            if metadata.len() > MAX_BYTES {
                return Err(unreadable("it is far too long".into()));
            }
            (path.to_owned(), std::fs::read(path).map_err(|error| unreadable(error.to_string()))?)
        }
        None => match tree.read(FILE, MAX_BYTES) {
            Ok(bytes) => (PathBuf::from(FILE), bytes),
            Err(_) if !tree.files("").is_ok_and(|files| files.iter().any(|name| name == FILE)) => {
                return Ok(SettingsFile::default());
            }
            Err(error) => return Err(SettingsError::Unreadable { path: FILE.into(), cause: error.to_string() }),
        },
    };
    let malformed = |cause: String| SettingsError::Malformed { path: path.clone(), cause };
    let text = String::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8".into()))?;
    let settings: SettingsFile = toml::from_str(&text).map_err(|error| malformed(error.message().to_owned()))?;
    settings.who().check().map_err(malformed)?;
    Ok(settings)
}

/// Reads the keys whose signatures are trusted out of the approved commit. What is in them and cannot be used is told by
/// [`Keys::skipped`].
///
/// # Errors
/// When a file cannot be read or holds no key, or no file fits a pattern.
pub fn keys(tree: &Tree<'_>, settings: &SignatureSettings) -> Result<Keys, SettingsError> {
    let mut keys = Keys::default();
    let error = |path: &str, cause: String| SettingsError::Keys { path: path.to_owned(), cause };
    let read = |path: &str| tree.read(path, MAX_KEYS as u64).map_err(|cause| error(path, cause.to_string()));
    for pattern in &settings.openpgp {
        let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let files = tree.files(directory).map_err(|cause| error(pattern, cause.to_string()))?;
        let fitting: Vec<_> = files.iter().filter(|file| crate::attribute::fits(name, file)).collect();
        if fitting.is_empty() {
            return Err(error(pattern, "no file is called so".into()));
        }
        for file in fitting {
            let path = if directory.is_empty() { file.clone() } else { format!("{directory}/{file}") };
            keys.add_openpgp(&read(&path)?).map_err(|cause| error(&path, cause))?;
        }
    }
    if let Some(path) = &settings.allowed_signers {
        keys.add_allowed_signers(&read(path)?).map_err(|cause| error(path, cause))?;
    }
    if let Some(path) = &settings.x509_roots {
        keys.add_x509_roots(&read(path)?).map_err(|cause| error(path, cause))?;
    }
    Ok(keys)
}

/// Gives the arguments of provider configurations the values that the settings name. Returns the addresses that concern
/// none of the root modules that are looked at, though they might.
///
/// # Errors
/// When they name a variable that is not set.
pub fn apply(
    settings: &SettingsFile,
    environment: &BTreeMap<OsString, OsString>,
    plan: &mut ReadPlan<'_>,
) -> Result<Vec<String>, SettingsError> {
    let mut unused = Vec::new();
    for provider in &settings.providers {
        let mut used = false;
        let mut looked_at = provider.root_module.is_none();
        for connection in &mut plan.connections {
            let here = provider.root_module.as_ref().is_none_or(|directory| *directory == connection.directory);
            looked_at |= here;
            if !here || connection.reference != provider.address {
                continue;
            }
            used = true;
            for (name, value) in &provider.arguments {
                let value = resolved(value, environment)
                    .map_err(|name| SettingsError::Variable { address: provider.address.clone(), name })?;
                connection.configuration.not_known.retain(|other| other != name);
                connection.configuration.known.insert(name.clone(), value);
            }
        }
        if looked_at && !used {
            unused.push(provider.address.clone());
        }
    }
    Ok(unused)
}

/// A value, in which `{ env = "NAME" }` is replaced at any depth.
fn resolved(value: &Value, environment: &BTreeMap<OsString, OsString>) -> Result<Value, String> {
    match value {
        Value::Object(entries) if entries.len() == 1 && entries.get("env").is_some_and(Value::is_string) => {
            let name = entries["env"].as_str().unwrap_or_default();
            let found = environment.get(std::ffi::OsStr::new(name)).and_then(|value| value.to_str());
            found.map(Value::from).ok_or_else(|| name.to_owned())
        }
        Value::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| Ok((name.clone(), resolved(value, environment)?)));
            entries.collect::<Result<_, _>>().map(Value::Object)
        }
        Value::Array(elements) => {
            elements.iter().map(|value| resolved(value, environment)).collect::<Result<_, _>>().map(Value::Array)
        }
        other => Ok(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;
    use crate::plan::PlannedConnection;
    use provider_api::ProviderConfiguration;
    use serde_json::json;

    const AWS: &str = "provider[\"registry.terraform.io/hashicorp/aws\"].west";

    fn plan(directory: &str) -> ReadPlan<'static> {
        let configuration = ProviderConfiguration {
            not_known: vec!["region".into(), "token".into()],
            ..ProviderConfiguration::default()
        };
        ReadPlan {
            connections: vec![PlannedConnection {
                provider: None,
                directory: directory.into(),
                reference: AWS.into(),
                source: String::new(),
                configuration,
                batches: Vec::new(),
                inventory: false,
            }],
        }
    }

    #[test]
    fn arguments_take_the_values_that_are_set() {
        let text = r#"
            [[provider]]
            address = 'provider["registry.terraform.io/hashicorp/aws"].west'
            root_module = "live"
            arguments = { region = "eu-west-1", token = { env = "TOKEN" }, assume_role = [{ role_arn = "a" }] }

            [plugin]
            environment = ["CORP_*"]
        "#;
        let settings: SettingsFile = toml::from_str(text).expect("settings");
        let environment = BTreeMap::from([("TOKEN".into(), "s3cret".into())]);
        let mut here = plan("live");
        assert_eq!(apply(&settings, &environment, &mut here).expect("applied"), Vec::<String>::new());
        let configuration = &here.connections[0].configuration;
        let expected = json!({"region": "eu-west-1", "token": "s3cret", "assume_role": [{"role_arn": "a"}]});
        assert_eq!(Value::Object(configuration.known.clone()), expected);
        assert!(configuration.not_known.is_empty());
        let mut elsewhere = plan("other");
        assert_eq!(apply(&settings, &environment, &mut elsewhere).expect("applied"), Vec::<String>::new());
        assert!(elsewhere.connections[0].configuration.known.is_empty());
        let mut of_another = plan("live");
        of_another.connections[0].reference = "provider[\"example.com/x/y\"]".into();
        assert_eq!(apply(&settings, &environment, &mut of_another).expect("applied"), [AWS]);
        let unset = apply(&settings, &BTreeMap::new(), &mut plan("live"));
        assert!(matches!(unset, Err(SettingsError::Variable { name, .. }) if name == "TOKEN"));
    }

    #[test]
    fn approvals() {
        let text = r#"
            [segregation]
            approvals = 2
            minimum_assurance = "forge_verified"

            [[person]]
            name = "Ann Lee"
            emails = ["ann@example.com"]
            logins = ["github:ann"]

            [[team]]
            name = "@org/infra"
            members = ["Ann Lee"]

            [signatures]
            openpgp = ["keys/*.asc"]

            [forge]
            kind = "github"
            repository = "org/infra"
        "#;
        let settings: SettingsFile = toml::from_str(text).expect("settings");
        assert_eq!(settings.segregation.approvals.get(), 2);
        assert_eq!(settings.who().check(), Ok(()));
        assert_eq!(settings.signatures.forge_signers, ["noreply@github.com"]);
        assert_eq!(settings.forge.kind, Some(crate::forge::ForgeKind::GitHub));
    }

    #[test]
    fn keys_of_the_approved_commit() {
        let line = "ann@x ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFzoSVJ8rvqUiyVqWYdTRjMzzg/dXy8RdmeWCwdYl0w9\n";
        let folder = TestRepository::with(&[("keys/signers", line), ("keys/empty.asc", "nothing\n")]);
        let repository = crate::git::Repository::discover(folder.path()).expect("a repository");
        let approved = repository.approved(None).expect("a commit");
        let tree = repository.tree(approved.commit).expect("a tree");
        let read = |settings: &str| {
            let settings: SettingsFile = toml::from_str(settings).expect("settings");
            keys(&tree, &settings.signatures)
        };
        assert!(read("").expect("no keys").is_empty());
        let signers = "[signatures]\nallowed_signers = \"keys/signers\"";
        assert!(!read(signers).expect("a key").is_empty());
        for bad in [
            "[signatures]\nallowed_signers = \"signers\"",
            "[signatures]\nallowed_signers = \"keys/empty.asc\"",
            "[signatures]\nopenpgp = [\"keys/*.asc\"]",
            "[signatures]\nopenpgp = [\"keys/*.gpg\"]",
            "[signatures]\nopenpgp = [\"../*.asc\"]",
            "[signatures]\nx509_roots = \"keys\"",
        ] {
            assert!(matches!(read(bad), Err(SettingsError::Keys { .. })), "{bad}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in [
            "[plugins]",
            "[plugin]\ntls = true",
            "[[provider]]\naddress = \"x\"",
            "not toml",
            "[segregation]\napprovers = 2",
            "[[person]]\nname = \"Ann\"\nmail = \"ann@x\"",
            "[[team]]\nname = \"@org/infra\"",
            "[signatures]\nkeys = []",
            "[forge]\nkind = \"gitea\"",
            "[forge]\ntoken = \"x\"",
        ] {
            assert!(toml::from_str::<SettingsFile>(text).is_err(), "{text}");
        }
    }
}
