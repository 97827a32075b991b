//! `driftline.toml` end to end: what it makes of a scan, `driftline config` and `driftline init`.

use crate::harness::{Repository, Run, finish};
use serde_json::{Value, json};

const CONFIGURATION: &str = "resource \"local_file\" \"one\" {\n  triggers = { a = \"1\" }\n}\n";

const STATE: &str = r#"{"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "5f1c", "outputs": {}, "resources": [
  {"mode": "managed", "type": "local_file", "name": "one", "provider": "provider[\"registry.terraform.io/hashicorp/local\"]",
   "instances": [{"schema_version": 0, "attributes": {"id": "0", "triggers": {"a": "1"}}, "sensitive_attributes": []}]}
], "check_results": null}"#;

fn repository(settings: &str) -> Repository {
    let files = [("main.tf", CONFIGURATION), (".gitignore", "*.tfstate\n*.json\n"), ("driftline.toml", settings)];
    let repository = Repository::with(&files);
    repository.write("terraform.tfstate", STATE);
    repository
}

#[track_caller]
fn check_error(run: &Run, parts: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    for part in parts {
        assert!(run.stderr.contains(part), "`{part}` in: {}", run.stderr);
    }
    assert!(run.stderr.starts_with("error: ") && !run.stderr.contains("panicked"), "{}", run.stderr);
}

/// A setting of `driftline config --report json`.
#[track_caller]
fn setting(document: &Value, table: &str, key: &str) -> Value {
    let rows = document["settings"].as_array().into_iter().flatten();
    let mut rows = rows.filter(|row| row["table"] == table && row["key"] == key);
    let row = rows.next().unwrap_or_else(|| panic!("no {table}.{key} in {document:#}"));
    json!([row["value"], row["source"], row["name"], row["line"]])
}

#[test]
fn reports_go_where_the_committed_file_says_unless_a_flag_says_otherwise() {
    let repository = repository("[scan]\nreport = [\"json=out.json\"]\nlevel = \"configured\"\n");
    repository.write("sub/.keep", "");
    // From wherever in the work tree: paths are the repository's.
    let mut command = repository.command(&["scan", ".."]);
    command.current_dir(repository.path().join("sub"));
    let run = finish(command);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{}", run.stderr);
    let written = std::fs::read_to_string(repository.path().join("out.json")).expect("the report");
    let report: Value = serde_json::from_str(&written).expect("JSON");
    let codes = |report: &Value| report["notices"].to_string().contains("Compared at level configured");
    assert!(codes(&report), "{report:#}");
    std::fs::remove_file(repository.path().join("out.json")).expect("a removed report");
    let run = repository.driftline(&["scan", "--report", "json", "--level", "normalized"]);
    assert!(!codes(&run.json()) && !repository.path().join("out.json").exists());
}

#[test]
fn what_is_not_committed_does_not_count_and_what_is_named_does() {
    let repository = repository("");
    let own = repository.write("driftline.toml", "[scan]\nlevel = \"configured\"\n");
    assert!(!repository.driftline(&["scan"]).stdout.contains("level configured"));
    let run = repository.driftline(&["scan", "--config", &own.to_string_lossy()]);
    assert!(run.stdout.contains("level configured"), "{}", run.stdout);
}

#[test]
fn hostile_files_write_nothing() {
    for settings in [
        "[scan]\nreport = [\"json=../stolen.json\"]\n",
        "[scan]\nreport = [\"json=/elsewhere/stolen.json\"]\n",
        "[scan]\nreport = [\"text=.git/config\"]\n",
        "[scan]\nrecord = \"../stolen\"\n",
        "[evidence]\ncache = \"../stolen\"\n",
    ] {
        let repository = repository(settings);
        let before = std::fs::read(repository.path().join(".git/config")).expect("Git's configuration");
        check_error(&repository.driftline(&["scan"]), &["driftline.toml", "line 2", "a committed file may"]);
        assert_eq!(std::fs::read(repository.path().join(".git/config")).expect("Git's configuration"), before);
    }
    let forge = repository("[evidence]\nforge = \"https://forge.example/api/v3\"\n");
    for command in ["scan", "blame", "audit", "config"] {
        check_error(&forge.driftline(&[command]), &["no commit may name it", "--forge"]);
    }
}

#[cfg(unix)]
#[test]
fn a_committed_link_leads_nowhere() {
    let outer = tempfile::tempdir().expect("a folder");
    for (name, target) in [("out", outer.path().to_owned()), ("data", ".git".into())] {
        let repository = repository(&format!("[scan]\nreport = [\"json={name}/x\"]\n"));
        std::os::unix::fs::symlink(target, repository.path().join(name)).expect("a link");
        repository.commit("A link");
        check_error(&repository.driftline(&["scan"]), &["leads out of the work tree", "hint: "]);
        assert!(!outer.path().join("x").exists() && !repository.path().join(".git/x").exists());
    }
}

