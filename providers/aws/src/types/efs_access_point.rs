//! `aws_efs_access_point`: DescribeAccessPoints for all.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_efs_access_point",
    permissions: &["elasticfilesystem:DescribeAccessPoints"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::EFS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribeAccessPoints").at("/2015-02-01/access-points").with("MaxResults", 1000);
        for point in place.list(&EFS, ask, Paging::by("AccessPoints", "NextToken")).await?.iter() {
            let Some(id) = point.text("AccessPointId") else { continue };
            if !matches!(point.text("LifeCycleState"), Some("deleting" | "deleted")) {
                batch.add(id, Origin::Created, || convert(place, id, point));
            }
        }
        Ok(())
    }

    fn convert(place: &Place, id: &str, point: &Value) -> Object {
        let system = point.text("FileSystemId").unwrap_or_default();
        let user = point.at("PosixUser").map(|user| {
            let groups: Vec<Value> = user.list("SecondaryGids").to_vec();
            Object::new()
                .number("gid", user.number("Gid"))
                .value("secondary_gids", groups)
                .number("uid", user.number("Uid"))
        });
        let root = point.at("RootDirectory").map(|root| {
            let creation = root.at("CreationInfo").filter(|one| one.is_object()).map(|one| {
                Object::new()
                    .number("owner_gid", one.number("OwnerGid"))
                    .number("owner_uid", one.number("OwnerUid"))
                    .text("permissions", one.text("Permissions"))
            });
            Object::new().blocks("creation_info", creation).text("path", root.text("Path"))
        });
        Object::new()
            .value("id", id)
            .text("arn", point.text("AccessPointArn"))
            .text_if_known(
                "file_system_arn",
                place.arn_of("elasticfilesystem", &format!("file-system/{system}")).as_deref(),
            )
            .value("file_system_id", system)
            .text("owner_id", point.text("OwnerId"))
            .blocks("posix_user", user)
            .blocks("root_directory", root)
            .tag_list(point.list("Tags"), ("Key", "Value"))
    }
}
