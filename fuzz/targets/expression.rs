//! An expression of the language, parsed and evaluated.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| driftline::fuzzing::expression(text));
