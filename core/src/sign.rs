//! Signing: a typed statement becomes the bytes to be signed, and a key's signature makes it an envelope.
//!
//! The port signs [`ToBeSigned`] and nothing else; there is no way to sign raw bytes. Private keys live behind the
//! port, in other crates.

use ed25519_dalek::VerifyingKey;

use crate::canonical::EncodeError;
use crate::envelope::{Header, SignedObject, assemble, signature_structure};
use crate::log::checkpoint::Checkpoint;
use crate::log::cosign;
use crate::statement::{Enrolment, Kind, Statement};
use crate::time::Timestamp;
use crate::trust::{Certificate, PublicKey};
use crate::verify::Verified;

/// An Ed25519 signature, not yet verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes 64 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The 64 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// RFC 8032 with the strict rules of FORMAT §3; the only verification in this crate.
    pub(crate) fn verifies(&self, key: &PublicKey, message: &[u8]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&self.0);
        VerifyingKey::from_bytes(key.as_bytes())
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

impl core::fmt::Debug for Signature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Signature(…)")
    }
}

/// A private key that can be asked for signatures: a file, a token, a device.
pub trait SigningPort {
    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// Signs exactly [`ToBeSigned::bytes`].
    ///
    /// # Errors
    /// [`PortError`] when the key cannot be used now.
    fn sign(&self, to_be_signed: &ToBeSigned) -> Result<Signature, PortError>;
}

/// Why a key gave no signature.
#[derive(Debug, thiserror::Error)]
#[error("the key gave no signature: {0}")]
pub struct PortError(pub Box<dyn core::error::Error + Send + Sync>);

/// The bytes of one typed statement, ready for a key. Made here and nowhere else.
pub struct ToBeSigned {
    kind: Subject,
    key: PublicKey,
    protected: Vec<u8>,
    payload: Vec<u8>,
    message: Vec<u8>,
}

/// What is being signed: an object of a kind, or a tree head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A COSE object.
    Object(Kind),
    /// The log's checkpoint, as a signed note.
    Checkpoint,
    /// A witness's word on a checkpoint, with its time.
    Cosignature,
}

impl ToBeSigned {
    /// Prepares a statement for the holder of `signer`.
    ///
    /// # Errors
    /// [`SigningError`] when the certificate's roles do not allow this kind, or a text is outside the profile.
    pub fn statement<S: Statement>(
        statement: &S,
        signer: &Verified<Certificate>,
    ) -> Result<Self, SigningError> {
        Self::with_external(statement, signer, &[])
    }

    /// Prepares a stamp, bound to the card it stands beside (FORMAT §6).
    ///
    /// # Errors
    /// As [`ToBeSigned::statement`].
    pub fn stamp(
        stamp: &crate::card::Stamp,
        card: &SignedObject,
        signer: &Verified<Certificate>,
    ) -> Result<Self, SigningError> {
        Self::with_external(stamp, signer, card.id().as_bytes())
    }

    /// Prepares the root's own certificate, which its own key signs.
    ///
    /// # Errors
    /// [`SigningError::NotPermitted`] for any other certificate.
    pub fn root(certificate: &Certificate) -> Result<Self, SigningError> {
        if !certificate.is_root() {
            return Err(SigningError::NotPermitted {
                kind: Kind::Certificate,
                key: certificate.key(),
            });
        }
        Self::object(
            certificate,
            certificate.organisation().as_str(),
            None,
            certificate.key(),
            &[],
        )
    }

    /// Prepares an enrolment request, which the candidate's new key signs.
    ///
    /// # Errors
    /// [`SigningError::Encode`] when a text is outside the profile.
    pub fn enrolment(enrolment: &Enrolment) -> Result<Self, SigningError> {
        Self::object(
            enrolment,
            enrolment.organisation.as_str(),
            None,
            enrolment.key,
            &[],
        )
    }

    /// Prepares a tree head for the log's key (C2SP signed-note: the text is what is signed).
    #[must_use]
    pub fn checkpoint(checkpoint: &Checkpoint, key: PublicKey) -> Self {
        let message = checkpoint.text().into_bytes();
        Self {
            kind: Subject::Checkpoint,
            key,
            protected: Vec::new(),
            payload: Vec::new(),
            message,
        }
    }

