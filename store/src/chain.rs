//! Chains: every statement about one subject, in order, each naming its predecessor's digest.
//!
//! Record `n` is created once under a name that says `n`, so of two writers with the same next statement one
//! wins. The digest of the predecessor is inside the record: a gap, a fork and a record out of place show when
//! the chain is read. A chain's first record may be void: the record's number belongs to another plan (`index`).

use core::fmt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};
use planseal::id::ObjectId;
use planseal::statement::Kind;
use planseal::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::index::IndexName;
use crate::key::{ChainId, Key, Prefix};
use crate::layout::{LayoutError, Reader, Writer};
use crate::location::Sharing;
use crate::records::{Kept, RecordError, Records};
use crate::seal::{DataKey, RandomError, RecordKind, fill_random};

/// One try of a client to have something stored: a repetition with the same id gets the original answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OperationId([u8; 16]);

impl OperationId {
    /// A new id, random.
    ///
    /// # Errors
    /// [`RandomError`] when the system has no randomness to give.
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = [0; 16];
        fill_random(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Takes the id a client sent.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What a verified object says to the store; everything needed to log it again after a crash.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) kind: Kind,
    pub(crate) id: ObjectId,
    /// The id of the signing certificate; the root's own certificate names itself.
    pub(crate) signer: ObjectId,
    pub(crate) target: Option<ObjectId>,
    pub(crate) from: Option<u64>,
    pub(crate) signed_at: Timestamp,
    pub(crate) envelope: Vec<u8>,
    /// The envelope of the card that was signed with a version.
    pub(crate) card: Option<Vec<u8>>,
    /// What the record is found by from here on: the indexes can be made again from this.
    pub(crate) names: Vec<IndexName>,
    /// SHA-256 of every file it names: whether all are kept can be seen from this.
    pub(crate) files: Vec<[u8; 32]>,
}

impl Statement {
    /// Versions and withdrawals follow one another; all other statements stand beside them.
    pub(crate) const fn is_succession(&self) -> bool {
        matches!(self.kind, Kind::Version | Kind::Withdrawal)
    }
}

/// A statement holds a patient's plan: only its id is shown.
impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Statement({} {})", self.kind, self.id)
    }
}

/// One record of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) operation: OperationId,
    /// The writer's nonce: two writers never make the same bytes, so the same bytes are one's own.
    pub(crate) node: [u8; 16],
    /// SHA-256 of the predecessor's content; zeroes before the first.
    pub(crate) previous: [u8; 32],
    /// When it was stored, by the store's clock.
    pub(crate) stored_at: Timestamp,
    /// Nothing, when the chain was closed before it began.
    pub(crate) statement: Option<Statement>,
}

/// Format of chain records.
const FORMAT: u8 = 1;

impl Record {
    pub(crate) fn encode(&self) -> Vec<u8> {
        Writer::new(FORMAT)
            .fixed(&self.operation.0)
            .fixed(&self.node)
            .fixed(&self.previous)
            .number(self.stored_at.seconds())
            .option(self.statement.as_ref(), |writer, statement| {
                writer
                    .byte(
                        statement
                            .kind
                            .leaf_code()
                            .expect("only logged kinds reach a chain"),
                    )
                    .fixed(statement.id.as_bytes())
                    .fixed(statement.signer.as_bytes())
                    .option(statement.target, |writer, target| writer.fixed(target.as_bytes()))
                    .option(statement.from, Writer::number)
                    .number(statement.signed_at.seconds())
                    .bytes(&statement.envelope)
                    .option(statement.card.as_deref(), Writer::bytes)
                    .each(&statement.names, |writer, name| name.write(writer))
                    .each(&statement.files, |writer, file| writer.fixed(file))
            })
            .finish()
    }

    fn decode(content: &[u8]) -> Result<Self, LayoutError> {
        let mut reader = Reader::new(content, FORMAT)?;
        let record = Self {
            operation: OperationId(reader.fixed("operation")?),
            node: reader.fixed("node")?,
            previous: reader.fixed("predecessor")?,
            stored_at: timestamp(&mut reader, "time")?,
            statement: reader.option("statement", statement)?,
        };
        reader.end()?;
        Ok(record)
    }
}

