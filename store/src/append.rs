//! Append: where core's pipeline ends, a verified object becomes durable, logged and receipted.
//!
//! The steps, and what a crash after each of them leaves (STORAGE "Publishing"):
//!
//! 1. verified by core, authorised by the server: nothing was written.
//! 2. attachments: orphan blobs under their keyed names, harmless; the repetition finds them there.
//! 3. the number's claim and the audit intent: the claim counts only together with a first record (`index`), and
//!    the next opening notes the intent as not committed.
//! 4. **the record of the chain**: stored, and shown to nobody until it is logged. Whoever fences this writer finds
//!    it by its intent, the next writer or reader of the chain by reading it; all submit it.
//! 5. **the log's commit**: logged. Index, tiles and checkpoint are derived again when the store is opened.
//! 6. the checkpoint: complete. The client's repetition gets the same leaf.
//!
//! Only 4 and 5 decide anything. A client that got no answer repeats the request with the same bytes.

mod error;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use planseal::card::Card;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::PlanVersion;
use planseal::plan::contacts::Digest;
use planseal::plan::person::Person;
use planseal::receipt::Receipt;
use planseal::statement::{Intake, IntakeForm, Kind};
use planseal::verify::{LogEntry, Loggable, Verified};
use tokio::sync::oneshot;

pub use error::AppendError;

use crate::Store;
use crate::audit::{Audit, Intent};
use crate::chain::{Chains, Extension, OperationId, Record, Standing, Statement, Tip};
use crate::clock::Clock;
use crate::index::{self, Holder, IndexName};
use crate::key::{ChainId, Index, Register};
use crate::locks::Locks;
use crate::log::{Log, LogError, Place, Submission};
use crate::records::{RecordError, Records};

/// A plan version with what is stored beside it.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    /// The version.
    pub version: &'a Verified<PlanVersion>,
    /// Its card, signed in the same ceremony.
    pub card: Option<&'a Verified<Card>>,
    /// The attached files, in any order; those an earlier version of the record brought may be left out.
    pub attachments: &'a [&'a [u8]],
    /// The client's try.
    pub operation: OperationId,
}

impl Store {
    /// Stores and logs a verified object: certificates, revocations, withdrawals, endorsements, reports and all
    /// other logged kinds. A version with attachments or a card goes through [`publish`](Self::publish).
    ///
    /// # Errors
    /// [`AppendError`]. Repeating the same object is harmless and gets a receipt of the same leaf.
    pub async fn append(
        &self,
        object: &impl Loggable,
        operation: OperationId,
    ) -> Result<Receipt, AppendError> {
        let entry = object.log_entry();
        let request = Request {
            chain: chain_of(&entry)?,
            statement: statement_of(&entry),
            files: Vec::new(),
            operation,
        };
        self.put(request).await
    }

    /// Stores and logs a plan version with its card and attachments.
    ///
    /// # Errors
    /// [`AppendError`]. Repeating the same version is harmless and gets a receipt of the same leaf.
    pub async fn publish(&self, publication: Publication<'_>) -> Result<Receipt, AppendError> {
        let entry = publication.version.log_entry();
        let version = publication.version.content();
        let projection = Card::project(version, publication.version.id());
        if publication.card.is_some_and(|card| *card.content() != projection) {
            return Err(AppendError::CardDiffers);
        }
        let files = self.match_attachments(version, publication.attachments).await?;
        let attachments = version.attachments().iter();
        let request = Request {
            chain: ChainId::Plan(version.plan()),
            statement: Statement {
                card: publication.card.map(|card| card.envelope().to_vec()),
                names: names_of(&self.0.records, version.person()),
                files: attachments
                    .map(|attachment| *attachment.sha256().as_bytes())
                    .collect(),
                ..statement_of(&entry)
            },
            files,
            operation: publication.operation,
        };
        self.put(request).await
    }

