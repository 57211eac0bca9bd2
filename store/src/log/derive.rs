//! What follows from the commits, written for whoever reads the store next: index entries and tiles of full bundles, and
//! the checkpoint.
//!
//! None of it decides anything, and each object depends on the commits alone: a crash anywhere in here is made good by
//! doing it again. Index entries and tiles of a full bundle are flushed before a checkpoint beyond it is written, so an
//! opening store knows from its checkpoint which of them are there. What a power cut left of those beyond is made again
//! with other bytes in their place.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::future::try_join_all;
use planseal::log::tree::{HashReader, MemoryTree};

use super::commit::Entry;
use super::tiles::TILE_WIDTH_IN_MEMORY;
use super::{End, Log, Logged, damaged};
use crate::engine::Creation;
use crate::key::{Key, MutableKey};
use crate::location::Sharing;
use crate::records::{RecordError, Records};
use crate::seal::RecordKind;
use crate::tile::{Layer, TILE_WIDTH, TilePath};

impl Log {
    /// Writes what follows from the commits up to the checkpoint, and the checkpoint last.
    pub(super) async fn derive(&self, records: &Records, end: &mut End) -> Result<(), RecordError> {
        let (size, note) = {
            let shown = self.shown();
            (shown.size, shown.note.clone())
        };
        self.derive_bundles(records, end, size / TILE_WIDTH * TILE_WIDTH)
            .await?;
        if end.stored < size {
            let bytes = Bytes::from(note);
            records.engine.replace(&MutableKey::checkpoint(), &bytes).await?;
            end.stored = size;
        }
        Ok(())
    }

    /// After an answer was given: writes what follows from the commits unless somebody commits just now, who then comes
    /// here next. What fails is made again with the next commit, or when the store is opened, so it is nobody's answer.
    pub(crate) async fn derive_when_idle(&self, records: &Records) {
        if self.sharing == Sharing::Nodes && !self.leads.load(Ordering::SeqCst) {
            return;
        }
        if let Ok(mut end) = self.end.try_lock() {
            drop(self.derive(records, &mut end).await);
        }
    }

    /// Where nobody is ever idle, bundles are written nevertheless.
    pub(super) async fn derive_when_much(&self, records: &Records, end: &mut End) {
        if self.size() - end.derived >= MUCH {
            drop(self.derive(records, end).await);
        }
    }

    /// Index entries and tiles, bundle by bundle, up to `full` leaves.
    pub(super) async fn derive_bundles(
        &self,
        records: &Records,
        end: &mut End,
        full: u64,
    ) -> Result<(), RecordError> {
        while end.derived < full {
            let until = end.derived + TILE_WIDTH;
            let entries: Vec<Entry> = {
                let shown = self.shown();
                let entries = shown.tail.since(end.derived).unwrap_or_default();
                entries.iter().take(TILE_WIDTH_IN_MEMORY).cloned().collect()
            };
            if entries.len() < TILE_WIDTH_IN_MEMORY {
                return Err(damaged(
                    &Key::commit(end.commits),
                    "leaves of a full bundle are not in memory",
                ));
            }
            let indexed = (end.derived..).zip(&entries);
            try_join_all(indexed.map(|(index, entry)| write_logged(records, index, entry))).await?;
            let lacking = || damaged(&Key::commit(end.commits), "the tree lacks a hash");
            let leaves = entries.iter().map(|entry| entry.leaf.as_slice());
            let tiles = {
                let shown = self.shown();
                full_tiles(&shown.tree, bundle(leaves), end.derived, until).ok_or_else(lacking)?
            };
            try_join_all(tiles.iter().map(|(path, bytes)| write_tile(records, path, bytes))).await?;
            records.engine.flush().await?;
            self.shown_mut().tail.forget(until);
            end.derived = until;
        }
        Ok(())
    }

    /// Everything that follows from the commits, from the first leaf on; `reach` is told how far it came.
    pub(crate) async fn derive_all(
        &self,
        records: &Records,
        mut reach: impl FnMut(u64),
    ) -> Result<(), RecordError> {
        let mut end = self.end.lock().await;
        let full = self.size() / TILE_WIDTH * TILE_WIDTH;
        while end.derived < full {
            let next = end.derived + TILE_WIDTH;
            self.derive_bundles(records, &mut end, next).await?;
            reach(next);
        }
        self.derive(records, &mut end).await
    }

    /// The content of a tile of hashes.
    pub(super) fn hashes(&self, path: TilePath) -> Option<Vec<u8>> {
        let Layer::Hashes(level) = path.layer() else {
            return None;
        };
        hashes(&self.shown().tree, level, path)
    }
}

/// The tiles that became full with the bundle from leaf `from` to `until`.
pub(crate) fn full_tiles(
    tree: &MemoryTree,
    bundle: Vec<u8>,
    from: u64,
    until: u64,
) -> Option<Vec<(TilePath, Vec<u8>)>> {
    let entries = TilePath::covering(Layer::Entries, from, until).next()?;
    let mut tiles = vec![(entries, bundle)];
    for level in 0_u8.. {
        let (from, until) = (complete(level, from), complete(level, until));
        if until == 0 {
            break;
        }
        let (first, full) = (from / TILE_WIDTH * TILE_WIDTH, until / TILE_WIDTH * TILE_WIDTH);
        if first < full {
            for path in TilePath::covering(Layer::Hashes(level), first, full) {
                tiles.push((path, hashes(tree, level, path)?));
            }
        }
    }
    Some(tiles)
}

fn hashes(tree: &MemoryTree, level: u8, path: TilePath) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for index in path.start()..path.start() + path.width() {
        let hash = tree.node(u32::from(level) * 8, index)?;
        bytes.extend_from_slice(hash.as_bytes());
    }
    Some(bytes)
}

/// Two bundles.
const MUCH: u64 = 2 * TILE_WIDTH;

/// The content of an entry bundle.
pub(crate) fn bundle<'l>(leaves: impl Iterator<Item = &'l [u8]>) -> Vec<u8> {
    leaves.fold(Vec::new(), |mut bytes, leaf| {
        let length = u16::try_from(leaf.len()).expect("a leaf is at most 80 bytes");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(leaf);
        bytes
    })
}

/// How many subtrees of 256^level leaves a tree of `size` leaves has.
pub(super) fn complete(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * 8).unwrap_or(0)
}

async fn write_logged(records: &Records, index: u64, entry: &Entry) -> Result<(), RecordError> {
    let place = entry.place;
    let (key, content) = (Key::logged(entry.id), Logged { index, place }.encode());
    records
        .make_derived(RecordKind::Logged, &key, records.keys.of_store(), &content)
        .await
}

async fn write_tile(records: &Records, path: &TilePath, bytes: &[u8]) -> Result<(), RecordError> {
    let (key, bytes) = (Key::tile(path), Bytes::copy_from_slice(bytes));
    if let Creation::Different(_) = records.engine.create_later(&key, &bytes).await? {
        records.engine.replace(&MutableKey::derived(&key), &bytes).await?;
    }
    Ok(())
}
