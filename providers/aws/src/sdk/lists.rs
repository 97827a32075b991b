//! What is listed of a place: each list is fetched once, whole, and shared by all types that need it.
//! Knows nothing of what the types make of it.

use super::gap::gap;
use super::place::Place;
use aws_sdk_ec2::types;
use provider_api::{Gap, GapClass};
use tokio::sync::OnceCell;

/// An endpoint that never ends its list ends here.
const MAX_PAGES: usize = 20_000;

/// Fetches all pages of a list.
macro_rules! pages {
    ($call:literal, $place:expr, $request:expr, $page_size:expr, $items:ident) => {{
        let mut pages = $request.into_paginator().page_size($page_size).send();
        let mut items = Vec::new();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| gap($call, &$place.region, &error))?;
            count += 1;
            if count > MAX_PAGES {
                let cause = format!("{} in {}: more than {MAX_PAGES} pages", $call, $place.region);
                return Err(Gap { ids: Vec::new(), class: GapClass::Failed, cause });
            }
            items.extend(page.$items.unwrap_or_default());
        }
        Ok(items)
    }};
}

/// Fetches a list that the API gives in one piece.
macro_rules! whole {
    ($call:literal, $place:expr, $request:expr, $items:ident) => {{
        let output = $request.send().await.map_err(|error| gap($call, &$place.region, &error))?;
        Ok(output.$items.unwrap_or_default())
    }};
}

