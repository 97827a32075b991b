//! `aws_organizations_policy_attachment`: ListTargetsForPolicy for each policy that a managed attachment belongs to. Those
//! of other policies are not sought. Not read: `skip_destroy`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_organizations_policy_attachment",
    permissions: &["organizations:ListTargetsForPolicy"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use service::ORGANIZATIONS;
    use std::collections::BTreeMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut policies: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (id, [policy, target]) in batch.identified(["policy_id", "target_id"]) {
            policies.entry(policy).or_default().push((id, target));
        }
        let answers = concurrently(policies, |(policy, wanted)| async move {
            let ask = Ask::of("ListTargetsForPolicy").with("PolicyId", policy.as_str());
            (policy, wanted, place.pages(&ORGANIZATIONS, ask, Paging::by("Targets", "NextToken")).await)
        })
        .await;
        for (policy, wanted, targets) in answers {
            for (id, target) in wanted {
                let targets = targets.as_ref().map_err(Failure::clone);
                let Some(targets) = batch.existing(&id, targets, &["PolicyNotFoundException"]) else { continue };
                if targets.iter().any(|one| one.text("TargetId") == Some(&target)) {
                    let object = Object::new().value("id", id.as_str());
                    batch.found(&id, || object.value("policy_id", policy.as_str()).value("target_id", target));
                }
            }
        }
        Ok(())
    }
}
