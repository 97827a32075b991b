//! What commits, mailmaps and a kept walk may say, up to what reports show of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| driftline::fuzzing::history(bytes));
