//! What the service folds from its log: verified certificates with their places, revocations, the number of each
//! organisation's last staff list, and the status of every leaf (FORMAT §4).
//!
//! A fold and nothing more: it can be thrown away and replayed from the leaves and the objects they name, and every
//! node that has seen the same leaves holds the same. What does not verify, or comes too late, is set aside and
//! counts for nothing; it stops nobody.

use std::collections::BTreeMap;

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::Note;
use planseal::log::tree::{Hash, empty_root};
use planseal::statement::{KeyStatus, Kind, RevocationReason, StaffList};
use planseal::status::Statuses;
use planseal::trust::{Directory, ListedCertificate, OrgCode, Revocation, TrustList};
use planseal::verify::{self, Verified};
use planseal_store::{ReadError, RecordError, Store};

use super::error::ServiceError;
use crate::problem::causes;

/// The fold, as of a tree size.
pub(super) struct Ledger {
    pub(super) directory: Directory,
    pub(super) statuses: Statuses,
    pub(super) certificates: Vec<ListedCertificate>,
    /// Every revocation in the log, with the certificate it is of.
    pub(super) revocations: Vec<(ObjectId, Revocation)>,
    pub(super) root: Hash,
    /// Leaf index of every certificate that counts.
    places: BTreeMap<ObjectId, u64>,
    staff_lists: BTreeMap<OrgCode, u32>,
    /// How many certificates and revocations the directory knows the places of.
    learnt: (usize, usize),
    set_aside: Vec<SetAside>,
}

/// A leaf that counts for nothing in the fold, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The leaf.
    pub index: u64,
    /// Its kind.
    pub kind: Kind,
    /// Its object.
    pub id: ObjectId,
    /// The rule it breaks, in words that hold no content.
    pub reason: String,
}

impl core::fmt::Display for SetAside {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self {
            index,
            kind,
            id,
            reason,
        } = self;
        write!(f, "the {kind} {id} at leaf {index} counts for nothing: {reason}")
    }
}

/// How many leaves are held in memory at a time while a long log is replayed.
const AT_A_TIME: u64 = 1 << 14;

impl Ledger {
    pub(super) fn begin(directory: Directory) -> Self {
        Self {
            directory,
            statuses: Statuses::default(),
            certificates: Vec::new(),
            revocations: Vec::new(),
            root: empty_root(),
            places: BTreeMap::new(),
            staff_lists: BTreeMap::new(),
            learnt: (0, 0),
            set_aside: Vec::new(),
        }
    }

    /// Replays the leaves that the log's checkpoint covers and this fold does not hold yet.
    pub(super) async fn catch_up(&mut self, store: &Store) -> Result<(), ServiceError> {
        let Some(note) = store.checkpoint() else {
            return Ok(());
        };
        let checkpoint = VerifiedCheckpoint::of_log(&Note::parse(&note)?, store.log_key())?;
        while self.statuses.size() < checkpoint.size() {
            let first = self.statuses.size();
            let end = checkpoint.size().min(first.saturating_add(AT_A_TIME));
            for leaf in store.leaves(first..end).await? {
                self.push(&leaf, store).await?;
            }
        }
        self.root = checkpoint.root();
        Ok(())
    }

    /// A leaf whose object could not be read is not added: the next catching up reads it again.
    pub(super) async fn push(&mut self, leaf: &Leaf, store: &Store) -> Result<(), ServiceError> {
        let noted = match leaf.kind {
            Kind::Certificate => self.note_certificate(leaf, store).await?,
            Kind::KeyStatus => self.note_revocation(leaf, store).await?,
            Kind::StaffList => self.note_staff_list(leaf, store).await?,
            _ => Noted::Counts,
        };
        if let Noted::Aside(reason) = noted {
            self.set_aside.push(SetAside {
                index: self.statuses.size(),
                kind: leaf.kind,
                id: leaf.id,
                reason,
            });
        }
        Ok(self.statuses.push(leaf)?)
    }

    /// A certificate counts when it verifies up to the pinned root and its leaf names the leaf of its issuer.
    async fn note_certificate(&mut self, leaf: &Leaf, store: &Store) -> Result<Noted, ServiceError> {
        let index = self.statuses.size();
        let object = match read(leaf.id, store).await? {
            Read::Object(object) => object,
            Read::Damaged(reason) => return Ok(Noted::Aside(reason)),
        };
        let issuer = match object.claimed_key() {
            None => Some(index),
            Some(issuer) => self.places.get(&issuer).copied(),
        };
        if issuer != Some(leaf.signer) {
            return Ok(Noted::Aside("its issuer is not the one at the leaf named".into()));
        }
        if let Err(fault) = self.directory.admit(&object) {
            return Ok(Noted::Aside(causes(&fault)));
        }
        self.places.insert(leaf.id, index);
        self.certificates.push(ListedCertificate {
            index,
            issuer: leaf.signer,
            object: *object,
        });
        Ok(Noted::Counts)
    }

