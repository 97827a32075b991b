//! Where a root module keeps its state: the backend block, completed as `terraform init` would.
//! Knows nothing of how any backend is read, nor of what is in a state.

use super::{Configuration, Declared};
use provider_states::{Backend, Class, StoreError};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Bytes of a file of arguments, or of the backend cache, that are read.
const MAX_BYTES: u64 = 1 << 20;

/// The kind of a backend of which only running Terragrunt would tell what it is.
pub(super) const UNKNOWN: &str = "unknown";

/// What completes a backend block.
#[derive(Debug, Default)]
pub struct Completion {
    /// What `terraform init` left in the root module's directory; none where it was not run there.
    pub initialized: Option<Backend>,
    /// What `-backend-config` would give, the stronger later.
    pub given: Map<String, Value>,
}

/// The backend of a root module with all its arguments: those given (`-backend-config`) before those of the block, and these
/// before what an initialized directory remembers. Without a block the state is where the initialized directory says, else in
/// a local file.
///
/// # Errors
/// When an argument of the block is an expression without a known value that nothing else gives.
pub fn backend(configuration: &Configuration, completion: &Completion) -> Result<Backend, StoreError> {
    let initialized = completion.initialized.as_ref();
    let Some(block) = &configuration.backend else {
        // A backend file may be generated and never committed.
        return Ok(initialized.cloned().unwrap_or_else(|| Backend { kind: "local".into(), arguments: Map::new() }));
    };
    match (block.kind.as_str(), initialized) {
        (UNKNOWN, Some(initialized)) => Ok(initialized.clone()),
        (UNKNOWN, None) => {
            let cause = "which backend Terragrunt gives it is not known without running Terragrunt";
            Err(StoreError::new(format!("`{}`", place(&configuration.directory)), Class::Unset, cause)
                .with_hint("name the state: `state` of its [[root_module]] in driftline.toml, or --state"))
        }
        (kind, _) => completed(kind, &block.attributes, &configuration.directory, completion),
    }
}

fn completed(
    kind: &str,
    attributes: &BTreeMap<String, Declared>,
    directory: &str,
    completion: &Completion,
) -> Result<Backend, StoreError> {
    let mut arguments = match &completion.initialized {
        Some(initialized) if initialized.kind == kind => initialized.arguments.clone(),
        _ => Map::new(),
    };
    for (name, declared) in attributes {
        match declared.known() {
            Some(Value::Null) => {}
            Some(value) => {
                arguments.insert(name.clone(), value);
            }
            None if completion.given.contains_key(name) || arguments.contains_key(name) => {}
            None => {
                let cause = format!("`{name}` has no value that can be known without running it");
                return Err(StoreError::new(format!("`{}` ({kind} backend)", place(directory)), Class::Unset, cause));
            }
        }
    }
    arguments.extend(completion.given.clone());
    Ok(Backend { kind: kind.to_owned(), arguments })
}

/// A root module's directory as errors name it.
pub(crate) fn place(directory: &str) -> &str {
    if directory.is_empty() { "." } else { directory }
}

/// What `terraform init` left in a root module's directory: the backend with all its arguments, credentials too. None where
/// there is nothing, or nothing that can be read.
pub fn initialized(directory: &Path, data_dir: Option<&Path>) -> Option<Backend> {
    let path = directory.join(data_dir.unwrap_or(Path::new(".terraform"))).join("terraform.tfstate");
    let cache: Value = serde_json::from_slice(&bounded(&path).ok()?).ok()?;
    let backend = cache.get("backend")?;
    let mut arguments = backend.get("config")?.as_object()?.clone();
    arguments.retain(|_, value| !value.is_null());
    Some(Backend { kind: backend.get("type")?.as_str()?.to_owned(), arguments })
}

/// Arguments as `terraform init -backend-config` takes them: `KEY=VALUE`, or a file of arguments below `directory`.
///
/// # Errors
/// When a file cannot be read, or is no list of literal arguments.
pub fn given(texts: &[String], directory: &Path) -> Result<Map<String, Value>, StoreError> {
    let mut given = Map::new();
    for text in texts {
        match text.split_once('=') {
            Some((name, value)) if !name.contains(['/', '\\', ' ', '.']) => {
                given.insert(name.to_owned(), value_of(value));
            }
            _ => given.extend(file(text, directory)?),
        }
    }
    Ok(given)
}

/// A value on the command line: text, unless it is written as a list or an object.
fn value_of(text: &str) -> Value {
    let compound = text.starts_with(['{', '[']);
    let parsed = compound.then(|| hcl::from_str::<Map<String, Value>>(&format!("value = {text}")).ok()).flatten();
    parsed.and_then(|mut body| body.remove("value")).unwrap_or_else(|| Value::from(text))
}

