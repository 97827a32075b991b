//! Which directories are root modules, in generated repositories.
//! Know nothing of how blocks are read.

use super::*;
use crate::config::{Declared, Declares, backend};
use crate::git::Repository;
use crate::git::testing::TestRepository;

const BACKEND: &str = "terraform {\n  backend \"local\" {}\n}\n";
const PROVIDER: &str = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";
const CALL: &str = "module \"m\" {\n  source = \"../../modules/m\"\n}\n";

fn discovered(test: &TestRepository, directory: &str, search: &Search) -> Result<Discovered, DiscoverError> {
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    root_modules(&tree, directory, search)
}

fn names(discovered: &Discovered) -> Vec<&str> {
    discovered.root_modules.iter().map(|module| module.directory.as_str()).collect()
}

fn left_out(discovered: &Discovered) -> Vec<String> {
    discovered.left_out.iter().map(|one| format!("{}: {}", one.directory, one.reason)).collect()
}

fn filtered(include: &[&str], exclude: &[&str]) -> Search {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    Search { filter: Filter::new(&owned(include), &owned(exclude)).unwrap(), ..Search::default() }
}

#[track_caller]
fn check(files: &[(&str, &str)], directory: &str, expected: &[&str]) -> Discovered {
    let found = discovered(&TestRepository::with(files), directory, &Search::default());
    let found = found.map_err(|error| error.to_string()).unwrap();
    assert_eq!(names(&found), expected);
    found
}

#[test]
fn a_directory_with_configuration_is_a_root_module() {
    check(&[("main.tf", "")], "", &[""]);
    check(&[("main.tf", ""), ("sub/main.tf.json", "{}")], "sub", &["sub"]);
    check(&[("live/a/main.tf", BACKEND)], "live/../live/./a/", &["live/a"]);
    check(
        &[("a/main.tofu", ""), ("b/main.tofu.json", "{}"), ("c/x_override.tf", ""), ("d/x.tfvars", "")],
        "",
        &["a", "b", "c"],
    );
    // Named, it is one even if it is called or kept for others.
    check(&[("live/a/main.tf", CALL), ("modules/m/main.tf", "")], "modules/m", &["modules/m"]);
}

