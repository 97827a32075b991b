//! Reading through provider plugins: the real program, a fake provider, states that real terraform wrote.

use crate::fake::{ADDRESS, Stack, applied, cause, findings};
use crate::harness::finish;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A state of `fake_thing`s by name.
fn things(names: &[&str]) -> String {
    let attributes = |name: &str| {
        json!({"id": format!("thing/{name}"), "name": name, "size": null, "flavor": "plain", "tags": null,
            "secret": "hunter2-long", "ports": null, "any": null, "rule": [], "limits": []})
    };
    let resource = |name: &&str| {
        json!({"mode": "managed", "type": "fake_thing", "name": name.replace(|c: char| !c.is_alphanumeric(), "_"),
            "provider": ADDRESS, "instances": [{"schema_version": 1, "attributes": attributes(name)}]})
    };
    let resources: Vec<Value> = names.iter().map(resource).collect();
    json!({"version": 4, "serial": 1, "lineage": "l", "terraform_version": "1.11.4", "resources": resources})
        .to_string()
}

const PROVIDER: (&str, &str) = (
    "main.tf",
    "provider \"fake\" {\n  token = \"t0ken-of-the-provider\"\n}\nterraform {\n  required_providers {\n    fake = { source = \"example.com/corp/fake\" }\n  }\n}\n",
);

#[test]
fn a_provider_that_nobody_here_knows_is_scanned_with_nothing_but_its_terraform_folder() {
    for protocol in [5, 6] {
        for arguments in [&[][..], &["--reader", "plugin"], &["--reader", "plugin", "--level", "raw"]] {
            let run = Stack::applied(protocol).scan(arguments);
            assert_eq!((run.code, findings(&run)), (0, Vec::new()), "{protocol} {arguments:?} {}", run.stderr);
            let report = run.json();
            assert_eq!(report["summary"]["in_sync"], 4);
            // An auditor can tell which program read.
            let programs = report["scan"]["providers"].as_array().expect("programs");
            assert_eq!(programs.len(), 1, "{programs:?}");
            assert_eq!((&programs[0]["version"], &programs[0]["vouched_by"]), (&json!("1.0.0"), &json!("lock_file")));
            assert!(report["coverage"].as_array().expect("coverage").iter().all(|entry| entry["reader"] == "plugin"));
        }
    }
}

fn drifted(protocol: u32) -> Stack {
    let stack = Stack::applied(protocol);
    stack.change("cloud/fake_thing/full.json", |object| {
        object.insert("size".into(), json!(7));
        object.insert("secret".into(), json!("another-secret"));
        object.insert("ports".into(), json!([443, 80]));
        object.insert("any".into(), json!(["a", "c"]));
        object.insert("tags".into(), json!({"Env": "dev"}));
        object.insert("flavor".into(), json!("salty"));
        object.insert("rule".into(), json!([{"port": 443, "note": null}, {"port": 80, "note": "changed"}]));
    });
    stack.change("cloud/fake_box/box.json", |object| {
        object.insert("login".into(), json!({"user": "eve", "password": "hunter3-long"}));
    });
    stack.change("cloud/fake_thing/private-one.json", |object| {
        object.insert("tags".into(), json!({}));
    });
    std::fs::remove_file(stack.repository.path().join("other/fake_thing/elsewhere.json")).expect("removed");
    stack
}

#[test]
fn every_difference_is_found_by_path_and_secrets_stay_secret() {
    for (protocol, login) in [(5, "login.user"), (6, "login.user")] {
        let stack = drifted(protocol);
        let run = stack.scan(&[]);
        assert_eq!(run.code, 2, "{}", run.stderr);
        let expected = [
            format!("fake_box.box changed {login}"),
            "fake_thing.full changed any,flavor,rule,secret,size,tags[\"Env\"]".into(),
            "fake_thing.other missing".into(),
        ];
        assert_eq!(findings(&run), expected);
        for secret in ["hunter2-long", "another-secret", "hunter3-long", "t0ken"] {
            assert!(!run.stdout.contains(secret), "{secret}");
        }
    }
}

