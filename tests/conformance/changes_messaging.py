"""Changes behind terraform's back to queues and topics.
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


def create_unmanaged(w):
    """Objects that no state holds."""
    w.create("aws_sqs_queue", w.client("sqs").create_queue(QueueName="rogue")["QueueUrl"])
