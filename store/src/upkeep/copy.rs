//! Copying a store away and back.
//!
//! Objects are copied as they lie, sealed. Data keys go to a place of their own, or nowhere: a copy of the objects alone
//! is unreadable, and stays so for a record whose key was destroyed. Nodes may go on meanwhile: whatever an object rests on
//! is copied after it, data keys last, so a copy that came to its end holds all that its commits tell of, with its keys.
//! A copy that was broken off is gone on with: what is there is left alone. Until it came to its end the place opens for
//! nobody, since commits without their records would be taken for an empty record.

use bytes::Bytes;
use futures_util::TryStreamExt;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::note::{Note, VerifierKey};

use super::{Depth, Finding, Stage, UpkeepError, Watch, fsck};
use crate::engine::{Creation, Engine, EngineError};
use crate::key::{Key, MutableKey, Name, Prefix};
use crate::location::Location;
use crate::log::LogOpenError;
use crate::open::StoreConfig;

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyReport {
    /// Objects copied now.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that were there before.
    pub skipped: u64,
    /// Data keys copied.
    pub keys: u64,
    /// The checkpoint that the copy is whole for.
    pub checkpoint: Option<String>,
    /// What a check of the restored store found; a backup is not checked here.
    pub findings: Vec<Finding>,
}

/// Copies a store to another place, and its wrapped data keys to a third. Without that, keys are not copied.
///
/// # Errors
/// [`UpkeepError`] when the place holds another store, or a newer state of this one.
pub async fn backup(
    config: StoreConfig,
    to: Location,
    keys_to: Option<Location>,
    watch: Watch<'_>,
) -> Result<CopyReport, UpkeepError> {
    let here = Side::open(config.location).await?;
    let there = Side::open(to).await?;
    let keys = open_keys(keys_to).await?;
    let keys = (Some(&here), keys.as_ref());
    copy(&here, &there, keys, Existing::Replace, watch).await
}

/// Puts a copy back, with its keys, and checks the result. The place may be empty, or hold an older state of the same
/// store. Nodes must not be serving from it.
///
/// # Errors
/// [`UpkeepError`] when it would roll the log back, by what is there or by a tree head remembered.
pub async fn restore(
    from: Location,
    keys_from: Option<Location>,
    config: StoreConfig,
    log_key: VerifierKey,
    watch: Watch<'_>,
) -> Result<CopyReport, UpkeepError> {
    let mut report = {
        let here = Side::open(from).await?;
        here.expect_as_new_as(&config.remembered).await?;
        let there = Side::open(config.location.clone()).await?;
        let keys = open_keys(keys_from).await?;
        let keys = (keys.as_ref(), Some(&there));
        copy(&here, &there, keys, Existing::Keep, watch).await?
    };
    if report.keys > 0 || config.keys.is_there() {
        report.findings = fsck(config, log_key, Depth::Quick, watch).await?.findings;
    }
    Ok(report)
}

async fn open_keys(place: Option<Location>) -> Result<Option<Side>, UpkeepError> {
    match place {
        None => Ok(None),
        Some(place) => Side::open(place).await.map(Some),
    }
}

/// A place that is copied from or to.
struct Side {
    place: String,
    engine: Engine,
}

impl Side {
    async fn open(location: Location) -> Result<Self, UpkeepError> {
        Ok(Self {
            place: location.to_string(),
            engine: location.open().await?,
        })
    }

    /// How many commits there are, with the bytes of the last.
    async fn last_commit(&self) -> Result<(u64, Option<Bytes>), UpkeepError> {
        match self.engine.last(0, Key::commit).await? {
            None => Ok((0, None)),
            Some(last) => Ok((last + 1, self.engine.read(&Key::commit(last)).await?)),
        }
    }

    async fn checkpoint(&self) -> Result<Option<(String, Checkpoint)>, UpkeepError> {
        let Some(note) = self.engine.read_mutable(&MutableKey::checkpoint()).await? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&note).into_owned();
        let place = || self.place.clone();
        let parsed = Note::parse(&text).map_err(|source| UpkeepError::Note {
            place: place(),
            source,
        })?;
        let checkpoint = Checkpoint::parse(parsed.text()).map_err(|source| UpkeepError::Checkpoint {
            place: place(),
            source,
        })?;
        Ok(Some((text, checkpoint)))
    }

    /// Refuses a copy that ends before a tree head that is known from elsewhere; that they agree is checked once the
    /// copy can be opened.
    async fn expect_as_new_as(&self, remembered: &[Checkpoint]) -> Result<(), UpkeepError> {
        let found = self
            .checkpoint()
            .await?
            .map_or(0, |(_, checkpoint)| checkpoint.size);
        let newest = remembered.iter().map(|checkpoint| checkpoint.size).max();
        match newest.filter(|signed| *signed > found) {
            None => Ok(()),
            Some(signed) => Err(UpkeepError::Outdated {
                here: self.place.clone(),
                source: Box::new(LogOpenError::Smaller { signed, found }),
            }),
        }
    }

    /// Both places hold the same store, and the other one no more of it than this.
    async fn expect_older(&self, other: &Self) -> Result<(), UpkeepError> {
        if self.engine.read(&Key::format()).await?.is_none() {
            let place = self.place.clone();
            return Err(UpkeepError::NoStore { place });
        }
        let ((older, _), (newer, last)) = (self.last_commit().await?, other.last_commit().await?);
        if newer > older {
            return Err(UpkeepError::RollsBack {
                here: self.place.clone(),
                there: other.place.clone(),
                newer,
                older,
            });
        }
        let copying = self.engine.read_mutable(&MutableKey::copying()).await?;
        if copying.is_some_and(|mark| mark == UNDER_WAY) {
            let place = self.place.clone();
            return Err(UpkeepError::Unfinished { place });
        }
        let first = Key::node(1);
        let (ours, theirs) = (self.engine.read(&first).await?, other.engine.read(&first).await?);
        if theirs.is_some() && ours != theirs {
            return Err(UpkeepError::OtherStore {
                here: self.place.clone(),
                there: other.place.clone(),
            });
        }
        // A commit names the one before it: the same last one means the same history.
        if newer > 0 && self.engine.read(&Key::commit(newer - 1)).await? != last {
            return Err(UpkeepError::OtherStore {
                here: self.place.clone(),
                there: other.place.clone(),
            });
        }
        Ok(())
    }
}

