//! What a node of several does beside its requests: it follows the log, takes up what others hand over when it sequences,
//! and settles what a node that is no more had begun.
//!
//! Nothing depends on it for safety. A node that wrote nothing for ten minutes is taken for dead; if it was only quiet, it
//! registers again with its next write.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{PoisonError, Weak};

use tokio::time::{Instant, sleep};

use crate::append::Shelf;
use crate::audit;
use crate::log::{LogError, Service};
use crate::open::{OpenError, settle_predecessor};

/// Goes on until the store is closed or dropped.
pub(crate) async fn keep(shelf: Weak<Shelf>) {
    let mut rounds = Rounds::default();
    loop {
        let pause = match shelf.upgrade() {
            Some(shelf) if !shelf.is_closed() => rounds.once(&shelf).await,
            _ => return,
        };
        sleep(pause).await;
    }
}

#[derive(Default)]
struct Rounds {
    others: Vec<[u8; 16]>,
    asked_for_others: Option<Instant>,
    looked_for_silent: Option<Instant>,
    /// Writers that were seen with this many segments since this instant.
    silent: BTreeMap<u64, (u64, Instant)>,
    pause: Duration,
}

/// While others hand over.
const BUSY: Duration = Duration::from_millis(25);
/// While nobody hands over, and while another node sequences.
const QUIET: Duration = Duration::from_millis(400);
/// How often the nodes are listed.
const OTHERS: Duration = Duration::from_secs(5);
/// How often streams are looked at, and how long one has to be silent.
const LOOK_FOR_SILENT: Duration = Duration::from_secs(60);
const SILENCE: Duration = Duration::from_secs(600);

impl Rounds {
    /// One round; gives how long to wait for the next. What fails is tried again in the next round, and told to
    /// whoever asks for the store's health.
    async fn once(&mut self, shelf: &Shelf) -> Duration {
        let outcome = self.round(shelf).await;
        let trouble = outcome.as_ref().err().map(ToString::to_string);
        *shelf.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        self.pause = match outcome {
            Ok(Service::Served) => BUSY,
            Ok(Service::Idle) => (self.pause * 2).clamp(BUSY, QUIET),
            Ok(Service::NotAsked) | Err(_) => QUIET,
        };
        self.pause
    }

    async fn round(&mut self, shelf: &Shelf) -> Result<Service, OpenError> {
        let records = &shelf.records;
        if is_due(&mut self.asked_for_others, OTHERS) {
            self.others = audit::nodes(records).await?;
        }
        if is_due(&mut self.looked_for_silent, LOOK_FOR_SILENT) {
            self.settle_silent(shelf).await?;
        }
        let logged = |failure: LogError| OpenError::from(crate::AppendError::from(failure));
        let service = shelf
            .log
            .serve_others(records, &self.others)
            .await
            .map_err(logged)?;
        if service == Service::NotAsked {
            shelf.log.refresh(records).await.map_err(logged)?;
            shelf.log.shorten_tail(records).await.map_err(logged)?;
        }
        Ok(service)
    }

    async fn settle_silent(&mut self, shelf: &Shelf) -> Result<(), OpenError> {
        let own = shelf.audit.epoch().await;
        let mut lengths = audit::lengths(&shelf.records).await?;
        lengths.remove(&own);
        self.silent.retain(|epoch, _| lengths.contains_key(epoch));
        for (epoch, segments) in lengths {
            let now = (segments, Instant::now());
            let seen = self.silent.entry(epoch).or_insert(now);
            if seen.0 != segments {
                *seen = now;
            } else if seen.1.elapsed() >= SILENCE {
                let writer = audit::read_stream(&shelf.records, epoch).await?;
                settle_predecessor(shelf, &writer).await?;
            }
        }
        Ok(())
    }
}

/// Whether the time has come again; the first time it has.
fn is_due(last: &mut Option<Instant>, every: Duration) -> bool {
    let due = last.is_none_or(|last| last.elapsed() >= every);
    if due {
        *last = Some(Instant::now());
    }
    due
}
