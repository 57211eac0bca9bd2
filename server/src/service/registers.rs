//! Statements that are about no record: certificates, revocations, staff lists.

use planseal::envelope::SignedObject;
use planseal::statement::{KeyStatus, StaffList};
use planseal::trust::{Certificate, Directory};
use planseal::verify::Verified;

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
        if let Some(known) = self.known(object.id()).await? {
            return Ok(known);
        }
        let certificate = self.judge_certificate(object).await?;
        let registered = self.log(&certificate).await?;
        self.catch_up().await?;
        Ok(registered)
    }

    /// Verifies a certificate beside its issuer's, which counts now. Only the fold takes it in, once it is logged.
    async fn judge_certificate(&self, object: &SignedObject) -> Result<Verified<Certificate>, AdmitError> {
        let ledger = self.ledger.read().await;
        let mut beside = Directory::pinned(self.policy());
        let issuer = object.claimed_key();
        if let Some(issuer) = issuer.and_then(|id| ledger.directory.certificate(&id)) {
            beside.admit(issuer.object())?;
        }
        let certificate = beside.admit(object)?.clone();
        in_force_now(&certificate, &ledger, self.now())?;
        Ok(certificate)
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
