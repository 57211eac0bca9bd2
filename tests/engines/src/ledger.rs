//! What clients were told during a trial, and what the store must therefore hold afterwards.
//!
//! Nothing here believes a node: the log is read again by a node opened after the trial, its tree is built from its
//! leaves, and every answer ever given is compared with it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use core::fmt;
use planseal::id::{ObjectId, PlanId};
use planseal::log::tree::{Hash, MemoryTree, root};
use planseal::receipt::Receipt;
use planseal::statement::Kind;
use planseal_store::Store;

use crate::cast::{Cast, Said};

/// What clients were told so far.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Told>);

#[derive(Default)]
struct Told {
    acknowledged: HashMap<ObjectId, (Said, u64)>,
    refused: HashSet<ObjectId>,
    given_up: HashSet<ObjectId>,
    shown: BTreeMap<u64, HashSet<Hash>>,
    /// The newest record of each chain that somebody was told is logged.
    newest: HashMap<PlanId, u64>,
    violations: Vec<String>,
    errors: BTreeMap<String, u64>,
    worst_call: Duration,
    worst_operation: Duration,
}

impl Ledger {
    /// A client got a receipt.
    pub(crate) fn acknowledge(&self, cast: &Cast, said: &Said, receipt: &Receipt) {
        let proved = cast.prove(said, receipt);
        let mut told = self.told();
        match proved {
            Ok(index) => {
                let newest = told.newest.entry(said.plan()).or_default();
                *newest = index.max(*newest);
                if let Some((_, before)) = told.acknowledged.insert(said.id(), (said.clone(), index))
                    && before != index
                {
                    let id = said.id();
                    told.violations
                        .push(format!("{id} was given leaf {before}, and leaf {index} later"));
                }
            }
            Err(found) => told
                .violations
                .push(format!("the receipt of {} does not verify: {found:#}", said.id())),
        }
        drop(told);
        self.show(cast, &receipt.proof().checkpoint);
    }

    /// A client was told that this will never be logged.
    pub(crate) fn refuse(&self, said: &Said) {
        self.told().refused.insert(said.id());
    }

    /// A client went away without an answer: the object may be logged or not.
    pub(crate) fn give_up(&self, said: &Said) {
        self.told().given_up.insert(said.id());
    }

    /// A node showed a checkpoint.
    pub(crate) fn show(&self, cast: &Cast, note: &str) {
        match cast.tree_head(note) {
            Ok(head) => {
                self.told()
                    .shown
                    .entry(head.size())
                    .or_default()
                    .insert(head.root());
            }
            Err(found) => self.violate(format!("a checkpoint does not verify: {found:#}")),
        }
    }

    /// The newest leaf about a record that any client was told of.
    pub(crate) fn newest_about(&self, plan: PlanId) -> Option<u64> {
        self.told().newest.get(&plan).copied()
    }

    pub(crate) fn violate(&self, found: String) {
        self.told().violations.push(found);
    }

    /// An answer that is no answer: counted by its words.
    pub(crate) fn fail(&self, words: String) {
        *self.told().errors.entry(words).or_default() += 1;
    }

    pub(crate) fn called(&self, took: Duration) {
        let mut told = self.told();
        told.worst_call = told.worst_call.max(took);
    }

