//! Answers: representations with digest and entity tag, negotiation, files for download.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::problem::{Problem, ProblemType};

/// One representation of a thing.
pub(super) struct Representation {
    /// Its media type.
    pub(super) media_type: &'static str,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// Its entity tag without quotes; none for the digest of the bytes.
    pub(super) tag: Option<String>,
}

impl Representation {
    /// With strong entity tag (RFC 9110 §8.8.3) and `Repr-Digest` (RFC 9530).
    pub(super) fn respond(self) -> Response {
        let digest = Sha256::digest(&self.bytes);
        let tag = self.tag.unwrap_or_else(|| hex::encode(digest));
        let mut response = Response::new(Body::from(self.bytes));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        set(headers, header::ETAG, &format!("\"{tag}\""));
        let digest = format!("sha-256=:{}:", STANDARD.encode(digest));
        set(headers, HeaderName::from_static("repr-digest"), &digest);
        response
    }

    /// For download only: a browser neither opens nor runs it (SECURITY T17).
    pub(super) fn respond_as_file(self, name: &str) -> Response {
        let mut response = self.respond();
        let headers = response.headers_mut();
        set(
            headers,
            header::CONTENT_DISPOSITION,
            &format!("attachment; filename=\"{name}\""),
        );
        let sandbox = HeaderValue::from_static("sandbox; default-src 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, sandbox);
        response
    }
}

/// JSON with a status.
pub(super) fn json(status: StatusCode, value: &serde_json::Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Sets a header whose value this code made of ASCII.
pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Picks among the media types offered, first the server's preference (RFC 9110 §12.5.1). Weights other than zero
/// are not compared: a client that names a type gets it.
///
/// # Errors
/// 406 when none is accepted.
pub(super) fn negotiate(headers: &HeaderMap, offered: &[&'static str]) -> Result<&'static str, Problem> {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("*/*");
    let ranges: Vec<&str> = accept
        .split(',')
        .filter(|range| {
            !range.replace(' ', "").contains(";q=0,") && !range.replace(' ', "").ends_with(";q=0")
        })
        .map(|range| range.split(';').next().unwrap_or(range).trim())
        .collect();
    let exact = offered.iter().find(|offer| ranges.contains(offer));
    let by_range = || {
        offered.iter().find(|offer| {
            let family = offer.split_once('/').map(|(family, _)| format!("{family}/*"));
            ranges
                .iter()
                .any(|range| *range == "*/*" || Some(*range) == family.as_deref())
        })
    };
    exact.or_else(by_range).copied().ok_or_else(|| {
        let names = offered.join(", ");
        Problem::new(ProblemType::NotAcceptable, format!("Accept one of: {names}."))
    })
}