#[test]
fn every_root_module_below_is_found() {
    let files = [
        ("main.tf", BACKEND),
        ("live/a/main.tf", BACKEND),
        ("live/b/provider.tf", PROVIDER),
        ("live/b/main.tf.json", "{}"),
        ("live/c/main.tf", "terraform {\n  cloud {\n    organization = \"o\"\n  }\n}\n"),
        ("live/d/x.tf.json", r#"{"terraform": {"backend": {"local": {}}}}"#),
        ("live/helper/main.tf", "resource \"terraform_data\" \"a\" {}\n"),
        ("modules/m/main.tf", ""),
        ("examples/basic/main.tf", PROVIDER),
    ];
    let found = check(&files, "", &["", "live/a", "live/b", "live/c", "live/d"]);
    let expected = [
        "examples/basic: what lies in `examples` is kept for others to call, or to try out, and it has no backend",
        "live/helper: it lies below the repository's root, and has neither a backend nor a provider block",
        "modules/m: what lies in `modules` is kept for others to call, or to try out, and it has no backend",
    ];
    assert_eq!(left_out(&found), expected);
    // Without a root module above, nothing tells a helper from a stack.
    check(&files[1..7], "", &["live/a", "live/b", "live/c", "live/d", "live/helper"]);
    check(&[("live/a/main.tf", BACKEND), ("live/a/scratch/x/main.tf", "")], "", &["live/a"]);
}

#[test]
fn modules_that_are_called_are_none() {
    let files = [
        ("live/a/main.tf", CALL),
        ("live/b/main.tf", BACKEND),
        ("live/c/broken.tf", "resource {{{"),
        ("modules/m/main.tf", "module \"n\" {\n  source = \"../n\"\n}\n"),
        ("modules/n/main.tf", ""),
        ("modules/unused/main.tf", ""),
        ("modules/deployed/main.tf", BACKEND),
        ("live/a/.terraform/modules/x/main.tf", BACKEND),
        ("docs/readme.md", ""),
    ];
    let found = check(&files, "", &["live/a", "live/b", "live/c", "modules/deployed"]);
    assert!(left_out(&found).contains(&"modules/m: `live/a` calls it, and it has no backend".to_owned()));
    check(&files, "live", &["live/a", "live/b", "live/c"]);
}

#[test]
fn calls_from_outside_of_the_directory_count() {
    let files = [
        ("apps/a/main.tf", BACKEND),
        ("apps/shared/main.tf", PROVIDER),
        ("live/a/main.tf", "module \"m\" {\n  source = \"../../apps/shared\"\n}\n"),
    ];
    let found = check(&files, "apps", &["apps/a"]);
    assert_eq!(left_out(&found), ["apps/shared: `live/a` calls it, and it has no backend"]);
    // A backend says that it is deployed all the same.
    check(&[files[0], ("apps/shared/main.tf", BACKEND), files[2]], "apps", &["apps/a", "apps/shared"]);
}

#[test]
fn overrides_and_tofu_files_decide_what_is_called() {
    let call = |name: &str| format!("module \"m\" {{\n  source = \"../{name}\"\n}}\n");
    let (one, two) = (call("one"), call("two"));
    let modules = [("one/main.tf", ""), ("two/main.tf", "")];
    let with = |files: &[(&'static str, &str)], expected: &[&str]| {
        let files: Vec<(&str, &str)> = modules.iter().copied().chain(files.iter().copied()).collect();
        check(&files, "", expected);
    };
    with(&[("a/main.tf", &one)], &["a", "two"]);
    with(&[("a/main.tf", &one), ("a/z_override.tf", &two)], &["a", "one"]);
    with(
        &[("a/main.tf", &one), ("a/override.tf.json", r#"{"module": {"m": {"source": "registry.example/a/b/c"}}}"#)],
        &["a", "one", "two"],
    );
    with(&[("a/main.tf", &one), ("a/main.tofu", &two)], &["a", "one"]);
    // Two that call each other: neither is deployed alone, and both are told.
    let found = discovered(
        &TestRepository::with(&[("a/main.tf", &call("b")), ("b/main.tf", &call("a"))]),
        "",
        &Search::default(),
    );
    let message = found.unwrap_err().to_string();
    assert!(message.contains("`b` calls it") && message.contains("`a` calls it"), "{message}");
}

#[test]
fn what_is_named_after_trials_counts_with_a_backend_only() {
    for step in ["modules", "examples", "example", "tests", "test", "fixtures", "testdata", ".hidden"] {
        let (plain, deployed) = (format!("live/{step}/a/main.tf"), format!("live/{step}/b/main.tf"));
        let files = [("live/x/main.tf", ""), (plain.as_str(), PROVIDER), (deployed.as_str(), BACKEND)];
        let b = format!("live/{step}/b");
        let mut expected = vec!["live/x", &b];
        expected.sort_unstable();
        check(&files, "", &expected);
        // Who names the directory means what is in it.
        let a = format!("live/{step}/a");
        check(&files, &format!("live/{step}"), &[&a, &b]);
    }
    for step in [".terraform", ".terragrunt-cache", "node_modules"] {
        let path = format!("live/{step}/a/main.tf");
        check(&[("live/x/main.tf", ""), (&path, BACKEND)], "", &["live/x"]);
    }
}

#[test]
fn links_and_submodules_are_told() {
    let test = TestRepository::with(&[
        ("common/main.tf", ""),
        ("common/backend/backend.tf", BACKEND),
        ("live/a/a.tf", ""),
        ("live/b/b.tf", BACKEND),
    ]);
    for (link, target) in
        [("live/a/main.tf", "../../common/main.tf"), ("live/c", "b"), ("live/loop", "loop"), ("live/out", "/etc")]
    {
        std::os::unix::fs::symlink(target, test.path().join(link)).unwrap();
    }
    let commit = test.commit("links");
    test.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},vendor/sub")]);
    test.git(&["commit", "--quiet", "--message", "submodule"]);
    let found = discovered(&test, "", &Search::default()).unwrap();
    assert_eq!(names(&found), ["common/backend", "live/a", "live/b"]);
    let expected = [
        "common: `live/a` has links to its files, and it has no backend",
        "live/c: it is a link to `live/b`, which counts there",
        "vendor/sub: it is a submodule, whose content is in another repository",
    ];
    assert_eq!(left_out(&found), expected);
    // Named, a link stands for what it leads to.
    assert_eq!(names(&discovered(&test, "live/c", &Search::default()).unwrap()), ["live/b"]);
    assert!(discovered(&test, "vendor/sub", &Search::default()).unwrap_err().to_string().contains("submodule"));
}

#[test]
fn patterns_narrow_exclude_and_force() {
    let test = TestRepository::with(&[
        ("main.tf", BACKEND),
        ("live/a/main.tf", BACKEND),
        ("live/a/sandbox/main.tf", BACKEND),
        ("live/b/main.tf", CALL),
        ("modules/m/main.tf", ""),
    ]);
    let found = |include: &[&str], exclude: &[&str], directory: &str| {
        let found = discovered(&test, directory, &filtered(include, exclude)).unwrap();
        let owned = |name: &str| if name.is_empty() { ".".to_owned() } else { name.to_owned() };
        (names(&found).into_iter().map(owned).collect::<Vec<_>>().join(" "), found)
    };
    assert_eq!(found(&["live/**"], &["**/sandbox"], "").0, "live/a");
    assert_eq!(found(&["live/**", "live/b"], &["**/sandbox"], "").0, "live/a live/b");
    assert_eq!(found(&["modules/m"], &[], "").0, "modules/m");
    assert_eq!(found(&["."], &[], "").0, ".");
    assert_eq!(found(&[], &["."], "").0, "live/a live/a/sandbox");
    let (_, all) = found(&["live/**"], &["**/sandbox"], "");
    let expected = [
        ": it is not among what is included",
        "live/a/sandbox: `**/sandbox` excludes it",
        "live/b: it lies below the repository's root, and has neither a backend nor a provider block",
        "modules/m: it is not among what is included",
    ];
    assert_eq!(left_out(&all), expected);
    // What is named is meant.
    assert_eq!(found(&["modules/**"], &["live"], "live/b").0, "live/b");
    // Patterns that match nothing anywhere are told, those that match elsewhere are not.
    assert_eq!(found(&["live/**", "lvie/**"], &["**/gone"], "").1.unmatched, ["lvie/**", "**/gone"]);
    assert_eq!(found(&["live/**", "modules/**"], &[], "live/a").1.unmatched, [""; 0]);
    let error = discovered(&test, "", &filtered(&["lvie"], &[])).unwrap_err();
    assert!(error.to_string().contains("not among what is included"), "{error}");
}

#[test]
fn a_state_belongs_to_the_directory_alone() {
    let test = TestRepository::with(&[("main.tf", ""), ("live/a/main.tf", BACKEND), ("docs/x", "")]);
    let search = Search { only_here: true, ..filtered(&["live/**"], &[]) };
    assert_eq!(names(&discovered(&test, "", &search).unwrap()), [""]);
    assert_eq!(names(&discovered(&test, "live/a", &search).unwrap()), ["live/a"]);
    assert!(matches!(discovered(&test, "live", &search), Err(DiscoverError::Nothing { .. })));
}

#[test]
fn nothing_found_is_an_error_with_a_way_out() {
    let test = TestRepository::with(&[("docs/readme.md", ""), ("live/.terraform/main.tf", BACKEND)]);
    let error = discovered(&test, "", &Search::default()).unwrap_err();
    assert_eq!(error.to_string(), "no Terraform configuration in the repository's root at the approved commit");
    assert!(error.hint().is_some());
    let error = discovered(&test, "gone", &Search::default()).unwrap_err();
    assert_eq!(error.to_string(), "no such path in the commit: gone");
    assert!(
        discovered(&test, "docs/readme.md", &Search::default()).unwrap_err().to_string().contains("not a directory")
    );
    let files = (0..8).map(|number| format!("examples/{number}/main.tf")).collect::<Vec<_>>();
    let files: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), "")).collect();
    let error = discovered(&TestRepository::with(&files), "", &Search::default()).unwrap_err();
    assert!(error.to_string().ends_with("; and 3 more"), "{error}");
    assert!(error.hint().is_some());
}

