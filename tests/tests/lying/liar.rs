//! A service that lies: the real routes of one or several histories behind a hook that may change any answer.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use planseal::code::Pointer;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// All histories and servers live in one runtime.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// What a client asked.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
}

/// What is answered.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A signed object.
    pub(crate) fn object(bytes: &[u8]) -> Self {
        Self::of("application/cose", bytes)
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::of("text/plain; charset=utf-8", text.as_bytes())
    }

    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            status: StatusCode::OK,
            media_type: media_type.to_owned(),
            body: bytes.to_vec(),
        }
    }

    pub(crate) fn missing() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            ..Self::text("")
        }
    }
}

/// Which history answers, and what is made of its answer.
type Choose = dyn Fn(&Asked) -> usize + Send + Sync;
type Change = dyn Fn(&Asked, Answer) -> Answer + Send + Sync;

/// A listening service; it serves until the tests end, and is honest until it is told to lie.
pub(crate) struct Liar {
    pub(crate) url: String,
    lying: Arc<AtomicBool>,
    router: Router,
}

impl Liar {
    /// One history, with answers changed.
    pub(crate) async fn changing(
        history: Router,
        change: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::listen(vec![history], |_| 0, change).await
    }

    /// An honest history first, and then another one to everybody.
    pub(crate) async fn replacing(history: Router, by: Router) -> Self {
        Self::listen(vec![history, by], |_| 1, |_, honest| honest).await
    }

    /// Both.
    pub(crate) async fn listen(
        histories: Vec<Router>,
        choose: impl Fn(&Asked) -> usize + Send + Sync + 'static,
        change: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (choose, change): (Arc<Choose>, Arc<Change>) = (Arc::new(choose), Arc::new(change));
        let (histories, lying) = (Arc::new(histories), Arc::new(AtomicBool::new(false)));
        let told = Arc::clone(&lying);
        let router = Router::new().fallback(move |request: Request<Body>| {
            let (histories, choose, change) =
                (Arc::clone(&histories), Arc::clone(&choose), Arc::clone(&change));
            let lying = told.load(Ordering::SeqCst);
            async move {
                match lying {
                    false => answer(&histories, &|_| 0, &|_, honest| honest, request).await,
                    true => answer(&histories, choose.as_ref(), change.as_ref(), request).await,
                }
            }
        });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(address).await.expect("a port of this machine");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(axum::serve(listener, router.clone()).into_future());
        Self { url, lying, router }
    }

    /// From now on it lies.
    pub(crate) fn lie(&self) {
        self.lying.store(true, Ordering::SeqCst);
    }

    /// What anybody gets at a path.
    pub(crate) async fn get(&self, path: &str) -> Vec<u8> {
        let request = Request::get(path).header(header::ACCEPT, "application/cose");
        self.ask(request.body(Body::empty()).expect("a request")).await
    }

    /// The head that the text of a printed pointer leads to.
    pub(crate) async fn head(&self, pointer: &Pointer) -> Vec<u8> {
        let request = Request::post("/api/v1/status")
            .header(header::CONTENT_TYPE, "text/plain")
            .header(header::ACCEPT, "application/cose");
        self.ask(request.body(Body::from(pointer.digits())).expect("a request"))
            .await
    }

    async fn ask(&self, request: Request<Body>) -> Vec<u8> {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("routes always answer");
        let body = to_bytes(response.into_body(), 64 << 20).await;
        body.expect("an answer in memory").to_vec()
    }
}

async fn answer(
    histories: &[Router],
    choose: &Choose,
    change: &Change,
    request: Request<Body>,
) -> Response<Body> {
    let asked = Asked {
        path: request.uri().path().to_owned(),
    };
    let history = histories[choose(&asked)].clone();
    let response = history.oneshot(request).await.expect("routes always answer");
    let (mut parts, body) = response.into_parts();
    let body: Bytes = to_bytes(body, 64 << 20).await.expect("an answer in memory");
    let media_type = parts.headers.get(header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let honest = Answer {
        status: parts.status,
        media_type: media_type.to_owned(),
        body: body.to_vec(),
    };
    let told = change(&asked, honest);
    parts.status = told.status;
    parts.headers.remove(header::CONTENT_LENGTH);
    let media_type = told.media_type.parse().expect("a media type");
    parts.headers.insert(header::CONTENT_TYPE, media_type);
    Response::from_parts(parts, Body::from(told.body))
}
