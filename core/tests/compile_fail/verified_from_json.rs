//! What was verified somewhere else is not verified here.
use planseal::head::Head;
use planseal::verify::Verified;

fn main() {
    let _: Verified<Head> = serde_json::from_str("{}").unwrap();
}
