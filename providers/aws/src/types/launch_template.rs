//! `aws_launch_template`: DescribeLaunchTemplates, and DescribeLaunchTemplateVersions of the latest version of all at once;
//! of one by one only where that list lacks it.
//! Not read: `name_prefix`, which follows from `name`; `update_default_version`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_launch_template",
    permissions: &["ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates"],
    identity: &[],
    // Base64 hides nothing, and boot scripts carry secrets more often than not.
    rules: &[Rule { pattern: "user_data", kind: RuleKind::Sensitive }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::launch_template_data::with_data;
    use crate::origin;
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
    use aws_sdk_ec2::types::{LaunchTemplate, LaunchTemplateVersion};
    use std::collections::HashMap;

    /// Tags of services that make launch templates for themselves.
    const OWNERS: &[(&str, &str)] = &[("eks:nodegroup-name", "aws_eks_node_group")];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let (templates, list) = tokio::join!(place.launch_templates(), place.launch_template_versions());
        let templates = templates?;
        let more;
        let mut versions: HashMap<Key<'_>, &LaunchTemplateVersion> = HashMap::new();
        if let Some(list) = batch.detail(list) {
            versions.extend(list.iter().filter_map(|version| Some((key_of(version)?, version))));
            let lacking = templates.iter().filter_map(latest).filter(|key| !versions.contains_key(key)).collect();
            more = read_versions(place, batch, lacking).await;
            versions.extend(more.iter().filter_map(|version| Some((key_of(version)?, version))));
        }
        for template in templates {
            let id = template.launch_template_id().unwrap_or_default();
            let arn = place.arn(place.account.as_deref(), &format!("launch-template/{id}"));
            let version = latest(template).and_then(|key| versions.get(&key).copied());
            let origin = origin::by_tag(template.tags(), OWNERS).or_else(|| origin::operator(template.operator()));
            batch.add(id, origin.unwrap_or_default(), || convert(template, version, arn.as_deref()));
        }
        Ok(())
    }

    /// A template's id and a version of it.
    type Key<'v> = (&'v str, i64);

    fn key_of(version: &LaunchTemplateVersion) -> Option<Key<'_>> {
        Some((version.launch_template_id()?, version.version_number()?))
    }

    fn latest(template: &LaunchTemplate) -> Option<Key<'_>> {
        Some((template.launch_template_id()?, template.latest_version_number()?))
    }

    /// The latest versions of requested templates that the list of all lacks, for example because they are newer than it.
    async fn read_versions(place: &Place, batch: &mut Batch<'_>, keys: Vec<Key<'_>>) -> Vec<LaunchTemplateVersion> {
        let requested = keys.into_iter().filter(|(id, _)| batch.requests(id));
        let keys: Vec<(String, i64)> = requested.map(|(id, version)| (id.to_owned(), version)).collect();
        let answers = concurrently(keys, |(id, number)| async move {
            let call =
                place.ec2.describe_launch_template_versions().launch_template_id(&id).versions(number.to_string());
            (id, call.send().await.map_err(|error| place.gap("DescribeLaunchTemplateVersions", &error)))
        })
        .await;
        let mut versions = Vec::new();
        for (id, answer) in answers {
            match answer.map(|answer| answer.launch_template_versions.unwrap_or_default()) {
                Ok(found) if !found.is_empty() => versions.extend(found),
                Ok(_) => {
                    let cause =
                        format!("DescribeLaunchTemplateVersions in {}: the latest version is not there", place.region);
                    batch.gap(&id, Gap { ids: Vec::new(), class: GapClass::Failed, cause });
                }
                Err(gap) => batch.gap(&id, gap),
            }
        }
        versions
    }

    fn convert(template: &LaunchTemplate, version: Option<&LaunchTemplateVersion>, arn: Option<&str>) -> Object {
        let object = Object::new()
            .created(template.create_time().and_then(timestamp))
            .text("id", template.launch_template_id())
            .text_if_known("arn", arn)
            .number("default_version", template.default_version_number())
            .number("latest_version", template.latest_version_number())
            .text("name", template.launch_template_name())
            .tags(template.tags());
        let Some(version) = version else { return object };
        let object = object.text("description", version.version_description());
        match version.launch_template_data() {
            Some(data) => with_data(object, data),
            None => object,
        }
    }
}
