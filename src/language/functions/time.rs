//! Functions of time. What depends on when they are called is not known.
//! Know nothing of expressions.

use super::{Context, Function, Outcome, STRING, function, number_type, string_type, text};
use crate::language::number::Number;
use crate::language::types::Type;
use crate::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    function("formatdate", &[STRING, STRING], string_type, format_date),
    function("plantimestamp", &[], string_type, |_, _| Ok(Value::unknown(Type::String))),
    function("timeadd", &[STRING, STRING], string_type, |_, arguments| {
        let moment = Moment::parse(text(&arguments[0]))?;
        let seconds = moment.nanoseconds + duration(text(&arguments[1]))?;
        Ok(Value::string(Moment { nanoseconds: seconds, ..moment }.rfc3339()?))
    }),
    function("timecmp", &[STRING, STRING], number_type, |_, arguments| {
        let (one, other) = (Moment::parse(text(&arguments[0]))?, Moment::parse(text(&arguments[1]))?);
        Ok(Number::from(one.nanoseconds.cmp(&other.nanoseconds) as i64).into())
    }),
    function("timestamp", &[], string_type, |_, _| Ok(Value::unknown(Type::String))),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SECOND: i128 = 1_000_000_000;

/// A point in time, as it is written somewhere.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// Since 1970 in UTC.
    nanoseconds: i128,
    /// Seconds that the clock is ahead of UTC.
    offset: i64,
}

/// What a clock and a calendar show.
struct Shown {
    year: i64,
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    weekday: usize,
}

impl Moment {
    /// Reads RFC 3339 as strictly as Go does.
    fn parse(source: &str) -> Result<Self, String> {
        let wrong = || format!("{source:?} is no timestamp of RFC 3339");
        let bytes = source.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = bytes.get(from..to).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
            std::str::from_utf8(digits).ok()?.parse().ok()
        };
        let mark = |at: usize, wanted: u8| bytes.get(at) == Some(&wanted);
        let marks = mark(4, b'-') && mark(7, b'-') && mark(10, b'T') && mark(13, b':') && mark(16, b':');
        let read = || {
            let date = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
            let clock = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
            let mut rest = source.get(19..)?;
            let mut fraction = 0;
            if let Some(digits) = rest.strip_prefix(['.', ',']) {
                let length = digits.bytes().take_while(u8::is_ascii_digit).count();
                (length > 0).then_some(())?;
                fraction = format!("{:0<9.9}", &digits[..length]).parse::<i128>().ok()?;
                rest = &digits[length..];
            }
            let offset = match rest.as_bytes() {
                b"Z" => 0,
                [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                    let (hours, minutes) = (rest[1..3].parse::<i64>().ok()?, rest[4..6].parse::<i64>().ok()?);
                    (hours < 24 && minutes < 60).then_some(())?;
                    (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
                }
                _ => return None,
            };
            let seconds = seconds(date, clock)?;
            Some(Self { nanoseconds: i128::from(seconds - offset) * SECOND + fraction, offset })
        };
        marks.then(read).flatten().ok_or_else(wrong)
    }

    fn shown(&self) -> Result<Shown, String> {
        let seconds = self.nanoseconds.div_euclid(SECOND) + i128::from(self.offset);
        let seconds = i64::try_from(seconds).map_err(|_| "a time beyond all calendars".to_owned())?;
        let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        Ok(Shown {
            year,
            month: usize::try_from(month).unwrap_or(1),
            day,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
            weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
        })
    }

    fn rfc3339(&self) -> Result<String, String> {
        let Shown { year, month, day, hour, minute, second, .. } = self.shown()?;
        let zone = if self.offset == 0 { "Z".into() } else { self.zone(":") };
        Ok(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"))
    }

    fn zone(&self, between: &str) -> String {
        let minutes = self.offset.abs() / 60;
        let sign = if self.offset < 0 { '-' } else { '+' };
        format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
    }
}

/// Seconds since 1970 of a date and a time of day; none where there is no such day.
fn seconds((year, month, day): (i64, i64, i64), (hour, minute, second): (i64, i64, i64)) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    let valid = (1..=last).contains(&day) && hour < 24 && minute < 60 && second < 60;
    // Days since March 1st of the year 0, in years that begin in March.
    let (shifted, of_year) = (year - i64::from(month <= 2), (153 * ((month + 9) % 12) + 2) / 5 + day - 1);
    let era = shifted.div_euclid(400);
    let in_era = shifted.rem_euclid(400);
    let days = era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + of_year - 719_468;
    valid.then_some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The date of a day counted from 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let in_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let of_year = day_of_era - (365 * in_era + in_era / 4 - in_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (in_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A duration such as `-1h30.5m`, in nanoseconds, as Go's `time.ParseDuration` reads it.
fn duration(source: &str) -> Result<i128, String> {
    let wrong = || format!("{source:?} is no duration");
    let (negative, mut rest) = match source.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, source.strip_prefix('+').unwrap_or(source)),
    };
    if rest == "0" {
        return Ok(0);
    }
    let mut total = 0_i128;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest.find(|character: char| !(character.is_ascii_digit() || character == '.'));
        let (figure, after) = rest.split_at(end.ok_or_else(wrong)?);
        let letters = after.find(|character: char| character.is_ascii_digit() || character == '.');
        let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            _ => return Err(wrong()),
        };
        let (whole, fraction) = figure.split_once('.').unwrap_or((figure, ""));
        let digits = whole.len() + fraction.len();
        if digits == 0 || whole.len() > 19 || fraction.contains('.') {
            return Err(wrong());
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
        let fraction = &fraction[..fraction.len().min(18)];
        let part = match fraction.is_empty() {
            true => 0,
            false => {
                let places = u32::try_from(fraction.len()).unwrap_or(0);
                fraction.parse::<i128>().map_err(|_| wrong())? * scale / 10_i128.pow(places)
            }
        };
        total += whole * scale + part;
        if total > i128::from(i64::MAX) {
            return Err(wrong());
        }
        rest = after;
    }
    Ok(if negative { -total } else { total })
}

