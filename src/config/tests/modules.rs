//! Instances of resources and modules, and where `moved` blocks send them.

use super::*;

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
    let directory = |text: &str| configuration.block(&address(text)).map(|block| block.directory);
    assert_eq!(directory("module.outer[1].module.inner.t.one").as_deref(), Some("modules/net"));
    assert_eq!(directory("t.x").as_deref(), Some("live"));
    assert_eq!(directory("module.gone.t.x"), None);
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
            (
                "the source of module.computed is not known from variables and locals: what it declares is not known",
                false
            ),
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
        ("t.gone", Some(false)),
        ("t.gone[0]", Some(false)),
        ("module.gone[\"a\"].t.x", Some(true)),
        ("t.c", None),
        ("module.m[\"x\"].t.gone", None),
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

/// The list and the files are what `terraform init` 1.11.4 makes of a module of a Git repository.
#[test]
fn modules_that_init_fetched_are_read_from_the_work_tree() {
    let call = |source: &str| format!("module \"net\" {{\n  source = \"{source}\"\n  name = \"x\"\n}}\n");
    let source = "git::https://example.com/net.git?ref=v1";
    let test = TestRepository::with(&[("live/main.tf", &call(source)), (".gitignore", ".terraform\n")]);
    let fetched = test.path().join("live/.terraform/modules");
    std::fs::create_dir_all(fetched.join("net/inner")).unwrap();
    let write = |path: &str, text: &str| std::fs::write(fetched.join(path), text).unwrap();
    let list = json!({"Modules": [
        {"Key": "", "Source": "", "Dir": "."},
        {"Key": "net", "Source": source, "Dir": ".terraform/modules/net"},
        {"Key": "net.inner", "Source": "./inner", "Dir": ".terraform/modules/net/inner"},
    ]});
    write("modules.json", &list.to_string());
    write(
        "net/main.tf",
        "variable \"name\" {}\nmodule \"inner\" { source = \"./inner\" }\nresource \"t\" \"a\" {\n  name = upper(var.name)\n  text = file(\"${path.module}/x.txt\")\n  path = path.module\n}\n",
    );
    write("net/x.txt", "text");
    write("net/inner/main.tf", "resource \"t\" \"b\" { one = 1 }\n");
    let read = |work_dir: Option<std::path::PathBuf>| {
        let repository = Repository::discover(test.path()).unwrap();
        let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
        super::read(&tree, "live", &Options { work_dir, ..Options::default() })
    };
    let configuration = read(Some(test.path().to_owned()));
    assert_eq!(configuration.problems, []);
    assert_eq!(instances(&configuration), ["module.net.t.a", "module.net.module.inner.t.b"]);
    assert_eq!(
        attributes(&configuration, "module.net.t.a"),
        json!({"name": "X", "text": "text", "path": ".terraform/modules/net"})
    );
    let place = configuration.block(&address("module.net.module.inner.t.b")).unwrap();
    assert_eq!((place.directory.as_str(), place.kind, place.labels), ("live", "module", vec!["net".to_owned()]));
    assert_eq!(configuration.resources[&address("module.net.t.a")].range.file, "live/main.tf");

    let without = read(None);
    assert!(without.problems[0].text.contains("not in the repository"), "{}", without.problems[0].text);
    assert!(matches!(without.declares(&address("module.net.t.a")), Declares::NotKnown(_)));

    test.write("live/main.tf", call("git::https://example.com/net.git?ref=v2").as_bytes());
    test.commit("v2");
    let other = read(Some(test.path().to_owned()));
    assert!(other.problems[0].text.contains("another source was fetched"), "{}", other.problems[0].text);
}

#[test]
fn variables_and_locals_may_stand_in_a_source() {
    let main = r#"
        variable "kind" { default = "web" }
        locals { base = "./modules" }
        module "m" {
          source = "${local.base}/${var.kind}"
          inner  = "db"
        }
        module "circle" { source = local.a }
        locals {
          a = local.b
          b = local.a
        }
    "#;
    let web = "variable \"inner\" {}\nmodule \"i\" { source = \"../${var.inner}\" }\n";
    let files =
        [("main.tofu", main), ("modules/web/main.tf", web), ("modules/db/main.tf", "resource \"t\" \"x\" {}\n")];
    let configuration = read_at(&files, "");
    assert_eq!(instances(&configuration), ["module.m.module.i.t.x"]);
    let told = |text: &str| configuration.problems.iter().any(|problem| problem.text.contains(text));
    assert!(told("the source of module.circle is not known"), "{:?}", configuration.problems);
}

#[test]
fn what_contributes_to_a_resource_is_followed_through_modules() {
    let files = [
        (
            "main.tf",
            "variable \"env\" {}\nvariable \"size\" { default = 1 }\nlocals {\n  name = \"n-${var.env}\"\n  other = 1\n}\n\
             module \"net\" {\n  source = \"./net\"\n  cidr   = local.name\n}\n\
             resource \"t\" \"x\" {\n  a = module.net.out\n  b = var.size\n  rule { c = local.other }\n}\n",
        ),
        ("terraform.tfvars", "# first\nenv = \"prod\"\n"),
        (
            "net/main.tf",
            "variable \"cidr\" {}\nvariable \"mask\" { default = 8 }\n\
             resource \"t\" \"y\" { v = \"${var.cidr}/${var.mask}\" }\noutput \"out\" { value = var.cidr }\n",
        ),
    ];
    let configuration = configuration(&files);
    let shown = |text: &str, argument: Option<&str>| -> Vec<String> {
        let found = configuration.contributing(&address(text), argument);
        let place = |range: &Option<SourceRange>| {
            range.as_ref().map(|range| format!("{}:{}", range.file, range.start_line)).unwrap_or_default()
        };
        found
            .iter()
            .map(|one| format!("{} {} {} {}", one.what, place(&one.range), one.block.kind, one.block.labels.join(".")))
            .collect()
    };
    let through = [
        "module.net.output.out net/main.tf:4 output out",
        "module.net.var.cidr main.tf:9 module net",
        "local.name main.tf:4 locals name",
        "var.env terraform.tfvars:2 tfvars env",
    ];
    assert_eq!(shown("t.x", Some("a")), through);
    assert_eq!(shown("t.x", Some("b")), ["var.size main.tf:2 variable size"]);
    assert_eq!(shown("t.x", Some("rule")), ["local.other main.tf:5 locals other"]);
    assert_eq!(shown("t.x", None).len(), 6);
    assert_eq!(
        shown("module.net.t.y", None),
        [
            "module.net.var.cidr main.tf:9 module net",
            "local.name main.tf:4 locals name",
            "var.env terraform.tfvars:2 tfvars env",
            "module.net.var.mask net/main.tf:2 variable mask",
        ]
    );
}
