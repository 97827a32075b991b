//! Reads trailers out of commit messages by the rules of `git interpret-trailers`.
//! Knows nothing of what a trailer means.

/// One trailer, unfolded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trailer {
    /// As written; compare without regard to case.
    pub(super) key: String,
    /// Continuation lines joined by one space.
    pub(super) value: String,
}

/// Lines that Git itself writes; one of them makes a block of trailers out of lines that are not all trailers.
const WRITTEN_BY_GIT: [&str; 2] = ["Signed-off-by: ", "(cherry picked from commit "];

/// More of a message is not looked at. Trailers stand at its end, so the end is kept.
const LIMIT: usize = 1 << 20;

/// The trailers of a message: those of its last paragraph, unless that is the only one, and only if all its lines are
/// trailers, or a quarter of them are and Git wrote one. What a squash copied into the body is therefore none.
pub(super) fn trailers(message: &str) -> Vec<Trailer> {
    let mut start = message.len().saturating_sub(LIMIT);
    while !message.is_char_boundary(start) {
        start += 1;
    }
    let lines: Vec<&str> = message[start..].lines().collect();
    let end = lines.iter().rposition(|line| !is_ignored(line)).map_or(0, |last| last + 1);
    match block_start(&lines[..end]) {
        Some(start) => unfold(&lines[start..end]),
        None => Vec::new(),
    }
}

/// Where the last paragraph starts, if it is a block of trailers.
fn block_start(lines: &[&str]) -> Option<usize> {
    let title = lines.iter().position(|line| !is_blank(line) && !is_comment(line))?;
    let body = title + lines[title..].iter().position(|line| is_blank(line))?;
    let (mut trailers, mut others, mut continuations) = (0_usize, 0_usize, 0_usize);
    let mut by_git = false;
    for (index, line) in lines.iter().enumerate().skip(body).rev() {
        if is_comment(line) {
            others += std::mem::take(&mut continuations);
        } else if is_blank(line) {
            others += continuations;
            let all = trailers > 0 && others == 0;
            let enough = by_git && trailers * 3 >= others;
            return (all || enough).then_some(index + 1);
        } else if WRITTEN_BY_GIT.iter().any(|prefix| line.starts_with(prefix)) {
            by_git = true;
            trailers += 1;
            continuations = 0;
        } else if !line.starts_with(char::is_whitespace) && separator(line).is_some() {
            trailers += 1;
            continuations = 0;
        } else if line.starts_with(char::is_whitespace) {
            continuations += 1;
        } else {
            others += 1 + std::mem::take(&mut continuations);
        }
    }
    None
}

fn unfold(lines: &[&str]) -> Vec<Trailer> {
    let mut trailers: Vec<Trailer> = Vec::new();
    let mut continues = false;
    for line in lines {
        if is_comment(line) {
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            if let (true, Some(last)) = (continues, trailers.last_mut()) {
                last.value.push(' ');
                last.value.push_str(line.trim());
            }
            continue;
        }
        continues = false;
        if let Some(position) = separator(line) {
            let (key, value) = line.split_at(position);
            trailers.push(Trailer { key: key.trim().to_owned(), value: value[1..].trim().to_owned() });
            continues = true;
        }
    }
    trailers
}

/// The colon behind a key of letters, digits and dashes, with white space allowed in between.
/// A Gerrit label vote such as `Code-Review+2` is taken for a key, which Git does not.
fn separator(line: &str) -> Option<usize> {
    let mut blank = false;
    for (position, character) in line.char_indices() {
        match character {
            ':' => return (position > 0).then_some(position),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' if !blank => {}
            '+' if !blank && line[..position].eq_ignore_ascii_case("code-review") => {}
            ' ' | '\t' if position > 0 => blank = true,
            _ => return None,
        }
    }
    None
}

fn is_blank(line: &str) -> bool {
    line.chars().all(char::is_whitespace)
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#')
}

