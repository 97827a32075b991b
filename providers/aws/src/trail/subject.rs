//! The names by which records know an object, out of its id and attributes.
//! Knows nothing of records.

use super::parts::{OTHER_NOUNS, part};
use crate::types::{is_global, types};
use provider_api::{ActivitySubject, Attributes};
use serde_json::Value;
use std::collections::BTreeSet;

/// Attributes that name an object in calls, where a type has them.
const NAMES: &[&str] = &[
    "arn",
    "id",
    "name",
    "bucket",
    "function_name",
    "identifier",
    "cluster_identifier",
    "replication_group_id",
    "cluster_id",
    "key_id",
    "url",
    "queue_url",
    "secret_arn",
    "secret_id",
    "repository",
    "security_group_rule_id",
    "association_id",
    "allocation_id",
    "service_name",
    "distribution_id",
    "domain",
    "dashboard_name",
    "alarm_name",
    "topic_arn",
    "user",
];

/// Of a part only what names itself.
const OWN_OF_PARTS: &[&str] = &["arn", "id", "security_group_rule_id", "association_id"];

/// Names of one subject, and what of records concerns it.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Names of the object itself.
    pub(crate) own: Vec<String>,
    /// Names of what it is a part of.
    pub(crate) within: Vec<String>,
    /// All that a call has to name beside that.
    pub(super) marks: Vec<String>,
    /// The service whose calls change it, for example `ec2.amazonaws.com`; none where that is not known.
    pub(super) service: Option<String>,
    /// What events call it, for example `securitygroup` and `group`.
    pub(super) nouns: Vec<String>,
    /// Whether its events are recorded in one region for all.
    pub(crate) global: bool,
    /// Nothing earlier is of interest.
    pub(crate) since: Option<String>,
    /// Whether what came before the last apply is of no interest.
    pub(crate) since_apply: bool,
}

impl Wanted {
    pub(crate) fn of(subject: &ActivitySubject<'_>) -> Self {
        let attributes: Vec<Attributes> =
            subject.attributes.iter().filter_map(|text| serde_json::from_str(text.get()).ok()).collect();
        let values = |name: &str| attributes.iter().filter_map(|one| one.get(name)).collect::<Vec<&Value>>();
        let texts =
            |name: &str| values(name).into_iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        let part = part(subject.resource_type);
        let own = if part.is_some() { OWN_OF_PARTS } else { NAMES };
        // `user` names an object only where it is one.
        let own = own.iter().filter(|name| **name != "user" || subject.resource_type == "aws_iam_access_key");
        let names: Vec<String> = own.flat_map(|name| texts(name)).collect();
        let marks = part.map_or(&[][..], |(_, _, marks)| marks).iter().flat_map(|name| leaves(&values(name)));
        Self {
            own: unique(std::iter::once(subject.id.to_owned()).chain(names)),
            within: unique(part.into_iter().flat_map(|(_, parent, _)| texts(parent)).flat_map(with_last_part)),
            marks: unique(marks),
            service: service(subject.resource_type),
            nouns: nouns(subject.resource_type),
            global: is_global(subject.resource_type),
            since: subject.since.clone(),
            since_apply: subject.since_apply,
        }
    }

    /// Names that records are looked up by, the likeliest first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.own.iter().chain(&self.within)
    }
}

/// A parent may be given by its ARN where calls give its name: a cluster.
fn with_last_part(name: String) -> Vec<String> {
    match name.strip_prefix("arn:").and_then(|arn| arn.rsplit_once('/')) {
        Some((_, last)) => vec![last.to_owned(), name],
        None => vec![name],
    }
}

/// Scalars in values, as texts. A record's name of a DNS zone may end in a dot or not, so it does not.
fn leaves(values: &[&Value]) -> Vec<String> {
    values
        .iter()
        .flat_map(|value| match value {
            Value::Array(elements) => leaves(&elements.iter().collect::<Vec<_>>()),
            Value::String(text) => vec![text.trim_end_matches('.').to_owned()],
            // For all ports a call names none.
            Value::Number(number) if number.as_i64().is_some_and(|number| number > 0) => vec![number.to_string()],
            _ => Vec::new(),
        })
        .collect()
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.filter(|name| !name.trim().is_empty() && seen.insert(name.clone())).collect()
}

/// The service that a type's calls go to, by the permissions that reading it needs.
fn service(resource_type: &str) -> Option<String> {
    let permissions = types().resource_type(resource_type)?.permissions;
    let of_type = resource_type.strip_prefix("aws_").and_then(|rest| rest.split('_').next()).unwrap_or_default();
    let services: Vec<&str> =
        permissions.iter().filter_map(|action| action.split(':').next()).filter(|one| *one != "tag").collect();
    let service = services.iter().find(|service| **service == of_type).or(services.first())?;
    Some(match *service {
        "cloudwatch" => "monitoring.amazonaws.com".to_owned(),
        other => format!("{other}.amazonaws.com"),
    })
}

/// What events call objects of a type: the words of the type's name, from each word on.
fn nouns(resource_type: &str) -> Vec<String> {
    let other = OTHER_NOUNS.iter().filter(|(name, _)| *name == resource_type).map(|(_, noun)| (*noun).to_owned());
    let words: Vec<&str> = resource_type.split('_').skip(1).filter(|word| *word != "default").collect();
    let suffixes = (0..words.len()).map(|start| words[start..].concat());
    other.chain(suffixes).collect()
}
