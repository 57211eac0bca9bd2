//! A record as the store gives it back: every statement verified again, and registered again by its receipt.

use std::collections::BTreeSet;

use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::log::tree::Hash;
use planseal::plan::PlanVersion;
use planseal::plan::contacts::MediaType;
use planseal::receipt::Receipt;
use planseal::statement::{
    Custody, Endorsement, Hold, Intake, IntakeForm, Kind, LoggedStatement, Report, Resolution, Withdrawal,
};
use planseal::status::{State, Status};
use planseal::trust::Revocation;
use planseal::verify::{self, Logged};
use planseal_store::ChainRecord;

use super::Service;
use super::error::ServiceError;
use super::ledger::Ledger;

/// Everything that is known of a record, verified. A record may begin with an intake, before any version.
#[derive(Debug)]
pub struct History {
    as_of: TreeHead,
    versions: Vec<Edition>,
    withdrawals: Vec<Logged<Withdrawal>>,
    endorsements: Vec<Logged<Endorsement>>,
    reports: Vec<Logged<Report>>,
    resolutions: Vec<Logged<Resolution>>,
    intakes: Vec<Logged<Intake>>,
    custody: Vec<Logged<Custody>>,
    holds: Vec<Logged<Hold>>,
    /// Leaves that warn of the record as it stands: reports and intakes that nothing resolved, a doubtful withdrawal.
    open: BTreeSet<u64>,
}

/// A record that has a version.
#[derive(Debug)]
pub struct PlanRecord(History);

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
    /// A revocation of its signer, or of somebody above, that reaches back to it.
    pub doubted: Option<Revocation>,
}

impl History {
    const fn empty(as_of: TreeHead) -> Self {
        Self {
            as_of,
            versions: Vec::new(),
            withdrawals: Vec::new(),
            endorsements: Vec::new(),
            reports: Vec::new(),
            resolutions: Vec::new(),
            intakes: Vec::new(),
            custody: Vec::new(),
            holds: Vec::new(),
            open: BTreeSet::new(),
        }
    }

    /// The versions, first to last.
    #[must_use]
    pub fn versions(&self) -> &[Edition] {
        &self.versions
    }

    /// The version that no other replaced; none when the record holds intakes only.
    #[must_use]
    pub fn latest(&self) -> Option<&Edition> {
        let mut standing = self.versions.iter().rev();
        standing
            .find(|edition| !matches!(edition.status.state, State::Superseded { .. }))
            .or_else(|| self.versions.last())
    }

    /// The version of this number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&Edition> {
        self.versions
            .iter()
            .find(|edition| edition.logged.content().version_number() == number)
    }

    /// The version of this id.
    #[must_use]
    pub fn edition(&self, id: ObjectId) -> Option<&Edition> {
        self.versions.iter().find(|edition| edition.logged.id() == id)
    }

    /// Withdrawals in the order of the log.
    #[must_use]
    pub fn withdrawals(&self) -> &[Logged<Withdrawal>] {
        &self.withdrawals
    }

    /// The withdrawal in force: the latest version is withdrawn, and nothing was published since.
    #[must_use]
    pub fn withdrawal(&self) -> Option<&Logged<Withdrawal>> {
        let latest = self.latest()?;
        self.withdrawals
            .iter()
            .find(|withdrawal| withdrawal.content().version == latest.logged.id())
    }

    /// What the next version or withdrawal has to follow, and what an intake has to name.
    #[must_use]
    pub fn end(&self) -> Option<ObjectId> {
        let withdrawn = self.withdrawal().map(Logged::id);
        withdrawn.or_else(|| self.latest().map(|edition| edition.logged.id()))
    }

    /// Endorsements of a version.
    pub fn endorsements_of(&self, version: ObjectId) -> impl Iterator<Item = &Logged<Endorsement>> {
        self.endorsements
            .iter()
            .filter(move |endorsement| endorsement.content().version == version)
    }

    /// Reports about the record, resolved or not.
    #[must_use]
    pub fn reports(&self) -> &[Logged<Report>] {
        &self.reports
    }

    /// Resolutions of reports and intakes.
    #[must_use]
    pub fn resolutions(&self) -> &[Logged<Resolution>] {
        &self.resolutions
    }

    /// Advance decisions as they were received.
    #[must_use]
    pub fn intakes(&self) -> &[Logged<Intake>] {
        &self.intakes
    }

    /// The way of the originals.
    #[must_use]
    pub fn custody(&self) -> &[Logged<Custody>] {
        &self.custody
    }

    /// Holds that begin and end.
    #[must_use]
    pub fn holds(&self) -> &[Logged<Hold>] {
        &self.holds
    }

    /// Reports that nothing resolved: they warn.
    pub fn open_reports(&self) -> impl Iterator<Item = &Logged<Report>> {
        self.reports
            .iter()
            .filter(|report| self.open.contains(&report.index()))
    }

    /// Intakes that nothing resolved: received, not yet reviewed. A later version by itself says nothing of them.
    pub fn open_intakes(&self) -> impl Iterator<Item = &Logged<Intake>> {
        self.intakes
            .iter()
            .filter(|intake| self.open.contains(&intake.index()))
    }

    /// Reports with what ended them, where something did.
    pub fn resolved_reports(&self) -> impl Iterator<Item = (&Logged<Report>, &Logged<Resolution>)> {
        let closed = self
            .reports
            .iter()
            .filter(|report| !self.open.contains(&report.index()));
        closed.filter_map(|report| Some((report, self.resolution_of(report.id())?)))
    }

    /// The last resolution of a report or intake.
    #[must_use]
    pub fn resolution_of(&self, target: ObjectId) -> Option<&Logged<Resolution>> {
        self.resolutions
            .iter()
            .rev()
            .find(|resolution| resolution.content().target == target)
    }

    /// What is open, in the fixed words for its kind, with its day.
    pub(super) fn warnings(&self) -> Vec<String> {
        let reports = self.open_reports().map(|report| {
            let report = report.content();
            format!("{} ({})", report.code.words(), report.issued_at.day())
        });
        let intakes = self.open_intakes().map(|intake| {
            let day = intake.content().issued_at.day();
            format!("{} ({day})", Intake::WORDS)
        });
        let doubtful = self
            .withdrawals
            .iter()
            .filter(|withdrawal| self.open.contains(&withdrawal.index()));
        let doubtful = doubtful.map(|withdrawal| {
            let day = withdrawal.content().issued_at.day();
            format!("the key that signed the withdrawal was later reported lost, or its signer was not entitled ({day})")
        });
        reports.chain(intakes).chain(doubtful).collect()
    }

    /// Digest and media type of the files that versions and intakes of this record name.
    pub fn files(&self) -> impl Iterator<Item = (planseal::plan::contacts::Digest, MediaType)> {
        let attached = self.versions.iter().flat_map(|edition| {
            let attachments = edition.logged.content().attachments().iter();
            attachments.map(|file| (file.sha256(), file.media_type()))
        });
        let scanned = self
            .intakes
            .iter()
            .filter_map(|intake| match &intake.content().form {
                IntakeForm::Document(scan) => Some((scan.sha256(), scan.media_type())),
                IntakeForm::Spoken(_) => None,
            });
        attached.chain(scanned)
    }

    /// Whether nothing at all is known under this name.
    pub(super) const fn is_unknown(&self) -> bool {
        self.versions.is_empty() && self.intakes.is_empty()
    }

    /// The leaf of a statement of the record, with its kind.
    pub(super) fn find(&self, id: ObjectId) -> Option<(Kind, u64)> {
        fn of<S: LoggedStatement>(all: &[Logged<S>], id: ObjectId) -> Option<(Kind, u64)> {
            let found = all.iter().find(|logged| logged.id() == id)?;
            Some((S::KIND, found.index()))
        }
        let version = self
            .edition(id)
            .map(|edition| (Kind::Version, edition.logged.index()));
        version
            .or_else(|| of(&self.withdrawals, id))
            .or_else(|| of(&self.endorsements, id))
            .or_else(|| of(&self.reports, id))
            .or_else(|| of(&self.resolutions, id))
            .or_else(|| of(&self.intakes, id))
            .or_else(|| of(&self.custody, id))
            .or_else(|| of(&self.holds, id))
    }

    /// The tree in which this is so: what is signed about the record names this size and no later one.
    pub(super) const fn as_of(&self) -> TreeHead {
        self.as_of
    }
}

