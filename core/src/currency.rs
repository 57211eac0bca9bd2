//! Currency: is this the latest version, and how fresh is the answer (FORMAT §5).
//!
//! "Latest" needs fresh evidence: a head of ten minutes or a snapshot of 26 hours. "Superseded", "withdrawn" and
//! "suspended" do not go stale: evidence of any age may say them, because none of them turns back into "latest" for
//! the same version.

use crate::card::Stamp;
use crate::head::{Head, HeadState};
use crate::id::{IdPrefix, PlanId};
use crate::log::tree::{Hash, TreeHead};
use crate::plan::PlanVersion;
use crate::snapshot::{Bits, Snapshot};
use crate::statement::Statement;
use crate::status::Warning;
use crate::time::Timestamp;
use crate::trust::Revocation;
use crate::verify::{Logged, Verified};

/// Five minutes: how far a signed time may lie ahead of the reader's clock.
pub const CLOCK_TOLERANCE: i64 = 5 * 60;

/// The version asked about, as far as evidence names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The record.
    pub plan: PlanId,
    /// The version's number.
    pub version_number: u32,
    /// The first half of the version's id.
    pub version: IdPrefix,
    /// Its leaf index.
    pub index: u64,
}

impl Subject {
    /// The subject that a registered version is.
    #[must_use]
    pub fn of(version: &Logged<PlanVersion>) -> Self {
        let (content, id) = (version.content(), version.id());
        let (plan, version_number) = (content.plan(), content.version_number());
        Self {
            plan,
            version_number,
            version: id.prefix(),
            index: version.index(),
        }
    }
}

/// What a reader holds about currency. Everything in it is verified.
#[derive(Debug, Clone, Default)]
pub struct Evidence<'a> {
    /// Heads of the record: the reader's own, and the one that a file carries.
    pub heads: Vec<&'a Verified<Head>>,
    /// A snapshot.
    pub snapshot: Option<&'a Verified<Snapshot>>,
    /// The stamp on the paper.
    pub stamp: Option<&'a Verified<Stamp>>,
    /// Revocations of the signer's certificate and of those above it, from the trust list.
    pub revocations: Vec<&'a Revocation>,
    /// Reports about the record that a file proves: their leaf and their warning.
    pub reports: Vec<(u64, &'static str)>,
    /// The tree in which the version was proved: a view of another tree of that size is of another history.
    pub tree: Option<TreeHead>,
    /// The oldest evidence to accept, in seconds; head and snapshot have their own limits besides.
    pub max_age: Option<i64>,
    /// The largest time signed by anything the reader holds: the reader's clock cannot be before it.
    pub clock_floor: Option<Timestamp>,
}

/// The answer to "is it current?". Only [`judge`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    answer: Answer,
    printed_at: Option<Timestamp>,
}

/// What can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The latest version.
    Latest {
        /// When that was said.
        as_of: Timestamp,
        /// By what.
        source: Source,
        /// What is open, in words; with a snapshot only that something is.
        warnings: Vec<String>,
    },
    /// A newer version exists.
    Superseded {
        /// When that was said.
        as_of: Timestamp,
        /// By what.
        source: Source,
        /// When the newer version was signed, where the evidence says it.
        newer_signed_at: Option<Timestamp>,
        /// Whether the newer version itself can be relied on, where the evidence says it.
        newer: Option<HeadState>,
        /// What is open in the record, in words.
        warnings: Vec<String>,
    },
    /// Withdrawn, and not replaced.
    Withdrawn {
        /// When that was said.
        as_of: Timestamp,
        /// By what.
        source: Source,
        /// What is open in the record, in words.
        warnings: Vec<String>,
    },
    /// The signer was not entitled, or the key was in other hands.
    Suspended {
        /// When that was said.
        as_of: Timestamp,
        /// By what.
        source: Source,
        /// What is open in the record, in words.
        warnings: Vec<String>,
    },
    /// Nothing at hand can say.
    Unknown(Unknown),
}

/// What an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The service's head for this record, at most ten minutes old when it said "latest".
    Head,
    /// A snapshot of the whole log.
    Snapshot,
    /// A revocation in the trust list.
    TrustList,
}

