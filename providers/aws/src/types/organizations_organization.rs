//! `aws_organizations_organization`: DescribeOrganization, ListAccounts and ListRoots. An account is in one organization at
//! most, which need not be its own: one that is in no state is not reported.
//! Not read: `aws_service_access_principals`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_organizations_organization",
    permissions: &["organizations:DescribeOrganization", "organizations:ListAccounts", "organizations:ListRoots"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ORGANIZATIONS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        // Nothing is asked of an account that may well be in no organization.
        let Some(instance) = batch.instances().first() else { return Ok(()) };
        let answer = place.call(&ORGANIZATIONS, Ask::of("DescribeOrganization")).await;
        let Some(answer) = batch.existing(instance.id, answer, &["AWSOrganizationsNotInUseException"]) else {
            return Ok(());
        };
        let Some(one) = answer.at("Organization") else { return Ok(()) };
        let id = one.text("Id").unwrap_or_default();
        let accounts = place.list(&ORGANIZATIONS, Ask::of("ListAccounts"), Paging::by("Accounts", "NextToken")).await?;
        let roots = place.list(&ORGANIZATIONS, Ask::of("ListRoots"), Paging::by("Roots", "NextToken")).await?;
        batch.found(id, || convert(id, one, &accounts, &roots));
        Ok(())
    }

    fn convert(id: &str, one: &Value, accounts: &[Value], roots: &[Value]) -> Object {
        let account = |account: &Value| {
            Object::new()
                .text("arn", account.text("Arn"))
                .text("email", account.text("Email"))
                .text("id", account.text("Id"))
                .text("name", account.text("Name"))
                .text("status", account.text("Status"))
        };
        let manager = one.text("MasterAccountId");
        let others = accounts.iter().filter(|account| account.text("Id") != manager);
        let own = accounts.iter().find(|account| account.text("Id") == manager);
        let enabled = |root: &Value| -> Vec<String> {
            let kinds = root.list("PolicyTypes").iter().filter(|kind| kind.text("Status") == Some("ENABLED"));
            kinds.filter_map(|kind| kind.text("Type").map(str::to_owned)).collect()
        };
        let root = |root: &Value| {
            let kinds = root
                .list("PolicyTypes")
                .iter()
                .map(|kind| Object::new().text("status", kind.text("Status")).text("type", kind.text("Type")));
            Object::new()
                .text("arn", root.text("Arn"))
                .text("id", root.text("Id"))
                .text("name", root.text("Name"))
                .blocks("policy_types", kinds)
        };
        Object::new()
            .value("id", id)
            .blocks("accounts", accounts.iter().map(account))
            .text("arn", one.text("Arn"))
            .texts("enabled_policy_types", roots.first().map(enabled).unwrap_or_default())
            .text("feature_set", one.text("FeatureSet"))
            .text("master_account_arn", one.text("MasterAccountArn"))
            .text("master_account_email", one.text("MasterAccountEmail"))
            .text("master_account_id", manager)
            .text_if_known("master_account_name", own.and_then(|account| account.text("Name")))
            .blocks("non_master_accounts", others.map(account))
            .blocks("roots", roots.iter().map(root))
    }
}
