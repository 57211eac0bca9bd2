//! A place in the log is proved, not claimed.
use planseal::plan::PlanVersion;
use planseal::time::Minute;
use planseal::verify::{Logged, Verified};

fn forge(verified: Verified<PlanVersion>, time: Minute) -> Logged<PlanVersion> {
    Logged { verified, index: 0, time, target: None, tree_size: 1 }
}

fn main() {}
