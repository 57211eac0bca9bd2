//! A program that appends to a store until it is killed, and says aloud what it was told; and the judgement of what it
//! said against what is there when the store is opened again.
//!
//! What it says are lines, each written whole and at once. A line that was heard is a promise:
//!
//! ```text
//! acknowledged ID INDEX     a client got a receipt
//! seen ID INDEX             a reader found the object in the log, whether or not its writer has heard of it
//! head SIZE ROOT            a reader was shown this tree head
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::local::LocalFileSystem;
use planseal::id::ObjectId;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::note::Note;
use planseal::log::tree::{MemoryTree, root};
use planseal_store::{KeySource, Location, OpenError, OperationId, SetClock, Sharing, Store, StoreConfig};

use crate::key::FixedKey;
use crate::ledger::ORIGIN;
use crate::said::{RECORD, SIGNED_WITHIN, Said, first_version, newcomer, report, speaking};
use crate::world::World;

/// How the store reaches its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Road {
    /// As the product does: what it acknowledges is on the disk.
    Durable,
    /// The same store over the same folder without any fsync: what a power cut takes from it shows that the cut is real.
    Unflushed,
}

/// A store in a folder, and the file with the key that wraps its data keys.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder.
    pub root: PathBuf,
    /// The key file.
    pub key_file: PathBuf,
    /// How it is written.
    pub road: Road,
}

impl Place {
    /// Opens it, with the clock standing still.
    ///
    /// # Errors
    /// The store's own.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub async fn open(&self) -> Result<Store, OpenError> {
        let mut config = StoreConfig::folder(&self.root, &self.key_file);
        config.signed_within = SIGNED_WITHIN;
        if self.road == Road::Unflushed {
            std::fs::create_dir_all(&self.root).expect("the folder can be made");
            let objects = LocalFileSystem::new_with_prefix(&self.root).expect("a folder");
            config.location = Location::Objects {
                objects: Arc::new(objects),
                sharing: Sharing::Alone,
            };
            config.keys = KeySource::File(self.key_file.clone());
        }
        let clock = Arc::new(SetClock::new(speaking()));
        Store::open(config, Box::new(FixedKey::from_seed(2)), ORIGIN, clock).await
    }
}

/// Appends certificates and reports, numbered from `first`, with several writers at once, and watches the log as readers do; never ends.
///
/// # Errors
/// In words: the store did not open, or did not take a statement.
pub async fn append_for_ever(place: &Place, first: u32) -> Result<(), String> {
    let store = place.open().await.map_err(|failure| format!("{failure:?}"))?;
    let world = World::new();
    let version = first_version(&world, RECORD);
    let about = version.id();
    let beginning = world.certificates().into_iter().cloned().map(Said::Certificate);
    for said in beginning.chain([Said::Version(version.into())]) {
        acknowledge(&store, &said).await?;
    }
    let (world, next) = (Arc::new(world), Arc::new(AtomicU32::new(first)));
    let tried = Arc::new(Mutex::new(Vec::new()));
    let reader = tokio::spawn(watch(store.clone(), Arc::clone(&tried)));
    let writers = (0..WRITERS).map(|_| {
        let (store, world) = (store.clone(), Arc::clone(&world));
        let (next, tried) = (Arc::clone(&next), Arc::clone(&tried));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let said = match number % REPORTED {
                    0 => report(&world, about, number),
                    _ => newcomer(&world, number),
                };
                tried
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(said.id());
                acknowledge(&store, &said).await?;
                tokio::time::sleep(PAUSE).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        let ended: Result<Result<(), String>, _> = writer.await;
        ended.map_err(|failure| failure.to_string())??;
    }
    reader.abort();
    Ok(())
}

/// Enough for batches to form.
const WRITERS: usize = 4;
/// Without fsync the writers would fill any disk before the last cut.
const PAUSE: Duration = Duration::from_millis(10);
/// One statement in so many is about one record, so that writers meet; the others each begin a chain of their own.
const REPORTED: u32 = 8;

async fn acknowledge(store: &Store, said: &Said) -> Result<(), String> {
    let operation = OperationId::random().map_err(|failure| failure.to_string())?;
    let receipt = said
        .put(store, operation)
        .await
        .map_err(|failure| format!("{failure:?}"))?;
    say(&format!("acknowledged {} {}", said.id(), receipt.proof().index));
    Ok(())
}

/// A reader that looks for everything the writers have begun, and at the tree head.
async fn watch(store: Store, tried: Arc<Mutex<Vec<ObjectId>>>) {
    let mut waiting: Vec<ObjectId> = Vec::new();
    let mut shown = None;
    loop {
        waiting.append(&mut tried.lock().unwrap_or_else(PoisonError::into_inner));
        let mut still = Vec::new();
        for id in waiting {
            match store.leaf_index(id).await {
                Ok(Some(index)) => say(&format!("seen {id} {index}")),
                _ => still.push(id),
            }
        }
        waiting = still;
        let note = store.checkpoint();
        if let Some(note) = note.as_ref().filter(|_| note != shown) {
            let checkpoint =
                Checkpoint::parse(Note::parse(note).expect("a note").text()).expect("a checkpoint");
            say(&format!("head {} {}", checkpoint.size, checkpoint.root));
        }
        shown = note;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// One line, in one write: whoever kills this program hears all of it or nothing.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(format!("{line}\n").as_bytes())
        .and_then(|()| out.flush());
    // Nobody listens any more: nothing more is promised.
    if written.is_err() {
        std::process::exit(0);
    }
}

/// What the program said.
#[derive(Debug, Default)]
pub struct Heard {
    acknowledged: BTreeMap<ObjectId, u64>,
    seen: BTreeMap<ObjectId, u64>,
    heads: BTreeSet<(u64, String)>,
}

impl Heard {
    /// Takes up whole lines; the last one may be cut short.
    ///
    /// # Panics
    /// When a whole line is none of the three: a mistake in the program.
    pub fn listen(&mut self, said: &str) {
        for line in said
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
        {
            let words: Vec<&str> = line.split(' ').collect();
            let [kind, one, other] = words[..] else {
                panic!("{line}")
            };
            let number = |text: &str| text.parse().expect("a number");
            let id = || ObjectId::parse(one).expect("an id");
            match kind {
                "acknowledged" => drop(self.acknowledged.insert(id(), number(other))),
                "seen" => drop(self.seen.insert(id(), number(other))),
                "head" => drop(self.heads.insert((number(one), other.to_owned()))),
                _ => panic!("{line}"),
            }
        }
    }

    /// How many receipts were given.
    #[must_use]
    pub fn acknowledgements(&self) -> usize {
        self.acknowledged.len()
    }
}

/// What became of what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Receipts given.
    pub acknowledged: usize,
    /// Receipts whose leaf is not there, or whose object cannot be had.
    pub acknowledged_lost: usize,
    /// Objects and tree heads that a reader was shown.
    pub seen: usize,
    /// Those of them that this log never had.
    pub seen_lost: usize,
    /// Leaves found.
    pub leaves: u64,
    /// Why the store does not open, if it does not.
    pub closed: Option<String>,
}

impl core::fmt::Display for Judgement {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let opened = self.closed.as_deref().unwrap_or("opened");
        let Self {
            acknowledged,
            acknowledged_lost,
            seen,
            seen_lost,
            leaves,
            ..
        } = self;
        write!(
            f,
            "{acknowledged} {acknowledged_lost} {seen} {seen_lost} {leaves} {opened}"
        )
    }
}

