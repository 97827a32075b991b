//! `aws_ecr_repository_policy`: GetRepositoryPolicy for each managed one.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ecr_repository_policy",
    permissions: &["ecr:GetRepositoryPolicy"],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use service::ECR;

    const ABSENT: &[&str] = &["RepositoryPolicyNotFoundException", "RepositoryNotFoundException"];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let answers = concurrently(batch.ids(), |name| async move {
            let answer = place.call(&ECR, Ask::of("GetRepositoryPolicy").with("repositoryName", name.as_str())).await;
            (name, answer)
        })
        .await;
        for (name, answer) in answers {
            let Some(answer) = batch.existing(&name, answer, ABSENT) else { continue };
            batch.found(&name, || {
                Object::new()
                    .value("id", name.as_str())
                    .text("policy", answer.text("policyText"))
                    .text("registry_id", answer.text("registryId"))
                    .value("repository", name.as_str())
            });
        }
        Ok(())
    }
}
