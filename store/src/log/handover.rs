//! What a node hands over to the one that sequences: statements that lie in their chains and are to have a leaf.
//!
//! Each node writes batches under its own nonce, numbered from 1. The sequencing node takes them up in order and says in
//! its commits how far it came (`Cursors`), so that a successor goes on from there. Taking a batch up twice does no harm:
//! what has a leaf keeps it.

use planseal::id::ObjectId;
use planseal::statement::Kind;

use super::commit::Place;
use super::sequence::Submission;
use crate::key::Key;
use crate::layout::{LayoutError, Reader, Writer};
use crate::records::{Kept, RecordError, Records};
use crate::seal::RecordKind;

/// Format of handed-over batches.
const FORMAT: u8 = 1;

/// Writes batch `n` of a node.
pub(super) async fn write(
    records: &Records,
    node: &[u8; 16],
    n: u64,
    submissions: &[Submission],
) -> Result<Kept, RecordError> {
    let content = Writer::new(FORMAT).each(submissions, encode).finish();
    let key = Key::handover(node, n);
    records
        .create(RecordKind::Handover, &key, records.keys.of_store(), &content)
        .await
}

/// Reads batch `n` of a node, or nothing when it has handed over no more.
pub(super) async fn read(
    records: &Records,
    node: &[u8; 16],
    n: u64,
) -> Result<Option<Vec<Submission>>, RecordError> {
    let key = Key::handover(node, n);
    let content = records
        .read(RecordKind::Handover, &key, records.keys.of_store())
        .await?;
    let decode = |content: Vec<u8>| decode_all(&content).map_err(RecordError::content(&key));
    content.map(decode).transpose()
}

fn encode(writer: Writer, submission: &Submission) -> Writer {
    let code = submission
        .kind
        .leaf_code()
        .expect("only logged kinds are submitted");
    let writer = writer
        .byte(code)
        .fixed(submission.id.as_bytes())
        .fixed(submission.signer.as_bytes())
        .option(submission.target, |writer, target| {
            writer.fixed(target.as_bytes())
        })
        .option(submission.from, Writer::number);
    submission.place.write(writer)
}

fn decode_all(content: &[u8]) -> Result<Vec<Submission>, LayoutError> {
    let mut reader = Reader::new(content, FORMAT)?;
    let submissions = reader.each("submissions", decode)?;
    reader.end()?;
    Ok(submissions)
}

fn decode(reader: &mut Reader<'_>) -> Result<Submission, LayoutError> {
    let kind = Kind::from_leaf_code(reader.byte("kind")?.into());
    Ok(Submission {
        kind: kind.ok_or(LayoutError::Meaningless { field: "kind" })?,
        id: ObjectId::from_bytes(reader.fixed("id")?),
        signer: ObjectId::from_bytes(reader.fixed("signer")?),
        target: reader
            .option("target", |reader| reader.fixed("target"))?
            .map(ObjectId::from_bytes),
        from: reader.option("from", |reader| reader.number("from"))?,
        place: Place::read(reader)?,
    })
}

#[cfg(test)]
mod tests {
    use planseal::id::PlanId;

    use super::*;
    use crate::key::ChainId;

    #[test]
    fn batches_are_read_back_and_every_truncation_is_refused() {
        let submission = Submission {
            kind: Kind::KeyStatus,
            id: ObjectId::from_bytes([1; 32]),
            signer: ObjectId::from_bytes([2; 32]),
            target: Some(ObjectId::from_bytes([3; 32])),
            from: Some(7),
            place: Place {
                chain: ChainId::Plan(PlanId::from_bytes([4; 16])),
                n: 5,
            },
        };
        let content = Writer::new(FORMAT)
            .each(&[submission.clone(), submission.clone()], encode)
            .finish();
        assert_eq!(decode_all(&content), Ok(vec![submission.clone(), submission]));
        for end in 0..content.len() {
            assert!(decode_all(&content[..end]).is_err(), "{end}");
        }
    }
}
