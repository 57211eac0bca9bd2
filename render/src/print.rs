//! A PDF from a bundle, its files and the pinned policy, and from nothing else.
//!
//! The service prints this way, and whoever verifies a PDF prints the same way again and compares (FORMAT §7): what
//! the visible page says is then what the evidence says. Times come from the stamp, the pointer's host from the name of the
//! pinned log.

use planseal::check::{CheckedBundle, FileState, Refusal};
use planseal::code::{CodeError, OfflineCode, Pointer};
use planseal::currency::Answer;
use planseal::head::HeadState;
use planseal::statement::{Intake, ReportCode};
use planseal::trust::{CertificateFields, TrustPolicy};

use crate::{
    Attached, Codes, Document, Endorsed, Known, Matter, RenderError, Reported, Standing, renderer, seal,
};

/// What a PDF is made of.
pub struct Print<'a> {
    /// The verified parts of the bundle.
    pub checked: &'a CheckedBundle,
    /// The bundle as it is embedded.
    pub bundle: &'a [u8],
    /// Every file the version names, in any order.
    pub files: &'a [Vec<u8>],
    /// The policy under which the bundle verified.
    pub policy: &'a TrustPolicy,
}

/// Makes the PDF, not yet sealed. A version that is not the latest gets a mark across every page, and no code that could be
/// relied on without signal.
///
/// # Errors
/// [`PrintError`] when the bundle does not carry what such a page states, or the page cannot be made.
pub fn print(print: &Print<'_>) -> Result<Vec<u8>, PrintError> {
    pages(print, &known(print.checked))
}

/// The pages for a reader who has just asked: as they were printed, or with a mark across every page when the answer is
/// that the version is not the latest. This is what is looked at instead of the pages of a received file.
///
/// # Errors
/// As [`print()`].
pub fn show(print: &Print<'_>, answer: Option<&Answer>) -> Result<Vec<u8>, PrintError> {
    let mut known = known(print.checked);
    if let Some(
        answer @ (Answer::Superseded { as_of, .. }
        | Answer::Withdrawn { as_of, .. }
        | Answer::Suspended { as_of, .. }),
    ) = answer
    {
        (known.standing, known.at) = (Standing::from(answer), *as_of);
    }
    pages(print, &known)
}

fn pages(print: &Print<'_>, known: &Known) -> Result<Vec<u8>, PrintError> {
    let checked = print.checked;
    let marked = matches!(
        known.standing,
        Standing::Superseded { .. } | Standing::Withdrawn { .. } | Standing::Suspended
    );
    let offline = match (checked.card(), checked.stamp()) {
        (Some(card), Some(stamp)) if !marked => Some(OfflineCode::new(card, stamp)?.text()),
        _ if marked => None,
        _ => return Err(PrintError::NotStamped),
    };
    let version = checked.version().verified();
    let pointer = Pointer {
        plan: version.content().plan(),
        version_number: u16::try_from(version.content().version_number()).map_err(|_| PrintError::Number)?,
        version: version.id().prefix(),
    };
    let codes = Codes {
        pointer: pointer.address(host(print.policy)),
        offline,
    };
    let attachments: Vec<Attached<'_>> = print.files.iter().map(|bytes| Attached { bytes }).collect();
    let document = Document {
        version,
        known,
        codes: &codes,
        bundle: print.bundle,
        attachments: &attachments,
        printed_at: known.at,
    };
    Ok(crate::document(&document)?)
}

/// Makes the pages again and compares them with the file the bundle was found in, byte for byte; where the policy says
/// that PDFs are sealed, the seal around them is checked too.
#[must_use]
pub fn compare(file: &[u8], again: &Print<'_>) -> FileState {
    let document = match again.policy.seals() {
        None => seal::without_trailing_space(file),
        Some(authority) => match seal::open(file) {
            Ok(sealed) if sealed.authority() == authority => sealed.document(),
            _ => return FileState::Altered,
        },
    };
    if print(again).is_ok_and(|pages| pages == document) {
        return FileState::Genuine;
    }
    let made_elsewhere = renderer::claimed(document).is_some_and(|name| name != renderer::RENDERER);
    if made_elsewhere && again.policy.seals().is_some() {
        FileState::Sealed
    } else {
        FileState::Altered
    }
}

