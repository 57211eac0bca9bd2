//! The words of a verdict: the line under its state, the lines beside it, and why something was refused. None of them
//! quotes what was typed into a plan or a report.

use super::{Attested, CheckedBundle, Refusal};
use crate::currency::{Answer, Unknown};
use crate::head::HeadState;
use crate::plan::YesNo;
use crate::statement::{Endorsement, EndorsementCode, Intake, Resolution};

pub(super) fn line_of(answer: &Answer, signed_on: Option<&str>) -> String {
    match answer {
        Answer::Latest { as_of, warnings, .. } if warnings.is_empty() => {
            format!("This is the current plan, as of {}.", as_of.day_and_time())
        }
        Answer::Latest { as_of, warnings, .. } => {
            format!("This is the current plan, but: {} (as of {}).", warnings.join("; "), as_of.day_and_time())
        }
        Answer::Superseded { newer: Some(HeadState::Suspended), .. } => {
            "A newer plan was signed, and its signer was later reported not entitled: read both, and ask. An advance \
             decision below may still bind."
                .into()
        }
        Answer::Superseded { newer: Some(HeadState::Withdrawn), .. } => {
            "Do not rely on this copy. A newer plan was signed, and it was withdrawn. An advance decision may still bind."
                .into()
        }
        Answer::Superseded { newer_signed_at: Some(at), .. } => {
            format!(
                "Do not rely on this copy. A newer plan was signed on {}. An advance decision below may still bind.",
                at.day()
            )
        }
        Answer::Superseded { .. } => {
            "Do not rely on this copy. A newer plan exists. An advance decision below may still bind.".into()
        }
        Answer::Withdrawn { .. } => "This plan was withdrawn. An advance decision may still bind.".into(),
        Answer::Suspended { .. } => {
            "The signer's key was later reported lost or the signer was not entitled. An advance decision may still bind."
                .into()
        }
        Answer::Unknown(why) => format!("{} {}", unknown_line(signed_on), why_unknown(why)),
    }
}

/// A withdrawn, suspended or superseded plan may have something open as well: the words of "latest" hold them already.
pub(super) fn with_warnings(line: String, answer: &Answer) -> String {
    match answer {
        Answer::Superseded { warnings, .. }
        | Answer::Withdrawn { warnings, .. }
        | Answer::Suspended { warnings, .. }
            if !warnings.is_empty() =>
        {
            format!("{line} Also: {}.", warnings.join("; "))
        }
        _ => line,
    }
}

fn unknown_line(signed_on: Option<&str>) -> String {
    match signed_on {
        Some(day) => format!(
            "Genuine when signed on {day}; we cannot check if it is still current. A newer plan may exist."
        ),
        None => "This cannot be checked here. That says nothing against it: use clinical judgement.".into(),
    }
}

fn why_unknown(why: &Unknown) -> String {
    match why {
        Unknown::NoEvidence => "There is no connection and no snapshot at hand.".into(),
        Unknown::TooOld { made, .. } => {
            format!("The newest evidence here is of {}, too old.", made.day_and_time())
        }
        Unknown::FromTheFuture { made, .. } => {
            format!(
                "The evidence says it was made on {}: check this device's clock.",
                made.day_and_time()
            )
        }
        Unknown::OlderThanTheVersion { made } => {
            format!(
                "The newest evidence here, of {}, is older than this plan.",
                made.day_and_time()
            )
        }
        Unknown::Contradiction { made } => {
            format!(
                "The service contradicted itself on {}; report this to its operator.",
                made.day_and_time()
            )
        }
    }
}

/// Lines that are no states of their own: endorsement, intakes, reports and what became of them.
pub(super) fn notes_about(checked: &CheckedBundle) -> Vec<String> {
    let mut notes: Vec<String> = checked.endorsements().iter().map(endorsed).collect();
    let responsible = checked.endorsements().iter().any(|endorsed| {
        let statement = endorsed.statement().content().statement;
        endorsed.revoked().is_none() && statement == EndorsementCode::ResponsibleClinician
    });
    let required = checked.version().verified().content().endorsement_required();
    if required == YesNo::Yes && !responsible {
        notes.push("Signed, not yet endorsed (as far as this file shows).".into());
    }
    for intake in checked.intakes() {
        let received = format!("On {}: an advance decision was received", signed_on(intake));
        let end = checked.end_of(intake.statement(), Resolution::settles_intake);
        notes.push(format!(
            "{received}; {}",
            end.map_or_else(|| "not yet reviewed.".to_owned(), ended)
        ));
    }
    for report in checked.reports() {
        let content = report.statement().content();
        let reported = format!("Reported on {}: {}", signed_on(report), content.code.words());
        let end = checked.end_of(report.statement(), |by| by.settles(content));
        notes.push(format!(
            "{reported}{}",
            end.map_or_else(|| ".".to_owned(), |end| format!("; {}", ended(end)))
        ));
    }
    let declared = checked
        .resolutions()
        .iter()
        .filter(|resolution| resolution.statement().content().target == checked.version().verified().id());
    notes.extend(declared.map(|declared| format!("About this version: {}", ended(declared))));
    for report in checked.unplaced_reports() {
        let (on, words) = (report.signed_at().day(), report.content().code.words());
        notes.push(format!("Reported on {on}, not shown to be registered: {words}."));
    }
    for intake in checked.unplaced_intakes() {
        let on = intake.signed_at().day();
        notes.push(format!("On {on}, not shown to be registered: {}.", Intake::WORDS));
    }
    notes
}

/// How a doubt ended, or that it is open again.
fn ended(resolution: &Attested<Resolution>) -> String {
    let (by, on) = (resolution.by().name(), signed_on(resolution));
    match resolution.revoked() {
        None => format!(
            "{} by {by} on {on}.",
            resolution.statement().content().outcome.words()
        ),
        Some(revoked) => format!(
            "what {by} resolved on {on} is open again: the key was revoked on {}.",
            revoked.at.day()
        ),
    }
}

fn endorsed(endorsed: &Attested<Endorsement>) -> String {
    let (by, on) = (endorsed.by().name(), signed_on(endorsed));
    match endorsed.revoked() {
        None => format!("Endorsed by {by} on {on}."),
        Some(revoked) => format!(
            "The endorsement by {by} on {on} no longer counts: the key was revoked on {}.",
            revoked.at.day()
        ),
    }
}

fn signed_on<S>(attested: &Attested<S>) -> String {
    attested.statement().verified().signed_at().day()
}

/// The chain of causes in one sentence; none of them quotes content.
pub(super) fn reason_of(fault: &Refusal) -> String {
    let mut reason = fault.to_string();
    let mut cause = core::error::Error::source(fault);
    while let Some(fault) = cause {
        let words = fault.to_string();
        if !reason.ends_with(&words) {
            reason = format!("{reason}: {words}");
        }
        cause = fault.source();
    }
    reason
}
