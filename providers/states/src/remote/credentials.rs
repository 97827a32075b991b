//! The token for a host, from where Terraform finds it: the environment, the configuration of its command line, and what
//! `terraform login` left behind.
//! Knows nothing of the API, and runs no credentials helper.

use super::settings::canonical;
use crate::Surroundings;
use serde_json::{Map, Value};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The longest configuration file that is read.
const LONGEST: u64 = 1 << 20;
/// The most configuration files that are read from a folder.
const FILES: usize = 100;

/// What was found for one host.
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) token: Option<String>,
    /// The discovery document that the configuration puts in place of the host's own: a `host` block.
    pub(super) services: Option<Map<String, Value>>,
    /// Why there may be more than was found.
    pub(super) unread: Vec<String>,
}

impl Credentials {
    /// internal/command/cliconfig/credentials.go, `ForHost`: the environment goes first, the configuration's files after it,
    /// a credentials helper last.
    pub(super) fn find(host: &str, around: &Surroundings) -> Self {
        let mut found = Self::default();
        // A file that is named must be there. Terraform takes it as relative to where it was started, whatever the root
        // module's directory: a file of the repository never says which host gets a token.
        match around.variable("TF_CLI_CONFIG_FILE").or_else(|| around.variable("TERRAFORM_CONFIG")) {
            Some(path) => found.add(Path::new(path), host, true),
            None => files(around).iter().for_each(|path| found.add(path, host, false)),
        }
        if let Some(token) = from_environment(host, around) {
            found.token = Some(token);
        }
        found
    }

    /// Later files go before earlier ones.
    fn add(&mut self, path: &Path, host: &str, required: bool) {
        let shown = path.file_name().unwrap_or_default().to_string_lossy();
        let parsed = match contents(path) {
            Err(error) if error.kind() == ErrorKind::NotFound && !required => return,
            Ok(text) => parse(&text),
            Err(error) => return self.unread.push(format!("`{shown}` cannot be read: {error}")),
        };
        let Some(parsed) = parsed else { return self.unread.push(format!("`{shown}` cannot be parsed")) };
        if let Some(token) = labelled(&parsed, "credentials", host).and_then(|body| body.get("token")?.as_str()) {
            // An expression that is no plain text stays one: Terraform takes it as it is written, we do not.
            self.token = Some(token.to_owned()).filter(|token| !token.is_empty() && !token.contains("${"));
        }
        if let Some(services) = labelled(&parsed, "host", host).and_then(|body| body.get("services")?.as_object()) {
            self.services = Some(services.clone());
        }
        if parsed.get("credentials_helper").is_some() {
            self.unread.push("driftline does not run the credentials helper that is configured".into());
        }
    }
}

/// `TF_TOKEN_<host>`, with `_` for a dot and `__` for a hyphen (internal/command/cliconfig/credentials.go,
/// `collectCredentialsFromEnv`).
fn from_environment(host: &str, around: &Surroundings) -> Option<String> {
    around.environment.iter().find_map(|(name, value)| {
        let named = name.to_str()?.strip_prefix("TF_TOKEN_")?.replace("__", "-").replace('_', ".");
        let own = canonical(&named)? == host;
        own.then(|| value.to_str()).flatten().filter(|token| !token.is_empty()).map(str::to_owned)
    })
}

/// How the environment variable of a host's token is named.
pub(super) fn variable(host: &str) -> String {
    format!("TF_TOKEN_{}", host.replace('-', "__").replace('.', "_"))
}

/// internal/command/cliconfig/cliconfig.go, `LoadConfig`: the file, then the folder's `*.tfrc` and `*.tfrc.json`, which go
/// before it; a file named by the environment stands alone. OpenTofu's own file goes behind Terraform's.
fn files(around: &Surroundings) -> Vec<PathBuf> {
    let (folder, mut files) = if cfg!(windows) {
        let Some(data) = around.variable("APPDATA").map(PathBuf::from) else { return Vec::new() };
        (data.join("terraform.d"), vec![data.join("tofu.rc"), data.join("terraform.rc")])
    } else {
        let Some(home) = around.home() else { return Vec::new() };
        (home.join(".terraform.d"), vec![home.join(".tofurc"), home.join(".terraformrc")])
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let own = |name: &str| name.ends_with(".tfrc") || name.ends_with(".tfrc.json");
    let mut more: Vec<PathBuf> =
        entries.filter(|entry| entry.file_name().to_str().is_some_and(own)).map(|entry| entry.path()).collect();
    more.sort();
    more.truncate(FILES);
    files.extend(more);
    files
}

fn contents(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// JSON, or HCL as JSON: blocks are objects by their labels.
fn parse(text: &str) -> Option<Value> {
    if text.trim_start().starts_with('{') { serde_json::from_str(text).ok() } else { hcl::from_str(text).ok() }
}

/// The body of the last block of a kind whose label is the host.
fn labelled<'a>(parsed: &'a Value, kind: &str, host: &str) -> Option<&'a Map<String, Value>> {
    let bodies = |value: &'a Value| match value {
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    };
    let labels = bodies(parsed.get(kind)?).into_iter().filter_map(Value::as_object).flatten();
    let own = labels.filter(|(label, _)| canonical(label).is_some_and(|label| label == host));
    own.flat_map(|(_, body)| bodies(body)).filter_map(Value::as_object).next_back()
}
