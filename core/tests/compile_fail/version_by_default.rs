//! There is no empty plan.
use planseal::plan::PlanVersion;

fn main() {
    let _ = PlanVersion::default();
}
