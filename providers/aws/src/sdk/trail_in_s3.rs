//! Who changed objects, out of the files that a trail keeps in a bucket: listed as far as account, region and days fit, the
//! newest first, until nothing older is of interest.
//! Knows nothing of what records say.

use super::activity::KEPT;
use super::answer::Fields;
use super::call::{Ask, Failure, encoded};
use super::meter::permitting;
use super::place::{Place, concurrently};
use super::service;
use super::services::Services;
use crate::timestamp::timestamp;
use crate::trail::{Days, MAX_PACKED, Matcher, is_record_file, unpack};
use aws_smithy_types::DateTime;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use provider_api::{ActivityOutcome, ActivityRequest, Gap, GapClass, Scope};
use serde_json::Value;
use std::time::{Instant, SystemTime};

/// What reading a trail's files needs, of its bucket.
const PERMISSIONS: &[&str] = &["s3:GetObject", "s3:ListBucket"];

/// Folders and pages of folders that are listed.
const MAX_LISTS: usize = 20_000;

/// Files that are in memory at once.
const FILES_AT_ONCE: usize = 16;

/// Who changed objects, out of a trail's files below `s3://bucket/prefix`.
pub(super) async fn trail_in_s3(
    place: &Place,
    scope: &Scope,
    request: &ActivityRequest<'_>,
    store: &str,
) -> ActivityOutcome {
    let address = store.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
    let Some((bucket, prefix)) = address.filter(|(bucket, _)| !bucket.is_empty()) else {
        return ActivityOutcome::unread(
            GapClass::Unsupported,
            format!("`{store}` is no address of a trail: s3://bucket/prefix is"),
        );
    };
    let mut prefix = prefix.trim_matches('/').to_owned();
    if !prefix.is_empty() {
        prefix.push('/');
    }
    let now = SystemTime::now();
    // As far back as the event history goes: a trail's files may go back for years.
    let first = timestamp(&DateTime::from(now.checked_sub(KEPT).unwrap_or(now)));
    let matcher = Matcher::new(request, scope);
    let days = Days::of(&matcher, scope).not_before(first.as_deref().unwrap_or_default());
    let mut trail =
        Trail { services: None, place, bucket: bucket.to_owned(), matcher, gaps: Vec::new(), until: request.until };
    permitting(PERMISSIONS, trail.read(prefix, &days)).await;
    trail.matcher.finish(None, trail.gaps, 0)
}

struct Trail<'a> {
    place: &'a Place,
    /// The services of the bucket's region, where that is another than the place's.
    services: Option<Services>,
    bucket: String,
    matcher: Matcher,
    gaps: Vec<Gap>,
    until: Option<Instant>,
}

/// What a folder holds.
#[derive(Default)]
struct Listed {
    folders: Vec<String>,
    files: Vec<String>,
}

