//! One played past for all tests, and requests to its routes without a socket.

use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::draft::PlanDraft;
use planseal::id::PlanId;
use planseal::plan::person::{Author, Registration, RegistrationBody};
use planseal::sign::ToBeSigned;
use planseal::time::Timestamp;
use planseal::trust::{Certificate, Directory, OrgCode, TrustPolicy};
use planseal::validate::{Context, NumberRange, Predecessor};
use planseal::verify::{self, Verified};
use planseal_server::demo::{self, Played};
use planseal_server::routes::{self, App, Mode};
use planseal_signer::key_file::{FileKey, Passphrase};
use planseal_store::{Clock, SystemClock};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// The past, the routes over it, and the runtime both live in.
pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    pub(crate) played: Played,
    pub(crate) open: Router,
    pub(crate) closed: Router,
}

/// Played once for all tests.
pub(crate) static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let played = runtime.block_on(demo::play(None)).unwrap();
    let app = played.app();
    let closed = App {
        mode: Mode::Closed,
        ..app.clone()
    };
    Stage {
        runtime,
        played,
        open: routes::router(app),
        closed: routes::router(closed),
    }
});

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks the shape that every problem has, and gives the last part of its type.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["request"].as_str(), Some(self.header("x-request-id")));
        assert!(
            body["detail"]
                .as_str()
                .is_some_and(|detail| detail.ends_with('.')),
            "{body}"
        );
        no_patient(&self.text());
        body["type"]
            .as_str()
            .unwrap()
            .strip_prefix("urn:planseal:problem:")
            .unwrap()
            .to_owned()
    }
}

/// Names and numbers of the samples never stand in problems and logs.
pub(crate) fn no_patient(text: &str) {
    for canary in [
        "Marlowe",
        "MARLOWE",
        "Quill",
        "Finch",
        "Rowntree",
        "Sampleton",
        "SAMPLETON",
    ] {
        assert!(!text.contains(canary), "{canary} in {text}");
    }
    for number in [
        "9990412073",
        "9991122338",
        "9992045183",
        "9993100773",
        "9994550217",
    ] {
        assert!(
            !text.replace([' ', '-'], "").contains(number),
            "{number} in {text}"
        );
    }
}

/// A request to the open routes.
pub(crate) fn ask(method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    ask_of(&STAGE.open, method, path, headers, body)
}

pub(crate) fn get(path: &str) -> Answer {
    ask(Method::GET, path, &[], Body::empty())
}

/// A request to these routes.
pub(crate) fn ask_of(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    STAGE.runtime.block_on(async {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    })
}

/// A file of the played past.
pub(crate) fn file(name: &str) -> Vec<u8> {
    std::fs::read(STAGE.played.folder().join(name)).unwrap()
}

/// The bundle of a sample.
pub(crate) fn bundle(name: &str) -> Bundle {
    Bundle::decode(&file(&format!("bundles/{name}.planseal"))).unwrap()
}

/// The record of a sample.
pub(crate) fn plan(name: &str) -> PlanId {
    let bundle = bundle(name);
    let (header, _) = bundle.version.peek_unverified();
    PlanId::parse(header.subject.strip_prefix("urn:uuid:").unwrap()).unwrap()
}

pub(crate) fn policy() -> TrustPolicy {
    TrustPolicy::parse(&file("trust-policy.cbor")).unwrap()
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// The clinician of P5, whose certificate is in force today, with her key.
pub(crate) struct Signer {
    pub(crate) key: FileKey,
    pub(crate) certificate: Verified<Certificate>,
    author: Author,
}

impl Signer {
    pub(crate) fn of_p5() -> Self {
        let bundle = bundle("P5-v2");
        let mut directory = Directory::pinned(&policy());
        directory.admit_all(&bundle.certificates).unwrap();
        let id = bundle.version.claimed_key().unwrap();
        let certificate = directory.certificate(&id).unwrap().clone();
        let folder = STAGE.played.folder().join("keys/TEST-NHS1");
        let mut files = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let held = files
            .find(|file| file.file_name().unwrap().to_str().unwrap().starts_with("maya"))
            .unwrap();
        let passphrase = Passphrase::new("these keys are public".into());
        let key = FileKey::open(&held, &passphrase, Some(certificate.content().key())).unwrap();
        let author = Self::author();
        Self {
            key,
            certificate,
            author,
        }
    }

    /// Somebody who was enrolled for a test.
    pub(crate) const fn of(key: FileKey, certificate: Verified<Certificate>, author: Author) -> Self {
        Self {
            key,
            certificate,
            author,
        }
    }

    fn author() -> Author {
        let registration = Registration::new(RegistrationBody::parse("gmc").unwrap(), "9900055").unwrap();
        let organisation = OrgCode::parse("TEST-NHS1").unwrap();
        let role = "Consultant in neurodisability";
        Author::new("Maya Scaffold-Rao", Some(registration), role, organisation).unwrap()
    }

    /// Signs a draft as a version of a record, with its card.
    pub(crate) fn sign(
        &self,
        draft: &str,
        plan: PlanId,
        predecessor: Option<&Predecessor>,
        numbers: NumberRange,
    ) -> Bundle {
        let context = Context {
            // A first version is a minute old, so that another can follow it at once.
            at: predecessor.map_or_else(|| now().plus(-60), |_| now()),
            numbers,
            plan,
            salt: [7; 16],
            author: self.author.clone(),
            predecessor,
        };
        let version = PlanDraft::from_json(draft).unwrap().validate(&context).unwrap();
        let object = ToBeSigned::statement(&version, &self.certificate)
            .unwrap()
            .sign(&self.key)
            .unwrap();
        let card = Card::project(&version, object.id());
        let card = ToBeSigned::statement(&card, &self.certificate)
            .unwrap()
            .sign(&self.key)
            .unwrap();
        Bundle {
            version: object,
            card: Some(card),
            stamp: None,
            certificates: Vec::new(),
            endorsements: Vec::new(),
            intakes: Vec::new(),
            resolutions: Vec::new(),
            custody: Vec::new(),
            reports: Vec::new(),
            receipts: Vec::new(),
            head: None,
            root: policy().root().id(),
        }
    }
}

/// The draft of P5's latest version, which was signed on 25 August 2026, moved to be signed today.
pub(crate) fn draft() -> serde_json::Value {
    let text = include_str!("../../../keys-example/plans/P5-v2.json");
    let written = planseal::time::Date::parse("2026-08-25").unwrap();
    let days = now().date().days_since(written);
    let draft = PlanDraft::from_json(text).unwrap().shifted(days);
    serde_json::from_str(&draft.to_json()).unwrap()
}

/// P5's latest version as a predecessor.
pub(crate) fn latest_of_p5() -> Predecessor {
    let bundle = bundle("P5-v2");
    let mut directory = Directory::pinned(&policy());
    directory.admit_all(&bundle.certificates).unwrap();
    let version = verify::statement::<planseal::plan::PlanVersion>(&bundle.version, &directory).unwrap();
    Predecessor {
        id: version.id(),
        version: version.content().version_number(),
        signed_at: version.signed_at(),
    }
}