fn format_date(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let moment = Moment::parse(text(&arguments[1]))?;
    let shown = moment.shown()?;
    let source: Vec<char> = text(&arguments[0]).chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < source.len() {
        let first = source[at];
        if first == '\'' {
            at = literal(&source, at + 1, &mut out)?;
        } else if first.is_ascii_alphabetic() {
            let length = source[at..].iter().take_while(|character| **character == first).count();
            out.push_str(&verb(first, length, &shown, &moment)?);
            at += length;
        } else {
            out.push(first);
            at += 1;
        }
    }
    Ok(Value::string(out))
}

/// What stands in quotes; two quotes are one. Returns where it ends.
fn literal(source: &[char], start: usize, out: &mut String) -> Result<usize, String> {
    if source.get(start) == Some(&'\'') {
        out.push('\'');
        return Ok(start + 1);
    }
    let mut at = start;
    while let Some(character) = source.get(at) {
        match (character, source.get(at + 1)) {
            ('\'', Some('\'')) => {
                out.push('\'');
                at += 2;
            }
            ('\'', _) => return Ok(at + 1),
            (character, _) => {
                out.push(*character);
                at += 1;
            }
        }
    }
    Err("a quotation is not closed".into())
}

fn verb(letter: char, length: usize, shown: &Shown, moment: &Moment) -> Result<String, String> {
    let month = MONTHS[(shown.month - 1).min(11)];
    let day = DAYS[shown.weekday];
    let twelve = if shown.hour % 12 == 0 { 12 } else { shown.hour % 12 };
    let numbers = |number: i64| match length {
        1 => Some(number.to_string()),
        2 => Some(format!("{number:02}")),
        _ => None,
    };
    let found = match (letter, length) {
        ('Y', 2) => Some(format!("{:02}", shown.year % 100)),
        ('Y', 4) => Some(format!("{:04}", shown.year)),
        ('M', 3) => Some(month[..3].to_owned()),
        ('M', 4) => Some(month.to_owned()),
        ('M', _) => numbers(i64::try_from(shown.month).unwrap_or(1)),
        ('D', _) => numbers(shown.day),
        ('E', 3) => Some(day[..3].to_owned()),
        ('E', 4) => Some(day.to_owned()),
        ('h', _) => numbers(shown.hour),
        ('H', _) => numbers(twelve),
        ('A', 2) => Some(if shown.hour < 12 { "AM" } else { "PM" }.to_owned()),
        ('a', 2) => Some(if shown.hour < 12 { "am" } else { "pm" }.to_owned()),
        ('m', _) => numbers(shown.minute),
        ('s', _) => numbers(shown.second),
        ('Z', 1) if moment.offset == 0 => Some("Z".to_owned()),
        ('Z', 3) if moment.offset == 0 => Some("UTC".to_owned()),
        ('Z', 3 | 4) => Some(moment.zone("")),
        ('Z', 1 | 5) => Some(moment.zone(":")),
        _ => None,
    };
    found.ok_or_else(|| format!("{:?} means nothing in a date", letter.to_string().repeat(length.min(20))))
}

/// A timestamp in one of the forms that YAML takes for one, as RFC 3339.
pub(super) fn from_yaml(source: &str) -> Option<String> {
    let (year, rest) = source.split_once('-').filter(|(year, _)| year.len() == 4)?;
    let (month, rest) = rest.split_once('-')?;
    let short = |digits: &str| (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (day, clock) = rest.split_at(end);
    if !short(month) || !short(day) {
        return None;
    }
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    let moment = match clock.as_bytes().first() {
        None => format!("{date}T00:00:00Z"),
        Some(b't' | b'T') => timed(&date, &clock[1..])?,
        Some(b' ') => timed(&date, &format!("{}Z", &clock[1..]))?,
        _ => return None,
    };
    Moment::parse(&moment).ok()?.rfc3339().ok()
}

fn timed(date: &str, clock: &str) -> Option<String> {
    let (hour, rest) = clock.split_once(':')?;
    let (minute, rest) = rest.split_once(':')?;
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (second, rest) = rest.split_at(end);
    Some(format!("{date}T{hour:0>2}:{minute:0>2}:{second:0>2}{rest}"))
}
