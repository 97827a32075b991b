//! Files in every state: unreadable, overriding, in JSON, hostile.

use super::*;

#[test]
fn nothing_is_missing_because_a_file_could_not_be_read() {
    let configuration = read_at(
        &[
            ("good.tf", "resource \"t\" \"good\" {\n  a = local.lost\n  b = 1\n}\n"),
            ("bad.tf", "locals {\n  lost = \"x\"\n}\nresource \"t\" \"x\" {\n  name = \"\u{1b}[31m\" ]\n}\n"),
        ],
        "",
    );
    let problem = &configuration.problems[0];
    assert!(problem.incomplete);
    assert_eq!(
        problem.text,
        "bad.tf:5:18: not valid HCL: expected newline or eof\n  |\n5 |   name = \"\u{fffd}[31m\" ]\n  |                  ^"
    );
    let range = problem.range.as_ref().unwrap();
    assert_eq!((range.file.as_str(), range.start_line, range.start_column), ("bad.tf", 5, 18));
    assert_eq!(configuration.problems.len(), 1);
    assert_eq!(attributes(&configuration, "t.good"), json!({"a": "?", "b": 1}));
    assert_eq!(configuration.declares(&address("t.good")), Declares::Yes);
    for text in ["t.x", "t.gone", "module.gone.t.x"] {
        assert_eq!(
            configuration.declares(&address(text)),
            Declares::NotKnown("bad.tf could not be read".into()),
            "{text}"
        );
    }
    // A provider block may stand in the file that could not be read.
    assert!(configuration.providers.values().all(|provider| !provider.certain));
}

#[test]
fn unreadable_overrides_and_values_make_everything_they_may_touch_unknown() {
    let main = "variable \"v\" { default = 1 }\nresource \"t\" \"x\" {\n  a = var.v\n  b = 2\n}\nprovider \"t\" { region = \"a\" }\n";
    let broken = read_at(&[("main.tf", main), ("main_override.tf", "resource {{{")], "");
    assert_eq!(attributes(&broken, "t.x"), json!({"a": "?", "b": "?"}));
    let provider = broken.providers.values().next().unwrap();
    assert_eq!((provider.certain, provider.attributes["region"].clone()), (false, Declared::NotKnown));
    let broken = read_at(&[("main.tf", main), ("terraform.tfvars", "v = ")], "");
    assert_eq!(attributes(&broken, "t.x"), json!({"a": "?", "b": 2}));
    assert!(broken.problems[0].incomplete);
}

#[test]
fn files_in_every_state_are_read_or_named() {
    let test = TestRepository::new();
    test.write("bom.tf", "\u{feff}resource \"t\" \"bom\" {}\n".as_bytes());
    test.write("crlf.tf", b"resource \"t\" \"crlf\" {\r\n  a = 1\r\n}\r\n");
    test.write("noeol.tf", b"resource \"t\" \"noeol\" {}");
    test.write("empty.tf", b"");
    test.write("latin1.tf", b"# caf\xe9\n");
    test.write("huge.tf", &vec![b'#'; 5 << 20]);
    test.write("deep.tf", format!("x = {}", "[".repeat(100_000)).as_bytes());
    test.write("deep.tf.json", format!("{{\"locals\": {{\"x\": {}", "[".repeat(100_000)).as_bytes());
    test.write(
        "nested.tf.json",
        format!("{{\"locals\": {{\"x\": {}1{}}}}}", "[".repeat(100), "]".repeat(100)).as_bytes(),
    );
    test.write(".hidden.tf", b"resource \"t\" \"hidden\" {}");
    test.write("backup.tf~", b"resource \"t\" \"backup\" {}");
    test.write("notes.txt", b"resource \"t\" \"notes\" {}");
    test.write("null.tf", b"a\0b");
    std::os::unix::fs::symlink("/etc/hostname", test.path().join("outside.tf")).unwrap();
    test.commit("files");
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let configuration = read(&tree, "", &Options::default());
    assert_eq!(instances(&configuration), ["t.bom", "t.crlf", "t.noeol"]);
    let firsts: Vec<&str> = configuration.problems.iter().map(|problem| problem.text.lines().next().unwrap()).collect();
    assert_eq!(
        firsts,
        [
            "deep.tf:1:70: not valid HCL: invalid nesting depth; expected at most 64 nested levels",
            "deep.tf.json:1:100017: not valid JSON: EOF while parsing a list",
            "huge.tf has 5242880 bytes, more than the 4194304 that are read",
            "latin1.tf:1:6: not UTF-8; save the file as UTF-8",
            "nested.tf.json:1:81: nested more than 64 levels deep",
            "null.tf:1:2: not valid HCL: invalid structure; expected `{`, `=`, `\"` or identifier",
            "outside.tf is a link that leads out of the repository",
        ]
    );
    assert!(configuration.problems.iter().all(|problem| problem.incomplete));
    let range = &configuration.resources[&address("t.bom")].range;
    assert_eq!((range.start_column, range.end_column), (1, 22));
    let range = &configuration.resources[&address("t.crlf")].range;
    assert_eq!((range.start_line, range.end_line, range.end_column), (1, 3, 2));
}

