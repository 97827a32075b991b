"""Makes every change behind terraform's back, by boto3, and objects that no state holds.
Knows nothing of terraform's verdict or of driftline."""

import importlib
import time

import changes_compute
import changes_edge
import changes_network
import changes_rules
from world import CHANGES, World

# Importing them is what registers the changes.
NETWORK = (changes_network, changes_rules, changes_compute, changes_edge)


def modules(stack):
    """The modules that change a stack: the network's are many, every other stack has one of its own name."""
    return NETWORK if stack == "network" else (importlib.import_module(f"changes_{stack}"),)


def changes(stack):
    names = {module.__name__ for module in modules(stack)}
    return [entry for entry in CHANGES if entry["function"].__module__ in names]


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


def mutate(stack, state, url):
    """Makes every change to a stack, then the unmanaged objects; the latter's list."""
    world = World(state, url)
    for entry in changes(stack):
        started = time.monotonic()
        try:
            entry["function"](world)
        except Exception as error:
            raise RuntimeError(f"change {entry['name']}: {error}") from error
        entry["seconds"] = time.monotonic() - started
    create = create_unmanaged if stack == "network" else modules(stack)[0].create_unmanaged
    create(world)
    return world.created
