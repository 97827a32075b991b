//! `aws_ecs_cluster`: DescribeClusters, a hundred a call, for the managed ones; ListClusters for all others.
//! An inactive cluster is gone.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ecs_cluster",
    permissions: &["ecs:DescribeClusters", "ecs:ListClusters"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Value, json};
    use service::ECS;

    /// The most clusters that one call describes.
    const CLUSTERS_A_CALL: usize = 100;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut wanted = batch.ids();
        if batch.wants_unrequested() {
            let listed = place.list(&ECS, Ask::of("ListClusters"), Paging::by("clusterArns", "nextToken")).await?;
            wanted
                .extend(listed.iter().filter_map(Value::as_str).filter(|arn| !batch.requests(arn)).map(str::to_owned));
        }
        let chunks: Vec<Vec<String>> = wanted.chunks(CLUSTERS_A_CALL).map(<[_]>::to_vec).collect();
        let answers = concurrently(chunks, |arns| async move {
            let include = json!(["CONFIGURATIONS", "SETTINGS", "TAGS"]);
            let ask = Ask::of("DescribeClusters").with("clusters", json!(arns)).with("include", include);
            place.call(&ECS, ask).await
        })
        .await;
        for answer in answers {
            for cluster in answer?.list("clusters") {
                let Some(arn) = cluster.text("clusterArn").filter(|_| cluster.text("status") != Some("INACTIVE"))
                else {
                    continue;
                };
                batch.add(arn, Origin::Created, || convert(arn, cluster));
            }
        }
        Ok(())
    }

    fn convert(arn: &str, cluster: &Value) -> Object {
        let settings = cluster
            .list("settings")
            .iter()
            .map(|setting| Object::new().text("name", setting.text("name")).text("value", setting.text("value")));
        let connect = cluster
            .text("serviceConnectDefaults.namespace")
            .map(|namespace| Object::new().value("namespace", namespace));
        let configuration = cluster.at("configuration").filter(|one| one.is_object()).map(configuration);
        Object::new()
            .value("id", arn)
            .value("arn", arn)
            .blocks("configuration", configuration)
            .text("name", cluster.text("clusterName"))
            .blocks("service_connect_defaults", connect)
            .blocks("setting", settings)
            .tag_list(cluster.list("tags"), ("key", "value"))
    }

    fn configuration(one: &Value) -> Object {
        let command = one.at("executeCommandConfiguration").map(|command| {
            let logs = command.at("logConfiguration").map(|logs| {
                Object::new()
                    .flag("cloud_watch_encryption_enabled", logs.flag("cloudWatchEncryptionEnabled"))
                    .text("cloud_watch_log_group_name", logs.text("cloudWatchLogGroupName"))
                    .flag("s3_bucket_encryption_enabled", logs.flag("s3EncryptionEnabled"))
                    .text("s3_bucket_name", logs.text("s3BucketName"))
                    .text("s3_key_prefix", logs.text("s3KeyPrefix"))
            });
            Object::new()
                .text("kms_key_id", command.text("kmsKeyId"))
                .blocks("log_configuration", logs)
                .text("logging", command.text("logging"))
        });
        let storage = one.at("managedStorageConfiguration").map(|storage| {
            Object::new()
                .text("fargate_ephemeral_storage_kms_key_id", storage.text("fargateEphemeralStorageKmsKeyId"))
                .text("kms_key_id", storage.text("kmsKeyId"))
        });
        Object::new().blocks("execute_command_configuration", command).blocks("managed_storage_configuration", storage)
    }
}
