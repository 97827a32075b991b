"""Changes behind terraform's back to buckets and their settings.
Knows nothing of terraform's verdict or of driftline."""

import json

from world import change

DATA = "driftline-data"
PLAIN = "driftline-plain"
LOGS = "driftline-logs"


def allow_everything(w, address):
    policy = json.loads(w.get(address, "policy"))
    policy["Statement"][0]["Action"] = "s3:*"
    return json.dumps(policy)


@change("aws_s3_bucket.data")
def bucket_tags(w):
    """A bucket changes its team."""
    w.client("s3").put_bucket_tagging(Bucket=DATA, Tagging={"TagSet": [{"Key": "Team", "Value": "b"}]})


@change("aws_s3_bucket.gone")
def bucket_deleted(w):
    """A bucket is deleted."""
    w.client("s3").delete_bucket(Bucket="driftline-gone")


@change("aws_s3_bucket.data", "aws_s3_bucket_versioning.data")
def versioning_suspended(w):
    """Versioning is suspended."""
    w.client("s3").put_bucket_versioning(Bucket=DATA, VersioningConfiguration={"Status": "Suspended"})


@change("aws_s3_bucket.data", "aws_s3_bucket_policy.data")
def policy_opened(w):
    """A policy allows everything."""
    w.client("s3").put_bucket_policy(Bucket=DATA, Policy=allow_everything(w, "aws_s3_bucket_policy.data"))


@change("aws_s3_bucket.logs", "aws_s3_bucket_policy.gone")
def policy_deleted(w):
    """A policy is deleted."""
    w.client("s3").delete_bucket_policy(Bucket=LOGS)


@change("aws_s3_bucket.plain")
def policy_added(w):
    """A bucket without a policy gets one."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{PLAIN}/*"}],
    }
    w.client("s3").put_bucket_policy(Bucket=PLAIN, Policy=json.dumps(policy))


@change("aws_s3_bucket_public_access_block.data")
def public_access(w):
    """Public policies are no longer blocked."""
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": True}
    w.client("s3").put_public_access_block(Bucket=DATA, PublicAccessBlockConfiguration=block)


@change("aws_s3_bucket.data", "aws_s3_bucket_server_side_encryption_configuration.data")
def encryption_weakened(w):
    """Encryption goes back to the service's own key."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    w.client("s3").put_bucket_encryption(Bucket=DATA, ServerSideEncryptionConfiguration={"Rules": [rule]})


@change("aws_s3_bucket_ownership_controls.data")
def ownership(w):
    """Objects belong to who writes them."""
    w.client("s3").put_bucket_ownership_controls(Bucket=DATA, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})


@change("aws_s3_bucket.data", "aws_s3_bucket_logging.data")
def logging_moved(w):
    """Logs go elsewhere."""
    enabled = {"TargetBucket": LOGS, "TargetPrefix": "elsewhere/"}
    w.client("s3").put_bucket_logging(Bucket=DATA, BucketLoggingStatus={"LoggingEnabled": enabled})


@change("aws_s3_bucket.data", "aws_s3_bucket_cors_configuration.data")
def cors_opened(w):
    """Every origin may read."""
    rule = {"AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 300}
    w.client("s3").put_bucket_cors(Bucket=DATA, CORSConfiguration={"CORSRules": [rule]})


@change("aws_s3_bucket.data", "aws_s3_bucket_lifecycle_configuration.data")
def lifecycle_shortened(w):
    """Old objects go after a day."""
    rule = {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": "old/"},
        "Expiration": {"Days": 1},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
    }
    w.client("s3").put_bucket_lifecycle_configuration(Bucket=DATA, LifecycleConfiguration={"Rules": [rule]})


@change("aws_s3_bucket_notification.data")
def notification_widened(w):
    """Every new object is told of, and deletions."""
    queue = {"Id": "made", "QueueArn": w.get("aws_sqs_queue.made", "arn"), "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    w.client("s3").put_bucket_notification_configuration(
        Bucket=DATA, NotificationConfiguration={"QueueConfigurations": [queue]}
    )


@change("aws_s3_bucket.logs", "aws_s3_bucket_acl.logs")
def acl_opened(w):
    """Anyone may read the logs."""
    w.client("s3").put_bucket_acl(Bucket=LOGS, ACL="public-read")


@change("aws_s3_bucket.plain", "aws_s3_bucket_website_configuration.plain")
def website_changed(w):
    """A website begins elsewhere."""
    site = {"IndexDocument": {"Suffix": "home.html"}, "ErrorDocument": {"Key": "error.html"}}
    w.client("s3").put_bucket_website(Bucket=PLAIN, WebsiteConfiguration=site)


@change("aws_s3_bucket.plain", "aws_s3_bucket_accelerate_configuration.plain")
def acceleration_suspended(w):
    """Acceleration is suspended."""
    w.client("s3").put_bucket_accelerate_configuration(Bucket=PLAIN, AccelerateConfiguration={"Status": "Suspended"})


def create_unmanaged(w):
    """Objects that no state holds."""
    w.client("s3").create_bucket(Bucket="driftline-rogue")
    w.create("aws_s3_bucket", "driftline-rogue")
