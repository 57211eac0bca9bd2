//! The trust list: every certificate and revocation, as of a tree size, for readers without a connection (FORMAT §3).
//!
//! A view and no authority: each certificate in it is verified up to the pinned root like any other. What the
//! list adds is where certificates stand in the log and which are revoked.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::Revocation;
use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::{Header, MAX_LOG_VIEW, SignedObject};
use crate::id::ObjectId;
use crate::log::note::VerifierKey;
use crate::log::tree::Hash;
use crate::log::witness::WitnessPolicy;
use crate::sign::Signature;
use crate::statement::{
    ContentError, FORMAT_VERSION, Kind, RevocationReason, Statement, check_type, decode_payload, sealed,
    type_name,
};
use crate::time::Timestamp;
use crate::trust::{Certificate, TrustPolicy};

/// Certificates and revocations as of a tree size.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustList {
    issued_at: Timestamp,
    size: u64,
    root: Hash,
    policy: String,
    log: VerifierKey,
    certificates: Vec<ListedCertificate>,
    revocations: Vec<ListedRevocation>,
}

/// A certificate and its leaf index.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedCertificate {
    /// Leaf index of the certificate.
    pub index: u64,
    /// Leaf index of its issuer's certificate; its own for the root.
    pub issuer: u64,
    /// The certificate's envelope.
    pub object: SignedObject,
}

/// A revocation and its leaf index, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ListedRevocation {
    certificate: u64,
    revocation: Revocation,
}

impl TrustList {
    /// Puts a list together from what the log of this policy holds up to `size`, certificates in leaf order.
    ///
    /// # Errors
    /// [`ContentError`] when an issuer is not listed before what it issued, or a revoked certificate is not listed.
    pub fn new(
        policy: &TrustPolicy,
        issued_at: Timestamp,
        size: u64,
        root: Hash,
        certificates: Vec<ListedCertificate>,
        revocations: &[(ObjectId, Revocation)],
    ) -> Result<Self, ContentError> {
        let place = |id: &ObjectId| {
            let listed = certificates.iter().find(|listed| listed.object.id() == *id);
            listed
                .map(|listed| listed.index)
                .ok_or_else(|| ContentError::value("revocations", "not listed"))
        };
        let revocations = revocations
            .iter()
            .map(|(id, revocation)| {
                Ok(ListedRevocation {
                    certificate: place(id)?,
                    revocation: *revocation,
                })
            })
            .collect::<Result<_, ContentError>>()?;
        let list = Self {
            issued_at,
            size,
            root,
            policy: policy.log_policy(),
            log: policy.log().clone(),
            certificates,
            revocations,
        };
        list.check_order()?;
        Ok(list)
    }

    /// Tree size up to which the list is complete.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root hash of the tree of that size.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// The log's key and its witnesses in the text form of C2SP tlog-policy, as the service states them today. What a
    /// reader pinned goes before: a service cannot lower the quorum of its own witnesses.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The key of the log this list is a view of.
    #[must_use]
    pub const fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// The certificates in leaf order, as envelopes that are still to be verified.
    #[must_use]
    pub fn certificates(&self) -> &[ListedCertificate] {
        &self.certificates
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = (ObjectId, u64)> {
        self.certificates
            .iter()
            .map(|listed| (listed.object.id(), listed.index))
    }

    /// Every revocation, with the certificate it is of.
    pub fn revocations(&self) -> impl Iterator<Item = (ObjectId, Revocation)> {
        self.revocations.iter().filter_map(|listed| {
            let certificate = self
                .certificates
                .iter()
                .find(|other| other.index == listed.certificate)?;
            Some((certificate.object.id(), listed.revocation))
        })
    }

    /// Every revocation in leaf indices: the certificate, from where it reaches, and its own place.
    pub(crate) fn revocation_places(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        self.revocations.iter().map(|listed| {
            let Revocation {
                from_index, index, ..
            } = listed.revocation;
            (listed.certificate, from_index, index)
        })
    }

    fn check_order(&self) -> Result<(), ContentError> {
        let mut previous = None;
        for listed in &self.certificates {
            let issuer_before = listed.issuer < listed.index || (listed.issuer == 0 && listed.index == 0);
            if previous >= Some(listed.index) || !issuer_before || listed.index >= self.size {
                return Err(ContentError::value(
                    "certificates",
                    "must stand in leaf order below the tree size",
                ));
            }
            previous = Some(listed.index);
        }
        Ok(())
    }
}

impl core::fmt::Debug for TrustList {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "TrustList({} certificates at size {})",
            self.certificates.len(),
            self.size
        )
    }
}

