"""Changes behind terraform's back to functions and domain names.
Knows nothing of terraform's verdict or of driftline."""

from world import change


@change("aws_lambda_function.web")
def function_changed(w):
    """A function gets more memory, another environment and another team."""
    client = w.client("lambda")
    client.update_function_configuration(
        FunctionName="web", Description="Asks", MemorySize=512, Timeout=30, Environment={"Variables": {"MODE": "loud"}}
    )
    client.tag_resource(Resource=w.get("aws_lambda_function.web", "arn"), Tags={"Team": "b"})
    client.put_function_concurrency(FunctionName="web", ReservedConcurrentExecutions=5)


@change("aws_lambda_function.gone")
def function_deleted(w):
    """A function is deleted."""
    w.client("lambda").delete_function(FunctionName="gone")


@change("aws_lambda_alias.live")
def alias_changed(w):
    """An alias is described otherwise."""
    w.client("lambda").update_alias(FunctionName="web", Name="live", Description="What was live")


@change("aws_lambda_alias.gone")
def alias_deleted(w):
    """An alias is deleted."""
    w.client("lambda").delete_alias(FunctionName="web", Name="gone")


@change("aws_route53_zone.main")
def zone_changed(w):
    """A zone's comment and tags change."""
    client = w.client("route53")
    client.update_hosted_zone_comment(Id=w.id("aws_route53_zone.main"), Comment="Not main")
    client.change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=w.id("aws_route53_zone.main"), AddTags=[{"Key": "Team", "Value": "b"}]
    )


@change("aws_route53_zone.gone")
def zone_deleted(w):
    """A zone is deleted."""
    w.client("route53").delete_hosted_zone(Id=w.id("aws_route53_zone.gone"))


def create_unmanaged(w):
    """Objects that no state holds."""
    role = w.get("aws_iam_role.app", "arn")
    code = {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rogue:1"}
    client = w.client("lambda")
    rogue = client.create_function(FunctionName="rogue", Role=role, PackageType="Image", Code=code)
    w.create("aws_lambda_function", rogue["FunctionName"])
    zone = w.client("route53").create_hosted_zone(Name="rogue.test", CallerReference="rogue")["HostedZone"]["Id"]
    w.create("aws_route53_zone", zone.rsplit("/", 1)[-1])
