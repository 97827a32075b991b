//! Hostile expressions. What the rest evaluate to is tested against `terraform console` in `config::tests::language`.

use super::*;
use std::cell::Cell;

/// A scope with nothing in it but a budget.
struct Budget(Cell<usize>);

impl Scope for Budget {
    fn resolve(&self, _: Reference<'_>) -> Value {
        Value::dynamic()
    }

    fn spend(&self, steps: usize) -> bool {
        self.0.set(self.0.get().saturating_sub(steps));
        self.0.get() > 0
    }
}

fn evaluated(source: &str) -> Result<Value, Box<Failure>> {
    let expression = parse(source).unwrap_or_else(|(at, message)| panic!("{source}: {at}: {message}"));
    evaluate(&expression, &Budget(Cell::new(1_000_000)), &[])
}

#[test]
fn every_function_of_the_corpus_is_known_and_the_other_way_round() {
    let corpus = include_str!("../../testdata/language/expressions.txt");
    // Only OpenTofu has these, or they never have a value.
    let without = ["base64gunzip", "base64gzip", "cidrcontains", "list", "map", "rsadecrypt", "urldecode", "abspath"];
    let missing: Vec<&str> = functions::names()
        .into_iter()
        .filter(|name| !without.contains(name) && !corpus.contains(&format!("{name}(")))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert!(functions::names().len() > 120);
}

#[test]
fn functions_of_opentofu_have_values() {
    for (source, expected) in [
        ("urldecode(\"a+b%2F%C3%A9\")", "\"a b/é\""),
        ("cidrcontains(\"10.0.0.0/8\", \"10.1.2.3\")", "true"),
        ("cidrcontains(\"10.0.0.0/8\", \"11.0.0.0/16\")", "false"),
        ("element([1, 2, 3], -1)", "3"),
    ] {
        assert_eq!(text::to_hcl(&evaluated(source).unwrap()), expected, "{source}");
    }
}

#[test]
fn hostile_expressions_end() {
    let deep = |open: &str, close: &str, levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
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
        for levels in [60, 1_000] {
            if let Ok(expression) = parse(&deep(open, close, levels)) {
                let _ = evaluate(&expression, &Budget(Cell::new(100_000)), &[]);
            }
        }
    }
    for source in [
        "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]",
        "setproduct(range(1000), range(1000), range(1000))",
        "join(\"\", [for a in range(1000) : join(\"\", [for b in range(1000) : \"0123456789\"])])",
        "regex(\"(((a{1,100}){1,100}){1,100})\", \"a\")",
        "format(\"%999999999s\", \"a\")",
        "indent(100000000, \"a\\nb\")",
        "yamldecode(\"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\\n\")",
    ] {
        let known = evaluated(source).is_ok_and(|value| value.is_wholly_known());
        assert!(!known, "{source}");
    }
    let mut doubled = Value::tuple(vec![Value::string("x")]);
    for _ in 0..200 {
        doubled = Value::tuple(vec![doubled.clone(), doubled]);
    }
    assert!(!doubled.is_known());
    let mut nested = Value::null(Type::Dynamic);
    for _ in 0..100_000 {
        nested = Value::tuple(vec![nested]);
    }
    drop(nested);
}
