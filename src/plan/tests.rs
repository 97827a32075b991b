//! Plans for states and configurations written down here.

use super::*;
use crate::state::{StateText, parse};
use futures::FutureExt;
use futures::future::BoxFuture;
use provider_api::{Connection, Gap, GapClass};

/// Reads the scope off `arn`, as `account:region`.
struct Fake;

impl Provider for Fake {
    fn reader(&self) -> &'static str {
        "native"
    }

    fn serves(&self, source: &str) -> bool {
        source.ends_with("/aws")
    }

    fn resource_types(&self) -> Vec<String> {
        vec!["aws_subnet".into(), "aws_vpc".into()]
    }

    fn recorded_scope(&self, attributes: &Attributes) -> Scope {
        let arn = attributes.get("arn").and_then(Value::as_str).unwrap_or_default();
        let part = |position| arn.split(':').nth(position).filter(|part: &&str| !part.is_empty()).map(str::to_owned);
        Scope { account: part(0), region: part(1) }
    }

    fn connect<'a>(&'a self, _: &'a ProviderConfiguration) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
        async { Err(Gap { ids: Vec::new(), class: GapClass::Failed, cause: String::new() }) }.boxed()
    }
}

const AWS: &str = r#"provider["registry.terraform.io/hashicorp/aws"]"#;

/// A state of instances given as type, name, provider, id and arn.
fn state(instances: &[(&str, &str, &str, &str, &str)]) -> StateText {
    let resource = |(resource_type, name, provider, id, arn): &(&str, &str, &str, &str, &str)| {
        serde_json::json!({"mode": "managed", "type": resource_type, "name": name, "provider": provider,
            "instances": [{"schema_version": 1, "private": "eA==", "attributes": {"id": id, "arn": arn}}]})
    };
    let resources: Vec<Value> = instances.iter().map(resource).collect();
    let text = serde_json::json!({"version": 4, "serial": 1, "lineage": "l", "resources": resources}).to_string();
    StateText::new("test", text)
}

fn configuration(directory: &str, providers: &[(&str, &[(&str, Declared)])]) -> Configuration {
    let provider = |(reference, attributes): &(&str, &[(&str, Declared)])| {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        (reference.parse().unwrap(), DeclaredProvider { range: None, attributes, certain: true })
    };
    let mut configuration = Configuration::default();
    configuration.directory = directory.into();
    configuration.providers = providers.iter().map(provider).collect();
    configuration
}

fn providers() -> Vec<Box<dyn Provider>> {
    vec![Box::new(Fake)]
}

/// The plan as text: a line per connection and per batch.
fn check(sides: &[(Configuration, StateText)], unmanaged: bool, expected: &[&str]) {
    check_in(sides, &Inventory { wanted: unmanaged, ..Inventory::default() }, expected);
}

fn check_in(sides: &[(Configuration, StateText)], inventory: &Inventory, expected: &[&str]) {
    let states: Vec<State<'_>> = sides.iter().map(|(_, text)| parse(text).unwrap()).collect();
    let configurations: Vec<&Configuration> = sides.iter().map(|(configuration, _)| configuration).collect();
    let plan = reads(&configurations, &states, &providers(), inventory);
    let mut lines = Vec::new();
    for connection in &plan.connections {
        let configuration = &connection.configuration;
        let scope = &configuration.recorded_scope;
        lines.push(format!(
            "{} {:?} {:?} {}/{}",
            configuration.name,
            Value::Object(configuration.known.clone()),
            configuration.not_known,
            scope.account.as_deref().unwrap_or("-"),
            scope.region.as_deref().unwrap_or("-")
        ));
        for batch in &connection.batches {
            let ids: Vec<&str> = batch.requested.iter().map(|instance| instance.id).collect();
            let recorded = batch.instances.iter().map(|index| &*states[index.state].instances[index.instance].id);
            assert_eq!(recorded.collect::<Vec<_>>(), ids);
            lines.push(format!("  {} {ids:?} {}", batch.resource_type, batch.unrequested));
        }
    }
    let normalized: Vec<String> = lines.iter().map(|line| line.replace(AWS, "AWS")).collect();
    assert_eq!(normalized, expected);
}

