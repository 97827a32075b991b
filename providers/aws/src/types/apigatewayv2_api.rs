//! `aws_apigatewayv2_api`: GetApis for all.
//! Not read: what only a creation knows (`body`, `credentials_arn`, `route_key`, `target`, `fail_on_warnings`).

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_apigatewayv2_api",
    permissions: &["apigateway:GET"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::api_gateways::arn;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::API_GATEWAY_V2;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("GetApis").at("/v2/apis").with("maxResults", "500");
        for api in place.list(&API_GATEWAY_V2, ask, Paging::by("items", "nextToken")).await?.iter() {
            let Some(id) = api.text("apiId") else { continue };
            batch.add(id, Origin::Created, || convert(place, id, api));
        }
        Ok(())
    }

    fn convert(place: &Place, id: &str, api: &Value) -> Object {
        let cors = api.at("corsConfiguration").filter(|cors| cors.is_object()).map(|cors| {
            let texts = |path: &str| -> Vec<String> {
                cors.list(path).iter().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            Object::new()
                .flag("allow_credentials", cors.flag("allowCredentials"))
                .texts("allow_headers", texts("allowHeaders"))
                .texts("allow_methods", texts("allowMethods"))
                .texts("allow_origins", texts("allowOrigins"))
                .texts("expose_headers", texts("exposeHeaders"))
                .number("max_age", cors.number("maxAge"))
        });
        Object::new()
            .value("id", id)
            .text("api_endpoint", api.text("apiEndpoint"))
            .text("api_key_selection_expression", api.text("apiKeySelectionExpression"))
            .value("arn", arn(place, &format!("/apis/{id}")))
            .blocks("cors_configuration", cors)
            .text("description", api.text("description"))
            .flag("disable_execute_api_endpoint", api.flag("disableExecuteApiEndpoint"))
            .text_if_known("execution_arn", place.arn_of("execute-api", id).as_deref())
            .text_if_known("ip_address_type", api.text("ipAddressType"))
            .text("name", api.text("name"))
            .text("protocol_type", api.text("protocolType"))
            .text("route_selection_expression", api.text("routeSelectionExpression"))
            .tag_map(api.at("tags"))
            .text("version", api.text("version"))
    }
}
