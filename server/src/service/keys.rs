//! The service's own keys: head, status and recorder, each with its certificate (FORMAT §3: one key, one role), and the
//! key that seals PDFs.
//!
//! Private halves live behind the signing port; this module only names which port signs what.

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::sign::{SigningPort, ToBeSigned};
use planseal::statement::Statement;
use planseal::trust::{Certificate, Directory};
use planseal::verify::Verified;

use super::error::ServiceError;
use super::sealing::SealKey;

/// A key of the service.
pub struct ServiceKey {
    /// The private half.
    pub port: Box<dyn SigningPort + Send + Sync>,
    /// Id of its registered certificate.
    pub certificate: ObjectId,
}

/// All of them.
pub struct ServiceKeys {
    /// Signs heads and stamps.
    pub head: ServiceKey,
    /// Signs snapshots and trust lists.
    pub status: ServiceKey,
    /// Signs what readers report.
    pub recorder: ServiceKey,
    /// Seals PDFs, where the policy says that they are sealed.
    pub seal: Option<SealKey>,
}

impl ServiceKey {
    pub(super) fn sign<S: Statement>(
        &self,
        statement: &S,
        directory: &Directory,
    ) -> Result<SignedObject, ServiceError> {
        let prepared = ToBeSigned::statement(statement, self.holder(directory)?)?;
        Ok(prepared.sign(self.port.as_ref())?)
    }

    pub(super) fn holder<'a>(
        &self,
        directory: &'a Directory,
    ) -> Result<&'a Verified<Certificate>, ServiceError> {
        let id = self.certificate;
        directory
            .certificate(&id)
            .ok_or(ServiceError::KeyNotRegistered { id })
    }
}

impl core::fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ServiceKey(certificate {})", self.certificate)
    }
}
