//! A fixed set of locks, one picked for each name: writers of one chain go one at a time within a process.
//!
//! They spare work, and nothing depends on them: between processes, creation decides.

use std::hash::{BuildHasher, Hash, RandomState};

use tokio::sync::{Mutex, MutexGuard};

pub(crate) struct Locks {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
}

/// Enough that two writers of different names seldom meet.
const LOCKS: u32 = 64;

impl Locks {
    pub(crate) fn new() -> Self {
        Self {
            locks: (0..LOCKS).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }

    pub(crate) async fn lock(&self, name: &impl Hash) -> MutexGuard<'_, ()> {
        let hash = self.hasher.hash_one(name);
        let picked = usize::try_from(hash % u64::from(LOCKS)).expect("a remainder below 64 fits usize");
        self.locks[picked].lock().await
    }
}
