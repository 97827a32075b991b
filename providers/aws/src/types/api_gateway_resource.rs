//! `aws_api_gateway_resource`: GetResources for each API that a managed resource belongs to; those of other APIs are not
//! sought. An API's root is the API's own.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_api_gateway_resource",
    permissions: &["apigateway:GET"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::api_gateways::resources;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use std::collections::BTreeMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut apis: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, [api]) in batch.identified(["rest_api_id"]) {
            apis.entry(api).or_default().push(id);
        }
        let answers = concurrently(apis, |(api, ids)| async move {
            let listed = resources(place, &api).await;
            (api, ids, listed)
        })
        .await;
        for (api, ids, listed) in answers {
            let listed = match listed {
                Ok(listed) => listed,
                Err(gap) if gap.cause.contains("NotFoundException") => continue,
                Err(gap) => {
                    ids.iter().for_each(|id| batch.gap(id, gap.clone()));
                    continue;
                }
            };
            for one in listed.iter() {
                if let (Some(id), Some(_)) = (one.text("id"), one.text("parentId")) {
                    batch.add(id, Origin::Created, || convert(id, &api, one));
                }
            }
        }
        Ok(())
    }

    fn convert(id: &str, api: &str, one: &Value) -> Object {
        Object::new()
            .value("id", id)
            .text("parent_id", one.text("parentId"))
            .text("path", one.text("path"))
            .text("path_part", one.text("pathPart"))
            .value("rest_api_id", api)
    }
}
