//! `encryption` blocks, and what the environment merges over them.

use super::*;
use crate::config::encryption::{EncryptionProblem, encryption};
use provider_states::encryption::Encryption;

const BLOCK: &str = r#"
terraform {
  encryption {
    key_provider "pbkdf2" "main" {
      passphrase = var.passphrase
      iterations = local.iterations
    }
    key_provider "aws_kms" "later" {
      kms_key_id = "alias/${terraform.workspace}"
      key_spec   = "AES_256"
      region     = var.never_given
    }
    method "aes_gcm" "main" {
      keys = key_provider.pbkdf2.main
    }
    method "unencrypted" "old" {}
    state {
      method = method.aes_gcm.main
      fallback {
        method = method.unencrypted.old
      }
    }
    plan {
      method = method.aes_gcm.plan
    }
  }
}
variable "passphrase" {
  default   = "not-a-secret-not-a-secret"
  sensitive = true
}
variable "never_given" {}
locals {
  iterations = 100000 * 6
}
"#;

fn of(text: &str, environment: Option<&str>) -> Result<Option<Encryption>, EncryptionProblem> {
    encryption(&configuration(&[("main.tf", text)]), environment)
}

/// The problem, which must show no value.
fn problem(result: Result<Option<Encryption>, EncryptionProblem>) -> String {
    let problem = result.expect_err("it is fine");
    let shown = format!("{problem} {} {problem:?}", problem.hint);
    assert!(!shown.contains("not-a-secret") && !problem.hint.is_empty(), "{shown}");
    problem.text
}

fn provider(encryption: &Encryption, name: &str, argument: &str) -> Value {
    encryption.key_providers[name].get(argument).cloned().unwrap_or_default()
}

#[test]
fn nothing_is_said() {
    assert_eq!(of("terraform {}", None).unwrap(), None);
    assert_eq!(of("terraform {}", Some(" \n")).unwrap(), None);
    assert_eq!(of("terraform {\n encryption {}\n}", None).unwrap(), Some(Encryption::default()));
}

#[test]
fn a_block_with_variables_locals_and_fallbacks() {
    let encryption = of(BLOCK, None).unwrap().unwrap();
    assert_eq!(encryption.state, ["aes_gcm.main", "unencrypted.old"]);
    assert_eq!(encryption.methods["aes_gcm.main"].text("keys"), Some("key_provider.pbkdf2.main"));
    assert_eq!(provider(&encryption, "pbkdf2.main", "passphrase"), json!("not-a-secret-not-a-secret"));
    assert_eq!(provider(&encryption, "pbkdf2.main", "iterations"), json!(600_000));
    // No method of `state` uses the other one, so that what it needs does not have to be known.
    assert_eq!(encryption.key_providers.len(), 1);
    assert!(!encryption.enforced && !encryption.may_run_programs);
}

#[test]
fn the_json_syntax_says_the_same() {
    let text = json!({
        "terraform": { "encryption": {
            "key_provider": { "pbkdf2": { "main": { "passphrase": "${var.passphrase}", "iterations": "${local.iterations}" } } },
            "method": [{ "aes_gcm": { "main": { "keys": "${key_provider.pbkdf2.main}" } } }, { "unencrypted": { "old": {} } }],
            "state": { "method": "method.aes_gcm.main", "fallback": { "method": "${method.unencrypted.old}" } }
        } },
        "variable": { "passphrase": { "default": "not-a-secret-not-a-secret" } },
        "locals": { "iterations": "${100000 * 6}" }
    });
    let configuration = configuration(&[("main.tf.json", &text.to_string())]);
    assert!(encryption(&configuration, None).unwrap() == of(BLOCK, None).unwrap());
}

