//! A draft is not a statement: it has to be validated first.
use planseal::draft::PlanDraft;
use planseal::sign::ToBeSigned;
use planseal::trust::Certificate;
use planseal::verify::Verified;

fn sign(draft: &PlanDraft, signer: &Verified<Certificate>) {
    let _ = ToBeSigned::statement(draft, signer);
}

fn main() {}
