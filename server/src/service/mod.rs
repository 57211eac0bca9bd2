//! The service as a domain: a store, the service's own keys, and the judgement of core in between.
//!
//! What comes in is verified before it is stored, what goes out is read back and verified again: storage is not
//! trusted. Clinicians' keys are never here. Time comes from the clock the service was given.

mod error;
mod ledger;
mod keys;
mod start;
mod admit;
mod statements;
mod registers;
mod record;
mod reading;
mod views;
mod evidence;
mod sealing;
mod staging;
mod verdict;
mod witnesses;
mod whole_log;

use std::sync::Arc;

use planseal::id::{ObjectId, PlanId};
use planseal::receipt::Receipt;
use planseal::statement::LoggedStatement;
use planseal::time::Timestamp;
use planseal::trust::{Certificate, Directory, TrustPolicy};
use planseal::validate::NumberRange;
use planseal::verify::{Loggable, Verified};
use planseal_store::{Access, Clock, OperationId, Store, TilePath};
use tokio::sync::{Mutex, MutexGuard, RwLock};

pub use admit::{Published, Submission};
pub use error::{AdmitError, ServiceError};
pub use evidence::Printed;
pub use keys::{ServiceKey, ServiceKeys};
pub use ledger::SetAside;
pub use record::{Edition, History, Late, PlanRecord};
pub use sealing::{SealKey, TimeStampAuthority};
pub use staging::{MAX_ATTACHMENT, StagingError};
pub use start::StartError;
pub use statements::Observation;
pub use verdict::{Judged, Pointed, PointedStanding};
pub use whole_log::{WholeLog, verify_log};
pub use witnesses::{EndpointError, WitnessEndpoint};

use ledger::Ledger;
use staging::Staging;
use views::Newest;
use witnesses::Witnesses;

/// What a running service needs to know of its place.
pub struct Deployment {
    /// What readers pin: the root, this service's log, witnesses.
    pub policy: TrustPolicy,
    /// Which NHS numbers are accepted.
    pub numbers: NumberRange,
    /// The witnesses that are asked to cosign; those that the policy does not name count for nothing.
    pub witnesses: Vec<WitnessEndpoint>,
}

/// The running service.
pub struct Service {
    store: Store,
    clock: Arc<dyn Clock>,
    deployment: Deployment,
    /// The deployment's policy without its witnesses: the service relies on its own log's signature for what it reads
    /// from its own store, and leaves it to readers how many others must have seen the log.
    own_policy: TrustPolicy,
    keys: RwLock<ServiceKeys>,
    ledger: RwLock<Ledger>,
    /// Open to everybody who stores, closed while a revocation is stored: what was judged in force is logged before it,
    /// or judged again after it. Taken before any other turn.
    gate: RwLock<()>,
    turns: Turns,
    /// Staff lists are compared with the last one and stored one at a time.
    staff_turn: Mutex<()>,
    witnesses: Witnesses,
    staging: Staging,
    newest: Mutex<Newest>,
    /// Held while a picture is looked at.
    looking: Mutex<()>,
}

impl Service {
    /// The service over a store whose log is still to be folded.
    fn over(
        store: Store,
        clock: Arc<dyn Clock>,
        deployment: Deployment,
        keys: ServiceKeys,
    ) -> Result<Self, ServiceError> {
        let directory = Directory::pinned(&deployment.policy);
        Ok(Self {
            store,
            clock,
            own_policy: without_witnesses(&deployment.policy)?,
            witnesses: Witnesses::of(deployment.witnesses.clone()),
            deployment,
            keys: RwLock::new(keys),
            ledger: RwLock::new(Ledger::begin(directory)),
            gate: RwLock::default(),
            turns: Turns::default(),
            staff_turn: Mutex::default(),
            staging: Staging::default(),
            newest: Mutex::default(),
            looking: Mutex::default(),
        })
    }

    /// Takes newer keys of the service into use; their certificates were registered before.
    pub async fn renew_keys(&self, keys: ServiceKeys) {
        *self.keys.write().await = keys;
    }

