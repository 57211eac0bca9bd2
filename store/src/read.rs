//! Reading: bytes and evidence. What they say is verified again by the caller; storage is not trusted.

use core::fmt;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use planseal::id::{ObjectId, PlanId};
use planseal::log::leaf::Leaf;
use planseal::log::note::VerifierKey;
use planseal::log::tree::{Hash, TreeError};
use planseal::plan::PlanVersion;
use planseal::plan::person::NhsNumber;
use planseal::receipt::Receipt;
use planseal::statement::Kind;
use planseal::time::Timestamp;

use crate::Store;
use crate::append::{AppendError, Shelf};
use crate::audit::{Access, AuditError, Event};
use crate::chain::Record;
use crate::index::{self, IndexName};
use crate::key::{ChainId, Prefix};
use crate::log::{LogError, Logged};
use crate::records::RecordError;
use crate::tile::TilePath;

/// A logged object as it lies in its chain.
#[derive(Clone, PartialEq, Eq)]
pub struct ChainRecord {
    /// Its place in the chain, from 1.
    pub number: u32,
    /// Its leaf.
    pub index: u64,
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// The record it is about, if it is about one.
    pub plan: Option<PlanId>,
    /// The signed time.
    pub signed_at: Timestamp,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// The envelope, byte for byte as it was appended.
    pub envelope: Vec<u8>,
    /// The envelope of the card that came with a version.
    pub card: Option<Vec<u8>>,
}

/// The envelope holds a patient's plan: only ids and places are shown.
impl fmt::Debug for ChainRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainRecord({} {} at leaf {})", self.kind, self.id, self.index)
    }
}

impl Store {
    /// A logged object by its id.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the bytes may not be believed.
    pub async fn object(&self, id: ObjectId) -> Result<Option<ChainRecord>, ReadError> {
        let shelf = &self.0;
        let Some(Logged { index, place }) = shelf.fresh(id).await? else {
            return Ok(None);
        };
        let broken = |reason| RecordError::Chain {
            chain: place.chain.to_string(),
            n: place.n,
            reason,
        };
        let record = shelf.chains.record(&shelf.records, &place.chain, place.n).await?;
        let record = record.ok_or_else(|| broken("it is missing"))?;
        let found = chain_record(&place.chain, place.n, index, record).filter(|found| found.id == id);
        Ok(Some(found.ok_or_else(|| {
            broken("it holds another object than the log says")
        })?))
    }

    /// Everything logged about a record, in order.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails, the bytes may not be believed, or the chain has a gap or a fork.
    pub async fn chain(&self, plan: PlanId) -> Result<Vec<ChainRecord>, ReadError> {
        let (shelf, chain) = (&self.0, ChainId::Plan(plan));
        let mut settled = false;
        shelf.log.refresh(&shelf.records).await?;
        loop {
            let mut found = Vec::new();
            let mut unlogged = false;
            for (n, record) in (1..).zip(shelf.chains.read(&shelf.records, &chain).await?.0) {
                let Some(statement) = &record.statement else {
                    continue;
                };
                match shelf.log.logged(&shelf.records, statement.id).await? {
                    Some(logged) => found.extend(chain_record(&chain, n, logged.index, record)),
                    None => unlogged = true,
                }
            }
            // A record without a leaf is being published, or was left by a try that was cut off. Its writer is
            // waited for, or it is submitted here; nobody is shown it before that.
            if !unlogged || settled {
                return Ok(found);
            }
            shelf.settle(&chain).await.map_err(Box::new)?;
            settled = true;
        }
    }

