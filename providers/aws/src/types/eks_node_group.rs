//! `aws_eks_node_group`: DescribeNodegroup for each managed one, ListNodegroups of each cluster for all others.
//! Not read: `force_update_version`, which only Terraform knows; `node_group_name_prefix`, which follows from the name.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_eks_node_group",
    permissions: &["eks:DescribeNodegroup", "eks:ListClusters", "eks:ListNodegroups"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::clusters::{self, Part};
    use crate::sdk::prelude::*;
    use serde_json::Value;

    static NODE_GROUP: Part = Part {
        describe: "DescribeNodegroup",
        list: "ListNodegroups",
        word: "node-groups",
        member: "nodegroup",
        names: "nodegroups",
        name: "node_group_name",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        clusters::read(place, batch, &NODE_GROUP, convert).await
    }

    fn convert(one: &Value) -> Object {
        let template = one.at("launchTemplate").filter(|template| template.is_object()).map(|template| {
            Object::new()
                .text("id", template.text("id"))
                .text("name", template.text("name"))
                .text("version", template.text("version"))
        });
        let remote = one.at("remoteAccess").filter(|remote| remote.is_object()).map(|remote| {
            Object::new()
                .text("ec2_ssh_key", remote.text("ec2SshKey"))
                .texts("source_security_group_ids", remote.texts("sourceSecurityGroups"))
        });
        let groups = one.list("resources.autoScalingGroups").iter();
        let resources = one.at("resources").filter(|one| one.is_object()).map(|one| {
            Object::new()
                .blocks("autoscaling_groups", groups.map(|group| Object::new().text("name", group.text("name"))))
                .text("remote_access_security_group_id", one.text("remoteAccessSecurityGroup"))
        });
        let scaling = one.at("scalingConfig").map(|scaling| {
            Object::new()
                .number("desired_size", scaling.number("desiredSize"))
                .number("max_size", scaling.number("maxSize"))
                .number("min_size", scaling.number("minSize"))
        });
        let update = one.at("updateConfig").filter(|update| update.is_object()).map(|update| {
            Object::new()
                .number("max_unavailable", update.number("maxUnavailable"))
                .number("max_unavailable_percentage", update.number("maxUnavailablePercentage"))
        });
        let repair = one.flag("nodeRepairConfig.enabled").map(|enabled| Object::new().value("enabled", enabled));
        let object = Object::new()
            .text("ami_type", one.text("amiType"))
            .text("arn", one.text("nodegroupArn"))
            .text("capacity_type", one.text("capacityType"))
            .text("cluster_name", one.text("clusterName"))
            .number("disk_size", one.number("diskSize"))
            .texts("instance_types", one.texts("instanceTypes"))
            .map("labels", one.at("labels"))
            .blocks("launch_template", template)
            .text("node_group_name", one.text("nodegroupName"))
            .text("node_role_arn", one.text("nodeRole"))
            .text("release_version", one.text("releaseVersion"))
            .blocks("remote_access", remote)
            .blocks("resources", resources)
            .blocks("scaling_config", scaling)
            .text("status", one.text("status"))
            .texts("subnet_ids", one.texts("subnets"))
            .blocks("taint", one.list("taints").iter().map(taint))
            .blocks("update_config", update)
            .text("version", one.text("version"));
        match repair {
            Some(repair) => object.blocks("node_repair_config", [repair]),
            None => object,
        }
    }

    fn taint(taint: &Value) -> Object {
        Object::new()
            .text("effect", taint.text("effect"))
            .text("key", taint.text("key"))
            .text("value", taint.text("value"))
    }
}
