"""Regenerates schema.json beside this file from the real provider: `python3 providers/aws/schema.py`.
One line a resource type, so that the change a new provider version brings can be read. Knows nothing of the scanner."""

import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATES = HERE.parents[1] / "testdata" / "conformance"
sys.path.insert(0, str(HERE.parents[1] / "tests" / "conformance"))

import given_up  # noqa: E402
import unset  # noqa: E402
from terraform import PROVIDER_ADDRESS, PROVIDER_VERSION, Terraform  # noqa: E402

READ_TYPES = """
vpc subnet internet_gateway egress_only_internet_gateway nat_gateway eip eip_association route_table route
route_table_association main_route_table_association security_group security_group_rule
vpc_security_group_ingress_rule vpc_security_group_egress_rule network_acl network_acl_rule network_interface
instance ebs_volume volume_attachment ebs_snapshot ami launch_template key_pair vpc_endpoint
vpc_peering_connection flow_log vpc_dhcp_options vpc_dhcp_options_association ec2_transit_gateway
ec2_transit_gateway_vpc_attachment customer_gateway vpn_gateway ec2_managed_prefix_list placement_group
default_vpc default_subnet default_security_group default_network_acl default_route_table default_vpc_dhcp_options
sqs_queue sqs_queue_policy sns_topic sns_topic_policy cloudwatch_log_group
iam_role iam_role_policy iam_role_policy_attachment iam_policy
lambda_alias lambda_function route53_zone
s3_bucket s3_bucket_versioning s3_bucket_policy s3_bucket_public_access_block s3_bucket_ownership_controls
s3_bucket_server_side_encryption_configuration s3_bucket_logging s3_bucket_cors_configuration s3_bucket_accelerate_configuration s3_bucket_request_payment_configuration
s3_bucket_object_lock_configuration s3_bucket_notification s3_bucket_acl s3_bucket_website_configuration s3_bucket_lifecycle_configuration
kms_alias kms_key dynamodb_table secretsmanager_secret secretsmanager_secret_policy
ecr_repository ecr_lifecycle_policy ecr_repository_policy
cloudwatch_metric_alarm cloudwatch_dashboard cloudwatch_log_metric_filter cloudwatch_event_bus cloudwatch_event_rule
cloudwatch_event_target sns_topic_subscription ssm_parameter ssm_document kinesis_stream
iam_user iam_user_policy iam_user_policy_attachment iam_group iam_group_policy iam_group_policy_attachment iam_group_membership
iam_instance_profile iam_openid_connect_provider iam_account_alias iam_account_password_policy iam_access_key iam_service_linked_role
lb lb_target_group lb_listener lb_listener_rule alb alb_target_group alb_listener alb_listener_rule
autoscaling_group autoscaling_policy launch_configuration
db_instance rds_cluster rds_cluster_instance db_subnet_group db_parameter_group rds_cluster_parameter_group
elasticache_subnet_group efs_file_system efs_mount_target efs_access_point route53_record route53_health_check ecs_cluster
apigatewayv2_api api_gateway_rest_api backup_vault athena_workgroup wafv2_ip_set glue_catalog_database
iam_policy_attachment iam_saml_provider s3_object s3_bucket_replication_configuration
lambda_permission lambda_event_source_mapping lambda_layer_version lambda_function_url
db_option_group db_snapshot kms_grant autoscaling_attachment lb_target_group_attachment alb_target_group_attachment
ecs_service ecs_task_definition ecs_capacity_provider eks_cluster eks_node_group eks_addon eks_fargate_profile
secretsmanager_secret_version acm_certificate cloudtrail cloudfront_distribution cloudfront_origin_access_control
api_gateway_resource api_gateway_method api_gateway_integration api_gateway_stage api_gateway_deployment
apigatewayv2_route apigatewayv2_integration apigatewayv2_stage elasticache_cluster elasticache_replication_group
kinesis_firehose_delivery_stream wafv2_web_acl backup_plan backup_selection cognito_user_pool cognito_user_pool_client
codebuild_project sfn_state_machine organizations_organization organizations_account organizations_organizational_unit
organizations_policy organizations_policy_attachment
"""
# Never read themselves: their presence in a state says that they own part of another object.
SIBLING_TYPES = """
network_acl_association network_interface_attachment network_interface_sg_attachment internet_gateway_attachment
vpn_gateway_attachment vpn_gateway_route_propagation vpc_endpoint_route_table_association
vpc_endpoint_subnet_association vpc_endpoint_security_group_association ec2_managed_prefix_list_entry
vpc_ipv4_cidr_block_association ec2_tag
sqs_queue_redrive_policy sqs_queue_redrive_allow_policy
"""
FLAGS = (("required", "r"), ("optional", "o"), ("computed", "c"), ("sensitive", "s"), ("write_only", "w"))


