//! Checking a store: everything that is there is what the log says, and nothing is missing.
//!
//! Nothing is written. Damage is collected, not stopped at: one record's loss does not hide another's. Signatures are the
//! caller's to verify (core's verifier, over the objects that the store gives back); this checks that the bytes are those
//! that were stored, and the log over them.

use core::fmt;

use futures_util::{StreamExt, TryStreamExt, stream};
use planseal::log::checkpoint::{Checkpoint, VerifiedCheckpoint};
use planseal::log::note::{Note, VerifierKey};

use super::census::Census;
use super::{Stage, UpkeepError, Watch};
use crate::audit;
use crate::blobs;
use crate::chain::Chains;
use crate::index;
use crate::key::{ChainId, Key, MutableKey, Name, Prefix};
use crate::log::{Logged, Place, expect_agreement, read_commit, read_logged};
use crate::open::{StoreConfig, open_existing};
use crate::records::{RecordError, Records};
use crate::tile::TILE_WIDTH;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The log, its tiles and index, and every chain.
    Quick,
    /// That, and every file, claim, data key and audit segment, each read and opened.
    Full,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FsckReport {
    /// Objects that were read.
    pub objects: u64,
    /// Leaves in the log.
    pub leaves: u64,
    /// The newest checkpoint in the store, as it lies there.
    pub checkpoint: Option<String>,
    /// What is wrong; nothing when the store is whole.
    pub findings: Vec<Finding>,
}

/// Something wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The object's name, or the folder's.
    pub key: String,
    /// What should be so.
    pub rule: &'static str,
    /// What is so, and where something can be done about it, what.
    pub found: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.key, self.rule, self.found)
    }
}

const COMMITS: &str = "commits are whole and follow one another";
const CHECKPOINT: &str = "checkpoints are signed by the log and agree with its commits";
const TILES: &str = "full tiles and index entries are those that follow from the commits";
const CHAINS: &str = "every chain is whole, and each of its objects has its leaf";
const LEAVES: &str = "every leaf has its object";
const FILES: &str = "every file that is named is kept, and is the one that was named";
const CLAIMS: &str = "every claim can be read, and every record is found";
const AUDIT: &str = "every audit stream is whole";
const NAMES: &str = "the store holds nothing but its own objects";
const MAKE_AGAIN: &str = "rebuild makes it again";
const RESTORE: &str = "restore it from a backup";

/// Checks a store. `log_key` is the log's verifier key.
///
/// # Errors
/// [`UpkeepError`] when there is no store or it cannot be opened; damage inside is a finding.
pub async fn fsck(
    config: StoreConfig,
    log_key: VerifierKey,
    depth: Depth,
    watch: Watch<'_>,
) -> Result<FsckReport, UpkeepError> {
    let records = open_existing(&config).await?;
    let mut check = Check {
        records: &records,
        chains: Chains::new(),
        watch,
        census: Census::empty(),
        report: FsckReport {
            objects: 0,
            leaves: 0,
            checkpoint: None,
            findings: Vec::new(),
        },
    };
    // Checkpoints before the commits that they must agree with: nodes may be adding some.
    let notes = check.read_notes().await?;
    check.commits().await?;
    check.checkpoints(notes, &log_key, &config.remembered);
    check.derived().await?;
    check.every_name(depth).await?;
    check.missing();
    if depth == Depth::Full {
        check.audit().await?;
    }
    Ok(check.report)
}

/// A check under way.
struct Check<'a> {
    records: &'a Records,
    chains: Chains,
    watch: Watch<'a>,
    census: Census,
    report: FsckReport,
}

