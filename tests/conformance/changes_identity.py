"""Changes behind terraform's back to roles and policies.
Knows nothing of terraform's verdict or of driftline."""

import json

from world import change


def everything(policy):
    """The policy, but for every action."""
    policy = json.loads(policy)
    policy["Statement"][0]["Action"] = "*"
    return json.dumps(policy)


@change("aws_iam_role.app")
def role_changed(w):
    """A role's description, longest session, trust and tags change."""
    iam = w.client("iam")
    iam.update_role(RoleName="app", Description="Runs something else", MaxSessionDuration=3600)
    trust = json.loads(w.get("aws_iam_role.app", "assume_role_policy"))
    trust["Statement"][0]["Principal"] = {"Service": "ec2.amazonaws.com"}
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(trust))
    iam.tag_role(RoleName="app", Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_iam_role.gone")
def role_deleted(w):
    """A role is deleted."""
    w.client("iam").delete_role(RoleName="gone")


@change("aws_iam_role_policy.read", "aws_iam_role.app")
def inline_policy_changed(w):
    """A role's own policy allows everything."""
    policy = everything(w.get("aws_iam_role_policy.read", "policy"))
    w.client("iam").put_role_policy(RoleName="app", PolicyName="read", PolicyDocument=policy)


@change("aws_iam_role_policy.gone", "aws_iam_role.west")
def inline_policy_deleted(w):
    """A role's own policy is deleted."""
    w.client("iam").delete_role_policy(RoleName="west", PolicyName="write")


@change("aws_iam_policy.shared")
def policy_changed(w):
    """A policy's default version allows everything."""
    arn = w.id("aws_iam_policy.shared")
    policy = everything(w.get("aws_iam_policy.shared", "policy"))
    w.client("iam").create_policy_version(PolicyArn=arn, PolicyDocument=policy, SetAsDefault=True)
    w.client("iam").tag_policy(PolicyArn=arn, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_iam_policy.gone")
def policy_deleted(w):
    """A policy is deleted."""
    w.client("iam").delete_policy(PolicyArn=w.id("aws_iam_policy.gone"))


@change("aws_iam_role_policy_attachment.gone", "aws_iam_role.west")
def attachment_removed(w):
    """A policy is detached from a role."""
    w.client("iam").detach_role_policy(RoleName="west", PolicyArn=w.id("aws_iam_policy.shared"))


def create_unmanaged(w):
    """Objects that no state holds."""
    iam = w.client("iam")
    trust = w.get("aws_iam_role.app", "assume_role_policy")
    w.create("aws_iam_role", iam.create_role(RoleName="rogue", AssumeRolePolicyDocument=trust)["Role"]["RoleName"])
    policy = w.get("aws_iam_role_policy.read", "policy")
    iam.put_role_policy(RoleName="rogue", PolicyName="own", PolicyDocument=policy)
    w.create("aws_iam_role_policy", "rogue:own")
    arn = w.create("aws_iam_policy", iam.create_policy(PolicyName="rogue", PolicyDocument=policy)["Policy"]["Arn"])
    iam.attach_role_policy(RoleName="rogue", PolicyArn=arn)
    w.create("aws_iam_role_policy_attachment", f"rogue/{arn}")
