//! Generated repositories with the truth known by construction: real `git` makes every commit, merge and signature, and
//! the built program must tell of them what the construction says.
//! They know nothing of the library's insides.

mod clones;
mod content;
mod forges;
mod hostile;
mod landing;
mod moves;
mod odd;
mod people;
mod periods;
mod replay;
mod segregation;
mod signatures;
mod story;
mod told;

pub use story::{ANN, BOB, DEP, EVE, Story, WEB, vpc};
