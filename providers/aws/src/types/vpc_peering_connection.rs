//! `aws_vpc_peering_connection`: DescribeVpcPeeringConnections. Connections that ended stay listed and count as absent.
//! Not read: `auto_accept`, which only the configuration knows.

use crate::rules::{elements, ids, single, single_of};
use provider_api::{Attributes, Owner, ResourceType};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpc_peering_connection",
    permissions: &["ec2:DescribeVpcPeeringConnections"],
    identity: &[],
    rules: &[],
    owners: &[
        Owner {
            attribute: "accept_status",
            resource_type: "aws_vpc_peering_connection_accepter",
            parents: connection,
            parts: |accepter| single_of(accepter, "accept_status"),
            split: single,
        },
        Owner {
            attribute: "accepter",
            resource_type: "aws_vpc_peering_connection_options",
            parents: connection,
            parts: |options| options.get("accepter").map(elements).unwrap_or_default(),
            split: elements,
        },
        Owner {
            attribute: "requester",
            resource_type: "aws_vpc_peering_connection_options",
            parents: connection,
            parts: |options| options.get("requester").map(elements).unwrap_or_default(),
            split: elements,
        },
    ],
};

fn connection(attributes: &Attributes) -> Vec<String> {
    ids(attributes, "vpc_peering_connection_id")
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{
        VpcPeeringConnection, VpcPeeringConnectionStateReasonCode as Code, VpcPeeringConnectionVpcInfo,
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let connections = place.vpc_peering_connections().await?.iter();
        for connection in connections.filter(|connection| !has_ended(connection)) {
            let id = connection.vpc_peering_connection_id().unwrap_or_default();
            // The other side sees the connection too; it is managed where it was asked for.
            let requester = connection.requester_vpc_info();
            let own = place.owns(requester.and_then(|side| side.owner_id()))
                && requester.and_then(|side| side.region()).is_none_or(|region| region == place.region);
            if batch.requests(id) || own {
                batch.add(id, Origin::Created, || convert(place, connection));
            }
        }
        Ok(())
    }

    fn has_ended(connection: &VpcPeeringConnection) -> bool {
        let code = connection.status().and_then(|status| status.code());
        matches!(code, Some(Code::Deleted | Code::Expired | Code::Failed | Code::Rejected))
    }

    fn convert(place: &Place, connection: &VpcPeeringConnection) -> Object {
        let (accepter, requester) = (connection.accepter_vpc_info(), connection.requester_vpc_info());
        let owner =
            |side: Option<&VpcPeeringConnectionVpcInfo>| side.and_then(|side| side.owner_id()).map(str::to_owned);
        let account = place.account.clone();
        let we_accept = account.is_some() && account == owner(accepter) && account != owner(requester);
        let (own, peer) = if we_accept { (accepter, requester) } else { (requester, accepter) };
        let status = connection.status().and_then(|status| status.code());
        Object::new()
            .text("id", connection.vpc_peering_connection_id())
            .text("accept_status", status.map(|code| code.as_str()))
            .text("peer_owner_id", peer.and_then(|side| side.owner_id()))
            .text("peer_region", accepter.and_then(|side| side.region()))
            .text("peer_vpc_id", peer.and_then(|side| side.vpc_id()))
            .text("vpc_id", own.and_then(|side| side.vpc_id()))
            .blocks("accepter", options(accepter))
            .blocks("requester", options(requester))
            .tags(connection.tags())
    }

    fn options(side: Option<&VpcPeeringConnectionVpcInfo>) -> Option<Object> {
        let options = side?.peering_options()?;
        Some(Object::new().flag("allow_remote_vpc_dns_resolution", options.allow_dns_resolution_from_remote_vpc()))
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, ids, place, read};
    use serde_json::json;

    #[test]
    fn each_side_sees_the_other_as_its_peer() {
        let place = place(|action| {
            let connection = |id: &str, status: &str, requester: &str, accepter: &str| {
                let side = |name: &str, owner: &str| {
                    format!(
                        "<{name}><ownerId>{owner}</ownerId><vpcId>vpc-of-{owner}</vpcId><region>eu-west-1</region></{name}>"
                    )
                };
                format!(
                    "<item><vpcPeeringConnectionId>{id}</vpcPeeringConnectionId><status><code>{status}</code></status>{}{}</item>",
                    side("requesterVpcInfo", requester),
                    side("accepterVpcInfo", accepter)
                )
            };
            let (own, other) = ("123456789012", "210987654321");
            let all = [
                connection("pcx-asked", "active", own, other),
                connection("pcx-accepted", "active", other, own),
                connection("pcx-rejected", "rejected", own, other),
                connection("pcx-own", "active", own, own),
                connection("pcx-theirs", "active", other, own),
            ];
            answer(action, &format!("<vpcPeeringConnectionSet>{}</vpcPeeringConnectionSet>", all.concat()))
        });
        let requested = ["pcx-asked", "pcx-accepted", "pcx-rejected"].map(|id| json!({"id": id}));
        let outcome = read(&place, "aws_vpc_peering_connection", &requested);
        assert_eq!(ids(&outcome.objects), ["pcx-asked", "pcx-accepted"]);
        assert_eq!(ids(&outcome.unrequested), ["pcx-own"]);
        for id in ["pcx-asked", "pcx-accepted"] {
            let connection = attributes(&outcome.objects, id);
            assert_eq!(connection["peer_owner_id"], "210987654321", "{id}");
            assert_eq!(connection["vpc_id"], "vpc-of-123456789012", "{id}");
        }
    }
}
