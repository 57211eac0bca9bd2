//! Pages for people: server-rendered, readable without scripts, styled by one small sheet (UX §1, §2).
//!
//! Templates escape everything; the one part that arrives as HTML is the emergency summary, which render escaped.
//! Colour belongs to the verdict only.

mod shown;
mod standing;

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use planseal::check::Verdict;
use planseal::id::PlanId;
use planseal::time::Timestamp;

use crate::problem::{Problem, ProblemType};
use crate::routes::{App, Mode, plans};
use crate::service::{Judged, PlanRecord, Pointed, ServiceError};
use shown::{Listed, Shown};
use standing::{DoubtLine, Earlier, IntakeLine, ListedIntake};

/// The first page: check a plan; in the demonstration also the plans there are.
#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    demo: bool,
    plans: Vec<Listed>,
    received: Vec<ListedIntake>,
    fingerprint: String,
}

/// What a check came to.
#[derive(Template)]
#[template(path = "verdict.html")]
struct Checked {
    shown: Shown,
    link: Option<String>,
}

/// What a pointer says.
#[derive(Template)]
#[template(path = "pointed.html")]
struct PointedPage {
    line: String,
    latest: bool,
}

/// Where a printed pointer leads.
#[derive(Template)]
#[template(path = "pointer.html")]
struct PointerPage;

/// One plan by its emergency summary.
#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    shown: Shown,
    api: String,
    latest: u32,
    code: String,
    versions: Vec<VersionLine>,
    files: Vec<FileLine>,
    /// The last version before a suspended one that is not suspended.
    earlier: Option<Earlier>,
    doubts: Vec<DoubtLine>,
}

/// A record that holds advance decisions as received, and no plan yet.
#[derive(Template)]
#[template(path = "received.html")]
struct ReceivedPage {
    api: String,
    intakes: Vec<IntakeLine>,
    doubts: Vec<DoubtLine>,
    code: String,
}

/// A version in the plan page's list.
struct VersionLine {
    number: u32,
    signed: String,
    state: &'static str,
}

/// A file in the plan page's list.
struct FileLine {
    title: String,
    sha256: String,
}

/// `GET /`.
pub(crate) async fn home(State(app): State<App>) -> Result<Response, Problem> {
    let (mut listed, mut received) = (Vec::new(), Vec::new());
    if app.mode == Mode::Demo {
        for plan in app.service.every_plan().await? {
            let history = app.service.history(plan).await?;
            plans::record_access(&app, "list-plans", plan, None).await?;
            let Some(latest) = history.latest() else {
                received.extend(ListedIntake::of(plan, &history));
                continue;
            };
            let number = latest.content().version_number();
            let verdict = app.service.judge_version(plan, number).await?;
            listed.push(Listed::of(latest, &verdict));
        }
    }
    listed.sort_by(|left, right| left.name.cmp(&right.name));
    respond(&Home {
        demo: app.mode == Mode::Demo,
        plans: listed,
        received,
        fingerprint: shown::grouped(&hex::encode(app.service.policy().id())),
    })
}

/// `GET /v`: what follows `#` in a printed address never reaches the server by itself; the page asks first.
pub(crate) async fn pointer() -> Result<Response, Problem> {
    respond(&PointerPage)
}

/// `POST /check`: a file or a code's text.
pub(crate) async fn check(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let brought = brought(request).await?;
    match app.service.judge(&brought).await? {
        Judged::Verdict(verdict) => respond(&checked(&verdict, app.service.now())),
        Judged::Pointed(pointed) => respond(&pointed_page(&pointed)),
    }
}

fn checked(verdict: &Verdict, now: Timestamp) -> Checked {
    Checked {
        shown: Shown::of(verdict, now),
        link: verdict
            .version()
            .map(|version| format!("/e/{}", version.content().plan())),
    }
}

fn pointed_page(pointed: &Pointed) -> PointedPage {
    PointedPage {
        line: pointed.line(),
        latest: u32::from(pointed.version_number) == pointed.latest,
    }
}

