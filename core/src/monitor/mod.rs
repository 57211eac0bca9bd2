//! Watching a log: every leaf replayed, every signed view computed again (FORMAT §5).
//!
//! Anybody may run a monitor; it needs no object and sees no patient. What a service signed is compared with what its
//! own leaves say, and a contradiction is written down so that anybody who pins the same root can check it without
//! the monitor and without the service. Fetching leaves and views, and keeping the state, are left to the caller.

mod rules;
mod claim;
mod contradiction;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::canonical::{CanonicalBytes, DecodeError, decode, encode};
use crate::envelope::SignedObject;
use crate::id::ObjectId;
use crate::log::checkpoint::{CheckpointError, VerifiedCheckpoint};
use crate::log::leaf::Leaf;
use crate::log::tree::{MemoryTree, TreeError, TreeHead, leaf_hash, root};
use crate::statement::Kind;
use crate::trust::{Certificate, Directory, ListError, OrgCode, TrustPolicy};

pub use contradiction::{Contradiction, ContradictionError, Fault};
pub use rules::LeafRule;

use claim::Claim;

/// A log as one monitor followed it: all leaves, under the last checkpoint that held.
#[derive(Debug, Clone)]
pub struct Monitor {
    policy: TrustPolicy,
    directory: Directory,
    leaves: Vec<Vec<u8>>,
    tree: MemoryTree,
    checkpoint: Option<String>,
}

/// A certificate as the log holds it, for whoever watches an organisation's name.
#[derive(Debug, Clone)]
pub struct Watched<'a> {
    /// Its leaf index.
    pub index: u64,
    /// Its id.
    pub id: ObjectId,
    /// What it certifies.
    pub certificate: &'a Certificate,
}

impl Monitor {
    /// Begins with what is pinned and no leaf.
    #[must_use]
    pub fn begin(policy: TrustPolicy) -> Self {
        Self {
            directory: Directory::pinned(&policy),
            policy,
            leaves: Vec::new(),
            tree: MemoryTree::default(),
            checkpoint: None,
        }
    }

    /// Goes on from a state that was kept. The checkpoint in it is verified again over its leaves.
    ///
    /// # Errors
    /// [`StateError`] when it is damaged or of another log.
    pub fn resume(policy: TrustPolicy, state: &[u8]) -> Result<Self, StateError> {
        let wire: State = decode(state, MAX_STATE)?;
        if wire.typ != STATE {
            return Err(StateError::Type);
        }
        let leaves: Vec<Vec<u8>> = wire.leaves.into_iter().map(ByteBuf::into_vec).collect();
        let note = String::from_utf8(wire.checkpoint.into_vec()).map_err(|_| StateError::Type)?;
        let checkpoint = VerifiedCheckpoint::verify(&note, &policy)?;
        let tree = tree_of(&leaves);
        let held = TreeHead {
            size: tree.size(),
            root: root(&tree, tree.size())?,
        };
        if held != TreeHead::from(&checkpoint) {
            return Err(StateError::OtherLeaves);
        }
        Ok(Self {
            leaves,
            tree,
            checkpoint: Some(note),
            ..Self::begin(policy)
        })
    }

    /// What to keep until the next time; nothing before the first checkpoint.
    #[must_use]
    pub fn state(&self) -> Option<CanonicalBytes> {
        let state = State {
            typ: STATE.into(),
            checkpoint: ByteBuf::from(self.checkpoint.clone()?.into_bytes()),
            leaves: self.leaves.iter().cloned().map(ByteBuf::from).collect(),
        };
        Some(encode(&state).expect("byte strings are in the profile"))
    }

    /// How many leaves were followed.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Follows the log to a newer checkpoint, with the leaves that were added since the last.
    ///
    /// # Errors
    /// [`Observed`]; the monitor then stands where it stood.
    pub fn grow(&mut self, checkpoint: &str, added: &[Vec<u8>]) -> Result<(), Observed> {
        let verified = VerifiedCheckpoint::verify(checkpoint, &self.policy)?;
        let shown = TreeHead::from(&verified);
        if shown.size < self.size() {
            return self.compare_older(checkpoint, shown);
        }
        let mut tree = self.tree.clone();
        added.iter().for_each(|leaf| tree.push(leaf_hash(leaf)));
        if tree.size() != shown.size || root(&tree, tree.size())? != shown.root {
            return Err(self
                .fork_with(checkpoint)
                .unwrap_or(Observed::OtherLeaves { size: shown.size }));
        }
        let leaves = [self.leaves.as_slice(), added].concat();
        self.expect_sound(&Contradiction {
            claims: vec![Claim::Checkpoint(checkpoint.to_owned())],
            certificates: Vec::new(),
            leaves: leaves.clone(),
        })?;
        (self.leaves, self.tree, self.checkpoint) = (leaves, tree, Some(checkpoint.to_owned()));
        Ok(())
    }

