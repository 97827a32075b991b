//! Tells people apart by their mail addresses, as the repository's mailmap maps them.
//! Knows nothing of what they did.

use gix::bstr::{BStr, BString, ByteSlice};
use std::collections::HashMap;

/// Position in [`People`]; equal for one person.
pub(super) type PersonId = u32;

/// Longest name or address kept, in characters.
const LIMIT: usize = 128;

/// What GitHub writes as committer of everything that is merged or edited on its pages.
const WEB_COMMITTERS: [&str; 1] = ["noreply@github.com"];

/// The end of addresses that GitHub gives to people who hide theirs.
const GITHUB_PRIVATE: &str = "@users.noreply.github.com";

#[derive(Debug, Default)]
struct Person {
    name: String,
    email: String,
}

/// Everybody named in the history.
#[derive(Debug, Default)]
pub(super) struct People {
    mailmap: gix::mailmap::Snapshot,
    people: Vec<Person>,
    by_signature: HashMap<(BString, BString), PersonId>,
    by_key: HashMap<String, PersonId>,
}

impl People {
    /// Nobody yet. The mailmap's malformed lines are skipped, as Git does.
    pub(super) fn new(mailmap: &[u8]) -> Self {
        Self { mailmap: gix::mailmap::Snapshot::from_bytes(mailmap), ..Self::default() }
    }

    /// The person of a name and an address, which may be empty.
    pub(super) fn person(&mut self, name: &BStr, email: &BStr) -> PersonId {
        let signature = (name.to_owned(), email.to_owned());
        if let Some(person) = self.by_signature.get(&signature) {
            return *person;
        }
        let mapped = self.mailmap.resolve_cow(gix::actor::SignatureRef { name, email, time: "" });
        let (name, email) = (text(&mapped.name), text(&mapped.email));
        let next = self.people.len() as PersonId;
        let person = *self.by_key.entry(key(&name, &email)).or_insert(next);
        if person == next {
            self.people.push(Person { name, email });
        }
        self.by_signature.insert(signature, person);
        person
    }

    /// The person of a trailer's value: `Name <email>`, a bare address, or a name alone.
    pub(super) fn named(&mut self, value: &str) -> Option<PersonId> {
        let (name, email) = name_and_email(value)?;
        Some(self.person(name.into(), email.into()))
    }

    /// A person named without an address, as the one person of that name who has one; else the person itself.
    pub(super) fn resolved(&self, person: PersonId) -> PersonId {
        if self.has_address(person) {
            return person;
        }
        let mut others = (0..self.people.len() as PersonId)
            .filter(|other| self.has_address(*other) && self.same_name(person, *other));
        match (others.next(), others.next()) {
            (Some(other), None) => other,
            _ => person,
        }
    }

    /// Whether the person has a mail address: without one nobody can be told from a namesake.
    pub(super) fn has_address(&self, person: PersonId) -> bool {
        !self.get(person).email.is_empty()
    }

    /// Whether two carry one name, which may or may not mean that they are one person.
    pub(super) fn same_name(&self, one: PersonId, other: PersonId) -> bool {
        let (one, other) = (&self.get(one).name, &self.get(other).name);
        !one.is_empty() && one.to_lowercase() == other.to_lowercase()
    }

    /// Whether it is a program: never an approver.
    pub(super) fn is_bot(&self, person: PersonId) -> bool {
        let person = self.get(person);
        person.name.ends_with("[bot]") || person.email.contains("[bot]@") || is_web(&person.email)
    }

    /// Whether it is the forge itself, committing for somebody.
    pub(super) fn is_web(&self, person: PersonId) -> bool {
        is_web(&self.get(person).email)
    }

    /// `Name <email>`, as far as there is one.
    pub(super) fn display(&self, person: PersonId) -> String {
        let Person { name, email } = self.get(person);
        match (name.is_empty(), email.is_empty()) {
            (false, false) => format!("{name} <{email}>"),
            (true, _) => format!("<{email}>"),
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

fn is_web(email: &str) -> bool {
    WEB_COMMITTERS.iter().any(|web| web.eq_ignore_ascii_case(email))
}

/// What is equal for one person: the address in lower case, without the number that GitHub puts before a hidden one.
fn key(name: &str, email: &str) -> String {
    let email = email.to_lowercase();
    if email.is_empty() {
        return format!("\0{}", name.to_lowercase());
    }
    match (email.ends_with(GITHUB_PRIVATE), email.split_once('+')) {
        (true, Some((number, rest))) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest.to_owned(),
        _ => email,
    }
}

fn text(bytes: &BStr) -> String {
    bytes.trim().to_str_lossy().chars().take(LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_by_address_and_mailmap() {
        let mut people = People::new(b"Ann Lee <ann@corp> <ann@home>\nnot a mailmap line\n");
        let ann = people.person("ann".into(), "ann@home".into());
        assert_eq!(people.display(ann), "Ann Lee <ann@corp>");
        assert_eq!(people.named("Somebody <ANN@corp>"), Some(ann));
        let hidden = people.person("b".into(), "123+bob@users.noreply.github.com".into());
        assert_eq!(people.named("bob@users.noreply.github.com"), Some(hidden));
    }

    #[test]
    fn names_alone_resolve_to_their_one_bearer() {
        let mut people = People::new(b"");
        let ann = people.person("Ann Lee".into(), "ann@corp".into());
        let named = people.named("ann lee").expect("a name");
        assert_ne!(named, ann);
        assert_eq!(people.resolved(named), ann);
        people.person("Ann Lee".into(), "other@corp".into());
        assert_eq!(people.resolved(named), named);
        assert_eq!(people.named("  "), None);
        assert_eq!(people.named("<>"), None);
    }

    #[test]
    fn programs() {
        let mut people = People::new(b"");
        for (name, email, bot) in [
            ("renovate[bot]", "1+renovate[bot]@users.noreply.github.com", true),
            ("GitHub", "noreply@github.com", true),
            ("Robot", "robot@corp", false),
        ] {
            let person = people.person(name.into(), email.into());
            assert_eq!(people.is_bot(person), bot, "{name}");
        }
    }
}
