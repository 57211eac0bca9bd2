//! Tiles and entry bundles (C2SP tlog-tiles), as clients of the log ask for them.
//!
//! Full entry bundles lie in the store, unencrypted; a leaf holds no name, plan or text. What is read is checked against
//! the tree. Hashes, and bundles that are not full yet, are made from memory.

use std::ops::Range;

use bytes::Bytes;
use planseal::log::leaf::Leaf;
use planseal::log::tree::{HashReader, leaf_hash};

use super::derive::{bundle, complete};
use super::{Log, damaged};
use crate::key::Key;
use crate::records::{RecordError, Records};
use crate::tile::{Layer, TILE_WIDTH, TilePath};

impl Log {
    /// A tile, when the checkpoint covers it.
    pub(crate) async fn tile(&self, records: &Records, path: TilePath) -> Result<Option<Bytes>, RecordError> {
        let covered = match path.layer() {
            Layer::Entries => self.size(),
            Layer::Hashes(level) => complete(level, self.size()),
        };
        if path.start() + path.width() > covered {
            return Ok(None);
        }
        match path.layer() {
            Layer::Hashes(_) => Ok(self.hashes(path).map(Bytes::from)),
            Layer::Entries => self.bundle(records, path).await.map(Some),
        }
    }

    /// Leaves by index, as far as the checkpoint covers them.
    pub(crate) async fn leaves(
        &self,
        records: &Records,
        range: Range<u64>,
    ) -> Result<Vec<Leaf>, RecordError> {
        let until = range.end.min(self.size());
        let mut leaves = Vec::new();
        if range.start >= until {
            return Ok(leaves);
        }
        for path in TilePath::covering(Layer::Entries, range.start, until) {
            let bundle = self.bundle(records, path).await?;
            for (index, entry) in (path.start()..).zip(split(&bundle).unwrap_or_default()) {
                if (range.start..until).contains(&index) {
                    leaves.push(Leaf::decode(entry).map_err(|reason| damaged(&Key::tile(&path), reason))?);
                }
            }
        }
        Ok(leaves)
    }

    /// The leaves of a path that the checkpoint covers, checked against the tree.
    async fn bundle(&self, records: &Records, path: TilePath) -> Result<Bytes, RecordError> {
        if let Some(bytes) = self.bundle_in_memory(path) {
            return Ok(bytes);
        }
        let full = path.whole();
        let key = Key::tile(&full);
        let missing = || damaged(&key, "it is missing");
        let bytes = records.engine.read(&key).await?.ok_or_else(missing)?;
        let altered = || damaged(&key, "it contradicts the log's commits");
        let entries = split(&bytes).ok_or_else(altered)?;
        let width = usize::try_from(path.width()).expect("a width is at most 256");
        let shown = self.shown();
        let intact = (full.start()..)
            .zip(&entries)
            .all(|(index, entry)| shown.tree.node(0, index) == Some(leaf_hash(entry)));
        if entries.len() != TILE_WIDTH_IN_MEMORY || !intact {
            return Err(altered());
        }
        let length: usize = entries.iter().take(width).map(|entry| entry.len() + 2).sum();
        Ok(bytes.slice(..length))
    }

    fn bundle_in_memory(&self, path: TilePath) -> Option<Bytes> {
        let shown = self.shown();
        let entries = shown.tail.since(path.start())?;
        let width = usize::try_from(path.width()).expect("a width is at most 256");
        let entries = entries.get(..width)?;
        Some(bundle(entries.iter().map(|entry| entry.leaf.as_slice())).into())
    }
}

pub(super) const TILE_WIDTH_IN_MEMORY: usize = 256;
const _: () = assert!(TILE_WIDTH == 256);

/// The entries of a bundle.
pub(super) fn split(bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = bundle;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        rest = after;
    }
    Some(entries)
}
