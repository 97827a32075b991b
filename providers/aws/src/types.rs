//! The resource types: one file and one word in the list below for each.
//! Knows nothing of how AWS is reached.

use crate::rules::ids;
use provider_api::{Owner, ResourceType, SchemaSet, StandIn, TypeTable};
use serde_json::json;
use std::sync::OnceLock;

macro_rules! types {
    ($($name:ident,)*) => {
        $(mod $name;)*

        static TYPES: &[&ResourceType] = &[$(&$name::TYPE),*];

        /// The reader of a type, if there is one.
        #[cfg(feature = "sdk")]
        pub(crate) fn read<'r>(
            resource_type: &str,
            place: &'r crate::sdk::prelude::Place,
            batch: &'r mut crate::sdk::prelude::Batch<'_>,
        ) -> Option<futures::future::BoxFuture<'r, Result<(), provider_api::Gap>>> {
            $(
                if resource_type == $name::TYPE.name {
                    return Some(Box::pin($name::live::read(place, batch)));
                }
            )*
            None
        }

        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

types! {
    acm_certificate,
    alb,
    alb_listener,
    alb_listener_rule,
    alb_target_group,
    alb_target_group_attachment,
    ami,
    api_gateway_deployment,
    api_gateway_integration,
    api_gateway_method,
    api_gateway_resource,
    api_gateway_rest_api,
    api_gateway_stage,
    apigatewayv2_api,
    apigatewayv2_integration,
    apigatewayv2_route,
    apigatewayv2_stage,
    athena_workgroup,
    autoscaling_attachment,
    autoscaling_group,
    autoscaling_policy,
    backup_plan,
    backup_selection,
    backup_vault,
    cloudfront_distribution,
    cloudfront_origin_access_control,
    cloudtrail,
    cloudwatch_dashboard,
    cloudwatch_event_bus,
    cloudwatch_event_rule,
    cloudwatch_event_target,
    cloudwatch_log_group,
    cloudwatch_log_metric_filter,
    cloudwatch_metric_alarm,
    codebuild_project,
    cognito_user_pool,
    cognito_user_pool_client,
    customer_gateway,
    db_instance,
    db_option_group,
    db_parameter_group,
    db_snapshot,
    db_subnet_group,
    default_network_acl,
    default_route_table,
    default_security_group,
    default_subnet,
    default_vpc,
    default_vpc_dhcp_options,
    dynamodb_table,
    ebs_snapshot,
    ebs_volume,
    ec2_managed_prefix_list,
    ec2_transit_gateway,
    ec2_transit_gateway_vpc_attachment,
    ecr_lifecycle_policy,
    ecr_repository,
    ecr_repository_policy,
    ecs_capacity_provider,
    ecs_cluster,
    ecs_service,
    ecs_task_definition,
    efs_access_point,
    efs_file_system,
    efs_mount_target,
    egress_only_internet_gateway,
    eip,
    eip_association,
    eks_addon,
    eks_cluster,
    eks_fargate_profile,
    eks_node_group,
    elasticache_cluster,
    elasticache_replication_group,
    elasticache_subnet_group,
    flow_log,
    glue_catalog_database,
    iam_access_key,
    iam_account_alias,
    iam_account_password_policy,
    iam_group,
    iam_group_membership,
    iam_group_policy,
    iam_group_policy_attachment,
    iam_instance_profile,
    iam_openid_connect_provider,
    iam_policy,
    iam_policy_attachment,
    iam_role,
    iam_role_policy,
    iam_role_policy_attachment,
    iam_saml_provider,
    iam_service_linked_role,
    iam_user,
    iam_user_policy,
    iam_user_policy_attachment,
    instance,
    internet_gateway,
    key_pair,
    kinesis_firehose_delivery_stream,
    kinesis_stream,
    kms_alias,
    kms_grant,
    kms_key,
    lambda_alias,
    lambda_event_source_mapping,
    lambda_function,
    lambda_function_url,
    lambda_layer_version,
    lambda_permission,
    launch_configuration,
    launch_template,
    lb,
    lb_listener,
    lb_listener_rule,
    lb_target_group,
    lb_target_group_attachment,
    main_route_table_association,
    nat_gateway,
    network_acl,
    network_acl_rule,
    network_interface,
    organizations_account,
    organizations_organization,
    organizations_organizational_unit,
    organizations_policy,
    organizations_policy_attachment,
    placement_group,
    rds_cluster,
    rds_cluster_instance,
    rds_cluster_parameter_group,
    route,
    route53_health_check,
    route53_record,
    route53_zone,
    route_table,
    route_table_association,
    s3_bucket,
    s3_bucket_accelerate_configuration,
    s3_bucket_acl,
    s3_bucket_cors_configuration,
    s3_bucket_lifecycle_configuration,
    s3_bucket_logging,
    s3_bucket_notification,
    s3_bucket_object_lock_configuration,
    s3_bucket_ownership_controls,
    s3_bucket_policy,
    s3_bucket_public_access_block,
    s3_bucket_replication_configuration,
    s3_bucket_request_payment_configuration,
    s3_bucket_server_side_encryption_configuration,
    s3_bucket_versioning,
    s3_bucket_website_configuration,
    s3_object,
    secretsmanager_secret,
    secretsmanager_secret_policy,
    secretsmanager_secret_version,
    security_group,
    security_group_rule,
    sfn_state_machine,
    sns_topic,
    sns_topic_policy,
    sns_topic_subscription,
    sqs_queue,
    sqs_queue_policy,
    ssm_document,
    ssm_parameter,
    subnet,
    volume_attachment,
    vpc,
    vpc_dhcp_options,
    vpc_dhcp_options_association,
    vpc_endpoint,
    vpc_peering_connection,
    vpc_security_group_egress_rule,
    vpc_security_group_ingress_rule,
    vpn_gateway,
    wafv2_ip_set,
    wafv2_web_acl,
}

