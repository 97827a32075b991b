//! The text of a state out of the bytes that are kept: decrypted where they are encrypted.
//! Knows nothing of where they are kept.

use crate::config::{Configuration, backend, encryption};
use crate::error::Error;
use crate::model::StateOrigin;
use crate::redact::hex;
use crate::state::{StateError, StateProblem, StateText};
use provider_states::Surroundings;
use provider_states::encryption::{Encryption, decrypt, is_encrypted};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::sync::Arc;

/// What stands in where nothing is kept yet.
const NOTHING: &str =
    r#"{"version":4,"terraform_version":"","serial":0,"lineage":"","outputs":{},"resources":[],"check_results":null}"#;

/// How the states of a root module are decrypted.
#[derive(Clone)]
pub(super) struct Decryption {
    encryption: Option<Arc<Encryption>>,
    around: Surroundings,
}

impl Decryption {
    /// As a root module's configuration and the environment say.
    ///
    /// # Errors
    /// When it is not known what they say.
    pub(super) fn new(
        configuration: &Configuration,
        allow_programs: bool,
        around: &Surroundings,
    ) -> Result<Self, Error> {
        let of_environment = around.environment.get(OsStr::new("TF_ENCRYPTION")).map(|text| text.to_string_lossy());
        let encryption = encryption::encryption(configuration, of_environment.as_deref());
        let encryption = encryption.map_err(|problem| {
            let place = backend::place(&configuration.directory);
            Error::Encryption { root_module: place.to_owned(), problem }
        })?;
        let encryption = encryption.map(|found| {
            let may_run_programs = found.may_run_programs || allow_programs;
            Arc::new(Encryption { may_run_programs, ..found })
        });
        Ok(Self { encryption, around: around.clone() })
    }

    /// The text, decrypted where it is to be.
    pub(super) async fn applied(&self, mut text: StateText) -> Result<StateText, Error> {
        let Some(encryption) = &self.encryption else { return Ok(text) };
        if text.origin.nothing_kept {
            return Ok(text);
        }
        let encrypted = is_encrypted(text.text.as_bytes());
        let problem = |problem| Error::State(StateError { state: text.source.clone(), problem });
        let plain = decrypt(text.text.as_bytes(), encryption, &self.around).await;
        let plain =
            plain.map_err(|error| problem(StateProblem::NotDecrypted { cause: error.cause, hint: error.hint }))?;
        if !encrypted {
            return Ok(text);
        }
        let plain = String::from_utf8(plain.to_vec()).map_err(|_| problem(StateProblem::NotState))?;
        text.sha256 = Some(hex(&Sha256::digest(text.text.as_bytes())));
        text.text = plain;
        text.origin.encrypted = true;
        Ok(text)
    }
}

/// SHA-256 of bytes as they are kept.
pub(super) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The text of what a backend keeps.
pub(super) fn of_bytes(source: String, bytes: Option<Vec<u8>>, origin: StateOrigin) -> Result<StateText, Error> {
    let text = match bytes {
        None => NOTHING.to_owned(),
        Some(bytes) => String::from_utf8(bytes).map_err(|error| StateError {
            state: source.clone(),
            problem: StateProblem::NotUtf8(error.utf8_error().valid_up_to()),
        })?,
    };
    let mut text = StateText::new(source, text);
    text.origin = origin;
    Ok(text)
}
