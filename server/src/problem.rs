//! Refusals over HTTP: RFC 9457 problem details, with the one mapping from domain errors to their meaning.
//!
//! `detail` says to people outside what to do and never holds content of a plan. What belongs in the operator's log
//! is a second text, of causes by type and id; both carry the request's id.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use planseal::validate::Finding;
use planseal_store::AppendError;
use serde::Serialize;
use serde_json::json;

use crate::service::{AdmitError, ServiceError, StagingError};

/// What a problem is, by a name that never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemType {
    /// No such thing, or not for this caller.
    NotFound,
    /// Another method is served here.
    MethodNotAllowed,
    /// The request cannot be understood.
    BadRequest,
    /// Larger than the limit of this route.
    TooLarge,
    /// Not given to this caller.
    Forbidden,
    /// No representation that the client accepts.
    NotAcceptable,
    /// A body of another media type is read here.
    UnsupportedMediaType,
    /// The object does not verify.
    NotVerified,
    /// The plan breaks rules; `findings` has them.
    Findings,
    /// `If-Match` is missing.
    PreconditionRequired,
    /// Another version came first.
    LostRace,
    /// The object follows another version, or belongs to another record.
    Conflict,
    /// The person has a record already.
    RecordExists,
    /// Only a current version is printed.
    NotCurrent,
    /// The request took too long.
    Timeout,
    /// The service cannot take more now.
    Busy,
    /// The service failed.
    Internal,
}

impl ProblemType {
    const fn meaning(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "not-found",
                "There is nothing here by this name",
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Another method is served here",
            ),
            Self::BadRequest => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "The request cannot be understood",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is too large",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "This is not given to this caller",
            ),
            Self::NotAcceptable => (
                StatusCode::NOT_ACCEPTABLE,
                "not-acceptable",
                "None of the accepted media types is served here",
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "A body of another media type is read here",
            ),
            Self::NotVerified => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "not-verified",
                "The signed object does not verify",
            ),
            Self::Findings => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "findings",
                "The plan cannot be accepted",
            ),
            Self::PreconditionRequired => (
                StatusCode::PRECONDITION_REQUIRED,
                "precondition-required",
                "Say which version this replaces",
            ),
            Self::LostRace => (
                StatusCode::PRECONDITION_FAILED,
                "lost-race",
                "Another version came first",
            ),
            Self::Conflict => (
                StatusCode::CONFLICT,
                "conflict",
                "The object does not belong here",
            ),
            Self::RecordExists => (
                StatusCode::CONFLICT,
                "record-exists",
                "The person has a record already",
            ),
            Self::NotCurrent => (
                StatusCode::CONFLICT,
                "not-current",
                "This version is not current, or not shared",
            ),
            Self::Timeout => (
                StatusCode::REQUEST_TIMEOUT,
                "timeout",
                "The request took too long",
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "The service cannot take more now",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The service failed",
            ),
        }
    }

    /// The status of every problem of this type.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.meaning().0
    }
}

/// A refusal on its way out.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: ProblemType,
    /// For people outside: what to do.
    detail: String,
    /// For the operator's log: causes without content.
    cause: Option<String>,
    findings: Vec<Finding>,
}

impl Problem {
    /// A problem with what to do about it.
    #[must_use]
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            cause: None,
            findings: Vec::new(),
        }
    }

    fn internal(fault: &dyn core::error::Error) -> Self {
        Self {
            cause: Some(causes(fault)),
            ..Self::new(
                ProblemType::Internal,
                "Repeat the request, which is harmless. If it fails again, give the operator the request id.",
            )
        }
    }

    /// Its type.
    #[must_use]
    pub const fn kind(&self) -> ProblemType {
        self.kind
    }

    /// What to do, for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What the operator's log says of it, if it is the operator's matter.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The body and headers of RFC 9457, under a request id.
    #[must_use]
    pub fn respond(&self, request: &str) -> Response {
        let (status, name, title) = self.kind.meaning();
        let mut body = json!({
            "type": format!("urn:planseal:problem:{name}"),
            "title": title,
            "status": status.as_u16(),
            "detail": self.detail,
            "request": request,
        });
        if !self.findings.is_empty() {
            body["findings"] = self.findings.iter().map(finding).collect();
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        response
    }
}

