//! Reads ASN.1 in BER, as far as certificates and CMS need it: `gpgsm` writes lengths that are known only at the end.
//! Knows nothing of what the elements mean.

use crate::signature::utc;

/// How deep elements without a known length may nest.
const DEPTH: usize = 16;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag `[number]` around other elements, or in place of a constructed one's own.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With tag and length.
    pub(super) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(super) fn inside(&self) -> Elements<'a> {
        Elements(self.content)
    }
}

/// Takes elements off the front. None where the next is another, or malformed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Elements<'a> {
    pub(super) fn any(&mut self) -> Option<Element<'a>> {
        let (element, rest) = read(self.0, DEPTH)?;
        self.0 = rest;
        Some(element)
    }

    /// The next element, if it has this tag.
    pub(super) fn next(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.0.first() == Some(&tag) { self.any() } else { None }
    }

    /// What is inside the next element, if it has this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Elements<'a>> {
        self.next(tag).map(|element| element.inside())
    }

    /// All that is left. None if any of it is malformed.
    pub(super) fn all(mut self) -> Option<Vec<Element<'a>>> {
        let mut all = Vec::new();
        while !self.0.is_empty() {
            all.push(self.any()?);
        }
        Some(all)
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// The element at the front of bytes, and what follows it.
fn read(bytes: &[u8], depth: usize) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    if first == 0x80 {
        return indefinite(bytes, tag, rest, depth);
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Element { tag, content, whole: &bytes[..bytes.len() - rest.len()] }, rest))
}

/// An element that goes on up to two zero bytes where its next inner element would begin.
fn indefinite<'a>(bytes: &'a [u8], tag: u8, body: &'a [u8], depth: usize) -> Option<(Element<'a>, &'a [u8])> {
    if tag & 0x20 == 0 || depth == 0 {
        return None;
    }
    let mut rest = body;
    loop {
        if let Some(after) = rest.strip_prefix(&[0, 0]) {
            let content = &body[..body.len() - rest.len()];
            return Some((Element { tag, content, whole: &bytes[..bytes.len() - after.len()] }, after));
        }
        rest = read(rest, depth - 1)?.1;
    }
}

/// `UTCTime` or `GeneralizedTime` in seconds since 1970.
pub(super) fn time(element: Element<'_>) -> Option<i64> {
    let text = std::str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let digits = match (element.tag, text.len()) {
        // Two digits of the year are of 1950 to 2049, RFC 5280 section 4.1.2.5.1.
        (UTC_TIME, 12) => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        (GENERALIZED_TIME, 14) => text.to_owned(),
        _ => return None,
    };
    utc(&digits)
}
