//! Statements about a record, beside its versions: withdrawals, endorsements, reports, resolutions, intakes, custody
//! and holds.
//!
//! Who may sign what is core's verification. What is added here are checks about the record: that a statement acts on
//! something that is in it, and on the latest of it where that matters. Statements about one record take turns.

use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::contacts::{Attachment, Digest};
use planseal::statement::{
    Custody, Endorsement, Hold, HoldAct, Intake, IntakeForm, Kind, LoggedStatement, Outcome, Report,
    ReportCode, Resolution, Withdrawal, Words,
};
use planseal::status::State;
use planseal::trust::{Certificate, Directory};
use planseal::verify::{Logged, Verified};
use planseal_store::OperationId;

use super::error::{AdmitError, ServiceError};
use super::record::History;
use super::{Registered, Service};

/// What a signed-in reader reports; the service's recorder key signs it.
pub struct Observation<'a> {
    /// The version or intake the reader had before them.
    pub version: ObjectId,
    /// What is reported.
    pub code: ReportCode,
    /// The words used.
    pub words: &'a str,
    /// Who reports.
    pub reporter: &'a str,
}

impl Service {
    /// Withdraws a record whose latest version is `latest`, as the client says and the signed statement repeats.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn withdraw(
        &self,
        plan: PlanId,
        latest: ObjectId,
        object: &SignedObject,
    ) -> Result<Registered, AdmitError> {
        let fits = |statement: &Verified<Withdrawal>, history: &History, _: &Directory| {
            follows_latest(statement.content(), history, latest)
        };
        self.take_in(plan, object, fits).await
    }

    /// Stores and logs an endorsement of a version that still stands, by somebody who is not its author.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn endorse(&self, plan: PlanId, object: &SignedObject) -> Result<Registered, AdmitError> {
        self.take_in(plan, object, endorses_what_stands).await
    }

    /// Records what a reader reports, signed by the service's recorder key, and gives the signed report.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn report(
        &self,
        plan: PlanId,
        observed: &Observation<'_>,
    ) -> Result<(SignedObject, Registered), AdmitError> {
        let report = Report {
            plan,
            version: observed.version,
            code: observed.code,
            words: Words::parse(observed.words)?,
            reporter: Words::parse(observed.reporter)?,
            issued_at: self.now(),
        };
        let object = {
            let (keys, ledger) = (self.keys.read().await, self.ledger.read().await);
            keys.recorder.sign(&report, &ledger.directory)?
        };
        let registered = self.take_in(plan, &object, reports_what_is_here).await?;
        Ok((object, registered))
    }

    /// Stores and logs how a report or intake was dealt with, or what a court declared.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn resolve(&self, plan: PlanId, object: &SignedObject) -> Result<Registered, AdmitError> {
        self.take_in(plan, object, resolves_what_is_open).await
    }

    /// Stores and logs an advance decision as it was received, with its scan, also under a record's name that was
    /// never seen.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn receive(&self, plan: PlanId, object: &SignedObject) -> Result<Registered, AdmitError> {
        let registered = self.receive_in_turn(plan, object).await?;
        Ok(self.witnessed(registered).await?)
    }

    async fn receive_in_turn(&self, plan: PlanId, object: &SignedObject) -> Result<Registered, AdmitError> {
        let _open = self.gate.read().await;
        let _turn = self.turns.of(plan).await;
        let intake: Verified<Intake> = self.verify(object).await?;
        addressed(&intake, plan)?;
        if let Some(known) = self.known(intake.id()).await? {
            return Ok(known);
        }
        let history = self.history(plan).await?;
        self.judge_in_force(&intake).await?;
        let (named, latest) = (intake.content().version, history.end());
        if named != latest {
            return Err(AdmitError::IntakeElsewhere { named, latest });
        }
        let staged = self.staging.of(plan);
        let scan = match &intake.content().form {
            IntakeForm::Document(scan) => staged.iter().find(|file| Digest::of(file) == scan.sha256()),
            IntakeForm::Spoken(_) => None,
        };
        let scan = scan.map(|file| file.as_slice());
        let receipt = self.store.receive(&intake, scan, OperationId::random()?).await?;
        Ok(Registered {
            id: intake.id(),
            receipt,
        })
    }

    /// Stores and logs a step on the way of an original document.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn keep_custody(&self, plan: PlanId, object: &SignedObject) -> Result<Registered, AdmitError> {
        self.take_in(plan, object, names_a_known_document).await
    }

    /// Stores and logs a hold that begins or ends.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn hold(&self, plan: PlanId, object: &SignedObject) -> Result<Registered, AdmitError> {
        self.take_in(plan, object, holds_what_is_here).await
    }

    /// Verify, compare with the record, store, log, have it witnessed. The same bytes again get the same leaf.
    async fn take_in<S: LoggedStatement>(
        &self,
        plan: PlanId,
        object: &SignedObject,
        fits: impl FnOnce(&Verified<S>, &History, &Directory) -> Result<(), AdmitError>,
    ) -> Result<Registered, AdmitError> {
        let registered = self.take_in_turn(plan, object, fits).await?;
        Ok(self.witnessed(registered).await?)
    }

    async fn take_in_turn<S: LoggedStatement>(
        &self,
        plan: PlanId,
        object: &SignedObject,
        fits: impl FnOnce(&Verified<S>, &History, &Directory) -> Result<(), AdmitError>,
    ) -> Result<Registered, AdmitError> {
        let _open = self.gate.read().await;
        let _turn = self.turns.of(plan).await;
        let statement: Verified<S> = self.verify(object).await?;
        addressed(&statement, plan)?;
        if let Some(known) = self.known(statement.id()).await? {
            return Ok(known);
        }
        let history = self.history(plan).await?;
        if history.is_unknown() {
            return Err(ServiceError::NotFound.into());
        }
        self.judge_in_force(&statement).await?;
        {
            let ledger = self.ledger.read().await;
            fits(&statement, &history, &ledger.directory)?;
        }
        self.log(&statement).await
    }
}

