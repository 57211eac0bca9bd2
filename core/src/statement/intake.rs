//! Intakes: an advance decision as it was received, before anybody reviewed it (FORMAT §3, DOMAIN §3).
//!
//! Shown at once as "received, not yet reviewed", with or without a plan version: a refusal of treatment is binding
//! where it is valid and applicable, wherever it is kept, and not from the day a clinician has time for it.

use serde::{Deserialize, Serialize};

use super::short::{about_record, short};
use super::{ContentError, Words};
use crate::id::{ObjectId, PlanId};
use crate::plan::checklist::Checklist;
use crate::plan::contacts::{Digest, MAX_ATTACHMENT_SIZE, MediaType};

short! {
    /// An advance decision as received.
    Intake {
        /// The record; a new one when the person has none.
        plan: PlanId;
        /// The record's latest version or withdrawal when it was received; absent where there was none.
        version = "target": Option<ObjectId>, "Option::is_none";
        /// What was received.
        form: IntakeForm;
        /// From whom.
        received_from: Words;
        /// How that person, and the patient, were identified.
        identified_by: Words;
        /// Where the original is.
        original: Words;
        /// What it was captured with, for example a scanner's name.
        device: Option<Words>, "Option::is_none";
        /// The recording checklist as far as it was answered.
        checklist: Checklist, "Checklist::is_empty";
    }
}

/// What was received.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntakeForm {
    /// A document, by its scan.
    Document(Scan),
    /// Spoken words, as they were heard.
    Spoken(Words),
}

/// A scanned document; its bytes travel beside the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ScanWire", into = "ScanWire")]
pub struct Scan {
    sha256: Digest,
    size: u64,
    media_type: MediaType,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScanWire {
    sha256: Digest,
    size: u64,
    media_type: String,
}

impl Scan {
    /// Names a scan.
    ///
    /// # Errors
    /// [`ContentError::Value`] when it is empty or larger than 20 MiB.
    pub fn new(sha256: Digest, size: u64, media_type: MediaType) -> Result<Self, ContentError> {
        if (1..=MAX_ATTACHMENT_SIZE).contains(&size) {
            Ok(Self {
                sha256,
                size,
                media_type,
            })
        } else {
            Err(ContentError::value(
                "form.document.size",
                "must be 1 byte to 20 MiB",
            ))
        }
    }

    /// SHA-256 of the bytes as received.
    #[must_use]
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Length in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Media type.
    #[must_use]
    pub const fn media_type(&self) -> MediaType {
        self.media_type
    }
}

impl TryFrom<ScanWire> for Scan {
    type Error = ContentError;

    fn try_from(wire: ScanWire) -> Result<Self, ContentError> {
        let media_type = MediaType::parse(&wire.media_type)
            .ok_or_else(|| ContentError::value("form.document.media_type", "not one of this format"))?;
        Self::new(wire.sha256, wire.size, media_type)
    }
}

impl From<Scan> for ScanWire {
    fn from(scan: Scan) -> Self {
        Self {
            sha256: scan.sha256,
            size: scan.size,
            media_type: scan.media_type.code().to_owned(),
        }
    }
}

impl Intake {
    /// The warning shown until somebody has reviewed it.
    pub const WORDS: &str = "an advance decision was received and is not yet reviewed";
}

about_record!(Intake, |intake| intake.version);
