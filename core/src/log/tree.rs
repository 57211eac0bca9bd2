//! The Merkle tree (RFC 6962 §2): hashes, inclusion proofs (§2.1.1) and consistency proofs (§2.1.2).
//!
//! Proofs are computed over a [`HashReader`] of complete subtrees, so that a caller may hold the hashes in memory or
//! in tiles. Verification follows RFC 9162 §2.1.3.2 and §2.1.4.2.

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A hash of the tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Takes 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 32 bytes in base64, as proofs write them in text.
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// `H(0x00 ‖ leaf)`.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash(
        Sha256::new()
            .chain_update([0])
            .chain_update(leaf)
            .finalize()
            .into(),
    )
}

/// `H(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(
        Sha256::new()
            .chain_update([1])
            .chain_update(left.0)
            .chain_update(right.0)
            .finalize()
            .into(),
    )
}

/// The root of the empty tree: `H("")`.
#[must_use]
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// A tree's size and root: what every signed view of the log commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// Leaves in the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

impl TreeHead {
    /// The tree without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            size: 0,
            root: empty_root(),
        }
    }

    /// Checks that one of two trees is a prefix of the other, whichever is larger.
    ///
    /// # Errors
    /// [`TreeError`] as [`verify_consistency`] gives it.
    pub fn agrees_with(&self, other: &Self, growth: &[Hash]) -> Result<(), TreeError> {
        let (old, new) = if self.size <= other.size {
            (self, other)
        } else {
            (other, self)
        };
        verify_consistency(old.size, new.size, growth, &old.root, &new.root)
    }
}

/// Hashes of complete subtrees: level 0 are leaf hashes, level *n* covers 2ⁿ leaves.
pub trait HashReader {
    /// The hash of the complete subtree over leaves `index·2^level .. (index+1)·2^level`, if the tree holds it.
    fn node(&self, level: u32, index: u64) -> Option<Hash>;
}

/// A tree held in memory, level by level.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    levels: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// Adds a leaf hash and every subtree that it completes.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(hash);
            match *row.as_slice() {
                [.., left, right] if row.len().is_multiple_of(2) => hash = node_hash(&left, &right),
                _ => return,
            }
        }
    }

    /// How many leaves the tree holds.
    #[must_use]
    pub fn size(&self) -> u64 {
        let leaves = self.levels.first().map_or(0, Vec::len);
        u64::try_from(leaves).expect("a length in memory fits 64 bit")
    }
}

impl HashReader for MemoryTree {
    fn node(&self, level: u32, index: u64) -> Option<Hash> {
        let row = self.levels.get(usize::try_from(level).ok()?)?;
        row.get(usize::try_from(index).ok()?).copied()
    }
}

/// The root of the first `size` leaves.
///
/// # Errors
/// [`TreeError::Missing`] when the reader lacks a hash.
pub fn root(reader: &impl HashReader, size: u64) -> Result<Hash, TreeError> {
    if size == 0 {
        Ok(empty_root())
    } else {
        range_root(reader, 0, size)
    }
}

