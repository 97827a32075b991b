//! What attachments of volumes, interfaces and addresses contribute to what they are attached to, in atomic parts.
//! Knows nothing of any one type.

use crate::rules::single;
use serde_json::{Map, Value};

/// One part that holds these values by name; none where one of them is unset.
pub(crate) fn part(values: &[(&str, Option<&Value>)]) -> Vec<Value> {
    let named = |(name, value): &(&str, Option<&Value>)| {
        value.filter(|value| !single(value).is_empty()).map(|value| ((*name).to_owned(), value.clone()))
    };
    let part: Option<Map<String, Value>> = values.iter().map(named).collect();
    part.map(Value::Object).into_iter().collect()
}

/// The address in the public name that EC2 gives an instance (`ec2-192-0-2-1.compute-1.amazonaws.com`), any other name as
/// it stands: what an address contributes to the name of what it is associated with.
pub(crate) fn public_name(name: &Value) -> Vec<Value> {
    let address = |name: &str| {
        let host = name.strip_prefix("ec2-")?.split_once('.')?.0;
        let numbers: Vec<u8> = host.split('-').map(str::parse).collect::<Result<_, _>>().ok()?;
        (numbers.len() == 4).then(|| host.replace('-', "."))
    };
    match name.as_str().and_then(address) {
        Some(address) => vec![Value::from(address)],
        None => single(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_are_whole_or_none() {
        assert_eq!(part(&[("a", Some(&json!(0))), ("b", Some(&json!("x")))]), [json!({"a": 0, "b": "x"})]);
        assert!(part(&[("a", Some(&json!(0))), ("b", Some(&json!("")))]).is_empty());
        assert!(part(&[("a", None)]).is_empty());
        assert!(part(&[("a", Some(&json!(null)))]).is_empty());
    }

    #[test]
    fn public_names_tell_their_address() {
        let check = |name: Value, expected: &[Value]| assert_eq!(public_name(&name), expected, "{name}");
        check(json!("ec2-192-0-2-1.compute-1.amazonaws.com"), &[json!("192.0.2.1")]);
        check(json!("ec2-192-0-2-1.eu-west-1.compute.amazonaws.com"), &[json!("192.0.2.1")]);
        check(json!("ec2-192-0-2-256.compute-1.amazonaws.com"), &[json!("ec2-192-0-2-256.compute-1.amazonaws.com")]);
        check(json!("ec2-192-0-2.x"), &[json!("ec2-192-0-2.x")]);
        check(json!(""), &[]);
        check(json!(null), &[]);
    }
}
