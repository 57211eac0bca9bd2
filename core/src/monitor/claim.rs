//! Claims: what the service signed about its tree, and what the leaves say to it.

use crate::currency::CLOCK_TOLERANCE;
use crate::envelope::SignedObject;
use crate::head::{Head, HeadState};
use crate::log::checkpoint::VerifiedCheckpoint;
use crate::log::leaf::Leaf;
use crate::log::note::Note;
use crate::log::tree::TreeHead;
use crate::snapshot::Snapshot;
use crate::statement::{Kind, Statement};
use crate::status::{State, Statuses, Warning};
use crate::trust::{Directory, TrustList, TrustPolicy};
use crate::verify::{self, VerifyError};

use super::contradiction::{ContradictionError, Fault};

/// Something that commits to a tree head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// A checkpoint, as a note.
    Checkpoint(String),
    /// A head, a snapshot or a trust list.
    View(Box<SignedObject>),
}

/// A claim whose signature holds.
pub(super) enum Said {
    Tree(TreeHead),
    Head(Head),
    Snapshot(Snapshot),
    List(TrustList),
}

impl Claim {
    /// Verifies signature and role. Whether the signer's certificate was in force then is not asked: what a service
    /// signs with any of its keys is its own word.
    pub(super) fn verify(
        &self,
        policy: &TrustPolicy,
        directory: &Directory,
    ) -> Result<Said, ContradictionError> {
        let view = match self {
            Self::Checkpoint(note) => {
                let note = Note::parse(note).map_err(|_| ContradictionError::Shape)?;
                let checkpoint = VerifiedCheckpoint::of_log(&note, policy.log())?;
                return Ok(Said::Tree(TreeHead::from(&checkpoint)));
            }
            Self::View(view) => view,
        };
        match view.kind() {
            Kind::Head => Ok(Said::Head(content(view, directory)?)),
            Kind::Snapshot => Ok(Said::Snapshot(content(view, directory)?)),
            Kind::TrustList => {
                let list: TrustList = content(view, directory)?;
                match list.log() == policy.log() {
                    true => Ok(Said::List(list)),
                    false => Err(ContradictionError::Shape),
                }
            }
            kind => Err(ContradictionError::Kind { kind }),
        }
    }
}

fn content<S: Statement + Clone>(view: &SignedObject, directory: &Directory) -> Result<S, VerifyError> {
    Ok(verify::statement::<S>(view, directory)?.content().clone())
}

impl Said {
    /// The tree that it speaks of.
    pub(super) const fn tree(&self) -> TreeHead {
        match self {
            Self::Tree(tree) => *tree,
            Self::Head(head) => TreeHead {
                size: head.size,
                root: head.root,
            },
            Self::Snapshot(snapshot) => TreeHead {
                size: snapshot.size(),
                root: snapshot.root(),
            },
            Self::List(list) => TreeHead {
                size: list.size(),
                root: list.root(),
            },
        }
    }

    /// A leaf that it left out though the log itself says that it stood there minutes before: an old state, signed
    /// as new. `first_left_out` is the leaf at the size of its tree.
    pub(super) fn leaves_out(&self, first_left_out: Option<&Leaf>) -> Option<Fault> {
        let made = match self {
            Self::Tree(_) => return None,
            Self::Head(head) => head.issued_at(),
            Self::Snapshot(snapshot) => snapshot.issued_at(),
            Self::List(list) => list.issued_at(),
        };
        let logged = first_left_out?.time.start();
        (made.since(logged) > DELAY).then_some(Fault::LeftOut {
            leaf: self.tree().size,
            logged,
            made,
        })
    }

    /// Compares what was said with the leaves of its own tree.
    pub(super) fn compare(&self, statuses: &Statuses) -> Option<Fault> {
        match self {
            Self::Tree(_) => None,
            Self::Head(head) => false_head(head, statuses),
            Self::Snapshot(snapshot) => false_snapshot(snapshot, statuses),
            Self::List(list) => false_list(list, statuses),
        }
    }
}

/// Six minutes: the minute that a leaf's time is rounded down by, and the tolerance of clocks.
const DELAY: i64 = CLOCK_TOLERANCE + 60;

/// A head names a version leaf, its number in the chain, its state, and says whether something is open.
fn false_head(head: &Head, statuses: &Statuses) -> Option<Fault> {
    let told = |what| {
        Some(Fault::FalseHead {
            leaf: head.leaf,
            what,
        })
    };
    let leaf = statuses.leaf(head.leaf).filter(|leaf| leaf.kind == Kind::Version);
    let (Some(leaf), Some(status)) = (leaf, statuses.of(head.leaf)) else {
        return told("names a leaf that is no version");
    };
    if leaf.id != head.latest {
        return told("names another object than the leaf");
    }
    let state = match status.state {
        State::Superseded { .. } => return told("names a version that was superseded"),
        State::Current => HeadState::Current,
        State::Withdrawn { .. } => HeadState::Withdrawn,
        State::Suspended => HeadState::Suspended,
    };
    if state != head.state {
        return told("states another state");
    }
    if head.warnings.is_empty() != (status.warning == Warning::None) {
        return told("hides a warning, or makes one up");
    }
    if statuses.version_number(head.leaf) != Some(head.version_number) {
        return told("states another number");
    }
    None
}

fn false_snapshot(snapshot: &Snapshot, statuses: &Statuses) -> Option<Fault> {
    let again = Snapshot::of(statuses, snapshot.root(), snapshot.issued_at());
    let differs = |leaf: &u64| again.status(*leaf) != snapshot.status(*leaf);
    (0..snapshot.size())
        .find(differs)
        .map(|leaf| Fault::FalseSnapshot { leaf })
}

/// A trust list names every certificate leaf with its place and signer, and every revocation with its reach.
fn false_list(list: &TrustList, statuses: &Statuses) -> Option<Fault> {
    let told = |leaf, what| Some(Fault::FalseList { leaf, what });
    let mut listed = list.certificates().iter();
    let mut revoked: Vec<(u64, u64, u64)> = list.revocation_places().collect();
    revoked.sort_unstable_by_key(|(_, _, index)| *index);
    let mut revoked = revoked.into_iter();
    for index in 0..list.size() {
        let leaf = statuses.leaf(index)?;
        match leaf.kind {
            Kind::Certificate => match listed.next() {
                Some(named) if named.index == index => {
                    if named.object.id() != leaf.id || named.issuer != leaf.signer {
                        return told(index, "names another certificate or issuer than the leaf");
                    }
                }
                _ => return told(index, "leaves a certificate out, or puts one in"),
            },
            Kind::KeyStatus => {
                let reach = leaf.target.zip(leaf.from);
                let reach = reach.map(|(certificate, from)| (certificate, from, index));
                if reach.is_none() || revoked.next() != reach {
                    return told(index, "leaves a revocation out, or changes its reach");
                }
            }
            _ => {}
        }
    }
    match (listed.next(), revoked.next()) {
        (None, None) => None,
        (Some(named), _) => told(named.index, "names a certificate that the log does not hold"),
        (None, Some((_, _, index))) => told(index, "names a revocation that the log does not hold"),
    }
}
