//! Reading a log as its own verifier (C2SP tlog-tiles): checkpoint, tiles and entry bundles over HTTP.
//!
//! The checkpoint is verified against the pinned log key and witness policy. The tiles at the tree's right edge must
//! give its root; every full tile must give the hash that the tile above holds of it; every entry must give the hash
//! that its tile holds. So no leaf that comes out of here is anything else than what the checkpoint covers. What the
//! leaves mean is judged by core.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use anyhow::{Context as _, anyhow, ensure};
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::leaf::Leaf;
use planseal::log::tree::{self, Hash, HashReader, MemoryTree, leaf_hash};
use planseal::trust::TrustPolicy;

use crate::server::Server;

/// Items in a full tile, and 2 to this power.
const TILE_WIDTH: u64 = 256;
const TILE_HEIGHT: u32 = 8;

/// 64 KiB: a checkpoint with five hundred cosignatures (core's own cap on notes).
const MAX_CHECKPOINT: usize = 64 << 10;

/// A full tile of hashes.
const MAX_TILE: usize = 256 * 32;

/// A full entry bundle: a leaf has at most 80 bytes (FORMAT §4) and two for its length.
const MAX_ENTRIES: usize = 256 * 82;

/// Verified tiles by level and number.
type Tiles = BTreeMap<(u32, u64), Rc<[Hash]>>;

/// A log as it is served, nothing of it verified: for a monitor, which must hold the lie in its hands to prove it.
pub(crate) struct RawLog<'a> {
    server: &'a Server,
}

impl<'a> RawLog<'a> {
    pub(crate) const fn of(server: &'a Server) -> Self {
        Self { server }
    }

    /// The newest checkpoint's note.
    pub(crate) fn checkpoint(&self) -> anyhow::Result<String> {
        let note = self
            .server
            .get("/api/v1/log/checkpoint", "text/plain", MAX_CHECKPOINT)?;
        String::from_utf8(note).map_err(|_| self.server.other("a checkpoint").into())
    }

    /// The entries of a range, in a tree of this size.
    pub(crate) fn entries(&self, range: Range<u64>, size: u64) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        for number in range.start / TILE_WIDTH..range.end.div_ceil(TILE_WIDTH) {
            let first = number * TILE_WIDTH;
            let width = usize::try_from(size.saturating_sub(first).min(TILE_WIDTH))?;
            for (index, entry) in (first..).zip(self.bundle(number, width)?) {
                if range.contains(&index) {
                    found.push(entry);
                }
            }
        }
        Ok(found)
    }

    fn bundle(&self, number: u64, width: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let bytes = self.fetch("entries", number, width, MAX_ENTRIES)?;
        let entries = entries(&bytes, width)
            .with_context(|| format!("entry bundle {number} of the log is damaged: ask again"))?;
        Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
    }

    /// A partial tile that is gone was completed since: the full one begins with it.
    fn fetch(&self, layer: &str, number: u64, width: usize, cap: usize) -> anyhow::Result<Vec<u8>> {
        let path = format!("/api/v1/log/tile/{layer}/{}", grouped(number));
        let get = |path: &str| self.server.get_if_there(path, "application/octet-stream", cap);
        let partial = if u64::try_from(width)? < TILE_WIDTH {
            get(&format!("{path}.p/{width}"))?
        } else {
            None
        };
        let found = match partial {
            Some(bytes) => Some(bytes),
            None => get(&path)?,
        };
        found.ok_or_else(|| {
            anyhow!("the log does not give tile {layer}/{number}, which its checkpoint covers: ask again")
        })
    }
}

/// The log behind one checkpoint.
pub(crate) struct LogReader<'a> {
    raw: RawLog<'a>,
    checkpoint: VerifiedCheckpoint,
    tiles: RefCell<Tiles>,
    /// Why a hash could not be given: [`HashReader`] has no room for a reason.
    fault: RefCell<Option<anyhow::Error>>,
}

