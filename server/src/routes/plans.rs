//! Records and their versions.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use planseal::bundle::Bundle;
use planseal::id::{ObjectId, PlanId};
use planseal::log::tree::Hash;
use planseal::status::{State as Standing, Warning};
use planseal_store::{Access, OperationId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::{Representation, json as answer, negotiate, set};
use super::{App, BUNDLE};
use crate::problem::{Problem, ProblemType};
use crate::service::{Edition, PlanRecord, Published, ServiceError, Submission};

/// Begins a record with its first version: 201; 409 when the person has one already; 422 when it does not verify.
pub(super) async fn begin(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    publish(&app, &headers, &body, None, None).await
}

/// Publishes the next version: 201; 428 without `If-Match`, 412 when another came first, 409 when it was signed as
/// successor of another version or for another record, 422 when it does not verify.
pub(super) async fn follow(
    State(app): State<App>,
    Path(plan): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let plan = plan_of(&plan)?;
    let replaces = version_replaced(&headers)?;
    publish(&app, &headers, &body, Some(plan), Some(replaces)).await
}

async fn publish(
    app: &App,
    headers: &HeaderMap,
    body: &[u8],
    plan: Option<PlanId>,
    replaces: Option<ObjectId>,
) -> Result<Response, Problem> {
    let bundle = Bundle::decode(body).map_err(|fault| {
        Problem::new(
            ProblemType::BadRequest,
            format!("{fault}: send version and card as one bundle."),
        )
    })?;
    let submission = Submission {
        bundle: &bundle,
        plan,
        replaces,
        attachments: &[],
        operation: operation(headers)?,
    };
    let published = app.service.publish(&submission).await?;
    let head = app.service.head(published.plan).await?;
    let growth = app.service.growth(&published.receipt, &head).await?;
    let mut response = answer(StatusCode::CREATED, &receipt(&published, head.bytes(), &growth));
    let (plan, number) = (published.plan, published.version_number);
    let place = format!("/api/v1/plans/{plan}/versions/{number}");
    set(response.headers_mut(), header::LOCATION, &place);
    set(
        response.headers_mut(),
        header::ETAG,
        &format!("\"{}\"", published.id),
    );
    Ok(response)
}

/// What the author's client verifies before it says PUBLISHED: receipts of the version and of what it replaced, a head
/// that names the version, and the proof that both are views of one log.
fn receipt(published: &Published, head: &[u8], growth: &[Hash]) -> Value {
    let mut told = json!({
        "plan": published.plan.to_string(),
        "version": published.version_number,
        "id": published.id.to_string(),
        "leaf": published.receipt.proof().index,
        "receipt": STANDARD.encode(published.receipt.encode()),
        "head": STANDARD.encode(head),
        "growth": growth.iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect::<Vec<_>>(),
    });
    if !published.possible_duplicates.is_empty() {
        let plans = published.possible_duplicates.iter().map(PlanId::to_string);
        told["possible_duplicates"] = plans.collect::<Vec<_>>().into();
    }
    if let Some((_, receipt)) = &published.replaced {
        told["replaced"] = STANDARD.encode(receipt.encode()).into();
    }
    told
}

/// The versions of a record with what the log says of each.
pub(super) async fn list(State(app): State<App>, Path(plan): Path<String>) -> Result<Response, Problem> {
    let plan = plan_of(&plan)?;
    let record = app.service.record(plan).await?;
    record_access(&app, "list-versions", plan, None).await?;
    let versions: Vec<Value> = record.versions().iter().map(line).collect();
    let mut told = json!({ "plan": plan.to_string(), "versions": versions });
    told["standing"] = standing(&record);
    Ok(answer(StatusCode::OK, &told))
}

/// What has to be known beside the latest version: why it was withdrawn, what to read when it is suspended (FORMAT §5),
/// what was received and reported. Words of patients and reporters stand in the statements, not here.
pub(super) fn standing(record: &PlanRecord) -> Value {
    let open = |open: bool| if open { "open" } else { "resolved" };
    let withdrawal = record.withdrawal().map(|withdrawal| {
        json!({
            "id": withdrawal.id().to_string(),
            "reason": withdrawal.content().reason,
            "signed_at": withdrawal.content().issued_at.to_string(),
        })
    });
    let reports = record.reports().iter().map(|report| {
        let is_open = record.open_reports().any(|known| known.id() == report.id());
        json!({
            "id": report.id().to_string(),
            "code": report.content().code,
            "signed_at": report.content().issued_at.to_string(),
            "state": open(is_open),
        })
    });
    let intakes = record.open_intakes().map(|intake| {
        let (id, signed_at) = (intake.id().to_string(), intake.content().issued_at.to_string());
        json!({ "id": id, "signed_at": signed_at, "state": "not-yet-reviewed" })
    });
    json!({
        "withdrawal": withdrawal,
        "last_not_suspended": record.last_not_suspended().map(line),
        "reports": reports.collect::<Vec<_>>(),
        "intakes": intakes.collect::<Vec<_>>(),
    })
}

/// One version: the envelope, its bundle, its PDF when it is current, or JSON.
pub(super) async fn version(
    State(app): State<App>,
    Path((plan, number)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    const OFFERED: [&str; 4] = ["application/cose", "application/pdf", "application/json", BUNDLE];
    let (plan, number) = (plan_of(&plan)?, number_of(&number)?);
    let media_type = negotiate(&headers, &OFFERED)?;
    let record = app.service.record(plan).await?;
    let edition = record.version(number).ok_or(ServiceError::NotFound)?;
    let id = edition.id();
    record_access(&app, "read-version", plan, Some(id)).await?;
    let (bytes, tag) = match media_type {
        "application/pdf" => {
            let bytes = app.service.print(plan, number).await?.pdf;
            let pdf = Representation {
                media_type,
                bytes,
                tag: None,
            };
            return Ok(pdf.respond_as_file("urgent-care-plan.pdf"));
        }
        "application/json" => (content(edition)?.to_string().into_bytes(), None),
        BUNDLE => (
            app.service
                .bundle(plan, number)
                .await?
                .encode()
                .map_err(ServiceError::from)?,
            None,
        ),
        _ => (edition.verified().envelope().to_vec(), Some(id.to_string())),
    };
    let mut response = Representation {
        media_type,
        bytes,
        tag,
    }
    .respond();
    set(
        response.headers_mut(),
        header::LINK,
        &links(plan, number, &record),
    );
    Ok(response)
}

/// RFC 5829: where the latest version is, and the neighbours of this one.
fn links(plan: PlanId, number: u32, record: &PlanRecord) -> String {
    let link = |to: u32, relation| format!("</api/v1/plans/{plan}/versions/{to}>; rel=\"{relation}\"");
    let latest = record.latest().content().version_number();
    let mut links = vec![link(latest, "latest-version")];
    links.extend((number > 1).then(|| link(number - 1, "predecessor-version")));
    links.extend((number < latest).then(|| link(number + 1, "successor-version")));
    links.join(", ")
}

fn line(edition: &Edition) -> Value {
    let content = edition.content();
    json!({
        "version": content.version_number(),
        "id": edition.id().to_string(),
        "signed_at": content.signed_at().to_string(),
        "leaf": edition.index(),
        "state": state(edition.state()),
        "warning": edition.status.warning == Warning::Open,
    })
}

/// The content as JSON with ids as text. The salt stays in the envelope: it hides the digests of what is public.
fn content(edition: &Edition) -> Result<Value, Problem> {
    let version = edition.content();
    let mut content = serde_json::to_value(version).map_err(|_| {
        Problem::new(
            ProblemType::Internal,
            "This version has no JSON form: ask for application/cose.",
        )
    })?;
    content["plan"] = version.plan().to_string().into();
    if let Some(previous) = version.previous() {
        content["prev"] = previous.to_string().into();
    }
    if let Some(fields) = content.as_object_mut() {
        fields.remove("salt");
    }
    for (place, attachment) in version.attachments().iter().enumerate() {
        content["att"][place]["sha256"] = attachment.sha256().to_string().into();
    }
    let mut whole = line(edition);
    whole["content"] = content;
    Ok(whole)
}

/// The word for a state in JSON.
pub(crate) const fn state(state: Standing) -> &'static str {
    match state {
        Standing::Current => "current",
        Standing::Superseded { .. } => "superseded",
        Standing::Withdrawn { .. } => "withdrawn",
        Standing::Suspended => "suspended",
    }
}

/// A record's id in an address. Anything else is nothing that exists.
pub(crate) fn plan_of(text: &str) -> Result<PlanId, Problem> {
    Ok(PlanId::parse(text).map_err(|_| ServiceError::NotFound)?)
}

/// A version's number in an address, in its one spelling.
pub(super) fn number_of(text: &str) -> Result<u32, Problem> {
    let number = text
        .parse::<u32>()
        .ok()
        .filter(|number| number.to_string() == text);
    Ok(number.ok_or(ServiceError::NotFound)?)
}

/// Durable before the first byte of content leaves (SECURITY T12). In the demonstration nobody is signed in.
pub(crate) async fn record_access(
    app: &App,
    purpose: &str,
    plan: PlanId,
    object: Option<ObjectId>,
) -> Result<(), Problem> {
    let access = Access {
        reader: "demonstration".into(),
        purpose: purpose.into(),
        plan: Some(plan),
        object,
    };
    Ok(app.service.record_access(access).await?)
}

pub(super) fn version_replaced(headers: &HeaderMap) -> Result<ObjectId, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(
            ProblemType::PreconditionRequired,
            "Send If-Match with the id, in quotes, of the version that this one replaces.",
        ));
    };
    let text = value
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    let id = text.and_then(|text| ObjectId::parse(text).ok());
    id.ok_or_else(|| {
        Problem::new(
            ProblemType::BadRequest,
            "If-Match is one version's id in quotes: 64 hexadecimal digits.",
        )
    })
}

/// A repetition with the same key and bytes gets the original answer; the store knows it by the bytes.
fn operation(headers: &HeaderMap) -> Result<OperationId, Problem> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(OperationId::random().map_err(ServiceError::from)?);
    };
    let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Ok(OperationId::from_bytes(bytes))
}