/// `keys` are the places that wrapped data keys are taken from and put to.
async fn copy(
    here: &Side,
    there: &Side,
    keys: (Option<&Side>, Option<&Side>),
    existing: Existing,
    watch: Watch<'_>,
) -> Result<CopyReport, UpkeepError> {
    here.expect_older(there).await?;
    let checkpoint = here.checkpoint().await?;
    let cosigned = here.engine.read_mutable(&MutableKey::cosigned()).await?;
    let mut report = CopyReport {
        objects: 0,
        bytes: 0,
        skipped: 0,
        keys: 0,
        checkpoint: checkpoint.map(|(note, _)| note),
        findings: Vec::new(),
    };
    let mark = MutableKey::copying();
    there
        .engine
        .replace(&mark, &Bytes::from_static(UNDER_WAY))
        .await?;
    copy_objects(&here.engine, &there.engine, &mut report, watch).await?;
    there.engine.flush().await?;
    if let (Some(from), Some(to)) = keys {
        report.keys = copy_keys(from, to, existing, watch).await?;
    }
    let checkpoint = report.checkpoint.clone().map(Bytes::from);
    for (key, bytes) in [
        (MutableKey::checkpoint(), checkpoint),
        (MutableKey::cosigned(), cosigned),
    ] {
        if let Some(bytes) = bytes {
            there.engine.replace(&key, &bytes).await?;
        }
    }
    there.engine.replace(&mark, &Bytes::from_static(DONE)).await?;
    Ok(report)
}

/// What `meta/copying` holds.
pub(crate) const UNDER_WAY: &[u8] = b"under way\n";
const DONE: &[u8] = b"done\n";

/// What becomes of a wrapped key that is there already. The store's own may have been wrapped anew since the copy, so a
/// copy takes the store's, and a store keeps its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Existing {
    Replace,
    Keep,
}

async fn copy_keys(from: &Side, to: &Side, existing: Existing, watch: Watch<'_>) -> Result<u64, UpkeepError> {
    let (from, to) = (&from.engine, &to.engine);
    let mut stage = Stage::begin(watch, "data keys", None);
    let mut names = from.walk(&Prefix::wrapped_keys());
    let mut count = 0;
    while let Some((name, _)) = names.try_next().await? {
        let Some(Name::WrappedKey) = Name::of(&name) else {
            continue;
        };
        stage.step();
        let key = MutableKey::listed(&name);
        if existing == Existing::Keep && to.read_mutable(&key).await?.is_some() {
            continue;
        }
        if let Some(wrapped) = from.read_mutable(&key).await? {
            to.replace(&key, &wrapped).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// What became of one object.
enum Copied {
    Now {
        bytes: u64,
    },
    Before,
    /// Not an object that is copied.
    Left,
}

async fn copy_objects(
    from: &Engine,
    to: &Engine,
    report: &mut CopyReport,
    watch: Watch<'_>,
) -> Result<(), UpkeepError> {
    let mut stage = Stage::begin(watch, "objects", None);
    for folder in FOLDERS {
        let mut copies = from
            .walk(&Prefix::folder(folder))
            .map_ok(|(name, size)| copy_object(from, to, name, size))
            .map_err(UpkeepError::from)
            .try_buffer_unordered(AT_ONCE);
        while let Some(copied) = copies.try_next().await? {
            match copied {
                Copied::Now { bytes } => {
                    report.objects += 1;
                    report.bytes += bytes;
                }
                Copied::Before => report.skipped += 1,
                Copied::Left => {}
            }
            stage.step();
        }
    }
    Ok(())
}

/// In this order: what a log commit tells of is in its chain, what a chain names is among the files and claims, and an
/// ended stream has its segments.
const FOLDERS: [&str; 13] = [
    "meta",
    "log/c",
    "p",
    "r",
    "v",
    "b",
    "x",
    "n",
    "a",
    "q",
    "log/lease",
    "log/idx",
    "log/tile",
];

async fn copy_object(from: &Engine, to: &Engine, name: String, size: u64) -> Result<Copied, UpkeepError> {
    match Name::of(&name) {
        None | Some(Name::WrappedKey | Name::Mutable | Name::Probe) => return Ok(Copied::Left),
        Some(_) => {}
    }
    let key = Key::listed(&name);
    if to.size(&key).await? == Some(size) {
        return Ok(Copied::Before);
    }
    let gone = || EngineError::Gone { key: name.clone() };
    let bytes = from.read(&key).await?.ok_or_else(gone)?;
    match to.create_later(&key, &bytes).await? {
        Creation::Created | Creation::Same => Ok(Copied::Now { bytes: size }),
        // Cut short by a power cut during an earlier copy, or sealed anew when it was derived again.
        Creation::Different(found) if found.len() < bytes.len() || key.is_derived() => {
            to.replace(&MutableKey::listed(&name), &bytes).await?;
            Ok(Copied::Now { bytes: size })
        }
        Creation::Different(_) => Err(UpkeepError::Differs { key: name }),
    }
}

/// Enough to hide the time that one request to a bucket takes.
const AT_ONCE: usize = 16;