/// The record inside the signed bytes is the one in the address.
fn addressed<S: LoggedStatement>(statement: &Verified<S>, plan: PlanId) -> Result<(), AdmitError> {
    match statement.content().record() {
        Some(signed) if signed != plan => Err(AdmitError::OtherRecord {
            signed,
            addressed: plan,
        }),
        _ => Ok(()),
    }
}

fn follows_latest(withdrawal: &Withdrawal, history: &History, expected: ObjectId) -> Result<(), AdmitError> {
    let found = history.end();
    if found != Some(expected) {
        return Err(AdmitError::Stale { expected, found });
    }
    if history.is_withdrawn() {
        return Err(AdmitError::AlreadyWithdrawn);
    }
    if withdrawal.version == expected {
        Ok(())
    } else {
        let signed = Some(withdrawal.version);
        Err(AdmitError::OtherPredecessor { expected, signed })
    }
}

fn endorses_what_stands(
    endorsement: &Verified<Endorsement>,
    history: &History,
    directory: &Directory,
) -> Result<(), AdmitError> {
    let target = endorsement.content().version;
    let edition = history.edition(target).filter(|edition| edition.late().is_none());
    let edition = edition.ok_or(AdmitError::OtherTarget {
        target,
        expected: "version",
    })?;
    let certificate = |id: Option<ObjectId>| {
        id.and_then(|id| directory.certificate(&id))
            .map(Verified::content)
    };
    let author = certificate(edition.verified().signer());
    let endorser = certificate(endorsement.signer());
    let mut both = author.zip(endorser).into_iter();
    if both.all(|(author, endorser)| same_person(author, endorser)) {
        return Err(AdmitError::OwnEndorsement);
    }
    match edition.status.state {
        State::Current | State::Suspended => Ok(()),
        State::Superseded { .. } | State::Withdrawn { .. } => Err(AdmitError::NotLatest),
    }
}

/// A report warns of the record it is about. One about an intake that came before any version would warn of nothing
/// once there are versions, so it has to name one of these.
fn reports_what_is_here(
    report: &Verified<Report>,
    history: &History,
    _: &Directory,
) -> Result<(), AdmitError> {
    let target = report.content().version;
    let first = history.versions().first().map(|first| first.index());
    match history.find(target) {
        Some((Kind::Version | Kind::Withdrawal, _)) => Ok(()),
        Some((Kind::Intake, index)) if first.is_none_or(|first| index > first) => Ok(()),
        _ => Err(AdmitError::OtherTarget {
            target,
            expected: "version, withdrawal or later intake",
        }),
    }
}

