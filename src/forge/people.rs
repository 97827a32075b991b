//! The name and the address that an account displays: asked for once a run.
//! Knows nothing of who acts as what.

use super::error::Missing;
use super::reader::Reader;
use super::record::Account;
use super::text::bounded_some;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// An account's page, as far as both forges have it.
#[derive(Deserialize)]
struct Profile {
    #[serde(alias = "username")]
    login: Option<String>,
    name: Option<String>,
    email: Option<String>,
    public_email: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    bot: Option<bool>,
}

/// What an account came to, and what there is to show for it.
struct Known {
    account: Account,
    evidence: Vec<String>,
    problems: Vec<String>,
}

type Slot = Arc<OnceLock<Result<Known, Missing>>>;

/// The accounts of a run, by their path.
#[derive(Default)]
pub(super) struct People {
    known: Mutex<HashMap<String, Slot>>,
}

impl People {
    /// Adds what an account displays. Where that cannot be read the account stays as it is, and the reader has a problem.
    pub(super) fn complete(&self, reader: &mut Reader, path: &str, account: Account) -> Result<Account, Missing> {
        let slot =
            self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(path.to_owned()).or_default().clone();
        let known = slot.get_or_init(|| {
            let mut own = reader.fresh();
            let read = own.read::<Profile>(path);
            let profile = own.optional(read)?.map(|(profile, _)| profile);
            let account = profile.map_or_else(|| account.clone(), |profile| with(&account, &profile));
            Ok(Known { account, evidence: own.evidence, problems: own.problems })
        });
        let known = known.as_ref().map_err(Clone::clone)?;
        reader.absorb(&known.evidence, &known.problems);
        Ok(known.account.clone())
    }
}

fn with(account: &Account, profile: &Profile) -> Account {
    // A page of somebody else is none.
    if profile.login.as_ref().is_none_or(|login| !login.eq_ignore_ascii_case(&account.login)) {
        return account.clone();
    }
    let email = bounded_some(profile.email.as_ref()).or_else(|| bounded_some(profile.public_email.as_ref()));
    Account {
        login: account.login.clone(),
        name: bounded_some(profile.name.as_ref()),
        email,
        is_bot: account.is_bot || profile.bot == Some(true) || profile.kind.as_deref() == Some("Bot"),
    }
}
