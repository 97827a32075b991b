"""Changes behind terraform's back to endpoints, flow logs, gateways, peering and prefix lists.
Knows nothing of terraform's verdict or of driftline."""

import json

from world import BLUE, GREEN, change, tag, untag

# Endpoints, flow logs, gateways, peering, lists.


@change(f"{BLUE}.aws_vpc_endpoint.s3")
def endpoint_policy_changed(w):
    """An endpoint's policy opens up."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
    w.ec2.modify_vpc_endpoint(VpcEndpointId=w.id(f"{BLUE}.aws_vpc_endpoint.s3"), PolicyDocument=json.dumps(policy))


@change(f"{GREEN}.aws_vpc_endpoint.s3", harmless=True)
def endpoint_policy_reordered(w):
    """The same policy with keys and actions in another order and other white space."""
    policy = json.loads(w.get(f"{GREEN}.aws_vpc_endpoint.s3", "policy"))
    policy["Statement"][0]["Action"].reverse()
    reordered = {key: policy[key] for key in reversed(list(policy))}
    reordered["Statement"] = [{key: statement[key] for key in reversed(list(statement))} for statement in policy["Statement"]]
    w.ec2.modify_vpc_endpoint(VpcEndpointId=w.id(f"{GREEN}.aws_vpc_endpoint.s3"), PolicyDocument=json.dumps(reordered, indent=2))


@change("module.west.aws_vpc_endpoint.s3")
def endpoint_table_added(w):
    """A gateway endpoint gets a second route table."""
    w.west.modify_vpc_endpoint(
        VpcEndpointId=w.id("module.west.aws_vpc_endpoint.s3"), AddRouteTableIds=[w.id("module.west.aws_route_table.public")]
    )


@change(f"{BLUE}.aws_vpc_endpoint.ssm")
def endpoint_subnet_removed(w):
    """An interface endpoint leaves a subnet."""
    w.ec2.modify_vpc_endpoint(
        VpcEndpointId=w.id(f"{BLUE}.aws_vpc_endpoint.ssm"), RemoveSubnetIds=[w.id(f'{BLUE}.aws_subnet.this["private-b"]')]
    )


@change(f"{GREEN}.aws_vpc_endpoint.ssm")
def endpoint_deleted(w):
    """An endpoint is deleted."""
    w.ec2.delete_vpc_endpoints(VpcEndpointIds=[w.id(f"{GREEN}.aws_vpc_endpoint.ssm")])


@change("module.west.aws_vpc_endpoint.ssm")
def endpoint_group_added(w):
    """An interface endpoint gets the default security group too."""
    w.west.modify_vpc_endpoint(
        VpcEndpointId=w.id("module.west.aws_vpc_endpoint.ssm"),
        AddSecurityGroupIds=[w.get("module.west.aws_vpc.main", "default_security_group_id")],
    )


@change(f"{BLUE}.aws_flow_log.vpc")
def flow_log_deleted(w):
    """A flow log is deleted."""
    w.ec2.delete_flow_logs(FlowLogIds=[w.id(f"{BLUE}.aws_flow_log.vpc")])


@change("aws_ec2_transit_gateway.hub")
def transit_gateway_changed(w):
    """A transit gateway gets another description."""
    w.ec2.modify_transit_gateway(TransitGatewayId=w.id("aws_ec2_transit_gateway.hub"), Description="anything goes")


@change('aws_ec2_transit_gateway_vpc_attachment.spoke["blue"]')
def attachment_subnet_removed(w):
    """A transit gateway attachment leaves a subnet."""
    w.ec2.modify_transit_gateway_vpc_attachment(
        TransitGatewayAttachmentId=w.id('aws_ec2_transit_gateway_vpc_attachment.spoke["blue"]'),
        RemoveSubnetIds=[w.id(f'{BLUE}.aws_subnet.this["private-b"]')],
    )


@change('aws_ec2_transit_gateway_vpc_attachment.spoke["green/2 b"]')
def attachment_deleted(w):
    """A transit gateway attachment is deleted."""
    w.ec2.delete_transit_gateway_vpc_attachment(
        TransitGatewayAttachmentId=w.id('aws_ec2_transit_gateway_vpc_attachment.spoke["green/2 b"]')
    )


@change("aws_customer_gateway.branch[0]")
def customer_gateway_tagged(w):
    """A customer gateway's tags change."""
    tag(w.ec2, w.id("aws_customer_gateway.branch[0]"), Name="nobody's")


@change("aws_customer_gateway.branch[1]")
def customer_gateway_deleted(w):
    """A customer gateway is deleted."""
    w.ec2.delete_customer_gateway(CustomerGatewayId=w.id("aws_customer_gateway.branch[1]"))


@change("aws_vpn_gateway.edge")
def vpn_gateway_detached(w):
    """A VPN gateway is detached from its VPC."""
    w.ec2.detach_vpn_gateway(VpnGatewayId=w.id("aws_vpn_gateway.edge"), VpcId=w.id(f"{BLUE}.aws_vpc.main"))


@change("module.west.aws_internet_gateway.main")
def internet_gateway_detached(w):
    """An internet gateway is detached from its VPC."""
    w.west.detach_internet_gateway(
        InternetGatewayId=w.id("module.west.aws_internet_gateway.main"), VpcId=w.id("module.west.aws_vpc.main")
    )


@change(f"{BLUE}.aws_egress_only_internet_gateway.main[0]")
def egress_only_gateway_tagged(w):
    """An egress-only gateway's tags change."""
    tag(w.ec2, w.id(f"{BLUE}.aws_egress_only_internet_gateway.main[0]"), Name="out")


@change("module.west.aws_nat_gateway.main")
def nat_gateway_deleted(w):
    """A NAT gateway is deleted; DescribeNatGateways may still show it."""
    w.west.delete_nat_gateway(NatGatewayId=w.id("module.west.aws_nat_gateway.main"))


@change(f"{BLUE}.aws_nat_gateway.main")
def nat_gateway_tagged(w):
    """A NAT gateway's tags change."""
    untag(w.ec2, w.id(f"{BLUE}.aws_nat_gateway.main"), "Name")


@change("aws_vpc_peering_connection.blue_green")
def peering_deleted(w):
    """A peering connection is deleted; DescribeVpcPeeringConnections still shows it."""
    w.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=w.id("aws_vpc_peering_connection.blue_green"))


@change("aws_ec2_managed_prefix_list.offices")
def prefix_list_entries_changed(w):
    """A prefix list gets an entry and loses one."""
    w.ec2.modify_managed_prefix_list(
        PrefixListId=w.id("aws_ec2_managed_prefix_list.offices"),
        CurrentVersion=1,
        AddEntries=[{"Cidr": "203.0.113.0/24", "Description": "a café"}],
        RemoveEntries=[{"Cidr": "198.51.100.0/24"}],
    )


@change("aws_vpc_dhcp_options.internal")
def dhcp_options_tagged(w):
    """A set of DHCP options gets a tag."""
    tag(w.ec2, w.id("aws_vpc_dhcp_options.internal"), Owner="someone")
