//! `aws_lb_target_group_attachment`: DescribeTargetHealth for each group that a managed target belongs to. A group's other
//! targets come and go with what runs, so they are not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_lb_target_group_attachment",
    permissions: PERMISSIONS,
    identity: &[],
    rules: &[],
    owners: &[],
};

pub(super) const PERMISSIONS: &[&str] = &["elasticloadbalancing:DescribeTargetHealth"];

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ELB;
    use std::collections::BTreeMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let recorded = batch.all_recorded();
        let mut groups: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (id, [group, target]) in batch.identified(["target_group_arn", "target_id"]) {
            groups.entry(group).or_default().push((id, target));
        }
        let answers = concurrently(groups, |(group, wanted)| async move {
            let ask = Ask::of("DescribeTargetHealth").with("TargetGroupArn", group.as_str());
            (group, wanted, place.call(&ELB, ask).await)
        })
        .await;
        for (group, wanted, answer) in answers {
            for (id, target) in wanted {
                let answer = answer.as_ref().map_err(Failure::clone);
                let Some(answer) = batch.existing(&id, answer, &["TargetGroupNotFound"]) else { continue };
                let port = recorded.get(id.as_str()).and_then(|one| one.number("port")).filter(|port| *port != 0);
                let known = answer.list("DescribeTargetHealthResult.TargetHealthDescriptions.member").iter();
                let one = known.filter(|one| registered(one)).find(|one| {
                    one.text("Target.Id") == Some(&target)
                        && port.is_none_or(|port| one.number("Target.Port") == Some(port))
                });
                if let Some(one) = one {
                    batch.found(&id, || convert(&id, &group, &target, port, one));
                }
            }
        }
        Ok(())
    }

    /// A target that is not registered, or on its way out, is told of for a while (ELB API Reference, TargetHealth).
    fn registered(one: &Value) -> bool {
        !matches!(one.text("TargetHealth.Reason"), Some("Target.NotRegistered" | "Target.DeregistrationInProgress"))
    }

    fn convert(id: &str, group: &str, target: &str, port: Option<i64>, one: &Value) -> Object {
        Object::new()
            .value("id", id)
            .text_if_known("availability_zone", one.text("Target.AvailabilityZone"))
            .number_or_null("port", port)
            .value("target_group_arn", group)
            .value("target_id", target)
    }
}
