//! What every storage engine must do, as rules that any engine can be put to.
//!
//! The store's safety rests on these rules and on nothing else about the engine. The rule of one winner is tried
//! with many writers at once, because engines that let several win pass any sequential trial (STORAGE). A bucket is put
//! to the rules each time a store in it is opened ([`probe`]); the whole suite (`run`) also tries sizes and repeats.

#[cfg(any(test, feature = "conformance"))]
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{join_all, ready};
use futures_util::{StreamExt, TryStreamExt};
#[cfg(any(test, feature = "conformance"))]
use object_store::ObjectStore;

use crate::engine::{Creation, Engine, EngineError};
use crate::key::{Key, MutableKey, Prefix};
use crate::location::{Location, LocationError, Sharing};
use crate::seal::{RandomError, fill_random};

/// A rule that an engine broke.
#[derive(Debug, thiserror::Error)]
#[error("{rule}: {found}")]
pub struct Breach {
    /// The rule.
    pub rule: &'static str,
    /// What happened instead.
    pub found: String,
}

/// Puts an engine to all rules and gives every breach. It writes below `probe/`, and `round` keeps runs on the
/// same engine apart.
#[cfg(any(test, feature = "conformance"))]
pub async fn run(objects: Arc<dyn ObjectStore>, round: u64) -> Vec<Breach> {
    let engine = Engine::over(objects, Sharing::Nodes);
    let trials = [
        (ONE_WINNER, one_creator_wins(&engine, round, ROUNDS).await),
        (NEVER_REPLACED, creation_never_replaces(&engine, round).await),
        (READ_AFTER_CREATE, what_was_created_is_read(&engine, round).await),
        (IN_ORDER, listing_is_complete_and_in_order(&engine, round).await),
        (LARGE, the_largest_object_is_kept(&engine, round).await),
        (MUTABLE, mutable_names_hold_the_last_bytes(&engine, round).await),
    ];
    let breach = |(rule, outcome): (&'static str, Outcome)| {
        let found = outcome.err()?;
        Some(Breach { rule, found })
    };
    trials.into_iter().filter_map(breach).collect()
}

/// Puts the place to the rules that decide whether a store may lie there, and takes away what it wrote, where that is
/// allowed. A folder and memory are not asked: their rules are those of this release.
///
/// # Errors
/// [`ProbeError::Unfit`] names the first rule that was broken.
pub async fn probe(location: &Location) -> Result<(), ProbeError> {
    let engine = location.open().await?;
    match engine.sharing() {
        Sharing::Alone => Ok(()),
        Sharing::Nodes => probe_engine(&engine).await,
    }
}

pub(crate) async fn probe_engine(engine: &Engine) -> Result<(), ProbeError> {
    let mut bytes = [0; 8];
    fill_random(&mut bytes)?;
    // Below the rounds of `LISTING`.
    let round = u64::from_be_bytes(bytes) >> 5;
    let outcome = keeps_the_rules(engine, round).await;
    for round in [round, round + LISTING] {
        // Litter of a probe harms nobody, and a service without the right to delete is to be preferred.
        let objects = engine.objects();
        let litter = objects.list(Some(Prefix::probe(round).path()));
        let litter = litter.map_ok(|meta| meta.location).boxed();
        objects.delete_stream(litter).for_each(|_| ready(())).await;
    }
    match outcome {
        Ok(()) => Ok(()),
        Err(Trial::Unreachable(failure)) => Err(failure.into()),
        Err(Trial::Breach { rule, found }) => Err(ProbeError::Unfit { rule, found }),
    }
}

