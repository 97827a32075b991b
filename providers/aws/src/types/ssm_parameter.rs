//! `aws_ssm_parameter`: DescribeParameters for all; GetParameters, ten names a call and never decrypted, for the values of
//! managed ones that are no secrets; ListTagsForResource for each managed one.
//! Not read: the value of a SecureString, whose change `version` tells, and what only Terraform knows (`overwrite`, `value_wo…`).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ssm_parameter",
    permissions: &["ssm:DescribeParameters", "ssm:GetParameters", "ssm:ListTagsForResource", "tag:GetResources"],
    identity: &[],
    rules: &[Rule { pattern: "value", kind: RuleKind::Sensitive }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::tagging::told;
    use serde_json::{Value, json};
    use service::SSM;
    use std::collections::HashMap;

    /// The most names that GetParameters takes.
    const NAMES_A_CALL: usize = 10;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribeParameters").with("MaxResults", 50);
        let parameters = place.list(&SSM, ask, Paging::by("Parameters", "NextToken")).await?;
        let named = parameters.iter().filter_map(|one| Some((one.text("Name")?, one)));
        let requested: Vec<(&str, &Value)> = named.filter(|(name, _)| batch.requests(name)).collect();
        let values = values(place, batch, &requested).await;
        let arns =
            requested.iter().filter_map(|(name, one)| Some(((*name).to_owned(), arn(place, name, one)?))).collect();
        let told = told(place, batch, "ssm:parameter", arns).await;
        let names: Vec<String> =
            requested.iter().map(|(name, _)| (*name).to_owned()).filter(|name| told.of(name).is_none()).collect();
        let answers = concurrently(names, |name| async move {
            let ask =
                Ask::of("ListTagsForResource").with("ResourceType", "Parameter").with("ResourceId", name.as_str());
            (name, place.call(&SSM, ask).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for parameter in parameters.iter() {
            let name = parameter.text("Name").unwrap_or_default();
            let mut object = convert(place, name, parameter);
            if let Some(value) = values.get(name) {
                object = object.value("value", value.as_str());
            }
            if let Some(tags) = told.of(name) {
                object = object.tag_list(tags, ("Key", "Value"));
            }
            if let Some(tags) = tags.remove(name) {
                object = batch.detailed(name, object, tags, |object, answer| {
                    object.tag_list(answer.list("TagList"), ("Key", "Value"))
                });
            }
            batch.add(name, Origin::Created, || object);
        }
        Ok(())
    }

    /// The values of parameters that are no secrets, by name.
    async fn values(place: &Place, batch: &mut Batch<'_>, requested: &[(&str, &Value)]) -> HashMap<String, String> {
        let open = requested.iter().filter(|(_, one)| matches!(one.text("Type"), Some("String" | "StringList")));
        let names: Vec<String> = open.map(|(name, _)| (*name).to_owned()).collect();
        let chunks: Vec<Vec<String>> = names.chunks(NAMES_A_CALL).map(<[_]>::to_vec).collect();
        let answers = concurrently(chunks, |names| async move {
            let ask = Ask::of("GetParameters").with("Names", json!(names)).with("WithDecryption", false);
            (names, place.call(&SSM, ask).await)
        })
        .await;
        let mut values = HashMap::new();
        for (names, answer) in answers {
            match answer {
                Ok(answer) => values.extend(
                    answer
                        .list("Parameters")
                        .iter()
                        .filter_map(|one| Some((one.text("Name")?.to_owned(), one.at("Value")?.as_str()?.to_owned()))),
                ),
                Err(failure) => names.iter().for_each(|name| batch.gap(name, failure.clone().into())),
            }
        }
        values
    }

    fn arn(place: &Place, name: &str, parameter: &Value) -> Option<String> {
        let resource = format!("parameter/{}", name.trim_start_matches('/'));
        parameter.text("ARN").map(str::to_owned).or_else(|| place.arn_of("ssm", &resource))
    }

    fn convert(place: &Place, name: &str, parameter: &Value) -> Object {
        Object::new()
            .value("id", name)
            .text("allowed_pattern", parameter.text("AllowedPattern"))
            .text_if_known("arn", arn(place, name, parameter).as_deref())
            .text("data_type", parameter.text("DataType"))
            .text("description", parameter.text("Description"))
            .text("key_id", parameter.text("KeyId"))
            .value("name", name)
            .text("tier", parameter.text("Tier").or(Some("Standard")))
            .text("type", parameter.text("Type"))
            .number("version", parameter.number("Version"))
    }
}
