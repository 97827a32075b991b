//! A state, parsed with all its instances.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| driftline::fuzzing::state(text));
