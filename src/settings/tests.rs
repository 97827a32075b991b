//! The settings' shape, and what is made of it.

use super::*;
use crate::git::testing::TestRepository;
use crate::plan::PlannedConnection;
use provider_api::ProviderConfiguration;
use serde_json::json;

const AWS: &str = "provider[\"registry.terraform.io/hashicorp/aws\"].west";

fn plan(directory: &str) -> ReadPlan<'static> {
    let configuration =
        ProviderConfiguration { not_known: vec!["region".into(), "token".into()], ..ProviderConfiguration::default() };
    ReadPlan {
        connections: vec![PlannedConnection {
            provider: None,
            directory: directory.into(),
            reference: AWS.into(),
            source: String::new(),
            configuration,
            batches: Vec::new(),
            inventory: false,
        }],
    }
}

#[test]
fn arguments_take_the_values_that_are_set() {
    let text = r#"
        [[provider]]
        address = 'provider["registry.terraform.io/hashicorp/aws"].west'
        root_module = "live"
        arguments = { region = "eu-west-1", token = { env = "TOKEN" }, assume_role = [{ role_arn = "a" }] }

        [plugin]
        environment = ["CORP_*"]
    "#;
    let settings: SettingsFile = toml::from_str(text).expect("settings");
    let environment = BTreeMap::from([("TOKEN".into(), "s3cret".into())]);
    let mut here = plan("live");
    assert_eq!(apply(&settings, &environment, &mut here).expect("applied"), Vec::<String>::new());
    let configuration = &here.connections[0].configuration;
    let expected = json!({"region": "eu-west-1", "token": "s3cret", "assume_role": [{"role_arn": "a"}]});
    assert_eq!(Value::Object(configuration.known.clone()), expected);
    assert!(configuration.not_known.is_empty());
    let mut elsewhere = plan("other");
    assert_eq!(apply(&settings, &environment, &mut elsewhere).expect("applied"), Vec::<String>::new());
    assert!(elsewhere.connections[0].configuration.known.is_empty());
    let mut of_another = plan("live");
    of_another.connections[0].reference = "provider[\"example.com/x/y\"]".into();
    assert_eq!(apply(&settings, &environment, &mut of_another).expect("applied"), [AWS]);
    let unset = apply(&settings, &BTreeMap::new(), &mut plan("live"));
    assert!(matches!(unset, Err(SettingsError::Variable { name, .. }) if name == "TOKEN"));
}

#[test]
fn approvals() {
    let text = r#"
        [segregation]
        approvals = 2
        minimum_assurance = "forge_verified"

        [[person]]
        name = "Ann Lee"
        emails = ["ann@example.com"]
        logins = ["github:ann"]

        [[team]]
        name = "@org/infra"
        members = ["Ann Lee"]

        [signatures]
        openpgp = ["keys/*.asc"]

        [forge]
        kind = "github"
        repository = "org/infra"
    "#;
    let settings: SettingsFile = toml::from_str(text).expect("settings");
    assert_eq!(settings.segregation.approvals.get(), 2);
    assert_eq!(settings.who().check(), Ok(()));
    assert_eq!(settings.signatures.forge_signers, ["noreply@github.com"]);
    assert_eq!(settings.forge.kind, Some(crate::forge::ForgeKind::GitHub));
}

#[test]
fn keys_of_the_approved_commit() {
    let line = "ann@x ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFzoSVJ8rvqUiyVqWYdTRjMzzg/dXy8RdmeWCwdYl0w9\n";
    let folder = TestRepository::with(&[("keys/signers", line), ("keys/empty.asc", "nothing\n")]);
    let repository = crate::git::Repository::discover(folder.path()).expect("a repository");
    let approved = repository.approved(None).expect("a commit");
    let tree = repository.tree(approved.commit).expect("a tree");
    let read = |settings: &str| {
        let settings: SettingsFile = toml::from_str(settings).expect("settings");
        keys(&tree, &settings.signatures)
    };
    assert!(read("").expect("no keys").is_empty());
    let signers = "[signatures]\nallowed_signers = \"keys/signers\"";
    assert!(!read(signers).expect("a key").is_empty());
    for bad in [
        "[signatures]\nallowed_signers = \"signers\"",
        "[signatures]\nallowed_signers = \"keys/empty.asc\"",
        "[signatures]\nopenpgp = [\"keys/*.asc\"]",
        "[signatures]\nopenpgp = [\"keys/*.gpg\"]",
        "[signatures]\nopenpgp = [\"../*.asc\"]",
        "[signatures]\nx509_roots = \"keys\"",
    ] {
        assert!(matches!(read(bad), Err(SettingsError::Keys { .. })), "{bad}");
    }
}

#[test]
fn what_is_not_known_is_refused() {
    for text in [
        "[plugins]",
        "[plugin]\ntls = true",
        "[[provider]]\naddress = \"x\"",
        "not toml",
        "[segregation]\napprovers = 2",
        "[[person]]\nname = \"Ann\"\nmail = \"ann@x\"",
        "[[team]]\nname = \"@org/infra\"",
        "[signatures]\nkeys = []",
        "[forge]\nkind = \"gitea\"",
        "[forge]\ntoken = \"x\"",
    ] {
        assert!(toml::from_str::<SettingsFile>(text).is_err(), "{text}");
    }
}
