//! The stack of the conformance suite against the state that the real Terraform wrote.

use super::*;

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
