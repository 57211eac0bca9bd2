//! Asking a service (UX §4): trust list, snapshot and the head of one record. Whatever it answers is verified like a
//! file; a failure means "could not confirm" and never changes what a verdict says.

use std::io::Read as _;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use planseal::check::Reader;
use planseal::code::Pointer;
use planseal::envelope::{MAX_ENVELOPE, MAX_LOG_VIEW, SignedObject};
use ureq::http::Uri;
use ureq::{Agent, Body};

/// Ten seconds for everything: a reader at a bedside does not wait longer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One service.
pub(crate) struct Server {
    base: String,
    agent: Agent,
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
            .user_agent("planseal")
            .build()
            .into();
        Ok(Self { base, agent })
    }

    /// Adds what the service can say to what the reader holds; the trust list first, because it names who signs the
    /// others.
    pub(crate) fn inform(&self, reader: &mut Reader, pointer: Option<&Pointer>) -> anyhow::Result<()> {
        let list = self.object(self.get("/api/v1/trust-list")?, MAX_LOG_VIEW)?;
        reader
            .add_trust_list(&list)
            .context("the service's trust list was not accepted")?;
        match pointer {
            Some(pointer) => {
                let head = self.object(self.status(pointer)?, MAX_ENVELOPE)?;
                reader
                    .add_head(&head)
                    .context("the service's answer about this record was not accepted")?;
            }
            None => {
                let snapshot = self.object(self.get("/api/v1/snapshot")?, MAX_LOG_VIEW)?;
                reader
                    .add_snapshot(&snapshot)
                    .context("the service's snapshot was not accepted")?;
            }
        }
        Ok(())
    }

    fn get(&self, path: &str) -> anyhow::Result<Body> {
        let answer = self.agent.get(format!("{}{path}", self.base)).call();
        Ok(answer
            .with_context(|| format!("{} did not answer", self.base))?
            .into_body())
    }

    /// The pointer as printed: no patient data leaves this machine.
    fn status(&self, pointer: &Pointer) -> anyhow::Result<Body> {
        let request = self
            .agent
            .post(format!("{}/api/v1/status", self.base))
            .content_type("text/plain");
        let answer = request.send(pointer.digits());
        Ok(answer
            .with_context(|| format!("{} did not answer about this record", self.base))?
            .into_body())
    }

    fn object(&self, mut body: Body, cap: usize) -> anyhow::Result<SignedObject> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
        let reader = body.as_reader();
        reader
            .take(limit)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{} broke off", self.base))?;
        ensure!(bytes.len() <= cap, "{} sent more than it may", self.base);
        SignedObject::parse(&bytes)
            .with_context(|| format!("{} sent something else than a signed object", self.base))
    }
}
