//! The repository's own invariants: what the README lists is what the code has, and rooms stay rooms.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a block of the README with what the code says, or renews it with `UPDATE_EXPECTED=1`.
#[track_caller]
fn check_readme_block(name: &str, expected: &str) {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README");
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let (head, rest) = readme.split_once(&begin).expect("the block's beginning");
    let (block, tail) = rest.split_once(&end).expect("the block's end");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, format!("{head}{begin}{expected}{end}{tail}")).expect("a written README");
    } else {
        assert_eq!(block, expected, "renew with UPDATE_EXPECTED=1");
    }
}

/// The attributes that the kept recordings hold of managed objects, by type: what the readers fill.
fn recorded_attributes() -> BTreeMap<String, BTreeSet<String>> {
    let mut filled: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let recordings = root().join("testdata/conformance/recordings");
    for recording in std::fs::read_dir(recordings).expect("the recordings").map(|entry| entry.expect("an entry").path())
    {
        for file in std::fs::read_dir(recording).expect("a recording").map(|entry| entry.expect("an entry").path()) {
            if file.extension().is_none_or(|extension| extension != "jsonl") {
                continue;
            }
            for line in std::fs::read_to_string(file).expect("a file").lines() {
                let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
                if object["requested"] == true {
                    let attributes = object["attributes"].as_object().into_iter().flatten();
                    let names = filled.entry(object["type"].as_str().unwrap_or_default().to_owned()).or_default();
                    names.extend(attributes.map(|(name, _)| name.clone()));
                }
            }
        }
    }
    filled
}

/// Whether a type's reader is tested on answers in the form that AWS documents.
fn documented(name: &str) -> bool {
    root().join(format!("providers/aws/testdata/answers/{name}.json")).is_file()
}

#[test]
fn the_readme_lists_the_types_that_are_read() {
    let table = provider_aws::types();
    let filled = recorded_attributes();
    let mut text = String::from(
        "| resource type | permissions | compared | parts that other resources may own | proof |\n| --- | --- | --- | --- | --- |\n",
    );
    for resource_type in table.types {
        let name = resource_type.name;
        let owned: BTreeSet<&str> = resource_type.owners.iter().map(|owner| owner.attribute).collect();
        let code = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let schema = table.schema(name).expect("a schema");
        // `tags` and `tags_all` are one, told by the live tags; time limits are Terraform's own.
        let all = schema.attributes.keys().chain(schema.blocks.keys());
        let all: BTreeSet<&String> = all.filter(|name| !["tags", "timeouts"].contains(&name.as_str())).collect();
        let compared = filled.get(name).map(|filled| all.iter().filter(|name| filled.contains(**name)).count());
        let (compared, proof) = match compared {
            Some(compared) => (format!("{compared} of {}", all.len()), "terraform"),
            None if documented(name) => (format!("of {}", all.len()), "documented answers"),
            None => (format!("of {}", all.len()), "unit tests"),
        };
        let permissions = code(resource_type.permissions.to_vec());
        let owned = code(owned.into_iter().collect());
        let _ = writeln!(text, "| `{name}` | {permissions} | {compared} | {owned} | {proof} |");
    }
    check_readme_block("types", &text);
}

#[test]
fn the_readme_has_the_least_privilege_policy() {
    let policy = driftline::permissions::of_all().json();
    check_readme_block("permissions", &format!("```json\n{policy}```\n"));
}

#[test]
fn the_readme_has_the_reference_of_the_settings() {
    check_readme_block("settings", &driftline::settings::reference());
}

#[test]
fn files_are_rooms_not_halls() {
    let mut halls = Vec::new();
    for dir in ["src", "providers", "tests"] {
        visit(&root().join(dir), &mut |path| {
            // Tables of cases may be as long as there are cases.
            if path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
                return;
            }
            let lines = std::fs::read_to_string(path).expect("a source file").lines().count();
            if lines > 650 {
                halls.push(format!("{}: {lines} lines", path.display()));
            }
        });
    }
    assert!(halls.is_empty(), "{halls:?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    visit(&root().join("src"), &mut |path| {
        let text = std::fs::read_to_string(path).expect("a source file");
        assert!(text.starts_with("//! "), "{} has no purpose line", path.display());
    });
}

fn visit(dir: &Path, each: &mut dyn FnMut(&PathBuf)) {
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                visit(&path, each);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            each(&path);
        }
    }
}
