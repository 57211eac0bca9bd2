//! An envelope gives out its content only once it is verified; what it shows before says so in its name.
use planseal::envelope::SignedObject;

fn read(object: &SignedObject) -> &[u8] {
    object.payload()
}

fn main() {}
