//! The planseal format and its judgement.
//!
//! The modules stand in pipeline order: a draft is validated into a version, encoded canonically, signed,
//! verified against certificates and the log, and judged current or not. No clock, file or socket is used
//! here: time, randomness, keys and evidence come in as arguments. `FORMAT.md` beside this crate is the
//! specification.

pub mod draft;
pub mod validate;
pub mod plan;
pub mod canonical;
pub mod statement;
pub mod sign;
pub mod envelope;
pub mod trust;
pub mod verify;
pub mod log;
pub mod receipt;
pub mod status;
pub mod head;
pub mod snapshot;
pub mod card;
pub mod code;
pub mod bundle;
pub mod currency;
pub mod publication;
pub mod check;
pub mod monitor;

pub mod id;
pub mod time;
