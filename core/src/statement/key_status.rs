//! Key status: a certificate revoked from a leaf index on (FORMAT §3, §4).
//!
//! Log order decides, not clocks: what the key signed before `from_index` stays verified.

use serde::{Deserialize, Serialize};

use super::{ContentError, Kind, LoggedStatement, Statement, check_type, decode_payload, sealed, type_name};
use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::MAX_ENVELOPE;
use crate::id::ObjectId;
use crate::time::Timestamp;
use crate::trust::Directory;
use crate::verify::Verified;

/// A revocation by the organisation that issued the certificate, or by the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// The certificate revoked.
    pub certificate: ObjectId,
    /// Why.
    pub reason: RevocationReason,
    /// Objects of this key at or after this leaf index are not accepted.
    pub from_index: u64,
    /// When it was signed.
    pub issued_at: Timestamp,
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    certificate: ObjectId,
    reason: RevocationReason,
    from_index: u64,
    iat: Timestamp,
}

impl sealed::Sealed for KeyStatus {}

impl Statement for KeyStatus {
    const KIND: Kind = Kind::KeyStatus;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        encode(&Wire {
            typ: type_name(Self::KIND),
            v: super::FORMAT_VERSION,
            certificate: self.certificate,
            reason: self.reason,
            from_index: self.from_index,
            iat: self.issued_at,
        })
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let wire: Wire = decode_payload(Self::KIND, payload, MAX_ENVELOPE)?;
        check_type(Self::KIND, &wire.typ, wire.v)?;
        Ok(Self {
            certificate: wire.certificate,
            reason: wire.reason,
            from_index: wire.from_index,
            issued_at: wire.iat,
        })
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
