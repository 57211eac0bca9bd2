//! Enrolment requests: a candidate proves that they hold the key they want certified (FORMAT §3, SECURITY T8).
//!
//! The request binds nonce, invite, person, organisation and key in one signature by the new key itself. The
//! organisation's own machine checks nonce and invite, and builds every field of the certificate itself.

use serde::{Deserialize, Serialize};

use super::{ContentError, Kind, Statement, check_type, decode_payload, sealed, type_name};
use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::MAX_ENVELOPE;
use crate::time::Timestamp;
use crate::trust::{Custody, OrgCode, PublicKey};

/// A request for a certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The organisation's single-use challenge.
    pub nonce: [u8; 32],
    /// The invite this answers, as the organisation named it.
    pub invite: String,
    /// The candidate's name.
    pub name: String,
    /// The organisation asked.
    pub organisation: OrgCode,
    /// The candidate's new public key; it also signs this request.
    pub key: PublicKey,
    /// Where the private key is kept.
    pub custody: Custody,
    /// When it was signed.
    pub issued_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    #[serde(with = "serde_bytes")]
    nonce: [u8; 32],
    invite: String,
    name: String,
    org: OrgCode,
    key: PublicKey,
    custody: Custody,
    iat: Timestamp,
}

impl core::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Enrolment({} at {})", self.key, self.organisation)
    }
}

impl sealed::Sealed for Enrolment {}

impl Statement for Enrolment {
    const KIND: Kind = Kind::Enrolment;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        encode(&Wire {
            typ: type_name(Self::KIND),
            v: super::FORMAT_VERSION,
            nonce: self.nonce,
            invite: self.invite.clone(),
            name: self.name.clone(),
            org: self.organisation.clone(),
            key: self.key,
            custody: self.custody,
            iat: self.issued_at,
        })
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let wire: Wire = decode_payload(Self::KIND, payload, MAX_ENVELOPE)?;
        check_type(Self::KIND, &wire.typ, wire.v)?;
        Ok(Self {
            nonce: wire.nonce,
            invite: wire.invite,
            name: wire.name,
            organisation: wire.org,
            key: wire.key,
            custody: wire.custody,
            issued_at: wire.iat,
        })
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    fn subject(&self) -> String {
        format!("urn:planseal:enrolment:{}", hex::encode(self.nonce))
    }
}
