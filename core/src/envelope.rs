//! The envelope: untagged COSE_Sign1 with a closed protected header (FORMAT §3; RFC 9052 §4.2, RFC 9597, RFC 9360).
//!
//! Parsing judges shape only. A [`SignedObject`] does not give out its content; [`crate::verify`] does, after the
//! signature was checked over the bytes as they arrived.

use core::ops::Range;

use serde_cbor::Value;

use crate::canonical::{CanonicalBytes, DecodeError, EncodeError, IntMap, IntMapError, encode, profile};
use crate::id::ObjectId;
use crate::sign::Signature;
use crate::statement::Kind;
use crate::time::Timestamp;

/// 1 MiB: twenty times the largest plan in the vectors; a bound on work before any key is looked up.
pub const MAX_ENVELOPE: usize = 1 << 20;

/// 16 MiB for the objects that grow with the log: the trust list and the snapshot.
pub const MAX_LOG_VIEW: usize = 16 << 20;

/// RFC 9864: Ed25519, fully specified.
const ALGORITHM: i64 = -19;
/// RFC 9054: SHA-256, for the certificate's thumbprint.
const THUMBPRINT_ALGORITHM: i64 = -16;

const LABEL_ALGORITHM: i64 = 1;
const LABEL_CONTENT_TYPE: i64 = 3;
const LABEL_CLAIMS: i64 = 15;
const LABEL_CERTIFICATE: i64 = 34;
const CLAIM_ISSUER: i64 = 1;
const CLAIM_SUBJECT: i64 = 2;
const CLAIM_ISSUED_AT: i64 = 6;

/// The protected header: this closed set and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The kind named by the content type (label 3).
    pub kind: Kind,
    /// The signer's organisation code (claim 1).
    pub issuer: String,
    /// The record or thing spoken about (claim 2).
    pub subject: String,
    /// The payload's time (claim 6).
    pub issued_at: Timestamp,
    /// The id of the signer's certificate (label 34); absent for what its own payload's key signs.
    pub certificate: Option<ObjectId>,
}

impl Header {
    /// The protected bytes.
    ///
    /// # Errors
    /// [`EncodeError`] when issuer or subject hold text outside the profile.
    pub(crate) fn encode(&self) -> Result<CanonicalBytes, EncodeError> {
        let claims = IntMap::default()
            .put(CLAIM_ISSUER, self.issuer.clone())
            .put(CLAIM_SUBJECT, self.subject.clone())
            .put_number(CLAIM_ISSUED_AT, self.issued_at.seconds());
        let thumbprint = self.certificate.map(|certificate| {
            let digest = Value::Bytes(certificate.as_bytes().to_vec());
            Value::Array(vec![Value::Integer(THUMBPRINT_ALGORITHM.into()), digest])
        });
        IntMap::default()
            .put_number(LABEL_ALGORITHM, ALGORITHM)
            .put(LABEL_CONTENT_TYPE, self.kind.content_type())
            .put_map(LABEL_CLAIMS, claims)
            .put_some(LABEL_CERTIFICATE, thumbprint)
            .encode()
    }

    fn decode(protected: &[u8]) -> Result<Self, EnvelopeError> {
        let mut labels = IntMap::decode(protected, MAX_HEADER)?;
        let algorithm = labels.integer(LABEL_ALGORITHM)?;
        if algorithm != i128::from(ALGORITHM) {
            return Err(EnvelopeError::Algorithm { found: algorithm });
        }
        let content_type = labels.text(LABEL_CONTENT_TYPE)?;
        let kind = Kind::from_content_type(&content_type).ok_or(EnvelopeError::ContentType)?;
        let mut claims = labels.map(LABEL_CLAIMS)?;
        let header = Self {
            kind,
            issuer: claims.text(CLAIM_ISSUER)?,
            subject: claims.text(CLAIM_SUBJECT)?,
            issued_at: Timestamp::from_seconds(claims.unsigned(CLAIM_ISSUED_AT)?)
                .map_err(|_| IntMapError::Field(CLAIM_ISSUED_AT))?,
            certificate: labels.array(LABEL_CERTIFICATE)?.map(thumbprint).transpose()?,
        };
        claims.finish()?;
        labels.finish()?;
        Ok(header)
    }
}

/// 512 bytes: four times the longest header of any kind.
const MAX_HEADER: usize = 512;

fn thumbprint(items: Vec<Value>) -> Result<ObjectId, EnvelopeError> {
    let refuse = IntMapError::Field(LABEL_CERTIFICATE);
    let Ok([Value::Integer(algorithm), Value::Bytes(digest)]) = <[Value; 2]>::try_from(items) else {
        return Err(refuse.into());
    };
    match <[u8; 32]>::try_from(digest) {
        Ok(digest) if algorithm == i128::from(THUMBPRINT_ALGORITHM) => Ok(ObjectId::from_bytes(digest)),
        _ => Err(refuse.into()),
    }
}

/// An envelope whose shape was checked and whose signature was not.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedObject {
    bytes: Vec<u8>,
    id: ObjectId,
    header: Header,
    protected: Range<usize>,
    payload: Range<usize>,
    signature: Signature,
}

