"""Changes behind terraform's back to containers, clusters, snapshots, attachments and organizations.
Knows nothing of terraform's verdict or of driftline."""

from world import change


@change("aws_ecs_service.web")
def service_scaled(w):
    """A service runs more copies."""
    w.client("ecs").update_service(cluster="main", service="web", desiredCount=5)


@change("aws_ecs_task_definition.web")
def task_deregistered(w):
    """A task definition is deregistered."""
    w.client("ecs").deregister_task_definition(taskDefinition="web:1")


@change("aws_ecs_capacity_provider.nodes")
def provider_changed(w):
    """A capacity provider fills its machines less."""
    w.client("ecs").update_capacity_provider(
        name="nodes", autoScalingGroupProvider={"managedScaling": {"status": "ENABLED", "targetCapacity": 50}}
    )


@change("aws_lb_target_group_attachment.one")
def target_deregistered(w):
    """A target is taken out of its group."""
    w.client("elbv2").deregister_targets(
        TargetGroupArn=w.get("aws_lb_target_group_attachment.one", "target_group_arn"),
        Targets=[{"Id": "10.70.1.10", "Port": 8080}],
    )


@change("aws_autoscaling_attachment.web", "aws_autoscaling_group.nodes")
def group_detached(w):
    """A group of machines is detached from its target group."""
    w.client("autoscaling").detach_load_balancer_target_groups(
        AutoScalingGroupName="nodes", TargetGroupARNs=[w.get("aws_autoscaling_attachment.web", "lb_target_group_arn")]
    )


@change("aws_eks_cluster.main")
def cluster_moved(w):
    """A cluster changes its team."""
    w.client("eks").tag_resource(resourceArn=w.get("aws_eks_cluster.main", "arn"), tags={"Team": "b"})


@change("aws_eks_fargate_profile.jobs")
def profile_deleted(w):
    """A profile is deleted."""
    w.client("eks").delete_fargate_profile(clusterName="main", fargateProfileName="jobs")


@change("aws_backup_vault.gone")
def vault_deleted(w):
    """A vault is deleted."""
    w.client("backup").delete_backup_vault(BackupVaultName="gone")


@change("aws_organizations_organization.main")
def policies_enabled(w):
    """Policies are switched on in an organization."""
    root = w.get("aws_organizations_organization.main", "roots")[0]["id"]
    w.client("organizations").enable_policy_type(RootId=root, PolicyType="TAG_POLICY")


@change("aws_organizations_organizational_unit.labs")
def unit_renamed(w):
    """A unit gets another name."""
    unit = w.id("aws_organizations_organizational_unit.labs")
    w.client("organizations").update_organizational_unit(OrganizationalUnitId=unit, Name="not labs")


@change("aws_organizations_account.lab")
def account_moved(w):
    """An account changes its team."""
    account = w.id("aws_organizations_account.lab")
    w.client("organizations").tag_resource(ResourceId=account, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_organizations_policy.guard")
def guard_lowered(w):
    """A policy is described otherwise."""
    w.client("organizations").update_policy(PolicyId=w.id("aws_organizations_policy.guard"), Description="No guard")


@change("aws_organizations_policy_attachment.guard")
def guard_removed(w):
    """A policy is detached."""
    w.client("organizations").detach_policy(
        PolicyId=w.id("aws_organizations_policy.guard"), TargetId=w.id("aws_organizations_organizational_unit.labs")
    )


@change("aws_iam_policy_attachment.shared", "aws_iam_policy.shared")
def attachment_changed(w):
    """A policy is detached from a user."""
    w.client("iam").detach_user_policy(UserName="ada", PolicyArn=w.get("aws_iam_policy_attachment.shared", "policy_arn"))


@change("aws_iam_saml_provider.people")
def provider_replaced(w):
    """Whoever says who people are is another."""
    document = w.get("aws_iam_saml_provider.people", "saml_metadata_document").replace("/sso", "/other")
    arn = w.id("aws_iam_saml_provider.people")
    w.client("iam").update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=document)


def retag(w, arn):
    w.client("rds").add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_db_snapshot.before")
def snapshot_moved(w):
    """A snapshot changes its team."""
    retag(w, w.get("aws_db_snapshot.before", "db_snapshot_arn"))


@change("aws_db_instance.orders")
def database_grown(w):
    """A database grows."""
    w.client("rds").modify_db_instance(DBInstanceIdentifier="orders", AllocatedStorage=40, ApplyImmediately=True)


def create_unmanaged(w):
    """Objects that no state holds."""
    cluster = w.client("ecs").create_cluster(clusterName="rogue")["cluster"]["clusterArn"]
    w.create("aws_ecs_cluster", cluster)
    w.client("rds").create_db_snapshot(DBSnapshotIdentifier="rogue", DBInstanceIdentifier="orders")
    w.create("aws_db_snapshot", "rogue")
    roles = w.get("aws_iam_role.runner", "arn")
    subnets = [w.id("aws_subnet.a"), w.id("aws_subnet.b")]
    w.client("eks").create_cluster(name="rogue", roleArn=roles, resourcesVpcConfig={"subnetIds": subnets})
    w.create("aws_eks_cluster", "rogue")
