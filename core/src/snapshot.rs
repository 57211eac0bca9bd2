//! Snapshots: four bits for every leaf, one file for everybody (FORMAT §5).
//!
//! A reader without a connection looks one leaf up, and the lookup tells nobody which patient.

use serde::{Deserialize, Serialize};

use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::MAX_LOG_VIEW;
use crate::id::ObjectId;
use crate::log::tree::Hash;
use crate::statement::{
    ContentError, FORMAT_VERSION, Kind, LoggedStatement, Statement, check_type, decode_payload, sealed,
    type_name,
};
use crate::status::{State, Status, Statuses, Warning};
use crate::time::Timestamp;

/// A snapshot is believed for 26 hours: a day, and two hours to fetch the next.
pub const SNAPSHOT_VALIDITY: i64 = 26 * 60 * 60;

/// The status of every leaf, as of a tree size.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    issued_at: Timestamp,
    size: u64,
    root: Hash,
    nibbles: Vec<u8>,
}

/// What four bits say; the leaf of the successor or withdrawal is not in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// 0: current, or a leaf that has no status.
    Current,
    /// 1.
    Withdrawn,
    /// 2.
    Suspended,
    /// 3.
    Superseded,
}

impl Snapshot {
    /// Writes down what the replayed leaves say.
    #[must_use]
    pub fn of(statuses: &Statuses, root: Hash, issued_at: Timestamp) -> Self {
        let size = statuses.size();
        let nibbles = (0..size).step_by(2).map(|even| {
            let odd = if even + 1 < size {
                nibble(statuses, even + 1)
            } else {
                0
            };
            nibble(statuses, even) | (odd << 4)
        });
        Self {
            issued_at,
            size,
            root,
            nibbles: nibbles.collect(),
        }
    }

    /// The status of the leaf at `index`; nothing beyond the snapshot's size.
    #[must_use]
    pub fn status(&self, index: u64) -> Option<(Bits, Warning)> {
        if index >= self.size {
            return None;
        }
        let byte = self.nibbles.get(usize::try_from(index / 2).ok()?)?;
        let nibble = if index.is_multiple_of(2) {
            byte & 0x0f
        } else {
            byte >> 4
        };
        let bits = match nibble & 3 {
            0 => Bits::Current,
            1 => Bits::Withdrawn,
            2 => Bits::Suspended,
            _ => Bits::Superseded,
        };
        Some((
            bits,
            if nibble & 4 == 0 {
                Warning::None
            } else {
                Warning::Open
            },
        ))
    }

    /// Tree size.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of that tree.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Until when it is believed.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.issued_at.plus(SNAPSHOT_VALIDITY)
    }
}

fn nibble(statuses: &Statuses, index: u64) -> u8 {
    match statuses.of(index) {
        Some(Status { state, warning }) => {
            let state = match state {
                State::Current => 0,
                State::Withdrawn { .. } => 1,
                State::Suspended => 2,
                State::Superseded { .. } => 3,
            };
            state | if warning == Warning::Open { 4 } else { 0 }
        }
        None if statuses.is_revoked(index) => 2,
        None => 0,
    }
}

impl core::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Snapshot(size {} at {})", self.size, self.issued_at)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    iat: Timestamp,
    exp: Timestamp,
    size: u64,
    root: Hash,
    #[serde(with = "serde_bytes")]
    status: Vec<u8>,
}

impl sealed::Sealed for Snapshot {}

impl Statement for Snapshot {
    const KIND: Kind = Kind::Snapshot;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        encode(&Wire {
            typ: type_name(Self::KIND),
            v: FORMAT_VERSION,
            iat: self.issued_at,
            exp: self.expires_at(),
            size: self.size,
            root: self.root,
            status: self.nibbles.clone(),
        })
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let wire: Wire = decode_payload(Self::KIND, payload, MAX_LOG_VIEW)?;
        check_type(Self::KIND, &wire.typ, wire.v)?;
        let snapshot = Self {
            issued_at: wire.iat,
            size: wire.size,
            root: wire.root,
            nibbles: wire.status,
        };
        let bytes = u64::try_from(snapshot.nibbles.len()).unwrap_or(u64::MAX);
        let padding = snapshot.size % 2 == 1 && snapshot.nibbles.last().is_some_and(|last| last >> 4 != 0);
        if bytes != snapshot.size.div_ceil(2) || padding {
            return Err(ContentError::value(
                "status",
                "must hold four bits for every leaf and no more",
            ));
        }
        if snapshot.nibbles.iter().any(|byte| byte & 0x88 != 0) {
            return Err(ContentError::value(
                "status",
                "the fourth bit of every leaf is zero",
            ));
        }
        if wire.exp != snapshot.expires_at() {
            return Err(ContentError::value("exp", "must be 26 hours after iat"));
        }
        Ok(snapshot)
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    fn subject(&self) -> String {
        format!("urn:planseal:snapshot:{}", self.root)
    }
}

impl LoggedStatement for Snapshot {
    fn target(&self) -> Option<ObjectId> {
        None
    }
}
