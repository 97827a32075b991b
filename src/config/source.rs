//! Where things stand in a file, and how a place is shown to people.
//! Knows nothing of what stands there.

use super::Problem;
use crate::model::SourceRange;
use std::ops::Range;
use std::sync::Arc;

/// Characters of a line that are shown around a place.
const SHOWN: usize = 120;

/// A stretch of a file. As [`SourceRange`], but cheap to copy around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    file: Arc<str>,
    start: (u32, u32),
    end: (u32, u32),
}

impl Place {
    pub(crate) fn range(&self) -> SourceRange {
        SourceRange {
            file: self.file.to_string(),
            start_line: self.start.0,
            start_column: self.start.1,
            end_line: self.end.0,
            end_column: self.end.1,
        }
    }

    /// From the start of this place to the end of another in the same file.
    pub(crate) fn to(&self, end: &Self) -> Self {
        Self { end: end.end, ..self.clone() }
    }
}

/// A file's text with the starts of its lines.
#[derive(Debug)]
pub(crate) struct SourceFile {
    path: Arc<str>,
    text: String,
    lines: Vec<usize>,
}

impl SourceFile {
    pub(crate) fn new(path: &str, text: String) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(position, _)| position + 1)).collect();
        Self { path: path.into(), text, lines }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The place of a range of bytes. What lies beyond the text is taken for its end.
    pub(crate) fn place(&self, bytes: Range<usize>) -> Place {
        Place { file: self.path.clone(), start: self.position(bytes.start), end: self.position(bytes.end) }
    }

    /// A problem at a byte, with the line and a caret below it. The line is part of a file that anybody may have
    /// written: nothing in it reaches a terminal but printable characters.
    pub(crate) fn problem(&self, at: usize, what: &str) -> Problem {
        let at = self.boundary(at);
        let (number, column) = self.position(at);
        let start = self.lines[number as usize - 1];
        let line = self.text[start..].split(['\n', '\r']).next().unwrap_or_default();
        let before = self.text[start..at].chars().count().min(line.chars().count());
        let skipped = before.saturating_sub(SHOWN / 2);
        let shown: String = line.chars().skip(skipped).take(SHOWN).map(printable).collect();
        let mark = if skipped > 0 { "…" } else { "" };
        let caret = " ".repeat(before - skipped + mark.chars().count());
        let margin = " ".repeat(number.to_string().len());
        let what: String = what.chars().map(printable).collect();
        let text = format!(
            "{path}:{number}:{column}: {what}\n{margin} |\n{number} | {mark}{shown}\n{margin} | {caret}^",
            path = self.path.chars().map(printable).collect::<String>(),
        );
        Problem { range: Some(self.place(at..at).range()), text: text.trim_end().to_owned(), incomplete: true }
    }

    /// The byte at a line and column, as [`SourceFile::place`] counts them.
    pub(crate) fn offset(&self, line: u32, column: u32) -> usize {
        let Some(start) = self.lines.get(line.saturating_sub(1) as usize) else { return self.text.len() };
        let mut units = 0;
        let before = self.text[*start..].chars().take_while(|character| {
            units += character.len_utf16();
            units < column as usize
        });
        start + before.map(char::len_utf8).sum::<usize>()
    }

    /// Line and column, both from 1, the column in UTF-16 units.
    fn position(&self, at: usize) -> (u32, u32) {
        let at = self.boundary(at);
        let line = self.lines.partition_point(|start| *start <= at) - 1;
        let column = self.text[self.lines[line]..at].encode_utf16().count() + 1;
        (u32::try_from(line + 1).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    fn boundary(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// The character, or something harmless in place of one that moves the cursor, changes colours or the direction of text.
pub(crate) fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
        character if character.is_control() => '\u{fffd}',
        character => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_units() {
        let file = SourceFile::new("a.tf", "ä = \"😀\"\r\nb = 1".into());
        let at = |text: &str| file.text().find(text).unwrap();
        assert_eq!(file.position(at("=")), (1, 3));
        assert_eq!(file.position(at("\"\r")), (1, 8));
        assert_eq!(file.position(at("b")), (2, 1));
        assert_eq!(file.position(usize::MAX), (2, 6));
        for text in ["=", "\"\r", "b"] {
            let (line, column) = file.position(at(text));
            assert_eq!(file.offset(line, column), at(text), "{text}");
        }
        let range = file.place(0..at("b")).range();
        assert_eq!((range.start_line, range.start_column, range.end_line, range.end_column), (1, 1, 2, 1));
    }

    #[test]
    fn a_problem_shows_the_line_and_a_caret() {
        let file = SourceFile::new("net/a.tf", "x = 1\n\ty = ][\u{1b}[31m\r\nz = 1\n".into());
        let problem = file.problem(file.text().find(']').unwrap(), "unexpected `]`");
        assert_eq!(problem.text, "net/a.tf:2:6: unexpected `]`\n  |\n2 |  y = ][\u{fffd}[31m\n  |      ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let file = SourceFile::new("a.tf", format!("{}!{}", "a".repeat(100_000), "b".repeat(100_000)));
        let problem = file.problem(100_000, "bad");
        assert!(problem.text.len() < 1000, "{}", problem.text.len());
        let lines: Vec<&str> = problem.text.lines().collect();
        let column = |line: &str, mark: char| line.chars().position(|character| character == mark);
        assert_eq!(column(lines[2], '!'), column(lines[3], '^'));
    }
}
