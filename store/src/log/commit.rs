//! Log commits and the index from object to leaf.
//!
//! A commit holds the leaves it adds and, for each, the record of a chain that it consumes, and says how much of what
//! other nodes handed over has been taken up so far. Commits name their predecessor's digest. They are sealed, because
//! leaves alone say nothing of a plan and the places do.

use planseal::id::ObjectId;
use sha2::{Digest, Sha256};

use super::Cursors;
use crate::key::ChainId;
use crate::layout::{LayoutError, Reader, Writer};

/// Leaves that became part of the log together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Its number, from 0.
    pub(crate) number: u64,
    /// The index of its first leaf.
    pub(crate) first: u64,
    /// SHA-256 of the content of the commit before; zeroes before the first.
    pub(crate) previous: [u8; 32],
    /// The writer's nonce: the same bytes are one's own.
    pub(crate) node: [u8; 16],
    pub(crate) entries: Vec<Entry>,
    /// As of this commit, for every node that is still heard of.
    pub(crate) cursors: Cursors,
}

/// One leaf, and the statement it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) leaf: Vec<u8>,
    pub(crate) id: ObjectId,
    pub(crate) place: Place,
}

/// A record of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) chain: ChainId,
    pub(crate) n: u32,
}

/// What the log knows of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Logged {
    /// Its leaf.
    pub(crate) index: u64,
    pub(crate) place: Place,
}

/// Format of commits and of index entries.
const FORMAT: u8 = 1;

impl Commit {
    pub(crate) fn encode(&self) -> Vec<u8> {
        Writer::new(FORMAT)
            .number(self.number)
            .number(self.first)
            .fixed(&self.previous)
            .fixed(&self.node)
            .each(&self.entries, |writer, entry| {
                let writer = writer.bytes(&entry.leaf).fixed(entry.id.as_bytes());
                entry.place.write(writer)
            })
            .each(
                &self.cursors.iter().collect::<Vec<_>>(),
                |writer, (node, cursor)| writer.fixed(*node).number(**cursor),
            )
            .finish()
    }

    pub(crate) fn decode(content: &[u8]) -> Result<Self, LayoutError> {
        let mut reader = Reader::new(content, FORMAT)?;
        let commit = Self {
            number: reader.number("number")?,
            first: reader.number("first leaf")?,
            previous: reader.fixed("predecessor")?,
            node: reader.fixed("node")?,
            entries: reader.each("leaves", |reader| {
                Ok(Entry {
                    leaf: reader.bytes("leaf")?.to_vec(),
                    id: ObjectId::from_bytes(reader.fixed("id")?),
                    place: Place::read(reader)?,
                })
            })?,
            cursors: reader
                .each("cursors", |reader| {
                    Ok((reader.fixed("node")?, reader.number("cursor")?))
                })?
                .into_iter()
                .collect(),
        };
        reader.end()?;
        Ok(commit)
    }
}

impl Logged {
    pub(crate) fn encode(&self) -> Vec<u8> {
        self.place.write(Writer::new(FORMAT).number(self.index)).finish()
    }

    pub(crate) fn decode(content: &[u8]) -> Result<Self, LayoutError> {
        let mut reader = Reader::new(content, FORMAT)?;
        let logged = Self {
            index: reader.number("index")?,
            place: Place::read(&mut reader)?,
        };
        reader.end()?;
        Ok(logged)
    }
}

impl Place {
    pub(super) fn write(&self, writer: Writer) -> Writer {
        writer.bytes(self.chain.to_string().as_bytes()).number32(self.n)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let chain = ChainId::parse(reader.text("chain")?);
        Ok(Self {
            chain: chain.ok_or(LayoutError::Meaningless { field: "chain" })?,
            n: reader.number32("record number")?,
        })
    }
}

/// What the next commit names as its predecessor.
pub(crate) fn digest(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

#[cfg(test)]
mod tests {
    use planseal::id::PlanId;

    use super::*;

    #[test]
    fn commits_and_index_entries_are_read_back_and_every_truncation_is_refused() {
        let place = Place {
            chain: ChainId::Plan(PlanId::from_bytes([7; 16])),
            n: 3,
        };
        let commit = Commit {
            number: 4,
            first: 9,
            previous: [1; 32],
            node: [2; 16],
            entries: vec![Entry {
                leaf: b"leaf".to_vec(),
                id: ObjectId::from_bytes([5; 32]),
                place,
            }],
            cursors: Cursors::from([([3; 16], 8), ([4; 16], 1)]),
        };
        let content = commit.encode();
        assert_eq!(Commit::decode(&content), Ok(commit));
        for end in 0..content.len() {
            assert!(Commit::decode(&content[..end]).is_err(), "{end}");
        }
        let logged = Logged { index: 9, place };
        let content = logged.encode();
        assert_eq!(Logged::decode(&content), Ok(logged));
        assert!(Logged::decode(&content[1..]).is_err());
    }
}
