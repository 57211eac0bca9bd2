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
    let mut response = answer(request, next)
        .await
        .unwrap_or_else(IntoResponse::into_response);
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = problem.or_else(|| unworded(&response)) {
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

/// The framework's own refusals, for an address or header it could not read, become problems like all others.
fn unworded(response: &Response) -> Option<Problem> {
    response.status().is_client_error().then(|| {
        Problem::new(
            ProblemType::BadRequest,
            "The address or a header of the request cannot be read.",
        )
    })
}

/// In a task of its own: a panic ends it and nothing else, and so does the end of its time.
async fn answer(request: Request, next: Next) -> Result<Response, Problem> {
    let task = tokio::spawn(next.run(request));
    let stop = task.abort_handle();
    match tokio::time::timeout(REQUEST_TIME, task).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => Err(Problem::new(
            ProblemType::Internal,
            "Something is wrong with this service. Give the operator the request id.",
        )),
        Err(_) => {
            stop.abort();
            Err(Problem::new(
                ProblemType::Timeout,
                "Send the request again, in less than ten seconds.",
            ))
        }
    }
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(path: &str) -> (StatusCode, String) {
        let router = Router::new()
            .route(
                "/panic",
                get(async || -> &'static str { panic!("patient 999 041 2073") }),
            )
            .route("/slow", get(async || tokio::time::sleep(REQUEST_TIME * 2).await))
            .layer(from_fn(finish));
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_says_nothing_of_its_payload() {
        let (status, body) = ask("/panic").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("urn:planseal:problem:internal"), "{body}");
        assert!(!body.contains("999"), "{body}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_longer_than_its_time_is_ended() {
        let (status, body) = ask("/slow").await;
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
        assert!(body.contains("urn:planseal:problem:timeout"), "{body}");
    }
}
