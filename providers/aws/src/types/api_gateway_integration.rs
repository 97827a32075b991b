//! `aws_api_gateway_integration`: GetMethod for each managed integration, which the method of the same name shares: it
//! holds the integration. Integrations in no state are not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_api_gateway_integration",
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
            if let Some(one) = answer.at("methodIntegration").filter(|one| one.text("type").is_some()) {
                batch.found(&id, || convert(&id, &names, one));
            }
        }
        Ok(())
    }

    fn convert(id: &str, [api, resource, verb]: &[String; 3], one: &Value) -> Object {
        let tls = one
            .at("tlsConfig")
            .filter(|tls| tls.is_object())
            .map(|tls| Object::new().flag("insecure_skip_verification", tls.flag("insecureSkipVerification")));
        Object::new()
            .value("id", id)
            .texts("cache_key_parameters", one.texts("cacheKeyParameters"))
            .text("cache_namespace", one.text("cacheNamespace"))
            .text("connection_id", one.text("connectionId"))
            .text("connection_type", one.text("connectionType").or(Some("INTERNET")))
            .text("content_handling", one.text("contentHandling"))
            .text("credentials", one.text("credentials"))
            .value("http_method", verb.as_str())
            .text("integration_http_method", one.text("httpMethod"))
            .text("passthrough_behavior", one.text("passthroughBehavior"))
            .map("request_parameters", one.at("requestParameters"))
            .map("request_templates", one.at("requestTemplates"))
            .value("resource_id", resource.as_str())
            .value("rest_api_id", api.as_str())
            .number("timeout_milliseconds", one.number("timeoutInMillis"))
            .blocks("tls_config", tls)
            .text("type", one.text("type"))
            .text("uri", one.text("uri"))
    }
}