def trim_attribute(name, attribute, planned):
    flags = "".join(letter for flag, letter in FLAGS if attribute.get(flag))
    if "nested_type" in attribute:
        nested = attribute["nested_type"]
        attributes = {name: trim_attribute(name, inner, None) for name, inner in sorted(nested["attributes"].items())}
        return {"nested": nested["nesting_mode"], "attributes": attributes, "flags": flags}
    if planned is None or name not in planned["attributes"]:
        return {"type": attribute["type"], "flags": flags}
    default = planned["attributes"][name]
    return {"type": attribute["type"], "flags": flags + "d", **({} if default is None else {"default": default})}


def trim_block(block, planned, path=()):
    """`planned`: what is planned for what is left unset, by path of nested blocks."""
    told = planned.get(path)
    attributes = {name: trim_attribute(name, one, told) for name, one in sorted(block.get("attributes", {}).items())}
    trimmed = {"attributes": attributes}
    if block.get("block_types"):
        trimmed["blocks"] = {
            name: {
                "nesting": inner["nesting_mode"],
                **({"flags": "d"} if told and name in told["blocks"] else {}),
                **trim_block(inner["block"], planned, (*path, name)),
            }
            for name, inner in sorted(block["block_types"].items())
        }
    return trimmed


def believe(planned, seen):
    """Leaves of what is planned for what is left unset what is beyond doubt: defaults that are told, and what was seen to
    be planned away. A provider may suppress the rest."""
    for name, (away, _) in seen.items():
        root = planned.setdefault(name, {}).setdefault((), {"attributes": {}, "blocks": []})
        root["attributes"] = {**dict.fromkeys(away), **root["attributes"]}
        root["blocks"] = sorted({*away, *root["blocks"]})
    for name, bodies in planned.items():
        for path, told in bodies.items():
            away, stays = seen.get(name, ((), {})) if not path else ((), {})
            certain = lambda one, value: value is not None and all(value == stayed for stayed in stays.get(one, []))
            told["attributes"] = {one: value for one, value in told["attributes"].items() if one in away or certain(one, value)}
            told["blocks"] = [one for one in told["blocks"] if one in away]


def trim(schemas, planned):
    types = {}
    for name in wanted(schemas):
        types[name] = {"version": schemas[name]["version"], **trim_block(schemas[name]["block"], planned.get(name, {}))}
    return types


def wanted(schemas):
    """The types to keep that the provider has."""
    names = sorted(f"aws_{word}" for word in (READ_TYPES + SIBLING_TYPES).split())
    for name in names:
        if name not in schemas:
            print(f"{name}: not a type of {PROVIDER_ADDRESS} {PROVIDER_VERSION}, left out", file=sys.stderr)
    return [name for name in names if name in schemas]


def provider_schemas(terraform):
    """The schemas of all resource types, from the provider itself."""
    source = f'source = "hashicorp/aws"\n      version = "{PROVIDER_VERSION}"'
    requirement = f"terraform {{\n  required_providers {{\n    aws = {{\n      {source}\n    }}\n  }}\n}}\n"
    (Path(terraform.folder) / "main.tf").write_text(requirement)
    terraform.run("init", "-no-color")
    shown = json.loads(terraform.run("providers", "schema", "-json"))
    return shown["provider_schemas"][PROVIDER_ADDRESS]["resource_schemas"]


def ask(folder):
    """The schemas, and what is planned for what is left unset in those to keep."""
    terraform = Terraform(folder, {}, folder)
    schemas = provider_schemas(terraform)
    read = [name for name in wanted(schemas) if name in {f"aws_{word}" for word in READ_TYPES.split()}]
    planned = unset.probe(schemas, read, terraform)
    states = [path for path in sorted(STATES.glob("*settled.tfstate")) if "unsettled" not in path.name]
    believe(planned, given_up.observe(schemas, read, states, terraform))
    return schemas, planned


def without_planned(body):
    """A kept body as the provider's schema alone would make it."""
    plain = dict(body)
    if "attributes" in body:
        plain["attributes"] = {name: without_planned(one) for name, one in body["attributes"].items()}
    if "blocks" in body:
        plain["blocks"] = {name: without_planned(one) for name, one in body["blocks"].items()}
    plain.pop("default", None)
    plain["flags"] = plain.get("flags", "").replace("d", "")
    return plain


def complaints(folder):
    """Where the kept schemas are not those of the provider."""
    kept = json.loads((HERE / "schema.json").read_text())["types"]
    true = trim(provider_schemas(Terraform(folder, {}, folder)), {})
    lines = [f"{name}: kept, and not a type to keep" for name in sorted(kept.keys() - true.keys())]
    for name, body in true.items():
        if name not in kept or without_planned(kept[name]) != without_planned(body):
            lines.append(f"{name}: the kept schema is not the provider's; renew it with providers/aws/schema.py")
    return lines


def main():
    with tempfile.TemporaryDirectory() as folder:
        types = trim(*ask(folder))
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(body, separators=(',', ':'))}" for name, body in types.items())
    text = f'{{"provider_version":"{PROVIDER_VERSION}","types":{{\n{lines}\n}}}}\n'
    json.loads(text)
    (HERE / "schema.json").write_text(text)
    print(f"{len(types)} types, {len(text)} bytes")


if __name__ == "__main__":
    main()
