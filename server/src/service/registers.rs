//! Statements that are about no record: certificates, revocations, staff lists.

use planseal::envelope::SignedObject;
use planseal::statement::{KeyStatus, StaffList};
use planseal::trust::Certificate;
use planseal::verify;
use planseal_store::OperationId;

use super::admit::in_force_now;
use super::error::AdmitError;
use super::{Registered, Service};

impl Service {
    /// Verifies a certificate up to the pinned root, logs it, and from then on accepts what its key signs.
    ///
    /// # Errors
    /// [`AdmitError`] when it does not verify, its issuer is not in force, or the store fails.
    pub async fn register_certificate(&self, object: &SignedObject) -> Result<Registered, AdmitError> {
        let registered = self.register_certificate_in_turn(object).await?;
        Ok(self.witnessed(registered).await?)
    }

    async fn register_certificate_in_turn(&self, object: &SignedObject) -> Result<Registered, AdmitError> {
        let _open = self.gate.read().await;
        self.catch_up().await?;
        let mut ledger = self.ledger.write().await;
        // The directory keeps a certificate it admitted even if the log then refuses it; unplaced, it counts for nothing.
        let certificate = ledger.directory.admit(object)?.clone();
        let id = certificate.id();
        if ledger.directory.index_of(&id).is_none() {
            in_force_now(&certificate, &ledger, self.now())?;
        }
        let receipt = self.store.append(&certificate, OperationId::random()?).await?;
        ledger.list(object.clone(), receipt.proof().index, receipt.leaf().signer);
        let logged =
            verify::logged::<Certificate>(certificate, &receipt, &self.own_policy, &ledger.directory)?;
        ledger.directory.place_logged(&logged)?;
        Ok(Registered { id, receipt })
    }

    /// Verifies and logs a revocation by the issuer or the root. From then on what the key signs is refused, trust
    /// lists name it, and versions at or after its place are suspended.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn revoke(&self, object: &SignedObject) -> Result<Registered, AdmitError> {
        let registered = self.revoke_in_turn(object).await?;
        Ok(self.witnessed(registered).await?)
    }

    async fn revoke_in_turn(&self, object: &SignedObject) -> Result<Registered, AdmitError> {
        let _closed = self.gate.write().await;
        let status = self.verify::<KeyStatus>(object).await?;
        if let Some(known) = self.known(status.id()).await? {
            return Ok(known);
        }
        let status = self.verify_in_force::<KeyStatus>(status.object()).await?;
        let (from_index, size) = (status.content().from_index, self.store.log_size());
        if from_index > size {
            return Err(AdmitError::RevocationAhead { from_index, size });
        }
        let registered = self.log(&status).await?;
        self.catch_up().await?;
        Ok(registered)
    }

    /// Verifies and logs an organisation's staff list, which replaces the one before it whole.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was logged then.
    pub async fn list_staff(&self, object: &SignedObject) -> Result<Registered, AdmitError> {
        let registered = self.list_staff_in_turn(object).await?;
        Ok(self.witnessed(registered).await?)
    }

    async fn list_staff_in_turn(&self, object: &SignedObject) -> Result<Registered, AdmitError> {
        let _open = self.gate.read().await;
        let _turn = self.staff_turn.lock().await;
        let list = self.verify::<StaffList>(object).await?;
        if let Some(known) = self.known(list.id()).await? {
            return Ok(known);
        }
        let list = self.verify_in_force::<StaffList>(list.object()).await?;
        let last = {
            let ledger = self.ledger.read().await;
            let organisation = ledger.organisation_of(&list);
            organisation.map_or(0, |organisation| ledger.last_staff_list(&organisation))
        };
        let number = list.content().number;
        if number <= last {
            return Err(AdmitError::OldStaffList { number, last });
        }
        self.log(&list).await
    }
}
