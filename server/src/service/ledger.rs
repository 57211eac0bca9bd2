//! What the service folds from its log: verified certificates with their places, and the status of every leaf.
//!
//! A fold and nothing more: it can be thrown away and replayed from the leaves.

use planseal::envelope::SignedObject;
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::note::Note;
use planseal::log::tree::{Hash, empty_root};
use planseal::status::Statuses;
use planseal::trust::{Directory, ListedCertificate};
use planseal_store::Store;

use super::error::ServiceError;

/// The fold, as of a tree size.
pub(super) struct Ledger {
    pub(super) directory: Directory,
    pub(super) statuses: Statuses,
    pub(super) certificates: Vec<ListedCertificate>,
    pub(super) root: Hash,
}

impl Ledger {
    pub(super) fn begin(directory: Directory) -> Self {
        Self {
            directory,
            statuses: Statuses::default(),
            certificates: Vec::new(),
            root: empty_root(),
        }
    }

    /// Notes where a certificate stands in the log, once.
    pub(super) fn list(&mut self, object: SignedObject, index: u64, issuer: u64) {
        let place = self.certificates.partition_point(|listed| listed.index < index);
        if self
            .certificates
            .get(place)
            .is_none_or(|listed| listed.index != index)
        {
            self.certificates.insert(
                place,
                ListedCertificate {
                    index,
                    issuer,
                    object,
                },
            );
        }
    }

    /// Replays the leaves that the log's checkpoint covers and this fold does not hold yet.
    pub(super) async fn catch_up(&mut self, store: &Store) -> Result<(), ServiceError> {
        let Some(note) = store.checkpoint() else {
            return Ok(());
        };
        let checkpoint = VerifiedCheckpoint::of_log(&Note::parse(&note)?, store.log_key())?;
        for leaf in store.leaves(self.statuses.size()..checkpoint.size()).await? {
            self.statuses.push(&leaf)?;
        }
        self.root = checkpoint.root();
        Ok(())
    }
}
