//! Making again what follows from commits and chains: tiles, index entries, claims, and the checkpoint last.
//!
//! What is there and right stays; what is missing or wrong is written. The tiles are those that were there before, byte
//! for byte. A store that was rolled back, or whose checkpoint contradicts its commits, is refused: rebuilding would hide
//! that.

use std::sync::Arc;

use futures_util::TryStreamExt;
use planseal::sign::SigningPort;

use super::{Stage, UpkeepError, Watch};
use crate::chain::Chains;
use crate::clock::SystemClock;
use crate::index;
use crate::key::{ChainId, Name, Prefix};
use crate::log::Log;
use crate::open::{StoreConfig, open_existing};
use crate::records::Records;

/// What was made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildReport {
    /// Leaves whose index entries and tiles were looked after.
    pub leaves: u64,
    /// Chains whose claims were looked after.
    pub chains: u64,
    /// The checkpoint that was signed; nothing when the log is empty.
    pub checkpoint: Option<String>,
}

/// Makes everything again that follows from commits and chains. `signer` is the log's key, `origin` its name.
///
/// # Errors
/// [`UpkeepError`] when commits or chains are damaged: restore those first.
pub async fn rebuild(
    config: StoreConfig,
    signer: Box<dyn SigningPort + Send + Sync>,
    origin: &str,
    watch: Watch<'_>,
) -> Result<RebuildReport, UpkeepError> {
    let records = open_existing(&config).await?;
    let clock = Arc::new(SystemClock);
    let log = Log::underived(&records, signer, origin, clock, &config.remembered).await?;
    let leaves = log.size();
    let mut stage = Stage::begin(watch, "tiles and index", Some(leaves));
    log.derive_all(&records, |leaf| stage.reach(leaf)).await?;
    let chains = rebuild_claims(&records, watch).await?;
    let checkpoint = Some(log.note()).filter(|note| !note.is_empty());
    Ok(RebuildReport {
        leaves,
        chains,
        checkpoint,
    })
}

async fn rebuild_claims(records: &Records, watch: Watch<'_>) -> Result<u64, UpkeepError> {
    let mut stage = Stage::begin(watch, "claims", None);
    let chains = Chains::new();
    let mut names = records.engine.walk(&Prefix::every_plan());
    let (mut last, mut count) = (None, 0);
    while let Some((name, _)) = names.try_next().await? {
        let Some(Name::ChainRecord(chain @ ChainId::Plan(plan))) = Name::of(&name) else {
            continue;
        };
        if last == Some(plan) {
            continue;
        }
        last = Some(plan);
        let (all, _) = chains.read(records, &chain).await?;
        let statements = all.iter().filter_map(|record| record.statement.as_ref());
        for name in statements.flat_map(|statement| &statement.names) {
            index::note(records, *name, plan).await?;
        }
        count += 1;
        stage.step();
    }
    Ok(count)
}
