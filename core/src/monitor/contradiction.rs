//! Contradictions: evidence against a service, for anybody who pins the same root.
//!
//! A file holds what the service signed (checkpoints, heads, snapshots, trust lists), the certificates of its keys, and
//! leaves. Leaves are not signed one by one: they count because one of the signed trees is theirs.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::canonical::{CanonicalBytes, encode};
use crate::envelope::{EnvelopeError, SignedObject};
use crate::log::checkpoint::CheckpointError;
use crate::log::leaf::{Leaf, LeafError};
use crate::log::tree::{TreeError, TreeHead, root};
use crate::statement::{ContentError, FORMAT_VERSION, Kind, check_type_named, decode_payload_named};
use crate::status::Statuses;
use crate::time::Timestamp;
use crate::trust::{Directory, TrustPolicy};
use crate::verify::VerifyError;

use super::claim::{Claim, Said};
use super::rules::{LeafRule, Rules};
use super::tree_of;

/// Signed claims and the leaves they speak of. It proves nothing until [`Contradiction::verify`] says what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    pub(super) claims: Vec<Claim>,
    pub(super) certificates: Vec<SignedObject>,
    pub(super) leaves: Vec<Vec<u8>>,
}

/// What the service did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It signed two histories.
    #[error("it signed two different trees of which one should begin with the other ({size} leaves)")]
    TwoHistories {
        /// Size of the smaller tree.
        size: u64,
    },
    /// It logged what an honest service never logs.
    #[error("leaf {index} breaks a rule of the log: {rule}")]
    Leaf {
        /// The leaf.
        index: u64,
        /// The rule.
        rule: LeafRule,
    },
    /// A view that leaves out what its own log had held for minutes.
    #[error("what it signed at {made} leaves out leaf {leaf}, which it logged at {logged}")]
    LeftOut {
        /// The first leaf left out.
        leaf: u64,
        /// The leaf's own time.
        logged: Timestamp,
        /// The view's time.
        made: Timestamp,
    },
    /// A head that its own tree refutes.
    #[error("its head for the record of leaf {leaf} {what}")]
    FalseHead {
        /// The leaf named.
        leaf: u64,
        /// In words.
        what: &'static str,
    },
    /// A snapshot that its own tree refutes.
    #[error("its snapshot is wrong about leaf {leaf}")]
    FalseSnapshot {
        /// The first leaf it is wrong about.
        leaf: u64,
    },
    /// A trust list that its own tree refutes.
    #[error("its trust list {what} (leaf {leaf})")]
    FalseList {
        /// The leaf.
        leaf: u64,
        /// In words.
        what: &'static str,
    },
}

/// The `typ` of a file.
const TYPE: &str = "planseal.contradiction";
/// 64 MiB: a million leaves, and a bound on what a made-up file costs to read.
const MAX_CONTRADICTION: usize = 64 << 20;
/// 16 claims and as many certificates: two prove a contradiction, and work grows with their product with the leaves.
const MAX_CLAIMS: usize = 16;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    checkpoints: Vec<ByteBuf>,
    views: Vec<ByteBuf>,
    certificates: Vec<ByteBuf>,
    leaves: Vec<ByteBuf>,
}

