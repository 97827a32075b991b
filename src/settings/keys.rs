//! Reads the keys whose signatures are trusted out of the approved commit.
//! Knows nothing of signatures.

use super::SettingsError;
use crate::attribute::SignatureSettings;
use crate::git::Tree;
use crate::signature::{Keys, MAX_KEYS};

/// Reads the keys whose signatures are trusted out of the approved commit. What is in them and cannot be used is told by
/// [`Keys::skipped`].
///
/// # Errors
/// When a file cannot be read or holds no key, or no file fits a pattern.
pub fn keys(tree: &Tree<'_>, settings: &SignatureSettings) -> Result<Keys, SettingsError> {
    let mut keys = Keys::default();
    let error = |path: &str, cause: String| SettingsError::Keys { path: path.to_owned(), cause };
    let read = |path: &str| tree.read(path, MAX_KEYS as u64).map_err(|cause| error(path, cause.to_string()));
    for pattern in &settings.openpgp {
        let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let files = tree.files(directory).map_err(|cause| error(pattern, cause.to_string()))?;
        let fitting: Vec<_> = files.iter().filter(|file| crate::attribute::fits(name, file)).collect();
        if fitting.is_empty() {
            return Err(error(pattern, "no file is called so".into()));
        }
        for file in fitting {
            let path = if directory.is_empty() { file.clone() } else { format!("{directory}/{file}") };
            keys.add_openpgp(&read(&path)?).map_err(|cause| error(&path, cause))?;
        }
    }
    if let Some(path) = &settings.allowed_signers {
        keys.add_allowed_signers(&read(path)?).map_err(|cause| error(path, cause))?;
    }
    if let Some(path) = &settings.x509_roots {
        keys.add_x509_roots(&read(path)?).map_err(|cause| error(path, cause))?;
    }
    Ok(keys)
}
