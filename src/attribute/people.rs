//! Tells people apart by their mail addresses and accounts, as mailmap, the settings and the forge join them.
//! Knows nothing of what they did.

use super::policy::{self, PersonSettings};
use gix::bstr::{BStr, BString, ByteSlice};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// Position in [`People`]. One person may have several; [`People::canonical`] is equal for one person.
pub(super) type PersonId = u32;

/// Longest name or address kept, in characters.
const LIMIT: usize = 128;

/// What forges write as committer of what is merged or edited on their pages.
const WEB_COMMITTERS: [&str; 2] = ["noreply@github.com", "noreply@gitlab.com"];

/// What the hosts of addresses that forges give to those who hide theirs begin with.
const HIDDEN: &str = "users.noreply.";

#[derive(Debug, Default)]
struct Person {
    name: String,
    /// The name in lower case.
    folded: String,
    email: String,
    /// `github:ann`, in lower case.
    accounts: BTreeSet<String>,
    kind: Kind,
    /// Whether the settings have an entry for them.
    declared: bool,
    owner: Option<PersonId>,
}

/// What stands behind a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A person, as far as is known.
    #[default]
    Human,
    /// A program.
    Bot,
    /// Several persons.
    Shared,
}

/// Whether two are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    Same,
    Different,
    Unclear,
}

/// What the settings say of who is who.
pub(super) struct Identity<'a> {
    pub(super) entries: &'a [PersonSettings],
    /// Patterns of programs.
    pub(super) bots: &'a [String],
    /// Patterns of what several share.
    pub(super) shared: &'a [String],
    /// Addresses by which the forge commits.
    pub(super) web: &'a [String],
}

/// Everybody named in the history or by a forge.
#[derive(Debug, Default)]
pub(super) struct People {
    mailmap: gix::mailmap::Snapshot,
    /// SHA-256 of the mailmap's text.
    pub(super) mailmap_digest: [u8; 32],
    people: Vec<Person>,
    /// By person: who they are, if that turned out later.
    same: Vec<PersonId>,
    by_signature: HashMap<(BString, BString), PersonId>,
    by_key: HashMap<String, PersonId>,
    by_name: HashMap<String, Vec<PersonId>>,
    by_account: HashMap<String, PersonId>,
    /// Patterns of programs.
    bots: Vec<String>,
    /// Patterns of what several share.
    shared: Vec<String>,
    /// Addresses by which the forge commits, beside those that are known anyway.
    web: Vec<String>,
}

impl People {
    /// Nobody yet. The mailmap's malformed lines are skipped, as Git does.
    pub(super) fn new(mailmap: &[u8]) -> Self {
        Self {
            mailmap: gix::mailmap::Snapshot::from_bytes(mailmap),
            mailmap_digest: Sha256::digest(mailmap).into(),
            ..Self::default()
        }
    }

    /// The person of a name and an address, which may be empty.
    pub(super) fn person(&mut self, name: &BStr, email: &BStr) -> PersonId {
        let signature = (name.to_owned(), email.to_owned());
        if let Some(person) = self.by_signature.get(&signature) {
            return *person;
        }
        let mapped = self.mailmap.resolve_cow(gix::actor::SignatureRef { name, email, time: "" });
        let (name, email) = (text(&mapped.name), text(&mapped.email));
        let key = key(&name, &email);
        let person = match self.by_key.get(&key) {
            Some(person) => *person,
            None => self.add(key, Person { name, email, ..Person::default() }),
        };
        self.by_signature.insert(signature, person);
        person
    }

    fn add(&mut self, key: String, person: Person) -> PersonId {
        let id = self.people.len() as PersonId;
        let person = Person { folded: person.name.to_lowercase(), ..person };
        if !person.name.is_empty() {
            self.by_name.entry(person.folded.clone()).or_default().push(id);
        }
        self.by_key.insert(key, id);
        self.people.push(person);
        self.same.push(id);
        id
    }

    /// The person of a trailer's value: `Name <email>`, a bare address, or a name alone.
    pub(super) fn named(&mut self, value: &str) -> Option<PersonId> {
        let (name, email) = name_and_email(value)?;
        Some(self.person(name.into(), email.into()))
    }

