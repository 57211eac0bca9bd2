//! What can be signed: the kinds of object, and the statements about a record (FORMAT §3).
//!
//! A statement knows its payload, its subject and its time. Plan versions, certificates, heads, snapshots, cards
//! and stamps implement [`Statement`] in their own modules; the short statements about a version stand here.

mod kind;
mod words;
mod short;
mod version;
mod withdrawal;
mod endorsement;
mod report;
mod resolution;
mod intake;
mod custody;
mod hold;
mod key_status;
mod staff_list;
mod enrolment;

pub use custody::{Custody, CustodyEvent};
pub use endorsement::{Endorsement, EndorsementCode};
pub use enrolment::Enrolment;
pub use hold::{Hold, HoldAct, HoldKind};
pub use intake::{Intake, IntakeForm, Scan};
pub use key_status::{KeyStatus, RevocationReason};
pub use kind::Kind;
pub use report::{Report, ReportCode};
pub use resolution::{Matter, Outcome, Resolution};
pub use staff_list::{StaffList, StaffMember};
pub use withdrawal::{Withdrawal, WithdrawalReason};
pub use words::Words;

use crate::canonical::{CanonicalBytes, DecodeError, EncodeError};
use crate::id::{ObjectId, PlanId};
use crate::plan::PlanDecodeError;
use crate::time::Timestamp;
use crate::trust::{CertificateFields, Directory};

/// A typed payload that a key can sign under one content type. Sealed: only this crate's kinds are signable.
pub trait Statement: sealed::Sealed + Sized {
    /// The content type in the protected header.
    const KIND: Kind;

    /// The canonical payload.
    ///
    /// # Errors
    /// [`EncodeError`] when a text in it is outside the profile.
    fn payload(&self) -> Result<CanonicalBytes, EncodeError>;

    /// Reads a payload back; form only, signatures are judged by [`crate::verify`].
    ///
    /// # Errors
    /// [`ContentError`] with what was expected.
    fn from_payload(payload: &[u8]) -> Result<Self, ContentError>;

    /// The payload's own time, repeated in the header as `iat`.
    fn issued_at(&self) -> Timestamp;

    /// The header's `sub`: `urn:uuid:` of the record, or `urn:planseal:<kind>:<hex>`.
    fn subject(&self) -> String;

    /// Whether what the payload says about its signer is what the signer's certificate says.
    ///
    /// # Errors
    /// [`Disagreement`] with both sides.
    fn agrees_with(&self, _signer: &CertificateFields) -> Result<(), Disagreement> {
        Ok(())
    }

    /// Whether the holder of this certificate may say this, beyond what the roles allow to be said at all.
    fn may_be_signed_under(&self, _signer: &ObjectId, _directory: &Directory) -> bool {
        true
    }
}

/// A statement that the log records, with the places it takes in the record's chain.
pub trait LoggedStatement: Statement {
    /// The record this statement is about, if it is about one.
    fn record(&self) -> Option<PlanId> {
        None
    }

    /// The object acted on: a predecessor, the version endorsed, the certificate revoked (FORMAT §4).
    fn target(&self) -> Option<ObjectId> {
        None
    }

    /// The `from_index` of a revocation.
    fn revoked_from(&self) -> Option<u64> {
        None
    }
}

/// A payload that does not say what its kind requires.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Bytes or shape are wrong.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An integer-keyed payload is wrong.
    #[error(transparent)]
    Fields(#[from] crate::canonical::IntMapError),
    /// The plan in a version payload does not hold together.
    #[error("the plan's content breaks the format")]
    Plan(#[source] Box<PlanDecodeError>),
    /// `typ` names another kind.
    #[error("this says it is a {found}, expected was a {expected}")]
    Type {
        /// The `typ` expected.
        expected: String,
        /// The payload's `typ`, shortened.
        found: String,
    },
    /// A later version of the format.
    #[error(
        "this is written in a newer format (version {found}, this software reads {known}); update to read it"
    )]
    NewerFormat {
        /// The payload's `v`.
        found: u64,
        /// The version this software reads.
        known: u64,
    },
    /// A field holds a value the format does not allow.
    #[error("{field}: {rule}")]
    Value {
        /// The field's name in FORMAT.
        field: &'static str,
        /// The broken rule.
        rule: String,
    },
}

