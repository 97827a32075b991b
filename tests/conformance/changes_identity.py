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


@change("aws_iam_instance_profile.app")
def profile_changed(w):
    """A profile loses its role and changes its team."""
    iam = w.client("iam")
    iam.remove_role_from_instance_profile(InstanceProfileName="app", RoleName="app")
    iam.tag_instance_profile(InstanceProfileName="app", Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_iam_instance_profile.gone")
def profile_deleted(w):
    """A profile is deleted."""
    w.client("iam").delete_instance_profile(InstanceProfileName="gone")


@change("aws_iam_user.robot")
def user_tagged(w):
    """A user changes its team."""
    w.client("iam").tag_user(UserName="robot", Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_iam_user.gone")
def user_deleted(w):
    """A user is deleted."""
    w.client("iam").delete_user(UserName="gone")


@change("aws_iam_user_policy.robot")
def user_policy_changed(w):
    """A user's own policy allows everything."""
    policy = everything(w.get("aws_iam_user_policy.robot", "policy"))
    w.client("iam").put_user_policy(UserName="robot", PolicyName="own", PolicyDocument=policy)


@change("aws_iam_user_policy_attachment.robot")
def user_detached(w):
    """A policy is detached from a user."""
    w.client("iam").detach_user_policy(UserName="robot", PolicyArn=w.id("aws_iam_policy.shared"))


@change("aws_iam_access_key.robot")
def key_deactivated(w):
    """An access key is switched off."""
    w.client("iam").update_access_key(UserName="robot", AccessKeyId=w.id("aws_iam_access_key.robot"), Status="Inactive")


@change("aws_iam_group.gone")
def group_deleted(w):
    """A group is deleted."""
    w.client("iam").delete_group(GroupName="gone")


@change("aws_iam_group_policy.people")
def group_policy_changed(w):
    """A group's own policy allows everything."""
    policy = everything(w.get("aws_iam_group_policy.people", "policy"))
    w.client("iam").put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=policy)


@change("aws_iam_group_policy_attachment.people")
def group_detached(w):
    """A policy is detached from a group."""
    w.client("iam").detach_group_policy(GroupName="people", PolicyArn=w.id("aws_iam_policy.shared"))


@change("aws_iam_group_membership.people")
def member_added(w):
    """Somebody joins a group."""
    iam = w.client("iam")
    w.create("aws_iam_user", iam.create_user(UserName="intruder")["User"]["UserName"])
    iam.add_user_to_group(GroupName="people", UserName="intruder")


@change("aws_iam_openid_connect_provider.ci")
def provider_opened(w):
    """Another server may vouch for clients, and the team changes."""
    iam, arn = w.client("iam"), w.id("aws_iam_openid_connect_provider.ci")
    thumbprints = ["a031c46782e6e6c662c2c87c76da9aa62ccabd8e"]
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=thumbprints)
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_iam_account_alias.main")
def account_renamed(w):
    """The account gets another alias."""
    w.client("iam").create_account_alias(AccountAlias="driftline-rogue")


@change("aws_iam_account_password_policy.strict")
def passwords_weakened(w):
    """Passwords may be short."""
    w.client("iam").update_account_password_policy(MinimumPasswordLength=6, AllowUsersToChangePassword=True)


@change("aws_iam_service_linked_role.scaling")
def service_role_tagged(w):
    """A service's role gets a team."""
    role = w.get("aws_iam_service_linked_role.scaling", "name")
    w.client("iam").tag_role(RoleName=role, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_iam_role.whole")
def inline_policy_widened(w):
    """A policy that a role writes itself is widened, and another is put beside it."""
    client = w.client("iam")
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    client.put_role_policy(RoleName="whole", PolicyName="own", PolicyDocument=policy)
    client.put_role_policy(RoleName="whole", PolicyName="beside", PolicyDocument=policy)
    w.create("aws_iam_role_policy", "whole:beside")


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
    w.create("aws_iam_group", iam.create_group(GroupName="rogue")["Group"]["GroupName"])
    w.create("aws_iam_instance_profile", iam.create_instance_profile(InstanceProfileName="rogue")["InstanceProfile"]["InstanceProfileName"])
