//! What counts as a change, on a straight line of commits.

use super::repository::Repository;
use super::{EventKind, check, check_events, check_unknown, events, id, vpc};
use EventKind::{Added, Changed, Removed};

const TAGGED: &str = "resource \"aws_vpc\" \"a\" {\n  cidr_block = \"10.0.0.0/16\"\n  tags = { Env = \"prod\", Name = \"a\" }\n\n  timeouts {\n    create = \"1m\"\n  }\n}\n";

#[test]
fn plain_commits() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &format!("{}{}", vpc("a", "1"), vpc("b", "1")), "one");
    let two = repository.commit_file("main.tf", &format!("{}{}", vpc("a", "2"), vpc("b", "1")), "two");
    let three = repository.commit_file("net/main.tf", &vpc("a", "1"), "three");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &two, &two);
    check(&history, "resource.aws_vpc.b", &one, &one);
    check(&history, "net:resource.aws_vpc.a", &three, &three);
    check_events(
        &history,
        "resource.aws_vpc.a",
        &[(Added, &one, &one, "cidr_block"), (Changed, &two, &two, "cidr_block")],
    );
    let found = history.attribution(&id("resource.aws_vpc.a"));
    assert_eq!(found.subject.as_deref(), Some("two"));
    assert_eq!(found.authors, ["Ann <ann@example.com>"]);
    let committed = repository.git(&["log", "-1", "--format=%ct", &two]);
    let expected = jiff::Timestamp::from_second(committed.parse().expect("seconds")).expect("a time").to_string();
    assert_eq!(found.landed_at, Some(expected));
    assert!(found.landed_at.is_some_and(|time| time.ends_with('Z')));
    check_unknown(&history, "resource.aws_vpc.c", "not in Git");
    assert_eq!(history.blocks().count(), 3);
}

#[test]
fn formatting_comments_and_order_are_no_change() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", TAGGED, "one");
    let formatted = "# who\nresource aws_vpc \"a\" { # what\n  timeouts {\n    create    = \"1m\" // why\n  }\n\n\n  tags = {\n    Name = \"a\"\n    Env  = \"prod\"\n  }\n  /* where */\n  cidr_block    = \"10.0.0.0/16\"\n}";
    repository.commit_file("main.tf", formatted, "format");
    repository.commit_file("main.tf", &format!("{}{formatted}\n# end\n", vpc("z", "1")), "another in front");
    repository.commit_file("main.tf", &format!("{formatted}\r\n"), "line feeds");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &one, &one);
    assert_eq!(events(&history, "resource.aws_vpc.a").len(), 1);
}

#[test]
fn attributes_have_commits_of_their_own() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", TAGGED, "one");
    let tags = TAGGED.replace("prod", "dev").replace("Name = \"a\"", "Owner = \"x\"");
    let two = repository.commit_file("main.tf", &tags, "two");
    let three = repository.commit_file("main.tf", &tags.replace("1m", "2m"), "three");
    let four = repository.commit_file("main.tf", &tags.replace("1m", "2m").replace("10.0", "10.1"), "four");
    let history = repository.history();
    check_events(
        &history,
        "resource.aws_vpc.a",
        &[
            (Added, &one, &one, "cidr_block tags timeouts"),
            (Changed, &two, &two, r#"tags["Env"] tags["Name"] tags["Owner"]"#),
            (Changed, &three, &three, "timeouts"),
            (Changed, &four, &four, "cidr_block"),
        ],
    );
    let block = id("resource.aws_vpc.a");
    for (attribute, commit) in [("cidr_block", &four), ("tags", &two), ("timeouts", &three), ("never_declared", &four)]
    {
        let found = history.attribute_attribution(&block, attribute);
        assert_eq!(found.approving_commit.as_ref(), Some(commit), "{attribute}");
    }
    assert!(history.attribute_attribution(&id("resource.aws_vpc.z"), "tags").approving_commit.is_none());
}

#[test]
fn an_attribute_taken_away_is_attributed_to_the_commit_that_did() {
    let repository = Repository::new();
    repository.commit_file("main.tf", TAGGED, "one");
    let without: String =
        TAGGED.lines().filter(|line| !line.contains("tags")).map(|line| format!("{line}\n")).collect();
    let two = repository.commit_file("main.tf", &without, "two");
    repository.commit_file("main.tf", &without.replace("1m", "3m"), "three");
    let found = repository.history().attribute_attribution(&id("resource.aws_vpc.a"), "tags");
    assert_eq!(found.approving_commit, Some(two));
}

