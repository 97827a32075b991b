//! Parses arguments, runs a command, prints what went wrong, chooses the exit code.
//! Knows nothing of the stages' insides.

use clap::Parser;
use driftline::cli::Cli;
use driftline::error::Error;
use driftline::interrupt::Interrupt;
use driftline::{commands, judge, report};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { judge::ERROR } else { judge::IN_SYNC });
        }
    };
    let interrupt = Interrupt::default();
    let signalled = interrupt.clone();
    // Without a handler a signal still ends the process, and reports are replaced whole or not at all.
    let _ = ctrlc::set_handler(move || {
        if signalled.set() {
            // The second signal ends a scan that does not end by itself.
            std::process::exit(i32::from(judge::INTERRUPTED));
        }
    });
    match commands::run(cli, &interrupt) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            print_error(&error);
            ExitCode::from(if matches!(error, Error::Interrupted(_)) { judge::INTERRUPTED } else { judge::ERROR })
        }
    }
}

/// The error, what caused it, and the way out; inert, since any part may come from outside.
fn print_error(error: &Error) {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    eprintln!("error: {}", report::inert(&text));
    if let Some(hint) = error.hint() {
        eprintln!("  hint: {}", report::inert(&hint));
    }
}
