//! The signer's certificate must itself be verified before anything is prepared under it.
use planseal::head::Head;
use planseal::sign::ToBeSigned;
use planseal::trust::Certificate;

fn sign(head: &Head, signer: &Certificate) {
    let _ = ToBeSigned::statement(head, signer);
}

fn main() {}