    /// Compares a checkpoint with the whole list of leaves it is said to cover, where [`grow`](Self::grow) found that
    /// the added ones do not lead to it: a log that rewrote its past proves so by its own new checkpoint.
    ///
    /// # Errors
    /// [`Observed`], always: either the contradiction, or that the leaves lead to nothing that was signed.
    pub fn compare(&self, checkpoint: &str, leaves: Vec<Vec<u8>>) -> Observed {
        let earlier = self.checkpoint.iter().cloned();
        let claims = earlier.chain([checkpoint.to_owned()]).map(Claim::Checkpoint);
        let size = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
        let suspected = Contradiction {
            claims: claims.collect(),
            certificates: Vec::new(),
            leaves,
        };
        self.expect_sound(&suspected)
            .err()
            .unwrap_or(Observed::OtherLeaves { size })
    }

    /// Takes up a trust list: who signs the views. Its places are compared with the leaves.
    ///
    /// # Errors
    /// [`Observed`].
    pub fn show_list(&mut self, list: &SignedObject) -> Result<(), Observed> {
        let mut directory = Directory::pinned(&self.policy);
        directory.admit_list(list)?;
        self.expect_sound(&self.evidence(list, &directory))?;
        self.directory = directory;
        Ok(())
    }

    /// Computes a head or a snapshot again; a trust list of its signer must have been shown before.
    ///
    /// # Errors
    /// [`Observed`].
    pub fn show(&self, view: &SignedObject) -> Result<(), Observed> {
        self.expect_sound(&self.evidence(view, &self.directory))?;
        let logged = || self.leaves().any(|leaf| leaf.id == view.id());
        if view.kind() == Kind::Snapshot && !logged() {
            return Err(Observed::SnapshotNotLogged { id: view.id() });
        }
        Ok(())
    }

    /// The certificates of an organisation's people and services, and its own, in the order of the log. They are known
    /// from the trust list that was shown last.
    pub fn certificates_of(&self, organisation: &OrgCode) -> impl Iterator<Item = Watched<'_>> {
        let certified = self.directory.certificates();
        let watched = certified.filter_map(|(index, certificate)| {
            Some(Watched {
                index: index?,
                id: certificate.id(),
                certificate: certificate.content(),
            })
        });
        let mut watched: Vec<Watched<'_>> = watched
            .filter(move |watched| watched.certificate.organisation() == organisation)
            .collect();
        watched.sort_by_key(|watched| watched.index);
        watched.into_iter()
    }

    /// Whether every certificate leaf of the log was named by the trust list that was shown last: a certificate that
    /// nobody shows cannot be watched.
    #[must_use]
    pub fn certificates_not_shown(&self) -> Vec<u64> {
        let logged = (0..).zip(self.leaves());
        let certificates = logged.filter(|(_, leaf)| leaf.kind == Kind::Certificate);
        certificates
            .filter(|(_, leaf)| self.directory.index_of(&leaf.id).is_none())
            .map(|(index, _)| index)
            .collect()
    }

    fn leaves(&self) -> impl Iterator<Item = Leaf> {
        self.leaves.iter().filter_map(|leaf| Leaf::decode(leaf).ok())
    }

    /// A smaller tree than was followed is an older view if it is a prefix, and a fork if it is not.
    fn compare_older(&self, checkpoint: &str, shown: TreeHead) -> Result<(), Observed> {
        if root(&self.tree, shown.size)? == shown.root {
            let held = self.size();
            return Err(Observed::Older {
                shown: shown.size,
                held,
            });
        }
        let latest = self.checkpoint.iter().cloned();
        let claims = latest.chain([checkpoint.to_owned()]).map(Claim::Checkpoint);
        self.expect_sound(&Contradiction {
            claims: claims.collect(),
            certificates: Vec::new(),
            leaves: self.leaves.clone(),
        })?;
        Err(Observed::OtherLeaves { size: shown.size })
    }

    /// Two signed trees of one size with different roots need no leaf to prove it.
    fn fork_with(&self, checkpoint: &str) -> Option<Observed> {
        let earlier = self.checkpoint.iter().cloned();
        let claims = earlier.chain([checkpoint.to_owned()]).map(Claim::Checkpoint);
        let suspected = Contradiction {
            claims: claims.collect(),
            certificates: Vec::new(),
            leaves: Vec::new(),
        };
        match self.expect_sound(&suspected) {
            Err(proved @ Observed::Contradiction { .. }) => Some(proved),
            _ => None,
        }
    }

    /// A view beside the leaves it speaks of, and the certificates of its signer.
    fn evidence(&self, view: &SignedObject, directory: &Directory) -> Contradiction {
        let signer = view.claimed_key();
        let chain = signer.iter().flat_map(|signer| directory.chain(signer));
        let mut claims = vec![Claim::View(Box::new(view.clone()))];
        claims.extend(self.checkpoint.iter().cloned().map(Claim::Checkpoint));
        Contradiction {
            claims,
            certificates: chain.map(|certificate| certificate.object().clone()).collect(),
            leaves: self.leaves.clone(),
        }
    }

    fn expect_sound(&self, suspected: &Contradiction) -> Result<(), Observed> {
        match suspected.verify(&self.policy) {
            Ok(fault) => Err(Observed::Contradiction {
                evidence: Box::new(suspected.clone()),
                fault,
            }),
            Err(ContradictionError::Sound) => Ok(()),
            Err(other) => Err(Observed::Unverifiable(other)),
        }
    }
}

