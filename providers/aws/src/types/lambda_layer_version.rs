//! `aws_lambda_layer_version`: ListLayerVersions for each layer that a managed version belongs to. A version never changes:
//! it is there or it is not. Not read: where its code came from, and `skip_destroy`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_lambda_layer_version",
    permissions: &["lambda:ListLayerVersions"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::LAMBDA;
    use std::collections::BTreeMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut layers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for instance in batch.instances() {
            // The id is the version's ARN: `arn:…:layer:name:1`.
            match instance.id.rsplit_once(':') {
                Some((layer, _)) => layers.entry(layer.to_owned()).or_default().push(instance.id.to_owned()),
                None => batch.unidentified(instance, "arn"),
            }
        }
        let answers = concurrently(layers, |(layer, ids)| async move {
            let name = layer.rsplit(':').next().unwrap_or_default().to_owned();
            let ask = Ask::of("ListLayerVersions").at(format!("/2018-10-31/layers/{}/versions", encoded(&name)));
            let paging = Paging { items: "LayerVersions", answered: "NextMarker", asked: "Marker" };
            (layer, name, ids, place.pages(&LAMBDA, ask, paging).await)
        })
        .await;
        for (layer, name, ids, versions) in answers {
            for id in ids {
                let versions = versions.as_ref().map_err(Failure::clone);
                let Some(versions) = batch.existing(&id, versions, &["ResourceNotFoundException"]) else { continue };
                if let Some(version) = versions.iter().find(|one| one.text("LayerVersionArn") == Some(&id)) {
                    batch.found(&id, || convert(&id, &layer, &name, version));
                }
            }
        }
        Ok(())
    }

    fn convert(id: &str, layer: &str, name: &str, version: &Value) -> Object {
        Object::new()
            .value("id", id)
            .value("arn", id)
            .texts("compatible_architectures", version.texts("CompatibleArchitectures"))
            .texts("compatible_runtimes", version.texts("CompatibleRuntimes"))
            .text("created_date", version.text("CreatedDate"))
            .text("description", version.text("Description"))
            .value("layer_arn", layer)
            .value("layer_name", name)
            .text("license_info", version.text("LicenseInfo"))
            .text("version", version.number("Version").map(|number| number.to_string()).as_deref())
    }
}
