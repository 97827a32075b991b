//! `aws_vpc_security_group_egress_rule`: the list and the rules of `aws_vpc_security_group_ingress_rule`.

use super::vpc_security_group_ingress_rule::RULES;
use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpc_security_group_egress_rule",
    permissions: &["ec2:DescribeSecurityGroupRules"],
    identity: &[],
    rules: RULES,
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::vpc_security_group_ingress_rule::live::read_direction;
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        read_direction(place, batch, true).await
    }
}
