//! A plan version comes from a validated draft or a verified payload, not from JSON.
use planseal::plan::PlanVersion;

fn main() {
    let _: PlanVersion = serde_json::from_str("{}").unwrap();
}
