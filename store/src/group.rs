//! Group commit: callers that arrive while a write is under way are served together by the next one.
//!
//! A caller joins and waits for its answer or for the writer's lock, whichever comes first. With the lock it serves
//! everybody who has joined so far, itself among them.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use futures_util::future::{Either, select};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::RecvError;

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

/// The caller's answer, or the writer's lock with which it has to serve the waiting.
pub(crate) async fn turn<Answer, Guard>(
    receiver: &mut oneshot::Receiver<Answer>,
    lock: impl Future<Output = Guard>,
) -> Turn<Answer, Guard> {
    match select(receiver, pin!(lock)).await {
        Either::Left((answer, _)) => Turn::Answered(answer),
        Either::Right((guard, _)) => Turn::Serve(guard),
    }
}

/// What came first for a caller.
pub(crate) enum Turn<Answer, Guard> {
    /// Another caller has served it; an error when that one was cut off.
    Answered(Result<Answer, RecvError>),
    /// The lock is its own.
    Serve(Guard),
}
