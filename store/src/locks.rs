//! A fixed set of locks, one picked for each name: writers of one chain go one at a time within a process.
//!
//! They spare work, and nothing depends on them: between processes, creation decides.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use tokio::sync::{Mutex, MutexGuard};

pub(crate) struct Locks {
    locks: Vec<Mutex<()>>,
    /// A fixed one, so that a schedule of a test can be played again; names are ids and keyed hashes.
    hasher: BuildHasherDefault<DefaultHasher>,
}

/// Enough that two writers of different names seldom meet.
const LOCKS: u32 = 64;

impl Locks {
    pub(crate) fn new() -> Self {
        Self {
            locks: (0..LOCKS).map(|_| Mutex::new(())).collect(),
            hasher: BuildHasherDefault::default(),
        }
    }

    pub(crate) async fn lock(&self, name: &impl Hash) -> MutexGuard<'_, ()> {
        let hash = self.hasher.hash_one(name);
        let picked = usize::try_from(hash % u64::from(LOCKS)).expect("a remainder below 64 fits usize");
        self.locks[picked].lock().await
    }
}
