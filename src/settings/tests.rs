//! The settings' shape, and what is made of it.

use super::*;
use crate::git::testing::TestRepository;
use crate::plan::{PlannedConnection, ReadPlan};
use provider_api::ProviderConfiguration;
use serde_json::json;
use std::collections::BTreeMap;
use std::ffi::OsString;

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

fn parsed(text: &str) -> Result<SettingsFile, String> {
    super::read::parse(text, std::path::Path::new(FILE), true)
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_in_words() {
    for (text, line, part) in [
        ("[scan]\n\ndedline = 3\n", 3, "[scan] has no key `dedline`; did you mean `deadline`?"),
        ("[scan]\nmax-rps = 3", 2, "[scan] has no key `max-rps`; did you mean `max_rps`?"),
        ("[plugin]\ndeadline = 3", 2, "[plugin] has no key `deadline`; `deadline` belongs in [scan]"),
        ("deadline = 3", 1, "there is no table `deadline`; `deadline` belongs in [scan]"),
        ("[scan]\nstate = [\"x\"]", 2, "`state` belongs in [[root_module]]"),
        ("[scan]\noffline = true", 2, "`offline` belongs in [evidence]"),
        ("[scan]\ntoken = { env = \"A\" }", 2, "[scan] has no key `token`"),
        ("[scna]", 1, "there is no table `scna`; did you mean `scan`?"),
        ("[zzzzzzzzzz]", 1, "there is no table `zzzzzzzzzz`; there are "),
        ("[root_module]\ndirectory = \"a\"", 1, "write [[root_module]]"),
        ("[[scan]]\ndeadline = 3", 1, "write [scan]"),
        ("scan = 3", 1, "`scan` is a table, and not a whole number"),
        ("[scan]\ndeadline = \"3\"", 2, "`deadline` in [scan] is a whole number, and not a text in quotes"),
        ("[scan]\ndeadline = 3.5", 2, "is a whole number, and not a number"),
        ("[scan]\ninclude = \"a\"", 2, "`include` in [scan] is a list, in brackets, and not a text in quotes"),
        ("[scan]\ninclude = [\"a\",\n 3]", 3, "`include` in [scan] is a text in quotes"),
        ("[scan]\ndeadline = 0", 2, "`deadline` in [scan] is a whole number from 1 to 86400"),
        ("[scan]\nmax_rps = 0x7fffffffffffffff", 2, "is a whole number from 1 to 1000"),
        ("[scan]\nlevel = \"norm\"", 2, "`level` in [scan] is one of raw, normalized, configured"),
        ("[scan]\nreader = \"plugins\"", 2, "did you mean `plugin`?"),
        ("[segregation]\nchecks = \"requird\"", 2, "did you mean `required`?"),
        ("[scan]\nscope = [\"EU\"]", 2, "name a region"),
        ("[scan]\nignore = [\"a:\"]", 2, "empty part"),
        ("[scan]\nreport = [\"csv\"]", 2, "does not report as csv"),
        ("[scan]\nreport = [\"text\", \"json\"]", 2, "two reports go to standard output"),
        ("[scan]\ninclude = [\"../a\"]", 2, "without `..`"),
        ("[scan]\nworkspaces = [\"[\"]", 2, "not a pattern"),
        ("[scan]\nref = \"main\"", 2, "`ref` cannot be set in a file: "),
        ("config = \"x\"", 1, "`config` cannot be set in a file: "),
        ("[scan]\ndir = \"x\"", 2, "`dir` cannot be set in a file: "),
        ("[scan]\nlive = \"x\"", 2, "`live` cannot be set in a file: "),
        ("[scan]\nallow-programs = true", 2, "no file may allow itself to run programs"),
        ("[scan]\nvar = [\"a=b\"]", 2, "`variables`"),
        ("\n[[root_module]]\nskip = true", 2, "[[root_module]] lacks the key `directory`"),
        ("[[root_module]]\ndirectory = \"a\"\nreason = \"x\"", 3, "goes with `skip = true`"),
        ("[[root_module]]\ndirectory = \"a\"\nstate = [\"-\"]", 3, "standard input"),
        ("[[root_module]]\ndirectory = \"a\"\nstate = [\"\"]", 3, "empty text"),
        ("[[root_module]]\ndirectory = \"a\"\nvariables = { d = 2026-01-01 }", 3, "a date stands in quotes"),
        ("[[root_module]]\ndirectory = \"/a\"", 2, "from the repository's root"),
        ("[[person]]\nname = \"A\"\nmail = [\"a@x\"]", 3, "did you mean `emails`?"),
        ("[evidence]\nno_cache = true\noffline = true", 3, "keeps nothing"),
        ("[evidence]\nno_cache = true\ncache = \"c\"", 2, "take one of them out"),
        ("[scan]\ndeadline = 3\ndeadline = 4", 3, "duplicate key"),
        ("[scan\n", 1, ""),
        // Hostile: a commit must not write where whoever scans did not mean it to, nor send tokens anywhere.
        ("[scan]\nreport = [\"json=/etc/cron.d/x\"]", 2, "lies in the repository"),
        ("[scan]\nreport = [\"json=../x\"]", 2, "lies in the repository"),
        ("[scan]\nreport = [\"json=a/../../x\"]", 2, "lies in the repository"),
        ("[scan]\nreport = [\"text=.git/hooks/pre-commit\"]", 2, "Git's own data"),
        ("[scan]\nrecord = \"/elsewhere/x\"", 2, "lies in the repository"),
        ("[evidence]\ncache = \"../x\"", 2, "lies in the repository"),
        ("[evidence]\nforge = \"https://evil.example/api/v3\"", 2, "no commit may name it"),
        ("[[root_module]]\ndirectory = \"a\"\nvariable_files = [\"../../etc/x\"]", 3, "files of its repository"),
        ("[[root_module]]\ndirectory = \"a\"\nbackend_config = [\"/etc/x\"]", 3, "files of its repository"),
    ] {
        let cause = parsed(text).expect_err(text);
        assert!(cause.starts_with(&format!("line {line}: ")) && cause.contains(part), "{text}: {cause}");
    }
}

#[test]
fn a_file_of_ones_own_may_name_any_place() {
    let text = "[scan]\nreport = [\"json=/elsewhere/x\"]\n[evidence]\nforge = \"https://forge.example/api/v3\"\ncache = \"/elsewhere/c\"";
    assert!(super::read::parse(text, std::path::Path::new("own.toml"), false).is_ok());
    assert!(parsed(text).is_err());
}

#[test]
fn no_value_is_in_an_error() {
    const SECRET: &str = "not-a-secret-but-like-one";
    for text in [
        "[[provider]]\naddress = \"a\"\narguments = \"SECRET\"",
        "[[provider]]\naddress = \"a\"\narguments = { token = \"SECRET\" }\nargument = \"SECRET\"",
        "[[root_module]]\ndirectory = \"a\"\nvariables = [\"SECRET\"]",
        "[[root_module]]\ndirectory = \"a\"\nbackend_config = \"password=SECRET\"",
        "[[root_module]]\ndirectory = \"a\"\nvariables = { a = \"SECRET }",
        "[[root_module]]\ndirectory = \"a\"\nvariables = { a = \"SECRET\" \"SECRET\" }",
        "[scan]\ndeadline = \"SECRET\"",
        "[segregation]\nchecks = { a = \"SECRET\" }",
        "[segregation]\napprovals = \"SECRET\"",
    ] {
        let cause = parsed(&text.replace("SECRET", SECRET)).expect_err(text);
        assert!(!cause.contains(SECRET), "{cause}");
    }
}

#[test]
fn root_modules_are_merged_in_order() {
    let settings = parsed(
        r#"
[scan]
workspaces = ["scan-*"]
[[root_module]]
directory = "live/*"
state = ["a.tfstate"]
backend_config = ["bucket=b", "../s3.tfbackend"]
variables = { region = "eu-west-1", size = 2 }
variable_files = ["./prod.tfvars"]
skip = true
reason = "later"
[[root_module]]
directory = "live/net"
workspaces = ["prod"]
variables = { region = { env = "REGION" } }
skip = false
[[root_module]]
directory = "live/net"
workspace = "prod-*"
state = ["s3://b/k"]
[[root_module]]
directory = "."
skip = true
[[root_module]]
directory = "gone"
[[root_module]]
directory = "other/*"
"#,
    )
    .expect("settings");
    let net = settings.root_module("live/net", None);
    assert_eq!((net.states.as_slice(), net.workspaces.as_slice()), (&["a.tfstate".into()][..], &["prod".into()][..]));
    assert_eq!(net.backend_config, ["bucket=b", "live/s3.tfbackend"]);
    assert_eq!(net.variable_files, ["live/net/prod.tfvars"]);
    assert_eq!((net.skip, net.lines["state"], net.lines["variables.region"]), (None, 6, 15));
    assert_eq!(settings.root_module("live/net", Some("prod-eu")).states, ["s3://b/k"]);
    assert_eq!(settings.root_module("live/net", Some("dev")).states, ["a.tfstate"]);
    let app = settings.root_module("live/app", Some("default"));
    assert_eq!((app.skip.as_deref(), app.workspaces.as_slice()), (Some("later"), &["scan-*".into()][..]));
    assert!(settings.root_module("live", None).states.is_empty());
    assert!(settings.root_module("", None).skip.is_some());
    let found = |directory: &str| (directory.to_owned(), Vec::new());
    let unused = |scanned: &str| settings.unused_root_modules(scanned, &[found("live/net"), found("")]);
    assert_eq!(unused(""), ["[[root_module]] gone (line 24)", "[[root_module]] other/* (line 26)"]);
    assert_eq!(unused("other"), ["[[root_module]] other/* (line 26)"]);
    assert_eq!(unused("oth"), Vec::<String>::new());
    let dev = [("live/net".to_owned(), vec!["dev".to_owned()])];
    assert_eq!(
        settings.unused_root_modules("live/net", &dev),
        ["[[root_module]] live/net in workspace prod-* (line 17)"]
    );
}

#[test]
fn variables_are_given_in_order_and_as_what_they_are() {
    use crate::config::VariableSource::{Secret, Value as Literal};
    use crate::scan::VariableInput::{File, Given};
    let text = "[[root_module]]\ndirectory = \"a\"\nvariable_files = [\"p.tfvars\"]\n\
                variables = { count = 2, list = [1, { env = \"N\" }], port = { env = \"PORT\" } }";
    let settings = parsed(text).expect("settings").root_module("a", None);
    let environment = BTreeMap::from([("N".into(), "n".into()), ("PORT".into(), "[80]".into())]);
    let inputs = settings.variable_inputs(&environment, std::path::Path::new("/w")).expect("inputs");
    let expected = [
        File("/w/a/p.tfvars".into()),
        Given(Literal { name: "count".into(), value: json!(2), sensitive: false }),
        Given(Literal { name: "list".into(), value: json!([1, "n"]), sensitive: true }),
        Given(Secret { name: "port".into(), text: "[80]".into() }),
    ];
    assert_eq!(inputs, expected);
    let unset = settings.variable_inputs(&BTreeMap::new(), std::path::Path::new("/w"));
    assert_eq!(
        unset.expect_err("unset").to_string(),
        "the settings for the variable `list` want the environment variable N, which is not set"
    );
}

fn scan_arguments(arguments: &[&str]) -> crate::cli::ScanArguments {
    use clap::Parser;
    let all = ["driftline", "scan"].iter().chain(arguments);
    match crate::cli::Cli::try_parse_from(all).expect("arguments").command {
        crate::cli::Command::Scan(arguments) => arguments,
        _ => unreachable!("a scan was asked for"),
    }
}

#[test]
fn the_command_line_is_stronger_than_the_environment_than_the_file_than_the_default() {
    let file =
        parsed("[scan]\ndeadline = 7\nworkspaces = [\"file\"]\nunmanaged = true\ninclude = [\"a\"]").expect("settings");
    let nothing = SettingsFile::default();
    let terraform = BTreeMap::from([("TF_WORKSPACE".into(), "a[b".into())]);
    let force = |arguments: &[&str], file: &SettingsFile, environment: &BTreeMap<OsString, OsString>| {
        scan_in_force(&scan_arguments(arguments), file, environment, None).expect("settings in force")
    };
    let none = BTreeMap::new();
    let deadline = |arguments: &[&str], file: &SettingsFile| force(arguments, file, &none).deadline;
    let flag = |name: &str| Origin::Flag(name.into());
    assert_eq!(deadline(&[], &nothing), InForce { value: 900, origin: Origin::Default });
    assert_eq!(deadline(&[], &file), InForce { value: 7, origin: Origin::File(2) });
    assert_eq!(deadline(&["--deadline", "900"], &file), InForce { value: 900, origin: flag("--deadline") });
    let workspaces =
        |arguments: &[&str], file: &SettingsFile, environment| force(arguments, file, environment).workspaces;
    let one = |value: &str, origin| InForce { value: vec![value.to_owned()], origin };
    assert_eq!(workspaces(&["--workspace", "w"], &file, &terraform), one("w", flag("--workspace")));
    assert_eq!(workspaces(&[], &file, &terraform), one("a[[]b", Origin::Environment("TF_WORKSPACE".into())));
    assert_eq!(workspaces(&[], &file, &none), one("file", Origin::File(3)));
    assert_eq!(workspaces(&[], &nothing, &none), InForce { value: Vec::new(), origin: Origin::Default });
    assert_eq!(force(&[], &file, &none).unmanaged, InForce { value: true, origin: Origin::File(4) });
    let off = force(&["--unmanaged=false"], &file, &none).unmanaged;
    assert_eq!(off, InForce { value: false, origin: flag("--unmanaged") });
    // What is given replaces the file's list.
    assert_eq!(force(&["--include", "b", "--include", "c"], &file, &none).include.value, ["b", "c"]);
    // What concerns unmanaged objects alone is refused where they are not asked for, wherever that is said.
    let scope = |arguments: &[&str], file| scan_in_force(&scan_arguments(arguments), file, &none, None);
    assert!(scope(&["--scope", "eu-west-1"], &file).is_ok());
    assert!(scope(&["--scope", "eu-west-1"], &nothing).is_err());
    assert!(scope(&["--ignore", "a", "--unmanaged=false"], &file).is_err());
}

#[test]
fn a_recording_that_is_replayed_is_not_recorded_and_evidence_is_merged() {
    let work = tempfile::tempdir().expect("a folder");
    let file =
        parsed("[scan]\nrecord = \"r\"\nreport = [\"json=d.json\"]\nactivity = [\"trail\"]\n[evidence]\ncache = \"c\"")
            .expect("settings");
    let force = |arguments: &[&str]| {
        let arguments = scan_arguments(arguments);
        let scan = scan_in_force(&arguments, &file, &BTreeMap::new(), Some(work.path())).expect("scan");
        (scan, evidence_in_force(&arguments.evidence, &file, Some(work.path())).expect("evidence"))
    };
    let root = work.path().canonicalize().expect("a path");
    let (scan, evidence) = force(&[]);
    assert_eq!(scan.record.value, Some(root.join("r")));
    assert_eq!(scan.report.value[0].file, Some(root.join("d.json")));
    assert_eq!(scan.activity.value, [crate::activity::Source::Folder(work.path().join("trail"))]);
    assert_eq!(evidence.settings().keep, crate::evidence::Keep::In(root.join("c")));
    assert_eq!(force(&["--live", "x"]).0.record.value, None);
    assert_eq!(force(&["--no-cache"]).1.settings().keep, crate::evidence::Keep::Nothing);
    let own = force(&["--cache", "mine"]).1;
    assert_eq!(own.settings().keep, crate::evidence::Keep::In("mine".into()));
    let off = parsed("[evidence]\nno_cache = true").expect("settings");
    let merged = |arguments: &[&str]| evidence_in_force(&scan_arguments(arguments).evidence, &off, None);
    assert_eq!(merged(&[]).expect("evidence").settings().keep, crate::evidence::Keep::Nothing);
    assert_eq!(merged(&["--cache", "m"]).expect("evidence").settings().keep, crate::evidence::Keep::In("m".into()));
    assert!(merged(&["--offline"]).is_err());
}

/// All that flags of a scan can say, a file can say or says why not.
#[test]
fn every_flag_has_a_key() {
    use clap::CommandFactory;
    let command = crate::cli::Cli::command();
    let scan = command.find_subcommand("scan").expect("the command");
    let tables = super::schema::tables();
    let keys: Vec<&str> = tables
        .iter()
        .filter(|table| ["scan", "evidence", "root_module"].contains(&table.name))
        .flat_map(|table| table.keys.iter().map(String::as_str))
        .collect();
    for argument in scan.get_arguments().filter(|argument| !["help", "version"].contains(&argument.get_id().as_str())) {
        let name = argument.get_id().as_str().replace("workspace", "workspaces");
        let refused =
            || parsed(&format!("[scan]\n{name} = true")).expect_err("an error").contains("cannot be set in a file");
        assert!(keys.contains(&name.as_str()) || refused(), "{name}");
    }
}

/// What is shown is what there is: each key of the two tables has a row, with the default that the schema tells.
#[test]
fn every_key_has_a_row_and_its_default() {
    let (arguments, file) = (scan_arguments(&[]), SettingsFile::default());
    let scan = scan_in_force(&arguments, &file, &BTreeMap::new(), None).expect("scan");
    let evidence = evidence_in_force(&arguments.evidence, &file, None).expect("evidence");
    let rows = rows(&scan, &evidence, &file);
    for table in super::schema::tables().iter().filter(|table| !table.several) {
        for (key, schema) in table.properties {
            let row = rows.iter().find(|row| row.table == table.name && row.key == *key);
            let row = row.unwrap_or_else(|| panic!("{}.{key} has no row", table.name));
            // An empty list is as good as none.
            let told = |value: Option<&Value>| value.filter(|value| **value != json!([])).cloned().unwrap_or_default();
            assert_eq!(told(Some(&row.value)), told(super::schema::default(schema)), "{}.{key}", table.name);
            assert_eq!(row.source, "default");
            assert!(!super::schema::description(schema).is_empty(), "{}.{key}", table.name);
        }
        let known = |row: &&Row| row.table == table.name && !table.keys.contains(&row.key);
        assert!(!rows.iter().any(|row| known(&row)), "{}", table.name);
    }
}

#[test]
fn a_new_file_sets_nothing_and_each_of_its_settings_can_be_set() {
    let module = |directory: &str, backend: &str| FoundModule { directory: directory.into(), backend: backend.into() };
    let found = FoundRepository {
        reference: "origin/main\n[scan]\ndeadline = 1".into(),
        modules: vec![module("", "s3"), module("we[ird]/\"a'\n[evil]", "local\n[x]\ny = 1")],
        providers: vec![ProviderStub {
            address: AWS.into(),
            root_module: "live\"/\u{1b}x".into(),
            arguments: vec!["region".into(), "odd name".into()],
        }],
        code_owners: Some(".github/CODEOWNERS".into()),
        forge: Some(("github".into(), "o/n".into())),
    };
    for found in [found, FoundRepository::default()] {
        let text = written(&found);
        let read = parsed(&text).expect("a valid file");
        let plain = SettingsFile { source: Source::default(), ..read };
        assert_eq!(plain, SettingsFile::default());
        assert!(!text.contains('\u{1b}'), "{text}");
        // Without its marks every setting is one: only `reason` and `owner` need another key beside them, and `forge` is
        // not for commits.
        let set: String = text
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let set = set.replace("skip = false", "skip = true").replace("bot = false", "bot = true");
        let set = super::read::parse(&set, std::path::Path::new(FILE), false)
            .unwrap_or_else(|error| panic!("{error}\n{set}"));
        assert_eq!((set.scan.deadline, set.persons.len()), (Some(900), 1));
        for (position, module) in found.modules.iter().enumerate() {
            let skipped = set.root_module(&module.directory, Some("prod-x")).skip.is_some();
            assert_eq!(skipped, position == 0, "{}", module.directory);
            assert!(set.root_modules.iter().any(|entry| super::patterns::names(&entry.directory, &module.directory)));
        }
    }
}

proptest::proptest! {
    #[test]
    fn whatever_stands_in_a_file_there_is_an_answer(
        lines in proptest::collection::vec("(\\[{1,2}[a-z_.\"]{0,12}\\]{1,2}|[a-z_.\"-]{0,12} ?=? ?[0-9a-z\"'\\[\\]{}:,=.-]{0,16}|\\PC{0,20})", 0..8)
    ) {
        let _ = parsed(&lines.join("\n"));
    }
}

/// A commit can name any variable of the environment; what stands in one is not printed for that.
#[test]
fn values_of_the_environment_are_sensitive_wherever_they_go() {
    use crate::config::{self, Declared, VariableSource};
    use crate::scan::VariableInput;
    let text = "[[root_module]]\ndirectory = \".\"\nvariables = { plain = \"p\", whole = { env = \"E\" }, part = { a = { env = \"E\" } } }";
    let resource = |name: &str, value: &str| format!("resource \"r\" \"{name}\" {{\n  a = {value}\n}}\n");
    let variables = "variable \"plain\" {}\nvariable \"whole\" {\n  type = list(string)\n}\nvariable \"part\" {}\n";
    let main = [
        variables.to_owned(),
        resource("plain", "var.plain"),
        resource("whole", "var.whole[0]"),
        resource("part", "\"x-${var.part.a}\""),
    ];
    let folder = TestRepository::with(&[("main.tf", &main.concat())]);
    let repository = crate::git::Repository::discover(folder.path()).expect("a repository");
    let tree = repository.tree(repository.approved(None).expect("a commit").commit).expect("a tree");
    let environment = BTreeMap::from([("E".into(), "[\"e\"]".into())]);
    let settings = parsed(text).expect("settings").root_module("", None);
    let inputs = settings.variable_inputs(&environment, folder.path()).expect("inputs");
    let variables: Vec<VariableSource> = inputs
        .into_iter()
        .filter_map(|input| match input {
            VariableInput::Given(source) => Some(source),
            VariableInput::File(_) => None,
        })
        .collect();
    let configuration = config::read(&tree, "", &config::Options { variables, ..config::Options::default() });
    for (name, value, sensitive) in [("plain", "p", false), ("whole", "e", true), ("part", "x-[\"e\"]", true)] {
        let address = format!("r.{name}").parse().expect("an address");
        let instance = configuration.instance(&address).expect("an instance");
        assert_eq!(instance.attributes["a"], Declared::Known(json!(value)), "{name}");
        assert_eq!(instance.sensitive.contains("a"), sensitive, "{name}");
    }
}
