//! Only verified statements can be appended to the log.
use planseal::envelope::SignedObject;
use planseal::verify::{LogEntry, Loggable};

struct Unchecked(SignedObject);

impl Loggable for Unchecked {
    fn log_entry(&self) -> LogEntry<'_> {
        unimplemented!()
    }
}

fn main() {}
