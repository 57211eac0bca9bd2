//! What goes out with a version: its bundle (FORMAT §7), its PDF, its files.

use planseal::bundle::Bundle;
use planseal::check::{Reader, Registration};
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::contacts::{Attachment, Digest};
use planseal::receipt::Receipt;
use planseal::statement::WithdrawalReason;
use planseal::status::State;
use planseal::verify::Logged;

use super::Service;
use super::error::ServiceError;
use super::record::{Edition, PlanRecord};
use super::sealing::ToPrint;
use planseal_render::print;

/// A printed version, with the bundle inside it.
pub struct Printed {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// The bundle.
    pub bundle: Vec<u8>,
}

impl Service {
    /// The bundle of a version: with a stamp when it is current, with a head always.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] without such a version.
    pub async fn bundle(&self, plan: PlanId, version_number: u32) -> Result<Bundle, ServiceError> {
        let record = self.record(plan).await?;
        let edition = record.version(version_number).ok_or(ServiceError::NotFound)?;
        self.bundle_of(&record, edition).await
    }

    /// The PDF of a version, made from its bundle and its files and nothing else, sealed and recorded. A version that is
    /// superseded, withdrawn or suspended bears that across every page.
    ///
    /// # Errors
    /// [`ServiceError::NotCurrent`] for a version that was registered too late to count, [`ServiceError::NotShared`] when the patient shares the plan no longer, [`ServiceError::NotWitnessed`] while too few
    /// witnesses answer.
    pub async fn print(&self, plan: PlanId, version_number: u32) -> Result<Printed, ServiceError> {
        let record = self.record(plan).await?;
        let edition = record.version(version_number).ok_or(ServiceError::NotFound)?;
        // Readers refuse a version that came into the log too late to count: it is shown nowhere, and not on paper.
        if edition.late().is_some() {
            return Err(ServiceError::NotCurrent);
        }
        let reason = record.withdrawal().map(|withdrawal| withdrawal.content().reason);
        if reason == Some(WithdrawalReason::SharingStopped) {
            return Err(ServiceError::NotShared);
        }
        self.cosign_up_to(edition.index()).await;
        let bundle = self.bundle_of(&record, edition).await?;
        let files = self.files_of(plan, edition.content().attachments()).await?;
        let reader = Reader::default().pin(self.deployment.policy.clone());
        let checked = reader.open_bundle(&bundle).map_err(print::PrintError::from)?;
        // A paper that its readers could not check for want of witnesses is not handed out.
        if let Registration::NotShown(_) = checked.version() {
            return Err(ServiceError::NotWitnessed);
        }
        let encoded = bundle.encode()?;
        let to_print = ToPrint {
            checked,
            bundle: encoded.clone(),
            files,
        };
        let pdf = self.print_and_seal(plan, to_print).await?;
        Ok(Printed { pdf, bundle: encoded })
    }

    /// A file that a version names.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the record has no such file.
    pub async fn attachment(&self, plan: PlanId, sha256: &Digest) -> Result<Vec<u8>, ServiceError> {
        self.store
            .attachment(plan, sha256)
            .await?
            .ok_or(ServiceError::NotFound)
    }

    /// All files a version names, in its order.
    pub(super) async fn files_of(
        &self,
        plan: PlanId,
        named: &[Attachment],
    ) -> Result<Vec<Vec<u8>>, ServiceError> {
        let mut files = Vec::new();
        for attachment in named {
            files.push(self.attachment(plan, &attachment.sha256()).await?);
        }
        Ok(files)
    }

    async fn bundle_of(&self, record: &PlanRecord, edition: &Edition) -> Result<Bundle, ServiceError> {
        let version = edition.verified().object();
        let stamp = match (edition.state(), &edition.card) {
            (State::Current, Some(_)) => Some(self.stamp(record, edition).await?.object().clone()),
            _ => None,
        };
        let head = self.head_of(record).await?;
        let endorsements = objects(record.endorsements_of(version.id()));
        let (intakes, reports) = (objects(record.intakes()), objects(record.reports()));
        // What ended a doubt about another version stands in that version's bundle.
        let about: Vec<ObjectId> = reports
            .iter()
            .chain(&intakes)
            .chain([version])
            .map(SignedObject::id)
            .collect();
        let resolutions = record.resolutions().iter();
        let resolutions =
            objects(resolutions.filter(|resolution| about.contains(&resolution.content().target)));
        let custody = objects(record.custody());
        let beside = endorsements.iter().chain(&intakes).chain(&reports);
        let logged = [version]
            .into_iter()
            .chain(beside)
            .chain(&resolutions)
            .chain(&custody);
        let unlogged = stamp.iter().chain([&head]);
        let signers: Vec<ObjectId> = logged
            .clone()
            .chain(unlogged)
            .filter_map(SignedObject::claimed_key)
            .collect();
        let certificates = self.issuers_of(&signers).await?;
        let receipts = self.receipts_of(logged.chain(&certificates)).await?;
        Ok(Bundle {
            version: version.clone(),
            card: edition.card.clone(),
            stamp,
            certificates,
            endorsements,
            intakes,
            reports,
            resolutions,
            custody,
            receipts,
            head: Some(head),
            root: self.deployment.policy.root().id(),
        })
    }

    async fn receipts_of(
        &self,
        objects: impl Iterator<Item = &SignedObject>,
    ) -> Result<Vec<(ObjectId, Receipt)>, ServiceError> {
        let mut receipts = Vec::new();
        for object in objects {
            receipts.push((object.id(), self.receipt(object.id()).await?));
        }
        Ok(receipts)
    }
}

fn objects<'a, S: 'a>(statements: impl IntoIterator<Item = &'a Logged<S>>) -> Vec<SignedObject> {
    let statements = statements.into_iter();
    statements
        .map(|logged| logged.verified().object().clone())
        .collect()
}
