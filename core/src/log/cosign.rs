//! Cosignatures and the judgement of a witness (C2SP tlog-cosignature, tlog-witness).
//!
//! A witness keeps, for each log, the largest tree head it ever cosigned, and cosigns another only after a proof that
//! the tree grew from that one. This module judges requests and writes answers; keeping the state durable before the
//! answer leaves, and the protocol's HTTP, are left to the server.

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::log::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint};
use crate::log::note::{KeyType, Note, NoteError, NoteSignature, VerifierKey};
use crate::log::tree::{Hash, TreeError, TreeHead, verify_consistency};
use crate::sign::{Signature, SigningError, SigningPort, ToBeSigned};
use crate::time::Timestamp;

/// A log's request to have a tree head cosigned (`POST /add-checkpoint`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the log believes the witness cosigned last; 0 before the first time.
    pub old: u64,
    /// Consistency proof from `old` to the checkpoint's size.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub note: Note,
}

/// The protocol's own bound on proofs.
const MAX_PROOF: usize = 63;

impl AddCheckpoint {
    /// Reads a request's body.
    ///
    /// # Errors
    /// [`WitnessRefusal::Malformed`].
    pub fn parse(body: &str) -> Result<Self, WitnessRefusal> {
        let (head, note) = body.split_once("\n\n").ok_or(WitnessRefusal::Malformed)?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(|old| old.parse().ok())
            .ok_or(WitnessRefusal::Malformed)?;
        let proof: Option<Vec<Hash>> = lines.map(Hash::from_base64).collect();
        let request = Self {
            old,
            proof: proof
                .filter(|proof| proof.len() <= MAX_PROOF)
                .ok_or(WitnessRefusal::Malformed)?,
            note: Note::parse(note).map_err(|_| WitnessRefusal::Malformed)?,
        };
        if request.to_string() == body {
            Ok(request)
        } else {
            Err(WitnessRefusal::Malformed)
        }
    }
}

/// The body of the request.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash.as_bytes())))?;
        write!(f, "\n{}", self.note)
    }
}

/// What one witness remembers of one log: the largest tree head it cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witnessed(TreeHead);

impl Witnessed {
    /// Takes up what was remembered; [`TreeHead::empty`] before the first tree head.
    #[must_use]
    pub const fn of(cosigned: TreeHead) -> Self {
        Self(cosigned)
    }

    /// Judges a request by what was cosigned before. The checkpoint that comes back may be cosigned once this state is
    /// replaced by its size and root, durably; two requests must never be judged by the same state.
    ///
    /// # Errors
    /// [`WitnessRefusal`]; nothing may be cosigned then.
    pub fn judge(
        &self,
        request: &AddCheckpoint,
        log: &VerifierKey,
    ) -> Result<VerifiedCheckpoint, WitnessRefusal> {
        let checkpoint = VerifiedCheckpoint::of_log(&request.note, log)?;
        if request.old > checkpoint.size() {
            return Err(WitnessRefusal::Shrinks {
                old: request.old,
                size: checkpoint.size(),
            });
        }
        let same_size = request.old == checkpoint.size();
        let TreeHead { size, root } = self.0;
        if request.old != size || (same_size && checkpoint.root() != root) {
            return Err(WitnessRefusal::Conflict { held: size });
        }
        if size == 0 {
            // Every tree grows from nothing; a proof of that has no hashes.
            return match request.proof.is_empty() {
                true => Ok(checkpoint),
                false => Err(TreeError::PathLength.into()),
            };
        }
        verify_consistency(size, checkpoint.size(), &request.proof, &root, &checkpoint.root())?;
        Ok(checkpoint)
    }
}

/// Cosigns a judged tree head: the line that the witness answers with.
///
/// # Errors
/// [`SigningError`] when the port refuses or holds another key.
pub fn cosign(
    checkpoint: &VerifiedCheckpoint,
    at: Timestamp,
    witness: &VerifierKey,
    port: &dyn SigningPort,
) -> Result<NoteSignature, SigningError> {
    let to_be_signed = ToBeSigned::cosignature(checkpoint.checkpoint(), at, witness.key());
    let signature = to_be_signed.signature(port)?;
    let mut bytes = at.seconds().to_be_bytes().to_vec();
    bytes.extend_from_slice(signature.as_bytes());
    Ok(NoteSignature {
        name: witness.name().to_owned(),
        key_id: witness.id(),
        bytes,
    })
}

