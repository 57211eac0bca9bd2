//! What comes in: versions with their cards, endorsements, reports. Each is verified, judged in force, compared with
//! the record it belongs to, and only then stored and logged.

use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::{Endorsement, Kind, Report, ReportCode, Statement};
use planseal::trust::Certificate;
use planseal::validate::{Finding, NumberRange};
use planseal::verify::{self, Verified};
use planseal_store::{OperationId, Publication};

use super::Service;
use super::error::{AdmitError, ServiceError};

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
}

/// What a signed-in reader reports; the service's recorder key signs it.
pub struct Observation<'a> {
    /// The version the reader had before them.
    pub version: ObjectId,
    /// What is reported.
    pub code: ReportCode,
    /// The words used.
    pub words: &'a str,
    /// Who reports.
    pub reporter: &'a str,
}

impl Service {
    /// Publishes a version: verify, compare with the record, store, log. Repeating it gives the same leaf.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was published then.
    pub async fn publish(&self, submission: &Submission<'_>) -> Result<Published, AdmitError> {
        let (version, card) = self.verify_submission(submission.bundle).await?;
        let plan = version.content().plan();
        let known = self
            .store
            .leaf_index(version.id())
            .await
            .map_err(ServiceError::from)?;
        if known.is_none() {
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
        Ok(Published {
            plan,
            version_number: version.content().version_number(),
            id: version.id(),
            receipt,
        })
    }

    /// Stores and logs an endorsement by somebody who is not the author.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn endorse(&self, object: &SignedObject) -> Result<Receipt, AdmitError> {
        let endorsement: Verified<Endorsement> = self.verify_in_force(object).await?;
        let target = endorsement.content().version;
        let version = self.store.object(target).await.map_err(ServiceError::from)?;
        let version = SignedObject::parse(&version.ok_or(ServiceError::NotFound)?.envelope)?;
        let ledger = self.ledger.read().await;
        let person = |id: Option<ObjectId>| {
            id.and_then(|id| ledger.directory.certificate(&id))
                .map(|held| same_person(held.content()))
        };
        if person(endorsement.signer()) == person(version.claimed_key()) {
            return Err(AdmitError::OwnEndorsement);
        }
        drop(ledger);
        Ok(self.store.append(&endorsement, OperationId::random()?).await?)
    }

    /// Records what a reader reports, signed by the service's recorder key.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn report(&self, plan: PlanId, observed: &Observation<'_>) -> Result<Receipt, AdmitError> {
        let report = Report {
            plan,
            version: observed.version,
            code: observed.code,
            words: observed.words.to_owned(),
            reporter: observed.reporter.to_owned(),
            issued_at: self.now(),
        };
        let object = {
            let (keys, ledger) = (self.keys.read().await, self.ledger.read().await);
            keys.recorder.sign(&report, &ledger.directory)?
        };
        let report: Verified<Report> = self.verify_in_force(&object).await?;
        Ok(self.store.append(&report, OperationId::random()?).await?)
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

    /// Verified, and signed while the certificate was valid and not revoked.
    async fn verify_in_force<S: Statement>(&self, object: &SignedObject) -> Result<Verified<S>, AdmitError> {
        let mut ledger = self.ledger.write().await;
        ledger.catch_up(&self.store).await?;
        let verified = verify::statement::<S>(object, &ledger.directory)?;
        verify::in_force(&verified, ledger.statuses.size(), &ledger.directory)?;
        Ok(verified)
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
        let Some(expected) = submission.replaces else {
            return match predecessor {
                None => Ok(()),
                Some(_) => Err(AdmitError::NotFirst),
            };
        };
        let chain = self.store.chain(signed).await.map_err(ServiceError::from)?;
        let succession = chain
            .iter()
            .rev()
            .find(|record| matches!(record.kind, Kind::Version | Kind::Withdrawal));
        let found = succession.map(|record| record.id);
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

fn named(version: &Verified<PlanVersion>, file: &[u8]) -> bool {
    let attachments = version.content().attachments();
    attachments
        .iter()
        .any(|attachment| verify::attachment_matches(attachment, file))
}

/// Certificates are renewed; a person is who holds the registration, or else the name at the organisation.
fn same_person(certificate: &Certificate) -> (String, String) {
    let fields = certificate.fields();
    match &fields.registration {
        Some(held) => (held.body.clone(), held.number.clone()),
        None => (fields.organisation.as_str().to_owned(), fields.name.clone()),
    }
}
