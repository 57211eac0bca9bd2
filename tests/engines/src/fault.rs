//! Faults of a storage server, drawn from a seed and switched while it runs.
//!
//! Each is something that real servers do: Amazon S3 answers 503 `SlowDown` before or after it has written, and 409
//! `ConditionalRequestConflict` when two conditional writes meet; networks drop connections at any time. What a client
//! must learn from them is one thing: after anything but a success, nobody knows whether the write landed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many of 10 000 requests meet each fault. At most one fault meets a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Where the sequence of draws begins.
    pub seed: u64,
    /// Answered 503, and not done.
    pub refused_before: u32,
    /// Done, and answered 503.
    pub refused_after: u32,
    /// The connection is closed, and nothing done.
    pub dropped_before: u32,
    /// Done, and the connection closed without an answer.
    pub dropped_after: u32,
    /// A conditional write is answered 409, and not done; other requests pass.
    pub conflicts: u32,
    /// Done at once and answered after `slow_by`.
    pub slow: u32,
    /// How late a slow answer is. Beyond the client's time limit it is a lost one.
    pub slow_by: Duration,
    /// Every answer is this late.
    pub latency: Duration,
}

impl Faults {
    /// An honest server, as fast as it can.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A bad day: six of a hundred requests go wrong, in every way there is.
    #[must_use]
    pub const fn storm(seed: u64) -> Self {
        Self {
            seed,
            refused_before: 100,
            refused_after: 100,
            dropped_before: 100,
            dropped_after: 100,
            conflicts: 200,
            slow: 100,
            slow_by: Duration::from_millis(700),
            latency: Duration::from_millis(2),
        }
    }

    fn at(&self, mut draw: u32) -> Option<Fault> {
        let shares = [
            (self.refused_before, Fault::RefusedBefore),
            (self.refused_after, Fault::RefusedAfter),
            (self.dropped_before, Fault::DroppedBefore),
            (self.dropped_after, Fault::DroppedAfter),
            (self.conflicts, Fault::Conflict),
            (self.slow, Fault::Slow),
        ];
        for (share, fault) in shares {
            if draw < share {
                return Some(fault);
            }
            draw -= share;
        }
        None
    }
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    RefusedBefore,
    RefusedAfter,
    DroppedBefore,
    DroppedAfter,
    Conflict,
    Slow,
}

/// The faults of one server.
pub(crate) struct Hooks {
    state: Mutex<State>,
    requests: AtomicU64,
    faulted: AtomicU64,
}

struct State {
    faults: Faults,
    draws: u64,
    out_until: Option<Instant>,
}

/// One request's fate.
pub(crate) struct Fate {
    pub(crate) fault: Option<Fault>,
    pub(crate) late_by: Duration,
}

impl Hooks {
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            state: Mutex::new(State {
                faults,
                draws: faults.seed,
                out_until: None,
            }),
            requests: AtomicU64::new(0),
            faulted: AtomicU64::new(0),
        }
    }

    pub(crate) fn set(&self, faults: Faults) {
        let mut state = self.state();
        (state.faults, state.draws) = (faults, faults.seed);
    }

    pub(crate) fn go_out_for(&self, time: Duration) {
        self.state().out_until = Some(Instant::now() + time);
    }

    pub(crate) fn is_out(&self) -> bool {
        let mut state = self.state();
        let out = state.out_until.is_some_and(|until| Instant::now() < until);
        if !out {
            state.out_until = None;
        }
        out
    }

    pub(crate) fn draw(&self) -> Fate {
        let (fault, faults) = {
            let mut state = self.state();
            state.draws = state.draws.wrapping_add(GOLDEN);
            let below = u32::try_from(mixed(state.draws) % 10_000).unwrap_or_default();
            (state.faults.at(below), state.faults)
        };
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.faulted
            .fetch_add(u64::from(fault.is_some()), Ordering::Relaxed);
        let slow_by = if fault == Some(Fault::Slow) {
            faults.slow_by
        } else {
            Duration::ZERO
        };
        Fate {
            fault,
            late_by: faults.latency + slow_by,
        }
    }

    /// Requests so far, and how many of them met a fault.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (
            self.requests.load(Ordering::Relaxed),
            self.faulted.load(Ordering::Relaxed),
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): a counter in steps of the golden ratio, well mixed.
pub(crate) const fn mixed(counter: u64) -> u64 {
    let once = (counter ^ (counter >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    twice ^ (twice >> 31)
}

pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_draws_one_sequence_and_each_fault_has_its_share() {
        let sequence = |seed| {
            let hooks = Hooks::new(Faults::storm(seed));
            let drawn: Vec<_> = (0..20_000).map(|_| hooks.draw().fault).collect();
            (drawn, hooks.counts())
        };
        let (first, counts) = sequence(1);
        assert_eq!((&first, counts), (&sequence(1).0, sequence(1).1));
        assert_ne!(first, sequence(2).0);
        for fault in [
            Fault::RefusedBefore,
            Fault::RefusedAfter,
            Fault::DroppedBefore,
            Fault::DroppedAfter,
            Fault::Slow,
        ] {
            let met = first.iter().filter(|drawn| **drawn == Some(fault)).count();
            assert!((140..260).contains(&met), "{fault:?}: {met} of 20 000");
        }
        let hooks = Hooks::new(Faults::none());
        assert!((0..1_000).all(|_| hooks.draw().fault.is_none()));
    }
}