#[test]
fn the_json_syntax_says_the_same() {
    let configuration = configuration(&[
        (
            "main.tf.json",
            r#"{
              "//": "a comment",
              "variable": {"env": {"default": "pr${o}d", "type": "string"}, "n": [{"default": 2}]},
              "locals": {"label": "<${var.env}>", "//": "x"},
              "terraform": {
                "required_providers": {"t": {"source": "acme/t"}},
                "backend": {"local": {"path": "x.tfstate"}}
              },
              "provider": {"t": [{"region": "a", "default_tags": {"tags": {"k": "${local.label}"}}}, {"alias": "west", "region": "b"}]},
              "resource": {
                "t": {
                  "x": {
                    "//": "ignored",
                    "count": "${var.n}",
                    "name": "${local.label}-$${x}",
                    "raw": "${count.index}",
                    "tags": {"${upper(\"a\")}": "b", "n": 1.50},
                    "ingress": [{"port": 1}, {"port": "${t.other.p}"}],
                    "dynamic": {"rule": {"for_each": ["p", "q"], "content": {"name": "${rule.value}"}}},
                    "lifecycle": [{"ignore_changes": ["tags[\"Env\"]", "name"]}],
                    "provider": "t.west",
                    "depends_on": ["t.y"]
                  },
                  "y": [{"a": null}]
                }
              },
              "module": {"m": {"source": "./m", "providers": {"t": "t.west"}, "name": "${t.y.a}"}},
              "moved": [{"from": "t.old", "to": "t.y"}, {"from": "t.older[0]", "to": "t.x[0]"}]
            }"#,
        ),
        (
            "m/main.tf.json",
            r#"[{"variable": {"name": {}}}, {"terraform": [{"required_providers": [{"t": {"source": "acme/t"}}]}]}, {"resource": {"t": {"z": {"name": "n"}}}}]"#,
        ),
    ]);
    assert_eq!(instances(&configuration), ["t.x[0]", "t.x[1]", "t.y", "module.m.t.z"].map(String::from));
    assert_eq!(
        attributes(&configuration, "t.x[1]"),
        json!({
            "name": "<pr${o}d>-${x}", "raw": 1, "tags": {"A": "b", "n": 1.5}, "ingress": [{"port": 1}, {"port": "?"}],
            "rule": [{"name": "p"}, {"name": "q"}],
        })
    );
    assert_eq!(attributes(&configuration, "t.y"), json!({"a": null}));
    let instance = configuration.instance(&address("t.x[0]")).unwrap();
    let range = &instance.ranges["tags"];
    assert_eq!((range.start_line, range.start_column, range.end_line, range.end_column), (17, 21, 17, 64));
    let resource = &configuration.resources[&address("t.x")];
    assert_eq!((resource.range.start_line, resource.range.start_column, resource.range.end_line), (12, 24, 23));
    assert_eq!(resource.provider.as_ref().unwrap().to_string(), "provider[\"registry.terraform.io/acme/t\"].west");
    assert!(resource.lifecycle.ignore_changes.covers(&AttributePath::attribute("name")));
    assert!(!resource.lifecycle.ignore_changes.covers(&AttributePath::attribute("tags")));
    let child = &configuration.resources[&address("module.m.t.z")];
    assert_eq!(child.provider.as_ref().unwrap().to_string(), "provider[\"registry.terraform.io/acme/t\"].west");
    let provider = &configuration.providers[&"provider[\"registry.terraform.io/acme/t\"]".parse().unwrap()];
    assert_eq!(shown(&provider.attributes["default_tags"]), json!([{"tags": {"k": "<pr${o}d>"}}]));
    assert_eq!(configuration.refactored(&address("t.old")), address("t.y"));
    assert_eq!(configuration.refactored(&address("t.older[0]")), address("t.x[0]"));
    let backend = backend::backend(&configuration, &backend::Completion::default()).unwrap();
    assert_eq!((backend.kind.as_str(), backend.arguments["path"].as_str()), ("local", Some("x.tfstate")));
}

