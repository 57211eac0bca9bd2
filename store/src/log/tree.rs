//! The hashes of all complete subtrees, in memory (RFC 6962 §2.1).
//!
//! Level 0 holds the leaf hashes, level k the roots of complete subtrees of 2^k leaves: 64 bytes for each leaf.
//! What they prove is computed by core; tiles are slices of every eighth level.

use planseal::log::tree::{Hash, HashReader, leaf_hash, node_hash};

/// All complete subtrees of a growing log.
#[derive(Debug, Default)]
pub(crate) struct Subtrees(Vec<Vec<Hash>>);

impl Subtrees {
    /// Number of leaves.
    pub(crate) fn size(&self) -> u64 {
        self.0.first().map_or(0, |leaves| count(leaves))
    }

    /// Adds a leaf and every subtree it completes.
    pub(crate) fn push(&mut self, leaf: &[u8]) {
        let mut hash = leaf_hash(leaf);
        for level in 0.. {
            if self.0.len() == level {
                self.0.push(Vec::new());
            }
            let row = &mut self.0[level];
            row.push(hash);
            match row.as_slice() {
                [.., left, right] if row.len() % 2 == 0 => hash = node_hash(left, right),
                _ => return,
            }
        }
    }

    /// The subtree roots `from .. from + width` of one level, when all are complete.
    pub(crate) fn row(&self, level: u8, from: u64, width: u64) -> Option<&[Hash]> {
        let row = self.0.get(usize::from(level))?;
        let from = usize::try_from(from).ok()?;
        let until = from.checked_add(usize::try_from(width).ok()?)?;
        row.get(from..until)
    }
}

fn count(row: &[Hash]) -> u64 {
    u64::try_from(row.len()).expect("a length in memory fits 64 bits")
}
