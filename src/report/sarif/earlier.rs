//! Carries the results of the scan before forward where this scan could not check them.
//! Knows nothing of where the earlier report was kept; takes nothing in it on trust.

use super::shape::{self, AutomationDetails};
use super::{IDENTITY, LINE_HASH, ResultProperties, location, rules};
use crate::model::{CoverageEntry, CoverageStatus, Finding, Kind, Report};
use crate::report::inert::{inert, inert_message};
use crate::report::shortened;
use provider_api::Scope;
use provider_states::DEFAULT_WORKSPACE;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A larger file is not one of ours: 5,000 results take a few megabytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Characters of a message that is carried forward.
const MAX_MESSAGE: usize = 16_000;
/// Ends the message of a result that was carried forward.
const REMARK: &str = "This scan could not check it again; it is repeated from the scan before.";

/// The SARIF report of the scan before, in the same category.
#[derive(Debug, Clone, Copy)]
pub enum Earlier<'a> {
    /// Nobody said. An incomplete scan is refused.
    NotGiven,
    /// There is none: nothing of this category was ever uploaded, so nothing can be closed by mistake.
    FirstUpload,
    /// Its text.
    Report(&'a str),
}

/// An incomplete scan whose SARIF would close alerts that nobody has fixed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is nothing to carry forward from.
    #[error("the scan is incomplete, and code scanning would close every alert that its SARIF report does not repeat")]
    NotGiven,
    /// The earlier report is too large to be one.
    #[error("the earlier SARIF report is larger than 64 MiB")]
    TooLarge,
    /// The earlier report is no SARIF.
    #[error("the earlier SARIF report cannot be read")]
    NotSarif(#[source] serde_json::Error),
    /// The earlier report is of another tool or version, or has several runs.
    #[error("the earlier SARIF report is not one of driftline's")]
    NotOurs,
    /// The earlier report is of another directory.
    #[error("the earlier SARIF report is of the category `{theirs}`, not `{ours}`")]
    OtherCategory {
        /// Its category.
        theirs: String,
        /// This scan's.
        ours: String,
    },
}

impl Refused {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotGiven => {
                "give the SARIF report of the scan before, whose unchecked results are then carried forward, \
                 or scan again once everything can be read"
            }
            _ => "give the SARIF report that the last scan of this directory wrote",
        }
    }
}

#[derive(Deserialize)]
struct Log {
    version: String,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    #[serde(default)]
    automation_details: AutomationDetails,
    #[serde(default)]
    results: Vec<shape::Result>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
struct Driver {
    name: String,
}

/// The earlier results that this scan neither confirmed nor refuted; `current` names the results that it has itself.
/// A complete scan carries nothing forward.
pub(super) fn carried_forward(
    report: &Report,
    current: &[shape::Result],
    earlier: Earlier<'_>,
    category: &str,
) -> Result<Vec<shape::Result>, Refused> {
    let text = match earlier {
        _ if report.scan.complete => return Ok(Vec::new()),
        Earlier::NotGiven => return Err(Refused::NotGiven),
        Earlier::FirstUpload => return Ok(Vec::new()),
        Earlier::Report(text) => text,
    };
    let checked = Checked::new(report);
    let mut seen: BTreeSet<String> = current.iter().map(|result| result.properties.finding_id.clone()).collect();
    let mut kept = Vec::new();
    for result in read(text, category)? {
        let result = validated(result)?;
        if !checked.covers(&result.properties) && seen.insert(result.properties.finding_id.clone()) {
            kept.push(carried(result, &checked));
        }
    }
    Ok(kept)
}

fn read(text: &str, category: &str) -> Result<Vec<shape::Result>, Refused> {
    if text.len() > MAX_BYTES {
        return Err(Refused::TooLarge);
    }
    let log: Log = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(Refused::NotSarif)?;
    let [run] = <[Run; 1]>::try_from(log.runs).map_err(|_| Refused::NotOurs)?;
    if log.version != "2.1.0" || run.tool.driver.name != env!("CARGO_PKG_NAME") {
        return Err(Refused::NotOurs);
    }
    if run.automation_details.id != category {
        let theirs = inert(&shortened(&run.automation_details.id, 200)).into_owned();
        return Err(Refused::OtherCategory { theirs, ours: category.to_owned() });
    }
    Ok(run.results)
}

/// A result as this program writes it. Anything else means that the file is another one, and dropping it would close
/// its alert.
fn validated(result: shape::Result) -> Result<shape::Result, Refused> {
    let is_hash = |text: &String| {
        !text.is_empty() && text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
    };
    let ours = rules::by_id(&result.rule_id).is_some()
        && result.locations.len() == 1
        && result.locations.iter().all(location::is_location)
        && result.partial_fingerprints.get(LINE_HASH).is_some_and(is_hash)
        && result.partial_fingerprints.get(IDENTITY).is_some_and(|identity| !identity.is_empty());
    if ours { Ok(result) } else { Err(Refused::NotOurs) }
}

/// The result as it is repeated: on this report's rules, without links, and marked.
fn carried(mut result: shape::Result, checked: &Checked<'_>) -> shape::Result {
    if let Some((kind, severity)) = rules::by_id(&result.rule_id) {
        result.rule_index = rules::index(kind, severity).unwrap_or_default();
        result.level = rules::level(severity).to_owned();
    }
    result.kind = "fail".to_owned();
    let text = inert_message(&unlinked(&shortened(&result.message.text, MAX_MESSAGE)));
    let text = text.trim_end().trim_end_matches(REMARK).trim_end();
    result.message = shape::Text::plain(format!("{text} {REMARK}"));
    result.related_locations.clear();
    result.partial_fingerprints.retain(|key, _| key == LINE_HASH || key == IDENTITY);
    // The lines may have moved since; where the block is still declared its place is known.
    let place = checked.place(&result.properties);
    if let (Some(now), Some(location)) = (place, result.locations.first_mut()) {
        *location = now;
    }
    for location in &mut result.locations {
        (location.id, location.message) = (None, None);
    }
    result.properties.carried_forward = true;
    result
}

/// The text with every link to a related location replaced by what it says.
fn unlinked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        out.push_str(&rest[..start]);
        let (said, read) = link(&rest[start..]);
        out.push_str(&said);
        rest = &rest[start + read..];
    }
    out + rest
}

