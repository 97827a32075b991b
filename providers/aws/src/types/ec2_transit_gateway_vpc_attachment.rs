//! `aws_ec2_transit_gateway_vpc_attachment`: DescribeTransitGatewayVpcAttachments. Deleted attachments stay listed and
//! count as absent. Whether an attachment uses the gateway's default route tables is told by
//! GetTransitGatewayRouteTableAssociations and GetTransitGatewayRouteTablePropagations, once for each such table.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ec2_transit_gateway_vpc_attachment",
    permissions: &[
        "ec2:DescribeTransitGatewayVpcAttachments",
        "ec2:DescribeTransitGateways",
        "ec2:GetTransitGatewayRouteTableAssociations",
        "ec2:GetTransitGatewayRouteTablePropagations",
    ],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{
        TransitGateway, TransitGatewayAssociationState, TransitGatewayAttachmentState, TransitGatewayPropagationState,
        TransitGatewayVpcAttachment,
    };
    use std::collections::{BTreeSet, HashMap, HashSet};

    const ASSOCIATION: &str = "transit_gateway_default_route_table_association";
    const PROPAGATION: &str = "transit_gateway_default_route_table_propagation";

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let (attachments, gateways) = tokio::join!(place.transit_gateway_vpc_attachments(), place.transit_gateways());
        let attachments: Vec<_> = attachments?
            .iter()
            .filter(|attachment| attachment.state() != Some(&TransitGatewayAttachmentState::Deleted))
            .collect();
        let gateways: HashMap<&str, &TransitGateway> = batch
            .detail(gateways)
            .unwrap_or_default()
            .iter()
            .filter_map(|gateway| Some((gateway.transit_gateway_id()?, gateway)))
            .collect();
        let users = read_table_users(place, batch, &attachments, &gateways).await;
        for attachment in attachments {
            let id = attachment.transit_gateway_attachment_id().unwrap_or_default();
            let gateway = attachment.transit_gateway_id().and_then(|id| gateways.get(id)).copied();
            if batch.requests(id) || place.owns(attachment.vpc_owner_id()) {
                batch.add(id, Origin::Created, || {
                    [(ASSOCIATION, true), (PROPAGATION, false)].into_iter().fold(
                        convert(place, attachment),
                        |object, (name, association)| match uses_default(attachment, gateway, association, &users) {
                            Some(uses) => object.value(name, uses),
                            None => object,
                        },
                    )
                });
            }
        }
        Ok(())
    }

    /// The attachments that use each route table; `true` for associations, `false` for propagations.
    type TableUsers = HashMap<(String, bool), HashSet<String>>;

    /// Reads who uses the default tables of the gateways that requested attachments belong to.
    async fn read_table_users(
        place: &Place,
        batch: &mut Batch<'_>,
        attachments: &[&TransitGatewayVpcAttachment],
        gateways: &HashMap<&str, &TransitGateway>,
    ) -> TableUsers {
        let mut tables: BTreeSet<(String, bool)> = BTreeSet::new();
        let mut ids: HashMap<(String, bool), Vec<String>> = HashMap::new();
        for attachment in attachments {
            let id = attachment.transit_gateway_attachment_id().unwrap_or_default();
            let gateway = attachment.transit_gateway_id().and_then(|id| gateways.get(id)).copied();
            for association in [true, false] {
                let table =
                    gateway.filter(|gateway| is_own(gateway, attachment)).and_then(|one| table(one, association));
                if let Some(table) = table.filter(|_| batch.requests(id)) {
                    tables.insert((table.to_owned(), association));
                    ids.entry((table.to_owned(), association)).or_default().push(id.to_owned());
                }
            }
        }
        let answers = concurrently(tables, |(table, association)| async move {
            let users = match association {
                true => associated(place, &table).await,
                false => propagating(place, &table).await,
            };
            ((table, association), users)
        })
        .await;
        let mut users = TableUsers::new();
        for (key, answer) in answers {
            match answer {
                Ok(attachments) => drop(users.insert(key, attachments)),
                Err(gap) => ids.get(&key).into_iter().flatten().for_each(|id| batch.gap(id, gap.clone())),
            }
        }
        users
    }

    /// Route tables of a shared gateway cannot be read by others.
    fn is_own(gateway: &TransitGateway, attachment: &TransitGatewayVpcAttachment) -> bool {
        gateway.owner_id() == attachment.vpc_owner_id()
    }

    fn table(gateway: &TransitGateway, association: bool) -> Option<&str> {
        let options = gateway.options()?;
        let table = match association {
            true => options.association_default_route_table_id(),
            false => options.propagation_default_route_table_id(),
        };
        table.filter(|table| !table.is_empty())
    }

    /// Whether the attachment uses the gateway's default table; none where that is not known.
    fn uses_default(
        attachment: &TransitGatewayVpcAttachment,
        gateway: Option<&TransitGateway>,
        association: bool,
        users: &TableUsers,
    ) -> Option<bool> {
        let gateway = gateway?;
        if !is_own(gateway, attachment) {
            // Terraform records the default there.
            return Some(true);
        }
        let Some(table) = table(gateway, association) else { return Some(false) };
        let users = users.get(&(table.to_owned(), association))?;
        Some(users.contains(attachment.transit_gateway_attachment_id()?))
    }

    async fn associated(place: &Place, table: &str) -> Result<HashSet<String>, Gap> {
        let call = place.ec2.get_transit_gateway_route_table_associations().transit_gateway_route_table_id(table);
        let mut items = call.into_paginator().page_size(1000).items().send();
        let mut attachments = HashSet::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| place.gap("GetTransitGatewayRouteTableAssociations", &error))?;
            if item.state != Some(TransitGatewayAssociationState::Disassociated) {
                attachments.extend(item.transit_gateway_attachment_id);
            }
        }
        Ok(attachments)
    }

    async fn propagating(place: &Place, table: &str) -> Result<HashSet<String>, Gap> {
        let call = place.ec2.get_transit_gateway_route_table_propagations().transit_gateway_route_table_id(table);
        let mut items = call.into_paginator().page_size(1000).items().send();
        let mut attachments = HashSet::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| place.gap("GetTransitGatewayRouteTablePropagations", &error))?;
            if item.state != Some(TransitGatewayPropagationState::Disabled) {
                attachments.extend(item.transit_gateway_attachment_id);
            }
        }
        Ok(attachments)
    }

    fn convert(place: &Place, attachment: &TransitGatewayVpcAttachment) -> Object {
        let id = attachment.transit_gateway_attachment_id().unwrap_or_default();
        let arn = place.arn(place.account.as_deref(), &format!("transit-gateway-attachment/{id}"));
        let object = Object::new()
            .text("id", Some(id))
            .text_if_known("arn", arn.as_deref())
            .texts("subnet_ids", attachment.subnet_ids())
            .text("transit_gateway_id", attachment.transit_gateway_id())
            .text("vpc_id", attachment.vpc_id())
            .text("vpc_owner_id", attachment.vpc_owner_id())
            .tags(attachment.tags());
        let Some(options) = attachment.options() else { return object };
        object
            .text("appliance_mode_support", options.appliance_mode_support().map(|support| support.as_str()))
            .text("dns_support", options.dns_support().map(|support| support.as_str()))
            .text("ipv6_support", options.ipv6_support().map(|support| support.as_str()))
            .text(
                "security_group_referencing_support",
                options.security_group_referencing_support().map(|support| support.as_str()),
            )
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, error, place, read};
    use serde_json::json;

    const GATEWAYS: &str = "<transitGatewaySet><item><transitGatewayId>tgw-1</transitGatewayId><ownerId>123456789012</ownerId>\
        <options><associationDefaultRouteTableId>tgw-rtb-1</associationDefaultRouteTableId></options></item>\
        <item><transitGatewayId>tgw-shared</transitGatewayId><ownerId>210987654321</ownerId></item></transitGatewaySet>";
    const ATTACHMENTS: &str = "<transitGatewayVpcAttachments>\
        <item><transitGatewayAttachmentId>a-1</transitGatewayAttachmentId><transitGatewayId>tgw-1</transitGatewayId>\
        <vpcOwnerId>123456789012</vpcOwnerId></item>\
        <item><transitGatewayAttachmentId>a-2</transitGatewayAttachmentId><transitGatewayId>tgw-1</transitGatewayId>\
        <vpcOwnerId>123456789012</vpcOwnerId></item>\
        <item><transitGatewayAttachmentId>a-3</transitGatewayAttachmentId><transitGatewayId>tgw-shared</transitGatewayId>\
        <vpcOwnerId>123456789012</vpcOwnerId></item></transitGatewayVpcAttachments>";
    const ASSOCIATION: &str = "transit_gateway_default_route_table_association";
    const PROPAGATION: &str = "transit_gateway_default_route_table_propagation";

    #[test]
    fn default_route_tables_are_asked_once_each() {
        let place = place(|action| match action {
            "DescribeTransitGateways" => answer(action, GATEWAYS),
            "DescribeTransitGatewayVpcAttachments" => answer(action, ATTACHMENTS),
            _ => answer(
                action,
                "<associations><item><transitGatewayAttachmentId>a-1</transitGatewayAttachmentId><state>associated</state></item>\
                 </associations>",
            ),
        });
        let requested = ["a-1", "a-2", "a-3"].map(|id| json!({"id": id}));
        let outcome = read(&place, "aws_ec2_transit_gateway_vpc_attachment", &requested);
        assert_eq!(outcome.api_calls, 3, "two lists and one table");
        for (id, association, propagation) in [("a-1", true, false), ("a-2", false, false), ("a-3", true, true)] {
            let attachment = attributes(&outcome.objects, id);
            assert_eq!(
                (&attachment[ASSOCIATION], &attachment[PROPAGATION]),
                (&json!(association), &json!(propagation)),
                "{id}"
            );
        }
    }

    #[test]
    fn a_route_table_that_cannot_be_read_is_a_gap() {
        let place = place(|action| match action {
            "DescribeTransitGateways" => answer(action, GATEWAYS),
            "DescribeTransitGatewayVpcAttachments" => answer(action, ATTACHMENTS),
            _ => error(403, "UnauthorizedOperation", "No"),
        });
        let outcome =
            read(&place, "aws_ec2_transit_gateway_vpc_attachment", &[json!({"id": "a-1"}), json!({"id": "a-3"})]);
        assert_eq!(outcome.gaps.iter().flat_map(|gap| &gap.ids).collect::<Vec<_>>(), ["a-1"]);
        assert_eq!(attributes(&outcome.objects, "a-1").get(ASSOCIATION), None);
        assert_eq!(attributes(&outcome.objects, "a-3")[ASSOCIATION], true);
    }
}
