//! A plan being written: JSON in which anything may still be missing (DOMAIN §2.3).
//!
//! A draft cannot be encoded, signed or printed as a document; [`PlanDraft::validate`] turns it into a
//! [`PlanVersion`] or names everything that stands in the way. Record, number, predecessor, salt, time and author
//! are not typed in: they come with the [`Context`]. Attached files lie beside the draft; an entry names its file
//! (`name`), and [`PlanDraft::fill_attachment`] writes the digest and length of the bytes into it.

mod error;

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::plan::adrt::AdrtWire;
use crate::plan::clinical::{ClinicalWire, PreferencesWire};
use crate::plan::contacts::{
    ActWire, Attachment, AttachmentRole, AttachmentWire, ContactWire, Digest, MediaType, OtherDocumentWire,
};
use crate::plan::field::{Reader, Source, Value as _};
use crate::plan::person::PersonWire;
use crate::plan::recommendations::RecommendationsWire;
use crate::plan::sharing::{CapacityWire, SharingWire};
use crate::plan::{PlanVersion, PlanVersionWire, Salt};
use crate::time::Date;
use crate::validate::{self, Context, Findings};

pub use error::{AttachError, DraftError};

/// 256 KiB: twenty times the largest sample plan; a bound on work before parsing.
pub const MAX_DRAFT: usize = 256 << 10;

/// A plan being written.
#[derive(Clone, Default)]
pub struct PlanDraft(DraftWire);

impl PlanDraft {
    /// Parses JSON. Missing fields are accepted; unknown and repeated ones are not.
    ///
    /// # Errors
    /// [`DraftError`] with the place and what to do; values are never repeated.
    pub fn from_json(text: &str) -> Result<Self, DraftError> {
        if text.len() > MAX_DRAFT {
            return Err(DraftError::TooLarge { size: text.len() });
        }
        let wire: DraftWire = serde_json::from_str(text).map_err(|fault| DraftError::from_serde(&fault))?;
        refuse_packed(text, &wire)?;
        Ok(Self(wire))
    }

    /// The draft as JSON, indented, fields in the order of the plan.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.0).expect("a draft holds texts, numbers, lists and structs only")
    }

    /// JSON Schema (2020-12) of a draft. Nothing is `required`: a draft may be incomplete; descriptions say what
    /// is needed to sign.
    #[must_use]
    pub fn json_schema() -> Json {
        let version = PlanVersion::schema();
        let mut properties = serde_json::Map::new();
        for field in FIELDS {
            properties.insert((*field).into(), version["properties"][*field].clone());
        }
        let mut attachment = Attachment::schema();
        attachment["properties"]["name"] = json!({
            "type": "string",
            "description": "Name of the file beside the draft. Not part of the signed plan.",
        });
        properties.insert(
            "attachments".into(),
            json!({
                "type": "array",
                "items": attachment,
                "maxItems": crate::plan::contacts::MAX_ATTACHMENTS,
                "description": "Attached files.",
            }),
        );
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "planseal plan draft",
            "description": "A plan being written. Everything may be missing until it is signed.",
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
        })
    }

    /// Checks everything and gives the version to be signed, or all findings at once.
    ///
    /// # Errors
    /// [`Findings`]: each with field, rule and what to do.
    pub fn validate(self, context: &Context<'_>) -> Result<PlanVersion, Findings> {
        let wire = self.into_version(context);
        let mut findings = validate::across_fields(&wire, context);
        let mut reader = Reader::new(Source::Draft);
        let version = PlanVersion::read(wire, &mut reader);
        findings.splice(0..0, reader.into_findings());
        for finding in &mut findings {
            if let Some(rest) = finding.field.strip_prefix("att.") {
                finding.field = format!("attachments.{rest}");
            }
        }
        match version {
            Some(version) if findings.is_empty() => Ok(version),
            _ => Err(Findings::new(findings)),
        }
    }

    /// Names of files whose digest is still to be filled in.
    #[must_use]
    pub fn unfilled_attachments(&self) -> Vec<&str> {
        let entries = self.0.attachments.iter().flatten();
        entries
            .filter(|entry| entry.sha256.is_none())
            .filter_map(|entry| entry.name.as_deref())
            .collect()
    }

    /// Writes digest and length of a file into the attachment entry of that name.
    ///
    /// # Errors
    /// [`AttachError`] when no entry has the name, or its digest is already that of other bytes.
    pub fn fill_attachment(&mut self, name: &str, bytes: &[u8]) -> Result<(), AttachError> {
        refuse_plans(bytes)?;
        let digest = Digest::of(bytes);
        let mut entries = self.0.attachments.iter_mut().flatten();
        let entry = entries
            .find(|entry| entry.name.as_deref() == Some(name))
            .ok_or_else(|| AttachError::NoEntry { name: name.into() })?;
        if let Some(stated) = entry.sha256
            && stated != digest
        {
            return Err(AttachError::OtherBytes {
                stated,
                found: digest,
            });
        }
        entry.sha256 = Some(digest);
        entry.size = Some(length(bytes));
        Ok(())
    }

    /// Adds an attachment entry for these bytes. `adrt` counts entries of the draft's `adrt` from 1.
    ///
    /// # Errors
    /// [`AttachError::CarriesPlan`].
    pub fn attach(
        &mut self,
        bytes: &[u8],
        media_type: MediaType,
        role: AttachmentRole,
        title: &str,
        adrt: Option<u64>,
    ) -> Result<(), AttachError> {
        refuse_plans(bytes)?;
        self.0.attachments.get_or_insert_default().push(AttachmentDraft {
            name: None,
            sha256: Some(Digest::of(bytes)),
            size: Some(length(bytes)),
            media_type: Some(media_type.code().into()),
            role: Some(role.code().into()),
            title: Some(title.into()),
            adrt,
        });
        Ok(())
    }

    /// The same draft with every date but the date of birth moved by a number of days.
    ///
    /// For samples only: they are written against one day and used on another.
    #[must_use]
    pub fn shifted(self, days: i32) -> Self {
        let mut json =
            serde_json::to_value(&self.0).expect("a draft holds texts, numbers, lists and structs only");
        shift_dates(&mut json, days);
        Self(serde_json::from_value(json).expect("moving dates keeps every field and type"))
    }

    fn into_version(self, context: &Context<'_>) -> PlanVersionWire {
        let draft = self.0;
        let author = context.author.to_wire();
        PlanVersionWire {
            plan: Some(context.plan),
            version_number: Some(context.version_number()),
            previous: context.predecessor.map(|predecessor| predecessor.id),
            salt: Some(Salt::from_bytes(context.salt)),
            signed_at: Some(context.at),
            author: Some(author),
            effective_from: draft.effective_from,
            review_due: draft.review_due,
            change_reason: draft.change_reason,
            endorsement_required: draft.endorsement_required,
            jurisdiction: draft.jurisdiction,
            person: draft.person,
            sharing: draft.sharing,
            capacity: draft.capacity,
            clinical: draft.clinical,
            preferences: draft.preferences,
            recommendations: draft.recommendations,
            adrt: draft.adrt,
            contacts: draft.contacts,
            documents: draft.documents,
            attachments: draft
                .attachments
                .map(|entries| entries.into_iter().map(AttachmentDraft::into_wire).collect()),
            acts: draft.acts,
            card_line: draft.card_line,
            ..PlanVersionWire::default()
        }
    }
}

