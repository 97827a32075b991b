//! `aws_dynamodb_table`: DescribeTable, DescribeTimeToLive, DescribeContinuousBackups and ListTagsOfResource for each managed
//! table, for there is no bulk form, and ListTables for all others.
//! Not read: `replica`, which other regions hold, and what only a creation knows (`restore_…`, `import_table`).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_dynamodb_table",
    permissions: &[
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:ListTables",
        "dynamodb:ListTagsOfResource",
    ],
    identity: &[],
    rules: &[
        // A table that was never asked about has neither said nor unsaid it.
        Rule { pattern: "point_in_time_recovery.*.recovery_period_in_days", kind: RuleKind::Default("0") },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::DYNAMODB;

    const ABSENT: &[&str] = &["ResourceNotFoundException", "TableNotFoundException"];

    const TABLES: Paging =
        Paging { items: "TableNames", answered: "LastEvaluatedTableName", asked: "ExclusiveStartTableName" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            for name in place.list(&DYNAMODB, Ask::of("ListTables"), TABLES).await?.iter().filter_map(Value::as_str) {
                if !batch.requests(name) {
                    batch.add(name, Origin::Created, || Object::new().value("id", name).value("name", name));
                }
            }
        }
        let answers = concurrently(batch.ids(), |name| async move {
            let ask = |operation| place.call(&DYNAMODB, Ask::of(operation).with("TableName", name.as_str()));
            let table = ask("DescribeTable").await;
            let arn =
                table.as_ref().ok().and_then(|answer| answer.text("Table.TableArn")).unwrap_or_default().to_owned();
            let details = match arn.is_empty() {
                true => None,
                false => {
                    let tags = place.call(&DYNAMODB, Ask::of("ListTagsOfResource").with("ResourceArn", arn));
                    Some(tokio::join!(ask("DescribeTimeToLive"), ask("DescribeContinuousBackups"), tags))
                }
            };
            (name, table, details)
        })
        .await;
        for (name, table, details) in answers {
            let Some(answer) = batch.existing(&name, table, ABSENT) else { continue };
            let Some(((ttl, backups, tags), table)) = details.zip(answer.at("Table")) else { continue };
            let object = convert(&name, table);
            let object =
                batch.detailed(&name, object, ttl, |object, answer| object.blocks("ttl", [time_to_live(answer)]));
            let object = batch.detailed(&name, object, backups, |object, answer| {
                object.blocks("point_in_time_recovery", [recovery(answer)])
            });
            let object = batch
                .detailed(&name, object, tags, |object, answer| object.tag_list(answer.list("Tags"), ("Key", "Value")));
            batch.found(&name, || object);
        }
        Ok(())
    }

    fn time_to_live(answer: &Value) -> Object {
        let on = matches!(answer.text("TimeToLiveDescription.TimeToLiveStatus"), Some("ENABLED" | "ENABLING"));
        Object::new().text("attribute_name", answer.text("TimeToLiveDescription.AttributeName")).value("enabled", on)
    }

    fn recovery(answer: &Value) -> Object {
        let point = "ContinuousBackupsDescription.PointInTimeRecoveryDescription";
        Object::new()
            .value("enabled", answer.text(&format!("{point}.PointInTimeRecoveryStatus")) == Some("ENABLED"))
            .number("recovery_period_in_days", answer.number(&format!("{point}.RecoveryPeriodInDays")))
    }

    fn convert(name: &str, table: &Value) -> Object {
        let attributes = table.list("AttributeDefinitions").iter().map(|attribute| {
            Object::new().text("name", attribute.text("AttributeName")).text("type", attribute.text("AttributeType"))
        });
        let on_demand = table.text("BillingModeSummary.BillingMode") == Some("PAY_PER_REQUEST");
        let encryption = table
            .at("SSEDescription")
            .filter(|sse| matches!(sse.text("Status"), Some("ENABLED" | "ENABLING")))
            .map(|sse| Object::new().value("enabled", true).text("kms_key_arn", sse.text("KMSMasterKeyArn")));
        let locals = table
            .list("LocalSecondaryIndexes")
            .iter()
            .map(|index| projected(index).text("range_key", key(index, "RANGE")));
        let globals = table.list("GlobalSecondaryIndexes").iter().map(|index| {
            projected(index)
                .text("hash_key", key(index, "HASH"))
                .text("range_key", key(index, "RANGE"))
                .number("read_capacity", index.number("ProvisionedThroughput.ReadCapacityUnits"))
                .number("write_capacity", index.number("ProvisionedThroughput.WriteCapacityUnits"))
                .blocks("on_demand_throughput", throughput(index))
        });
        Object::new()
            .value("id", name)
            .value("name", name)
            .text("arn", table.text("TableArn"))
            .blocks("attribute", attributes)
            .value("billing_mode", if on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" })
            .flag("deletion_protection_enabled", table.flag("DeletionProtectionEnabled"))
            .blocks("global_secondary_index", globals)
            .text("hash_key", key(table, "HASH"))
            .blocks("local_secondary_index", locals)
            .blocks("on_demand_throughput", throughput(table))
            .text("range_key", key(table, "RANGE"))
            .number("read_capacity", table.number("ProvisionedThroughput.ReadCapacityUnits"))
            .blocks("server_side_encryption", encryption)
            .text("stream_arn", table.text("LatestStreamArn"))
            .flag("stream_enabled", table.flag("StreamSpecification.StreamEnabled"))
            .text("stream_label", table.text("LatestStreamLabel"))
            .text("stream_view_type", table.text("StreamSpecification.StreamViewType"))
            .text("table_class", table.text("TableClassSummary.TableClass").or(Some("STANDARD")))
            .number("write_capacity", table.number("ProvisionedThroughput.WriteCapacityUnits"))
    }

    fn key<'t>(table: &'t Value, kind: &str) -> Option<&'t str> {
        table.list("KeySchema").iter().find(|key| key.text("KeyType") == Some(kind))?.text("AttributeName")
    }

    fn projected(index: &Value) -> Object {
        let others: Vec<&str> = index.list("Projection.NonKeyAttributes").iter().filter_map(Value::as_str).collect();
        Object::new()
            .text("name", index.text("IndexName"))
            .texts("non_key_attributes", others)
            .text("projection_type", index.text("Projection.ProjectionType"))
    }

    fn throughput(table: &Value) -> Option<Object> {
        let limits = table.at("OnDemandThroughput").filter(|limits| limits.is_object())?;
        Some(
            Object::new()
                .number("max_read_request_units", limits.number("MaxReadRequestUnits"))
                .number("max_write_request_units", limits.number("MaxWriteRequestUnits")),
        )
    }
}