fn is_ignored(line: &&str) -> bool {
    is_blank(line) || is_comment(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &[(&str, &str)]) {
        let found = trailers(message);
        let found: Vec<_> = found.iter().map(|trailer| (trailer.key.as_str(), trailer.value.as_str())).collect();
        assert_eq!(found, expected, "{message:?}");
    }

    #[test]
    fn last_paragraph_only() {
        check("Title\n\nBody\n\nReviewed-by: B <b@x>\n", &[("Reviewed-by", "B <b@x>")]);
        check("Title\n\nReviewed-by: B <b@x>\n\nMore text\n", &[]);
        check("Reviewed-by: B <b@x>\n", &[]);
        check("Title\nReviewed-by: B <b@x>\n", &[]);
        check("", &[]);
        check("\n\n\n", &[]);
    }

    #[test]
    fn squashed_bodies_do_not_count() {
        let message =
            "Title (#3)\n\n* first\n\nReviewed-by: B <b@x>\n\n* second\n\nsome text\n\nCo-authored-by: C <c@x>\n";
        check(message, &[("Co-authored-by", "C <c@x>")]);
        check("Title\n\n* first\nReviewed-by: B <b@x>\n* second\n* third\n", &[]);
    }

    #[test]
    fn folding_case_and_white_space() {
        check(
            "T\n\nREVIEWED-BY :  B\n  <b@x>\napproved-by:C <c@x>\n",
            &[("REVIEWED-BY", "B <b@x>"), ("approved-by", "C <c@x>")],
        );
        check("T\r\n\r\nReviewed-by: B <b@x>\r\n", &[("Reviewed-by", "B <b@x>")]);
    }

    #[test]
    fn mixed_blocks_need_a_line_by_git() {
        check("T\n\nsome text\nReviewed-by: B <b@x>\n", &[]);
        check(
            "T\n\nsome text\nReviewed-by: B <b@x>\nSigned-off-by: A <a@x>\n",
            &[("Reviewed-by", "B <b@x>"), ("Signed-off-by", "A <a@x>")],
        );
        check("T\n\n(cherry picked from commit abc)\nReviewed-by: B <b@x>\n", &[("Reviewed-by", "B <b@x>")]);
    }

    #[test]
    fn gerrit_votes() {
        check("T\n\nChange-Id: I1\nCode-Review+2: B <b@x>\n", &[("Change-Id", "I1"), ("Code-Review+2", "B <b@x>")]);
    }

    #[test]
    fn huge_messages_are_cut_from_the_front() {
        let message = format!("Title\n\n{}\n\nReviewed-by: B <b@x>\n", "ä".repeat(LIMIT));
        check(&message, &[("Reviewed-by", "B <b@x>")]);
    }

    /// Git's own answer, with its configuration shut out. Gerrit votes aside, both must agree.
    #[test]
    fn agrees_with_git() {
        for message in [
            "T\n\nBody\n\nReviewed-by: B <b@x>\n",
            "T\nReviewed-by: B\n",
            "T\n\nReviewed-by: B\n continued\n\tand more\nAcked-by: C\n",
            "T\n\ntext\nReviewed-by: B\nSigned-off-by: A\n",
            "T\n\na\nb\nc\nd\ne\nSigned-off-by: A\n",
            "T\n\na\nb\nc\nSigned-off-by: A\n",
            "T\n\nReviewed-by: B\n# a comment\nAcked-by: C\n",
            "T\n\n  leading: x\nReviewed-by: B\n",
            "T\n\nReviewed-by: B\n\n\n# comment\n\n",
            "T\n\nKey word: x\nReviewed-by: B\n",
            "T\n\nReviewed-by B\n",
            "T\n\nReviewed-by: B\nhttp://example.com/a:b\n",
            "T\n\n: empty\n",
            "\n\nT\n\nReviewed-by: B\n",
        ] {
            let expected = super::super::tests::git_trailers(message);
            let found: Vec<_> =
                trailers(message).into_iter().map(|trailer| format!("{}: {}", trailer.key, trailer.value)).collect();
            assert_eq!(found, expected, "{message:?}");
        }
    }
}
