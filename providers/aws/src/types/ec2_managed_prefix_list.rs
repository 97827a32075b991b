//! `aws_ec2_managed_prefix_list`: DescribeManagedPrefixLists for all, and GetManagedPrefixListEntries for each managed one,
//! which has no bulk form. Every attribute is read.

use crate::rules::{elements, ids, text};
use provider_api::{Attributes, Owner, ResourceType};
use serde_json::{Value, json};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ec2_managed_prefix_list",
    permissions: &["ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"],
    identity: &[],
    rules: &[],
    owners: &[Owner {
        attribute: "entry",
        resource_type: "aws_ec2_managed_prefix_list_entry",
        parents: |entry| ids(entry, "prefix_list_id"),
        parts: |recorded| vec![entry(recorded)],
        split: |value| elements(value).iter().filter_map(Value::as_object).map(entry).collect(),
    }],
};

/// An entry in one form, whether it is recorded in a list or as a resource of its own.
fn entry(attributes: &Attributes) -> Value {
    let text = |name: &str| text(attributes, name).unwrap_or_default();
    json!({"cidr": text("cidr"), "description": text("description")})
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{ManagedPrefixList, PrefixListEntry, PrefixListState};
    use std::collections::HashMap;

    /// A list holds at most 1000 entries (VPC quotas); an endpoint that never ends its answer ends here.
    const MAX_ENTRIES: usize = 100_000;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let is_gone = |list: &ManagedPrefixList| list.state() == Some(&PrefixListState::DeleteComplete);
        let lists: Vec<&ManagedPrefixList> =
            place.managed_prefix_lists().await?.iter().filter(|list| !is_gone(list)).collect();
        let ids = lists.iter().filter_map(|list| list.prefix_list_id()).filter(|id| batch.requests(id));
        let calls: Vec<String> = ids.map(str::to_owned).collect();
        let answers = concurrently(calls, |id| async move {
            let entries = entries(place, &id).await;
            (id, entries)
        });
        let mut entries = HashMap::new();
        for (id, answer) in answers.await {
            match answer {
                Ok(answer) => drop(entries.insert(id, answer)),
                Err(gap) => batch.gap(&id, gap),
            }
        }
        for list in lists {
            let id = list.prefix_list_id().unwrap_or_default();
            // AWS has lists of its own in every account, and other accounts can share theirs.
            if batch.requests(id) || (list.owner_id() != Some("AWS") && place.owns(list.owner_id())) {
                batch.add(id, Origin::Created, || convert(list, entries.get(id)));
            }
        }
        Ok(())
    }

    async fn entries(place: &Place, id: &str) -> Result<Vec<PrefixListEntry>, Gap> {
        const CALL: &str = "GetManagedPrefixListEntries";
        let request = place.ec2.get_managed_prefix_list_entries().prefix_list_id(id);
        let mut pages = request.into_paginator().page_size(100).send();
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await {
            entries.extend(page.map_err(|error| place.gap(CALL, &error))?.entries.unwrap_or_default());
            if entries.len() > MAX_ENTRIES {
                let cause = format!("{CALL} in {}: more than {MAX_ENTRIES} entries", place.region);
                return Err(Gap { ids: Vec::new(), class: GapClass::Failed, cause });
            }
        }
        Ok(entries)
    }

    fn convert(list: &ManagedPrefixList, entries: Option<&Vec<PrefixListEntry>>) -> Object {
        let object = Object::new()
            .text("address_family", list.address_family())
            .text("arn", list.prefix_list_arn())
            .text("id", list.prefix_list_id())
            .number("max_entries", list.max_entries())
            .text("name", list.prefix_list_name())
            .text("owner_id", list.owner_id())
            .number("version", list.version())
            .tags(list.tags());
        let Some(entries) = entries else { return object };
        let blocks = entries
            .iter()
            .map(|entry| Object::new().text("cidr", entry.cidr()).text("description", entry.description()));
        object.blocks("entry", blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_resource_is_recognized_in_its_list() {
        let owner = &TYPE.owners[0];
        let resource =
            json!({"id": "pl-1,10.0.0.0/8", "prefix_list_id": "pl-1", "cidr": "10.0.0.0/8", "description": null});
        let resource = resource.as_object().expect("an object");
        assert_eq!((owner.parents)(resource), ["pl-1"]);
        assert_eq!((owner.parts)(resource), (owner.split)(&json!([{"cidr": "10.0.0.0/8", "description": ""}])));
        assert_ne!((owner.parts)(resource), (owner.split)(&json!([{"cidr": "10.0.0.0/8", "description": "x"}])));
    }

    #[cfg(feature = "sdk")]
    #[test]
    fn lists_are_read_in_terraforms_shape() {
        use crate::sdk::tests::{answer, attributes, error, ids, place, read};
        const LISTS: &str = "<prefixListSet>\
            <item><prefixListId>pl-1</prefixListId><addressFamily>IPv4</addressFamily><state>modify-complete</state>\
            <prefixListArn>arn:x</prefixListArn><prefixListName>offices</prefixListName><maxEntries>5</maxEntries><version>3</version>\
            <ownerId>123456789012</ownerId></item>\
            <item><prefixListId>pl-2</prefixListId><state>delete-complete</state><ownerId>123456789012</ownerId></item>\
            <item><prefixListId>pl-3</prefixListId><ownerId>AWS</ownerId></item>\
            <item><prefixListId>pl-4</prefixListId><ownerId>210987654321</ownerId></item>\
            <item><prefixListId>pl-5</prefixListId><ownerId>123456789012</ownerId></item></prefixListSet>";
        const ENTRIES: &str = "<entrySet><item><cidr>10.0.0.0/8</cidr><description>a</description></item>\
            <item><cidr>192.0.2.0/24</cidr></item></entrySet>";
        let requested = ["pl-1", "pl-2"].map(|id| json!({"id": id}));
        let all = place(|action| answer(action, if action.starts_with("Get") { ENTRIES } else { LISTS }));
        let outcome = read(&all, "aws_ec2_managed_prefix_list", &requested);
        let expected = json!({"address_family": "IPv4", "arn": "arn:x",
            "entry": [{"cidr": "10.0.0.0/8", "description": "a"}, {"cidr": "192.0.2.0/24", "description": ""}],
            "id": "pl-1", "max_entries": 5, "name": "offices", "owner_id": "123456789012", "tags_all": {}, "version": 3});
        assert_eq!(attributes(&outcome.objects, "pl-1"), expected);
        assert_eq!((ids(&outcome.objects), ids(&outcome.unrequested)), (vec!["pl-1"], vec!["pl-5"]));
        assert_eq!(outcome.api_calls, 2, "entries of requested lists only");

        let denied = place(|action| match action.starts_with("Get") {
            true => error(403, "UnauthorizedOperation", "No"),
            false => answer(action, LISTS),
        });
        let outcome = read(&denied, "aws_ec2_managed_prefix_list", &requested);
        assert_eq!(attributes(&outcome.objects, "pl-1").get("entry"), None);
        assert_eq!(outcome.gaps.iter().flat_map(|gap| &gap.ids).collect::<Vec<_>>(), ["pl-1"]);
    }
}
