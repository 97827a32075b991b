"""Changes behind terraform's back to APIs, certificates, distributions and who may sign in.
Knows nothing of terraform's verdict or of driftline."""

from world import change

API = "aws_api_gateway_rest_api.shop"


@change("aws_api_gateway_resource.gone")
def resource_deleted(w):
    """A path is deleted."""
    w.client("apigateway").delete_resource(restApiId=w.id(API), resourceId=w.id("aws_api_gateway_resource.gone"))


def of_method(w):
    return {"restApiId": w.id(API), "resourceId": w.id("aws_api_gateway_resource.orders"), "httpMethod": "GET"}


@change("aws_api_gateway_method.list", "aws_api_gateway_integration.list")
def method_replaced(w):
    """A method is made anew: it asks for a key, and leads elsewhere."""
    client = w.client("apigateway")
    client.delete_method(**of_method(w))
    parameters = {"method.request.querystring.page": True}
    client.put_method(**of_method(w), authorizationType="NONE", apiKeyRequired=True, requestParameters=parameters)
    client.put_integration(
        **of_method(w), type="HTTP_PROXY", integrationHttpMethod="GET", uri="https://elsewhere.example.com/orders"
    )


@change("aws_api_gateway_stage.live")
def stage_described(w):
    """A stage is described otherwise, and traced."""
    client = w.client("apigateway")
    operations = [
        {"op": "replace", "path": "/description", "value": "Not live"},
        {"op": "replace", "path": "/tracingEnabled", "value": "true"},
    ]
    client.update_stage(restApiId=w.id(API), stageName="live", patchOperations=operations)


@change("aws_apigatewayv2_integration.chat")
def newer_integration_redirected(w):
    """An integration leads elsewhere."""
    w.client("apigatewayv2").update_integration(
        ApiId=w.id("aws_apigatewayv2_api.chat"),
        IntegrationId=w.id("aws_apigatewayv2_integration.chat"),
        IntegrationUri="https://elsewhere.example.com/chat",
    )


@change("aws_apigatewayv2_route.chat")
def route_changed(w):
    """A route answers to another verb."""
    w.client("apigatewayv2").update_route(
        ApiId=w.id("aws_apigatewayv2_api.chat"), RouteId=w.id("aws_apigatewayv2_route.chat"), RouteKey="POST /chat"
    )


@change("aws_apigatewayv2_route.gone")
def route_deleted(w):
    """A route is deleted."""
    client = w.client("apigatewayv2")
    client.delete_route(ApiId=w.id("aws_apigatewayv2_api.chat"), RouteId=w.id("aws_apigatewayv2_route.gone"))


@change("aws_apigatewayv2_stage.live")
def newer_stage_deleted(w):
    """A stage is deleted."""
    w.client("apigatewayv2").delete_stage(ApiId=w.id("aws_apigatewayv2_api.chat"), StageName="live")


@change("aws_cognito_user_pool.people")
def passwords_shortened(w):
    """Passwords may be shorter."""
    policy = {"MinimumLength": 6, "RequireLowercase": False, "RequireNumbers": False, "RequireSymbols": False, "RequireUppercase": False}
    w.client("cognito-idp").update_user_pool(UserPoolId=w.id("aws_cognito_user_pool.people"), Policies={"PasswordPolicy": policy})


@change("aws_cognito_user_pool_client.web")
def sessions_lengthened(w):
    """Whoever signed in stays so for longer."""
    w.client("cognito-idp").update_user_pool_client(
        UserPoolId=w.id("aws_cognito_user_pool.people"),
        ClientId=w.id("aws_cognito_user_pool_client.web"),
        RefreshTokenValidity=365,
    )


@change("aws_acm_certificate.www")
def certificate_moved(w):
    """A certificate changes its team."""
    arn = w.id("aws_acm_certificate.www")
    w.client("acm").add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "Team", "Value": "b"}])


@change("aws_wafv2_web_acl.shield")
def shield_lowered(w):
    """A rule allows more."""
    client, name = w.client("wafv2"), w.id("aws_wafv2_web_acl.shield")
    answer = client.get_web_acl(Name="shield", Scope="REGIONAL", Id=name)
    acl = answer["WebACL"]
    acl["Rules"][0]["Statement"]["RateBasedStatement"]["Limit"] = 100000
    client.update_web_acl(
        Name="shield",
        Scope="REGIONAL",
        Id=name,
        DefaultAction=acl["DefaultAction"],
        Description=acl["Description"],
        Rules=acl["Rules"],
        VisibilityConfig=acl["VisibilityConfig"],
        LockToken=answer["LockToken"],
    )


@change("aws_cloudfront_origin_access_control.files")
def control_described(w):
    """An access control is described otherwise."""
    client, name = w.client("cloudfront"), w.id("aws_cloudfront_origin_access_control.files")
    config = {
        "Name": "files",
        "Description": "No files",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "never",
        "OriginAccessControlOriginType": "s3",
    }
    client.update_origin_access_control(Id=name, OriginAccessControlConfig=config)


@change("aws_cloudfront_distribution.www")
def distribution_opened(w):
    """A distribution speaks plainly."""
    client, name = w.client("cloudfront"), w.id("aws_cloudfront_distribution.www")
    answer = client.get_distribution_config(Id=name)
    config = answer["DistributionConfig"]
    config["Comment"] = "Not the site"
    config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = "allow-all"
    client.update_distribution(Id=name, IfMatch=answer["ETag"], DistributionConfig=config)


def create_unmanaged(w):
    """Objects that no state holds."""
    pool = w.client("cognito-idp").create_user_pool(PoolName="rogue")["UserPool"]["Id"]
    w.create("aws_cognito_user_pool", pool)
    w.create("aws_acm_certificate", w.client("acm").request_certificate(DomainName="rogue.gateways.test")["CertificateArn"])
    api = w.id("aws_apigatewayv2_api.chat")
    route = w.client("apigatewayv2").create_route(ApiId=api, RouteKey="GET /rogue")["RouteId"]
    w.create("aws_apigatewayv2_route", route)
    rest, root = w.id(API), w.get(API, "root_resource_id")
    rogue = w.client("apigateway").create_resource(restApiId=rest, parentId=root, pathPart="rogue")["id"]
    w.create("aws_api_gateway_resource", rogue)
