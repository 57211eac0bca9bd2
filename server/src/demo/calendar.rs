//! The demonstration's clock: it stands where it is set while the past is played, and runs with the machine after.

use std::sync::atomic::{AtomicU64, Ordering};

use planseal::time::{Date, Timestamp};
use planseal_store::{Clock, SystemClock};

/// Set to an instant, or released.
pub(super) struct Calendar(AtomicU64);

/// No sample lies in 1970.
const RELEASED: u64 = 0;

impl Calendar {
    /// A clock that runs with the machine until it is set.
    pub(super) const fn standing() -> Self {
        Self(AtomicU64::new(RELEASED))
    }

    /// The machine's present, whatever the clock is set to.
    pub(super) fn present(&self) -> Timestamp {
        SystemClock.now()
    }

    /// Today.
    pub(super) fn today(&self) -> Date {
        self.present().date()
    }

    pub(super) fn set(&self, instant: Timestamp) {
        self.0.store(instant.seconds(), Ordering::SeqCst);
    }

    pub(super) fn release(&self) {
        self.0.store(RELEASED, Ordering::SeqCst);
    }
}

impl Clock for Calendar {
    fn now(&self) -> Timestamp {
        match self.0.load(Ordering::SeqCst) {
            RELEASED => self.present(),
            seconds => Timestamp::from_seconds(seconds).unwrap_or_else(|_| self.present()),
        }
    }
}
