//! What the log says there must be: every object with its leaf and its place, taken off a list as it is found.

use std::collections::HashMap;

use planseal::id::ObjectId;
use planseal::log::leaf::Leaf;
use planseal::log::tree::{MemoryTree, leaf_hash};
use planseal::statement::Kind;
use planseal::time::Minute;

use crate::log::{Commit, Logged, Place, bundle, commit_digest, full_tiles};
use crate::tile::TilePath;

/// The log's objects, as its commits tell them.
pub(super) struct Census {
    pub(super) tree: MemoryTree,
    /// Commits taken up, and the digest of the last.
    pub(super) commits: u64,
    digest: [u8; 32],
    minute: Option<Minute>,
    /// Leaves in order, as a bundle holds them.
    pub(super) leaves: Vec<Vec<u8>>,
    places: HashMap<ObjectId, (Logged, Found)>,
}

/// Whether an object was met in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    NotYet,
    There,
}

impl Census {
    pub(super) fn empty() -> Self {
        Self {
            tree: MemoryTree::default(),
            commits: 0,
            digest: [0; 32],
            minute: None,
            leaves: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Takes the next commit, or says what is wrong with it.
    pub(super) fn take(&mut self, commit: Commit, content: &[u8]) -> Result<(), &'static str> {
        if commit.number != self.commits || commit.previous != self.digest {
            return Err("it does not follow the commit before it");
        }
        if commit.first != self.tree.size() {
            return Err("its first leaf is not the one after the last");
        }
        for entry in commit.entries {
            let index = self.tree.size();
            let leaf = Leaf::decode(&entry.leaf).map_err(|_| "it holds a leaf that is none")?;
            let refers_back = leaf.signer <= index && leaf.target.is_none_or(|target| target < index);
            let in_order = self.minute.is_none_or(|minute| minute <= leaf.time);
            if leaf.id != entry.id || !refers_back || !in_order {
                return Err("its leaves contradict it");
            }
            self.minute = Some(leaf.time);
            self.tree.push(leaf_hash(&entry.leaf));
            self.leaves.push(entry.leaf);
            let place = entry.place;
            let before = self
                .places
                .insert(entry.id, (Logged { index, place }, Found::NotYet));
            if before.is_some() {
                return Err("it logs an object that was logged before");
            }
        }
        self.commits += 1;
        self.digest = commit_digest(content);
        Ok(())
    }

    /// The tiles that became full with a bundle.
    pub(super) fn tiles(&self, from: u64, until: u64) -> Vec<(TilePath, Vec<u8>)> {
        let range = usize::try_from(from).ok().zip(usize::try_from(until).ok());
        let leaves = range.and_then(|(from, until)| self.leaves.get(from..until));
        let leaves = leaves.unwrap_or_default().iter().map(Vec::as_slice);
        full_tiles(&self.tree, bundle(leaves), from, until).unwrap_or_default()
    }

    /// The object of a leaf.
    pub(super) fn id_of(&self, index: u64) -> Option<ObjectId> {
        let leaf = self.leaves.get(usize::try_from(index).ok()?)?;
        Leaf::decode(leaf).ok().map(|leaf| leaf.id)
    }

    /// Where an object should lie.
    pub(super) fn logged(&self, id: &ObjectId) -> Option<Logged> {
        self.places.get(id).map(|(logged, _)| *logged)
    }

    /// An object was met in a chain; says what is wrong with that.
    pub(super) fn meet(&mut self, id: &ObjectId, kind: Kind, place: Place) -> Result<(), &'static str> {
        let Some((logged, found)) = self.places.get_mut(id) else {
            return Err(
                "it has no leaf yet: it is shown to nobody, and is logged when its record is next read or written",
            );
        };
        if logged.place != place {
            return Err("the log says that the object lies elsewhere");
        }
        *found = Found::There;
        let index = usize::try_from(logged.index).ok();
        let leaf = index.and_then(|index| self.leaves.get(index));
        let leaf = leaf.and_then(|leaf| Leaf::decode(leaf).ok());
        match leaf {
            Some(leaf) if leaf.kind == kind => Ok(()),
            _ => Err("its leaf is of another kind"),
        }
    }

    /// Objects that have a leaf and were met nowhere.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&ObjectId, &Logged)> {
        let missing = self
            .places
            .iter()
            .filter(|(_, (_, found))| *found == Found::NotYet);
        missing.map(|(id, (logged, _))| (id, logged))
    }
}
