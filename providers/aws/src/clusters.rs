//! What is below a cluster of EKS: one call for each, by the names of the cluster and of what is in it.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::EKS;

/// What a kind of part is called: its operations, its word in paths, its member in an answer and in a list, and the recorded
/// attribute that holds its name.
pub(crate) struct Part {
    pub(crate) describe: &'static str,
    pub(crate) list: &'static str,
    pub(crate) word: &'static str,
    pub(crate) member: &'static str,
    pub(crate) names: &'static str,
    pub(crate) name: &'static str,
}

/// The names of all clusters.
pub(crate) async fn clusters(place: &Place) -> Result<Vec<String>, Gap> {
    let ask = Ask::of("ListClusters").at("/clusters").with("maxResults", 100);
    let names = place.list(&EKS, ask, Paging::by("clusters", "nextToken")).await?;
    Ok(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Answers for every part of a kind: the managed ones whole, all others by their names. The recorded id is the names of the
/// cluster and of the part with a colon between them.
pub(crate) async fn read(
    place: &Place,
    batch: &mut Batch<'_>,
    part: &'static Part,
    convert: fn(&Value) -> Object,
) -> Result<(), Gap> {
    let wanted = batch.identified(["cluster_name", part.name]);
    let answers = concurrently(wanted, |(id, [cluster, name])| async move {
        let path = format!("/clusters/{}/{}/{}", encoded(&cluster), part.word, encoded(&name));
        (id, place.call(&EKS, Ask::of(part.describe).at(path)).await)
    })
    .await;
    for (id, answer) in answers {
        let Some(answer) = batch.existing(&id, answer, &["ResourceNotFoundException"]) else { continue };
        if let Some(one) = answer.at(part.member).filter(|one| one.text("status") != Some("DELETING")) {
            batch.found(&id, || convert(one).value("id", id.as_str()).tag_map(one.at("tags")));
        }
    }
    if batch.wants_unrequested() {
        unrequested(place, batch, part).await?;
    }
    Ok(())
}

async fn unrequested(place: &Place, batch: &mut Batch<'_>, part: &'static Part) -> Result<(), Gap> {
    let lists = concurrently(clusters(place).await?, |cluster| async move {
        let path = format!("/clusters/{}/{}", encoded(&cluster), part.word);
        let ask = Ask::of(part.list).at(path).with("maxResults", 100);
        (cluster, place.pages(&EKS, ask, Paging::by(part.names, "nextToken")).await)
    })
    .await;
    for (cluster, names) in lists {
        for name in names?.iter().filter_map(Value::as_str) {
            let id = format!("{cluster}:{name}");
            if batch.requests(&id) {
                continue;
            }
            batch.add(&id, Origin::Created, || {
                Object::new().value("id", id.as_str()).value("cluster_name", cluster.as_str()).value(part.name, name)
            });
        }
    }
    Ok(())
}
