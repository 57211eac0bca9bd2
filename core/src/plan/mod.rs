//! A validated plan version: the whole plan as its author signs it (FORMAT §3.1, DOMAIN §2.2–2.3).
//!
//! A [`PlanVersion`] comes from [`crate::draft::PlanDraft::validate`], or from a verified payload. Its fields cannot
//! be wrong one by one; rules across fields are those of the day it was signed and are kept in [`crate::validate`].
//! Coded values carry their words (`label()`), so that paper and screen say the same.

pub(crate) mod field;
mod table;

pub mod adrt;
pub mod checklist;
pub mod clinical;
pub mod contacts;
mod number;
pub mod person;
pub mod printable;
pub mod recommendations;
pub mod sharing;

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::canonical;
use crate::id::{ObjectId, PlanId};
use crate::plan::adrt::AdrtEntry;
use crate::plan::clinical::{Clinical, Preferences};
use crate::plan::contacts::{Act, Attachment, Contact, OtherDocument};
use crate::plan::field::{Constant, Reader, Source, Value};
use crate::plan::person::{Author, PARAGRAPH, Person};
use crate::plan::recommendations::Recommendations;
use crate::plan::sharing::{Capacity, Sharing};
use crate::plan::table::{coded, debug_without_content, section_without_debug};
use crate::time::{Date, Timestamp};
use crate::validate::{Finding, rule};

pub use field::{Line, Text, Whole, YesNo, YesNoUnknown};

section_without_debug! {
    /// One version of a plan, complete and checked, ready to be signed or taken from a verified payload.
    PlanVersion / PlanVersionWire {
        /// What these bytes are.
        fixed kind = "typ": PayloadType,
        /// Version of the format.
        fixed format = "v": FormatVersion,
        /// The record this version belongs to.
        needed_copy plan: PlanId,
        /// 1, 2, 3 … without gaps.
        needed_copy version_number = "ver": u32,
        /// The record's previous version or withdrawal; absent only for the first.
        maybe_copy previous = "prev": ObjectId,
        /// Random bytes that keep every public digest hiding.
        needed_copy salt: Salt,
        /// When the author signed.
        needed_copy signed_at = "iat": Timestamp,
        /// From when the plan is meant to be used.
        needed_copy effective_from: Date,
        /// When it is due for review. A plan does not expire on that day.
        needed_copy review_due: Date,
        /// What this version changes, or why the plan was made.
        needed change_reason: Text<PARAGRAPH>,
        /// Who wrote and signed it.
        needed author: Author,
        /// Whether a senior clinician must endorse it.
        needed_copy endorsement_required: YesNo,
        /// Whose law applies.
        needed_copy jurisdiction: Jurisdiction,
        /// The fixed notice about what a plan is in law.
        fixed legal_notice: LegalNotice,
        /// The rules this version was validated with.
        fixed rules: PlanRules,
        /// The person.
        needed person: Person,
        /// The basis of sharing.
        needed sharing: Sharing,
        /// Capacity and involvement.
        needed capacity: Capacity,
        /// Clinical context.
        needed clinical: Clinical,
        /// What matters to the person.
        needed preferences: Preferences,
        /// Recommendations for an emergency.
        needed recommendations: Recommendations,
        /// Advance decisions and evidence of wishes.
        many adrt: AdrtEntry,
        /// Whom to call, in order.
        many contacts: Contact,
        /// Documents kept elsewhere.
        many documents: OtherDocument,
        /// Attached files by digest.
        many attachments = "att": Attachment,
        /// Human acts the author saw.
        many acts: Act,
        /// Allergies and critical alerts for the printed code, written by the author.
        needed card_line: CardLine,
    }
}

impl PlanVersion {
    /// Decodes a payload: exactly one encoding, typed fields, formalities. Rules across fields are not asked again,
    /// so that a plan stays verifiable when rules change.
    ///
    /// # Errors
    /// [`PlanDecodeError`], which tells a newer format from a broken one.
    pub(crate) fn decode(payload: &[u8]) -> Result<Self, PlanDecodeError> {
        if let Some(format) = format_of(payload)
            && format > 1
        {
            return Err(PlanDecodeError::NewerFormat { format });
        }
        // The typed value is compared below, so comparing the wire form as well would only cost time.
        let wire: PlanVersionWire = canonical::read(payload, MAX_PAYLOAD)?;
        let mut reader = Reader::new(Source::Payload);
        let version = <Self as Value>::read(wire, &mut reader);
        let Some(version) = version else {
            return Err(PlanDecodeError::Content {
                findings: reader.into_findings(),
            });
        };
        if !canonical::is_form_of(payload, &version) {
            return Err(PlanDecodeError::NotNormal);
        }
        // Numbers begin at 1, and the first version alone follows nothing (FORMAT §3.1).
        match (version.version_number(), version.previous()) {
            (1, None) | (2.., Some(_)) => Ok(version),
            (number, _) => Err(PlanDecodeError::Succession { number }),
        }
    }
}

