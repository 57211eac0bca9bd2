//! Durable storage of verified objects, and the log's tiles.
//!
//! The modules stand in the order in which an object passes: it gets a name (`key`), the engine creates it once
//! (`engine`, over a `durable` folder, memory or a bucket, `location`), sealed (`layout`, `seal`, `keys`, `records`), in the chain of its
//! subject (`chain`, `index`, `blobs`), after its intent is recorded (`audit`) and before its leaf is committed
//! (`log`). `append` tells the whole sequence with what a crash at each step leaves; `open` makes that good.
//!
//! ```text
//! Store::open → append / publish → Receipt;   object, chain, receipt, tile → verified again by core
//! ```
//!
//! Storage is outside the trust boundary: only verified objects go in, and what comes out is bytes and evidence,
//! to be verified again. `STORAGE.md` beside this crate lists keys, layouts and what survives what.

mod key;
mod engine;
mod durable;
mod location;
mod layout;
mod seal;
mod keys;
mod records;
mod chain;
mod index;
mod blobs;
mod prints;
mod group;
mod locks;
mod audit;
mod tile;
mod log;
mod append;
mod open;
mod keeping;
mod read;
pub mod upkeep;
pub mod clock;
pub mod conformance;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use append::{AppendError, Publication};
pub use audit::{Access, AuditError};
pub use chain::OperationId;
pub use clock::{Clock, SetClock, SystemClock};
pub use conformance::{ProbeError, probe};
pub use durable::FolderError;
pub use engine::EngineError;
pub use keys::{KeyError, KeyFileError, KeyPort, KeyPortError, KeySource, LocalFileKeys, WrappedPlace};
pub use location::{Bucket, Location, LocationError, Sharing};
pub use log::{CosignedError, LogError, LogOpenError};
pub use open::{OpenError, StoreConfig};
pub use prints::{PrintRecord, PrintRecordError};
pub use read::{ChainRecord, ReadError};
pub use records::RecordError;
pub use seal::{DataKey, RandomError, SealError};
pub use tile::TilePath;

/// An open store. Cheap to clone; all clones are the same store, which closes when the last one is dropped.
#[derive(Clone)]
pub struct Store(Arc<append::Shelf>);

impl core::fmt::Debug for Store {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Store(log {} of {} leaves)",
            self.log_key().name(),
            self.log_size()
        )
    }
}
