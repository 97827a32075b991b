//! Keys from services: fakes in the documented shape, for KMS behind the trait that whoever embeds this crate implements.

use super::server::{Asked, Server};
use super::*;
use crate::{Aws, AwsIdentity, AwsRefusal, Class};
use futures::future::BoxFuture;
use serde_json::json;
use std::sync::Mutex;

/// KMS: keys by ciphertext, or a refusal; it notes what it was asked.
struct Kms {
    answers: Map<String, Value>,
    refusal: Option<AwsRefusal>,
    asked: Mutex<Vec<Call>>,
}

/// Settings, service, operation, body.
type Call = (Map<String, Value>, String, String, Value);

impl Kms {
    fn new(answers: Map<String, Value>) -> Arc<Self> {
        Arc::new(Self { answers, refusal: None, asked: Mutex::default() })
    }
}

impl Aws for Kms {
    fn identity<'a>(&'a self, _: &'a Map<String, Value>) -> BoxFuture<'a, Result<AwsIdentity, AwsRefusal>> {
        unreachable!("KMS needs no identity")
    }

    fn ask<'a>(
        &'a self,
        settings: &'a Map<String, Value>,
        service: &'a str,
        operation: &'a str,
        body: Value,
    ) -> BoxFuture<'a, Result<Value, AwsRefusal>> {
        self.asked.lock().unwrap().push((settings.clone(), service.into(), operation.into(), body.clone()));
        Box::pin(async move {
            match (&self.refusal, self.answers.get(body["CiphertextBlob"].as_str().unwrap_or_default())) {
                (Some(refusal), _) if refusal.class == Class::TimedOut => std::future::pending().await,
                (Some(refusal), _) => Err(refusal.clone()),
                (None, Some(key)) => {
                    Ok(json!({ "KeyId": "arn", "Plaintext": key, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }))
                }
                (None, None) => Ok(json!({})),
            }
        })
    }

    fn s3<'a>(&'a self, _: &'a Map<String, Value>, _: &'a str) -> BoxFuture<'a, Result<Vec<u8>, AwsRefusal>> {
        unreachable!("KMS is not S3")
    }
}

fn with_aws(aws: Arc<dyn Aws>) -> Surroundings {
    Surroundings { aws: Some(aws), patience: Duration::from_millis(500), ..around() }
}

#[test]
fn kms_is_asked_once_and_only_to_decrypt() {
    for name in ["aws-kms", "aws-kms-context", "aws-kms-chain"] {
        let (encryption, answers) = case(name);
        let provider = if name == "aws-kms-chain" { "aws_kms.root" } else { "aws_kms.main" };
        let role = json!({
            "assume_role": { "role_arn": "arn:aws:iam::1:role/x" }, "endpoints": [{ "sts": "http://localhost" }], "token": null,
        });
        let encryption = with(encryption, provider, role);
        let kms = Kms::new(answers.clone());
        assert_eq!(
            decrypted(&envelope(name), &encryption, &with_aws(kms.clone())).unwrap(),
            file("state.json"),
            "{name}"
        );
        let asked = kms.asked.lock().unwrap();
        let [(settings, service, operation, body)] = asked.as_slice() else { panic!("{name}: {}", asked.len()) };
        assert_eq!((service.as_str(), operation.as_str()), ("kms", "Decrypt"));
        let mut expected = json!({ "KeyId": "alias/state", "CiphertextBlob": answers.keys().next().unwrap() });
        if name == "aws-kms-context" {
            expected["EncryptionContext"] = json!({ "stack": "web", "team": "größe" });
        }
        assert_eq!(*body, expected);
        assert_eq!(settings["assume_role"], json!([{ "role_arn": "arn:aws:iam::1:role/x" }]));
        assert_eq!(settings["endpoints"], json!([{ "sts": "http://localhost" }]));
        for own in ["kms_key_id", "key_spec", "encryption_context", "token"] {
            assert!(!settings.contains_key(own), "{own}");
        }
    }
}

#[test]
fn kms_that_refuses_answers_late_or_with_another_key() {
    let (encryption, answers) = case("aws-kms");
    let bytes = envelope("aws-kms");
    let told = |kms: Kms| refused(&bytes, &encryption, &with_aws(Arc::new(kms)));
    let refusing = |class, cause: &str| Kms {
        answers: Map::new(),
        refusal: Some(AwsRefusal { class, cause: cause.into() }),
        asked: Mutex::default(),
    };
    let denied = told(refusing(Class::Denied, "kms:Decrypt is answered with AccessDeniedException"));
    assert!(denied.contains("AWS KMS does not decrypt its key: kms:Decrypt is answered with AccessDenied"), "{denied}");
    assert!(told(refusing(Class::TimedOut, "")).contains("AWS KMS does not answer in time"));
    let of = |key: &str| Kms {
        answers: answers.keys().map(|blob| (blob.clone(), key.into())).collect(),
        refusal: None,
        asked: Mutex::default(),
    };
    assert!(told(of("")).contains("has 0 bytes"));
    assert!(told(of("?")).contains("AWS KMS answers without a key"));
    assert!(told(of("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")).contains("the key is not the one"));
    assert!(told(Kms { answers: Map::new(), refusal: None, asked: Mutex::default() }).contains("without a key"));
    assert!(refused(&bytes, &encryption, &around()).contains("built without AWS"));
    let unnamed = with(encryption.clone(), "aws_kms.main", json!({ "kms_key_id": null }));
    assert!(refused(&bytes, &unnamed, &with_aws(Kms::new(answers))).contains("it has no `kms_key_id`"));
}