impl Contradiction {
    /// The file.
    #[must_use]
    pub fn encode(&self) -> CanonicalBytes {
        let (mut checkpoints, mut views) = (Vec::new(), Vec::new());
        for claim in &self.claims {
            match claim {
                Claim::Checkpoint(note) => checkpoints.push(ByteBuf::from(note.clone().into_bytes())),
                Claim::View(view) => views.push(ByteBuf::from(view.bytes().to_vec())),
            }
        }
        let certificates = self.certificates.iter().map(SignedObject::bytes);
        let wire = Wire {
            typ: TYPE.into(),
            v: FORMAT_VERSION,
            checkpoints,
            views,
            certificates: certificates.map(|bytes| ByteBuf::from(bytes.to_vec())).collect(),
            leaves: self.leaves.iter().cloned().map(ByteBuf::from).collect(),
        };
        encode(&wire).expect("byte strings are in the profile")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ContradictionError`] when it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, ContradictionError> {
        let wire: Wire = decode_payload_named(TYPE, bytes, MAX_CONTRADICTION)?;
        let claims = wire.views.len() + wire.checkpoints.len();
        check_type_named(TYPE, &wire.typ, wire.v)?;
        if claims.max(wire.certificates.len()) > MAX_CLAIMS {
            return Err(ContradictionError::Shape);
        }
        let objects = |items: Vec<ByteBuf>| {
            let objects = items.iter().map(|bytes| SignedObject::parse(bytes));
            objects.collect::<Result<Vec<_>, _>>()
        };
        let views = objects(wire.views)?
            .into_iter()
            .map(|view| Claim::View(Box::new(view)));
        let checkpoints = wire
            .checkpoints
            .into_iter()
            .map(|note| String::from_utf8(note.into_vec()).map(Claim::Checkpoint));
        let checkpoints: Vec<Claim> = checkpoints
            .collect::<Result<_, _>>()
            .map_err(|_| ContradictionError::Shape)?;
        Ok(Self {
            claims: views.chain(checkpoints).collect(),
            certificates: objects(wire.certificates)?,
            leaves: wire.leaves.into_iter().map(ByteBuf::into_vec).collect(),
        })
    }

    /// What this proves to a reader who pinned this policy.
    ///
    /// # Errors
    /// [`ContradictionError::Sound`] when everything here agrees; others when it cannot be judged.
    pub fn verify(&self, policy: &TrustPolicy) -> Result<Fault, ContradictionError> {
        let mut directory = Directory::pinned(policy);
        directory.admit_all(&self.certificates)?;
        let said = self.claims.iter().map(|claim| claim.verify(policy, &directory));
        let said: Vec<Said> = said.collect::<Result<_, _>>()?;
        let said = self.of_this_log(said);
        if let Some(fault) = two_of_one_size(&said) {
            return Ok(fault);
        }
        let committed = self.committed(&said)?;
        if let Some(fault) = two_histories(&said, &committed) {
            return Ok(fault);
        }
        self.replay(&said, &committed, policy)
    }

    /// What the service of this log said; views by other keys count for nothing.
    fn of_this_log(&self, said: Vec<Said>) -> Vec<Said> {
        let known = self.readable();
        let claims = self.claims.iter().zip(said);
        let counting = claims.filter(|(claim, said)| is_of_this_log(claim, said.tree().size, &known));
        counting.map(|(_, said)| said).collect()
    }

    /// The fold of the leaves as far as they can be read: which certificates are this log's.
    fn readable(&self) -> Statuses {
        let mut known = Statuses::default();
        for leaf in self.leaves.iter().map_while(|leaf| Leaf::decode(leaf).ok()) {
            if known.push(&leaf).is_err() {
                break;
            }
        }
        known
    }

    /// The roots of the leaves at every size that a claim names, once one claim was found to be of all of them.
    fn committed(&self, said: &[Said]) -> Result<Vec<TreeHead>, ContradictionError> {
        let tree = tree_of(&self.leaves);
        let heads = said
            .iter()
            .map(Said::tree)
            .filter(|head| head.size <= tree.size());
        let mut heads: Vec<TreeHead> = heads
            .map(|head| {
                let size = head.size;
                let root = match size {
                    0 => TreeHead::empty().root,
                    size => root(&tree, size)?,
                };
                Ok(TreeHead { size, root })
            })
            .collect::<Result<_, TreeError>>()?;
        // Only the log's own key says whose leaves these are.
        let checkpoints = said.iter().filter(|said| matches!(said, Said::Tree(_)));
        let largest = checkpoints.map(Said::tree).find(|head| head.size == tree.size());
        match largest {
            Some(signed) if heads.contains(&signed) => {
                heads.sort_unstable_by_key(|head| head.size);
                Ok(heads)
            }
            _ => Err(ContradictionError::NotCommitted { leaves: tree.size() }),
        }
    }

    /// Replays the leaves from the first; each view is compared when its own tree is complete.
    fn replay(
        &self,
        said: &[Said],
        committed: &[TreeHead],
        policy: &TrustPolicy,
    ) -> Result<Fault, ContradictionError> {
        let mut rules = Rules::begin(policy.root().id());
        let compare = |statuses: &Statuses| {
            let now = said.iter().filter(|said| said.tree().size == statuses.size());
            now.filter(|said| committed.contains(&said.tree()))
                .find_map(|said| said.compare(statuses))
        };
        for (index, bytes) in (0..).zip(&self.leaves) {
            let leaf = match Leaf::decode(bytes) {
                Ok(leaf) => leaf,
                Err(newer @ LeafError::Kind { .. }) => return Err(newer.into()),
                Err(_) => {
                    let rule = LeafRule::Unreadable;
                    return Ok(Fault::Leaf { index, rule });
                }
            };
            if let Err(rule) = rules.push(&leaf) {
                return Ok(Fault::Leaf { index, rule });
            }
            if let Some(fault) = compare(&rules.statuses) {
                return Ok(fault);
            }
        }
        let left_out = |said: &Said| said.leaves_out(rules.statuses.leaf(said.tree().size));
        if let Some(fault) = said.iter().find_map(left_out) {
            return Ok(fault);
        }
        match said
            .iter()
            .map(Said::tree)
            .find(|tree| tree.size > rules.statuses.size())
        {
            Some(tree) => Err(ContradictionError::Ahead {
                size: tree.size,
                leaves: rules.statuses.size(),
            }),
            None => Err(ContradictionError::Sound),
        }
    }
}

/// A view is the service's word only where the log holds its signer's certificate before the view, and no revocation
/// that reaches it: another log's service, or a thief with a key that was revoked, proves nothing.
fn is_of_this_log(claim: &Claim, size: u64, known: &Statuses) -> bool {
    let Claim::View(view) = claim else { return true };
    let signer = view.claimed_key();
    let is_signer = |at: &u64| {
        known
            .leaf(*at)
            .is_some_and(|leaf| leaf.kind == Kind::Certificate && Some(leaf.id) == signer)
    };
    let place = (0..known.size().min(size)).find(is_signer);
    place.is_some_and(|place| !known.is_revoked_at(place, size))
}

fn two_of_one_size(said: &[Said]) -> Option<Fault> {
    let trees: Vec<TreeHead> = said.iter().map(Said::tree).collect();
    let (at, _) = trees.iter().enumerate().find(|(at, tree)| {
        let before = &trees[..*at];
        before
            .iter()
            .any(|other| other.size == tree.size && other.root != tree.root)
    })?;
    Some(Fault::TwoHistories { size: trees[at].size })
}

/// A smaller signed tree that the leaves of a larger signed one do not begin with.
fn two_histories(said: &[Said], committed: &[TreeHead]) -> Option<Fault> {
    let refuted = |tree: &TreeHead| {
        committed
            .iter()
            .any(|own| own.size == tree.size && own.root != tree.root)
    };
    let tree = said.iter().map(Said::tree).find(refuted)?;
    Some(Fault::TwoHistories { size: tree.size })
}

/// Why a file proves nothing, or nothing here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContradictionError {
    /// Everything in it agrees: no contradiction.
    #[error("everything in this evidence agrees: it proves nothing against the service")]
    Sound,
    /// Not a file of this kind.
    #[error("this is not evidence of a contradiction")]
    Shape,
    /// A field is wrong.
    #[error("this is not evidence of a contradiction")]
    Content(#[from] ContentError),
    /// An object in it is damaged.
    #[error("an object in this evidence is damaged")]
    Object(#[from] EnvelopeError),
    /// A view or certificate does not verify under the pinned root.
    #[error("something in this evidence was not signed under the pinned root")]
    Verify(#[from] VerifyError),
    /// A checkpoint is not of the pinned log.
    #[error("a checkpoint in this evidence is not of the pinned log")]
    Checkpoint(#[from] CheckpointError),
    /// Not a view of the log.
    #[error("a {kind} says nothing about the log's tree")]
    Kind {
        /// The kind found.
        kind: Kind,
    },
    /// The leaves belong to no signed tree: anybody could have written them.
    #[error("no signed tree is of the {leaves} leaves in this evidence")]
    NotCommitted {
        /// How many leaves there are.
        leaves: u64,
    },
    /// A view of leaves that are not here.
    #[error("this speaks of {size} leaves, of which {leaves} are here: follow the log further first")]
    Ahead {
        /// The view's tree size.
        size: u64,
        /// The leaves at hand.
        leaves: u64,
    },
    /// A leaf cannot be read.
    #[error("a leaf in this evidence cannot be read")]
    Leaf(#[from] LeafError),
    /// A tree cannot be computed.
    #[error("the tree cannot be computed")]
    Tree(#[from] TreeError),
}
