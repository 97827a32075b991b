//! `aws_api_gateway_stage`: GetStages for each API that a managed stage belongs to; those of other APIs are not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_api_gateway_stage",
    permissions: &["apigateway:GET"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::api_gateways::{arn, invoke_url};
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::API_GATEWAY;
    use std::collections::BTreeMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut apis: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (id, [api, stage]) in batch.identified(["rest_api_id", "stage_name"]) {
            apis.entry(api).or_default().push((id, stage));
        }
        let answers = concurrently(apis, |(api, wanted)| async move {
            let ask = Ask::of("GetStages").at(format!("/restapis/{}/stages", encoded(&api)));
            (api, wanted, place.call(&API_GATEWAY, ask).await)
        })
        .await;
        for (api, wanted, answer) in answers {
            for (id, name) in wanted {
                let answer = answer.as_ref().map_err(Failure::clone);
                let Some(answer) = batch.existing(&id, answer, &["NotFoundException"]) else { continue };
                if let Some(stage) = answer.list("item").iter().find(|one| one.text("stageName") == Some(&name)) {
                    batch.found(&id, || convert(place, &id, &api, stage));
                }
            }
        }
        Ok(())
    }

    fn convert(place: &Place, id: &str, api: &str, stage: &Value) -> Object {
        let name = stage.text("stageName").unwrap_or_default();
        let log = stage.at("accessLogSettings").filter(|log| log.text("destinationArn").is_some()).map(|log| {
            Object::new().text("destination_arn", log.text("destinationArn")).text("format", log.text("format"))
        });
        let canary = stage.at("canarySettings").filter(|canary| canary.is_object()).map(|canary| {
            Object::new()
                .text("deployment_id", canary.text("deploymentId"))
                .value("percent_traffic", canary.at("percentTraffic").cloned().unwrap_or(Value::from(0)))
                .map("stage_variable_overrides", canary.at("stageVariableOverrides"))
                .flag("use_stage_cache", canary.flag("useStageCache"))
        });
        // An API without a cache may answer with the size that it had last, or none.
        let size =
            stage.text("cacheClusterSize").filter(|_| stage.text("cacheClusterStatus") != Some("DELETE_IN_PROGRESS"));
        Object::new()
            .value("id", id)
            .blocks("access_log_settings", log)
            .value("arn", arn(place, &format!("/restapis/{api}/stages/{name}")))
            .flag("cache_cluster_enabled", stage.flag("cacheClusterEnabled"))
            .text("cache_cluster_size", size)
            .blocks("canary_settings", canary)
            .text("client_certificate_id", stage.text("clientCertificateId"))
            .text("deployment_id", stage.text("deploymentId"))
            .text("description", stage.text("description"))
            .text("documentation_version", stage.text("documentationVersion"))
            .text_if_known("execution_arn", place.arn_of("execute-api", &format!("{api}/{name}")).as_deref())
            .value("invoke_url", invoke_url(place, api, name))
            .value("rest_api_id", api)
            .value("stage_name", name)
            .tag_map(stage.at("tags"))
            .map("variables", stage.at("variables"))
            .text("web_acl_arn", stage.text("webAclArn"))
            .flag("xray_tracing_enabled", stage.flag("tracingEnabled"))
    }
}
