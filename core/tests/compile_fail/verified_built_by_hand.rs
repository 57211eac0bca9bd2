//! A verified statement has no public constructor.
use planseal::envelope::SignedObject;
use planseal::plan::PlanVersion;
use planseal::verify::Verified;

fn forge(content: PlanVersion, object: SignedObject) -> Verified<PlanVersion> {
    Verified { content, object }
}

fn main() {}