fn statement(reader: &mut Reader<'_>) -> Result<Statement, LayoutError> {
    let meaningless = |field| LayoutError::Meaningless { field };
    let kind = Kind::from_leaf_code(reader.byte("kind")?.into()).ok_or_else(|| meaningless("kind"))?;
    let statement = Statement {
        kind,
        id: ObjectId::from_bytes(reader.fixed("id")?),
        signer: ObjectId::from_bytes(reader.fixed("signer")?),
        target: reader
            .option("target", |reader| reader.fixed("target"))?
            .map(ObjectId::from_bytes),
        from: reader.option("from", |reader| reader.number("from"))?,
        signed_at: timestamp(reader, "signing time")?,
        envelope: reader.bytes("envelope")?.to_vec(),
        card: reader
            .option("card", |reader| reader.bytes("card"))?
            .map(<[u8]>::to_vec),
        names: reader.each("names", IndexName::read)?,
        files: reader.each("files", |reader| reader.fixed("file"))?,
    };
    if ObjectId::of(&statement.envelope) == statement.id {
        Ok(statement)
    } else {
        Err(meaningless("id"))
    }
}

pub(crate) fn timestamp(reader: &mut Reader<'_>, field: &'static str) -> Result<Timestamp, LayoutError> {
    Timestamp::from_seconds(reader.number(field)?).map_err(|_| LayoutError::Meaningless { field })
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tip {
    /// The number of the last record; 0 when there is none.
    pub(crate) n: u32,
    /// SHA-256 of its content.
    digest: [u8; 32],
    /// The last version or withdrawal.
    pub(crate) latest: Option<ObjectId>,
    /// Whether the chain was closed before it began.
    pub(crate) standing: Standing,
}

/// Whether a chain may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    /// Its number belongs to another plan.
    Void,
}

impl Tip {
    const START: Self = Self {
        n: 0,
        digest: [0; 32],
        latest: None,
        standing: Standing::Open,
    };

    /// The digest the next record has to name.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    fn after(self, record: &Record, content: &[u8]) -> Self {
        let succession = record
            .statement
            .as_ref()
            .filter(|statement| statement.is_succession());
        Self {
            n: self.n + 1,
            digest: Sha256::digest(content).into(),
            latest: succession.map(|statement| statement.id).or(self.latest),
            standing: match record.statement {
                Some(_) => self.standing,
                None => Standing::Void,
            },
        }
    }
}

/// What became of a record that was to follow a tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extension {
    /// It is record `n` of the chain.
    Extended { n: u32 },
    /// Another record took the place; the chain has to be looked at again.
    Lost,
}

/// The chains of a store, with the tips of those lately used.
pub(crate) struct Chains {
    tips: Mutex<HashMap<ChainId, Tip>>,
}

impl Chains {
    pub(crate) fn new() -> Self {
        Self {
            tips: Mutex::new(HashMap::new()),
        }
    }

    /// Every record in order, with gaps, forks and misplaced records refused.
    ///
    /// Lists the one folder, and then asks for what follows the last name listed: a listing may be older than the
    /// chain, and may not be newer.
    pub(crate) async fn read(
        &self,
        records: &Records,
        chain: &ChainId,
    ) -> Result<(Vec<Record>, Tip), RecordError> {
        let names = records.engine.list(&Prefix::chain(chain)).await?;
        let Some(data_key) = records.chain_key(chain).await? else {
            return match names.first() {
                None => Ok((Vec::new(), Tip::START)),
                Some(_) => Err(broken(chain, 1, "its data key is gone")),
            };
        };
        let listed = last_listed(chain, &names)?;
        let mut known = stream::iter(1..=listed)
            .map(|n| read_record(records, chain, n, &data_key))
            .buffered(RECORDS_AT_ONCE);
        let mut tip = Tip::START;
        let mut all = Vec::with_capacity(names.len());
        loop {
            let n = tip.n + 1;
            let found = match known.next().await {
                Some(found) => Some(found?.ok_or_else(|| broken(chain, n, "it is missing"))?),
                None => read_record(records, chain, n, &data_key).await?,
            };
            let Some((record, content)) = found else {
                break;
            };
            if record.previous != tip.digest {
                return Err(broken(chain, n, "it does not follow the record before it"));
            }
            tip = tip.after(&record, &content);
            all.push(record);
        }
        Ok((all, tip))
    }

