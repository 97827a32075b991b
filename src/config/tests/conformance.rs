//! The stack of the conformance suite against the state that the real Terraform wrote.

use super::*;

/// The stacks that the conformance suite applies with the real Terraform: every argument of every instance is known, for
/// every reference leads to something recorded, and is what state recorded.
#[test]
fn the_conformance_stacks_are_what_their_states_say() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut checked = differing(&root.join("stack"), "settled");
    checked.extend(differing(&root.join("siblings"), "siblings-settled"));
    let mut stacks = 2;
    for entry in std::fs::read_dir(root.join("services")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            checked.extend(differing(&path, &format!("{name}-settled")));
            stacks += 1;
        }
    }
    let wrong: Vec<&String> = checked.iter().filter(|text| !text.is_empty()).collect();
    assert_eq!(wrong, Vec::<&String>::new());
    assert!(checked.len() > 300 && stacks >= 14, "{} instances of {stacks} stacks", checked.len());
}

/// Where the provider or the emulator records something else than was declared; the rules of the types know of the first.
const RECORDED_OTHERWISE: &[&str] = &[
    "aws_iam_openid_connect_provider.ci.url",
    "aws_ecs_task_definition.web.container_definitions",
    "aws_route53_zone.main.name",
    // The emulator drops tags of a stream that is created with them.
    "aws_kinesis_stream.events.tags",
];

/// For every instance of a stack what differs between configuration and state; empty where nothing does.
fn differing(stack: &std::path::Path, state: &str) -> Vec<String> {
    let test = TestRepository::new();
    copy(stack, &test.path().join("stack"));
    test.commit("stack");
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let configuration = read(&tree, "stack", &Options::default());
    assert_eq!(configuration.problems, []);

    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance");
    let state = std::fs::read_to_string(kept.join(format!("{state}.tfstate"))).unwrap();
    let text = crate::state::StateText::new("state", state.clone());
    let parsed = crate::state::parse(&text).unwrap();
    let objects = crate::objects::Objects::new(&parsed, &configuration, &crate::providers::types);
    let configuration = configuration.recorded(&tree, None, &objects).unwrap_or(configuration);
    assert_eq!(configuration.failures(&tree), []);
    let state: Value = serde_json::from_str(&state).unwrap();
    let mut recorded = Vec::new();
    let mut found = Vec::new();
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
            let resource = &configuration.resources[&address.resource()];
            let mut wrong = String::new();
            for (name, value) in &declared.attributes {
                let ignored = resource.lifecycle.ignore_changes.covers(&AttributePath::attribute(name));
                let otherwise = RECORDED_OTHERWISE.contains(&format!("{address}.{name}").as_str());
                let agrees = ignored || otherwise || agrees(value, &instance["attributes"][name]);
                if !agrees || shown(value).to_string().contains("\"?\"") {
                    wrong += &format!("{address}.{name}: {} {}; ", shown(value), instance["attributes"][name]);
                }
            }
            let provider = resource.provider.clone().unwrap();
            assert_eq!(provider.to_string(), text("provider"), "{address}");
            recorded.push(address);
            found.push(wrong);
        }
    }
    recorded.sort();
    assert_eq!(recorded, configuration.instances());
    found
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
            entries.iter().all(|(name, value)| agrees(value, values.get(name).unwrap_or(&Value::Null)))
        }
        _ => false,
    }
}

pub(super) fn copy(from: &std::path::Path, to: &std::path::Path) {
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
