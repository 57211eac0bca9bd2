//! Printing and sealing: the pages, the seal around them, and the record of what was handed out.
//!
//! The sealing key stands behind a port of `render`. The record is durable before anybody is given the file, so that the
//! file is known again when the renderer that made it is gone.

use std::sync::Arc;
use std::time::Duration;

use planseal::check::{CheckedBundle, FileState};
use planseal::id::PlanId;
use planseal::plan::contacts::Digest;
use planseal::time::Timestamp;
use planseal_render::print::{self, Print};
use planseal_render::renderer::RENDERER;
use planseal_render::seal::{self, PortFault, SealPort, Sealing, TimeStampPort};
use planseal_store::PrintRecord;
use sha2::{Digest as _, Sha256};
use ureq::Agent;

use super::Service;
use super::error::ServiceError;

/// What the service seals its PDFs with.
#[derive(Clone)]
pub struct SealKey {
    /// The key with its certificates.
    pub port: Arc<dyn SealPort + Send + Sync>,
    /// Who stamps the time beside each seal, if anybody does.
    pub time_stamps: Option<Arc<dyn TimeStampPort + Send + Sync>>,
}

impl SealKey {
    /// SHA-256 of its authority's certificate, as the policy pins it.
    #[must_use]
    pub fn authority(&self) -> Option<[u8; 32]> {
        let last = self.port.certificates().last()?;
        Some(Sha256::digest(last).into())
    }
}

impl core::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealKey(…)")
    }
}

/// A time-stamp authority behind one configured address (RFC 3161 §3.4).
pub struct TimeStampAuthority {
    address: String,
    agent: Agent,
}

/// 5 seconds, connection and answer together: somebody waits for a print.
const TIME_STAMP_TIME: Duration = Duration::from_secs(5);

/// 64 KiB; a token with its certificates has less than a fifth of it.
const MAX_TIME_STAMP: u64 = 64 << 10;

impl TimeStampAuthority {
    /// Asks at this address and nowhere else: no redirect is followed, no proxy of the environment used (SECURITY T21).
    #[must_use]
    pub fn at(address: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIME_STAMP_TIME))
            .max_redirects(0)
            .proxy(None)
            .build();
        Self {
            address: address.to_owned(),
            agent: config.into(),
        }
    }
}

impl TimeStampPort for TimeStampAuthority {
    fn ask(&self, request: &[u8]) -> Result<Vec<u8>, PortFault> {
        let fault = |fault: ureq::Error| PortFault(format!("{}: {fault}", self.address));
        let post = self.agent.post(&self.address);
        let answer = post
            .header("content-type", "application/timestamp-query")
            .send(request);
        let mut body = answer.map_err(fault)?.into_body();
        body.with_config()
            .limit(MAX_TIME_STAMP)
            .read_to_vec()
            .map_err(fault)
    }
}

/// What a document is made from, held so that it can be made on a thread of its own.
pub(super) struct ToPrint {
    pub(super) checked: CheckedBundle,
    pub(super) bundle: Vec<u8>,
    pub(super) files: Vec<Vec<u8>>,
}

/// A document, and the time that it states.
struct Made {
    pages: Vec<u8>,
    sealed: Option<Vec<u8>>,
    at: Timestamp,
}

impl Service {
    /// Makes the pages, seals them and records both. Rendering, key and time stamp take their time, so other requests are
    /// not kept waiting for them.
    pub(super) async fn print_and_seal(
        &self,
        plan: PlanId,
        to_print: ToPrint,
    ) -> Result<Vec<u8>, ServiceError> {
        let policy = self.deployment.policy.clone();
        let key = self.keys.read().await.seal.clone();
        let version = to_print.checked.version().verified().id();
        let making = tokio::task::spawn_blocking(move || {
            let pages = print::print(&Print {
                checked: &to_print.checked,
                bundle: &to_print.bundle,
                files: &to_print.files,
                policy: &policy,
            })?;
            let at = print::known(&to_print.checked).at;
            let sealed = key.map(|key| sealed(&key, &pages, at)).transpose()?;
            Ok::<_, ServiceError>(Made { pages, sealed, at })
        });
        let made = making.await.map_err(|_| ServiceError::PrintBrokeOff)??;
        let document = Digest::of(&made.pages);
        let file = made.sealed.unwrap_or(made.pages);
        let record = PrintRecord {
            version,
            renderer: RENDERER.to_owned(),
            document,
            sealed: Digest::of(&file),
            at: made.at,
        };
        self.store.record_print(plan, &record).await?;
        Ok(file)
    }

    /// What a PDF is: as this service recorded it when it was handed out, or made again and compared. A file under this
    /// service's seal that it has no record of was not handed out by it, whatever renderer it names.
    pub(super) async fn file_state(
        &self,
        file: &[u8],
        plan: PlanId,
        again: Print<'_>,
    ) -> Result<FileState, ServiceError> {
        let digest = Digest::of(seal::without_trailing_space(file));
        let version = again.checked.version().verified().id();
        match self.store.print_of(plan, &digest).await? {
            Some(record) if record.version == version => Ok(FileState::Genuine),
            _ => Ok(match print::compare(file, &again) {
                FileState::Sealed => FileState::Altered,
                other => other,
            }),
        }
    }
}

fn sealed(key: &SealKey, pages: &[u8], at: Timestamp) -> Result<Vec<u8>, ServiceError> {
    let time_stamps = key.time_stamps.as_deref();
    let sealing = Sealing {
        port: key.port.as_ref(),
        time_stamps: time_stamps.map(|port| -> &dyn TimeStampPort { port }),
        at,
    };
    Ok(seal::seal(pages, &sealing)?)
}
