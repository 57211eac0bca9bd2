//! The indexes that find a record: by NHS number, and by name, date of birth and postcode together.
//!
//! Only a keyed HMAC of a value is ever stored: an unsalted digest of ten digits is found by trying them all
//! (SECURITY T11). A new record claims its number before its first version is stored, so two records for one
//! number cannot both begin. The other index may hold several records, which may be one person's: whoever publishes is
//! warned.
//!
//! Claims on one number are numbered from 1. The number belongs to the first claimant whose chain holds a
//! statement. A claimant whose chain is empty may have crashed, or may be slow: its chain is closed with a void
//! record first, and only then does the next claim count. Whichever of the two creates record 1 of that chain
//! decides.

use planseal::id::PlanId;
use planseal::plan::person::Person;

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
pub(crate) struct IndexName {
    pub(crate) index: Index,
    hmac: [u8; 32],
}

impl IndexName {
    /// `digits` are the ten digits of the number.
    pub(crate) fn of_number(records: &Records, digits: &str) -> Self {
        let hmac = records
            .keys
            .of_store()
            .name(NamePurpose::NhsNumber, digits.as_bytes());
        let index = Index::Nhs;
        Self { index, hmac }
    }

    /// Family name, first given name, date of birth and postcode, without what people spell in different ways: letter
    /// case, spaces and punctuation. Nothing when one of them is missing.
    pub(crate) fn of_person(records: &Records, person: &Person) -> Option<Self> {
        let postcode = person.usual_address().postcode()?;
        let given = person.name().given().first()?;
        let parts = [
            person.name().family().as_str(),
            given.as_str(),
            &person.date_of_birth().to_string(),
            &postcode.to_string(),
        ];
        let value = parts.map(plain).join("/");
        let hmac = records
            .keys
            .of_store()
            .name(NamePurpose::Person, value.as_bytes());
        let index = Index::Person;
        Some(Self { index, hmac })
    }

    fn claim(self, n: u32) -> Key {
        Key::claim(self.index, INDEX_KEY, &self.hmac, n)
    }

    pub(crate) fn write(self, writer: Writer) -> Writer {
        writer.byte(self.index.code()).fixed(&self.hmac)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let index = Index::from_code(reader.byte("index")?);
        Ok(Self {
            index: index.ok_or(LayoutError::Meaningless { field: "index" })?,
            hmac: reader.fixed("name in an index")?,
        })
    }
}

/// Letters and digits only, in one case.
fn plain(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_uppercase).collect()
}

/// The number of the HMAC key in use; another one begins when the key is changed.
const INDEX_KEY: u32 = 1;

/// Format of claims.
const FORMAT: u8 = 1;

/// Claims the number for a plan. `void` is the record that closes the chain of a claimant who never began.
pub(crate) async fn claim(
    records: &Records,
    chains: &Chains,
    name: IndexName,
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
    name: IndexName,
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

/// Notes that a record holds a value that others may hold too. A crash before this leaves a record that the index does not
/// find; the next version of it, or rebuilding, notes it.
pub(crate) async fn note(records: &Records, name: IndexName, plan: PlanId) -> Result<(), RecordError> {
    let content = Writer::new(FORMAT).fixed(plan.as_bytes()).finish();
    for n in 1.. {
        let key = name.claim(n);
        if let Some(found) = records
            .read(RecordKind::Claim, &key, records.keys.of_store())
            .await?
        {
            if decode(&found).map_err(RecordError::content(&key))? == plan {
                return Ok(());
            }
            continue;
        }
        let kept = records.create(RecordKind::Claim, &key, records.keys.of_store(), &content);
        if kept.await? == Kept::Kept {
            return Ok(());
        }
    }
    Ok(())
}

/// Every record that was noted for a value, in the order of noting.
pub(crate) async fn all(records: &Records, name: IndexName) -> Result<Vec<PlanId>, RecordError> {
    let mut plans = Vec::new();
    for n in 1.. {
        let key = name.claim(n);
        let Some(content) = records
            .read(RecordKind::Claim, &key, records.keys.of_store())
            .await?
        else {
            break;
        };
        plans.push(decode(&content).map_err(RecordError::content(&key))?);
    }
    Ok(plans)
}

/// Reads a listed claim.
pub(crate) async fn examine(records: &Records, name: &str) -> Result<(), RecordError> {
    let key = Key::listed(name);
    let content = records
        .read(RecordKind::Claim, &key, records.keys.of_store())
        .await?;
    let decoded = content.map(|content| decode(&content)).transpose();
    decoded.map(drop).map_err(RecordError::content(&key))
}

fn decode(content: &[u8]) -> Result<PlanId, LayoutError> {
    let mut reader = Reader::new(content, FORMAT)?;
    let plan = PlanId::from_bytes(reader.fixed("plan")?);
    reader.end()?;
    Ok(plan)
}
