//! The test kit: a whole little world in memory, with fixed keys and a set clock.
//!
//! [`world::World`] holds a root, a host with its service keys, one general practice with a finaliser, one
//! hospice with an endorser, and a log. [`sample::Sample`] is everything that exists about one plan version in that
//! world. Both come out byte for byte the same on every run, so that vectors made of them can be kept.
//! Nothing here is a mock: every object is made and verified by the code under test.

pub mod key;
pub mod ledger;
pub mod world;
pub mod sample;
pub mod staff;
pub mod witness;
pub mod cbor;
pub mod forge;
pub mod change;
pub mod vector;
pub mod corpus;
pub mod programs;
pub mod said;
pub mod appending;
