//! A record as the store gives it back: every statement verified again, and registered again by its receipt.

use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::log::tree::Hash;
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::{Endorsement, Kind, LoggedStatement, Report};
use planseal::status::{State, Status};
use planseal::verify::{self, Logged};
use planseal_store::ChainRecord;

use super::Service;
use super::error::ServiceError;
use super::ledger::Ledger;

/// Everything that is known of a record, verified.
#[derive(Debug)]
pub struct PlanRecord {
    as_of: TreeHead,
    versions: Vec<Edition>,
    endorsements: Vec<Logged<Endorsement>>,
    reports: Vec<Logged<Report>>,
}

/// The tree that a record was read in.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeHead {
    pub(super) size: u64,
    pub(super) root: Hash,
}

/// One version of a record.
#[derive(Debug)]
pub struct Edition {
    /// The version.
    pub logged: Logged<PlanVersion>,
    /// The card that was signed with it.
    pub card: Option<SignedObject>,
    /// What the log says of it now.
    pub status: Status,
}

impl PlanRecord {
    /// The versions, first to last.
    #[must_use]
    pub fn versions(&self) -> &[Edition] {
        &self.versions
    }

    /// The version that no other replaced.
    #[must_use]
    pub fn latest(&self) -> &Edition {
        let standing = self.versions.iter().rev();
        let mut standing =
            standing.filter(|edition| !matches!(edition.status.state, State::Superseded { .. }));
        standing
            .next()
            .or_else(|| self.versions.last())
            .expect("a record is made with a version")
    }

    /// The version of this number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&Edition> {
        self.versions
            .iter()
            .find(|edition| edition.logged.content().version_number() == number)
    }

    /// Endorsements of a version.
    pub fn endorsements_of(&self, version: ObjectId) -> impl Iterator<Item = &Logged<Endorsement>> {
        self.endorsements
            .iter()
            .filter(move |endorsement| endorsement.content().version == version)
    }

    /// Reports about the record.
    #[must_use]
    pub fn reports(&self) -> &[Logged<Report>] {
        &self.reports
    }

    /// The tree in which this is so: what is signed about the record names this size and no later one.
    pub(super) const fn as_of(&self) -> TreeHead {
        self.as_of
    }

    /// The open reports in the fixed words for their kind, with their day.
    pub(super) fn warnings(&self) -> Vec<String> {
        let words = |report: &Logged<Report>| {
            let report = report.content();
            format!("{} ({})", report.code.words(), report.issued_at.day())
        };
        self.reports.iter().map(words).collect()
    }
}

impl Service {
    /// Reads a record and verifies everything in it again.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] without such a record; others when the store gave back what does not verify.
    pub async fn record(&self, plan: PlanId) -> Result<PlanRecord, ServiceError> {
        self.catch_up().await?;
        let ledger = self.ledger.read().await;
        let as_of = TreeHead {
            size: ledger.statuses.size(),
            root: ledger.root,
        };
        // Read after the fold, the chain holds at least what the fold knows; anything later is left for the next time.
        let mut chain = self.store.chain(plan).await?;
        chain.retain(|stored| stored.index < as_of.size);
        let (mut versions, mut endorsements, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        for stored in &chain {
            match stored.kind {
                Kind::Version => versions.push(self.edition(stored, &ledger).await?),
                Kind::Endorsement => endorsements.push(self.logged(stored, &ledger).await?),
                Kind::Report => reports.push(self.logged(stored, &ledger).await?),
                _ => {}
            }
        }
        if versions.is_empty() {
            return Err(ServiceError::NotFound);
        }
        Ok(PlanRecord {
            as_of,
            versions,
            endorsements,
            reports,
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

    async fn edition(&self, stored: &ChainRecord, ledger: &Ledger) -> Result<Edition, ServiceError> {
        let logged: Logged<PlanVersion> = self.logged(stored, ledger).await?;
        let status = ledger.statuses.of(logged.index());
        let card = stored.card.as_deref().map(SignedObject::parse).transpose()?;
        let id = logged.id();
        Ok(Edition {
            logged,
            card,
            status: status.ok_or(ServiceError::NoReceipt { id })?,
        })
    }

    async fn logged<S: LoggedStatement>(
        &self,
        stored: &ChainRecord,
        ledger: &Ledger,
    ) -> Result<Logged<S>, ServiceError> {
        let object = SignedObject::parse(&stored.envelope)?;
        let verified = verify::statement::<S>(&object, &ledger.directory)?;
        let receipt = self.receipt(stored.id).await?;
        Ok(verify::logged(
            verified,
            &receipt,
            &self.deployment.policy,
            &ledger.directory,
        )?)
    }
}
