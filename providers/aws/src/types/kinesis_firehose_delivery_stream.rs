//! `aws_kinesis_firehose_delivery_stream`: DescribeDeliveryStream and ListTagsForDeliveryStream for each managed stream,
//! ListDeliveryStreams for all others. Of destinations, S3 is read whole but for conversion, partitioning and
//! processing; of all others that they are the destination.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_kinesis_firehose_delivery_stream",
    permissions: &[
        "firehose:DescribeDeliveryStream",
        "firehose:ListDeliveryStreams",
        "firehose:ListTagsForDeliveryStream",
    ],
    identity: &[],
    rules: &[
        Rule { pattern: "version_id", kind: RuleKind::Volatile("changes with every change, and with nothing else") },
        Rule { pattern: "splunk_configuration.*.hec_token", kind: RuleKind::Sensitive },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::FIREHOSE;

    /// What a destination is called in the answer and in Terraform.
    const DESTINATIONS: &[(&str, &str)] = &[
        ("AmazonOpenSearchServerlessDestinationDescription", "opensearchserverless"),
        ("AmazonopensearchserviceDestinationDescription", "opensearch"),
        ("ElasticsearchDestinationDescription", "elasticsearch"),
        ("HttpEndpointDestinationDescription", "http_endpoint"),
        ("IcebergDestinationDescription", "iceberg"),
        ("RedshiftDestinationDescription", "redshift"),
        ("SnowflakeDestinationDescription", "snowflake"),
        ("SplunkDestinationDescription", "splunk"),
        ("ExtendedS3DestinationDescription", "extended_s3"),
    ];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            for name in names(place).await? {
                // Without an account number the ARN, by which streams are known, cannot be told.
                let Some(arn) = place.arn_of("firehose", &format!("deliverystream/{name}")) else { break };
                if !batch.requests(&arn) {
                    batch.add(&arn, Origin::Created, || Object::new().value("id", arn.as_str()).value("name", name));
                }
            }
        }
        let wanted: Vec<(String, String)> = batch
            .ids()
            .into_iter()
            .map(|arn| {
                let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
                (arn, name)
            })
            .collect();
        let answers = concurrently(wanted, |(arn, name)| async move {
            let ask = |operation| place.call(&FIREHOSE, Ask::of(operation).with("DeliveryStreamName", name.as_str()));
            let answers = tokio::join!(ask("DescribeDeliveryStream"), ask("ListTagsForDeliveryStream"));
            (arn, answers)
        })
        .await;
        for (arn, (answer, tags)) in answers {
            let Some(answer) = batch.existing(&arn, answer, &["ResourceNotFoundException"]) else { continue };
            let Some(stream) = answer.at("DeliveryStreamDescription") else { continue };
            let object = batch.detailed(&arn, convert(&arn, stream), tags, |object, answer| {
                object.tag_list(answer.list("Tags"), ("Key", "Value"))
            });
            batch.found(&arn, || object);
        }
        Ok(())
    }

    /// The names of all streams. The list has no token: it goes on after the last name.
    async fn names(place: &Place) -> Result<Vec<String>, Gap> {
        let mut names: Vec<String> = Vec::new();
        loop {
            let ask = Ask::of("ListDeliveryStreams").with("Limit", 100);
            let ask = match names.last() {
                Some(last) => ask.with("ExclusiveStartDeliveryStreamName", last.as_str()),
                None => ask,
            };
            let page = place.call(&FIREHOSE, ask).await?;
            let listed = page.texts("DeliveryStreamNames");
            let more = page.flag("HasMoreDeliveryStreams") == Some(true) && !listed.is_empty();
            let known = listed.first().is_some_and(|first| names.iter().any(|name| name == first));
            names.extend(listed.iter().map(|name| (*name).to_owned()));
            if !more || known {
                return Ok(names);
            }
        }
    }

    fn convert(arn: &str, stream: &Value) -> Object {
        let destination = stream.list("Destinations").first();
        let kind = destination
            .and_then(|one| DESTINATIONS.iter().find(|(answered, _)| one.at(answered).is_some_and(Value::is_object)));
        let encryption = stream.at("DeliveryStreamEncryptionConfiguration");
        let status = encryption.and_then(|one| one.text("Status"));
        let encryption = Object::new()
            .value("enabled", status == Some("ENABLED"))
            .text("key_arn", encryption.and_then(|one| one.text("KeyARN")))
            .text("key_type", encryption.and_then(|one| one.text("KeyType")).or(Some("AWS_OWNED_CMK")));
        let source = stream.at("Source.KinesisStreamSourceDescription").map(|one| {
            Object::new().text("kinesis_stream_arn", one.text("KinesisStreamARN")).text("role_arn", one.text("RoleARN"))
        });
        let object = Object::new()
            .value("id", arn)
            .text("arn", stream.text("DeliveryStreamARN"))
            .text_if_known("destination", kind.map(|(_, kind)| *kind))
            .text("destination_id", destination.and_then(|one| one.text("DestinationId")))
            .blocks("kinesis_source_configuration", source)
            .text("name", stream.text("DeliveryStreamName"))
            .blocks("server_side_encryption", [encryption]);
        match (kind, destination.and_then(|one| one.at("ExtendedS3DestinationDescription"))) {
            (Some((_, "extended_s3")), Some(bucket)) => object.blocks("extended_s3_configuration", [extended(bucket)]),
            _ => object,
        }
    }

    fn extended(one: &Value) -> Object {
        let backup = one.at("S3BackupDescription").filter(|one| one.is_object()).map(plain);
        plain(one)
            .text("custom_time_zone", one.text("CustomTimeZone").or(Some("UTC")))
            .text("file_extension", one.text("FileExtension"))
            .blocks("s3_backup_configuration", backup)
            .text("s3_backup_mode", one.text("S3BackupMode"))
    }

    /// What an S3 destination and its backup share.
    fn plain(one: &Value) -> Object {
        let logging = one.at("CloudWatchLoggingOptions").filter(|one| one.is_object()).map(|one| {
            Object::new()
                .flag("enabled", one.flag("Enabled"))
                .text("log_group_name", one.text("LogGroupName"))
                .text("log_stream_name", one.text("LogStreamName"))
        });
        Object::new()
            .text("bucket_arn", one.text("BucketARN"))
            .number("buffering_interval", one.number("BufferingHints.IntervalInSeconds"))
            .number("buffering_size", one.number("BufferingHints.SizeInMBs"))
            .blocks("cloudwatch_logging_options", logging)
            .text("compression_format", one.text("CompressionFormat"))
            .text("error_output_prefix", one.text("ErrorOutputPrefix"))
            .text("kms_key_arn", one.text("EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN"))
            .text("prefix", one.text("Prefix"))
            .text("role_arn", one.text("RoleARN"))
    }
}