#[test]
fn levels_say_what_counts() {
    let stack = drifted(6);
    let raw = findings(&stack.scan(&["--reader", "plugin", "--level", "raw"]));
    assert!(raw.contains(&"fake_thing.private changed tags".to_owned()), "{raw:?}");
    let configured = findings(&stack.scan(&["--level", "configured"]));
    let full = configured.iter().find(|line| line.starts_with("fake_thing.full")).expect("a finding");
    assert_eq!(full, "fake_thing.full changed any,rule,secret,size,tags[\"Env\"]");
    let refused = stack.scan(&["--level", "raw"]);
    assert!(refused.code == 1 && refused.stderr.contains("--reader plugin"), "{}", refused.stderr);
    let refused = stack.scan(&["--confirm", "--reader", "plugin"]);
    assert!(refused.code == 1 && refused.stderr.contains("--reader auto"), "{}", refused.stderr);
}

#[test]
fn two_aliases_are_two_processes_and_many_root_modules_are_one() {
    let mut stack = Stack::applied(5);
    let log = stack.log_path();
    stack.set("FAKE_LOG", &log);
    assert_eq!(stack.scan(&[]).code, 0);
    let configured = stack.log().into_iter().filter(|line| line.starts_with("configure")).count();
    assert_eq!(configured, 2);
}

#[test]
fn a_provider_that_is_not_there_is_said_in_one_line() {
    let stack = Stack::applied(5);
    std::fs::remove_dir_all(stack.repository.path().join(".terraform")).expect("removed");
    let run = stack.scan(&[]);
    assert_eq!(run.code, 3);
    let said = cause(&run, "fake_box.box");
    assert!(said.contains("example.com/corp/fake 1.0.0 is not installed: run `terraform init` in"), "{said}");
    assert_eq!(run.json()["summary"]["unknown"], 4);
    let mut text = stack.repository.command(&["scan", "--state", &stack.state.to_string_lossy()]);
    text.env("HOME", stack.repository.path());
    let text = finish(text);
    assert_eq!(text.stdout.matches("is not installed").count(), 2, "{}", text.stdout);
}

#[test]
fn what_the_lock_file_does_not_name_is_not_executed() {
    let mut stack = Stack::applied(5);
    let log = stack.log_path();
    stack.set("FAKE_LOG", &log);
    stack.lock("", "h1:AAAA");
    let run = stack.scan(&[]);
    assert_eq!(run.code, 3);
    assert!(cause(&run, "fake_box.box").contains("is not executed"));
    stack.install("");
    let executable = stack.package("").join("terraform-provider-fake_v1.0.0");
    std::fs::set_permissions(&executable, std::fs::Permissions::from_mode(0o775)).expect("permissions");
    assert!(cause(&stack.scan(&[]), "fake_box.box").contains("chmod go-w"));
    assert_eq!(stack.log(), Vec::<String>::new());
}

#[test]
fn the_lock_file_of_the_approved_commit_counts() {
    let stack = Stack::applied(5);
    let wrong = "provider \"example.com/corp/fake\" {\n  version = \"1.0.0\"\n  hashes = [\"h1:BBBB\"]\n}\n";
    let right = std::fs::read_to_string(stack.repository.path().join(".terraform.lock.hcl")).expect("a lock file");
    stack.repository.write(".gitignore", ".terraform/\n*.tfstate*\ncloud\nother\nhome\n");
    stack.repository.write(".terraform.lock.hcl", wrong);
    stack.repository.commit("Lock the provider");
    stack.repository.write(".terraform.lock.hcl", right);
    let run = stack.scan(&[]);
    assert!(cause(&run, "fake_box.box").contains("is not executed"));
}

#[test]
fn handshakes_that_are_none_are_gaps() {
    for (handshake, expected) in
        [("garbage", "no handshake"), ("exit", "panic: cannot begin"), ("old", "neither protocol 5 nor 6")]
    {
        let mut stack = Stack::applied(5);
        stack.set("FAKE_HANDSHAKE", handshake);
        let run = stack.scan(&[]);
        assert_eq!(run.code, 3, "{handshake}");
        let said = cause(&run, "fake_box.box");
        assert!(said.contains(expected), "{handshake}: {said}");
    }
}

