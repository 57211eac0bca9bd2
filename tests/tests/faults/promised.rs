//! What the world outside was told, and whether the disk still bears it out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use object_store::path::Path;
use planseal::id::ObjectId;
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::{Note, VerifierKey};
use planseal::log::tree::{MemoryTree, root, verify_inclusion};
use planseal::receipt::Receipt;
use planseal_store::Store;
use planseal_tests::said::{Pool, RECORD, RIVALS, Said};
use tokio::time::timeout;

use crate::machine::{Machine, POOL};
use crate::twin::Listing;

/// Everything that was shown to somebody outside.
#[derive(Debug, Default)]
pub(crate) struct Promised {
    /// Receipts, in the order in which they were given.
    receipts: Vec<(ObjectId, Receipt)>,
    /// Checkpoints, as signed notes.
    checkpoints: BTreeSet<String>,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    /// An object was replaced.
    Replaced { name: Path },
    /// The store no longer opens.
    Closed { reason: String },
    /// The log does not hold what a receipt says.
    LostReceipt {
        id: ObjectId,
        index: u64,
        found: Option<u64>,
    },
    /// A receipt does not verify.
    Unproved { id: ObjectId, reason: String },
    /// A checkpoint that was shown is not a state this log ever had.
    Fork { size: u64, leaves: u64 },
    /// Leaves, commits or records are missing in the middle.
    Gap { within: String },
    /// An object has two leaves.
    Duplicate { id: ObjectId },
    /// A leaf stands for an object that cannot be had, or is another.
    NoObject { id: ObjectId, reason: String },
    /// Two statements that exclude one another are both logged.
    BothLogged { one: ObjectId, other: ObjectId },
    /// A statement was refused for the sake of another, and no other is logged.
    RefusedForNothing { id: ObjectId },
    /// The store does nothing more.
    Stuck { doing: String },
}

impl Promised {
    /// Somebody got this receipt.
    pub(crate) fn receipt(&mut self, id: ObjectId, receipt: Receipt) {
        self.checkpoints.insert(receipt.proof().checkpoint.clone());
        self.receipts.push((id, receipt));
    }

    /// Somebody was shown this checkpoint.
    pub(crate) fn checkpoint(&mut self, store: &Store) {
        self.checkpoints.extend(store.checkpoint());
    }

    /// Takes up what another was told.
    pub(crate) fn join(&mut self, other: Self) {
        self.receipts.extend(other.receipts);
        self.checkpoints.extend(other.checkpoints);
    }

    /// A node that lived through the story shows, after a look, everything that anybody was promised.
    pub(crate) async fn check_survivor(&self, store: &Store) -> Result<(), Violation> {
        let refreshed = timeout(PATIENCE, store.refresh())
            .await
            .map_err(|_| stuck("a look at the log"))?;
        refreshed.map_err(|failure| stuck(&format!("a look at the log: {}", whole(&failure))))?;
        for (id, receipt) in &self.receipts {
            let (id, index) = (*id, receipt.proof().index);
            let found = store.leaf_index(id).await;
            let found = found.map_err(|failure| stuck(&format!("a look at a leaf: {}", whole(&failure))))?;
            if found != Some(index) {
                return Err(Violation::LostReceipt { id, index, found });
            }
        }
        Ok(())
    }

    pub(crate) fn has_receipt(&self, id: ObjectId) -> bool {
        self.receipts.iter().any(|(known, _)| *known == id)
    }

    /// Opens the store as it now lies on the disk and holds it to everything that was promised.
    pub(crate) async fn check(&self, machine: &Machine) -> Result<(), Violation> {
        if let Some(name) = machine.twin.replaced().into_iter().next() {
            return Err(Violation::Replaced { name });
        }
        let opened = timeout(PATIENCE, machine.open_calmly()).await;
        let store = opened.map_err(|_| stuck("opening"))?;
        let store = store.map_err(|failure| Violation::Closed {
            reason: whole(&failure),
        })?;
        let leaves = read_leaves(&store).await?;
        self.check_receipts(&leaves, store.log_key())?;
        self.check_checkpoints(machine, &leaves, store.log_key())?;
        check_names(machine, "log/c").await?;
        check_objects(&store, &leaves, machine.leaves_before).await?;
        check_exclusion(&leaves)?;
        check_alive(&store, &leaves).await
    }

