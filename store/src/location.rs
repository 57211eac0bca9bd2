//! Where the objects of a store lie: a folder, a bucket, memory, or any engine of the caller's.
//!
//! One text names the place (`file:/var/lib/planseal`, `s3://plans`), so moving from a folder to a bucket changes one
//! setting. Credentials and endpoints of a bucket come from the environment variables that its vendor's tools use; they
//! never stand in the text. Every request to a bucket has a time limit, and is repeated for a bounded time.

use core::fmt;
use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};

use crate::durable::{DurableLocal, FolderError};
use crate::engine::Engine;

/// Where the objects of a store are.
#[derive(Debug, Clone)]
pub enum Location {
    /// In a folder of this machine, made when missing.
    Folder(PathBuf),
    /// In memory.
    Memory,
    /// In a bucket that several nodes may share.
    Bucket(Bucket),
    /// In an engine of the caller's.
    Objects {
        /// The engine.
        objects: Arc<dyn ObjectStore>,
        /// Who else may write to it.
        sharing: Sharing,
    },
}

/// Who writes to a store's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// This process alone.
    Alone,
    /// Several nodes at the same time, any of which may stop.
    Nodes,
}

/// A bucket, or a folder of one.
#[derive(Clone)]
pub struct Bucket {
    url: String,
    objects: Arc<dyn ObjectStore>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.url)
    }
}

impl Location {
    /// Reads `file:PATH`, `memory:`, `s3://BUCKET`, `az://CONTAINER` or `gs://BUCKET`, the last three with a folder
    /// after the name if wanted. Credentials are taken from `AWS_…`, `AZURE_…` or `GOOGLE_…`.
    ///
    /// # Errors
    /// [`LocationError`], in a sentence for the operator. Nothing is asked of the bucket yet.
    pub fn parse(url: &str) -> Result<Self, LocationError> {
        let unknown = || LocationError::Unknown { url: url.to_owned() };
        let (scheme, rest) = url.split_once(':').ok_or_else(unknown)?;
        match (scheme, rest.strip_prefix("//")) {
            ("memory", _) if rest.is_empty() => Ok(Self::Memory),
            ("file", Some(path)) if path.starts_with('/') => Ok(Self::Folder(path.into())),
            ("file", None) if !rest.is_empty() => Ok(Self::Folder(rest.into())),
            ("s3" | "az" | "gs", Some(place)) => Bucket::open(url, scheme, place).map(Self::Bucket),
            _ => Err(unknown()),
        }
    }

    /// The engine, and who else may write to it.
    pub(crate) async fn open(&self) -> Result<Engine, LocationError> {
        Ok(match self {
            Self::Memory => Engine::over(Arc::new(InMemory::new()), Sharing::Alone),
            Self::Folder(root) => {
                let root = root.clone();
                let opened = tokio::task::spawn_blocking(move || DurableLocal::open(&root)).await;
                Engine::in_folder(opened.map_err(|_| LocationError::Interrupted)??)
            }
            Self::Bucket(bucket) => Engine::over(Arc::clone(&bucket.objects), Sharing::Nodes),
            Self::Objects { objects, sharing } => Engine::over(Arc::clone(objects), *sharing),
        })
    }
}

/// As an operator writes it; without credentials.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(root) => write!(f, "file:{}", root.display()),
            Self::Memory => f.write_str("memory:"),
            Self::Bucket(bucket) => f.write_str(&bucket.url),
            Self::Objects { objects, .. } => write!(f, "{objects}"),
        }
    }
}

