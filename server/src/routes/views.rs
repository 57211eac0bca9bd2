//! What anybody may fetch: policy, signed views and the log. None of it names a patient.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use planseal_store::TilePath;

use super::App;
use crate::problem::Problem;
use crate::service::ServiceError;

/// Alive, and its store answers.
pub(super) async fn health(State(app): State<App>) -> Result<&'static str, Problem> {
    app.service.expect_store().await?;
    Ok("ok\n")
}

/// The policy to pin. Compare its fingerprint with the operator's papers before pinning it.
pub(super) async fn trust_policy(State(app): State<App>) -> Response {
    let bytes = app.service.policy().bytes().as_slice().to_vec();
    with("application/cbor", "public, max-age=3600", bytes)
}

/// The trust list.
pub(super) async fn trust_list(State(app): State<App>) -> Result<Response, Problem> {
    let list = app.service.newest_trust_list().await?;
    Ok(with(
        "application/cose",
        "public, max-age=600",
        list.bytes().to_vec(),
    ))
}

/// The newest snapshot, at most an hour old.
pub(super) async fn snapshot(State(app): State<App>) -> Result<Response, Problem> {
    let snapshot = app.service.newest_snapshot().await?;
    Ok(with(
        "application/cose",
        "public, max-age=600",
        snapshot.bytes().to_vec(),
    ))
}

/// The log's checkpoint (C2SP tlog-tiles).
pub(super) async fn checkpoint(State(app): State<App>) -> Result<Response, Problem> {
    let note = app.service.newest_checkpoint().await?;
    Ok(with("text/plain; charset=utf-8", "no-cache", note.into_bytes()))
}

/// A tile or entry bundle of the log (C2SP tlog-tiles): it never changes.
pub(super) async fn tile(State(app): State<App>, Path(path): Path<String>) -> Result<Response, Problem> {
    let path = TilePath::parse(&format!("tile/{path}")).ok_or(ServiceError::NotFound)?;
    let bytes = app.service.tile(path).await?.ok_or(ServiceError::NotFound)?;
    Ok(with(
        "application/octet-stream",
        "public, max-age=604800, immutable",
        bytes.to_vec(),
    ))
}

fn with(media_type: &'static str, caching: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}