fn tree_of(leaves: &[Vec<u8>]) -> MemoryTree {
    let mut tree = MemoryTree::default();
    leaves.iter().for_each(|leaf| tree.push(leaf_hash(leaf)));
    tree
}

/// The `typ` of a kept state.
const STATE: &str = "planseal.monitor-state";
/// 256 MiB: four million leaves; the state is the monitor's own.
const MAX_STATE: usize = 256 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    typ: String,
    checkpoint: ByteBuf,
    leaves: Vec<ByteBuf>,
}

/// Why a monitor cannot go on from a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Damaged.
    #[error("the monitor's state is damaged; move it away and begin again")]
    Decode(#[from] DecodeError),
    /// Another file.
    #[error("this is not a monitor's state")]
    Type,
    /// Of another log, or signed by nobody who is pinned.
    #[error("the checkpoint in the monitor's state does not verify under this trust policy")]
    Checkpoint(#[from] CheckpointError),
    /// A leaf in it was changed.
    #[error(
        "the leaves in the monitor's state are not those of its checkpoint; move it away and begin again"
    )]
    OtherLeaves,
    /// No tree at all.
    #[error("the monitor's state holds no leaf")]
    Tree(#[from] TreeError),
}

/// What a monitor met.
#[derive(Debug, thiserror::Error)]
pub enum Observed {
    /// The service contradicts itself, and here is the proof.
    #[error("the service contradicts itself: {fault}")]
    Contradiction {
        /// For anybody to check.
        evidence: Box<Contradiction>,
        /// What it proves.
        fault: Fault,
    },
    /// The service shows a tree smaller than it showed before, and a prefix of it: held back or restored. A cache may
    /// do that for a moment, so it is no contradiction yet.
    #[error("the service shows {shown} leaves and showed {held} before: it holds something back, or lost it")]
    Older {
        /// Shown now.
        shown: u64,
        /// Followed before.
        held: u64,
    },
    /// Leaves that lead to no signed tree. They are not signed one by one, so nothing is proved yet.
    #[error("the leaves that were served do not lead to the signed tree of {size}")]
    OtherLeaves {
        /// Size of the signed tree.
        size: u64,
    },
    /// A snapshot that was handed out without being logged.
    #[error("snapshot {id} was handed out and is not in the log")]
    SnapshotNotLogged {
        /// The snapshot.
        id: ObjectId,
    },
    /// A checkpoint of another log, by nobody pinned, or with too few witnesses.
    #[error("the log's checkpoint does not verify")]
    Checkpoint(#[from] CheckpointError),
    /// A trust list that does not verify.
    #[error("the trust list does not verify")]
    List(#[from] ListError),
    /// A view that does not verify, or speaks of leaves not followed yet.
    #[error("this cannot be judged here")]
    Unverifiable(#[from] ContradictionError),
    /// A tree that cannot be computed.
    #[error("the tree cannot be computed")]
    Tree(#[from] TreeError),
}
