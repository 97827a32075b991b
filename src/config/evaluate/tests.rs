//! Expressions and their values.

use super::super::source::SourceFile;
use super::super::syntax;
use super::*;
use std::cell::Cell;

/// A scope with a few references and a budget.
struct Some {
    budget: Cell<usize>,
}

impl Scope for Some {
    fn resolve(&self, reference: Reference<'_>) -> Value {
        match reference {
            Reference::Variable("name") => Value::string("net"),
            Reference::Local("tags") => {
                Value::map([("a".into(), Value::string("x")), ("b".into(), Value::Unknown)].into())
            }
            Reference::EachKey => Value::string("k"),
            Reference::Resource { resource_type: "aws_subnet", name: "this", data: false } => {
                Value::map([("a".into(), Value::Unknown), ("b".into(), Value::Unknown)].into())
            }
            _ => Value::Unknown,
        }
    }

    fn spend(&self, steps: usize) -> bool {
        self.budget.set(self.budget.get().saturating_sub(steps));
        self.budget.get() > 0
    }
}

fn value(expression: &str) -> Value {
    let file = SourceFile::new("a.tf", format!("x = {expression}\n"));
    let body = syntax::parse(&file).unwrap_or_else(|problem| panic!("{}", problem.text));
    evaluate(&body.arguments[0].value, &Some { budget: Cell::new(1_000_000) }, &[])
}

fn found(expression: &str) -> String {
    value(expression).to_json().map_or_else(|| "not known".into(), |value| value.to_string())
}

