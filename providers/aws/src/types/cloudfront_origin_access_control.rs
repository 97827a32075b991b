//! `aws_cloudfront_origin_access_control`: ListOriginAccessControls for all.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudfront_origin_access_control",
    permissions: &["cloudfront:ListOriginAccessControls"],
    identity: &[],
    rules: &[Rule { pattern: "etag", kind: RuleKind::Volatile("changes with every change, and with nothing else") }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::CLOUDFRONT;

    const CONTROLS: Paging =
        Paging { items: "Items.OriginAccessControlSummary", answered: "NextMarker", asked: "Marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("ListOriginAccessControls").at("/2020-05-31/origin-access-control").with("MaxItems", "100");
        for control in place.list(&CLOUDFRONT, ask, CONTROLS).await?.iter() {
            let Some(id) = control.text("Id") else { continue };
            batch.add(id, Origin::Created, || convert(place, id, control));
        }
        Ok(())
    }

    fn convert(place: &Place, id: &str, control: &Value) -> Object {
        let arn = place.account_arn("cloudfront", &format!("origin-access-control/{id}"));
        Object::new()
            .value("id", id)
            .text_if_known("arn", arn.as_deref())
            .text("description", control.text("Description"))
            .text("name", control.text("Name"))
            .text("origin_access_control_origin_type", control.text("OriginAccessControlOriginType"))
            .text("signing_behavior", control.text("SigningBehavior"))
            .text("signing_protocol", control.text("SigningProtocol"))
    }
}
