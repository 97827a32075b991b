//! Units in generated repositories, laid out as Terragrunt's documentation lays them out.
//! Know nothing of how files are read.

use super::*;
use crate::git::Repository;
use crate::git::testing::TestRepository;
use serde_json::json;

/// What units with these files are; directories from the repository's root.
fn found(files: &[(&str, &str)], environment: &[(&str, &str)]) -> BTreeMap<String, Found> {
    let test = TestRepository::with(files);
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let directories = tree.walk("", |_| true, is_file).unwrap().into_keys().collect::<Vec<_>>();
    let environment = environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
    units(&tree, &directories, &environment)
}

#[track_caller]
fn unit(found: &BTreeMap<String, Found>, directory: &str) -> Unit {
    match &found[directory] {
        Found::Unit(unit) => (**unit).clone(),
        Found::NoUnit(reason) => panic!("{directory}: {reason}"),
    }
}

fn known(value: serde_json::Value) -> Declared {
    Declared::Known(value)
}

/// One unit with a module beside it, its inputs as JSON; `null` for what is not known.
fn inputs(text: &str) -> serde_json::Value {
    let found = found(&[("live/prod/app/terragrunt.hcl", text), ("live/prod/app/main.tf", "")], &[("SET", "here")]);
    let inputs = unit(&found, "live/prod/app").inputs;
    inputs
        .into_iter()
        .map(|(name, value)| (name, value.known().unwrap_or_default()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

const ROOT: &str = r#"
locals {
  account = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  region  = yamldecode(file(find_in_parent_folders("region.yaml")))
  name    = local.account.locals.name
}
remote_state {
  backend = "s3"
  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }
  config = {
    bucket         = "states-${local.name}"
    key            = "${path_relative_to_include()}/terraform.tfstate"
    region         = local.region.name
    s3_bucket_tags = { a = "b" }
  }
}
generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite"
  contents  = <<EOF
provider "aws" {
  region = "${local.region.name}"
}
EOF
}
inputs = merge(local.account.locals, { from_root = true, size = 1 })
"#;

const APP: &str = r#"
include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}
include "common" {
  path           = "${dirname(find_in_parent_folders("root.hcl"))}/_envcommon/app.hcl"
  merge_strategy = "deep"
}
dependency "vpc" {
  config_path  = "../vpc"
  mock_outputs = { id = "mock" }
}
inputs = {
  size     = 2
  vpc_id   = dependency.vpc.outputs.id
  exposed  = include.root.locals.region.name
  tags     = { own = "yes" }
}
"#;

fn documented() -> Vec<(&'static str, &'static str)> {
    vec![
        ("live/root.hcl", ROOT),
        ("live/prod/account.hcl", "locals {\n  name = \"prod\"\n}\n"),
        ("live/dev/account.hcl", "locals {\n  name = \"dev\"\n}\n"),
        ("live/prod/region.yaml", "name: eu-west-1\n"),
        ("live/dev/region.yaml", "name: eu-north-1\n"),
        (
            "live/_envcommon/app.hcl",
            "terraform {\n  source = \"${get_repo_root()}/modules//app\"\n}\ninputs = {\n  tags = { common = \"yes\" }\n  env = basename(dirname(get_terragrunt_dir()))\n}\n",
        ),
        ("live/prod/app/terragrunt.hcl", APP),
        ("live/dev/app/terragrunt.hcl", APP),
        (
            "live/prod/vpc/terragrunt.hcl",
            "include {\n  path = find_in_parent_folders(\"root.hcl\")\n}\nterraform {\n  source = \"git::https://example.com/modules.git//vpc?ref=v1\"\n}\n",
        ),
        ("modules/app/main.tf", "variable \"size\" {}\n"),
    ]
}