    fn check_receipts(&self, leaves: &[Leaf], key: &VerifierKey) -> Result<(), Violation> {
        let places: BTreeMap<ObjectId, u64> =
            (0..).zip(leaves).map(|(index, leaf)| (leaf.id, index)).collect();
        for (id, receipt) in &self.receipts {
            let (id, index) = (*id, receipt.proof().index);
            let found = places.get(&id).copied();
            if found != Some(index) {
                return Err(Violation::LostReceipt { id, index, found });
            }
            prove(receipt, key).map_err(|reason| Violation::Unproved { id, reason })?;
            if receipt.leaf().id != id {
                let reason = "it is about another object".to_owned();
                return Err(Violation::Unproved { id, reason });
            }
        }
        Ok(())
    }

    /// Every checkpoint shown, and every one that ever lay on the disk, is the root of the first leaves of this log.
    fn check_checkpoints(
        &self,
        machine: &Machine,
        leaves: &[Leaf],
        key: &VerifierKey,
    ) -> Result<(), Violation> {
        let mut tree = MemoryTree::default();
        leaves.iter().for_each(|leaf| tree.push(leaf.hash()));
        let on_disk = machine.twin.checkpoints();
        let on_disk = on_disk
            .iter()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let shown: BTreeSet<String> = self.checkpoints.iter().cloned().chain(on_disk).collect();
        for note in shown {
            let note = Note::parse(&note).expect("a checkpoint is a note");
            let checkpoint = VerifiedCheckpoint::of_log(&note, key).expect("signed by the log");
            let size = checkpoint.size();
            if size > tree.size() || root(&tree, size) != Ok(checkpoint.root()) {
                let leaves = tree.size();
                return Err(Violation::Fork { size, leaves });
            }
        }
        Ok(())
    }
}

/// How long anything may take, in the story's own time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// When everything is said, the nodes live on for a while: what they do by themselves is part of the story.
pub(crate) const AFTERWARDS: Duration = Duration::from_secs(1);

pub(crate) fn stuck(doing: &str) -> Violation {
    Violation::Stuck {
        doing: doing.to_owned(),
    }
}

/// An error with all its causes.
pub(crate) fn whole(failure: &dyn core::error::Error) -> String {
    let mut words = failure.to_string();
    let mut cause = failure.source();
    while let Some(failure) = cause {
        words = format!("{words}: {failure}");
        cause = failure.source();
    }
    words
}

/// Core's judgement of a receipt.
fn prove(receipt: &Receipt, key: &VerifierKey) -> Result<(), String> {
    let proof = receipt.proof();
    let note = Note::parse(&proof.checkpoint).map_err(|failure| whole(&failure))?;
    let checkpoint = VerifiedCheckpoint::of_log(&note, key).map_err(|failure| whole(&failure))?;
    let (leaf, tree) = (receipt.leaf().hash(), checkpoint.root());
    let proved = verify_inclusion(&leaf, proof.index, checkpoint.size(), &proof.path, &tree);
    proved.map_err(|failure| whole(&failure))
}

/// All leaves, each object once.
async fn read_leaves(store: &Store) -> Result<Vec<Leaf>, Violation> {
    let gap = |reason: String| Violation::Gap { within: reason };
    let size = store.log_size();
    let leaves = store
        .leaves(0..size)
        .await
        .map_err(|failure| gap(whole(&failure)))?;
    if u64::try_from(leaves.len()) != Ok(size) {
        return Err(gap(format!("the log: {} of {size} leaves", leaves.len())));
    }
    let mut seen = BTreeSet::new();
    match leaves.iter().find(|leaf| !seen.insert(leaf.id)) {
        Some(leaf) => Err(Violation::Duplicate { id: leaf.id }),
        None => Ok(leaves),
    }
}

