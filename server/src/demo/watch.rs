//! Two witnesses in the demonstration's own process, each with its key and its memory in the kept folder: what a partner
//! organisation would run elsewhere with `planseal-server witness`.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use planseal::log::note::VerifierKey;
use planseal_signer::key_file::{Cost, FileKey, Passphrase};
use planseal_store::SystemClock;
use tokio::task::JoinHandle;

use super::cast::PASSPHRASE;
use crate::listen;
use crate::service::WitnessEndpoint;
use crate::witness::{self, Witness};

/// Their names in cosignatures; nothing is reached under them.
const NAMES: [&str; 2] = ["witness.northmere.example/w1", "witness.eastfield.example/w2"];

/// Two witnesses that listen on this machine.
pub(super) struct Watch {
    pub(super) endpoints: Vec<WitnessEndpoint>,
    /// Readers of the demonstration ask for both.
    pub(super) policy: String,
    listening: Vec<JoinHandle<()>>,
}

impl Watch {
    pub(super) async fn begin(keys: &Path, state: &Path, log: &VerifierKey) -> anyhow::Result<Self> {
        let (mut endpoints, mut listening, mut lines) = (Vec::new(), Vec::new(), String::new());
        for (number, name) in (1..).zip(NAMES) {
            let key = FileKey::generate()?;
            let passphrase = Passphrase::new(PASSPHRASE.to_owned());
            let file = keys.join(format!("witness-{number}.pem"));
            key.save_at_cost(&file, &passphrase, Cost::EXAMPLE_KEYS)?;
            let folder = state.join(format!("w{number}"));
            let vkey = Witness::init(&folder, name, &key)?;
            let witness = Witness::open(&folder, Box::new(key), vec![log.clone()], Arc::new(SystemClock))?;
            let listener = listen::bind(0).await.context("no port for a witness")?;
            let prefix = format!("http://{}", listener.local_addr()?);
            let router = witness::router(Arc::new(witness));
            listening.push(tokio::spawn(async move {
                drop(listen::serve(listener, router, None).await);
            }));
            lines.push_str(&format!("witness w{number} {vkey}\n"));
            endpoints.push(WitnessEndpoint::new(vkey, &prefix)?);
        }
        let policy = format!("{lines}group both 2 w1 w2\nquorum both\n");
        Ok(Self {
            endpoints,
            policy,
            listening,
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for listening in &self.listening {
            listening.abort();
        }
    }
}
