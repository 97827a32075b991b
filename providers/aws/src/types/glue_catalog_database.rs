//! `aws_glue_catalog_database`: GetDatabases for all, GetTags for each managed one.
//! Not read: `federated_database`, `target_database`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_glue_catalog_database",
    permissions: &["glue:GetDatabases", "glue:GetTags"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Map, Value};
    use service::GLUE;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("GetDatabases").with("MaxResults", 100);
        let databases = place.list(&GLUE, ask, Paging::by("DatabaseList", "NextToken")).await?;
        let named = databases.iter().filter_map(|one| Some((id(place, one)?, one.text("Name")?.to_owned())));
        let requested: Vec<(String, String)> = named.filter(|(id, _)| batch.requests(id)).collect();
        let answers = concurrently(requested, |(id, name)| async move {
            let arn = place.arn_of("glue", &format!("database/{name}")).unwrap_or_default();
            (id, place.call(&GLUE, Ask::of("GetTags").with("ResourceArn", arn)).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for database in databases.iter() {
            let Some(id) = id(place, database) else { continue };
            let mut object = convert(place, &id, database);
            if let Some(answer) = tags.remove(&id) {
                object = batch.detailed(&id, object, answer, |object, answer| object.tag_map(answer.at("Tags")));
            }
            let origin = if database.text("Name") == Some("default") { Origin::Default } else { Origin::Created };
            batch.add(&id, origin, || object);
        }
        Ok(())
    }

    /// The catalog, which is the account's unless it says otherwise, and the name.
    fn id(place: &Place, database: &Value) -> Option<String> {
        let catalog = database.text("CatalogId").or(place.account.as_deref())?;
        Some(format!("{catalog}:{}", database.text("Name")?))
    }

    fn convert(place: &Place, id: &str, database: &Value) -> Object {
        let name = database.text("Name").unwrap_or_default();
        let parameters = database.at("Parameters").filter(|one| one.is_object()).cloned();
        Object::new()
            .value("id", id)
            .text_if_known("arn", place.arn_of("glue", &format!("database/{name}")).as_deref())
            .text("catalog_id", id.split(':').next())
            .text("description", database.text("Description"))
            .text("location_uri", database.text("LocationUri"))
            .value("name", name)
            .value("parameters", parameters.unwrap_or(Value::Object(Map::new())))
    }
}