    /// The person of an account. What it is joined with by address or settings need not be told again.
    pub(super) fn account(&mut self, account: &Account<'_>) -> PersonId {
        let key = account.key();
        let known = self.by_account.get(&key).copied();
        let hidden = self.by_hidden_address(account);
        let person = match (known, hidden) {
            (Some(known), Some(hidden)) => self.join(known, hidden),
            (Some(person), None) | (None, Some(person)) => person,
            (None, None) => {
                let name = text(account.name.unwrap_or_default().into());
                self.add(format!("\0account {key}"), Person { name, ..Person::default() })
            }
        };
        let person = self.claim(key, person);
        if account.is_bot && self.get(person).kind == Kind::Human {
            self.people[person as usize].kind = Kind::Bot;
        }
        match account.email.filter(|email| !email.is_empty()) {
            Some(email) => {
                let name = account.name.unwrap_or_default();
                let other = self.person(name.into(), email.into());
                self.join(person, other)
            }
            None => person,
        }
    }

    /// Makes an account that of a person.
    fn claim(&mut self, key: String, person: PersonId) -> PersonId {
        let person = self.canonical(person);
        self.people[person as usize].accounts.insert(key.clone());
        self.by_account.entry(key).or_insert(person);
        person
    }

    /// Whoever writes by the address that the forge gives to those who hide theirs.
    fn by_hidden_address(&self, account: &Account<'_>) -> Option<PersonId> {
        let host = account.host.or(match account.forge {
            "github" => Some("github.com"),
            "gitlab" => Some("gitlab.com"),
            _ => None,
        })?;
        self.by_key.get(&format!("{}@{HIDDEN}{}", account.login.to_lowercase(), host.to_lowercase())).copied()
    }

    /// Two turn out to be one person, unless the settings say that they are two. Gives the one that stays.
    pub(super) fn join(&mut self, one: PersonId, other: PersonId) -> PersonId {
        let (one, other) = (self.canonical(one), self.canonical(other));
        let both_declared = self.get(one).declared && self.get(other).declared;
        if one == other || both_declared {
            return one;
        }
        let rank = |id: PersonId| (!self.get(id).declared, self.get(id).email.is_empty(), id);
        let (kept, gone) = if rank(one) <= rank(other) { (one, other) } else { (other, one) };
        let accounts = std::mem::take(&mut self.people[gone as usize].accounts);
        let (kind, name) = (self.kind(gone), self.get(gone).name.clone());
        for account in &accounts {
            self.by_account.insert(account.clone(), kept);
        }
        let person = &mut self.people[kept as usize];
        person.accounts.extend(accounts);
        if !person.declared && person.kind == Kind::Human {
            person.kind = kind;
        }
        if person.name.is_empty() {
            person.folded = name.to_lowercase();
            person.name = name;
        }
        self.same[gone as usize] = kept;
        kept
    }

    /// Takes over what the settings say of who is who.
    pub(super) fn identify(&mut self, identity: &Identity<'_>) {
        (self.bots, self.shared) = (identity.bots.to_vec(), identity.shared.to_vec());
        self.web = identity.web.to_vec();
        let entries = identity.entries;
        let ids: Vec<PersonId> = entries.iter().map(|entry| self.declare(entry)).collect();
        for (entry, id) in entries.iter().zip(ids) {
            let owner = entry.owner.as_deref().and_then(|owner| self.referred(owner));
            self.people[id as usize].owner = owner;
        }
    }

    fn declare(&mut self, entry: &PersonSettings) -> PersonId {
        let kind = match (entry.bot, entry.shared) {
            (true, _) => Kind::Bot,
            (false, true) => Kind::Shared,
            (false, false) => Kind::Human,
        };
        let email = entry.emails.first().map_or_else(String::new, |email| text(email.as_str().into()));
        let name = text(entry.name.as_str().into());
        let person = Person { name, email, kind, declared: true, ..Person::default() };
        let id = self.add(format!("\0entry {}", entry.name.to_lowercase()), person);
        for email in &entry.emails {
            // What the mailmap makes of the address, and the address itself.
            let mapped = self.person("".into(), email.as_str().into());
            self.join(id, mapped);
            let own = key("", &text(email.as_str().into()));
            match self.by_key.get(&own) {
                Some(other) => {
                    self.join(id, *other);
                }
                None => {
                    self.by_key.insert(own, id);
                }
            }
        }
        for login in &entry.logins {
            let login = login.to_lowercase();
            match self.by_account.get(&login) {
                Some(other) => {
                    self.join(id, *other);
                }
                None => {
                    self.claim(login, id);
                }
            }
        }
        id
    }

