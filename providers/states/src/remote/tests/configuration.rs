//! Blocks, the environment, tokens and discovery.
//! Knows nothing of states.

use super::super::credentials::{Credentials, variable};
use super::super::settings::{Mapping, Settings, canonical};
use super::super::{Client, Mutex, OnceCell, Remote, Trust};
use super::*;
use crate::Class;

const HOST: &str = "tfe.example.com";

fn settings(kind: &str, arguments: Value, environment: &[(&str, &str)]) -> Result<Settings, StoreError> {
    Settings::read(&backend(kind, arguments), &surroundings(environment, Path::new(".")))
}

#[test]
fn hosts_are_compared_as_terraform_compares_them() {
    for (given, canonical_host) in [
        ("App.Terraform.IO", Some("app.terraform.io")),
        ("tfe.example.com:443", Some("tfe.example.com")),
        ("tfe.example.com:8443", Some("tfe.example.com:8443")),
        ("café.example", Some("xn--caf-dma.example")),
        ("localhost:80", Some("localhost:80")),
        ("user@tfe.example.com", None),
        ("tfe.example.com/api", None),
        ("tfe.example.com?x", None),
        ("tfe.example.com\\@evil", None),
        ("a b", None),
        ("", None),
    ] {
        assert_eq!(canonical(given).as_deref(), canonical_host, "{given}");
    }
}

#[test]
fn the_cloud_block_is_completed_from_the_environment() {
    let environment = [
        ("TF_CLOUD_HOSTNAME", "tfe.example.com"),
        ("TF_CLOUD_ORGANIZATION", "acme"),
        ("TF_CLOUD_PROJECT", "core"),
        ("TF_WORKSPACE", "app"),
    ];
    let found = settings("cloud", json!({}), &environment).unwrap();
    assert_eq!((found.host.as_str(), found.organization.as_str()), (HOST, "acme"));
    assert_eq!((found.project.as_deref(), found.mapping), (Some("core"), Mapping::Name("app".into())));

    let given =
        json!({"hostname": "other.example.com", "organization": "o", "workspaces": {"tags": ["t"], "project": "p"}});
    let found = settings("cloud", given, &environment).unwrap();
    assert_eq!((found.host.as_str(), found.organization.as_str()), ("other.example.com", "o"));
    assert_eq!((found.project.as_deref(), found.mapping), (Some("p"), Mapping::Tags(vec!["t".into()])));

    // The remote backend takes none of it.
    let found = settings("remote", json!({"organization": "o", "workspaces": {"name": "w"}}), &environment).unwrap();
    assert_eq!((found.host.as_str(), found.project), ("app.terraform.io", None));
    assert_eq!(found.mapping, Mapping::Default("w".into()));
    assert!(settings("remote", json!({"workspaces": {"name": "w"}}), &environment).is_err());
}

#[test]
fn blocks_that_mean_nothing_are_said() {
    for (kind, workspaces, chosen) in [
        ("remote", json!({}), None),
        ("remote", json!({"name": "a", "prefix": "b"}), None),
        ("cloud", json!({}), None),
        ("cloud", json!({"project": "p"}), None),
        ("cloud", json!({"name": "a", "tags": ["b"]}), None),
        ("cloud", json!({"tags": [7]}), None),
        ("cloud", json!({"tags": {"a": 7}}), None),
        ("cloud", json!({"tags": "a"}), None),
        ("cloud", json!({"tags": []}), None),
        ("cloud", json!({"name": "a"}), Some("b")),
    ] {
        let environment: Vec<(&str, &str)> = chosen.iter().map(|chosen| ("TF_WORKSPACE", *chosen)).collect();
        let read = settings(kind, json!({"organization": "o", "workspaces": workspaces}), &environment);
        assert_eq!(read.err().map(|error| error.class), Some(Class::Unset), "{kind} {workspaces}");
    }
    assert!(settings("cloud", json!({"workspaces": {"name": "a"}}), &[]).is_err());
    assert!(
        settings("cloud", json!({"organization": "o", "hostname": "a/b", "workspaces": {"name": "a"}}), &[]).is_err()
    );
}

#[test]
fn tags_are_read_as_init_leaves_them_behind() {
    let mapping = |tags: Value| {
        settings("cloud", json!({"organization": "o", "workspaces": {"name": null, "tags": tags}}), &[])
            .unwrap()
            .mapping
    };
    let set = json!({"value": ["a"], "type": ["tuple", ["string"]]});
    assert_eq!(mapping(set), Mapping::Tags(vec!["a".into()]));
    let map = json!({"value": {"a": "b"}, "type": ["object", {"a": "string"}]});
    assert_eq!(mapping(map), Mapping::Bindings(vec![("a".into(), "b".into())]));
    let plain = json!({"value": "x", "type": "y"});
    assert_eq!(mapping(plain), Mapping::Bindings(vec![("type".into(), "y".into()), ("value".into(), "x".into())]));
}