impl Bucket {
    fn open(url: &str, scheme: &str, place: &str) -> Result<Self, LocationError> {
        let (name, folder) = place.split_once('/').unwrap_or((place, ""));
        let folder = Path::parse(folder.trim_end_matches('/'));
        let Ok(folder) = folder.as_ref().map(Path::clone) else {
            return Err(LocationError::Unknown { url: url.to_owned() });
        };
        if name.is_empty() {
            return Err(LocationError::Unknown { url: url.to_owned() });
        }
        // An error means that the program chose a provider before; there is only one in this workspace.
        drop(rustls::crypto::ring::default_provider().install_default());
        let bucket = match scheme {
            "s3" => amazon(name),
            "az" => azure(name),
            _ => google(name),
        };
        let objects = bucket.map_err(|source| LocationError::Settings {
            url: url.to_owned(),
            source,
        })?;
        let objects: Arc<dyn ObjectStore> = match folder.as_ref() {
            "" => objects,
            _ => Arc::new(PrefixStore::new(objects, folder)),
        };
        Ok(Self {
            url: url.to_owned(),
            objects,
        })
    }
}

type Built = object_store::Result<Arc<dyn ObjectStore>>;

fn amazon(name: &str) -> Built {
    let (request, connect) = limits();
    let bucket = AmazonS3Builder::from_env()
        .with_bucket_name(name)
        .with_retry(retries())
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), request)
        .with_config(
            AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout),
            connect,
        )
        .build()?;
    Ok(Arc::new(bucket))
}

fn azure(name: &str) -> Built {
    let (request, connect) = limits();
    let bucket = MicrosoftAzureBuilder::from_env()
        .with_container_name(name)
        .with_retry(retries())
        .with_config(AzureConfigKey::Client(ClientConfigKey::Timeout), request)
        .with_config(AzureConfigKey::Client(ClientConfigKey::ConnectTimeout), connect)
        .build()?;
    Ok(Arc::new(bucket))
}

fn google(name: &str) -> Built {
    let (request, connect) = limits();
    let bucket = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(name)
        .with_retry(retries())
        .with_config(GoogleConfigKey::Client(ClientConfigKey::Timeout), request)
        .with_config(GoogleConfigKey::Client(ClientConfigKey::ConnectTimeout), connect)
        .build()?;
    Ok(Arc::new(bucket))
}

/// 5 seconds for one request, 2 of them for the connection: longer than any healthy bucket takes for the largest
/// object, and short enough that a clinician is told within the time that they wait.
fn limits() -> (&'static str, &'static str) {
    ("5 seconds", "2 seconds")
}

/// 8 seconds of repetition in all.
fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: 6,
        retry_timeout: Duration::from_secs(8),
    }
}

/// A place that cannot hold a store. Messages are sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// Not the name of a place.
    #[error(
        "{url:?} names no place for a store: give file:PATH, s3://BUCKET, az://CONTAINER, gs://BUCKET or memory:, with \
         credentials in the environment and not in the name"
    )]
    Unknown {
        /// As given.
        url: String,
    },
    /// The environment lacks something that the bucket needs.
    #[error(
        "{url} cannot be reached with what the environment says: set the variables of its vendor's tools"
    )]
    Settings {
        /// The place.
        url: String,
        /// What is missing or wrong.
        source: object_store::Error,
    },
    /// The folder cannot hold a store, or not now.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The process is shutting down.
    #[error("opening the place was interrupted")]
    Interrupted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_what_names_none_is_refused() {
        for (url, expected) in [
            ("file:/var/lib/planseal", "file:/var/lib/planseal"),
            ("file:///var/lib/planseal", "file:/var/lib/planseal"),
            ("file:plans", "file:plans"),
            ("memory:", "memory:"),
        ] {
            let location = Location::parse(url).expect("a place");
            assert_eq!(location.to_string(), expected);
        }
        for wrong in [
            "",
            "plans",
            "file:",
            "memory:x",
            "s3:",
            "s3://",
            "s3:///folder",
            "ftp://plans",
            "http://plans",
            "file://host",
        ] {
            let refused = Location::parse(wrong).expect_err(wrong);
            assert!(
                matches!(refused, LocationError::Unknown { .. }),
                "{wrong}: {refused}"
            );
        }
    }

    #[test]
    fn a_bucket_and_a_folder_of_one_are_opened_without_asking_anything() {
        for url in ["s3://plans", "s3://plans/live"] {
            let location = Location::parse(url).expect("a bucket");
            assert_eq!(location.to_string(), url);
            assert!(matches!(location, Location::Bucket(_)));
        }
    }
}
