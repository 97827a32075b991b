//! `aws_organizations_account`: ListAccounts for all; ListParents and ListTagsForResource for each managed one.
//! Not read: what only a creation knows (`role_name`, `iam_user_access_to_billing`, `create_govcloud`, `close_on_deletion`).

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_organizations_account",
    permissions: &["organizations:ListAccounts", "organizations:ListParents", "organizations:ListTagsForResource"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::organizations::{parent_and_tags, with_parent, with_tags};
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::ORGANIZATIONS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.instances().is_empty() {
            return Ok(());
        }
        let accounts = place.list(&ORGANIZATIONS, Ask::of("ListAccounts"), Paging::by("Accounts", "NextToken")).await?;
        let mut details = parent_and_tags(place, batch, accounts.iter().filter_map(|one| one.text("Id"))).await;
        for account in accounts.iter() {
            // A closed account stays in the list for ninety days.
            let Some(id) = account.text("Id").filter(|_| account.text("Status") != Some("SUSPENDED")) else { continue };
            let mut object = convert(id, account);
            if let Some((parent, tags)) = details.remove(id) {
                object = batch.detailed(id, object, parent, with_parent);
                object = batch.detailed(id, object, tags, with_tags);
            }
            // The account that manages the organization was there before it; ARNs name it.
            let manager = account.text("Arn").and_then(|arn| arn.split(':').nth(4)) == Some(id);
            batch.add(id, if manager { Origin::Default } else { Origin::Created }, || object);
        }
        Ok(())
    }

    fn convert(id: &str, account: &Value) -> Object {
        Object::new()
            .value("id", id)
            .text("arn", account.text("Arn"))
            .text("email", account.text("Email"))
            .text("joined_method", account.text("JoinedMethod"))
            .text_if_known("joined_timestamp", of_seconds(account.at("JoinedTimestamp")).as_deref())
            .text("name", account.text("Name"))
            .text("status", account.text("Status"))
    }
}