impl PlanRecord {
    /// The version that no other replaced.
    #[must_use]
    pub fn latest(&self) -> &Edition {
        self.0
            .latest()
            .expect("a record of a plan is made with a version")
    }

    /// The last version before a suspended latest one whose signer is not in doubt (FORMAT §5).
    #[must_use]
    pub fn last_not_suspended(&self) -> Option<&Edition> {
        let latest = self.latest();
        if latest.status.state != State::Suspended {
            return None;
        }
        let earlier = self.versions().iter().rev();
        earlier
            .filter(|edition| edition.logged.index() < latest.logged.index())
            .find(|edition| edition.doubted.is_none())
    }
}

impl core::ops::Deref for PlanRecord {
    type Target = History;

    fn deref(&self) -> &History {
        &self.0
    }
}

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
        Ok(history)
    }

    async fn read_into(
        &self,
        history: &mut History,
        stored: &ChainRecord,
        ledger: &Ledger,
    ) -> Result<(), ServiceError> {
        match stored.kind {
            Kind::Version => history.versions.push(self.edition(stored, ledger).await?),
            Kind::Withdrawal => history.withdrawals.push(self.logged(stored, ledger).await?),
            Kind::Endorsement => history.endorsements.push(self.logged(stored, ledger).await?),
            Kind::Report => history.reports.push(self.logged(stored, ledger).await?),
            Kind::Resolution => history.resolutions.push(self.logged(stored, ledger).await?),
            Kind::Intake => history.intakes.push(self.logged(stored, ledger).await?),
            Kind::Custody => history.custody.push(self.logged(stored, ledger).await?),
            Kind::Hold => history.holds.push(self.logged(stored, ledger).await?),
            _ => {}
        }
        Ok(())
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
        let logged: Logged<PlanVersion> = self.logged(stored, ledger).await?;
        let status = ledger.statuses.of(logged.index());
        let card = stored.card.as_deref().map(SignedObject::parse).transpose()?;
        let (id, signer) = (logged.id(), logged.verified().signer());
        let doubted = signer.and_then(|signer| ledger.directory.doubt(&signer, logged.index()).copied());
        Ok(Edition {
            logged,
            card,
            status: status.ok_or(ServiceError::NoReceipt { id })?,
            doubted,
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
            &self.own_policy,
            &ledger.directory,
        )?)
    }
}

/// What warns of the latest version; where there is none, the open intakes and reports about them.
fn open_leaves(history: &History, ledger: &Ledger) -> BTreeSet<u64> {
    if let Some(latest) = history.latest() {
        return ledger.statuses.open(latest.logged.index()).collect();
    }
    let before_any_version = history.intakes.iter().map(Logged::index);
    before_any_version
        .flat_map(|intake| ledger.statuses.open(intake))
        .collect()
}