#[test]
fn override_files_replace_arguments_and_blocks() {
    let configuration = configuration(&[
        (
            "main.tf",
            r#"
            locals {
              a = 1
              b = 1
            }
            variable "v" { default = "main" }
            resource "t" "x" {
              a = local.a
              b = local.b
              v = var.v
              kept = true
              rule { n = 1 }
              rule { n = 2 }
              other { n = 1 }
              lifecycle {
                ignore_changes = [a]
                create_before_destroy = true
              }
            }
            terraform {
              backend "s3" { bucket = "b" }
              required_providers { t = { source = "acme/t" } }
            }
            provider "t" { region = "a" }
            provider "t" {
              alias = "west"
              region = "b"
            }
            "#,
        ),
        (
            "a_override.tf",
            r#"
            locals { b = 2 }
            variable "v" { default = "override" }
            resource "t" "x" {
              a = 3
              extra = 1
              dynamic "rule" {
                for_each = [9]
                content { n = rule.value }
              }
              lifecycle { ignore_changes = [b] }
            }
            terraform {
              backend "local" {}
              required_providers { t = { source = "acme/u" } }
            }
            provider "t" {
              alias = "west"
              region = "c"
            }
            "#,
        ),
        ("override.tf.json", r#"{"resource": {"t": {"x": {"extra": 2}}}}"#),
    ]);
    assert_eq!(
        attributes(&configuration, "t.x"),
        json!({"a": 3, "b": 2, "v": "override", "kept": true, "extra": 2, "rule": [{"n": 9}], "other": [{"n": 1}]})
    );
    let resource = &configuration.resources[&address("t.x")];
    assert_eq!(resource.lifecycle.ignore_changes, IgnoreChanges::Paths(vec![AttributePath::attribute("b")]));
    let instance = configuration.instance(&address("t.x")).unwrap();
    assert_eq!(instance.ranges["a"].file, "a_override.tf");
    assert_eq!((instance.ranges["kept"].file.as_str(), instance.ranges["kept"].start_line), ("main.tf", 11));
    assert_eq!(configuration.backend.as_ref().unwrap().kind, "local");
    let regions: Vec<(String, Value)> = configuration
        .providers
        .iter()
        .map(|(reference, provider)| (reference.to_string(), shown(&provider.attributes["region"])))
        .collect();
    let name = "provider[\"registry.terraform.io/acme/u\"]";
    assert_eq!(regions, [(name.to_owned(), json!("a")), (format!("{name}.west"), json!("c"))]);
}

#[test]
fn opentofu_files_take_the_place_of_their_twins() {
    let configuration = read_at(
        &[
            ("main.tf", "resource \"t\" \"terraform\" {}\n"),
            ("main.tofu", "resource \"t\" \"tofu\" {}\n"),
            ("alone.tofu", "resource \"t\" \"alone\" {}\n"),
        ],
        "",
    );
    assert_eq!(instances(&configuration), ["t.alone", "t.tofu"]);
    assert_eq!(configuration.problems.len(), 1);
    assert!(!configuration.problems[0].incomplete && configuration.problems[0].text.starts_with("main.tf is not read"));
}

#[test]
fn hostile_configurations_end() {
    // References that lead on and on, and in a circle.
    let mut chain = String::from("locals {\n  a0 = 1\n  x = [local.y]\n  y = [local.x]\n");
    for step in 1..5_000 {
        chain += &format!("  a{step} = {}local.a{}{}\n", "[".repeat(50), step - 1, "]".repeat(50));
    }
    chain += "}\nresource \"t\" \"x\" {\n  a = local.a4999\n  b = local.x\n  c = local.a1 != null\n}\n";
    let chained = read_at(&[("main.tf", &chain)], "");
    assert!(chained.problems.iter().all(|problem| problem.text.ends_with("local.x, local.y, local.x")));
    let found = attributes(&chained, "t.x");
    assert!(found["a"].to_string().contains("?") && found["b"].to_string().contains("?"));
    assert_eq!(found["c"], json!(true));

    // Values that double.
    let mut doubling = String::from("locals {\n  a0 = \"xxxxxxxxxxxxxxxx\"\n  b0 = [1]\n");
    for step in 1..100 {
        let before = step - 1;
        doubling += &format!("  a{step} = \"${{local.a{before}}}${{local.a{before}}}\"\n");
        doubling += &format!("  b{step} = concat(local.b{before}, local.b{before})\n");
    }
    doubling += "}\nresource \"t\" \"x\" {\n  a = local.a99\n  b = local.b99\n}\nresource \"t\" \"y\" {\n  count = 1000000000\n}\n";
    doubling += "resource \"t\" \"z\" {\n  count = 1999999\n}\nresource \"t\" \"zz\" {\n  count = 2\n}\n";
    let doubled = read_at(&[("main.tf", &doubling)], "");
    assert_eq!(attributes(&doubled, "t.x"), json!({"a": "?", "b": "?"}));
    for text in ["t.y[5]", "t.zz[0]"] {
        assert!(matches!(doubled.declares(&address(text)), Declares::NotKnown(_)), "{text}");
    }
    assert!(
        doubled.problems.iter().any(|problem| problem.incomplete && problem.text.contains("more module or resource"))
    );

    // Modules that call the next one twice.
    let twice = |next: usize| {
        format!(
            "module \"a\" {{\n  source = \"../m{next}\"\n}}\nmodule \"b\" {{\n  source = \"../m{next}\"\n}}\nresource \"t\" \"x\" {{}}\n"
        )
    };
    let files: Vec<(String, String)> = (0..40).map(|level| (format!("m{level}/main.tf"), twice(level + 1))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let bomb = read_at(&files, "m0");
    assert!(bomb.problems.iter().any(|problem| problem.incomplete));
    assert!(bomb.resources.len() < 30_000);
    let deep = format!("{}t.x", "module.a.".repeat(30));
    assert!(matches!(bomb.declares(&address(&deep)), Declares::NotKnown(_)));

    // An object that would keep the parser busy for hours.
    let entries: String = (0..200_000).map(|step| format!("    k{step} = {step}\n")).collect();
    let large = read_at(&[("main.tf", &format!("locals {{\n  x = {{\n{entries}  }}\n}}\n"))], "");
    assert!(large.problems[0].text.starts_with("main.tf:20003:12: more than 20000 entries between one pair of braces"));

    // Module instances by the million.
    let many = read_at(
        &[
            (
                "main.tf",
                "module \"a\" {\n  source = \"./m\"\n  count = 1000000\n}\nmodule \"b\" {\n  source = \"./m\"\n}\n",
            ),
            ("m/main.tf", "resource \"t\" \"x\" {}\n"),
        ],
        "",
    );
    assert!(matches!(many.declares(&address("module.a[3].t.x")), Declares::NotKnown(_)));
    assert_eq!(many.declares(&address("module.b.t.x")), Declares::Yes);
}
