//! `aws_default_network_acl`, the list that every VPC has from the start: the list of `aws_network_acl`,
//! `DescribeNetworkAcls`. Every attribute is read.

use super::network_acl::{OWNERS, RULES};
use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_default_network_acl",
    permissions: &["ec2:DescribeNetworkAcls"],
    identity: &[],
    rules: RULES,
    owners: OWNERS,
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::network_acl::live::{convert, recorded_by_id};
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let recorded = recorded_by_id(batch);
        for acl in place.network_acls().await? {
            let id = acl.network_acl_id().unwrap_or_default();
            batch.found(id, || convert(place, acl, recorded.get(id)).value("default_network_acl_id", id));
        }
        Ok(())
    }
}