#[test]
fn names_are_the_ones_of_the_organization() {
    let of = |kind: &str, workspaces: Value| {
        settings(kind, json!({"organization": "o", "workspaces": workspaces}), &[]).unwrap()
    };
    assert_eq!(of("remote", json!({"name": "w"})).remote_name("default").unwrap(), "w");
    assert!(of("remote", json!({"name": "w"})).remote_name("other").is_err());
    let prefixed = of("remote", json!({"prefix": "app-"}));
    assert_eq!(prefixed.remote_name("dev").unwrap(), "app-dev");
    assert_eq!(prefixed.remote_name("app-dev").unwrap(), "app-dev");
    assert!(prefixed.remote_name("default").is_err());
    assert_eq!(of("cloud", json!({"tags": ["t"]})).remote_name("any").unwrap(), "any");
    assert!(of("cloud", json!({"tags": ["t"]})).remote_name("default").is_err());
}

/// What a home and an environment give for the host.
fn found(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Credentials {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let placed = |value: &str| value.replace("HOME", home.path().to_str().unwrap());
    let environment: Vec<(&str, String)> = environment.iter().map(|(name, value)| (*name, placed(value))).collect();
    let mut environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    environment.push(("HOME", home.path().to_str().unwrap()));
    Credentials::find(HOST, &surroundings(&environment, home.path()))
}

#[cfg(unix)]
#[test]
fn tokens_are_found_where_terraform_finds_them() {
    let block = |token: &str| {
        format!("plugin_cache_dir = \"x\"\ncredentials \"TFE.example.com\" {{\n  token = \"{token}\"\n}}\n")
    };
    let json =
        |token: &str| json!({"credentials": {"other.example.com": {"token": "o"}, HOST: {"token": token}}}).to_string();
    let (rc, login, named) = (block("of-rc"), json("of-login"), block("of-named"));
    let rc_file = (".terraformrc", rc.as_str());
    let login_file = (".terraform.d/credentials.tfrc.json", login.as_str());
    let named_file = ("named.tfrc", named.as_str());
    let variable = ("TF_TOKEN_tfe_example_com", "of-variable");
    let token = |files: &[(&str, &str)], environment: &[(&str, &str)]| found(files, environment).token;
    assert_eq!(token(&[], &[]), None);
    assert_eq!(token(&[rc_file], &[]).as_deref(), Some("of-rc"));
    assert_eq!(token(&[login_file], &[]).as_deref(), Some("of-login"));
    assert_eq!(token(&[rc_file, login_file], &[]).as_deref(), Some("of-login"));
    let override_file = ("TF_CLI_CONFIG_FILE", "HOME/named.tfrc");
    assert_eq!(token(&[rc_file, login_file, named_file], &[override_file]).as_deref(), Some("of-named"));
    // Not the one in the root module's directory.
    assert_eq!(token(&[rc_file, named_file], &[("TF_CLI_CONFIG_FILE", "named.tfrc")]), None);
    assert_eq!(token(&[rc_file, login_file], &[variable]).as_deref(), Some("of-variable"));
    assert_eq!(token(&[rc_file], &[("TF_TOKEN_other_example_com", "x")]).as_deref(), Some("of-rc"));
    assert_eq!(token(&[(".tofurc", &block("of-tofu")), rc_file], &[]).as_deref(), Some("of-rc"));
    assert_eq!(token(&[(".terraform.d/a.txt", &rc)], &[]), None);
}

#[test]
fn names_of_variables_stand_for_hosts() {
    assert_eq!(variable("my-tfe.example.com"), "TF_TOKEN_my__tfe_example_com");
    let token = |host: &str, name: &str| {
        Credentials::find(host, &surroundings(&[(name, "t")], Path::new("/nonexistent"))).token
    };
    assert!(token("my-tfe.example.com", "TF_TOKEN_my__tfe_example_com").is_some());
    assert!(token("my-tfe.example.com", "TF_TOKEN_my-tfe_example_com").is_some());
    assert!(token("xn--caf-dma.fr", "TF_TOKEN_xn____caf__dma_fr").is_some());
    assert!(token("localhost:8443", "TF_TOKEN_localhost:8443").is_some());
    assert!(token("localhost:8443", "TF_TOKEN_localhost").is_none());
    assert!(token("my.tfe.example.com", "TF_TOKEN_my__tfe_example_com").is_none());
}

#[cfg(unix)]
#[test]
fn configuration_that_cannot_be_read_is_said() {
    let broken = found(&[(".terraformrc", "credentials \"x\" {")], &[]);
    assert_eq!(broken.unread, ["`.terraformrc` cannot be parsed"]);
    let helper = found(&[(".terraformrc", "credentials_helper \"vault\" {\n  args = []\n}\n")], &[]);
    assert!(helper.unread[0].contains("credentials helper"), "{:?}", helper.unread);
    let missing = found(&[], &[("TF_CLI_CONFIG_FILE", "nowhere.tfrc")]);
    assert!(missing.unread[0].contains("`nowhere.tfrc` cannot be read"), "{:?}", missing.unread);
    let computed = found(&[(".terraformrc", "credentials \"tfe.example.com\" {\n  token = file(\"x\")\n}\n")], &[]);
    assert_eq!(computed.token, None);
}

#[tokio::test]
async fn without_a_token_nothing_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(service).await;
    let host = format!("127.0.0.1:{}", server.port);
    let services = format!("host \"{host}\" {{\n  services = {{ \"tfe.v2\" = \"{}\" }}\n}}\n", server.url("/api/v2/"));
    let path = directory.path().join("cli.tfrc");
    std::fs::write(&path, services).unwrap();
    let around = surroundings(&[("TF_CLI_CONFIG_FILE", path.to_str().unwrap())], directory.path());
    let mut arguments = json!({"hostname": host, "organization": "acme", "workspaces": {"name": "app"}});
    let store = super::super::open(&backend("cloud", arguments.clone()), &around).unwrap();
    let error = refusal(&*store, "app").await;
    assert_eq!(error.class, Class::Denied);
    assert!(error.hint.contains("terraform login"), "{}", error.hint);
    arguments["token"] = json!("not\na-secret");
    let store = super::super::open(&backend("cloud", arguments.clone()), &around).unwrap();
    assert_eq!(refusal(&*store, "app").await.class, Class::Unset);
    assert!(server.asked().is_empty());
    arguments["token"] = json!("not-a-secret-of-the-block");
    let store = super::super::open(&backend("cloud", arguments), &around).unwrap();
    store.read("app").await.unwrap();
    assert_eq!(server.asked()[0].headers["authorization"], "Bearer not-a-secret-of-the-block");
}