/// The host in printed pointers: the log's origin up to its first slash.
#[must_use]
pub fn host(policy: &TrustPolicy) -> &str {
    let origin = policy.log().name();
    origin.split_once('/').map_or(origin, |(host, _)| host)
}

/// What the bundle knows beside the plan, as of its stamp or else its head.
#[must_use]
pub fn known(checked: &CheckedBundle) -> Known {
    let version = checked.version().verified();
    let head = checked.head().map(|head| head.content());
    let stamped = checked.stamp().map(|stamp| stamp.content().issued_at);
    let said = head.map(|head| head.issued_at);
    let standing = match head {
        None => Standing::NotChecked,
        Some(head) if head.latest != version.id() => {
            // An older head names an earlier version: it says nothing about this one.
            if head.version_number > version.content().version_number() {
                Standing::Superseded {
                    by_version_signed: Some(head.signed_at),
                }
            } else {
                Standing::NotChecked
            }
        }
        Some(head) => match head.state {
            HeadState::Current => Standing::Latest,
            HeadState::Withdrawn => Standing::Withdrawn { signed: None },
            HeadState::Suspended => Standing::Suspended,
        },
    };
    let counting = checked
        .endorsements()
        .iter()
        .filter(|endorsed| endorsed.revoked().is_none());
    let endorsements = counting.map(|endorsed| Endorsed {
        by: holder(endorsed.by().fields()),
        at: endorsed.statement().content().issued_at,
    });
    let reports = checked.open_reports().map(|reported| {
        let report = reported.statement().content();
        Reported {
            matter: matter(report.code),
            what: report.code.words().to_owned(),
            by: report.reporter.as_str().to_owned(),
            at: report.issued_at,
        }
    });
    let intakes = checked.open_intakes().map(|received| Reported {
        matter: Matter::AdvanceDecision,
        what: Intake::WORDS.to_owned(),
        by: holder(received.by().fields()),
        at: received.statement().content().issued_at,
    });
    Known {
        at: stamped.or(said).unwrap_or_else(|| version.signed_at()),
        standing,
        endorsements: endorsements.collect(),
        reports: reports.chain(intakes).collect(),
    }
}

fn holder(fields: &CertificateFields) -> String {
    let registered = fields.registration.as_ref().map_or_else(String::new, |held| {
        format!(" ({} {})", held.body.to_uppercase(), held.number)
    });
    format!("{}{registered}, {}", fields.name, fields.organisation_name)
}

const fn matter(code: ReportCode) -> Matter {
    match code {
        ReportCode::WithdrawalReported
        | ReportCode::AuthenticityDisputed
        | ReportCode::LaterLpaSeen
        | ReportCode::InconsistentConduct => Matter::AdvanceDecision,
        ReportCode::PatientDied | ReportCode::WrongPatient | ReportCode::Other => Matter::Plan,
    }
}

/// No PDF was made.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// Without card and stamp there is no offline code, and without that no print that a reader could rely on.
    #[error("the bundle carries no card and stamp: only the latest version is printed without a mark")]
    NotStamped,
    /// A number that no pointer can carry.
    #[error("the version's number does not fit a printed pointer")]
    Number,
    /// The code would be too long to read.
    #[error("the offline code cannot be made")]
    Code(#[from] CodeError),
    /// The bundle does not verify.
    #[error("the bundle does not verify")]
    Refused(#[from] Refusal),
    /// The pages cannot be made.
    #[error("the pages cannot be made")]
    Render(#[from] RenderError),
}
