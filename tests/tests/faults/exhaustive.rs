//! One fault, and then two, at every operation of a whole story told by two nodes; each time the disk is then held to
//! everything that was promised, and the story is told to its end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use planseal_store::{Sharing, Store};
use planseal_tests::said::Said;
use tokio::time::{sleep, timeout};

use crate::door::{Action, Bug, Door, Fault, Faults, Operation};
use crate::machine::{Beginning, Machine, POOL};
use crate::promised::{AFTERWARDS, PATIENCE, Promised, Violation, stuck, whole};
use crate::{operation, told};

/// Faults at set places of a story.
#[derive(Debug)]
struct Planned {
    faults: Vec<(usize, Fault)>,
    met: AtomicUsize,
    actions: Mutex<Vec<Action>>,
}

impl Planned {
    fn new(faults: &[(usize, Fault)]) -> Arc<Self> {
        Arc::new(Self {
            faults: faults.to_vec(),
            met: AtomicUsize::new(0),
            actions: Mutex::new(Vec::new()),
        })
    }

    fn actions(&self) -> Vec<Action> {
        self.actions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Faults for Planned {
    async fn meet(&self, operation: Operation) -> Fault {
        let place = self.met.fetch_add(1, Ordering::SeqCst);
        self.actions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(operation.action);
        let planned = self.faults.iter().find(|(at, _)| *at == place);
        planned.map_or(Fault::None, |(_, fault)| *fault)
    }
}

/// The two nodes of a story, each opened when it is first asked and again when it has died.
struct Nodes {
    machine: Machine,
    faults: Arc<Planned>,
    bug: Bug,
    open: [Option<(Arc<Door>, Store)>; 2],
    opened: usize,
}

impl Nodes {
    fn new(machine: Machine, faults: Arc<Planned>, bug: Bug) -> Self {
        Self {
            machine,
            faults,
            bug,
            open: [None, None],
            opened: 0,
        }
    }

    async fn node(&mut self, which: usize) -> Result<Store, String> {
        if let Some((door, store)) = &self.open[which]
            && !door.is_dead()
        {
            return Ok(store.clone());
        }
        self.open[which] = None;
        let (twin, faults) = (Arc::clone(&self.machine.twin), Arc::clone(&self.faults));
        let door = Door::new(self.opened, twin, faults, self.bug);
        self.opened += 1;
        let store = self
            .machine
            .open(&door)
            .await
            .map_err(|failure| whole(&failure))?;
        self.open[which] = Some((door, store.clone()));
        Ok(store)
    }
}

/// How often each statement is repeated before the service is taken to be dead.
const TRIES: usize = 8;

/// Tells a story: one statement after another, by turns on one node and the other, each repeated until it is logged.
async fn tell(mut nodes: Nodes, story: &[&Said]) -> Result<Promised, Violation> {
    let mut promised = Promised::default();
    for (turn, said) in story.iter().enumerate() {
        let mut failures = Vec::new();
        while !promised.has_receipt(said.id()) {
            let Some(store) = nodes
                .node(turn % 2)
                .await
                .map_err(|words| failures.push(words))
                .ok()
            else {
                if failures.len() > TRIES {
                    return Err(stuck(&format!("opening: {failures:?}")));
                }
                continue;
            };
            match said.put(&store, operation(turn)).await {
                Ok(receipt) => promised.receipt(said.id(), receipt),
                Err(failure) => failures.push(whole(&failure)),
            }
            promised.checkpoint(&store);
            if failures.len() > TRIES {
                return Err(stuck(&format!("statement {turn}: {failures:?}")));
            }
        }
    }
    sleep(AFTERWARDS).await;
    Ok(promised)
}

/// Tells a story with these faults, and checks it. Gives what was done to the disk.
pub(crate) fn run(
    machine: &Machine,
    story: &[&Said],
    faults: &[(usize, Fault)],
    bug: Bug,
) -> Result<Vec<Action>, Violation> {
    told(async {
        let planned = Planned::new(faults);
        let nodes = Nodes::new(machine.clone(), Arc::clone(&planned), bug);
        let told = timeout(PATIENCE, tell(nodes, story)).await;
        let promised = told.map_err(|_| stuck("the story"))??;
        promised.check(machine).await?;
        Ok(planned.actions())
    })
}

/// The whole story, from an empty disk.
fn whole_story() -> Vec<&'static Said> {
    let plan = [
        &POOL.first,
        &POOL.successors[0],
        &POOL.reports[0],
        &POOL.withdrawal,
    ];
    POOL.certificates.iter().chain(plan).collect()
}

/// The plan's part of it, from a disk on which everybody is certified and the record has begun.
pub(crate) fn short_story() -> Vec<&'static Said> {
    vec![&POOL.successors[0], &POOL.reports[0], &POOL.withdrawal]
}

