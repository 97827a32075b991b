use super::*;
use crate::git::Repository;
use crate::git::testing::TestRepository;
use serde_json::json;

fn read_at(files: &[(&str, &str)], directory: &str) -> Configuration {
    let test = TestRepository::with(files);
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    read(&tree, directory, &Options::default())
}

fn configuration(files: &[(&str, &str)]) -> Configuration {
    let configuration = read_at(files, "");
    assert_eq!(configuration.problems, []);
    configuration
}

fn address(text: &str) -> Address {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// A declared value with `?` for what is not known.
fn shown(declared: &Declared) -> Value {
    match declared {
        Declared::Known(value) => value.clone(),
        Declared::List(elements) => elements.iter().map(shown).collect(),
        Declared::Object(entries) => entries.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
        Declared::NotKnown => "?".into(),
    }
}

fn attributes(configuration: &Configuration, instance: &str) -> Value {
    let instance = configuration.instance(&address(instance)).unwrap_or_else(|| panic!("{instance} is not declared"));
    instance.attributes.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
}

fn instances(configuration: &Configuration) -> Vec<String> {
    configuration.instances().iter().map(ToString::to_string).collect()
}

/// The arguments of `resource "t" "x"` in a root module of one file.
fn check(text: &str, expected: Value) {
    assert_eq!(attributes(&configuration(&[("main.tf", text)]), "t.x"), expected, "{text}");
}

#[test]
fn arguments_and_nested_blocks_are_evaluated() {
    check(
        r#"
        variable "env" { default = "prod" }
        locals {
          b = upper(local.a)
          a = var.env
        }
        resource "t" "x" {
          name = "${local.b}-${terraform.workspace}"
          size = 1.50
          id   = t.other.id
          tags = { Env = var.env, Owner = data.d.d.owner }
          ingress {
            port = 80
            from { cidr = "a" }
          }
          ingress { port = t.other.port }
          depends_on = [t.other]
          lifecycle { prevent_destroy = true }
          provisioner "local-exec" { command = "x" }
          connection { host = "x" }
        }
        "#,
        json!({
            "name": "PROD-default", "size": 1.5, "id": "?", "tags": {"Env": "prod", "Owner": "?"},
            "ingress": [{"port": 80, "from": [{"cidr": "a"}]}, {"port": "?"}],
        }),
    );
}

#[test]
fn dynamic_blocks_expand_where_their_collection_is_known() {
    check(
        r#"
        resource "t" "x" {
          rule { port = 1 }
          dynamic "rule" {
            for_each = { b = 3, a = 2 }
            content {
              port = rule.value
              name = rule.key
              dynamic "inner" {
                for_each = [rule.key]
                iterator = it
                content { v = "${it.key}${it.value}${rule.value}" }
              }
            }
          }
          rule { port = 4 }
          dynamic "unknown" {
            for_each = t.other.list
            content { x = 1 }
          }
          unknown { x = 2 }
          dynamic "none" {
            for_each = []
            content {}
          }
        }
        "#,
        json!({
            "rule": [
                {"port": 1},
                {"port": 2, "name": "a", "inner": [{"v": "0a2"}]},
                {"port": 3, "name": "b", "inner": [{"v": "0b3"}]},
                {"port": 4},
            ],
            "unknown": "?",
            "none": [],
        }),
    );
}

#[test]
fn variables_are_converted_to_their_types() {
    check(
        r#"
        variable "s" {
          type    = string
          default = 1.50
        }
        variable "n" {
          type    = number
          default = "7"
        }
        variable "l" {
          type    = set(string)
          default = ["b", "a", "b"]
        }
        variable "o" {
          type = list(object({ a = string, b = optional(number, 5), c = optional(string) }))
          default = [{ a = 1, extra = true }]
        }
        variable "m" {
          type = map(any)
          default = { a = 1, b = "x" }
        }
        variable "odd" {
          type = whatever(string)
          default = "x"
        }
        variable "unset" {}
        variable "null" {
          default = null
          type = string
        }
        resource "t" "x" {
          s = var.s
          n = var.n
          l = var.l
          o = var.o
          m = var.m
          odd = var.odd
          unset = var.unset
          null = var.null
          undeclared = var.undeclared
        }
        "#,
        json!({
            "s": "1.5", "n": 7, "l": ["a", "b"], "o": [{"a": "1", "b": 5, "c": null}], "m": {"a": "1", "b": "x"},
            "odd": "?", "unset": "?", "null": null, "undeclared": "?",
        }),
    );
}

#[test]
fn files_of_values_override_defaults_in_order() {
    let main = r#"
        variable "a" { default = "default" }
        variable "b" { default = "default" }
        variable "c" { default = "default" }
        variable "d" { default = "default" }
        variable "t" { default = "default" }
        resource "t" "x" {
          a = var.a
          b = var.b
          c = var.c
          d = var.d
          t = var.t
        }"#;
    let files = [
        ("main.tf", main),
        ("terraform.tfvars", "a = \"1\"\nb = \"1\"\nc = \"1\"\nd = \"1\"\n"),
        ("terraform.tfvars.json", r#"{"b": "2", "c": "2", "d": "2", "t": "${not a template}"}"#),
        ("a.auto.tfvars", "c = \"3\"\nd = \"3\"\n"),
        ("b.auto.tfvars.json", r#"{"d": "4"}"#),
        ("other.tfvars", "a = \"never\"\n"),
        ("sub/z.auto.tfvars", "a = \"never\"\n"),
    ];
    let found = attributes(&configuration(&files), "t.x");
    assert_eq!(found, json!({"a": "1", "b": "2", "c": "3", "d": "4", "t": "${not a template}"}));
}

#[test]
fn count_and_for_each_expand() {
    let configuration = configuration(&[(
        "main.tf",
        r#"
        locals { things = { b = { size = 2 }, a = { size = 1 } } }
        resource "t" "plain" {}
        resource "t" "counted" {
          count = length(local.things)
          n = count.index
        }
        resource "t" "each" {
          for_each = local.things
          key  = each.key
          size = each.value.size
        }
        resource "t" "set" {
          for_each = toset(["x", "y.z\"${1}"])
          v = each.value
        }
        resource "t" "none" { count = 0 }
        resource "t" "unknown_count" { count = t.plain.n }
        resource "t" "unknown_keys" {
          for_each = t.plain.m
          key = each.key
          value = each.value
        }
        resource "t" "list" { for_each = ["not", "allowed"] }
        resource "t" "after" { count = length(t.counted) }
        "#,
    )]);
    let expected = [
        "t.after[0]",
        "t.after[1]",
        "t.counted[0]",
        "t.counted[1]",
        "t.each[\"a\"]",
        "t.each[\"b\"]",
        "t.plain",
        "t.set[\"x\"]",
        "t.set[\"y.z\\\"1\"]",
    ];
    assert_eq!(instances(&configuration), expected);
    assert_eq!(attributes(&configuration, "t.counted[1]"), json!({"n": 1}));
    assert_eq!(attributes(&configuration, "t.each[\"b\"]"), json!({"key": "b", "size": 2}));
    assert_eq!(attributes(&configuration, "t.set[\"x\"]"), json!({"v": "x"}));
    // It may be declared, and if so it says this.
    assert_eq!(attributes(&configuration, "t.unknown_keys[\"k\"]"), json!({"key": "k", "value": "?"}));
    let not_known = |name: &str| Declares::NotKnown(format!("the instances of {name} are not known"));
    for (text, expected) in [
        ("t.plain", Declares::Yes),
        ("t.plain[0]", Declares::No),
        ("t.gone", Declares::No),
        ("t.counted[1]", Declares::Yes),
        ("t.counted[2]", Declares::No),
        ("t.counted", Declares::No),
        ("t.counted[\"1\"]", Declares::No),
        ("t.each[\"a\"]", Declares::Yes),
        ("t.each[\"c\"]", Declares::No),
        ("t.none[0]", Declares::No),
        ("t.unknown_count[7]", not_known("t.unknown_count")),
        ("t.unknown_count[\"a\"]", Declares::No),
        ("t.unknown_keys[\"a\"]", not_known("t.unknown_keys")),
        ("t.unknown_keys[0]", Declares::No),
        ("t.list[\"not\"]", not_known("t.list")),
        ("module.gone.t.plain", Declares::No),
    ] {
        assert_eq!(configuration.declares(&address(text)), expected, "{text}");
        let instance = configuration.instance(&address(text));
        assert_eq!(instance.is_some(), expected != Declares::No, "{text}");
    }
}

const MODULE: &str = r#"
    variable "name" { type = string }
    variable "sizes" { default = [] }
    resource "t" "one" { name = var.name }
    resource "t" "many" {
      count = length(var.sizes)
      size = var.sizes[count.index]
    }
    output "label" { value = "<${var.name}>" }
    output "id" { value = t.one.id }
"#;

const LIVE: &str = r#"
    module "plain" {
      source = "../modules/net"
      name   = "p"
    }
    module "each" {
      source   = "../modules/net"
      for_each = { a = [1, 2], b = [] }
      name     = "${each.key}-${module.plain.label}"
      sizes    = each.value
    }
    module "outer" {
      source = "./outer"
      count  = 2
      index  = count.index
    }
    module "unknown" {
      source   = "../modules/net"
      for_each = t.x.keys
      name     = each.key
    }
    resource "t" "x" {
      labels = { for key, net in module.each : key => net.label }
      one    = module.each["a"].label
      id     = module.plain.id
      all    = module.outer[*].label
      gone   = module.each["z"].label
    }
"#;

const OUTER: &str = r#"
    variable "index" {}
    module "inner" {
      source = "../../modules/net"
      name   = "inner${var.index}"
      sizes  = range(var.index)
    }
    output "label" { value = module.inner.label }
"#;

#[test]
fn modules_expand_with_their_arguments() {
    let files =
        [("live/main.tf", LIVE), ("live/outer/main.tf", OUTER), ("modules/net/main.tf", MODULE), ("other/main.tf", "")];
    let configuration = read_at(&files, "live");
    assert_eq!(configuration.problems, []);
    let expected = [
        "module.each[\"a\"].t.many[0]",
        "module.each[\"a\"].t.many[1]",
        "module.each[\"a\"].t.one",
        "module.each[\"b\"].t.one",
        "module.outer[0].module.inner.t.one",
        "module.outer[1].module.inner.t.many[0]",
        "module.outer[1].module.inner.t.one",
        "module.plain.t.one",
        "t.x",
    ];
    let mut found = instances(&configuration);
    found.sort();
    assert_eq!(found, expected);
    let name = |instance: &str| attributes(&configuration, instance)["name"].clone();
    assert_eq!(name("module.each[\"a\"].t.one"), "a-<p>");
    assert_eq!(name("module.outer[1].module.inner.t.one"), "inner1");
    assert_eq!(name("module.unknown[\"k\"].t.one"), "?");
    assert_eq!(attributes(&configuration, "module.each[\"a\"].t.many[1]"), json!({"size": 2}));
    assert_eq!(
        attributes(&configuration, "t.x"),
        json!({
            "labels": {"a": "<a-<p>>", "b": "<b-<p>>"}, "one": "<a-<p>>", "id": "?",
            "all": ["<inner0>", "<inner1>"], "gone": "?",
        })
    );
    let unknown = Declares::NotKnown("the instances of module.unknown are not known".into());
    for (text, expected) in [
        ("module.each[\"a\"].t.many[1]", Declares::Yes),
        ("module.each[\"b\"].t.many[0]", Declares::No),
        ("module.each[\"c\"].t.one", Declares::No),
        ("module.each.t.one", Declares::No),
        ("module.plain[0].t.one", Declares::No),
        ("module.outer[2].module.inner.t.one", Declares::No),
        ("module.unknown[\"k\"].t.one", unknown),
        ("module.unknown[\"k\"].t.gone", Declares::No),
        ("module.unknown[0].t.one", Declares::No),
        ("module.plain.module.deeper.t.one", Declares::No),
    ] {
        assert_eq!(configuration.declares(&address(text)), expected, "{text}");
    }
    let steps = address("module.outer[1].module.inner.t.one").module;
    assert_eq!(configuration.module_directory(&steps), Some("modules/net"));
    assert_eq!(configuration.module_directory(&[]), Some("live"));
    assert_eq!(configuration.module_directory(&address("module.gone.t.x").module), None);
    let call = &configuration.modules[&vec!["outer".to_owned(), "inner".to_owned()]];
    assert_eq!((call.directory.as_deref(), call.source.as_str()), (Some("modules/net"), "../../modules/net"));
    assert_eq!(
        call.range.as_ref().map(|range| (range.file.as_str(), range.start_line)),
        Some(("live/outer/main.tf", 3))
    );
    let resource = &configuration.resources[&address("module.outer.module.inner.t.one")];
    assert_eq!((resource.directory.as_str(), resource.range.file.as_str()), ("modules/net", "modules/net/main.tf"));
}

#[test]
fn what_comes_from_elsewhere_is_not_known() {
    let configuration = read_at(
        &[(
            "main.tf",
            r#"
            module "registry" {
              source  = "terraform-aws-modules/vpc/aws"
              version = "5.0.0"
            }
            module "outside" { source = "../elsewhere" }
            module "missing" { source = "./missing" }
            module "circle" { source = "./" }
            module "computed" { source = var.source }
            "#,
        )],
        "",
    );
    let texts: Vec<(&str, bool)> =
        configuration.problems.iter().map(|problem| (problem.text.as_str(), problem.incomplete)).collect();
    assert_eq!(
        texts,
        [
            ("module.circle calls itself: its directory is that of a module it is called from", true),
            ("the source of module.computed is not a plain string: what it declares is not known", false),
            ("module.missing: no such path in the commit: ./missing", true),
            ("module.outside: ../elsewhere is outside the repository", true),
            (
                "module.registry comes from terraform-aws-modules/vpc/aws, which is not in the repository: what it declares is not known",
                false
            ),
        ]
    );
    for module in ["registry", "outside", "missing", "circle", "computed"] {
        for instance in [format!("module.{module}.t.x"), format!("module.{module}.module.deeper[0].t.x")] {
            let declares = configuration.declares(&address(&instance));
            assert!(matches!(declares, Declares::NotKnown(_)), "{instance}: {declares:?}");
            assert!(configuration.instance(&address(&instance)).is_none());
        }
    }
    assert!(configuration.modules[&vec!["registry".to_owned()]].directory.is_none());
}

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

/// The stack that the conformance suite applies with the real Terraform: all that can be evaluated of every instance is
/// what its state recorded.
#[test]
fn the_conformance_stack_is_what_its_state_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let test = TestRepository::new();
    copy(&root.join("tests/conformance/stack"), &test.path().join("stack"));
    test.commit("stack");
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let configuration = read(&tree, "stack", &Options::default());
    assert_eq!(configuration.problems, []);

    let state = std::fs::read_to_string(root.join("testdata/conformance/settled.tfstate")).unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    let mut recorded = Vec::new();
    let mut wrong = Vec::new();
    for resource in state["resources"].as_array().unwrap().iter().filter(|resource| resource["mode"] == "managed") {
        let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        for instance in resource["instances"].as_array().unwrap() {
            let mut address = address(&format!("{}.{}", text("type"), text("name")));
            address.module = crate::model::parse_module(&text("module")).unwrap();
            address.key = match &instance["index_key"] {
                Value::Number(index) => index.as_u64().map(InstanceKey::Index),
                Value::String(key) => Some(InstanceKey::Key(key.as_str().into())),
                _ => None,
            };
            assert_eq!(configuration.declares(&address), Declares::Yes, "{address}");
            let declared = configuration.instance(&address).unwrap();
            for (name, value) in &declared.attributes {
                let resource = &configuration.resources[&address.resource()];
                let ignored = resource.ignore_changes.covers(&AttributePath::attribute(name));
                let agrees = ignored || agrees(value, &instance["attributes"][name]);
                if !agrees || name == "tags" && *value == Declared::NotKnown {
                    wrong.push(format!("{address}.{name}: {} {}", shown(value), instance["attributes"][name]));
                }
            }
            let provider = configuration.resources[&address.resource()].provider.clone().unwrap();
            assert_eq!(provider.to_string(), text("provider"), "{address}");
            recorded.push(address);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    recorded.sort();
    assert_eq!(recorded, configuration.instances());
    assert!(recorded.len() > 100);
}

/// Whether what is known of a declared value is what was recorded; nested blocks in any order.
fn agrees(declared: &Declared, recorded: &Value) -> bool {
    match (declared, recorded) {
        (Declared::NotKnown, _) => true,
        (Declared::Known(Value::Array(elements)), _) => {
            agrees(&Declared::List(elements.iter().cloned().map(Declared::Known).collect()), recorded)
        }
        (Declared::Known(Value::Object(entries)), _) => {
            let entries = entries.iter().map(|(name, value)| (name.clone(), Declared::Known(value.clone())));
            agrees(&Declared::Object(entries.collect()), recorded)
        }
        (Declared::Known(value), _) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let json = |value: &Value| value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            // The provider records protocols by number.
            let alias = |text: String| match text.as_str() {
                "tcp" => "6".to_owned(),
                "udp" => "17".to_owned(),
                "icmp" => "1".to_owned(),
                _ => text,
            };
            alias(text(value)) == alias(text(recorded))
                || json(value).is_some_and(|value| Some(value) == json(recorded))
                // The provider records user data as a digest.
                || text(recorded).len() == 40
        }
        (Declared::List(elements), Value::Array(values)) => {
            elements.iter().all(|element| values.iter().any(|value| agrees(element, value)))
        }
        (Declared::Object(entries), Value::Object(values)) => {
            entries.iter().all(|(name, value)| agrees(value, &values[name]))
        }
        _ => false,
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
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
    assert!(resource.ignore_changes.covers(&AttributePath::attribute("name")));
    assert!(!resource.ignore_changes.covers(&AttributePath::attribute("tags")));
    let child = &configuration.resources[&address("module.m.t.z")];
    assert_eq!(child.provider.as_ref().unwrap().to_string(), "provider[\"registry.terraform.io/acme/t\"].west");
    let provider = &configuration.providers[&"provider[\"registry.terraform.io/acme/t\"]".parse().unwrap()];
    assert_eq!(shown(&provider.attributes["default_tags"]), json!([{"tags": {"k": "<pr${o}d>"}}]));
    assert_eq!(configuration.refactored(&address("t.old")), address("t.y"));
    assert_eq!(configuration.refactored(&address("t.older[0]")), address("t.x[0]"));
    assert_eq!(backend::local_state_path(&configuration, "default"), Some("x.tfstate".into()));
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
    assert_eq!(resource.ignore_changes, IgnoreChanges::Paths(vec![AttributePath::attribute("b")]));
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
fn resources_use_the_provider_that_state_would_name() {
    let module = r#"
        terraform {
          required_providers {
            cloud = {
              source                = "hashicorp/aws"
              configuration_aliases = [cloud.peer]
            }
          }
        }
        resource "cloud_vpc" "default" {}
        resource "cloud_vpc" "peer" { provider = cloud.peer }
        module "deeper" { source = "../deeper" }
    "#;
    let configuration = configuration(&[
        (
            "main.tf",
            r#"
            terraform {
              required_providers { aws = { source = "HashiCorp/aws" } }
            }
            provider "aws" { region = "a" }
            provider "aws" {
              alias  = "west"
              region = "b"
            }
            resource "aws_vpc" "default" {}
            resource "aws_vpc" "west" { provider = aws.west }
            resource "aws_vpc" "quoted" { provider = "aws.west" }
            resource "random_id" "implied" {}
            resource "terraform_data" "builtin" {}
            resource "aws_vpc" "dynamic" { provider = aws.by_name["x"] }
            module "mapped" {
              source    = "./module"
              providers = {
                cloud      = aws.west
                cloud.peer = aws
              }
            }
            module "inherits" { source = "./module" }
            module "legacy" { source = "./legacy" }
            "#,
        ),
        ("module/main.tf", module),
        ("deeper/main.tf", "resource \"aws_subnet\" \"x\" {}\n"),
        (
            "legacy/main.tf",
            "provider \"aws\" { region = var.region }\nvariable \"region\" { default = \"c\" }\nresource \"aws_vpc\" \"x\" {}\n",
        ),
    ]);
    let aws = "provider[\"registry.terraform.io/hashicorp/aws\"]";
    for (resource, expected) in [
        ("aws_vpc.default", aws.to_owned()),
        ("aws_vpc.west", format!("{aws}.west")),
        ("aws_vpc.quoted", format!("{aws}.west")),
        ("random_id.implied", "provider[\"registry.terraform.io/hashicorp/random\"]".into()),
        ("terraform_data.builtin", "provider[\"terraform.io/builtin/terraform\"]".into()),
        ("aws_vpc.dynamic", "none".into()),
        ("module.mapped.cloud_vpc.default", format!("{aws}.west")),
        ("module.mapped.cloud_vpc.peer", aws.to_owned()),
        ("module.mapped.module.deeper.aws_subnet.x", format!("{aws}.west")),
        ("module.inherits.cloud_vpc.default", aws.to_owned()),
        ("module.inherits.cloud_vpc.peer", "none".into()),
        ("module.inherits.module.deeper.aws_subnet.x", aws.to_owned()),
        ("module.legacy.aws_vpc.x", format!("module.legacy.{aws}")),
    ] {
        let provider = &configuration.resources[&address(resource)].provider;
        assert_eq!(provider.as_ref().map_or("none".into(), ToString::to_string), expected, "{resource}");
    }
    let regions: Vec<(String, Value, bool)> = configuration
        .providers
        .iter()
        .map(|(reference, provider)| {
            let region = provider.attributes.get("region").map_or(Value::Null, shown);
            (reference.to_string(), region, provider.range.is_some())
        })
        .collect();
    assert_eq!(
        regions,
        [
            (aws.to_owned(), json!("a"), true),
            (format!("{aws}.west"), json!("b"), true),
            ("provider[\"registry.terraform.io/hashicorp/random\"]".into(), Value::Null, false),
            ("provider[\"terraform.io/builtin/terraform\"]".into(), Value::Null, false),
            (format!("module.legacy.{aws}"), json!("c"), true),
        ]
    );
}

#[test]
fn provider_blocks_keep_their_nested_blocks() {
    let configuration = configuration(&[(
        "main.tf",
        r#"
        provider "aws" {
          region = var.unset
          default_tags { tags = { Env = "prod" } }
          ignore_tags { key_prefixes = ["k8s/"] }
          assume_role { role_arn = "arn" }
          endpoints {
            ec2 = "e"
            sts = "s"
          }
        }
        variable "unset" {}
        "#,
    )]);
    let provider = configuration.providers.values().next().unwrap();
    let found: Value = provider.attributes.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
    assert_eq!(
        found,
        json!({
            "region": "?", "default_tags": [{"tags": {"Env": "prod"}}], "ignore_tags": [{"key_prefixes": ["k8s/"]}],
            "assume_role": [{"role_arn": "arn"}], "endpoints": [{"ec2": "e", "sts": "s"}],
        })
    );
    let range = provider.range.as_ref().unwrap();
    assert_eq!((range.start_line, range.start_column, range.end_line, range.end_column), (2, 9, 11, 10));
}

#[test]
fn ignored_changes_are_paths() {
    let ignores = |text: &str| {
        let text = format!("resource \"t\" \"x\" {{\n  lifecycle {{\n    ignore_changes = {text}\n  }}\n}}\n");
        configuration(&[("main.tf", text.as_str())]).resources[&address("t.x")].ignore_changes.clone()
    };
    assert_eq!(ignores("all"), IgnoreChanges::All);
    assert_eq!(ignores("[\"*\"]"), IgnoreChanges::All);
    assert_eq!(ignores("[]"), IgnoreChanges::Paths(vec![]));
    let paths = ignores("[ami, tags[\"a.b\"], tags.Env, ingress[0].cidr, \"quoted\", root_block_device[0]]");
    use provider_api::Step;
    let path = |top: &str, steps: &[Step]| {
        steps.iter().fold(AttributePath::attribute(top), |path, step| path.join(step.clone()))
    };
    let (key, name) = (|text: &str| Step::Key(text.into()), |text: &str| Step::Name(text.into()));
    for (path, expected) in [
        (path("ami", &[]), true),
        (path("ami_id", &[]), false),
        (path("tags", &[]), false),
        (path("tags", &[key("a.b")]), true),
        (path("tags", &[key("a")]), false),
        (path("tags", &[key("Env")]), true),
        (path("ingress", &[Step::Index(0), name("cidr"), Step::Index(3)]), true),
        (path("ingress", &[Step::Index(1), name("cidr")]), false),
        (path("quoted", &[name("x")]), true),
        (path("root_block_device", &[Step::Index(0), name("tags"), key("x")]), true),
    ] {
        assert_eq!(paths.covers(&path), expected, "{path}");
    }
}

#[test]
fn moves_and_removals_are_followed() {
    let configuration = configuration(&[
        (
            "main.tf",
            r#"
            resource "t" "c" {}
            resource "t" "counted" { count = 2 }
            resource "t" "keyed" { for_each = { k = 1 } }
            moved {
              from = t.a
              to   = t.b
            }
            moved {
              from = t.b
              to   = t.c
            }
            moved {
              from = t.plain
              to   = t.keyed["k"]
            }
            moved {
              from = module.old
              to   = module.m["x"]
            }
            moved {
              from = module.whole
              to   = module.n
            }
            moved {
              from = t.into
              to   = module.n.t.new
            }
            removed {
              from = t.gone
              lifecycle { destroy = false }
            }
            removed { from = module.gone }
            import {
              to = t.keyed["k"]
              id = "i-${1 + 1}"
            }
            import {
              to = t.c
              id = t.counted[0].id
            }
            module "m" {
              source   = "./m"
              for_each = toset(["x", "y"])
            }
            module "n" {
              source = "./m"
              count  = 2
            }
            "#,
        ),
        ("m/main.tf", "resource \"t\" \"new\" {}\nmoved {\n  from = t.old\n  to = t.new\n}\n"),
    ]);
    for (from, to) in [
        ("t.a", "t.c"),
        ("t.a[\"k\"]", "t.c[\"k\"]"),
        ("t.c", "t.c"),
        ("t.plain", "t.keyed[\"k\"]"),
        ("t.plain[\"other\"]", "t.plain[\"other\"]"),
        ("module.old.t.old", "module.m[\"x\"].t.new"),
        ("module.m[\"y\"].t.old", "module.m[\"y\"].t.new"),
        ("module.whole[1].t.new", "module.n[1].t.new"),
        ("t.into", "module.n.t.new"),
        // By `count` alone, without any block.
        ("t.counted", "t.counted[0]"),
        ("t.counted[1]", "t.counted[1]"),
        ("t.c[0]", "t.c"),
        ("t.c[1]", "t.c[1]"),
        ("t.unrelated[0]", "t.unrelated[0]"),
    ] {
        assert_eq!(configuration.refactored(&address(from)).to_string(), to, "{from}");
    }
    for (text, expected) in [
        ("t.gone", true),
        ("t.gone[0]", true),
        ("module.gone[\"a\"].t.x", true),
        ("t.c", false),
        ("module.m[\"x\"].t.gone", false),
    ] {
        assert_eq!(configuration.removed(&address(text)), expected, "{text}");
    }
    let moved = |from: &str, to: &str| Refactoring::Moved { from: from.into(), to: to.into() };
    assert_eq!(configuration.refactorings[0], moved("t.a", "t.b"));
    assert_eq!(configuration.refactorings[3], moved("module.old", "module.m[\"x\"]"));
    assert!(configuration.refactorings.contains(&moved("module.m.t.old", "module.m.t.new")));
    assert!(configuration.refactorings.contains(&Refactoring::Removed { from: "module.gone".into() }));
    assert!(
        configuration
            .refactorings
            .contains(&Refactoring::Import { to: "t.keyed[\"k\"]".into(), id: Some("i-2".into()) })
    );
    assert!(configuration.refactorings.contains(&Refactoring::Import { to: "t.c".into(), id: None }));
}

#[test]
fn moves_in_a_circle_end() {
    let configuration = configuration(&[(
        "main.tf",
        "moved {\n  from = t.a\n  to = t.b\n}\nmoved {\n  from = t.b\n  to = t.a\n}\nmoved {\n  from = t.c\n  to = t.c\n}\n",
    )]);
    assert_eq!(configuration.refactored(&address("t.a")), address("t.a"));
    assert_eq!(configuration.refactored(&address("t.c")), address("t.c"));
}

#[test]
fn the_local_backend_knows_where_state_is() {
    let check = |text: &str, workspace: &str, expected: Option<&str>| {
        let configuration = read_at(&[("main.tf", text)], "");
        assert_eq!(backend::local_state_path(&configuration, workspace), expected.map(Into::into), "{text}");
    };
    check("", "default", Some("terraform.tfstate"));
    check("", "dev", Some("terraform.tfstate.d/dev/terraform.tfstate"));
    let block = |arguments: &str| format!("terraform {{\n  backend \"local\" {{\n{arguments}\n}}\n}}\n");
    check(&block(""), "default", Some("terraform.tfstate"));
    check(&block("path = \"../x.tfstate\""), "default", Some("../x.tfstate"));
    check(&block("path = \"../x.tfstate\""), "dev", Some("terraform.tfstate.d/dev/terraform.tfstate"));
    check(&block("workspace_dir = \"w\""), "dev", Some("w/dev/terraform.tfstate"));
    check(&block("path = var.x"), "default", None);
    check("terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n  }\n}\n", "default", None);
    check("terraform {\n  cloud {\n    organization = \"o\"\n  }\n}\n", "default", None);
}
