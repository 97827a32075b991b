//! Regular expressions: the syntax and meaning of RE2, as Go has it.
//! Know nothing of expressions.

use super::{Context, Function, Outcome, STRING, any_type, function, string_type, text};
use crate::language::types::Type;
use crate::language::value::Value;
use regex::{Captures, Regex, RegexBuilder};
use std::collections::BTreeMap;

/// Bytes that a compiled pattern may take.
const SIZE: usize = 4 << 20;

pub(super) const FUNCTIONS: &[Function] = &[
    function("regex", &[STRING, STRING], any_type, |_, arguments| {
        let pattern = compiled(text(&arguments[0]))?;
        match pattern.captures(text(&arguments[1])) {
            Some(captures) => Ok(found(&pattern, &captures)),
            None => Err("the pattern does not match".into()),
        }
    }),
    function("regexall", &[STRING, STRING], any_type, |context, arguments| {
        let pattern = compiled(text(&arguments[0]))?;
        let mut all = Vec::new();
        for captures in pattern.captures_iter(text(&arguments[1])) {
            context.spend(1)?;
            all.push(found(&pattern, &captures));
        }
        Ok(Value::list(result_type(&pattern), all))
    }),
    function("replace", &[STRING, STRING, STRING], string_type, replace),
];

fn replace(context: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let [source, wanted, with] = arguments else { return Err("three arguments are taken".into()) };
    let (source, wanted, with) = (text(source), text(wanted), text(with));
    context.spend(source.len() / 64 * (1 + with.len() / 64))?;
    let pattern = wanted.strip_prefix('/').and_then(|wanted| wanted.strip_suffix('/'));
    let Some(pattern) = pattern else { return Ok(Value::string(source.replace(wanted, with))) };
    let pattern = compiled(pattern)?;
    let mut out = String::new();
    let mut last = 0;
    for captures in pattern.captures_iter(source) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(&source[last..whole.start()]);
        expand(with, &captures, &mut out);
        last = whole.end();
        context.spend(1 + out.len() / 4096)?;
    }
    out.push_str(&source[last..]);
    Ok(Value::string(out))
}

/// Go's `Expand`: `$name` takes the longest name of letters, digits and underscores, `$$` is a dollar, and what names no
/// group is nothing.
fn expand(template: &str, captures: &Captures<'_>, out: &mut String) {
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let word = |text: &str| {
            let end = text.find(|character: char| !(character.is_alphanumeric() || character == '_'));
            end.unwrap_or(text.len())
        };
        let (name, length) = match rest.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) if end > 0 && word(&inner[..end]) == end => (&inner[..end], end + 2),
                _ => ("", 0),
            },
            None => (&rest[..word(rest)], word(rest)),
        };
        if name.is_empty() {
            out.push('$');
            continue;
        }
        let group = match name.parse::<usize>() {
            Ok(position) => captures.get(position),
            Err(_) => captures.name(name),
        };
        out.push_str(group.map_or("", |group| group.as_str()));
        rest = &rest[length..];
    }
    out.push_str(rest);
}

/// What a match yields: an object of named groups, a tuple of groups, or the text.
fn found(pattern: &Regex, captures: &Captures<'_>) -> Value {
    let group = |position: usize| match captures.get(position) {
        Some(group) => Value::string(group.as_str()),
        None => Value::null(Type::String),
    };
    match groups(pattern) {
        Groups::None => group(0),
        Groups::Numbered(count) => Value::tuple((1..=count).map(group).collect()),
        Groups::Named(names) => {
            Value::object(names.into_iter().map(|(name, position)| (name.into(), group(position))).collect())
        }
    }
}

fn result_type(pattern: &Regex) -> Type {
    match groups(pattern) {
        Groups::None => Type::String,
        Groups::Numbered(count) => Type::Tuple(vec![Type::String; count].into()),
        Groups::Named(names) => Type::object(names.into_keys().map(|name| (name.into(), Type::String)).collect()),
    }
}

enum Groups<'a> {
    None,
    Numbered(usize),
    Named(BTreeMap<&'a str, usize>),
}