#[test]
fn units_are_read_as_the_documentation_lays_them_out() {
    let found = found(&documented(), &[]);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["live/dev/app", "live/prod/app", "live/prod/vpc"]);
    for (environment, region) in [("prod", "eu-west-1"), ("dev", "eu-north-1")] {
        let unit = unit(&found, &format!("live/{environment}/app"));
        assert_eq!(unit.source.as_deref(), Ok("modules/app"));
        let backend = unit.backend.unwrap();
        assert_eq!(backend.kind.as_deref(), Some("s3"));
        let attributes = [
            ("bucket", format!("states-{environment}")),
            ("key", format!("{environment}/app/terraform.tfstate")),
            ("region", region.to_owned()),
        ];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), known(value.into())));
        assert_eq!(backend.attributes, attributes.into());
        let expected = [
            ("name", known(environment.into())),
            ("from_root", known(true.into())),
            ("size", known(2.into())),
            ("vpc_id", Declared::NotKnown),
            ("exposed", known(region.into())),
            ("env", known(environment.into())),
            ("tags", known(json!({"common": "yes", "own": "yes"}))),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(unit.inputs, expected.into());
        assert!(unit.inputs_complete);
        let contents = format!("provider \"aws\" {{\n  region = \"{region}\"\n}}\n");
        assert_eq!(unit.generated, [Generated { name: "provider.tf".into(), contents: Some(contents) }]);
        assert_eq!(unit.notes, ["what dependency.vpc puts out is not known"]);
    }
    let vpc = unit(&found, "live/prod/vpc");
    assert_eq!(vpc.source, Err("its source is not in the repository".into()));
    let backend = vpc.backend.unwrap();
    assert_eq!(backend.attributes["key"], known("prod/vpc/terraform.tfstate".into()));
}

#[test]
fn what_is_only_included_is_no_unit() {
    let parent = "remote_state {\n  backend = \"local\"\n  config = {\n    path = \"${get_parent_terragrunt_dir()}/${path_relative_to_include()}/terraform.tfstate\"\n  }\n}\n";
    let child = "include {\n  path = find_in_parent_folders()\n}\n";
    let found = found(
        &[
            ("terragrunt.hcl", parent),
            ("live/a/terragrunt.hcl", child),
            ("live/a/main.tf", "terraform {\n  backend \"local\" {}\n}\n"),
            (
                "live/elsewhere/terragrunt.hcl",
                "remote_state {\n  backend = \"local\"\n  config = {\n    path = \"${get_repo_root()}/states/x.tfstate\"\n  }\n}\n",
            ),
            ("live/elsewhere/main.tf", ""),
            ("live/empty/terragrunt.hcl", child),
            ("live/skipped/terragrunt.hcl", "skip = true\n"),
            ("live/skipped/main.tf", ""),
            ("live/excluded/terragrunt.hcl", "exclude {\n  if = true\n  actions = [\"all\"]\n}\n"),
            ("live/excluded/main.tf", ""),
            ("stack/terragrunt.stack.hcl", "unit \"a\" {\n  source = \"x\"\n  path = \"a\"\n}\n"),
            ("json/terragrunt.hcl.json", "{}"),
        ],
        &[],
    );
    let a = unit(&found, "live/a");
    assert_eq!(a.source.as_deref(), Ok("live/a"));
    // Seen from the unit.
    assert_eq!(a.backend.unwrap().attributes["path"], known("terraform.tfstate".into()));
    let elsewhere = unit(&found, "live/elsewhere").backend.unwrap();
    assert_eq!(elsewhere.attributes["path"], known("../../states/x.tfstate".into()));
    for (directory, reason) in [
        ("", "names no source"),
        ("live/empty", "names no source"),
        ("live/skipped", "skipped"),
        ("live/excluded", "excludes it"),
        ("stack", "is not read"),
    ] {
        assert!(matches!(&found[directory], Found::NoUnit(text) if text.contains(reason)), "{:?}", found[directory]);
    }
    assert!(unit(&found, "json").source.unwrap_err().contains("JSON"));
}

