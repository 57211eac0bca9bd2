//! Two or three writers whose operations go on one at a time in an order that a seed decides, with faults in between.
//!
//! `PLANSEAL_SEED=n cargo test -p planseal-tests --test faults one_seed -- --nocapture` tells one story again and says
//! what happened in it.

use std::ops::Range;
use std::sync::Arc;

use planseal::id::ObjectId;
use planseal_store::Sharing;
use planseal_tests::said::Said;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::door::Bug;
use crate::machine::{Beginning, Machine, POOL};
use crate::promised::{AFTERWARDS, PATIENCE, Promised, Violation, rivals_of, stuck, whole};
use crate::random::Random;
use crate::scheduler::{Scheduler, Trace};
use crate::writers::{Answer, Node, TRIES, Writer, answer_of};
use crate::{operation, told};

/// Who is there, and what they say.
struct Story {
    machine: Machine,
    scheduler: Arc<Scheduler>,
    nodes: Vec<Arc<Node>>,
    writers: Vec<Writer>,
}

impl Story {
    fn new(seed: u64, begun: &Machine, bug: Bug, trace: Trace) -> Self {
        let mut random = Random::new(seed);
        let mut deck: Vec<&'static Said> = POOL.successors.iter().chain(&POOL.rivals).collect();
        deck.extend(&POOL.reports[..3]);
        random.shuffle(&mut deck);
        let alone = begun.has_one_node();
        let writers = 2 + usize::from(random.one_in(5));
        let says: Vec<Vec<&Said>> = (0..writers).map(|_| hand(&mut random, &mut deck)).collect();
        let scheduler = Scheduler::new(random, trace);
        let machine = begun.fork();
        let node = |number| {
            Arc::new(Node {
                number,
                machine: machine.clone(),
                scheduler: Arc::clone(&scheduler),
                bug,
                running: Mutex::new(None),
            })
        };
        let nodes: Vec<Arc<Node>> = (0..if alone { 1 } else { writers }).map(node).collect();
        let writers = says.into_iter().enumerate().map(|(number, says)| Writer {
            number,
            node: Arc::clone(&nodes[number % nodes.len()]),
            says,
        });
        Self {
            writers: writers.collect(),
            nodes,
            machine,
            scheduler,
        }
    }

    /// Tells it, lets everybody finish in peace, and holds the disk to what was promised.
    async fn tell(self) -> Result<(), Violation> {
        let driver = tokio::spawn(Arc::clone(&self.scheduler).drive());
        let mut writing: JoinSet<_> = self.writers.into_iter().map(Writer::write).collect();
        let mut promised = Promised::default();
        let mut answers = Vec::new();
        let everybody = async {
            while let Some(written) = writing.join_next().await {
                let (theirs, answered) = written.expect("a writer does not panic");
                promised.join(theirs);
                answers.extend(answered);
            }
        };
        timeout(PATIENCE, everybody)
            .await
            .map_err(|_| stuck("the writers"))?;
        sleep(AFTERWARDS).await;
        self.scheduler.calm();
        driver.abort();
        finish(&self.machine, &answers, &mut promised).await?;
        // Alone, the node that finished has taken the store over.
        if !self.machine.has_one_node() {
            for node in &self.nodes {
                if let Some((door, store)) = node.running.lock().await.as_ref()
                    && !door.is_dead()
                {
                    promised.check_survivor(store).await?;
                }
            }
        }
        promised.check(&self.machine).await
    }
}