/// Why nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// No head and no snapshot.
    NoEvidence,
    /// What there is, is too old.
    TooOld {
        /// When it was made.
        made: Timestamp,
        /// The reader's time.
        now: Timestamp,
    },
    /// What there is, lies in the reader's future: one of the clocks is wrong.
    FromTheFuture {
        /// When it says it was made.
        made: Timestamp,
        /// The reader's time.
        now: Timestamp,
    },
    /// What there is, was made before this version was registered.
    OlderThanTheVersion {
        /// When it was made.
        made: Timestamp,
    },
    /// A head that names another version of the same or a lower number, or a view of another tree of the size in which
    /// the version was proved: the service contradicts what it signed.
    Contradiction {
        /// When it was made.
        made: Timestamp,
    },
}

impl Currency {
    /// What is open in the record, in words, whatever its state.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        match &self.answer {
            Answer::Latest { warnings, .. }
            | Answer::Superseded { warnings, .. }
            | Answer::Withdrawn { warnings, .. }
            | Answer::Suspended { warnings, .. } => warnings,
            Answer::Unknown(_) => &[],
        }
    }

    /// What can be said.
    #[must_use]
    pub const fn answer(&self) -> &Answer {
        &self.answer
    }

    /// When the paper was printed, if its stamp says that this was the latest version then.
    #[must_use]
    pub const fn latest_when_printed(&self) -> Option<Timestamp> {
        self.printed_at
    }
}

/// Judges one version at a time given by the reader, from the freshest evidence that can say something.
#[must_use]
pub fn judge(subject: &Subject, evidence: &Evidence<'_>, at: Timestamp) -> Currency {
    let printed_at = evidence.stamp.map(|stamp| stamp.content().issued_at).filter(|_| {
        evidence
            .stamp
            .is_some_and(|stamp| stamp.content().version == subject.index)
    });
    Currency {
        answer: answer(subject, evidence, at),
        printed_at,
    }
}

fn answer(subject: &Subject, evidence: &Evidence<'_>, at: Timestamp) -> Answer {
    let heads = evidence
        .heads
        .iter()
        .filter(|head| head.content().plan == subject.plan);
    let heads = heads.map(|head| by_head(subject, head.content(), evidence, at));
    let snapshot = evidence
        .snapshot
        .map(|snapshot| by_snapshot(subject, snapshot.content(), evidence, at));
    let revoked = evidence
        .revocations
        .iter()
        .filter(|revoked| revoked.from_index <= subject.index);
    let revoked = revoked.map(|revoked| Answer::Suspended {
        as_of: revoked.at,
        source: Source::TrustList,
        warnings: later_reports(evidence, 0).collect(),
    });
    heads
        .chain(snapshot)
        .chain(revoked)
        .reduce(stronger)
        .unwrap_or(Answer::Unknown(Unknown::NoEvidence))
}

/// The order of FORMAT §5: superseded, withdrawn, suspended, then latest, then nothing. Of two of a kind the fresher.
fn stronger(left: Answer, right: Answer) -> Answer {
    match rank(&left).cmp(&rank(&right)) {
        core::cmp::Ordering::Less => left,
        core::cmp::Ordering::Greater => right,
        core::cmp::Ordering::Equal => fresher(left, right),
    }
}

const fn rank(answer: &Answer) -> u8 {
    match answer {
        Answer::Superseded { .. } => 0,
        Answer::Withdrawn { .. } => 1,
        Answer::Suspended { .. } => 2,
        // One source says "latest" and another contradicts itself: the doubt is shown.
        Answer::Unknown(Unknown::Contradiction { .. }) => 3,
        Answer::Latest { .. } => 4,
        Answer::Unknown(_) => 5,
    }
}

/// Of two answers of a kind, the one that tells more, with the warnings of both: what one source knows, the other must
/// not hide.
fn fresher(left: Answer, right: Answer) -> Answer {
    let (mut kept, mut other) = match tells_more(&left, &right) {
        true => (right, left),
        false => (left, right),
    };
    if let (Some(warnings), Some(others)) = (warnings_of(&mut kept), warnings_of(&mut other))
        && warnings.is_empty()
    {
        *warnings = core::mem::take(others);
    }
    kept
}

/// The later "latest"; and of two heads or snapshots with bad news the one that says when the newer version was signed.
fn tells_more(left: &Answer, right: &Answer) -> bool {
    match (left, right) {
        (Answer::Latest { as_of, .. }, Answer::Latest { as_of: other, .. }) => other > as_of,
        (
            Answer::Superseded { newer_signed_at, .. },
            Answer::Superseded {
                newer_signed_at: other,
                ..
            },
        ) => newer_signed_at.is_none() && other.is_some(),
        _ => false,
    }
}

