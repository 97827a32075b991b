//! Resource types whose objects AWS has no name of its own for, or none that calls give: they are parts of another object,
//! and a call concerns them where it names that object and what tells the part from its siblings.
//! Knows nothing of records.

/// A type, the attribute that names what it is a part of, and the attributes that tell it from its siblings.
pub(super) type Part = (&'static str, &'static str, &'static [&'static str]);

const RULE: &[&str] =
    &["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id", "from_port", "to_port"];

/// Sorted by type.
pub(super) static PARTS: &[Part] = &[
    ("aws_alb_target_group_attachment", "target_group_arn", &["target_id"]),
    ("aws_api_gateway_integration", "rest_api_id", &["resource_id", "http_method"]),
    ("aws_api_gateway_method", "rest_api_id", &["resource_id", "http_method"]),
    ("aws_api_gateway_resource", "rest_api_id", &["id"]),
    ("aws_api_gateway_stage", "rest_api_id", &["stage_name"]),
    ("aws_apigatewayv2_integration", "api_id", &["id"]),
    ("aws_apigatewayv2_route", "api_id", &["id"]),
    ("aws_apigatewayv2_stage", "api_id", &["name"]),
    ("aws_autoscaling_attachment", "autoscaling_group_name", &["lb_target_group_arn"]),
    ("aws_autoscaling_policy", "autoscaling_group_name", &["name"]),
    ("aws_cloudwatch_event_target", "rule", &["target_id"]),
    ("aws_cloudwatch_log_metric_filter", "log_group_name", &["name"]),
    ("aws_ecs_service", "cluster", &["name"]),
    ("aws_eks_addon", "cluster_name", &["addon_name"]),
    ("aws_eks_fargate_profile", "cluster_name", &["fargate_profile_name"]),
    ("aws_eks_node_group", "cluster_name", &["node_group_name"]),
    ("aws_iam_group_membership", "group", &[]),
    ("aws_iam_group_policy", "group", &["name"]),
    ("aws_iam_group_policy_attachment", "group", &["policy_arn"]),
    ("aws_iam_role_policy", "role", &["name"]),
    ("aws_iam_role_policy_attachment", "role", &["policy_arn"]),
    ("aws_iam_user_policy", "user", &["name"]),
    ("aws_iam_user_policy_attachment", "user", &["policy_arn"]),
    ("aws_kms_grant", "key_id", &["grant_id"]),
    ("aws_lambda_alias", "function_name", &["name"]),
    ("aws_lambda_permission", "function_name", &["statement_id"]),
    ("aws_lb_target_group_attachment", "target_group_arn", &["target_id"]),
    ("aws_main_route_table_association", "vpc_id", &["route_table_id"]),
    ("aws_network_acl_rule", "network_acl_id", &["rule_number"]),
    ("aws_organizations_policy_attachment", "policy_id", &["target_id"]),
    (
        "aws_route",
        "route_table_id",
        &["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"],
    ),
    ("aws_route53_record", "zone_id", &["name"]),
    ("aws_route_table_association", "route_table_id", &["subnet_id", "gateway_id"]),
    ("aws_s3_object", "bucket", &["key"]),
    (
        "aws_security_group_rule",
        "security_group_id",
        &["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "source_security_group_id", "from_port", "to_port"],
    ),
    ("aws_volume_attachment", "volume_id", &["instance_id"]),
    ("aws_vpc_dhcp_options_association", "vpc_id", &["dhcp_options_id"]),
    ("aws_vpc_security_group_egress_rule", "security_group_id", RULE),
    ("aws_vpc_security_group_ingress_rule", "security_group_id", RULE),
];

/// The part that a type is, if it is one.
pub(super) fn part(resource_type: &str) -> Option<&'static Part> {
    PARTS.binary_search_by(|(name, _, _)| (*name).cmp(resource_type)).ok().map(|position| &PARTS[position])
}

/// What events call an object whose type Terraform calls otherwise.
pub(super) static OTHER_NOUNS: &[(&str, &str)] = &[
    ("aws_alb", "loadbalancer"),
    ("aws_alb_listener", "listener"),
    ("aws_alb_listener_rule", "rule"),
    ("aws_ami", "image"),
    ("aws_db_instance", "dbinstance"),
    ("aws_eip", "address"),
    ("aws_elasticache_cluster", "cachecluster"),
    ("aws_elasticache_subnet_group", "cachesubnetgroup"),
    ("aws_lb", "loadbalancer"),
    ("aws_rds_cluster", "dbcluster"),
    ("aws_rds_cluster_instance", "dbinstance"),
    ("aws_rds_cluster_parameter_group", "dbclusterparametergroup"),
    ("aws_route53_record", "resourcerecordset"),
    ("aws_route53_zone", "hostedzone"),
    ("aws_secretsmanager_secret_version", "secretvalue"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_sorted_and_of_types_that_are_read() {
        assert!(PARTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (name, parent, marks) in PARTS {
            let schema = crate::types().schema(name).unwrap_or_else(|| panic!("{name} is read"));
            for attribute in [parent].into_iter().chain(*marks) {
                assert!(schema.attributes.contains_key(*attribute), "{name}.{attribute}");
            }
        }
        assert!(OTHER_NOUNS.iter().all(|(name, _)| crate::types().resource_type(name).is_some()));
    }
}
