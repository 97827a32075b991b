//! A CloudFront distribution in Terraform's shape.
//! Knows nothing of how distributions are read.

use crate::sdk::prelude::*;
use serde_json::{Value, json};

/// The zone that all distributions share (CloudFront Developer Guide, "Using Amazon CloudFront with Route 53").
const HOSTED_ZONE: &str = "Z2FDTNDATAQYW2";

/// A distribution out of GetDistribution.
pub(crate) fn convert(id: &str, answer: &Value) -> Object {
    let Some(config) = answer.at("DistributionConfig") else { return Object::new().value("id", id) };
    let restrictions = config.at("Restrictions.GeoRestriction").map(|one| {
        let restriction = Object::new()
            .texts("locations", one.texts("Items.Location"))
            .text("restriction_type", one.text("RestrictionType"));
        Object::new().blocks("geo_restriction", [restriction])
    });
    let logging = config.at("Logging").filter(|one| one.text("Bucket").is_some()).map(|one| {
        Object::new()
            .text("bucket", one.text("Bucket"))
            .flag("include_cookies", one.flag("IncludeCookies"))
            .text("prefix", one.text("Prefix"))
    });
    let behaviors = config.list("CacheBehaviors.Items.CacheBehavior").iter();
    Object::new()
        .value("id", id)
        .texts("aliases", config.texts("Aliases.Items.CNAME"))
        .text("arn", answer.text("ARN"))
        .text("caller_reference", config.text("CallerReference"))
        .text("comment", config.text("Comment"))
        .blocks(
            "custom_error_response",
            config.list("CustomErrorResponses.Items.CustomErrorResponse").iter().map(error),
        )
        .blocks("default_cache_behavior", config.at("DefaultCacheBehavior").map(behavior))
        .text("default_root_object", config.text("DefaultRootObject"))
        .text("domain_name", answer.text("DomainName"))
        .flag("enabled", config.flag("Enabled"))
        .value("hosted_zone_id", HOSTED_ZONE)
        .text("http_version", config.text("HttpVersion").map(str::to_lowercase).as_deref())
        .flag("is_ipv6_enabled", config.flag("IsIPV6Enabled"))
        .blocks("logging_config", logging)
        .blocks(
            "ordered_cache_behavior",
            behaviors.map(|one| behavior(one).text("path_pattern", one.text("PathPattern"))),
        )
        .blocks("origin", config.list("Origins.Items.Origin").iter().map(origin))
        .blocks("origin_group", config.list("OriginGroups.Items.OriginGroup").iter().map(origin_group))
        .text("price_class", config.text("PriceClass"))
        .blocks("restrictions", restrictions)
        .flag("staging", config.flag("Staging"))
        .blocks("viewer_certificate", config.at("ViewerCertificate").map(certificate))
        .text("web_acl_id", config.text("WebACLId"))
}

fn error(one: &Value) -> Object {
    Object::new()
        .number("error_caching_min_ttl", one.number("ErrorCachingMinTTL"))
        .number("error_code", one.number("ErrorCode"))
        .number("response_code", one.number("ResponseCode"))
        .text("response_page_path", one.text("ResponsePagePath"))
}

fn certificate(one: &Value) -> Object {
    // With a certificate of one's own the service repeats it in older fields.
    let own = one.text("ACMCertificateArn").is_some() || one.text("IAMCertificateId").is_some();
    Object::new()
        .text("acm_certificate_arn", one.text("ACMCertificateArn"))
        .value("cloudfront_default_certificate", !own)
        .text("iam_certificate_id", one.text("IAMCertificateId"))
        .text("minimum_protocol_version", one.text("MinimumProtocolVersion"))
        .text("ssl_support_method", one.text("SSLSupportMethod"))
}

