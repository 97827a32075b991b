//! A page of text in the making: indentation, wrapping, color.
//! Knows nothing of reports.

use super::TextOptions;
use crate::report::inert;
use anstyle::{AnsiColor, Style};

/// What a piece of text means, for its color.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) enum Ink {
    Heading,
    Name,
    Added,
    Removed,
    Altered,
    Warning,
    Dim,
}

impl Ink {
    fn style(self) -> Style {
        let colored = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Self::Heading => Style::new().bold().underline(),
            Self::Name => Style::new().bold(),
            Self::Added => colored(AnsiColor::Green),
            Self::Removed => colored(AnsiColor::Red),
            Self::Altered => colored(AnsiColor::Yellow),
            Self::Warning => colored(AnsiColor::Yellow).bold(),
            Self::Dim => Style::new().dimmed(),
        }
    }
}

/// The page. Everything that comes from outside goes through [`Page::ink`] or [`Page::wrapped`], which make it inert.
pub(in crate::report) struct Page {
    pub(in crate::report) options: TextOptions,
    text: String,
}

impl Page {
    pub(in crate::report) fn new(options: TextOptions) -> Self {
        Self { options, text: String::new() }
    }

    /// The text, which ends with a line end.
    pub(in crate::report) fn finish(self) -> String {
        self.text
    }

    /// Inert text in its color.
    pub(in crate::report) fn ink(&self, ink: Ink, text: &str) -> String {
        let text = inert(text);
        if self.options.color && !text.is_empty() {
            let style = ink.style();
            format!("{style}{text}{style:#}")
        } else {
            text.into_owned()
        }
    }

    /// Adds a line whose parts are inert already.
    pub(in crate::report) fn line(&mut self, indent: usize, inert_text: &str) {
        self.text.extend(std::iter::repeat_n(' ', if inert_text.is_empty() { 0 } else { indent }));
        self.text.push_str(inert_text);
        self.text.push('\n');
    }

    /// Adds a line from outside.
    pub(in crate::report) fn plain(&mut self, indent: usize, text: &str) {
        let text = inert(text).into_owned();
        self.line(indent, &text);
    }

    /// Adds an empty line and a heading.
    pub(in crate::report) fn heading(&mut self, text: &str) {
        let text = self.ink(Ink::Heading, text);
        self.line(0, "");
        self.line(0, &text);
    }

    /// Adds running text from outside, broken at spaces; `start` goes before the first line.
    pub(in crate::report) fn wrapped(&mut self, indent: usize, start: &str, ink: Option<Ink>, text: &str) {
        let room = self.options.width.saturating_sub(indent + start.chars().count()).max(30);
        let margin = " ".repeat(start.chars().count());
        let text = inert(text);
        let mut lines: Vec<String> = vec![String::new()];
        let mut taken = 0;
        for word in text.split(' ') {
            let last = lines.last_mut().expect("there is a first line");
            let length = word.chars().count();
            if taken > 0 && self.options.width > 0 && taken + 1 + length > room {
                lines.push(word.to_owned());
                taken = length;
            } else {
                if taken > 0 {
                    last.push(' ');
                    taken += 1;
                }
                last.push_str(word);
                taken += length;
            }
        }
        for (position, line) in lines.iter().enumerate() {
            let line = format!("{}{line}", if position == 0 { start } else { &margin });
            let line = ink.map_or_else(|| inert(&line).into_owned(), |ink| self.ink(ink, &line));
            self.line(indent, &line);
        }
    }
}
