//! The operator's side of a node: begin a log, serve it, check a configuration, and look after the store.
//!
//! Private keys are opened by the program and handed in as signing ports; nothing here reads a key file.

mod remember;
mod serve;
mod check;
mod progress;
mod report;
mod upkeep;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::sign::SigningPort;
use planseal::trust::TrustPolicy;
use planseal_render::seal::{SealPort, TimeStampPort};
use planseal_store::{
    KeyError, KeySource, Location, LocationError, LogOpenError, OpenError, ProbeError, Store, StoreConfig,
    SystemClock,
};

pub use check::check_config;
pub use remember::{Remember, RememberError};
pub use report::{Found, Report};
pub use serve::serve;
pub use upkeep::{Copy, backup, fsck, make_key, rebuild, restore, rotate_keys};

use crate::config::{CertifiedKey, Config, StorePlace};
use crate::problem::causes;
use crate::service::{Deployment, SealKey, Service, ServiceKey, ServiceKeys, StartError, TimeStampAuthority};

/// A private key behind its port.
pub type Port = Box<dyn SigningPort + Send + Sync>;

/// A sealing key behind its port.
pub type SealPortOf = Arc<dyn SealPort + Send + Sync>;

/// Opens the private keys that a configuration names; the passphrase stands in a file of its own.
pub trait OpenKeys {
    /// An encrypted signing key.
    ///
    /// # Errors
    /// What kept it closed, with what to do.
    fn signing(&self, key_file: &Path, passphrase_file: &Path) -> anyhow::Result<Port>;

    /// An encrypted sealing key with its certificates, PEM.
    ///
    /// # Errors
    /// What kept it closed, with what to do.
    fn sealing(
        &self,
        key_file: &Path,
        certificates: &str,
        passphrase_file: &Path,
    ) -> anyhow::Result<SealPortOf>;
}

/// Whoever may open private keys.
pub type OpenKey<'a> = &'a dyn OpenKeys;

/// The node refuses: starting again cannot help before something was changed. The program exits with 3.
#[derive(Debug, thiserror::Error)]
#[error("refused: {reason}")]
pub struct Refusal {
    /// Why, and what to do.
    pub reason: String,
}

impl Refusal {
    fn of(fault: &dyn core::error::Error) -> Self {
        Self {
            reason: causes(fault),
        }
    }
}

/// Begins a new log in an empty store, with these certificates after the root: host, then the service's keys. Gives
/// what the operator is told.
///
/// # Errors
/// [`Refusal`] when the store holds another log or keys and certificates do not belong together.
pub async fn found(config: &Config, certificates: &[&Path], open: OpenKey<'_>) -> anyhow::Result<String> {
    let mut objects = Vec::new();
    for path in certificates {
        let bytes = std::fs::read(path);
        let bytes = bytes.with_context(|| format!("the certificate {} cannot be read", path.display()))?;
        let object = planseal::envelope::SignedObject::parse(&bytes);
        objects.push(object.with_context(|| format!("{} is no certificate", path.display()))?);
    }
    let node = Node::read(config, open)?;
    let store = open_store(&node.place, &node.deployment.policy, node.log, None).await?;
    let clock = Arc::new(SystemClock);
    let remember = Remember::of(&node.place, &node.deployment.policy);
    let founded = Service::found(store, clock, node.deployment, &objects, node.keys).await;
    let service = founded.map_err(refusal_or_fault)?;
    if let (Some(remember), Some(note)) = (remember, service.checkpoint()) {
        remember.write(&note)?;
    }
    let log = service.policy().log().to_string();
    service.close().await?;
    Ok(format!(
        "The log of {log} has begun in {}. Start it with `planseal-server serve`; keep a copy of {} apart from the store.",
        node.place.url,
        node.place.key_file.display()
    ))
}

/// Everything a node is made of, before its store is opened.
struct Node {
    place: StorePlace,
    log: Port,
    deployment: Deployment,
    keys: ServiceKeys,
}

impl Node {
    fn read(config: &Config, open: OpenKey<'_>) -> anyhow::Result<Self> {
        let passphrase = config.passphrase_file()?;
        let deployment = Deployment {
            policy: config.policy()?,
            numbers: config.numbers()?,
            witnesses: config.witnesses()?,
        };
        let log = open_log_key(config, &deployment.policy, open)?;
        let seal = open_seal_key(config, &deployment.policy, open)?;
        let [head, status, recorder] = config.service_keys()?;
        let key = |held: CertifiedKey| -> anyhow::Result<ServiceKey> {
            Ok(ServiceKey {
                port: open.signing(&held.key_file, &passphrase)?,
                certificate: held.certificate.id(),
            })
        };
        Ok(Self {
            place: config.store()?,
            log,
            deployment,
            keys: ServiceKeys {
                head: key(head)?,
                status: key(status)?,
                recorder: key(recorder)?,
                seal,
            },
        })
    }
}