#[test]
fn every_command_tells_what_is_wrong_with_the_file() {
    let repository = repository("[scan]\n\ndedline = 3\n");
    for command in ["scan", "show", "blame", "audit", "config"] {
        let run = repository.driftline(&[command]);
        check_error(
            &run,
            &["driftline.toml", "line 3", "[scan] has no key `dedline`; did you mean `deadline`?", "hint: "],
        );
    }
}

#[test]
fn config_tells_each_value_with_its_source() {
    let settings = "[scan]\ndeadline = 60\nlevel = \"configured\"\n\n[plugin]\nread_seconds = 2\n\n[[root_module]]\n\
                    directory = \".\"\nbackend_config = [\"bucket=b\", \"secret_key=not-a-secret\"]\n\
                    variables = { size = 2, password = { env = \"DB\" } }\n\n[[root_module]]\ndirectory = \"gone\"\n\
                    \n[[provider]]\naddress = \"p\"\narguments = { token = \"not-a-secret\", region = { env = \"R\" } }\n";
    let repository = repository(settings);
    let mut command = repository.command(&["config", "--level", "raw", "--var", "size=3", "--report", "json"]);
    command.env("TF_WORKSPACE", "prod").env("TF_VAR_secret", "not-a-secret").env("GITHUB_TOKEN", "not-a-secret");
    let run = finish(command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stdout.contains("not-a-secret"), "{}", run.stdout);
    let document = run.json();
    assert_eq!((&document["file"], &document["committed"]), (&json!("driftline.toml"), &json!(true)));
    for (table, key, expected) in [
        ("scan", "deadline", json!([60, "file", null, 2])),
        ("scan", "level", json!(["raw", "flag", "--level", null])),
        ("scan", "workspaces", json!([["prod"], "environment", "TF_WORKSPACE", null])),
        ("scan", "reader", json!(["auto", "default", null, null])),
        ("scan", "report", json!([[], "default", null, null])),
        ("evidence", "offline", json!([false, "default", null, null])),
        ("plugin", "read_seconds", json!([2, "file", null, 6])),
        ("segregation", "approvals", json!([1, "default", null, null])),
        ("provider", "1.arguments", json!([{"region": {"env": "R"}, "token": "(not shown)"}, "file", null, 18])),
        ("environment", "TF_VAR_secret", json!(["(not shown)", "environment", "TF_VAR_secret", null])),
        ("environment", "GITHUB_TOKEN", json!(["(not shown)", "environment", "GITHUB_TOKEN", null])),
        ("flags", "variables.size", json!(["(not shown)", "flag", "--var", null])),
    ] {
        assert_eq!(setting(&document, table, key), expected, "{table}.{key}");
    }
    let module = &document["root_modules"][0];
    assert_eq!(module["directory"], json!(""));
    let rows = module["settings"].as_array().expect("settings");
    let of = |key: &str| rows.iter().find(|row| row["key"] == key).map(|row| json!([row["value"], row["line"]]));
    assert_eq!(of("backend_config"), Some(json!([["bucket=b", "secret_key=(not shown)"], 10])));
    assert_eq!(of("variables.size"), Some(json!([2, 11])));
    assert_eq!(of("variables.password"), Some(json!([{"env": "DB"}, 11])));
    assert_eq!(document["unused"], json!(["[[root_module]] gone (line 13)"]));

    let text = repository.driftline(&["config", "--deadline", "5"]).stdout;
    let line = |key: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(key));
        line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("deadline"), "deadline 5 --deadline");
    assert_eq!(line("level"), "level \"configured\" driftline.toml line 3");
    assert_eq!(line("reader"), "reader \"auto\" default");
    assert!(!text.contains("not-a-secret") && text.contains("gone (line 13) matches no root module"), "{text}");
}

#[test]
fn config_is_what_its_schema_says() {
    let repository = repository("[scan]\nmax_rps = 3\n");
    let schema = repository.driftline(&["schema", "config"]).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let document = repository.driftline(&["config", "--report", "json"]).json();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!validator.is_valid(&json!({"format_version": "1.0"})));
}

/// The schema for editors and the reader of the file are of one mind.
#[test]
fn the_schema_of_the_file_takes_what_is_taken() {
    let repository = repository("");
    let schema = repository.driftline(&["schema", "settings"]).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (text, good) in [
        (
            "[scan]\ndeadline = 3\nreport = [\"text\"]\n[[root_module]]\ndirectory = \"a\"\nvariables = { a = [1] }",
            true,
        ),
        ("[segregation]\nchecks = \"required\"\nminimum_assurance = \"signed\"\n[forge]\nkind = \"gitlab\"", true),
        ("[scan]\ndedline = 3", false),
        ("[scan]\ndeadline = 0", false),
        ("[scan]\nlevel = \"low\"", false),
        ("[[root_module]]\nskip = true", false),
        ("[segregation]\nchecks = \"none\"", false),
    ] {
        let path = repository.write("own.toml", text);
        let run = repository.driftline(&["config", "--config", &path.to_string_lossy()]);
        assert_eq!(run.code == 0, good, "{text}: {}", run.stderr);
        let value: Value = toml::from_str(text).expect("TOML");
        assert_eq!(validator.is_valid(&value), good, "{text}");
    }
}

