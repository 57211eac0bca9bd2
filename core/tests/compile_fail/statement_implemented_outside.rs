//! The kinds that can be signed are a closed set.
use planseal::canonical::{CanonicalBytes, EncodeError};
use planseal::statement::{ContentError, Kind, Statement};
use planseal::time::Timestamp;

struct Anything;

impl Statement for Anything {
    const KIND: Kind = Kind::Version;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        unimplemented!()
    }

    fn from_payload(_: &[u8]) -> Result<Self, ContentError> {
        unimplemented!()
    }

    fn issued_at(&self) -> Timestamp {
        unimplemented!()
    }

    fn subject(&self) -> String {
        unimplemented!()
    }
}

fn main() {}