/// A payload that speaks of another signer than the certificate does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payload's {field} is not the one in the signer's certificate")]
pub struct Disagreement {
    /// The field, for example `author.registration`.
    pub field: &'static str,
}

impl ContentError {
    fn other_type(expected: &str, found: &str) -> Self {
        Self::Type {
            expected: expected.to_owned(),
            found: found.chars().take(40).collect(),
        }
    }

    pub(crate) fn value(field: &'static str, rule: impl ToString) -> Self {
        Self::Value {
            field,
            rule: rule.to_string(),
        }
    }
}

/// The version of every payload in this format.
pub(crate) const FORMAT_VERSION: u64 = 1;

/// A payload's `typ`, for example `planseal.withdrawal`.
pub(crate) fn type_name(kind: Kind) -> String {
    format!("planseal.{kind}")
}

/// Refuses payloads of another kind or of a newer format, before their fields are looked at.
fn expect_type(name: &str, payload: &[u8], limit: usize) -> Result<(), ContentError> {
    crate::canonical::profile::check(payload, limit).map_err(DecodeError::from)?;
    let tree: serde_cbor::Value =
        serde_cbor::from_slice(payload).map_err(|_| DecodeError::Shape { at: 0 })?;
    let serde_cbor::Value::Map(fields) = tree else {
        return Err(DecodeError::Shape { at: 0 }.into());
    };
    let field = |name: &str| fields.get(&serde_cbor::Value::Text(name.into()));
    match field("typ") {
        Some(serde_cbor::Value::Text(found)) if *found == name => {}
        Some(serde_cbor::Value::Text(found)) => return Err(ContentError::other_type(name, found)),
        _ => return Err(ContentError::value("typ", "missing")),
    }
    match field("v") {
        Some(serde_cbor::Value::Integer(found)) if *found == i128::from(FORMAT_VERSION) => Ok(()),
        Some(serde_cbor::Value::Integer(found)) if *found > i128::from(FORMAT_VERSION) => {
            let found = u64::try_from(*found).unwrap_or(u64::MAX);
            Err(ContentError::NewerFormat {
                found,
                known: FORMAT_VERSION,
            })
        }
        _ => Err(ContentError::value("v", "missing or not a known version")),
    }
}

/// Decodes a text-keyed payload of the expected kind.
pub(crate) fn decode_payload<T>(kind: Kind, payload: &[u8], limit: usize) -> Result<T, ContentError>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    decode_payload_named(&type_name(kind), payload, limit)
}

/// As [`decode_payload`], for what is not a signed kind: policies and bundles.
pub(crate) fn decode_payload_named<T>(name: &str, payload: &[u8], limit: usize) -> Result<T, ContentError>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    match crate::canonical::decode(payload, limit) {
        Ok(wire) => Ok(wire),
        // A newer or foreign payload fails by its fields first; its type says why.
        Err(fault) => expect_type(name, payload, limit).and(Err(fault.into())),
    }
}

/// Checks the `typ` and `v` that a decoded wire struct carries.
pub(crate) fn check_type(kind: Kind, typ: &str, v: u64) -> Result<(), ContentError> {
    check_type_named(&type_name(kind), typ, v)
}

/// As [`check_type`], for what is not a signed kind.
pub(crate) fn check_type_named(name: &str, typ: &str, v: u64) -> Result<(), ContentError> {
    if typ != name {
        return Err(ContentError::other_type(name, typ));
    }
    match v {
        FORMAT_VERSION => Ok(()),
        found if found > FORMAT_VERSION => Err(ContentError::NewerFormat {
            found,
            known: FORMAT_VERSION,
        }),
        _ => Err(ContentError::value("v", "not a known version")),
    }
}

pub(crate) mod sealed {
    /// Keeps the set of signable kinds closed.
    #[expect(
        unnameable_types,
        reason = "sealing: nobody outside may name, and so implement, this"
    )]
    pub trait Sealed {}
}

#[cfg(test)]
mod tests;