impl SignedObject {
    /// Parses an envelope of at most [`MAX_ENVELOPE`] bytes ([`MAX_LOG_VIEW`] for trust lists and snapshots).
    ///
    /// # Errors
    /// [`EnvelopeError`] with the broken rule.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        profile::check(bytes, MAX_LOG_VIEW).map_err(DecodeError::from)?;
        let split = Split::of(bytes).ok_or(EnvelopeError::Shape)?;
        let header = Header::decode(&bytes[split.protected.clone()])?;
        let limit = match header.kind {
            Kind::TrustList | Kind::Snapshot => MAX_LOG_VIEW,
            _ => MAX_ENVELOPE,
        };
        profile::check(bytes, limit).map_err(DecodeError::from)?;
        profile::check(&bytes[split.payload.clone()], limit).map_err(DecodeError::from)?;
        if header
            .encode()
            .is_ok_and(|again| again.as_slice() == &bytes[split.protected.clone()])
        {
            let Split {
                protected,
                payload,
                signature,
            } = split;
            Ok(Self {
                id: ObjectId::of(bytes),
                bytes: bytes.to_vec(),
                header,
                protected,
                payload,
                signature,
            })
        } else {
            Err(EnvelopeError::Header(DecodeError::NotCanonical.into()))
        }
    }

    /// Puts an envelope together again from what a card, a stamp or a trust list carries of it (FORMAT §6).
    ///
    /// # Errors
    /// [`EnvelopeError`] when the parts make no envelope.
    pub fn rebuild(header: &Header, payload: &[u8], signature: &Signature) -> Result<Self, EnvelopeError> {
        let protected = header.encode().map_err(|_| EnvelopeError::Shape)?;
        Self::parse(&assemble(protected.as_slice(), payload, signature))
    }

    /// SHA-256 of the envelope.
    #[must_use]
    pub const fn id(&self) -> ObjectId {
        self.id
    }

    /// The kind named by the protected header.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.header.kind
    }

    /// The envelope, byte for byte as it arrived.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The certificate this object says signed it. Nothing was checked yet.
    #[must_use]
    pub const fn claimed_key(&self) -> Option<ObjectId> {
        self.header.certificate
    }

    /// Header and payload before any signature was checked: for routing and for showing greyed, never for relying on.
    #[must_use]
    pub fn peek_unverified(&self) -> (&Header, &[u8]) {
        (&self.header, self.payload())
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.bytes[self.payload.clone()]
    }

    /// The signature, which the short forms of FORMAT §6 carry apart.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// What the signature covers, with this external data (RFC 9052 §4.4).
    pub(crate) fn signed_bytes(&self, external: &[u8]) -> Vec<u8> {
        signature_structure(&self.bytes[self.protected.clone()], external, self.payload())
    }
}

impl core::fmt::Debug for SignedObject {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SignedObject({} {})", self.header.kind, self.id)
    }
}

/// Writes `[protected, {}, payload, signature]`.
pub(crate) fn assemble(protected: &[u8], payload: &[u8], signature: &Signature) -> Vec<u8> {
    let items = [
        Value::Bytes(protected.to_vec()),
        Value::Map(std::collections::BTreeMap::new()),
        Value::Bytes(payload.to_vec()),
        Value::Bytes(signature.as_bytes().to_vec()),
    ];
    encode(&items)
        .expect("byte strings and an empty map are in the profile")
        .into_vec()
}

/// RFC 9052 §4.4: `["Signature1", protected, external_aad, payload]`.
pub(crate) fn signature_structure(protected: &[u8], external: &[u8], payload: &[u8]) -> Vec<u8> {
    let items = [
        Value::Text("Signature1".into()),
        Value::Bytes(protected.to_vec()),
        Value::Bytes(external.to_vec()),
        Value::Bytes(payload.to_vec()),
    ];
    encode(&items)
        .expect("text and byte strings are in the profile")
        .into_vec()
}

/// The places of the four parts; the profile was checked, so heads are shortest and lengths hold.
struct Split {
    protected: Range<usize>,
    payload: Range<usize>,
    signature: Signature,
}

impl Split {
    fn of(bytes: &[u8]) -> Option<Self> {
        let rest = |from: usize| bytes.get(from..);
        if *bytes.first()? != ARRAY_OF_FOUR {
            return None;
        }
        let protected = byte_string(rest(1)?, 1)?;
        if *bytes.get(protected.end)? != EMPTY_MAP {
            return None;
        }
        let payload = byte_string(rest(protected.end + 1)?, protected.end + 1)?;
        let signature = byte_string(rest(payload.end)?, payload.end)?;
        let signature = Signature::from_bytes(bytes.get(signature)?.try_into().ok()?);
        Some(Self {
            protected,
            payload,
            signature,
        })
    }
}

const ARRAY_OF_FOUR: u8 = 0x84;
const EMPTY_MAP: u8 = 0xa0;

/// The content of the byte string at the front of `rest`, as a range of the whole that begins at `offset`.
fn byte_string(rest: &[u8], offset: usize) -> Option<Range<usize>> {
    let first = *rest.first()?;
    if first >> 5 != 2 {
        return None;
    }
    let width = match first & 0x1f {
        24 => 1,
        25 => 2,
        26 => 4,
        short if short < 24 => 0,
        _ => return None,
    };
    let length = match width {
        0 => usize::from(first & 0x1f),
        _ => rest
            .get(1..1 + width)?
            .iter()
            .fold(0, |length, digit| (length << 8) | usize::from(*digit)),
    };
    let start = offset + 1 + width;
    Some(start..start.checked_add(length)?)
}

/// Why bytes are not an envelope of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Outside the profile.
    #[error("this is not a planseal object")]
    Profile(#[from] DecodeError),
    /// Not `[protected, {}, payload, signature]`, or the unprotected map is not empty.
    #[error("this is not an untagged COSE_Sign1 with an empty unprotected header")]
    Shape,
    /// The protected header is not the closed set of FORMAT §3.
    #[error("the protected header is not the closed set of this format: {0}")]
    Header(#[from] IntMapError),
    /// Another signature algorithm.
    #[error("signed with algorithm {found}; only -19 (Ed25519) is accepted")]
    Algorithm {
        /// The header's `alg`.
        found: i128,
    },
    /// A content type that this format does not have.
    #[error("the content type is not one of this format; a newer kind needs newer software")]
    ContentType,
}