/// The audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling up.
///
/// # Errors
/// [`TreeError`] when the leaf is outside the tree or a hash is missing.
pub fn inclusion_proof(reader: &impl HashReader, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
    if index >= size {
        return Err(TreeError::OutsideTree { index, size });
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range_root(reader, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(reader, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves.
///
/// # Errors
/// [`TreeError`] when `old` is zero or larger than `new`, or a hash is missing.
pub fn consistency_proof(reader: &impl HashReader, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
    if old == 0 || old > new {
        return Err(TreeError::OutsideTree {
            index: old,
            size: new,
        });
    }
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(range_root(reader, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(reader, start, middle)?);
            start = middle;
        }
    }
    if start > 0 {
        path.push(range_root(reader, start, old)?);
    }
    path.reverse();
    Ok(path)
}

/// Checks an audit path.
///
/// # Errors
/// [`TreeError`] when the path is of the wrong length or leads to another root.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), TreeError> {
    if index >= size {
        return Err(TreeError::OutsideTree { index, size });
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(TreeError::PathLength);
        }
        if at % 2 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    match last {
        0 => expect_root(&hash, root),
        _ => Err(TreeError::PathLength),
    }
}

/// Checks that the tree with `old_root` is a prefix of the tree with `new_root`. Nothing is proved about the empty
/// tree, so `old` is at least one.
///
/// # Errors
/// [`TreeError`] when the proof is of the wrong length or leads to another root.
pub fn verify_consistency(
    old: u64,
    new: u64,
    path: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), TreeError> {
    if old == 0 || old > new {
        return Err(TreeError::OutsideTree {
            index: old,
            size: new,
        });
    }
    if old == new {
        return if path.is_empty() {
            expect_root(old_root, new_root)
        } else {
            Err(TreeError::PathLength)
        };
    }
    let shift = old.trailing_zeros();
    let (mut at, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (seed, rest) = if old.is_power_of_two() {
        (*old_root, path)
    } else {
        let (seed, rest) = path.split_first().ok_or(TreeError::PathLength)?;
        (*seed, rest)
    };
    if rest.is_empty() {
        return Err(TreeError::PathLength);
    }
    let (mut old_hash, mut new_hash) = (seed, seed);
    for sibling in rest {
        if last == 0 {
            return Err(TreeError::PathLength);
        }
        if at % 2 == 1 || at == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    if last != 0 {
        return Err(TreeError::PathLength);
    }
    expect_root(&old_hash, old_root)?;
    expect_root(&new_hash, new_root)
}

fn expect_root(computed: &Hash, expected: &Hash) -> Result<(), TreeError> {
    if computed == expected {
        Ok(())
    } else {
        Err(TreeError::OtherRoot {
            computed: *computed,
            expected: *expected,
        })
    }
}

/// The root over leaves `start..end`, where `start` is a multiple of the range's leading power of two.
fn range_root(reader: &impl HashReader, start: u64, end: u64) -> Result<Hash, TreeError> {
    let count = end - start;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        let index = start >> level;
        return reader
            .node(level, index)
            .ok_or(TreeError::Missing { level, index });
    }
    let middle = start + split(count);
    Ok(node_hash(
        &range_root(reader, start, middle)?,
        &range_root(reader, middle, end)?,
    ))
}

/// The largest power of two below `count` (RFC 6962 §2.1); `count` is at least two.
const fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// Why a proof cannot be made or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// An index or size outside the tree.
    #[error("{index} lies outside a tree of {size} leaves")]
    OutsideTree {
        /// The index or size asked for.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The reader lacks a hash that the tree must have.
    #[error("the tree's hash at level {level}, index {index} is missing")]
    Missing {
        /// Level, zero for leaves.
        level: u32,
        /// Index within the level.
        index: u64,
    },
    /// The proof has too many or too few hashes.
    #[error("the proof has the wrong number of hashes")]
    PathLength,
    /// The proof leads to another root.
    #[error("the proof leads to root {computed}, expected {expected}")]
    OtherRoot {
        /// Computed from the proof.
        computed: Hash,
        /// Named by the checkpoint.
        expected: Hash,
    },
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <serde_bytes::ByteArray<32> as Deserialize>::deserialize(deserializer)?;
        Ok(Self(bytes.into_array()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree_of(size: u64) -> (MemoryTree, Vec<Hash>) {
        let leaves: Vec<Hash> = (0..size).map(|at| leaf_hash(&at.to_be_bytes())).collect();
        let mut tree = MemoryTree::default();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        (tree, leaves)
    }

    #[test]
    fn every_proof_of_every_small_tree_holds_and_no_other_does() {
        let (tree, leaves) = tree_of(40);
        for size in 1..=40 {
            let root_hash = root(&tree, size).expect("a root");
            for (index, leaf) in (0..size).zip(&leaves) {
                let path = inclusion_proof(&tree, index, size).expect("a proof");
                verify_inclusion(leaf, index, size, &path, &root_hash).expect("it holds");
                assert!(verify_inclusion(&leaf_hash(b"other"), index, size, &path, &root_hash).is_err());
                assert!(verify_inclusion(leaf, index + 1, size, &path, &root_hash).is_err());
                let mut longer = path.clone();
                longer.push(root_hash);
                assert!(verify_inclusion(leaf, index, size, &longer, &root_hash).is_err());
            }
            for old in 1..=size {
                let old_root = root(&tree, old).expect("a root");
                let path = consistency_proof(&tree, old, size).expect("a proof");
                verify_consistency(old, size, &path, &old_root, &root_hash).expect("it holds");
                assert!(verify_consistency(old, size, &path, &root_hash, &old_root).is_err() || old == size);
            }
        }
    }

    #[test]
    fn rfc_6962_empty_and_single_roots() {
        assert_eq!(
            empty_root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            leaf_hash(b"").to_string(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }
}
