//! Finds the top-level blocks of an HCL file without parsing it, so that only those never seen before need parsing.
//! Knows nothing of what they say; where it is unsure it says so.

use std::ops::Range;

/// The byte ranges of the top-level blocks, from the first character of each to its closing brace.
/// None where anything but blocks, comments and white space is met: then the file must be parsed whole.
pub(super) fn blocks(text: &str) -> Option<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    let mut ranges = Vec::new();
    let mut position = 0;
    loop {
        position = skip_blank(bytes, position)?;
        let Some(first) = bytes.get(position) else { return Some(ranges) };
        if !first.is_ascii_alphabetic() && *first != b'_' {
            return None;
        }
        let end = block_end(bytes, position)?;
        ranges.push(position..end);
        position = line_rest(bytes, end)?;
    }
}

/// Skips white space and comments.
fn skip_blank(bytes: &[u8], mut position: usize) -> Option<usize> {
    loop {
        match bytes.get(position) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => position += 1,
            Some(b'#' | b'/') => position = comment(bytes, position)?,
            _ => return Some(position),
        }
    }
}

/// Behind a block only comments may stand on its last line.
fn line_rest(bytes: &[u8], mut position: usize) -> Option<usize> {
    loop {
        match bytes.get(position) {
            Some(b' ' | b'\t' | b'\r') => position += 1,
            Some(b'#' | b'/') => position = comment(bytes, position)?,
            None | Some(b'\n') => return Some(position),
            Some(_) => return None,
        }
    }
}

/// The end of a comment; a line comment ends in front of its line feed.
fn comment(bytes: &[u8], position: usize) -> Option<usize> {
    let rest = &bytes[position..];
    if rest.starts_with(b"#") || rest.starts_with(b"//") {
        return Some(rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| position + end));
    }
    if !rest.starts_with(b"/*") {
        return None;
    }
    rest.windows(2).skip(2).position(|pair| pair == b"*/").map(|end| position + 2 + end + 2)
}

/// Finds the brace that closes a block. `open` holds what is open: brackets, `"` for a quoted template.
fn block_end(bytes: &[u8], mut position: usize) -> Option<usize> {
    let mut open: Vec<u8> = Vec::new();
    loop {
        let byte = *bytes.get(position)?;
        if open.last() == Some(&b'"') {
            position = quoted(bytes, position, &mut open)?;
            continue;
        }
        match byte {
            b'"' => open.push(byte),
            b'{' | b'[' | b'(' => open.push(byte),
            b'}' | b']' | b')' => {
                if open.pop()? != opening(byte) {
                    return None;
                }
                if open.is_empty() {
                    return (byte == b'}').then_some(position + 1);
                }
            }
            b'\n' | b'=' if open.is_empty() => return None,
            b'#' => {
                position = comment(bytes, position)?;
                continue;
            }
            b'/' if matches!(bytes.get(position + 1), Some(b'/' | b'*')) => {
                position = comment(bytes, position)?;
                continue;
            }
            b'<' if bytes.get(position + 1) == Some(&b'<') => {
                position = heredoc(bytes, position + 2)?;
                continue;
            }
            _ => {}
        }
        position += 1;
    }
}

/// One step within a quoted template.
fn quoted(bytes: &[u8], position: usize, open: &mut Vec<u8>) -> Option<usize> {
    match bytes[position] {
        b'\\' => Some(position + 2),
        b'\n' => None,
        b'"' => {
            open.pop();
            Some(position + 1)
        }
        mark @ (b'$' | b'%') => {
            let rest = &bytes[position + 1..];
            if rest.starts_with(&[mark, b'{']) {
                return Some(position + 3);
            }
            if rest.starts_with(b"{") {
                open.push(b'{');
                return Some(position + 2);
            }
            Some(position + 1)
        }
        _ => Some(position + 1),
    }
}

/// The end of a heredoc whose introducer's name starts at `position`: behind the name on its closing line.
fn heredoc(bytes: &[u8], position: usize) -> Option<usize> {
    let start = position + usize::from(bytes.get(position) == Some(&b'-'));
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || *byte >= 0x80;
    let length = bytes[start..].iter().position(|byte| !is_name(byte))?;
    let name = &bytes[start..start + length];
    if name.is_empty() {
        return None;
    }
    let mut line = start + length;
    loop {
        line += bytes[line..].iter().position(|byte| *byte == b'\n')? + 1;
        let indent = bytes[line..].iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
        let text = &bytes[line + indent..];
        if text.starts_with(name) && !text.get(name.len()).is_some_and(is_name) {
            return Some(line + indent + name.len());
        }
    }
}

fn opening(closing: u8) -> u8 {
    match closing {
        b'}' => b'{',
        b']' => b'[',
        _ => b'(',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Either the pieces are what the parser finds, or there are none.
    fn check(text: &str, expected: Option<&[&str]>) {
        let found = blocks(text).map(|ranges| ranges.into_iter().map(|range| &text[range]).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), expected, "{text:?}");
        if let (Some(found), Ok(body)) = (found, hcl_edit::parser::parse_body(text)) {
            assert_eq!(found.len(), body.len(), "{text:?}");
            for (piece, whole) in found.iter().zip(body.iter()) {
                let alone = hcl_edit::parser::parse_body(piece).expect("a piece parses");
                assert_eq!(alone.len(), 1);
                assert_eq!(alone.get(0), Some(whole), "{piece:?}");
            }
        }
    }

    #[test]
    fn blocks_comments_and_strings() {
        check("", Some(&[]));
        check("# only }\n/* { */ // x\n", Some(&[]));
        check("a \"b\" {\n}\n", Some(&["a \"b\" {\n}"]));
        check("a {}\n\nb { x = 1 } # }\n", Some(&["a {}", "b { x = 1 }"]));
        check("a {\n  x = \"}\\\"}\"\n}\nb {}", Some(&["a {\n  x = \"}\\\"}\"\n}", "b {}"]));
        check("a {\n  # }\n  /* } */\n  x = 4 / 2 // }\n}\n", Some(&["a {\n  # }\n  /* } */\n  x = 4 / 2 // }\n}"]));
    }

    #[test]
    fn templates_and_heredocs() {
        let nested = "a {\n  x = \"${f(\"}\", { y = \"%{ if true }}%{ endif }\" })} $${ }\"\n}";
        check(nested, Some(&[nested]));
        let heredoc = "a {\n  x = <<-EOT\n    }\n    EOTX\n  EOT\n  y = <<X\n}\nX\n}";
        check(heredoc, Some(&[heredoc]));
        let call = "a {\n  x = f(<<X\n}\nX\n  )\n}";
        check(call, Some(&[call]));
    }

    #[test]
    fn unsure() {
        for text in ["x = 1\n", "a {", "a }", "a {\n  x = \"\n}\n", "a {} b {}", "a { x = (} )", "a {\n<<\n}", "a \n{}"]
        {
            check(text, None);
        }
        check("a {\n x = <<E\n}\n", None);
        check("/", None);
        check("/* ", None);
        check("é {}", None);
        check("a { x = \"\\", None);
    }
}