fn bao(answers: Map<String, Value>) -> Server {
    Server::start(move |asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        match answers.get(body["ciphertext"].as_str().unwrap()) {
            Some(key) => (200, json!({ "request_id": "x", "data": { "plaintext": key } }).to_string()),
            None => (400, json!({ "errors": ["invalid ciphertext: no prefix"] }).to_string()),
        }
    })
}

#[test]
fn openbao_decrypts_by_its_transit_engine() {
    let (encryption, answers) = case("openbao");
    let server = bao(answers);
    let encryption = with(encryption, "openbao.main", json!({ "address": server.address, "associated_data": "eA==" }));
    let around =
        in_environment(&[("VAULT_NAMESPACE", "team"), ("BAO_TOKEN", "another"), ("BAO_ADDR", "http://127.0.0.1:1")]);
    assert_eq!(decrypted(&envelope("openbao"), &encryption, &around).unwrap(), file("state.json"));
    let asked = server.asked();
    let [Asked { line, headers, body }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(line, "POST /v1/deep/transit/decrypt/state%20key");
    for header in ["x-vault-token: not-a-secret", "x-vault-namespace: team", "x-vault-request: true"] {
        assert!(headers.iter().any(|line| line == header), "{headers:?}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["associated_data"], "eA==");
}

#[test]
fn openbao_is_found_by_the_environment() {
    let (encryption, answers) = case("openbao");
    let server = bao(answers);
    let changes = json!({ "token": null, "transit_engine_path": null });
    let encryption = with(encryption, "openbao.main", changes);
    let around =
        in_environment(&[("VAULT_ADDR", &format!("{}/behind/", server.address)), ("VAULT_TOKEN", "not-a-secret")]);
    assert_eq!(decrypted(&envelope("openbao"), &encryption, &around).unwrap(), file("state.json"));
    assert_eq!(server.asked()[0].line, "POST /behind/v1/transit/decrypt/state%20key");
    assert!(server.asked()[0].headers.iter().any(|line| line == "x-vault-token: not-a-secret"));
}

#[test]
fn openbao_that_refuses_leads_elsewhere_or_says_nothing() {
    let (encryption, _) = case("openbao");
    let told = |status: u16, body: String| {
        let server = Server::start(move |_| (status, body.clone()));
        let encryption = with(encryption.clone(), "openbao.main", json!({ "address": server.address }));
        refused(&envelope("openbao"), &encryption, &around())
    };
    let errors = |text: &str| json!({ "errors": [text] }).to_string();
    let denied = told(403, errors("1 error occurred:\n\t* permission denied\n\n"));
    assert!(denied.contains("OpenBao does not decrypt its key: status 403 (1 error occurred:"), "{denied}");
    assert!(told(404, errors("no handler")).contains("status 404 (no handler)"));
    assert!(told(400, errors("cipher: message authentication failed")).contains("message authentication failed"));
    assert!(told(200, "{}".into()).contains("OpenBao answers without a key"));
    assert!(told(200, "<html>".into()).contains("OpenBao answers without a key"));
    assert!(
        told(200, json!({ "data": { "plaintext": "AAAAAAAAAAAAAAAAAAAAAA==" } }).to_string())
            .contains("the key is not")
    );
    assert!(told(200, "x".repeat(2 << 20)).contains("more than 1 MiB"));
    let other = bao(Map::new());
    assert!(told(307, format!("{}/v1/x", other.address)).contains("leads to another host"));
    assert_eq!(other.asked().len(), 0);
    for address in ["ftp://x", "x", "http://", "data:x"] {
        let encryption = with(encryption.clone(), "openbao.main", json!({ "address": address }));
        assert!(refused(&envelope("openbao"), &encryption, &around()).contains("makes no address"), "{address}");
    }
    let encryption = with(encryption.clone(), "openbao.main", json!({ "transit_engine_path": "a/../b" }));
    assert!(refused(&envelope("openbao"), &encryption, &around()).contains("makes no address"));
}

#[test]
fn openbao_that_does_not_answer_is_not_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let encryption = with(case("openbao").0, "openbao.main", json!({ "address": address }));
    let around = Surroundings { patience: Duration::from_millis(300), ..around() };
    assert!(refused(&envelope("openbao"), &encryption, &around).contains("has no answer in time"));
}

/// Google KMS and IAM credentials in one.
fn google(answers: Map<String, Value>) -> Server {
    Server::start(move |asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let refused = |status: u16, word: &str| {
            (status, json!({ "error": { "code": status, "message": "m", "status": word } }).to_string())
        };
        if asked.line.ends_with(":generateAccessToken") {
            return (200, json!({ "accessToken": "not-a-secret-of-another", "expireTime": "x" }).to_string());
        }
        if asked.headers.iter().any(|line| line == "authorization: Bearer denied") {
            return refused(403, "PERMISSION_DENIED");
        }
        match answers.get(body["ciphertext"].as_str().unwrap()) {
            Some(key) => (200, json!({ "plaintext": key, "plaintextCrc32c": "1" }).to_string()),
            None => refused(400, "INVALID_ARGUMENT"),
        }
    })
}

fn google_key(server: &Server, changes: Value, around: &Surroundings) -> Result<Vec<u8>, DecryptError> {
    let encryption = with(case("gcp-kms").0, "gcp_kms.main", changes);
    let host: &'static str = server.address.clone().leak();
    let hosts = gcp_kms::Hosts { kms: host, iam: host };
    let bytes = envelope("gcp-kms");
    let envelope = Envelope::parse(&bytes).unwrap();
    let metadata = &envelope.metadata["key_provider.gcp_kms.main"];
    let key = block_on(gcp_kms::key_from(&encryption.key_providers["gcp_kms.main"], metadata, around, &hosts))?;
    methods::aes_gcm(&envelope, &key, &[], "key_provider.gcp_kms.main").map(|plain| plain.to_vec())
}

#[test]
fn google_decrypts() {
    let server = google(case("gcp-kms").1);
    let changes = json!({ "additional_authenticated_data": "x" });
    assert_eq!(google_key(&server, changes, &around()).unwrap(), file("state.json"));
    let asked = server.asked();
    let [Asked { line, headers, body }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(line, "POST /v1/projects/p/locations/global/keyRings/r/cryptoKeys/k:decrypt");
    assert!(headers.iter().any(|line| line == "authorization: Bearer not-a-secret"));
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["additionalAuthenticatedData"], "eA==");
}

#[test]
fn google_accounts_act_for_others() {
    let server = google(case("gcp-kms").1);
    let changes = json!({ "access_token": null, "impersonate_service_account_delegates": ["a@p.iam"] });
    let around = in_environment(&[
        ("GOOGLE_OAUTH_ACCESS_TOKEN", "not-a-secret"),
        ("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "b@p.iam.gserviceaccount.com"),
    ]);
    assert_eq!(google_key(&server, changes, &around).unwrap(), file("state.json"));
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /v1/projects/-/serviceAccounts/b@p.iam.gserviceaccount.com:generateAccessToken");
    assert!(asked[0].body.contains("projects/-/serviceAccounts/a@p.iam"), "{}", asked[0].body);
    assert!(asked[1].headers.iter().any(|line| line == "authorization: Bearer not-a-secret-of-another"));
}

#[test]
fn google_tokens_come_from_a_service_account() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256);
    let Ok(key) = key else { panic!("no RSA key can be made") };
    let account = json!({
        "type": "service_account", "private_key": key.serialize_pem(), "private_key_id": "1", "client_email": "a@p.iam",
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("account.json"), account.to_string()).unwrap();
    for (credentials, variables) in [
        (json!("account.json"), vec![]),
        (json!(account.to_string()), vec![]),
        (json!(null), vec![("GOOGLE_CREDENTIALS", "account.json")]),
        (json!(null), vec![("GOOGLE_APPLICATION_CREDENTIALS", "account.json")]),
    ] {
        let server = google(case("gcp-kms").1);
        let around = Surroundings { directory: folder.path().to_owned(), ..in_environment(&variables) };
        let changes = json!({ "access_token": null, "credentials": credentials });
        assert_eq!(google_key(&server, changes, &around).unwrap(), file("state.json"), "{variables:?}");
        let headers = server.asked()[0].headers.clone();
        assert!(headers.iter().any(|line| line.starts_with("authorization: Bearer eyJ")), "{headers:?}");
    }
    let around = Surroundings { directory: folder.path().to_owned(), ..around() };
    for credentials in ["missing.json", "{\"private_key\":\"not-a-secret\"}"] {
        let changes = json!({ "access_token": null, "credentials": credentials });
        checked(&google_key(&google(Map::new()), changes, &around).unwrap_err());
    }
}

#[test]
fn google_that_refuses() {
    let server = google(Map::new());
    let told = |changes| checked(&google_key(&server, changes, &around()).unwrap_err());
    assert_eq!(
        told(json!({ "access_token": "denied" })),
        "Google Cloud KMS does not decrypt its key: status 403 PERMISSION_DENIED"
    );
    assert_eq!(told(json!({})), "Google Cloud KMS does not decrypt its key: status 400 INVALID_ARGUMENT");
    for name in
        ["k", "projects/p/locations/l/keyRings/../cryptoKeys/k", "projects/p/locations/l/keyRings/r/cryptoKeys/k?x", ""]
    {
        let told = told(json!({ "kms_encryption_key": name }));
        assert!(told.contains("`kms_encryption_key`"), "{told}");
    }
}
