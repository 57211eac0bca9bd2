//! One fault, and then two, at every operation of a whole story told by two nodes; each time the disk is then held to
//! everything that was promised, and the story is told to its end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use planseal_store::{Sharing, Store};
use planseal_tests::said::Said;
use tokio::time::timeout;

use crate::door::{Action, Bug, Door, Fault, Faults, Operation};
use crate::machine::{Beginning, Machine, POOL};
use crate::promised::{PATIENCE, Promised, Violation, stuck, whole};
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
    open: [Option<(Arc<Door>, Store)>; 2],
    opened: usize,
}

impl Nodes {
    fn new(machine: Machine, faults: Arc<Planned>) -> Self {
        Self {
            machine,
            faults,
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
        let door = Door::new(self.opened, twin, faults, Bug::None);
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
async fn tell(machine: &Machine, story: &[&Said], faults: &Arc<Planned>) -> Result<Promised, Violation> {
    let mut nodes = Nodes::new(machine.clone(), Arc::clone(faults));
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
    Ok(promised)
}

/// Tells a story with these faults, and checks it.
async fn run(
    machine: Machine,
    story: &[&Said],
    faults: &[(usize, Fault)],
) -> Result<Arc<Planned>, Violation> {
    let planned = Planned::new(faults);
    let told = timeout(PATIENCE, tell(&machine, story, &planned)).await;
    let promised = told.map_err(|_| stuck("the story"))??;
    promised.check(&machine).await?;
    Ok(planned)
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
fn short_story() -> Vec<&'static Said> {
    vec![&POOL.successors[0], &POOL.reports[0], &POOL.withdrawal]
}

const FAULTS: [Fault; 5] = [
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::StaleList,
];

fn expect_kept(outcome: Result<Arc<Planned>, Violation>, faults: &[(usize, Fault)]) -> Arc<Planned> {
    outcome.unwrap_or_else(|violation| panic!("{faults:?}: {violation:?}"))
}

/// One fault of every kind at every operation of the whole story whose number leaves this remainder by two.
fn every_single_fault(sharing: Sharing, remainder: usize) {
    let story = whole_story();
    let actions = told(async { expect_kept(run(Machine::new(sharing), &story, &[]).await, &[]).actions() });
    assert!(actions.len() > 100, "{}", actions.len());
    for (place, action) in actions
        .iter()
        .enumerate()
        .filter(|(place, _)| place % 2 == remainder)
    {
        for fault in FAULTS {
            if fault == Fault::StaleList && *action != Action::List {
                continue;
            }
            let faults = [(place, fault)];
            told(async { expect_kept(run(Machine::new(sharing), &story, &faults).await, &faults) });
        }
    }
}

#[test]
fn every_single_fault_of_two_nodes_at_an_even_operation() {
    every_single_fault(Sharing::Nodes, 0);
}

#[test]
fn every_single_fault_of_two_nodes_at_an_odd_operation() {
    every_single_fault(Sharing::Nodes, 1);
}

/// Two faults at every two operations of the short story, of kinds that go round with the pairs; and of every kind where
/// both are writes.
fn every_double_fault(remainder: usize) {
    let story = short_story();
    let begun = told(Machine::begun(Sharing::Nodes, Beginning::Short));
    let actions = told(async { expect_kept(run(begun.fork(), &story, &[]).await, &[]).actions() });
    let is_write = |place: usize| matches!(actions[place], Action::Create | Action::Replace);
    let pairs =
        (0..actions.len()).flat_map(|first| (first + 1..actions.len()).map(move |second| (first, second)));
    let (mut count, mut writes) = (0, 0);
    for (number, (first, second)) in pairs.enumerate().filter(|(number, _)| number % 2 == remainder) {
        let combinations = (0..FAULTS.len() * FAULTS.len()).filter(|combination| {
            (is_write(first) && is_write(second))
                || combination % FAULTS.len().pow(2) == number / 2 % FAULTS.len().pow(2)
        });
        writes += usize::from(is_write(first) && is_write(second));
        for combination in combinations {
            let faults = [
                (first, FAULTS[combination / FAULTS.len()]),
                (second, FAULTS[combination % FAULTS.len()]),
            ];
            told(async { expect_kept(run(begun.fork(), &story, &faults).await, &faults) });
            count += 1;
        }
    }
    println!("{count} pairs of faults, {writes} of them at two writes");
    assert!(count > 1_000 && writes > 50, "{count} {writes}");
}

#[test]
fn two_faults_of_two_nodes_at_even_pairs() {
    every_double_fault(0);
}

#[test]
fn two_faults_of_two_nodes_at_odd_pairs() {
    every_double_fault(1);
}
