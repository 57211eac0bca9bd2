//! Data keys and the key that wraps them (SECURITY §3).
//!
//! Each patient's record has its own random data key; what belongs to no record shares the store's. Data keys
//! lie wrapped under `k/`, and the key that wraps them stays behind a [`KeyPort`]: a file of mode 0600 by
//! default, a key service later. Without a record's wrapped key nothing of the record can be read, also not
//! from a backup of its objects.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use planseal::id::PlanId;
use zeroize::Zeroizing;

use crate::durable::{FolderError, create_private_file};
use crate::engine::{Creation, Engine, EngineError};
use crate::key::Key;
use crate::seal::{self, DataKey, RandomError, RecordKind, SealError};

/// Wraps data keys with a key that never leaves the port.
#[async_trait]
pub trait KeyPort: Send + Sync {
    /// Wraps a data key, bound to the place where the wrapped form will lie.
    async fn wrap(&self, place: &WrappedPlace, data_key: &DataKey) -> Result<Bytes, KeyPortError>;

    /// Gives the data key back, and refuses a wrapped form from another place.
    async fn unwrap(&self, place: &WrappedPlace, wrapped: &[u8]) -> Result<DataKey, KeyPortError>;
}

/// The name under which a wrapped data key lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedPlace(Key);

impl WrappedPlace {
    /// The name as text, for ports that take a context with each request.
    #[must_use]
    pub fn context(&self) -> String {
        self.0.to_string()
    }
}

impl WrappedPlace {
    /// The place of a wrapped key that the store listed.
    pub(crate) fn listed(name: &str) -> Self {
        Self(Key::listed(name))
    }
}

/// A port refused, or could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum KeyPortError {
    /// The wrapped key is not one of this port, or was altered.
    #[error(
        "the wrapped key does not open: this is not the key file of this store, or the wrapped key was altered"
    )]
    Refused(#[source] SealError),
    /// No randomness for a new wrapping.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The service behind the port failed.
    #[error("the key service failed")]
    Service(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The default port: the wrapping key is in a file that only its owner may read, outside the store's folder so
/// that no copy of the folder carries it.
#[derive(Debug)]
pub struct LocalFileKeys(DataKey);

impl LocalFileKeys {
    /// Reads the key file of a store that exists.
    ///
    /// # Errors
    /// [`KeyFileError`] when it is missing, may be read by others, or is no key file.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => KeyFileError::Missing { path: path.into() },
            _ => KeyFileError::Unreadable {
                path: path.into(),
                source,
            },
        };
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.into();
            return Err(KeyFileError::ReadableByOthers { path, mode });
        }
        let text = Zeroizing::new(fs::read(path).map_err(failed)?);
        parse(&text).ok_or_else(|| KeyFileError::NotAKeyFile { path: path.into() })
    }

    /// Reads the key file, or makes a new one: for a store that holds nothing yet.
    ///
    /// # Errors
    /// [`KeyFileError`], as [`open`](Self::open), and when the file cannot be made.
    pub fn open_or_make(path: &Path) -> Result<Self, KeyFileError> {
        match Self::open(path) {
            Err(KeyFileError::Missing { .. }) => {}
            opened => return opened,
        }
        let key = DataKey::random()?;
        let mut text = Zeroizing::new([0; KEY_FILE_LENGTH]);
        let (label, rest) = text.split_at_mut(KEY_FILE_LABEL.len());
        label.copy_from_slice(KEY_FILE_LABEL);
        hex::encode_to_slice(key.expose(), &mut rest[..64]).expect("64 digits spell 32 bytes");
        rest[64] = b'\n';
        create_private_file(path, text.as_ref())?;
        Ok(Self(key))
    }

    /// A key that is gone with the process, for a store in memory.
    ///
    /// # Errors
    /// [`RandomError`] when the system has no randomness to give.
    pub fn in_memory() -> Result<Self, RandomError> {
        DataKey::random().map(Self)
    }
}

/// First line of a key file; 64 hexadecimal digits and a line end follow.
const KEY_FILE_LABEL: &[u8] = b"planseal-store-key-1\n";
const KEY_FILE_LENGTH: usize = KEY_FILE_LABEL.len() + 64 + 1;

fn parse(text: &[u8]) -> Option<LocalFileKeys> {
    let digits = text.strip_prefix(KEY_FILE_LABEL)?.strip_suffix(b"\n")?;
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, key.as_mut()).ok()?;
    Some(LocalFileKeys(DataKey::from_bytes(*key)))
}

