//! What ElastiCache tells in bulk: clusters, replication groups, and tags of managed ones.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::ELASTICACHE;
use std::collections::HashMap;
use std::sync::Arc;

/// Every cache cluster with its nodes, those of replication groups included (DescribeCacheClusters).
pub(crate) async fn clusters(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    const CLUSTERS: Paging = Paging {
        items: "DescribeCacheClustersResult.CacheClusters.CacheCluster",
        answered: "DescribeCacheClustersResult.Marker",
        asked: "Marker",
    };
    let ask = Ask::of("DescribeCacheClusters").with("MaxRecords", 100).with("ShowCacheNodeInfo", "true");
    place.list(&ELASTICACHE, ask, CLUSTERS).await
}

/// Every replication group (DescribeReplicationGroups).
pub(crate) async fn replication_groups(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    const GROUPS: Paging = Paging {
        items: "DescribeReplicationGroupsResult.ReplicationGroups.ReplicationGroup",
        answered: "DescribeReplicationGroupsResult.Marker",
        asked: "Marker",
    };
    place.list(&ELASTICACHE, Ask::of("DescribeReplicationGroups").with("MaxRecords", 100), GROUPS).await
}

/// The tags of requested ones by their ids; `arns` are the living ones by id.
pub(crate) async fn tags(
    place: &Place,
    batch: &Batch<'_>,
    arns: impl Iterator<Item = (String, String)>,
) -> HashMap<String, Result<Value, Failure>> {
    let requested: Vec<(String, String)> = arns.filter(|(id, _)| batch.requests(id)).collect();
    let answers = concurrently(requested, |(id, arn)| async move {
        (id, place.call(&ELASTICACHE, Ask::of("ListTagsForResource").with("ResourceName", arn)).await)
    })
    .await;
    answers.into_iter().collect()
}

/// Fills `tags_all`.
pub(crate) fn tagged(object: Object, answer: &Value) -> Object {
    object.tag_list(answer.list("ListTagsForResourceResult.TagList.Tag"), ("Key", "Value"))
}

/// Where a cluster or group sends its logs.
pub(crate) fn log_deliveries(one: &Value) -> Vec<Object> {
    let deliveries = one.list("LogDeliveryConfigurations.LogDeliveryConfiguration").iter();
    let delivery = |delivery: &Value| {
        let details = delivery
            .text("DestinationDetails.CloudWatchLogsDetails.LogGroup")
            .or(delivery.text("DestinationDetails.KinesisFirehoseDetails.DeliveryStream"));
        Object::new()
            .text("destination", details)
            .text("destination_type", delivery.text("DestinationType"))
            .text("log_format", delivery.text("LogFormat"))
            .text("log_type", delivery.text("LogType"))
    };
    deliveries.map(delivery).collect()
}