/// Names below a folder are numbered without a gap.
async fn check_names(machine: &Machine, folder: &str) -> Result<(), Violation> {
    let prefix = Path::from(folder);
    let found = machine.twin.list(Some(&prefix), Listing::Complete).await;
    let mut found: Vec<Path> = found
        .expect("memory lists")
        .into_iter()
        .map(|meta| meta.location)
        .collect();
    found.sort_unstable();
    for (number, name) in (0..).zip(found) {
        if name != Path::from(format!("{folder}/{number:012}")) {
            return Err(Violation::Gap {
                within: format!("{folder} at {number}: {name}"),
            });
        }
    }
    Ok(())
}

/// Every leaf that the story added has its object, byte for byte, and every record of a chain its leaf.
async fn check_objects(store: &Store, leaves: &[Leaf], before: usize) -> Result<(), Violation> {
    for leaf in leaves.iter().skip(before) {
        let no_object = |reason: String| Violation::NoObject { id: leaf.id, reason };
        let found = store
            .object(leaf.id)
            .await
            .map_err(|failure| no_object(whole(&failure)))?;
        let found = found.ok_or_else(|| no_object("it is missing".to_owned()))?;
        let said = POOL.all().find(|said| said.id() == leaf.id);
        let said = said.ok_or_else(|| no_object("nobody said it".to_owned()))?;
        if found.envelope != said.envelope() {
            return Err(no_object("its bytes are others".to_owned()));
        }
    }
    for plan in [RECORD, RIVALS[0], RIVALS[1]] {
        let gap = |reason: String| Violation::Gap {
            within: format!("{plan}: {reason}"),
        };
        let chain = store.chain(plan).await.map_err(|failure| gap(whole(&failure)))?;
        for (number, record) in (1..).zip(&chain) {
            if record.number != number || !leaves.iter().any(|leaf| leaf.id == record.id) {
                return Err(gap(format!("record {number} is {}", record.number)));
            }
        }
        let logged = leaves
            .iter()
            .filter(|leaf| is_about(&POOL, leaf.id, plan))
            .count();
        if logged != chain.len() {
            return Err(gap(format!("{logged} leaves and {} records", chain.len())));
        }
    }
    Ok(())
}

fn is_about(pool: &Pool, id: ObjectId, plan: planseal::id::PlanId) -> bool {
    pool.all()
        .any(|said| said.id() == id && said.plan() == Some(plan))
}

/// Statements of which only one can be logged.
pub(crate) fn rivals_of(id: ObjectId) -> Vec<ObjectId> {
    let groups: [&[Said]; 2] = [&POOL.successors, &POOL.rivals];
    let group = groups
        .into_iter()
        .find(|group| group.iter().any(|said| said.id() == id));
    let others = group.into_iter().flatten().map(Said::id);
    others.filter(|other| *other != id).collect()
}

fn check_exclusion(leaves: &[Leaf]) -> Result<(), Violation> {
    let logged = |id: &ObjectId| leaves.iter().any(|leaf| leaf.id == *id);
    for one in leaves.iter().map(|leaf| leaf.id) {
        if let Some(other) = rivals_of(one).into_iter().find(logged) {
            return Err(Violation::BothLogged { one, other });
        }
    }
    Ok(())
}

/// A report that was not made before is stored, logged and proved.
async fn check_alive(store: &Store, leaves: &[Leaf]) -> Result<(), Violation> {
    let fresh = POOL
        .reports
        .iter()
        .find(|said| leaves.iter().all(|leaf| leaf.id != said.id()));
    let Some(fresh) = fresh.filter(|_| leaves.iter().any(|leaf| leaf.id == POOL.first.id())) else {
        return Ok(());
    };
    let put = timeout(PATIENCE, fresh.put(store, crate::operation(0))).await;
    let put = put.map_err(|_| stuck("a fresh append"))?;
    let receipt = put.map_err(|failure| stuck(&format!("a fresh append: {}", whole(&failure))))?;
    prove(&receipt, store.log_key()).map_err(|reason| Violation::Unproved {
        id: fresh.id(),
        reason,
    })
}