#[test]
fn instances_are_grouped_by_configuration_and_type() {
    let west = format!("{AWS}.west");
    let module = format!("module.net[\"a\"].{AWS}");
    let text = state(&[
        ("aws_vpc", "b", AWS, "vpc-2", "1:eu"),
        ("aws_subnet", "s", AWS, "subnet-1", "1:eu"),
        ("aws_vpc", "a", AWS, "vpc-1", "1:us"),
        ("aws_vpc", "w", &west, "vpc-3", ""),
        ("aws_vpc", "m", &module, "vpc-4", "1:"),
        ("random_id", "r", r#"provider["registry.terraform.io/hashicorp/random"]"#, "r", "9:x"),
    ]);
    let object = |value: Declared| Declared::Object([("a".to_owned(), value)].into());
    let known = || Declared::Known(Value::from("x"));
    let configuration = configuration(
        "",
        &[
            (
                AWS,
                &[
                    ("region", known()),
                    ("profile", Declared::Known(Value::Null)),
                    ("assume_role", Declared::List(vec![object(known())])),
                    ("default_tags", Declared::List(vec![object(Declared::NotKnown)])),
                    ("token", Declared::NotKnown),
                ],
            ),
            (&format!("module.net.{AWS}"), &[("region", Declared::Known("m".into()))]),
        ],
    );
    check(
        &[(configuration, text)],
        false,
        &[
            r#"AWS Object {"assume_role": Array [Object {"a": String("x")}], "region": String("x")} ["default_tags", "token"] 1/eu"#,
            r#"  aws_subnet ["subnet-1"] false"#,
            r#"  aws_vpc ["vpc-2", "vpc-1"] false"#,
            r#"AWS.west Object {} [] -/-"#,
            r#"  aws_vpc ["vpc-3"] false"#,
            r#"provider["registry.terraform.io/hashicorp/random"] Object {} [] -/-"#,
            r#"  random_id ["r"] false"#,
            r#"module.net["a"].AWS Object {"region": String("m")} [] 1/-"#,
            r#"  aws_vpc ["vpc-4"] false"#,
        ],
    );
}

#[test]
fn unmanaged_objects_are_listed_for_every_type_that_can_be_read() {
    let text = state(&[("aws_vpc", "a", AWS, "vpc-1", ""), ("aws_odd", "a", AWS, "odd-1", "")]);
    check(
        &[(configuration("net", &[]), text)],
        true,
        &[
            "net:AWS Object {} [] -/-",
            r#"  aws_odd ["odd-1"] false"#,
            "  aws_subnet [] true",
            r#"  aws_vpc ["vpc-1"] true"#,
        ],
    );
}

#[test]
fn named_scopes_are_looked_through_and_no_others() {
    let text = state(&[("aws_vpc", "a", AWS, "vpc-1", "1:eu")]);
    let configuration = || {
        configuration(
            "net",
            &[(AWS, &[("region", Declared::Known("eu".into())), ("profile", Declared::Known("p".into()))])],
        )
    };
    let inventory = |scopes: &[&str]| Inventory {
        wanted: true,
        scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
        ..Inventory::default()
    };
    let here = r#"net:AWS Object {"profile": String("p"), "region": String("eu")} [] 1/eu"#;
    let all = ["  aws_subnet [] true", r#"  aws_vpc ["vpc-1"] true"#];
    let sides = [(configuration(), text)];
    check_in(&sides, &inventory(&["eu"]), &[here, all[0], all[1]]);
    check_in(&sides, &inventory(&["1/eu"]), &[here, all[0], all[1]]);
    let there = r#"--scope us Object {"profile": String("p"), "region": String("us")} [] 1/us"#;
    let listed = ["  aws_subnet [] true", "  aws_vpc [] true"];
    check_in(&sides, &inventory(&["us"]), &[here, r#"  aws_vpc ["vpc-1"] false"#, there, listed[0], listed[1]]);
    let other = r#"--scope 2/eu Object {"region": String("eu")} [] 2/eu"#;
    check_in(&sides, &inventory(&["2/eu"]), &[here, r#"  aws_vpc ["vpc-1"] false"#, other, listed[0], listed[1]]);
    let empty = Inventory { wanted: false, ..inventory(&["us"]) };
    check_in(&sides, &empty, &[here, r#"  aws_vpc ["vpc-1"] false"#]);
}

#[test]
fn states_of_one_root_module_are_read_together_where_they_speak_of_one_place() {
    let side = |id: &str, arn: &str| (configuration("net", &[]), state(&[("aws_vpc", "a", AWS, id, arn)]));
    check(
        &[side("vpc-1", "1:eu"), side("vpc-2", "1:"), side("vpc-3", "1:us")],
        false,
        &[
            "net:AWS Object {} [] 1/eu",
            r#"  aws_vpc ["vpc-1", "vpc-2"] false"#,
            "net:AWS #2 Object {} [] 1/us",
            r#"  aws_vpc ["vpc-3"] false"#,
        ],
    );
}

#[test]
fn the_scope_is_that_of_the_majority() {
    let mut instances = vec![("aws_vpc", "n", AWS, "i", "2:us"); 9];
    instances.extend(vec![("aws_vpc", "n", AWS, "i", "1:eu"); 30]);
    let names: Vec<String> = (0..instances.len()).map(|n| format!("n{n}")).collect();
    for (instance, name) in instances.iter_mut().zip(&names) {
        instance.1 = name;
    }
    let text = state(&instances);
    let parsed = parse(&text).unwrap();
    let scope = Scope { account: Some("1".into()), region: Some("eu".into()) };
    assert_eq!(recorded_scope(&Fake, parsed.instances.iter()), scope);
    assert_eq!(recorded_scope(&Fake, std::iter::empty::<&Instance<'_>>()), Scope::default());
}

#[test]
fn an_empty_state_needs_no_reads() {
    check(&[(configuration("", &[(AWS, &[])]), state(&[]))], true, &[]);
}
