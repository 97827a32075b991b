//! `aws_iam_group_policy`: GetAccountAuthorizationDetails for all.
//! Not read: `name_prefix`, which follows from `name`.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_group_policy",
    permissions: &["iam:GetAccountAuthorizationDetails"],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        iam::GROUP.read_inline(place, batch).await
    }
}