fn check(cases: &[(&str, &str)]) {
    let sorted = |text: &str| serde_json::from_str::<serde_json::Value>(text).map(|value| value.to_string());
    let expected = |text: &str| sorted(text).unwrap_or_else(|_| text.to_owned());
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(expression, value)| found(expression) != expected(value))
        .map(|(expression, value)| {
            format!("{expression}\n  expected {}\n  found    {}", expected(value), found(expression))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The values are what `jsonencode` of Terraform 1.11.4 makes of the same expressions.
#[test]
fn expressions_have_the_values_that_terraform_gives_them() {
    let lines: Vec<&str> = include_str!("expressions.txt").lines().collect();
    let cases: Vec<(&str, &str)> = lines.chunks(2).map(|pair| (pair[0], pair[1].trim())).collect();
    assert!(cases.len() > 150);
    check(&cases);
}

#[test]
fn what_cannot_be_told_is_not_known_and_spreads_no_further() {
    check(&[
        ("aws_vpc.main.id", "not known"),
        ("\"${var.name}-${aws_vpc.main.id}\"", "not known"),
        ("var.name", "\"net\""),
        ("each.key", "\"k\""),
        ("each.value", "not known"),
        ("path.module", "not known"),
        ("self.id", "not known"),
        ("data.aws_ami.x.id", "not known"),
        ("timestamp()", "not known"),
        ("uuid()", "not known"),
        ("provider::aws::arn_parse(\"x\")", "not known"),
        ("{ a = 1, b = aws_vpc.main.id }.a", "1"),
        ("length([aws_vpc.main.id, \"x\"])", "2"),
        ("length(toset([aws_vpc.main.id, \"x\"]))", "not known"),
        ("keys(aws_subnet.this)", "[\"a\",\"b\"]"),
        ("[for key, subnet in aws_subnet.this : key]", "[\"a\",\"b\"]"),
        ("keys(local.tags)", "[\"a\",\"b\"]"),
        ("merge(local.tags, { b = \"y\" })", "{\"a\":\"x\",\"b\":\"y\"}"),
        ("merge(var.unset, { b = \"y\" })", "not known"),
        ("false && var.unset", "false"),
        ("true || var.unset", "true"),
        ("true && var.unset", "not known"),
        ("var.unset ? 1 : 1", "not known"),
        ("true ? \"x\" : var.unset", "\"x\""),
        // The other side may make a string of it, or a set.
        ("true ? 1 : var.unset", "not known"),
        ("true ? [\"b\", \"a\"] : var.unset", "not known"),
        ("true ? [\"a\"] : var.unset", "[\"a\"]"),
        ("try(aws_vpc.main.id, \"d\")", "not known"),
        ("try(local.tags.a, \"d\")", "\"x\""),
        ("try(local.tags.c, \"d\")", "\"d\""),
        ("try(var.unset.c, \"d\")", "not known"),
        ("can(local.tags.b)", "not known"),
        ("contains([\"a\", aws_vpc.main.id], \"a\")", "true"),
        ("contains([\"b\", aws_vpc.main.id], \"a\")", "not known"),
        ("[1] == tolist([1])", "not known"),
        ("local.tags == null", "false"),
        ("0.1 + 0.2", "not known"),
        ("1 / 3", "not known"),
        ("1 / 0", "not known"),
        ("upper(\"straße\")", "not known"),
        ("length(\"é\")", "not known"),
        ("replace(\"abc\", \"/[a-c]/\", \"x\")", "not known"),
        ("format(\"%.2f\", 1)", "not known"),
        ("format(\"%s\")", "not known"),
        ("format(\"%s\", \"a\", \"b\")", "not known"),
        ("concat([1], [\"a\"])", "not known"),
        ("tolist(toset([{ a = 1 }, { b = 2 }]))", "not known"),
        ("cidrsubnet(\"10.0.0.0/16\", 17, 0)", "not known"),
        ("cidrsubnet(\"10.0.0.0/16\", 2, 4)", "not known"),
        ("cidrhost(\"10.0.0.0/30\", 4)", "not known"),
        ("cidrsubnet(\"nonsense\", 1, 1)", "not known"),
        ("[1, 2][5]", "not known"),
        ("[1, 2][-1]", "not known"),
        ("{}.a", "not known"),
        ("null.a", "not known"),
        ("-\"x\"", "not known"),
        ("{ for v in [\"a\", \"a\"] : v => 1 }", "not known"),
        ("\"x${null}\"", "not known"),
        ("\"${[1]} \"", "not known"),
    ]);
}

#[test]
fn parts_that_are_not_known_leave_the_rest() {
    use crate::config::Declared;
    let declared = Declared::from(value("{ a = [1, aws_vpc.main.id], b = { c = \"x\" } }"));
    let Declared::Object(entries) = declared else { panic!("{declared:?}") };
    assert_eq!(entries["a"], Declared::List(vec![Declared::Known(1.into()), Declared::NotKnown]));
    assert_eq!(entries["b"], Declared::Known(serde_json::json!({"c": "x"})));
}

/// Each is what Terraform 1.11.4 makes of it.
#[test]
fn heredocs_are_what_terraform_makes_of_them() {
    let check = |text: &str, expected: &str| assert_eq!(value(text), Value::string(expected), "{text}");
    check("<<EOT\n  x\n  \\n $${a} ${1 + 1}\nEOT", "  x\n  \\n ${a} 2\n");
    check("<<EOT\nEOT", "");
    check("<<-EOT\n  EOT", "");
    check("<<-EOT\n      a\n        b ${1+1}\n      c\n  EOT", "a\n  b 2\nc\n");
    check("<<-EOT\n    a\n  \n      \n      b\n  EOT", "a\n  \n      \n  b\n");
    check("<<-EOT\n  ${\"x\"}\n    y\n  EOT", "x\n  y\n");
    check("<<-EOT\n    a ${~ \"x\" ~}\n\n    b\n  EOT", "ax\nb\n");
    let each = "    %{ for v in [\"x\", \"y\"] ~}\n    - ${v}\n    %{ endfor ~}\n    end\n";
    check(&format!("<<EOT\n{each}EOT"), "        - x\n        - y\n        end\n");
    check(&format!("<<-EOT\n{each}  EOT"), "    - x\n    - y\n    end\n");
    let choice = "    %{~ if true ~}\n    yes\n    %{~ else ~}\n    no\n    %{~ endif ~}\n";
    check(&format!("<<-EOT\n{choice}  EOT"), "    yes\n");
    let mixed =
        "      ${\"a\"}\n    b\n      %{ if true }\n      c\n      %{ else }\n      d\n      %{ endif }\n\ttab\n";
    check(&format!("<<-EOT\n{mixed}  EOT"), "     a\n   b\n     \n     c\n     \ntab\n");
    check("<<-EOT\r\n    a\r\n      b\r\n    EOT\r\n", "a\r\n  b\r\n");
    check("<<EOT\r\n  a\r\nEOT\r\n", "  a\r\n");
    check("<<-A\n    x${<<-B\n      y\n        z\n    B\n    }\n  A", "xy\n  z\n\n");
    assert_eq!(
        value("[<<-EOT\n      one\n    two\n  EOT\n, \"z\"]"),
        Value::list(vec![Value::string("  one\ntwo\n"), Value::string("z")])
    );
}

#[test]
fn hostile_expressions_end() {
    let deep =
        |open: &str, close: &str, levels: usize| format!("x = {}1{}\n", open.repeat(levels), close.repeat(levels));
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("{a=", "}"),
        ("\"${", "}\""),
        ("-", ""),
        ("!", ""),
        ("f(", ")"),
        ("[for a in ", ":a]"),
        ("1?1:", ""),
    ] {
        for levels in [60, 100_000] {
            let file = SourceFile::new("a.tf", deep(open, close, levels));
            if let Ok(body) = syntax::parse(&file) {
                evaluate(&body.arguments[0].value, &Some { budget: Cell::new(100_000) }, &[]);
            }
        }
    }
    for expression in [
        "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]",
        "range(1000000000)",
        "setproduct(range(1000), range(1000), range(1000))",
        "format(\"%999999999s\", \"a\")",
    ] {
        assert_eq!(found(expression), "not known", "{expression}");
    }
    let mut doubled = Value::list(vec![Value::string("x")]);
    for _ in 0..200 {
        doubled = Value::list(vec![doubled.clone(), doubled]);
    }
    assert_eq!(doubled, Value::Unknown);
    let mut nested = Value::Null;
    for _ in 0..100_000 {
        nested = Value::list(vec![nested]);
    }
    drop(nested);
}
