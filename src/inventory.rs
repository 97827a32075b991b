//! What of the live estate is in no state: what is left out on request, and how much the states cover.
//! Knows nothing of how objects are read or compared.

use crate::compare::{Comparison, Unmanaged};
use globset::{Glob, GlobMatcher};
use provider_api::{Origin, Scope};
use std::fmt;
use std::str::FromStr;

/// Which unmanaged objects are looked for, and which are left out.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Whether any are.
    pub wanted: bool,
    /// The scopes that are looked through; empty for those that the states use.
    pub scopes: Vec<NamedScope>,
    /// What is left out.
    pub ignored: Vec<Ignore>,
}

impl Inventory {
    /// Whether objects of no state are wanted of a scope. Where a scope is not known, it may be any.
    pub(crate) fn covers(&self, scope: &Scope) -> bool {
        self.wanted && (self.scopes.is_empty() || self.scopes.iter().any(|named| named.may_be(scope)))
    }
}

/// A scope as the command line names it: a region, and before it the account where several are scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedScope {
    /// The account's number.
    pub account: Option<String>,
    /// The region.
    pub region: String,
}

impl NamedScope {
    /// Whether a scope, as far as it is known, is this one.
    pub(crate) fn may_be(&self, scope: &Scope) -> bool {
        let agree = |one: Option<&String>, other: Option<&String>| one.is_none() || other.is_none() || one == other;
        agree(self.account.as_ref(), scope.account.as_ref()) && agree(Some(&self.region), scope.region.as_ref())
    }
}

impl FromStr for NamedScope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (account, region) = match text.split_once('/') {
            Some((account, region)) => (Some(account), region),
            None => (None, text),
        };
        let number = |account: &str| !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || !region.bytes().all(word) || account.is_some_and(|account| !number(account)) {
            return Err(
                "name a region, as in `eu-west-1`, or an account and a region, as in `123456789012/eu-west-1`".into()
            );
        }
        Ok(Self { account: account.map(str::to_owned), region: region.to_owned() })
    }
}

/// Unmanaged objects that are left out: of a type, with an id, or with a tag. Each part is a shell pattern.
#[derive(Debug, Clone)]
pub struct Ignore {
    text: String,
    matched: Matched,
}

#[derive(Debug, Clone)]
enum Matched {
    Object { resource_type: GlobMatcher, id: Option<GlobMatcher> },
    Tag { key: GlobMatcher, value: Option<GlobMatcher> },
}

impl Ignore {
    fn matches(&self, object: &Unmanaged) -> bool {
        let fits =
            |pattern: &Option<GlobMatcher>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
        match &self.matched {
            Matched::Object { resource_type, id } => {
                resource_type.is_match(&object.resource_type) && fits(id, &object.id)
            }
            Matched::Tag { key, value } => {
                object.tags.iter().any(|(name, text)| key.is_match(name) && fits(value, text))
            }
        }
    }
}

impl PartialEq for Ignore {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for NamedScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Some(account) => write!(f, "{account}/{}", self.region),
            None => f.write_str(&self.region),
        }
    }
}

impl fmt::Display for Ignore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Ignore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let glob = |pattern: &str| match pattern {
            "" => Err(format!("`{text}` has an empty part; leave it out, or write `*`")),
            pattern => Glob::new(pattern).map(|glob| glob.compile_matcher()).map_err(|error| error.to_string()),
        };
        let matched = match text.strip_prefix("tag:") {
            Some(tag) => match tag.split_once('=') {
                Some((key, value)) => Matched::Tag { key: glob(key)?, value: Some(glob(value)?) },
                None => Matched::Tag { key: glob(tag)?, value: None },
            },
            None => match text.split_once(':') {
                Some((resource_type, id)) => {
                    Matched::Object { resource_type: glob(resource_type)?, id: Some(glob(id)?) }
                }
                None => Matched::Object { resource_type: glob(text)?, id: None },
            },
        };
        Ok(Self { text: text.to_owned(), matched })
    }
}

