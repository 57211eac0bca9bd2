//! What was handed out on paper or as a file: one record for each sealed document.
//!
//! A document itself is not kept, because it follows from its bundle; its digests are, so that a file is known again when
//! the renderer that made it is gone, and a court can be told which bytes a reader was given.

use planseal::id::{ObjectId, PlanId};
use planseal::plan::contacts::Digest;
use planseal::time::Timestamp;

use crate::Store;
use crate::chain;
use crate::key::{ChainId, Key};
use crate::layout::{LayoutError, Reader, Writer};
use crate::read::ReadError;
use crate::records::{Kept, RecordError};
use crate::seal::{DataKey, NamePurpose, RecordKind};

/// One document as it was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintRecord {
    /// The version it shows.
    pub version: ObjectId,
    /// The renderer that made its pages.
    pub renderer: String,
    /// SHA-256 of the pages.
    pub document: Digest,
    /// SHA-256 of the file with its seal; the same as `document` where there is none.
    pub sealed: Digest,
    /// The time that the document states.
    pub at: Timestamp,
}

impl Store {
    /// Keeps the record of a document, before anybody is given it. The same document twice is one record.
    ///
    /// # Errors
    /// [`PrintRecordError`]: the document is not to be handed out.
    pub async fn record_print(&self, plan: PlanId, print: &PrintRecord) -> Result<(), PrintRecordError> {
        let data_key = self.0.records.chain_key(&ChainId::Plan(plan)).await?;
        let data_key = data_key.ok_or(PrintRecordError::NoRecord { plan })?;
        let (key, content) = (key(&data_key, plan, &print.sealed), encode(print));
        let kept = self
            .0
            .records
            .create(RecordKind::Print, &key, &data_key, &content);
        match kept.await? {
            Kept::Kept => Ok(()),
            Kept::Other(_) => Err(PrintRecordError::Differs { sealed: print.sealed }),
        }
    }

    /// The record of a file by its SHA-256; none when this service did not hand it out for this plan.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the bytes may not be believed.
    pub async fn print_of(&self, plan: PlanId, sealed: &Digest) -> Result<Option<PrintRecord>, ReadError> {
        let records = &self.0.records;
        let Some(data_key) = records.chain_key(&ChainId::Plan(plan)).await? else {
            return Ok(None);
        };
        let key = key(&data_key, plan, sealed);
        let Some(content) = records.read(RecordKind::Print, &key, &data_key).await? else {
            return Ok(None);
        };
        let print = decode(&content).map_err(RecordError::content(&key))?;
        if print.sealed == *sealed {
            Ok(Some(print))
        } else {
            Err(RecordError::content(&key)(LayoutError::Meaningless { field: "digest" }).into())
        }
    }
}

/// The name that a record's content stands under.
pub(crate) fn key_of(data_key: &DataKey, plan: PlanId, content: &[u8]) -> Result<Key, LayoutError> {
    Ok(key(data_key, plan, &decode(content)?.sealed))
}

fn key(data_key: &DataKey, plan: PlanId, sealed: &Digest) -> Key {
    Key::blob(plan, &data_key.name(NamePurpose::Print, sealed.as_bytes()))
}

/// Format of print records.
const FORMAT: u8 = 1;

fn encode(print: &PrintRecord) -> Vec<u8> {
    Writer::new(FORMAT)
        .fixed(print.version.as_bytes())
        .bytes(print.renderer.as_bytes())
        .fixed(print.document.as_bytes())
        .fixed(print.sealed.as_bytes())
        .number(print.at.seconds())
        .finish()
}

fn decode(content: &[u8]) -> Result<PrintRecord, LayoutError> {
    let mut reader = Reader::new(content, FORMAT)?;
    let print = PrintRecord {
        version: ObjectId::from_bytes(reader.fixed("version")?),
        renderer: reader.text("renderer")?.to_owned(),
        document: Digest::from_bytes(reader.fixed("document")?),
        sealed: Digest::from_bytes(reader.fixed("digest")?),
        at: chain::timestamp(&mut reader, "time")?,
    };
    reader.end()?;
    Ok(print)
}

/// The record of a document was not kept.
#[derive(Debug, thiserror::Error)]
pub enum PrintRecordError {
    /// A record of this file says something else of it.
    #[error("a record of the file with SHA-256 {sealed} is kept and says something else of it")]
    Differs {
        /// The digest.
        sealed: Digest,
    },
    /// No version of this record is stored.
    #[error("no version of record {plan} is stored")]
    NoRecord {
        /// The record.
        plan: PlanId,
    },
    /// A record could not be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
}
