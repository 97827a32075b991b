//! `aws_api_gateway_deployment`: GetDeployments for each API that a managed deployment belongs to; those of other APIs, and
//! older ones that no state holds, are not sought: every deployment leaves one behind.
//! Not read: the stage that a deployment made, `triggers` and `variables`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_api_gateway_deployment",
    permissions: &["apigateway:GET"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::API_GATEWAY;
    use std::collections::BTreeMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut apis: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, [api]) in batch.identified(["rest_api_id"]) {
            apis.entry(api).or_default().push(id);
        }
        let answers = concurrently(apis, |(api, ids)| async move {
            let ask =
                Ask::of("GetDeployments").at(format!("/restapis/{}/deployments", encoded(&api))).with("limit", 500);
            (api, ids, place.pages(&API_GATEWAY, ask, Paging::by("item", "position")).await)
        })
        .await;
        for (api, ids, listed) in answers {
            for id in ids {
                let listed = listed.as_ref().map_err(Failure::clone);
                let Some(listed) = batch.existing(&id, listed, &["NotFoundException"]) else { continue };
                if let Some(one) = listed.iter().find(|one| one.text("id") == Some(&id)) {
                    batch.found(&id, || convert(&id, &api, one));
                }
            }
        }
        Ok(())
    }

    fn convert(id: &str, api: &str, one: &Value) -> Object {
        Object::new()
            .value("id", id)
            .text_if_known("created_date", of_seconds(one.at("createdDate")).as_deref())
            .text("description", one.text("description"))
            .value("rest_api_id", api)
    }
}
