//! A trial by chaos: several nodes on one bucket, twelve clients, faults, and nodes that die and are replaced.
//!
//! A node is a `Store` in a runtime of its own; killing it ends that runtime at once, with everything under way in it.
//! Clients repeat a request at another node until they get an answer, as the service's clients do. What they are told is
//! written into the [`Ledger`], which settles the account afterwards.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use object_store::ObjectStore;
use planseal::id::PlanId;
use planseal::statement::Kind;
use planseal_store::{
    AppendError, ChainRecord, Location, OperationId, SetClock, Sharing, Store, StoreConfig,
};
use planseal_tests::ledger::ORIGIN;
use tokio::runtime::{Handle, Runtime};
use tokio::task::{JoinError, JoinSet};

use crate::cast::{Cast, Said, new_plan};
use crate::disturbance::Disturbance;
use crate::fault::{GOLDEN, mixed};
use crate::ledger::{Account, Ledger};

/// What to put to the trial.
pub struct Trial {
    /// Makes clients of the one bucket. Nodes take them in turn, so several endpoints are all used.
    pub engines: Vec<Engine>,
    /// Nodes at a time.
    pub nodes: usize,
    /// How long clients go on beginning new work.
    pub time: Duration,
    /// How often something is disturbed and a node replaced.
    pub pace: Duration,
    /// Where the sequence of choices begins.
    pub seed: u64,
}

/// Makes one more client of the bucket.
pub type Engine = Box<dyn Fn() -> Arc<dyn ObjectStore> + Send + Sync>;

/// Runs a trial to its account.
///
/// # Errors
/// When no node can be opened on an untroubled bucket, or the account cannot be settled.
pub async fn run(trial: Trial, disturbance: &dyn Disturbance) -> anyhow::Result<Account> {
    let keys = tempfile::tempdir()?;
    let key_file = keys.path().join("store.key");
    let shared = Arc::new(Shared::new(trial, key_file)?);
    shared.begin().await?;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(Arc::clone(&shared).client(client));
    }
    let killed = shared.disturb_until_the_end(disturbance).await?;
    let calm = Instant::now();
    while let Some(ended) = clients.join_next().await {
        ended.context("a client")??;
    }
    shared.every_node_appends().await?;
    let alive_after = calm.elapsed();
    let auditor = shared.open_node().await?;
    let settled = Arc::clone(&shared);
    let account = auditor.run(move |store| async move { settled.ledger.settle(&settled.cast, &store).await });
    let account = account.await.context("the auditor's node")??;
    Ok(Account {
        killed,
        alive_after,
        ..account
    })
}

const CLIENTS: u64 = 12;
/// Records that several clients write to.
const CONTENDED: u64 = 3;
/// Persons from here on belong to one client's try each.
const ALONE: u64 = 1_000;
/// Persons from here on are claimed by two clients at once.
const CLAIMED: u64 = 200_000;

struct Shared {
    trial: Trial,
    key_file: PathBuf,
    cast: Cast,
    ledger: Ledger,
    nodes: Mutex<Vec<Arc<Node>>>,
    contended: Vec<PlanId>,
    ends: Instant,
    persons: AtomicU64,
    claims: AtomicU64,
    opened: AtomicU64,
}

impl Shared {
    fn new(trial: Trial, key_file: PathBuf) -> anyhow::Result<Self> {
        Ok(Self {
            key_file,
            cast: Cast::new(),
            ledger: Ledger::default(),
            nodes: Mutex::default(),
            contended: (0..CONTENDED)
                .map(|_| new_plan())
                .collect::<anyhow::Result<_>>()?,
            ends: Instant::now() + trial.time,
            persons: AtomicU64::new(ALONE),
            claims: AtomicU64::new(2 * CLAIMED),
            opened: AtomicU64::new(0),
            trial,
        })
    }

    /// One node founds the store: certificates, and the records that are contended later. Then come the others.
    async fn begin(&self) -> anyhow::Result<()> {
        let node = Arc::new(self.open_node().await?);
        for certificate in self.cast.certificates() {
            let operation = OperationId::random()?;
            let appended =
                node.run(move |store| async move { store.append(&certificate, operation).await.map(drop) });
            appended.await.context("the first node")??;
        }
        self.living().push(node);
        for (person, plan) in (0..).zip(&self.contended) {
            self.submit(&mut Dice(0), &self.cast.version(*plan, person, None)?)
                .await?;
        }
        while self.living().len() < self.trial.nodes {
            let node = self.open_node().await?;
            self.living().push(Arc::new(node));
        }
        Ok(())
    }

    async fn open_node(&self) -> anyhow::Result<Node> {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        Node::open(&self.trial, number, &self.key_file).await
    }

