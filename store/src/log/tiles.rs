//! Tiles and entry bundles (C2SP tlog-tiles): written from the tree, and checked against it when read.
//!
//! They lie unencrypted, exactly as a client of the log fetches them; a leaf holds no name, plan or text.

use std::ops::Range;

use bytes::Bytes;
use futures_util::future::try_join_all;
use planseal::log::leaf::Leaf;
use planseal::log::tree::{HashReader, leaf_hash};

use super::{End, Log, damaged};
use crate::engine::Creation;
use crate::key::Key;
use crate::records::{RecordError, Records};
use crate::tile::{Layer, TILE_WIDTH, TilePath};

impl Log {
    /// Writes every tile that changed between two sizes.
    pub(super) async fn write_tiles(
        &self,
        records: &Records,
        end: &End,
        from: u64,
        until: u64,
    ) -> Result<(), RecordError> {
        let mut tiles = Vec::new();
        for path in TilePath::covering(Layer::Entries, from, until) {
            tiles.push((path, end.bundle(path)));
        }
        for level in 0_u8.. {
            let (from, until) = (complete(level, from), complete(level, until));
            if until == 0 {
                break;
            }
            if from < until {
                for path in TilePath::covering(Layer::Hashes(level), from, until) {
                    let lacking = || damaged(&Key::tile(&path), "the tree lacks its hashes");
                    tiles.push((path, self.hashes(path).ok_or_else(lacking)?));
                }
            }
        }
        try_join_all(tiles.iter().map(|(path, bytes)| write_tile(records, path, bytes)))
            .await
            .map(drop)
    }

    /// A tile as clients fetch it, when the checkpoint covers it. What the disk holds is checked against the tree.
    pub(crate) async fn tile(&self, records: &Records, path: TilePath) -> Result<Option<Bytes>, RecordError> {
        let covered = match path.layer() {
            Layer::Entries => self.size(),
            Layer::Hashes(level) => complete(level, self.size()),
        };
        if path.start() + path.width() > covered {
            return Ok(None);
        }
        let key = Key::tile(&path);
        let Some(bytes) = records.engine.read(&key).await? else {
            return Ok(None);
        };
        let intact = match path.layer() {
            Layer::Entries => self.split_bundle(path, &bytes).is_some(),
            Layer::Hashes(_) => self.hashes(path).is_some_and(|expected| expected == bytes),
        };
        if intact {
            Ok(Some(bytes))
        } else {
            Err(damaged(&key, "it contradicts the log's commits"))
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
        for path in self.bundles(range.start, until) {
            let key = Key::tile(&path);
            let missing = || damaged(&key, "it is missing");
            let bytes = records.engine.read(&key).await?.ok_or_else(missing)?;
            let altered = || damaged(&key, "it contradicts the log's commits");
            let entries = self.split_bundle(path, &bytes).ok_or_else(altered)?;
            for (index, entry) in (path.start()..).zip(entries) {
                if (range.start..until).contains(&index) {
                    leaves.push(Leaf::decode(entry).map_err(|reason| damaged(&key, reason))?);
                }
            }
        }
        Ok(leaves)
    }

    /// The bundles that hold `from..until`, in the widths that exist for the present checkpoint.
    fn bundles(&self, from: u64, until: u64) -> impl Iterator<Item = TilePath> {
        let last = until.div_ceil(TILE_WIDTH);
        TilePath::covering(Layer::Entries, from, self.size())
            .take_while(move |path| path.start() / TILE_WIDTH < last)
    }

    /// A bundle's leaves, when each is the leaf that the tree holds at its place.
    fn split_bundle<'b>(&self, path: TilePath, bundle: &'b [u8]) -> Option<Vec<&'b [u8]>> {
        let mut rest = bundle;
        let mut leaves = Vec::new();
        let shown = self.shown();
        for index in path.start()..path.start() + path.width() {
            let (length, after) = rest.split_first_chunk::<2>()?;
            let (leaf, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            if shown.tree.node(0, index) != Some(leaf_hash(leaf)) {
                return None;
            }
            leaves.push(leaf);
            rest = after;
        }
        rest.is_empty().then_some(leaves)
    }

    /// The content of a tile of hashes.
    fn hashes(&self, path: TilePath) -> Option<Vec<u8>> {
        let Layer::Hashes(level) = path.layer() else {
            return None;
        };
        let shown = self.shown();
        let mut bytes = Vec::new();
        for index in path.start()..path.start() + path.width() {
            let hash = shown.tree.node(u32::from(level) * 8, index)?;
            bytes.extend_from_slice(hash.as_bytes());
        }
        Some(bytes)
    }
}

impl End {
    /// The content of an entry bundle whose leaves are all in the tail.
    fn bundle(&self, path: TilePath) -> Vec<u8> {
        let width = usize::try_from(path.width()).expect("a width is at most 256");
        let entries = self.from(path.start()).iter().take(width);
        entries.fold(Vec::new(), |mut bytes, entry| {
            let length = u16::try_from(entry.leaf.len()).expect("a leaf is at most 80 bytes");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&entry.leaf);
            bytes
        })
    }
}

/// How many subtrees of 256^level leaves a tree of `size` leaves has.
fn complete(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * 8).unwrap_or(0)
}

async fn write_tile(records: &Records, path: &TilePath, bytes: &[u8]) -> Result<(), RecordError> {
    let key = Key::tile(path);
    match records
        .engine
        .create(&key, &Bytes::copy_from_slice(bytes))
        .await?
    {
        Creation::Created | Creation::Same => Ok(()),
        Creation::Different(_) => Err(damaged(&key, "it contradicts the log's commits")),
    }
}
