//! Decides, from a seed, whose operation goes on next and what happens to it.
//!
//! Every operation of every node waits here for a permit. Time is paused: it moves on only when every task waits, so a
//! millisecond of it shows that nobody has anything left to do but what waits here. Then one operation is let go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};

use crate::door::{Action, Fault, Faults, Operation};
use crate::random::Random;

/// The order of one story.
#[derive(Debug)]
pub(crate) struct Scheduler {
    state: Mutex<State>,
    arrivals: Notify,
}

#[derive(Debug)]
struct State {
    random: Random,
    parked: Vec<(Operation, oneshot::Sender<Fault>)>,
    /// How many faults are still to come.
    faults: usize,
    /// How many of them may kill a node.
    crashes: usize,
    /// One write in so many meets a fault.
    rarity: usize,
    /// Operations of a node that are still to be refused, because it is throttled.
    throttled: BTreeMap<usize, usize>,
    /// The node that goes first most of the time.
    favourite: usize,
    /// How much it is favoured: one operation in so many is anybody's.
    fairness: usize,
    /// A node of which nothing is heard until then, although it is not dead.
    frozen: Option<(usize, Instant)>,
    /// Whether a node may still freeze.
    may_freeze: bool,
    /// Nothing waits any more, and nothing happens.
    calm: bool,
    trace: Option<Vec<String>>,
}

/// Whether what happened is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    Kept,
    NotKept,
}

