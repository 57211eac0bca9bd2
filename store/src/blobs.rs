//! Blobs of a record: attachments and rendered documents.
//!
//! A blob's name is a keyed HMAC, so the folder of a record tells nobody who lacks its key which file it holds. Its
//! content is checked against its digest on every reading.

use planseal::id::{ObjectId, PlanId};
use planseal::plan::contacts::Digest;

use crate::Store;
use crate::append::{Request, Shelf};
use crate::key::{ChainId, Key};
use crate::layout::{LayoutError, Reader, Writer};
use crate::read::ReadError;
use crate::records::{Kept, RecordError, Records};
use crate::seal::{DataKey, NamePurpose, RecordKind};

impl Store {
    /// An attached file of a record, checked against its digest.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the bytes may not be believed.
    pub async fn attachment(&self, plan: PlanId, sha256: &Digest) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.0.attachment(plan, sha256).await?)
    }

    /// Keeps a rendered document of a version. One renderer makes one document of a version, so `renderer` names
    /// the software, its release and whatever else changes its output.
    ///
    /// # Errors
    /// [`DocumentError::Differs`] when this renderer's document of the version is there with other bytes.
    pub async fn put_document(
        &self,
        plan: PlanId,
        version: ObjectId,
        renderer: &str,
        bytes: &[u8],
    ) -> Result<(), DocumentError> {
        let data_key = self.0.records.chain_key(&ChainId::Plan(plan)).await?;
        let data_key = data_key.ok_or(DocumentError::NoRecord { plan })?;
        let sha256 = Digest::of(bytes);
        let content = Writer::new(DOCUMENT_FORMAT)
            .fixed(version.as_bytes())
            .bytes(renderer.as_bytes())
            .fixed(sha256.as_bytes())
            .bytes(bytes)
            .finish();
        let key = document_key(&data_key, plan, version, renderer);
        let kept = self
            .0
            .records
            .create(RecordKind::Document, &key, &data_key, &content);
        match kept.await? {
            Kept::Kept => Ok(()),
            Kept::Other(found) => Err(DocumentError::Differs {
                version,
                stored: document(&found).map_err(RecordError::content(&key))?.0,
                given: sha256,
            }),
        }
    }

    /// A rendered document that was kept.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the bytes may not be believed.
    pub async fn document(
        &self,
        plan: PlanId,
        version: ObjectId,
        renderer: &str,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let records = &self.0.records;
        let Some(data_key) = records.chain_key(&ChainId::Plan(plan)).await? else {
            return Ok(None);
        };
        let key = document_key(&data_key, plan, version, renderer);
        let Some(content) = records.read(RecordKind::Document, &key, &data_key).await? else {
            return Ok(None);
        };
        let (_, bytes) = document(&content).map_err(RecordError::content(&key))?;
        Ok(Some(bytes.to_vec()))
    }
}

impl Shelf {
    /// Writes the attachments of a request; those that are there already stay.
    pub(crate) async fn write_files(&self, request: &Request) -> Result<(), RecordError> {
        let ChainId::Plan(plan) = request.chain else {
            return Ok(());
        };
        if request.files.is_empty() {
            return Ok(());
        }
        let data_key = self.records.plan_key_or_new(plan).await?;
        for (sha256, bytes) in &request.files {
            let key = attachment_key(&data_key, plan, sha256.as_bytes());
            let kept = self
                .records
                .create(RecordKind::Attachment, &key, &data_key, bytes);
            if let Kept::Other(_) = kept.await? {
                return Err(mismatch(&key));
            }
        }
        Ok(())
    }

    pub(crate) async fn attachment(
        &self,
        plan: PlanId,
        sha256: &Digest,
    ) -> Result<Option<Vec<u8>>, RecordError> {
        attachment(&self.records, plan, sha256.as_bytes()).await
    }
}

/// A file of a record by its SHA-256, read and compared with it.
pub(crate) async fn attachment(
    records: &Records,
    plan: PlanId,
    sha256: &[u8; 32],
) -> Result<Option<Vec<u8>>, RecordError> {
    let Some(data_key) = records.chain_key(&ChainId::Plan(plan)).await? else {
        return Ok(None);
    };
    let key = attachment_key(&data_key, plan, sha256);
    match records.read(RecordKind::Attachment, &key, &data_key).await? {
        Some(bytes) if Digest::of(&bytes).as_bytes() != sha256 => Err(mismatch(&key)),
        found => Ok(found),
    }
}

/// Reads a listed blob and compares it with its name, whatever kind it is of.
pub(crate) async fn examine(records: &Records, plan: PlanId, name: &str) -> Result<(), RecordError> {
    let key = Key::listed(name);
    let data_key = records.chain_key(&ChainId::Plan(plan)).await?;
    let data_key = data_key.ok_or_else(|| mismatch(&key))?;
    let expected = match records.read(RecordKind::Attachment, &key, &data_key).await {
        Ok(None) => return Ok(()),
        Ok(Some(bytes)) => attachment_key(&data_key, plan, Digest::of(&bytes).as_bytes()),
        Err(RecordError::Seal(_)) => {
            let Some(content) = records.read(RecordKind::Document, &key, &data_key).await? else {
                return Ok(());
            };
            let (version, renderer) = document_name(&content).map_err(RecordError::content(&key))?;
            document_key(&data_key, plan, version, renderer)
        }
        Err(failure) => return Err(failure),
    };
    if expected == key {
        Ok(())
    } else {
        Err(mismatch(&key))
    }
}

/// Format of kept documents.
const DOCUMENT_FORMAT: u8 = 1;

fn attachment_key(data_key: &DataKey, plan: PlanId, sha256: &[u8; 32]) -> Key {
    Key::blob(plan, &data_key.name(NamePurpose::Attachment, sha256))
}

fn document_key(data_key: &DataKey, plan: PlanId, version: ObjectId, renderer: &str) -> Key {
    let value = [version.as_bytes().as_slice(), renderer.as_bytes()].concat();
    Key::blob(plan, &data_key.name(NamePurpose::Document, &value))
}

/// Which version, by which renderer; the document itself has its digest.
fn document_name(content: &[u8]) -> Result<(ObjectId, &str), LayoutError> {
    document(content)?;
    let mut reader = Reader::new(content, DOCUMENT_FORMAT)?;
    let version = ObjectId::from_bytes(reader.fixed("version")?);
    Ok((version, reader.text("renderer")?))
}

fn document(content: &[u8]) -> Result<(Digest, &[u8]), LayoutError> {
    let mut reader = Reader::new(content, DOCUMENT_FORMAT)?;
    let _version: [u8; 32] = reader.fixed("version")?;
    reader.text("renderer")?;
    let sha256: [u8; 32] = reader.fixed("digest")?;
    let bytes = reader.bytes("document")?;
    reader.end()?;
    let found = Digest::of(bytes);
    if *found.as_bytes() == sha256 {
        Ok((found, bytes))
    } else {
        Err(LayoutError::Meaningless { field: "digest" })
    }
}

fn mismatch(key: &Key) -> RecordError {
    RecordError::Content {
        key: key.to_string(),
        reason: "it is not the file its name stands for".to_owned(),
    }
}

/// A document was not kept.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The renderer's name stands for another output.
    #[error(
        "a document of {version} with SHA-256 {stored} is kept under this renderer's name, and {given} was given: a \
         renderer that changes its output changes its name"
    )]
    Differs {
        /// The version.
        version: ObjectId,
        /// The digest of what is kept.
        stored: Digest,
        /// The digest of what was given.
        given: Digest,
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
