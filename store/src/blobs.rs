//! Attached files of a record.
//!
//! A blob's name is a keyed HMAC, so the folder of a record tells nobody who lacks its key which file it holds. Its
//! content is checked against its digest on every reading.

use planseal::id::PlanId;
use planseal::plan::contacts::Digest;

use crate::Store;
use crate::append::{Request, Shelf};
use crate::key::{ChainId, Key};
use crate::prints;
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
        Err(RecordError::Seal(_)) => match records.read(RecordKind::Print, &key, &data_key).await? {
            None => return Ok(()),
            Some(content) => prints::key_of(&data_key, plan, &content).map_err(RecordError::content(&key))?,
        },
        Err(failure) => return Err(failure),
    };
    if expected == key {
        Ok(())
    } else {
        Err(mismatch(&key))
    }
}

fn attachment_key(data_key: &DataKey, plan: PlanId, sha256: &[u8; 32]) -> Key {
    Key::blob(plan, &data_key.name(NamePurpose::Attachment, sha256))
}

fn mismatch(key: &Key) -> RecordError {
    RecordError::Content {
        key: key.to_string(),
        reason: "it is not the file its name stands for".to_owned(),
    }
}