/// A draft may be printed to a log by mistake; it then shows nothing.
impl fmt::Debug for PlanDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlanDraft (not shown)")
    }
}

/// The fields a draft shares, by name and meaning, with the signed version.
const FIELDS: &[&str] = &[
    "effective_from",
    "review_due",
    "change_reason",
    "endorsement_required",
    "jurisdiction",
    "person",
    "sharing",
    "capacity",
    "clinical",
    "preferences",
    "recommendations",
    "adrt",
    "contacts",
    "documents",
    "acts",
    "card_line",
];

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DraftWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review_due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endorsement_required: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sharing: Option<SharingWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<CapacityWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clinical: Option<ClinicalWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferences: Option<PreferencesWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommendations: Option<RecommendationsWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adrt: Option<Vec<AdrtWire>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts: Option<Vec<ContactWire>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<OtherDocumentWire>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<AttachmentDraft>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acts: Option<Vec<ActWire>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_line: Option<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AttachmentDraft {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adrt: Option<u64>,
}

impl AttachmentDraft {
    fn into_wire(self) -> AttachmentWire {
        AttachmentWire {
            sha256: self.sha256,
            size: self.size,
            media_type: self.media_type,
            role: self.role,
            title: self.title,
            adrt: self.adrt,
        }
    }
}

/// serde also reads a struct from a bare list of values; a legal record is written with its field names.
fn refuse_packed(text: &str, wire: &DraftWire) -> Result<(), DraftError> {
    let given: Json = serde_json::from_str(text).map_err(|fault| DraftError::from_serde(&fault))?;
    let understood =
        serde_json::to_value(wire).expect("a draft holds texts, numbers, lists and structs only");
    match packed_place(&given, &understood) {
        Some(path) if path.is_empty() => Err(DraftError::Packed {
            field: "the draft".into(),
        }),
        Some(field) => Err(DraftError::Packed { field }),
        None => Ok(()),
    }
}

fn packed_place(given: &Json, understood: &Json) -> Option<String> {
    let below = |name: String, given: &Json, understood: &Json| {
        packed_place(given, understood).map(|rest| {
            if rest.is_empty() {
                name
            } else {
                format!("{name}.{rest}")
            }
        })
    };
    match (given, understood) {
        (Json::Array(_), Json::Object(_)) => Some(String::new()),
        (Json::Array(given), Json::Array(understood)) => (1..)
            .zip(given.iter().zip(understood))
            .find_map(|(at, (given, understood)): (usize, _)| below(at.to_string(), given, understood)),
        (Json::Object(given), Json::Object(understood)) => understood
            .iter()
            .find_map(|(name, understood)| below(name.clone(), given.get(name)?, understood)),
        _ => None,
    }
}

/// A verifier finds a plan in a PDF by its magic (FORMAT §7): a second one inside would leave it in doubt.
fn refuse_plans(bytes: &[u8]) -> Result<(), AttachError> {
    let magic = crate::bundle::MAGIC;
    if bytes.windows(magic.len()).any(|window| window == magic) {
        return Err(AttachError::CarriesPlan);
    }
    Ok(())
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("lengths of byte slices fit 64 bits")
}

fn shift_dates(json: &mut Json, days: i32) {
    match json {
        Json::String(text) => {
            if let Ok(date) = Date::parse(text) {
                *text = date.plus_days(days).to_string();
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| shift_dates(item, days)),
        Json::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| *name != "date_of_birth")
            .for_each(|(_, value)| shift_dates(value, days)),
        _ => {}
    }
}

#[cfg(test)]
pub(crate) mod tests;
