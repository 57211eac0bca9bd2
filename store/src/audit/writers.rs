//! The writers there are and were: registered, followed by their streams, and ended.

use std::collections::BTreeMap;

use planseal::time::Timestamp;

use super::End;
use super::event::{Event, Intent, Segment};
use crate::key::{Key, Prefix};
use crate::layout::{LayoutError, Reader, Writer};
use crate::records::{Kept, RecordError, Records};
use crate::seal::RecordKind;

pub(super) async fn register(records: &Records, node: [u8; 16], at: Timestamp) -> Result<u64, RecordError> {
    let mut epoch = writers(records).await?.last().map_or(1, |last| last.epoch + 1);
    let content = Writer::new(NODE_FORMAT)
        .fixed(&node)
        .number(at.seconds())
        .finish();
    loop {
        let key = Key::node(epoch);
        let kept = records.create(RecordKind::Node, &key, records.keys.of_store(), &content);
        match kept.await? {
            Kept::Kept => return Ok(epoch),
            Kept::Other(_) => epoch += 1,
        }
    }
}

/// Says that nothing in a stream is left to be settled.
pub(super) async fn end_for_good(records: &Records, epoch: u64) -> Result<(), RecordError> {
    let content = Writer::new(NODE_FORMAT).finish();
    let key = Key::ended(epoch);
    let kept = records.create(RecordKind::Ended, &key, records.keys.of_store(), &content);
    kept.await.map(drop)
}

/// Format of writer registrations.
const NODE_FORMAT: u8 = 1;

/// A writer whose stream was not ended, with what it was about to do.
pub(crate) struct Predecessor {
    end: End,
    fenced: bool,
    pub(crate) intents: Vec<Intent>,
}

/// What became of a writer that was to be fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fence {
    /// It can write no more.
    Stands,
    /// It has written again: it is alive, or somebody else fenced it.
    Outrun,
}

impl Predecessor {
    /// Ends the writer's stream: the name of its next segment is taken, so it can write no more.
    pub(crate) async fn fence(
        &self,
        records: &Records,
        by: u64,
        at: Timestamp,
    ) -> Result<Fence, RecordError> {
        let epoch = self.end.epoch;
        if !self.fenced {
            let sequence = self.end.sequence + 1;
            let segment = Segment {
                epoch,
                sequence,
                previous: self.end.digest,
                settled: self.end.sequence,
                at,
                events: vec![Event::Fenced { by }],
            };
            let key = Key::segment(epoch, sequence);
            let content = segment.encode();
            let kept = records.create(RecordKind::Segment, &key, records.keys.of_store(), &content);
            if let Kept::Other(_) = kept.await? {
                return Ok(Fence::Outrun);
            }
        }
        end_for_good(records, epoch).await?;
        Ok(Fence::Stands)
    }
}

/// A registered writer, and whether its stream has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriterNumber {
    pub(crate) epoch: u64,
    ended: bool,
}

/// The writers below a number whose streams were not ended, oldest first, with their intents that may be open.
pub(crate) async fn predecessors(records: &Records, before: u64) -> Result<Vec<Predecessor>, RecordError> {
    let mut found = Vec::new();
    for writer in writers(records).await? {
        if writer.epoch < before && !writer.ended {
            found.push(read_stream(records, writer.epoch).await?);
        }
    }
    Ok(found)
}

/// How many segments each writer has written whose stream was not ended.
pub(crate) async fn lengths(records: &Records) -> Result<BTreeMap<u64, u64>, RecordError> {
    let mut lengths = BTreeMap::new();
    for writer in writers(records).await?.into_iter().filter(|writer| !writer.ended) {
        let segment = |sequence| Key::segment(writer.epoch, sequence);
        let last = records.engine.last(1, segment).await?;
        lengths.insert(writer.epoch, last.unwrap_or(0));
    }
    Ok(lengths)
}

/// The nonces of all nodes whose streams have not ended, in the order in which they registered.
pub(crate) async fn nodes(records: &Records) -> Result<Vec<[u8; 16]>, RecordError> {
    let mut nodes = Vec::new();
    for writer in writers(records).await? {
        if !writer.ended
            && let Some(node) = read_node(records, writer.epoch).await?
            && !nodes.contains(&node)
        {
            nodes.push(node);
        }
    }
    Ok(nodes)
}

async fn read_node(records: &Records, epoch: u64) -> Result<Option<[u8; 16]>, RecordError> {
    let key = Key::node(epoch);
    let content = records
        .read(RecordKind::Node, &key, records.keys.of_store())
        .await?;
    let decode = |content: Vec<u8>| {
        let mut reader = Reader::new(&content, NODE_FORMAT)?;
        let node = reader.fixed("node")?;
        reader.number("time")?;
        reader.end()?;
        Ok(node)
    };
    let node: Result<Option<[u8; 16]>, LayoutError> = content.map(decode).transpose();
    node.map_err(RecordError::content(&key))
}

