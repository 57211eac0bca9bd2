//! Statements beside versions, each one envelope; and reports, which the service's recorder key signs.
//!
//! Every route answers 201 with the object's id, leaf and receipt, also to a repetition of the same bytes. Refusals are
//! those of [`AdmitError`](crate::service::AdmitError): 400 no envelope, 404 nothing under this record's name, 409 it
//! acts on something else than it may, 412 another came first, 422 it does not verify, or its signer may not say this.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::statement::ReportCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::answer::{Representation, json as answer, set};
use super::plans::{plan_of, record_access, version_replaced};
use crate::problem::{Problem, ProblemType};
use crate::service::{Observation, Registered, ServiceError};

/// Withdraws the record: 428 without `If-Match`, 412 when its latest version is another one.
pub(super) async fn withdraw(
    State(app): State<App>,
    Path(plan): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let (plan, latest) = (plan_of(&plan)?, version_replaced(&headers)?);
    let registered = app.service.withdraw(plan, latest, &object(&body)?).await?;
    Ok(created(&registered))
}

/// Endorses a version that stands: 409 for any other, and for the author's own.
pub(super) async fn endorse(
    State(app): State<App>,
    Path(plan): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let registered = app.service.endorse(plan_of(&plan)?, &object(&body)?).await?;
    Ok(created(&registered))
}

/// Takes an advance decision as received, also under a name that was never seen; its scan was sent to the record's
/// attachments before. 409 when it was made for another state of the record.
pub(super) async fn receive(
    State(app): State<App>,
    Path(plan): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let registered = app.service.receive(plan_of(&plan)?, &object(&body)?).await?;
    Ok(created(&registered))
}

/// Takes a step on the way of an original: 409 when the version or intake names no such document.
pub(super) async fn keep_custody(
    State(app): State<App>,
    Path(plan): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let registered = app.service.keep_custody(plan_of(&plan)?, &object(&body)?).await?;
    Ok(created(&registered))
}

/// Resolves a report or intake: 409 in another matter than the report's, or when nothing carried it out.
pub(super) async fn resolve(
    State(app): State<App>,
    Path(plan): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let registered = app.service.resolve(plan_of(&plan)?, &object(&body)?).await?;
    Ok(created(&registered))
}

/// Begins or ends a hold: 409 when the one to end does not stand.
pub(super) async fn hold(
    State(app): State<App>,
    Path(plan): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let registered = app.service.hold(plan_of(&plan)?, &object(&body)?).await?;
    Ok(created(&registered))
}

/// Registers a certificate: 422 when it does not lead to the pinned root, or its issuer is revoked.
pub(super) async fn certify(State(app): State<App>, body: Bytes) -> Result<Response, Problem> {
    let registered = app.service.register_certificate(&object(&body)?).await?;
    Ok(created(&registered))
}

/// Registers a revocation: 409 when it begins beyond the log, 422 by anybody but issuer or root.
pub(super) async fn revoke(State(app): State<App>, body: Bytes) -> Result<Response, Problem> {
    let registered = app.service.revoke(&object(&body)?).await?;
    Ok(created(&registered))
}

/// Registers a staff list: 409 when its number was used.
pub(super) async fn list_staff(State(app): State<App>, body: Bytes) -> Result<Response, Problem> {
    let registered = app.service.list_staff(&object(&body)?).await?;
    Ok(created(&registered))
}

/// What a reader sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reported {
    version: String,
    code: ReportCode,
    words: String,
    reporter: String,
}

/// Records a report: 201 with the signed report besides; 409 when the version is not one of this record.
pub(super) async fn report(
    State(app): State<App>,
    Path(plan): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let plan = plan_of(&plan)?;
    let unreadable = || {
        Problem::new(
            ProblemType::BadRequest,
            "Send version (its id), code, words and reporter as JSON; the codes are those of the format.",
        )
    };
    let reported: Reported = serde_json::from_slice(&body).map_err(|_| unreadable())?;
    let observed = Observation {
        version: ObjectId::parse(&reported.version).map_err(|_| unreadable())?,
        code: reported.code,
        words: &reported.words,
        reporter: &reported.reporter,
    };
    let (object, registered) = app.service.report(plan, &observed).await?;
    let mut told = registration(&registered);
    told["object"] = STANDARD.encode(object.bytes()).into();
    Ok(respond(&registered, &told))
}

/// Everything logged about a record, in the order of its chain: 404 when nothing is.
pub(super) async fn list(State(app): State<App>, Path(plan): Path<String>) -> Result<Response, Problem> {
    let plan = plan_of(&plan)?;
    let statements = app.service.statements(plan).await?;
    record_access(&app, "list-statements", plan, None).await?;
    let lines: Vec<Value> = statements
        .iter()
        .map(|(stored, receipt)| {
            json!({
                "kind": stored.kind.name(),
                "id": stored.id.to_string(),
                "leaf": stored.index,
                "signed_at": stored.signed_at.to_string(),
                "object": STANDARD.encode(&stored.envelope),
                "receipt": STANDARD.encode(receipt.encode()),
            })
        })
        .collect();
    Ok(answer(StatusCode::OK, &Value::Array(lines)))
}

/// One logged object by its id, as it was signed.
pub(super) async fn fetch(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = ObjectId::parse(&id).map_err(|_| ServiceError::NotFound)?;
    let stored = app.service.object(id).await?;
    if let Some(plan) = stored.plan {
        record_access(&app, "read-statement", plan, Some(id)).await?;
    }
    let tag = Some(id.to_string());
    let (media_type, bytes) = ("application/cose", stored.envelope);
    Ok(Representation {
        media_type,
        bytes,
        tag,
    }
    .respond())
}

/// The record's head, made now: 404 without a version.
pub(super) async fn head(State(app): State<App>, Path(plan): Path<String>) -> Result<Response, Problem> {
    let bytes = app.service.head(plan_of(&plan)?).await?.bytes().to_vec();
    let media_type = "application/cose";
    let tag = None;
    Ok(Representation {
        media_type,
        bytes,
        tag,
    }
    .respond())
}

fn object(body: &[u8]) -> Result<SignedObject, Problem> {
    SignedObject::parse(body).map_err(|fault| {
        Problem::new(
            ProblemType::BadRequest,
            format!("Send one signed object as it is: {fault}."),
        )
    })
}

fn registration(registered: &Registered) -> Value {
    json!({
        "id": registered.id.to_string(),
        "leaf": registered.receipt.proof().index,
        "receipt": STANDARD.encode(registered.receipt.encode()),
    })
}

fn created(registered: &Registered) -> Response {
    respond(registered, &registration(registered))
}

fn respond(registered: &Registered, told: &Value) -> Response {
    let mut response = answer(StatusCode::CREATED, told);
    let place = format!("/api/v1/objects/{}", registered.id);
    set(response.headers_mut(), header::LOCATION, &place);
    response
}