#[test]
fn init_writes_a_file_that_changes_nothing() {
    type Files<'a> = &'a [(&'a str, &'a str)];
    let backend = "terraform {\n  backend \"s3\" {}\n}\nvariable \"region\" {}\nprovider \"aws\" {\n  region = var.region\n}\n\
                   resource \"aws_vpc\" \"x\" {}\n";
    let monorepo = [("live/a/main.tf", backend), ("live/b/main.tf", CONFIGURATION), (".github/CODEOWNERS", "* @o/t\n")];
    let repositories: [(Files<'_>, &[&str]); 3] = [
        (&[("main.tf", CONFIGURATION)], &["#directory = \".\"", "Backend: local, by default."]),
        (
            &monorepo,
            &[
                "#directory = \"live/a\"",
                "#directory = \"live/b\"",
                "# Backend: s3.",
                "#address = 'provider[\"registry.terraform.io/hashicorp/aws\"]'",
                "#arguments = { region = { env = \"REGION\" } }",
                "There is .github/CODEOWNERS.",
                "#repository = \"o/infra\"",
            ],
        ),
        (&[("README", "nothing here")], &["#directory = \"live/network\""]),
    ];
    for (files, parts) in repositories {
        let repository = Repository::with(files);
        repository.git(&["remote", "add", "origin", "https://github.com/o/infra.git"]);
        let before = repository.driftline(&["config", "--report", "json"]).json();
        let run = repository.driftline(&["init"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains("Next: ") && run.stdout.contains("driftline config"), "{}", run.stdout);
        let text = std::fs::read_to_string(repository.path().join("driftline.toml")).expect("the file");
        // Explanations go on where a line ends.
        let flowing = text.replace("\n# ", " ");
        for part in parts {
            assert!(text.contains(part) || flowing.contains(part), "`{part}` in: {text}");
        }
        assert_eq!(repository.driftline(&["init", "--stdout"]).stdout, text);
        repository.commit("Settings");
        let after = repository.driftline(&["config", "--report", "json"]).json();
        assert_eq!(after["file"], json!("driftline.toml"));
        assert_eq!((&after["settings"], &after["root_modules"]), (&before["settings"], &before["root_modules"]));
    }
}

#[test]
fn init_replaces_nothing_unasked() {
    let repository = repository("# mine\n");
    check_error(&repository.driftline(&["init"]), &["is there already", "--force"]);
    let path = repository.path().join("driftline.toml");
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "# mine\n");
    assert_eq!(repository.driftline(&["init", "--force"]).code, 0);
    assert!(std::fs::read_to_string(&path).expect("the file").contains("[scan]"));
}

#[test]
fn include_and_exclude_choose_what_is_blamed() {
    let files = [
        ("live/a/main.tf", CONFIGURATION),
        ("live/b/main.tf", CONFIGURATION),
        ("old/c/main.tf", CONFIGURATION),
        ("driftline.toml", "[scan]\nexclude = [\"old\"]\n"),
    ];
    let repository = Repository::with(&files);
    let modules = |arguments: &[&str]| -> Vec<String> {
        let run = repository.driftline(&[&["blame", "--report", "json"], arguments].concat());
        let resources = run.json()["resources"].as_array().cloned().unwrap_or_default();
        resources.iter().filter_map(|one| one["root_module"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(modules(&[]), ["live/a", "live/b"]);
    assert_eq!(modules(&["--exclude", "live/*"]), ["old/c"]);
    assert_eq!(modules(&["--include", "live/b"]), ["live/b"]);
    let run = repository.driftline(&["blame", "--include", "../x"]);
    assert!(run.code == 1 && run.stderr.contains("--include"), "{}", run.stderr);
}

#[test]
fn flags_that_do_not_go_together_are_told_with_what_is_in_force() {
    let repository = repository("[scan]\nunmanaged = true\nconfirm = true\n");
    check_error(&repository.driftline(&["scan", "--reader", "native"]), &["--confirm"]);
    let off = repository.driftline(&["scan", "--reader", "native", "--confirm=false", "--scope", "eu-west-1"]);
    assert_eq!(off.code, 3, "{}", off.stderr);
    check_error(&repository.driftline(&["scan", "--unmanaged=false", "--scope", "eu-west-1"]), &["--unmanaged"]);
}

#[cfg(unix)]
#[test]
fn settings_that_can_be_read_once_only_are_refused() {
    let repository = repository("");
    check_error(&repository.driftline(&["scan", "--config", "/dev/zero"]), &["no regular file", "hint: "]);
    assert_eq!(repository.driftline(&["scan", "--config", "/dev/null"]).code, 3);
}
