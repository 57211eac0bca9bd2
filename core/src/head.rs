//! Heads: the service's signed word on one record, for ten minutes (FORMAT §5).

use serde::{Deserialize, Serialize};

use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::MAX_ENVELOPE;
use crate::id::{ObjectId, PlanId};
use crate::log::tree::Hash;
use crate::statement::{
    ContentError, FORMAT_VERSION, Kind, Statement, check_type, decode_payload, sealed, type_name,
};
use crate::time::Timestamp;

/// A head is believed for ten minutes.
pub const HEAD_VALIDITY: i64 = 10 * 60;

/// The latest version of a record, as of a tree size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The record.
    pub plan: PlanId,
    /// Id of the latest version.
    pub latest: ObjectId,
    /// Its leaf index.
    pub leaf: u64,
    /// Its number.
    pub version_number: u32,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Whether it can be relied on.
    pub state: HeadState,
    /// Open warnings in words.
    pub warnings: Vec<String>,
    /// Tree size.
    pub size: u64,
    /// Root of that tree.
    pub root: Hash,
    /// When this was said; believed for [`HEAD_VALIDITY`].
    pub issued_at: Timestamp,
}

/// The state of a record's latest version; it cannot be superseded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeadState {
    /// Nothing speaks against it.
    Current,
    /// Withdrawn.
    Withdrawn,
    /// Its signer was not entitled, or the key was in other hands.
    Suspended,
}

impl Head {
    /// Until when it is believed.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.issued_at.plus(HEAD_VALIDITY)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    plan: PlanId,
    latest: ObjectId,
    leaf: u64,
    ver: u32,
    signed_at: Timestamp,
    state: HeadState,
    warnings: Vec<String>,
    size: u64,
    root: Hash,
    iat: Timestamp,
    exp: Timestamp,
}

impl sealed::Sealed for Head {}

impl Statement for Head {
    const KIND: Kind = Kind::Head;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        encode(&Wire {
            typ: type_name(Self::KIND),
            v: FORMAT_VERSION,
            plan: self.plan,
            latest: self.latest,
            leaf: self.leaf,
            ver: self.version_number,
            signed_at: self.signed_at,
            state: self.state,
            warnings: self.warnings.clone(),
            size: self.size,
            root: self.root,
            iat: self.issued_at,
            exp: self.expires_at(),
        })
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let wire: Wire = decode_payload(Self::KIND, payload, MAX_ENVELOPE)?;
        check_type(Self::KIND, &wire.typ, wire.v)?;
        let head = Self {
            plan: wire.plan,
            latest: wire.latest,
            leaf: wire.leaf,
            version_number: wire.ver,
            signed_at: wire.signed_at,
            state: wire.state,
            warnings: wire.warnings,
            size: wire.size,
            root: wire.root,
            issued_at: wire.iat,
        };
        if wire.exp != head.expires_at() {
            return Err(ContentError::value("exp", "must be ten minutes after iat"));
        }
        if head.leaf >= head.size {
            return Err(ContentError::value("leaf", "must lie below the tree size"));
        }
        Ok(head)
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    fn subject(&self) -> String {
        self.plan.urn()
    }
}
