//! Leaves: what the log records of an object (FORMAT §4).
//!
//! `[kind, id, time, signer]`, `[…, target]` or `[…, target, from]`. No name, plan id, organisation or status text.

use serde::{Deserialize, Serialize};

use crate::canonical::{DecodeError, decode, encode};
use crate::id::ObjectId;
use crate::log::tree::{Hash, leaf_hash};
use crate::statement::Kind;
use crate::time::Minute;

/// 80 bytes: code, id, minute, and three indices below 2⁶⁴ with their heads.
const MAX_LEAF: usize = 80;

/// One entry of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// The object's kind.
    pub kind: Kind,
    /// The object's id.
    pub id: ObjectId,
    /// When it was logged; never decreases along the log.
    pub time: Minute,
    /// Leaf index of the signer's certificate; the root's own index for the root.
    pub signer: u64,
    /// Leaf index acted on.
    pub target: Option<u64>,
    /// A revocation's `from_index`.
    pub from: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    Plain(u64, ObjectId, Minute, u64),
    Targeted(u64, ObjectId, Minute, u64, u64),
    From(u64, ObjectId, Minute, u64, u64, u64),
}

impl Leaf {
    /// The leaf's bytes, which the tree hashes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let code = u64::from(self.kind.leaf_code().unwrap_or_default());
        let (id, time, signer) = (self.id, self.time, self.signer);
        let wire = match (self.target, self.from) {
            (None, _) => Wire::Plain(code, id, time, signer),
            (Some(target), None) => Wire::Targeted(code, id, time, signer, target),
            (Some(target), Some(from)) => Wire::From(code, id, time, signer, target, from),
        };
        encode(&wire)
            .expect("integers and one byte string are in the profile")
            .into_vec()
    }

    /// Reads a leaf.
    ///
    /// # Errors
    /// [`LeafError`] when the bytes are not a canonical leaf of a known kind.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        let items: Vec<serde_cbor::Value> = decode(bytes, MAX_LEAF)?;
        let mut items = items.into_iter();
        let Some(serde_cbor::Value::Integer(code)) = items.next() else {
            return Err(LeafError::Shape);
        };
        let Some(serde_cbor::Value::Bytes(id)) = items.next() else {
            return Err(LeafError::Shape);
        };
        let kind = u64::try_from(code)
            .ok()
            .and_then(Kind::from_leaf_code)
            .ok_or(LeafError::Kind { code })?;
        let numbers = items
            .map(|item| match item {
                serde_cbor::Value::Integer(number) => u64::try_from(number).map_err(|_| LeafError::Shape),
                _ => Err(LeafError::Shape),
            })
            .collect::<Result<Vec<u64>, LeafError>>()?;
        let (minute, signer, target, from) = match *numbers {
            [minute, signer] => (minute, signer, None, None),
            [minute, signer, target] => (minute, signer, Some(target), None),
            [minute, signer, target, from] => (minute, signer, Some(target), Some(from)),
            _ => return Err(LeafError::Shape),
        };
        let id = ObjectId::from_bytes(id.try_into().map_err(|_| LeafError::Shape)?);
        let time = Minute::from_minutes(minute).map_err(|_| LeafError::Shape)?;
        if (kind == Kind::KeyStatus) != from.is_some() {
            return Err(LeafError::Shape);
        }
        Ok(Self {
            kind,
            id,
            time,
            signer,
            target,
            from,
        })
    }

    /// The leaf's hash in the tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.encode())
    }
}

/// Why bytes are not a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Outside the profile.
    #[error("a log leaf is damaged")]
    Profile(#[from] DecodeError),
    /// Not one of the three shapes.
    #[error("a log leaf is not [kind, id, time, signer, target, from]")]
    Shape,
    /// A kind this software does not know.
    #[error(
        "a log leaf has kind {code}, which this software does not know; a newer kind needs newer software"
    )]
    Kind {
        /// The code found.
        code: i128,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(kind: Kind, target: Option<u64>, from: Option<u64>) -> Leaf {
        let time = Minute::from_minutes(29_000_000).expect("a minute");
        Leaf {
            kind,
            id: ObjectId::of(b"object"),
            time,
            signer: 2,
            target,
            from,
        }
    }

    #[test]
    fn the_three_shapes_round_trip() {
        let shapes = [
            leaf(Kind::Certificate, None, None),
            leaf(Kind::Version, Some(7), None),
            leaf(Kind::KeyStatus, Some(4), Some(9)),
        ];
        for leaf in shapes {
            assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        let good = leaf(Kind::Version, Some(7), None).encode();
        assert!(Leaf::decode(&good[..good.len() - 1]).is_err());
        assert!(Leaf::decode(&leaf(Kind::KeyStatus, Some(4), None).encode()).is_err());
        assert!(Leaf::decode(&leaf(Kind::Card, None, None).encode()).is_err());
        assert!(Leaf::decode(&[]).is_err());
    }
}