    /// Stores and logs an advance decision as received, with the scan that it names. The scan may be stored already.
    ///
    /// # Errors
    /// [`AppendError`]. Repeating the same intake is harmless and gets a receipt of the same leaf.
    pub async fn receive(
        &self,
        intake: &Verified<Intake>,
        scan: Option<&[u8]>,
        operation: OperationId,
    ) -> Result<Receipt, AppendError> {
        let entry = intake.log_entry();
        let chain = chain_of(&entry)?;
        let named = match &intake.content().form {
            IntakeForm::Document(scan) => Some(scan.sha256()),
            IntakeForm::Spoken(_) => None,
        };
        let given = scan.map(|bytes| (Digest::of(bytes), bytes.to_vec()));
        let files = match (named, given) {
            (None, None) => Vec::new(),
            (Some(sha256), Some(given)) if given.0 == sha256 => vec![given],
            (_, Some((sha256, _))) => return Err(AppendError::AttachmentNotNamed { sha256 }),
            (Some(sha256), None) => {
                let plan = intake.content().plan;
                if self.0.attachment(plan, &sha256).await?.is_none() {
                    return Err(AppendError::AttachmentMissing { sha256 });
                }
                Vec::new()
            }
        };
        let request = Request {
            chain,
            statement: Statement {
                files: named.iter().map(|sha256| *sha256.as_bytes()).collect(),
                ..statement_of(&entry)
            },
            files,
            operation,
        };
        self.put(request).await
    }

    /// Every file has to be named by the version, and every named file has to be given or stored already.
    async fn match_attachments(
        &self,
        version: &PlanVersion,
        given: &[&[u8]],
    ) -> Result<Vec<(Digest, Vec<u8>)>, AppendError> {
        let mut given: HashMap<Digest, &[u8]> =
            given.iter().map(|bytes| (Digest::of(bytes), *bytes)).collect();
        let mut files = Vec::new();
        for attachment in version.attachments() {
            let sha256 = attachment.sha256();
            match given.remove(&sha256) {
                Some(bytes) => files.push((sha256, bytes.to_vec())),
                None if files.iter().any(|(digest, _)| *digest == sha256) => {}
                None if self.0.attachment(version.plan(), &sha256).await?.is_some() => {}
                None => return Err(AppendError::AttachmentMissing { sha256 }),
            }
        }
        match given.into_keys().next() {
            None => Ok(files),
            Some(sha256) => Err(AppendError::AttachmentNotNamed { sha256 }),
        }
    }

    /// Runs to its end even when the caller stops waiting, so that a client who hangs up leaves no half-done work.
    pub(crate) async fn put(&self, request: Request) -> Result<Receipt, AppendError> {
        let shelf = Arc::clone(&self.0);
        let (answer, answered) = oneshot::channel();
        tokio::spawn(async move {
            let outcome = shelf.put_and_prove(request).await;
            // A caller who has gone away asks again.
            drop(answer.send(outcome));
            shelf.log.derive_when_idle(&shelf.records).await;
        });
        answered.await.unwrap_or(Err(AppendError::Interrupted))
    }
}

/// Everything a store consists of.
pub(crate) struct Shelf {
    pub(crate) records: Records,
    pub(crate) chains: Chains,
    pub(crate) log: Log,
    pub(crate) audit: Audit,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) node: [u8; 16],
    pub(crate) signed_within: Duration,
    pub(crate) chain_locks: Locks,
    pub(crate) number_locks: Locks,
    /// What opening found.
    pub(crate) damage: Vec<RecordError>,
    pub(crate) closing: tokio::sync::Mutex<()>,
    pub(crate) closed: AtomicBool,
    /// What the last round beside the requests failed at (`keeping`).
    pub(crate) trouble: Mutex<Option<String>>,
}

/// What is to be stored and logged.
pub(crate) struct Request {
    pub(crate) chain: ChainId,
    pub(crate) statement: Statement,
    pub(crate) files: Vec<(Digest, Vec<u8>)>,
    pub(crate) operation: OperationId,
}

impl Request {
    fn number(&self) -> Option<IndexName> {
        let mut names = self.statement.names.iter().copied();
        names.find(|name| name.index == Index::Nhs)
    }
}

impl Shelf {
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    async fn put_and_prove(&self, request: Request) -> Result<Receipt, AppendError> {
        let index = self.put(request).await?;
        Ok(self.receipt_of(index).await?)
    }

