//! Reading a record as the store gives it back: every statement is verified again, and registered again by its
//! receipt (FORMAT §8, steps 3–7).
//!
//! A statement that came into the log too late to count does not keep the others of its record from being read.

use std::collections::BTreeSet;

use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::{Kind, LoggedStatement};
use planseal::status::State;
use planseal::verify::{self, Logged, RegistrationError};
use planseal_store::ChainRecord;

use super::Service;
use super::error::ServiceError;
use super::ledger::Ledger;
use super::record::{Edition, History, Late, PlanRecord, Registered, TreeHead};

impl Service {
    /// Reads a record that has a version, and verifies everything in it again.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] without a version; others when the store gave back what does not verify.
    pub async fn record(&self, plan: PlanId) -> Result<PlanRecord, ServiceError> {
        let history = self.history(plan).await?;
        if history.versions.is_empty() {
            return Err(ServiceError::NotFound);
        }
        Ok(PlanRecord(history))
    }

    /// Reads whatever is known under a record's name, and verifies everything in it again.
    ///
    /// # Errors
    /// [`ServiceError`] when the store gave back what does not verify.
    pub async fn history(&self, plan: PlanId) -> Result<History, ServiceError> {
        self.catch_up().await?;
        let ledger = self.ledger.read().await;
        let mut history = History::empty(TreeHead {
            size: ledger.statuses.size(),
            root: ledger.root,
        });
        // Read after the fold, the chain holds at least what the fold knows; anything later is left for the next time.
        let mut chain = self.store.chain(plan).await?;
        chain.retain(|stored| stored.index < history.as_of.size);
        for stored in &chain {
            self.read_into(&mut history, stored, &ledger).await?;
        }
        history.open = open_leaves(&history, &ledger);
        history.end = end_of(&history, &ledger);
        Ok(history)
    }

    async fn read_into(
        &self,
        history: &mut History,
        stored: &ChainRecord,
        ledger: &Ledger,
    ) -> Result<(), ServiceError> {
        let late = match stored.kind {
            Kind::Version => {
                history.versions.push(self.edition(stored, ledger).await?);
                None
            }
            Kind::Withdrawal => self.put(stored, ledger, &mut history.withdrawals).await?,
            Kind::Endorsement => self.put(stored, ledger, &mut history.endorsements).await?,
            Kind::Report => self.put(stored, ledger, &mut history.reports).await?,
            Kind::Resolution => self.put(stored, ledger, &mut history.resolutions).await?,
            Kind::Intake => self.put(stored, ledger, &mut history.intakes).await?,
            Kind::Custody => self.put(stored, ledger, &mut history.custody).await?,
            Kind::Hold => self.put(stored, ledger, &mut history.holds).await?,
            _ => None,
        };
        history.late.extend(late);
        Ok(())
    }

    /// Puts a statement that counts among its kind; gives back one that came too late.
    async fn put<S: LoggedStatement>(
        &self,
        stored: &ChainRecord,
        ledger: &Ledger,
        among: &mut Vec<Logged<S>>,
    ) -> Result<Option<Late>, ServiceError> {
        Ok(match self.registered(stored, ledger).await? {
            Registered::Counts(logged) => {
                among.push(*logged);
                None
            }
            Registered::Late(_, late) => Some(late),
        })
    }

    /// Every record there is: for the demonstration's list.
    ///
    /// # Errors
    /// [`ServiceError`] when the store fails.
    pub async fn every_plan(&self) -> Result<Vec<PlanId>, ServiceError> {
        Ok(self.store.list_every_plan().await?)
    }

    /// The receipt of a logged object.
    ///
    /// # Errors
    /// [`ServiceError::NoReceipt`] when the log does not hold it.
    pub async fn receipt(&self, id: ObjectId) -> Result<Receipt, ServiceError> {
        self.store
            .receipt(id)
            .await?
            .ok_or(ServiceError::NoReceipt { id })
    }

    /// Everything logged about a record in the order of its chain, each with its receipt, and each verified again.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when nothing is logged under this name.
    pub async fn statements(&self, plan: PlanId) -> Result<Vec<(ChainRecord, Receipt)>, ServiceError> {
        let history = self.history(plan).await?;
        if history.is_unknown() {
            return Err(ServiceError::NotFound);
        }
        let mut statements = Vec::new();
        for stored in self.store.chain(plan).await? {
            if stored.index < history.as_of.size {
                let receipt = self.receipt(stored.id).await?;
                statements.push((stored, receipt));
            }
        }
        Ok(statements)
    }

    /// A logged object by its id, as it was verified when it came in; its bytes are those of the id.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the log does not hold it.
    pub async fn object(&self, id: ObjectId) -> Result<ChainRecord, ServiceError> {
        self.store.object(id).await?.ok_or(ServiceError::NotFound)
    }

    async fn edition(&self, stored: &ChainRecord, ledger: &Ledger) -> Result<Edition, ServiceError> {
        let version: Registered<PlanVersion> = self.registered(stored, ledger).await?;
        let (id, index) = (stored.id, stored.index);
        let status = ledger.statuses.of(index).ok_or(ServiceError::NoReceipt { id })?;
        let mut edition = Edition {
            version,
            card: stored.card.as_deref().map(SignedObject::parse).transpose()?,
            status,
            doubted: None,
        };
        let signer = edition.verified().signer();
        edition.doubted = signer.and_then(|signer| ledger.directory.doubt(&signer, edition.index()).copied());
        Ok(edition)
    }

    async fn registered<S: LoggedStatement>(
        &self,
        stored: &ChainRecord,
        ledger: &Ledger,
    ) -> Result<Registered<S>, ServiceError> {
        let object = SignedObject::parse(&stored.envelope)?;
        let verified = verify::statement::<S>(&object, &ledger.directory)?;
        let receipt = self.receipt(stored.id).await?;
        match verify::logged(verified, &receipt, &self.own_policy, &ledger.directory) {
            Ok(logged) => Ok(Registered::Counts(Box::new(logged))),
            // The order of the log alone speaks against it; it is signed as it should be, and the log holds it.
            Err(fault @ (RegistrationError::Revoked { .. } | RegistrationError::NotValid { .. })) => {
                let verified = verify::statement::<S>(&object, &ledger.directory)?;
                let (index, _) = verify::placed(stored.id, &receipt, &self.own_policy)?;
                let late = Late {
                    kind: S::KIND,
                    id: stored.id,
                    index,
                    signed_at: verified.signed_at(),
                    fault,
                };
                Ok(Registered::Late(Box::new(verified), late))
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

/// What follows the record next has to follow this: its latest version, or the withdrawal of it.
fn end_of(history: &History, ledger: &Ledger) -> Option<ObjectId> {
    let latest = history.latest()?;
    match latest.status.state {
        State::Withdrawn { by } => ledger.statuses.leaf(by).map(|leaf| leaf.id),
        _ => Some(latest.id()),
    }
}

/// What warns of the latest version; where there is none, the open intakes and reports about them.
fn open_leaves(history: &History, ledger: &Ledger) -> BTreeSet<u64> {
    if let Some(latest) = history.latest() {
        return ledger.statuses.open(latest.index()).collect();
    }
    let before_any_version = history.intakes.iter().map(Logged::index);
    before_any_version
        .flat_map(|intake| ledger.statuses.open(intake))
        .collect()
}
