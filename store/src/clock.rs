//! The clock the store is given.
//!
//! Core has no clock. The store needs one for the minute written into a leaf and for the rule that an object
//! is logged near the time it names (FORMAT §3). Only a demonstration and the tests set it by hand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use planseal::time::Timestamp;

/// Where the store reads the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// A clock outside 1970–9999 reads as 1970: every object then fails the time rule, and none is misdated.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one clock that reads the machine's"
    )]
    fn now(&self) -> Timestamp {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|elapsed| Timestamp::from_seconds(elapsed.as_secs()).ok())
            .unwrap_or_else(epoch)
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct SetClock(AtomicU64);

impl SetClock {
    /// A clock that shows `instant`.
    #[must_use]
    pub fn new(instant: Timestamp) -> Self {
        Self(AtomicU64::new(instant.seconds()))
    }

    /// Moves the clock, in either direction; the log's own minutes never go back.
    pub fn set(&self, instant: Timestamp) {
        self.0.store(instant.seconds(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst)).unwrap_or_else(|_| epoch())
    }
}

fn epoch() -> Timestamp {
    Timestamp::from_seconds(0).expect("1970 is inside the range")
}
