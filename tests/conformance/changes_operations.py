"""Changes behind terraform's back to alarms, events and parameters.
Knows nothing of terraform's verdict or of driftline."""

import json

from world import change


@change("aws_cloudwatch_metric_alarm.cpu")
def alarm_raised(w):
    """An alarm sounds later, and changes its team."""
    client = w.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName="cpu",
        AlarmDescription="Too busy",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=2,
        MetricName="CPUUtilization",
        Namespace="AWS/EC2",
        Period=60,
        Statistic="Average",
        Threshold=99.5,
        TreatMissingData="missing",
        Dimensions=[{"Name": "InstanceId", "Value": "i-1"}],
    )
    client.tag_resource(ResourceARN=w.get("aws_cloudwatch_metric_alarm.cpu", "arn"), Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_cloudwatch_metric_alarm.gone")
def alarm_deleted(w):
    """An alarm is deleted."""
    w.client("cloudwatch").delete_alarms(AlarmNames=["gone"])


@change("aws_cloudwatch_dashboard.main")
def dashboard_changed(w):
    """A dashboard says something else."""
    body = json.loads(w.get("aws_cloudwatch_dashboard.main", "dashboard_body"))
    body["widgets"][0]["properties"]["markdown"] = "Goodbye"
    w.client("cloudwatch").put_dashboard(DashboardName="main", DashboardBody=json.dumps(body))


@change("aws_cloudwatch_dashboard.gone")
def dashboard_deleted(w):
    """A dashboard is deleted."""
    w.client("cloudwatch").delete_dashboards(DashboardNames=["gone"])


@change("aws_cloudwatch_log_metric_filter.gone")
def filter_deleted(w):
    """A filter is deleted."""
    w.client("logs").delete_metric_filter(logGroupName="/ops", filterName="gone")


@change("aws_cloudwatch_event_rule.nightly")
def rule_changed(w):
    """A rule is switched off, and changes its team."""
    client = w.client("events")
    client.put_rule(Name="nightly", Description="Every other night", ScheduleExpression="rate(2 days)", State="DISABLED")
    client.tag_resource(ResourceARN=w.get("aws_cloudwatch_event_rule.nightly", "arn"), Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_cloudwatch_event_rule.gone")
def rule_deleted(w):
    """A rule is deleted."""
    w.client("events").delete_rule(Name="gone", EventBusName="orders")


@change("aws_cloudwatch_event_target.queue")
def target_changed(w):
    """A target is told something else."""
    target = {"Id": "queue", "Arn": w.get("aws_sqs_queue.work", "arn"), "Input": json.dumps({"what": "nothing"})}
    w.client("events").put_targets(Rule="nightly", Targets=[target])


@change("aws_cloudwatch_event_target.gone")
def target_removed(w):
    """A target is removed."""
    w.client("events").remove_targets(Rule="nightly", Ids=["gone"])


@change("aws_cloudwatch_event_bus.orders")
def bus_tagged(w):
    """A bus gets a team."""
    arn = w.get("aws_cloudwatch_event_bus.orders", "arn")
    w.client("events").tag_resource(ResourceARN=arn, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_sns_topic_subscription.queue")
def subscription_changed(w):
    """A subscription wraps its messages again."""
    w.client("sns").set_subscription_attributes(
        SubscriptionArn=w.id("aws_sns_topic_subscription.queue"), AttributeName="RawMessageDelivery", AttributeValue="false"
    )


@change("aws_ssm_parameter.mode")
def parameter_changed(w):
    """A parameter changes its value and team."""
    client = w.client("ssm")
    client.put_parameter(Name="/app/mode", Value="loud", Type="String", Description="How it runs", Overwrite=True)
    client.add_tags_to_resource(ResourceType="Parameter", ResourceId="/app/mode", Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_ssm_parameter.gone")
def parameter_deleted(w):
    """A parameter is deleted."""
    w.client("ssm").delete_parameter(Name="/app/gone")


@change("aws_ssm_document.hello")
def document_changed(w):
    """A document does something else."""
    content = json.loads(w.get("aws_ssm_document.hello", "content"))
    content["mainSteps"][0]["inputs"]["runCommand"] = ["echo goodbye"]
    client = w.client("ssm")
    client.update_document(Name="hello", Content=json.dumps(content), DocumentVersion="$LATEST")
    client.update_document_default_version(Name="hello", DocumentVersion="2")


@change("aws_kinesis_stream.events")
def stream_changed(w):
    """A stream keeps its records for a day only, and changes its team."""
    client = w.client("kinesis")
    client.decrease_stream_retention_period(StreamName="events", RetentionPeriodHours=24)
    client.add_tags_to_stream(StreamName="events", Tags={"Team": "b"})


def create_unmanaged(w):
    """Objects that no state holds."""
    cloudwatch = w.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="rogue", ComparisonOperator="LessThanThreshold", EvaluationPeriods=1, MetricName="m", Namespace="n",
        Period=60, Statistic="Sum", Threshold=1,
    )
    w.create("aws_cloudwatch_metric_alarm", "rogue")
    cloudwatch.put_dashboard(DashboardName="rogue", DashboardBody='{"widgets":[]}')
    w.create("aws_cloudwatch_dashboard", "rogue")
    w.client("logs").put_metric_filter(
        logGroupName="/ops", filterName="rogue", filterPattern="x",
        metricTransformations=[{"metricName": "x", "metricNamespace": "App", "metricValue": "1"}],
    )
    w.create("aws_cloudwatch_log_metric_filter", "/ops:rogue")
    events = w.client("events")
    events.create_event_bus(Name="rogue")
    w.create("aws_cloudwatch_event_bus", "rogue")
    events.put_rule(Name="rogue", EventBusName="rogue", EventPattern='{"source":["rogue"]}')
    w.create("aws_cloudwatch_event_rule", "rogue/rogue")
    subscription = w.client("sns").subscribe(
        TopicArn=w.id("aws_sns_topic.alerts"), Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:rogue", ReturnSubscriptionArn=True
    )
    w.create("aws_sns_topic_subscription", subscription["SubscriptionArn"])
    w.client("ssm").put_parameter(Name="/rogue", Value="x", Type="String")
    w.create("aws_ssm_parameter", "/rogue")
    w.client("ssm").create_document(
        Name="rogue", DocumentType="Command", Content=w.get("aws_ssm_document.hello", "content")
    )
    w.create("aws_ssm_document", "rogue")
    w.client("kinesis").create_stream(StreamName="rogue", ShardCount=1)
    w.create("aws_kinesis_stream", "arn:aws:kinesis:us-east-1:123456789012:stream/rogue")