const fn warnings_of(answer: &mut Answer) -> Option<&mut Vec<String>> {
    match answer {
        Answer::Latest { warnings, .. }
        | Answer::Superseded { warnings, .. }
        | Answer::Withdrawn { warnings, .. }
        | Answer::Suspended { warnings, .. } => Some(warnings),
        Answer::Unknown(_) => None,
    }
}

fn by_head(subject: &Subject, head: &Head, evidence: &Evidence<'_>, at: Timestamp) -> Answer {
    let (as_of, source) = (head.issued_at, Source::Head);
    let contradiction = Answer::Unknown(Unknown::Contradiction { made: as_of });
    let said = head.warnings.iter().cloned();
    let warnings: Vec<String> = said.chain(later_reports(evidence, head.size)).collect();
    if head.latest.prefix() != subject.version {
        return if head.version_number > subject.version_number {
            Answer::Superseded {
                as_of,
                source,
                newer_signed_at: Some(head.signed_at),
                newer: Some(head.state),
                warnings,
            }
        } else if head.size <= subject.index {
            Answer::Unknown(Unknown::OlderThanTheVersion { made: as_of })
        } else {
            contradiction
        };
    }
    if head.version_number != subject.version_number || head.leaf != subject.index {
        return contradiction;
    }
    match head.state {
        HeadState::Withdrawn => Answer::Withdrawn {
            as_of,
            source,
            warnings,
        },
        HeadState::Suspended => Answer::Suspended {
            as_of,
            source,
            warnings,
        },
        HeadState::Current if is_of_another_tree(head.size, head.root, evidence) => contradiction,
        HeadState::Current => match usable(as_of, head.expires_at(), evidence, at) {
            Ok(()) => Answer::Latest {
                as_of,
                source,
                warnings,
            },
            Err(why) => Answer::Unknown(why),
        },
    }
}

/// What the screen says when a snapshot's warning bit is set; the words themselves are not in a snapshot.
const OFFLINE_WARNING: &str = "something has been reported about it; ask";

fn by_snapshot(subject: &Subject, snapshot: &Snapshot, evidence: &Evidence<'_>, at: Timestamp) -> Answer {
    let (as_of, source) = (snapshot.issued_at(), Source::Snapshot);
    let Some((bits, warning)) = snapshot.status(subject.index) else {
        return Answer::Unknown(Unknown::OlderThanTheVersion { made: as_of });
    };
    let bit = (warning == Warning::Open).then(|| OFFLINE_WARNING.to_owned());
    let warnings: Vec<String> = bit
        .into_iter()
        .chain(later_reports(evidence, snapshot.size()))
        .collect();
    match bits {
        Bits::Superseded => Answer::Superseded {
            as_of,
            source,
            newer_signed_at: None,
            newer: None,
            warnings,
        },
        Bits::Withdrawn => Answer::Withdrawn {
            as_of,
            source,
            warnings,
        },
        Bits::Suspended => Answer::Suspended {
            as_of,
            source,
            warnings,
        },
        Bits::Current if is_of_another_tree(snapshot.size(), snapshot.root(), evidence) => {
            Answer::Unknown(Unknown::Contradiction { made: as_of })
        }
        Bits::Current => match usable(as_of, snapshot.expires_at(), evidence, at) {
            Ok(()) => Answer::Latest {
                as_of,
                source,
                warnings,
            },
            Err(why) => Answer::Unknown(why),
        },
    }
}

/// Two trees of one size: the service signed two histories. Only "latest" is doubted for that; bad news is believed.
fn is_of_another_tree(size: u64, root: Hash, evidence: &Evidence<'_>) -> bool {
    evidence
        .tree
        .is_some_and(|tree| tree.size == size && tree.root != root)
}

/// Reports that the evidence of this tree size cannot have known.
fn later_reports(evidence: &Evidence<'_>, size: u64) -> impl Iterator<Item = String> {
    evidence
        .reports
        .iter()
        .filter(move |(index, _)| *index >= size)
        .map(|(_, words)| (*words).to_owned())
}

/// Whether evidence may say "latest". Only that needs a clock: bad news is believed whatever the clock says.
fn usable(
    made: Timestamp,
    expires: Timestamp,
    evidence: &Evidence<'_>,
    now: Timestamp,
) -> Result<(), Unknown> {
    if made.since(now) > CLOCK_TOLERANCE {
        return Err(Unknown::FromTheFuture { made, now });
    }
    let now = evidence.clock_floor.map_or(now, |floor| floor.max(now));
    if now > expires || evidence.max_age.is_some_and(|limit| now.since(made) > limit) {
        return Err(Unknown::TooOld { made, now });
    }
    Ok(())
}
