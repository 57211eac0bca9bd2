//! Those who have something to say, and the processes they say it to.

use std::sync::Arc;

use planseal_store::{AppendError, Store};
use planseal_tests::said::Said;
use tokio::sync::Mutex;

use crate::door::{Bug, Door};
use crate::machine::Machine;
use crate::operation;
use crate::promised::{Promised, whole};
use crate::scheduler::Scheduler;

/// A process that can die and be started again.
pub(crate) struct Node {
    pub(crate) number: usize,
    pub(crate) machine: Machine,
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) bug: Bug,
    pub(crate) running: Mutex<Option<(Arc<Door>, Store)>>,
}

impl Node {
    /// The running process, started when there is none.
    pub(crate) async fn running(&self) -> Result<(Arc<Door>, Store), String> {
        let mut running = self.running.lock().await;
        if let Some((door, store)) = running.as_ref().filter(|(door, _)| !door.is_dead()) {
            return Ok((Arc::clone(door), store.clone()));
        }
        *running = None;
        let twin = Arc::clone(&self.machine.twin);
        let door = Door::new(
            self.number,
            twin,
            Arc::<Scheduler>::clone(&self.scheduler),
            self.bug,
        );
        let opened = tokio::select! {
            biased;
            () = door.death() => Err("it died".to_owned()),
            opened = self.machine.open(&door) => opened.map_err(|failure| whole(&failure)),
        };
        if opened.is_err() {
            // A process that could not start is gone.
            door.kill();
        }
        let store = opened?;
        *running = Some((Arc::clone(&door), store.clone()));
        Ok((door, store))
    }
}

/// Somebody who has a few things to say, and says each until it is answered.
pub(crate) struct Writer {
    pub(crate) number: usize,
    pub(crate) node: Arc<Node>,
    pub(crate) says: Vec<&'static Said>,
}

/// What became of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Logged,
    /// Another statement stands in its place.
    Refused,
    /// Nobody knows yet.
    Open,
}

/// How often a writer repeats a statement before it waits for better times.
pub(crate) const TRIES: usize = 6;

impl Writer {
    pub(crate) async fn write(self) -> (Promised, Vec<(&'static Said, Answer)>) {
        let mut promised = Promised::default();
        let mut answers = Vec::new();
        for said in &self.says {
            let mut answer = Answer::Open;
            for _ in 0..TRIES {
                answer = self.say(said, &mut promised).await;
                if answer != Answer::Open {
                    break;
                }
            }
            answers.push((*said, answer));
        }
        (promised, answers)
    }

    async fn say(&self, said: &'static Said, promised: &mut Promised) -> Answer {
        let (writer, id) = (self.number, said.id().prefix());
        let remark = |words: String| {
            self.node
                .scheduler
                .remark(|| format!("writer {writer} {id}: {words}"))
        };
        let (door, store) = match self.node.running().await {
            Ok(running) => running,
            Err(failure) => {
                remark(format!("no node: {failure}"));
                return Answer::Open;
            }
        };
        remark("says".to_owned());
        let put = tokio::select! {
            biased;
            () = door.death() => None,
            put = said.put(&store, operation(writer)) => Some(put),
        };
        promised.checkpoint(&store);
        match put {
            None => {
                remark("the node died".to_owned());
                Answer::Open
            }
            Some(Ok(receipt)) => {
                remark(format!("leaf {}", receipt.proof().index));
                promised.receipt(said.id(), receipt);
                Answer::Logged
            }
            Some(Err(failure)) => {
                remark(whole(&failure));
                answer_of(&failure)
            }
        }
    }
}

pub(crate) fn answer_of(failure: &AppendError) -> Answer {
    match failure {
        AppendError::LostRace { .. } | AppendError::NumberTaken { .. } | AppendError::RecordClosed => {
            Answer::Refused
        }
        _ => Answer::Open,
    }
}