impl Scheduler {
    pub(crate) fn new(mut random: Random, trace: Trace) -> Arc<Self> {
        let faults = random.below(MOST_FAULTS + 1);
        let state = State {
            parked: Vec::new(),
            faults,
            crashes: random.below(MOST_CRASHES + 1),
            rarity: 3 + random.below(30),
            throttled: BTreeMap::new(),
            favourite: 0,
            fairness: 1 + random.below(8),
            frozen: None,
            may_freeze: random.one_in(40),
            calm: false,
            trace: (trace == Trace::Kept).then(Vec::new),
            random,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            arrivals: Notify::new(),
        })
    }

    /// Lets one operation after another go; never ends.
    pub(crate) async fn drive(self: Arc<Self>) {
        loop {
            sleep(Duration::from_millis(1)).await;
            let released = self.state().release();
            let pause = match released {
                Released::One => Duration::ZERO,
                Released::Later(pause) => pause,
                Released::Nothing => {
                    self.arrivals.notified().await;
                    Duration::ZERO
                }
            };
            if !pause.is_zero() {
                sleep(pause).await;
            }
        }
    }

    /// From now on every operation goes on at once, and nothing happens to it.
    pub(crate) fn calm(&self) {
        let mut state = self.state();
        state.calm = true;
        for (_, permit) in state.parked.drain(..) {
            let _ = permit.send(Fault::None);
        }
    }

    /// What happened, when it was written down.
    pub(crate) fn trace(&self) -> String {
        self.state().trace.take().unwrap_or_default().join("\n")
    }

    /// Writes down what a writer did or was told.
    pub(crate) fn remark(&self, words: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.state().trace {
            trace.push(words());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Faults of one story, at most.
const MOST_FAULTS: usize = 4;
/// Deaths among them, at most.
const MOST_CRASHES: usize = 2;
/// Refusals in a row of a node that is throttled, at most.
const MOST_REFUSALS: usize = 5;

/// A little longer than a store waits before it fences a writer that is silent, and than it takes to notice.
const SILENCE: Duration = Duration::from_secs(12 * 60);

/// What came of the wish to let an operation go.
enum Released {
    One,
    /// Nobody goes on for this long: whoever waits for another learns what it means to wait.
    Later(Duration),
    Nothing,
}

impl State {
    fn release(&mut self) -> Released {
        self.parked.retain(|(_, permit)| !permit.is_closed());
        if self.parked.is_empty() {
            return Released::Nothing;
        }
        self.freeze_or_thaw();
        if self
            .parked
            .iter()
            .all(|(operation, _)| self.is_frozen(operation.node))
        {
            return Released::Later(Duration::from_millis(100));
        }
        if self.random.one_in(400) {
            let pause = Duration::from_millis(500 << self.random.below(4));
            return Released::Later(pause);
        }
        if self.random.one_in(16) {
            self.favourite = self.parked[self.random.below(self.parked.len())].0.node;
        }
        let picked = self.pick();
        let (operation, permit) = self.parked.swap_remove(picked);
        let fault = self.fault(&operation);
        if let Some(trace) = &mut self.trace {
            let Operation { node, action, name } = &operation;
            // A node's queue lies under its nonce, which is another one every time.
            let name = match name
                .as_ref()
                .strip_prefix("q/")
                .and_then(|name| name.split_once('/'))
            {
                Some((_, number)) => format!("q/{number}"),
                None => name.to_string(),
            };
            trace.push(format!("  node {node} {action:?} {name} {fault:?}"));
        }
        let _ = permit.send(fault);
        Released::One
    }

    /// Once in a story at most, a node falls silent for longer than others wait before they take it for dead.
    fn freeze_or_thaw(&mut self) {
        if self.frozen.is_some_and(|(_, until)| Instant::now() >= until) {
            self.frozen = None;
        }
        if self.may_freeze && self.random.one_in(30) {
            self.may_freeze = false;
            let node = self.parked[self.random.below(self.parked.len())].0.node;
            self.frozen = Some((node, Instant::now() + SILENCE));
        }
    }

    fn is_frozen(&self, node: usize) -> bool {
        self.frozen.is_some_and(|(frozen, _)| frozen == node)
    }

    /// Most of the time an operation of the favourite; else anybody's who is not frozen.
    fn pick(&mut self) -> usize {
        let places = |of: &dyn Fn(usize) -> bool| -> Vec<usize> {
            let parked = self.parked.iter().enumerate();
            let theirs = parked.filter(|(_, (operation, _))| of(operation.node));
            theirs.map(|(place, _)| place).collect()
        };
        let anybody = places(&|node| !self.is_frozen(node));
        let favourite = places(&|node| node == self.favourite && !self.is_frozen(node));
        let fair = self.random.one_in(self.fairness);
        let among = if fair || favourite.is_empty() {
            anybody
        } else {
            favourite
        };
        among[self.random.below(among.len())]
    }

    fn fault(&mut self, operation: &Operation) -> Fault {
        if let Some(left) = self.throttled.get_mut(&operation.node).filter(|left| **left > 0) {
            *left -= 1;
            return Fault::ErrorBefore;
        }
        // Whoever waits reads again and again: faults there alone would spare most of the story.
        let rarity = match operation.action {
            Action::Read => self.rarity * 10,
            _ => self.rarity,
        };
        if self.faults == 0 || !self.random.one_in(rarity) {
            return Fault::None;
        }
        self.faults -= 1;
        match (self.random.below(6), operation.action) {
            (0, _) => Fault::ErrorAfter,
            (1 | 2, _) if self.crashes > 0 => {
                self.crashes -= 1;
                [Fault::CrashBefore, Fault::CrashAfter][self.random.below(2)]
            }
            (3, _) => {
                self.throttled
                    .insert(operation.node, self.random.below(MOST_REFUSALS));
                Fault::ErrorBefore
            }
            (_, Action::List) => Fault::StaleList,
            _ => Fault::ErrorBefore,
        }
    }
}

#[async_trait]
impl Faults for Scheduler {
    async fn meet(&self, operation: Operation) -> Fault {
        let granted = {
            let mut state = self.state();
            if state.calm {
                return Fault::None;
            }
            let (permit, granted) = oneshot::channel();
            state.parked.push((operation, permit));
            granted
        };
        self.arrivals.notify_one();
        // Without a scheduler the story is over.
        granted.await.unwrap_or(Fault::CrashBefore)
    }
}
