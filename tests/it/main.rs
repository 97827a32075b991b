//! End-to-end tests: the built program on real Git repositories, in a sealed environment.
//! They know nothing of the library's insides.

#![expect(unreachable_pub, reason = "a test binary exports nothing")]

mod activity;
#[cfg(feature = "aws")]
mod activity_live;
#[cfg(feature = "aws")]
mod endpoint;
mod evidence;
#[cfg(feature = "plugin")]
mod fake;
#[cfg(feature = "aws")]
mod faults;
mod forge;
mod harness;
mod histories;
mod permissions;
#[cfg(feature = "plugin")]
mod plugin;
mod scan;
mod settings;
mod show;
mod states;
mod tidy;
