//! One record of a trail, as far as it is looked at.
//! Knows nothing of the objects that are asked about.

use super::{actor, request, tool};
use provider_api::{Actor, Tool};
use serde_json::Value;
use std::collections::HashSet;

/// A longer text than any name or id.
const MAX_NAME: usize = 300;

/// What is read of a record before it is known whether it concerns anything.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'r> {
    #[serde(borrow)]
    pub(super) event_time: std::borrow::Cow<'r, str>,
    #[serde(borrow)]
    pub(super) aws_region: std::borrow::Cow<'r, str>,
    #[serde(borrow, default)]
    pub(super) recipient_account_id: Option<std::borrow::Cow<'r, str>>,
}

/// A record.
pub(super) struct Record {
    pub(super) id: String,
    /// RFC 3339, UTC, in whole seconds.
    pub(super) at: String,
    /// The service, for example `ec2.amazonaws.com`.
    pub(super) source: String,
    /// The operation, for example `AuthorizeSecurityGroupIngress`.
    pub(super) name: String,
    pub(super) region: String,
    pub(super) account: Option<String>,
    pub(super) read_only: bool,
    pub(super) failed: Option<String>,
    pub(super) from: Option<String>,
    pub(super) actor: Actor,
    pub(super) tool: Tool,
    pub(super) request: Option<Value>,
    /// Whole values of the request, the answer and the list of resources.
    pub(super) values: HashSet<String>,
    /// Texts that stand at the top of the request.
    pub(super) top: Vec<String>,
}

impl Record {
    /// The record; none where it lacks what makes one.
    pub(super) fn parse(record: &Value) -> Option<Self> {
        let text = |name: &str| record[name].as_str().filter(|text| !text.is_empty());
        let (source, name) = (text("eventSource")?, text("eventName")?);
        let (parameters, answered) = (&record["requestParameters"], &record["responseElements"]);
        let mut values = HashSet::new();
        [parameters, answered, &record["resources"]].into_iter().for_each(|value| collect(value, &mut values));
        Some(Self {
            id: text("eventID")?.to_owned(),
            at: whole_second(text("eventTime")?)?.to_owned(),
            source: source.to_owned(),
            name: name.to_owned(),
            region: text("awsRegion").unwrap_or_default().to_owned(),
            account: text("recipientAccountId").map(str::to_owned),
            read_only: read_only(&record["readOnly"], name),
            failed: text("errorCode").map(str::to_owned),
            from: text("sourceIPAddress").map(str::to_owned),
            actor: actor::actor(record),
            tool: tool::tool(record),
            request: request::kept(source, parameters),
            values,
            top: parameters
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(_, value)| Some(value.as_str()?.to_owned()))
                .collect(),
        })
    }

    /// The action as permissions write it, for example `ec2:AuthorizeSecurityGroupIngress`.
    pub(super) fn action(&self) -> String {
        format!("{}:{}", self.source.strip_suffix(".amazonaws.com").unwrap_or(&self.source), self.name)
    }
}

/// The time, if it is one in whole seconds and UTC: `2026-03-01T10:02:00Z`. Such times sort as texts.
pub(super) fn whole_second(time: &str) -> Option<&str> {
    let form = b"dddd-dd-ddTdd:dd:ddZ";
    let fits = |(byte, form): (u8, &u8)| if *form == b'd' { byte.is_ascii_digit() } else { byte == *form };
    (time.len() == form.len() && time.bytes().zip(form).all(fits)).then_some(time)
}

/// Whether the call only reads. Records of early versions do not say so.
fn read_only(said: &Value, name: &str) -> bool {
    let said = said.as_bool().or_else(|| said.as_str()?.parse().ok());
    said.unwrap_or_else(|| {
        ["Describe", "Get", "List", "Head", "Lookup", "BatchGet"].iter().any(|verb| name.starts_with(verb))
    })
}

/// Collects whole values. Parsing has bounded their depth.
fn collect(value: &Value, values: &mut HashSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| collect(value, values)),
        Value::Array(elements) => elements.iter().for_each(|value| collect(value, values)),
        Value::String(text) if text.len() <= MAX_NAME => {
            values.insert(text.clone());
        }
        Value::Number(number) => {
            values.insert(number.to_string());
        }
        _ => {}
    }
}
