"""Changes behind terraform's back to queues, topics and log groups.
Knows nothing of terraform's verdict or of driftline."""

import json

from world import change


@change("aws_sqs_queue.work")
def queue_timeout(w):
    """A queue's visibility timeout and tags change."""
    url = w.id("aws_sqs_queue.work")
    w.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})
    w.client("sqs").tag_queue(QueueUrl=url, Tags={"Team": "b"})


@change("aws_sqs_queue.gone")
def queue_deleted(w):
    """A queue is deleted."""
    w.client("sqs").delete_queue(QueueUrl=w.id("aws_sqs_queue.gone"))


@change("aws_sqs_queue.ordered")
def queue_retention(w):
    """An ordered queue keeps messages for an hour, no more."""
    w.client("sqs").set_queue_attributes(
        QueueUrl=w.id("aws_sqs_queue.ordered"), Attributes={"MessageRetentionPeriod": "3600", "ContentBasedDeduplication": "false"}
    )


@change("aws_sqs_queue.work", "aws_sqs_queue_policy.work")
def queue_policy(w):
    """A queue's policy lets anyone receive."""
    policy = json.loads(w.get("aws_sqs_queue_policy.work", "policy"))
    policy["Statement"][0]["Action"] = "sqs:*"
    w.client("sqs").set_queue_attributes(QueueUrl=w.id("aws_sqs_queue.work"), Attributes={"Policy": json.dumps(policy)})


@change("aws_sns_topic.alerts")
def topic_renamed(w):
    """A topic's display name and tags change."""
    arn = w.id("aws_sns_topic.alerts")
    w.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Noise")
    w.client("sns").tag_resource(ResourceArn=arn, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_sns_topic.gone")
def topic_deleted(w):
    """A topic is deleted."""
    w.client("sns").delete_topic(TopicArn=w.id("aws_sns_topic.gone"))


@change("aws_sns_topic.alerts", "aws_sns_topic_policy.alerts")
def topic_policy(w):
    """A topic's policy lets anyone do anything."""
    policy = json.loads(w.get("aws_sns_topic_policy.alerts", "policy"))
    policy["Statement"][0]["Action"] = "sns:*"
    w.client("sns").set_topic_attributes(
        TopicArn=w.id("aws_sns_topic.alerts"), AttributeName="Policy", AttributeValue=json.dumps(policy)
    )


@change("aws_cloudwatch_log_group.app")
def retention(w):
    """A log group keeps its events for a day, and changes its team."""
    w.client("logs").put_retention_policy(logGroupName="/app", retentionInDays=1)
    w.client("logs").tag_resource(resourceArn=w.get("aws_cloudwatch_log_group.app", "arn"), tags={"Team": "b"})


@change("aws_cloudwatch_log_group.gone")
def log_group_deleted(w):
    """A log group is deleted."""
    w.client("logs").delete_log_group(logGroupName="/gone")


def create_unmanaged(w):
    """Objects that no state holds."""
    w.create("aws_sqs_queue", w.client("sqs").create_queue(QueueName="rogue")["QueueUrl"])
    w.create("aws_sns_topic", w.client("sns").create_topic(Name="rogue")["TopicArn"])
    w.client("logs").create_log_group(logGroupName="/rogue")
    w.create("aws_cloudwatch_log_group", "/rogue")
