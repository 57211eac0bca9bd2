//! Appends by several authors at once: the store, and PostgreSQL with the same bytes on the same disk.
//!
//! Rounds of both alternate, and each round begins with another of them, so that whatever else the machine does falls on
//! all alike. An operation is counted from the arrival of the envelope to its receipt or its acknowledged commit.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use futures_util::future::try_join_all;
use planseal_store::{Store, StoreConfig};

use crate::measure::Times;
use crate::postgres::{Cluster, Inserter};
use crate::report::{P50, P99, PLANSEAL, POSTGRES, POSTGRES_VERIFYING, RATE, Rounds};
use crate::scene::Scene;
use crate::versions::RecordNumber;

/// How many authors, and how many operations they do in a round.
const AUTHORS: [(usize, u32); 3] = [(1, 200), (16, 1_600), (64, 1_600)];

/// Who is asked to keep the versions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum System {
    /// Verifies, stores, logs, gives a receipt.
    Planseal,
    /// The client verifies as the store's does, then inserts.
    PostgresVerifying,
    /// Inserts, whatever it is.
    Postgres,
}

impl System {
    const ALL: [Self; 3] = [Self::Planseal, Self::PostgresVerifying, Self::Postgres];

    const fn name(self) -> &'static str {
        match self {
            Self::Planseal => PLANSEAL,
            Self::PostgresVerifying => POSTGRES_VERIFYING,
            Self::Postgres => POSTGRES,
        }
    }
}

/// Measures everything; gives what PostgreSQL says of itself.
pub(crate) async fn measure(
    scene: &Arc<Scene>,
    disk: &Path,
    rounds: usize,
    into: &mut Rounds,
) -> Result<String> {
    let root = disk.join("authors");
    let store = scene
        .open(StoreConfig::folder(&root, disk.join("authors.key")))
        .await?;
    let cluster = Cluster::start(&disk.join("postgres")).await?;
    let said = cluster.describe().await?;
    let mut records = 0;
    for round in 0..rounds {
        for (authors, operations) in AUTHORS {
            for turn in 0..System::ALL.len() {
                let system = System::ALL[(round + turn) % System::ALL.len()];
                let work = share(scene, &mut records, authors, operations);
                let bench = Bench {
                    scene,
                    store: &store,
                    cluster: &cluster,
                    system,
                };
                let [first, next] = bench.run(work).await?;
                for (operation, (times, rate)) in [("first version", first), ("next version", next)] {
                    let measures = [(RATE, rate), (P50, times.within(50)), (P99, times.within(99))];
                    for (measure, value) in measures {
                        let name = (operation.to_owned(), system.name().to_owned(), measure.to_owned());
                        into.add(("appends", name.0, name.1, authors, 0, name.2), value);
                    }
                    eprintln!(
                        "round {round}: {operation}, {authors} authors, {}: {rate:.0}/s",
                        system.name()
                    );
                }
            }
        }
    }
    store.close().await?;
    Ok(said)
}

/// What one author has to publish: first versions, and then the next one of each.
struct Work {
    records: Vec<RecordNumber>,
    first: Vec<Vec<u8>>,
    next: Vec<Vec<u8>>,
}

fn share(scene: &Scene, records: &mut u32, authors: usize, operations: u32) -> Vec<Work> {
    let mine = operations / u32::try_from(authors).expect("few authors");
    let mut all = Vec::with_capacity(authors);
    for _ in 0..authors {
        let numbers = *records..*records + mine;
        *records += mine;
        let lines = numbers
            .clone()
            .map(|number| scene.forge.line(RecordNumber(number), 2));
        let pairs = lines.map(|line| <[Vec<u8>; 2]>::try_from(line).expect("two versions were asked for"));
        let (first, next) = pairs.map(|[first, next]| (first, next)).unzip();
        all.push(Work {
            records: numbers.map(RecordNumber).collect(),
            first,
            next,
        });
    }
    all
}

#[derive(Clone, Copy)]
struct Bench<'a> {
    scene: &'a Arc<Scene>,
    store: &'a Store,
    cluster: &'a Cluster,
    system: System,
}

impl Bench<'_> {
    /// All authors' first versions, and then all next ones: the times of single operations, and how many a second.
    async fn run(self, work: Vec<Work>) -> Result<[(Times, f64); 2]> {
        let (mut first, mut next) = (Vec::new(), Vec::new());
        for work in work {
            let inserter = match self.system {
                System::Planseal => None,
                _ => Some(Arc::new(self.cluster.author().await?)),
            };
            let (records, inserter) = (work.records, inserter.as_ref());
            first.push(self.author(inserter, records.clone(), 1, work.first));
            next.push(self.author(inserter, records, 2, work.next));
        }
        Ok([together(first).await?, together(next).await?])
    }

    fn author(
        self,
        inserter: Option<&Arc<Inserter>>,
        records: Vec<RecordNumber>,
        number: i32,
        envelopes: Vec<Vec<u8>>,
    ) -> Author {
        Author {
            scene: Arc::clone(self.scene),
            store: self.store.clone(),
            system: self.system,
            inserter: inserter.map(Arc::clone),
            number,
            envelopes: records.into_iter().zip(envelopes).collect(),
        }
    }
}

/// One author with a stack of versions to publish one after the other.
struct Author {
    scene: Arc<Scene>,
    store: Store,
    system: System,
    inserter: Option<Arc<Inserter>>,
    number: i32,
    envelopes: Vec<(RecordNumber, Vec<u8>)>,
}

async fn together(authors: Vec<Author>) -> Result<(Times, f64)> {
    let begun = Instant::now();
    let authors = authors
        .into_iter()
        .map(|author| tokio::spawn(author.publish_all()));
    let mut all = Times::default();
    for times in try_join_all(authors).await? {
        all.add(times?);
    }
    let rate = all.count() / begun.elapsed().as_secs_f64();
    Ok((all, rate))
}

impl Author {
    async fn publish_all(self) -> Result<Times> {
        let mut times = Times::default();
        for (record, envelope) in &self.envelopes {
            let begun = Instant::now();
            match &self.inserter {
                None => self.scene.publish(&self.store, envelope).await?,
                Some(inserter) => {
                    if self.system == System::PostgresVerifying {
                        self.scene.verify(envelope)?;
                    }
                    inserter.insert(record.plan(), self.number, envelope).await?;
                }
            }
            times.push(begun.elapsed());
        }
        Ok(times)
    }
}
