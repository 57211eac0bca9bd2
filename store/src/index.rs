//! The index from NHS number to record.
//!
//! Only a keyed HMAC of the number is ever stored: an unsalted digest of ten digits is found by trying them all
//! (SECURITY T11). A new record claims its number before its first version is stored, so two records for one
//! number cannot both begin.
//!
//! Claims on one number are numbered from 1. The number belongs to the first claimant whose chain holds a
//! statement. A claimant whose chain is empty may have crashed, or may be slow: its chain is closed with a void
//! record first, and only then does the next claim count. Whichever of the two creates record 1 of that chain
//! decides.

use planseal::id::PlanId;

use crate::chain::{Chains, Extension, Record};
use crate::key::{ChainId, Index, Key};
use crate::layout::{LayoutError, Reader, Writer};
use crate::records::{Kept, RecordError, Records};
use crate::seal::{NamePurpose, RecordKind};

/// Who holds a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The plan that asked.
    Asker,
    /// Another record.
    Other(PlanId),
}

/// A value that finds a record, as its keyed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NumberName([u8; 32]);

impl NumberName {
    /// `digits` are the ten digits of the number.
    pub(crate) fn of(records: &Records, digits: &str) -> Self {
        Self(
            records
                .keys
                .of_store()
                .name(NamePurpose::NhsNumber, digits.as_bytes()),
        )
    }

    fn claim(self, n: u32) -> Key {
        Key::claim(Index::Nhs, INDEX_KEY, &self.0, n)
    }
}

/// The number of the HMAC key in use; another one begins when the key is changed.
const INDEX_KEY: u32 = 1;

/// Format of claims.
const FORMAT: u8 = 1;

/// Claims the number for a plan. `void` is the record that closes the chain of a claimant who never began.
pub(crate) async fn claim(
    records: &Records,
    chains: &Chains,
    name: NumberName,
    plan: PlanId,
    void: &Record,
) -> Result<Holder, RecordError> {
    let content = Writer::new(FORMAT).fixed(plan.as_bytes()).finish();
    let mut n = 1;
    loop {
        let key = name.claim(n);
        let kept = records
            .create(RecordKind::Claim, &key, records.keys.of_store(), &content)
            .await?;
        let Kept::Other(found) = kept else {
            return Ok(Holder::Asker);
        };
        let other = decode(&found).map_err(RecordError::content(&key))?;
        let chain = ChainId::Plan(other);
        match chains.record(records, &chain, 1).await? {
            Some(Record {
                statement: Some(_), ..
            }) => return Ok(Holder::Other(other)),
            Some(Record { statement: None, .. }) => n += 1,
            None => match chains.close_before_it_begins(records, &chain, void).await? {
                Extension::Extended { .. } => n += 1,
                // The claimant's first record arrived in between: look again.
                Extension::Lost => {}
            },
        }
    }
}

/// The record that holds a number, if one does.
pub(crate) async fn find(
    records: &Records,
    chains: &Chains,
    name: NumberName,
) -> Result<Option<PlanId>, RecordError> {
    let mut n = 1;
    loop {
        let key = name.claim(n);
        let Some(content) = records
            .read(RecordKind::Claim, &key, records.keys.of_store())
            .await?
        else {
            return Ok(None);
        };
        let plan = decode(&content).map_err(RecordError::content(&key))?;
        match chains.record(records, &ChainId::Plan(plan), 1).await? {
            Some(Record {
                statement: Some(_), ..
            }) => return Ok(Some(plan)),
            Some(Record { statement: None, .. }) => n += 1,
            None => return Ok(None),
        }
    }
}

fn decode(content: &[u8]) -> Result<PlanId, LayoutError> {
    let mut reader = Reader::new(content, FORMAT)?;
    let plan = PlanId::from_bytes(reader.fixed("plan")?);
    reader.end()?;
    Ok(plan)
}
