//! `aws_cloudwatch_dashboard`: GetDashboard for each managed one, ListDashboards for all others.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudwatch_dashboard",
    permissions: &["cloudwatch:GetDashboard", "cloudwatch:ListDashboards"],
    identity: &[],
    rules: &[Rule { pattern: "dashboard_body", kind: RuleKind::Json }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use service::CLOUDWATCH;

    const DASHBOARDS: Paging = Paging {
        items: "ListDashboardsResult.DashboardEntries.member",
        answered: "ListDashboardsResult.NextToken",
        asked: "NextToken",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            for entry in place.list(&CLOUDWATCH, Ask::of("ListDashboards"), DASHBOARDS).await?.iter() {
                let Some(name) = entry.text("DashboardName").filter(|name| !batch.requests(name)) else { continue };
                batch.add(name, Origin::Created, || {
                    Object::new()
                        .value("id", name)
                        .value("dashboard_name", name)
                        .text("dashboard_arn", entry.text("DashboardArn"))
                });
            }
        }
        let answers = concurrently(batch.ids(), |name| async move {
            let answer = place.call(&CLOUDWATCH, Ask::of("GetDashboard").with("DashboardName", name.as_str())).await;
            (name, answer)
        })
        .await;
        for (name, answer) in answers {
            let absent = ["DashboardNotFoundError", "ResourceNotFound", "ResourceNotFoundException"];
            let Some(answer) = batch.existing(&name, answer, &absent) else { continue };
            batch.found(&name, || {
                Object::new()
                    .value("id", name.as_str())
                    .text("dashboard_arn", answer.text("GetDashboardResult.DashboardArn"))
                    .text("dashboard_body", answer.text("GetDashboardResult.DashboardBody"))
                    .value("dashboard_name", name.as_str())
            });
        }
        Ok(())
    }
}