fn resolves_what_is_open(
    resolution: &Verified<Resolution>,
    history: &History,
    _: &Directory,
) -> Result<(), AdmitError> {
    let content = resolution.content();
    let target = content.target;
    let about = match history.find(target) {
        Some((Kind::Report | Kind::Intake, index)) => index,
        Some((Kind::Version | Kind::Withdrawal, index)) if content.outcome == Outcome::CourtDeclaration => {
            index
        }
        _ => {
            return Err(AdmitError::OtherTarget {
                target,
                expected: "report or intake",
            });
        }
    };
    let mut reports = history.reports().iter();
    let report = reports.find(|report| report.id() == target);
    let settles = match (report, history.find(target)) {
        (Some(report), _) => content.settles(report.content()),
        (None, Some((Kind::Intake, _))) => content.settles_intake(),
        (None, _) => true,
    };
    if !settles {
        return Err(AdmitError::OtherMatter);
    }
    match content.by {
        Some(by) => carried_out(by, about, history),
        None => Ok(()),
    }
}

/// What is confirmed was carried out by a version or withdrawal that came after it in the log.
fn carried_out(by: ObjectId, about: u64, history: &History) -> Result<(), AdmitError> {
    match history.find(by) {
        Some((Kind::Version | Kind::Withdrawal, index)) if index > about => Ok(()),
        _ => Err(AdmitError::NotCarriedOut { by }),
    }
}

fn names_a_known_document(
    custody: &Verified<Custody>,
    history: &History,
    _: &Directory,
) -> Result<(), AdmitError> {
    let (target, document) = (custody.content().target, custody.content().document);
    let documents: Vec<_> = if let Some(edition) = history.edition(target) {
        let attachments = edition.content().attachments().iter();
        attachments.map(Attachment::sha256).collect()
    } else if let Some(intake) = history.intakes().iter().find(|intake| intake.id() == target) {
        match &intake.content().form {
            IntakeForm::Document(scan) => vec![scan.sha256()],
            IntakeForm::Spoken(_) => Vec::new(),
        }
    } else {
        return Err(AdmitError::OtherTarget {
            target,
            expected: "version or intake",
        });
    };
    match document {
        Some(sha256) if !documents.contains(&sha256) => Err(AdmitError::OtherDocument { sha256 }),
        _ => Ok(()),
    }
}

fn holds_what_is_here(hold: &Verified<Hold>, history: &History, _: &Directory) -> Result<(), AdmitError> {
    let content = hold.content();
    let target = content.target;
    match (content.act, history.find(target)) {
        (HoldAct::Begins, Some((Kind::Version | Kind::Intake, _))) => Ok(()),
        (HoldAct::Begins, _) => Err(AdmitError::OtherTarget {
            target,
            expected: "version or intake",
        }),
        (HoldAct::Ends, Some((Kind::Hold, _))) => {
            let holds = history.holds().iter().map(Logged::content);
            let began = |held: &&Hold| held.act == HoldAct::Begins && held.hold == content.hold;
            let mut beginnings = history.holds().iter().filter(|held| began(&held.content()));
            let stands = beginnings.any(|held| held.id() == target);
            let mut ended = holds.filter(|held| held.act == HoldAct::Ends);
            if stands && !ended.any(|held| held.target == target) {
                Ok(())
            } else {
                Err(AdmitError::HoldNotStanding)
            }
        }
        (HoldAct::Ends, _) => Err(AdmitError::OtherTarget {
            target,
            expected: "hold",
        }),
    }
}

/// A second certificate does not make a second person, by the rule that readers judge by: the same key, registration,
/// or name in one organisation.
fn same_person(left: &Certificate, right: &Certificate) -> bool {
    let (left, right) = (left.fields(), right.fields());
    let same_registration = left.registration.is_some() && left.registration == right.registration;
    let same_name = left.name == right.name && left.organisation == right.organisation;
    left.key == right.key || same_registration || same_name
}
