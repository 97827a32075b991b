//! Makes text from outside inert: what would steer a terminal, reorder text or hide is written as a visible escape.
//! Knows nothing of the reports it is used in.

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};
use std::borrow::Cow;
use std::io;

/// Text fit for a terminal: control characters (C0, C1, escape, line ends), bidirectional overrides and invisible
/// characters become escapes such as `\n` and `\u{1b}`.
pub fn inert(text: &str) -> Cow<'_, str> {
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if hidden(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// Whether a character steers, reorders or hides instead of being seen.
/// The joiners U+200C and U+200D stay: scripts and emoji need them, and they move nothing.
fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text fit for a SARIF message, which viewers show as plain text, as Markdown or as HTML, and in which
/// `[text](target)` is a link (SARIF 2.1.0, 3.11.6): no link and no tag can begin in it.
///
/// Only the two places that matter are touched, so that an address with an instance key stays readable everywhere.
pub(super) fn inert_message(text: &str) -> String {
    let text = inert(text).replace("](", "\\]\\(");
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let opens_tag =
            character == '<' && characters.peek().is_some_and(|next| next.is_alphabetic() || "/!?".contains(*next));
        if opens_tag {
            out.push_str("&lt;");
        } else {
            out.push(character);
        }
    }
    out
}

/// A link to a related location of a SARIF result, for a message. Brackets and backslashes of its text are escaped as
/// the standard says; the parenthesis behind a bracket is too, for viewers that look for `](` alone.
pub(super) fn message_link(text: &str, id: usize) -> String {
    let text = inert_message(text).replace("\\]\\(", "](");
    let text = text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace("](", "]\\(");
    format!("[{text}]({id})")
}

/// JSON for people and programs: indented, a newline at the end, and nothing in it that a terminal would obey.
pub(super) fn pretty_json(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    pretty_json_to(&mut out, value).expect("memory takes every write");
    String::from_utf8(out).expect("the serializer writes UTF-8")
}

/// The same for what need not be in memory as a whole.
pub(super) fn pretty_json_to(out: &mut dyn io::Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, InertFormatter(PrettyFormatter::new()));
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// The pretty formatter, with hidden characters beyond ASCII escaped (the serializer escapes those of ASCII itself).
struct InertFormatter(PrettyFormatter<'static>);

impl Formatter for InertFormatter {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut start = 0;
        for (position, character) in fragment.char_indices().filter(|(_, character)| hidden(*character)) {
            writer.write_all(&fragment.as_bytes()[start..position])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            start = position + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_written_visibly() {
        for (text, expected) in [
            ("plain: ü, 日本, 👩‍💻", "plain: ü, 日本, 👩‍💻"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{1b}[31mred\u{9b}0m\u{7f}", "\\u{1b}[31mred\\u{9b}0m\\u{7f}"),
            ("\u{202e}gnp.exe\u{2066}", "\\u{202e}gnp.exe\\u{2066}"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
        ] {
            assert_eq!(inert(text), expected);
        }
    }

    #[test]
    fn no_link_and_no_tag_begins_in_a_message() {
        for (text, expected) in [
            (r#"module.net["a"].aws_vpc.main[0]"#, r#"module.net["a"].aws_vpc.main[0]"#),
            ("[click](https://example.com)", "[click\\]\\(https://example.com)"),
            ("![x](y)<img src=x>", "![x\\]\\(y)&lt;img src=x>"),
            ("</b> a < b <!-- <3", "&lt;/b> a < b &lt;!-- <3"),
        ] {
            assert_eq!(inert_message(text), expected);
        }
        assert_eq!(message_link(r#"a["x\y"](z)"#, 3), r#"[a\["x\\y"\]\(z)](3)"#);
    }

    #[test]
    fn json_keeps_its_value_and_loses_its_bite() {
        let value = serde_json::json!({"a\u{9b}": ["\u{202e}\u{e0041}\u{1b}", 1.50, {}, []]});
        let text = pretty_json(&value);
        assert!(text.ends_with("}\n") && text.is_ascii(), "{text}");
        assert!(!text.trim_end_matches('\n').contains(|c: char| c.is_control() && c != '\n'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
    }
}
