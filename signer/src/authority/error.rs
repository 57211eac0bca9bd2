//! Why an authority refused a request, or did nothing.

use std::path::PathBuf;

use planseal::id::ObjectId;
use planseal::sign::SigningError;
use planseal::time::Timestamp;
use planseal::trust::{CertificateError, OrgCode, PolicyError, PublicKey};
use planseal::verify::VerifyError;

use super::LedgerError;
use crate::key_file::{OpenKeyError, SaveKeyError};
use crate::output::OutputError;
use crate::random::NoRandomness;

/// Why a request was not certified. Each is recorded in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum IssueRefusal {
    /// The request is damaged, or not signed by the key it names, or the key is not acceptable.
    #[error("the request does not prove that the candidate holds the key: {0}")]
    Request(#[from] VerifyError),
    /// No such invite was made here.
    #[error("this request answers no invite of this authority")]
    UnknownInvite,
    /// The nonce is not the invite's.
    #[error("this request answers an invite with another nonce")]
    OtherNonce,
    /// The nonce was used.
    #[error("invite {invite} was already answered; invite again if the first answer was not the candidate's")]
    Replayed {
        /// The invite.
        invite: String,
    },
    /// More than fifteen minutes lie between, or the request is dated outside them.
    #[error("the invite of {} was not answered within fifteen minutes; it is now {}", invited_at.day_and_time(), at.day_and_time())]
    Expired {
        /// When it was made.
        invited_at: Timestamp,
        /// When the answer was presented.
        at: Timestamp,
    },
    /// Name, organisation or custody are not the invite's.
    #[error("the request names another person, organisation or custody than the invite")]
    OtherPerson,
    /// The key has a certificate already.
    #[error("key {key} was certified before; every certificate needs a key of its own")]
    KeyInUse {
        /// The key.
        key: PublicKey,
    },
    /// Nobody else confirmed.
    #[error("a second person, who is not the candidate, must confirm the fingerprint")]
    NoSecondPerson,
    /// What the second person typed is another key's fingerprint.
    #[error(
        "the fingerprint read out is not that of the key in the request: the key may have been exchanged on the way"
    )]
    OtherFingerprint,
}

/// Why an authority did nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A rule of enrolment; it stands in the ledger.
    #[error("not certified: {0}")]
    Refused(#[source] IssueRefusal),
    /// The certificate would break the format's rules.
    #[error("this cannot be certified: {0}")]
    Certificate(#[from] CertificateError),
    /// Asked for roles it may not give.
    #[error(
        "{by} may not certify these roles: a root certifies organisations, an organisation its people, the host also service keys"
    )]
    NotIssuable {
        /// The authority.
        by: OrgCode,
    },
    /// The folder's certificate is no root's and no organisation's.
    #[error("certificate {certificate} is not a root's or an organisation's")]
    NotAnAuthority {
        /// The certificate.
        certificate: ObjectId,
    },
    /// The number is not free.
    #[error("staff list {asked} was signed before, or a later one was: the next is {next}")]
    StaffListNumber {
        /// Asked for.
        asked: u32,
        /// The first free number.
        next: u32,
    },
    /// Somebody else issued the certificate.
    #[error("certificate {certificate} was not issued by {by}: whoever issued it revokes it, or the root")]
    NotIssuedHere {
        /// The certificate.
        certificate: ObjectId,
        /// The authority.
        by: OrgCode,
    },
    /// The certificate to be revoked does not lead here.
    #[error(
        "certificate {certificate} does not verify under this authority; where an organisation issued it, give the organisation's with --issuer"
    )]
    Revoked {
        /// The certificate.
        certificate: ObjectId,
        /// What is wrong with it.
        #[source]
        cause: Box<VerifyError>,
    },
    /// The authority's own certificate does not verify.
    #[error("what this authority would use or sign does not verify: {0}")]
    Verify(#[from] VerifyError),
    /// The folder's trust policy does not parse.
    #[error("the trust policy of this authority cannot be used")]
    Policy(#[from] Box<PolicyError>),
    /// The key was not opened.
    #[error(transparent)]
    OpenKey(#[from] OpenKeyError),
    /// The key was not saved.
    #[error(transparent)]
    SaveKey(#[from] SaveKeyError),
    /// No key or nonce could be drawn.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing was signed.
    #[error("nothing was signed")]
    Signing(#[from] SigningError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file was not written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file was not read, or a folder not made.
    #[error("{} cannot be read: check that this is the folder of an authority", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}
