//! `aws_default_security_group`, the group that every VPC has from the start: DescribeSecurityGroups, as `aws_security_group`.
//! Not read: `name_prefix`, `revoke_rules_on_delete`.

use super::security_group::{OWNERS, RULES};
use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_default_security_group",
    permissions: &["ec2:DescribeSecurityGroups"],
    identity: &[],
    rules: RULES,
    owners: OWNERS,
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::security_group::live::convert;
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for group in place.security_groups().await? {
            batch.found(group.group_id().unwrap_or_default(), || convert(place, group));
        }
        Ok(())
    }
}
