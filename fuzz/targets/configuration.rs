//! A configuration file in either syntax, parsed.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| driftline::fuzzing::configuration(text));