    /// A revocation counts for a certificate that counts, from the leaf that the log repeats. Where its object is
    /// damaged the leaf is believed: a key must not come back into force because a disk failed.
    async fn note_revocation(&mut self, leaf: &Leaf, store: &Store) -> Result<Noted, ServiceError> {
        let revoked = leaf
            .target
            .and_then(|place| Some((place, self.statuses.leaf(place)?.id)));
        let counts = revoked.filter(|(place, id)| self.places.get(id) == Some(place));
        let (Some((_, certificate)), Some(from_index)) = (counts, leaf.from) else {
            return Ok(Noted::Aside("it revokes nothing that counts".into()));
        };
        let (reason, at) = match read(leaf.id, store).await? {
            Read::Damaged(_) => (RevocationReason::KeyCompromised, leaf.time.start()),
            Read::Object(object) => match verify::statement::<KeyStatus>(&object, &self.directory) {
                Err(fault) => return Ok(Noted::Aside(causes(&fault))),
                Ok(status) => {
                    let content = status.content();
                    if (content.certificate, content.from_index) != (certificate, from_index) {
                        return Ok(Noted::Aside("its leaf names another certificate or reach".into()));
                    }
                    (content.reason, content.issued_at)
                }
            },
        };
        let index = self.statuses.size();
        let revocation = Revocation {
            from_index,
            index,
            reason,
            at,
        };
        self.revocations.push((certificate, revocation));
        Ok(Noted::Counts)
    }

    /// A staff list counts when its number goes on and its signer was not revoked before it.
    async fn note_staff_list(&mut self, leaf: &Leaf, store: &Store) -> Result<Noted, ServiceError> {
        let object = match read(leaf.id, store).await? {
            Read::Object(object) => object,
            Read::Damaged(reason) => return Ok(Noted::Aside(reason)),
        };
        let list = match verify::statement::<StaffList>(&object, &self.directory) {
            Ok(list) => list,
            Err(fault) => return Ok(Noted::Aside(causes(&fault))),
        };
        if self.statuses.is_revoked_at(leaf.signer, self.statuses.size()) {
            return Ok(Noted::Aside("its signer was revoked before it".into()));
        }
        let Some(organisation) = self.organisation_of(&list) else {
            return Ok(Noted::Aside(
                "it is not known which organisation signed it".into(),
            ));
        };
        let (number, last) = (list.content().number, self.last_staff_list(&organisation));
        if number <= last {
            let reason = format!("it has number {number}, and the organisation's last one has number {last}");
            return Ok(Noted::Aside(reason));
        }
        self.staff_lists.insert(organisation, number);
        Ok(Noted::Counts)
    }

    /// The organisation whose key signed a list. Its certificates are renewed; its lists are counted on.
    pub(super) fn organisation_of(&self, list: &Verified<StaffList>) -> Option<OrgCode> {
        let certificate = self.directory.certificate(&list.signer()?)?;
        Some(certificate.content().organisation().clone())
    }

    /// The number of an organisation's last staff list; zero when it sent none.
    pub(super) fn last_staff_list(&self, organisation: &OrgCode) -> u32 {
        self.staff_lists.get(organisation).copied().unwrap_or_default()
    }

    /// What counts for nothing, in the order of the log.
    pub(super) fn set_aside(&self) -> &[SetAside] {
        &self.set_aside
    }

    /// Whether a log of this size is folded, and everything in it learnt.
    pub(super) fn is_as_of(&self, size: u64) -> bool {
        self.statuses.size() == size && !self.has_unlearnt()
    }

    /// Whether the log holds certificates or revocations whose places the directory does not know yet.
    pub(super) fn has_unlearnt(&self) -> bool {
        self.learnt != (self.certificates.len(), self.revocations.len())
    }

    /// Takes places and revocations from a trust list of this fold, as every reader does.
    pub(super) fn learn(&mut self, list: &SignedObject) -> Result<(), ServiceError> {
        let list = verify::statement::<TrustList>(list, &self.directory)?;
        self.directory.apply(&list)?;
        self.learnt = (self.certificates.len(), self.revocations.len());
        Ok(())
    }
}

/// Whether a leaf counts.
enum Noted {
    Counts,
    Aside(String),
}

/// What the store gave for an object.
enum Read {
    Object(Box<SignedObject>),
    /// Bytes that cannot be what was logged. One damaged object does not keep all others from being served.
    Damaged(String),
}

async fn read(id: ObjectId, store: &Store) -> Result<Read, ServiceError> {
    let stored = match store.object(id).await {
        Ok(stored) => stored.ok_or(ServiceError::NoReceipt { id })?,
        Err(ReadError::Record(
            damage @ (RecordError::Seal(_) | RecordError::Content { .. } | RecordError::Chain { .. }),
        )) => return Ok(Read::Damaged(causes(&damage))),
        Err(fault) => return Err(fault.into()),
    };
    Ok(match SignedObject::parse(&stored.envelope) {
        Ok(object) => Read::Object(Box::new(object)),
        Err(fault) => Read::Damaged(causes(&fault)),
    })
}