#[test]
fn functions_are_those_of_terragrunt() {
    let inputs = inputs(
        r#"
inputs = {
  set       = get_env("SET", "x")
  default   = get_env("NOT_SET", "x")
  unset     = get_env("NOT_SET")
  relative  = path_relative_to_include()
  parent    = basename(get_parent_terragrunt_dir())
  to_root   = get_path_to_repo_root()
  from_root = get_path_from_repo_root()
  steps     = reverse(split("/", get_terragrunt_dir()))[1]
  original  = basename(get_original_terragrunt_dir())
  fallback  = find_in_parent_folders("gone.hcl", "none")
  missing   = try(read_terragrunt_config("gone.hcl").locals.x, "default")
  given     = read_terragrunt_config("gone.hcl", { locals = { x = 1 } }).locals.x
  plan      = contains(get_terraform_commands_that_need_vars(), "plan")
  // These depend on where the repository lies, or on somebody who is not asked.
  dir       = get_terragrunt_dir()
  inside    = { path = "${get_repo_root()}/x" }
  length    = length(get_terragrunt_dir())
  digest    = sha1(get_terragrunt_dir())
  depth     = length(split("/", get_terragrunt_dir()))
  position  = split("/", get_terragrunt_dir())[2]
  name      = basename(get_repo_root())
  command   = run_cmd("echo", "x")
  account   = get_aws_account_id()
  secret    = sops_decrypt_file("x.yaml")
  platform  = get_platform()
  feature   = feature.x.value
}
"#,
    );
    let expected = json!({
        "set": "here", "default": "x", "unset": null, "relative": ".", "parent": "app", "to_root": "../../..",
        "from_root": "live/prod/app", "steps": "prod", "original": "app", "fallback": "none", "missing": "default",
        "given": 1, "plan": true, "dir": null, "inside": null, "length": null, "digest": null, "depth": null,
        "position": null, "name": null, "command": null, "account": null, "secret": null, "platform": null, "feature": null,
    });
    assert_eq!(inputs, expected);
}

