//! A trail's files in a folder of the machine, as `aws s3 sync` copies them: read as far as account, region and days fit.
//! Knows nothing of what records say.

use super::file::{MAX_PACKED, is_record_file, unpack};
use super::matching::Matcher;
use provider_api::{ActivityOutcome, ActivityRequest, Gap, GapClass, Scope};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

/// Deeper than `AWSLogs/<organization>/<account>/CloudTrail/<region>/<year>/<month>/<day>` below anybody's own folders.
const MAX_DEPTH: usize = 24;

/// Entries that are looked at.
const MAX_ENTRIES: usize = 2_000_000;

/// Regions in which the events of services are recorded that are one for all regions, by partition (CloudTrail User Guide,
/// "Global service events").
const HOMES_OF_GLOBAL_SERVICES: &[&str] = &["us-east-1", "cn-north-1", "us-gov-west-1"];

/// Which of a trail's folders hold what is looked for. Those that are not named as a trail names them are looked into.
pub(crate) struct Days<'a> {
    scope: &'a Scope,
    /// Whether events of global services are looked for too.
    global: bool,
    /// The first day, `2026-03-01`; events are delivered on their day or later. None for all.
    first: Option<String>,
}

impl<'a> Days<'a> {
    pub(crate) fn of(matcher: &Matcher, scope: &'a Scope) -> Self {
        let since: Option<Vec<&String>> = matcher.subjects.iter().map(|subject| subject.since.as_ref()).collect();
        let first = since.and_then(|since| since.into_iter().min().map(|time| time.chars().take(10).collect()));
        Self { scope, global: matcher.subjects.iter().any(|subject| subject.global), first }
    }

    /// The same, no earlier than a time.
    #[cfg(feature = "sdk")]
    pub(crate) fn not_before(self, time: &str) -> Self {
        let day: String = time.chars().take(10).collect();
        Self { first: self.first.into_iter().chain([day]).max(), ..self }
    }

    /// Whether a folder may hold what is looked for; `path` are the names that lead to it.
    pub(crate) fn may_hold(&self, path: &[String]) -> bool {
        if path.iter().any(|name| name == "CloudTrail-Digest" || name == "CloudTrail-Insight") {
            return false;
        }
        let Some(start) = path.iter().rposition(|name| name == "AWSLogs") else { return true };
        // An organization's trail has one level more.
        let mut rest = &path[start + 1..];
        if rest.first().is_some_and(|name| name.starts_with("o-")) {
            rest = &rest[1..];
        }
        let is = |wanted: &Option<String>, name: &String| wanted.as_ref().is_none_or(|wanted| wanted == name);
        let region = |name: &String| {
            is(&self.scope.region, name) || (self.global && HOMES_OF_GLOBAL_SERVICES.contains(&name.as_str()))
        };
        let day = rest.get(3..).unwrap_or_default().join("-");
        let late_enough = |first: &String| day.is_empty() || *day >= first[..day.len().min(first.len())];
        rest.first().is_none_or(|name| is(&self.scope.account, name))
            && rest.get(1).is_none_or(|name| name == "CloudTrail")
            && rest.get(2).is_none_or(region)
            && self.first.as_ref().is_none_or(late_enough)
    }
}

/// Who changed objects, out of a trail's files in a folder. Links are not followed.
pub fn activity_of_folder(folder: &Path, scope: &Scope, request: &ActivityRequest<'_>) -> ActivityOutcome {
    let matcher = Matcher::new(request, scope);
    let days = Days::of(&matcher, scope);
    let mut walk = Walk { matcher, gaps: Vec::new(), entries: 0, until: request.until, files: 0, ended: false };
    // What the user names may be a link; what lies in it may not lead out of it.
    let names: Vec<String> = match std::fs::canonicalize(folder) {
        Ok(folder) => folder.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect(),
        Err(error) => return ActivityOutcome::unread(GapClass::Failed, unreadable(folder, &error)),
    };
    // A folder that is named within a trail is looked into, whatever account it is of: its records say so themselves.
    let start = names.iter().rposition(|name| name == "AWSLogs").unwrap_or(names.len());
    walk.folder(folder, &names[start..], &days);
    if walk.files == 0 && walk.gaps.is_empty() {
        let cause = format!("`{}` holds no file of a trail for this account and region", folder.display());
        walk.gap(GapClass::Failed, cause);
    }
    walk.matcher.finish(None, walk.gaps, 0)
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("`{}` cannot be read: {error}", path.display())
}

struct Walk {
    matcher: Matcher,
    gaps: Vec<Gap>,
    entries: usize,
    files: usize,
    until: Option<Instant>,
    ended: bool,
}

impl Walk {
    fn gap(&mut self, class: GapClass, cause: String) {
        // A broken folder may have as many causes as files: the first ones tell.
        if self.gaps.len() < 10 {
            self.gaps.push(Gap { ids: Vec::new(), class, cause });
        }
    }

    /// Reads what lies in a folder, the newest first: a trail's names sort by time.
    fn folder(&mut self, folder: &Path, names: &[String], days: &Days<'_>) {
        if self.ended || !days.may_hold(names) {
            return;
        }
        if names.len() > MAX_DEPTH {
            return self.gap(GapClass::Failed, format!("`{}` is nested too deeply to be a trail", folder.display()));
        }
        let mut entries = match std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => return self.gap(GapClass::Failed, unreadable(folder, &error)),
        };
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.file_name()));
        for entry in entries {
            self.entries += 1;
            if self.entries > MAX_ENTRIES || self.until.is_some_and(|until| Instant::now() >= until) {
                self.ended = true;
                return self.gap(
                    GapClass::TimedOut,
                    format!("not all of the trail was read: the time ended in `{}`", folder.display()),
                );
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.folder(&path, &[names, &[name]].concat(), days),
                Ok(kind) if kind.is_file() && is_record_file(&name) => self.file(&path),
                Ok(kind) if kind.is_symlink() => {
                    self.gap(GapClass::Failed, format!("`{}` is a link, and is not followed", path.display()))
                }
                _ => {}
            }
            if self.ended {
                return;
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_PACKED + 1).read_to_end(&mut bytes));
        let unpacked = match read {
            Err(error) => return self.gap(GapClass::Failed, unreadable(path, &error)),
            Ok(size) if size as u64 > MAX_PACKED => Err(format!("it is larger than {} MiB", MAX_PACKED >> 20)),
            Ok(_) => unpack(&bytes, &mut |record| self.matcher.take(record)),
        };
        match unpacked {
            Ok(()) => self.files += 1,
            Err(cause) => self.gap(GapClass::Failed, format!("`{}` is no file of a trail: {cause}", path.display())),
        }
    }
}
