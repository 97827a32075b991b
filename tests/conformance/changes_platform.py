"""Changes behind terraform's back to clusters, APIs, names and the like.
Knows nothing of terraform's verdict or of driftline."""

from world import change

PREFIX = "arn:aws:apigateway:us-east-1::"


@change("aws_ecs_cluster.main")
def cluster_changed(w):
    """A cluster changes its team."""
    w.client("ecs").tag_resource(resourceArn=w.id("aws_ecs_cluster.main"), tags=[{"key": "Team", "value": "b"}])


@change("aws_ecs_cluster.gone")
def cluster_deleted(w):
    """A cluster is deleted."""
    w.client("ecs").delete_cluster(cluster="gone")


@change("aws_api_gateway_rest_api.v1")
def api_described(w):
    """An API is described otherwise."""
    operation = {"op": "replace", "path": "/description", "value": "Not one"}
    w.client("apigateway").update_rest_api(restApiId=w.id("aws_api_gateway_rest_api.v1"), patchOperations=[operation])


@change("aws_apigatewayv2_api.v2")
def newer_api_described(w):
    """An API of the newer kind is described otherwise, and changes its team."""
    client, name = w.client("apigatewayv2"), w.id("aws_apigatewayv2_api.v2")
    client.update_api(ApiId=name, Description="Not two")
    client.tag_resource(ResourceArn=f"{PREFIX}/apis/{name}", Tags={"Team": "b"})


@change("aws_apigatewayv2_api.gone")
def newer_api_deleted(w):
    """An API of the newer kind is deleted."""
    w.client("apigatewayv2").delete_api(ApiId=w.id("aws_apigatewayv2_api.gone"))


@change("aws_glue_catalog_database.lake")
def database_described(w):
    """A database is described otherwise."""
    w.client("glue").update_database(Name="lake", DatabaseInput={"Name": "lake", "Description": "A pond"})


@change("aws_athena_workgroup.ask")
def workgroup_moved(w):
    """A workgroup changes its team."""
    arn = "arn:aws:athena:us-east-1:123456789012:workgroup/ask"
    w.client("athena").tag_resource(ResourceARN=arn, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_wafv2_ip_set.blocked")
def addresses_allowed(w):
    """Addresses are blocked no longer."""
    client, name = w.client("wafv2"), w.id("aws_wafv2_ip_set.blocked")
    token = client.get_ip_set(Name="blocked", Scope="REGIONAL", Id=name)["LockToken"]
    client.update_ip_set(Name="blocked", Scope="REGIONAL", Id=name, Addresses=["198.51.100.0/24"], LockToken=token)


def upsert(w, name, kind, ttl, values):
    record = {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}
    w.client("route53").change_resource_record_sets(
        HostedZoneId=w.id("aws_route53_zone.main"),
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )


@change("aws_route53_record.www")
def record_changed(w):
    """A name leads elsewhere."""
    upsert(w, "www.platform.test", "A", 300, ["203.0.113.66"])


@change("aws_route53_record.gone")
def record_deleted(w):
    """A record is deleted."""
    record = {"Name": "gone.platform.test", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"hello"'}]}
    w.client("route53").change_resource_record_sets(
        HostedZoneId=w.id("aws_route53_zone.main"),
        ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]},
    )


@change("aws_route53_health_check.www")
def check_changed(w):
    """A check looks elsewhere, and changes its team."""
    client, name = w.client("route53"), w.id("aws_route53_health_check.www")
    client.update_health_check(HealthCheckId=name, ResourcePath="/", FailureThreshold=9)
    client.change_tags_for_resource(ResourceType="healthcheck", ResourceId=name, AddTags=[{"Key": "Team", "Value": "b"}])


def create_unmanaged(w):
    """Objects that no state holds."""
    w.create("aws_ecs_cluster", w.client("ecs").create_cluster(clusterName="rogue")["cluster"]["clusterArn"])
    w.create("aws_apigatewayv2_api", w.client("apigatewayv2").create_api(Name="rogue", ProtocolType="HTTP")["ApiId"])
    w.create("aws_api_gateway_rest_api", w.client("apigateway").create_rest_api(name="rogue")["id"])
    upsert(w, "rogue.platform.test", "A", 60, ["203.0.113.67"])
    w.create("aws_route53_record", f"{w.id('aws_route53_zone.main')}_rogue.platform.test_A")
