//! `aws_db_subnet_group`: DescribeDBSubnetGroups for all, ListTagsForResource for each managed one.
//! Not read: `name_prefix`, which follows from `name`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_db_subnet_group",
    permissions: &["rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::databases::{list, tagged_by, tags};
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let groups = list(
            place,
            "DescribeDBSubnetGroups",
            "DescribeDBSubnetGroupsResult.DBSubnetGroups.DBSubnetGroup",
            "DescribeDBSubnetGroupsResult.Marker",
        )
        .await?;
        let arns = groups.iter().filter_map(|one| {
            Some((one.text("DBSubnetGroupName")?.to_owned(), one.text("DBSubnetGroupArn")?.to_owned()))
        });
        let mut tags = tags(place, batch, arns).await;
        for group in groups.iter() {
            let Some(name) = group.text("DBSubnetGroupName") else { continue };
            let mut object = convert(name, group);
            if let Some(answer) = tags.remove(name) {
                object = batch.detailed(name, object, answer, tagged_by);
            }
            let origin =
                if name.starts_with("default.") || name == "default" { Origin::Default } else { Origin::Created };
            batch.add(name, origin, || object);
        }
        Ok(())
    }

    fn convert(name: &str, group: &Value) -> Object {
        let texts = |path: &str, name: &str| -> Vec<String> {
            group.list(path).iter().filter_map(|one| one.text(name)).map(str::to_owned).collect()
        };
        let networks: Vec<&str> = group.list("SupportedNetworkTypes.member").iter().filter_map(Value::as_str).collect();
        Object::new()
            .value("id", name)
            .text("arn", group.text("DBSubnetGroupArn"))
            .text("description", group.text("DBSubnetGroupDescription"))
            .value("name", name)
            .texts("subnet_ids", texts("Subnets.Subnet", "SubnetIdentifier"))
            .texts("supported_network_types", networks)
            .text("vpc_id", group.text("VpcId"))
    }
}