impl Trail<'_> {
    /// Reads the folders below a prefix, the newest first: a trail's names sort by time.
    async fn read(&mut self, prefix: String, days: &Days<'_>) {
        let mut open = vec![prefix];
        let (mut lists, mut read) = (0, 0);
        while let Some(prefix) = open.pop() {
            if self.is_settled() {
                return;
            }
            if self.is_late() || lists >= MAX_LISTS {
                return self.gap(
                    GapClass::TimedOut,
                    format!("not all of s3://{} was read: the time ended at `{prefix}`", self.bucket),
                );
            }
            let listed = match self.list(&prefix, &mut lists).await {
                Ok(listed) => listed,
                Err(failure) => return self.failed(&failure),
            };
            let fits = |folder: &String| {
                let names: Vec<String> = folder.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
                days.may_hold(&names)
            };
            open.extend(listed.folders.into_iter().filter(fits));
            match self.files(listed.files).await {
                Some(count) => read += count,
                None => return,
            }
        }
        if read == 0 && self.gaps.is_empty() {
            self.gap(
                GapClass::Failed,
                format!("s3://{} holds no file of a trail for this account, region and time", self.bucket),
            );
        }
    }

    /// Whether nothing older is of interest of any subject.
    fn is_settled(&self) -> bool {
        (0..self.matcher.subjects.len()).all(|position| {
            let at = self.matcher.settled_at(position);
            matches!((at, &self.matcher.earliest), (Some(at), Some(earliest)) if earliest.as_str() < at)
        })
    }

    fn is_late(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    fn gap(&mut self, class: GapClass, cause: String) {
        if self.gaps.len() < 10 {
            self.gaps.push(Gap { ids: Vec::new(), class, cause });
        }
    }

    fn failed(&mut self, failure: &Failure) {
        let gap = failure.gap();
        let needs = match gap.class {
            GapClass::Denied => format!(" ({} of s3://{} are needed)", PERMISSIONS.join(" and "), self.bucket),
            _ => String::new(),
        };
        self.gap(gap.class, format!("{}{needs}", gap.cause));
    }

    fn services(&self) -> &Services {
        self.services.as_ref().unwrap_or(&self.place.services)
    }

    /// Lists a folder. The bucket may be in another region, which S3 tells.
    async fn list(&mut self, prefix: &str, lists: &mut usize) -> Result<Listed, Failure> {
        let ask = Ask::of("ListObjectsV2")
            .at(format!("/{}", encoded(&self.bucket)))
            .with("list-type", 2)
            .with("delimiter", "/")
            .with("prefix", prefix);
        let (mut listed, mut next) = (Listed::default(), ask.clone());
        loop {
            *lists += 1;
            let page = match self.services().call(&service::S3, next.clone()).await {
                Err(failure) if self.services.is_none() && failure.bucket_region().is_some() => {
                    self.services = failure.bucket_region().map(|region| self.place.services.elsewhere(region));
                    continue;
                }
                answer => answer?,
            };
            let texts = |items: &[Value], name: &str| -> Vec<String> {
                items.iter().filter_map(|item| item.text(name)).map(str::to_owned).collect()
            };
            listed.folders.extend(texts(page.list("CommonPrefixes"), "Prefix"));
            let fits = |item: &&Value| {
                item.number("Size").is_none_or(|size| u64::try_from(size).is_ok_and(|size| size <= MAX_PACKED))
            };
            let files: Vec<Value> = page.list("Contents").iter().filter(fits).cloned().collect();
            if files.len() < page.list("Contents").len() {
                self.gap(
                    GapClass::Failed,
                    format!("files of s3://{}/{prefix} are larger than {} MiB", self.bucket, MAX_PACKED >> 20),
                );
            }
            listed.files.extend(texts(&files, "Key").into_iter().filter(|key| is_record_file(key)));
            match page.text("NextContinuationToken") {
                Some(token) if *lists < MAX_LISTS => next = ask.clone().with("continuation-token", token),
                _ => return Ok(listed),
            }
        }
    }

    /// Reads files, the newest first. None where the rest need not be asked for.
    async fn files(&mut self, mut keys: Vec<String>) -> Option<usize> {
        let mut read = 0;
        keys.sort();
        while !keys.is_empty() {
            if self.is_late() {
                self.gap(GapClass::TimedOut, format!("not all of s3://{} was read: the time ended", self.bucket));
                return None;
            }
            let some = keys.split_off(keys.len().saturating_sub(FILES_AT_ONCE));
            let answers = concurrently(some, |key| {
                let (services, bucket) = (self.services(), encoded(&self.bucket));
                async move {
                    let path: Vec<String> = key.split('/').map(encoded).collect();
                    let ask = Ask::of("GetObject").at(format!("/{bucket}/{}", path.join("/")));
                    (services.call(&service::S3_OBJECTS, ask).await, key)
                }
            })
            .await;
            for (answer, key) in answers {
                let answer = match answer {
                    Ok(answer) => answer,
                    Err(failure) => {
                        self.failed(&failure);
                        return None;
                    }
                };
                let bytes = BASE64_STANDARD.decode(answer.as_str().unwrap_or_default()).unwrap_or_default();
                match unpack(&bytes, &mut |record| self.matcher.take(record)) {
                    Ok(()) => read += 1,
                    Err(cause) => self.gap(GapClass::Failed, format!("`{key}` is no file of a trail: {cause}")),
                }
            }
        }
        Some(read)
    }
}