/// What a unit declares: the instances, and the arguments of one resource.
fn configuration(test: &TestRepository, directory: &str, options: &Options) -> Configuration {
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let found = root_modules(&tree, "", &Search::default()).unwrap();
    found.root_modules.iter().find(|module| module.directory == directory).unwrap().configuration(&tree, options)
}

fn argument(configuration: &Configuration, address: &str, name: &str) -> Declared {
    configuration.instance(&address.parse().unwrap()).unwrap().attributes[name].clone()
}

const UNIT: &str = r#"
terraform {
  source = "${get_repo_root()}/modules//app"
}
remote_state {
  backend = "s3"
  config = {
    bucket = "b"
    key    = "${get_path_from_repo_root()}/terraform.tfstate"
  }
}
generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite"
  contents  = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n"
}
generate "unknown" {
  path      = "unknown.tf"
  if_exists = "overwrite"
  contents  = run_cmd("x")
}
dependency "x" {
  config_path = "../x"
}
inputs = {
  size    = 2
  names   = ["a", "b"]
  unknown = dependency.x.outputs.y
  weak    = "input"
}
"#;

const APP: &str = r#"
terraform {
  backend "s3" {
    encrypt = true
  }
}
variable "size" {
  type = number
}
variable "names" {
  type = list(string)
}
variable "unknown" {}
variable "weak" {
  default = "default"
}
resource "aws_x" "a" {
  for_each = toset(var.names)
  size     = var.size
  unknown  = var.unknown
  weak     = var.weak
  file     = file("${path.module}/policy.json")
}
module "sub" {
  source = "../sub"
}
"#;

