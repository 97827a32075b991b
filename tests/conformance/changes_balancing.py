"""Changes behind terraform's back to load balancers and groups of instances.
Knows nothing of terraform's verdict or of driftline."""

from world import change


@change("aws_lb.web")
def balancer_changed(w):
    """A load balancer waits longer, and changes its team."""
    client, arn = w.client("elbv2"), w.id("aws_lb.web")
    attributes = [{"Key": "idle_timeout.timeout_seconds", "Value": "30"}, {"Key": "routing.http2.enabled", "Value": "false"}]
    client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    client.add_tags(ResourceArns=[arn], Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_lb_target_group.web")
def group_changed(w):
    """A target group asks for health elsewhere, and drains faster."""
    client, arn = w.client("elbv2"), w.id("aws_lb_target_group.web")
    client.modify_target_group(TargetGroupArn=arn, HealthCheckPath="/", HealthCheckIntervalSeconds=60)
    attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]
    client.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)
    client.add_tags(ResourceArns=[arn], Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_lb_target_group.gone")
def group_deleted(w):
    """A target group is deleted."""
    w.client("elbv2").delete_target_group(TargetGroupArn=w.id("aws_lb_target_group.gone"))


@change("aws_lb_listener.http")
def listener_changed(w):
    """A listener answers for itself."""
    response = {"ContentType": "text/plain", "MessageBody": "closed", "StatusCode": "503"}
    w.client("elbv2").modify_listener(
        ListenerArn=w.id("aws_lb_listener.http"), DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": response}]
    )


@change("aws_lb_listener.gone")
def listener_deleted(w):
    """A listener is deleted."""
    w.client("elbv2").delete_listener(ListenerArn=w.id("aws_lb_listener.gone"))


@change("aws_lb_listener_rule.api")
def rule_changed(w):
    """A rule takes another path."""
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}
    w.client("elbv2").modify_rule(RuleArn=w.id("aws_lb_listener_rule.api"), Conditions=[condition])


@change("aws_lb_listener_rule.gone")
def rule_deleted(w):
    """A rule is deleted."""
    w.client("elbv2").delete_rule(RuleArn=w.id("aws_lb_listener_rule.gone"))


@change("aws_autoscaling_group.web")
def group_grown(w):
    """A group may grow further."""
    w.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=9, HealthCheckGracePeriod=60)


@change("aws_autoscaling_policy.busy")
def policy_changed(w):
    """A policy lets instances be busier."""
    metric = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    w.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName="web",
        PolicyName="busy",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={"PredefinedMetricSpecification": metric, "TargetValue": 95.0},
    )


@change("aws_autoscaling_policy.gone")
def policy_deleted(w):
    """A policy is deleted."""
    w.client("autoscaling").delete_policy(AutoScalingGroupName="web", PolicyName="gone")


@change("aws_launch_configuration.old")
def configuration_deleted(w):
    """A launch configuration is deleted."""
    w.client("autoscaling").delete_launch_configuration(LaunchConfigurationName="old")


@change("aws_alb_target_group.older")
def older_group_checked_elsewhere(w):
    """A target group under its older name checks another path."""
    w.client("elbv2").modify_target_group(TargetGroupArn=w.id("aws_alb_target_group.older"), HealthCheckPath="/other")


def create_unmanaged(w):
    """Objects that no state holds."""
    client = w.client("elbv2")
    group = client.create_target_group(Name="rogue", Protocol="HTTP", Port=80, VpcId=w.id("aws_vpc.main"))
    w.create("aws_lb_target_group", group["TargetGroups"][0]["TargetGroupArn"])
    listener = client.create_listener(
        LoadBalancerArn=w.id("aws_lb.web"),
        Protocol="HTTP",
        Port=8080,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": w.id("aws_lb_target_group.web")}],
    )
    w.create("aws_lb_listener", listener["Listeners"][0]["ListenerArn"])
    w.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="rogue", AdjustmentType="ChangeInCapacity", ScalingAdjustment=5
    )
    w.create("aws_autoscaling_policy", "web:rogue")