/// How much of what was looked through the states cover.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Covered {
    /// Live objects that a state holds.
    pub managed: u64,
    /// Live objects that none holds; without those that the account has by default or another object owns, and without
    /// those that are left out.
    pub unmanaged: u64,
}

impl Covered {
    /// The managed part of all, in percent with one decimal, rounded down: a hundred means all. None where there is nothing.
    pub fn percent(self) -> Option<f64> {
        let all = self.managed + self.unmanaged;
        #[allow(clippy::cast_precision_loss)] // at most 1000
        (all > 0).then(|| (u128::from(self.managed) * 1000 / u128::from(all)) as f64 / 10.0)
    }
}

/// Leaves out what is ignored and counts what is covered. Returns the rules with the number of objects that each left out.
pub(crate) fn apply(inventory: &Inventory, comparison: &mut Comparison) -> Vec<(String, u64)> {
    if !inventory.wanted {
        return Vec::new();
    }
    let mut counts: Vec<(String, u64)> = inventory.ignored.iter().map(|rule| (rule.to_string(), 0)).collect();
    comparison.unmanaged.retain(|object| match inventory.ignored.iter().position(|rule| rule.matches(object)) {
        Some(rule) => {
            counts[rule].1 += 1;
            false
        }
        None => true,
    });
    for entry in &mut comparison.coverage {
        if let Some(covered) = &mut entry.covered {
            let same = |object: &&Unmanaged| {
                object.origin == Origin::Created
                    && (&object.resource_type, &object.scope) == (&entry.resource_type, &entry.scope)
            };
            covered.unmanaged = comparison.unmanaged.iter().filter(same).count() as u64;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn object(resource_type: &str, id: &str, tag: (&str, &str)) -> Unmanaged {
        Unmanaged {
            provider: String::new(),
            scope: Scope::default(),
            resource_type: resource_type.into(),
            id: id.into(),
            origin: Origin::Created,
            created_at: None,
            tags: BTreeMap::from([(tag.0.into(), tag.1.into())]),
        }
    }

    #[test]
    fn objects_are_left_out_by_type_id_and_tag() {
        let one = object("aws_iam_role", "AWSReservedSSO_x/y", ("Team", "platform"));
        for (rule, matches) in [
            ("aws_iam_*", true),
            ("aws_iam_role:AWSReserved*", true),
            ("aws_iam_role:AWSReserved", false),
            ("*:*SSO*", true),
            ("aws_vpc", false),
            ("tag:Team", true),
            ("tag:Team=plat*", true),
            ("tag:Team=network", false),
            ("tag:*=platform", true),
        ] {
            assert_eq!(rule.parse::<Ignore>().expect("a rule").matches(&one), matches, "{rule}");
        }
        for rule in ["", "aws_vpc:", "tag:", "tag:a=", "[", ":x"] {
            assert!(rule.parse::<Ignore>().is_err(), "{rule}");
        }
    }

    #[test]
    fn scopes_are_regions_of_accounts() {
        let scope = |account: Option<&str>, region: Option<&str>| Scope {
            account: account.map(str::to_owned),
            region: region.map(str::to_owned),
        };
        let named: NamedScope = "123456789012/eu-west-1".parse().expect("a scope");
        assert!(named.may_be(&scope(Some("123456789012"), Some("eu-west-1"))));
        assert!(named.may_be(&scope(None, Some("eu-west-1"))) && named.may_be(&scope(None, None)));
        assert!(!named.may_be(&scope(Some("210987654321"), Some("eu-west-1"))));
        assert!(!named.may_be(&scope(None, Some("eu-west-2"))));
        for text in ["", "/eu-west-1", "x/eu-west-1", "eu west", "123/", "EU"] {
            assert!(text.parse::<NamedScope>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!(Covered { managed: 0, unmanaged: 0 }.percent(), None);
        assert_eq!(Covered { managed: 2, unmanaged: 1 }.percent(), Some(66.6));
        assert_eq!(Covered { managed: 99_999, unmanaged: 1 }.percent(), Some(99.9));
        assert_eq!(Covered { managed: 5, unmanaged: 0 }.percent(), Some(100.0));
    }
}
