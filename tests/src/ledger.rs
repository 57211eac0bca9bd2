//! A log in memory: leaves, the tree over them, and receipts under a checkpoint of its own key.

use std::collections::BTreeMap;

use planseal::id::ObjectId;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::log::proof::LogProof;
use planseal::log::tree::{Hash, MemoryTree, inclusion_proof, root};
use planseal::receipt::Receipt;
use planseal::sign::SigningPort;
use planseal::status::Statuses;
use planseal::time::Timestamp;
use planseal::verify::Loggable;

use crate::key::FixedKey;

/// The log's origin.
pub const ORIGIN: &str = "test.planseal.example/log";

/// An append-only log that lives as long as a test.
pub struct Ledger {
    key: FixedKey,
    leaves: Vec<Leaf>,
    tree: MemoryTree,
    places: BTreeMap<ObjectId, u64>,
}

impl Ledger {
    /// An empty log under this key.
    #[must_use]
    pub fn new(key: FixedKey) -> Self {
        Self {
            key,
            leaves: Vec::new(),
            tree: MemoryTree::default(),
            places: BTreeMap::new(),
        }
    }

    /// The log's verifier key.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey::new(ORIGIN, KeyType::Log, self.key.public_key()).expect("the origin is a key name")
    }

    /// Appends a verified object at a set time and returns its leaf index.
    pub fn append(&mut self, object: &impl Loggable, at: Timestamp) -> u64 {
        let entry = object.log_entry();
        // The root signs itself: its place is known before its leaf is.
        self.places.insert(entry.id, self.size());
        self.append_leaf(Leaf {
            kind: entry.kind,
            id: entry.id,
            time: at.minute(),
            signer: self.place_of(&entry.signer),
            target: entry.target.map(|target| self.place_of(&target)),
            from: entry.from,
        })
    }

    /// Appends any leaf at all: for logs that an honest service would not write.
    pub fn append_leaf(&mut self, leaf: Leaf) -> u64 {
        let index = self.size();
        self.places.insert(leaf.id, index);
        self.tree.push(leaf.hash());
        self.leaves.push(leaf);
        index
    }

    /// The leaf index of an object.
    ///
    /// # Panics
    /// When the object was never appended: a mistake in the test.
    #[must_use]
    pub fn place_of(&self, id: &ObjectId) -> u64 {
        self.places[id]
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The leaves.
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The tree.
    #[must_use]
    pub const fn tree(&self) -> &MemoryTree {
        &self.tree
    }

    /// Root of the whole tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        root(&self.tree, self.size()).expect("the tree holds every hash")
    }

    /// What the leaves say of every version.
    #[must_use]
    pub fn statuses(&self) -> Statuses {
        Statuses::replay(&self.leaves).expect("every leaf acts on one before it")
    }

    /// The signed tree head of the whole tree.
    #[must_use]
    pub fn checkpoint(&self) -> String {
        let checkpoint = Checkpoint {
            origin: ORIGIN.into(),
            size: self.size(),
            root: self.root(),
        };
        let note = checkpoint.sign(&self.verifier(), &self.key);
        note.expect("the log's own key signs").to_string()
    }

    /// The receipt of an object in the whole tree.
    #[must_use]
    pub fn receipt(&self, id: &ObjectId) -> Receipt {
        let index = self.place_of(id);
        let leaf = self.leaves.iter().rfind(|leaf| leaf.id == *id);
        let leaf = leaf.expect("a placed object has a leaf");
        let path = inclusion_proof(&self.tree, index, self.size()).expect("the leaf is in the tree");
        let proof = LogProof {
            index,
            path,
            checkpoint: self.checkpoint(),
        };
        Receipt::new(*leaf, proof)
    }
}