/// A writer's statements: two or three, of which one may be another writer's, too.
fn hand(random: &mut Random, deck: &mut Vec<&'static Said>) -> Vec<&'static Said> {
    let count = 2 + random.below(2);
    let mut hand = Vec::new();
    for _ in 0..count {
        let Some(said) = deck.pop() else { break };
        if random.one_in(6) {
            // A client that repeats its request elsewhere: both get the same leaf.
            deck.insert(random.below(deck.len() + 1), said);
        }
        if !hand.iter().any(|held: &&Said| held.id() == said.id()) {
            hand.push(said);
        }
    }
    hand
}

/// Repeats, on a new node to which nothing happens, whatever was not answered.
async fn finish(
    machine: &Machine,
    answers: &[(&'static Said, Answer)],
    promised: &mut Promised,
) -> Result<(), Violation> {
    let opened = timeout(PATIENCE, machine.open_calmly())
        .await
        .map_err(|_| stuck("opening"))?;
    let store = opened.map_err(|failure| Violation::Closed {
        reason: whole(&failure),
    })?;
    let mut refused: Vec<ObjectId> = Vec::new();
    for (said, answer) in answers {
        let mut answer = *answer;
        let mut failures = Vec::new();
        for _ in 0..TRIES {
            if answer != Answer::Open {
                break;
            }
            let put = timeout(PATIENCE, said.put(&store, operation(9))).await;
            match put.map_err(|_| stuck("a repetition"))? {
                Ok(receipt) => {
                    promised.receipt(said.id(), receipt);
                    answer = Answer::Logged;
                }
                Err(failure) => {
                    answer = answer_of(&failure);
                    failures.push(whole(&failure));
                }
            }
        }
        match answer {
            Answer::Open => return Err(stuck(&format!("a repetition: {failures:?}"))),
            Answer::Refused => refused.push(said.id()),
            Answer::Logged => {}
        }
    }
    for id in refused {
        let stands = rivals_of(id).into_iter();
        let mut logged = 0;
        for rival in stands {
            let found = store.leaf_index(rival).await;
            logged += usize::from(found.is_ok_and(|index| index.is_some()));
        }
        if logged == 0 {
            return Err(Violation::RefusedForNothing { id });
        }
    }
    Ok(())
}

/// Tells the story of one seed.
pub(crate) fn run(seed: u64, begun: &Machine, bug: Bug, trace: Trace) -> (Result<(), Violation>, String) {
    told(async {
        let story = Story::new(seed, begun, bug, trace);
        let scheduler = Arc::clone(&story.scheduler);
        let outcome = story.tell().await;
        (outcome, scheduler.trace())
    })
}

/// The stories of these seeds keep every promise.
fn every_seed(seeds: Range<u64>, sharing: Sharing, beginning: Beginning) {
    let begun = told(Machine::begun(sharing, beginning));
    for seed in seeds {
        if let (Err(violation), _) = run(seed, &begun, Bug::None, Trace::NotKept) {
            panic!("PLANSEAL_SEED={seed} ({sharing:?}, {beginning:?}): {violation:?}");
        }
    }
}

#[test]
fn seeds_of_several_nodes() {
    every_seed(0..6_000, Sharing::Nodes, Beginning::Short);
}

#[test]
fn seeds_of_several_nodes_further_on() {
    every_seed(6_000..12_000, Sharing::Nodes, Beginning::Short);
}

#[test]
fn seeds_of_several_nodes_that_fill_a_tile() {
    every_seed(12_000..14_000, Sharing::Nodes, Beginning::NearlyFull);
}

#[test]
fn seeds_of_one_node_with_several_writers() {
    every_seed(14_000..19_000, Sharing::Alone, Beginning::Short);
}

#[test]
fn seeds_of_one_node_that_fill_a_tile() {
    every_seed(19_000..20_000, Sharing::Alone, Beginning::NearlyFull);
}

/// The seed named in `PLANSEAL_SEED`, or 0, with everything that happens.
#[test]
fn one_seed_told_twice_is_the_same_story() {
    let seed = std::env::var("PLANSEAL_SEED").ok();
    let seed = seed.map_or(0, |seed| seed.parse().expect("PLANSEAL_SEED is a number"));
    for (sharing, beginning) in [
        (Sharing::Alone, Beginning::Short),
        (Sharing::Alone, Beginning::NearlyFull),
        (Sharing::Nodes, Beginning::Short),
        (Sharing::Nodes, Beginning::NearlyFull),
    ] {
        let begun = told(Machine::begun(sharing, beginning));
        let (outcome, trace) = run(seed, &begun, Bug::None, Trace::Kept);
        println!("seed {seed}, {sharing:?}, {beginning:?}:\n{trace}");
        outcome.unwrap_or_else(|violation| {
            panic!("PLANSEAL_SEED={seed} ({sharing:?}, {beginning:?}): {violation:?}")
        });
        let (_, again) = run(seed, &begun, Bug::None, Trace::Kept);
        let mut differing = trace
            .lines()
            .zip(again.lines())
            .filter(|(first, second)| first != second);
        assert_eq!(
            differing.next(),
            None,
            "seed {seed} tells another story the second time"
        );
    }
}
