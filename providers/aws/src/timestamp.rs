//! Times as Terraform records them.
//! Knows nothing of what happened then.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// The same of seconds since 1970, as the JSON protocols write times.
pub(crate) fn of_seconds(seconds: Option<&serde_json::Value>) -> Option<String> {
    let seconds = seconds?.as_f64()?;
    // Beyond this no time fits, and the conversion below would panic.
    (seconds.abs() < 1e11).then(|| timestamp(&DateTime::from_secs_f64(seconds)))?
}

/// The same of milliseconds since 1970, as CloudWatch Logs writes times.
pub(crate) fn of_milliseconds(milliseconds: Option<i64>) -> Option<String> {
    timestamp(&DateTime::from_secs(milliseconds? / 1000))
}

/// RFC 3339 in UTC, in whole seconds: what Go's layout of that name prints. None for what lies beyond the calendar.
pub(crate) fn timestamp(time: &DateTime) -> Option<String> {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_whole_seconds() {
        let time = DateTime::from_secs_and_nanos(1_795_475_383, 120_000_000);
        assert_eq!(timestamp(&time).as_deref(), Some("2026-11-23T23:09:43Z"));
        assert_eq!(timestamp(&DateTime::from_secs(i64::MAX)), None);
        assert_eq!(of_milliseconds(Some(1_795_475_383_120)).as_deref(), Some("2026-11-23T23:09:43Z"));
    }
}
