//! The suite is itself put to the test: an engine that imitates a mistake in the store is found out within a few
//! seeds, and without the mistake the same seeds keep every promise.

use planseal_store::Sharing;

use crate::door::Bug;
use crate::interleaved::run;
use crate::machine::Machine;
use crate::promised::Violation;
use crate::scheduler::Trace;
use crate::told;
use crate::twin::CHECKPOINT;

/// How many seeds a planted bug may live.
const SEEDS: u64 = 400;

/// What the suite says of a bug, seed by seed; and that the same seeds are kept without it.
fn found(bug: Bug) -> Vec<Violation> {
    let begun = told(Machine::begun(Sharing::Nodes));
    let found = (0..SEEDS).filter_map(|seed| run(seed, &begun, bug, Trace::NotKept).0.err());
    let found: Vec<Violation> = found.collect();
    for seed in 0..SEEDS {
        let (kept, _) = run(seed, &begun, Bug::None, Trace::NotKept);
        assert_eq!(kept, Ok(()), "seed {seed} without the bug");
    }
    found
}

/// The checkpoint was seen, and the log it speaks of never was.
fn shows_a_lost_head(violation: &Violation) -> bool {
    matches!(
        violation,
        Violation::Fork { .. } | Violation::Closed { .. } | Violation::LostReceipt { .. }
    )
}

#[test]
fn overwriting_for_creating_is_found() {
    let found = found(Bug::Overwrites);
    assert!(
        found
            .iter()
            .any(|violation| matches!(violation, Violation::Replaced { .. })),
        "{found:?}"
    );
}

#[test]
fn a_checkpoint_before_its_commit_is_found() {
    let found = found(Bug::CommitsAfter(CHECKPOINT));
    assert!(found.iter().any(shows_a_lost_head), "{found:?}");
}

#[test]
fn an_index_before_its_commit_is_found() {
    let found = found(Bug::CommitsAfter("log/idx"));
    assert!(!found.is_empty(), "{found:?}");
}
