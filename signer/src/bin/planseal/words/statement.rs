//! What a short statement says, in a sentence for whoever signs or reads it, and field by field.

use planseal::envelope::MAX_ENVELOPE;
use planseal::id::PlanId;
use planseal::statement::{
    Custody, CustodyEvent, Endorsement, EndorsementCode, Hold, HoldAct, HoldKind, Intake, IntakeForm,
    KeyStatus, Kind, Outcome, Report, Resolution, RevocationReason, StaffList, Statement as _, Withdrawal,
    WithdrawalReason,
};
use planseal::time::Timestamp;
use serde_json::Value as Json;

use super::leaves;
use crate::cbor;

/// What a short statement says: one sentence, then every field that its bytes hold.
pub(crate) fn statement(kind: Kind, payload: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = sentence(kind, payload).into_iter().collect();
    let json = cbor::to_json(payload, MAX_ENVELOPE).unwrap_or(Json::Null);
    for (path, value) in leaves(&json) {
        if matches!(path.as_str(), "typ" | "v") {
            continue;
        }
        lines.push(format!(
            "  {}: {}",
            path.replace('_', " "),
            as_people_write(&path, value)
        ));
    }
    lines
}

/// Seconds since 1970 and sixteen bytes are no words.
fn as_people_write(path: &str, value: String) -> String {
    let said = match path {
        "iat" | "exp" | "happened_at" => value
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_seconds(seconds).ok())
            .map(Timestamp::day_and_time),
        "plan" => hex::decode(&value)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(|bytes| PlanId::from_bytes(bytes).to_string()),
        _ => None,
    };
    said.unwrap_or(value)
}

/// What a statement does, for somebody who must not do it by mistake.
pub(crate) fn sentence(kind: Kind, payload: &[u8]) -> Option<String> {
    let said = match kind {
        Kind::Withdrawal => withdrawal(&Withdrawal::from_payload(payload).ok()?),
        Kind::Endorsement => match Endorsement::from_payload(payload).ok()?.statement {
            EndorsementCode::ResponsibleClinician => {
                "ENDORSES the version as the responsible clinician: read, and agreed with."
            }
            EndorsementCode::SecondOpinion => "ENDORSES the version as a second opinion that was asked for.",
        }
        .into(),
        Kind::KeyStatus => key_status(&KeyStatus::from_payload(payload).ok()?),
        Kind::Report => format!("REPORT: {}.", Report::from_payload(payload).ok()?.code.words()),
        Kind::Resolution => resolution(&Resolution::from_payload(payload).ok()?).into(),
        Kind::Intake => intake(&Intake::from_payload(payload).ok()?).into(),
        Kind::Custody => custody(Custody::from_payload(payload).ok()?.event).into(),
        Kind::Hold => hold(&Hold::from_payload(payload).ok()?).into(),
        Kind::StaffList => {
            let list = StaffList::from_payload(payload).ok()?;
            format!(
                "STAFF LIST {}: {} people are authorised; it replaces every list of a lower number whole.",
                list.number,
                list.staff.len()
            )
        }
        _ => return None,
    };
    Some(said)
}

fn withdrawal(withdrawal: &Withdrawal) -> String {
    let why = match withdrawal.reason {
        WithdrawalReason::WithdrawnByClinician => "a clinician withdraws it",
        WithdrawalReason::SharingStopped => {
            "the patient no longer shares it; readers are told to ask the patient"
        }
        WithdrawalReason::ClosedOnDeath => "the patient died",
        WithdrawalReason::EnteredInError => "it was entered in error",
    };
    format!("WITHDRAWS the plan: {why}. Readers see WITHDRAWN; an advance decision in it may still bind.")
}

fn key_status(status: &KeyStatus) -> String {
    let why = match status.reason {
        RevocationReason::KeyCompromised => "the key may be in other hands",
        RevocationReason::KeyLost => "the key is lost",
        RevocationReason::Left => "the person left or no longer holds the role",
        RevocationReason::NotEntitled => "the person was not entitled when they signed",
        RevocationReason::Replaced => "a newer certificate replaces it",
    };
    let from = status.from_index;
    format!(
        "REVOKES the certificate for ever: {why}. What it signed before leaf {from} of the log stays verified; what it \
         signed from leaf {from} on is SUSPENDED; nothing that it signs after this is logged counts."
    )
}

const fn resolution(resolution: &Resolution) -> &'static str {
    match resolution.outcome {
        Outcome::Confirmed => {
            "RESOLVES the matter as confirmed: the named version or withdrawal carried it out. The warning is closed."
        }
        Outcome::Unfounded => "RESOLVES the matter as unfounded. The warning is closed.",
        Outcome::CourtDeclaration => "RECORDS what a court declared. The warning is closed.",
    }
}

const fn intake(intake: &Intake) -> &'static str {
    match intake.form {
        IntakeForm::Document(_) => {
            "RECEIVED a document as an advance decision: shown at once as received, not yet reviewed."
        }
        IntakeForm::Spoken(_) => {
            "RECEIVED spoken words as an advance decision: shown at once as received, not yet reviewed."
        }
    }
}

const fn custody(event: CustodyEvent) -> &'static str {
    match event {
        CustodyEvent::Received => "CUSTODY: the original was received.",
        CustodyEvent::Transferred => "CUSTODY: the original went from one to another.",
        CustodyEvent::Stored => "CUSTODY: the original was laid down.",
        CustodyEvent::Returned => "CUSTODY: the original was given back.",
        CustodyEvent::Lost => "CUSTODY: the original is lost.",
        CustodyEvent::Reaffirmed => "CUSTODY: the patient re-affirmed it.",
    }
}

const fn hold(hold: &Hold) -> &'static str {
    match (hold.hold, hold.act) {
        (HoldKind::LegalHold, HoldAct::Begins) => {
            "LEGAL HOLD begins: nothing of the record may be destroyed."
        }
        (HoldKind::LegalHold, HoldAct::Ends) => "LEGAL HOLD ends.",
        (HoldKind::Quarantine, HoldAct::Begins) => {
            "QUARANTINE begins: the record is set apart while a doubt is looked into."
        }
        (HoldKind::Quarantine, HoldAct::Ends) => "QUARANTINE ends.",
    }
}
