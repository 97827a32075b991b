//! `aws_cloudwatch_event_bus`: ListEventBuses for all; DescribeEventBus and ListTagsForResource for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudwatch_event_bus",
    permissions: &["events:DescribeEventBus", "events:ListEventBuses", "events:ListTagsForResource"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::events;
    use crate::sdk::prelude::*;
    use service::EVENTS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            for bus in events::buses(place).await?.iter() {
                let Some(name) = bus.text("Name").filter(|name| !batch.requests(name)) else { continue };
                let origin = if name == events::DEFAULT_BUS { Origin::Default } else { Origin::Created };
                batch.add(name, origin, || {
                    Object::new().value("id", name).value("name", name).text("arn", bus.text("Arn"))
                });
            }
        }
        let answers = concurrently(batch.ids(), |name| async move {
            let bus = place.call(&EVENTS, Ask::of("DescribeEventBus").with("Name", name.as_str())).await;
            let arn = bus.as_ref().ok().and_then(|bus| bus.text("Arn")).map(str::to_owned);
            let tags = match arn {
                Some(arn) => Some(events::tags(place, &arn).await),
                None => None,
            };
            (name, bus, tags)
        })
        .await;
        for (name, bus, tags) in answers {
            let Some(bus) = batch.existing(&name, bus, events::ABSENT) else { continue };
            let dead_letters = bus.text("DeadLetterConfig.Arn").map(|arn| Object::new().value("arn", arn));
            let mut object = Object::new()
                .value("id", name.as_str())
                .text("arn", bus.text("Arn"))
                .blocks("dead_letter_config", dead_letters)
                .text("description", bus.text("Description"))
                .text("kms_key_identifier", bus.text("KmsKeyIdentifier"))
                .value("name", name.as_str());
            if let Some(tags) = tags {
                object = batch.detailed(&name, object, tags, events::tagged);
            }
            batch.found(&name, || object);
        }
        Ok(())
    }
}
