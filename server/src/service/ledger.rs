//! What the service folds from its log: verified certificates with their places, revocations, the number of each
//! organisation's last staff list, and the status of every leaf.
//!
//! A fold and nothing more: it can be thrown away and replayed from the leaves and the objects they name.

use std::collections::BTreeMap;

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::Note;
use planseal::log::tree::{Hash, empty_root};
use planseal::statement::{KeyStatus, Kind, StaffList};
use planseal::status::Statuses;
use planseal::trust::{Directory, ListedCertificate, OrgCode, Revocation, TrustList};
use planseal::verify::{self, Verified};
use planseal_store::Store;

use super::error::ServiceError;

/// The fold, as of a tree size.
pub(super) struct Ledger {
    pub(super) directory: Directory,
    pub(super) statuses: Statuses,
    pub(super) certificates: Vec<ListedCertificate>,
    /// Every revocation in the log, with the certificate it is of.
    pub(super) revocations: Vec<(ObjectId, Revocation)>,
    pub(super) root: Hash,
    staff_lists: BTreeMap<OrgCode, u32>,
    /// How many of the revocations the directory judges by.
    learnt: usize,
}

impl Ledger {
    pub(super) fn begin(directory: Directory) -> Self {
        Self {
            directory,
            statuses: Statuses::default(),
            certificates: Vec::new(),
            revocations: Vec::new(),
            root: empty_root(),
            staff_lists: BTreeMap::new(),
            learnt: 0,
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
            match leaf.kind {
                Kind::KeyStatus => self.note_revocation(&leaf, store).await?,
                Kind::StaffList => self.note_staff_list(&leaf, store).await?,
                _ => {}
            }
            self.statuses.push(&leaf)?;
        }
        self.root = checkpoint.root();
        Ok(())
    }

    async fn note_revocation(&mut self, leaf: &Leaf, store: &Store) -> Result<(), ServiceError> {
        let status: Verified<KeyStatus> = self.read(leaf.id, store).await?;
        let content = status.content();
        let revocation = Revocation {
            from_index: content.from_index,
            index: self.statuses.size(),
            reason: content.reason,
            at: content.issued_at,
        };
        self.revocations.push((content.certificate, revocation));
        Ok(())
    }

    async fn note_staff_list(&mut self, leaf: &Leaf, store: &Store) -> Result<(), ServiceError> {
        let list: Verified<StaffList> = self.read(leaf.id, store).await?;
        if let Some(organisation) = self.organisation_of(&list) {
            self.staff_lists.insert(organisation, list.content().number);
        }
        Ok(())
    }

    async fn read<S: planseal::statement::Statement>(
        &self,
        id: ObjectId,
        store: &Store,
    ) -> Result<Verified<S>, ServiceError> {
        let stored = store.object(id).await?.ok_or(ServiceError::NoReceipt { id })?;
        let object = SignedObject::parse(&stored.envelope)?;
        Ok(verify::statement::<S>(&object, &self.directory)?)
    }

    /// The organisation whose key signed a list. Its certificates are renewed; its lists are counted on.
    pub(super) fn organisation_of(&self, list: &Verified<StaffList>) -> Option<OrgCode> {
        let certificate = self.directory.certificate(&list.signer()?)?;
        Some(certificate.content().organisation().clone())
    }

    /// The number of an organisation's last staff list; zero when it sent none.
    pub(super) fn last_staff_list(&self, organisation: &OrgCode) -> u32 {
        self.staff_lists.get(organisation).copied().unwrap_or_default()
    }

    /// Whether the log holds revocations that the directory does not judge by yet.
    pub(super) const fn has_unlearnt(&self) -> bool {
        self.learnt < self.revocations.len()
    }

    /// Takes revocations from a trust list of this fold, as every reader does.
    pub(super) fn learn(&mut self, list: &SignedObject) -> Result<(), ServiceError> {
        let list = verify::statement::<TrustList>(list, &self.directory)?;
        self.directory.apply(&list)?;
        self.learnt = self.revocations.len();
        Ok(())
    }
}
