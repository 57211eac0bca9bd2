//! What a node hands over to the one that sequences: statements that lie in their chains and are to have a leaf.
//!
//! Each node writes batches under its own nonce, numbered from 1. The sequencing node takes them up in order and says in
//! its commits how far it came (`Cursors`), so that a successor goes on from there. Taking a batch up twice does no harm:
//! what has a leaf keeps it. A batch that cannot be read, or was written by a clock that differs too much from the
//! sequencing node's, is passed over: its writer sequences itself when its patience ends.

use planseal::id::ObjectId;
use planseal::statement::Kind;
use planseal::time::Timestamp;

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
    at: Timestamp,
    submissions: &[Submission],
) -> Result<Kept, RecordError> {
    let content = Writer::new(FORMAT)
        .number(at.seconds())
        .each(submissions, encode)
        .finish();
    let key = Key::handover(node, n);
    records
        .create(RecordKind::Handover, &key, records.keys.of_store(), &content)
        .await
}

/// Reads batch `n` of a node, or nothing when it has handed over no more. `now` is the reader's clock.
pub(super) async fn read(
    records: &Records,
    node: &[u8; 16],
    n: u64,
    now: Timestamp,
) -> Result<Option<Vec<Submission>>, RecordError> {
    let key = Key::handover(node, n);
    let content = records
        .read(RecordKind::Handover, &key, records.keys.of_store())
        .await;
    let content = match content {
        Ok(None) => return Ok(None),
        Ok(Some(content)) => content,
        Err(failure) if failure.is_damage() => return Ok(Some(Vec::new())),
        Err(failure) => return Err(failure),
    };
    // A leaf can never be earlier than the one before it, so one clock that runs ahead would misdate all that follow.
    Ok(Some(match decode_all(&content) {
        Ok((at, submissions)) if at.since(now).unsigned_abs() <= CLOCKS_DIFFER => submissions,
        _ => Vec::new(),
    }))
}

/// One hour: far more than clocks that are kept differ, far less than the 24 hours within which a statement is logged.
const CLOCKS_DIFFER: u64 = 60 * 60;

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

fn decode_all(content: &[u8]) -> Result<(Timestamp, Vec<Submission>), LayoutError> {
    let mut reader = Reader::new(content, FORMAT)?;
    let at = Timestamp::from_seconds(reader.number("time")?);
    let at = at.map_err(|_| LayoutError::Meaningless { field: "time" })?;
    let submissions = reader.each("submissions", decode)?;
    reader.end()?;
    Ok((at, submissions))
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
        let at = Timestamp::from_seconds(1_700_000_000).expect("an instant");
        let content = Writer::new(FORMAT)
            .number(at.seconds())
            .each(&[submission.clone(), submission.clone()], encode)
            .finish();
        assert_eq!(
            decode_all(&content),
            Ok((at, vec![submission.clone(), submission]))
        );
        for end in 0..content.len() {
            assert!(decode_all(&content[..end]).is_err(), "{end}");
        }
    }
}