#[test]
fn reverts_are_changes() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let two = repository.commit_file("main.tf", &vpc("a", "2"), "two");
    repository.git(&["revert", "--no-edit", &two]);
    let revert = repository.head();
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &revert, &revert);
    check_events(
        &history,
        "resource.aws_vpc.a",
        &[
            (Added, &one, &one, "cidr_block"),
            (Changed, &two, &two, "cidr_block"),
            (Changed, &revert, &revert, "cidr_block"),
        ],
    );
}

#[test]
fn removed_blocks_name_the_commit_that_removed_them() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &format!("{}{}", vpc("a", "1"), vpc("b", "1")), "one");
    let two = repository.commit_file("main.tf", &vpc("b", "1"), "two");
    repository.remove("main.tf");
    let three = repository.commit("three");
    let four = repository.commit_file("main.tf", &vpc("b", "1"), "four");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &two, &two);
    let reason = history.attribution(&id("resource.aws_vpc.a")).reason.unwrap_or_default();
    assert!(reason.starts_with(&format!("removed in {}", &two[..12])), "{reason}");
    assert!(!history.is_declared(&id("resource.aws_vpc.a")));
    check(&history, "resource.aws_vpc.b", &four, &four);
    check_events(
        &history,
        "resource.aws_vpc.b",
        &[(Added, &one, &one, "cidr_block"), (Removed, &three, &three, ""), (Added, &four, &four, "cidr_block")],
    );
}

#[test]
fn json_syntax() {
    let repository = Repository::new();
    let json = |cidr: &str| {
        format!(r#"{{"resource": {{"aws_vpc": {{"a": {{"cidr_block": "{cidr}", "tags": {{"x": 1}}}}}}}}}}"#)
    };
    let one = repository.commit_file("main.tf.json", &json("1"), "one");
    let spaced = json("1").replace(':', " :\n").replace("\"x\"", "\"//x\"").replace("\"//x\"", "\"x\"");
    repository.commit_file("main.tf.json", &spaced, "format");
    check(&repository.history(), "resource.aws_vpc.a", &one, &one);
    let three = repository.commit_file("main.tf.json", &json("2"), "three");
    let history = repository.history();
    check_events(
        &history,
        "resource.aws_vpc.a",
        &[(Added, &one, &one, "cidr_block tags"), (Changed, &three, &three, "cidr_block")],
    );
    let tofu = repository.commit_file("b.tofu.json", &json("2").replace("\"a\"", "\"b\""), "tofu");
    check(&repository.history(), "resource.aws_vpc.b", &tofu, &tofu);
}

#[test]
fn locals_variables_and_module_calls() {
    let repository = Repository::new();
    let text = "locals {\n  size = 1\n  tags = { a = 1 }\n}\nvariable \"x\" {\n  default = 1\n}\nmodule \"m\" {\n  source = \"./m\"\n}\nprovider \"aws\" {\n  alias = \"w\"\n}\n";
    let one = repository.commit_file("main.tf", text, "one");
    let two = repository.commit_file("main.tf", &text.replace("size = 1", "size = 2"), "two");
    let three = repository.commit_file("main.tf", &text.replace("size = 1", "size = 2").replace("./m", "./n"), "three");
    let history = repository.history();
    check(&history, "locals.size", &two, &two);
    check(&history, "locals.tags", &one, &one);
    check(&history, "variable.x", &one, &one);
    check(&history, "module.m", &three, &three);
    check(&history, "provider.aws.w", &one, &one);
    check_events(&history, "locals.size", &[(Added, &one, &one, "size"), (Changed, &two, &two, "size")]);
}

#[test]
fn override_files_change_the_block_they_lie_over() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let two = repository.commit_file("x_override.tf", &vpc("a", "2"), "two");
    let three = repository.rename("x_override.tf", "y_override.tf").commit("three");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &three, &three);
    assert_eq!(
        events(&history, "resource.aws_vpc.a").iter().map(|event| event.1.clone()).collect::<Vec<_>>(),
        [one, two, three]
    );
}

#[test]
fn only_the_directories_asked_for() {
    let repository = Repository::new();
    let one = repository.commit_file("envs/prod/main.tf", &vpc("a", "1"), "one");
    repository.commit_file("envs/production/main.tf", &vpc("a", "1"), "two");
    let two = repository.commit_file("modules/net/deep/main.tf", &vpc("a", "1"), "three");
    let tip = repository.head().parse().expect("a hash");
    let directories = ["envs/prod".to_owned(), "modules/net/".to_owned()];
    let history = super::super::history(&repository.open(), tip, &directories, None).expect("a history");
    check(&history, "envs/prod:resource.aws_vpc.a", &one, &one);
    check(&history, "modules/net/deep:resource.aws_vpc.a", &two, &two);
    check_unknown(&history, "envs/production:resource.aws_vpc.a", "not in Git");
}
