//! `aws_db_parameter_group`: DescribeDBParameterGroups for all; DescribeDBParameters and ListTagsForResource for
//! each managed one.
//! Not read: `name_prefix`, which follows from `name`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_db_parameter_group",
    permissions: &["rds:DescribeDBParameterGroups", "rds:DescribeDBParameters", "rds:ListTagsForResource"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::databases::{list, parameters, tagged_by, tags, with_parameters};
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let groups = list(
            place,
            "DescribeDBParameterGroups",
            "DescribeDBParameterGroupsResult.DBParameterGroups.DBParameterGroup",
            "DescribeDBParameterGroupsResult.Marker",
        )
        .await?;
        let arns = groups.iter().filter_map(|one| {
            Some((one.text("DBParameterGroupName")?.to_owned(), one.text("DBParameterGroupArn")?.to_owned()))
        });
        let mut tags = tags(place, batch, arns).await;
        let paths = (
            "DBParameterGroupName",
            "DescribeDBParametersResult.Parameters.Parameter",
            "DescribeDBParametersResult.Marker",
        );
        let mut set = parameters(place, tags.keys().cloned().collect(), "DescribeDBParameters", paths).await;
        for group in groups.iter() {
            let Some(name) = group.text("DBParameterGroupName") else { continue };
            let mut object = convert(name, group);
            if let Some(answer) = tags.remove(name) {
                object = batch.detailed(name, object, answer, tagged_by);
            }
            if let Some(set) = set.remove(name) {
                object = batch.detailed(name, object, set, |object, set| with_parameters(object, set));
            }
            let origin =
                if name.starts_with("default.") || name == "default" { Origin::Default } else { Origin::Created };
            batch.add(name, origin, || object);
        }
        Ok(())
    }

    fn convert(name: &str, group: &Value) -> Object {
        Object::new()
            .value("id", name)
            .text("arn", group.text("DBParameterGroupArn"))
            .text("description", group.text("Description"))
            .text("family", group.text("DBParameterGroupFamily"))
            .value("name", name)
    }
}
