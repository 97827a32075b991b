"""Changes behind terraform's back to keys, tables, secrets and images.
Knows nothing of terraform's verdict or of driftline."""

import json

from world import change


def everything(policy, action):
    policy = json.loads(policy)
    policy["Statement"][0]["Action"] = action
    return json.dumps(policy)


@change("aws_kms_key.main")
def key_changed(w):
    """A key no longer rotates, is described otherwise, and changes its team."""
    kms, key = w.client("kms"), w.id("aws_kms_key.main")
    kms.disable_key_rotation(KeyId=key)
    kms.update_key_description(KeyId=key, Description="Not main")
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "Team", "TagValue": "b"}])


@change("aws_kms_key.gone")
def key_deleted(w):
    """A key is to be deleted."""
    w.client("kms").schedule_key_deletion(KeyId=w.id("aws_kms_key.gone"), PendingWindowInDays=7)


@change("aws_kms_alias.main")
def alias_moved(w):
    """An alias names another key."""
    other = w.client("kms").create_key(Description="rogue")["KeyMetadata"]["KeyId"]
    w.create("aws_kms_key", other)
    w.client("kms").update_alias(AliasName="alias/main", TargetKeyId=other)


@change("aws_kms_alias.gone")
def alias_deleted(w):
    """An alias is deleted."""
    w.client("kms").delete_alias(AliasName="alias/gone")


@change("aws_dynamodb_table.orders")
def table_changed(w):
    """A table is backed up, no longer expires anything, and changes its team."""
    client = w.client("dynamodb")
    recovery = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName="orders", PointInTimeRecoverySpecification=recovery)
    client.tag_resource(ResourceArn=w.get("aws_dynamodb_table.orders", "arn"), Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_dynamodb_table.counters")
def table_capacity(w):
    """A table may be read more often."""
    throughput = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 1}
    w.client("dynamodb").update_table(TableName="counters", ProvisionedThroughput=throughput)


@change("aws_dynamodb_table.gone")
def table_deleted(w):
    """A table is deleted."""
    w.client("dynamodb").delete_table(TableName="gone")


@change("aws_secretsmanager_secret.login")
def secret_described(w):
    """A secret is described otherwise and changes its team."""
    client, arn = w.client("secretsmanager"), w.id("aws_secretsmanager_secret.login")
    client.update_secret(SecretId=arn, Description="How not to")
    client.tag_resource(SecretId=arn, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_secretsmanager_secret.gone")
def secret_deleted(w):
    """A secret is deleted."""
    w.client("secretsmanager").delete_secret(SecretId="gone", ForceDeleteWithoutRecovery=True)


@change("aws_secretsmanager_secret_policy.login", "aws_secretsmanager_secret.login")
def secret_policy(w):
    """A secret's policy allows everything."""
    policy = everything(w.get("aws_secretsmanager_secret_policy.login", "policy"), "secretsmanager:*")
    w.client("secretsmanager").put_resource_policy(SecretId=w.id("aws_secretsmanager_secret.login"), ResourcePolicy=policy)


@change("aws_ecr_repository.app")
def repository_changed(w):
    """Images may be overwritten, are no longer scanned, and change their team."""
    client = w.client("ecr")
    client.put_image_tag_mutability(repositoryName="app", imageTagMutability="MUTABLE")
    client.put_image_scanning_configuration(repositoryName="app", imageScanningConfiguration={"scanOnPush": False})
    client.tag_resource(resourceArn=w.get("aws_ecr_repository.app", "arn"), tags=[{"Key": "Team", "Value": "b"}])


@change("aws_ecr_repository.gone")
def repository_deleted(w):
    """A repository is deleted."""
    w.client("ecr").delete_repository(repositoryName="gone")


@change("aws_ecr_lifecycle_policy.app")
def images_kept(w):
    """More images are kept."""
    policy = json.loads(w.get("aws_ecr_lifecycle_policy.app", "policy"))
    policy["rules"][0]["selection"]["countNumber"] = 50
    w.client("ecr").put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=json.dumps(policy))


@change("aws_ecr_repository_policy.app")
def images_opened(w):
    """Anything may be done to images."""
    policy = everything(w.get("aws_ecr_repository_policy.app", "policy"), "ecr:*")
    w.client("ecr").set_repository_policy(repositoryName="app", policyText=policy)


def create_unmanaged(w):
    """Objects that no state holds."""
    w.client("kms").create_alias(AliasName="alias/rogue", TargetKeyId=w.id("aws_kms_key.main"))
    w.create("aws_kms_alias", "alias/rogue")
    w.client("dynamodb").create_table(
        TableName="rogue",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    w.create("aws_dynamodb_table", "rogue")
    w.create("aws_secretsmanager_secret", w.client("secretsmanager").create_secret(Name="rogue")["ARN"])
    w.create("aws_ecr_repository", w.client("ecr").create_repository(repositoryName="rogue")["repository"]["repositoryName"])