#[test]
fn chains_are_followed() {
    let text = r#"
        key_provider "aws_kms" "root" {
          kms_key_id  = "alias/x"
          assume_role = { role_arn = "arn:aws:iam::1:role/x" }
          endpoints {
            sts = "http://localhost"
          }
        }
        key_provider "pbkdf2" "main" {
          chain = key_provider.aws_kms.root
        }
        method "aes_gcm" "main" {
          keys = (key_provider.pbkdf2.main)
          aad  = [1, 2]
        }
        state {
          method   = method.aes_gcm.main
          enforced = true
        }
    "#;
    let encryption = of(&format!("terraform {{\n encryption {{\n{text}\n}}\n}}"), None).unwrap().unwrap();
    assert_eq!(provider(&encryption, "pbkdf2.main", "chain"), json!("key_provider.aws_kms.root"));
    assert_eq!(provider(&encryption, "aws_kms.root", "endpoints"), json!([{ "sts": "http://localhost" }]));
    assert_eq!(provider(&encryption, "aws_kms.root", "assume_role"), json!({ "role_arn": "arn:aws:iam::1:role/x" }));
    assert_eq!(encryption.methods["aes_gcm.main"].get("aad"), Some(&json!([1, 2])));
    assert!(encryption.enforced);
    // The environment may say all of it, with or without a configuration.
    assert!(of("", Some(text)).unwrap().unwrap() == encryption);
    assert!(
        super::super::encryption::encryption(&Configuration::default(), Some(text)).unwrap().unwrap() == encryption
    );
}

#[test]
fn the_environment_is_merged_over_the_block() {
    let outer = r#"
        key_provider "pbkdf2" "main" {
          passphrase = "not-a-secret-but-another"
        }
        method "aes_gcm" "new" {
          keys = key_provider.pbkdf2.main
        }
        state {
          method = method.aes_gcm.new
        }
    "#;
    let merged = of(BLOCK, Some(outer)).unwrap().unwrap();
    assert_eq!(merged.state, ["aes_gcm.new", "unencrypted.old"]);
    assert_eq!(provider(&merged, "pbkdf2.main", "passphrase"), json!("not-a-secret-but-another"));
    assert_eq!(provider(&merged, "pbkdf2.main", "iterations"), json!(600_000));
    let outer = json!({
        "key_provider": { "pbkdf2": { "main": { "passphrase": "not-a-secret-but-${local.iterations}" } } },
        "state": { "fallback": { "method": "method.aes_gcm.main" } },
    });
    let merged = of(BLOCK, Some(&outer.to_string())).unwrap().unwrap();
    assert_eq!(merged.state, ["aes_gcm.main", "aes_gcm.main"]);
    assert_eq!(provider(&merged, "pbkdf2.main", "passphrase"), json!("not-a-secret-but-600000"));
    // What is enforced stays so, and nobody then falls back to what is not encrypted.
    let strict = BLOCK.replace(
        "method = method.aes_gcm.main\n      fallback",
        "method = method.aes_gcm.main\n enforced = true\n      fallback",
    );
    assert!(
        problem(of(&strict, None)).contains("method \"unencrypted\" \"old\" cannot be used where `enforced = true`")
    );
    let outer = "state {\n enforced = false\n fallback {\n method = method.aes_gcm.main\n }\n}";
    assert!(of(&strict, Some(outer)).unwrap().unwrap().enforced);
    assert!(!of(BLOCK, Some(outer)).unwrap().unwrap().enforced);
}

#[test]
fn an_override_file_is_merged_over_the_block() {
    let over = "terraform {\n encryption {\n key_provider \"pbkdf2\" \"main\" {\n iterations = 7\n }\n }\n}";
    let both = configuration(&[("main.tf", BLOCK), ("override.tf", over)]);
    let merged = encryption(&both, None).unwrap().unwrap();
    assert_eq!(provider(&merged, "pbkdf2.main", "iterations"), json!(7));
    assert_eq!(merged.state, ["aes_gcm.main", "unencrypted.old"]);
    let alone = configuration(&[("main.tf", ""), ("encryption_override.tf", BLOCK)]);
    assert!(encryption(&alone, None).unwrap() == of(BLOCK, None).unwrap());
    let broken = read_at(&[("main.tf", BLOCK), ("override.tf", "terraform {")], "");
    assert!(problem(encryption(&broken, None)).contains("override file"));
    let twice = read_at(&[("a.tf", BLOCK), ("b.tf", "terraform {\n encryption {}\n}")], "");
    assert_eq!(twice.problems[0].text, "b.tf:2: encryption is declared a second time");
}

