//! `aws_iam_instance_profile`: ListInstanceProfiles for all, GetInstanceProfile for each managed one.
//! Not read: `name_prefix`, which follows from `name`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_instance_profile",
    permissions: &["iam:GetInstanceProfile", "iam:ListInstanceProfiles"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::IAM;
    use std::collections::HashMap;

    const PROFILES: Paging = Paging {
        items: "ListInstanceProfilesResult.InstanceProfiles.member",
        answered: "ListInstanceProfilesResult.Marker",
        asked: "Marker",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let profiles = place.list(&IAM, Ask::of("ListInstanceProfiles").with("MaxItems", 1000), PROFILES).await?;
        let names = profiles.iter().filter_map(|profile| profile.text("InstanceProfileName"));
        let requested: Vec<String> = names.filter(|name| batch.requests(name)).map(str::to_owned).collect();
        let answers = concurrently(requested, |name| async move {
            let ask = Ask::of("GetInstanceProfile").with("InstanceProfileName", name.as_str());
            (name, place.call(&IAM, ask).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for profile in profiles.iter() {
            let name = profile.text("InstanceProfileName").unwrap_or_default();
            let mut object = convert(name, profile);
            if let Some(tags) = tags.remove(name) {
                object = batch.detailed(name, object, tags, |object, answer| {
                    object
                        .tag_list(answer.list("GetInstanceProfileResult.InstanceProfile.Tags.member"), ("Key", "Value"))
                });
            }
            batch.add(name, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(name: &str, profile: &Value) -> Object {
        Object::new()
            .value("id", name)
            .text("arn", profile.text("Arn"))
            .text("create_date", iam::time(profile.text("CreateDate")).as_deref())
            .value("name", name)
            .text("path", profile.text("Path"))
            .text("role", profile.list("Roles.member").first().and_then(|role| role.text("RoleName")))
            .text("unique_id", profile.text("InstanceProfileId"))
    }
}
