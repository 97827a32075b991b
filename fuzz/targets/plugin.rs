//! Everything that a provider plugin may answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| provider_plugin::fuzzing::answer(bytes));
