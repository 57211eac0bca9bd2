//! The seal: a certification signature around a finished PDF (PAdES B-B, ETSI EN 319 142-1; ISO 32000-1 §12.8).
//!
//! It is for readers who have a PDF program and nothing of ours: the file is from this service, and whole. Who signed
//! the plan, and whether it is current, is answered by the bundle inside and never by the seal.
//!
//! [`seal`] appends one incremental update, so that the pages stay an exact prefix of the file; the same pages, key
//! and date give the same bytes. [`open`] makes that update again around what it finds and accepts no other byte: a
//! second update behind the seal, which PDF programs may call harmless, is no sealed file here. Private keys and the
//! way to a time-stamp authority are ports.

mod base;
mod update;
mod cms;
mod time_stamp;

use planseal::time::Timestamp;
use sha2::{Digest, Sha256};

pub use cms::CmsError;
pub use time_stamp::TimeStampError;

/// Holds a sealing key: a file, a token, a security module.
pub trait SealPort {
    /// DER certificates: the key's own first, its authority's last.
    fn certificates(&self) -> &[Vec<u8>];

    /// How this key signs.
    fn algorithm(&self) -> SealAlgorithm;

    /// Signs these DER bytes: ECDSA gives the `Ecdsa-Sig-Value` of RFC 3279 §2.2.3, RSA the bare signature.
    ///
    /// # Errors
    /// [`PortFault`] when the key cannot be used now.
    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, PortFault>;
}

/// The signature algorithms that PDF programs verify everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SealAlgorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 5758 §3.2).
    EcdsaP256,
    /// RSA with PKCS#1 v1.5 padding and SHA-256 (RFC 4055 §5), for modules that have no elliptic curves.
    RsaPkcs1,
}

/// The way to a time-stamp authority (RFC 3161 §3.4): carries one request there and the answer back.
pub trait TimeStampPort {
    /// Sends a DER `TimeStampReq` and gives the DER `TimeStampResp`.
    ///
    /// # Errors
    /// [`PortFault`] when there is no answer.
    fn ask(&self, request: &[u8]) -> Result<Vec<u8>, PortFault>;
}

/// Why a port did not do its work, in its own words; they hold nothing of any plan.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PortFault(pub String);

/// What a document is sealed with.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// The key.
    pub port: &'a dyn SealPort,
    /// Who states the time beside it. Without one the bytes follow from the pages and the key.
    pub time_stamps: Option<&'a dyn TimeStampPort>,
    /// The time of sealing that the file states: when its pages were printed.
    pub at: Timestamp,
}

/// Seals a document that this crate has made.
///
/// # Errors
/// [`SealError`]; the document is then not to be handed out.
pub fn seal(document: &[u8], sealing: &Sealing<'_>) -> Result<Vec<u8>, SealError> {
    let certificates = sealing.port.certificates();
    let room = cms::room(certificates, sealing.time_stamps.is_some());
    let framed = update::frame(document, sealing.at, room)?;
    let signed = cms::sign(&framed.digest(), sealing)?;
    framed.filled(&signed)
}

/// A file that ends in a seal, with every byte accounted for.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    document: &'a [u8],
    authority: [u8; 32],
    at: Timestamp,
}

impl<'a> Sealed<'a> {
    /// What was sealed: the pages as they were printed.
    #[must_use]
    pub const fn document(&self) -> &'a [u8] {
        self.document
    }

    /// SHA-256 of the certificate that certified the sealing key, as trust policies pin it. Whoever does not compare it
    /// knows only that somebody sealed the file.
    #[must_use]
    pub const fn authority(&self) -> &[u8; 32] {
        &self.authority
    }

    /// The time that the seal states.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

/// Opens a sealed file: finds the seal at its end, makes its update again and compares, verifies the signature and its
/// certificates. White space may follow the file.
///
/// # Errors
/// [`NoSeal`]: the file is not as anybody sealed it.
pub fn open(file: &[u8]) -> Result<Sealed<'_>, NoSeal> {
    let file = without_trailing_space(file);
    let found = update::find(file).ok_or(NoSeal::NotFound)?;
    let framed = update::frame(found.document, found.at, found.room)?;
    let signed = framed.filling_of(file).ok_or(NoSeal::Changed)?;
    let authority = cms::verify(signed, &framed.digest(), found.at)?;
    Ok(Sealed {
        document: found.document,
        authority: Sha256::digest(&authority).into(),
        at: found.at,
    })
}

/// A file up to its last end-of-file mark and that mark's line end, when nothing but white space follows.
#[must_use]
pub fn without_trailing_space(file: &[u8]) -> &[u8] {
    let trimmed = file.trim_ascii_end();
    match file.get(trimmed.len()) {
        Some(b'\n') => &file[..=trimmed.len()],
        _ => trimmed,
    }
}

/// Why a document was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The document has another shape than this renderer gives it.
    #[error("only a document as this renderer wrote it can be sealed: {0} is not where it belongs")]
    Document(&'static str),
    /// The signature could not be made.
    #[error("the seal's signature could not be made")]
    Signature(#[from] CmsError),
    /// The signature is longer than the room that was kept for it.
    #[error("the seal takes {needed} bytes and {room} were kept for it")]
    Room {
        /// Its length.
        needed: usize,
        /// The room.
        room: usize,
    },
}

/// Why a file counts as not sealed.
#[derive(Debug, thiserror::Error)]
pub enum NoSeal {
    /// Nothing at its end looks like a seal of this renderer.
    #[error("the file does not end in a seal of this service")]
    NotFound,
    /// The sealed document has another shape than this renderer gives it.
    #[error("the sealed pages have another shape than this service gives them")]
    Document(#[from] SealError),
    /// The update around the signature is not exactly what sealing writes.
    #[error("the seal's own part of the file was changed")]
    Changed,
    /// The signature does not hold.
    #[error("the seal's signature does not hold")]
    Signature(#[from] CmsError),
}