const FAULTS: [Fault; 5] = [
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::StaleList,
];

fn expect_kept(machine: &Machine, story: &[&Said], faults: &[(usize, Fault)]) -> Vec<Action> {
    let outcome = run(machine, story, faults, Bug::None);
    outcome.unwrap_or_else(|violation| panic!("{faults:?}: {violation:?}"))
}

/// One fault of every kind at each of these operations of a story.
fn every_single_fault(begun: &Machine, story: &[&Said], at: impl Fn(usize, Action) -> bool) {
    let actions = expect_kept(&begun.fork(), story, &[]);
    assert!(actions.len() > 60, "{}", actions.len());
    for (place, action) in actions
        .iter()
        .enumerate()
        .filter(|(place, action)| at(*place, **action))
    {
        for fault in FAULTS {
            if fault != Fault::StaleList || *action == Action::List {
                expect_kept(&begun.fork(), story, &[(place, fault)]);
            }
        }
    }
}

#[test]
fn every_single_fault_at_an_even_operation() {
    every_single_fault(&Machine::new(Sharing::Nodes), &whole_story(), |place, _| {
        place % 2 == 0
    });
}

#[test]
fn every_single_fault_at_an_odd_operation() {
    every_single_fault(&Machine::new(Sharing::Nodes), &whole_story(), |place, _| {
        place % 2 == 1
    });
}

#[test]
fn every_single_fault_of_a_write_while_a_tile_is_filled() {
    let begun = told(Machine::begun(Sharing::Nodes, Beginning::NearlyFull));
    every_single_fault(&begun, &short_story(), |_, action| is_write(action));
}

pub(crate) const fn is_write(action: Action) -> bool {
    matches!(action, Action::Create | Action::Replace)
}

/// Two faults of every two kinds at every two writes of the short story, and at some other pairs of operations of kinds
/// that go round with the pairs.
fn every_double_fault(remainder: usize) {
    let story = short_story();
    let begun = told(Machine::begun(Sharing::Nodes, Beginning::Short));
    let actions = expect_kept(&begun.fork(), &story, &[]);
    let is_write = |place: usize| is_write(actions[place]);
    let places = 0..actions.len();
    let pairs = places.flat_map(|first| (first + 1..actions.len()).map(move |second| (first, second)));
    let (mut count, mut writes) = (0, 0);
    for (number, (first, second)) in pairs.enumerate().filter(|(number, _)| number % 2 == remainder) {
        let kinds = if is_write(first) && is_write(second) {
            writes += 1;
            0..KINDS
        } else {
            let kind = number / 2 % (KINDS * OTHERS);
            kind..(kind + 1).min(KINDS)
        };
        for kind in kinds {
            let (one, other) = (FAULTS[kind / FAULTS.len()], FAULTS[kind % FAULTS.len()]);
            expect_kept(&begun.fork(), &story, &[(first, one), (second, other)]);
            count += 1;
        }
    }
    println!("{count} pairs of faults, at all {writes} pairs of writes");
    assert!(count > 1_000 && writes > 50, "{count} {writes}");
}

/// Pairs of kinds of faults.
const KINDS: usize = FAULTS.len() * FAULTS.len();
/// Of the pairs of operations that are not two writes, one in so many is tried, with one pair of kinds.
const OTHERS: usize = 8;

#[test]
fn two_faults_at_even_pairs() {
    every_double_fault(0);
}

#[test]
fn two_faults_at_odd_pairs() {
    every_double_fault(1);
}
