//! Whether the user wants the scan to end.
//! Knows nothing of signals; the command line sets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that is set once and seen everywhere.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

/// An end was asked for before the job was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted: nothing was reported")]
pub struct Interrupted;

impl Interrupt {
    /// Asks for an end. Returns whether it had been asked for before.
    pub fn set(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Ends a stage-by-stage job where an end was asked for.
    ///
    /// # Errors
    /// If it was.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_set() { Err(Interrupted) } else { Ok(()) }
    }

    /// Whether an end was asked for.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