impl Check<'_> {
    fn note(&mut self, key: impl ToString, rule: &'static str, found: impl ToString) {
        let (key, found) = (key.to_string(), found.to_string());
        self.report.findings.push(Finding { key, rule, found });
    }

    /// A record that cannot be believed is a finding; an engine that fails ends the check.
    fn note_damage(
        &mut self,
        key: impl ToString,
        rule: &'static str,
        failure: RecordError,
    ) -> Result<(), UpkeepError> {
        if failure.engine().is_some() {
            return Err(failure.into());
        }
        self.note(key, rule, format!("{failure}; {RESTORE}"));
        Ok(())
    }

    async fn commits(&mut self) -> Result<(), UpkeepError> {
        let first = self.census.commits;
        let last = self.records.engine.last(first, Key::commit).await?;
        let mut stage = Stage::begin(self.watch, "log commits", last.map(|last| last + 1 - first));
        for number in first.. {
            let key = Key::commit(number);
            match read_commit(self.records, number).await {
                Ok(None) => break,
                Ok(Some((commit, content))) => {
                    self.report.objects += 1;
                    if let Err(found) = self.census.take(commit, &content) {
                        self.note(&key, COMMITS, found);
                        break;
                    }
                }
                Err(failure) => {
                    self.note_damage(&key, COMMITS, failure)?;
                    break;
                }
            }
            stage.step();
        }
        self.report.leaves = self.census.tree.size();
        Ok(())
    }

    async fn read_notes(&mut self) -> Result<Vec<(MutableKey, String)>, UpkeepError> {
        let mut notes = Vec::new();
        for key in [MutableKey::checkpoint(), MutableKey::cosigned()] {
            if let Some(bytes) = self.records.engine.read_mutable(&key).await? {
                self.report.objects += 1;
                notes.push((key, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(notes)
    }

    fn checkpoints(
        &mut self,
        notes: Vec<(MutableKey, String)>,
        log_key: &VerifierKey,
        remembered: &[Checkpoint],
    ) {
        let mut known = Vec::new();
        for (key, note) in notes {
            let parsed = Note::parse(&note).map_err(|failure| failure.to_string());
            let verified = parsed.and_then(|note| {
                VerifiedCheckpoint::of_log(&note, log_key).map_err(|failure| failure.to_string())
            });
            match verified {
                Ok(verified) => known.push((key.to_string(), verified.checkpoint().clone())),
                Err(found) => self.note(&key, CHECKPOINT, format!("{found}; {MAKE_AGAIN}")),
            }
            if key == MutableKey::checkpoint() {
                self.report.checkpoint = Some(note);
            }
        }
        if self.report.checkpoint.is_none() && self.report.leaves > 0 {
            let key = MutableKey::checkpoint();
            self.note(key, CHECKPOINT, format!("it is missing; {MAKE_AGAIN}"));
        }
        let elsewhere = |checkpoint: &Checkpoint| ("remembered elsewhere".to_owned(), checkpoint.clone());
        known.extend(remembered.iter().map(elsewhere));
        for (key, checkpoint) in known {
            if let Err(found) = expect_agreement(&self.census.tree, &checkpoint) {
                self.note(key, CHECKPOINT, found);
            }
        }
    }

    /// Index entries and tiles of full bundles, as far as the stored checkpoint says that they are there.
    async fn derived(&mut self) -> Result<(), UpkeepError> {
        let stored = self
            .report
            .checkpoint
            .as_deref()
            .and_then(|note| Note::parse(note).ok());
        let stored = stored.and_then(|note| Checkpoint::parse(note.text()).ok());
        let size = stored
            .map_or(0, |checkpoint| checkpoint.size)
            .min(self.report.leaves);
        let full = size / TILE_WIDTH * TILE_WIDTH;
        let mut stage = Stage::begin(self.watch, "tiles and index", Some(full));
        for bundle in 0..full / TILE_WIDTH {
            let (from, until) = (bundle * TILE_WIDTH, (bundle + 1) * TILE_WIDTH);
            for (path, expected) in self.census.tiles(from, until) {
                let key = Key::tile(&path);
                self.report.objects += 1;
                match self.records.engine.read(&key).await? {
                    Some(found) if found == expected => {}
                    Some(_) => self.note(&key, TILES, format!("it holds other bytes; {MAKE_AGAIN}")),
                    None => self.note(&key, TILES, format!("it is missing; {MAKE_AGAIN}")),
                }
            }
            self.index_entries(from, until, &mut stage).await?;
        }
        Ok(())
    }

    async fn index_entries(
        &mut self,
        from: u64,
        until: u64,
        stage: &mut Stage<'_>,
    ) -> Result<(), UpkeepError> {
        let records = self.records;
        let ids: Vec<_> = (from..until)
            .filter_map(|index| self.census.id_of(index))
            .collect();
        let mut read = stream::iter(ids)
            .map(|id| async move { (id, read_logged(records, id).await) })
            .buffered(AT_ONCE);
        while let Some((id, found)) = read.next().await {
            let key = Key::logged(id);
            self.report.objects += 1;
            match found {
                Ok(found) if found.is_some() && found == self.census.logged(&id) => {}
                Ok(_) => self.note(
                    &key,
                    TILES,
                    format!("it is missing or names another leaf; {MAKE_AGAIN}"),
                ),
                Err(failure) if failure.engine().is_some() => return Err(failure.into()),
                Err(failure) => self.note(&key, TILES, format!("{failure}; {MAKE_AGAIN}")),
            }
            stage.step();
        }
        Ok(())
    }

    /// Every name in the store, in the order in which it lists them.
    async fn every_name(&mut self, depth: Depth) -> Result<(), UpkeepError> {
        let mut stage = Stage::begin(self.watch, "chains and files", None);
        let engine = self.records.engine.clone();
        let mut names = engine.walk(&Prefix::everything());
        let mut last_chain = None;
        while let Some((name, _)) = names.try_next().await? {
            stage.step();
            match Name::of(&name) {
                Some(Name::ChainRecord(chain)) => {
                    if last_chain != Some(chain) {
                        self.chain(&chain, depth).await?;
                    }
                    last_chain = Some(chain);
                }
                Some(Name::Blob(plan)) if depth == Depth::Full => {
                    self.report.objects += 1;
                    if let Err(failure) = blobs::examine(self.records, plan, &name).await {
                        self.note_damage(&name, FILES, failure)?;
                    }
                }
                Some(Name::Claim) if depth == Depth::Full => {
                    self.report.objects += 1;
                    if let Err(failure) = index::examine(self.records, &name).await {
                        self.note_damage(&name, CLAIMS, failure)?;
                    }
                }
                Some(_) => {}
                None => self.note(
                    &name,
                    NAMES,
                    "no object of a store has this name; it is not read, and may be taken away",
                ),
            }
        }
        Ok(())
    }

    async fn chain(&mut self, chain: &ChainId, depth: Depth) -> Result<(), UpkeepError> {
        let all = match self.chains.read(self.records, chain).await {
            Ok((all, _)) => all,
            Err(failure) => return self.note_damage(chain, CHAINS, failure),
        };
        for (n, record) in (1..).zip(all) {
            self.report.objects += 1;
            let Some(statement) = record.statement else {
                continue;
            };
            let key = Key::chain_record(chain, n);
            let place = Place { chain: *chain, n };
            if self.census.logged(&statement.id).is_none() {
                // Nodes may have logged it since.
                self.commits().await?;
            }
            if let Err(found) = self.census.meet(&statement.id, statement.kind, place) {
                self.note(&key, CHAINS, found);
            }
            if let (ChainId::Plan(plan), Depth::Full) = (chain, depth) {
                for name in &statement.names {
                    if !index::all(self.records, *name).await?.contains(plan) {
                        let found = format!(
                            "the record is not found by its {} index; {MAKE_AGAIN}",
                            name.index
                        );
                        self.note(&key, CLAIMS, found);
                    }
                }
                for file in &statement.files {
                    let kept = blobs::attachment(self.records, *plan, file).await;
                    match kept {
                        Ok(Some(_)) => {}
                        Ok(None) => {
                            let found =
                                format!("the file with SHA-256 {} is gone; {RESTORE}", hex::encode(file));
                            self.note(&key, FILES, found);
                        }
                        Err(failure) => self.note_damage(&key, FILES, failure)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn missing(&mut self) {
        let missing: Vec<(String, String)> = self
            .census
            .missing()
            .map(|(id, Logged { index, place })| {
                let key = Key::chain_record(&place.chain, place.n).to_string();
                (
                    key,
                    format!("object {id} of leaf {index} is not in its chain; {RESTORE}"),
                )
            })
            .collect();
        for (key, found) in missing {
            self.note(key, LEAVES, found);
        }
    }

    async fn audit(&mut self) -> Result<(), UpkeepError> {
        let mut stage = Stage::begin(self.watch, "audit streams", None);
        for epoch in audit::every_writer(self.records).await? {
            match audit::examine(self.records, epoch).await {
                Ok(segments) => self.report.objects += segments,
                Err(failure) => self.note_damage(format!("a/{epoch:012}"), AUDIT, failure)?,
            }
            stage.step();
        }
        Ok(())
    }
}

/// Enough to hide the time that one request to a bucket takes.
const AT_ONCE: usize = 32;
