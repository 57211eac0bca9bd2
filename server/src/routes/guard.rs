//! What stands around every handler: permission, time, request id, and the headers of every answer.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Mode, Permission};
use crate::problem::{Problem, ProblemType};

/// 10 seconds for reading, handling and beginning to answer a request.
pub const REQUEST_TIME: Duration = Duration::from_secs(10);

/// Lets a request through to a handler, or refuses it.
pub(super) async fn permit(
    State((mode, permission)): State<(Mode, Permission)>,
    request: Request,
    next: Next,
) -> Response {
    match (mode, permission) {
        (_, Permission::Anyone) | (Mode::Demo, Permission::DemoOnly) => next.run(request).await,
        (Mode::Closed, Permission::DemoOnly) => Problem::new(
            ProblemType::Forbidden,
            "This needs signing in, which this release offers in its demonstration only.",
        )
        .into_response(),
    }
}

/// Names the request, bounds its time, writes problems out and sets the headers of every answer.
pub(super) async fn finish(request: Request, next: Next) -> Response {
    let name = request_name();
    let method = request.method().clone();
    let answered = tokio::time::timeout(REQUEST_TIME, next.run(request)).await;
    let late = || {
        Problem::new(
            ProblemType::Timeout,
            "Send the request again, in less than ten seconds.",
        )
    };
    let mut response = answered.unwrap_or_else(|_| late().into_response());
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        if let Some(cause) = problem.cause() {
            eprintln!("request {name}: {method} failed: {cause}");
        }
        let allowed = response.headers().get(header::ALLOW).cloned();
        response = problem.respond(&name);
        allowed.and_then(|allowed| response.headers_mut().insert(header::ALLOW, allowed));
    }
    dress(response.headers_mut(), &name);
    response
}

/// Scripts and styles from here only, nothing inline, no frames, no plugins.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

fn dress(headers: &mut HeaderMap, request: &str) {
    let unless_set = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in unless_set {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(request) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}

/// Sixteen hexadecimal digits; a system without randomness still answers, under a common name.
fn request_name() -> String {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => "unnamed".to_owned(),
    }
}
