//! `aws_lambda_alias`: GetAlias for each managed alias. Aliases are listed by function, so those in no state are not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_lambda_alias",
    permissions: &["lambda:GetAlias"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::LAMBDA;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut wanted = Vec::new();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            match (recorded.text("function_name"), recorded.text("name")) {
                (Some(function), Some(name)) => {
                    wanted.push((instance.id.to_owned(), function.to_owned(), name.to_owned()))
                }
                _ => batch.unidentified(instance, "function_name and name"),
            }
        }
        let answers = concurrently(wanted, |(id, function, name)| async move {
            let path = format!("/2015-03-31/functions/{}/aliases/{}", encoded(&function), encoded(&name));
            (id, function, place.call(&LAMBDA, Ask::of("GetAlias").at(path)).await)
        })
        .await;
        for (id, function, answer) in answers {
            match answer {
                Ok(alias) => batch.found(&id, || convert(&id, &function, &alias)),
                Err(failure) if failure.is(&["ResourceNotFoundException"]) => {}
                Err(failure) => batch.gap(&id, failure.into()),
            }
        }
        Ok(())
    }

    /// `function_name` stays as it was written, by name or by ARN: the answer has neither.
    fn convert(id: &str, function: &str, alias: &Value) -> Object {
        let weights = alias
            .at("RoutingConfig.AdditionalVersionWeights")
            .filter(|weights| weights.as_object().is_some_and(|map| !map.is_empty()));
        Object::new()
            .value("id", id)
            .text("arn", alias.text("AliasArn"))
            .text("description", alias.text("Description"))
            .value("function_name", function)
            .text("function_version", alias.text("FunctionVersion"))
            .text("name", alias.text("Name"))
            .blocks(
                "routing_config",
                weights.map(|weights| Object::new().value("additional_version_weights", weights.clone())),
            )
    }
}
