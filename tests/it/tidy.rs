//! The repository's own invariants: what the README lists is what the code has, and rooms stay rooms.

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

#[test]
fn the_readme_lists_the_types_that_are_read() {
    let table = provider_aws::types();
    let mut text =
        String::from("| resource type | permissions | parts that other resources may own |\n| --- | --- | --- |\n");
    for resource_type in table.types {
        let owned: std::collections::BTreeSet<&str> =
            resource_type.owners.iter().map(|owner| owner.attribute).collect();
        let code = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let permissions = resource_type.permissions.to_vec();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            resource_type.name,
            code(permissions),
            code(owned.into_iter().collect())
        );
    }
    check_readme_block("types", &text);
}

#[test]
fn the_readme_has_the_least_privilege_policy() {
    let table = provider_aws::types();
    let mut actions: Vec<&str> =
        table.types.iter().flat_map(|resource_type| resource_type.permissions).copied().collect();
    actions.sort_unstable();
    actions.dedup();
    // Who the credentials are needs no permission: sts:GetCallerIdentity is always allowed.
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "DriftlineReads", "Effect": "Allow", "Action": actions, "Resource": "*" }]
    });
    let policy = serde_json::to_string_pretty(&policy).expect("JSON");
    check_readme_block("permissions", &format!("```json\n{policy}\n```\n"));
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
