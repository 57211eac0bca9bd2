//! Why a text is not a draft, or a file cannot be put into one. Values are never repeated.

use super::MAX_DRAFT;
use crate::plan::contacts::Digest;

/// A file that cannot be put into a draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// No attachment entry names this file.
    #[error("the draft names no attachment \"{name}\": add an entry under attachments with this name")]
    NoEntry {
        /// The file's name.
        name: String,
    },
    /// The file is itself a plan with its evidence; inside another plan's PDF a reader would find two.
    #[error("this file is a planseal document itself: attach the original scan, not a plan that carries it")]
    CarriesPlan,
    /// The draft was written for other bytes.
    #[error(
        "the draft states digest {stated} for this file, but its bytes have {found}: attach the file that was meant"
    )]
    OtherBytes {
        /// As the draft has it.
        stated: Digest,
        /// Of the bytes given.
        found: Digest,
    },
}

/// JSON that is not a draft. It never repeats a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// More than [`MAX_DRAFT`] bytes.
    #[error("the draft has {size} bytes, and at most {MAX_DRAFT} are read: attach long documents as files")]
    TooLarge {
        /// Bytes given.
        size: usize,
    },
    /// Not JSON.
    #[error("the draft is not JSON: look at line {line}, column {column}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A field that plans do not have.
    #[error("unknown field \"{field}\" at line {line}: correct its name or remove it")]
    UnknownField {
        /// The name of the field.
        field: String,
        /// Line, from 1.
        line: usize,
    },
    /// A field given twice.
    #[error("field \"{field}\" is given twice, again at line {line}: keep one")]
    RepeatedField {
        /// The name of the field.
        field: String,
        /// Line, from 1.
        line: usize,
    },
    /// A list where named fields belong.
    #[error("{field} is a list, but needs named fields in braces: see plan.schema.json")]
    Packed {
        /// The place.
        field: String,
    },
    /// A value of another type than the schema asks for.
    #[error("the value at line {line}, column {column} is of the wrong type: see plan.schema.json")]
    WrongType {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
}

impl DraftError {
    /// serde's own message may quote a value, so only the place and a field's name are kept.
    pub(super) fn from_serde(fault: &serde_json::Error) -> Self {
        let (line, column) = (fault.line(), fault.column());
        if !fault.is_data() {
            return Self::NotJson { line, column };
        }
        let message = fault.to_string();
        if let Some(field) = quoted(&message, "unknown field `") {
            return Self::UnknownField { field, line };
        }
        if let Some(field) = quoted(&message, "duplicate field `") {
            return Self::RepeatedField { field, line };
        }
        Self::WrongType { line, column }
    }
}

/// The name after this beginning, shortened and made harmless: it comes from outside.
fn quoted(message: &str, beginning: &str) -> Option<String> {
    let name = message.strip_prefix(beginning)?.split('`').next()?;
    Some(
        name.chars()
            .take(40)
            .map(|c| if c.is_ascii_graphic() { c } else { '?' })
            .collect(),
    )
}