/// A wrapped key is a record of its own kind (`seal`), bound to its place.
#[async_trait]
impl KeyPort for LocalFileKeys {
    async fn wrap(&self, place: &WrappedPlace, data_key: &DataKey) -> Result<Bytes, KeyPortError> {
        Ok(seal::seal(
            &self.0,
            RecordKind::WrappedKey,
            &place.0,
            data_key.expose(),
        )?)
    }

    async fn unwrap(&self, place: &WrappedPlace, wrapped: &[u8]) -> Result<DataKey, KeyPortError> {
        let opened = seal::open(&self.0, RecordKind::WrappedKey, &place.0, wrapped);
        let opened = Zeroizing::new(opened.map_err(KeyPortError::Refused)?);
        let altered = || SealError::Altered { key: place.context() };
        let bytes: &[u8; 32] = opened
            .as_slice()
            .try_into()
            .map_err(|_| KeyPortError::Refused(altered()))?;
        Ok(DataKey::from_bytes(*bytes))
    }
}

/// Where the key is that wraps the store's data keys.
pub enum KeySource {
    /// In a file of mode 0600.
    File(PathBuf),
    /// In a file, with the file before it: while keys are being wrapped anew, some are still under the old one.
    Rotating {
        /// The present key file, which wraps.
        file: PathBuf,
        /// The one before, which only opens.
        previous: PathBuf,
    },
    /// Behind a port of the caller's.
    Port(Arc<dyn KeyPort>),
    /// In memory, gone with the process.
    Memory,
}

impl KeySource {
    /// The port of a store that exists.
    pub(crate) fn port(&self) -> Result<Arc<dyn KeyPort>, KeyFileError> {
        Ok(match self {
            Self::File(path) => Arc::new(LocalFileKeys::open(path)?),
            Self::Rotating { file, previous } => Arc::new(RotatingKeys {
                present: LocalFileKeys::open(file)?,
                previous: LocalFileKeys::open(previous)?,
            }),
            Self::Port(port) => Arc::clone(port),
            Self::Memory => Arc::new(LocalFileKeys::in_memory()?),
        })
    }

    /// The port of a store that is new, or of keys that begin to be used.
    pub(crate) fn port_or_new(&self) -> Result<Arc<dyn KeyPort>, KeyFileError> {
        match self {
            Self::File(path) => Ok(Arc::new(LocalFileKeys::open_or_make(path)?)),
            _ => self.port(),
        }
    }

    /// Whether there is a key to open a store with.
    pub(crate) fn is_there(&self) -> bool {
        match self {
            Self::File(file) | Self::Rotating { file, .. } => file.exists(),
            Self::Port(_) => true,
            Self::Memory => false,
        }
    }
}

/// Two key files, for as long as keys are being wrapped anew.
struct RotatingKeys {
    present: LocalFileKeys,
    previous: LocalFileKeys,
}

#[async_trait]
impl KeyPort for RotatingKeys {
    async fn wrap(&self, place: &WrappedPlace, data_key: &DataKey) -> Result<Bytes, KeyPortError> {
        self.present.wrap(place, data_key).await
    }

    async fn unwrap(&self, place: &WrappedPlace, wrapped: &[u8]) -> Result<DataKey, KeyPortError> {
        match self.present.unwrap(place, wrapped).await {
            Err(KeyPortError::Refused(_)) => self.previous.unwrap(place, wrapped).await,
            opened => opened,
        }
    }
}