/// Ids only: the content of a plan never reaches a log.
impl fmt::Debug for PlanVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanVersion {} of {}", self.version_number, self.plan)
    }
}

coded! {
    /// What a payload is.
    PayloadType {
        Version = "planseal.version", "Plan version";
    }
}

coded! {
    /// Whose law applies; the rules for advance decisions here are those of England and Wales.
    Jurisdiction {
        EnglandWales = "EW", "England and Wales";
        Scotland = "SCT", "Scotland";
        NorthernIreland = "NI", "Northern Ireland";
    }
}

coded! {
    /// The fixed notice printed with every plan.
    LegalNotice {
        Notice1 = "planseal-notice-1", "This plan gives recommendations. It is not legally binding. An advance decision to refuse treatment (ADRT) is legally binding if it is valid and applicable, wherever it is kept.";
    }
}

coded! {
    /// A dated set of validation rules.
    PlanRules {
        EnglandWales202611 = "EW-PLAN-2026-11", "Validation rules, England and Wales, November 2026";
    }
}

impl Constant for PayloadType {
    const ONLY: Self = Self::Version;
}

impl Constant for FormatVersion {
    const ONLY: Self = Self::ONE;
}

impl Constant for LegalNotice {
    const ONLY: Self = Self::Notice1;
}

impl Constant for PlanRules {
    const ONLY: Self = Self::EnglandWales202611;
}

/// The version of this format.
pub type FormatVersion = Whole<1, 1>;

/// Characters of the card line in bytes: what fits the printed code beside name and numbers (FORMAT §3.2).
pub const CARD_LINE: usize = 60;

/// Allergies and critical alerts in the author's own words, at most [`CARD_LINE`] bytes, never cut by software.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CardLine(Line<CARD_LINE>);

impl CardLine {
    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Value for CardLine {
    type Wire = String;

    fn read(wire: String, reader: &mut Reader) -> Option<Self> {
        let bytes = wire.len();
        let line = <Line<CARD_LINE> as Value>::read(wire, reader)?;
        if bytes > CARD_LINE {
            reader.find(
                rule::CARD_LINE,
                format!(
                    "{bytes} bytes are too many for the printed code: at most {CARD_LINE}; say it shorter"
                ),
            );
            return None;
        }
        Some(Self(line))
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1, "maxLength": CARD_LINE })
    }
}

/// Sixteen random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Salt(#[serde(with = "serde_bytes")] [u8; 16]);

impl Salt {
    /// Takes bytes that the caller drew at random.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Values of the envelope's context: they arrive typed and are not part of a draft.
macro_rules! arrives_typed {
    ($($type:ty),+) => {$(
        impl Value for $type {
            type Wire = Self;

            fn read(wire: Self, _: &mut Reader) -> Option<Self> {
                Some(wire)
            }

            fn schema() -> Json {
                json!({ "readOnly": true })
            }
        }
    )+};
}

arrives_typed!(PlanId, ObjectId, Salt, Timestamp, u32);

/// 1 MiB, the cap on any envelope (FORMAT §2): a payload cannot be larger.
const MAX_PAYLOAD: usize = 1 << 20;

/// Keys are sorted by their encoding, so the one-letter key `v` stands first in every payload of any format.
fn format_of(payload: &[u8]) -> Option<u8> {
    let ([0xa0..=0xb7, pairs @ ..] | [0xb8, _, pairs @ ..]) = payload else {
        return None;
    };
    match pairs {
        [0x61, b'v', format @ 0..=0x17, ..] | [0x61, b'v', 0x18, format, ..] => Some(*format),
        _ => None,
    }
}

/// Why a payload is not a plan version. It never quotes content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanDecodeError {
    /// Written by newer software: neither fine nor forged.
    #[error("newer format: this plan is written in format {format}, and this software reads format 1")]
    NewerFormat {
        /// The format it names.
        format: u8,
    },
    /// Not the canonical form of a plan version.
    #[error("the payload is not a plan version")]
    Shape(#[from] canonical::DecodeError),
    /// The fields are there, but some cannot stand.
    #[error("the plan breaks {} rule(s) of its format, first at {}", findings.len(), first_field(findings))]
    Content {
        /// What is wrong, field by field.
        findings: Vec<Finding>,
    },
    /// A number without its predecessor, or a first version with one.
    #[error(
        "version {number} does not say rightly what it follows: the first follows nothing, every other one does"
    )]
    Succession {
        /// The version's number.
        number: u32,
    },
    /// A value is not written in its normal form, such as a telephone number with spaces.
    #[error("a value is not written in its normal form")]
    NotNormal,
}

fn first_field(findings: &[Finding]) -> &str {
    findings
        .first()
        .map_or("an unknown place", |finding| &finding.field)
}

debug_without_content!(CardLine, Salt);
