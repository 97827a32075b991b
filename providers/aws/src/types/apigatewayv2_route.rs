//! `aws_apigatewayv2_route`: GetRoutes for each API that a managed route belongs to.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_apigatewayv2_route",
    permissions: &["apigateway:GET"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::api_gateways::read_below;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let key = |_: &str, route: &Value| route.text("routeId").map(str::to_owned);
        read_below(place, batch, ("GetRoutes", "routes"), key, convert).await
    }

    fn convert(_: &Place, _: &str, route: &Value) -> Object {
        let parameters = route.at("requestParameters").and_then(Value::as_object).into_iter().flatten();
        let parameters = parameters.map(|(key, constraint)| {
            Object::new().value("request_parameter_key", key.as_str()).flag("required", constraint.flag("required"))
        });
        Object::new()
            .text("id", route.text("routeId"))
            .flag("api_key_required", route.flag("apiKeyRequired"))
            .texts("authorization_scopes", route.texts("authorizationScopes"))
            .text("authorization_type", route.text("authorizationType").or(Some("NONE")))
            .text("authorizer_id", route.text("authorizerId"))
            .text("model_selection_expression", route.text("modelSelectionExpression"))
            .text("operation_name", route.text("operationName"))
            .map("request_models", route.at("requestModels"))
            .blocks("request_parameter", parameters)
            .text("route_key", route.text("routeKey"))
            .text("route_response_selection_expression", route.text("routeResponseSelectionExpression"))
            .text("target", route.text("target"))
    }
}
