//! What an operator does to a store beside serving from it: check it, make again what follows from its commits, copy it
//! away and back, and wrap its keys anew.
//!
//! Each can be broken off and begun again. Progress is told to the caller; what was done and found comes back as a plain
//! report. A folder must not be open elsewhere meanwhile. On a bucket nodes may go on while it is checked, rebuilt or copied
//! away; not while it is restored; and while keys are wrapped anew only nodes that were started with both key files.

mod fsck;
mod census;
mod rebuild;
mod copy;
mod rotate;

use std::sync::Arc;

use planseal::log::checkpoint::CheckpointError;
use planseal::log::note::NoteError;

pub(crate) use copy::UNDER_WAY;
pub use copy::{CopyReport, backup, restore};
pub use fsck::{Depth, Finding, FsckReport, fsck};
pub use rebuild::{RebuildReport, rebuild};
pub use rotate::{RotateReport, rotate};

use crate::audit::AuditError;
use crate::engine::EngineError;
use crate::keys::{KeyError, KeyFileError, KeyPortError};
use crate::location::LocationError;
use crate::log::LogOpenError;
use crate::open::OpenError;
use crate::records::RecordError;

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, in words.
    pub stage: &'static str,
    /// How many objects of this stage are done.
    pub done: u64,
    /// How many there are, where that is known.
    pub total: Option<u64>,
}

/// Told of progress, often: whoever shows it decides how often that is.
pub type Watch<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Tells of one stage.
struct Stage<'a> {
    watch: Watch<'a>,
    progress: Progress,
}

impl<'a> Stage<'a> {
    fn begin(watch: Watch<'a>, stage: &'static str, total: Option<u64>) -> Self {
        let progress = Progress {
            stage,
            done: 0,
            total,
        };
        watch(progress);
        Self { watch, progress }
    }

    /// As many as this are done.
    fn reach(&mut self, done: u64) {
        self.progress.done = done;
        (self.watch)(self.progress);
    }

    fn step(&mut self) {
        self.progress.done += 1;
        (self.watch)(self.progress);
    }
}

/// A task could not be done. Messages are sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// Nothing was ever stored there.
    #[error("{place} holds no store: is this the right place?")]
    NoStore {
        /// The place.
        place: String,
    },
    /// What is to be copied is itself a copy that was broken off.
    #[error(
        "{place} holds a copy that has not come to its end: go on with that one first, or take an older one"
    )]
    Unfinished {
        /// The place.
        place: String,
    },
    /// Two places hold different stores.
    #[error("{there} holds another store than {here}: nothing was copied; choose another place")]
    OtherStore {
        /// Where from.
        here: String,
        /// Where to.
        there: String,
    },
    /// What is there is newer than what would be put there.
    #[error(
        "{there} holds {newer} log commits and {here} only {older}: copying would roll the log back, which no reader of it \
         would accept; nothing was copied"
    )]
    RollsBack {
        /// Where from.
        here: String,
        /// Where to.
        there: String,
        /// Commits there.
        newer: u64,
        /// Commits here.
        older: u64,
    },
    /// A tree head known from elsewhere says that the copy is too old, or of another log.
    #[error("the log in {here} may not be put in place of a newer one; nothing was copied")]
    Outdated {
        /// Where from.
        here: String,
        /// What it contradicts.
        source: Box<LogOpenError>,
    },
    /// An object exists in both places with different bytes.
    #[error(
        "{key} differs between the two places, and it is one that never changes: check both with fsck before copying again"
    )]
    Differs {
        /// The object's name.
        key: String,
    },
    /// A data key opens with neither wrapping key.
    #[error(
        "the wrapped key {key} opens with neither of the two key files: are they the old and the new one of this store?"
    )]
    KeyRefused {
        /// Its name.
        key: String,
        /// Why.
        source: KeyPortError,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Open(Box<OpenError>),
    /// The log may not be continued.
    #[error(transparent)]
    Log(Box<LogOpenError>),
    /// The place cannot be opened.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The checkpoint cannot be read.
    #[error("the checkpoint in {place} cannot be read")]
    Note {
        /// Where.
        place: String,
        /// Why.
        source: NoteError,
    },
    /// The checkpoint is no checkpoint.
    #[error("the checkpoint in {place} cannot be believed")]
    Checkpoint {
        /// Where.
        place: String,
        /// Why.
        source: CheckpointError,
    },
    /// A record could not be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A data key could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The audit stream could not be written.
    #[error(transparent)]
    Audit(#[from] Arc<AuditError>),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<OpenError> for UpkeepError {
    fn from(error: OpenError) -> Self {
        Self::Open(Box::new(error))
    }
}

impl From<LogOpenError> for UpkeepError {
    fn from(error: LogOpenError) -> Self {
        Self::Log(Box::new(error))
    }
}
