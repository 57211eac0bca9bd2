//! A node that can be killed: a store in a runtime of its own.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::ObjectStore;
use planseal_store::{Location, SetClock, Sharing, Store, StoreConfig};
use planseal_tests::ledger::ORIGIN;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinError;

use crate::cast::Cast;

/// A store in a runtime of its own.
pub(crate) struct Node {
    life: Life,
    store: Store,
}

impl Node {
    /// Opens a store of several nodes over this client of the bucket.
    pub(crate) async fn open(objects: Arc<dyn ObjectStore>, key_file: &Path) -> anyhow::Result<Self> {
        let location = Location::Objects {
            objects,
            sharing: Sharing::Nodes,
        };
        let mut config = StoreConfig::at(location, key_file);
        config.signed_within = SINCE_THE_CERTIFICATES;
        let life = Life::begin()?;
        let opened = life.handle.spawn(async move {
            let clock = Arc::new(SetClock::new(Cast::now()));
            Store::open(config, Box::new(Cast::log_key()), ORIGIN, clock).await
        });
        let store = opened.await??;
        Ok(Self { life, store })
    }

    /// Runs something in the node; nothing comes back when the node dies meanwhile.
    pub(crate) async fn run<T, F>(&self, work: impl FnOnce(Store) -> F) -> Result<T, JoinError>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.life.handle.spawn(work(self.store.clone())).await
    }

    /// Ends it at once. What it had begun is cut off wherever it stands.
    pub(crate) fn end(&self) {
        self.life.end();
    }
}

/// The world's certificates were signed on the first of the month.
pub(crate) const SINCE_THE_CERTIFICATES: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A runtime that may be ended, and dropped, inside another.
struct Life {
    handle: Handle,
    /// Taken when it ends.
    runtime: Mutex<Option<Runtime>>,
}

impl Life {
    fn begin() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
        })
    }

    fn end(&self) {
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.end();
    }
}
