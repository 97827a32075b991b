//! How long a forge asks to be left alone, from the status and headers of its answer.
//! Knows nothing of calls, clocks or waiting.

use jiff::Timestamp;
use std::time::Duration;

/// GitHub asks for at least this long where an answer names no time.
const UNTOLD: Duration = Duration::from_secs(60);

/// No limit lasts longer; what claims to is cut to this.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// How long to wait before asking again; none if the answer is not about a limit.
///
/// `Retry-After` goes first, then the time at which the limit resets, taken against the forge's own clock where it sends
/// `Date`. A `403` without either is a secondary limit where its text says so, and else a plain refusal.
pub(super) fn wait(
    status: u16,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Option<Duration> {
    if !matches!(status, 403 | 429) {
        return None;
    }
    if let Some(after) = retry_after(header, now) {
        return Some(after);
    }
    let number = |names: [&str; 2]| names.into_iter().find_map(|name| header(name)?.trim().parse::<i64>().ok());
    let remaining = number(["x-ratelimit-remaining", "ratelimit-remaining"]);
    let reset = number(["x-ratelimit-reset", "ratelimit-reset"]);
    if let (true, Some(reset)) = (status == 429 || remaining == Some(0), reset) {
        let theirs = header("date").and_then(|date| http_date(&date)).unwrap_or(now);
        // A second more: the reset is given in whole seconds.
        let seconds = reset.saturating_sub(theirs.as_second()).saturating_add(1).max(1);
        return Some(bounded(seconds));
    }
    let secondary = || {
        let text = String::from_utf8_lossy(&body[..body.len().min(4096)]).to_lowercase();
        text.contains("secondary rate limit") || text.contains("abuse detection")
    };
    (status == 429 || remaining == Some(0) || secondary()).then_some(UNTOLD)
}

/// Seconds, or a date.
pub(super) fn retry_after(header: &dyn Fn(&str) -> Option<String>, now: Timestamp) -> Option<Duration> {
    let value = header("retry-after")?;
    match value.trim().parse::<i64>() {
        Ok(seconds) => Some(bounded(seconds.max(0))),
        Err(_) => Some(bounded(http_date(&value)?.as_second().saturating_sub(now.as_second()).max(0))),
    }
}

fn bounded(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs()).min(LONGEST)
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, headers: &[(&str, &str)], body: &str, seconds: Option<u64>) {
        let now: Timestamp = "2024-01-02T03:04:05Z".parse().expect("a time");
        let header = |name: &str| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(wait(status, &header, body.as_bytes(), now), seconds.map(Duration::from_secs), "{headers:?}");
    }

    #[test]
    fn limits_are_told_from_refusals() {
        check(200, &[("retry-after", "5")], "", None);
        check(403, &[], r#"{"message":"Resource not accessible by integration"}"#, None);
        check(403, &[("x-ratelimit-remaining", "4999"), ("x-ratelimit-reset", "1704164745")], "", None);
        check(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1704164655")], "", Some(11));
        check(429, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "1704164655")], "", Some(11));
        check(403, &[("retry-after", "7"), ("x-ratelimit-remaining", "0")], "", Some(7));
        check(429, &[("retry-after", "Tue, 02 Jan 2024 03:04:15 GMT")], "", Some(10));
        check(403, &[], r#"{"message":"You have exceeded a secondary rate limit."}"#, Some(60));
        check(429, &[], "", Some(60));
    }

    #[test]
    fn the_forges_own_clock_counts() {
        let headers = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1704164655"),
            ("date", "Tue, 02 Jan 2024 03:04:13 GMT"),
        ];
        check(403, &headers, "", Some(3));
    }

    #[test]
    fn absurd_times_are_cut() {
        let year = LONGEST.as_secs();
        check(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9223372036854775807")], "", Some(year));
        check(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "-9223372036854775808")], "", Some(1));
        check(429, &[("retry-after", "9223372036854775807")], "", Some(year));
        check(429, &[("retry-after", "soon")], "", Some(60));
    }
}
