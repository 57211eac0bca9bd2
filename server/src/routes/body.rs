//! Bodies: read whole, within the limit that the route's row gives to their media type.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Accepted;
use crate::problem::{Problem, ProblemType};

/// Replaces a body by its bytes, or refuses it.
pub(super) async fn expect(
    State(bodies): State<&'static [Accepted]>,
    request: Request,
    next: Next,
) -> Response {
    if bodies.is_empty() {
        return next.run(request).await;
    }
    match read(bodies, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn read(bodies: &[Accepted], request: Request) -> Result<Request, Problem> {
    let media_type = media_type(request.headers());
    let known = bodies
        .iter()
        .find(|known| Some(known.media_type) == media_type.as_deref());
    let known = known.ok_or_else(|| {
        let names: Vec<&str> = bodies.iter().map(|known| known.media_type).collect();
        let names = names.join(", ");
        Problem::new(
            ProblemType::UnsupportedMediaType,
            format!("Send it as one of: {names}."),
        )
    })?;
    let too_large = || {
        let (media_type, limit) = (known.media_type, known.limit);
        Problem::new(
            ProblemType::TooLarge,
            format!("At most {limit} bytes of {media_type} are read here."),
        )
    };
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > known.limit) {
        return Err(too_large());
    }
    let (parts, body) = request.into_parts();
    let bytes: Bytes = to_bytes(body, known.limit).await.map_err(|_| too_large())?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// The media type without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or(value);
    Some(essence.trim().to_ascii_lowercase())
}