#[test]
fn programs_are_run_only_where_the_environment_alone_names_them() {
    let external = |command: &str| format!("key_provider \"external\" \"main\" {{\n command = {command}\n}}\n");
    let rest = "method \"aes_gcm\" \"main\" {\n keys = key_provider.external.main\n}\nstate {\n method = method.aes_gcm.main\n}\n";
    let block = |text: String| format!("terraform {{\n encryption {{\n{text}\n}}\n}}\nlocals {{\n x = \"x\"\n}}\n");
    let plain = external("[\"keys\", \"main\"]");
    let json = json!({ "key_provider": { "external": { "main": { "command": ["keys", "main"] } } } }).to_string();
    let json_that_refers =
        json!({ "key_provider": { "external": { "main": { "command": ["${local.x}"] } } } }).to_string();
    for (own, outer, may) in [
        (block(plain.clone() + rest), None, false),
        (block(plain.clone() + rest), Some(plain.clone()), false),
        (block(rest.into()), Some(plain.clone()), true),
        (String::new(), Some(plain.clone() + rest), true),
        (block(rest.into()), Some(json), true),
        (block(rest.into()), Some(json_that_refers), false),
        (block(rest.into()), Some(external("[local.x]")), false),
        (block(rest.into()), Some(external("[\"${path.module}/keys\"]")), false),
        // Another one that the configuration names, by way of a fallback.
        (
            block(
                plain.replace("main", "other")
                    + "method \"aes_gcm\" \"other\" {\n keys = key_provider.external.other\n}\n",
            ),
            Some(plain + rest + "state {\n fallback {\n method = method.aes_gcm.other\n }\n}\n"),
            false,
        ),
    ] {
        // `state` twice in one text is an error.
        let outer = outer.map(|text| match text.matches("state {").count() {
            2 => text
                .replacen("state {\n method = method.aes_gcm.main\n}\n", "", 1)
                .replace("state {", "state {\n method = method.aes_gcm.main"),
            _ => text,
        });
        let encryption = of(&own, outer.as_deref()).unwrap_or_else(|error| panic!("{error}")).unwrap();
        assert_eq!(encryption.may_run_programs, may, "{own} {outer:?}");
    }
}

#[test]
fn what_is_not_known_is_named() {
    let text = BLOCK.replace("default   = \"not-a-secret-not-a-secret\"", "");
    assert_eq!(
        problem(of(&text, None)),
        "main.tf:5: `passphrase` of key_provider \"pbkdf2\" \"main\" is not known: var.passphrase is not known"
    );
    let hint = of(&text, None).unwrap_err().hint;
    assert_eq!(hint, "give the variable, for example as TF_VAR_passphrase, or set the argument in TF_ENCRYPTION");
    let given = Options {
        variables: vec![VariableSource::Environment { name: "passphrase".into(), text: "not-a-secret-of-mine".into() }],
        ..Options::default()
    };
    let test = TestRepository::with(&[("main.tf", &text)]);
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let given = encryption(&read(&tree, "", &given), None).unwrap().unwrap();
    assert_eq!(provider(&given, "pbkdf2.main", "passphrase"), json!("not-a-secret-of-mine"));
    let failing = BLOCK.replace("= var.passphrase", "= tonumber(var.passphrase)");
    assert!(problem(of(&failing, None)).ends_with("is not known: its expression has no value"));
}