/// Services that are one for all regions of an account, by the beginning of their permissions.
static GLOBAL_SERVICES: &[&str] = &["cloudfront:", "iam:", "organizations:", "route53:"];

/// Whether a type's objects are the same read from any region.
pub(crate) fn is_global(name: &str) -> bool {
    let permissions = types().resource_type(name).map_or(&[][..], |resource_type| resource_type.permissions);
    permissions.iter().any(|permission| GLOBAL_SERVICES.iter().any(|service| permission.starts_with(service)))
}

/// Any tag of any object may be a resource of its own.
static TAG_OWNERS: &[Owner] = &[tag_owner("tags"), tag_owner("tags_all")];

const fn tag_owner(attribute: &'static str) -> Owner {
    Owner {
        attribute,
        resource_type: "aws_ec2_tag",
        parents: |tag| ids(tag, "resource_id"),
        parts: |tag| vec![json!([tag.get("key"), tag.get("value")])],
        split: |tags| tags.as_object().into_iter().flatten().map(|(key, value)| json!([key, value])).collect(),
    }
}

/// Attachments of a policy, all at once, and policies that are written inside of roles.
static STAND_INS: &[StandIn] = &[
    StandIn {
        resource_type: "aws_iam_policy_attachment",
        attribute: None,
        objects: iam_policy_attachment::attachments,
    },
    StandIn { resource_type: "aws_iam_role", attribute: Some("inline_policy"), objects: iam_role::inline_policies },
    StandIn { resource_type: "aws_iam_role", attribute: Some("managed_policy_arns"), objects: iam_role::attachments },
];

/// The resource types that are read natively, their rules and their schemas.
pub fn types() -> &'static TypeTable {
    static TABLE: OnceLock<TypeTable> = OnceLock::new();
    TABLE.get_or_init(|| {
        let schemas: SchemaSet =
            serde_json::from_str(include_str!("../schema.json")).expect("the schema is part of the program and tested");
        TypeTable { types: TYPES, owners: TAG_OWNERS, stand_ins: STAND_INS, schemas }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_api::{AttributeSchema, BlockSchema};
    use std::collections::BTreeMap;

    #[test]
    fn every_file_is_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/types");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder of the types")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().trim_end_matches(".rs").to_owned())
            .collect();
        files.sort();
        assert_eq!(files, NAMES);
    }

    #[test]
    fn every_schema_can_be_read() {
        let schemas = &types().schemas;
        let broken: Vec<&str> = schemas.names().filter(|name| schemas.get(name).is_none()).collect();
        assert!(broken.is_empty() && schemas.names().count() > TYPES.len(), "{broken:?}");
    }

    #[test]
    fn types_are_sorted_and_named_after_their_file() {
        for (name, resource_type) in NAMES.iter().zip(TYPES) {
            assert_eq!(resource_type.name, format!("aws_{name}"));
        }
        assert!(TYPES.is_sorted_by_key(|resource_type| resource_type.name));
    }

    #[test]
    fn permissions_are_sorted_reads() {
        for resource_type in TYPES {
            let name = resource_type.name;
            assert!(!resource_type.permissions.is_empty(), "{name}");
            assert!(resource_type.permissions.is_sorted(), "{name}");
            for permission in resource_type.permissions {
                let (service, action) = permission.split_once(':').expect("a service and an action");
                assert!(
                    service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                    "{name}: {permission}"
                );
                assert!(
                    ["BatchGet", "Describe", "Get", "GET", "List"].iter().any(|verb| action.starts_with(verb)),
                    "{name}: {permission}"
                );
                assert!(!SECRETS.contains(permission), "{name}: {permission} answers with secrets");
            }
        }
    }

    /// Calls that answer with secret values: none may ever be made.
    const SECRETS: &[&str] = &[
        "ec2:GetPasswordData",
        "ecr:GetAuthorizationToken",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetSecretValue",
        "sts:GetSessionToken",
    ];

    #[test]
    fn rules_and_owners_speak_of_attributes_that_exist() {
        let table = types();
        for resource_type in TYPES {
            let name = resource_type.name;
            let schema = table.schema(name).unwrap_or_else(|| panic!("{name} has no schema"));
            for pattern in resource_type
                .rules
                .iter()
                .map(|rule| rule.pattern)
                .chain(resource_type.owners.iter().map(|owner| owner.attribute))
            {
                assert!(exists(pattern, &schema.attributes, &schema.blocks), "{name}: {pattern}");
            }
        }
    }

    fn exists(
        pattern: &str,
        attributes: &BTreeMap<String, AttributeSchema>,
        blocks: &BTreeMap<String, BlockSchema>,
    ) -> bool {
        let (first, rest) = pattern.split_once('.').unwrap_or((pattern, ""));
        let rest = rest.strip_prefix("*.").unwrap_or(rest.strip_prefix('*').unwrap_or(rest));
        match (attributes.get(first), blocks.get(first)) {
            (Some(attribute), _) => rest.is_empty() || provider_api::cty_element(&attribute.cty_type, "").is_some(),
            (None, Some(block)) => rest.is_empty() || exists(rest, &block.attributes, &block.blocks),
            (None, None) => false,
        }
    }
}
