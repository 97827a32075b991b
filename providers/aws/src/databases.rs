//! What RDS tells in bulk: instances and clusters with their tags, and groups of subnets and parameters.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::RDS;
use std::collections::HashMap;
use std::sync::Arc;

/// Every database instance, those of clusters included (DescribeDBInstances).
pub(crate) async fn instances(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    list(
        place,
        "DescribeDBInstances",
        "DescribeDBInstancesResult.DBInstances.DBInstance",
        "DescribeDBInstancesResult.Marker",
    )
    .await
}

/// Every cluster (DescribeDBClusters).
pub(crate) async fn clusters(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    list(
        place,
        "DescribeDBClusters",
        "DescribeDBClustersResult.DBClusters.DBCluster",
        "DescribeDBClustersResult.Marker",
    )
    .await
}

/// A list of RDS: where its items and its marker stand.
pub(crate) async fn list(
    place: &Place,
    operation: &'static str,
    items: &'static str,
    answered: &'static str,
) -> Result<Arc<Vec<Value>>, Gap> {
    let ask = Ask::of(operation).with("MaxRecords", 100);
    place.list(&RDS, ask, Paging { items, answered, asked: "Marker" }).await
}

/// Fills `tags_all` of a list of tags.
pub(crate) fn tagged(object: Object, tags: &[Value]) -> Object {
    object.tag_list(tags, ("Key", "Value"))
}

/// The tags of requested objects, by the ids that they were asked for; `arns` are the living ones by id.
pub(crate) async fn tags(
    place: &Place,
    batch: &Batch<'_>,
    arns: impl Iterator<Item = (String, String)>,
) -> HashMap<String, Result<Value, Failure>> {
    let requested: Vec<(String, String)> = arns.filter(|(id, _)| batch.requests(id)).collect();
    let answers = concurrently(requested, |(id, arn)| async move {
        (id, place.call(&RDS, Ask::of("ListTagsForResource").with("ResourceName", arn)).await)
    })
    .await;
    answers.into_iter().collect()
}

/// Fills `tags_all` of an answer to ListTagsForResource.
pub(crate) fn tagged_by(object: Object, answer: &Value) -> Object {
    tagged(object, answer.list("ListTagsForResourceResult.TagList.Tag"))
}

/// The parameters of a group that somebody set, by the ids of requested groups (DescribeDBParameters and its like).
/// There are hundreds in a group; those that nobody set are the engine's.
pub(crate) async fn parameters(
    place: &Place,
    ids: Vec<String>,
    operation: &'static str,
    (argument, items, marker): (&'static str, &'static str, &'static str),
) -> HashMap<String, Result<Vec<Value>, Failure>> {
    let answers = concurrently(ids, |id| async move {
        let ask = Ask::of(operation).with(argument, id.as_str()).with("Source", "user");
        (id, place.pages(&RDS, ask, Paging { items, answered: marker, asked: "Marker" }).await)
    })
    .await;
    answers.into_iter().collect()
}

/// Fills `parameter`.
pub(crate) fn with_parameters(object: Object, parameters: &[Value]) -> Object {
    // An emulator that ignores the filter answers with all of them.
    let set = parameters.iter().filter(|one| one.text("Source").is_none_or(|source| source == "user"));
    let set = set.filter(|one| one.at("ParameterValue").is_some());
    let block = |one: &Value| {
        Object::new()
            .text("apply_method", one.text("ApplyMethod"))
            .text("name", one.text("ParameterName").map(str::to_lowercase).as_deref())
            .text("value", one.text("ParameterValue"))
    };
    object.blocks("parameter", set.map(block))
}
