//! `aws_eks_fargate_profile`: DescribeFargateProfile for each managed one, ListFargateProfiles of each cluster for all
//! others.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_eks_fargate_profile",
    permissions: &["eks:DescribeFargateProfile", "eks:ListClusters", "eks:ListFargateProfiles"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::clusters::{self, Part};
    use crate::sdk::prelude::*;
    use serde_json::Value;

    static PROFILE: Part = Part {
        describe: "DescribeFargateProfile",
        list: "ListFargateProfiles",
        word: "fargate-profiles",
        member: "fargateProfile",
        names: "fargateProfileNames",
        name: "fargate_profile_name",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        clusters::read(place, batch, &PROFILE, convert).await
    }

    fn convert(one: &Value) -> Object {
        let selectors = one.list("selectors").iter().map(|selector| {
            Object::new().map("labels", selector.at("labels")).text("namespace", selector.text("namespace"))
        });
        Object::new()
            .text("arn", one.text("fargateProfileArn"))
            .text("cluster_name", one.text("clusterName"))
            .text("fargate_profile_name", one.text("fargateProfileName"))
            .text("pod_execution_role_arn", one.text("podExecutionRoleArn"))
            .blocks("selector", selectors)
            .text("status", one.text("status"))
            .texts("subnet_ids", one.texts("subnets"))
    }
}