    /// Whom the settings mean by a name, an address or an account.
    pub(super) fn referred(&mut self, text: &str) -> Option<PersonId> {
        let lower = text.trim().to_lowercase();
        if let Some(id) = self.by_key.get(&format!("\0entry {lower}")) {
            return Some(*id);
        }
        if policy::is_account(&lower) {
            return Some(match self.by_account.get(&lower) {
                Some(id) => *id,
                None => {
                    let id = self.add(format!("\0account {lower}"), Person::default());
                    self.claim(lower, id)
                }
            });
        }
        self.named(text)
    }

    /// The one that stands for all names of a person.
    pub(super) fn canonical(&self, person: PersonId) -> PersonId {
        let mut person = person;
        while self.same[person as usize] != person {
            person = self.same[person as usize];
        }
        person
    }

    /// A person named without an address, as the one person of that name who has one; else the person itself.
    pub(super) fn resolved(&self, person: PersonId) -> PersonId {
        let person = self.canonical(person);
        if self.is_known(person) {
            return person;
        }
        let namesakes = self.by_name.get(&self.get(person).folded);
        let others: BTreeSet<PersonId> = namesakes
            .into_iter()
            .flatten()
            .map(|other| self.canonical(*other))
            .filter(|other| self.is_known(*other))
            .collect();
        match (others.first(), others.len()) {
            (Some(other), 1) => *other,
            _ => person,
        }
    }

    /// Whether there is more than a name: without an address or an account nobody can be told from a namesake.
    pub(super) fn is_known(&self, person: PersonId) -> bool {
        let person = self.get(self.canonical(person));
        !person.email.is_empty() || !person.accounts.is_empty() || person.declared
    }

    /// Whether two are one person, as far as can be told. Two addresses are two persons; two persons of one name may be one,
    /// unless the settings have an entry for each; an account and an address may belong together, unless the address is
    /// known to be that of another account of the same forge.
    pub(super) fn compare(&self, one: PersonId, other: PersonId) -> Likeness {
        let (one, other) = (self.canonical(one), self.canonical(other));
        if one == other {
            return Likeness::Same;
        }
        let (one, other) = (self.get(one), self.get(other));
        let forge = |account: &'_ str| account.split_once(':').map(|(forge, _)| forge.to_owned());
        let on_one_forge = || {
            let others = || other.accounts.iter().filter_map(|account| forge(account));
            one.accounts.iter().filter_map(|account| forge(account)).any(|one| others().any(|other| one == other))
        };
        let two_names = one.folded.is_empty() || one.folded != other.folded;
        let two_addresses = !one.email.is_empty() && !other.email.is_empty();
        let is_different = (one.declared && other.declared) || (two_names && (two_addresses || on_one_forge()));
        if is_different { Likeness::Different } else { Likeness::Unclear }
    }

    /// What stands behind a name.
    pub(super) fn kind(&self, person: PersonId) -> Kind {
        let id = self.canonical(person);
        let person = self.get(id);
        let fits = |patterns: &[String]| !person.declared && patterns.iter().any(|pattern| self.matches(id, pattern));
        let built_in = person.name.ends_with("[bot]") || person.email.contains("[bot]@") || self.is_web(id);
        match person.kind {
            Kind::Human if fits(&self.shared) => Kind::Shared,
            Kind::Human if built_in || fits(&self.bots) => Kind::Bot,
            kind => kind,
        }
    }

    /// Who asks for what a program changes, if the settings say so.
    pub(super) fn owner(&self, person: PersonId) -> Option<PersonId> {
        self.get(self.canonical(person)).owner.map(|owner| self.canonical(owner))
    }

    /// Whether a name, an address or an account of the person fits a pattern of the settings.
    pub(super) fn matches(&self, person: PersonId, pattern: &str) -> bool {
        let canonical = self.get(self.canonical(person));
        [self.get(person), canonical].into_iter().any(|person| {
            let logins = person.accounts.iter().flat_map(|account| [Some(account.as_str()), bare(account)]);
            let texts = logins.flatten().chain([person.name.as_str(), person.email.as_str()]);
            texts.filter(|text| !text.is_empty()).any(|text| policy::fits(pattern, text))
        })
    }

    /// Whether it is the forge itself, committing for somebody.
    pub(super) fn is_web(&self, person: PersonId) -> bool {
        let email = &self.get(person).email;
        is_web(email) || self.web.iter().any(|web| web.eq_ignore_ascii_case(email))
    }

    /// Whether an address is the person's.
    pub(super) fn has_address(&self, person: PersonId, email: &str) -> bool {
        let mapped =
            self.mailmap.resolve_cow(gix::actor::SignatureRef { name: "".into(), email: email.into(), time: "" });
        let keys = [key("", &text(&mapped.email)), key("", &text(email.into()))];
        let canonical = self.canonical(person);
        keys.iter().filter_map(|key| self.by_key.get(key)).any(|other| self.canonical(*other) == canonical)
    }