    /// The whole sequence; gives the leaf's index.
    async fn put(&self, request: Request) -> Result<u64, AppendError> {
        let id = request.statement.id;
        self.log.refresh(&self.records).await?;
        if let Some(logged) = self.log.logged(&self.records, id).await? {
            return Ok(logged.index);
        }
        let _chain = self.chain_locks.lock(&request.chain).await;
        let tip = match self.chains.standing_tip(&self.records, &request.chain).await? {
            Some(tip) => tip,
            None => self.settle_locked(&request.chain).await?.1,
        };
        // The record may have been there without a leaf, from a try that was cut off or at another node.
        if let Some(logged) = self.log.logged(&self.records, id).await? {
            return Ok(logged.index);
        }
        self.check(&request, tip).await?;
        // (2) A crash here leaves orphan blobs.
        self.write_files(&request).await?;
        // (3) A crash here leaves a claim that the next claimant of the number voids, and an intent.
        let _number = match request.number() {
            None => None,
            Some(name) => Some(self.number_locks.lock(&name).await),
        };
        let intent = Intent {
            operation: request.operation,
            chain: request.chain,
            object: id,
        };
        // None of them rests on another, so the disk is waited for once. A claim that is refused leaves an intent of
        // which nothing comes.
        let (claimed, noted, key) = tokio::join!(
            self.claim(&request),
            self.audit.intend(&self.records, self.clock.now(), intent),
            self.make_key(&request.chain)
        );
        let noted = noted?;
        if let Err(refusal) = claimed.and(key) {
            self.audit.settled(noted, &intent);
            return Err(refusal);
        }
        let stored = self.store_and_log(&request, tip).await;
        if stored
            .as_ref()
            .err()
            .is_none_or(|refusal| !refusal.is_ambiguous())
        {
            self.audit.settled(noted, &intent);
        }
        stored
    }

    /// Both commit points.
    async fn store_and_log(&self, request: &Request, tip: Tip) -> Result<u64, AppendError> {
        // (4) COMMIT POINT of the chain. A crash here leaves a record without a leaf.
        let place = match self.extend(request, tip).await? {
            Extended::There { index } => return Ok(index),
            Extended::Now(place) => place,
        };
        // (5) COMMIT POINT of the log, then everything derived from it.
        let submission = Submission::of(&request.statement, place);
        let logged = self.log.submit(&self.records, submission).await;
        logged.map_err(|failure| {
            self.chains.forget(&request.chain);
            AppendError::NotLogged(failure)
        })
    }

    /// All refusals that need nothing written.
    async fn check(&self, request: &Request, tip: Tip) -> Result<(), AppendError> {
        let statement = &request.statement;
        if tip.standing == Standing::Void {
            return Err(self.number_taken(request).await?);
        }
        if statement.is_succession() && statement.target != tip.latest {
            return Err(AppendError::LostRace {
                expected: statement.target,
                found: tip.latest,
            });
        }
        let now = self.clock.now();
        if statement.signed_at.since(now).unsigned_abs() > self.signed_within.as_secs() {
            return Err(AppendError::TimeOutside {
                signed_at: statement.signed_at,
                log_time: now,
            });
        }
        if statement.signer != statement.id
            && self.log.logged(&self.records, statement.signer).await?.is_none()
        {
            let signer = statement.signer;
            return Err(LogError::SignerNotLogged { signer }.into());
        }
        match statement.target {
            Some(target) if self.log.logged(&self.records, target).await?.is_none() => {
                Err(LogError::TargetNotLogged { target }.into())
            }
            _ => Ok(()),
        }
    }

    /// A new record's data key.
    async fn make_key(&self, chain: &ChainId) -> Result<(), AppendError> {
        match chain {
            ChainId::Plan(plan) => Ok(self.records.plan_key_or_new(*plan).await.map(drop)?),
            _ => Ok(()),
        }
    }

    async fn claim(&self, request: &Request) -> Result<(), AppendError> {
        let ChainId::Plan(plan) = request.chain else {
            return Ok(());
        };
        let (noted, claimed) =
            tokio::join!(self.note_person(request, plan), self.claim_number(request, plan));
        noted.and(claimed)
    }

    async fn note_person(&self, request: &Request, plan: PlanId) -> Result<(), AppendError> {
        let mut names = request.statement.names.iter();
        match names.find(|name| name.index == Index::Person) {
            Some(name) => Ok(index::note(&self.records, *name, plan).await?),
            None => Ok(()),
        }
    }

    async fn claim_number(&self, request: &Request, plan: PlanId) -> Result<(), AppendError> {
        let Some(name) = request.number() else {
            return Ok(());
        };
        let void = self.record(request.operation, None, [0; 32]);
        match index::claim(&self.records, &self.chains, name, plan, &void).await? {
            Holder::Asker => Ok(()),
            Holder::Other(record) => Err(AppendError::NumberTaken { record }),
        }
    }

