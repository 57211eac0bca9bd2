//! Versions with their cards: verified, judged in force, compared with the record they belong to, and only then stored
//! and logged.

use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::Statement;
use planseal::time::Timestamp;
use planseal::validate::{Finding, NumberRange};
use planseal::verify::{self, RegistrationError, Verified, VerifyError};
use planseal_store::{OperationId, Publication};

use super::error::AdmitError;
use super::ledger::Ledger;
use super::{Registered, Service};
use crate::problem::causes;

/// A version as it arrives, with what the client says about it.
pub struct Submission<'a> {
    /// Version and card; nothing else in it is used.
    pub bundle: &'a Bundle,
    /// The record it was addressed to; none when a new record is begun.
    pub plan: Option<PlanId>,
    /// The version it replaces, as the client says; none when a new record is begun.
    pub replaces: Option<ObjectId>,
    /// Files sent with it, beside those that were staged.
    pub attachments: &'a [&'a [u8]],
    /// The client's try.
    pub operation: OperationId,
}

/// A version that is stored and logged.
#[derive(Debug)]
pub struct Published {
    /// The record.
    pub plan: PlanId,
    /// The version's number.
    pub version_number: u32,
    /// Its id.
    pub id: ObjectId,
    /// The proof that the log holds it.
    pub receipt: Receipt,
    /// What it replaced, with the proof that the log holds that.
    pub replaced: Option<(ObjectId, Receipt)>,
    /// Other records of somebody with the same name, date of birth and postcode: perhaps the same person.
    pub possible_duplicates: Vec<PlanId>,
}

impl Service {
    /// Publishes a version: verify, compare with the record, store, log. Repeating it gives the same leaf.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was published then.
    pub async fn publish(&self, submission: &Submission<'_>) -> Result<Published, AdmitError> {
        let (version, registered) = self.publish_in_turn(submission).await?;
        let plan = version.content().plan();
        let receipt = self.witnessed(registered).await?.receipt;
        let replaced = match version.content().previous() {
            None => None,
            Some(previous) => Some((previous, self.receipt(previous).await?)),
        };
        Ok(Published {
            plan,
            version_number: version.content().version_number(),
            id: version.id(),
            receipt,
            replaced,
            possible_duplicates: self.possible_duplicates(version.content()).await,
        })
    }

    /// It is published whether or not this can be told.
    async fn possible_duplicates(&self, version: &PlanVersion) -> Vec<PlanId> {
        match self.store.possible_duplicates(version).await {
            Ok(plans) => plans,
            Err(fault) => {
                eprintln!("possible duplicates are not known: {}", causes(&fault));
                Vec::new()
            }
        }
    }

    async fn publish_in_turn(
        &self,
        submission: &Submission<'_>,
    ) -> Result<(Verified<PlanVersion>, Registered), AdmitError> {
        let _open = self.gate.read().await;
        let (version, card) = self.verify_submission(submission.bundle).await?;
        let plan = version.content().plan();
        let _turn = self.turns.of(plan).await;
        if self.known(version.id()).await?.is_none() {
            self.compare(submission, &version).await?;
        }
        let staged = self.staging.of(plan);
        let mut files: Vec<&[u8]> = submission.attachments.to_vec();
        files.extend(
            staged
                .iter()
                .map(|file| file.as_slice())
                .filter(|file| named(&version, file)),
        );
        let publication = Publication {
            version: &version,
            card: card.as_ref(),
            attachments: &files,
            operation: submission.operation,
        };
        let receipt = self.store.publish(publication).await?;
        self.staging.claimed(plan);
        let id = version.id();
        Ok((version, Registered { id, receipt }))
    }

    async fn verify_submission(
        &self,
        bundle: &Bundle,
    ) -> Result<(Verified<PlanVersion>, Option<Verified<Card>>), AdmitError> {
        let version: Verified<PlanVersion> = self.verify_in_force(&bundle.version).await?;
        if let Some(finding) = self.number_out_of_range(version.content()) {
            return Err(AdmitError::Findings(vec![finding]));
        }
        let Some(card) = &bundle.card else {
            return Ok((version, None));
        };
        let card: Verified<Card> = self.verify_in_force(card).await?;
        let projected = Card::project(version.content(), version.id());
        if card.signer() == version.signer() && *card.content() == projected {
            Ok((version, Some(card)))
        } else {
            Err(AdmitError::CardDiffers)
        }
    }