    /// Whether an account is the person's: `github:ann`.
    pub(super) fn has_account(&self, person: PersonId, account: &str) -> bool {
        self.get(self.canonical(person)).accounts.contains(&account.to_lowercase())
    }

    /// Whether any address of the person is known.
    pub(super) fn has_any_address(&self, person: PersonId) -> bool {
        !self.get(self.canonical(person)).email.is_empty()
    }

    /// Whether any account of the forge is known to be the person's.
    pub(super) fn has_account_on(&self, person: PersonId, forge: &str) -> bool {
        let accounts = &self.get(self.canonical(person)).accounts;
        accounts.iter().any(|account| account.split_once(':').is_some_and(|(kind, _)| kind == forge))
    }

    /// Whether the settings have an entry of this name for the person.
    pub(super) fn is_entry(&self, person: PersonId, name: &str) -> bool {
        let entry = self.by_key.get(&format!("\0entry {}", name.to_lowercase()));
        entry.is_some_and(|entry| self.canonical(*entry) == self.canonical(person))
    }

    /// `Name <email>`, or `Name <forge:login>`, as far as there is one.
    pub(super) fn display(&self, person: PersonId) -> String {
        let Person { name, email, accounts, .. } = self.get(self.canonical(person));
        let contact = if email.is_empty() { accounts.first().map_or("", String::as_str) } else { email };
        match (name.is_empty(), contact.is_empty()) {
            (false, false) => format!("{name} <{contact}>"),
            (true, _) => format!("<{contact}>"),
            (false, true) => name.clone(),
        }
    }

    fn get(&self, person: PersonId) -> &Person {
        &self.people[person as usize]
    }
}

/// Name and address of a trailer's value, either of which may be empty, but not both.
pub(super) fn name_and_email(value: &str) -> Option<(&str, &str)> {
    let value = value.trim();
    let (name, email) = match (value.find('<'), value.rfind('>')) {
        (Some(open), Some(close)) if open < close => (value[..open].trim(), value[open + 1..close].trim()),
        _ if value.contains('@') && !value.contains(char::is_whitespace) => ("", value),
        _ => (value, ""),
    };
    (!name.is_empty() || !email.is_empty()).then_some((name, email))
}

/// An account of a forge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account<'a> {
    /// `github`, `gitlab`.
    pub(super) forge: &'a str,
    /// The host of the forge's pages, where it is known.
    pub(super) host: Option<&'a str>,
    pub(super) login: &'a str,
    pub(super) name: Option<&'a str>,
    /// The address that the forge shows.
    pub(super) email: Option<&'a str>,
    pub(super) is_bot: bool,
}

impl Account<'_> {
    /// Forges do not tell capitals apart.
    fn key(&self) -> String {
        let login: String = self.login.chars().take(LIMIT).collect();
        format!("{}:{}", self.forge, login.to_lowercase())
    }
}

/// The login of `forge:login`.
fn bare(account: &str) -> Option<&str> {
    account.split_once(':').map(|(_, login)| login)
}

fn is_web(email: &str) -> bool {
    WEB_COMMITTERS.iter().any(|web| web.eq_ignore_ascii_case(email))
}

/// What is equal for one person: the address in lower case, without the number that forges put before a hidden one:
/// `1+ann@users.noreply.github.com`, `1-ann@users.noreply.gitlab.com`.
fn key(name: &str, email: &str) -> String {
    let email = email.to_lowercase();
    if email.is_empty() {
        return format!("\0{}", name.to_lowercase());
    }
    let Some((local, host)) = email.rsplit_once('@').filter(|(_, host)| host.starts_with(HIDDEN)) else { return email };
    let digits = local.len() - local.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    // GitHub's logins may hold a dash behind a number, so there only a plus ends one.
    let ends = if host == "users.noreply.github.com" { &["+"][..] } else { &["+", "-"][..] };
    let login = ends.iter().find_map(|end| local[digits..].strip_prefix(end)).filter(|_| digits > 0);
    match login.filter(|login| !login.is_empty()) {
        Some(login) => format!("{login}@{host}"),
        None => email,
    }
}

fn text(bytes: &BStr) -> String {
    bytes.trim().to_str_lossy().chars().take(LIMIT).collect()
}

#[cfg(test)]
mod tests;