    /// Until the clients' time is over, something is disturbed and a node dies at every step; the next takes its place.
    async fn disturb_until_the_end(&self, disturbance: &dyn Disturbance) -> anyhow::Result<u64> {
        let mut dice = Dice(self.trial.seed);
        let mut killed = 0;
        while Instant::now() + self.trial.pace < self.ends {
            tokio::time::sleep(self.trial.pace).await;
            disturbance.disturb(killed);
            let dies = {
                let mut living = self.living();
                let at = dice.below(living.len());
                (!living.is_empty()).then(|| living.swap_remove(at))
            };
            if let Some(node) = dies {
                end(&node.runtime);
                killed += 1;
            }
            self.replace().await;
        }
        disturbance.calm();
        while self.living().len() < self.trial.nodes {
            let node = self.open_node().await.context("after the faults")?;
            self.living().push(Arc::new(node));
        }
        Ok(killed)
    }

    /// Opening may fail while things go wrong; then the next step tries again.
    async fn replace(&self) {
        while self.living().len() < self.trial.nodes && Instant::now() < self.ends {
            match self.open_node().await {
                Ok(node) => self.living().push(Arc::new(node)),
                Err(found) => {
                    return self
                        .ledger
                        .fail(format!("opening: {}", without_ids(&format!("{found:#}"))));
                }
            }
        }
    }

