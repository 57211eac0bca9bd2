//! Files: attachments in both directions, and printed plans.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use planseal::plan::contacts::MediaType;

use super::App;
use super::answer::Representation;
use super::plans::{number_of, plan_of, record_access};
use crate::problem::Problem;
use crate::service::ServiceError;

/// Keeps a file until the version that names it is published: 204; 422 when the digest is another.
pub(super) async fn stage(
    State(app): State<App>,
    Path((plan, sha256)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    app.service.stage(plan_of(&plan)?, &sha256, &body)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A file that a version or intake of the record names, under a fixed name.
pub(super) async fn attachment(
    State(app): State<App>,
    Path((plan, sha256)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let plan = plan_of(&plan)?;
    let history = app.service.history(plan).await?;
    let named = history.files().find(|(named, _)| named.to_string() == sha256);
    let (digest, media_type) = named.ok_or(ServiceError::NotFound)?;
    record_access(&app, "read-attachment", plan, None).await?;
    let bytes = app.service.attachment(plan, &digest).await?;
    let (media_type, name) = match media_type {
        MediaType::Pdf => ("application/pdf", "attachment.pdf"),
        MediaType::Png => ("image/png", "attachment.png"),
        MediaType::Jpeg => ("image/jpeg", "attachment.jpg"),
    };
    let tag = Some(sha256);
    Ok(Representation {
        media_type,
        bytes,
        tag,
    }
    .respond_as_file(name))
}

/// The PDF of a current version, printed now: 409 for any other version.
pub(super) async fn document(
    State(app): State<App>,
    Path((plan, number)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (plan, number) = (plan_of(&plan)?, number_of(&number)?);
    record_access(&app, "print", plan, None).await?;
    let bytes = app.service.print(plan, number).await?.pdf;
    let pdf = Representation {
        media_type: "application/pdf",
        bytes,
        tag: None,
    };
    Ok(pdf.respond_as_file("urgent-care-plan.pdf"))
}
