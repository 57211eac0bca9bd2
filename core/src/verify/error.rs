//! Why bytes are not evidence: one enum for what an object is, one for its place in the log.

use crate::envelope::EnvelopeError;
use crate::id::ObjectId;
use crate::log::checkpoint::CheckpointError;
use crate::log::tree::TreeError;
use crate::statement::{ContentError, Disagreement, Kind};
use crate::time::Timestamp;
use crate::trust::{ChainError, PublicKey};

/// Why an object is not what it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The bytes are no envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Another kind than asked for.
    #[error("this is a {found}, expected was a {expected}")]
    Kind {
        /// The kind asked for.
        expected: Kind,
        /// The kind in the header.
        found: Kind,
    },
    /// No certificate of the signer leads to a pinned root. This says nothing against the object.
    #[error("the signer is not known here: no certificate leads to a pinned root")]
    SignerUnknown {
        /// The certificate named.
        certificate: Option<ObjectId>,
    },
    /// The signer's roles do not allow this kind.
    #[error("key {key} is not granted a role that signs a {kind}")]
    NotGranted {
        /// The signer's key.
        key: PublicKey,
        /// The kind signed.
        kind: Kind,
    },
    /// The signature does not hold.
    #[error("the signature by key {key} does not verify: the bytes were changed or never signed by it")]
    BadSignature {
        /// The signer's key.
        key: PublicKey,
    },
    /// The payload does not say what its kind requires.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// Header and payload or certificate differ.
    #[error("the header's {claim} is not what payload and certificate say")]
    Claim {
        /// The header's claim.
        claim: &'static str,
    },
    /// The payload speaks of another signer.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// A rule between certificates is broken.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// Why a registration in the log does not count, or cannot be checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The receipt is of another object.
    #[error("the receipt is of object {logged}, not of {given}")]
    OtherObject {
        /// Named by the leaf.
        logged: ObjectId,
        /// The object at hand.
        given: ObjectId,
    },
    /// The leaf acts on something else than the object says.
    #[error("the log's leaf does not act on what the object acts on")]
    OtherTarget,
    /// The checkpoint is not accepted.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The inclusion proof does not hold.
    #[error("the proof that the log holds this object does not hold")]
    Proof(#[from] TreeError),
    /// It is not known where the signer's certificate stands in the log.
    #[error("it is not known here whether the signer's certificate was registered first; fetch a trust list")]
    NotPlaced {
        /// The certificate.
        certificate: ObjectId,
    },
    /// The leaf names another certificate than the object.
    #[error("the log names leaf {logged} as the signer, the signer's certificate stands at {known}")]
    OtherSigner {
        /// Named by the leaf.
        logged: u64,
        /// Known from evidence.
        known: u64,
    },
    /// Logged before its signer's certificate.
    #[error("the object at {object} does not come after its signer's certificate at {certificate}")]
    Order {
        /// The certificate's index.
        certificate: u64,
        /// The object's index or tree size.
        object: u64,
    },
    /// Outside the certificate's validity.
    #[error("the certificate of key {key} was not valid at {at}")]
    NotValid {
        /// The signer's key.
        key: PublicKey,
        /// When it was logged.
        at: Timestamp,
    },
    /// Logged after the signer's revocation.
    #[error("key {key} was revoked at {revoked}, before this object at {object}")]
    Revoked {
        /// The signer's key.
        key: PublicKey,
        /// Index of the revocation.
        revoked: u64,
        /// Index of the object.
        object: u64,
    },
}

impl RegistrationError {
    /// Whether evidence is missing, as opposed to contradicting.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        match self {
            Self::NotPlaced { .. } => true,
            // Another log or too few witnesses: the reader's policy asks for what this receipt does not show.
            Self::Checkpoint(fault) => matches!(
                fault,
                CheckpointError::Origin { .. }
                    | CheckpointError::NotSigned { .. }
                    | CheckpointError::Witnesses(_)
            ),
            _ => false,
        }
    }
}
