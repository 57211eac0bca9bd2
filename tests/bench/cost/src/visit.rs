//! One process's time with a store of some size: opened, read, added to, and closed or killed.
//!
//! A process of its own, so that its memory is the store's, and so that it can be killed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::future::try_join_all;
use planseal::id::ObjectId;
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::note::Note;
use planseal::snapshot::Snapshot;
use planseal::statement::Kind;
use planseal::status::Statuses;
use planseal_store::{Store, StoreConfig};
use planseal_tests::world::envelope;
use serde::{Deserialize, Serialize};

use crate::measure::{Times, memory, milliseconds};
use crate::report::{P50, P99, RATE};
use crate::scene::Scene;
use crate::versions::{RecordNumber, publishing_time};

/// What a visiting process is told, and tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) root: PathBuf,
    pub(crate) key_file: PathBuf,
    /// How many records the store was filled with.
    pub(crate) records: u32,
    /// The first record number that is not used yet.
    pub(crate) fresh: u32,
    pub(crate) before: Ending,
    pub(crate) ending: Ending,
}

/// How a process leaves a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    /// In an orderly way.
    Closed,
    /// By the kernel, while sixteen authors publish.
    Killed,
}

impl Ending {
    pub(crate) const fn opening(self) -> &'static str {
        match self {
            Self::Closed => "open after close",
            Self::Killed => "open after kill",
        }
    }
}

/// Operation and measure, with the value.
pub(crate) type Findings = BTreeMap<String, BTreeMap<String, f64>>;

/// Before what is found, on a line of its own.
pub(crate) const MARK: &str = "FINDINGS ";
/// Reads of each kind; as many records as that are read.
const READS: u32 = 300;
/// Appends of each kind by one author.
const APPENDS: u32 = 60;
/// Appends by each of sixteen authors.
const APPENDS_TOGETHER: u32 = 12;
const AUTHORS: u32 = 16;
/// How many record numbers one visit may use.
pub(crate) const FRESH_FOR_A_VISIT: u32 = 4_000;

pub(crate) async fn run(visit: Visit) -> Result<()> {
    let scene = Scene::new()?;
    let mut visitor = Visitor {
        visit: visit.clone(),
        findings: Findings::new(),
        scene: Arc::clone(&scene),
    };
    visitor.find("memory", "process alone MiB", memory("VmRSS"));
    let begun = Instant::now();
    let store = scene
        .open(StoreConfig::folder(&visit.root, &visit.key_file))
        .await?;
    visitor.find(visit.before.opening(), "ms", milliseconds(begun.elapsed()));
    visitor.find("memory", "after opening MiB", memory("VmRSS"));
    let latest = visitor.read(&store).await?;
    if visit.ending == Ending::Killed {
        visitor.append(&store, &latest).await?;
        visitor.find("memory", "after appends and reads MiB", memory("VmRSS"));
    }
    visitor.judge(&store, &latest).await?;
    visitor.find(
        "memory",
        "highest, with statuses and a snapshot MiB",
        memory("VmHWM"),
    );
    println!("{MARK}{}", serde_json::to_string(&visitor.findings)?);
    std::io::stdout().flush()?;
    match visit.ending {
        Ending::Closed => Ok(store.close().await?),
        Ending::Killed => visitor.publish_until_killed(&store).await,
    }
}

struct Visitor {
    visit: Visit,
    findings: Findings,
    scene: Arc<Scene>,
}

/// A record's latest version.
#[derive(Debug, Clone, Copy)]
struct Latest {
    record: RecordNumber,
    id: ObjectId,
    number: u8,
}

impl Visitor {
    fn find(&mut self, operation: &str, measure: &str, value: f64) {
        self.findings
            .entry(operation.to_owned())
            .or_default()
            .insert(measure.to_owned(), value);
    }

    fn find_times(&mut self, operation: &str, times: &Times) {
        self.find(operation, P50, times.within(50));
        self.find(operation, P99, times.within(99));
    }

    /// Records from everywhere in the store, other ones in each visit.
    fn some_records(&self) -> impl Iterator<Item = RecordNumber> + use<> {
        let (records, start) = (u64::from(self.visit.records), u64::from(self.visit.fresh));
        (0..u64::from(READS).min(records)).map(move |n| {
            let number = (start + n).wrapping_mul(STRIDE) % records;
            RecordNumber(u32::try_from(number).expect("below the number of records"))
        })
    }

