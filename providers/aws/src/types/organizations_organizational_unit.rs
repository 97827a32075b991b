//! `aws_organizations_organizational_unit`: DescribeOrganizationalUnit, ListParents, ListAccountsForParent and
//! ListTagsForResource for each managed one. Units are listed by their parents, so those in no state are not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_organizations_organizational_unit",
    permissions: &[
        "organizations:DescribeOrganizationalUnit",
        "organizations:ListAccountsForParent",
        "organizations:ListParents",
        "organizations:ListTagsForResource",
    ],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::organizations::{parent_and_tags, with_parent, with_tags};
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ORGANIZATIONS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ids = batch.ids();
        let mut details = parent_and_tags(place, batch, ids.iter().map(String::as_str)).await;
        let answers = concurrently(ids, |id| async move {
            let unit = Ask::of("DescribeOrganizationalUnit").with("OrganizationalUnitId", id.as_str());
            let accounts = Ask::of("ListAccountsForParent").with("ParentId", id.as_str());
            let answers = tokio::join!(
                place.call(&ORGANIZATIONS, unit),
                place.pages(&ORGANIZATIONS, accounts, Paging::by("Accounts", "NextToken")),
            );
            (id, answers)
        })
        .await;
        for (id, (answer, accounts)) in answers {
            let Some(answer) = batch.existing(&id, answer, &["OrganizationalUnitNotFoundException"]) else { continue };
            let Some(unit) = answer.at("OrganizationalUnit") else { continue };
            let mut object =
                Object::new().value("id", id.as_str()).text("arn", unit.text("Arn")).text("name", unit.text("Name"));
            object = batch.detailed(&id, object, accounts, |object, accounts| {
                object.blocks("accounts", accounts.iter().map(account))
            });
            if let Some((parent, tags)) = details.remove(&id) {
                object = batch.detailed(&id, object, parent, with_parent);
                object = batch.detailed(&id, object, tags, with_tags);
            }
            batch.found(&id, || object);
        }
        Ok(())
    }

    fn account(account: &Value) -> Object {
        Object::new()
            .text("arn", account.text("Arn"))
            .text("email", account.text("Email"))
            .text("id", account.text("Id"))
            .text("name", account.text("Name"))
    }
}
