//! What stands beside a plan: what was received and not reviewed, what was reported and how it ended, and the version
//! to read when the latest one is suspended (FORMAT §5).

use planseal::id::PlanId;
use planseal::statement::{IntakeForm, WithdrawalReason};

use super::shown::Shown;
use crate::service::{Edition, History};

/// A record without a plan, in the demonstration's list.
pub(super) struct ListedIntake {
    pub(super) address: String,
    pub(super) received: String,
}

impl ListedIntake {
    /// The first intake of a record; its person's name is not in it.
    pub(super) fn of(plan: PlanId, history: &History) -> Option<Self> {
        let first = history.intakes().first()?;
        Some(Self {
            address: format!("/e/{plan}"),
            received: first.content().issued_at.day(),
        })
    }
}

/// An advance decision as received.
pub(super) struct IntakeLine {
    pub(super) received: String,
    pub(super) from: String,
    pub(super) identified: String,
    pub(super) original: String,
    /// What was said, word for word; none for a document.
    pub(super) words: Option<String>,
    /// Digest of the scan; none for spoken words.
    pub(super) scan: Option<String>,
    pub(super) state: &'static str,
}

impl IntakeLine {
    pub(super) fn all(history: &History) -> Vec<Self> {
        let open: Vec<u64> = history.open_intakes().map(|intake| intake.index()).collect();
        let line = |intake: &planseal::verify::Logged<planseal::statement::Intake>| {
            let content = intake.content();
            let (words, scan) = match &content.form {
                IntakeForm::Spoken(words) => (Some(words.as_str().to_owned()), None),
                IntakeForm::Document(scan) => (None, Some(scan.sha256().to_string())),
            };
            Self {
                received: content.issued_at.day(),
                from: content.received_from.as_str().to_owned(),
                identified: content.identified_by.as_str().to_owned(),
                original: content.original.as_str().to_owned(),
                words,
                scan,
                state: if open.contains(&intake.index()) {
                    "not yet reviewed"
                } else {
                    "reviewed"
                },
            }
        };
        history.intakes().iter().map(line).collect()
    }
}

/// Something that was reported, and how it ended if it did.
pub(super) struct DoubtLine {
    pub(super) reported: String,
    pub(super) what: &'static str,
    pub(super) reporter: String,
    pub(super) words: String,
    pub(super) ended: Option<String>,
}

/// Reports, open or resolved: what is resolved no longer warns and stays listed.
pub(super) fn doubts(history: &History) -> Vec<DoubtLine> {
    let open: Vec<u64> = history.open_reports().map(|report| report.index()).collect();
    let line = |report: &planseal::verify::Logged<planseal::statement::Report>| {
        let content = report.content();
        let ended = history
            .resolution_of(report.id())
            .filter(|_| !open.contains(&report.index()));
        DoubtLine {
            reported: content.issued_at.day(),
            what: content.code.words(),
            reporter: content.reporter.as_str().to_owned(),
            words: content.words.as_str().to_owned(),
            ended: ended.map(|resolution| {
                let resolution = resolution.content();
                let (how, on) = (resolution.outcome.words(), resolution.issued_at.day());
                format!("{how} on {on}: {}", resolution.words.as_str())
            }),
        }
    };
    history.reports().iter().map(line).collect()
}

/// The last version before a suspended one that is not suspended.
pub(super) struct Earlier {
    pub(super) number: u32,
    pub(super) signed: String,
    pub(super) author: String,
    /// The emergency summary as escaped HTML.
    pub(super) summary: String,
}

impl Earlier {
    pub(super) fn of(edition: &Edition, shown: Shown) -> Self {
        let content = edition.content();
        Self {
            number: content.version_number(),
            signed: content.signed_at().day(),
            author: content.author().name().to_string(),
            summary: shown.summary.unwrap_or_default(),
        }
    }
}

/// Why a record was withdrawn, in the words of the page.
pub(crate) const fn reason(reason: WithdrawalReason) -> &'static str {
    match reason {
        WithdrawalReason::WithdrawnByClinician => "a clinician withdrew it",
        WithdrawalReason::SharingStopped => "it is no longer shared here; ask the patient",
        WithdrawalReason::ClosedOnDeath => "the record was closed on the patient's death",
        WithdrawalReason::EnteredInError => "it was entered in error",
    }
}