    /// Whose it is, and that it is unchanged; not whether the signer is still in force.
    pub(super) async fn verify<S: Statement>(
        &self,
        object: &SignedObject,
    ) -> Result<Verified<S>, AdmitError> {
        let known = verify::statement::<S>(object, &self.ledger.read().await.directory);
        if !matches!(known, Err(VerifyError::SignerUnknown { .. })) {
            return Ok(known?);
        }
        // Another node may have registered the signer since.
        self.catch_up().await?;
        let ledger = self.ledger.read().await;
        Ok(verify::statement::<S>(object, &ledger.directory)?)
    }

    /// As [`verify`](Self::verify), and that the signer's certificate counts now.
    pub(super) async fn verify_in_force<S: Statement>(
        &self,
        object: &SignedObject,
    ) -> Result<Verified<S>, AdmitError> {
        let verified = self.verify(object).await?;
        self.catch_up().await?;
        self.judge_in_force(&verified).await?;
        Ok(verified)
    }

    /// That the signer's certificate counts, as of the fold that was just caught up with.
    pub(super) async fn judge_in_force<S: Statement>(
        &self,
        statement: &Verified<S>,
    ) -> Result<(), AdmitError> {
        in_force_now(statement, &*self.ledger.read().await, self.now())
    }

    /// Numbers kept for tests and real ones are never mixed.
    fn number_out_of_range(&self, version: &PlanVersion) -> Option<Finding> {
        let number = version.person().nhs_number()?;
        let message = match (self.deployment.numbers, number.is_for_tests()) {
            (NumberRange::Test, true) | (NumberRange::Live, false) => return None,
            (NumberRange::Test, false) => {
                "this service accepts only numbers kept for tests, which begin with 999"
            }
            (NumberRange::Live, true) => {
                "numbers that begin with 999 are kept for tests and not accepted here"
            }
        };
        Some(Finding {
            field: "person.nhs_number".into(),
            rule: "NHS-RANGE",
            message: message.into(),
        })
    }

    /// What the client says of the record has to be so, before anything is written.
    async fn compare(
        &self,
        submission: &Submission<'_>,
        version: &Verified<PlanVersion>,
    ) -> Result<(), AdmitError> {
        let signed = version.content().plan();
        if let Some(addressed) = submission.plan.filter(|plan| *plan != signed) {
            return Err(AdmitError::OtherRecord { signed, addressed });
        }
        let predecessor = version.content().previous();
        let history = self.history(signed).await?;
        let Some(expected) = submission.replaces else {
            return match predecessor {
                None if history.latest().is_none() && history.open_reports().next().is_some() => {
                    Err(AdmitError::ReportOpen)
                }
                None => Ok(()),
                Some(_) => Err(AdmitError::NotFirst),
            };
        };
        let found = history.end();
        if found != Some(expected) {
            return Err(AdmitError::Stale { expected, found });
        }
        if predecessor == Some(expected) {
            Ok(())
        } else {
            let signed = predecessor;
            Err(AdmitError::OtherPredecessor { expected, signed })
        }
    }
}

/// The signer's certificate is not revoked, and valid when this was signed and when it will be logged: a leaf after the
/// certificate's end would never verify.
pub(super) fn in_force_now<S: Statement>(
    statement: &Verified<S>,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<(), AdmitError> {
    verify::in_force(statement, ledger.statuses.size(), &ledger.directory)?;
    let signer = statement.signer();
    let certificate = signer.and_then(|signer| ledger.directory.certificate(&signer));
    let instants = [now, now.plus(LOGGED_WITHIN)];
    let invalid = certificate.and_then(|held| {
        let key = held.content().key();
        let mut outside = instants.into_iter().filter(|at| !held.content().valid_at(*at));
        outside.next().map(|at| RegistrationError::NotValid { key, at })
    });
    invalid.map_or(Ok(()), |fault| Err(fault.into()))
}

/// One minute: far longer than storing takes.
const LOGGED_WITHIN: i64 = 60;

fn named(version: &Verified<PlanVersion>, file: &[u8]) -> bool {
    let attachments = version.content().attachments();
    attachments
        .iter()
        .any(|attachment| verify::attachment_matches(attachment, file))
}
