//! Answers of services as JSON values, whatever came over the wire, and how fields are taken out of them.
//! Knows nothing of any service.

use serde_json::{Map, Value};
use xmlparser::{ElementEnd, Token, Tokenizer};

/// Elements nested deeper than any answer of AWS.
const MAX_DEPTH: usize = 64;

/// Reads an XML document: an element with children becomes an object, any other a string, and a name that is repeated an
/// array. Attributes and name spaces are dropped; the root's name too.
///
/// # Errors
/// What is not well-formed, or nested too deeply, or a page for people: a portal on the way answers with success.
pub(super) fn from_xml(text: &str) -> Result<Value, String> {
    let mut open: Vec<(String, Map<String, Value>, String)> = Vec::new();
    for token in Tokenizer::from(text) {
        match token.map_err(|error| error.to_string())? {
            Token::ElementStart { local, .. } => {
                if open.len() >= MAX_DEPTH {
                    return Err("nested too deeply".to_owned());
                }
                open.push((local.as_str().to_owned(), Map::new(), String::new()));
            }
            Token::Text { text } => {
                if let Some((_, _, content)) = open.last_mut() {
                    content.push_str(&unescape(text.as_str()));
                }
            }
            Token::Cdata { text, .. } => {
                if let Some((_, _, content)) = open.last_mut() {
                    content.push_str(text.as_str());
                }
            }
            Token::ElementEnd { end: end @ (ElementEnd::Empty | ElementEnd::Close(..)), .. } => {
                let Some((name, children, content)) = open.pop() else { return Err("an end without a start".into()) };
                if matches!(end, ElementEnd::Close(_, local) if local.as_str() != name) {
                    return Err(format!("the end of {name} is missing"));
                }
                let value = if children.is_empty() { Value::from(content) } else { Value::Object(children) };
                match open.last_mut() {
                    Some((_, parent, _)) => insert(parent, name, value),
                    None if name.eq_ignore_ascii_case("html") => return Err("a page for people".to_owned()),
                    None => return Ok(value),
                }
            }
            _ => {}
        }
    }
    Err("it ends too early".to_owned())
}

fn insert(parent: &mut Map<String, Value>, name: String, value: Value) {
    match parent.get_mut(&name) {
        Some(Value::Array(values)) => values.push(value),
        Some(first) => {
            let earlier = first.take();
            *first = Value::Array(vec![earlier, value]);
        }
        None => {
            parent.insert(name, value);
        }
    }
}

/// The five named entities of XML and character references; anything else stays as it is.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find(';').filter(|end| *end <= 10) else {
            plain.push('&');
            rest = &rest[1..];
            continue;
        };
        match character(&rest[1..end]) {
            Some(character) => plain.push(character),
            None => plain.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    plain
}

fn character(entity: &str) -> Option<char> {
    let number = entity.strip_prefix('#');
    match (entity, number) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(number)) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
        _ => None,
    }
}

/// Takes fields out of an answer. A path is names with dots between them.
pub(crate) trait Fields {
    /// What stands at a path; none where a step is missing.
    fn at(&self, path: &str) -> Option<&Value>;

    /// A string that is set and not empty.
    fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str().filter(|text| !text.is_empty())
    }

    /// A number, which XML and some JSON writes as a string.
    fn number(&self, path: &str) -> Option<i64> {
        let value = self.at(path)?;
        value
            .as_i64()
            .or_else(|| value.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i64))
            .or_else(|| value.as_str()?.parse().ok())
    }

    /// A boolean, which XML writes as a string.
    fn flag(&self, path: &str) -> Option<bool> {
        let value = self.at(path)?;
        value.as_bool().or_else(|| value.as_str()?.parse().ok())
    }

    /// The strings of a list.
    fn texts(&self, path: &str) -> Vec<&str> {
        self.list(path).iter().filter_map(Value::as_str).collect()
    }

    /// The elements of a list; of one element where XML cannot tell one from a list; empty where it is missing.
    fn list(&self, path: &str) -> &[Value] {
        match self.at(path) {
            Some(Value::Array(values)) => values,
            None | Some(Value::Null) => &[],
            Some(Value::String(text)) if text.trim().is_empty() => &[],
            Some(value) => std::slice::from_ref(value),
        }
    }
}

impl Fields for Value {
    fn at(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(self, |value, name| value.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn xml_becomes_json() {
        let text = "<?xml version=\"1.0\"?><R xmlns=\"x\"><A><member>1</member><member>a &amp; &#x41;&#66; &lt;&nbsp;</member></A>\
                    <B><member><C>true</C></member></B><D/><E> </E><F><![CDATA[<x>]]></F></R>";
        let answer = from_xml(text).expect("XML");
        assert_eq!(answer.list("A.member"), ["1", "a & AB <&nbsp;"]);
        assert_eq!(answer.list("B.member").len(), 1);
        assert_eq!(answer.list("B.member")[0].flag("C"), Some(true));
        assert!(answer.list("D.member").is_empty() && answer.list("E").is_empty() && answer.list("Z").is_empty());
        assert_eq!(answer.text("F"), Some("<x>"));
        assert_eq!(answer.number("A.member"), None);
    }

    #[test]
    fn broken_xml_is_an_error() {
        for text in ["", "<a>", "<a><b></a>x", "</a>", "{}", "<a", "<html><p>Welcome</p></html>", &"<a>".repeat(100)] {
            assert!(from_xml(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_come_as_they_like() {
        let answer = json!({"a": 1, "b": "2", "c": 3.0, "d": "x", "e": {"f": 1.5}});
        let numbers: Vec<_> = ["a", "b", "c", "d", "e.f", "e.g.h"].iter().map(|path| answer.number(path)).collect();
        assert_eq!(numbers, [Some(1), Some(2), Some(3), None, None, None]);
    }
}
