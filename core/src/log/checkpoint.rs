//! Checkpoints: the log's signed tree heads (C2SP tlog-checkpoint).
//!
//! `origin`, size and root, one to a line, as a signed note by the log's key. A checkpoint is signed only after
//! everything it covers is durable; that order is the store's duty.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::log::note::{KeyType, Note, NoteError, NoteSignature, VerifierKey};
use crate::log::tree::{Hash, TreeHead};
use crate::log::witness::WitnessError;
use crate::sign::{Signature, SigningError, SigningPort, ToBeSigned};
use crate::trust::TrustPolicy;

/// A tree head, not yet signed or not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's identity.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

/// A tree head that the pinned log signed and enough witnesses cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    checkpoint: Checkpoint,
}

impl Checkpoint {
    /// The note's text.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root.as_bytes())
        )
    }

    /// Reads a note's text: exactly the three lines that this log writes.
    ///
    /// # Errors
    /// [`CheckpointError::Text`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Text);
        };
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|root| <[u8; 32]>::try_from(root).ok());
        let (Ok(size), Some(root)) = (size.parse(), root) else {
            return Err(CheckpointError::Text);
        };
        let checkpoint = Self {
            origin: origin.to_owned(),
            size,
            root: Hash::from_bytes(root),
        };
        if checkpoint.text() == text {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Text)
        }
    }

    /// Signs with the log's key, whose name is the origin.
    ///
    /// # Errors
    /// [`SigningError`] when the port refuses or holds another key.
    pub fn sign(&self, key: &VerifierKey, port: &dyn SigningPort) -> Result<Note, SigningError> {
        let signature = ToBeSigned::checkpoint(self, key.key()).signature(port)?;
        let line = NoteSignature {
            name: key.name().to_owned(),
            key_id: key.id(),
            bytes: signature.as_bytes().to_vec(),
        };
        Ok(Note::new(self.text(), vec![line]))
    }
}

impl VerifiedCheckpoint {
    /// Verifies a note against the pinned log and its witness policy.
    ///
    /// # Errors
    /// [`CheckpointError`] with the broken rule.
    pub fn verify(note: &str, policy: &TrustPolicy) -> Result<Self, CheckpointError> {
        let note = Note::parse(note)?;
        let checkpoint = Self::of_log(&note, policy.log())?;
        policy.witnesses().check(&note)?;
        Ok(checkpoint)
    }

    /// Verifies the log's own signature alone: for the log itself, when it opens its store.
    ///
    /// # Errors
    /// [`CheckpointError`] with the broken rule.
    pub fn of_log(note: &Note, log: &VerifierKey) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != log.name() || log.key_type() != KeyType::Log {
            return Err(CheckpointError::Origin {
                expected: log.name().into(),
                found: checkpoint.origin,
            });
        }
        let line = note
            .signature_of(log)?
            .ok_or_else(|| CheckpointError::NotSigned {
                by: log.name().into(),
            })?;
        let signature = <[u8; 64]>::try_from(line.bytes.as_slice()).map(Signature::from_bytes);
        if signature.is_ok_and(|signature| signature.verifies(&log.key(), note.text().as_bytes())) {
            Ok(Self { checkpoint })
        } else {
            Err(CheckpointError::BadSignature {
                by: log.name().into(),
            })
        }
    }

    /// The tree head.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Leaves in the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// Root of the tree.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.checkpoint.root
    }
}

impl From<&VerifiedCheckpoint> for TreeHead {
    fn from(verified: &VerifiedCheckpoint) -> Self {
        Self {
            size: verified.size(),
            root: verified.root(),
        }
    }
}

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note.
    #[error("the checkpoint is no signed note")]
    Note(#[from] NoteError),
    /// Not origin, size and root.
    #[error("the checkpoint's text is not origin, size and root")]
    Text,
    /// Another log.
    #[error("the checkpoint is of log {found}, the trust policy pins {expected}")]
    Origin {
        /// The pinned log.
        expected: String,
        /// The checkpoint's log.
        found: String,
    },
    /// The log did not sign.
    #[error("the checkpoint is not signed by {by}")]
    NotSigned {
        /// The pinned log.
        by: String,
    },
    /// The log's signature does not verify.
    #[error("the signature of {by} on the checkpoint does not verify")]
    BadSignature {
        /// The pinned log.
        by: String,
    },
    /// Too few witnesses.
    #[error("the checkpoint is not witnessed as the trust policy asks")]
    Witnesses(#[from] WitnessError),
}