fn file(name: &str, directory: &Path) -> Result<Map<String, Value>, StoreError> {
    let error = |cause: String| StoreError::new(format!("the backend that {name} completes"), Class::Unset, cause);
    let bytes = bounded(&directory.join(name)).map_err(|cause| error(format!("{name} cannot be read: {cause}")))?;
    let text = String::from_utf8(bytes).map_err(|_| error(format!("{name} is not UTF-8")))?;
    let parsed: Result<Map<String, Value>, String> = match name.ends_with(".json") {
        true => serde_json::from_str(&text).map_err(|_| "no JSON object".into()),
        // What the parser says may quote the text, and that a credential.
        false => hcl::from_str(&text).map_err(|_| "no list of arguments".into()),
    };
    parsed.map_err(|cause| error(format!("{name} is {cause}")))
}

fn bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(std::io::Error::other("it is far too long")),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Options, read};
    use crate::git::Repository;
    use crate::git::testing::TestRepository;
    use serde_json::json;

    fn completed(main: &str, completion: &Completion) -> Result<(String, Value), String> {
        let test = TestRepository::with(&[("main.tf", main)]);
        let repository = Repository::discover(test.path()).unwrap();
        let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
        let configuration = read(&tree, "", &Options::default());
        let backend = backend(&configuration, completion).map_err(|error| error.to_string())?;
        Ok((backend.kind, Value::Object(backend.arguments)))
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn given_arguments_come_before_the_block_and_the_block_before_the_cache() {
        let block = "terraform {\n  backend \"s3\" {\n    bucket = \"block\"\n    key = \"block\"\n  }\n}\n";
        let cache = json!({"bucket": "cache", "key": "cache", "region": "cache", "profile": "cache"});
        let completion = Completion {
            initialized: Some(Backend { kind: "s3".into(), arguments: object(cache) }),
            given: object(json!({"key": "given", "region": "given"})),
        };
        let expected = json!({"bucket": "block", "key": "given", "region": "given", "profile": "cache"});
        assert_eq!(completed(block, &completion), Ok(("s3".into(), expected)));
        // A directory that was initialized for another backend says nothing of this one.
        let other = Completion {
            initialized: Some(Backend { kind: "gcs".into(), arguments: object(json!({"prefix": "cache"})) }),
            given: Map::new(),
        };
        assert_eq!(completed(block, &other), Ok(("s3".into(), json!({"bucket": "block", "key": "block"}))));
    }

    #[test]
    fn without_a_block_the_initialized_directory_counts_and_without_either_a_local_file() {
        assert_eq!(completed("", &Completion::default()), Ok(("local".into(), json!({}))));
        let initialized = Some(Backend { kind: "s3".into(), arguments: object(json!({"bucket": "b"})) });
        let completion = Completion { initialized, given: Map::new() };
        assert_eq!(completed("", &completion), Ok(("s3".into(), json!({"bucket": "b"}))));
    }

    #[test]
    fn nested_blocks_and_the_cloud_block_come_along() {
        let block =
            "terraform {\n  cloud {\n    organization = \"o\"\n    workspaces {\n      tags = [\"a\"]\n    }\n  }\n}\n";
        let expected = json!({"organization": "o", "workspaces": [{"tags": ["a"]}]});
        assert_eq!(completed(block, &Completion::default()), Ok(("cloud".into(), expected)));
    }

    #[test]
    fn what_is_not_known_must_be_given() {
        let block = "variable \"b\" {}\nterraform {\n  backend \"s3\" {\n    bucket = var.b\n  }\n}\n";
        let error = completed(block, &Completion::default()).unwrap_err();
        assert!(error.contains("`bucket`"), "{error}");
        let completion = Completion { initialized: None, given: object(json!({"bucket": "given"})) };
        assert_eq!(completed(block, &completion), Ok(("s3".into(), json!({"bucket": "given"}))));
    }

    #[test]
    fn arguments_are_given_singly_or_in_files() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("prod.s3.tfbackend"),
            "bucket = \"b\"\nassume_role = {\n  role_arn = \"r\"\n}\n",
        )
        .unwrap();
        std::fs::write(dir.path().join("bad.tfbackend"), "bucket = s3cret(").unwrap();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let read =
            |list: &[&str]| given(&texts(list), dir.path()).map(Value::Object).map_err(|error| error.to_string());
        let expected = json!({"bucket": "b", "assume_role": {"role_arn": "r"}, "key": "a=b", "tags": ["x"]});
        assert_eq!(read(&["prod.s3.tfbackend", "key=a=b", "tags=[\"x\"]"]), Ok(expected));
        assert!(read(&["missing.tfbackend"]).is_err_and(|error| error.contains("missing.tfbackend")));
        assert!(read(&["bad.tfbackend"]).is_err_and(|error| !error.contains("s3cret")));
    }

    #[test]
    fn the_cache_of_an_initialized_directory_is_read() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(initialized(dir.path(), None), None);
        for (folder, data_dir) in [(".terraform", None), ("elsewhere", Some(Path::new("elsewhere")))] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
            let cache = json!({"version": 3, "backend": {"type": "pg", "config": {"conn_str": "c", "schema_name": null}, "hash": 1}});
            std::fs::write(dir.path().join(folder).join("terraform.tfstate"), cache.to_string()).unwrap();
            let expected = Backend { kind: "pg".into(), arguments: object(json!({"conn_str": "c"})) };
            assert_eq!(initialized(dir.path(), data_dir), Some(expected));
        }
    }
}