    async fn read(&mut self, store: &Store) -> Result<Vec<Latest>> {
        let (mut latest, mut current, mut receipts) = (Vec::new(), Times::default(), Times::default());
        for record in self.some_records() {
            let begun = Instant::now();
            let chain = store.chain(record.plan()).await?;
            let last = chain.iter().rfind(|record| record.kind == Kind::Version);
            let version = self
                .scene
                .verify(&last.context("a record has a version")?.envelope)?;
            current.push(begun.elapsed());
            let number = u8::try_from(version.content().version_number())?;
            latest.push(Latest {
                record,
                id: version.id(),
                number,
            });
        }
        for Latest { id, .. } in &latest {
            let begun = Instant::now();
            store
                .receipt(*id)
                .await?
                .context("a stored version has a receipt")?;
            receipts.push(begun.elapsed());
        }
        self.find_times("read the current version", &current);
        self.find_times("receipt", &receipts);
        Ok(latest)
    }

    async fn append(&mut self, store: &Store, latest: &[Latest]) -> Result<()> {
        let (mut first, mut next) = (Times::default(), Times::default());
        let mut done = std::collections::BTreeSet::new();
        for (number, latest) in (self.visit.fresh..self.visit.fresh + APPENDS).zip(latest) {
            let envelope = self.scene.forge.first(RecordNumber(number));
            let begun = Instant::now();
            self.scene.publish(store, &envelope).await?;
            first.push(begun.elapsed());
            if !done.insert(latest.record.0) {
                continue;
            }
            let envelope = self
                .scene
                .forge
                .next(latest.record, &latest.id, latest.number + 1);
            let begun = Instant::now();
            self.scene.publish(store, &envelope).await?;
            next.push(begun.elapsed());
        }
        self.find_times("append a first version", &first);
        self.find_times("append a next version", &next);
        self.append_together(store).await
    }

    async fn append_together(&mut self, store: &Store) -> Result<()> {
        let from = self.visit.fresh + APPENDS;
        let stacks: Vec<Vec<Vec<u8>>> = (0..AUTHORS)
            .map(|author| from + author * APPENDS_TOGETHER)
            .map(|from| {
                (from..from + APPENDS_TOGETHER)
                    .map(|n| self.scene.forge.first(RecordNumber(n)))
                    .collect()
            })
            .collect();
        let begun = Instant::now();
        let authors = stacks.into_iter().map(|stack| {
            let (scene, store) = (Arc::clone(&self.scene), store.clone());
            tokio::spawn(async move {
                for envelope in stack {
                    scene.publish(&store, &envelope).await?;
                }
                anyhow::Ok(())
            })
        });
        for published in try_join_all(authors).await? {
            published?;
        }
        let rate = f64::from(AUTHORS * APPENDS_TOGETHER) / begun.elapsed().as_secs_f64();
        self.find("append a first version, 16 authors", RATE, rate);
        Ok(())
    }

    /// What a service keeps of the leaves to answer for statuses, and the snapshot it makes of them.
    async fn judge(&mut self, store: &Store, latest: &[Latest]) -> Result<()> {
        let (begun, size) = (Instant::now(), store.log_size());
        let mut statuses = Statuses::default();
        while statuses.size() < size {
            let from = statuses.size();
            for leaf in store.leaves(from..(from + LEAVES_AT_ONCE).min(size)).await? {
                statuses.push(&leaf)?;
            }
        }
        self.find(
            "fold all leaves into statuses",
            "ms",
            milliseconds(begun.elapsed()),
        );
        let mut times = Times::default();
        for latest in latest {
            let begun = Instant::now();
            let index = store.leaf_index(latest.id).await?.context("it is logged")?;
            statuses.of(index).context("a version has a status")?;
            times.push(begun.elapsed());
        }
        self.find_times("status", &times);
        let begun = Instant::now();
        let note = Note::parse(&store.checkpoint().context("a log that is not new")?)?;
        let root = VerifiedCheckpoint::of_log(&note, store.log_key())?
            .checkpoint()
            .root;
        let snapshot = Snapshot::of(&statuses, root, publishing_time());
        drop(envelope(&snapshot, &self.scene.world.status));
        self.find("snapshot, signed", "ms", milliseconds(begun.elapsed()));
        Ok(())
    }

    async fn publish_until_killed(&self, store: &Store) -> Result<()> {
        let from = self.visit.fresh + APPENDS + AUTHORS * APPENDS_TOGETHER;
        let share = (FRESH_FOR_A_VISIT - APPENDS - AUTHORS * APPENDS_TOGETHER) / AUTHORS;
        let authors = (0..AUTHORS).map(|author| {
            let (scene, store, from) = (Arc::clone(&self.scene), store.clone(), from + author * share);
            tokio::spawn(async move {
                for number in from..from + share {
                    let envelope = scene.forge.first(RecordNumber(number));
                    scene.publish(&store, &envelope).await?;
                }
                anyhow::Ok(())
            })
        });
        for published in try_join_all(authors).await? {
            published?;
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        bail!("nobody killed this process")
    }
}

/// Coprime to every number of records here.
const STRIDE: u64 = 1_000_003;
const LEAVES_AT_ONCE: u64 = 4096;
