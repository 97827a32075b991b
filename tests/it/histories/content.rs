//! What else determines a stack: items, values, locals, module calls, lock files, submodules, generated files.

use super::{ANN, BOB, Story, vpc};

/// An item of a `for_each` that is written out is told by its key.
#[test]
fn item_of_for_each() {
    let text = |items: &str| {
        format!("resource \"aws_vpc\" \"a\" {{\n  for_each = {{\n{items}  }}\n  cidr_block = each.value\n}}\n")
    };
    let story = Story::with("main.tf", &text("    x = \"1\"\n    y = \"1\"\n"));
    story.edit("two", "main.tf", &text("    x = \"1\"\n    y = \"2\"\n"));
    story.edit("three", "main.tf", &text("    x = \"1\"\n    y = \"2\"\n    z = \"3\"\n"));
    story.edit("four", "main.tf", &text("    y = \"2\"\n    z = \"3\"\n"));
    story.blame(
        &[],
        "aws_vpc.a: four by Ann; fail
         added one: cidr_block, for_each
         changed two: for_each[\"y\"]
         changed three: for_each[\"z\"]
         changed four: for_each[\"x\"]",
    );
    story.audit(
        "exit 2: 4 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > each.value, for_each - > {…}
         two by Ann; fail
         changed aws_vpc.a: for_each[\"y\"] \"1\" > \"2\"
         three by Ann; fail
         changed aws_vpc.a: for_each[\"z\"] - > \"3\"
         four by Ann; fail
         changed aws_vpc.a: for_each[\"x\"] \"1\" > -
         ! landed_without_approval one
         ! landed_without_approval two
         ! landed_without_approval three
         ! landed_without_approval four",
    );
    assert_eq!(story.git_blame("main.tf", "\"2\""), "two");
}

/// The item list is somewhere else: the block takes no credit for it.
#[test]
fn local_and_variable_default() {
    let block = "resource \"aws_vpc\" \"a\" {\n  cidr_block = \"${local.net}/${var.bits}\"\n}\n";
    let text = |net: &str, bits: &str| {
        format!("locals {{\n  net = \"{net}\"\n  other = 1\n}}\nvariable \"bits\" {{\n  default = {bits}\n}}\n{block}")
    };
    let story = Story::with("main.tf", &text("10.0.0.0", "16"));
    story.edit("local", "main.tf", &text("10.1.0.0", "16"));
    story.edit("default", "main.tf", &text("10.1.0.0", "20"));
    story.blame(
        &[],
        "aws_vpc.a: one by Ann; fail
         added one: cidr_block
         through var.bits: default
         through local.net: local",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"${local.net}/${var.bits}\"
         added local.net: net - > \"10.0.0.0\"
         added local.other: other - > 1
         added var.bits: default - > 16
         local by Ann; fail
         changed local.net: net \"10.0.0.0\" > \"10.1.0.0\"
         default by Ann; fail
         changed var.bits: default 16 > 20
         ! landed_without_approval one
         ! landed_without_approval local
         ! landed_without_approval default",
    );
    assert_eq!(story.git_blame("main.tf", "net ="), "local");
    assert_eq!(story.git_blame("main.tf", "default ="), "default");
}

/// One module, two environments, each with its values: who changed which.
#[test]
fn files_of_values_for_two_environments() {
    let block =
        "variable \"size\" {}\nvariable \"zone\" {}\nresource \"aws_vpc\" \"a\" {\n  cidr_block = var.size\n}\n";
    let story = Story::new();
    story.write("live/main.tf", block).write("live/dev.tfvars", "size = \"1\"\nzone = \"a\"\n");
    story.edit("one", "live/prod.tfvars", "size = \"2\"\nzone = \"b\"\n");
    story.edit("dev", "live/dev.tfvars", "# small\nzone = \"a\"\nsize = \"3\"\n");
    story.write("live/prod.tfvars", "size = \"4\"\nzone = \"b\"\n");
    story.commit_as("prod", ANN, ANN, "prod\n\nReviewed-by: Bob <bob@example.com>\n");
    story.edit("json", "live/more.auto.tfvars.json", "{\"size\": \"5\"}\n");
    story.edit("json2", "live/more.auto.tfvars.json", "{\n  \"size\": \"6\"\n}\n");
    story.audit(
        "exit 2: 5 landings, 5 commits
         one by Ann; fail
         added live/aws_vpc.a: cidr_block - > var.size
         added live/dev.tfvars: size: size - > \"1\"
         added live/dev.tfvars: zone: zone - > \"a\"
         added live/prod.tfvars: size: size - > \"2\"
         added live/prod.tfvars: zone: zone - > \"b\"
         added live/var.size
         added live/var.zone
         dev by Ann; fail
         changed live/dev.tfvars: size: size \"1\" > \"3\"
         prod by Ann; Bob asserted; pass
         changed live/prod.tfvars: size: size \"2\" > \"4\"
         json by Ann; fail
         added live/more.auto.tfvars.json: size: size - > \"5\"
         json2 by Ann; fail
         changed live/more.auto.tfvars.json: size: size \"5\" > \"6\"
         ! landed_without_approval one
         ! landed_without_approval dev
         ! landed_without_approval json
         ! landed_without_approval json2",
    );
    assert_eq!(story.git_blame("live/prod.tfvars", "size"), "prod");
}

/// The call's version is raised: what it holds is told as contributing, and by the audit.
#[test]
fn module_version_and_lock_file() {
    let call =
        |version: &str| format!("module \"net\" {{\n  source  = \"org/net/aws\"\n  version = \"{version}\"\n}}\n");
    let lock = |version: &str| {
        format!(
            "# This file is maintained automatically by \"terraform init\".\nprovider \"registry.terraform.io/hashicorp/aws\" {{\n  version = \"{version}\"\n  hashes = [\n    \"h1:{version}\",\n  ]\n}}\n"
        )
    };
    let story = Story::new();
    story.write("main.tf", call("1.0.0")).edit("one", ".terraform.lock.hcl", &lock("5.0.0"));
    story.edit("module", "main.tf", &call("2.0.0"));
    story.edit("lock", ".terraform.lock.hcl", &lock("5.1.0"));
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added .terraform.lock.hcl: registry.terraform.io/hashicorp/aws…: hashes - > […h1:5.0.0…], version - > \"5.0.0\"
         added module.net: source - > \"org/net/aws\", version - > \"1.0.0\"
         module by Ann; fail
         changed module.net: version \"1.0.0\" > \"2.0.0\"
         lock by Ann; fail
         changed .terraform.lock.hcl: registry.terraform.io/hashicorp/aws…: hashes […h1:5.0.0…] > […h1:5.1.0…], version \"5.0.0\" > \"5.1.0\"
         ! landed_without_approval one
         ! landed_without_approval module
         ! landed_without_approval lock",
    );
    assert_eq!(story.git_blame("main.tf", "version"), "module");
}

/// A block of a module of this repository is declared in its own directory; the call contributes.
#[test]
fn module_of_this_repository() {
    let call = |size: &str| format!("module \"net\" {{\n  source = \"./modules/net\"\n  size   = \"{size}\"\n}}\n");
    let module = |name: &str| {
        format!("variable \"size\" {{}}\nresource \"aws_vpc\" \"a\" {{\n  cidr_block = var.size\n  {name} = true\n}}\n")
    };
    let story = Story::new();
    story.write("main.tf", call("1")).edit("one", "modules/net/main.tf", &module("enable_dns_support"));
    story.edit("call", "main.tf", &call("2"));
    story.edit("block", "modules/net/main.tf", &module("enable_dns_hostnames"));
    story.blame(
        &[],
        "module.net.aws_vpc.a: block by Ann; fail
         added one: cidr_block, enable_dns_support
         changed block: enable_dns_hostnames, enable_dns_support
         through module.net: call
         through module.net.var.size: call",
    );
}

/// Another repository's commit is a line of this one: who raised it.
#[test]
fn submodule_raised() {
    let other = Story::with("main.tf", &vpc("a", "1"));
    let (first, second) = (other.hash("one"), other.edit("two", "main.tf", &vpc("a", "2")));
    let story = Story::with("main.tf", "module \"net\" {\n  source = \"./vendor/net\"\n}\n");
    let url = format!("file://{}", other.path().display());
    story.git(&["submodule", "--quiet", "add", &url, "vendor/net"]);
    let inside = story.path().join("vendor/net").to_string_lossy().into_owned();
    story.git(&["-C", &inside, "checkout", "-q", &first]);
    story.commit("add");
    story.git(&["-C", &inside, "checkout", "-q", &second]);
    story.write("x.txt", "x").commit_as("raise", BOB, BOB, "raise\n\nReviewed-by: Ann <ann@example.com>\n");
    story.audit(&format!(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added module.net: source - > \"./vendor/net\"
         add by Ann; fail
         added vendor/submodule net: commit - > {first}
         raise by Bob; Ann asserted; pass
         changed vendor/submodule net: commit {first} > {second}
         ! landed_without_approval one
         ! landed_without_approval add"
    ));
    assert_eq!(story.git(&["rev-parse", "HEAD:vendor/net"]), second);
}

/// A module of others that was copied in is this repository's own from then on.
#[test]
fn vendored_module() {
    let call = |source: &str| format!("module \"net\" {{\n  source = \"{source}\"\n}}\n");
    let story = Story::with("main.tf", &call("git::https://example.com/net.git?ref=v1"));
    story.write("vendor/net/main.tf", vpc("a", "1"));
    story.write("main.tf", call("./vendor/net"));
    story.commit_as("vendor", ANN, ANN, "vendor\n\nReviewed-by: Bob <bob@example.com>\n");
    story.edit("patch", "vendor/net/main.tf", &vpc("a", "2"));
    story.blame(
        &[],
        "module.net.aws_vpc.a: patch by Ann; fail
         added vendor: cidr_block
         changed patch: cidr_block
         through module.net: vendor",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added module.net: source - > \"git::https://example.com/net.git?ref=v1\"
         vendor by Ann; Bob asserted; pass
         changed module.net: source \"git::https://example.com/net.git?ref=v1\" > \"./vendor/net\"
         added vendor/net/aws_vpc.a: cidr_block - > \"1\"
         patch by Ann; fail
         changed vendor/net/aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval patch",
    );
}

/// What programs write is marked: its real source is elsewhere.
#[test]
fn generated_files() {
    let cdk = |cidr: &str| {
        format!(
            "{{\n  \"//\": {{\"metadata\": {{\"backend\": \"local\", \"stackName\": \"net\", \"version\": \"0.20.0\"}}, \"outputs\": {{\"net\": {{}}}}, \"cdktf\": \"x\"}},\n  \"resource\": {{\"aws_vpc\": {{\"c\": {{\"cidr_block\": \"{cidr}\", \"tags\": {{\"Env\": \"x\"}}}}}}}}\n}}\n"
        )
    };
    let story = Story::new();
    story.write("cdk.tf.json", cdk("1")).write("hand.tf", vpc("h", "1"));
    story.edit("one", "tool.tf", &format!("# Code generated by stackgen. DO NOT EDIT.\n{}", vpc("t", "1")));
    story.edit("again", "cdk.tf.json", &cdk("2"));
    // The same, spread over fewer lines: nothing happened.
    let compact: serde_json::Value = serde_json::from_str(&cdk("2")).expect("JSON");
    story.edit("compact", "cdk.tf.json", &compact.to_string());
    story.blame(
        &["aws_vpc.c"],
        "aws_vpc.c: again by Ann; fail
         added one: cidr_block, tags
         changed again: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.c (generated): cidr_block - > \"1\", tags - > {\"Env\":\"x\"}
         added aws_vpc.h: cidr_block - > \"1\"
         added aws_vpc.t (generated): cidr_block - > \"1\"
         again by Ann; fail
         changed aws_vpc.c (generated): cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval again",
    );
}

/// Each root module's resources are its own, and an audit of one directory is of that alone.
#[test]
fn two_root_modules() {
    let story = Story::new();
    story.write("dev/main.tf", vpc("a", "1")).edit("one", "prod/main.tf", &vpc("a", "1"));
    story.edit("dev", "dev/main.tf", &vpc("a", "2"));
    story.write("prod/main.tf", vpc("a", "3"));
    story.commit_as("prod", ANN, ANN, "prod\n\nReviewed-by: Bob <bob@example.com>\n");
    story.blame(
        &[],
        "dev: aws_vpc.a: dev by Ann; fail
         added one: cidr_block
         changed dev: cidr_block
         prod: aws_vpc.a: prod by Ann; Bob asserted; pass
         added one: cidr_block
         changed prod: cidr_block",
    );
    story.audit_of(
        &super::told::Asked { more: &["--in", "prod"], ..Default::default() },
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added prod/aws_vpc.a: cidr_block - > \"1\"
         prod by Ann; Bob asserted; pass
         changed prod/aws_vpc.a: cidr_block \"1\" > \"3\"
         ! landed_without_approval one",
    );
}

/// A version that cannot be parsed changes nothing until it is repaired, and the audit names it.
#[test]
fn broken_in_the_middle() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("broken", "main.tf", "resource \"aws_vpc\" \"a\" {\n  cidr_block = \"2\n}\n");
    story.edit("repaired", "main.tf", &vpc("a", "3"));
    story.edit("four", "main.tf", &vpc("a", "4"));
    story.blame(
        &[],
        "aws_vpc.a: four by Ann; fail
         added one: cidr_block
         changed repaired: cidr_block
         changed four: cidr_block",
    );
    let audit = story.audit(
        "exit 2: 4 landings, 4 commits, incomplete
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         repaired by Ann; fail
         changed aws_vpc.a: …
         four by Ann; fail
         changed aws_vpc.a: cidr_block \"3\" > \"4\"
         ! landed_without_approval one
         ! landed_without_approval repaired
         ! landed_without_approval four
         ? main.tf broken: this version cannot be parsed…
         ? what aws_vpc.a said before or says since repaired: …",
    );
    assert_eq!(audit["complete"], false);
}

/// A value that is secret by its name is never shown, wherever a report has room for it.
#[test]
fn secrets_of_a_diff_are_hidden() {
    let text = |word: &str| format!("resource \"aws_db_instance\" \"a\" {{\n  password = \"{word}\"\n}}\n");
    let story = Story::with("main.tf", &text("hidden-one"));
    story.edit("two", "main.tf", &text("hidden-two"));
    let audit = story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_db_instance.a: password - > (sensitive)
         two by Ann; fail
         changed aws_db_instance.a: password (sensitive) > (sensitive)
         ! landed_without_approval one
         ! landed_without_approval two",
    );
    let mut all = audit.to_string();
    for format in ["text", "markdown", "csv"] {
        all += &std::fs::read_to_string(story.path().join(".git").join(format)).expect("a report");
    }
    assert!(!all.contains("hidden-"), "{all}");
}

/// Blocks of one name in several files are one: a part that joins or leaves changes it, and the others stay as they are.
#[test]
fn one_block_in_several_files() {
    let story = Story::with("versions.tf", "terraform {\n  required_version = \">= 1.5\"\n}\n");
    let backend = |path: &str| format!("terraform {{\n  backend \"local\" {{\n    path = \"{path}\"\n  }}\n}}\n");
    story.edit("backend", "backend.tf", &backend("a"));
    story.write("main.tf", vpc("a", "1")).edit("more", "main_override.tf", &vpc("a", "2"));
    story.edit("moved", "backend.tf", &backend("b"));
    story.remove("backend.tf").remove("main_override.tf").commit("gone");
    story.audit(
        "exit 2: 5 landings, 5 commits
         one by Ann; fail
         added terraform: required_version - > \">= 1.5\"
         backend by Ann; fail
         changed terraform: backend - > backend \"local\" {…\"a\"…}
         more by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\" \"2\"
         moved by Ann; fail
         changed terraform: backend backend \"local\" {…\"a\"…} > backend \"local\" {…\"b\"…}
         gone by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" \"2\" > \"1\"
         changed terraform: backend backend \"local\" {…\"b\"…} > -
         ! landed_without_approval one
         ! landed_without_approval backend
         ! landed_without_approval more
         ! landed_without_approval moved
         ! landed_without_approval gone",
    );
}
