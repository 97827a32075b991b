"""Changes behind terraform's back to security groups and network ACLs.
Knows nothing of terraform's verdict or of driftline."""

from world import GREEN, change, tag

def cidr_rule(protocol, port, cidr, description=None):
    ip_range = {"CidrIp": cidr, **({"Description": description} if description else {})}
    return [{"IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": [ip_range]}]


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


@change("module.rules.aws_vpc_security_group_egress_rule.dns", "module.rules.aws_security_group.modern")
def modern_egress_removed(w):
    """A rule for outgoing traffic is revoked by its id."""
    w.ec2.revoke_security_group_egress(
        GroupId=w.id("module.rules.aws_security_group.modern"),
        SecurityGroupRuleIds=[w.id("module.rules.aws_vpc_security_group_egress_rule.dns")],
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