fn behavior(one: &Value) -> Object {
    let functions = one.list("FunctionAssociations.Items.FunctionAssociation").iter().map(|one| {
        Object::new().text("event_type", one.text("EventType")).text("function_arn", one.text("FunctionARN"))
    });
    let lambdas = one.list("LambdaFunctionAssociations.Items.LambdaFunctionAssociation").iter().map(|one| {
        Object::new()
            .text("event_type", one.text("EventType"))
            .flag("include_body", one.flag("IncludeBody"))
            .text("lambda_arn", one.text("LambdaFunctionARN"))
    });
    let grpc = one.flag("GrpcConfig.Enabled").map(|enabled| Object::new().value("enabled", enabled));
    let object = Object::new()
        .texts("allowed_methods", one.texts("AllowedMethods.Items.Method"))
        .text("cache_policy_id", one.text("CachePolicyId"))
        .texts("cached_methods", one.texts("AllowedMethods.CachedMethods.Items.Method"))
        .flag("compress", one.flag("Compress"))
        .number("default_ttl", one.number("DefaultTTL"))
        .text("field_level_encryption_id", one.text("FieldLevelEncryptionId"))
        .blocks("forwarded_values", one.at("ForwardedValues").filter(|one| one.is_object()).map(forwarded))
        .blocks("function_association", functions)
        .blocks("lambda_function_association", lambdas)
        .number("max_ttl", one.number("MaxTTL"))
        .number("min_ttl", one.number("MinTTL"))
        .text("origin_request_policy_id", one.text("OriginRequestPolicyId"))
        .text("realtime_log_config_arn", one.text("RealtimeLogConfigArn"))
        .text("response_headers_policy_id", one.text("ResponseHeadersPolicyId"))
        .flag("smooth_streaming", one.flag("SmoothStreaming"))
        .text("target_origin_id", one.text("TargetOriginId"))
        .texts("trusted_key_groups", one.texts("TrustedKeyGroups.Items.KeyGroup"))
        .texts("trusted_signers", one.texts("TrustedSigners.Items.AwsAccountNumber"))
        .text("viewer_protocol_policy", one.text("ViewerProtocolPolicy"));
    match grpc {
        Some(grpc) => object.blocks("grpc_config", [grpc]),
        None => object,
    }
}

fn forwarded(one: &Value) -> Object {
    let cookies = Object::new()
        .text("forward", one.text("Cookies.Forward"))
        .texts("whitelisted_names", one.texts("Cookies.WhitelistedNames.Items.Name"));
    Object::new()
        .blocks("cookies", [cookies])
        .texts("headers", one.texts("Headers.Items.Name"))
        .flag("query_string", one.flag("QueryString"))
        .texts("query_string_cache_keys", one.texts("QueryStringCacheKeys.Items.Name"))
}

fn origin(one: &Value) -> Object {
    let headers = one
        .list("CustomHeaders.Items.OriginCustomHeader")
        .iter()
        .map(|header| Object::new().text("name", header.text("HeaderName")).text("value", header.text("HeaderValue")));
    let custom = one.at("CustomOriginConfig").filter(|one| one.is_object()).map(|one| {
        Object::new()
            .number("http_port", one.number("HTTPPort"))
            .number("https_port", one.number("HTTPSPort"))
            .number("origin_keepalive_timeout", one.number("OriginKeepaliveTimeout"))
            .text("origin_protocol_policy", one.text("OriginProtocolPolicy"))
            .number("origin_read_timeout", one.number("OriginReadTimeout"))
            .texts("origin_ssl_protocols", one.texts("OriginSslProtocols.Items.SslProtocol"))
    });
    let identity = one.text("S3OriginConfig.OriginAccessIdentity");
    let bucket = identity.map(|identity| Object::new().value("origin_access_identity", identity));
    let shield = one
        .at("OriginShield")
        .filter(|one| one.flag("Enabled") == Some(true))
        .map(|one| Object::new().value("enabled", true).text("origin_shield_region", one.text("OriginShieldRegion")));
    let inside = one.at("VpcOriginConfig").filter(|one| one.is_object()).map(|one| {
        Object::new()
            .number("origin_keepalive_timeout", one.number("OriginKeepaliveTimeout"))
            .number("origin_read_timeout", one.number("OriginReadTimeout"))
            .text("vpc_origin_id", one.text("VpcOriginId"))
    });
    Object::new()
        .number("connection_attempts", one.number("ConnectionAttempts"))
        .number("connection_timeout", one.number("ConnectionTimeout"))
        .blocks("custom_header", headers)
        .blocks("custom_origin_config", custom)
        .text("domain_name", one.text("DomainName"))
        .text("origin_access_control_id", one.text("OriginAccessControlId"))
        .text("origin_id", one.text("Id"))
        .text("origin_path", one.text("OriginPath"))
        .blocks("origin_shield", shield)
        .blocks("s3_origin_config", bucket)
        .blocks("vpc_origin_config", inside)
}

fn origin_group(one: &Value) -> Object {
    let codes: Vec<Value> = one
        .texts("FailoverCriteria.StatusCodes.Items.StatusCode")
        .iter()
        .filter_map(|code| code.parse().ok().map(|code: i64| json!(code)))
        .collect();
    let members = one.list("Members.Items.OriginGroupMember").iter();
    Object::new()
        .blocks("failover_criteria", [Object::new().value("status_codes", codes)])
        .blocks("member", members.map(|member| Object::new().text("origin_id", member.text("OriginId"))))
        .text("origin_id", one.text("Id"))
}