    /// Creates the record. When another writer takes its place in the chain, that one's record gets its leaf first, all
    /// refusals are looked at again, and the next place is tried.
    async fn extend(&self, request: &Request, mut tip: Tip) -> Result<Extended, AppendError> {
        let chain = request.chain;
        for _ in 0..MAX_RACES {
            let statement = request.statement.clone();
            let record = self.record(request.operation, Some(statement), tip.digest());
            let extension = self.chains.extend(&self.records, &chain, tip, &record).await?;
            if let Extension::Extended { n } = extension {
                return Ok(Extended::Now(Place { chain, n }));
            }
            tip = self.settle_locked(&chain).await?.1;
            // The same statement, sent to another node as well.
            if let Some(logged) = self.log.logged(&self.records, request.statement.id).await? {
                return Ok(Extended::There { index: logged.index });
            }
            self.check(request, tip).await?;
        }
        Err(AppendError::Crowded)
    }

    /// The chain was closed before it began, because its number went to another record.
    async fn number_taken(&self, request: &Request) -> Result<AppendError, AppendError> {
        let holder = match request.number() {
            None => None,
            Some(name) => index::find(&self.records, &self.chains, name).await?,
        };
        Ok(match holder {
            Some(record) => AppendError::NumberTaken { record },
            None => AppendError::RecordClosed,
        })
    }

    fn record(&self, operation: OperationId, statement: Option<Statement>, previous: [u8; 32]) -> Record {
        Record {
            operation,
            node: self.node,
            previous,
            stored_at: self.clock.now(),
            statement,
        }
    }

    /// Submits every record of a chain that has no leaf, in order, and gives the ids of all its statements.
    pub(crate) async fn settle(&self, chain: &ChainId) -> Result<BTreeSet<ObjectId>, AppendError> {
        let _chain = self.chain_locks.lock(chain).await;
        Ok(self.settle_locked(chain).await?.0)
    }

    /// As [`settle`](Self::settle), with where the chain ends.
    async fn settle_locked(&self, chain: &ChainId) -> Result<(BTreeSet<ObjectId>, Tip), AppendError> {
        let (all, tip) = self.chains.read(&self.records, chain).await?;
        let mut ids = BTreeSet::new();
        for (n, record) in (1..).zip(all) {
            let Some(statement) = record.statement else {
                continue;
            };
            if self.log.logged(&self.records, statement.id).await?.is_none() {
                let place = Place { chain: *chain, n };
                let submission = Submission::of(&statement, place);
                self.log.submit(&self.records, submission).await?;
            }
            ids.insert(statement.id);
        }
        self.chains.remember(*chain, tip);
        Ok((ids, tip))
    }
}

/// What became of a request's record.
enum Extended {
    Now(Place),
    /// It was logged meanwhile, from elsewhere.
    There {
        index: u64,
    },
}

/// Each lost race is another writer's success, so this many mean that something else is wrong.
const MAX_RACES: usize = 64;

fn statement_of(entry: &LogEntry<'_>) -> Statement {
    Statement {
        kind: entry.kind,
        id: entry.id,
        signer: entry.signer,
        target: entry.target,
        from: entry.from,
        signed_at: entry.signed_at,
        envelope: entry.envelope.to_vec(),
        card: None,
        names: Vec::new(),
        files: Vec::new(),
    }
}

/// What a version's record is found by.
pub(crate) fn names_of(records: &Records, person: &Person) -> Vec<IndexName> {
    let number = person.nhs_number();
    let number = number.map(|number| IndexName::of_number(records, number.digits()));
    number
        .into_iter()
        .chain(IndexName::of_person(records, person))
        .collect()
}

/// Which chain keeps an object: its record's, or that of its own subject.
fn chain_of(entry: &LogEntry<'_>) -> Result<ChainId, AppendError> {
    match (entry.plan, entry.kind, entry.target) {
        (Some(plan), _, _) => Ok(ChainId::Plan(plan)),
        (None, Kind::Certificate, _) => Ok(ChainId::Certificate(entry.id)),
        (None, Kind::KeyStatus, Some(certificate)) => Ok(ChainId::Revocations(certificate)),
        (None, Kind::Snapshot, _) => Ok(ChainId::Register(Register::Snapshots, entry.signer)),
        (None, Kind::StaffList, _) => Ok(ChainId::Register(Register::StaffLists, entry.signer)),
        (None, Kind::Rehash, _) => Ok(ChainId::Register(Register::Rehashes, entry.signer)),
        (None, kind, _) => Err(AppendError::NoChain { kind }),
    }
}
