//! End-to-end tests: the built program on real Git repositories, in a sealed environment.
//! They know nothing of the library's insides.

mod harness;
mod scan;
mod tidy;