    /// One record, by its number.
    pub(crate) async fn record(
        &self,
        records: &Records,
        chain: &ChainId,
        n: u32,
    ) -> Result<Option<Record>, RecordError> {
        match records.chain_key(chain).await? {
            None => Ok(None),
            Some(data_key) => {
                let found = read_record(records, chain, n, &data_key).await?;
                Ok(found.map(|(record, _)| record))
            }
        }
    }

    fn remembered_tip(&self, chain: &ChainId) -> Option<Tip> {
        self.tips().get(chain).copied()
    }

    /// Where the chain ends, when that is known and nobody wrote to it since.
    pub(crate) async fn standing_tip(
        &self,
        records: &Records,
        chain: &ChainId,
    ) -> Result<Option<Tip>, RecordError> {
        let Some(tip) = self.remembered_tip(chain) else {
            return Ok(None);
        };
        let next = Key::chain_record(chain, tip.n + 1);
        if records.engine.sharing() == Sharing::Nodes && records.engine.read(&next).await?.is_some() {
            self.forget(chain);
            return Ok(None);
        }
        Ok(Some(tip))
    }

    /// COMMIT POINT: creates the record that follows `tip`. Of several writers one wins.
    pub(crate) async fn extend(
        &self,
        records: &Records,
        chain: &ChainId,
        tip: Tip,
        record: &Record,
    ) -> Result<Extension, RecordError> {
        let data_key = match chain {
            ChainId::Plan(plan) => records.plan_key_or_new(*plan).await?,
            _ => records.keys.of_store().clone(),
        };
        let n = tip.n + 1;
        let content = record.encode();
        // Whatever goes wrong from here on, the tip is looked up again next time.
        self.forget(chain);
        let key = Key::chain_record(chain, n);
        match records
            .create(RecordKind::Chain, &key, &data_key, &content)
            .await?
        {
            Kept::Kept => {
                self.remember(*chain, tip.after(record, &content));
                Ok(Extension::Extended { n })
            }
            Kept::Other(_) => Ok(Extension::Lost),
        }
    }

    /// Closes a chain that has no record yet, so that a writer who claimed a number and never came back cannot
    /// come back later.
    pub(crate) async fn close_before_it_begins(
        &self,
        records: &Records,
        chain: &ChainId,
        record: &Record,
    ) -> Result<Extension, RecordError> {
        self.extend(records, chain, Tip::START, record).await
    }

    /// Has the chain looked at again before it is next written to.
    pub(crate) fn forget(&self, chain: &ChainId) {
        self.tips().remove(chain);
    }

    fn tips(&self) -> MutexGuard<'_, HashMap<ChainId, Tip>> {
        self.tips.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the end of a chain whose every record is logged: whoever finds it here need not look for unlogged ones.
    pub(crate) fn remember(&self, chain: ChainId, tip: Tip) {
        let mut tips = self.tips();
        if tips.len() >= MAX_TIPS_REMEMBERED {
            tips.clear();
        }
        tips.insert(chain, tip);
    }
}

/// 65 536 tips are about 10 MB; a forgotten one costs one listing of its folder.
const MAX_TIPS_REMEMBERED: usize = 1 << 16;

/// The number of the last record that a listing names. The names of a folder are those of its chain and nothing else.
fn last_listed(chain: &ChainId, names: &[String]) -> Result<u32, RecordError> {
    let Some(last) = names.last() else {
        return Ok(0);
    };
    let number = last.rsplit('/').next().and_then(|number| number.parse().ok());
    match number {
        Some(n) if Key::chain_record(chain, n).to_string() == *last => Ok(n),
        _ => Err(broken(chain, 1, "its folder holds a name that is no record's")),
    }
}

/// Hides the time that one request to a bucket takes.
const RECORDS_AT_ONCE: usize = 8;

async fn read_record(
    records: &Records,
    chain: &ChainId,
    n: u32,
    data_key: &DataKey,
) -> Result<Option<(Record, Vec<u8>)>, RecordError> {
    let key = &Key::chain_record(chain, n);
    match records.read(RecordKind::Chain, key, data_key).await? {
        None => Ok(None),
        Some(content) => {
            let record = Record::decode(&content).map_err(RecordError::content(key))?;
            Ok(Some((record, content)))
        }
    }
}

fn broken(chain: &ChainId, n: u32, reason: &'static str) -> RecordError {
    RecordError::Chain {
        chain: chain.to_string(),
        n,
        reason,
    }
}
