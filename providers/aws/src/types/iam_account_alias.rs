//! `aws_iam_account_alias`: ListAccountAliases. An account has one at most.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_account_alias",
    permissions: &["iam:ListAccountAliases"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::IAM;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let answer = place.call(&IAM, Ask::of("ListAccountAliases")).await?;
        let aliases = answer.list("ListAccountAliasesResult.AccountAliases.member");
        let Some(alias) = aliases.iter().find_map(Value::as_str) else { return Ok(()) };
        let object = || Object::new().value("id", alias).value("account_alias", alias);
        // Another alias is the same object by another name.
        for instance in batch.instances() {
            batch.found(instance.id, object);
        }
        if batch.instances().is_empty() {
            batch.add(alias, Origin::Created, object);
        }
        Ok(())
    }
}
