//! `aws_ssm_document`: DescribeDocument and GetDocument for each managed one, ListDocuments for the account's others.
//! Not read: `attachments_source`, which only Terraform knows, and `permissions`, whom a document is shared with.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ssm_document",
    permissions: &["ssm:DescribeDocument", "ssm:GetDocument", "ssm:ListDocuments"],
    identity: &[],
    rules: &[Rule { pattern: "content", kind: RuleKind::Json }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::{Value, json};
    use service::SSM;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let own = json!([{"Key": "Owner", "Values": ["Self"]}]);
            let ask = Ask::of("ListDocuments").with("Filters", own).with("MaxResults", 50);
            for one in place.list(&SSM, ask, Paging::by("DocumentIdentifiers", "NextToken")).await?.iter() {
                let Some(name) = one.text("Name").filter(|name| !batch.requests(name)) else { continue };
                if place.owns(one.text("Owner")) {
                    batch.add(name, Origin::Created, || Object::new().value("id", name).value("name", name));
                }
            }
        }
        let answers = concurrently(batch.ids(), |name| async move {
            let ask = |operation| place.call(&SSM, Ask::of(operation).with("Name", name.as_str()));
            let answers = tokio::join!(ask("DescribeDocument"), ask("GetDocument"));
            (name, answers)
        })
        .await;
        for (name, (document, content)) in answers {
            let Some(answer) = batch.existing(&name, document, &["InvalidDocument"]) else { continue };
            let Some(document) = answer.at("Document") else { continue };
            let object = convert(place, &name, document);
            let object =
                batch.detailed(&name, object, content, |object, answer| object.text("content", answer.text("Content")));
            batch.found(&name, || object);
        }
        Ok(())
    }

    fn convert(place: &Place, name: &str, document: &Value) -> Object {
        let platforms: Vec<&str> = document.list("PlatformTypes").iter().filter_map(Value::as_str).collect();
        let parameters = document.list("Parameters").iter().map(|parameter| {
            Object::new()
                .text("default_value", parameter.text("DefaultValue"))
                .text("description", parameter.text("Description"))
                .text("name", parameter.text("Name"))
                .text("type", parameter.text("Type"))
        });
        let resource = match document.text("DocumentType") {
            Some("Automation") => format!("automation-definition/{name}"),
            _ => format!("document/{name}"),
        };
        Object::new()
            .value("id", name)
            .text_if_known("arn", place.arn_of("ssm", &resource).as_deref())
            .text_if_known("created_date", of_seconds(document.at("CreatedDate")).as_deref())
            .text("default_version", document.text("DefaultVersion"))
            .text("description", document.text("Description"))
            .text("document_format", document.text("DocumentFormat"))
            .text("document_type", document.text("DocumentType"))
            .text("document_version", document.text("DocumentVersion"))
            .text("hash", document.text("Hash"))
            .text("hash_type", document.text("HashType"))
            .text("latest_version", document.text("LatestVersion"))
            .value("name", name)
            .text("owner", document.text("Owner"))
            .blocks("parameter", parameters)
            .texts("platform_types", platforms)
            .text("schema_version", document.text("SchemaVersion"))
            .text("status", document.text("Status"))
            .tag_list(document.list("Tags"), ("Key", "Value"))
            .text("target_type", document.text("TargetType"))
            .text("version_name", document.text("VersionName"))
    }
}
