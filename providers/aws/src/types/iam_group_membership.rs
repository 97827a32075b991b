//! `aws_iam_group_membership`: GetAccountAuthorizationDetails, whose users name their groups. A membership stands for all
//! members of a group, so one that is in no state is the group's.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_group_membership",
    permissions: &["iam:GetAccountAuthorizationDetails"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let (users, groups) = tokio::join!(iam::USER.all(place), iam::GROUP.all(place));
        let (users, groups) = (users?, groups?);
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let Some(group) = recorded.text("group") else {
                batch.unidentified(instance, "group");
                continue;
            };
            if !groups.iter().any(|one| iam::GROUP.name(one) == group) {
                continue;
            }
            let belongs = |user: &&Value| user.list("GroupList.member").iter().any(|name| name == group);
            let members = users.iter().filter(belongs).map(|user| iam::USER.name(user));
            let object = Object::new()
                .value("id", instance.id)
                .value("group", group)
                .text_if_known("name", recorded.text("name"))
                .texts("users", members);
            batch.found(instance.id, || object);
        }
        Ok(())
    }
}
