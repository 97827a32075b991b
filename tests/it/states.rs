//! Many root modules, workspaces and states in one scan: what is read, what is not, and what moves meanwhile.

use crate::harness::{Repository, Run, finish};
use serde_json::{Value, json};

const BLOCK: &str = "variable \"size\" {\n  default = \"one\"\n}\nresource \"terraform_data\" \"one\" {\n  input = \"${terraform.workspace}-${var.size}\"\n}\n";

/// A state of `terraform_data.one`, whose input is given.
fn state(serial: u64, input: &str) -> String {
    let attributes = json!({
        "id": "e0b06614-006e-1451-643f-90e325484cae",
        "input": {"value": input, "type": "string"}, "output": {"value": input, "type": "string"}, "triggers_replace": null
    });
    json!({
        "version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": format!("l-{input}"), "outputs": {},
        "resources": [{"mode": "managed", "type": "terraform_data", "name": "one",
            "provider": "provider[\"terraform.io/builtin/terraform\"]",
            "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}]}],
        "check_results": null
    })
    .to_string()
}

/// `live/a` with two workspaces, `live/b` with one, and a module that `live/b` calls.
fn monorepo() -> Repository {
    let repository = Repository::with(&[
        ("live/a/main.tf", BLOCK),
        ("live/b/main.tf", &format!("{BLOCK}module \"m\" {{\n  source = \"../../modules/m\"\n}}\n")),
        ("modules/m/main.tf", ""),
        (".gitignore", "*.tfstate\n*.lock.info\n"),
    ]);
    repository.write("live/a/terraform.tfstate", state(3, "default-one"));
    repository.write("live/a/terraform.tfstate.d/blue/terraform.tfstate", state(5, "blue-one"));
    repository.write("live/b/terraform.tfstate", state(7, "default-one"));
    repository
}

fn texts<'a>(list: &'a Value, keys: &[&str]) -> Vec<Vec<&'a str>> {
    let list = list.as_array().expect("a list").iter();
    list.map(|one| keys.iter().map(|key| one[*key].as_str().unwrap_or("")).collect()).collect()
}

#[test]
fn every_root_module_and_workspace_is_scanned_by_one_command() {
    let run = monorepo().driftline(&["scan", ".", "--report", "json"]);
    let report = run.json();
    assert_eq!(run.code, 0, "{report:#}");
    let expected = [
        ["live/a", "blue", "local", "live/a/terraform.tfstate.d/blue/terraform.tfstate"],
        ["live/a", "default", "local", "live/a/terraform.tfstate"],
        ["live/b", "default", "local", "live/b/terraform.tfstate"],
    ];
    assert_eq!(texts(&report["scan"]["states"], &["root_module", "workspace", "backend", "source"]), expected);
    assert_eq!((&report["summary"]["in_sync"], &report["summary"]["resources"]), (&json!(3), &json!(3)));
    let left_out = texts(&report["scan"]["left_out"], &["directory", "reason"]);
    assert_eq!(left_out, [["modules/m", "`live/b` calls it, and it has no backend"]]);
}

#[test]
fn findings_tell_root_module_and_workspace_and_have_ids_of_their_own() {
    let repository = monorepo();
    repository.write("live/a/main.tf", BLOCK.replace("\"one\"\n}\nresource", "\"two\"\n}\nresource"));
    repository.commit("Change the size");
    let report = repository.driftline(&["scan", "--report", "json"]).json();
    let findings = texts(&report["findings"], &["root_module", "workspace", "kind"]);
    assert_eq!(findings, [["live/a", "blue", "unapplied"], ["live/a", "default", "unapplied"]]);
    assert_ne!(report["findings"][0]["id"], report["findings"][1]["id"]);
    let text = repository.driftline(&["show", "terraform_data.one", "--offline"]).stdout;
    assert!(text.contains("(in live/a, workspace blue)") && text.contains("(in live/b)"), "{text}");
}

