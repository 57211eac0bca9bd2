//! What an authority says about keys and people after it certified them: revocations and staff lists.
//!
//! Both are prepared first, so that a person sees what the very bytes say, and stand in the ledger before they are given
//! away.

use planseal::envelope::SignedObject;
use planseal::sign::ToBeSigned;
use planseal::statement::{KeyStatus, RevocationReason, StaffList, Statement as _};
use planseal::time::Timestamp;
use planseal::verify::VerifyError;

use super::ledger::Event;
use super::{Authority, AuthorityError};

/// A revocation that was found to be this authority's to make, ready to be shown and signed.
pub struct Revocation {
    status: KeyStatus,
    to_be_signed: ToBeSigned,
}

impl Revocation {
    /// What the key is going to sign.
    #[must_use]
    pub const fn to_be_signed(&self) -> &ToBeSigned {
        &self.to_be_signed
    }
}

/// A staff list whose number is free, ready to be shown and signed.
pub struct PreparedStaffList {
    number: u32,
    to_be_signed: ToBeSigned,
}

impl PreparedStaffList {
    /// What the key is going to sign.
    #[must_use]
    pub const fn to_be_signed(&self) -> &ToBeSigned {
        &self.to_be_signed
    }
}

impl core::fmt::Debug for PreparedStaffList {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PreparedStaffList({})", self.number)
    }
}

impl core::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Revocation({:?})", self.status)
    }
}

impl Authority {
    /// Prepares the revocation of a certificate from a leaf of the log on. A root may also revoke what its organisations
    /// issued; their certificates are then `issuers`.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssuedHere`] when it is somebody else's to revoke, [`AuthorityError::Revoked`] when the
    /// certificate does not verify.
    pub fn revocation(
        &self,
        certificate: &SignedObject,
        issuers: &[SignedObject],
        reason: RevocationReason,
        from_index: u64,
        at: Timestamp,
    ) -> Result<Revocation, AuthorityError> {
        let mut directory = self.directory.clone();
        let above_all = self.certificate.content().is_root();
        if !above_all && certificate.claimed_key() != Some(self.certificate.id()) {
            return Err(AuthorityError::NotIssuedHere {
                certificate: certificate.id(),
                by: self.certificate.content().organisation().clone(),
            });
        }
        directory
            .admit_all(issuers.iter().chain([certificate]))
            .map_err(|cause| AuthorityError::Revoked {
                certificate: certificate.id(),
                cause: Box::new(cause),
            })?;
        let status = KeyStatus {
            certificate: certificate.id(),
            reason,
            from_index,
            issued_at: at,
        };
        Ok(Revocation {
            to_be_signed: ToBeSigned::statement(&status, &self.certificate)?,
            status,
        })
    }

    /// Signs a revocation. It stands in the ledger before it is given away.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn revoke(&mut self, revocation: &Revocation, at: Timestamp) -> Result<SignedObject, AuthorityError> {
        let object = revocation.to_be_signed.sign(&self.key)?;
        self.ledger.record(
            at,
            Event::Revoked {
                certificate: revocation.status.certificate.into(),
                from_index: revocation.status.from_index,
                reason: Some(revocation.status.reason),
            },
        )?;
        Ok(object)
    }

    /// The number that the next staff list has.
    #[must_use]
    pub const fn next_staff_list(&self) -> u32 {
        self.ledger.last_staff_list().saturating_add(1)
    }

    /// Prepares a staff list. A list of a number that was signed before, or a lower one, would be taken by nobody.
    ///
    /// # Errors
    /// [`AuthorityError::StaffListNumber`], and what the format refuses.
    pub fn staff_list(&self, list: &StaffList) -> Result<PreparedStaffList, AuthorityError> {
        let next = self.next_staff_list();
        if list.number < next {
            return Err(AuthorityError::StaffListNumber {
                asked: list.number,
                next,
            });
        }
        let to_be_signed = ToBeSigned::statement(list, &self.certificate)?;
        StaffList::from_payload(to_be_signed.payload()).map_err(VerifyError::from)?;
        Ok(PreparedStaffList {
            number: list.number,
            to_be_signed,
        })
    }

    /// Signs a staff list. Its number is spent in the ledger before it is given away.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn sign_staff_list(
        &mut self,
        list: &PreparedStaffList,
        at: Timestamp,
    ) -> Result<SignedObject, AuthorityError> {
        let object = list.to_be_signed.sign(&self.key)?;
        self.ledger.record(
            at,
            Event::StaffListed {
                number: list.number,
                list: object.id().into(),
            },
        )?;
        Ok(object)
    }
}