/// The key file cannot be used. Messages are sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The store exists and its key file does not.
    #[error(
        "the key file {path} is missing and the store cannot be read without it: put it back from its own backup"
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// Others than its owner may read it.
    #[error(
        "the key file {path} may be read by others (mode {mode:o}): make it 0600, and consider the key known"
    )]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds something else.
    #[error("{path} is not a key file of a store: name the right one, or put it back from its backup")]
    NotAKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// The system would not let it be read.
    #[error("could not read the key file {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// It could not be made.
    #[error("could not make the key file")]
    NotMade(#[from] FolderError),
    /// No randomness for a new key.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// The data keys of one store, unwrapped when first used.
pub(crate) struct KeyRing {
    engine: Engine,
    port: Arc<dyn KeyPort>,
    store_key: DataKey,
    plan_keys: Mutex<HashMap<PlanId, DataKey>>,
}

impl KeyRing {
    /// Takes up the store's own key; makes and wraps it when the store is new.
    pub(crate) async fn open(engine: Engine, port: Arc<dyn KeyPort>) -> Result<Self, KeyError> {
        let place = WrappedPlace(Key::wrapped_store_key());
        let store_key = match read(&engine, port.as_ref(), &place).await? {
            Some(key) => key,
            None => make(&engine, port.as_ref(), &place).await?,
        };
        Ok(Self {
            engine,
            port,
            store_key,
            plan_keys: Mutex::new(HashMap::new()),
        })
    }

    pub(crate) const fn of_store(&self) -> &DataKey {
        &self.store_key
    }

    /// The key of a record, or nothing when the record was never begun or its key was destroyed.
    pub(crate) async fn of_plan(&self, plan: PlanId) -> Result<Option<DataKey>, KeyError> {
        if let Some(key) = self.remembered().get(&plan) {
            return Ok(Some(key.clone()));
        }
        let place = WrappedPlace(Key::wrapped_plan_key(plan));
        let key = read(&self.engine, self.port.as_ref(), &place).await?;
        if let Some(key) = &key {
            self.remember(plan, key);
        }
        Ok(key)
    }

    /// The key of a record that is about to be written. A crash after this leaves a wrapped key that nothing
    /// uses; the next try takes it up.
    pub(crate) async fn of_plan_or_new(&self, plan: PlanId) -> Result<DataKey, KeyError> {
        if let Some(key) = self.of_plan(plan).await? {
            return Ok(key);
        }
        let place = WrappedPlace(Key::wrapped_plan_key(plan));
        let key = make(&self.engine, self.port.as_ref(), &place).await?;
        self.remember(plan, &key);
        Ok(key)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<PlanId, DataKey>> {
        self.plan_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, plan: PlanId, key: &DataKey) {
        let mut keys = self.remembered();
        if keys.len() >= MAX_KEYS_REMEMBERED {
            keys.clear();
        }
        keys.insert(plan, key.clone());
    }
}

/// A bound on how many keys a memory dump would show at once.
const MAX_KEYS_REMEMBERED: usize = 4096;

async fn read(
    engine: &Engine,
    port: &dyn KeyPort,
    place: &WrappedPlace,
) -> Result<Option<DataKey>, KeyError> {
    match engine.read(&place.0).await? {
        None => Ok(None),
        Some(wrapped) => Ok(Some(unwrap(port, place, &wrapped).await?)),
    }
}

async fn unwrap(port: &dyn KeyPort, place: &WrappedPlace, wrapped: &[u8]) -> Result<DataKey, KeyError> {
    let unwrapped = port.unwrap(place, wrapped).await;
    unwrapped.map_err(|source| KeyError::Port {
        key: place.context(),
        source,
    })
}

/// Of several writers that make the same key, one wins and all use the winner's.
async fn make(engine: &Engine, port: &dyn KeyPort, place: &WrappedPlace) -> Result<DataKey, KeyError> {
    let key = DataKey::random()?;
    let wrapped = port.wrap(place, &key).await.map_err(|source| KeyError::Port {
        key: place.context(),
        source,
    })?;
    match engine.create(&place.0, &wrapped).await? {
        Creation::Created | Creation::Same => Ok(key),
        Creation::Different(theirs) => unwrap(port, place, &theirs).await,
    }
}

/// A data key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The port refused the wrapped key under this name.
    #[error("could not unwrap {key}")]
    Port {
        /// The wrapped key's name.
        key: String,
        /// Why.
        source: KeyPortError,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No randomness for a new key.
    #[error(transparent)]
    Random(#[from] RandomError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_is_made_once_kept_private_and_required_ever_after() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("keys/store.key");
        assert!(matches!(
            LocalFileKeys::open(&path),
            Err(KeyFileError::Missing { .. })
        ));
        let made = LocalFileKeys::open_or_make(&path).expect("a new key file");
        let again = LocalFileKeys::open(&path).expect("the same file");
        assert_eq!(made.0.expose(), again.0.expose());
        let permissions = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode));
        permissions(0o644).expect("a change of mode");
        let refused = LocalFileKeys::open(&path).expect_err("a file that others may read");
        assert!(refused.to_string().contains("mode 644"), "{refused}");
        permissions(0o600).expect("a change of mode");
        let mut text = fs::read(&path).expect("the file");
        text[30] = b'!';
        fs::remove_file(&path).expect("removal");
        create_private_file(&path, &text).expect("another file");
        assert!(matches!(
            LocalFileKeys::open(&path),
            Err(KeyFileError::NotAKeyFile { .. })
        ));
    }
}