    pub(crate) fn operated(&self, took: Duration) {
        let mut told = self.told();
        told.worst_operation = told.worst_operation.max(took);
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the whole log and every record by a node that took no part, and compares.
    ///
    /// # Errors
    /// When that node cannot read what the log says is there: a loss by another name.
    pub(crate) async fn settle(&self, cast: &Cast, store: &Store) -> anyhow::Result<Account> {
        let log = Log::read(store).await?;
        if cast.tree_head(&log.checkpoint)?.root() != root(&log.tree, log.tree.size())? {
            self.violate("the last checkpoint is not that of its leaves".to_owned());
        }
        let mut account = self.told().compare(&log);
        let acknowledged = self.told().acknowledged.clone();
        let mut plans = HashSet::new();
        for (said, index) in acknowledged.values() {
            plans.insert(said.plan());
            match store.object(said.id()).await? {
                Some(found) if log.places.get(&said.id()) == Some(index) => {
                    account.replaced += u64::from(found.envelope != said.envelope());
                }
                _ => account.lost += 1,
            }
        }
        for plan in &plans {
            account.gaps += gaps(store, *plan).await?;
        }
        account.records = plans.len();
        Ok(account)
    }
}

impl Told {
    /// What the leaves alone tell.
    fn compare(&self, log: &Log) -> Account {
        let forks = self.shown.iter().map(|(size, roots)| {
            let grown = root(&log.tree, *size).ok();
            roots.iter().filter(|shown| Some(**shown) != grown).count()
        });
        let is_logged = |id: &&ObjectId| log.places.contains_key(id);
        Account {
            leaves: log.leaves,
            acknowledged: self.acknowledged.len(),
            refused: self.refused.len(),
            given_up: self.given_up.len(),
            forks: forks.sum(),
            checkpoints: self.shown.values().map(HashSet::len).sum(),
            duplicates: log.leaves - log.places.len(),
            refused_and_logged: self.refused.iter().filter(is_logged).count(),
            violations: self.violations.clone(),
            errors: self.errors.clone(),
            worst_call: self.worst_call,
            worst_operation: self.worst_operation,
            ..Account::default()
        }
    }
}

/// The log as it lies there afterwards.
struct Log {
    leaves: usize,
    tree: MemoryTree,
    places: HashMap<ObjectId, u64>,
    checkpoint: String,
}

impl Log {
    async fn read(store: &Store) -> anyhow::Result<Self> {
        store.refresh().await?;
        let leaves = store.leaves(0..store.log_size()).await?;
        let mut tree = MemoryTree::default();
        let mut places = HashMap::new();
        for (index, leaf) in (0..).zip(&leaves) {
            tree.push(leaf.hash());
            places.insert(leaf.id, index);
        }
        Ok(Self {
            leaves: leaves.len(),
            tree,
            places,
            checkpoint: store.checkpoint().unwrap_or_default(),
        })
    }
}

/// Numbers left out in a record's chain, and successions that follow anything but the one before.
async fn gaps(store: &Store, plan: PlanId) -> anyhow::Result<u64> {
    let chain = store.chain(plan).await?;
    let misnumbered = (1..)
        .zip(&chain)
        .filter(|(expected, record)| record.number != *expected);
    let mut found = u64::try_from(misnumbered.count())?;
    found += u64::from(chain.first().is_some_and(|record| record.kind != Kind::Version));
    let versions: Vec<ObjectId> = chain
        .iter()
        .filter(|record| record.kind == Kind::Version)
        .map(|record| record.id)
        .collect();
    for pair in versions.windows(2) {
        let receipt = store.receipt(pair[1]).await?;
        let before = store.leaf_index(pair[0]).await?;
        found += u64::from(receipt.is_none_or(|receipt| receipt.leaf().target != before));
    }
    Ok(found)
}

/// The account of a trial.
#[derive(Debug, Default)]
pub struct Account {
    /// Leaves in the log at the end.
    pub leaves: usize,
    /// Records with an acknowledged statement.
    pub records: usize,
    /// Statements that a client got a verified receipt for.
    pub acknowledged: usize,
    /// Statements that a client was told lost their race.
    pub refused: usize,
    /// Statements whose client went away without an answer.
    pub given_up: usize,
    /// Acknowledged, and not in the log at the leaf that the receipt named.
    pub lost: u64,
    /// Acknowledged, and other bytes in its place.
    pub replaced: u64,
    /// Checkpoints shown that are no prefix of the log at the end.
    pub forks: usize,
    /// Different checkpoints shown by any node.
    pub checkpoints: usize,
    /// Numbers left out in chains, and successors of something else than the version before.
    pub gaps: u64,
    /// Objects with more than one leaf.
    pub duplicates: usize,
    /// Refused for good, and logged.
    pub refused_and_logged: usize,
    /// Everything else that must not happen: stale reads, receipts that do not verify, panics.
    pub violations: Vec<String>,
    /// Answers that were errors, by their words.
    pub errors: BTreeMap<String, u64>,
    /// Nodes killed and nodes opened after them.
    pub killed: u64,
    /// The longest single call of a store.
    pub worst_call: Duration,
    /// The longest that a client waited for an answer, repeating its request.
    pub worst_operation: Duration,
    /// From the end of the faults to the first append through each living node.
    pub alive_after: Duration,
}

impl Account {
    /// Whether every promise was kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        let lost = self.lost + self.replaced + self.gaps;
        let logged_wrongly = self.forks + self.duplicates + self.refused_and_logged;
        lost == 0 && logged_wrongly == 0 && self.violations.is_empty()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} appends acknowledged about {} records, {} refused, {} without an answer; {} leaves, {} checkpoints shown",
            self.acknowledged, self.records, self.refused, self.given_up, self.leaves, self.checkpoints
        )?;
        writeln!(
            f,
            "lost {}, replaced {}, forks {}, gaps {}, duplicates {}, refused and logged {}, other violations {}",
            self.lost,
            self.replaced,
            self.forks,
            self.gaps,
            self.duplicates,
            self.refused_and_logged,
            self.violations.len()
        )?;
        writeln!(
            f,
            "{} nodes killed; worst call {:.1} s, worst wait of a client {:.1} s, alive {:.1} s after the faults ended",
            self.killed,
            self.worst_call.as_secs_f64(),
            self.worst_operation.as_secs_f64(),
            self.alive_after.as_secs_f64()
        )?;
        for (words, count) in &self.errors {
            writeln!(f, "  {count} × {words}")?;
        }
        self.violations
            .iter()
            .try_for_each(|found| writeln!(f, "  VIOLATION {found}"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use planseal_store::{OperationId, SetClock, StoreConfig};
    use planseal_tests::ledger::ORIGIN;

    use super::*;
    use crate::cast::new_plan;
    use crate::node::SINCE_THE_CERTIFICATES;

    fn operation() -> OperationId {
        OperationId::random().expect("randomness")
    }

    /// A store that holds the certificates, a version about this person, and a report on it.
    async fn store_about(cast: &Cast, person: u64) -> (Store, Vec<(Said, Receipt)>) {
        let mut config = StoreConfig::memory();
        config.signed_within = SINCE_THE_CERTIFICATES;
        let clock = Arc::new(SetClock::new(Cast::now()));
        let store = Store::open(config, Box::new(Cast::log_key()), ORIGIN, clock).await;
        let store = store.expect("a new store");
        for certificate in cast.certificates() {
            store.append(&certificate, operation()).await.expect("logged");
        }
        let version = cast.version(new_plan().expect("randomness"), person, None);
        let version = version.expect("a valid plan");
        let report = cast.report(version.plan(), version.id(), 1);
        let mut told = Vec::new();
        for said in [version, report] {
            let receipt = said.append(&store, operation()).await.expect("logged");
            told.push((said, receipt));
        }
        (store, told)
    }

    #[tokio::test]
    async fn kept_promises_are_told_from_broken_ones() {
        let cast = Cast::new();
        let (store, told) = store_about(&cast, 1).await;
        let (other_store, other_told) = store_about(&cast, 2).await;
        let ledger = Ledger::default();
        for (said, receipt) in &told {
            ledger.acknowledge(&cast, said, receipt);
        }
        let kept = ledger.settle(&cast, &store).await.expect("readable");
        assert!(kept.is_kept() && kept.acknowledged == 2, "{kept}");

        let broken = ledger.settle(&cast, &other_store).await.expect("readable");
        assert!(!broken.is_kept());
        assert_eq!((broken.lost, broken.forks), (2, 2), "{broken}");

        ledger.refuse(&told[1].0);
        let refused = ledger.settle(&cast, &store).await.expect("readable");
        assert!(!refused.is_kept() && refused.refused_and_logged == 1, "{refused}");

        ledger.acknowledge(&cast, &other_told[0].0, &told[0].1);
        let foreign = ledger.settle(&cast, &store).await.expect("readable");
        assert_eq!(
            foreign.violations.len(),
            1,
            "the receipt of another object: {foreign}"
        );
    }
}
