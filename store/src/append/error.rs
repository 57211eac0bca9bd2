//! Why something was not stored, or not logged yet.

use std::sync::Arc;

use planseal::id::{ObjectId, PlanId};
use planseal::plan::contacts::Digest;
use planseal::statement::Kind;
use planseal::time::Timestamp;

use crate::audit::AuditError;
use crate::engine::EngineError;
use crate::log::LogError;
use crate::read::ReadError;
use crate::records::RecordError;

/// An object was not stored and logged. What was written before the refusal is harmless, and said in `STORAGE.md`.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another version or withdrawal came first.
    #[error(
        "this follows {} and the record's latest is {}: read that one, and sign again for it",
        Latest(expected),
        Latest(found)
    )]
    LostRace {
        /// What the object says it follows.
        expected: Option<ObjectId>,
        /// The record's latest version or withdrawal.
        found: Option<ObjectId>,
    },
    /// The person has a record already.
    #[error("the person with this NHS number has record {record}: sign a version of that one")]
    NumberTaken {
        /// The record that holds the number.
        record: PlanId,
    },
    /// The record was closed before its first version arrived.
    #[error("this record was closed before its first version arrived: draft it again under a new record")]
    RecordClosed,
    /// The card says something else than the version (FORMAT §3.2).
    #[error(
        "the card is not the projection of this version: make the card from the version and sign it again"
    )]
    CardDiffers,
    /// A named file was neither given nor stored before.
    #[error(
        "it names a file with SHA-256 {sha256} that was not given: send the file first, then repeat the request"
    )]
    AttachmentMissing {
        /// The digest in the version.
        sha256: Digest,
    },
    /// A file was given that the version does not name.
    #[error("a file with SHA-256 {sha256} was given that is not named: leave it out, or sign for it")]
    AttachmentNotNamed {
        /// The digest of the file.
        sha256: Digest,
    },
    /// The signed time and the log's are too far apart.
    #[error("signed at {signed_at} and the log's time is {log_time}: sign again with a clock that is right")]
    TimeOutside {
        /// The time inside the object.
        signed_at: Timestamp,
        /// The store's time.
        log_time: Timestamp,
    },
    /// An object of a kind that belongs to a record names none.
    #[error("a {kind} that names no record cannot be kept")]
    NoChain {
        /// The object's kind.
        kind: Kind,
    },
    /// Other writers took the next place in the record again and again.
    #[error("many others are writing to this record: repeat the request, which is harmless")]
    Crowded,
    /// It is in its record, and its leaf could not be written, or was not heard of.
    #[error("it is stored and not yet logged: repeat the request, which then gets the original answer")]
    NotLogged(#[source] LogError),
    /// Signer or target are not logged, or the log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The audit record could not be written.
    #[error(transparent)]
    Audit(#[from] Arc<AuditError>),
    /// A record could not be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It is stored and logged, and the receipt could not be made.
    #[error("it is stored and logged, and its receipt could not be made: ask for the receipt again")]
    Receipt(#[from] ReadError),
    /// The process is shutting down.
    #[error("the request was interrupted: repeat it, which is harmless")]
    Interrupted,
}

impl AppendError {
    /// Whether something may have been stored all the same.
    pub(super) const fn is_ambiguous(&self) -> bool {
        !matches!(
            self,
            Self::LostRace { .. } | Self::NumberTaken { .. } | Self::RecordClosed
        )
    }

    /// The engine's failure, where that is the cause: a full disk, a read-only folder, a store that has stopped.
    #[must_use]
    pub fn engine(&self) -> Option<&EngineError> {
        let record = match self {
            Self::Record(record) | Self::Receipt(ReadError::Record(record)) => record,
            Self::Log(LogError::Record(record)) | Self::NotLogged(LogError::Record(record)) => {
                record.as_ref()
            }
            Self::Audit(audit) => match audit.as_ref() {
                AuditError::Record(record) => record,
                AuditError::Fenced { .. } | AuditError::Closed | AuditError::Interrupted => return None,
            },
            _ => return None,
        };
        record.engine()
    }
}

/// A record's latest, in words.
struct Latest<'a>(&'a Option<ObjectId>);

impl core::fmt::Display for Latest<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            None => f.write_str("nothing"),
            Some(id) => core::fmt::Display::fmt(id, f),
        }
    }
}
