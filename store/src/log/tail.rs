//! What is kept of the log's leaves in memory: the newest ones, until the bundle they belong to is full and lies in the
//! store, and of all others just enough to know that there is one.

use std::collections::{HashMap, HashSet};

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

/// Eight bytes of the id of every object that has a leaf: about 18 MB for a million.
#[derive(Default)]
pub(super) struct Fingerprints(HashSet<u64>);

impl Fingerprints {
    pub(super) fn insert(&mut self, id: &ObjectId) {
        self.0.insert(fingerprint(id));
    }

    /// False when the object has no leaf. When true it has one, or shares eight bytes with one that has.
    pub(super) fn may_hold(&self, id: &ObjectId) -> bool {
        self.0.contains(&fingerprint(id))
    }
}

fn fingerprint(id: &ObjectId) -> u64 {
    let (first, _) = id.as_bytes().split_first_chunk().expect("32 bytes have 8");
    u64::from_be_bytes(*first)
}
