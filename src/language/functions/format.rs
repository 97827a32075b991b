//! `format` and `formatlist`.
//! Know nothing of expressions.

use super::{ANY, Context, Function, Outcome, STRING, function, string_type, strings_type, text};
use crate::language::convert::{convert, to_json};
use crate::language::number::Number;
use crate::language::types::Type;
use crate::language::value::{Kind, Marks, Value};
use unicode_segmentation::UnicodeSegmentation;

/// The widest field that is filled.
const WIDTH: usize = 4096;

pub(super) const FUNCTIONS: &[Function] = &[
    function("format", &[STRING], string_type, format).and(ANY.null().unknown().dynamic()),
    function("formatlist", &[STRING], strings_type, format_list).and(ANY.null().unknown().dynamic().marked()),
];

fn format(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let values = &arguments[1..];
    if let Some(value) = values.iter().find(|value| value.is_dynamic()) {
        // `null` as it is written has no type, and cty waits for one.
        return Ok(Value::dynamic().marked(value.marks));
    }
    if !values.iter().all(Value::is_wholly_known) {
        let prefix = text(&arguments[0]).split('%').next().unwrap_or_default();
        return Ok(match prefix.is_empty() {
            true => Value::unknown(Type::String),
            false => Value::ranged(
                Type::String,
                crate::language::value::Range { not_null: true, prefix: Some(prefix.into()), ..Default::default() },
            ),
        });
    }
    Ok(Value::string(formatted(text(&arguments[0]), values)?))
}

fn format_list(context: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let mut marks = Marks::default();
    let unmarked = |value: &Value| value.clone().unmarked_deep(&mut marks);
    let values: Vec<Value> = arguments[1..].iter().map(unmarked).collect();
    let source = text(&arguments[0]);
    let mut length: Option<usize> = None;
    let mut known = true;
    for value in &values {
        if value.is_dynamic() {
            return Ok(Value::dynamic().marked(marks));
        }
        if !matches!(value.value_type(), Type::List(_) | Type::Set(_) | Type::Tuple(_)) || value.is_null() {
            continue;
        }
        match value.length() {
            Some(found) if length.is_some_and(|length| length != found) => {
                return Err("the lists have different lengths".into());
            }
            Some(found) => length = Some(found),
            None => known = false,
        }
    }
    if !known {
        return Ok(Value::unknown(Type::list(Type::String)).marked(marks));
    }
    let mut results = Vec::new();
    for position in 0..length.unwrap_or(1) {
        context.spend(values.len() + 1)?;
        let at = |value: &Value| match (value.elements(), value.is_null()) {
            (Some(elements), false) => elements[position].clone(),
            _ => value.clone(),
        };
        let row: Vec<Value> = values.iter().map(at).collect();
        results.push(match row.iter().all(Value::is_wholly_known) {
            true => Value::string(formatted(source, &row)?),
            false => Value::unknown(Type::String).not_null(),
        });
    }
    Ok(Value::list(Type::String, results).marked(marks))
}

/// One `%…` of a format.
#[derive(Default)]
struct Verb {
    sharp: bool,
    plus: bool,
    minus: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

fn formatted(source: &str, values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut next = 0;
    let mut highest = 0;
    let mut positional = false;
    let mut rest = source.char_indices().peekable();
    while let Some((start, character)) = rest.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        if rest.next_if(|(_, character)| *character == '%').is_some() {
            out.push('%');
            continue;
        }
        let mut verb = Verb::default();
        while let Some((_, flag)) = rest.next_if(|(_, character)| "#+- 0".contains(*character)) {
            match flag {
                '#' => verb.sharp = true,
                '+' => verb.plus = true,
                '-' => verb.minus = true,
                ' ' => verb.space = true,
                _ => verb.zero = true,
            }
        }
        let mut number = || {
            let mut digits = String::new();
            while let Some((_, digit)) = rest.next_if(|(_, character)| character.is_ascii_digit()) {
                digits.push(digit);
            }
            match digits.is_empty() {
                true => Ok(None),
                false => digits.parse().ok().filter(|number| *number <= WIDTH).map(Some).ok_or("a number is too large"),
            }
        };
        verb.width = number()?;
        if rest.next_if(|(_, character)| *character == '.').is_some() {
            let mut digits = String::new();
            while let Some((_, digit)) = rest.next_if(|(_, character)| character.is_ascii_digit()) {
                digits.push(digit);
            }
            let precision = digits.parse().ok().filter(|number| *number <= WIDTH);
            verb.precision = Some(precision.ok_or_else(|| format!("no precision at {start}"))?);
        }
        if rest.next_if(|(_, character)| *character == '[').is_some() {
            let mut digits = String::new();
            while let Some((_, digit)) = rest.next_if(|(_, character)| character.is_ascii_digit()) {
                digits.push(digit);
            }
            let closed = rest.next_if(|(_, character)| *character == ']').is_some();
            let position = digits.parse::<usize>().ok().filter(|position| closed && *position > 0);
            next = position.ok_or_else(|| format!("no position at {start}"))? - 1;
            positional = true;
        }
        let Some((_, mode)) = rest.next() else { return Err(format!("the verb at {start} is not complete")) };
        let value =
            values.get(next).ok_or_else(|| format!("there is no argument {} for the verb at {start}", next + 1))?;
        verb.append(mode, value, &mut out).map_err(|error| format!("the verb at {start}: {error}"))?;
        next += 1;
        highest = highest.max(next);
    }
    match highest < values.len() && !positional {
        true => Err(format!("only {highest} of {} arguments are used", values.len())),
        false => Ok(out),
    }
}

