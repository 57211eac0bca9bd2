//! Attachments that were sent ahead of the version that names them.
//!
//! They wait in memory, by record and digest: a restart loses them and the client sends them again, which is
//! harmless. Kept files lie in the store, sealed, once their version is published.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use planseal::id::PlanId;
use planseal::plan::contacts::Digest;

/// 20 MiB: the largest attachment the format allows (FORMAT §3.1).
pub const MAX_ATTACHMENT: usize = 20 << 20;
/// 24 MiB: what one version may name together.
const MAX_RECORD: usize = 24 << 20;
/// 96 MiB: four records at a time on the smallest machine.
const MAX_STAGED: usize = 96 << 20;

/// Files by record, then digest.
#[derive(Default)]
pub(super) struct Staging(Mutex<BTreeMap<PlanId, Files>>);

/// The waiting files of one record.
type Files = BTreeMap<[u8; 32], Arc<Vec<u8>>>;

impl Staging {
    /// Keeps a file for a record. The same file again changes nothing.
    fn keep(&self, plan: PlanId, named: &str, bytes: &[u8]) -> Result<(), StagingError> {
        let found = Digest::of(bytes);
        if found.to_string() != named {
            return Err(StagingError::OtherBytes { found });
        }
        let media = [b"%PDF-".as_slice(), b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"];
        if !media.iter().any(|magic| bytes.starts_with(magic)) {
            return Err(StagingError::MediaType);
        }
        let mut staged = self.lock();
        let together: usize = staged
            .values()
            .flat_map(BTreeMap::values)
            .map(|file| file.len())
            .sum();
        let record: usize = staged
            .get(&plan)
            .map_or(0, |files| files.values().map(|file| file.len()).sum());
        if together + bytes.len() > MAX_STAGED || record + bytes.len() > MAX_RECORD {
            return Err(StagingError::Full);
        }
        let files = staged.entry(plan).or_default();
        files
            .entry(*found.as_bytes())
            .or_insert_with(|| Arc::new(bytes.to_vec()));
        Ok(())
    }

    pub(super) fn of(&self, plan: PlanId) -> Vec<Arc<Vec<u8>>> {
        let staged = self.lock();
        staged
            .get(&plan)
            .map_or_else(Vec::new, |files| files.values().cloned().collect())
    }

    pub(super) fn claimed(&self, plan: PlanId) {
        self.lock().remove(&plan);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PlanId, Files>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl super::Service {
    /// Keeps a file, whose SHA-256 in hexadecimal is `named`, until the version that names it is published.
    ///
    /// # Errors
    /// [`StagingError`].
    pub fn stage(&self, plan: PlanId, named: &str, bytes: &[u8]) -> Result<(), StagingError> {
        self.staging.keep(plan, named, bytes)
    }
}

/// A file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// The address names another digest.
    #[error("the file has SHA-256 {found}, and the address names another")]
    OtherBytes {
        /// Of the bytes.
        found: Digest,
    },
    /// Not of a kind that plans carry.
    #[error("an attachment is a PDF, PNG or JPEG file")]
    MediaType,
    /// Too much is waiting.
    #[error("too many files are waiting for their versions: publish the version, or try again later")]
    Full,
}
