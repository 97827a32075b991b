//! Provider configurations, `ignore_changes`, the local backend.

use super::*;

#[test]
fn resources_use_the_provider_that_state_would_name() {
    let module = r#"
        terraform {
          required_providers {
            cloud = {
              source                = "hashicorp/aws"
              configuration_aliases = [cloud.peer]
            }
          }
        }
        resource "cloud_vpc" "default" {}
        resource "cloud_vpc" "peer" { provider = cloud.peer }
        module "deeper" { source = "../deeper" }
    "#;
    let configuration = configuration(&[
        (
            "main.tf",
            r#"
            terraform {
              required_providers { aws = { source = "HashiCorp/aws" } }
            }
            provider "aws" { region = "a" }
            provider "aws" {
              alias  = "west"
              region = "b"
            }
            resource "aws_vpc" "default" {}
            resource "aws_vpc" "west" { provider = aws.west }
            resource "aws_vpc" "quoted" { provider = "aws.west" }
            resource "random_id" "implied" {}
            resource "terraform_data" "builtin" {}
            resource "aws_vpc" "dynamic" { provider = aws.by_name["x"] }
            module "mapped" {
              source    = "./module"
              providers = {
                cloud      = aws.west
                cloud.peer = aws
              }
            }
            module "inherits" { source = "./module" }
            module "legacy" { source = "./legacy" }
            "#,
        ),
        ("module/main.tf", module),
        ("deeper/main.tf", "resource \"aws_subnet\" \"x\" {}\n"),
        (
            "legacy/main.tf",
            "provider \"aws\" { region = var.region }\nvariable \"region\" { default = \"c\" }\nresource \"aws_vpc\" \"x\" {}\n",
        ),
    ]);
    let aws = "provider[\"registry.terraform.io/hashicorp/aws\"]";
    for (resource, expected) in [
        ("aws_vpc.default", aws.to_owned()),
        ("aws_vpc.west", format!("{aws}.west")),
        ("aws_vpc.quoted", format!("{aws}.west")),
        ("random_id.implied", "provider[\"registry.terraform.io/hashicorp/random\"]".into()),
        ("terraform_data.builtin", "provider[\"terraform.io/builtin/terraform\"]".into()),
        ("aws_vpc.dynamic", "none".into()),
        ("module.mapped.cloud_vpc.default", format!("{aws}.west")),
        ("module.mapped.cloud_vpc.peer", aws.to_owned()),
        ("module.mapped.module.deeper.aws_subnet.x", format!("{aws}.west")),
        ("module.inherits.cloud_vpc.default", aws.to_owned()),
        ("module.inherits.cloud_vpc.peer", "none".into()),
        ("module.inherits.module.deeper.aws_subnet.x", aws.to_owned()),
        ("module.legacy.aws_vpc.x", format!("module.legacy.{aws}")),
    ] {
        let provider = &configuration.resources[&address(resource)].provider;
        assert_eq!(provider.as_ref().map_or("none".into(), ToString::to_string), expected, "{resource}");
    }
    let regions: Vec<(String, Value, bool)> = configuration
        .providers
        .iter()
        .map(|(reference, provider)| {
            let region = provider.attributes.get("region").map_or(Value::Null, shown);
            (reference.to_string(), region, provider.range.is_some())
        })
        .collect();
    assert_eq!(
        regions,
        [
            (aws.to_owned(), json!("a"), true),
            (format!("{aws}.west"), json!("b"), true),
            ("provider[\"registry.terraform.io/hashicorp/random\"]".into(), Value::Null, false),
            ("provider[\"terraform.io/builtin/terraform\"]".into(), Value::Null, false),
            (format!("module.legacy.{aws}"), json!("c"), true),
        ]
    );
}

#[test]
fn provider_blocks_keep_their_nested_blocks() {
    let configuration = configuration(&[(
        "main.tf",
        r#"
        provider "aws" {
          region = var.unset
          default_tags { tags = { Env = "prod" } }
          ignore_tags { key_prefixes = ["k8s/"] }
          assume_role { role_arn = "arn" }
          endpoints {
            ec2 = "e"
            sts = "s"
          }
        }
        variable "unset" {}
        "#,
    )]);
    let provider = configuration.providers.values().next().unwrap();
    let found: Value = provider.attributes.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
    assert_eq!(
        found,
        json!({
            "region": "?", "default_tags": [{"tags": {"Env": "prod"}}], "ignore_tags": [{"key_prefixes": ["k8s/"]}],
            "assume_role": [{"role_arn": "arn"}], "endpoints": [{"ec2": "e", "sts": "s"}],
        })
    );
    let range = provider.range.as_ref().unwrap();
    assert_eq!((range.start_line, range.start_column, range.end_line, range.end_column), (2, 9, 11, 10));
}

