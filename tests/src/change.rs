//! Every small change that can be made to some bytes, on all processors at once.

use core::ops::RangeInclusive;
use std::thread;

/// Which other values a byte is given: exclusive-ors with these masks.
pub const EVERY_VALUE: RangeInclusive<u8> = 1..=255;
/// One low bit, the bit of a letter's case, the top bit, and all bits.
pub const FOUR_VALUES: [u8; 4] = [0x01, 0x20, 0x80, 0xff];

/// Where and how bytes were changed.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// The byte changed.
    pub at: usize,
    /// What it was exclusive-or'ed with.
    pub mask: u8,
}

/// Tries every byte with every mask and returns the changes that `refused` did not refuse.
pub fn survivors(
    bytes: &[u8],
    masks: impl IntoIterator<Item = u8>,
    refused: impl Fn(&[u8]) -> bool + Sync,
) -> Vec<Change> {
    let masks: Vec<u8> = masks.into_iter().collect();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = |worker: usize| {
        let mut copy = bytes.to_vec();
        let mut survivors = Vec::new();
        for at in (worker..bytes.len()).step_by(workers) {
            for mask in &masks {
                copy[at] = bytes[at] ^ mask;
                if !refused(&copy) {
                    survivors.push(Change { at, mask: *mask });
                }
            }
            copy[at] = bytes[at];
        }
        survivors
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || share(worker)))
            .collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker that does not panic"));
        joined.flatten().collect()
    })
}

/// Tries every shorter beginning and returns the lengths that `refused` did not refuse.
pub fn surviving_lengths(bytes: &[u8], refused: impl Fn(&[u8]) -> bool) -> Vec<usize> {
    (0..bytes.len())
        .filter(|length| !refused(&bytes[..*length]))
        .collect()
}
