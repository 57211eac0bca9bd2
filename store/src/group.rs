//! Group commit: callers that arrive while a write is under way are served together by the next one.
//!
//! A caller joins, takes the writer's lock, and then serves everybody who has joined so far, itself among them,
//! unless an earlier holder of the lock has done so already.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

/// Items that wait for the next write, each with the place its answer goes to.
pub(crate) struct Group<Item, Answer>(Mutex<Vec<Waiting<Item, Answer>>>);

/// One caller's item.
pub(crate) struct Waiting<Item, Answer> {
    pub(crate) item: Item,
    answer: oneshot::Sender<Answer>,
}

impl<Item, Answer> Waiting<Item, Answer> {
    /// A caller who has gone away is no concern of the writer.
    pub(crate) fn answer(self, answer: Answer) {
        drop(self.answer.send(answer));
    }
}

impl<Item, Answer> Group<Item, Answer> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn join(&self, item: Item) -> oneshot::Receiver<Answer> {
        let (answer, receiver) = oneshot::channel();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(Waiting { item, answer });
        receiver
    }

    /// Everybody who waits, for the holder of the writer's lock.
    pub(crate) fn take(&self) -> Vec<Waiting<Item, Answer>> {
        core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