#[test]
fn ignored_changes_are_paths() {
    let ignores = |text: &str| {
        let text = format!("resource \"t\" \"x\" {{\n  lifecycle {{\n    ignore_changes = {text}\n  }}\n}}\n");
        configuration(&[("main.tf", text.as_str())]).resources[&address("t.x")].lifecycle.ignore_changes.clone()
    };
    assert_eq!(ignores("all"), IgnoreChanges::All);
    assert_eq!(ignores("[\"*\"]"), IgnoreChanges::All);
    assert_eq!(ignores("[]"), IgnoreChanges::Paths(vec![]));
    let paths = ignores("[ami, tags[\"a.b\"], tags.Env, ingress[0].cidr, \"quoted\", root_block_device[0]]");
    use provider_api::Step;
    let path = |top: &str, steps: &[Step]| {
        steps.iter().fold(AttributePath::attribute(top), |path, step| path.join(step.clone()))
    };
    let (key, name) = (|text: &str| Step::Key(text.into()), |text: &str| Step::Name(text.into()));
    for (path, expected) in [
        (path("ami", &[]), true),
        (path("ami_id", &[]), false),
        (path("tags", &[]), false),
        (path("tags", &[key("a.b")]), true),
        (path("tags", &[key("a")]), false),
        (path("tags", &[key("Env")]), true),
        (path("ingress", &[Step::Index(0), name("cidr"), Step::Index(3)]), true),
        (path("ingress", &[Step::Index(1), name("cidr")]), false),
        (path("quoted", &[name("x")]), true),
        (path("root_block_device", &[Step::Index(0), name("tags"), key("x")]), true),
    ] {
        assert_eq!(paths.covers(&path), expected, "{path}");
    }
}

#[test]
fn the_local_backend_knows_where_state_is() {
    let check = |text: &str, workspace: &str, expected: Option<&str>| {
        let configuration = read_at(&[("main.tf", text)], "");
        let around = provider_states::Surroundings {
            environment: Arc::default(),
            directory: "nowhere".into(),
            patience: std::time::Duration::from_secs(1),
            aws: None,
            may_run_programs: false,
        };
        let backend = backend::backend(&configuration, &backend::Completion::default());
        let place =
            backend.and_then(|backend| provider_states::open(&backend, &around)).map(|store| store.place(workspace));
        assert_eq!(place.ok(), expected.map(str::to_owned), "{text}");
    };
    check("", "default", Some("terraform.tfstate"));
    check("", "dev", Some("terraform.tfstate.d/dev/terraform.tfstate"));
    let block = |arguments: &str| format!("terraform {{\n  backend \"local\" {{\n{arguments}\n}}\n}}\n");
    check(&block(""), "default", Some("terraform.tfstate"));
    check(&block("path = \"../x.tfstate\""), "default", Some("../x.tfstate"));
    check(&block("path = \"../x.tfstate\""), "dev", Some("terraform.tfstate.d/dev/terraform.tfstate"));
    check(&block("workspace_dir = \"w\""), "dev", Some("w/dev/terraform.tfstate"));
    check(&block("path = var.x"), "default", None);
}

/// State refers to each as `provider["…"].by_region["eu"]`.
#[test]
fn opentofu_makes_a_configuration_for_each_key() {
    let text = r#"
        variable "regions" { default = { eu = "eu-central-1", us = "us-east-1" } }
        provider "aws" {
          alias    = "by_region"
          for_each = var.regions
          region   = each.value
        }
        resource "aws_vpc" "main" {
          for_each = var.regions
          provider = aws.by_region[each.key]
        }
    "#;
    let configuration = configuration(&[("main.tf", text)]);
    let region = |key: &str| {
        let text = format!("provider[\"registry.terraform.io/hashicorp/aws\"].by_region[\"{key}\"]");
        let reference = text.parse().unwrap_or_else(|error| panic!("{error}"));
        let provider: &DeclaredProvider = &configuration.providers[&reference];
        assert!(!provider.attributes.contains_key("for_each"));
        provider.attributes["region"].known()
    };
    assert_eq!((region("eu"), region("us")), (Some(json!("eu-central-1")), Some(json!("us-east-1"))));
    assert_eq!(instances(&configuration), ["aws_vpc.main[\"eu\"]", "aws_vpc.main[\"us\"]"]);
}
