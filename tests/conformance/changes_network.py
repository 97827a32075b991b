"""Changes behind terraform's back to tags, VPCs, subnets and routes: each a function, with the addresses that differ after it.
Knows nothing of terraform's verdict or of driftline."""

from world import APP0, BLUE, GREEN, change, tag, untag

# Tags.


@change(f"{BLUE}.aws_vpc.main")
def tag_changed(w):
    """A tag of a VPC gets another value."""
    tag(w.ec2, w.id(f"{BLUE}.aws_vpc.main"), Name="renamed")


@change(f'{BLUE}.aws_subnet.this["public-a"]')
def tag_added(w):
    """A subnet gets a tag that is declared nowhere."""
    tag(w.ec2, w.id(f'{BLUE}.aws_subnet.this["public-a"]'), CostCenter="42")


@change(f'{BLUE}.aws_subnet.this["public-b"]')
def tag_removed(w):
    """A declared tag goes away."""
    untag(w.ec2, w.id(f'{BLUE}.aws_subnet.this["public-b"]'), "Tier")


@change(f"{BLUE}.aws_internet_gateway.main")
def default_tag_changed(w):
    """A tag out of default_tags gets another value."""
    tag(w.ec2, w.id(f"{BLUE}.aws_internet_gateway.main"), Env="dev")


@change(f"{APP0}.aws_eip.free[1]")
def default_tag_removed(w):
    """A tag out of default_tags goes away."""
    untag(w.ec2, w.get(f"{APP0}.aws_eip.free[1]", "allocation_id"), "ManagedBy")


@change(f'{BLUE}.aws_subnet.this["private-b"]', harmless=True)
def ignored_tags_added(w):
    """Tags that the provider block ignores, by key and by prefix."""
    tag(w.ec2, w.id(f'{BLUE}.aws_subnet.this["private-b"]'), LastScanned="today", **{"kubernetes.io/role": "node"})


@change('module.west.aws_subnet.this["private-a"]')
def tag_ignored_elsewhere_added(w):
    """The same tag under a provider block that ignores nothing."""
    tag(w.west, w.id('module.west.aws_subnet.this["private-a"]'), LastScanned="today")


@change(f"{GREEN}.aws_vpc.main")
def tag_under_ignore_changes(w):
    """A tag that lifecycle.ignore_changes names: a refresh shows it, a plan doesn't."""
    tag(w.ec2, w.id(f"{GREEN}.aws_vpc.main"), Rotation="never")


@change(f'{APP0}.aws_ebs_volume.data["plain"]')
def tag_with_escapes(w):
    """A tag value with a terminal escape that XML can carry, a change of direction, a newline, markup and a template."""
    hostile = "\x9b31mred \u202eneerg\nline <b>bold</b> ${x} ](y)"
    tag(w.ec2, w.id(f'{APP0}.aws_ebs_volume.data["plain"]'), Name=hostile)


@change(f'{APP0}.aws_ebs_volume.data["ünïcode ☂"]')
def tag_emptied(w):
    """A tag keeps its key and loses its value, beside one with the same key in another case."""
    tag(w.ec2, w.id(f'{APP0}.aws_ebs_volume.data["ünïcode ☂"]'), Name="", name="lower")


@change(f"{GREEN}.aws_internet_gateway.main", harmless=True)
def same_tags_written(w):
    """The tags that are there already are written again."""
    tag(w.ec2, w.id(f"{GREEN}.aws_internet_gateway.main"), Name="green/2 b", Env="prod-net")


# VPCs and subnets.


@change(f"{GREEN}.aws_vpc.main")
def vpc_hostnames_off(w):
    """DNS host names switched off."""
    w.ec2.modify_vpc_attribute(VpcId=w.id(f"{GREEN}.aws_vpc.main"), EnableDnsHostnames={"Value": False})


@change("module.west.aws_vpc.main")
def vpc_dns_off(w):
    """DNS support switched off, in the other region."""
    w.west.modify_vpc_attribute(VpcId=w.id("module.west.aws_vpc.main"), EnableDnsSupport={"Value": False})


@change("aws_default_vpc.account", harmless=True)
def vpc_dns_written_again(w):
    """DNS support switched on where it is on."""
    w.ec2.modify_vpc_attribute(VpcId=w.id("aws_default_vpc.account"), EnableDnsSupport={"Value": True})


