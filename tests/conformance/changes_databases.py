"""Changes behind terraform's back to databases and file systems.
Knows nothing of terraform's verdict or of driftline."""

from world import change

TEAM = [{"Key": "Team", "Value": "b"}]


@change("aws_db_instance.orders")
def instance_changed(w):
    """A database grows, is not backed up, and changes its team."""
    rds = w.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="orders", AllocatedStorage=40, DeletionProtection=True, ApplyImmediately=True)
    rds.add_tags_to_resource(ResourceName=w.get("aws_db_instance.orders", "arn"), Tags=TEAM)


@change("aws_db_subnet_group.main")
def subnets_changed(w):
    """A group of subnets is described otherwise, and changes its team."""
    rds = w.client("rds")
    subnets = [w.id("aws_subnet.a")]
    rds.modify_db_subnet_group(DBSubnetGroupName="main", DBSubnetGroupDescription="Changed", SubnetIds=subnets)
    rds.add_tags_to_resource(ResourceName=w.get("aws_db_subnet_group.main", "arn"), Tags=TEAM)


@change("aws_db_subnet_group.gone")
def subnets_deleted(w):
    """A group of subnets is deleted."""
    w.client("rds").delete_db_subnet_group(DBSubnetGroupName="gone")


@change("aws_db_parameter_group.main")
def parameters_tagged(w):
    """A group of parameters changes its team."""
    w.client("rds").add_tags_to_resource(ResourceName=w.get("aws_db_parameter_group.main", "arn"), Tags=TEAM)


@change("aws_rds_cluster.main")
def cluster_changed(w):
    """A cluster is protected, and changes its team."""
    rds = w.client("rds")
    rds.modify_db_cluster(DBClusterIdentifier="cluster", BackupRetentionPeriod=9, ApplyImmediately=True)
    rds.add_tags_to_resource(ResourceName=w.get("aws_rds_cluster.main", "arn"), Tags=TEAM)


@change("aws_rds_cluster_parameter_group.main")
def cluster_parameters_deleted(w):
    """A group of a cluster's parameters is deleted."""
    w.client("rds").delete_db_cluster_parameter_group(DBClusterParameterGroupName="cluster")


@change("aws_elasticache_subnet_group.main")
def cache_tagged(w):
    """A group of subnets changes its team."""
    arn = w.get("aws_elasticache_subnet_group.main", "arn")
    w.client("elasticache").add_tags_to_resource(ResourceName=arn, Tags=TEAM)


@change("aws_efs_file_system.shared")
def files_changed(w):
    """Files stay where they are, and change their team."""
    efs, name = w.client("efs"), w.id("aws_efs_file_system.shared")
    efs.put_lifecycle_configuration(FileSystemId=name, LifecyclePolicies=[])
    efs.tag_resource(ResourceId=name, Tags=TEAM)


@change("aws_efs_file_system.gone")
def files_deleted(w):
    """A file system is deleted."""
    w.client("efs").delete_file_system(FileSystemId=w.id("aws_efs_file_system.gone"))


@change("aws_efs_mount_target.a")
def target_deleted(w):
    """A mount target is deleted."""
    w.client("efs").delete_mount_target(MountTargetId=w.id("aws_efs_mount_target.a"))


@change("aws_efs_access_point.app")
def access_tagged(w):
    """An access point gets a team."""
    w.client("efs").tag_resource(ResourceId=w.id("aws_efs_access_point.app"), Tags=TEAM)


def create_unmanaged(w):
    """Objects that no state holds."""
    rds = w.client("rds")
    rds.create_db_parameter_group(DBParameterGroupName="rogue", DBParameterGroupFamily="postgres16", Description="rogue")
    w.create("aws_db_parameter_group", "rogue")
    w.create("aws_efs_file_system", w.client("efs").create_file_system(CreationToken="rogue")["FileSystemId"])
