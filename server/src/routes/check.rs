//! Verifying what a client brings, and the status of a pointer.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use planseal::check::{Attachments, Authenticity, FileState, Verdict};
use planseal::code::Pointer;
use planseal::currency::Answer;
use planseal::id::PlanId;
use serde_json::{Value, json};

use super::App;
use super::answer::{Representation, json as answer, negotiate};
use super::body::media_type;
use super::plans::standing;
use crate::problem::{Problem, ProblemType};
use crate::service::{Judged, Pointed, PointedStanding, ServiceError};

/// What a pointer's version is now: the record's signed head, or its meaning as JSON. No patient data; an unknown
/// pointer is 404, whether the record or the version is unknown.
pub(super) async fn status(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let pointer = pointer_of(&headers, &body)?;
    let media_type = negotiate(&headers, &["application/cose", "application/json"])?;
    let pointed = app.service.point(&pointer).await?;
    if media_type == "application/json" {
        return Ok(answer(StatusCode::OK, &pointed_json(&pointed)));
    }
    let bytes = app.service.head(pointer.plan).await?.bytes().to_vec();
    Ok(Representation {
        media_type,
        bytes,
        tag: None,
    }
    .respond())
}

/// The digits themselves, the address they stand in, or `{"pointer": …}`.
fn pointer_of(headers: &HeaderMap, body: &[u8]) -> Result<Pointer, Problem> {
    let text = core::str::from_utf8(body).unwrap_or_default().trim();
    let held: Option<Value> = (media_type(headers).as_deref() == Some("application/json"))
        .then(|| serde_json::from_str(text).ok())
        .flatten();
    let text = held
        .as_ref()
        .and_then(|held| held["pointer"].as_str())
        .unwrap_or(text);
    let digits = text.rsplit_once('#').map_or(text, |(_, digits)| digits);
    Pointer::parse(digits).map_err(|_| {
        Problem::new(
            ProblemType::BadRequest,
            "Send the 85 digits of the first code on the paper, or the address it opens.",
        )
    })
}

/// A PDF, bundle, envelope or code's text in, the verdict out: 200 also for a document that is not genuine.
pub(super) async fn verify(State(app): State<App>, body: Bytes) -> Result<Response, Problem> {
    let judged = match app.service.judge(&body).await? {
        Judged::Verdict(verdict) => {
            let mut shown = verdict_json(&verdict);
            if let Some(version) = verdict.version() {
                shown["standing"] = standing_of(&app, version.content().plan()).await?;
            }
            shown
        }
        Judged::Pointed(pointed) => pointed_json(&pointed),
    };
    Ok(answer(StatusCode::OK, &judged))
}

/// What this service knows beside the latest version of the record; nothing of records of other services.
async fn standing_of(app: &App, plan: PlanId) -> Result<Value, Problem> {
    match app.service.record(plan).await {
        Ok(record) => Ok(standing(&record)),
        Err(ServiceError::NotFound) => Ok(Value::Null),
        Err(fault) => Err(fault.into()),
    }
}

fn pointed_json(pointed: &Pointed) -> Value {
    let standing = match pointed.standing {
        PointedStanding::Latest => "latest",
        PointedStanding::Superseded => "superseded",
        PointedStanding::Withdrawn => "withdrawn",
        PointedStanding::Suspended => "suspended",
    };
    json!({
        "state": "POINTER",
        "version": pointed.version_number,
        "latest": pointed.latest,
        "current": { "answer": standing, "warnings": pointed.warnings },
        "line": pointed.line(),
    })
}

/// The verdict with its three answers apart (FORMAT §1). It repeats no content of the plan.
fn verdict_json(verdict: &Verdict) -> Value {
    let mut shown = json!({
        "state": verdict.state().word(),
        "exit_code": verdict.exit_code(),
        "line": verdict.line(),
        "authentic": authentic(verdict),
        "current": current(verdict),
        "attachments": attachments(verdict),
        "file": match verdict.file() {
            FileState::NotCompared => "not-compared",
            FileState::Genuine => "genuine",
            FileState::Sealed => "sealed",
            FileState::Altered => "altered",
        },
        "notes": verdict.notes(),
        "contact": verdict.contact(),
    });
    if let Some(version) = verdict.version() {
        shown["plan"] = json!({
            "plan": version.content().plan().to_string(),
            "version": version.content().version_number(),
            "id": version.id().to_string(),
            "signed_at": version.signed_at().to_string(),
        });
    }
    shown
}

fn authentic(verdict: &Verdict) -> Value {
    let (answer, registered) = match verdict.authenticity() {
        Authenticity::Verified => ("verified", true),
        Authenticity::RegistrationNotShown => ("verified", false),
        Authenticity::CannotCheck(_) => ("cannot-check", false),
        Authenticity::Failed(_) => ("failed", false),
    };
    json!({ "answer": answer, "registered": registered, "reason": verdict.reason() })
}

fn current(verdict: &Verdict) -> Value {
    let Some(currency) = verdict.currency() else {
        return json!({ "answer": "unknown" });
    };
    let (answer, as_of) = match currency.answer() {
        Answer::Unknown(_) => return json!({ "answer": "unknown" }),
        Answer::Latest { as_of, .. } => ("latest", as_of),
        Answer::Superseded { as_of, .. } => ("superseded", as_of),
        Answer::Withdrawn { as_of, .. } => ("withdrawn", as_of),
        Answer::Suspended { as_of, .. } => ("suspended", as_of),
    };
    let mut told = json!({ "answer": answer, "as_of": as_of.to_string(), "warnings": currency.warnings() });
    if let Answer::Superseded { newer_signed_at, .. } = currency.answer() {
        told["newer_signed_at"] = newer_signed_at.map(|at| at.to_string()).into();
    }
    told
}

fn attachments(verdict: &Verdict) -> Value {
    match verdict.attachments() {
        Attachments::None => json!({ "answer": "none" }),
        Attachments::AllMatch => json!({ "answer": "all-match" }),
        Attachments::Missing { count } => json!({ "answer": "missing", "missing": count }),
        Attachments::Mismatch => json!({ "answer": "mismatch" }),
    }
}
