//! Who changed objects, asked of CloudTrail's event history: for each name of each object, newest events first, no further back
//! than it takes, and no more often than the API allows.
//! Knows nothing of what records say.

#[cfg(test)]
mod tests;

use super::answer::Fields;
use super::call::Ask;
use super::meter::permitting;
use super::place::Place;
use super::service::{self, Service};
use super::trail_in_s3::trail_in_s3;
use crate::timestamp::{of_seconds, timestamp};
use crate::trail::Matcher;
use aws_smithy_types::DateTime;
use provider_api::{ActivityOutcome, ActivityRequest, Gap, GapClass, Scope};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

/// The one permission that looking events up needs.
const LOOKUP: &[&str] = &["cloudtrail:LookupEvents"];

/// How far back events are kept (CloudTrail User Guide, "Working with CloudTrail event history").
pub(super) const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Names of one object that are looked up: its id and ARN, and those of what it is a part of.
const MAX_NAMES: usize = 6;

/// Pages of 50 events that are read for one name.
const MAX_PAGES: usize = 40;

/// Who changed objects: out of the event history, or of a trail's files where the request names them.
pub(super) async fn activity(place: &Place, scope: &Scope, request: &ActivityRequest<'_>) -> ActivityOutcome {
    match request.store {
        Some(store) => trail_in_s3(place, scope, request, store).await,
        None => permitting(LOOKUP, event_history(place, scope, request)).await,
    }
}

async fn event_history(place: &Place, scope: &Scope, request: &ActivityRequest<'_>) -> ActivityOutcome {
    let now = SystemTime::now();
    let start = DateTime::from(now.checked_sub(KEPT).unwrap_or(now));
    let mut lookup = Lookup {
        place,
        until: request.until,
        start: start.secs(),
        matcher: Matcher::new(request, scope),
        gaps: BTreeMap::new(),
    };
    for service in [&service::EVENT_HISTORY, &service::GLOBAL_EVENT_HISTORY] {
        lookup.all_of(service, request).await;
    }
    let gaps = lookup.gaps.into_iter().map(|((class, cause), ids)| Gap { ids, class, cause }).collect();
    lookup.matcher.finish(timestamp(&start), gaps, 0)
}

/// The looking up of one request.
struct Lookup<'a> {
    place: &'a Place,
    until: Option<Instant>,
    /// Seconds since 1970.
    start: i64,
    matcher: Matcher,
    /// Ids by class and cause of what was not looked at.
    gaps: BTreeMap<(GapClass, String), Vec<String>>,
}

impl Lookup<'_> {
    /// Looks up all subjects whose events are recorded there: by the likeliest name of each first, so that a deadline takes
    /// other names and not other objects.
    async fn all_of(&mut self, service: &'static Service, request: &ActivityRequest<'_>) {
        let of_service: Vec<usize> = (0..self.matcher.subjects.len())
            .filter(|position| self.matcher.subjects[*position].global == service.global)
            .collect();
        for rank in 0..MAX_NAMES {
            for (turn, &position) in of_service.iter().enumerate() {
                let Some(name) = self.matcher.subjects[position].names().nth(rank).cloned() else { continue };
                let Err(gap) = self.name(service, position, &name).await else { continue };
                let ends = gap.class != GapClass::Failed;
                // What ends the looking up concerns all that were not looked at by every name.
                let concerned = if !ends {
                    &of_service[turn..=turn]
                } else if rank == 0 {
                    &of_service[turn..]
                } else {
                    &of_service[..]
                };
                let ids = self.gaps.entry((gap.class, gap.cause)).or_default();
                for position in concerned {
                    let id = request.subjects[*position].id;
                    if !ids.iter().any(|known| known == id) {
                        ids.push(id.to_owned());
                    }
                }
                if ends {
                    return;
                }
            }
        }
    }

    /// Looks up one name of a subject, page by page until nothing older is of interest.
    async fn name(&mut self, service: &'static Service, position: usize, name: &str) -> Result<(), Gap> {
        let ask = Ask::of("LookupEvents")
            .with("LookupAttributes", json!([{"AttributeKey": "ResourceName", "AttributeValue": name}]))
            .with("StartTime", self.start)
            .with("MaxResults", 50);
        let mut next = ask.clone();
        for _ in 0..MAX_PAGES {
            let page = self.in_time(service, next).await?;
            let events = page.list("Events");
            for event in events {
                if let Some(record) = event.text("CloudTrailEvent") {
                    self.matcher.take(record);
                }
            }
            let oldest = events.last().and_then(|event| of_seconds(event.at("EventTime")));
            let settled = matches!((&oldest, self.matcher.settled_at(position)), (Some(oldest), Some(at)) if oldest.as_str() < at);
            match page.text("NextToken") {
                Some(token) if !settled => next = ask.clone().with("NextToken", token),
                _ => return Ok(()),
            }
        }
        let cause = format!(
            "LookupEvents in {}: only the latest {} events of this name were read",
            self.place.region,
            MAX_PAGES * 50
        );
        Err(Gap { ids: Vec::new(), class: GapClass::Failed, cause })
    }

    async fn in_time(&self, service: &'static Service, ask: Ask) -> Result<serde_json::Value, Gap> {
        let call = self.place.call(service, ask);
        let answer = match self.until {
            Some(until) => tokio::time::timeout(until.saturating_duration_since(Instant::now()), call).await,
            None => Ok(call.await),
        };
        let late = || {
            let cause = "LookupEvents: the time ended; it answers twice a second for an account and region".to_owned();
            Gap { ids: Vec::new(), class: GapClass::TimedOut, cause }
        };
        answer.map_err(|_| late())?.map_err(|failure| {
            let gap = Gap::from(failure);
            match gap.class {
                GapClass::Denied if !gap.cause.contains(LOOKUP[0]) => {
                    Gap { cause: format!("{} ({} is needed)", gap.cause, LOOKUP[0]), ..gap }
                }
                _ => gap,
            }
        })
    }
}
