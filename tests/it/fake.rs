//! A stack of the fake provider: a repository, its `.terraform` folder, its cloud, and the state that real terraform wrote.

use crate::harness::{Repository, Run, finish};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const SOURCE: &str = "example.com/corp/fake";
pub const ADDRESS: &str = "provider[\"example.com/corp/fake\"]";

/// What the stack declares, as it was applied.
const MAIN: &str = include_str!("../../testdata/plugin/main.tf");

/// A stack.
pub struct Stack {
    pub repository: Repository,
    pub state: PathBuf,
    protocol: u32,
    variables: Vec<(String, String)>,
}

/// The fake provider, built beside the program.
fn program() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_driftline")).with_file_name("examples").join("fake-provider");
    assert!(beside.is_file(), "build it first: cargo build -p provider-plugin --example fake-provider");
    beside
}

/// `linux_amd64`, as Go names it.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{machine}")
}

/// The text of the state that terraform wrote.
pub fn applied(protocol: u32) -> String {
    let path = format!("{}/testdata/plugin/protocol-{protocol}.tfstate", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a state")
}

impl Stack {
    /// The applied stack, committed, installed, and live as it was applied.
    pub fn applied(protocol: u32) -> Self {
        Self::of(protocol, &[("main.tf", MAIN)], &applied(protocol))
    }

    /// Another stack: files to commit, and a state whose objects are live as it says.
    pub fn of(protocol: u32, files: &[(&str, &str)], state: &str) -> Self {
        let repository = Repository::new();
        repository.write(".gitignore", ".terraform*\n*.tfstate*\ncloud\nother\nhome\n");
        for (path, text) in files {
            repository.write(path, text);
        }
        repository.commit("Add the stack");
        let state_path = repository.write("live.tfstate", state);
        let stack = Self { repository, state: state_path, protocol, variables: Vec::new() };
        stack.install("");
        stack.go_live(state);
        stack
    }

    /// Puts the provider where `terraform init` would, and the lock file.
    pub fn install(&self, directory: &str) {
        let package = self.package(directory);
        std::fs::create_dir_all(&package).expect("folders");
        let name = "terraform-provider-fake_v1.0.0";
        std::fs::copy(program(), package.join(name)).expect("a copy");
        self.lock(directory, &h1(&package.join(name), name));
    }

    pub fn package(&self, directory: &str) -> PathBuf {
        let root = self.repository.path().join(directory);
        root.join(".terraform/providers").join(SOURCE).join("1.0.0").join(platform())
    }

    /// Writes the lock file.
    pub fn lock(&self, directory: &str, hash: &str) {
        let text = format!("provider \"{SOURCE}\" {{\n  version = \"1.0.0\"\n  hashes  = [\"{hash}\"]\n}}\n");
        let path = format!("{directory}/.terraform.lock.hcl");
        self.repository.write(path.trim_start_matches('/'), text);
    }

    /// Makes the cloud what a state says.
    fn go_live(&self, state: &str) {
        let state: Value = serde_json::from_str(state).expect("JSON");
        for resource in state["resources"].as_array().expect("resources") {
            let other = resource["provider"].as_str().is_some_and(|provider| provider.ends_with(".other"));
            for instance in resource["instances"].as_array().expect("instances") {
                let mut attributes = instance["attributes"].as_object().expect("attributes").clone();
                if let Some(plain) =
                    attributes["name"].as_str().and(attributes.get("any")).and_then(|any| any.get("value"))
                {
                    let plain = plain.clone();
                    attributes.insert("any".into(), plain);
                }
                let name = attributes["name"].as_str().expect("a name").to_owned();
                let cloud = if other { "other" } else { "cloud" };
                self.put(cloud, resource["type"].as_str().expect("a type"), &name, &attributes);
            }
        }
    }

    fn put(&self, cloud: &str, resource_type: &str, name: &str, attributes: &Map<String, Value>) {
        let path = format!("{cloud}/{resource_type}/{name}.json");
        self.repository.write(&path, Value::Object(attributes.clone()).to_string());
    }

    /// Changes an object behind terraform's back.
    pub fn change(&self, path: &str, change: impl FnOnce(&mut Map<String, Value>)) {
        let file = self.repository.path().join(path);
        let text = std::fs::read_to_string(&file).expect("an object");
        let mut object: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
        change(&mut object);
        std::fs::write(file, Value::Object(object).to_string()).expect("written");
    }

    /// Sets a variable of the fake provider.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The program, ready to scan this stack.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let state = self.state.to_string_lossy();
        let all = [&["scan", "--state", &state, "--report", "json"], arguments].concat();
        let mut command = self.repository.command(&all);
        let path = |name: &str| self.repository.path().join(name);
        command
            .env("HOME", path("home"))
            .env("FAKE_PROTOCOL", self.protocol.to_string())
            .env("FAKE_CLOUD", path("cloud"))
            .env("TF_VAR_other_cloud", path("other"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn scan(&self, arguments: &[&str]) -> Run {
        finish(self.command(arguments))
    }

    /// Lines that the provider wrote to `FAKE_LOG`, which [`Stack::set`] must have named `log`.
    pub fn log(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.repository.path().join("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn log_path(&self) -> String {
        self.repository.path().join("log").to_string_lossy().into_owned()
    }
}

/// The hash of a package of one file.
pub fn h1(path: &Path, name: &str) -> String {
    use base64::Engine;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sum = hex(&Sha256::digest(std::fs::read(path).expect("a file")));
    format!("h1:{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(format!("{sum}  {name}\n"))))
}

/// Kind and attribute paths of every finding, as `address kind path,path`.
pub fn findings(run: &Run) -> Vec<String> {
    let report = run.json();
    let line = |finding: &Value| {
        let text = |name: &str| finding[name].as_str().unwrap_or("-").to_owned();
        let paths = finding["attributes"].as_array().into_iter().flatten();
        let paths: Vec<&str> = paths.map(|change| change["path"].as_str().unwrap_or_default()).collect();
        format!("{} {} {}", text("address"), text("kind"), paths.join(",")).trim_end().to_owned()
    };
    report["findings"].as_array().expect("findings").iter().map(line).collect()
}

/// The cause of an instance's finding.
#[track_caller]
pub fn cause(run: &Run, address: &str) -> String {
    let report = run.json();
    let finding = report["findings"].as_array().expect("findings").iter().find(|one| one["address"] == address);
    finding.and_then(|finding| finding["cause"].as_str()).unwrap_or_else(|| panic!("{address}: {report:#}")).to_owned()
}