/// A store at the host that a discovery of the test's own stands in for.
fn undiscovered(token: Option<&str>, services: Option<Value>) -> Remote {
    let around = surroundings(&[], Path::new("."));
    let settings =
        settings("cloud", json!({"hostname": HOST, "organization": "o", "workspaces": {"name": "a"}}), &[]).unwrap();
    let client = Client::new(&settings.place, &around, &Trust::default()).unwrap();
    let services = services.and_then(|services| services.as_object().cloned());
    let credentials = Credentials { token: token.map(str::to_owned), services, unread: Vec::new() };
    Remote { settings, credentials, client, service: OnceCell::new(), ids: Mutex::default() }
}

#[tokio::test]
async fn discovery_stays_on_its_host() {
    let other = Server::start(|_| Reply::ok("{\"tfe.v2\":\"/api/v2/\"}")).await;
    let target = other.url("/.well-known/terraform.json");
    let server = Server::start(move |asked| match asked.path() {
        "/moved" => Reply::to(target.clone()),
        "/here" => Reply::to("/.well-known/terraform.json"),
        "/text" => Reply::ok("no JSON"),
        "/.well-known/terraform.json" => Reply::ok("{\"tfe.v2\":\"/api/v2/\"}"),
        _ => Reply::status(404),
    })
    .await;
    let remote = undiscovered(Some(TOKEN), None);
    let at = |path: &str| server.url(path).parse().unwrap();
    assert!(remote.discovery(at("/here")).await.unwrap().contains_key("tfe.v2"));
    assert!(remote.discovery(at("/moved")).await.unwrap_err().cause.contains("another host"));
    assert!(other.asked().is_empty());
    assert_eq!(remote.discovery(at("/text")).await.unwrap_err().class, Class::Failed);
    assert_eq!(remote.discovery(at("/none")).await.unwrap_err().class, Class::NotFound);
}

#[tokio::test]
async fn an_address_of_the_api_must_be_safe() {
    for (services, address) in [
        (json!({"tfe.v2": "/api/v2/"}), Some("https://tfe.example.com/api/v2/")),
        (json!({"tfe.v2.1": "/api/v2/", "state.v2": "/s/"}), Some("https://tfe.example.com/api/v2/")),
        (json!({"state.v2": "/s/?x#y"}), Some("https://tfe.example.com/s/")),
        (json!({"tfe.v2": "https://api.example.org/x"}), Some("https://api.example.org/x")),
        (json!({"tfe.v2": "http://127.0.0.1:9/x"}), Some("http://127.0.0.1:9/x")),
        (json!({"tfe.v2": "http://api.example.org/x"}), None),
        (json!({"tfe.v2": "https://u:p@api.example.org/x"}), None),
        (json!({"tfe.v2": "file:///etc/passwd"}), None),
        (json!({"tfe.v2": 7}), None),
        (json!({"modules.v1": "/m/"}), None),
    ] {
        let found = undiscovered(None, Some(services.clone())).discovered().await;
        assert_eq!(found.as_ref().ok().map(reqwest::Url::as_str), address, "{services}");
    }
}
