//! The trust policy: what a reader pins (FORMAT §3.4).
//!
//! Root certificate, log and witnesses come by file, by the page it was installed from, or as a fingerprint on
//! paper; nothing is compiled in. A reader may pin several, one for each region.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

use super::Certificate;
use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::{MAX_ENVELOPE, SignedObject};
use crate::log::note::{NoteError, VerifierKey};
use crate::log::witness::{WitnessError, WitnessPolicy};
use crate::statement::{ContentError, FORMAT_VERSION, check_type_named, decode_payload_named};
use crate::verify::{self, Verified, VerifyError};

/// What a reader pins.
#[derive(Clone)]
pub struct TrustPolicy {
    root: Verified<Certificate>,
    log: VerifierKey,
    witnesses: WitnessPolicy,
    witness_text: String,
    contact: String,
    seals: Option<[u8; 32]>,
    bytes: CanonicalBytes,
}

/// The `typ` of a policy file. A policy is not signed: pinning it is the reader's own act.
const TYPE: &str = "planseal.trust-policy";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    root: ByteBuf,
    origin: String,
    vkey: String,
    witness: String,
    contact: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    seals: Option<ByteBuf>,
}

impl TrustPolicy {
    /// Puts a policy together; `witness` is in the text form of C2SP tlog-policy.
    ///
    /// # Errors
    /// [`PolicyError`] when the root does not verify by its own key, or log key or witness policy do not parse.
    pub fn new(root: &SignedObject, vkey: &str, witness: &str, contact: &str) -> Result<Self, PolicyError> {
        let log = VerifierKey::parse(vkey)?;
        Self::of(&Wire {
            typ: TYPE.into(),
            v: FORMAT_VERSION,
            root: ByteBuf::from(root.bytes().to_vec()),
            origin: log.name().to_owned(),
            vkey: vkey.to_owned(),
            witness: witness.to_owned(),
            contact: contact.to_owned(),
            seals: None,
        })
    }

    /// The same policy, pinning also who certifies the keys that seal PDFs: the SHA-256 of that authority's X.509
    /// certificate.
    ///
    /// # Errors
    /// As [`TrustPolicy::new`].
    pub fn with_seals(&self, authority: [u8; 32]) -> Result<Self, PolicyError> {
        Self::of(&Wire {
            seals: Some(ByteBuf::from(authority)),
            ..Self::wire(self.bytes.as_slice())?
        })
    }

    fn of(wire: &Wire) -> Result<Self, PolicyError> {
        Self::parse(encode(wire)?.as_slice())
    }

    fn wire(bytes: &[u8]) -> Result<Wire, PolicyError> {
        let wire: Wire = decode_payload_named(TYPE, bytes, MAX_ENVELOPE)?;
        check_type_named(TYPE, &wire.typ, wire.v)?;
        Ok(wire)
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// As [`TrustPolicy::new`], and [`ContentError`] when the file is no policy.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let wire = Self::wire(bytes)?;
        let object = SignedObject::parse(&wire.root).map_err(|fault| ContentError::value("root", fault))?;
        let log = VerifierKey::parse(&wire.vkey)?;
        if log.name() != wire.origin {
            return Err(ContentError::value("origin", "differs from the name in vkey").into());
        }
        let seals = wire.seals.map(|digest| <[u8; 32]>::try_from(digest.as_slice()));
        let seals = seals
            .transpose()
            .map_err(|_| ContentError::value("seals", "is not the 32 bytes of a SHA-256"))?;
        Ok(Self {
            root: verify::root(&object)?,
            log,
            witnesses: WitnessPolicy::parse(&wire.witness)?,
            witness_text: wire.witness,
            contact: wire.contact,
            seals,
            bytes: CanonicalBytes::check(bytes, MAX_ENVELOPE)
                .map_err(|fault| ContentError::Decode(fault.into()))?,
        })
    }

    /// The pinned root.
    #[must_use]
    pub const fn root(&self) -> &Verified<Certificate> {
        &self.root
    }

    /// The log's key; its name is the log's origin.
    #[must_use]
    pub const fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// How many witnesses must have cosigned.
    #[must_use]
    pub const fn witnesses(&self) -> &WitnessPolicy {
        &self.witnesses
    }

    /// Log and witnesses in one text of C2SP tlog-policy, as trust lists state it and other software reads it.
    #[must_use]
    pub fn log_policy(&self) -> String {
        let of_witnesses = self
            .witness_text
            .lines()
            .filter(|line| !line.trim_start().starts_with("log"));
        let lines: Vec<&str> = of_witnesses.collect();
        format!("log {}\n{}\n", self.log, lines.join("\n"))
    }

    /// Whom to ask when something cannot be checked.
    #[must_use]
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// SHA-256 of the X.509 certificate (DER) of the authority that certifies the keys which seal PDFs; none where PDFs
    /// are not sealed.
    #[must_use]
    pub const fn seals(&self) -> Option<&[u8; 32]> {
        self.seals.as_ref()
    }

    /// The file.
    #[must_use]
    pub const fn bytes(&self) -> &CanonicalBytes {
        &self.bytes
    }

    /// SHA-256 of the file: `trust_policy_id` in bundles, and the fingerprint in the operator's papers.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        Sha256::digest(self.bytes.as_slice()).into()
    }
}

impl core::fmt::Debug for TrustPolicy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TrustPolicy({} under {})", self.log.name(), self.root.id())
    }
}

/// Why a policy file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file is no trust policy.
    #[error("this is not a trust policy")]
    Content(#[from] ContentError),
    /// The policy cannot be encoded.
    #[error("this policy cannot be stored")]
    Encode(#[from] EncodeError),
    /// The root certificate does not verify by its own key.
    #[error("the root certificate in the trust policy does not verify")]
    Root(#[from] VerifyError),
    /// The log's key does not parse.
    #[error("the log key in the trust policy does not parse")]
    Log(#[from] NoteError),
    /// The witness policy does not parse.
    #[error("the witness policy in the trust policy does not parse")]
    Witness(#[from] WitnessError),
}