    async fn every_node_appends(&self) -> anyhow::Result<()> {
        let nodes = self.living().clone();
        for node in nodes {
            let said = self
                .cast
                .version(new_plan()?, self.persons.fetch_add(1, Ordering::Relaxed), None)?;
            let begun = Instant::now();
            while !self.ask(&node, &said, OperationId::random()?).await {
                if begun.elapsed() > PATIENCE {
                    self.ledger
                        .violate("a node does not come back to life".to_owned());
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    async fn client(self: Arc<Self>, client: u64) -> anyhow::Result<()> {
        let mut dice = Dice(mixed(self.trial.seed.wrapping_add(client)));
        while Instant::now() < self.ends {
            let said = match client {
                0..=2 => {
                    let person = self.persons.fetch_add(1, Ordering::Relaxed);
                    Some(self.cast.version(new_plan()?, person, None)?)
                }
                3..=4 => {
                    let person = self.claims.fetch_add(1, Ordering::Relaxed) / 2;
                    Some(self.cast.version(new_plan()?, person, None)?)
                }
                5..=9 => self.successor(&mut dice, client).await?,
                _ => self.report(&mut dice, client).await?,
            };
            match said {
                Some(said) => self.submit(&mut dice, &said).await?,
                None => tokio::time::sleep(PAUSE).await,
            }
        }
        Ok(())
    }

    async fn successor(&self, dice: &mut Dice, client: u64) -> anyhow::Result<Option<Said>> {
        let at = usize::try_from(client % CONTENDED)?;
        let plan = self.contended[at];
        let Some(latest) = self.latest(dice, plan).await else {
            return Ok(None);
        };
        let after = self.cast.predecessor(&latest)?;
        self.cast
            .version(plan, u64::try_from(at)?, Some(&after))
            .map(Some)
    }

    async fn report(&self, dice: &mut Dice, client: u64) -> anyhow::Result<Option<Said>> {
        let plan = self.contended[usize::try_from(client % CONTENDED)?];
        let latest = self.latest(dice, plan).await;
        Ok(latest.map(|latest| self.cast.report(plan, latest.id, dice.next())))
    }

    /// The latest version as some node tells it. It must know of everything that anybody was told before.
    async fn latest(&self, dice: &mut Dice, plan: PlanId) -> Option<ChainRecord> {
        let node = self.any_node(dice)?;
        let known = self.ledger.newest_about(plan);
        let begun = Instant::now();
        let read = node
            .run(move |store| async move { (store.chain(plan).await, store.checkpoint()) })
            .await;
        self.ledger.called(begun.elapsed());
        let (chain, checkpoint) = self.survived(read)?;
        if let Some(checkpoint) = checkpoint {
            self.ledger.show(&self.cast, &checkpoint);
        }
        match chain {
            Ok(chain) => {
                if known.is_some_and(|known| chain.iter().all(|record| record.index < known)) {
                    self.ledger.violate(format!(
                        "a read of {plan} did not show leaf {known:?}, acknowledged before"
                    ));
                }
                chain.into_iter().rfind(|record| record.kind == Kind::Version)
            }
            Err(found) => {
                self.ledger.fail(format!("reading: {}", sentence(&found)));
                None
            }
        }
    }

    /// Repeats a request, at any node, until it is answered for good.
    async fn submit(&self, dice: &mut Dice, said: &Said) -> anyhow::Result<()> {
        let begun = Instant::now();
        let operation = OperationId::random()?;
        loop {
            if let Some(node) = self.any_node(dice)
                && self.ask(&node, said, operation).await
            {
                break;
            }
            if begun.elapsed() > PATIENCE && Instant::now() > self.ends {
                self.ledger.give_up(said);
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.ledger.operated(begun.elapsed());
        Ok(())
    }

    /// Whether one call gave an answer for good.
    async fn ask(&self, node: &Node, said: &Said, operation: OperationId) -> bool {
        let (begun, asked) = (Instant::now(), said.clone());
        let call = node.run(move |store| async move {
            let called = asked.append(&store, operation);
            tokio::time::timeout(PATIENCE, called).await
        });
        let answer = call.await;
        self.ledger.called(begun.elapsed());
        let Some(answer) = self.survived(answer) else {
            return false;
        };
        match answer {
            Err(_) => {
                self.ledger.violate(format!("a call took more than {PATIENCE:?}"));
                false
            }
            Ok(Ok(receipt)) => {
                self.ledger.acknowledge(&self.cast, said, &receipt);
                true
            }
            Ok(Err(
                AppendError::LostRace { .. } | AppendError::NumberTaken { .. } | AppendError::RecordClosed,
            )) => {
                self.ledger.refuse(said);
                true
            }
            Ok(Err(found)) => {
                self.ledger.fail(sentence(&found));
                false
            }
        }
    }

    /// A node that died has no answer; one that panicked is a violation.
    fn survived<T>(&self, answer: Result<T, JoinError>) -> Option<T> {
        answer
            .inspect_err(|ended| {
                if ended.is_panic() {
                    self.ledger.violate(format!("a node panicked: {ended}"));
                }
            })
            .ok()
    }

    fn any_node(&self, dice: &mut Dice) -> Option<Arc<Node>> {
        let living = self.living();
        living.get(dice.below(living.len())).cloned()
    }

    fn living(&self) -> MutexGuard<'_, Vec<Arc<Node>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Longer than any time limit inside the store.
const PATIENCE: Duration = Duration::from_secs(60);
/// The world's certificates were signed on the first of the month.
const SINCE_THE_CERTIFICATES: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Between a client's tries.
const PAUSE: Duration = Duration::from_millis(20);

/// An error and its causes, without the ids in it, so that equal failures are counted together.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        words = format!("{words}: {found}");
        cause = found.source();
    }
    without_ids(&words)
}

fn without_ids(words: &str) -> String {
    let plain = words
        .split_whitespace()
        .filter(|word| !word.contains(|letter: char| letter.is_ascii_digit()));
    plain.take(30).collect::<Vec<_>>().join(" ")
}

/// A sequence of choices.
struct Dice(u64);

impl Dice {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mixed(self.0)
    }

    fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count.max(1)).unwrap_or(1);
        usize::try_from(self.next() % count).unwrap_or_default()
    }
}

/// A store in a runtime of its own.
struct Node {
    runtime: Mutex<Option<Runtime>>,
    handle: Handle,
    store: Store,
}

impl Node {
    async fn open(trial: &Trial, number: u64, key_file: &Path) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let engines = u64::try_from(trial.engines.len())?;
        let engine = &trial.engines[usize::try_from(number % engines)?];
        let location = Location::Objects {
            objects: engine(),
            sharing: Sharing::Nodes,
        };
        let mut config = StoreConfig::at(location, key_file);
        config.signed_within = SINCE_THE_CERTIFICATES;
        let opened = runtime.spawn(async move {
            let clock = Arc::new(SetClock::new(Cast::now()));
            Store::open(config, Box::new(Cast::log_key()), ORIGIN, clock).await
        });
        let (handle, opened) = (runtime.handle().clone(), opened.await);
        let runtime = Mutex::new(Some(runtime));
        match opened {
            Ok(Ok(store)) => Ok(Self {
                runtime,
                handle,
                store,
            }),
            Ok(Err(refused)) => {
                end(&runtime);
                Err(refused.into())
            }
            Err(ended) => {
                end(&runtime);
                Err(ended.into())
            }
        }
    }

    /// Runs something in the node; nothing comes back when the node dies meanwhile.
    async fn run<T, F>(&self, work: impl FnOnce(Store) -> F) -> Result<T, JoinError>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.handle.spawn(work(self.store.clone())).await
    }
}

/// Ends a node at once. What it had begun is cut off wherever it stands.
fn end(runtime: &Mutex<Option<Runtime>>) {
    let runtime = runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(runtime) = runtime {
        runtime.shutdown_background();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        end(&self.runtime);
    }
}
