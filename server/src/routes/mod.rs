//! The one table of routes: method, path, permission, what bodies are read and how large, handler.
//!
//! Deny by default: a path that is not in the table does not exist, a body of a media type that is not in the row is
//! not read, and content is given under the row's permission only. A handler is three steps: extract, call the domain,
//! respond.

mod guard;
mod body;
mod answer;
pub(crate) mod plans;
mod statements;
mod files;
mod views;
mod check;

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post, put};

use crate::pages;
use crate::problem::{Problem, ProblemType};
use crate::service::{MAX_ATTACHMENT, Service};

pub use guard::REQUEST_TIME;

/// What every handler is given.
#[derive(Clone)]
pub struct App {
    /// The domain.
    pub service: Arc<Service>,
    /// What may be shown, as long as nobody can sign in.
    pub mode: Mode,
}

/// How the service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With fictional people only: everything is open.
    Demo,
    /// With sign-in required, which this release does not have yet: content is refused.
    Closed,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Anybody; nothing about a patient is in the answer that the caller did not bring.
    Anyone,
    /// Content of plans, or writing: in demo mode only, until sign-in exists.
    DemoOnly,
}

/// A row of the table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// Who may use it.
    pub permission: Permission,
    /// Media types of bodies that are read, each with its limit in bytes; none for requests without body.
    pub bodies: &'static [Accepted],
    handler: MethodRouter<App>,
}

/// A media type that a route reads, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The media type without parameters.
    pub media_type: &'static str,
    /// The most bytes read.
    pub limit: usize,
}

/// 1 MiB: the largest envelope (FORMAT §2); a bundle of version and card is hardly more.
const MAX_SUBMISSION: usize = 1 << 20;
/// 64 KiB: a code or an envelope to be verified, ten times what either needs.
const MAX_CODE: usize = 64 << 10;
/// 8 MiB: the largest bundle (FORMAT §2).
const MAX_BUNDLE: usize = 8 << 20;
/// 32 MiB: a PDF with 24 MiB of scans inside.
const MAX_PDF: usize = 32 << 20;

/// 16 KiB: words and reporter are at most 2000 bytes each.
const MAX_REPORT: usize = 16 << 10;

const fn accepted(media_type: &'static str, limit: usize) -> Accepted {
    Accepted { media_type, limit }
}

/// Media type of a bundle.
pub(crate) const BUNDLE: &str = "application/vnd.planseal.bundle+cbor";
const NONE: &[Accepted] = &[];
const SUBMISSION: &[Accepted] = &[
    accepted("application/cose", MAX_SUBMISSION),
    accepted(BUNDLE, MAX_SUBMISSION),
];
const ENVELOPE: &[Accepted] = &[accepted("application/cose", MAX_SUBMISSION)];
const REPORT: &[Accepted] = &[accepted("application/json", MAX_REPORT)];
const ATTACHMENT: &[Accepted] = &[
    accepted("application/pdf", MAX_ATTACHMENT),
    accepted("image/png", MAX_ATTACHMENT),
    accepted("image/jpeg", MAX_ATTACHMENT),
];
const POINTER: &[Accepted] = &[
    accepted("text/plain", MAX_CODE),
    accepted("application/json", MAX_CODE),
];
const TO_VERIFY: &[Accepted] = &[
    accepted("application/pdf", MAX_PDF),
    accepted("image/png", MAX_ATTACHMENT),
    accepted("image/jpeg", MAX_ATTACHMENT),
    accepted(BUNDLE, MAX_BUNDLE),
    accepted("application/cose", MAX_CODE),
    accepted("text/plain", MAX_CODE),
];
const FORM: &[Accepted] = &[accepted("multipart/form-data", MAX_PDF + MAX_CODE)];

