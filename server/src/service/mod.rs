//! The service as a domain: a store, the service's own keys, and the judgement of core in between.
//!
//! What comes in is verified before it is stored, what goes out is read back and verified again: storage is not
//! trusted. Clinicians' keys are never here. Time comes from the clock the service was given.

mod error;
mod ledger;
mod keys;
mod admit;
mod record;
mod views;
mod evidence;
mod staging;
mod verdict;

use std::sync::Arc;

use planseal::envelope::SignedObject;
use planseal::log::leaf::Leaf;
use planseal::receipt::Receipt;
use planseal::time::Timestamp;
use planseal::trust::{Certificate, Directory, TrustPolicy};
use planseal::validate::NumberRange;
use planseal::verify::{self, Verified};
use planseal_store::{Access, Clock, OperationId, Store, TilePath};
use tokio::sync::{Mutex, RwLock};

pub use admit::{Observation, Published, Submission};
pub use error::{AdmitError, ServiceError};
pub use evidence::Printed;
pub use keys::{ServiceKey, ServiceKeys};
pub use record::{Edition, PlanRecord};
pub use staging::{MAX_ATTACHMENT, StagingError};
pub use verdict::{Judged, Pointed, PointedStanding};

use ledger::Ledger;
use staging::Staging;
use views::Newest;

/// What a running service needs to know of its place.
pub struct Deployment {
    /// What readers pin: the root, this service's log, witnesses.
    pub policy: TrustPolicy,
    /// Which NHS numbers are accepted.
    pub numbers: NumberRange,
}

/// The running service.
pub struct Service {
    store: Store,
    clock: Arc<dyn Clock>,
    deployment: Deployment,
    keys: RwLock<ServiceKeys>,
    ledger: RwLock<Ledger>,
    staging: Staging,
    newest: Mutex<Newest>,
}

impl Service {
    /// Begins a new log: the root, the host's certificate and those of the service's keys, in this order, are its
    /// first leaves (FORMAT §4).
    ///
    /// # Errors
    /// [`AdmitError`] when a certificate does not verify or the store fails.
    pub async fn found(
        store: Store,
        clock: Arc<dyn Clock>,
        deployment: Deployment,
        certificates: &[SignedObject],
        keys: ServiceKeys,
    ) -> Result<Self, AdmitError> {
        let directory = Directory::pinned(&deployment.policy);
        let root = deployment.policy.root().clone();
        let service = Self {
            store,
            clock,
            deployment,
            keys: RwLock::new(keys),
            ledger: RwLock::new(Ledger::begin(directory)),
            staging: Staging::default(),
            newest: Mutex::default(),
        };
        service.store.append(&root, OperationId::random()?).await?;
        service.ledger.write().await.list(root.object().clone(), 0, 0);
        for certificate in certificates {
            service.register_certificate(certificate).await?;
        }
        Ok(service)
    }

    /// Verifies a certificate up to the pinned root, logs it, and from then on accepts what its key signs.
    ///
    /// # Errors
    /// [`AdmitError`] when it does not verify or the store fails.
    pub async fn register_certificate(&self, object: &SignedObject) -> Result<Receipt, AdmitError> {
        let mut ledger = self.ledger.write().await;
        // The directory keeps a certificate it admitted even if the log then refuses it; unplaced, it counts for nothing.
        let certificate = ledger.directory.admit(object)?.clone();
        let receipt = self.store.append(&certificate, OperationId::random()?).await?;
        let leaf: &Leaf = receipt.leaf();
        ledger.list(object.clone(), receipt.proof().index, leaf.signer);
        let logged = verify::logged(certificate, &receipt, &self.deployment.policy, &ledger.directory)?;
        ledger.directory.place_logged(&logged)?;
        Ok(receipt)
    }

    /// Takes newer keys of the service into use; their certificates were registered before.
    pub async fn renew_keys(&self, keys: ServiceKeys) {
        *self.keys.write().await = keys;
    }

    /// The certificate of an id, as the service verified it.
    pub async fn certificate(&self, id: &planseal::id::ObjectId) -> Option<Verified<Certificate>> {
        self.ledger.read().await.directory.certificate(id).cloned()
    }

    /// The policy that readers of this service pin.
    #[must_use]
    pub const fn policy(&self) -> &TrustPolicy {
        &self.deployment.policy
    }

    /// The service's present time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The log's signed checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> Option<String> {
        self.store.checkpoint()
    }

    /// Records who is about to be shown what; content leaves only after that.
    ///
    /// # Errors
    /// [`ServiceError::Audit`]: nothing may be shown.
    pub async fn record_access(&self, access: Access) -> Result<(), ServiceError> {
        Ok(self.store.record_access(access).await?)
    }

    /// A tile or entry bundle of the log.
    ///
    /// # Errors
    /// [`ServiceError`] when the store fails.
    pub async fn tile(&self, path: TilePath) -> Result<Option<bytes::Bytes>, ServiceError> {
        Ok(self.store.tile(path).await?)
    }
}
