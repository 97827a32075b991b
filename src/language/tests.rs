//! Hostile expressions. What the rest evaluate to is tested against `terraform console` in `config::tests::language`.

use super::*;
use proptest::prelude::*;

fn evaluated(source: &str) -> Result<Value, Box<Failure>> {
    let expression = parse(source).unwrap_or_else(|(at, message)| panic!("{source}: {at}: {message}"));
    evaluate(&expression, &Nothing::with(1_000_000), &[])
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
fn no_failure_tells_what_is_sensitive() {
    for source in [
        "timeadd(sensitive(\"hunter2\"), \"1h\")",
        "parseint(sensitive(\"hunter2\"), 10)",
        "regex(sensitive(\"hunter2(\"), \"a\")",
        "tonumber(sensitive(\"hunter2\"))",
        "jsondecode(sensitive(\"hunter2\"))",
        "{ a = 1 }[sensitive(\"hunter2\")]",
        "tomap({ a = 1 })[sensitive(\"hunter2\")]",
        "[1][sensitive(\"hunter2\")]",
        "formatdate(sensitive(\"hunter2\"), \"2018-01-02T23:12:01Z\")",
        "cidrhost(sensitive(\"hunter2\"), 1)",
        "uuidv5(sensitive(\"hunter2\"), \"a\")",
        "templatestring(sensitive(\"${hunter2}\"), {})",
        "templatestring(\"${upper(x, 1)}$\", { x = sensitive(\"hunter2\") })",
        "lookup({}, sensitive(\"hunter2\"))",
        "sensitive(\"hunter2\") + 1",
        "csvdecode(sensitive(\"hunter2,hunter2\"))",
    ] {
        match evaluated(source) {
            Ok(value) => assert!(!text::to_hcl(&value).contains("hunter2"), "{source}"),
            Err(failure) => assert!(!failure.message.contains("hunter2"), "{source}: {}", failure.message),
        }
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
                let _ = evaluate(&expression, &Nothing::with(100_000), &[]);
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

fn random(cases: u32) -> ProptestConfig {
    let given = ProptestConfig::default();
    let seed = match given.rng_seed {
        proptest::test_runner::RngSeed::Random => proptest::test_runner::RngSeed::Fixed(20_261_125),
        seed => seed,
    };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { given.cases } else { cases };
    ProptestConfig { cases, rng_seed: seed, ..given }
}

/// Pieces of which expressions are made, right and wrong.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[-+]?[0-9]{1,4}(\\.[0-9]{1,3})?(e-?[0-9]{1,2})?",
        "\"[ -~]{0,12}\"",
        "\"\\PC{0,6}\"",
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("var.x".to_owned()),
        Just("a.b.c".to_owned()),
        Just("each.key".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let name = proptest::sample::select(functions::names());
        let operator = proptest::sample::select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(one, operator, other)| format!("({one} {operator} {other})")),
            (name, proptest::collection::vec(inner.clone(), 0..4))
                .prop_map(|(name, arguments)| format!("{name}({})", arguments.join(", "))),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|elements| format!("[{}]", elements.join(", "))),
            (inner.clone(), inner.clone()).prop_map(|(key, value)| format!("{{ ({key}) = {value} }}")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(one, two, three)| format!("({one} ? {two} : {three})")),
            (inner.clone(), inner.clone())
                .prop_map(|(list, value)| format!("[for k, v in {list} : {value} if v != null]")),
            (inner.clone(), inner.clone()).prop_map(|(list, value)| format!("{{ for v in {list} : v => {value}... }}")),
            (inner.clone(), inner.clone()).prop_map(|(value, key)| format!("{value}[{key}]")),
            inner.clone().prop_map(|value| format!("{value}[*].a")),
            inner.clone().prop_map(|value| format!("\"x${{{value}}}y\"")),
            inner.prop_map(|value| format!("!{value}")),
        ]
    })
}

proptest! {
    // The same input in every run; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` look further.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..random(2_000) })]

    /// Whatever the expression, evaluation ends without a panic, and what comes out has one type throughout.
    #[test]
    fn no_expression_panics(source in expressions()) {
        if let Ok(expression) = parse(&source)
            && let Ok(value) = evaluate(&expression, &Nothing::with(200_000), &[])
        {
            let of = value.value_type();
            let again = convert(&value, &of);
            prop_assert!(again.is_ok(), "{source}: {of}: {again:?}");
            text::to_hcl(&value);
            if let Some(json) = to_json(&value) {
                typed(&json, &of);
            }
        }
    }

    #[test]
    fn no_text_panics(source in "\\PC{0,80}") {
        let _ = parse(&source).map(|expression| evaluate(&expression, &Nothing::with(10_000), &[]));
        let _ = parse_template(&source).map(|expression| evaluate(&expression, &Nothing::with(10_000), &[]));
    }

    #[test]
    fn numbers_come_back_as_they_were_written(source in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{0,40}[1-9])?") {
        let number = Number::parse(&source).unwrap();
        let expected = if source == "-0" { "0" } else { source.as_str() };
        prop_assert_eq!(number.to_string(), expected);
        prop_assert_eq!(number.add(&number).subtract(&number), number);
    }
}