/// Why a probe ended.
enum Trial {
    Unreachable(EngineError),
    Breach { rule: &'static str, found: String },
}

async fn keeps_the_rules(engine: &Engine, round: u64) -> Result<(), Trial> {
    // A place that cannot be reached, or not be written, breaks no rule: it gets its own words.
    let first = Key::probe(round, FIRST);
    engine
        .create(&first, &Bytes::from_static(b"a probe"))
        .await
        .map_err(Trial::Unreachable)?;
    let breach = |rule| move |found| Trial::Breach { rule, found };
    one_creator_wins(engine, round, ROUNDS_OF_A_PROBE)
        .await
        .map_err(breach(ONE_WINNER))?;
    creation_never_replaces(engine, round)
        .await
        .map_err(breach(NEVER_REPLACED))?;
    what_was_created_is_read(engine, round)
        .await
        .map_err(breach(READ_AFTER_CREATE))?;
    listing_is_complete_and_in_order(engine, round)
        .await
        .map_err(breach(IN_ORDER))?;
    mutable_names_hold_the_last_bytes(engine, round)
        .await
        .map_err(breach(MUTABLE))
}

/// Apart from the numbers that the trials use.
const FIRST: u64 = 9_000;
/// An engine whose window is open for a millisecond is found in the first rounds; one whose window is a few microseconds
/// may pass any probe, and is told by its makers' words alone.
const ROUNDS_OF_A_PROBE: u64 = 10;

/// The place cannot hold a store that several nodes share. Messages are sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It broke a rule.
    #[error(
        "this storage engine is not fit to hold a store, because it broke the rule that {rule} ({found}): use another \
         engine, or another release of it; nothing was stored"
    )]
    Unfit {
        /// The rule.
        rule: &'static str,
        /// What happened instead.
        found: String,
    },
    /// It could not be asked.
    #[error("the storage engine does not answer as it must before anything can be stored")]
    Engine(#[from] EngineError),
    /// The place cannot be opened.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// No randomness for names that nobody else uses.
    #[error(transparent)]
    Random(#[from] RandomError),
}

const ONE_WINNER: &str = "of many writers that create one name at once, exactly one wins, every time";
const NEVER_REPLACED: &str = "creating a name that exists changes nothing and shows what is there";
const READ_AFTER_CREATE: &str = "what was created is read back at once; a name never created is absent";
const IN_ORDER: &str = "a listing holds every name created before it, once, and no other";
#[cfg(any(test, feature = "conformance"))]
const LARGE: &str = "the largest attachment is kept whole";
const MUTABLE: &str = "a mutable name holds the bytes last written";

/// A breach in words, where there is one.
type Outcome = Result<(), String>;

const WRITERS: usize = 32;
#[cfg(any(test, feature = "conformance"))]
const ROUNDS: u64 = 25;

async fn one_creator_wins(engine: &Engine, round: u64, rounds: u64) -> Outcome {
    for trial in 0..rounds {
        let key = Key::probe(round, trial);
        let content = |writer: usize| Bytes::from(format!("written by {writer}"));
        let writers = (0..WRITERS).map(|writer| {
            let (engine, key) = (engine.clone(), key.clone());
            tokio::spawn(async move { engine.create(&key, &content(writer)).await })
        });
        let mut winners = Vec::new();
        let mut losers_saw = Vec::new();
        for (writer, outcome) in join_all(writers).await.into_iter().enumerate() {
            match outcome.map_err(|panic| panic.to_string())?.map_err(words)? {
                // A client that repeats by itself meets its own first try.
                Creation::Created | Creation::Same => winners.push(writer),
                Creation::Different(found) => losers_saw.push(found),
            }
        }
        let [winner] = winners.as_slice() else {
            return Err(format!("{} writers won round {trial}", winners.len()));
        };
        let expected = content(*winner);
        if losers_saw.iter().any(|found| *found != expected) {
            return Err(format!(
                "a loser of round {trial} saw other bytes than the winner's"
            ));
        }
        expect_bytes(engine, &key, &expected).await?;
    }
    Ok(())
}

async fn creation_never_replaces(engine: &Engine, round: u64) -> Outcome {
    let key = Key::probe(round, 1_000);
    let (first, second) = (Bytes::from_static(b"first"), Bytes::from_static(b"second"));
    expect(
        &engine.create(&key, &first).await.map_err(words)?,
        &Creation::Created,
    )?;
    expect(
        &engine.create(&key, &second).await.map_err(words)?,
        &Creation::Different(first.clone()),
    )?;
    expect(
        &engine.create(&key, &first).await.map_err(words)?,
        &Creation::Same,
    )?;
    expect_bytes(engine, &key, &first).await
}

async fn what_was_created_is_read(engine: &Engine, round: u64) -> Outcome {
    for n in 2_000..2_020 {
        let key = Key::probe(round, n);
        expect(&engine.read(&key).await.map_err(words)?, &None)?;
        let content = Bytes::from(format!("object {n}"));
        engine.create(&key, &content).await.map_err(words)?;
        expect_bytes(engine, &key, &content).await?;
    }
    let empty = Key::probe(round, 2_020);
    engine.create(&empty, &Bytes::new()).await.map_err(words)?;
    expect_bytes(engine, &empty, &Bytes::new()).await
}

async fn listing_is_complete_and_in_order(engine: &Engine, round: u64) -> Outcome {
    // A folder of its own, beside one whose name begins with the same digits.
    let round = round + LISTING;
    let numbers = [30, 4, 200, 1, 1_000_000];
    for n in numbers {
        engine
            .create(&Key::probe(round, n), &Bytes::from_static(b"x"))
            .await
            .map_err(words)?;
    }
    let mut expected: Vec<String> = numbers
        .iter()
        .map(|n| Key::probe(round, *n).to_string())
        .collect();
    expected.sort_unstable();
    expect(
        &engine.list(&Prefix::probe(round)).await.map_err(words)?,
        &expected,
    )?;
    let nothing = engine.list(&Prefix::probe(round + 1)).await.map_err(words)?;
    expect(&nothing, &Vec::new())
}

/// Far from the round numbers that callers choose.
const LISTING: u64 = 1 << 60;

#[cfg(any(test, feature = "conformance"))]
async fn the_largest_object_is_kept(engine: &Engine, round: u64) -> Outcome {
    let key = Key::probe(round, 3_000);
    let content: Vec<u8> = (0_u8..=250).cycle().take(LARGEST).collect();
    let content = Bytes::from(content);
    expect(
        &engine.create(&key, &content).await.map_err(words)?,
        &Creation::Created,
    )?;
    expect_bytes(engine, &key, &content).await
}

#[cfg(any(test, feature = "conformance"))]
/// 20 MiB (FORMAT §3.1), and room for what encryption adds.
const LARGEST: usize = (20 << 20) + 4096;

async fn mutable_names_hold_the_last_bytes(engine: &Engine, round: u64) -> Outcome {
    let key = MutableKey::probe(round);
    expect(&engine.read_mutable(&key).await.map_err(words)?, &None)?;
    for content in ["longer than the second", "second", ""] {
        let content = Bytes::from_static(content.as_bytes());
        engine.replace(&key, &content).await.map_err(words)?;
        expect(&engine.read_mutable(&key).await.map_err(words)?, &Some(content))?;
    }
    Ok(())
}

async fn expect_bytes(engine: &Engine, key: &Key, expected: &Bytes) -> Outcome {
    match engine.read(key).await.map_err(words)? {
        Some(found) if found == *expected => Ok(()),
        Some(found) => Err(format!("{key} holds {} other bytes", found.len())),
        None => Err(format!("{key} is absent")),
    }
}

fn expect<T: PartialEq + core::fmt::Debug>(found: &T, expected: &T) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("expected {expected:?}, found {found:?}"))
    }
}