fn finding(finding: &Finding) -> serde_json::Value {
    #[derive(Serialize)]
    struct Line<'a> {
        field: &'a str,
        rule: &'a str,
        message: &'a str,
    }
    json!(Line {
        field: &finding.field,
        rule: finding.rule,
        message: &finding.message,
    })
}

/// The error and its sources in one line. Domain errors name rules and ids, never content.
pub(crate) fn causes(fault: &dyn core::error::Error) -> String {
    let mut words = fault.to_string();
    let mut next = fault.source();
    while let Some(cause) = next {
        let cause_words = cause.to_string();
        if !words.ends_with(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        next = cause.source();
    }
    words
}

/// A handler's refusal travels as an extension; the outermost layer gives it its body, with the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(fault: ServiceError) -> Self {
        match &fault {
            ServiceError::NotFound => Self::new(
                ProblemType::NotFound,
                "Check the address. That nothing is found says nothing about a patient's wishes.",
            ),
            ServiceError::NotCurrent | ServiceError::NotShared | ServiceError::NoCard => {
                Self::new(ProblemType::NotCurrent, sentence(&causes(&fault)))
            }
            ServiceError::NotWitnessed => Self::new(ProblemType::Busy, sentence(&causes(&fault))),
            _ => Self::internal(&fault),
        }
    }
}

impl From<AdmitError> for Problem {
    fn from(fault: AdmitError) -> Self {
        match fault {
            AdmitError::Findings(findings) => Self {
                findings,
                ..Self::new(
                    ProblemType::Findings,
                    "Put the findings right, then sign and send again.",
                )
            },
            AdmitError::Envelope(_)
            | AdmitError::Verify(_)
            | AdmitError::NotInForce(_)
            | AdmitError::Words(_)
            | AdmitError::CardDiffers => Self::new(ProblemType::NotVerified, sentence(&causes(&fault))),
            AdmitError::OtherRecord { .. }
            | AdmitError::OtherPredecessor { .. }
            | AdmitError::NotFirst
            | AdmitError::OtherTarget { .. }
            | AdmitError::NotLatest
            | AdmitError::AlreadyWithdrawn
            | AdmitError::IntakeElsewhere { .. }
            | AdmitError::OtherMatter
            | AdmitError::NotCarriedOut { .. }
            | AdmitError::OtherDocument { .. }
            | AdmitError::HoldNotStanding
            | AdmitError::ReportOpen
            | AdmitError::RevocationAhead { .. }
            | AdmitError::OldStaffList { .. }
            | AdmitError::OwnEndorsement => Self::new(ProblemType::Conflict, sentence(&causes(&fault))),
            AdmitError::Stale { .. } => Self::new(ProblemType::LostRace, sentence(&causes(&fault))),
            AdmitError::Append(fault) => (*fault).into(),
            AdmitError::Service(fault) => (*fault).into(),
            AdmitError::Random(_) => Self::internal(&fault),
        }
    }
}

impl From<AppendError> for Problem {
    fn from(fault: AppendError) -> Self {
        let kind = match &fault {
            AppendError::LostRace { .. } => ProblemType::LostRace,
            AppendError::NumberTaken { .. } => ProblemType::RecordExists,
            AppendError::RecordClosed => ProblemType::Conflict,
            AppendError::AttachmentMissing { .. }
            | AppendError::AttachmentNotNamed { .. }
            | AppendError::TimeOutside { .. } => ProblemType::NotVerified,
            // Whether it is stored is in these words; what failed behind them is the operator's.
            AppendError::NotLogged(_) | AppendError::Crowded => {
                return Self {
                    cause: Some(causes(&fault)),
                    ..Self::new(ProblemType::Busy, sentence(&fault.to_string()))
                };
            }
            _ => return Self::internal(&fault),
        };
        Self::new(kind, sentence(&causes(&fault)))
    }
}

impl From<StagingError> for Problem {
    fn from(fault: StagingError) -> Self {
        let kind = match fault {
            StagingError::OtherBytes { .. } => ProblemType::NotVerified,
            StagingError::MediaType => ProblemType::UnsupportedMediaType,
            StagingError::Full => ProblemType::Busy,
        };
        Self::new(kind, sentence(&causes(&fault)))
    }
}

/// Words as a sentence: a capital first and a full stop last.
pub(crate) fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    let first: String = characters
        .next()
        .map(char::to_uppercase)
        .into_iter()
        .flatten()
        .collect();
    format!("{first}{}.", characters.as_str().trim_end_matches('.'))
}