    /// The certificate of an id, as the service verified it.
    pub async fn certificate(&self, id: &ObjectId) -> Option<Verified<Certificate>> {
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

    /// The log's signed checkpoint, as this node has shown it last.
    #[must_use]
    pub fn checkpoint(&self) -> Option<String> {
        self.store.checkpoint()
    }

    /// The log's signed checkpoint, over whatever any node has logged by now.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] before the first leaf.
    pub async fn newest_checkpoint(&self) -> Result<String, ServiceError> {
        self.store.refresh().await?;
        self.store.checkpoint().ok_or(ServiceError::NotFound)
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

    /// Asks the store for something that it must hold: where the root stands in the log.
    ///
    /// # Errors
    /// [`ServiceError`] when the store does not answer.
    pub async fn expect_store(&self) -> Result<(), ServiceError> {
        let id = self.deployment.policy.root().id();
        match self.store.leaf_index(id).await? {
            Some(0) => Ok(()),
            _ => Err(ServiceError::NoReceipt { id }),
        }
    }

    /// What the store's own rounds, beside requests, failed at last; nothing while they succeed.
    #[must_use]
    pub fn trouble_of_store(&self) -> Option<String> {
        self.store.trouble()
    }

    /// Ends this node's part in the store, after what is under way. Nothing is to be asked of the service any more.
    ///
    /// # Errors
    /// [`ServiceError::Append`] when the engine fails; nothing is lost then, and the next start has more to do.
    pub async fn close(&self) -> Result<(), ServiceError> {
        Ok(self.store.close().await.map_err(Box::new)?)
    }

    /// What in the log counts for nothing, and why: a revocation, certificate or staff list that does not verify or came
    /// too late.
    pub async fn set_aside(&self) -> Vec<SetAside> {
        self.ledger.read().await.set_aside().to_vec()
    }

    /// Folds what the log got since the last time, from whichever node. Whoever asks the directory afterwards asks one
    /// that knows every certificate's place and every revocation: they are taken, as readers take them, from a trust
    /// list.
    pub(super) async fn catch_up(&self) -> Result<(), ServiceError> {
        self.store.refresh().await?;
        if self.ledger.read().await.is_as_of(self.store.log_size()) {
            return Ok(());
        }
        // Keys before ledger, here and everywhere: two locks in one order cannot wait for each other.
        let keys = self.keys.read().await;
        let mut ledger = self.ledger.write().await;
        self.fold(&mut ledger).await?;
        if ledger.has_unlearnt() {
            let list = self.list_of(&keys, &ledger)?;
            ledger.learn(&list)?;
        }
        Ok(())
    }

    /// Adds the leaves that are not folded yet, and tells the operator once what counts for nothing.
    async fn fold(&self, ledger: &mut Ledger) -> Result<(), ServiceError> {
        let known = ledger.set_aside().len();
        let folded = ledger.catch_up(&self.store).await;
        for found in ledger.set_aside().iter().skip(known) {
            eprintln!("log: {found}");
        }
        folded
    }

    /// Stores and logs a verified statement.
    pub(super) async fn log<S: LoggedStatement>(
        &self,
        statement: &Verified<S>,
    ) -> Result<Registered, AdmitError>
    where
        Verified<S>: Loggable,
    {
        let receipt = self.store.append(statement, OperationId::random()?).await?;
        Ok(Registered {
            id: statement.id(),
            receipt,
        })
    }

    /// What was logged before: the same bytes get the same leaf, whatever has happened since.
    pub(super) async fn known(&self, id: ObjectId) -> Result<Option<Registered>, ServiceError> {
        let receipt = self.store.receipt(id).await?;
        Ok(receipt.map(|receipt| Registered { id, receipt }))
    }
}

/// A statement that is stored and logged.
#[derive(Debug)]
pub struct Registered {
    /// Its id.
    pub id: ObjectId,
    /// The proof that the log holds it.
    pub receipt: Receipt,
}

/// The same root and log with a quorum of none.
fn without_witnesses(policy: &TrustPolicy) -> Result<TrustPolicy, ServiceError> {
    let (root, log) = (policy.root().object(), policy.log().to_string());
    let own = TrustPolicy::new(root, &log, "quorum none\n", policy.contact())?;
    Ok(match policy.seals() {
        Some(authority) => own.with_seals(*authority)?,
        None => own,
    })
}

/// Statements about one record are compared with it and stored one at a time within this process; between processes,
/// the store decides about succession.
#[derive(Default)]
struct Turns([Mutex<()>; 32]);

impl Turns {
    async fn of(&self, plan: PlanId) -> MutexGuard<'_, ()> {
        let [.., last] = *plan.as_bytes();
        self.0[usize::from(last) % self.0.len()].lock().await
    }
}
