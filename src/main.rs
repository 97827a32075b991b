//! Parses arguments, runs a command, chooses the exit code.
//! Knows nothing of the stages' insides.

fn main() {}
