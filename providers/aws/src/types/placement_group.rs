//! `aws_placement_group`: DescribePlacementGroups. Every attribute is read.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_placement_group",
    permissions: &["ec2:DescribePlacementGroups"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{PlacementGroup, PlacementGroupState};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for group in place.placement_groups().await? {
            if group.state() != Some(&PlacementGroupState::Deleted) {
                batch.add(group.group_name().unwrap_or_default(), origin(group), || convert(place, group));
            }
        }
        Ok(())
    }

    /// Services can run placement groups on the account's behalf.
    fn origin(group: &PlacementGroup) -> Origin {
        let operator = group.operator().filter(|operator| operator.managed() == Some(true));
        match operator.and_then(|operator| operator.principal()) {
            Some(service) => Origin::OwnedBy(service.to_owned()),
            None => Origin::Created,
        }
    }

    fn convert(place: &Place, group: &PlacementGroup) -> Object {
        let name = group.group_name().unwrap_or_default();
        Object::new()
            .text_if_known("arn", place.arn(place.account.as_deref(), &format!("placement-group/{name}")).as_deref())
            .value("id", name)
            .value("name", name)
            .number("partition_count", group.partition_count())
            .text("placement_group_id", group.group_id())
            .text("spread_level", group.spread_level().map(|level| level.as_str()))
            .text("strategy", group.strategy().map(|strategy| strategy.as_str()))
            .tags(group.tags())
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, ids, place, read};
    use provider_api::Origin;
    use serde_json::json;

    const GROUPS: &str = "<placementGroupSet><item><groupName>a</groupName><groupId>pg-1</groupId><state>available</state>\
        <strategy>partition</strategy><partitionCount>3</partitionCount></item>\
        <item><groupName>b</groupName><state>deleted</state></item>\
        <item><groupName>c</groupName><operator><managed>true</managed><principal>s.amazonaws.com</principal></operator></item>\
        </placementGroupSet>";

    #[test]
    fn placement_groups_are_read_in_terraforms_shape() {
        let requested = ["a", "b"].map(|id| json!({"id": id}));
        let outcome = read(&place(|action| answer(action, GROUPS)), "aws_placement_group", &requested);
        let expected = json!({"arn": "arn:aws:ec2:eu-west-1:123456789012:placement-group/a", "id": "a", "name": "a",
            "partition_count": 3, "placement_group_id": "pg-1", "spread_level": "", "strategy": "partition", "tags_all": {}});
        assert_eq!(attributes(&outcome.objects, "a"), expected);
        assert_eq!((ids(&outcome.objects), ids(&outcome.unrequested)), (vec!["a"], vec!["c"]));
        assert_eq!(outcome.unrequested[0].origin, Origin::OwnedBy("s.amazonaws.com".to_owned()));
    }
}
