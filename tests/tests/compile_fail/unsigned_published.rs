//! A plan that nobody has signed cannot be published.
use planseal::plan::PlanVersion;
use planseal_store::{OperationId, Publication};

fn publication<'a>(version: &'a PlanVersion, operation: OperationId) -> Publication<'a> {
    Publication { version, card: None, attachments: &[], operation }
}

fn main() {}