@change("aws_vpc.adopted", harmless=True)
def vpc_second_cidr(w):
    """A second CIDR block, which the VPC resource has no attribute for."""
    w.ec2.associate_vpc_cidr_block(VpcId=w.id("aws_vpc.adopted"), CidrBlock="10.41.0.0/16")


@change(f"{BLUE}.aws_vpc.main", 'aws_vpc_dhcp_options_association.internal["blue"]')
def dhcp_options_swapped(w):
    """Another set of DHCP options for a VPC."""
    options = w.ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["rogue.example.net"]}])
    options_id = w.create("aws_vpc_dhcp_options", options["DhcpOptions"]["DhcpOptionsId"])
    w.ec2.associate_dhcp_options(DhcpOptionsId=options_id, VpcId=w.id(f"{BLUE}.aws_vpc.main"))


@change(f'{GREEN}.aws_subnet.this["public-a"]')
def subnet_public_addresses_off(w):
    """A subnet no longer gives out public addresses."""
    w.ec2.modify_subnet_attribute(SubnetId=w.id(f'{GREEN}.aws_subnet.this["public-a"]'), MapPublicIpOnLaunch={"Value": False})


@change('aws_default_subnet.account["b"]')
def default_subnet_deleted(w):
    """A default subnet is deleted."""
    w.ec2.delete_subnet(SubnetId=w.id('aws_default_subnet.account["b"]'))


# Routes.


@change(f"{GREEN}.aws_route_table.public")
def inline_route_added(w):
    """A route in a table whose routes are inline."""
    w.ec2.create_route(
        RouteTableId=w.id(f"{GREEN}.aws_route_table.public"),
        DestinationCidrBlock="172.16.0.0/12",
        GatewayId=w.id(f"{GREEN}.aws_internet_gateway.main"),
    )


@change("module.west.aws_route_table.public")
def inline_route_removed(w):
    """An inline route is deleted."""
    w.west.delete_route(RouteTableId=w.id("module.west.aws_route_table.public"), DestinationCidrBlock="0.0.0.0/0")


@change(f"{BLUE}.aws_route_table.private")
def route_added_beside_separate(w):
    """A route in a table whose routes are resources of their own."""
    w.ec2.create_route(
        RouteTableId=w.id(f"{BLUE}.aws_route_table.private"),
        DestinationCidrBlock="172.16.0.0/12",
        NatGatewayId=w.id(f"{BLUE}.aws_nat_gateway.main"),
    )


@change(f"{GREEN}.aws_route.nat", f"{GREEN}.aws_route_table.private")
def route_retargeted(w):
    """The default route points at the transit gateway."""
    w.ec2.replace_route(
        RouteTableId=w.id(f"{GREEN}.aws_route_table.private"),
        DestinationCidrBlock="0.0.0.0/0",
        TransitGatewayId=w.id("aws_ec2_transit_gateway.hub"),
    )


@change(f"{BLUE}.aws_route.egress_only[0]", f"{BLUE}.aws_route_table.private")
def route_removed(w):
    """A route resource's route is deleted."""
    w.ec2.delete_route(RouteTableId=w.id(f"{BLUE}.aws_route_table.private"), DestinationIpv6CidrBlock="::/0")


@change("aws_default_route_table.adopted")
def default_table_route_added(w):
    """A route in an adopted default table."""
    w.ec2.create_route(
        RouteTableId=w.id("aws_default_route_table.adopted"),
        DestinationCidrBlock="172.20.0.0/16",
        GatewayId=w.id("aws_internet_gateway.adopted"),
    )


@change(f'{BLUE}.aws_route_table_association.public["public-a"]')
def association_replaced(w):
    """A public subnet gets the private table."""
    replaced = w.ec2.replace_route_table_association(
        AssociationId=w.id(f'{BLUE}.aws_route_table_association.public["public-a"]'),
        RouteTableId=w.id(f"{BLUE}.aws_route_table.private"),
    )
    w.create("aws_route_table_association", replaced["NewAssociationId"])


@change(f'{GREEN}.aws_route_table_association.private["private-b"]')
def association_removed(w):
    """A subnet falls back to the main table."""
    w.ec2.disassociate_route_table(AssociationId=w.id(f'{GREEN}.aws_route_table_association.private["private-b"]'))


@change("module.west.aws_main_route_table_association.main", "module.west.aws_vpc.main")
def main_table_replaced(w):
    """The original main table becomes main again."""
    where = "module.west.aws_main_route_table_association.main"
    w.west.replace_route_table_association(AssociationId=w.id(where), RouteTableId=w.get(where, "original_route_table_id"))
