//! How many reads are under way at the same time: as many as still make it faster, between Terraform's ten and fifty.
//! Knows nothing of what is read.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Terraform's own parallelism.
pub(crate) const LEAST: usize = 10;

/// Beyond it nothing was gained with a real provider, and with 200 much lost.
pub(crate) const MOST: usize = 50;

/// How much is tried more, or less, at a time.
const STEP: usize = 10;

/// Reads under way at the same time.
#[derive(Debug)]
pub(crate) struct Limiter {
    semaphore: Semaphore,
    state: Mutex<State>,
    is_fixed: bool,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// Permits that are still out and do not come back.
    debt: usize,
    /// When the present limit began to be measured, and the reads done since.
    since: Instant,
    done: usize,
    throttled: bool,
    waited: bool,
    /// Reads a second at the limit before.
    rate: f64,
}

impl Limiter {
    /// `fixed`: as many as this and neither more nor fewer, whatever comes of it.
    pub(crate) fn new(fixed: Option<usize>) -> Self {
        let limit = fixed.unwrap_or(LEAST);
        let state =
            State { limit, debt: 0, since: Instant::now(), done: 0, throttled: false, waited: false, rate: 0.0 };
        Self { semaphore: Semaphore::new(limit), state: Mutex::new(state), is_fixed: fixed.is_some() }
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self) -> Entered<'_> {
        if self.semaphore.available_permits() == 0 {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).waited = true;
        }
        Entered { limiter: self, permit: self.semaphore.acquire().await.ok(), throttled: false }
    }

    fn left(&self, permit: Option<SemaphorePermit<'_>>, throttled: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.debt > 0 {
            state.debt -= 1;
            if let Some(permit) = permit {
                permit.forget();
            }
        }
        state.done += 1;
        state.throttled |= throttled;
        if self.is_fixed || state.done < state.limit {
            return;
        }
        let rate = state.done as f64 / state.since.elapsed().as_secs_f64().max(1e-6);
        match next(state.limit, state.rate, rate, state.throttled, state.waited) {
            more if more > state.limit => {
                let further = more - state.limit;
                let owed = state.debt.min(further);
                state.debt -= owed;
                self.semaphore.add_permits(further - owed);
                state.limit = more;
            }
            less => {
                state.debt += state.limit - less;
                state.limit = less;
            }
        }
        *state = State { since: Instant::now(), done: 0, throttled: false, waited: false, rate, ..*state };
    }
}

/// The limit to try next, after a number of reads as large as the limit: more while it gets faster, less where it got
/// slower, half where the API asked for it. `waited`: whether the limit was felt at all.
fn next(limit: usize, before: f64, now: f64, throttled: bool, waited: bool) -> usize {
    if throttled {
        (limit / 2).max(LEAST)
    } else if !waited {
        limit
    } else if now > before * 1.1 {
        (limit + STEP).min(MOST)
    } else if now < before * 0.8 {
        limit.saturating_sub(STEP).max(LEAST)
    } else {
        limit
    }
}

/// A place. Leaving it is counted.
pub(crate) struct Entered<'l> {
    limiter: &'l Limiter,
    permit: Option<SemaphorePermit<'l>>,
    throttled: bool,
}

impl Entered<'_> {
    /// Says that the API asked for less.
    pub(crate) fn throttled(&mut self) {
        self.throttled = true;
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.limiter.left(self.permit.take(), self.throttled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_tried_while_it_gets_faster() {
        assert_eq!(next(10, 0.0, 5.0, false, true), 20);
        assert_eq!(next(50, 5.0, 50.0, false, true), 50);
        assert_eq!(next(20, 10.0, 10.2, false, true), 20);
        assert_eq!(next(30, 10.0, 5.0, false, true), 20);
        assert_eq!(next(10, 10.0, 1.0, false, true), 10);
        assert_eq!(next(50, 10.0, 50.0, true, true), 25);
        assert_eq!(next(12, 10.0, 50.0, true, true), 10);
        assert_eq!(next(10, 1.0, 50.0, false, false), 10);
    }

    #[tokio::test]
    async fn a_smaller_limit_holds_once_reads_have_left() {
        let limiter = Limiter::new(None);
        for _ in 0..LEAST {
            let mut all = Vec::new();
            for _ in 0..LEAST {
                all.push(limiter.enter().await);
            }
        }
        let state = |limiter: &Limiter| {
            let state = limiter.state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.limit, state.debt)
        };
        let (limit, debt) = state(&limiter);
        assert_eq!(limiter.semaphore.available_permits(), limit + debt);
        let mut entered = Vec::new();
        for _ in 0..limit {
            let mut one = limiter.enter().await;
            one.throttled();
            entered.push(one);
        }
        drop(entered);
        let (limit, debt) = state(&limiter);
        assert_eq!(limit, LEAST);
        assert_eq!(limiter.semaphore.available_permits(), limit + debt);
    }
}
