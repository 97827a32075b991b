//! Where a result stands: the ladder attribute, block, root module; never an invented place.
//! Knows nothing of messages.

use super::shape::{ArtifactLocation, Location, PhysicalLocation, Region, Text};
use crate::model::{Finding, Report, SourceRange};
use crate::report::inert::inert_message;
use crate::report::material_first;
use std::fmt::Write as _;

/// Related locations of one result.
const MAX_RELATED: usize = 20;

/// The places of one finding.
pub(super) struct Places<'a> {
    /// The one that code scanning shows.
    pub(super) primary: &'a SourceRange,
    /// Whether the primary place only represents the root module.
    pub(super) stands_in: bool,
    /// Further ones with what they are.
    pub(super) related: Vec<(String, &'a SourceRange)>,
}

/// The places of a finding: the first changed attribute that is declared by itself (material ones first), else the
/// block, else what represents the root module. None where there is not even that.
pub(super) fn places<'a>(report: &'a Report, finding: &'a Finding) -> Option<Places<'a>> {
    let block = finding.source.as_ref().filter(|range| is_place(range));
    let attributes = material_first(finding);
    let mut declared = attributes.iter().filter_map(|change| {
        let range = change.source.as_ref().filter(|range| is_place(range))?;
        Some((change.path.to_string(), range))
    });
    let Some(primary) = declared.next().map(|(_, range)| range).or(block) else {
        return Some(Places { primary: anchor(report, &finding.root_module)?, stands_in: true, related: Vec::new() });
    };
    let mut related: Vec<(String, &SourceRange)> = Vec::new();
    related.extend(block.filter(|block| *block != primary).map(|block| ("the block".to_owned(), block)));
    related.extend(declared.filter(|(_, range)| *range != primary).take(MAX_RELATED - 1));
    Some(Places { primary, stands_in: false, related })
}

/// The place that represents a root module.
pub(super) fn anchor<'a>(report: &'a Report, root_module: &str) -> Option<&'a SourceRange> {
    report.anchors.iter().find(|(directory, range)| directory == root_module && is_place(range)).map(|(_, range)| range)
}

/// A range as a location; the caller has checked it by [`is_place`].
pub(super) fn location(range: &SourceRange) -> Location {
    // A range that ends before it begins would be refused as a whole: only its start is sure then.
    let ends_behind = (range.end_line, range.end_column) >= (range.start_line, range.start_column);
    let (end_line, end_column) =
        if ends_behind { (range.end_line, range.end_column) } else { (range.start_line, range.start_column) };
    Location {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&range.file) },
            region: Region { start_line: range.start_line, start_column: range.start_column, end_line, end_column },
        },
        message: None,
    }
}

/// Related locations are numbered from 1, as the message links them.
pub(super) fn related(related: &[(String, &SourceRange)]) -> Vec<Location> {
    let numbered = related.iter().enumerate().map(|(position, (what, range))| Location {
        id: Some(position + 1),
        message: Some(Text::plain(inert_message(what))),
        ..location(range)
    });
    numbered.collect()
}

/// Whether a range names a line of a file below the repository's root.
pub(super) fn is_place(range: &SourceRange) -> bool {
    let inside = !range.file.split('/').any(|part| matches!(part, "" | "." | ".."));
    inside && range.start_line > 0 && range.start_column > 0
}

/// Whether a location that was read back is one that [`location`] could have made.
pub(super) fn is_location(location: &Location) -> bool {
    let PhysicalLocation { artifact_location: ArtifactLocation { uri }, region } = &location.physical_location;
    let encoded = uri.bytes().all(|byte| is_unreserved(byte) || matches!(byte, b'/' | b'%'));
    let inside = !uri.split('/').any(|part| matches!(part, "" | "." | ".."));
    let positions = [region.start_line, region.start_column, region.end_line, region.end_column];
    encoded && inside && positions.iter().all(|position| *position > 0)
}

/// A path as a relative URI reference: everything but unreserved characters and `/` is percent-encoded (RFC 3986, 2.3).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if is_unreserved(byte) || byte == b'/' {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes every write");
        }
    }
    out
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;
    use crate::report::example::{self, change, finding, place};
    use provider_api::AttributePath;
    use serde_json::json;

    #[test]
    fn the_ladder_is_attribute_block_root_module_nothing() {
        let report = example::drift();
        let declared = |line: u32, material: bool, name: &str| crate::model::AttributeChange {
            source: Some(place("net/main.tf", line, line)),
            material,
            ..change(AttributePath::attribute(name), json!(1), json!(2))
        };
        let mut finding = finding(
            Kind::Changed,
            "aws_vpc.a",
            vec![declared(4, false, "a"), declared(6, true, "b"), declared(5, true, "c")],
        );
        let lines = |finding: &Finding| {
            places(&report, finding).map(|places| {
                let related: Vec<u32> = places.related.iter().map(|(_, range)| range.start_line).collect();
                (places.primary.start_line, places.stands_in, related)
            })
        };
        assert_eq!(lines(&finding), Some((6, false, vec![3, 5, 4])));
        finding.attributes.clear();
        assert_eq!(lines(&finding), Some((3, false, vec![])));
        finding.source = None;
        assert_eq!(lines(&finding), Some((2, true, vec![])));
        finding.root_module = "elsewhere".into();
        assert_eq!(lines(&finding), None);
    }

    #[test]
    fn no_place_is_invented() {
        for (file, line, expected) in [
            ("net/main.tf", 1, true),
            ("net/main.tf", 0, false),
            ("", 1, false),
            ("/etc/passwd", 1, false),
            ("a/../../b.tf", 1, false),
            ("./a.tf", 1, false),
        ] {
            assert_eq!(is_place(&place(file, line, line)), expected, "{file}:{line}");
        }
    }

    #[test]
    fn paths_are_percent_encoded() {
        for (path, expected) in [
            ("net/main.tf", "net/main.tf"),
            ("my groups/ü[1].tf", "my%20groups/%C3%BC%5B1%5D.tf"),
            ("https://x/y", "https%3A//x/y"),
            ("a%20b\\c\n", "a%2520b%5Cc%0A"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_cut_to_its_start() {
        let region = location(&SourceRange { end_line: 2, ..place("a.tf", 5, 9) }).physical_location.region;
        assert_eq!((region.end_line, region.end_column), (5, 1));
    }
}
