//! Blocks that Terraform's provider copied from the API member by member: converted by the schema itself, where writing
//! them out would say every name twice. Knows nothing of any resource type.

use crate::sdk::prelude::Object;
use crate::types::types;
use provider_api::{AttributeSchema, BlockSchema};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A nested block of a resource type.
#[derive(Clone, Copy)]
pub(crate) struct Mirror(&'static BTreeMap<String, AttributeSchema>, &'static BTreeMap<String, BlockSchema>);

impl Mirror {
    /// A block by its name, for example `rule` of `aws_wafv2_web_acl`. None where the schema lacks it.
    pub(crate) fn of(resource_type: &str, block: &str) -> Option<Self> {
        let block = types().schema(resource_type)?.blocks.get(block)?;
        Some(Self(&block.attributes, &block.blocks))
    }

    /// The block out of an answer's object. Members are matched by their letters alone (`ip_set` is `IPSet`), a list also
    /// by its plural; what is missing is the zero value, as the plugin SDK records it.
    pub(crate) fn convert(self, answer: &Value) -> Object {
        let mut object = Object::new();
        for (name, schema) in self.0 {
            object = object.value(name, converted(&schema.cty_type, member(answer, name)));
        }
        for (name, block) in self.1 {
            let inner = Self(&block.attributes, &block.blocks);
            let blocks: Vec<Object> = match member(answer, name) {
                Some(Value::Array(items)) => items.iter().map(|item| inner.convert(item)).collect(),
                Some(item @ Value::Object(_)) => vec![inner.convert(item)],
                _ => Vec::new(),
            };
            object = object.blocks(name, blocks);
        }
        object
    }

    /// The blocks of a list.
    pub(crate) fn each(self, answers: &[Value]) -> Vec<Object> {
        answers.iter().map(|answer| self.convert(answer)).collect()
    }
}

/// A member by the letters of its name, or of its plural.
fn member<'a>(answer: &'a Value, name: &str) -> Option<&'a Value> {
    let letters = name.replace('_', "");
    let members = answer.as_object()?;
    let by = |wanted: &str| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let plural = || by(&format!("{letters}s"));
    let irregular = || letters.strip_suffix('y').and_then(|stem| by(&format!("{stem}ies")));
    by(&letters).or_else(plural).or_else(irregular).filter(|value| !value.is_null())
}

/// A value in the type that the schema names; the zero value where there is none.
fn converted(cty_type: &Value, value: Option<&Value>) -> Value {
    match (cty_type.as_str(), value) {
        (Some("string"), Some(Value::Number(number))) => Value::from(number.to_string()),
        (Some("string"), Some(Value::Bool(flag))) => Value::from(flag.to_string()),
        (_, Some(value)) => value.clone(),
        (Some("bool"), None) => Value::from(false),
        (Some("number"), None) => Value::from(0),
        (Some(_), None) => Value::from(""),
        (None, None) if cty_type.get(0).and_then(Value::as_str) == Some("map") => Value::Object(Map::new()),
        (None, None) => Value::Array(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_matched_by_their_letters() {
        let answer = json!({"Name": "a", "Priority": 1, "RuleLabels": [{"Name": "x"}], "Statement": {
            "RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP", "CustomKeys": [{"IP": {}}]},
            "IPSetReferenceStatement": {"ARN": "arn", "IPSetForwardedIPConfig": {"HeaderName": "h"}}
        }});
        let rule = Value::from(Mirror::of("aws_wafv2_web_acl", "rule").expect("a block").convert(&answer));
        assert_eq!(rule["rule_label"], json!([{"name": "x"}]));
        let statement = &rule["statement"][0];
        assert_eq!(statement["rate_based_statement"][0]["limit"], 100);
        assert_eq!(statement["rate_based_statement"][0]["custom_key"][0]["ip"].as_array().map(Vec::len), Some(1));
        let reference = &statement["ip_set_reference_statement"][0];
        assert_eq!(
            (&reference["arn"], &reference["ip_set_forwarded_ip_config"][0]["header_name"]),
            (&json!("arn"), &json!("h"))
        );
        assert_eq!(statement["geo_match_statement"], json!([]));
        assert!(Mirror::of("aws_wafv2_web_acl", "no").is_none());
    }
}
