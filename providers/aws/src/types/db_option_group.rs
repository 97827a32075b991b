//! `aws_db_option_group`: DescribeOptionGroups for all, ListTagsForResource for each managed one.
//! Not read: `name_prefix`, which follows from `name`; `skip_destroy`, which only Terraform knows; settings of an option
//! that nobody set.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_db_option_group",
    permissions: &["rds:DescribeOptionGroups", "rds:ListTagsForResource"],
    identity: &[],
    // Passwords of agents and keys of wallets are settings like any other.
    rules: &[Rule { pattern: "option.*.option_settings.*.value", kind: RuleKind::Sensitive }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::databases::{list, tagged_by, tags};
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let groups = list(
            place,
            "DescribeOptionGroups",
            "DescribeOptionGroupsResult.OptionGroupsList.OptionGroup",
            "DescribeOptionGroupsResult.Marker",
        )
        .await?;
        let arns = groups
            .iter()
            .filter_map(|one| Some((one.text("OptionGroupName")?.to_owned(), one.text("OptionGroupArn")?.to_owned())));
        let mut tags = tags(place, batch, arns).await;
        let recorded = batch.all_recorded();
        for group in groups.iter() {
            let Some(name) = group.text("OptionGroupName") else { continue };
            let mut object = convert(name, group, recorded.get(name));
            if let Some(answer) = tags.remove(name) {
                object = batch.detailed(name, object, answer, tagged_by);
            }
            let origin = if name.starts_with("default:") { Origin::Default } else { Origin::Created };
            batch.add(name, origin, || object);
        }
        Ok(())
    }

    fn convert(name: &str, group: &Value, recorded: Option<&Recorded>) -> Object {
        let written = written_settings(recorded);
        let options = group.list("Options.Option").iter().map(|option| self::option(option, &written));
        Object::new()
            .value("id", name)
            .text("arn", group.text("OptionGroupArn"))
            .text("engine_name", group.text("EngineName"))
            .text("major_engine_version", group.text("MajorEngineVersion"))
            .value("name", name)
            .blocks("option", options)
            .text("option_group_description", group.text("OptionGroupDescription"))
    }

    /// The settings that somebody wrote, by option and name. An answer holds the defaults of all others too.
    fn written_settings(recorded: Option<&Recorded>) -> BTreeSet<(String, String)> {
        let options = recorded.and_then(|recorded| recorded.0.get("option")).and_then(Value::as_array);
        let pairs = options.into_iter().flatten().flat_map(|option| {
            let name = option.text("option_name").unwrap_or_default();
            let settings = option.list("option_settings").iter();
            settings.filter_map(move |setting| Some((name.to_owned(), setting.text("name")?.to_owned())))
        });
        pairs.collect()
    }

    fn option(option: &Value, written: &BTreeSet<(String, String)>) -> Object {
        let name = option.text("OptionName").unwrap_or_default();
        let set = |setting: &&Value| {
            let key = (name.to_owned(), setting.text("Name").unwrap_or_default().to_owned());
            written.contains(&key) || setting.text("Value") != setting.text("DefaultValue")
        };
        let settings = option.list("OptionSettings.OptionSetting").iter().filter(set);
        let settings = settings
            .map(|setting| Object::new().text("name", setting.text("Name")).text("value", setting.text("Value")));
        let groups = option.list("VpcSecurityGroupMemberships.VpcSecurityGroupMembership").iter();
        let older = option.list("DBSecurityGroupMemberships.DBSecurityGroup").iter();
        Object::new()
            .texts("db_security_group_memberships", older.filter_map(|group| group.text("DBSecurityGroupName")))
            .value("option_name", name)
            .blocks("option_settings", settings)
            .number("port", option.number("Port"))
            .text("version", option.text("OptionVersion"))
            .texts("vpc_security_group_memberships", groups.filter_map(|group| group.text("VpcSecurityGroupId")))
    }
}
