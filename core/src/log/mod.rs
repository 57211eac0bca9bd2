//! The log: leaves, tree, signed tree heads and proofs (FORMAT §4).
//!
//! Hashing is RFC 6962's; checkpoints, witnesses and proofs are the C2SP formats signed-note, tlog-checkpoint,
//! tlog-cosignature, tlog-witness, tlog-policy and tlog-proof. Fetching and keeping tiles is the store's work; this module only
//! computes.

pub mod leaf;
pub mod tree;
pub mod note;
pub mod checkpoint;
pub mod cosign;
pub mod witness;
pub mod proof;