impl<'a> LogReader<'a> {
    /// Fetches the newest checkpoint and verifies it and the tiles that it rests on.
    pub(crate) fn open(server: &'a Server, policy: &TrustPolicy) -> anyhow::Result<Self> {
        let raw = RawLog::of(server);
        let note = raw.checkpoint()?;
        let checkpoint = VerifiedCheckpoint::verify(&note, policy)
            .context("the log's checkpoint was not accepted under the pinned policy")?;
        let reader = Self {
            raw,
            checkpoint,
            tiles: RefCell::default(),
            fault: RefCell::default(),
        };
        let root = reader.root_at(reader.size())?;
        ensure!(
            root == reader.checkpoint.root(),
            "the log's tiles give another root ({root}) than its checkpoint ({}): the log contradicts itself",
            reader.checkpoint.root()
        );
        Ok(reader)
    }

    /// How many leaves the checkpoint covers.
    pub(crate) const fn size(&self) -> u64 {
        self.checkpoint.size()
    }

    /// The proof that the tree of `old` leaves grew to the tree of `new`; empty where they are one.
    pub(crate) fn growth(&self, old: u64, new: u64) -> anyhow::Result<Vec<Hash>> {
        ensure!(
            new <= self.size(),
            "the log has {} leaves and not yet {new}: ask again later",
            self.size()
        );
        tree::consistency_proof(self, old, new).map_err(|fault| self.explained(fault))
    }

    /// The root that the first `size` leaves have.
    pub(crate) fn root_at(&self, size: u64) -> anyhow::Result<Hash> {
        ensure!(
            size <= self.size(),
            "the log has {} leaves and not yet {size}: ask again later",
            self.size()
        );
        tree::root(self, size).map_err(|fault| self.explained(fault))
    }

    /// One leaf.
    pub(crate) fn leaf(&self, index: u64) -> anyhow::Result<Leaf> {
        ensure!(
            index < self.size(),
            "the log has {} leaves and none at {index}",
            self.size()
        );
        let mut leaves = self.leaves(index..index + 1)?;
        leaves.pop().context("the log gave no leaf")
    }

    /// Leaves in order.
    pub(crate) fn leaves(&self, range: Range<u64>) -> anyhow::Result<Vec<Leaf>> {
        let end = range.end.min(self.size());
        let mut leaves = Vec::new();
        for number in range.start / TILE_WIDTH..end.div_ceil(TILE_WIDTH) {
            let first = number * TILE_WIDTH;
            for (index, leaf) in (first..).zip(self.bundle(number)?) {
                if (range.start..end).contains(&index) {
                    leaves.push(leaf);
                }
            }
        }
        Ok(leaves)
    }

    /// All leaves from the first on.
    pub(crate) fn all(&self) -> anyhow::Result<Vec<Leaf>> {
        self.leaves(0..self.size())
    }

    /// The leaves of one entry bundle, each compared with its hash.
    fn bundle(&self, number: u64) -> anyhow::Result<Vec<Leaf>> {
        let hashes = self.tile(0, number)?;
        let entries = self.raw.bundle(number, hashes.len())?;
        let mut leaves = Vec::new();
        for ((index, entry), hash) in (number * TILE_WIDTH..).zip(entries).zip(hashes.iter()) {
            ensure!(
                leaf_hash(&entry) == *hash,
                "leaf {index} is not what the log's tree holds: the log contradicts itself"
            );
            let leaf =
                Leaf::decode(&entry).with_context(|| format!("leaf {index} of the log cannot be read"))?;
            leaves.push(leaf);
        }
        Ok(leaves)
    }

