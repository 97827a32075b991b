//! Drift scanner for Terraform and OpenTofu: the stages of a scan and the values between them.
//! The stages print nothing and read no environment; the commands do.

pub mod activity;
pub mod attribute;
pub mod attributions;
pub mod audit;
mod aws_access;
pub mod blame;
pub mod cli;
pub mod commands;
pub mod compare;
pub mod config;
pub mod confirm;
pub mod discover;
pub mod error;
pub mod evidence;
pub mod fetch;
pub mod forge;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod git;
mod installation;
pub mod interrupt;
pub mod inventory;
pub mod judge;
pub(crate) mod language;
mod logical;
pub mod model;
pub mod normalize;
mod objects;
pub mod permissions;
pub mod plan;
pub mod providers;
pub mod record;
pub mod redact;
pub mod report;
pub mod scan;
mod schema_node;
pub mod settings;
pub mod show;
pub mod signature;
pub mod state;
pub mod states;
pub mod terragrunt;