/// Reads the end of a writer's stream, from the first intent on that may be open, and checks that it hangs together.
pub(crate) async fn read_stream(records: &Records, epoch: u64) -> Result<Predecessor, RecordError> {
    read_node(records, epoch).await?;
    let last = records
        .engine
        .last(1, |sequence| Key::segment(epoch, sequence))
        .await?;
    let mut found = Predecessor {
        end: End::before_the_first(epoch),
        fenced: false,
        intents: Vec::new(),
    };
    let Some(last) = last else {
        return Ok(found);
    };
    let (segment, _) = read_segment(records, epoch, last).await?;
    let mut sequence = (segment.settled + 1).min(last);
    found.end.sequence = sequence - 1;
    found.end.digest = read_segment(records, epoch, sequence).await?.0.previous;
    while sequence <= last {
        let (segment, content) = read_segment(records, epoch, sequence).await?;
        if segment.previous != found.end.digest {
            return Err(broken(
                epoch,
                sequence,
                "it does not follow the segment before it",
            ));
        }
        found.fenced = segment.fence().is_some();
        found
            .intents
            .extend(segment.events.iter().filter_map(Event::intent));
        found.end = found.end.after(&content);
        sequence += 1;
    }
    Ok(found)
}

/// The numbers of all writers there ever were: they are numbered without gaps.
pub(crate) async fn every_writer(records: &Records) -> Result<Vec<u64>, RecordError> {
    let writers = writers(records).await?;
    Ok((1..=writers.last().map_or(0, |last| last.epoch)).collect())
}

/// Reads a writer's whole stream and checks that it hangs together; gives how many segments it has. A stream that was
/// said to have ended has its fence.
pub(crate) async fn examine(records: &Records, epoch: u64) -> Result<u64, RecordError> {
    if read_node(records, epoch).await?.is_none() {
        return Err(broken(epoch, 0, "the registration of its writer is missing"));
    }
    let listed = records.engine.list(&Prefix::stream(epoch)).await?.len();
    let mut end = End::before_the_first(epoch);
    let mut last = None;
    loop {
        let sequence = end.sequence + 1;
        let key = Key::segment(epoch, sequence);
        if records.engine.size(&key).await?.is_none() {
            break;
        }
        let (segment, content) = read_segment(records, epoch, sequence).await?;
        if segment.previous != end.digest || segment.epoch != epoch || segment.sequence != sequence {
            return Err(broken(
                epoch,
                sequence,
                "it does not follow the segment before it",
            ));
        }
        last = segment.fence();
        end = end.after(&content);
    }
    let key = Key::ended(epoch);
    let ended = records
        .read(RecordKind::Ended, &key, records.keys.of_store())
        .await?;
    if u64::try_from(listed).unwrap_or(u64::MAX) > end.sequence {
        return Err(broken(
            epoch,
            end.sequence + 1,
            "it is missing, and later ones are there",
        ));
    }
    match (ended, last) {
        (Some(_), None) => Err(broken(epoch, end.sequence + 1, "its end is missing")),
        _ => Ok(end.sequence),
    }
}

async fn read_segment(
    records: &Records,
    epoch: u64,
    sequence: u64,
) -> Result<(Segment, Vec<u8>), RecordError> {
    let key = Key::segment(epoch, sequence);
    let content = records
        .read(RecordKind::Segment, &key, records.keys.of_store())
        .await?;
    let content = content.ok_or_else(|| broken(epoch, sequence, "it is missing"))?;
    let segment = Segment::decode(&content).map_err(RecordError::content(&key))?;
    Ok((segment, content))
}

fn broken(epoch: u64, sequence: u64, reason: &'static str) -> RecordError {
    RecordError::Chain {
        chain: format!("a/{epoch:012}"),
        n: u32::try_from(sequence).unwrap_or(u32::MAX),
        reason,
    }
}

/// Twelve digits, as the store writes them.
fn epoch_of(number: &str) -> Option<u64> {
    let plain = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| plain)
}

/// All writers by number, ascending: one for each time a store was opened, or a node registered again.
async fn writers(records: &Records) -> Result<Vec<WriterNumber>, RecordError> {
    let names = records.engine.list(&Prefix::nodes()).await?;
    let mut writers: BTreeMap<u64, bool> = BTreeMap::new();
    for name in names.iter().filter_map(|name| name.strip_prefix("n/")) {
        let (number, ended) = match name.strip_suffix(".ended") {
            Some(number) => (number, true),
            None => (name, false),
        };
        if let Some(epoch) = epoch_of(number) {
            *writers.entry(epoch).or_default() |= ended;
        }
    }
    let writer = |(epoch, ended)| WriterNumber { epoch, ended };
    Ok(writers.into_iter().map(writer).collect())
}