fn units() -> TestRepository {
    TestRepository::with(&[
        (
            "live/dev/app/terragrunt.hcl",
            &UNIT.replace("generate \"unknown\" {", "generate \"unknown\" {\n  disable = true"),
        ),
        ("live/dev/app/terraform.tfvars", "weak = \"file\"\n"),
        ("live/dev/app/extra.tf", "resource \"aws_extra\" \"a\" {}\n"),
        ("live/dev/app/policy.json", "of the unit"),
        ("live/prod/app/terragrunt.hcl", UNIT),
        (
            "live/remote/terragrunt.hcl",
            "terraform {\n  source = \"git::https://example.com/a.git\"\n}\nremote_state {\n  backend = \"gcs\"\n  config = {}\n}\n",
        ),
        ("modules/app/main.tf", APP),
        ("modules/app/policy.json", "of the source"),
        ("modules/sub/main.tf", "resource \"aws_sub\" \"a\" {}\n"),
    ])
}

#[test]
fn units_are_root_modules_with_the_configuration_of_their_source() {
    let test = units();
    let found = discovered(&test, "", &Search::default()).unwrap();
    assert_eq!(names(&found), ["live/dev/app", "live/prod/app", "live/remote"]);
    let expected =
        ["modules/app: `live/prod/app` deploys it", "modules/sub: `modules/app` calls it, and it has no backend"];
    assert_eq!(left_out(&found), expected);
    let dev = configuration(&test, "live/dev/app", &Options::default());
    assert_eq!((dev.directory.as_str(), dev.source_directory.as_str()), ("live/dev/app", "modules/app"));
    let instances: Vec<String> = dev.instances().iter().map(ToString::to_string).collect();
    assert_eq!(instances, ["aws_extra.a", "aws_x.a[\"a\"]", "aws_x.a[\"b\"]", "module.sub.aws_sub.a"]);
    let of = |configuration: &Configuration, name: &str| argument(configuration, "aws_x.a[\"a\"]", name);
    assert_eq!(of(&dev, "size"), Declared::Known(2.into()));
    assert_eq!(of(&dev, "unknown"), Declared::NotKnown);
    // Inputs come through the environment, which files are stronger than, and files of the unit than those of the source.
    assert_eq!(of(&dev, "weak"), Declared::Known("file".into()));
    assert_eq!(of(&dev, "file"), Declared::Known("of the unit".into()));
    let extra = &dev.resources[&"aws_extra.a".parse().unwrap()];
    assert_eq!((extra.range.file.as_str(), extra.directory.as_str()), ("live/dev/app/extra.tf", "modules/app"));
    let backend = dev.backend.as_ref().unwrap();
    assert_eq!(backend.kind, "s3");
    let known = |value: serde_json::Value| Declared::Known(value);
    let expected = [
        ("bucket", known("b".into())),
        ("encrypt", known(true.into())),
        ("key", known("live/dev/app/terraform.tfstate".into())),
    ];
    assert_eq!(backend.attributes, expected.map(|(name, value)| (name.to_owned(), value)).into());
    let provider = dev.providers.values().find(|provider| provider.attributes.contains_key("region")).unwrap();
    assert_eq!(provider.range.as_ref().unwrap().file, "live/dev/app/provider.tf");
    assert!(!dev.problems.iter().any(|problem| problem.incomplete), "{:?}", dev.problems);

    let prod = configuration(&test, "live/prod/app", &Options::default());
    assert_eq!(of(&prod, "weak"), Declared::Known("input".into()));
    assert_eq!(of(&prod, "file"), Declared::Known("of the source".into()));
    // What is generated and not known may declare anything.
    assert!(
        prod.problems.iter().any(|problem| problem.incomplete && problem.text.contains("live/prod/app/unknown.tf"))
    );
    assert!(matches!(prod.declares(&"aws_y.a".parse().unwrap()), Declares::NotKnown(_)));
    assert_eq!(dev.declares(&"aws_y.a".parse().unwrap()), Declares::No);
    let given = VariableSource::Environment { name: "weak".into(), text: "environment".into() };
    let options = Options { variables: vec![given], ..Options::default() };
    assert_eq!(of(&configuration(&test, "live/prod/app", &options), "weak"), Declared::Known("environment".into()));
}

