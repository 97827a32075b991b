//! Functions over strings.
//! Know nothing of references.

use super::Outcome;
use crate::config::evaluate::value::Value;
use std::sync::Arc;

/// Characters that a width in a format may ask for.
const WIDTH: usize = 1000;

pub(super) fn call(name: &str, arguments: &[Value]) -> Outcome {
    if name == "format" {
        return format(arguments);
    }
    if name == "join" {
        return join(arguments);
    }
    let texts = arguments.iter().map(Value::to_text).collect::<Option<Vec<_>>>()?;
    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
    let text = |text: &str| Some(Value::string(text));
    match (name, texts.as_slice()) {
        ("split", [separator, whole]) => {
            let parts: Vec<Value> = match separator.is_empty() {
                true => whole.chars().map(|character| Value::string(character.to_string())).collect(),
                false => whole.split(separator).map(Value::string).collect(),
            };
            Some(Value::list(parts))
        }
        ("upper", [whole]) => mapped(whole, |character| single(character.to_uppercase())),
        ("lower", [whole]) => mapped(whole, |character| single(character.to_lowercase())),
        // Between slashes stands a regular expression.
        ("replace", [_, pattern, _])
            if pattern.is_empty() || pattern.len() > 1 && pattern.starts_with('/') && pattern.ends_with('/') =>
        {
            None
        }
        ("replace", [whole, pattern, replacement]) => {
            let grown = whole.len().checked_add(whole.matches(pattern).count().checked_mul(replacement.len())?)?;
            if grown > 4 << 20 {
                return None;
            }
            Some(Value::string(whole.replace(pattern, replacement)))
        }
        ("trimspace", [whole]) => text(whole.trim()),
        ("trim", [whole, cut]) => text(whole.trim_matches(|character| cut.contains(character))),
        ("trimprefix", [whole, prefix]) => text(whole.strip_prefix(prefix).unwrap_or(whole)),
        ("trimsuffix", [whole, suffix]) => text(whole.strip_suffix(suffix).unwrap_or(whole)),
        ("chomp", [whole]) => text(whole.trim_end_matches(['\r', '\n'])),
        ("startswith", [whole, prefix]) => Some(Value::Bool(whole.starts_with(prefix))),
        ("endswith", [whole, suffix]) => Some(Value::Bool(whole.ends_with(suffix))),
        ("strcontains", [whole, part]) => Some(Value::Bool(whole.contains(part))),
        ("substr", [whole, start, length]) => substring(whole, start.parse().ok()?, length.parse().ok()?),
        _ => None,
    }
}

fn mapped(text: &str, map: impl Fn(char) -> Option<char>) -> Outcome {
    text.chars().map(map).collect::<Option<String>>().map(Value::string)
}

/// The one character that a character becomes. Terraform leaves alone what becomes several.
fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}

/// Positions count what people take for characters; in ASCII those are bytes.
fn substring(text: &str, start: i64, length: i64) -> Outcome {
    if !text.is_ascii() || text.contains('\r') {
        return None;
    }
    let whole = i64::try_from(text.len()).ok()?;
    let start = if start < 0 { (whole + start).max(0) } else { start.min(whole) };
    let end = if length < 0 { whole } else { start.saturating_add(length).min(whole) };
    Some(Value::string(text.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?))
}

fn join(arguments: &[Value]) -> Outcome {
    let (separator, lists) = arguments.split_first()?;
    let separator = separator.to_text()?;
    let mut texts: Vec<Arc<str>> = Vec::new();
    for list in lists {
        if !list.is_ordered() {
            return None;
        }
        for element in list.elements()? {
            texts.push(element.to_text()?);
        }
    }
    Some(Value::string(texts.join(&*separator)))
}

/// `format` with the verbs `%s`, `%d`, `%v` and `%%`, a width, and the flags `0` and `-`.
fn format(arguments: &[Value]) -> Outcome {
    let (pattern, values) = arguments.split_first()?;
    let pattern = pattern.to_text()?;
    let mut values = values.iter();
    let mut text = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let mut flags = String::new();
        while let Some(next) = characters.next_if(|next| next.is_ascii_digit() || *next == '-') {
            flags.push(next);
        }
        let verb = characters.next()?;
        if verb == '%' && flags.is_empty() {
            text.push('%');
            continue;
        }
        let value = values.next()?;
        let part = match (verb, value) {
            ('s' | 'v', Value::String(_) | Value::Number(_) | Value::Bool(_)) => value.to_text()?,
            ('d', value) => value.to_number()?.integer()?.to_string().into(),
            _ => return None,
        };
        text.push_str(&padded(&part, &flags, verb)?);
    }
    values.next().is_none().then(|| Value::string(text))
}

fn padded(part: &str, flags: &str, verb: char) -> Option<String> {
    if flags.is_empty() {
        return Some(part.to_owned());
    }
    let left = flags.starts_with('-');
    let width = flags.strip_prefix('-').unwrap_or(flags);
    if !part.is_ascii() || width.contains('-') || width.is_empty() {
        return None;
    }
    let zeros = width.starts_with('0');
    let width: usize = width.parse().ok().filter(|width| *width <= WIDTH)?;
    match (left, zeros) {
        (true, true) => None,
        (true, false) => Some(format!("{part:<width$}")),
        (false, false) => Some(format!("{part:>width$}")),
        (false, true) => {
            let (sign, digits) = match part.strip_prefix('-') {
                Some(digits) if verb == 'd' => ("-", digits),
                _ => ("", part),
            };
            Some(format!("{sign}{digits:0>width$}", width = width.saturating_sub(sign.len())))
        }
    }
}