    /// A tile of hashes, as wide as the checkpoint's tree makes it.
    fn tile(&self, level: u32, number: u64) -> anyhow::Result<Rc<[Hash]>> {
        if let Some(tile) = self.tiles.borrow().get(&(level, number)) {
            return Ok(Rc::clone(tile));
        }
        let held = self.hashes_at(level).saturating_sub(number * TILE_WIDTH);
        ensure!(held > 0, "the log has no tile {number} at level {level}");
        let width = usize::try_from(held.min(TILE_WIDTH))?;
        let bytes = self.raw.fetch(&level.to_string(), number, width, MAX_TILE)?;
        ensure!(
            bytes.len() >= width * 32,
            "tile {number} at level {level} of the log is cut short: ask again"
        );
        let tile: Rc<[Hash]> = bytes
            .as_chunks::<32>()
            .0
            .iter()
            .take(width)
            .copied()
            .map(Hash::from_bytes)
            .collect();
        if held >= TILE_WIDTH {
            self.check_full(level, number, &tile)?;
        }
        self.tiles.borrow_mut().insert((level, number), Rc::clone(&tile));
        Ok(tile)
    }

    /// A full tile's hash stands in the tile above. Partial tiles are checked by the root (see [`Self::open`]).
    fn check_full(&self, level: u32, number: u64, tile: &[Hash]) -> anyhow::Result<()> {
        let above = self.tile(level + 1, number / TILE_WIDTH)?;
        let place = usize::try_from(number % TILE_WIDTH)?;
        ensure!(
            above.get(place) == subtree_root(tile).as_ref(),
            "tile {number} at level {level} is not what the log's tree holds: the log contradicts itself"
        );
        Ok(())
    }

    /// How many hashes the tree has at a tile level.
    const fn hashes_at(&self, level: u32) -> u64 {
        match self.size().checked_shr(level * TILE_HEIGHT) {
            Some(hashes) => hashes,
            None => 0,
        }
    }

    fn explained(&self, fault: tree::TreeError) -> anyhow::Error {
        self.fault.borrow_mut().take().unwrap_or_else(|| fault.into())
    }
}

impl HashReader for LogReader<'_> {
    fn node(&self, level: u32, index: u64) -> Option<Hash> {
        let (tile_level, within) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let first = index.checked_shl(within)?;
        let tile = match self.tile(tile_level, first / TILE_WIDTH) {
            Ok(tile) => tile,
            Err(fault) => {
                self.fault.borrow_mut().get_or_insert(fault);
                return None;
            }
        };
        let start = usize::try_from(first % TILE_WIDTH).ok()?;
        let count = 1_usize << within;
        subtree_root(tile.get(start..start + count)?)
    }
}

/// The hash over a whole subtree; none when the hashes are no power of two.
fn subtree_root(hashes: &[Hash]) -> Option<Hash> {
    let mut memory = MemoryTree::default();
    hashes.iter().for_each(|hash| memory.push(*hash));
    tree::root(&memory, memory.size())
        .ok()
        .filter(|_| hashes.len().is_power_of_two())
}

/// The first `count` entries of a bundle: each stands behind its length in two bytes.
fn entries(bytes: &[u8], count: usize) -> Option<Vec<&[u8]>> {
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        rest = after;
    }
    Some(entries)
}

/// Groups of three digits, all but the last preceded by `x`.
fn grouped(number: u64) -> String {
    let last = format!("{:03}", number % 1000);
    let mut path = last;
    let mut rest = number / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_numbers_are_written_as_the_standard_says() {
        assert_eq!(grouped(0), "000");
        assert_eq!(grouped(67), "067");
        assert_eq!(grouped(1_234_067), "x001/x234/067");
    }

    #[test]
    fn a_bundle_cut_short_has_no_entries() {
        let bundle = [0, 2, 7, 8, 0, 1, 9];
        assert_eq!(entries(&bundle, 2), Some(vec![&[7, 8][..], &[9]]));
        assert_eq!(
            entries(&bundle, 1),
            Some(vec![&[7, 8][..]]),
            "a full bundle begins with a partial one"
        );
        assert_eq!(entries(&bundle[..6], 2), None);
        assert_eq!(entries(&bundle, 3), None);
    }
}
