//! `aws_placement_group`: DescribePlacementGroups. Every attribute is read.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_placement_group",
    permissions: &["ec2:DescribePlacementGroups"],
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