#[test]
fn tls_is_spoken_where_the_provider_asks_and_where_settings_do() {
    for protocol in [5, 6] {
        let mut stack = Stack::applied(protocol);
        stack.set("FAKE_HANDSHAKE", "tls");
        assert_eq!(stack.scan(&[]).code, 0);
        let stack = Stack::applied(protocol);
        stack.repository.write("driftline.toml", "[plugin]\nmutual_tls = true\n");
        stack.repository.commit("Settings");
        assert_eq!(stack.scan(&[]).code, 0);
    }
}

#[test]
fn one_instance_that_cannot_be_read_leaves_the_others_alone() {
    let names = ["denied", "throttled", "unknown", "odd", "chatty", "slow", "fine", "panic-once"];
    let stack = Stack::of(5, &[PROVIDER], &things(&names));
    let run = stack.scan(&[]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    let unknown: Vec<String> = findings(&run).into_iter().filter(|line| line.contains(" unknown")).collect();
    let expected = ["denied", "odd", "throttled", "unknown"].map(|name| format!("fake_thing.{name} unknown"));
    assert_eq!(unknown, expected);
    for (name, expected) in [
        ("denied", "ReadResource: reading: AccessDenied for token (sensitive)"),
        ("throttled", "Rate exceeded"),
        ("unknown", "not known"),
        ("odd", "attribute that its schema does not have"),
    ] {
        let said = cause(&run, &format!("fake_thing.{name}"));
        assert!(said.contains(expected), "{said}");
    }
    assert!(!run.stdout.contains("t0ken"), "{}", run.stdout);
}

#[test]
fn instances_without_an_id_are_told_apart() {
    let names = ["denied", "one", "two"];
    let resource = |name: &&str| {
        json!({"mode": "managed", "type": "fake_box", "name": name, "provider": ADDRESS,
            "instances": [{"schema_version": 0, "attributes": {"name": name, "login": null}}]})
    };
    let resources: Vec<Value> = names.iter().map(resource).collect();
    let state =
        json!({"version": 4, "serial": 1, "lineage": "l", "terraform_version": "1.11.4", "resources": resources});
    let stack = Stack::of(6, &[PROVIDER], &state.to_string());
    stack.change("cloud/fake_box/two.json", |object| {
        object.insert("login".into(), json!({"user": "eve", "password": "x"}));
    });
    let run = stack.scan(&[]);
    assert_eq!((run.code, run.json()["summary"]["unknown"].as_u64()), (2, Some(1)), "{}", run.stdout);
    let changed: Vec<String> = findings(&run).into_iter().filter(|line| line.contains(" changed ")).collect();
    assert_eq!(changed, ["fake_box.two changed login"]);
}

#[test]
fn what_takes_too_long_is_unknown_and_the_rest_is_compared() {
    let stack = Stack::of(5, &[PROVIDER], &things(&["stuck", "fine"]));
    stack.repository.write("driftline.toml", "[plugin]\nread_seconds = 2\n");
    let late = |run: &crate::harness::Run| {
        let unknown: Vec<String> = findings(run).into_iter().filter(|line| line.contains(" unknown")).collect();
        assert_eq!((run.code, unknown), (3, vec!["fake_thing.stuck unknown".to_owned()]), "{}", run.stdout);
        assert_eq!(run.json()["coverage"][0]["status"], "timed_out");
    };
    late(&stack.scan(&["--config", &stack.repository.path().join("driftline.toml").to_string_lossy()]));
    let run = stack.scan(&["--deadline", "4"]);
    late(&run);
    assert!(cause(&run, "fake_thing.stuck").contains("the scan's deadline"));
}

#[test]
fn a_provider_that_breaks_is_started_again_once() {
    // One after the other: the second breaks it for good, and the third is told of that before it is read.
    let stack = Stack::of(5, &[PROVIDER], &things(&["panic-a", "panic-b", "fine"]));
    let settings = stack.repository.write("driftline.toml", "[plugin]\nparallelism = 1\n");
    let run = stack.scan(&["--config", &settings.to_string_lossy()]);
    assert_eq!(run.code, 3);
    assert_eq!(run.json()["summary"]["unknown"], 3);
    assert!(!run.stdout.contains("t0ken"), "{}", run.stdout);
    for address in ["fake_thing.panic_a", "fake_thing.panic_b", "fake_thing.fine"] {
        let said = cause(&run, address);
        assert!(said.contains("panic: assignment to entry in nil map, token (sensitive)"), "{said}");
    }
}

#[test]
fn what_was_asked_once_is_kept_where_the_provider_allows_it() {
    let mut stack = Stack::applied(6);
    let log = stack.log_path();
    stack.set("FAKE_LOG", &log).set("FAKE_FILLER", "500");
    assert_eq!([stack.scan(&[]).code, stack.scan(&[]).code], [0, 0]);
    let asked = |stack: &Stack| stack.log().into_iter().filter(|line| line.starts_with("schemas")).count();
    // Both aliases start at the same time, and either may have been first.
    let first = asked(&stack);
    assert!(first <= 2, "{first}");
    stack.set("FAKE_SCHEMA", "required");
    std::fs::remove_dir_all(stack.repository.path().join("home")).expect("the cache");
    assert_eq!([stack.scan(&[]).code, stack.scan(&[]).code], [0, 0]);
    assert_eq!(asked(&stack), first + 4);
}

#[test]
fn older_states_are_upgraded_and_newer_ones_refused() {
    let mut state: Value = serde_json::from_str(&things(&["old", "new"])).expect("JSON");
    let stack = Stack::of(5, &[PROVIDER], &state.to_string());
    let old = &mut state["resources"][0]["instances"][0];
    old["schema_version"] = json!(0);
    let attributes = old["attributes"].as_object_mut().expect("attributes");
    let name = attributes.remove("name").expect("a name");
    attributes.insert("title".into(), name);
    state["resources"][1]["instances"][0]["schema_version"] = json!(9);
    std::fs::write(&stack.state, state.to_string()).expect("a state");
    let run = stack.scan(&[]);
    assert_eq!(findings(&run).len(), 2, "{}", run.stdout);
    assert!(cause(&run, "fake_thing.new").contains("written by a newer provider"));
    assert_eq!(run.json()["summary"]["pending_removal"], 1, "in sync, and not declared");
}

#[test]
fn attributes_that_the_schema_no_longer_has_are_left_out() {
    let mut state: Value = serde_json::from_str(&applied(5)).expect("JSON");
    for resource in state["resources"].as_array_mut().expect("resources") {
        resource["instances"][0]["attributes"]["dropped_long_ago"] = json!({"a": 1});
    }
    let stack = Stack::of(5, &[("main.tf", include_str!("../../testdata/plugin/main.tf"))], &applied(5));
    std::fs::write(&stack.state, state.to_string()).expect("a state");
    let run = stack.scan(&["--reader", "plugin", "--level", "raw"]);
    assert_eq!((run.code, findings(&run)), (0, Vec::new()));
}

#[test]
fn identities_of_any_version_are_handed_on() {
    for identity in [json!({"name": "box"}), json!({"label": "box"})] {
        let mut state: Value = serde_json::from_str(&applied(6)).expect("JSON");
        let boxes = state["resources"].as_array_mut().expect("resources").iter_mut();
        for resource in boxes.filter(|resource| resource["type"] == "fake_box") {
            resource["instances"][0]["identity_schema_version"] = json!(u8::from(identity.get("name").is_some()));
            resource["instances"][0]["identity"] = identity.clone();
        }
        let stack = Stack::applied(6);
        std::fs::write(&stack.state, state.to_string()).expect("a state");
        assert_eq!(stack.scan(&[]).code, 0);
    }
    let mut stack = Stack::applied(5);
    stack.set("FAKE_IDENTITY", "none");
    assert_eq!(stack.scan(&[]).code, 0);
}

#[test]
fn objects_in_no_state_are_listed_where_the_provider_can() {
    for protocol in [5, 6] {
        let stack = Stack::applied(protocol);
        stack
            .repository
            .write("cloud/fake_thing/stray.json", json!({"id": "thing/stray", "name": "stray"}).to_string());
        stack.repository.write("cloud/fake_box/lost.json", json!({"name": "lost"}).to_string());
        let run = stack.scan(&["--unmanaged"]);
        assert_eq!(run.code, 2, "{}", run.stderr);
        let report = run.json();
        let found: Vec<&str> = report["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .filter_map(|one| one["object_id"].as_str())
            .collect();
        assert_eq!(found, ["name=lost", "thing/stray"]);
    }
}

#[test]
fn what_cannot_be_evaluated_is_said_and_can_be_given() {
    let main = format!(
        "{}data \"corp_token\" \"this\" {{}}\n",
        PROVIDER.1.replace("\"t0ken-of-the-provider\"", "data.corp_token.this.value")
    );
    let stack = Stack::of(5, &[("main.tf", &main)], &things(&["fine"]));
    let run = stack.scan(&[]);
    assert_eq!(run.code, 3);
    let said = cause(&run, "fake_thing.fine");
    assert!(said.contains("`token` of provider[\"example.com/corp/fake\"] cannot be evaluated"), "{said}");
    let settings =
        format!("[[provider]]\naddress = '{ADDRESS}'\narguments = {{ token = {{ env = \"CORP_TOKEN\" }} }}\n");
    stack.repository.write("driftline.toml", &settings);
    stack.repository.commit("Settings");
    let unset = stack.scan(&[]);
    assert!(unset.code == 1 && unset.stderr.contains("CORP_TOKEN"), "{}", unset.stderr);
    let mut command = stack.command(&[]);
    command.env("CORP_TOKEN", "t0ken-from-outside");
    let run = finish(command);
    assert_eq!(run.json()["summary"]["unknown"], 0, "{}", run.stdout);
    let mut command = stack.command(&[]);
    command.env("CORP_TOKEN", "wrong-token");
    let run = finish(command);
    assert!(
        cause(&run, "fake_thing.fine")
            .contains("cannot be configured: configuring: StatusCode: 403, the token (sensitive)")
    );
}

#[test]
fn what_was_read_is_kept_and_replayed_to_the_same_report() {
    let stack = drifted(6);
    let recording = stack.repository.path().join("home/recording");
    let recording = recording.to_string_lossy();
    for level in ["raw", "normalized"] {
        let flags = ["--reader", "plugin", "--level", level];
        let live = stack.scan(&[&flags[..], &["--record", &recording]].concat());
        for file in std::fs::read_dir(&*recording).expect("a recording") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
            for secret in ["hunter2-long", "another-secret", "hunter3-long", "t0ken"] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
        let replayed = stack.scan(&[&flags[..], &["--live", &recording]].concat());
        assert_eq!((live.code, findings(&live)), (replayed.code, findings(&replayed)));
        assert_eq!(live.json()["findings"], replayed.json()["findings"]);
        assert_eq!(live.json()["coverage"], replayed.json()["coverage"]);
        assert_eq!(live.json()["scan"]["providers"], replayed.json()["scan"]["providers"]);
    }
}

/// Waits until the provider has begun a read; the process that reads.
fn reading(stack: &Stack) -> u32 {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        if let Some(process) = stack.log().iter().find_map(|line| line.strip_prefix("read ")?.parse().ok()) {
            return process;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("nothing was read");
}

fn ends(process: u32) -> bool {
    let gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        if gone() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[cfg(target_os = "linux")]
#[test]
fn no_provider_outlives_the_scanner() {
    for (signal, code) in [("KILL", None), ("INT", Some(130)), ("TERM", Some(130))] {
        let mut stack = Stack::of(5, &[PROVIDER], &things(&["stuck-1", "stuck-2"]));
        let log = stack.log_path();
        stack.set("FAKE_LOG", &log);
        let mut scanner = stack.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a scan");
        let provider = reading(&stack);
        let sent = std::process::Command::new("kill").args([format!("-{signal}"), scanner.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        assert_eq!(scanner.wait().expect("an end").code(), code, "{signal}");
        assert!(ends(provider), "{signal}");
    }
}
