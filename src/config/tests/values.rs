//! What the arguments of a resource evaluate to.

use super::*;

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
fn values_that_lead_back_to_themselves_are_told_once() {
    let text = r#"
        locals {
          a = local.b
          b = "x${local.c}"
          c = local.a
          d = local.a
          fine = 1
        }
        module "m" {
          source = "./m"
          x      = module.m.x
        }
        resource "t" "x" { v = [local.a, local.fine] }
    "#;
    let configuration =
        read_at(&[("main.tf", text), ("m/main.tf", "variable \"x\" {}\noutput \"x\" { value = var.x }\n")], "");
    let problems: Vec<&str> = configuration.problems.iter().map(|problem| problem.text.as_str()).collect();
    assert_eq!(
        problems,
        [
            "values lead back to themselves and are not known: local.a, local.b, local.c, local.a",
            "values lead back to themselves and are not known: module.m.output.x, module.m.var.x, module.m.output.x",
        ]
    );
    assert_eq!(attributes(&configuration, "t.x"), json!({"v": ["?", 1]}));
}

#[test]
fn what_has_no_value_is_told_with_its_line() {
    let files = [
        (
            "main.tf",
            r#"
locals {
  zones = ["a"]
  wrong = local.zones[3]
}
resource "t" "net" {
  count = 2
  block = cidrsubnet("10.0.0.0/30", 8, count.index)
  fine  = upper("x")
  tags {
    Name = file("${path.module}/absent.txt")
  }
}
resource "t" "none" {
  count = 0
  never = 1 / 0
}
module "a" {
  source = "./a"
}
"#,
        ),
        ("a/main.tf.json", r#"{"locals": {"x": "${tonumber(\"ä\")}"}}"#),
        ("other/main.tf", "resource \"t\" \"x\" {\n  a = 1\n}\n"),
    ];
    let test = TestRepository::with(&files);
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let configuration = read(&tree, "", &Options::default());
    let failures = configuration.failures(&tree);
    let firsts: Vec<&str> = failures.iter().map(|problem| problem.text.lines().next().unwrap()).collect();
    assert_eq!(firsts.len(), 4, "{firsts:#?}");
    for (first, beginning) in firsts.iter().zip(["a/main.tf.json:1:", "main.tf:4:", "main.tf:8:", "main.tf:11:"]) {
        assert!(first.starts_with(beginning), "{first}");
    }
    assert!(failures[1].text.contains("wrong = local.zones[3]"), "{}", failures[1].text);
    assert!(failures.iter().all(|problem| !problem.incomplete && problem.range.is_some()));
    assert_eq!(attributes(&configuration, "t.net[0]")["fine"], json!("X"));
}

#[test]
fn defaults_that_grow_without_end_are_given_up() {
    let text =
        "variable \"x\" {\n  default = length(setproduct(range(1000), range(1000), range(1000), range(1000)))\n}\n";
    let configuration = read_at(&[("main.tf", text), ("b.tf", "output \"x\" {\n  value = var.x\n}\n")], "");
    assert!(configuration.output("x").is_none_or(|value| !value.is_wholly_known()));
}

#[test]
fn huge_heredocs_and_templates_that_call_themselves_end() {
    let heredoc = |bytes: usize| {
        format!("locals {{\n  text = <<-EOT\n    {}\n  EOT\n}}\n", "${1 + 1} x\n    ".repeat(bytes / 10))
    };
    let large = heredoc(2 << 20);
    let huge = heredoc(10 << 20);
    let rest = "locals {\n  length = length(local.text)\n  again = templatefile(\"${path.module}/again.tftpl\", { x = 1 })\n}\n\
                output \"length\" {\n  value = local.length\n}\noutput \"again\" {\n  value = local.again\n}\n";
    let again = "${templatefile(\"again.tftpl\", { x = x })}${templatestring(\"$${x}\", { x = x })}";
    let configuration = configuration(&[("large.tf", &large), ("rest.tf", rest), ("again.tftpl", again)]);
    let length = configuration.output("length").and_then(crate::language::to_json);
    // Lines of `2 x`; of a last one with nothing but spaces nothing is taken, as terraform has it.
    assert_eq!(length, Some(json!((2 << 20) / 10 * 4 + 5)));
    assert!(configuration.output("again").is_none_or(|value| !value.is_wholly_known()));

    let configuration = read_at(&[("huge.tf", &huge), ("rest.tf", rest)], "");
    assert!(configuration.problems.iter().any(|problem| problem.incomplete && problem.text.contains("huge.tf")));
    assert!(configuration.output("length").is_none_or(|value| !value.is_wholly_known()));
}
