//! Asking a service (UX §4). Whatever it answers is verified like a file before it is believed; a failure means "could
//! not confirm" and never changes what a verdict says.

use std::io::Read as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use planseal::check::Reader;
use planseal::code::Pointer;
use planseal::envelope::{MAX_ENVELOPE, MAX_LOG_VIEW, SignedObject};
use serde_json::Value as Json;
use ureq::http::{Response, Uri};
use ureq::{Agent, Body};

/// Ten seconds for a question: a reader at a bedside does not wait longer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Two minutes for sending: a scan of 20 MiB over a practice's line.
const SENDING: Duration = Duration::from_secs(120);

/// 64 KiB: a refusal with its findings.
const MAX_REFUSAL: usize = 64 << 10;

/// 4 MiB: an answer with an envelope and receipts in it, in base64.
const MAX_ANSWER: usize = 4 << 20;

/// 500 characters of what a service says are shown.
const MAX_WORDS: usize = 500;

/// One service.
pub(crate) struct Server {
    base: String,
    agent: Agent,
}

/// Why a service gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerFault {
    /// No connection, or it broke off.
    #[error("{base} did not answer; try again")]
    Unreached {
        base: String,
        #[source]
        cause: Box<ureq::Error>,
    },
    /// It answered with a refusal.
    #[error("{base} refused ({status}): {words}")]
    Refused {
        base: String,
        status: u16,
        words: String,
    },
    /// It sent more than the format allows.
    #[error("{base} sent more than it may; nothing of it was read")]
    TooMuch { base: String },
    /// It broke off in the middle.
    #[error("{base} broke off; try again")]
    BrokenOff {
        base: String,
        #[source]
        cause: std::io::Error,
    },
    /// It answered with something else.
    #[error("{base} sent something else than {expected}")]
    Other { base: String, expected: &'static str },
}

/// A request that sends something.
pub(crate) struct Sending<'a> {
    pub(crate) path: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) body: &'a [u8],
    /// Further header fields, of this program's own making.
    pub(crate) fields: &'a [(&'a str, String)],
}

impl Server {
    /// `https://…`; plain `http` only to this machine. Every answer is signed, but a question names a record.
    pub(crate) fn at(address: &str) -> anyhow::Result<Self> {
        let base = address.trim_end_matches('/').to_owned();
        let uri: Uri = base
            .parse()
            .with_context(|| format!("{address} is not an address: use https://…"))?;
        let own = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if own => {}
            _ => bail!("{address} is not asked: use https:// (http:// is for this machine only)"),
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("planseal")
            .build()
            .into();
        Ok(Self { base, agent })
    }

    /// The address without a final slash.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Adds what the service can say to what the reader holds; the trust list first, because it names who signs the
    /// others.
    pub(crate) fn inform(&self, reader: &mut Reader, pointer: Option<&Pointer>) -> anyhow::Result<()> {
        reader
            .add_trust_list(&self.trust_list()?)
            .context("the service's trust list was not accepted")?;
        match pointer {
            Some(pointer) => {
                reader
                    .add_head(&self.status(pointer)?)
                    .context("the service's answer about this record was not accepted")?;
            }
            None => {
                reader
                    .add_snapshot(&self.snapshot()?)
                    .context("the service's snapshot was not accepted")?;
            }
        }
        Ok(())
    }

    /// The trust list, not verified.
    pub(crate) fn trust_list(&self) -> Result<SignedObject, ServerFault> {
        self.object("/api/v1/trust-list", MAX_LOG_VIEW)
    }

    /// The newest snapshot, not verified.
    pub(crate) fn snapshot(&self) -> Result<SignedObject, ServerFault> {
        self.object("/api/v1/snapshot", MAX_LOG_VIEW)
    }

    /// A signed object, not verified.
    pub(crate) fn object(&self, path: &str, cap: usize) -> Result<SignedObject, ServerFault> {
        self.parsed(&self.get(path, "application/cose", cap)?)
    }