/// When a witness cosigned a note, if this line is its cosignature.
#[must_use]
pub fn cosigned_at(witness: &VerifierKey, note: &Note, line: &NoteSignature) -> Option<Timestamp> {
    let (time, signature) = line.bytes.split_first_chunk::<8>()?;
    let signature = Signature::from_bytes(signature.try_into().ok()?);
    let at = Timestamp::from_seconds(u64::from_be_bytes(*time)).ok()?;
    let known = witness.key_type() == KeyType::Witness
        && line.name == witness.name()
        && line.key_id == witness.id()
        && signature.verifies(&witness.key(), &message(note.text(), at));
    known.then_some(at)
}

/// What a cosignature covers: a header, the time, and the whole note text.
pub(crate) fn message(text: &str, at: Timestamp) -> Vec<u8> {
    format!("cosignature/v1\ntime {}\n{text}", at.seconds()).into_bytes()
}

/// Reads a witness's answer: signature lines, of which those of known witnesses count.
///
/// # Errors
/// [`NoteError`] when it is none.
pub fn answer(body: &str) -> Result<Vec<NoteSignature>, NoteError> {
    NoteSignature::parse_lines(body)
}

/// Why a witness does not cosign. The numbers are the protocol's HTTP statuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// 400: not a request of this protocol.
    #[error("this is not an add-checkpoint request: old size, proof, empty line, checkpoint")]
    Malformed,
    /// 404: a log that this witness does not know.
    #[error("this witness does not know the log {origin}; ask its operator to add it")]
    UnknownLog {
        /// The checkpoint's origin.
        origin: String,
    },
    /// 403, or 404 for another log: the log's own signature is missing or does not hold.
    #[error("the checkpoint is not one of this log")]
    Checkpoint(#[from] CheckpointError),
    /// 400: the request says that the tree shrank.
    #[error("the checkpoint has {size} leaves, fewer than the old size {old}")]
    Shrinks {
        /// The request's old size.
        old: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// 409, with the size held: the log has to prove growth from there.
    #[error("this witness last cosigned size {held}; prove growth from there")]
    Conflict {
        /// The size held.
        held: u64,
    },
    /// 422: the proof does not hold.
    #[error("the proof that the tree grew does not hold")]
    Inconsistent(#[from] TreeError),
}

impl WitnessRefusal {
    /// The protocol's HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed | Self::Shrinks { .. } | Self::Checkpoint(CheckpointError::Text) => 400,
            Self::UnknownLog { .. } | Self::Checkpoint(CheckpointError::Origin { .. }) => 404,
            Self::Checkpoint(_) => 403,
            Self::Conflict { .. } => 409,
            Self::Inconsistent(_) => 422,
        }
    }
}

