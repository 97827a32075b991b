//! `aws_launch_configuration`: DescribeLaunchConfigurations for all. One cannot be changed, only deleted.
//! Not read: block devices, user data (recorded as a digest) and metadata options.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_launch_configuration",
    permissions: &["autoscaling:DescribeLaunchConfigurations"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::AUTO_SCALING;

    const CONFIGURATIONS: Paging = Paging {
        items: "DescribeLaunchConfigurationsResult.LaunchConfigurations.member",
        answered: "DescribeLaunchConfigurationsResult.NextToken",
        asked: "NextToken",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribeLaunchConfigurations").with("MaxRecords", 100);
        for one in place.list(&AUTO_SCALING, ask, CONFIGURATIONS).await?.iter() {
            let Some(name) = one.text("LaunchConfigurationName") else { continue };
            batch.add(name, Origin::Created, || convert(name, one));
        }
        Ok(())
    }

    fn convert(name: &str, one: &Value) -> Object {
        let groups: Vec<&str> = one.list("SecurityGroups.member").iter().filter_map(Value::as_str).collect();
        Object::new()
            .created(one.text("CreatedTime").map(str::to_owned))
            .value("id", name)
            .text("arn", one.text("LaunchConfigurationARN"))
            .flag("associate_public_ip_address", one.flag("AssociatePublicIpAddress"))
            .flag("ebs_optimized", one.flag("EbsOptimized"))
            .flag("enable_monitoring", one.flag("InstanceMonitoring.Enabled"))
            .text("iam_instance_profile", one.text("IamInstanceProfile"))
            .text("image_id", one.text("ImageId"))
            .text("instance_type", one.text("InstanceType"))
            .text("key_name", one.text("KeyName"))
            .value("name", name)
            .text("placement_tenancy", one.text("PlacementTenancy"))
            .texts("security_groups", groups)
            .text("spot_price", one.text("SpotPrice"))
    }
}
