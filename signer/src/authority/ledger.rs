//! The authority's ledger: what was invited, accepted, issued, refused and revoked, in the order it happened.
//!
//! One JSON object a line, each naming the digest of the line before it, so that a line cannot be changed or taken
//! out unseen. A line is durable before anything is done that it speaks of. A line cut short by a crash speaks of
//! nothing that happened, and is removed at the next opening.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use planseal::id::ObjectId;
use planseal::statement::RevocationReason;
use planseal::time::{Date, Timestamp};
use planseal::trust::{
    Certificate, CertificateError, CertificateFields, Custody, OrgCode, OrgKind, PublicKey, Registration,
    Role,
};
use serde::{Deserialize, Serialize};

use crate::authority::utc_day;

/// The open ledger of one authority.
pub(super) struct Ledger {
    path: PathBuf,
    file: File,
    last: ObjectId,
    invites: BTreeMap<String, Invited>,
    keys: BTreeSet<PublicKey>,
    staff_list: u32,
}

/// An invite as the ledger holds it.
pub(super) struct Invited {
    pub(super) at: Timestamp,
    pub(super) standing: Standing,
    pub(super) spent: Spent,
}

/// Whether an invite's nonce was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    /// It can be answered.
    No,
    /// It was.
    Yes,
}

/// Everything a certificate will say but its key: decided when inviting, by the organisation.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Standing {
    pub(super) name: String,
    pub(super) organisation: OrgCode,
    pub(super) organisation_name: String,
    pub(super) organisation_kind: OrgKind,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) registration: Option<Registration>,
    pub(super) roles: Vec<Role>,
    pub(super) custody: Custody,
    pub(super) not_after: Date,
}

impl Standing {
    /// The certificate for a key; it never outlives its issuer's.
    pub(super) fn certificate(
        &self,
        key: PublicKey,
        at: Timestamp,
        issuer_not_after: Date,
    ) -> Result<Certificate, CertificateError> {
        Certificate::new(CertificateFields {
            issued_at: at,
            not_before: utc_day(at),
            not_after: self.not_after.min(issuer_not_after),
            organisation: self.organisation.clone(),
            organisation_name: self.organisation_name.clone(),
            organisation_kind: self.organisation_kind,
            name: self.name.clone(),
            registration: self.registration.clone(),
            roles: self.roles.clone(),
            key,
            custody: self.custody,
        })
    }
}

/// What happened.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Event {
    /// The authority was set up with this certificate.
    Began { certificate: HexId },
    /// An invite was made.
    Invited { invite: String, standing: Box<Standing> },
    /// A request was found good and its nonce spent.
    Accepted {
        invite: String,
        request: HexId,
        key: HexKey,
        confirmed_by: String,
    },
    /// The certificate was signed.
    Issued { invite: String, certificate: HexId },
    /// A request was refused.
    Refused { request: HexId, reason: String },
    /// A certificate was revoked from a leaf on.
    Revoked {
        certificate: HexId,
        from_index: u64,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<RevocationReason>,
    },
    /// A staff list was signed.
    StaffListed { number: u32, list: HexId },
}

/// An id in hexadecimal, as people read ledgers.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct HexId(#[serde(with = "hex::serde")] [u8; 32]);

impl From<ObjectId> for HexId {
    fn from(id: ObjectId) -> Self {
        Self(*id.as_bytes())
    }
}

/// A public key in hexadecimal; refused like any other when it is not acceptable.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "HexId", into = "HexId")]
pub(super) struct HexKey(pub(super) PublicKey);

impl From<HexKey> for HexId {
    fn from(key: HexKey) -> Self {
        Self(*key.0.as_bytes())
    }
}

impl TryFrom<HexId> for HexKey {
    type Error = planseal::trust::KeyError;

    fn try_from(bytes: HexId) -> Result<Self, Self::Error> {
        PublicKey::parse(&bytes.0).map(Self)
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    previous: HexId,
    at: Timestamp,
    #[serde(flatten)]
    event: Event,
}

impl Ledger {
    /// Opens or begins a ledger and replays it. The lock is held until it is dropped.
    pub(super) fn open(path: &Path) -> Result<Self, LedgerError> {
        let failed = |cause| LedgerError::Failed {
            path: path.to_owned(),
            cause,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LedgerError::InUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        if whole < bytes.len() {
            file.set_len(u64::try_from(whole).unwrap_or(u64::MAX))
                .map_err(failed)?;
            file.sync_all().map_err(failed)?;
        }
        let mut ledger = Self {
            path: path.to_owned(),
            file,
            last: ObjectId::from_bytes([0; 32]),
            invites: BTreeMap::new(),
            keys: BTreeSet::new(),
            staff_list: 0,
        };
        for (number, line) in (1..).zip(bytes[..whole].split_inclusive(|byte| *byte == b'\n')) {
            ledger.replay(line).map_err(|Altered| LedgerError::Altered {
                path: path.to_owned(),
                line: number,
            })?;
        }
        Ok(ledger)
    }

    fn replay(&mut self, bytes: &[u8]) -> Result<(), Altered> {
        let line: Line = serde_json::from_slice(bytes).map_err(|_| Altered)?;
        if line.previous.0 != *self.last.as_bytes() {
            return Err(Altered);
        }
        self.last = ObjectId::of(bytes);
        self.apply(line.at, line.event);
        Ok(())
    }

    fn apply(&mut self, at: Timestamp, event: Event) {
        match event {
            Event::Invited { invite, standing } => {
                let invited = Invited {
                    at,
                    standing: *standing,
                    spent: Spent::No,
                };
                self.invites.insert(invite, invited);
            }
            Event::Accepted { invite, key, .. } => {
                self.keys.insert(key.0);
                if let Some(invited) = self.invites.get_mut(&invite) {
                    invited.spent = Spent::Yes;
                }
            }
            Event::StaffListed { number, .. } => self.staff_list = self.staff_list.max(number),
            Event::Began { .. } | Event::Issued { .. } | Event::Refused { .. } | Event::Revoked { .. } => {}
        }
    }

    /// Appends one line and makes it durable.
    pub(super) fn record(&mut self, at: Timestamp, event: Event) -> Result<(), LedgerError> {
        let line = Line {
            previous: self.last.into(),
            at,
            event,
        };
        let mut bytes = serde_json::to_vec(&line).expect("a ledger line holds texts, numbers and lists only");
        bytes.push(b'\n');
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        written.map_err(|cause| LedgerError::Failed {
            path: self.path.clone(),
            cause,
        })?;
        self.last = ObjectId::of(&bytes);
        self.apply(at, line.event);
        Ok(())
    }

    /// The invite of this name.
    pub(super) fn invite(&self, id: &str) -> Option<&Invited> {
        self.invites.get(id)
    }

    /// The number of the last staff list; zero before the first.
    pub(super) const fn last_staff_list(&self) -> u32 {
        self.staff_list
    }

    /// Whether a certificate was accepted for this key before.
    pub(super) fn certified(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }
}

/// A line that does not follow from the one before it.
struct Altered;

/// Why the ledger cannot be used. Nothing is certified without it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another program has it open.
    #[error("{} is in use: finish the other planseal ca first", path.display())]
    InUse {
        /// The ledger.
        path: PathBuf,
    },
    /// A line was changed, taken out or put in.
    #[error("{} was altered at line {line}: restore it from the backup before certifying anybody", path.display())]
    Altered {
        /// The ledger.
        path: PathBuf,
        /// The first line that does not follow.
        line: u64,
    },
    /// It cannot be read or written.
    #[error("{} cannot be read or written: nothing was certified", path.display())]
    Failed {
        /// The ledger.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}
