//! Receipts: proof that the log holds an object (FORMAT §4).
//!
//! The leaf's bytes and a C2SP tlog-proof, stored beside the object and carried in every bundle. A receipt becomes
//! evidence in [`crate::verify::logged`].

use serde::{Deserialize, Serialize};

use crate::canonical::{DecodeError, decode, encode};
use crate::log::leaf::{Leaf, LeafError};
use crate::log::proof::{LogProof, ProofError};

/// 96 KiB: a leaf, an audit path and a checkpoint with its witnesses.
pub const MAX_RECEIPT: usize = 96 << 10;

/// A leaf and the proof that it is in the log. Not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    leaf: Leaf,
    proof: LogProof,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(with = "serde_bytes")]
    leaf: Vec<u8>,
    proof: String,
}

impl Receipt {
    /// Puts a receipt together.
    #[must_use]
    pub const fn new(leaf: Leaf, proof: LogProof) -> Self {
        Self { leaf, proof }
    }

    /// Reads a receipt.
    ///
    /// # Errors
    /// [`ReceiptError`] when leaf or proof are damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let wire: Wire = decode(bytes, MAX_RECEIPT)?;
        Ok(Self {
            leaf: Leaf::decode(&wire.leaf)?,
            proof: LogProof::parse(&wire.proof)?,
        })
    }

    /// The receipt's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let wire = Wire {
            leaf: self.leaf.encode(),
            proof: self.proof.to_string(),
        };
        encode(&wire)
            .expect("a leaf and a proof's ASCII text are in the profile")
            .into_vec()
    }

    /// The leaf.
    #[must_use]
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// The proof.
    #[must_use]
    pub const fn proof(&self) -> &LogProof {
        &self.proof
    }
}

/// Why bytes are not a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Outside the profile or of another shape.
    #[error("this is not a receipt")]
    Decode(#[from] DecodeError),
    /// The leaf is damaged.
    #[error("the receipt's leaf is damaged")]
    Leaf(#[from] LeafError),
    /// The proof is damaged.
    #[error("the receipt's proof is damaged")]
    Proof(#[from] ProofError),
}
