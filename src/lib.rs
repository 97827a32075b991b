//! Drift scanner for Terraform and OpenTofu: the stages of a scan and the values between them.
//! The library prints nothing and reads no environment; the command line does.

pub mod attribute;
pub mod config;
pub mod discover;
pub mod fetch;
pub mod git;
pub mod model;
pub mod plan;
pub mod report;
pub mod state;
