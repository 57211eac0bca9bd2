//! Signed views of the log: heads, stamps, snapshots, trust lists (FORMAT §5).

use planseal::card::Stamp;
use planseal::envelope::SignedObject;
use planseal::head::{Head, HeadState};
use planseal::id::{ObjectId, PlanId};
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::note::Note;
use planseal::log::tree::Hash;
use planseal::receipt::Receipt;
use planseal::sign::ToBeSigned;
use planseal::snapshot::Snapshot;
use planseal::status::{State, Warning};
use planseal::trust::TrustList;
use planseal::verify::{self, Verified};
use planseal_store::OperationId;

use super::error::ServiceError;
use super::keys::ServiceKeys;
use super::ledger::Ledger;
use super::record::{Edition, PlanRecord};
use super::{Registered, Service};

/// One hour: how long a snapshot or an unchanged trust list is handed out again before a newer one is made.
const HANDED_OUT: i64 = 60 * 60;

/// The newest views made for everybody, so that a request does not cost a signature.
#[derive(Default)]
pub(super) struct Newest {
    /// With how many revocations the log held when it was made.
    snapshot: Option<(usize, SignedObject)>,
    trust_list: Option<(u64, SignedObject)>,
}

impl Service {
    /// The newest snapshot, made again when it is older than an hour, or when a key was revoked since.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub async fn newest_snapshot(&self) -> Result<SignedObject, ServiceError> {
        self.catch_up().await?;
        let revocations = self.ledger.read().await.revocations.len();
        let mut newest = self.newest.lock().await;
        match &newest.snapshot {
            Some((known, held))
                if *known == revocations
                    && self.now().since(held.peek_unverified().0.issued_at) < HANDED_OUT =>
            {
                Ok(held.clone())
            }
            _ => {
                let made = self.snapshot().await?;
                newest.snapshot = Some((revocations, made.clone()));
                Ok(made)
            }
        }
    }

    /// The newest trust list, made again when the log has grown or it is older than an hour.
    ///
    /// # Errors
    /// As [`trust_list`](Self::trust_list).
    pub async fn newest_trust_list(&self) -> Result<SignedObject, ServiceError> {
        self.catch_up().await?;
        let mut newest = self.newest.lock().await;
        match &newest.trust_list {
            Some((size, held))
                if *size == self.store.log_size()
                    && self.now().since(held.peek_unverified().0.issued_at) < HANDED_OUT =>
            {
                Ok(held.clone())
            }
            _ => {
                let (size, made) = (self.store.log_size(), self.trust_list().await?);
                newest.trust_list = Some((size, made.clone()));
                Ok(made)
            }
        }
    }

    /// The record's latest version, signed for ten minutes.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] without such a record.
    pub async fn head(&self, plan: PlanId) -> Result<SignedObject, ServiceError> {
        self.head_of(&self.record(plan).await?).await
    }

    /// The head of a record as it was read.
    pub(super) async fn head_of(&self, record: &PlanRecord) -> Result<SignedObject, ServiceError> {
        let head = self.say(record);
        let (keys, ledger) = (self.keys.read().await, self.ledger.read().await);
        keys.head.sign(&head, &ledger.directory)
    }

    /// The proof that the tree of a receipt is a prefix of the tree that a head names; empty when they are one.
    ///
    /// # Errors
    /// [`ServiceError`] when one of them is not of this log.
    pub async fn growth(&self, receipt: &Receipt, head: &SignedObject) -> Result<Vec<Hash>, ServiceError> {
        let note = Note::parse(&receipt.proof().checkpoint)?;
        let checkpoint = VerifiedCheckpoint::of_log(&note, self.store.log_key())?;
        let head = verify::statement::<Head>(head, &self.ledger.read().await.directory)?;
        let size = head.content().size;
        Ok(self.store.prove_growth_between(checkpoint.size(), size)?)
    }

    /// What a head says of a record.
    pub(super) fn say(&self, record: &PlanRecord) -> Head {
        let latest = record.latest();
        let state = match latest.status.state {
            State::Current | State::Superseded { .. } => HeadState::Current,
            State::Withdrawn { .. } => HeadState::Withdrawn,
            State::Suspended => HeadState::Suspended,
        };
        let warnings = match latest.status.warning {
            Warning::None => Vec::new(),
            Warning::Open => record.warnings(),
        };
        Head {
            plan: latest.content().plan(),
            latest: latest.id(),
            leaf: latest.index(),
            version_number: latest.content().version_number(),
            signed_at: latest.verified().signed_at(),
            state,
            warnings,
            size: record.as_of().size,
            root: record.as_of().root,
            issued_at: self.now(),
        }
    }

    /// "Latest when printed", for a version that is current now.
    ///
    /// # Errors
    /// [`ServiceError::NotCurrent`] for any other version, [`ServiceError::NoCard`] without a card.
    pub(super) async fn stamp(
        &self,
        record: &PlanRecord,
        edition: &Edition,
    ) -> Result<Verified<Stamp>, ServiceError> {
        if edition.state() != State::Current {
            return Err(ServiceError::NotCurrent);
        }
        let card = edition.card.as_ref().ok_or(ServiceError::NoCard)?;
        let (keys, ledger) = (self.keys.read().await, self.ledger.read().await);
        let holder = keys.head.holder(&ledger.directory)?;
        let signer = ledger.directory.index_of(&holder.id());
        let stamp = Stamp {
            version: edition.index(),
            issued_at: self.now(),
            size: record.as_of().size,
            signer: signer.ok_or(ServiceError::KeyNotRegistered { id: holder.id() })?,
        };
        let object = ToBeSigned::stamp(&stamp, card, holder)?.sign(keys.head.port.as_ref())?;
        Ok(verify::stamp(&object, card, &ledger.directory)?)
    }

    /// The status of every leaf, signed for 26 hours, and itself logged.
    ///
    /// # Errors
    /// [`ServiceError`] when it cannot be signed or logged.
    pub async fn snapshot(&self) -> Result<SignedObject, ServiceError> {
        let (snapshot, registered) = self.snapshot_in_turn().await?;
        self.witnessed(registered).await?;
        Ok(snapshot)
    }

    async fn snapshot_in_turn(&self) -> Result<(SignedObject, Registered), ServiceError> {
        let _open = self.gate.read().await;
        self.catch_up().await?;
        let snapshot = {
            let (keys, ledger) = (self.keys.read().await, self.ledger.read().await);
            let snapshot = Snapshot::of(&ledger.statuses, ledger.root, self.now());
            let object = keys.status.sign(&snapshot, &ledger.directory)?;
            verify::statement::<Snapshot>(&object, &ledger.directory)?
        };
        let receipt = self.store.append(&snapshot, OperationId::random()?).await;
        let receipt = receipt.map_err(Box::new)?;
        let id = snapshot.id();
        Ok((snapshot.object().clone(), Registered { id, receipt }))
    }

    /// Every certificate with its place in the log and every revocation, signed.
    ///
    /// # Errors
    /// [`ServiceError`] when it cannot be signed.
    pub async fn trust_list(&self) -> Result<SignedObject, ServiceError> {
        self.catch_up().await?;
        let (keys, ledger) = (self.keys.read().await, self.ledger.read().await);
        self.list_of(&keys, &ledger)
    }

    /// The trust list as of a fold.
    pub(super) fn list_of(&self, keys: &ServiceKeys, ledger: &Ledger) -> Result<SignedObject, ServiceError> {
        let size = ledger.statuses.size();
        let certificates = ledger.certificates.iter().filter(|listed| listed.index < size);
        let list = TrustList::new(
            &self.deployment.policy,
            self.now(),
            size,
            ledger.root,
            certificates.cloned().collect(),
            &ledger.revocations,
        )?;
        keys.status.sign(&list, &ledger.directory)
    }

    /// The certificates of these signers up to the root, in log order.
    pub(super) async fn issuers_of(&self, signers: &[ObjectId]) -> Result<Vec<SignedObject>, ServiceError> {
        let ledger = self.ledger.read().await;
        let mut found: Vec<SignedObject> = Vec::new();
        for signer in signers {
            let mut next = Some(*signer);
            while let Some(id) = next {
                let held = ledger
                    .directory
                    .certificate(&id)
                    .ok_or(ServiceError::KeyNotRegistered { id })?;
                if !found.iter().any(|known| known.id() == id) {
                    found.push(held.object().clone());
                }
                next = held.signer();
            }
        }
        found.sort_by_key(|object| ledger.directory.index_of(&object.id()));
        Ok(found)
    }
}