impl Verb {
    fn append(&self, mode: char, value: &Value, out: &mut String) -> Result<(), String> {
        if mode != 'v' && value.is_null() {
            return Err("null cannot be formatted".into());
        }
        let wanted = |wanted: &Type| convert(value, wanted);
        let done = match mode {
            'v' => self.padded(self.as_is(value)?),
            't' => wanted(&Type::Bool)?.boolean().unwrap_or_default().to_string(),
            'b' | 'd' | 'o' | 'x' | 'X' => self.integer(mode, &number(&wanted(&Type::Number)?)?)?,
            'e' | 'E' | 'f' | 'g' | 'G' => self.float(mode, &number(&wanted(&Type::Number)?)?),
            's' | 'q' => {
                let source = wanted(&Type::String)?;
                let source = text(&source);
                let cut: String = match self.precision {
                    Some(precision) if precision > 0 => source.graphemes(true).take(precision).collect(),
                    _ => source.to_owned(),
                };
                self.padded(if mode == 'q' { super::json::encoded(&Value::string(cut)) } else { cut })
            }
            _ => return Err(format!("there is no verb {mode:?}")),
        };
        out.push_str(&done);
        Ok(())
    }

    fn as_is(&self, value: &Value) -> Result<String, String> {
        Ok(match &value.kind {
            Kind::String(text) if !self.sharp => text.to_string(),
            Kind::Number(number) if !self.sharp => number.general(None),
            _ => {
                to_json(value).ok_or_else(|| "the value is not known".to_owned())?;
                super::json::encoded(value)
            }
        })
    }

    fn padded(&self, done: String) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(done.graphemes(true).count());
        let fill = if self.zero { "0" } else { " " }.repeat(missing);
        if self.minus { format!("{done}{fill}") } else { format!("{fill}{done}") }
    }

    /// A whole number as Go's `fmt` writes a `big.Int`.
    fn integer(&self, mode: char, number: &Number) -> Result<String, String> {
        let whole = number.integer().ok_or_else(|| "a whole number is required".to_owned())?;
        let (base, prefix) = match mode {
            'b' => (2, "0b"),
            'o' => (8, "0"),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            _ => (10, ""),
        };
        let mut digits = whole.magnitude().to_str_radix(base);
        if mode == 'X' {
            digits = digits.to_uppercase();
        }
        if let Some(precision) = self.precision {
            digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
        }
        let prefix = if self.sharp { prefix } else { "" };
        Ok(self.signed(number.is_negative(), prefix, digits, self.precision.is_none()))
    }

    fn float(&self, mode: char, number: &Number) -> String {
        let magnitude = number.absolute();
        let mut digits = match mode {
            'f' => magnitude.fixed(self.precision.unwrap_or(6)),
            'e' | 'E' => magnitude.scientific(Some(self.precision.unwrap_or(6))),
            _ => magnitude.general(self.precision),
        };
        if mode.is_ascii_uppercase() {
            digits = digits.to_uppercase();
        }
        self.signed(number.is_negative(), "", digits, true)
    }

    fn signed(&self, negative: bool, prefix: &str, digits: String, zeros: bool) -> String {
        let sign = match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let missing = self.width.unwrap_or(0).saturating_sub(sign.len() + prefix.len() + digits.len());
        match (self.minus, self.zero && zeros) {
            (true, _) => format!("{sign}{prefix}{digits}{}", " ".repeat(missing)),
            (_, true) => format!("{sign}{prefix}{}{digits}", "0".repeat(missing)),
            _ => format!("{}{sign}{prefix}{digits}", " ".repeat(missing)),
        }
    }
}

fn number(value: &Value) -> Result<Number, String> {
    value.number().cloned().ok_or_else(|| "a number is required".to_owned())
}
