//! `aws_apigatewayv2_integration`: GetIntegrations for each API that a managed integration belongs to.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_apigatewayv2_integration",
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
        let key = |_: &str, one: &Value| one.text("integrationId").map(str::to_owned);
        read_below(place, batch, ("GetIntegrations", "integrations"), key, convert).await
    }

    fn convert(_: &Place, _: &str, one: &Value) -> Object {
        let responses = one.at("responseParameters").and_then(Value::as_object).into_iter().flatten();
        let responses = responses.map(|(status, mappings)| {
            Object::new().map("mappings", Some(mappings)).value("status_code", status.as_str())
        });
        let tls =
            one.text("tlsConfig.serverNameToVerify").map(|name| Object::new().value("server_name_to_verify", name));
        Object::new()
            .text("id", one.text("integrationId"))
            .text("connection_id", one.text("connectionId"))
            .text("connection_type", one.text("connectionType").or(Some("INTERNET")))
            .text("content_handling_strategy", one.text("contentHandlingStrategy"))
            .text("credentials_arn", one.text("credentialsArn"))
            .text("description", one.text("description"))
            .text("integration_method", one.text("integrationMethod"))
            .text("integration_response_selection_expression", one.text("integrationResponseSelectionExpression"))
            .text("integration_subtype", one.text("integrationSubtype"))
            .text("integration_type", one.text("integrationType"))
            .text("integration_uri", one.text("integrationUri"))
            .text("passthrough_behavior", one.text("passthroughBehavior"))
            .text("payload_format_version", one.text("payloadFormatVersion").or(Some("1.0")))
            .map("request_parameters", one.at("requestParameters"))
            .map("request_templates", one.at("requestTemplates"))
            .blocks("response_parameters", responses)
            .text("template_selection_expression", one.text("templateSelectionExpression"))
            .number("timeout_milliseconds", one.number("timeoutInMillis"))
            .blocks("tls_config", tls)
    }
}