/// Opens the store again and compares it with what was heard. A store that does not open has lost everything.
///
/// # Panics
/// When the store opens and its log cannot be read: worse than any loss this counts.
pub async fn judge(place: &Place, heard: &Heard) -> Judgement {
    let (acknowledged, seen) = (heard.acknowledged.len(), heard.seen.len() + heard.heads.len());
    let store = match place.open().await {
        Ok(store) => store,
        Err(failure) => {
            return Judgement {
                acknowledged,
                acknowledged_lost: acknowledged,
                seen,
                seen_lost: seen,
                leaves: 0,
                closed: Some(failure.to_string()),
            };
        }
    };
    let leaves = store
        .leaves(0..store.log_size())
        .await
        .expect("every leaf is readable");
    let mut tree = MemoryTree::default();
    leaves.iter().for_each(|leaf| tree.push(leaf.hash()));
    let places: BTreeMap<ObjectId, u64> = (0..).zip(&leaves).map(|(index, leaf)| (leaf.id, index)).collect();
    assert_eq!(places.len(), leaves.len(), "no object has two leaves");
    let mut unreadable = BTreeSet::new();
    for id in places.keys() {
        let object = store.object(*id).await;
        let whole = object.is_ok_and(|found| found.is_some_and(|found| ObjectId::of(&found.envelope) == *id));
        if !whole {
            unreadable.insert(*id);
        }
    }
    let kept = |id: &ObjectId, index: &u64| places.get(id) == Some(index) && !unreadable.contains(id);
    let lost = |told: &BTreeMap<ObjectId, u64>| told.iter().filter(|(id, index)| !kept(id, index)).count();
    let is_root = |(size, hash): &&(u64, String)| {
        *size <= tree.size() && root(&tree, *size).is_ok_and(|root| root.to_string() == *hash)
    };
    Judgement {
        acknowledged,
        acknowledged_lost: lost(&heard.acknowledged),
        seen,
        seen_lost: lost(&heard.seen) + heard.heads.iter().filter(|head| !is_root(head)).count(),
        leaves: tree.size(),
        closed: None,
    }
}

/// A place from three words of a command line: `durable` or `unflushed`, the folder, the key file.
#[must_use]
pub fn place(road: &str, root: &str, key_file: &str) -> Option<Place> {
    let road = match road {
        "durable" => Road::Durable,
        "unflushed" => Road::Unflushed,
        _ => return None,
    };
    Some(Place {
        root: Path::new(root).into(),
        key_file: Path::new(key_file).into(),
        road,
    })
}