fn words(error: EngineError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use core::fmt;

    use super::*;
    use crate::durable::DurableLocal;
    use futures_util::stream::BoxStream;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{
        CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStoreExt, PutMode,
        PutMultipartOptions, PutOptions, PutPayload, PutResult,
    };

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn memory_keeps_every_rule() {
        let breaches = run(Arc::new(InMemory::new()), 0).await;
        assert!(breaches.is_empty(), "{breaches:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_durable_folder_keeps_every_rule() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let durable = DurableLocal::open(folder.path()).expect("a store's folder");
        let breaches = run(Arc::new(durable), 0).await;
        assert!(breaches.is_empty(), "{breaches:?}");
    }

    /// An engine as some servers are: a creation looks first and writes then.
    #[derive(Debug)]
    struct LooksThenWrites(InMemory);

    impl fmt::Display for LooksThenWrites {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("LooksThenWrites")
        }
    }

    #[async_trait::async_trait]
    impl ObjectStore for LooksThenWrites {
        async fn put_opts(
            &self,
            location: &Path,
            payload: PutPayload,
            options: PutOptions,
        ) -> object_store::Result<PutResult> {
            if options.mode == PutMode::Create && self.0.head(location).await.is_ok() {
                let source = "exists".into();
                let path = location.to_string();
                return Err(object_store::Error::AlreadyExists { path, source });
            }
            tokio::time::sleep(core::time::Duration::from_millis(1)).await;
            self.0.put(location, payload).await
        }

        async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
            self.0.get_opts(location, options).await
        }

        fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
            self.0.list(prefix)
        }

        async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
            self.0.list_with_delimiter(prefix).await
        }

        async fn put_multipart_opts(
            &self,
            location: &Path,
            options: PutMultipartOptions,
        ) -> object_store::Result<Box<dyn MultipartUpload>> {
            self.0.put_multipart_opts(location, options).await
        }

        fn delete_stream(
            &self,
            locations: BoxStream<'static, object_store::Result<Path>>,
        ) -> BoxStream<'static, object_store::Result<Path>> {
            self.0.delete_stream(locations)
        }

        async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
            self.0.copy_opts(from, to, options).await
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_probe_accepts_what_is_fit_leaves_nothing_and_names_the_rule_that_was_broken() {
        let fit = Arc::new(InMemory::new());
        let engine = |objects| Engine::over(objects, Sharing::Nodes);
        probe_engine(&engine(fit.clone())).await.expect("fit");
        let left: Vec<_> = fit.list(None).try_collect().await.expect("memory lists");
        assert!(left.is_empty(), "{left:?}");
        let unfit = Arc::new(LooksThenWrites(InMemory::new()));
        let refused = probe_engine(&engine(unfit)).await.expect_err("unfit");
        assert!(
            matches!(refused, ProbeError::Unfit { rule: ONE_WINNER, .. }),
            "{refused}"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn an_engine_that_lets_several_writers_win_is_found_out() {
        let breaches = run(Arc::new(LooksThenWrites(InMemory::new())), 0).await;
        assert!(
            breaches.iter().any(|breach| breach.rule == ONE_WINNER),
            "{breaches:?}"
        );
    }
}