/// The file if one was chosen, or else the text.
async fn brought(request: Request) -> Result<Vec<u8>, Problem> {
    let unreadable = |_| {
        Problem::new(
            ProblemType::BadRequest,
            "The form did not arrive whole: send it again.",
        )
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| {
        Problem::new(
            ProblemType::BadRequest,
            "Send the form of the page: a file or the text of a code.",
        )
    })?;
    let mut text = Vec::new();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(unreadable)?;
        match name.as_str() {
            "file" if !bytes.is_empty() => return Ok(bytes.to_vec()),
            "code" => text = bytes.to_vec(),
            _ => {}
        }
    }
    Ok(text)
}

/// `GET /e/{plan}`: the latest version by its emergency summary, with what speaks against it; without a version, the
/// advance decisions that were received.
pub(crate) async fn emergency(State(app): State<App>, Path(plan): Path<String>) -> Result<Response, Problem> {
    let plan = plans::plan_of(&plan)?;
    let record = match app.service.record(plan).await {
        Ok(record) => record,
        Err(ServiceError::NotFound) => return received(&app, plan).await,
        Err(fault) => return Err(fault.into()),
    };
    let latest = record.latest().content().version_number();
    plans::record_access(&app, "view-emergency", plan, Some(record.latest().id())).await?;
    let verdict = app.service.judge_version(plan, latest).await?;
    let now = app.service.now();
    let mut shown = Shown::of(&verdict, now);
    let earlier = match record.last_not_suspended() {
        None => None,
        Some(edition) => {
            let number = edition.content().version_number();
            let verdict = app.service.judge_version(plan, number).await?;
            Some((edition, Shown::of(&verdict, now)))
        }
    };
    if let Some(late) = record.latest().late() {
        shown.came_late(late, earlier.as_ref().map(|(_, shown)| shown));
    }
    let earlier = earlier.map(|(edition, shown)| Earlier::of(edition, shown));
    if let Some(withdrawal) = record.withdrawal() {
        shown.withdrawn(withdrawal.content());
    }
    let files = record.latest().content().attachments().iter();
    respond(&PlanPage {
        shown,
        api: format!("/api/v1/plans/{plan}"),
        latest,
        code: plan.short_code(),
        versions: versions(&record),
        files: files
            .map(|file| FileLine {
                title: file.title().to_string(),
                sha256: file.sha256().to_string(),
            })
            .collect(),
        earlier,
        doubts: standing::doubts(&record),
    })
}

/// A record with intakes only; 404 when nothing is known under this name.
async fn received(app: &App, plan: PlanId) -> Result<Response, Problem> {
    let history = app.service.history(plan).await?;
    if history.intakes().is_empty() {
        return Err(ServiceError::NotFound.into());
    }
    plans::record_access(app, "view-emergency", plan, None).await?;
    respond(&ReceivedPage {
        api: format!("/api/v1/plans/{plan}"),
        intakes: IntakeLine::all(&history),
        doubts: standing::doubts(&history),
        code: plan.short_code(),
    })
}

fn versions(record: &PlanRecord) -> Vec<VersionLine> {
    let line = |edition: &crate::service::Edition| VersionLine {
        number: edition.content().version_number(),
        signed: edition.content().signed_at().day(),
        state: plans::state(edition.state()),
    };
    record.versions().iter().rev().map(line).collect()
}

/// `GET /assets/{name}`: the style sheet and the one script.
pub(crate) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let (media_type, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", include_str!("../assets/style.css")),
        "pointer.js" => (
            "text/javascript; charset=utf-8",
            include_str!("../assets/pointer.js"),
        ),
        _ => return Err(ServiceError::NotFound.into()),
    };
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=3600"),
    );
    Ok(response)
}

fn respond(page: &impl Template) -> Result<Response, Problem> {
    let html = page
        .render()
        .map_err(|_| Problem::new(ProblemType::Internal, "The page could not be made."))?;
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, html_type)], html).into_response())
}