    /// What stands at a path.
    pub(crate) fn get(&self, path: &str, accept: &str, cap: usize) -> Result<Vec<u8>, ServerFault> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let answer = request.header("accept", accept).call();
        self.body(answer.map_err(|cause| self.unreached(cause))?, cap)
    }

    /// What stands at a path; none when the service says that nothing does.
    pub(crate) fn get_if_there(
        &self,
        path: &str,
        accept: &str,
        cap: usize,
    ) -> Result<Option<Vec<u8>>, ServerFault> {
        match self.get(path, accept, cap) {
            Err(ServerFault::Refused { status: 404, .. }) => Ok(None),
            other => other.map(Some),
        }
    }

    /// JSON that stands at a path.
    pub(crate) fn json(&self, path: &str, cap: usize) -> Result<Json, ServerFault> {
        self.json_of(&self.get(path, "application/json", cap)?)
    }

    /// Sends by POST and gives the JSON of the answer.
    pub(crate) fn post(&self, sending: &Sending<'_>) -> Result<Json, ServerFault> {
        let request = self.agent.post(format!("{}{}", self.base, sending.path));
        let body = self.sent(request, sending)?;
        self.json_of(&body)
    }

    /// Sends by PUT.
    pub(crate) fn put(&self, sending: &Sending<'_>) -> Result<(), ServerFault> {
        let request = self.agent.put(format!("{}{}", self.base, sending.path));
        self.sent(request, sending).map(drop)
    }

    fn sent(
        &self,
        request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        sending: &Sending<'_>,
    ) -> Result<Vec<u8>, ServerFault> {
        let request = request.config().timeout_global(Some(SENDING)).build();
        let request = request.header("content-type", sending.media_type);
        let request = sending
            .fields
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, value));
        let answer = request.send(sending.body);
        self.body(answer.map_err(|cause| self.unreached(cause))?, MAX_ANSWER)
    }

    /// The pointer as printed: no patient data leaves this machine.
    fn status(&self, pointer: &Pointer) -> Result<SignedObject, ServerFault> {
        let request = self
            .agent
            .post(format!("{}/api/v1/status", self.base))
            .content_type("text/plain");
        let answer = request
            .send(pointer.digits())
            .map_err(|cause| self.unreached(cause))?;
        self.parsed(&self.body(answer, MAX_ENVELOPE)?)
    }

    fn parsed(&self, bytes: &[u8]) -> Result<SignedObject, ServerFault> {
        SignedObject::parse(bytes).map_err(|_| self.other("a signed object"))
    }

    fn json_of(&self, bytes: &[u8]) -> Result<Json, ServerFault> {
        serde_json::from_slice(bytes).map_err(|_| self.other("JSON"))
    }

    fn body(&self, answer: Response<Body>, cap: usize) -> Result<Vec<u8>, ServerFault> {
        let status = answer.status();
        let mut body = answer.into_body();
        if status.is_success() {
            return self.read(&mut body, cap);
        }
        let said = self.read(&mut body, MAX_REFUSAL).unwrap_or_default();
        Err(ServerFault::Refused {
            base: self.base.clone(),
            status: status.as_u16(),
            words: refusal_words(&said),
        })
    }

    fn read(&self, body: &mut Body, cap: usize) -> Result<Vec<u8>, ServerFault> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
        let read = body.as_reader().take(limit).read_to_end(&mut bytes);
        read.map_err(|cause| ServerFault::BrokenOff {
            base: self.base.clone(),
            cause,
        })?;
        if bytes.len() <= cap {
            Ok(bytes)
        } else {
            Err(ServerFault::TooMuch {
                base: self.base.clone(),
            })
        }
    }

    fn unreached(&self, cause: ureq::Error) -> ServerFault {
        ServerFault::Unreached {
            base: self.base.clone(),
            cause: Box::new(cause),
        }
    }

    /// Something else came than was expected.
    pub(crate) fn other(&self, expected: &'static str) -> ServerFault {
        ServerFault::Other {
            base: self.base.clone(),
            expected,
        }
    }
}

/// `detail` of problem details (RFC 9457), or its title.
fn refusal_words(body: &[u8]) -> String {
    let json: Json = serde_json::from_slice(body).unwrap_or(Json::Null);
    let word = |name: &str| json.get(name).and_then(Json::as_str).map(in_plain_text);
    word("detail")
        .or_else(|| word("title"))
        .unwrap_or_else(|| "it gave no reason".into())
}

/// What a service said, safe for a terminal: no control characters, and not endless.
pub(crate) fn in_plain_text(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control());
    shown.take(MAX_WORDS).collect()
}
