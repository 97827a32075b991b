//! Reads any resource through the Terraform provider that a stack already uses, over Terraform's own plugin protocol.
//! It knows nothing of any provider in particular, and never downloads one.
#![cfg(unix)]

mod catalog;
mod cli_config;
mod client;
mod cty;
mod diagnostics;
mod environment;
mod find;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod launch;
mod limiter;
mod list;
mod lock;
mod msgpack;
mod package;
mod pool;
mod provider;
mod read;
mod schema;
mod source;
mod tls;
#[expect(missing_docs, reason = "fields are called what the protocol calls them")]
pub mod wire;

pub use provider::{Options, Plugin};
