//! Which commits of the first-parent chain a period means. Order is that of the chain: dates are claims, and only say where
//! to begin and to end.
//! Knows nothing of what the commits changed.

use crate::attribute::History;
use crate::git::{GitError, Repository};
use crate::model::Boundary;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::ops::Range;

/// Why a period means nothing.
#[derive(Debug, thiserror::Error)]
pub enum PeriodError {
    /// The end names no commit.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The commit is not behind the approved ref.
    #[error("`{given}` is no commit behind {reference}")]
    NotBehind {
        /// As given.
        given: String,
        /// The approved ref.
        reference: String,
    },
    /// It ends before it begins.
    #[error("the period ends before it begins")]
    Backwards,
}

/// Positions on the chain, and what they stand for.
#[derive(Debug)]
pub(super) struct Period {
    /// Of the commits that landed in the period.
    pub positions: Range<u32>,
    /// Where it begins, exclusive.
    pub since: Option<Boundary>,
    /// Where it ends, inclusive.
    pub until: Boundary,
    /// Whether dates along the chain run backwards where it is cut by one.
    pub unordered: bool,
}

/// One end as it was given.
enum End {
    /// Seconds since 1970.
    Time(i64),
    Position(u32),
}

/// The period between two ends, each a revision or a date (`2026-03-01`, in UTC, or RFC 3339): what landed after `since` and
/// up to `until`. Of a date everything counts that may belong to the period, so where dates run backwards it is wider.
///
/// # Errors
/// When an end names nothing behind the approved ref.
pub(super) fn period(
    repository: &Repository,
    history: &History,
    reference: &str,
    since: Option<&str>,
    until: Option<&str>,
) -> Result<Period, PeriodError> {
    let length = history.chain_length();
    let time = |position: u32| history.seconds_at(position).unwrap_or_default();
    let start = match since.map(|given| end(repository, history, reference, given, false)).transpose()? {
        None => 0,
        Some(End::Position(position)) => position + 1,
        // The first that claims to be later.
        Some(End::Time(seconds)) => (0..length).find(|position| time(*position) >= seconds).unwrap_or(length),
    };
    let stop = match until.map(|given| end(repository, history, reference, given, true)).transpose()? {
        None => length,
        Some(End::Position(position)) => position + 1,
        // Up to the last that claims to be earlier.
        Some(End::Time(seconds)) => {
            (0..length).rev().find(|position| time(*position) <= seconds).map_or(0, |position| position + 1)
        }
    };
    let both_revisions =
        since.zip(until).is_some_and(|(one, other)| seconds(one, false).is_none() && seconds(other, true).is_none());
    if both_revisions && stop < start {
        return Err(PeriodError::Backwards);
    }
    let dated = [since.and_then(|given| seconds(given, false)), until.and_then(|given| seconds(given, true))];
    let inside = |position: &u32| {
        let at = time(*position);
        dated[0].is_none_or(|since| at >= since) && dated[1].is_none_or(|until| at <= until)
    };
    let positions = start..stop.max(start);
    let unordered = !positions.clone().all(|position| inside(&position));
    let boundary = |given: Option<&str>, position: Option<u32>| Boundary {
        given: given.map(str::to_owned),
        commit: position.and_then(|position| history.commit_at(position)).map(|commit| commit.to_string()),
        at: position.and_then(|position| history.time_at(position)).as_deref().map(str::to_owned),
    };
    let first = since.map(|given| boundary(Some(given), start.checked_sub(1)));
    let last = boundary(until, stop.checked_sub(1));
    Ok(Period { positions, since: first, until: last, unordered })
}

/// A date names its first second as a beginning and its last as an end.
fn seconds(given: &str, is_end: bool) -> Option<i64> {
    if let Ok(date) = given.parse::<Date>() {
        let date = if is_end { date.tomorrow().ok()? } else { date };
        let begins = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_second();
        return Some(if is_end { begins - 1 } else { begins });
    }
    given.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

fn end(
    repository: &Repository,
    history: &History,
    reference: &str,
    given: &str,
    is_end: bool,
) -> Result<End, PeriodError> {
    if let Some(seconds) = seconds(given, is_end) {
        return Ok(End::Time(seconds));
    }
    let commit = repository.approved(Some(given))?.commit;
    let not_behind = || PeriodError::NotBehind { given: given.to_owned(), reference: reference.to_owned() };
    let (position, _) = history.landed(commit).ok_or_else(not_behind)?;
    Ok(End::Position(position))
}