#[test]
fn blocks_that_lead_nowhere() {
    for (from, to, expected) in [
        ("keys = key_provider.pbkdf2.main", "keys = key_provider.pbkdf2.x", "there is no key_provider.pbkdf2.x"),
        (
            "keys = key_provider.pbkdf2.main",
            "keys = local.iterations",
            "`keys` of method \"aes_gcm\" \"main\" is no reference",
        ),
        (
            "method = method.aes_gcm.main\n      fallback",
            "method = method.aes_gcm.x\n fallback",
            "there is no method.aes_gcm.x",
        ),
        (
            "method = method.aes_gcm.main\n      fallback",
            "method = aes_gcm.main\n fallback",
            "`method` is no reference to a method",
        ),
        ("method = method.aes_gcm.main\n      fallback", "fallback", "`state` names no method"),
        ("method = method.unencrypted.old", "", "`fallback` names no method"),
        (
            "method = method.aes_gcm.main\n      fallback",
            "method = method.aes_gcm.main\n enforced = \"maybe\"\n fallback",
            "neither true nor false",
        ),
        ("\"aes_gcm\" \"main\"", "\"rot13\" \"main\"", "there is no method.aes_gcm.main"),
        ("state {", "stat {", "`stat` is no block of `encryption`"),
        (
            "\"unencrypted\" \"old\" {}",
            "\"unencrypted\" {}",
            "`method` is no block of `encryption`, or has other labels",
        ),
        ("plan {", "state {", "state is there a second time"),
        ("\"aws_kms\" \"later\"", "\"pbkdf2\" \"main\"", "key_provider \"pbkdf2\" \"main\" is there a second time"),
    ] {
        assert!(BLOCK.contains(from), "{from}");
        let told = problem(of(&BLOCK.replacen(from, to, 1), None));
        assert!(told.contains(expected) && told.starts_with("main.tf:"), "{told}");
    }
    let unknown = BLOCK.replace("pbkdf2", "argon2");
    assert!(problem(of(&unknown, None)).contains("no key_provider of the type `argon2` is known"));
    let unknown = BLOCK.replace("aes_gcm", "rot13");
    assert!(problem(of(&unknown, None)).contains("no method of the type `rot13` is known"));
    assert!(
        problem(of("terraform {\n encryption {\n x = 1\n }\n}", None)).contains("`x` is no argument of `encryption`")
    );
}

#[test]
fn an_environment_that_cannot_be_read_is_not_shown() {
    let told = |text: &str| problem(of("", Some(text)));
    assert_eq!(told("x {\n passphrase = not-a-secret\" }"), "TF_ENCRYPTION cannot be read at line 2 column 27");
    assert!(told("{\"key_provider\": \"not-a-secret\",}").starts_with("TF_ENCRYPTION cannot be read at line 1"));
    assert!(told("{\"a\" \"not-a-secret\"").starts_with("TF_ENCRYPTION cannot be read"));
    assert!(told("[\"not-a-secret\"]").starts_with("TF_ENCRYPTION cannot be read"));
    assert!(
        told("terraform {\n encryption {}\n}").contains("TF_ENCRYPTION:1: `terraform` is no block of `encryption`")
    );
    assert!(told("state = \"not-a-secret\"").contains("TF_ENCRYPTION:1: `state` is no argument"));
    assert_eq!(told(&"#".repeat(2 << 20)), "TF_ENCRYPTION is too long to be read");
    let nested = "key_provider \"pbkdf2\" \"a\" {\n passphrase = var.not_there\n}\nmethod \"aes_gcm\" \"a\" {\n keys = key_provider.pbkdf2.a\n}\nstate {\n method = method.aes_gcm.a\n}";
    assert_eq!(
        told(nested),
        "TF_ENCRYPTION:2: `passphrase` of key_provider \"pbkdf2\" \"a\" is not known: var.not_there is not known"
    );
}
