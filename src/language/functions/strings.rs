//! Functions of strings.
//! Know nothing of expressions.

use super::{
    Context, Function, NUMBER, Outcome, STRING, STRINGS, bool_type, function, string_list, string_type, strings_type,
    text, texts, whole,
};
use crate::language::types::Type;
use crate::language::value::Value;
use unicode_segmentation::UnicodeSegmentation;

pub(super) const FUNCTIONS: &[Function] = &[
    function("chomp", &[STRING], string_type, |_, arguments| {
        Ok(Value::string(text(&arguments[0]).trim_end_matches(['\r', '\n'])))
    }),
    function("endswith", &[STRING, STRING], bool_type, |_, arguments| {
        Ok(text(&arguments[0]).ends_with(text(&arguments[1])).into())
    }),
    function("startswith", &[STRING.unknown(), STRING], bool_type, starts_with),
    function("strcontains", &[STRING, STRING], bool_type, |_, arguments| {
        Ok(text(&arguments[0]).contains(text(&arguments[1])).into())
    }),
    function("indent", &[NUMBER, STRING], string_type, indent),
    function("join", &[STRING], string_type, join).and(STRINGS.unknown()),
    function("lower", &[STRING], string_type, |_, arguments| Ok(Value::string(mapped(text(&arguments[0]), lower)))),
    function("upper", &[STRING], string_type, |_, arguments| Ok(Value::string(mapped(text(&arguments[0]), upper)))),
    function("title", &[STRING], string_type, |_, arguments| Ok(Value::string(title(text(&arguments[0]))))),
    function("split", &[STRING, STRING], strings_type, split),
    function("strrev", &[STRING], string_type, |_, arguments| {
        Ok(Value::string(text(&arguments[0]).graphemes(true).rev().collect::<String>()))
    }),
    function("substr", &[STRING, NUMBER, NUMBER], string_type, substring),
    function("trim", &[STRING, STRING], string_type, |_, arguments| {
        let cut = text(&arguments[1]);
        Ok(Value::string(text(&arguments[0]).trim_matches(|character| cut.contains(character))))
    }),
    function("trimprefix", &[STRING, STRING], string_type, |_, arguments| {
        let whole = text(&arguments[0]);
        Ok(Value::string(whole.strip_prefix(text(&arguments[1])).unwrap_or(whole)))
    }),
    function("trimsuffix", &[STRING, STRING], string_type, |_, arguments| {
        let whole = text(&arguments[0]);
        Ok(Value::string(whole.strip_suffix(text(&arguments[1])).unwrap_or(whole)))
    }),
    function("trimspace", &[STRING], string_type, |_, arguments| Ok(Value::string(text(&arguments[0]).trim()))),
];

/// What is known of an unknown string may be enough.
fn starts_with(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let prefix = text(&arguments[1]);
    if let Some(whole) = arguments[0].text() {
        return Ok(whole.starts_with(prefix).into());
    }
    if prefix.is_empty() {
        return Ok(true.into());
    }
    let known = arguments[0].range().prefix;
    let known = known.as_deref().unwrap_or_default();
    Ok(if known.starts_with(prefix) {
        true.into()
    } else if !prefix.starts_with(known) {
        false.into()
    } else {
        Value::unknown(Type::Bool)
    })
}

/// Puts so many spaces in front of every line but the first.
fn indent(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let spaces = usize::try_from(whole(&arguments[0])?).map_err(|_| "the number of spaces is negative".to_owned())?;
    let source = text(&arguments[1]);
    let lines = source.matches('\n').count();
    if spaces.saturating_mul(lines + 1) > 1 << 24 {
        return Err("the result is too large".into());
    }
    Ok(Value::string(source.replace('\n', &format!("\n{}", " ".repeat(spaces)))))
}

fn join(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    if arguments.len() < 2 {
        return Err("at least two arguments are required".into());
    }
    let mut all = Vec::new();
    for list in &arguments[1..] {
        if !list.is_known() {
            return Ok(Value::unknown(Type::String));
        }
        match texts(list)? {
            Some(found) => all.extend(found.into_iter().map(str::to_owned)),
            None => return Ok(Value::unknown(Type::String)),
        }
    }
    Ok(Value::string(all.join(text(&arguments[0]))))
}

fn mapped(source: &str, map: fn(char) -> char) -> String {
    source.chars().map(map).collect()
}

/// The capital of a letter, where that is one letter: Go's `unicode.ToUpper`.
fn upper(letter: char) -> char {
    let mut capitals = letter.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => letter,
    }
}

fn lower(letter: char) -> char {
    match letter {
        // Go's table says so.
        'İ' => 'i',
        letter => {
            let mut small = letter.to_lowercase();
            match (small.next(), small.next()) {
                (Some(small), None) => small,
                _ => letter,
            }
        }
    }
}

/// Capitals where words begin, by the rules of Go's `strings.Title`.
fn title(source: &str) -> String {
    let mut before = ' ';
    let separates = |character: char| match character {
        character if character.is_ascii() => !(character.is_ascii_alphanumeric() || character == '_'),
        character => !character.is_alphanumeric() && character.is_whitespace(),
    };
    let capital = |letter: char| {
        let found = if separates(before) { title_case(letter) } else { letter };
        before = letter;
        found
    };
    source.chars().map(capital).collect()
}

/// Digraphs have a form with only the first letter large.
fn title_case(letter: char) -> char {
    match letter {
        'Ǆ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǳ' => 'ǲ',
        letter => upper(letter),
    }
}

fn split(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let (separator, source) = (text(&arguments[0]), text(&arguments[1]));
    Ok(match (separator.is_empty(), source.is_empty()) {
        (true, true) => string_list(Vec::<String>::new()),
        // As Go does: into characters, not into what a reader takes for one.
        (true, false) => string_list(source.chars().map(String::from)),
        _ => string_list(source.split(separator)),
    })
}

fn substring(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let source = text(&arguments[0]);
    let (mut offset, length) = (whole(&arguments[1])?, whole(&arguments[2])?);
    let all = i64::try_from(source.graphemes(true).count()).unwrap_or(i64::MAX);
    if offset < 0 {
        offset = (offset + all).max(0);
    }
    let (skip, take) = (
        usize::try_from(offset).unwrap_or(usize::MAX),
        if length < 0 { usize::MAX } else { usize::try_from(length).unwrap_or(usize::MAX) },
    );
    Ok(Value::string(source.graphemes(true).skip(skip).take(take).collect::<String>()))
}
