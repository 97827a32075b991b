//! `aws_eks_addon`: DescribeAddon for each managed one, ListAddons of each cluster for all others.
//! Not read: what only Terraform knows (`preserve`, `resolve_conflicts…`), and `pod_identity_association`.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_eks_addon",
    permissions: &["eks:DescribeAddon", "eks:ListAddons", "eks:ListClusters"],
    identity: &[],
    rules: &[
        Rule { pattern: "configuration_values", kind: RuleKind::Json },
        Rule {
            pattern: "modified_at",
            kind: RuleKind::Volatile("moves with every change, the service's own included"),
        },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::clusters::{self, Part};
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;

    static ADDON: Part = Part {
        describe: "DescribeAddon",
        list: "ListAddons",
        word: "addons",
        member: "addon",
        names: "addons",
        name: "addon_name",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        clusters::read(place, batch, &ADDON, convert).await
    }

    fn convert(one: &Value) -> Object {
        Object::new()
            .text("addon_name", one.text("addonName"))
            .text("addon_version", one.text("addonVersion"))
            .text("arn", one.text("addonArn"))
            .text("cluster_name", one.text("clusterName"))
            .text("configuration_values", one.text("configurationValues"))
            .text_if_known("created_at", of_seconds(one.at("createdAt")).as_deref())
            .text("service_account_role_arn", one.text("serviceAccountRoleArn"))
    }
}
