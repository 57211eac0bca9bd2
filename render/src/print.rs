//! A PDF from a bundle, its files and the pinned policy, and from nothing else.
//!
//! The service prints this way, and whoever verifies a PDF prints the same way again and compares (FORMAT §7): what
//! the visible page says is then what the evidence says. Times come from the stamp, the pointer's host from the name of the
//! pinned log.

use planseal::check::{CheckedBundle, FileState, Refusal};
use planseal::code::{CodeError, OfflineCode, Pointer};
use planseal::head::HeadState;
use planseal::statement::{Intake, ReportCode};
use planseal::trust::{CertificateFields, TrustPolicy};

use crate::{Attached, Codes, Document, Endorsed, Known, Matter, RenderError, Reported, Standing};

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

/// Makes the PDF.
///
/// # Errors
/// [`PrintError`] when the bundle carries no card or stamp, or the page cannot be made.
pub fn print(print: &Print<'_>) -> Result<Vec<u8>, PrintError> {
    let card = print.checked.card().ok_or(PrintError::NotStamped)?;
    let stamp = print.checked.stamp().ok_or(PrintError::NotStamped)?;
    let version = print.checked.version().verified();
    let pointer = Pointer {
        plan: version.content().plan(),
        version_number: u16::try_from(version.content().version_number()).map_err(|_| PrintError::Number)?,
        version: version.id().prefix(),
    };
    let codes = Codes {
        pointer: pointer.address(host(print.policy)),
        offline: OfflineCode::new(card, stamp)?.text(),
    };
    let attachments: Vec<Attached<'_>> = print.files.iter().map(|bytes| Attached { bytes }).collect();
    let document = Document {
        version,
        known: &known(print.checked),
        codes: &codes,
        bundle: print.bundle,
        attachments: &attachments,
        printed_at: stamp.content().issued_at,
    };
    Ok(crate::document(&document)?)
}

/// Prints again and compares with the file the bundle was found in, byte for byte.
#[must_use]
pub fn compare(file: &[u8], again: &Print<'_>) -> FileState {
    match print(again) {
        Ok(bytes) if bytes == file => FileState::Genuine,
        _ => FileState::Altered,
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
    /// Without card and stamp there is no offline code, and without that no print.
    #[error("the bundle carries no card and stamp to print: only the latest version is printed")]
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
