//! `aws_elasticache_subnet_group`: DescribeCacheSubnetGroups for all, ListTagsForResource for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_elasticache_subnet_group",
    permissions: &["elasticache:DescribeCacheSubnetGroups", "elasticache:ListTagsForResource"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ELASTICACHE;
    use std::collections::HashMap;

    const GROUPS: Paging = Paging {
        items: "DescribeCacheSubnetGroupsResult.CacheSubnetGroups.CacheSubnetGroup",
        answered: "DescribeCacheSubnetGroupsResult.Marker",
        asked: "Marker",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let groups =
            place.list(&ELASTICACHE, Ask::of("DescribeCacheSubnetGroups").with("MaxRecords", 100), GROUPS).await?;
        let arns = groups.iter().filter_map(|one| Some((one.text("CacheSubnetGroupName")?, one.text("ARN")?)));
        let requested: Vec<(String, String)> = arns
            .filter(|(name, _)| batch.requests(name))
            .map(|(name, arn)| (name.to_owned(), arn.to_owned()))
            .collect();
        let answers = concurrently(requested, |(name, arn)| async move {
            (name, place.call(&ELASTICACHE, Ask::of("ListTagsForResource").with("ResourceName", arn)).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for group in groups.iter() {
            let Some(name) = group.text("CacheSubnetGroupName") else { continue };
            let mut object = convert(name, group);
            if let Some(answer) = tags.remove(name) {
                object = batch.detailed(name, object, answer, |object, answer| {
                    object.tag_list(answer.list("ListTagsForResourceResult.TagList.Tag"), ("Key", "Value"))
                });
            }
            let origin = if name == "default" { Origin::Default } else { Origin::Created };
            batch.add(name, origin, || object);
        }
        Ok(())
    }

    fn convert(name: &str, group: &Value) -> Object {
        let subnets = group.list("Subnets.Subnet").iter().filter_map(|subnet| subnet.text("SubnetIdentifier"));
        Object::new()
            .value("id", name)
            .text("arn", group.text("ARN"))
            .text("description", group.text("CacheSubnetGroupDescription"))
            .value("name", name)
            .texts("subnet_ids", subnets)
            .text("vpc_id", group.text("VpcId"))
    }
}
