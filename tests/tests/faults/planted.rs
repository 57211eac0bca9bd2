//! The suite is itself put to the test: an engine that imitates a mistake in the store is found out within a few
//! seeds, and without the mistake the same seeds keep every promise.

use planseal_store::Sharing;

use crate::door::Bug;
use crate::interleaved::run;
use crate::machine::{Beginning, Machine};
use crate::promised::Violation;
use crate::scheduler::Trace;
use crate::told;
use crate::twin::CHECKPOINT;

/// Plays seeds until the bug is found, and as many without it. Gives the seed and what was found.
fn found(bug: Bug, beginning: Beginning, within: u64, expected: fn(&Violation) -> bool) -> (u64, Violation) {
    let begun = told(Machine::begun(Sharing::Nodes, beginning));
    for seed in 0..within {
        if let (Err(violation), _) = run(seed, &begun, bug, Trace::NotKept)
            && expected(&violation)
        {
            for seed in 0..=seed {
                let (kept, _) = run(seed, &begun, Bug::None, Trace::NotKept);
                assert_eq!(kept, Ok(()), "seed {seed} without the bug");
            }
            println!("found by seed {seed}: {violation:?}");
            return (seed, violation);
        }
    }
    panic!("{bug:?} lives for {within} seeds");
}

#[test]
fn overwriting_for_creating_is_found() {
    let replaced = |violation: &Violation| matches!(violation, Violation::Replaced { .. });
    found(Bug::Overwrites, Beginning::Short, 100, replaced);
}

/// A head was shown of a log that never came to be.
#[test]
fn a_checkpoint_before_its_commit_is_found() {
    let forked =
        |violation: &Violation| matches!(violation, Violation::Fork { .. } | Violation::Closed { .. });
    found(Bug::CommitsAfter(CHECKPOINT), Beginning::Short, 1_000, forked);
}

/// A full tile stands there for leaves that never came to be, and no other can take its name.
#[test]
fn a_tile_before_its_commit_is_found() {
    found(
        Bug::CommitsAfter("log/tile"),
        Beginning::NearlyFull,
        5_000,
        |_| true,
    );
}

#[test]
fn an_index_before_its_commit_is_found() {
    found(Bug::CommitsAfter("log/idx"), Beginning::NearlyFull, 5_000, |_| {
        true
    });
}