#[test]
fn workspaces_are_chosen_by_flag_and_by_environment() {
    let repository = monorepo();
    let scanned = |run: &Run| -> Vec<String> {
        let report = run.json();
        let states = texts(&report["scan"]["states"], &["root_module", "workspace"]);
        states.iter().map(|state| state.join(":")).collect()
    };
    let by_flag = |patterns: &[&str]| {
        let flags = patterns.iter().flat_map(|pattern| ["--workspace", pattern]);
        let arguments: Vec<&str> = ["scan", "live/a", "--report", "json"].into_iter().chain(flags).collect();
        scanned(&repository.driftline(&arguments))
    };
    assert_eq!(by_flag(&["blue"]), ["live/a:blue"]);
    assert_eq!(by_flag(&["b*", "nothing"]), ["live/a:blue"]);
    let mut command = repository.command(&["scan", "live/a", "--report", "json"]);
    command.env("TF_WORKSPACE", "blue");
    assert_eq!(scanned(&finish(command)), ["live/a:blue"]);
    // A workspace that was named and has no state is no success.
    let run = repository.driftline(&["scan", "live/a", "--workspace", "green"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("terraform.tfstate.d/green/terraform.tfstate"), "{}", run.stderr);
}

#[test]
fn a_state_that_cannot_be_read_costs_only_itself() {
    let repository = monorepo();
    repository.write("live/a/terraform.tfstate", &state(3, "default-one")[..200]);
    let run = repository.driftline(&["scan", "--report", "json"]);
    let report = run.json();
    assert_eq!((run.code, &report["scan"]["complete"]), (3, &json!(false)), "{report:#}");
    assert_eq!(report["summary"]["in_sync"], json!(2));
    let unread = texts(&report["scan"]["unread_states"], &["root_module", "workspace"]);
    assert_eq!(unread, [["live/a", "default"]]);
    let cause = report["scan"]["unread_states"][0]["cause"].as_str().expect("a cause");
    assert!(cause.contains("live/a/terraform.tfstate") && cause.contains("ends in the middle"), "{cause}");
    let codes = texts(&report["notices"], &["code"]);
    assert!(codes.contains(&vec!["state-unread"]), "{codes:?}");
    // All of them: there is nothing to say.
    for path in ["live/a/terraform.tfstate.d/blue/terraform.tfstate", "live/b/terraform.tfstate"] {
        repository.write(path, "");
    }
    let run = repository.driftline(&["scan"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("none of 3 states can be read"), "{}", run.stderr);
}

#[test]
fn the_settings_say_what_holds_for_a_root_module_and_a_workspace() {
    let repository = monorepo();
    repository.write(
        "driftline.toml",
        r#"
        [[root_module]]
        directory = "live/a"
        workspace = "blue"
        variables = { size = "two" }

        [[root_module]]
        directory = "live/b"
        skip = true
        reason = "gone in March"
        "#,
    );
    repository.commit("Add settings");
    let report = repository.driftline(&["scan", "--report", "json"]).json();
    let findings = texts(&report["findings"], &["root_module", "workspace", "kind"]);
    assert_eq!(findings, [["live/a", "blue", "unapplied"]], "{report:#}");
    assert_eq!(texts(&report["scan"]["states"], &["root_module"]), [["live/a"], ["live/a"]]);
    let left_out = texts(&report["scan"]["left_out"], &["directory", "reason"]);
    assert!(left_out.iter().any(|one| one[0] == "live/b" && one[1].contains("gone in March")), "{left_out:?}");
    // The command line is stronger.
    let report = repository.driftline(&["scan", "live/a", "--var", "size=one", "--report", "json"]).json();
    assert_eq!(report["findings"], json!([]));
}

#[test]
fn a_held_lock_is_shown_and_stops_nothing() {
    let repository = monorepo();
    let lock =
        json!({"ID": "1-2", "Operation": "OperationTypeApply", "Who": "ada@host", "Created": "2026-03-01T10:00:00Z"});
    repository.write("live/b/.terraform.tfstate.lock.info", lock.to_string());
    let run = repository.driftline(&["scan", "live/b", "--report", "json"]);
    let report = run.json();
    assert_eq!(run.code, 0, "{report:#}");
    let expected =
        json!({"id": "1-2", "operation": "OperationTypeApply", "who": "ada@host", "since": "2026-03-01T10:00:00Z"});
    assert_eq!(report["scan"]["states"][0]["lock"], expected);
    let notice = report["notices"].as_array().expect("notices").iter().find(|notice| notice["code"] == "state-locked");
    assert!(notice.is_some_and(|notice| notice["text"].as_str().is_some_and(|text| text.contains("ada@host"))));
}

#[test]
fn what_completes_a_backend_is_found_where_the_user_stands_and_in_the_root_module() {
    let repository = Repository::with(&[
        ("live/a/main.tf", &format!("terraform {{\n  backend \"local\" {{}}\n}}\n{BLOCK}")),
        ("live/a/own.tfbackend", "path = \"own.tfstate\"\n"),
        ("here.tfbackend", "path = \"here.tfstate\"\n"),
    ]);
    repository.write("live/a/own.tfstate", state(4, "default-one"));
    repository.write("live/a/here.tfstate", state(5, "default-one"));
    for (given, serial) in [("own.tfbackend", 4), ("here.tfbackend", 5), ("path=own.tfstate", 4)] {
        let report = repository.driftline(&["scan", "live/a", "--backend-config", given, "--report", "json"]).json();
        assert_eq!(report["scan"]["states"][0]["serial"], json!(serial), "{given}: {report:#}");
    }
    let run = repository.driftline(&["scan", "live/a", "--backend-config", "nowhere.tfbackend"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("nowhere.tfbackend"), "{}", run.stderr);
}

#[test]
fn a_named_state_belongs_to_one_workspace() {
    let repository = monorepo();
    repository.write(
        "driftline.toml",
        "[[root_module]]\ndirectory = \"live/a\"\nstate = [\"live/a/terraform.tfstate\"]\nworkspaces = [\"default\", \"blue\"]\n",
    );
    repository.commit("Name the state");
    let report = repository.driftline(&["scan", "live/a", "--report", "json"]).json();
    assert_eq!(texts(&report["scan"]["states"], &["source", "workspace"]), [["live/a/terraform.tfstate", "default"]]);
}

#[test]
fn states_lists_what_would_be_scanned() {
    let repository = monorepo();
    repository.write("live/b/terraform.tfstate", "{}");
    let run = repository.driftline(&["states", "--report", "json"]);
    let list = run.json();
    assert_eq!(run.code, 3, "{list:#}");
    let states = texts(&list["states"], &["root_module", "workspace", "backend", "lineage"]);
    assert_eq!(states, [["live/a", "blue", "local", "l-blue-one"], ["live/a", "default", "local", "l-default-one"]]);
    assert_eq!((&list["states"][0]["serial"], &list["states"][0]["resources"]), (&json!(5), &json!(1)));
    assert_eq!(texts(&list["unread_states"], &["root_module", "workspace"]), [["live/b", "default"]]);
    let text = repository.driftline(&["states"]).stdout;
    assert!(text.starts_with("ROOT MODULE  WORKSPACE  BACKEND"), "{text}");
    assert!(
        text.contains("- modules/m is left out:") && text.ends_with("2 states, 2 resources; 1 state cannot be read\n")
    );
}

#[test]
fn an_encrypted_state_scans_like_a_plain_one() {
    let encryption = |passphrase: &str| {
        format!(
            "terraform {{\n  encryption {{\n    key_provider \"pbkdf2\" \"main\" {{\n      passphrase = {passphrase}\n    }}\n    \
             method \"aes_gcm\" \"main\" {{\n      keys = key_provider.pbkdf2.main\n    }}\n    state {{\n      \
             method = method.aes_gcm.main\n    }}\n  }}\n}}\nvariable \"passphrase\" {{\n  default = null\n}}\n"
        )
    };
    let kept = |name: &str| {
        let path = format!("{}/testdata/encryption/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a kept file")
    };
    let plain = Repository::with(&[("main.tf", "terraform {\n  backend \"local\" {}\n}\n")]);
    plain.write("terraform.tfstate", kept("state.json"));
    let encrypted = Repository::with(&[
        ("main.tf", "terraform {\n  backend \"local\" {}\n}\n"),
        ("encryption.tf", &encryption("var.passphrase")),
    ]);
    encrypted.write("terraform.tfstate", kept("pbkdf2-defaults.tfstate"));
    let key = "passphrase=not-a-secret-not-a-secret";
    let run = encrypted.driftline(&["scan", "--var", key, "--report", "json"]);
    let (report, expected) = (run.json(), plain.driftline(&["scan", "--report", "json"]).json());
    for part in ["summary", "findings", "coverage"] {
        assert_eq!(report[part], expected[part], "{part}");
    }
    assert_eq!(report["scan"]["states"][0]["encrypted"], json!(true));
    // What identifies the state is what is kept, not what stood in memory.
    assert_ne!(report["scan"]["states"][0]["sha256"], expected["scan"]["states"][0]["sha256"]);
    for (arguments, part) in [(vec!["--var", "passphrase=another-passphrase"], "passphrase"), (vec![], "passphrase")] {
        let run = encrypted.driftline(&[&["scan"], &arguments[..]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        assert!(run.stderr.contains(part) && run.stderr.contains("hint: "), "{}", run.stderr);
        assert!(!run.stderr.contains("another-passphrase"));
    }
    // The environment alone may say how.
    let silent = Repository::with(&[("main.tf", "terraform {\n  backend \"local\" {}\n}\n")]);
    silent.write("terraform.tfstate", kept("pbkdf2-defaults.tfstate"));
    let mut command = silent.command(&["scan", "--report", "json"]);
    command.env(
        "TF_ENCRYPTION",
        "key_provider \"pbkdf2\" \"main\" {\n  passphrase = \"not-a-secret-not-a-secret\"\n}\nmethod \"aes_gcm\" \"main\" {\n  keys = key_provider.pbkdf2.main\n}\nstate {\n  method = method.aes_gcm.main\n}\n",
    );
    assert_eq!(finish(command).json()["summary"], expected["summary"]);
}

#[test]
fn an_object_in_two_states_is_a_finding_in_both_and_no_drift() {
    let kept = |name: &str| format!("{}/testdata/demo/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(kept("terraform.tfstate")).expect("a state");
    let provider = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";
    let repository = Repository::with(&[("a/main.tf", provider), ("b/main.tf", provider)]);
    let mut state: Value = serde_json::from_str(&text).expect("JSON");
    repository.write("a/terraform.tfstate", state.to_string());
    state["resources"].as_array_mut().expect("resources").retain(|resource| resource["type"] == "aws_vpc");
    state["lineage"] = json!("another");
    repository.write("b/terraform.tfstate", state.to_string());
    let scan = ["scan", "--live", &kept("recording"), "--report", "json"];
    let report = repository.driftline(&scan).json();
    let twice = report["findings"].as_array().expect("findings").iter().filter(|one| one["kind"] == "managed_twice");
    let twice: Vec<&Value> = twice.collect();
    let places: Vec<&str> = twice.iter().map(|one| one["root_module"].as_str().unwrap_or("")).collect();
    assert_eq!(places, ["a", "b"], "{report:#}");
    assert!(twice[0]["cause"].as_str().is_some_and(|cause| cause.contains("of root module `b`")), "{}", twice[0]);
    assert_eq!((&twice[0]["object_id"], &report["summary"]["managed_twice"]), (&twice[1]["object_id"], &json!(2)));
    // The very same state under two names is no second claim.
    repository.write("b/terraform.tfstate", &text);
    repository.write("a/terraform.tfstate", &text);
    assert_eq!(repository.driftline(&scan).json()["summary"]["managed_twice"], json!(0));
}

#[cfg(feature = "plugin")]
mod moving {
    use crate::fake::{ADDRESS, Stack};
    use serde_json::{Value, json};
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    fn state(serial: u64, names: &[&str]) -> String {
        let attributes = |name: &str| {
            json!({"id": format!("thing/{name}"), "name": name, "size": null, "flavor": "plain", "tags": null,
                "secret": "hunter2-long", "ports": null, "any": null, "rule": [], "limits": []})
        };
        let resource = |name: &&str| {
            json!({"mode": "managed", "type": "fake_thing", "name": name.replace('-', "_"), "provider": ADDRESS,
                "instances": [{"schema_version": 1, "attributes": attributes(name)}]})
        };
        let resources: Vec<Value> = names.iter().map(resource).collect();
        json!({"version": 4, "serial": serial, "lineage": "l", "terraform_version": "1.11.4", "resources": resources})
            .to_string()
    }

    const PROVIDER: (&str, &str) = (
        "main.tf",
        "provider \"fake\" {\n  token = \"t0ken-of-the-provider\"\n}\nterraform {\n  required_providers {\n    fake = { source = \"example.com/corp/fake\" }\n  }\n}\n",
    );

    /// Scans a state of a slow object, and changes the state in each of the first readings of it. Between two readings of one
    /// object the provider is asked once more.
    fn scanned(changes: usize) -> (i32, Value) {
        let mut stack = Stack::of(6, &[PROVIDER], &state(1, &["slow-1", "gone"]));
        let log = stack.log_path();
        stack.set("FAKE_LOG", &log);
        let mut child =
            stack.command(&[]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program runs");
        let asked = || stack.log().iter().filter(|line| line.starts_with("read ")).count();
        let mut seen = 0;
        for change in 0..changes {
            let begun = Instant::now();
            while asked() == seen && begun.elapsed() < Duration::from_secs(60) {
                assert!(child.try_wait().expect("a child").is_none(), "the scan ended before reading {change}");
                std::thread::sleep(Duration::from_millis(20));
            }
            std::fs::write(&stack.state, state(2 + change as u64, &["slow-1"])).expect("a written state");
            // All that one reading asks for at the same time has been asked by then.
            std::thread::sleep(Duration::from_millis(1000));
            seen = asked();
        }
        let output = child.wait_with_output().expect("the program ends");
        let report = serde_json::from_slice(&output.stdout).expect("JSON");
        (output.status.code().unwrap_or(-1), report)
    }

    fn moved(report: &Value) -> Vec<(bool, &str)> {
        let notices = report["notices"].as_array().expect("notices").iter();
        let moved = notices.filter(|notice| notice["code"] == "state-moved");
        moved.map(|one| (one["incomplete"] == true, one["text"].as_str().unwrap_or(""))).collect()
    }

    #[test]
    fn a_state_that_moves_is_read_once_more() {
        let (code, report) = scanned(1);
        let serial = &report["scan"]["states"][0]["serial"];
        assert_eq!((code, serial, &report["summary"]["resources"]), (0, &json!(2), &json!(1)), "{report:#}");
        let moved = moved(&report);
        assert!(matches!(moved[..], [(false, text)] if text.contains("read once more")), "{moved:?}");
    }

    #[test]
    fn a_state_that_moves_again_makes_the_scan_incomplete() {
        let (code, report) = scanned(2);
        let serial = &report["scan"]["states"][0]["serial"];
        assert_eq!((code, serial), (3, &json!(2)), "{report:#}");
        let moved = moved(&report);
        assert!(matches!(moved[..], [(false, _), (true, text)] if text.contains("changed again")), "{moved:?}");
    }
}

/// A backend of faults: each path has its own. Says which requests came with credentials.
mod faulty {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};

    pub(super) struct Server {
        pub(super) url: String,
        with_credentials: Arc<Mutex<Vec<String>>>,
    }

    impl Server {
        /// `elsewhere`: where a redirect leads.
        pub(super) fn start(elsewhere: Option<String>) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let url = format!("http://{}", listener.local_addr().expect("an address"));
            let seen: Arc<Mutex<Vec<String>>> = Arc::default();
            let noted = seen.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let _ = answer(stream, elsewhere.as_deref(), &noted);
                }
            });
            Self { url, with_credentials: seen }
        }

        pub(super) fn with_credentials(&self) -> Vec<String> {
            self.with_credentials.lock().expect("a lock").clone()
        }
    }

    fn answer(mut stream: TcpStream, elsewhere: Option<&str>, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if head.contains("authorization:") {
            seen.lock().expect("a lock").push(path.clone());
        }
        let close = "connection: close\r\n\r\n";
        match path.as_str() {
            "/denied" => write!(stream, "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n{close}"),
            "/cut" => write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n{close}{{\"version\": 4"),
            "/huge" => write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 2147483648\r\n{close}{{"),
            "/moved" => {
                let to = elsewhere.unwrap_or_default();
                write!(stream, "HTTP/1.1 302 Found\r\nlocation: {to}/state\r\ncontent-length: 0\r\n{close}")
            }
            "/page" => write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n{close}<!DOCTYPE html>"),
            _ => write!(stream, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n{close}"),
        }
    }
}

#[test]
fn a_fault_of_a_backend_costs_only_its_own_state() {
    let other = faulty::Server::start(None);
    let server = faulty::Server::start(Some(other.url.clone()));
    let names = ["cut", "denied", "huge", "moved", "page"];
    let backend = |name: &str| {
        let (url, password) = (&server.url, "not-a-secret");
        format!(
            "terraform {{\n  backend \"http\" {{\n    address = \"{url}/{name}\"\n    username = \"reader\"\n    \
             password = \"{password}\"\n  }}\n}}\n"
        )
    };
    let mut files = vec![("live/a/main.tf".to_owned(), BLOCK.to_owned())];
    files.extend(names.map(|name| (format!("live/x-{name}/main.tf"), backend(name))));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let repository = Repository::with(&files);
    repository.write("live/a/terraform.tfstate", state(3, "default-one"));
    let run = repository.driftline(&["scan", "--report", "json"]);
    let report = run.json();
    assert_eq!((run.code, &report["summary"]["in_sync"]), (3, &json!(1)), "{report:#}");
    let unread = texts(&report["scan"]["unread_states"], &["root_module", "cause"]);
    let parts = ["breaks off", "403", "more than 512 MiB", "another host", "HTML"];
    assert_eq!(unread.len(), parts.len(), "{unread:?}");
    for ((name, part), unread) in names.iter().zip(parts).zip(&unread) {
        assert!(unread[0] == format!("live/x-{name}") && unread[1].contains(part), "{part}: {unread:?}");
    }
    // Credentials went to their own host and are in no output.
    assert!(server.with_credentials().iter().any(|path| path == "/moved"));
    assert_eq!(other.with_credentials(), Vec::<String>::new());
    assert!(!run.stdout.contains("not-a-secret") && !run.stderr.contains("not-a-secret"));
}