macro_rules! lists {
    ($( $(#[$doc:meta])* $name:ident: $item:ident = |$place:ident| $fetch:expr; )*) => {
        /// The lists of a place that were fetched so far, or why they could not be.
        #[derive(Default)]
        pub(super) struct Lists {
            $( $name: OnceCell<Result<Vec<types::$item>, Gap>>, )*
        }

        impl Place {
            $(
                $(#[$doc])*
                pub(crate) async fn $name(&self) -> Result<&[types::$item], Gap> {
                    async fn fetch($place: &Place) -> Result<Vec<types::$item>, Gap> {
                        $fetch
                    }
                    let list = self.lists.$name.get_or_init(|| fetch(self)).await;
                    list.as_ref().map(Vec::as_slice).map_err(Gap::clone)
                }
            )*
        }
    };
}

// Page sizes are the largest that the API reference allows for each call.
lists! {
    /// Reverse names of Elastic IP addresses.
    address_names: AddressAttribute = |place| pages!(
        "DescribeAddressesAttribute", place,
        place.ec2.describe_addresses_attribute().attribute(types::AddressAttributeName::DomainName), 1000, addresses
    );
    /// Elastic IP addresses.
    addresses: Address = |place| whole!("DescribeAddresses", place, place.ec2.describe_addresses(), addresses);
    /// Customer gateways, deleted ones included.
    customer_gateways: CustomerGateway = |place|
        whole!("DescribeCustomerGateways", place, place.ec2.describe_customer_gateways(), customer_gateways);
    /// DHCP option sets.
    dhcp_options: DhcpOptions = |place|
        pages!("DescribeDhcpOptions", place, place.ec2.describe_dhcp_options(), 1000, dhcp_options);
    /// Egress-only internet gateways.
    egress_only_internet_gateways: EgressOnlyInternetGateway = |place| pages!(
        "DescribeEgressOnlyInternetGateways", place, place.ec2.describe_egress_only_internet_gateways(), 255,
        egress_only_internet_gateways
    );
    /// Flow logs.
    flow_logs: FlowLog = |place| pages!("DescribeFlowLogs", place, place.ec2.describe_flow_logs(), 1000, flow_logs);
    /// The account's own images.
    images: Image = |place|
        pages!("DescribeImages", place, place.ec2.describe_images().owners("self"), 1000, images);
    /// Internet gateways.
    internet_gateways: InternetGateway = |place|
        pages!("DescribeInternetGateways", place, place.ec2.describe_internet_gateways(), 1000, internet_gateways);
    /// Key pairs.
    key_pairs: KeyPairInfo = |place|
        whole!("DescribeKeyPairs", place, place.ec2.describe_key_pairs().include_public_key(true), key_pairs);
    /// The default and the latest version of every launch template.
    launch_template_versions: LaunchTemplateVersion = |place| pages!(
        "DescribeLaunchTemplateVersions", place,
        place.ec2.describe_launch_template_versions().versions("$Default").versions("$Latest"), 200,
        launch_template_versions
    );
    /// Launch templates.
    launch_templates: LaunchTemplate = |place|
        pages!("DescribeLaunchTemplates", place, place.ec2.describe_launch_templates(), 200, launch_templates);
    /// Managed prefix lists, those of AWS included.
    managed_prefix_lists: ManagedPrefixList = |place|
        pages!("DescribeManagedPrefixLists", place, place.ec2.describe_managed_prefix_lists(), 100, prefix_lists);
    /// NAT gateways, deleted ones included.
    nat_gateways: NatGateway = |place|
        pages!("DescribeNatGateways", place, place.ec2.describe_nat_gateways(), 1000, nat_gateways);
    /// Network ACLs.
    network_acls: NetworkAcl = |place|
        pages!("DescribeNetworkAcls", place, place.ec2.describe_network_acls(), 1000, network_acls);
    /// Network interfaces.
    network_interfaces: NetworkInterface = |place|
        pages!("DescribeNetworkInterfaces", place, place.ec2.describe_network_interfaces(), 1000, network_interfaces);
    /// Placement groups.
    placement_groups: PlacementGroup = |place|
        whole!("DescribePlacementGroups", place, place.ec2.describe_placement_groups(), placement_groups);
    /// Instances in their reservations, terminated ones included.
    reservations: Reservation = |place|
        pages!("DescribeInstances", place, place.ec2.describe_instances(), 1000, reservations);
    /// Route tables.
    route_tables: RouteTable = |place|
        pages!("DescribeRouteTables", place, place.ec2.describe_route_tables(), 100, route_tables);
    /// Security group rules.
    security_group_rules: SecurityGroupRule = |place| pages!(
        "DescribeSecurityGroupRules", place, place.ec2.describe_security_group_rules(), 1000, security_group_rules
    );
    /// Security groups.
    security_groups: SecurityGroup = |place|
        pages!("DescribeSecurityGroups", place, place.ec2.describe_security_groups(), 1000, security_groups);
    /// The account's own snapshots.
    snapshots: Snapshot = |place|
        pages!("DescribeSnapshots", place, place.ec2.describe_snapshots().owner_ids("self"), 1000, snapshots);
    /// Subnets.
    subnets: Subnet = |place| pages!("DescribeSubnets", place, place.ec2.describe_subnets(), 1000, subnets);
    /// Transit gateway attachments of VPCs, deleted ones included.
    transit_gateway_vpc_attachments: TransitGatewayVpcAttachment = |place| pages!(
        "DescribeTransitGatewayVpcAttachments", place, place.ec2.describe_transit_gateway_vpc_attachments(), 1000,
        transit_gateway_vpc_attachments
    );
    /// Transit gateways, deleted ones included.
    transit_gateways: TransitGateway = |place|
        pages!("DescribeTransitGateways", place, place.ec2.describe_transit_gateways(), 1000, transit_gateways);
    /// EBS volumes.
    volumes: Volume = |place| pages!("DescribeVolumes", place, place.ec2.describe_volumes(), 500, volumes);
    /// VPC endpoints.
    vpc_endpoints: VpcEndpoint = |place|
        pages!("DescribeVpcEndpoints", place, place.ec2.describe_vpc_endpoints(), 1000, vpc_endpoints);
    /// VPC peering connections, deleted ones included.
    vpc_peering_connections: VpcPeeringConnection = |place| pages!(
        "DescribeVpcPeeringConnections", place, place.ec2.describe_vpc_peering_connections(), 1000,
        vpc_peering_connections
    );
    /// VPCs.
    vpcs: Vpc = |place| pages!("DescribeVpcs", place, place.ec2.describe_vpcs(), 1000, vpcs);
    /// VPN gateways, deleted ones included.
    vpn_gateways: VpnGateway = |place|
        whole!("DescribeVpnGateways", place, place.ec2.describe_vpn_gateways(), vpn_gateways);
}
