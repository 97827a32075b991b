//! Drift scanner for Terraform and OpenTofu: the stages of a scan and the values between them.
//! The library prints nothing and reads no environment; the command line does.

pub mod attribute;
pub mod compare;
pub mod config;
pub mod fetch;
pub mod git;
pub mod interrupt;
pub mod judge;
pub mod model;
pub mod normalize;
pub mod plan;
pub mod providers;
pub mod record;
pub mod redact;
pub mod report;
mod schema_node;
pub mod state;
