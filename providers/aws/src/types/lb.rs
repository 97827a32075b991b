//! `aws_lb`: DescribeLoadBalancers for all; DescribeLoadBalancerAttributes and DescribeTags for managed ones.
//! Not read: `name_prefix`, which follows from `name`, and what is told of capacity and of address pools.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_lb", permissions: PERMISSIONS, identity: &[], rules: &[], owners: &[] };

pub(super) const PERMISSIONS: &[&str] = &[
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTags",
];

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::load_balancers::{attributes, load_balancers, suffix, tags};
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ELB;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let balancers = load_balancers(place).await?;
        let arns = balancers.iter().filter_map(|one| one.text("LoadBalancerArn"));
        let requested: Vec<String> = arns.filter(|arn| batch.requests(arn)).map(str::to_owned).collect();
        let mut tags = tags(place, batch, requested.clone()).await;
        let answers = concurrently(requested, |arn| async move {
            let ask = Ask::of("DescribeLoadBalancerAttributes").with("LoadBalancerArn", arn.as_str());
            let answer = place.call(&ELB, ask).await;
            (arn, answer)
        })
        .await;
        let mut details: HashMap<String, _> = answers.into_iter().collect();
        for balancer in balancers.iter() {
            let arn = balancer.text("LoadBalancerArn").unwrap_or_default();
            let mut object = convert(arn, balancer);
            if let Some(answer) = details.remove(arn) {
                object = batch.detailed(arn, object, answer, |object, answer| {
                    with_attributes(object, balancer, &attributes(answer, "DescribeLoadBalancerAttributes"))
                });
            }
            if let Some(tags) = tags.remove(arn) {
                object = object.tag_list(&tags, ("Key", "Value"));
            }
            batch.add(arn, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(arn: &str, balancer: &Value) -> Object {
        let zones = balancer.list("AvailabilityZones.member");
        let mappings = zones.iter().map(|zone| {
            let address = zone.list("LoadBalancerAddresses.member").first().cloned().unwrap_or_default();
            Object::new()
                .text("allocation_id", address.text("AllocationId"))
                .text("ipv6_address", address.text("IPv6Address"))
                .text("outpost_id", zone.text("OutpostId"))
                .text("private_ipv4_address", address.text("PrivateIPv4Address"))
                .text("subnet_id", zone.text("SubnetId"))
        });
        let groups: Vec<&str> = balancer.list("SecurityGroups.member").iter().filter_map(Value::as_str).collect();
        Object::new()
            .created(balancer.text("CreatedTime").map(str::to_owned))
            .value("id", arn)
            .value("arn", arn)
            .value("arn_suffix", suffix(arn))
            .text("customer_owned_ipv4_pool", balancer.text("CustomerOwnedIpv4Pool"))
            .text("dns_name", balancer.text("DNSName"))
            .value("internal", balancer.text("Scheme") == Some("internal"))
            .text("ip_address_type", balancer.text("IpAddressType"))
            .text("load_balancer_type", balancer.text("Type"))
            .text("name", balancer.text("LoadBalancerName"))
            .texts("security_groups", groups)
            .blocks("subnet_mapping", mappings)
            .texts("subnets", zones.iter().filter_map(|zone| zone.text("SubnetId")))
            .text("vpc_id", balancer.text("VpcId"))
            .text("zone_id", balancer.text("CanonicalHostedZoneId"))
    }

    /// Attributes that are on or off, by the kinds of load balancer that have them. Terraform leaves those that a kind does
    /// not have as they were.
    const SWITCHES: [(&str, &str); 9] = [
        ("deletion_protection.enabled", "enable_deletion_protection"),
        ("load_balancing.cross_zone.enabled", "enable_cross_zone_load_balancing"),
        ("routing.http.drop_invalid_header_fields.enabled", "drop_invalid_header_fields"),
        ("routing.http.preserve_host_header.enabled", "preserve_host_header"),
        ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "enable_tls_version_and_cipher_suite_headers"),
        ("routing.http.xff_client_port.enabled", "enable_xff_client_port"),
        ("routing.http2.enabled", "enable_http2"),
        ("waf.fail_open.enabled", "enable_waf_fail_open"),
        ("zonal_shift.config.enabled", "enable_zonal_shift"),
    ];

    fn with_attributes(object: Object, balancer: &Value, attributes: &HashMap<&str, &str>) -> Object {
        let text = |key: &str| attributes.get(key).copied();
        let application = balancer.text("Type") == Some("application");
        let mut object = object;
        for (key, name) in SWITCHES {
            // Of an application load balancer zones are always crossed, and Terraform does not record it.
            let recorded = !(application && name == "enable_cross_zone_load_balancing");
            if let Some(value) = text(key).filter(|_| recorded) {
                object = object.value(name, value == "true");
            }
        }
        for (key, name) in [
            ("routing.http.desync_mitigation_mode", "desync_mitigation_mode"),
            ("routing.http.xff_header_processing.mode", "xff_header_processing_mode"),
            ("dns_record.client_routing_policy", "dns_record_client_routing_policy"),
        ] {
            object = object.text_if_known(name, text(key).filter(|text| !text.is_empty()));
        }
        for (key, name) in
            [("idle_timeout.timeout_seconds", "idle_timeout"), ("client_keep_alive.seconds", "client_keep_alive")]
        {
            if let Some(seconds) = text(key).and_then(|seconds| seconds.parse::<i64>().ok()) {
                object = object.value(name, seconds);
            }
        }
        for (kind, name) in [("access_logs", "access_logs"), ("connection_logs", "connection_logs")] {
            if let Some(enabled) = text(&format!("{kind}.s3.enabled")) {
                let logs = Object::new()
                    .text("bucket", text(&format!("{kind}.s3.bucket")))
                    .value("enabled", enabled == "true")
                    .text("prefix", text(&format!("{kind}.s3.prefix")));
                object = object.blocks(name, [logs]);
            }
        }
        object
    }
}
