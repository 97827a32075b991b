//! Looks over a text before it is parsed: the parser compares every key of an object with all before it, so that a
//! large enough object keeps it busy for hours.
//! Knows just enough of the syntax to tell braces from braces in strings.

/// Entries between one pair of braces that are parsed.
pub(super) const ENTRIES: usize = 20_000;

/// What the scan stands in.
enum Inside {
    /// Braces, with the entries seen.
    Braces(usize),
    /// `${` or `%{`.
    Interpolation,
    /// A quoted string.
    Quotes,
    /// A heredoc with this end marker.
    Heredoc(String),
}

/// Where a pair of braces gets too many entries.
pub(super) fn crowded(text: &str) -> Option<usize> {
    // Every entry has one of these, so a text with few is fine as a whole.
    if text.bytes().filter(|byte| matches!(byte, b'=' | b':')).count() <= ENTRIES {
        return None;
    }
    let bytes = text.as_bytes();
    let mut stack = vec![Inside::Braces(0)];
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match stack.last_mut() {
            Some(Inside::Quotes) => quotes(rest, &mut stack),
            Some(Inside::Heredoc(_)) => heredoc(rest, &mut stack),
            inside => {
                if let (Some(Inside::Braces(entries)), b'=' | b':') = (inside, rest[0]) {
                    *entries += 1;
                    if *entries > ENTRIES {
                        return Some(at);
                    }
                }
                code(rest, &mut stack)
            }
        };
    }
    None
}

/// One piece of code; how long it is.
fn code(rest: &[u8], stack: &mut Vec<Inside>) -> usize {
    match rest {
        [b'{', ..] => stack.push(Inside::Braces(0)),
        // The outermost stands for the file.
        [b'}', ..] if stack.len() > 1 => drop(stack.pop()),
        [b'"', ..] => stack.push(Inside::Quotes),
        [b'#', ..] | [b'/', b'/', ..] => return line(rest),
        [b'/', b'*', ..] => {
            let end = rest.windows(2).skip(2).position(|pair| pair == b"*/");
            return end.map_or(rest.len(), |end| end + 4);
        }
        [b'<', b'<', ..] => {
            let length = line(rest);
            let marker = rest[2..length].strip_prefix(b"-").unwrap_or(&rest[2..length]);
            let marker = String::from_utf8_lossy(marker).trim().to_owned();
            if !marker.is_empty() {
                stack.push(Inside::Heredoc(marker));
                return length;
            }
        }
        _ => {}
    }
    1
}

fn quotes(rest: &[u8], stack: &mut Vec<Inside>) -> usize {
    match rest {
        [b'\\', _, ..] => return 2,
        [b'"', ..] => drop(stack.pop()),
        _ => return interpolation(rest, stack).unwrap_or(1),
    }
    1
}

fn heredoc(rest: &[u8], stack: &mut Vec<Inside>) -> usize {
    if rest[0] != b'\n' {
        return interpolation(rest, stack).unwrap_or(1);
    }
    let next = &rest[1..];
    let next = String::from_utf8_lossy(&next[..line(next)]).trim().to_owned();
    if matches!(stack.last(), Some(Inside::Heredoc(marker)) if *marker == next) {
        stack.pop();
    }
    1
}

/// The start of an interpolation, or an escaped one.
fn interpolation(rest: &[u8], stack: &mut Vec<Inside>) -> Option<usize> {
    match rest {
        [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => Some(3),
        [b'$' | b'%', b'{', ..] => {
            stack.push(Inside::Interpolation);
            Some(2)
        }
        _ => None,
    }
}

/// The length of the rest of the line, without its end.
fn line(rest: &[u8]) -> usize {
    rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_one_pair_of_braces_counts() {
        let entries = |count: usize| (0..count).map(|step| format!("k{step} = 1\n")).collect::<String>();
        let (few, many) = (entries(ENTRIES), entries(ENTRIES + 1));
        let spread = format!("a {{\n{few}}}\nb {{\n{few}}}\n");
        for (text, expected) in [
            (spread.clone(), false),
            (format!("a = {{\n{many}}}\n"), true),
            (format!("a = \"${{f({{\n{many}}})}}\"\n"), true),
            (format!("a = <<EOT\n}}}}\"\n${{f({{\n{many}}})}}\nEOT\n"), true),
            (format!("a = \"}}{{\\\"\"\nb = {{ /* }}}} */ # }}\n // }}\n c = \"$${{\"\n{many}}}\n"), true),
            (format!("a = <<EOT\n{many}EOT\n{many}").replacen("k", "j", 3), true),
            (format!("a = <<-EOT\n{many}\n  EOT\n"), false),
            (format!("# {}\n", many.replace('\n', " ")), false),
        ] {
            assert_eq!(crowded(&text).is_some(), expected, "{}", &text[..40]);
        }
    }

    #[test]
    fn any_text_ends() {
        for text in ["\"${", "<<", "<<-\n", "/*", "}", "<<EOT", "\"\\", "$", "\"%", "<<EOT\n", "#"] {
            crowded(&format!("{}{text}", "a = 1\n".repeat(ENTRIES + 1).replace("a", "")));
            crowded(&format!("x {{\n{}}}\n{text}", "=".repeat(ENTRIES)));
        }
    }
}
