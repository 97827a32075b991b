//! `aws_apigatewayv2_stage`: GetStages for each API that a managed stage belongs to.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_apigatewayv2_stage",
    permissions: &["apigateway:GET"],
    identity: &["api_id"],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::api_gateways::{arn, read_below};
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let key = |api: &str, stage: &Value| Some(format!("{api}:{}", stage.text("stageName")?));
        read_below(place, batch, ("GetStages", "stages"), key, convert).await
    }

    fn convert(place: &Place, api: &str, stage: &Value) -> Object {
        let name = stage.text("stageName").unwrap_or_default();
        let routes = stage.at("routeSettings").and_then(Value::as_object).into_iter().flatten();
        let routes = routes.map(|(route, one)| settings(one).value("route_key", route.as_str()));
        Object::new()
            .blocks("access_log_settings", access_log(stage))
            .value("arn", arn(place, &format!("/apis/{api}/stages/{name}")))
            .flag("auto_deploy", stage.flag("autoDeploy"))
            .text("client_certificate_id", stage.text("clientCertificateId"))
            .blocks("default_route_settings", stage.at("defaultRouteSettings").map(settings))
            .text("deployment_id", stage.text("deploymentId"))
            .text("description", stage.text("description"))
            .text_if_known("execution_arn", place.arn_of("execute-api", &format!("{api}/{name}")).as_deref())
            .value("id", name)
            .value("name", name)
            .blocks("route_settings", routes)
            .map("stage_variables", stage.at("stageVariables"))
            .tag_map(stage.at("tags"))
    }

    fn access_log(stage: &Value) -> Option<Object> {
        let log = stage.at("accessLogSettings").filter(|log| log.text("destinationArn").is_some())?;
        Some(Object::new().text("destination_arn", log.text("destinationArn")).text("format", log.text("format")))
    }

    fn settings(one: &Value) -> Object {
        Object::new()
            .flag("data_trace_enabled", one.flag("dataTraceEnabled"))
            .flag("detailed_metrics_enabled", one.flag("detailedMetricsEnabled"))
            .text("logging_level", one.text("loggingLevel"))
            .number("throttling_burst_limit", one.number("throttlingBurstLimit"))
            .value("throttling_rate_limit", one.at("throttlingRateLimit").cloned().unwrap_or(Value::from(0)))
    }
}
