//! The two ways to a printed plan: a document of a verified version, and a preview of one nobody has signed.
//!
//! A document takes evidence (`Verified`) and cannot be made without it; a preview takes a plain plan and says
//! UNSIGNED on every page. What a PDF shows is never trusted by itself: readers check the embedded bundle.

use krilla::embed::AssociationKind;
use planseal::id::ObjectId;
use planseal::plan::PlanVersion;
use planseal::plan::contacts::{Attachment, Digest, MediaType};
use planseal::time::Timestamp;
use planseal::verify::Verified;

use crate::RenderError;
use crate::first_page::{self, PrintedCodes};
use crate::known::{Known, Standing};
use crate::layout::{self, Layout};
use crate::length::Length;
use crate::pdf::{self, EmbeddedBytes, Properties};
use crate::qr::Symbol;
use crate::renderer;
use crate::sections::{self, Signed, Surroundings};
use crate::summary::EmergencySummary;
use crate::text::Text;
use crate::view::{Block, Furniture, Ground, Mark};
use crate::words;

/// Everything a printed document is made of.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    /// The version, verified.
    pub version: &'a Verified<PlanVersion>,
    /// What was known of it at print time.
    pub known: &'a Known,
    /// What the two codes say (FORMAT §6).
    pub codes: &'a Codes,
    /// The bundle (FORMAT §7), embedded as it is.
    pub bundle: &'a [u8],
    /// Every file the version names, in any order.
    pub attachments: &'a [Attached<'a>],
    /// The file's date: the stamp's `iat`, so that rendering again gives the same bytes.
    pub printed_at: Timestamp,
}

/// The content of the printed codes.
#[derive(Clone, Debug)]
pub struct Codes {
    /// `https://HOST/v#…`: check that this is the latest.
    pub pointer: String,
    /// `PS1:…`: read and check without signal. Only the latest version has one: its stamp says so.
    pub offline: Option<String>,
}

/// A file as it was received; the version names it by its digest.
#[derive(Clone, Copy)]
pub struct Attached<'a> {
    /// Its bytes, never parsed here.
    pub bytes: &'a [u8],
}

/// The PDF of a verified version: PDF/A-3a and PDF/UA-1, with bundle and scans inside, ready for the seal.
///
/// # Errors
/// [`RenderError::Attachments`] when the files given are not those the version names; the code errors when a code
/// would not stay readable; the others only when an earlier promise is broken.
pub fn document(document: &Document<'_>) -> Result<Vec<u8>, RenderError> {
    signed_pages(
        document.version.content(),
        document.version.id(),
        &Beside::of(document),
    )
}

/// The PDF of a plan before anybody has signed it: UNSIGNED on every page, without codes and attached files.
///
/// # Errors
/// As [`document`], without attachments and codes.
pub fn preview(plan: &PlanVersion) -> Result<Vec<u8>, RenderError> {
    let furniture = Furniture {
        foot: foot(plan, "UNSIGNED PREVIEW, not for care."),
        mark: Some(Mark {
            across: "UNSIGNED",
            above: Text::strong(
                "template",
                Length::points(11),
                "UNSIGNED PREVIEW. Nobody has signed this. Do not use it for care.",
            ),
        }),
        ground: Ground::White,
    };
    let summary = EmergencySummary::unsigned(plan);
    let blocks = all_blocks(plan, &summary, None, &Surroundings { signed: None }, &furniture)?;
    let layout = layout::lay_out(&blocks, &furniture)?;
    let properties = Properties {
        title: format!("Unsigned preview: {}", title(plan)),
        author: plan.author().name().to_string(),
        producer: renderer::producer(),
        identity: format!("preview {} {}", plan.plan(), plan.version_number()),
        made_at: plan.signed_at(),
    };
    pdf::write(&layout, &properties, Vec::new())
}

/// What stands beside the version in a [`Document`].
struct Beside<'a> {
    known: &'a Known,
    codes: &'a Codes,
    bundle: &'a [u8],
    attachments: &'a [Attached<'a>],
    printed_at: Timestamp,
}

impl<'a> Beside<'a> {
    const fn of(document: &Document<'a>) -> Self {
        Self {
            known: document.known,
            codes: document.codes,
            bundle: document.bundle,
            attachments: document.attachments,
            printed_at: document.printed_at,
        }
    }
}

fn signed_pages(plan: &PlanVersion, id: ObjectId, given: &Beside<'_>) -> Result<Vec<u8>, RenderError> {
    let (layout, properties) = pages(plan, id, given)?;
    let mut files = vec![EmbeddedBytes {
        name: "planseal-bundle.cbor".to_owned(),
        media_type: "application/vnd.planseal.bundle+cbor",
        description: "The signed plan with its proofs: the evidence that this document is checked by"
            .to_owned(),
        relation: AssociationKind::Source,
        dated: plan.signed_at(),
        bytes: given.bundle,
    }];
    files.extend(attached(plan, given.attachments)?);
    pdf::write(&layout, &properties, files)
}