/// The origin that a request speaks for, to find the log's key. Nothing was verified yet.
///
/// # Errors
/// [`CheckpointError::Text`] when the note is no checkpoint.
pub fn peek_origin(request: &AddCheckpoint) -> Result<String, CheckpointError> {
    Checkpoint::parse(request.note.text()).map(|checkpoint| checkpoint.origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tree::{MemoryTree, consistency_proof, leaf_hash, root};
    use crate::sign::PortError;
    use crate::trust::PublicKey;
    use ed25519_dalek::{Signer, SigningKey};

    struct Key(SigningKey);

    impl SigningPort for Key {
        fn public_key(&self) -> PublicKey {
            PublicKey::parse(&self.0.verifying_key().to_bytes()).expect("an honest key")
        }

        fn sign(&self, to_be_signed: &ToBeSigned) -> Result<Signature, PortError> {
            Ok(Signature::from_bytes(
                self.0.sign(to_be_signed.bytes()).to_bytes(),
            ))
        }
    }

    fn key(seed: u8) -> Key {
        Key(SigningKey::from_bytes(&[seed; 32]))
    }

    fn log_key() -> VerifierKey {
        VerifierKey::new("log.example", KeyType::Log, key(1).public_key()).expect("a name")
    }

    fn tree(leaves: &[&[u8]]) -> MemoryTree {
        let mut tree = MemoryTree::default();
        leaves.iter().for_each(|leaf| tree.push(leaf_hash(leaf)));
        tree
    }

    fn note(tree: &MemoryTree, size: u64) -> Note {
        let root = root(tree, size).expect("a root");
        let origin = "log.example".into();
        let checkpoint = Checkpoint { origin, size, root };
        checkpoint.sign(&log_key(), &key(1)).expect("signed")
    }

    fn request(tree: &MemoryTree, old: u64, size: u64) -> AddCheckpoint {
        let proof = match old {
            0 => Vec::new(),
            old => consistency_proof(tree, old, size).expect("a proof"),
        };
        AddCheckpoint {
            old,
            proof,
            note: note(tree, size),
        }
    }

    #[test]
    fn a_tree_that_grows_is_cosigned_and_the_line_counts() {
        let tree = tree(&[b"a", b"b", b"c"]);
        let first = Witnessed::of(TreeHead::empty()).judge(&request(&tree, 0, 2), &log_key());
        let held = Witnessed::of(TreeHead::from(&first.expect("from nothing")));
        let grown = held.judge(&request(&tree, 2, 3), &log_key()).expect("grown");
        let witness = VerifierKey::new("w.example", KeyType::Witness, key(2).public_key()).expect("a name");
        let at = Timestamp::from_seconds(7).expect("an instant");
        let line = cosign(&grown, at, &witness, &key(2)).expect("cosigned");
        assert_eq!(cosigned_at(&witness, &note(&tree, 3), &line), Some(at));
        assert_eq!(cosigned_at(&witness, &note(&tree, 2), &line), None);
        assert_eq!(answer(&format!("{line}\n")), Ok(vec![line]));
        assert!(
            held.judge(&request(&tree, 2, 2), &log_key()).is_ok(),
            "the same head again"
        );
    }

    #[test]
    fn forks_rollbacks_and_strangers_are_refused_with_the_protocols_status() {
        let (tree, other) = (tree(&[b"a", b"b", b"c"]), tree(&[b"a", b"x", b"c"]));
        let held = Witnessed::of(TreeHead {
            size: 2,
            root: root(&tree, 2).expect("a root"),
        });
        let status = |request: &AddCheckpoint| held.judge(request, &log_key()).expect_err("refused").status();
        assert_eq!(status(&request(&other, 2, 3)), 422, "another history");
        assert_eq!(
            status(&request(&other, 2, 2)),
            409,
            "another tree of the same size"
        );
        assert_eq!(status(&request(&tree, 1, 3)), 409, "from a size long past");
        let shrinking = AddCheckpoint {
            old: 3,
            ..request(&tree, 0, 2)
        };
        assert_eq!(status(&shrinking), 400);
        let unsigned = AddCheckpoint {
            note: Note::new(note(&tree, 3).text().to_owned(), Vec::new()),
            ..request(&tree, 2, 3)
        };
        assert_eq!(status(&unsigned), 403);
        let stranger = VerifierKey::new("other.example", KeyType::Log, key(1).public_key()).expect("a name");
        let refused = held.judge(&request(&tree, 2, 3), &stranger);
        assert_eq!(refused.expect_err("another log").status(), 404);
        let padded = AddCheckpoint {
            proof: vec![leaf_hash(b"a")],
            ..request(&tree, 0, 2)
        };
        let refused = Witnessed::of(TreeHead::empty()).judge(&padded, &log_key());
        assert_eq!(refused.expect_err("a proof from nothing").status(), 422);
    }

    #[test]
    fn requests_are_read_exactly() {
        let tree = tree(&[b"a", b"b", b"c"]);
        let body = request(&tree, 2, 3).to_string();
        assert_eq!(AddCheckpoint::parse(&body), Ok(request(&tree, 2, 3)));
        for wrong in [
            body.replace("old 2", "old 02"),
            body.replace("old 2", "size 2"),
            body.replacen("\n\n", "\n", 1),
            body.replacen('\n', "\r\n", 1),
            format!("{body}\n"),
            String::new(),
        ] {
            assert_eq!(
                AddCheckpoint::parse(&wrong),
                Err(WitnessRefusal::Malformed),
                "{wrong}"
            );
        }
    }
}
