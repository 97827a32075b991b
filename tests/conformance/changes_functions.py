"""Changes behind terraform's back to functions, what calls them, streams, builds and trails.
Knows nothing of terraform's verdict or of driftline."""

from world import change


@change("aws_s3_object.settings")
def object_rewritten(w):
    """An object is written anew, by another team."""
    client = w.client("s3")
    client.put_object(Bucket="driftline-artifacts", Key="settings/app.json", Body=b'{"level":"debug"}', ContentType="application/json", Tagging="Stack=functions&Team=b")


@change("aws_s3_object.gone")
def object_deleted(w):
    """An object is deleted."""
    w.client("s3").delete_object(Bucket="driftline-artifacts", Key="gone.txt")


@change("aws_lambda_permission.gone")
def permission_removed(w):
    """A permission is taken back."""
    w.client("lambda").remove_permission(FunctionName="worker", StatementId="gone")


@change("aws_lambda_permission.events")
def permission_widened(w):
    """A permission is given anew, for every rule and every action."""
    client = w.client("lambda")
    client.remove_permission(FunctionName="worker", StatementId="events")
    client.add_permission(
        FunctionName="worker",
        StatementId="events",
        Action="lambda:*",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:123456789012:rule/*",
    )


@change("aws_lambda_event_source_mapping.jobs")
def mapping_changed(w):
    """A function takes more at a time."""
    w.client("lambda").update_event_source_mapping(UUID=w.id("aws_lambda_event_source_mapping.jobs"), BatchSize=9)


@change("aws_lambda_layer_version.shared")
def layer_deleted(w):
    """A version of a layer is deleted."""
    w.client("lambda").delete_layer_version(LayerName="shared", VersionNumber=1)


@change("aws_lambda_function_url.worker")
def url_opened(w):
    """An address is opened to all."""
    w.client("lambda").update_function_url_config(FunctionName="worker", AuthType="NONE", Cors={"AllowOrigins": ["*"]})


@change("aws_kinesis_firehose_delivery_stream.events")
def stream_redirected(w):
    """A stream writes elsewhere."""
    client = w.client("firehose")
    stream = client.describe_delivery_stream(DeliveryStreamName="events")["DeliveryStreamDescription"]
    client.update_destination(
        DeliveryStreamName="events",
        CurrentDeliveryStreamVersionId=stream["VersionId"],
        DestinationId=stream["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"Prefix": "elsewhere/"},
    )


@change("aws_codebuild_project.gone")
def project_deleted(w):
    """A build is deleted."""
    w.client("codebuild").delete_project(name="gone")


@change("aws_secretsmanager_secret_version.api")
def secret_rotated(w):
    """A secret gets another version, which is current from then on."""
    w.client("secretsmanager").put_secret_value(SecretId="api", SecretString="not much of a secret either")


@change("aws_cloudtrail.trail")
def trail_moved(w):
    """A trail writes elsewhere, and changes its team."""
    client, arn = w.client("cloudtrail"), w.get("aws_cloudtrail.trail", "arn")
    client.update_trail(Name="trail", S3KeyPrefix="elsewhere")
    client.add_tags(ResourceId=arn, TagsList=[{"Key": "Team", "Value": "b"}])


def create_unmanaged(w):
    """Objects that no state holds."""
    mapping = w.client("lambda").create_event_source_mapping(
        EventSourceArn=w.get("aws_sqs_queue.jobs", "arn"), FunctionName="worker", BatchSize=1
    )
    w.create("aws_lambda_event_source_mapping", mapping["UUID"])
    stream = w.client("firehose").create_delivery_stream(
        DeliveryStreamName="rogue",
        ExtendedS3DestinationConfiguration={
            "RoleARN": w.get("aws_iam_role.worker", "arn"),
            "BucketARN": w.get("aws_s3_bucket.artifacts", "arn"),
        },
    )
    w.create("aws_kinesis_firehose_delivery_stream", stream["DeliveryStreamARN"])