fn groups(pattern: &Regex) -> Groups<'_> {
    let names: BTreeMap<&str, usize> =
        pattern.capture_names().enumerate().filter_map(|(position, name)| Some((name?, position))).collect();
    match (names.is_empty(), pattern.captures_len()) {
        (false, _) => Groups::Named(names),
        (true, 0 | 1) => Groups::None,
        (true, count) => Groups::Numbered(count - 1),
    }
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(&translated(pattern)?);
    let built = builder.size_limit(SIZE).dfa_size_limit(SIZE).build();
    let compiled = built.map_err(|_| format!("{pattern:?} is no regular expression, or too large"))?;
    let mut named = compiled.capture_names().skip(1).map(|name| name.is_some());
    let (first, rest) = (named.next(), named.collect::<Vec<_>>());
    match first.is_some_and(|first| rest.iter().any(|other| *other != first)) {
        true => Err("either all groups have names or none has".into()),
        false => Ok(compiled),
    }
}

/// The pattern in this library's syntax: Go's classes know only ASCII, and brackets and `&&` in classes mean themselves.
fn translated(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut rest = pattern.chars().peekable();
    let mut class = false;
    // Where a `]` is a character of the class.
    let mut first = false;
    while let Some(character) = rest.next() {
        let was_first = std::mem::take(&mut first);
        match (character, class) {
            ('\\', _) => {
                let Some(escaped) = rest.next() else { return Err("the pattern ends in a backslash".into()) };
                match (escaped, class) {
                    ('d', false) => out.push_str("[0-9]"),
                    ('D', false) => out.push_str("[^0-9]"),
                    ('w', false) => out.push_str("[0-9A-Za-z_]"),
                    ('W', false) => out.push_str("[^0-9A-Za-z_]"),
                    ('s', false) => out.push_str(r"[\t\n\f\r ]"),
                    ('S', false) => out.push_str(r"[^\t\n\f\r ]"),
                    ('d', true) => out.push_str("0-9"),
                    ('D', true) => out.push_str("[^0-9]"),
                    ('w', true) => out.push_str("0-9A-Za-z_"),
                    ('W', true) => out.push_str("[^0-9A-Za-z_]"),
                    ('s', true) => out.push_str(r"\t\n\f\r "),
                    ('S', true) => out.push_str(r"[^\t\n\f\r ]"),
                    ('b', false) => out.push_str(r"(?-u:\b)"),
                    ('B', false) => out.push_str(r"(?-u:\B)"),
                    ('Q', false) => {
                        let mut literal = String::new();
                        for character in rest.by_ref() {
                            literal.push(character);
                            if literal.ends_with("\\E") {
                                literal.truncate(literal.len() - 2);
                                break;
                            }
                        }
                        out.push_str(&regex::escape(&literal));
                    }
                    ('C' | 'Z' | 'G' | 'K' | 'X' | 'R', false) | ('1'..='9', _) => {
                        return Err(format!("\\{escaped} means nothing in RE2"));
                    }
                    ('0', _) => {
                        let mut code = 0;
                        for _ in 0..2 {
                            if let Some(digit) = rest.next_if(|digit| ('0'..='7').contains(digit)) {
                                code = code * 8 + digit.to_digit(8).unwrap_or(0);
                            }
                        }
                        out.push_str(&format!("\\x{{{code:x}}}"));
                    }
                    _ => {
                        out.push('\\');
                        out.push(escaped);
                    }
                }
            }
            ('[', false) => {
                out.push('[');
                class = true;
                first = true;
                if rest.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            ('[', true) => match rest.peek() {
                Some(':') => {
                    let mut name = String::from("[");
                    for character in rest.by_ref() {
                        name.push(character);
                        if name.ends_with(":]") {
                            break;
                        }
                    }
                    out.push_str(&name);
                }
                _ => out.push_str("\\["),
            },
            (']', true) if was_first => out.push_str("\\]"),
            (']', true) => {
                class = false;
                out.push(']');
            }
            ('&' | '~', true) => {
                out.push('\\');
                out.push(character);
            }
            ('-', true) if rest.peek() == Some(&'-') => out.push_str("\\-"),
            _ => out.push(character),
        }
    }
    Ok(out)
}