/// Every route there is.
#[must_use]
pub fn table() -> Vec<Route> {
    use Permission::{Anyone, DemoOnly};
    let row = |method, path, permission, bodies, handler| Route {
        method,
        path,
        permission,
        bodies,
        handler,
    };
    vec![
        row(Method::GET, "/", Anyone, NONE, get(pages::home)),
        row(Method::GET, "/v", Anyone, NONE, get(pages::pointer)),
        row(Method::POST, "/check", DemoOnly, FORM, post(pages::check)),
        row(Method::GET, "/e/{plan}", DemoOnly, NONE, get(pages::emergency)),
        row(Method::GET, "/assets/{name}", Anyone, NONE, get(pages::asset)),
        row(Method::GET, "/healthz", Anyone, NONE, get(views::health)),
        row(
            Method::POST,
            "/api/v1/plans",
            DemoOnly,
            SUBMISSION,
            post(plans::begin),
        ),
        row(
            Method::GET,
            "/api/v1/plans/{plan}/versions",
            DemoOnly,
            NONE,
            get(plans::list),
        ),
        row(
            Method::POST,
            "/api/v1/plans/{plan}/versions",
            DemoOnly,
            SUBMISSION,
            post(plans::follow),
        ),
        row(
            Method::GET,
            "/api/v1/plans/{plan}/versions/{n}",
            DemoOnly,
            NONE,
            get(plans::version),
        ),
        row(
            Method::GET,
            "/api/v1/plans/{plan}/versions/{n}/document",
            DemoOnly,
            NONE,
            get(files::document),
        ),
        row(
            Method::PUT,
            "/api/v1/plans/{plan}/attachments/{sha256}",
            DemoOnly,
            ATTACHMENT,
            put(files::stage),
        ),
        row(
            Method::GET,
            "/api/v1/plans/{plan}/attachments/{sha256}",
            DemoOnly,
            NONE,
            get(files::attachment),
        ),
        row(
            Method::POST,
            "/api/v1/plans/{plan}/withdrawal",
            DemoOnly,
            ENVELOPE,
            post(statements::withdraw),
        ),
        row(
            Method::POST,
            "/api/v1/plans/{plan}/endorsements",
            DemoOnly,
            ENVELOPE,
            post(statements::endorse),
        ),
        row(
            Method::POST,
            "/api/v1/plans/{plan}/intakes",
            DemoOnly,
            ENVELOPE,
            post(statements::receive),
        ),
        row(
            Method::POST,
            "/api/v1/plans/{plan}/custody",
            DemoOnly,
            ENVELOPE,
            post(statements::keep_custody),
        ),
        row(
            Method::POST,
            "/api/v1/plans/{plan}/reports",
            DemoOnly,
            REPORT,
            post(statements::report),
        ),
        row(
            Method::POST,
            "/api/v1/plans/{plan}/resolutions",
            DemoOnly,
            ENVELOPE,
            post(statements::resolve),
        ),
        row(
            Method::POST,
            "/api/v1/plans/{plan}/holds",
            DemoOnly,
            ENVELOPE,
            post(statements::hold),
        ),
        row(
            Method::POST,
            "/api/v1/certificates",
            DemoOnly,
            ENVELOPE,
            post(statements::certify),
        ),
        row(
            Method::POST,
            "/api/v1/key-status",
            DemoOnly,
            ENVELOPE,
            post(statements::revoke),
        ),
        row(
            Method::POST,
            "/api/v1/staff-lists",
            DemoOnly,
            ENVELOPE,
            post(statements::list_staff),
        ),
        row(
            Method::GET,
            "/api/v1/plans/{plan}/statements",
            DemoOnly,
            NONE,
            get(statements::list),
        ),
        row(
            Method::GET,
            "/api/v1/plans/{plan}/head",
            DemoOnly,
            NONE,
            get(statements::head),
        ),
        row(
            Method::GET,
            "/api/v1/objects/{id}",
            DemoOnly,
            NONE,
            get(statements::fetch),
        ),
        row(
            Method::POST,
            "/api/v1/status",
            Anyone,
            POINTER,
            post(check::status),
        ),
        row(
            Method::POST,
            "/api/v1/verify",
            DemoOnly,
            TO_VERIFY,
            post(check::verify),
        ),
        row(
            Method::GET,
            "/api/v1/trust-policy",
            Anyone,
            NONE,
            get(views::trust_policy),
        ),
        row(
            Method::GET,
            "/api/v1/trust-list",
            Anyone,
            NONE,
            get(views::trust_list),
        ),
        row(
            Method::GET,
            "/api/v1/snapshot",
            Anyone,
            NONE,
            get(views::snapshot),
        ),
        row(
            Method::GET,
            "/api/v1/log/checkpoint",
            Anyone,
            NONE,
            get(views::checkpoint),
        ),
        row(
            Method::GET,
            "/api/v1/log/tile/{*path}",
            Anyone,
            NONE,
            get(views::tile),
        ),
    ]
}

/// The table as a service, behind its guards.
pub fn router(app: App) -> Router {
    let mut router: Router<App> = Router::new();
    for route in table() {
        let gate = from_fn_with_state((app.mode, route.permission), guard::permit);
        let bodies = from_fn_with_state(route.bodies, body::expect);
        router = router.route(route.path, route.handler.layer(bodies).layer(gate));
    }
    router
        .fallback(async || {
            Problem::new(
                ProblemType::NotFound,
                "Check the address; the API begins with /api/v1/.",
            )
        })
        .method_not_allowed_fallback(async || {
            Problem::new(
                ProblemType::MethodNotAllowed,
                "See the Allow header for what is served here.",
            )
        })
        .with_state(app)
        .layer(from_fn(guard::finish))
}