/// The log's key, which is the one that readers pin.
fn open_log_key(config: &Config, policy: &TrustPolicy, open: OpenKey<'_>) -> anyhow::Result<Port> {
    let log = open.signing(&config.log_key_file()?, &config.passphrase_file()?)?;
    let found = VerifierKey::new(policy.log().name(), KeyType::Log, log.public_key())?;
    if found == *policy.log() {
        return Ok(log);
    }
    let fault = StartError::OtherLog {
        found: found.to_string(),
        pinned: policy.log().to_string(),
    };
    Err(Refusal::of(&fault).into())
}

/// The sealing key, which the authority that readers pin has certified.
fn open_seal_key(
    config: &Config,
    policy: &TrustPolicy,
    open: OpenKey<'_>,
) -> anyhow::Result<Option<SealKey>> {
    let Some(files) = config.seal()? else {
        return Ok(None);
    };
    let passphrase = config.passphrase_file()?;
    let key = SealKey {
        port: open.sealing(&files.key_file, &files.certificates, &passphrase)?,
        time_stamps: files
            .time_stamps
            .map(|address| -> Arc<dyn TimeStampPort + Send + Sync> {
                Arc::new(TimeStampAuthority::at(&address))
            }),
    };
    if key.authority().as_ref() == policy.seals() {
        return Ok(Some(key));
    }
    Err(Refusal {
        reason: "keys.seal.certificates ends in another authority than the trust policy pins: readers would call every PDF altered"
            .into(),
    }
    .into())
}

impl StorePlace {
    /// Nothing but `found` and `restore` begins a store, and be it an empty folder.
    fn expect_begun(&self) -> Result<(), Refusal> {
        let is_new = match &self.location {
            Location::Folder(root) => match std::fs::read_dir(root) {
                Ok(mut entries) => entries.next().is_none(),
                Err(fault) => fault.kind() == std::io::ErrorKind::NotFound,
            },
            // Without the file of its key a store is not opened but begun.
            _ => !self.key_file.exists(),
        };
        match is_new {
            true => Err(Refusal::of(&StartError::Empty)),
            false => Ok(()),
        }
    }

    /// How the store is opened, against a checkpoint that is known from elsewhere.
    fn config(&self, remembered: Option<Checkpoint>) -> StoreConfig {
        let keys = match &self.previous_key_file {
            None => KeySource::File(self.key_file.clone()),
            Some(previous) => KeySource::Rotating {
                file: self.key_file.clone(),
                previous: previous.clone(),
            },
        };
        StoreConfig {
            worm: self.worm.clone(),
            keys,
            remembered: remembered.into_iter().collect(),
            ..StoreConfig::at(self.location.clone(), &self.key_file)
        }
    }
}

/// Opens the store with the log's key.
async fn open_store(
    place: &StorePlace,
    policy: &TrustPolicy,
    log: Port,
    remembered: Option<Checkpoint>,
) -> anyhow::Result<Store> {
    let config = place.config(remembered);
    let opened = Store::open(config, log, policy.log().name(), Arc::new(SystemClock)).await;
    opened.map_err(|fault| match is_refusal(&fault) {
        true => Refusal::of(&fault).into(),
        false => fault.into(),
    })
}

/// Whether opening again cannot help before something was changed: another format, key or log, a log that lost leaves
/// or has others, an engine that does not keep the rules. A disk or a network that fails now is none.
const fn is_refusal(fault: &OpenError) -> bool {
    match fault {
        OpenError::Format { .. } | OpenError::StoreKeyMissing | OpenError::KeyFile(_) => true,
        OpenError::Location(fault) => place_is_refused(fault),
        OpenError::Probe(fault) => matches!(fault, ProbeError::Unfit { .. }),
        OpenError::Key(fault) => !matches!(fault, KeyError::Engine(_)),
        OpenError::Log(fault) => log_is_refused(fault),
        _ => false,
    }
}

const fn place_is_refused(fault: &LocationError) -> bool {
    matches!(
        fault,
        LocationError::Unknown { .. } | LocationError::Settings { .. }
    )
}

const fn log_is_refused(fault: &LogOpenError) -> bool {
    matches!(
        fault,
        LogOpenError::Smaller { .. }
            | LogOpenError::Differs { .. }
            | LogOpenError::Checkpoint(_)
            | LogOpenError::Note(_)
    )
}

fn refusal_or_fault(fault: StartError) -> anyhow::Error {
    match fault.is_refusal() {
        true => Refusal::of(&fault).into(),
        false => fault.into(),
    }
}