    /// Prepares a witness's cosignature of a tree head (C2SP tlog-cosignature).
    pub(crate) fn cosignature(checkpoint: &Checkpoint, at: Timestamp, key: PublicKey) -> Self {
        Self {
            kind: Subject::Cosignature,
            key,
            protected: Vec::new(),
            payload: Vec::new(),
            message: cosign::message(&checkpoint.text(), at),
        }
    }

    fn with_external<S: Statement>(
        statement: &S,
        signer: &Verified<Certificate>,
        external: &[u8],
    ) -> Result<Self, SigningError> {
        let certificate = signer.content();
        if !certificate.permits(S::KIND) {
            return Err(SigningError::NotPermitted {
                kind: S::KIND,
                key: certificate.key(),
            });
        }
        let issuer = certificate.organisation().as_str();
        Self::object(statement, issuer, Some(signer.id()), certificate.key(), external)
    }

    fn object<S: Statement>(
        statement: &S,
        issuer: &str,
        certificate: Option<crate::id::ObjectId>,
        key: PublicKey,
        external: &[u8],
    ) -> Result<Self, SigningError> {
        let payload = statement.payload()?.into_vec();
        let header = Header {
            kind: S::KIND,
            issuer: issuer.to_owned(),
            subject: statement.subject(),
            issued_at: statement.issued_at(),
            certificate,
        };
        let protected = header.encode()?.into_vec();
        let message = signature_structure(&protected, external, &payload);
        Ok(Self {
            kind: Subject::Object(S::KIND),
            key,
            protected,
            payload,
            message,
        })
    }

    /// What is being signed.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.kind
    }

    /// The key that is expected to sign.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// The canonical payload, so that a signer is shown what the very bytes say.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Exactly what goes into Ed25519.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.message
    }

    /// Asks the key, checks its answer, and closes the envelope.
    ///
    /// # Errors
    /// [`SigningError`] when the port holds another key, refuses, or answers with a signature that does not verify.
    pub fn sign(&self, port: &dyn SigningPort) -> Result<SignedObject, SigningError> {
        let signature = self.signature(port)?;
        let bytes = assemble(&self.protected, &self.payload, &signature);
        SignedObject::parse(&bytes).map_err(SigningError::Envelope)
    }

    /// The bare signature, for a checkpoint's note line.
    pub(crate) fn signature(&self, port: &dyn SigningPort) -> Result<Signature, SigningError> {
        let held = port.public_key();
        if held != self.key {
            return Err(SigningError::OtherKey {
                expected: self.key,
                held,
            });
        }
        let signature = port.sign(self).map_err(SigningError::Port)?;
        if signature.verifies(&self.key, &self.message) {
            Ok(signature)
        } else {
            Err(SigningError::BadSignature { key: self.key })
        }
    }
}

impl core::fmt::Debug for ToBeSigned {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ToBeSigned({:?}, {} bytes)", self.kind, self.message.len())
    }
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The certificate's roles do not allow this kind.
    #[error("key {key} holds no role that may sign a {kind}")]
    NotPermitted {
        /// The kind that was to be signed.
        kind: Kind,
        /// The key asked.
        key: PublicKey,
    },
    /// The payload has no canonical form.
    #[error("this cannot be encoded for signing")]
    Encode(#[from] EncodeError),
    /// The port holds another key than the certificate names.
    #[error("the certificate names key {expected}, but key {held} was given; use the key it was issued for")]
    OtherKey {
        /// The certificate's key.
        expected: PublicKey,
        /// The port's key.
        held: PublicKey,
    },
    /// The port refused.
    #[error("signing failed")]
    Port(#[source] PortError),
    /// The port's answer does not verify.
    #[error("key {key} gave a signature that does not verify; nothing was signed")]
    BadSignature {
        /// The key asked.
        key: PublicKey,
    },
    /// The finished envelope is larger than the format allows.
    #[error("the signed object breaks the format")]
    Envelope(#[source] crate::envelope::EnvelopeError),
}
