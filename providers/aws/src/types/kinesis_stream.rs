//! `aws_kinesis_stream`: DescribeStreamSummary and ListTagsForStream for each managed one, ListStreams for all others.
//! Not read: `enforce_consumer_deletion`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_kinesis_stream",
    permissions: &["kinesis:DescribeStreamSummary", "kinesis:ListStreams", "kinesis:ListTagsForStream"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::KINESIS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListStreams").with("Limit", 1000);
            for name in place
                .list(&KINESIS, ask, Paging::by("StreamNames", "NextToken"))
                .await?
                .iter()
                .filter_map(Value::as_str)
            {
                let Some(arn) = place.arn_of("kinesis", &format!("stream/{name}")) else { continue };
                if !batch.requests(&arn) {
                    batch.add(&arn, Origin::Created, || Object::new().value("id", arn.as_str()).value("name", name));
                }
            }
        }
        let answers = concurrently(batch.ids(), |arn| async move {
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            let ask = |operation| place.call(&KINESIS, Ask::of(operation).with("StreamName", name.as_str()));
            let answers = tokio::join!(ask("DescribeStreamSummary"), ask("ListTagsForStream"));
            (arn, answers)
        })
        .await;
        for (arn, (stream, tags)) in answers {
            let Some(answer) = batch.existing(&arn, stream, &["ResourceNotFoundException"]) else { continue };
            let Some(stream) = answer.at("StreamDescriptionSummary") else { continue };
            let object = convert(&arn, stream);
            let object = batch
                .detailed(&arn, object, tags, |object, answer| object.tag_list(answer.list("Tags"), ("Key", "Value")));
            batch.found(&arn, || object);
        }
        Ok(())
    }

    fn convert(arn: &str, stream: &Value) -> Object {
        let metrics = stream.list("EnhancedMonitoring").iter().flat_map(|one| one.list("ShardLevelMetrics"));
        let metrics: Vec<&str> = metrics.filter_map(Value::as_str).collect();
        let mode = stream.text("StreamModeDetails.StreamMode").unwrap_or("PROVISIONED");
        let object = Object::new()
            .value("id", arn)
            .value("arn", arn)
            .text("encryption_type", stream.text("EncryptionType").or(Some("NONE")))
            .text("kms_key_id", stream.text("KeyId"))
            .text("name", stream.text("StreamName"))
            .number("retention_period", stream.number("RetentionPeriodHours"))
            .texts("shard_level_metrics", metrics)
            .blocks("stream_mode_details", [Object::new().value("stream_mode", mode)]);
        // On demand the service chooses the number of shards, and Terraform records none.
        match mode {
            "PROVISIONED" => object.number("shard_count", stream.number("OpenShardCount")),
            _ => object,
        }
    }
}