/// `[leaf index, issuer's leaf index, payload, signature]`.
type WireCertificate = (u64, u64, ByteBuf, ByteBuf);
/// `[certificate's leaf index, from_index, leaf index of the revocation, reason, iat]`.
type WireRevocation = (u64, u64, u64, RevocationReason, Timestamp);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    iat: Timestamp,
    size: u64,
    root: Hash,
    policy: String,
    certificates: Vec<WireCertificate>,
    revocations: Vec<WireRevocation>,
}

impl sealed::Sealed for TrustList {}

impl Statement for TrustList {
    const KIND: Kind = Kind::TrustList;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        let certificate = |listed: &ListedCertificate| {
            let payload = ByteBuf::from(listed.object.payload().to_vec());
            let signature = ByteBuf::from(listed.object.signature().as_bytes().to_vec());
            (listed.index, listed.issuer, payload, signature)
        };
        let revocation = |listed: &ListedRevocation| {
            let Revocation {
                from_index,
                index,
                reason,
                at,
            } = listed.revocation;
            (listed.certificate, from_index, index, reason, at)
        };
        encode(&Wire {
            typ: type_name(Self::KIND),
            v: FORMAT_VERSION,
            iat: self.issued_at,
            size: self.size,
            root: self.root,
            policy: self.policy.clone(),
            certificates: self.certificates.iter().map(certificate).collect(),
            revocations: self.revocations.iter().map(revocation).collect(),
        })
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let wire: Wire = decode_payload(Self::KIND, payload, MAX_LOG_VIEW)?;
        check_type(Self::KIND, &wire.typ, wire.v)?;
        let mut certificates: Vec<ListedCertificate> = Vec::new();
        for (index, issuer, payload, signature) in wire.certificates {
            let object = rebuild(&certificates, index, issuer, &payload, &signature)?;
            certificates.push(ListedCertificate {
                index,
                issuer,
                object,
            });
        }
        let revocations = wire
            .revocations
            .into_iter()
            .map(|(certificate, from_index, index, reason, at)| ListedRevocation {
                certificate,
                revocation: Revocation {
                    from_index,
                    index,
                    reason,
                    at,
                },
            });
        let list = Self {
            issued_at: wire.iat,
            size: wire.size,
            root: wire.root,
            log: log_of(&wire.policy)?,
            policy: wire.policy,
            certificates,
            revocations: revocations.collect(),
        };
        list.check_order()?;
        Ok(list)
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    fn subject(&self) -> String {
        format!("urn:planseal:trust-list:{}", self.root)
    }
}

/// The one log that the policy text names.
fn log_of(policy: &str) -> Result<VerifierKey, ContentError> {
    let policy = WitnessPolicy::parse(policy).map_err(|fault| ContentError::value("policy", fault))?;
    match policy.logs() {
        [log] => Ok(log.clone()),
        _ => Err(ContentError::value("policy", "must name exactly one log")),
    }
}

/// Rebuilds a certificate's envelope by the header rules of FORMAT §3.
fn rebuild(
    earlier: &[ListedCertificate],
    index: u64,
    issuer: u64,
    payload: &[u8],
    signature: &[u8],
) -> Result<SignedObject, ContentError> {
    let refuse = |rule: &str| ContentError::value("certificates", rule);
    let certificate = Certificate::from_payload(payload)?;
    let signer = if certificate.is_root() {
        None
    } else {
        let place = earlier.binary_search_by_key(&issuer, |listed| listed.index);
        Some(
            place
                .map(|place| earlier[place].object.id())
                .map_err(|_| refuse("an issuer is not listed"))?,
        )
    };
    let header = Header {
        kind: Kind::Certificate,
        issuer: issuer_code(&certificate, earlier, index, issuer)?,
        subject: certificate.subject(),
        issued_at: certificate.issued_at(),
        certificate: signer,
    };
    let signature: [u8; 64] = signature
        .try_into()
        .map_err(|_| refuse("a signature has 64 bytes"))?;
    SignedObject::rebuild(&header, payload, &Signature::from_bytes(signature))
        .map_err(|fault| ContentError::value("certificates", fault))
}

/// `iss` is the organisation of the signer: the issuer's code, or the root's own.
fn issuer_code(
    certificate: &Certificate,
    earlier: &[ListedCertificate],
    index: u64,
    issuer: u64,
) -> Result<String, ContentError> {
    if index == issuer {
        return Ok(certificate.organisation().as_str().to_owned());
    }
    let place = earlier.binary_search_by_key(&issuer, |listed| listed.index);
    let place = place.map_err(|_| ContentError::value("certificates", "an issuer is not listed"))?;
    let issuing = Certificate::from_payload(earlier[place].object.payload())?;
    Ok(issuing.organisation().as_str().to_owned())
}
