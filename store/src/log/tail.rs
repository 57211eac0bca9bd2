//! The newest leaves, kept in memory until the bundle they belong to is full and lies in the store.

use std::collections::HashMap;

use planseal::id::ObjectId;

use super::commit::{Entry, Logged};

/// The leaves from `start` on, with their places.
#[derive(Default)]
pub(super) struct Tail {
    start: u64,
    entries: Vec<Entry>,
    logged: HashMap<ObjectId, Logged>,
}

impl Tail {
    /// A tail whose first entry will be leaf `start`.
    pub(super) fn from(start: u64) -> Self {
        Self {
            start,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        let logged = Logged {
            index: self.end(),
            place: entry.place,
        };
        self.logged.insert(entry.id, logged);
        self.entries.push(entry);
    }

    /// The first leaf held.
    pub(super) const fn start(&self) -> u64 {
        self.start
    }

    /// One after the last leaf held.
    pub(super) fn end(&self) -> u64 {
        self.start + u64::try_from(self.entries.len()).expect("a length in memory fits 64 bits")
    }

    pub(super) fn logged(&self, id: &ObjectId) -> Option<Logged> {
        self.logged.get(id).copied()
    }

    /// The entries from leaf `index` on; none when that lies before the tail.
    pub(super) fn since(&self, index: u64) -> Option<&[Entry]> {
        let skipped = usize::try_from(index.checked_sub(self.start)?).ok()?;
        self.entries.get(skipped..)
    }

    /// Drops the leaves below `until`.
    pub(super) fn forget(&mut self, until: u64) {
        let dropped = until.min(self.end()).saturating_sub(self.start);
        let dropped = usize::try_from(dropped).expect("at most what is held");
        for entry in self.entries.drain(..dropped) {
            self.logged.remove(&entry.id);
        }
        self.start = self.start.max(until);
    }
}