#[test]
fn of_a_unit_with_a_source_elsewhere_the_backend_is_known() {
    let remote = configuration(&units(), "live/remote", &Options::default());
    assert_eq!(remote.directory, "live/remote");
    assert_eq!(remote.backend.as_ref().unwrap().kind, "gcs");
    assert!(matches!(remote.declares(&"aws_y.a".parse().unwrap()), Declares::NotKnown(_)));
    assert!(remote.problems.iter().any(|problem| problem.incomplete && problem.text.contains("not in the repository")));
    assert!(remote.instances().is_empty());
}

#[test]
fn inputs_that_are_not_all_known_leave_no_default_standing() {
    let test = TestRepository::with(&[
        ("a/terragrunt.hcl", "inputs = dependency.x.outputs\n"),
        ("a/main.tf", "variable \"x\" {\n  default = 1\n}\nresource \"aws_x\" \"a\" {\n  x = var.x\n}\n"),
    ]);
    assert_eq!(argument(&configuration(&test, "a", &Options::default()), "aws_x.a", "x"), Declared::NotKnown);
}

#[test]
fn a_local_state_beside_a_copy_of_the_source_is_not_looked_for() {
    let unit = "terraform {\n  source = \"../m\"\n}\n";
    let test = TestRepository::with(&[
        ("a/terragrunt.hcl", unit),
        ("b/terragrunt.hcl", "inputs = {}\n"),
        ("c/terragrunt.hcl", "terraform {\n  source = \"tfr:///a/b/c\"\n}\n"),
        ("b/main.tf", ""),
        ("m/main.tf", ""),
    ]);
    let path = |directory: &str| {
        let configuration = configuration(&test, directory, &Options::default());
        let backend = backend::backend(&configuration, &backend::Completion::default());
        backend.ok().map(|backend| (backend.kind, backend.arguments.len()))
    };
    assert_eq!(path("a"), None);
    assert_eq!(path("c"), None);
    assert_eq!(path("b"), Some(("local".into(), 0)));
}