fn pages(plan: &PlanVersion, id: ObjectId, given: &Beside<'_>) -> Result<(Layout, Properties), RenderError> {
    let codes = PrintedCodes {
        pointer: Symbol::pointer(&given.codes.pointer)?,
        offline: given.codes.offline.as_deref().map(Symbol::offline).transpose()?,
    };
    let digest = id.to_string();
    let id_words = format!(
        "Digest {}  \u{00b7}  Check before relying: scan page 1.",
        digest.get(..16).unwrap_or(&digest)
    );
    let furniture = Furniture {
        foot: foot(plan, &id_words),
        mark: mark(given.known),
        ground: Ground::White,
    };
    let around = Surroundings {
        signed: Some(Signed {
            id,
            known: given.known,
        }),
    };
    let summary = EmergencySummary::of(plan, given.known);
    let blocks = all_blocks(plan, &summary, Some(&codes), &around, &furniture)?;
    let layout = layout::lay_out(&blocks, &furniture)?;
    let properties = Properties {
        title: title(plan),
        author: plan.author().name().to_string(),
        producer: renderer::producer(),
        identity: format!("urn:planseal:version:{id}"),
        made_at: given.printed_at,
    };
    Ok((layout, properties))
}

fn all_blocks(
    plan: &PlanVersion,
    summary: &EmergencySummary,
    codes: Option<&PrintedCodes>,
    around: &Surroundings<'_>,
    furniture: &Furniture,
) -> Result<Vec<Block>, RenderError> {
    let mut blocks = first_page::blocks(plan, summary, codes, furniture)?;
    blocks.push(Block::PageBreak);
    blocks.extend(sections::blocks(plan, around));
    Ok(blocks)
}

fn title(plan: &PlanVersion) -> String {
    format!(
        "Urgent care plan of {}, version {}",
        words::foot_name(plan.person().name()),
        plan.version_number()
    )
}

/// On every page, so that pages of different plans or versions cannot be mixed.
fn foot(plan: &PlanVersion, identity: &str) -> Vec<Text> {
    let person = plan.person();
    let who = format!(
        "Patient: {}  \u{00b7}  Born {}  \u{00b7}  NHS No. {}",
        words::foot_name(person.name()),
        person.date_of_birth().day(),
        words::nhs_number(person)
    );
    let which = format!(
        "Plan {}  \u{00b7}  Version {}  \u{00b7}  {identity}",
        plan.plan().short_code(),
        plan.version_number()
    );
    vec![
        Text::strong("person", layout::FOOT_SIZE, who),
        Text::plain("template", layout::FOOT_SIZE, which),
    ]
}

/// States that every page must show, so that no page of such a copy can be taken for a good one.
fn mark(known: &Known) -> Option<Mark> {
    let (across, words) = match known.standing {
        Standing::Latest | Standing::NotChecked => return None,
        Standing::Superseded { .. } => (
            "SUPERSEDED",
            "SUPERSEDED: do not rely on this copy. A newer plan exists.",
        ),
        Standing::Withdrawn { .. } => (
            "WITHDRAWN",
            "WITHDRAWN: this plan was withdrawn. An advance decision may still bind.",
        ),
        Standing::Suspended => (
            "SUSPENDED",
            "SUSPENDED: the signature was later put in doubt. Use clinical judgement.",
        ),
        Standing::NotYetRegistered => (
            "NOT YET REGISTERED",
            "SIGNED, NOT YET REGISTERED: an interim print, to be replaced.",
        ),
    };
    Some(Mark {
        across,
        above: Text::strong("template", Length::points(11), words),
    })
}

/// The given files in the order of the version, each found by its digest.
fn attached<'a>(plan: &PlanVersion, given: &[Attached<'a>]) -> Result<Vec<EmbeddedBytes<'a>>, RenderError> {
    let named = plan.attachments();
    let mismatch = || RenderError::Attachments {
        given: given.len(),
        named: named.len(),
    };
    if given.len() != named.len() {
        return Err(mismatch());
    }
    let digests: Vec<Digest> = given.iter().map(|file| Digest::of(file.bytes)).collect();
    let mut files = Vec::new();
    for (at, file) in named.iter().enumerate() {
        let found = digests.iter().position(|digest| *digest == file.sha256());
        let bytes = found.map(|found| given[found].bytes).ok_or_else(mismatch)?;
        files.push(EmbeddedBytes {
            name: file_name(file, at + 1),
            media_type: file.media_type().code(),
            description: format!("{}: {}", file.role().label(), file.title()),
            relation: AssociationKind::Supplement,
            dated: plan.signed_at(),
            bytes,
        });
    }
    Ok(files)
}

/// `file-1-adrt-scan.pdf`: ASCII, from coded values only.
fn file_name(file: &Attachment, number: usize) -> String {
    let extension = match file.media_type() {
        MediaType::Pdf => "pdf",
        MediaType::Png => "png",
        MediaType::Jpeg => "jpg",
    };
    format!(
        "file-{number}-{}.{extension}",
        file.role().code().replace('_', "-")
    )
}

#[cfg(test)]
mod tests;