/// Reads a link such as `[text](1)` off the start, which is a bracket: what it says, and how many bytes were read.
/// Where there is no link, all that was read is what it says. Nothing is read twice, so a long text takes linear time.
fn link(text: &str) -> (String, usize) {
    let mut inner = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((position, character)) = characters.next() {
        match character {
            '\\' => inner.extend(characters.next().map(|(_, escaped)| escaped)),
            '[' => return (text[..position].to_owned(), position),
            ']' => {
                let behind = &text[position + 1..];
                let digits =
                    behind.strip_prefix('(').map_or(0, |number| number.bytes().take_while(u8::is_ascii_digit).count());
                let closed = digits > 0 && behind.as_bytes().get(digits + 1) == Some(&b')');
                return if closed {
                    (inner, position + digits + 3)
                } else {
                    (text[..=position].to_owned(), position + 1)
                };
            }
            _ => inner.push(character),
        }
    }
    (text.to_owned(), text.len())
}

/// What a result is about from scan to scan, whatever was the matter with it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// Root module, workspace where that is not the default one, and address.
    Instance(String, Option<String>, String),
    /// The id of the finding, for what has no address.
    Object(String),
}

impl Subject {
    fn of_finding(finding: &Finding) -> Self {
        match &finding.address {
            Some(address) => Self::Instance(
                finding.root_module.clone(),
                Some(finding.workspace.clone()).filter(|name| !name.is_empty() && name != DEFAULT_WORKSPACE),
                address.to_string(),
            ),
            None => Self::Object(finding.id.clone()),
        }
    }

    fn of_result(properties: &ResultProperties) -> Self {
        match &properties.address {
            Some(address) => {
                Self::Instance(properties.root_module.clone(), properties.workspace.clone(), address.clone())
            }
            None => Self::Object(properties.finding_id.clone()),
        }
    }
}

/// What this scan did check.
struct Checked<'a> {
    report: &'a Report,
    /// Found again, in whatever condition.
    found: BTreeSet<Subject>,
    /// Not readable.
    unknown: BTreeMap<Subject, &'a Finding>,
    coverage: BTreeMap<(&'a str, &'a str), Vec<&'a CoverageEntry>>,
    /// Something is incomplete that no type and scope stands for, such as a module that could not be read.
    blind: bool,
}

impl<'a> Checked<'a> {
    fn new(report: &'a Report) -> Self {
        let is_unknown = |finding: &&Finding| finding.kind == Kind::Unknown;
        let mut coverage: BTreeMap<(&str, &str), Vec<&CoverageEntry>> = BTreeMap::new();
        for entry in &report.coverage {
            coverage.entry((&entry.provider, &entry.resource_type)).or_default().push(entry);
        }
        Self {
            report,
            found: report.findings.iter().filter(|finding| !is_unknown(finding)).map(Subject::of_finding).collect(),
            unknown: report
                .findings
                .iter()
                .filter(is_unknown)
                .map(|finding| (Subject::of_finding(finding), finding))
                .collect(),
            coverage,
            blind: report.notices.iter().any(|notice| notice.incomplete),
        }
    }

    /// Whether this scan looked at what the earlier result is about, so that its absence means something.
    ///
    /// A type that was read in part vouches for its instances but those that it lists as unknown; for objects in no
    /// state only a complete list does.
    fn covers(&self, earlier: &ResultProperties) -> bool {
        let subject = Subject::of_result(earlier);
        if self.found.contains(&subject) {
            return true;
        }
        if self.blind || self.unknown.contains_key(&subject) {
            return false;
        }
        let scope = Scope { account: earlier.account.clone(), region: earlier.region.clone() };
        let entries = self.coverage.get(&(earlier.provider.as_str(), earlier.resource_type.as_str()));
        let mut entries = entries.into_iter().flatten().filter(|entry| may_be_same(&entry.scope, &scope)).peekable();
        let vouches = |entry: &&CoverageEntry| {
            entry.status == CoverageStatus::Complete || (earlier.address.is_some() && entry.objects > 0)
        };
        entries.peek().is_some() && entries.all(vouches)
    }

    /// Where the instance is declared now.
    fn place(&self, earlier: &ResultProperties) -> Option<shape::Location> {
        let finding = self.unknown.get(&Subject::of_result(earlier))?;
        let places = location::places(self.report, finding)?;
        (!places.stands_in).then(|| location::location(places.primary))
    }
}

/// A part that is not known may be any.
fn may_be_same(one: &Scope, other: &Scope) -> bool {
    let agree = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    agree(&one.account, &other.account) && agree(&one.region, &other.region)
}
