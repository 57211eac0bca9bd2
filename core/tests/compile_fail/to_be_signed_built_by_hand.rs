//! What is to be signed is made from a typed statement only.
use planseal::sign::ToBeSigned;

fn forge(template: ToBeSigned) -> ToBeSigned {
    ToBeSigned { message: Vec::new(), ..template }
}

fn main() {}
