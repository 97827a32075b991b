//! Every format on the constructed reports: as expected to the byte, inert, and without secrets.
//! `UPDATE_EXPECTED=1 cargo test` writes the expected reports anew.

use super::example::{self, HOSTILE, SECRET};
use super::{Earlier, SarifOptions, TextOptions, json, json_schema, sarif, text};
use crate::model::Report;
use std::fs;
use std::path::Path;

pub(super) const PLAIN: TextOptions = TextOptions { color: false, width: 100, verbose: false };

fn sarif_text(report: &Report) -> String {
    sarif(report, SarifOptions { directory: "net", earlier: Earlier::FirstUpload }).expect("not refused")
}

/// Compares with the file of that name; the version of the program is no part of what is expected.
pub(super) fn check(name: &str, actual: &str) {
    let actual = actual.replace(env!("CARGO_PKG_VERSION"), "@@VERSION@@");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reports").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &actual).expect("the expected report can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(actual == expected, "{name} differs; UPDATE_EXPECTED=1 accepts this:\n{actual}");
}

#[test]
fn reports_are_as_expected() {
    for (name, report) in example::all() {
        check(&format!("{name}.txt"), &text(&report, PLAIN));
        check(&format!("{name}.json"), &json(&report));
        check(&format!("{name}.sarif"), &sarif_text(&report));
    }
    check("drift-verbose.txt", &text(&example::drift(), TextOptions { verbose: true, width: 0, ..PLAIN }));
    check("report-v1.schema.json", &json_schema());
}

#[test]
fn no_format_lets_control_characters_or_secrets_through() {
    let steers = |character: char| {
        character != '\n'
            && (character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    for (name, report) in example::all() {
        for verbose in [false, true] {
            for width in [0, 1, 40, 100] {
                let text = text(&report, TextOptions { color: false, width, verbose });
                assert!(!text.contains(steers), "{name} as text");
                assert!(!text.contains(SECRET) && !text.contains("hmac-sha256"), "{name} as text");
                assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{name} as text");
            }
        }
        for (format, text) in [("json", json(&report)), ("sarif", sarif_text(&report))] {
            assert!(!text.contains(steers), "{name} as {format}");
            assert!(!text.contains(SECRET), "{name} as {format}");
        }
    }
}

#[test]
fn color_adds_nothing_but_color() {
    for (name, report) in example::all() {
        let plain = text(&report, PLAIN);
        let colored = text(&report, TextOptions { color: true, ..PLAIN });
        assert!(colored.contains("\u{1b}["), "{name}");
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain, "{name}");
    }
}

#[test]
fn hostile_text_survives_json_unchanged() {
    let report: serde_json::Value = serde_json::from_str(&json(&example::hostile(HOSTILE))).expect("JSON");
    for pointer in ["/scan/id", "/findings/0/cause", "/coverage/0/cause", "/notices/0/text", "/folds/0/rule"] {
        assert_eq!(report.pointer(pointer).and_then(serde_json::Value::as_str), Some(HOSTILE), "{pointer}");
    }
}

/// One character after the other in every field: none makes a format panic, and none is let through.
#[test]
fn any_character_is_survived() {
    let ranges = [0..0x100u32, 0x2000..0x2070, 0xfff0..0x1_0000, 0xe_0000..0xe_0010];
    let characters: String = ranges.into_iter().flatten().filter_map(char::from_u32).collect();
    let report = example::hostile(&characters);
    assert!(!text(&report, PLAIN).contains(|character: char| character.is_control() && character != '\n'));
    serde_json::from_str::<serde_json::Value>(&sarif_text(&report)).expect("JSON");
    for text_of_one in ["", " ", "\\", "[", "]("] {
        let report = example::hostile(text_of_one);
        text(&report, PLAIN);
        serde_json::from_str::<serde_json::Value>(&sarif_text(&report)).expect("JSON");
    }
}
