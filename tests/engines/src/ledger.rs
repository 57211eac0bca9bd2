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
        store.refresh().await?;
        let size = store.log_size();
        let leaves = store.leaves(0..size).await?;
        let mut tree = MemoryTree::default();
        let mut places: HashMap<ObjectId, u64> = HashMap::new();
        let mut account = Account::default();
        for (index, leaf) in (0..).zip(&leaves) {
            tree.push(leaf.hash());
            account.duplicates += u64::from(places.insert(leaf.id, index).is_some());
        }
        let checkpoint = store.checkpoint().unwrap_or_default();
        if cast.tree_head(&checkpoint)?.root() != root(&tree, size)? {
            self.violate("the last checkpoint is not that of its leaves".to_owned());
        }
        let acknowledged = self.told().acknowledged.clone();
        let mut plans = HashSet::new();
        for (said, index) in acknowledged.values() {
            plans.insert(said.plan());
            match store.object(said.id()).await? {
                None => account.lost += 1,
                Some(_) if places.get(&said.id()) != Some(index) => account.lost += 1,
                Some(found) => account.replaced += u64::from(found.envelope != said.envelope()),
            }
        }
        for plan in &plans {
            account.gaps += gaps(store, *plan).await?;
        }
        let told = self.told();
        account.forks = told
            .shown
            .iter()
            .map(|(size, roots)| {
                let grown = root(&tree, *size).ok();
                roots.iter().filter(|shown| Some(**shown) != grown).count()
            })
            .sum();
        account.checkpoints = told.shown.values().map(HashSet::len).sum();
        account.refused_and_logged = told.refused.iter().filter(|id| places.contains_key(id)).count();
        account.leaves = leaves.len();
        account.records = plans.len();
        account.acknowledged = acknowledged.len();
        account.refused = told.refused.len();
        account.given_up = told.given_up.len();
        account.violations.clone_from(&told.violations);
        account.errors = told.errors.clone();
        account.worst_call = told.worst_call;
        account.worst_operation = told.worst_operation;
        Ok(account)
    }
}

/// Numbers left out in a record's chain, and successions that follow anything but the one before.
async fn gaps(store: &Store, plan: PlanId) -> anyhow::Result<u64> {
    let chain = store.chain(plan).await?;
    let mut found = 0;
    let mut leaf = None;
    for (expected, record) in (1..).zip(&chain) {
        found += u64::from(record.number != expected);
        found += u64::from(record.kind != Kind::Version && leaf.is_none());
        leaf = Some(record.index);
    }
    let versions: Vec<ObjectId> = chain
        .iter()
        .filter(|record| record.kind == Kind::Version)
        .map(|record| record.id)
        .collect();
    for pair in versions.windows(2) {
        let leaf = store.receipt(pair[1]).await?;
        let before = store.leaf_index(pair[0]).await?;
        found += u64::from(leaf.is_none_or(|receipt| receipt.leaf().target != before));
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
    pub duplicates: u64,
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
        let broken = self.lost + self.replaced + self.gaps + self.duplicates;
        broken == 0 && self.forks == 0 && self.refused_and_logged == 0 && self.violations.is_empty()
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
