//! `aws_api_gateway_rest_api`: GetRestApis for all.
//! Not read: what only a creation knows (`body`, `parameters`, `put_rest_api_mode`, `fail_on_warnings`).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_api_gateway_rest_api",
    permissions: &["apigateway:GET"],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::api_gateways::arn;
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::API_GATEWAY;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("GetRestApis").at("/restapis").with("limit", 500);
        for api in place.list(&API_GATEWAY, ask, Paging::by("item", "position")).await?.iter() {
            let Some(id) = api.text("id") else { continue };
            batch.add(id, Origin::Created, || convert(place, id, api));
        }
        Ok(())
    }

    fn convert(place: &Place, id: &str, api: &Value) -> Object {
        let texts = |path: &str| -> Vec<String> {
            api.list(path).iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let endpoint = api.at("endpointConfiguration").map(|endpoint| {
            Object::new()
                .text_if_known("ip_address_type", endpoint.text("ipAddressType"))
                .texts("types", texts("endpointConfiguration.types"))
                .texts("vpc_endpoint_ids", texts("endpointConfiguration.vpcEndpointIds"))
        });
        // The document comes with its quotes escaped (API Gateway API Reference, RestApi, policy).
        let policy = api.text("policy").map(|policy| policy.replace("\\\"", "\"").replace("\\/", "/"));
        Object::new()
            .value("id", id)
            .text("api_key_source", api.text("apiKeySource"))
            .value("arn", arn(place, &format!("/restapis/{id}")))
            .texts("binary_media_types", texts("binaryMediaTypes"))
            .text_if_known("created_date", of_seconds(api.at("createdDate")).as_deref())
            .text("description", api.text("description"))
            .flag("disable_execute_api_endpoint", api.flag("disableExecuteApiEndpoint"))
            .blocks("endpoint_configuration", endpoint)
            .text_if_known("execution_arn", place.arn_of("execute-api", id).as_deref())
            .text(
                "minimum_compression_size",
                api.number("minimumCompressionSize").map(|size| size.to_string()).as_deref(),
            )
            .text("name", api.text("name"))
            .text("policy", policy.as_deref())
            .text_if_known("root_resource_id", api.text("rootResourceId"))
            .tag_map(api.at("tags"))
    }
}
