//! Wrapping every data key with a new key, without touching an object.
//!
//! Each wrapped key is replaced by itself, so a rotation that was broken off leaves some under the old key and some under
//! the new one, and is begun again. Nodes that go on meanwhile must have been started with both key files
//! (`KeySource::Rotating`): one that knows only the old file could not read what is wrapped anew, and would wrap new
//! records' keys with it. So: start every node with both files, rotate, rotate again until nothing was left to wrap, start
//! the nodes with the new file alone; then the old one can be destroyed, with every copy of the keys that it wrapped.

use futures_util::TryStreamExt;

use super::{Stage, UpkeepError, Watch};
use crate::key::{MutableKey, Name, Prefix};
use crate::keys::{KeySource, WrappedPlace};
use crate::location::Location;

/// What was wrapped anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotateReport {
    /// Data keys wrapped with the new key now.
    pub wrapped: u64,
    /// Data keys that were wrapped with it before.
    pub before: u64,
}

/// Wraps every data key with a new key, which is made when its file does not exist.
///
/// # Errors
/// [`UpkeepError::KeyRefused`] names a data key that opens with neither.
pub async fn rotate(
    location: Location,
    old: KeySource,
    new: KeySource,
    watch: Watch<'_>,
) -> Result<RotateReport, UpkeepError> {
    let engine = location.open().await?;
    if engine.read_mutable(&MutableKey::store_key()).await?.is_none() {
        let place = location.to_string();
        return Err(UpkeepError::NoStore { place });
    }
    let (old, new) = (old.port()?, new.port_or_new()?);
    let mut stage = Stage::begin(watch, "data keys", None);
    let mut report = RotateReport {
        wrapped: 0,
        before: 0,
    };
    let mut names = engine.walk(&Prefix::wrapped_keys());
    while let Some((name, _)) = names.try_next().await? {
        let Some(Name::WrappedKey) = Name::of(&name) else {
            continue;
        };
        stage.step();
        let (key, place) = (MutableKey::listed(&name), WrappedPlace::listed(&name));
        let Some(wrapped) = engine.read_mutable(&key).await? else {
            continue;
        };
        if new.unwrap(&place, &wrapped).await.is_ok() {
            report.before += 1;
            continue;
        }
        let refused = |source| UpkeepError::KeyRefused {
            key: name.clone(),
            source,
        };
        let data_key = old.unwrap(&place, &wrapped).await.map_err(refused)?;
        let again = new.wrap(&place, &data_key).await.map_err(refused)?;
        engine.replace(&key, &again).await?;
        report.wrapped += 1;
    }
    Ok(report)
}