#[test]
fn sources_are_directories_of_the_repository_or_said() {
    let source = |text: &str| {
        let text = format!("terraform {{\n  source = {text}\n}}\n");
        let files = [("live/a/terragrunt.hcl", text.as_str()), ("modules/a/main.tf", ""), ("docs/x", "")];
        unit(&found(&files, &[]), "live/a").source
    };
    for local in [
        r#""../../modules//a""#,
        r#""../../modules/a""#,
        r#""../..//modules/a?ref=x""#,
        r#""${get_repo_root()}//modules/a""#,
        r#""${get_terragrunt_dir()}/../../modules/a""#,
    ] {
        assert_eq!(source(local).as_deref(), Ok("modules/a"), "{local}");
    }
    for (text, reason) in [
        (r#""git::ssh://git@example.com/a.git//b""#, "not in the repository"),
        (r#""tfr:///terraform-aws-modules/vpc/aws?version=5.0.0""#, "not in the repository"),
        (r#""github.com/a/b""#, "not in the repository"),
        (r#""git@github.com:a/b.git""#, "not in the repository"),
        (r#""../../docs""#, "no configuration"),
        (r#""../../gone""#, "no configuration"),
        (r#""../../../outside""#, "outside"),
        (r#""/etc""#, "outside"),
        (r#"run_cmd("pwd")"#, "not known"),
    ] {
        let error = source(text).unwrap_err();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn generated_backends_count() {
    let generate = |contents: &str| {
        format!(
            "generate \"backend\" {{\n  path = \"backend.tf\"\n  if_exists = \"overwrite\"\n  contents = <<EOF\n{contents}\nEOF\n}}\n"
        )
    };
    let read = |text: &str| {
        let files = [("a/terragrunt.hcl", text), ("a/main.tf", "")];
        unit(&found(&files, &[]), "a")
    };
    let s3 =
        read(&generate("terraform {\n  backend \"s3\" {\n    key = \"${basename(get_terragrunt_dir())}\"\n  }\n}"))
            .backend
            .unwrap();
    assert_eq!((s3.kind.as_deref(), &s3.attributes["key"]), (Some("s3"), &known("a".into())));
    let cloud = read(&generate("terraform {\n  cloud {\n    organization = \"o\"\n  }\n}")).backend.unwrap();
    assert_eq!(cloud.kind.as_deref(), Some("cloud"));
    // What is not known is said, not left out: the state is somewhere else than nothing would say.
    let unit = read(&generate("terraform {\n  backend \"s3\" {\n    bucket = \"${run_cmd(\"id\")}\"\n  }\n}"));
    assert_eq!(unit.backend, Some(UnitBackend { kind: None, attributes: BTreeMap::new() }));
    assert!(unit.notes.iter().any(|note| note.contains("what generate \"backend\" writes")), "{:?}", unit.notes);
    let unit = read("remote_state {\n  backend = \"s3\"\n  config = run_cmd(\"config\")\n}\n");
    assert_eq!(unit.backend, Some(UnitBackend { kind: None, attributes: BTreeMap::new() }));
    let unit = read(
        "remote_state {\n  backend = \"s3\"\n  config = {\n    bucket = \"b\"\n    key = run_cmd(\"x\")\n  }\n}\n",
    );
    assert_eq!(unit.backend.unwrap().attributes["key"], Declared::NotKnown);
    assert_eq!(read("inputs = {}\n").backend, None);
    // A state beside a copy of the source is gone with the copy.
    let files = [
        (
            "a/terragrunt.hcl",
            "terraform {\n  source = \"../m\"\n}\nremote_state {\n  backend = \"local\"\n  config = {\n    path = \"x.tfstate\"\n  }\n}\n",
        ),
        ("m/main.tf", ""),
    ];
    assert_eq!(super::tests::unit(&found(&files, &[]), "a").backend.unwrap().attributes["path"], Declared::NotKnown);
}

#[test]
fn includes_are_merged_as_terragrunt_merges_them() {
    let root = "inputs = {\n  a = { x = 1, y = [1] }\n  b = \"root\"\n  c = \"root\"\n}\nremote_state {\n  backend = \"s3\"\n  config = {\n    key = \"root\"\n  }\n}\n";
    let second = "inputs = {\n  b = \"second\"\n  c = \"second\"\n}\n";
    let read = |strategy: &str, own: &str| {
        let text = format!(
            "include \"root\" {{\n  path = \"../root.hcl\"\n  merge_strategy = \"{strategy}\"\n}}\ninclude \"second\" {{\n  path = \"../second.hcl\"\n}}\n{own}"
        );
        let files =
            [("root.hcl", root), ("second.hcl", second), ("a/terragrunt.hcl", text.as_str()), ("a/main.tf", "")];
        unit(&found(&files, &[]), "a")
    };
    let own = "inputs = {\n  a = { x = 2, y = [2] }\n  c = \"own\"\n}\n";
    let unit = read("shallow", own);
    let inputs = |unit: &Unit| {
        json!(unit.inputs.iter().map(|(name, value)| (name.clone(), value.known())).collect::<BTreeMap<_, _>>())
    };
    assert_eq!(inputs(&unit), json!({"a": {"x": 2, "y": [2]}, "b": "second", "c": "own"}));
    assert_eq!(unit.backend.unwrap().attributes["key"], known("root".into()));
    let unit = read("deep", own);
    assert_eq!(inputs(&unit), json!({"a": {"x": 2, "y": [1, 2]}, "b": "second", "c": "own"}));
    let unit = read("no_merge", own);
    assert_eq!(inputs(&unit), json!({"a": {"x": 2, "y": [2]}, "b": "second", "c": "own"}));
    assert_eq!(unit.backend, None);
    // What is not known overrides what is.
    let unit = read("shallow", "inputs = dependency.x.outputs\n");
    assert!(!unit.inputs_complete && unit.inputs.values().all(|value| *value == Declared::NotKnown));
}

#[test]
fn arguments_hand_over_values() {
    let files = [
        (
            "live/a/terragrunt.hcl",
            r#"
terraform {
  extra_arguments "vars" {
    commands           = get_terraform_commands_that_need_vars()
    required_var_files = ["${get_parent_terragrunt_dir()}/../common.tfvars"]
    optional_var_files = ["own.tfvars", "gone.tfvars"]
    arguments          = ["-var-file=${get_repo_root()}/more.tfvars", "-var=x=1"]
    env_vars           = { TF_VAR_y = "2", OTHER = "z" }
  }
  extra_arguments "lock" {
    commands  = ["init"]
    arguments = run_cmd("x")
  }
  before_hook "x" {
    commands = ["plan"]
    execute  = ["true"]
  }
}
"#,
        ),
        ("live/a/main.tf", ""),
        ("live/a/own.tfvars", "own = 1\n"),
        ("live/common.tfvars", "common = 1\n"),
        ("more.tfvars", "more = 1\n"),
    ];
    let unit = unit(&found(&files, &[]), "live/a");
    let file = |path: &str, text: &str| VariableSource::File { path: path.into(), text: text.into() };
    let expected = [
        VariableSource::Environment { name: "y".into(), text: "2".into() },
        file("more.tfvars", "more = 1\n"),
        file("live/common.tfvars", "common = 1\n"),
        file("live/a/own.tfvars", "own = 1\n"),
        VariableSource::Text { name: "x".into(), text: "1".into() },
    ];
    assert_eq!(unit.variables, expected);
    assert!(unit.inputs_complete);
    let notes = [
        "run_cmd() is not run: what depends on it is not known",
        "its hooks are not run: what they change is not known",
    ];
    assert_eq!(unit.notes, notes);
    for arguments in ["run_cmd(\"x\")", "[\"-var\", \"x=1\"]"] {
        let text = format!(
            "terraform {{\n  extra_arguments \"v\" {{\n    commands = [\"plan\"]\n    arguments = {arguments}\n  }}\n}}\n"
        );
        let files = [("a/terragrunt.hcl", text.as_str()), ("a/main.tf", "")];
        let unit = super::tests::unit(&found(&files, &[]), "a");
        assert!(!unit.inputs_complete && unit.notes.iter().any(|note| note.contains("extra_arguments \"v\"")));
    }
}

#[test]
fn what_is_hostile_ends_and_is_said() {
    let huge = format!("locals {{\n  x = \"{}\"\n}}\n", "x".repeat(5 << 20));
    let deep = format!("inputs = {{\n  x = {}1{}\n}}\n", "[".repeat(5000), "]".repeat(5000));
    let chain: String = (0..500).map(|number| format!("  l{number} = local.l{}\n", number + 1)).collect();
    let chain = format!("locals {{\n{chain}}}\ninputs = {{\n  x = local.l0\n}}\n");
    let bomb: String =
        (0..60).map(|number| format!("  l{} = [local.l{number}, local.l{number}]\n", number + 1)).collect();
    let bomb = format!("locals {{\n  l0 = [1]\n{bomb}}}\ninputs = {{\n  x = local.l60\n}}\n");
    let cases: [(&str, &str); 14] = [
        ("include \"a\" {\n  path = \"terragrunt.hcl\"\n}\n", "includes another file itself"),
        ("include \"a\" {\n  path = \"../other.hcl\"\n}\n", "includes another file itself"),
        ("include \"a\" {\n  path = \"../../../../etc/passwd\"\n}\n", "leads out of the repository"),
        ("include \"a\" {\n  path = \"/etc/passwd\"\n}\n", "leads out of the repository"),
        ("include \"a\" {\n  path = run_cmd(\"x\")\n}\n", "its path is not known"),
        ("include \"a\" {\n  path = find_in_parent_folders(\"gone.hcl\")\n}\n", "its path is not known"),
        ("include \"a\" {\n  path = \"../huge.hcl\"\n}\n", "cannot be read"),
        ("locals {\n  x = read_terragrunt_config(\"terragrunt.hcl\")\n}\ninputs = local.x.inputs\n", "reads itself"),
        ("inputs = {\n  x = read_terragrunt_config(\"../one.hcl\").locals.x\n}\n", "reads itself"),
        ("inputs = {\n  x = read_terragrunt_config(\"../../../../etc/passwd\")\n}\n", "outside of the repository"),
        ("locals {\n  a = local.b\n  b = local.a\n}\ninputs = {\n  x = local.a\n}\n", "leads back to itself"),
        (&deep, "not valid HCL"),
        (&chain, "lead to one another"),
        (&bomb, ""),
    ];
    for (text, expected) in cases {
        let files = [
            ("live/a/terragrunt.hcl", text),
            ("live/a/main.tf", ""),
            ("live/other.hcl", "include \"b\" {\n  path = \"a/terragrunt.hcl\"\n}\n"),
            ("live/one.hcl", "locals {\n  x = read_terragrunt_config(\"two.hcl\").locals.x\n}\n"),
            ("live/two.hcl", "locals {\n  x = read_terragrunt_config(\"one.hcl\").locals.x\n}\n"),
            ("live/huge.hcl", huge.as_str()),
        ];
        let unit = unit(&found(&files, &[]), "live/a");
        let said = format!("{:?} {:?}", unit.notes, unit.source);
        assert!(said.contains(expected), "{text:.200}: {said}");
        let unknown = |value: &Declared| value.known().is_none();
        assert!(unit.inputs.values().all(unknown), "{text:.200}: {:?}", unit.inputs);
        if text.contains("include") {
            // An include that cannot be read may say where the state is.
            assert_eq!(unit.backend, Some(UnitBackend { kind: None, attributes: BTreeMap::new() }), "{text}");
            assert!(!unit.inputs_complete);
        }
    }
}
