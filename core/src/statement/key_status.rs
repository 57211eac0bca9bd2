//! Key status: a certificate revoked from a leaf index on (FORMAT §3, §4).
//!
//! Log order decides, not clocks: what the key signed before `from_index` stays verified.

use serde::{Deserialize, Serialize};

use super::short::short;
use super::{ContentError, Kind, LoggedStatement, Statement};
use crate::canonical::{CanonicalBytes, EncodeError};
use crate::id::ObjectId;
use crate::time::Timestamp;
use crate::trust::Directory;
use crate::verify::Verified;

short! {
    /// A revocation by the organisation that issued the certificate, or by the root.
    KeyStatus {
        /// The certificate revoked.
        certificate: ObjectId;
        /// Why.
        reason: RevocationReason;
        /// Objects of this key at or after this leaf index are not accepted.
        from_index: u64;
    }
}

/// Why a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// The key may be in other hands.
    KeyCompromised,
    /// The key is lost, or its file or device destroyed.
    KeyLost,
    /// The person left the organisation or no longer holds the role.
    Left,
    /// The person was not entitled when they signed.
    NotEntitled,
    /// Replaced by a newer certificate.
    Replaced,
}

impl Statement for KeyStatus {
    const KIND: Kind = Kind::KeyStatus;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        self.to_wire()
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        Self::of_wire(payload)
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    fn subject(&self) -> String {
        format!("urn:planseal:key-status:{}", self.certificate)
    }

    /// A certificate is revoked by whoever issued it, or by the root.
    fn may_be_signed_under(&self, signer: &ObjectId, directory: &Directory) -> bool {
        let issuer = directory
            .certificate(&self.certificate)
            .and_then(Verified::signer);
        issuer.is_some_and(|issuer| issuer == *signer || directory.root() == *signer)
    }
}

impl LoggedStatement for KeyStatus {
    fn target(&self) -> Option<ObjectId> {
        Some(self.certificate)
    }

    fn revoked_from(&self) -> Option<u64> {
        Some(self.from_index)
    }
}
