//! `aws_api_gateway_method`: GetMethod for each managed method. Methods in no state are not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_api_gateway_method",
    permissions: &["apigateway:GET"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::api_gateways::method;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let wanted = batch.identified(["rest_api_id", "resource_id", "http_method"]);
        let answers = concurrently(wanted, |(id, names)| async move {
            let answer = method(place, &names).await;
            (id, names, answer)
        })
        .await;
        for (id, names, answer) in answers {
            let Some(answer) = batch.existing(&id, answer, &["NotFoundException"]) else { continue };
            batch.found(&id, || convert(&id, &names, &answer));
        }
        Ok(())
    }

    fn convert(id: &str, [api, resource, verb]: &[String; 3], method: &Value) -> Object {
        Object::new()
            .value("id", id)
            .flag("api_key_required", method.flag("apiKeyRequired"))
            .text("authorization", method.text("authorizationType"))
            .texts("authorization_scopes", method.texts("authorizationScopes"))
            .text("authorizer_id", method.text("authorizerId"))
            .value("http_method", verb.as_str())
            .text("operation_name", method.text("operationName"))
            .map("request_models", method.at("requestModels"))
            .map("request_parameters", method.at("requestParameters"))
            .text("request_validator_id", method.text("requestValidatorId"))
            .value("resource_id", resource.as_str())
            .value("rest_api_id", api.as_str())
    }
}
