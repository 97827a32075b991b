//! `aws_autoscaling_attachment`: DescribeAutoScalingGroups, which the groups share. One that is in no state is the group's.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_autoscaling_attachment",
    permissions: &["autoscaling:DescribeAutoScalingGroups"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let groups = super::super::autoscaling_group::live::groups(place).await?;
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let Some(name) = recorded.text("autoscaling_group_name") else {
                batch.unidentified(instance, "autoscaling_group_name");
                continue;
            };
            let group = groups.iter().find(|one| one.text("AutoScalingGroupName") == Some(name));
            let holds = |list: &str, attribute: &str| {
                recorded.text(attribute).is_some_and(|one| group.is_some_and(|group| group.texts(list).contains(&one)))
            };
            if holds("TargetGroupARNs.member", "lb_target_group_arn") || holds("LoadBalancerNames.member", "elb") {
                batch.found(instance.id, || {
                    Object::new()
                        .value("id", instance.id)
                        .value("autoscaling_group_name", name)
                        .text("elb", recorded.text("elb"))
                        .text("lb_target_group_arn", recorded.text("lb_target_group_arn"))
                });
            }
        }
        Ok(())
    }
}
