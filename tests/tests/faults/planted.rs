//! The suite is itself put to the test: an engine that imitates a mistake in the store is found out within a few
//! seeds, and without the mistake the same seeds keep every promise.

use planseal_store::Sharing;

use crate::door::{Bug, Fault};
use crate::exhaustive::{self, short_story};
use crate::interleaved::run;
use crate::machine::{Beginning, Machine};
use crate::promised::Violation;
use crate::scheduler::Trace;
use crate::told;
use crate::twin::CHECKPOINT;

/// Plays seeds until the bug is found, and as many without it.
fn expect_found(bug: Bug, beginning: Beginning, within: u64, expected: fn(&Violation) -> bool) {
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
            return;
        }
    }
    panic!("{bug:?} lives for {within} seeds");
}

#[test]
fn overwriting_for_creating_is_found() {
    let replaced = |violation: &Violation| matches!(violation, Violation::Replaced { .. });
    expect_found(Bug::Overwrites, Beginning::Short, 100, replaced);
}

/// A head was shown of a log that never came to be.
#[test]
fn a_checkpoint_before_its_commit_is_found() {
    let forked =
        |violation: &Violation| matches!(violation, Violation::Fork { .. } | Violation::Closed { .. });
    expect_found(Bug::CommitsAfter(&[CHECKPOINT]), Beginning::Short, 1_000, forked);
}

/// A bug that shows only when a node dies within one write: the node dies after every write of a story in turn.
fn expect_found_at_a_death(bug: Bug, expected: fn(&Violation) -> bool) {
    let begun = told(Machine::begun(Sharing::Nodes, Beginning::NearlyFull));
    let story = short_story();
    let dies = |place, bug| exhaustive::run(&begun.fork(), &story, &[(place, Fault::CrashAfter)], bug);
    let actions = exhaustive::run(&begun.fork(), &story, &[], bug).expect("without a death nothing shows");
    let writes = (0..actions.len()).filter(|place| exhaustive::is_write(actions[*place]));
    let writes: Vec<usize> = writes.collect();
    let found: Vec<Violation> = writes
        .iter()
        .filter_map(|place| dies(*place, bug).err())
        .collect();
    assert!(found.iter().any(expected), "{bug:?} lives: {found:?}");
    for place in writes {
        assert_eq!(
            dies(place, Bug::None).err(),
            None,
            "death at {place} without the bug"
        );
    }
}

/// A receipt was given, a tile stands there, and the leaves never came to be; or others did, and the tile was replaced.
fn lost_or_replaced(violation: &Violation) -> bool {
    matches!(
        violation,
        Violation::LostReceipt { .. } | Violation::Replaced { .. }
    )
}

#[test]
fn a_tile_before_its_commit_is_found() {
    expect_found_at_a_death(Bug::CommitsAfter(&["log/idx", "log/tile"]), lost_or_replaced);
}

#[test]
fn an_index_before_its_commit_is_found() {
    expect_found_at_a_death(Bug::CommitsAfter(&["log/idx"]), lost_or_replaced);
}