    /// The envelope of the card that came with a version.
    ///
    /// # Errors
    /// [`ReadError`], as [`object`](Self::object).
    pub async fn card(&self, version: ObjectId) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.object(version).await?.and_then(|record| record.card))
    }

    /// Proof, against the present checkpoint, that the log holds an object.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or what it holds contradicts the log.
    pub async fn receipt(&self, id: ObjectId) -> Result<Option<Receipt>, ReadError> {
        match self.0.fresh(id).await? {
            None => Ok(None),
            Some(logged) => self.0.receipt_of(logged.index).await.map(Some),
        }
    }

    /// The record of the person with this NHS number.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the bytes may not be believed.
    pub async fn find_by_nhs(&self, number: &NhsNumber) -> Result<Option<PlanId>, ReadError> {
        let shelf = &self.0;
        let name = IndexName::of_number(&shelf.records, number.digits());
        Ok(index::find(&shelf.records, &shelf.chains, name).await?)
    }

    /// Other records that hold the same name, date of birth and postcode: they may be the same person's. A record found
    /// here may hold them no longer.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the bytes may not be believed.
    pub async fn possible_duplicates(&self, version: &PlanVersion) -> Result<Vec<PlanId>, ReadError> {
        let records = &self.0.records;
        let Some(name) = IndexName::of_person(records, version.person()) else {
            return Ok(Vec::new());
        };
        let mut plans = index::all(records, name).await?;
        plans.retain(|plan| *plan != version.plan());
        Ok(plans)
    }

    /// Every record there is, by walking all of them: for the demonstration and for governance, never for a
    /// request.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails.
    pub async fn list_every_plan(&self) -> Result<Vec<PlanId>, ReadError> {
        let shelf = &self.0;
        let names = shelf
            .records
            .engine
            .list(&Prefix::every_plan())
            .await
            .map_err(RecordError::from)?;
        let chains: BTreeSet<ChainId> = names
            .iter()
            .filter_map(|name| ChainId::parse(name.rsplit_once('/')?.0))
            .collect();
        let mut plans = Vec::new();
        for chain in chains {
            let first = shelf.chains.record(&shelf.records, &chain, 1).await?;
            if let (
                ChainId::Plan(plan),
                Some(Record {
                    statement: Some(_), ..
                }),
            ) = (chain, first)
            {
                plans.push(plan);
            }
        }
        Ok(plans)
    }

    /// Records who is about to be shown what. Durable when it returns; content leaves only after that.
    ///
    /// # Errors
    /// [`AuditError`]: the content must not be shown.
    pub async fn record_access(&self, access: Access) -> Result<(), Arc<AuditError>> {
        let shelf = &self.0;
        let event = Event::Access(access);
        shelf.audit.write(&shelf.records, shelf.clock.now(), event).await
    }

    /// Number of leaves that the checkpoint covers.
    #[must_use]
    pub fn log_size(&self) -> u64 {
        self.0.log.size()
    }

    /// The signed checkpoint (C2SP tlog-checkpoint); nothing before the first leaf.
    #[must_use]
    pub fn checkpoint(&self) -> Option<String> {
        Some(self.0.log.note()).filter(|note| !note.is_empty())
    }

    /// The key checkpoints are verified with; its name is the log's origin.
    #[must_use]
    pub fn log_key(&self) -> &VerifierKey {
        self.0.log.key()
    }

    /// The leaf of an object, when the checkpoint covers it.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the bytes may not be believed.
    pub async fn leaf_index(&self, id: ObjectId) -> Result<Option<u64>, ReadError> {
        Ok(self.0.fresh(id).await?.map(|logged| logged.index))
    }

    /// Leaves by index, as far as the checkpoint covers them.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or a bundle contradicts the log.
    pub async fn leaves(&self, range: Range<u64>) -> Result<Vec<Leaf>, ReadError> {
        Ok(self.0.log.leaves(&self.0.records, range).await?)
    }

    /// A tile or entry bundle, as clients of the log fetch it (C2SP tlog-tiles).
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the tile contradicts the log.
    pub async fn tile(&self, path: TilePath) -> Result<Option<Bytes>, ReadError> {
        Ok(self.0.log.tile(&self.0.records, path).await?)
    }

    /// Proof that the first `old` leaves are a prefix of the present tree, with the present size.
    ///
    /// # Errors
    /// [`TreeError`] when `old` is zero or beyond the present size.
    pub fn prove_growth(&self, old: u64) -> Result<(u64, Vec<Hash>), TreeError> {
        self.0.log.prove_growth(old)
    }

    /// Proof that the first `old` leaves are a prefix of the first `new`, for two checkpoints of this log.
    ///
    /// # Errors
    /// [`TreeError`] when `old` is zero or beyond `new`, or `new` is beyond the present size.
    pub fn prove_growth_between(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
        self.0.log.prove_growth_between(old, new)
    }
}

impl Shelf {
    /// Where an object was logged, as all nodes know it by now.
    async fn fresh(&self, id: ObjectId) -> Result<Option<Logged>, ReadError> {
        // What this node knows to be logged stays logged.
        if let Some(logged) = self.log.logged(&self.records, id).await? {
            return Ok(Some(logged));
        }
        self.log.refresh(&self.records).await?;
        Ok(self.log.logged(&self.records, id).await?)
    }

    pub(crate) async fn receipt_of(&self, index: u64) -> Result<Receipt, ReadError> {
        let leaves = self.log.leaves(&self.records, index..index + 1).await?;
        let leaf = leaves.first().copied().ok_or(ReadError::NotCovered { index })?;
        Ok(Receipt::new(leaf, self.log.prove(index)?))
    }
}

fn chain_record(chain: &ChainId, number: u32, index: u64, record: Record) -> Option<ChainRecord> {
    let statement = record.statement?;
    Some(ChainRecord {
        number,
        index,
        kind: statement.kind,
        id: statement.id,
        plan: match chain {
            ChainId::Plan(plan) => Some(*plan),
            _ => None,
        },
        signed_at: statement.signed_at,
        stored_at: record.stored_at,
        envelope: statement.envelope,
        card: statement.card,
    })
}

/// Something could not be read, or may not be believed. Messages name keys, never content.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A record could not be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A statement that an interrupted try left in the chain could not be logged.
    #[error("the record holds a statement that is not logged yet, and logging it failed")]
    Unlogged(#[from] Box<AppendError>),
    /// What other nodes committed could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The checkpoint does not cover a leaf that the index names.
    #[error("leaf {index} is not covered by the checkpoint")]
    NotCovered {
        /// The leaf.
        index: u64,
    },
    /// The tree lacks a hash.
    #[error(transparent)]
    Tree(#[from] TreeError),
}
