//! Status: a pure function of the log's leaves (FORMAT §5).
//!
//! Anybody who holds the leaves can replay them and must come to the same answer; head and snapshot only sign it.

use std::collections::{BTreeMap, BTreeSet};

use crate::log::leaf::Leaf;
use crate::statement::Kind;

/// What the log says of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Current or not.
    pub state: State,
    /// Whether a report or an advance decision in the record's chain is unresolved, or its withdrawal is doubtful.
    pub warning: Warning,
}

/// Whether a version is current, in the order in which the reasons count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The latest, and nothing speaks against it.
    Current,
    /// A later version took its place.
    Superseded {
        /// Leaf index of the first successor.
        by: u64,
    },
    /// Withdrawn and not replaced since.
    Withdrawn {
        /// Leaf index of the withdrawal.
        by: u64,
    },
    /// Its signer's certificate was revoked from before it.
    Suspended,
}

/// Whether there is something to look at before relying on a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// Nothing is open.
    None,
    /// Something is open: ask.
    Open,
}

/// A fold of the leaves.
#[derive(Debug, Clone, Default)]
pub struct Statuses {
    leaves: Vec<Leaf>,
    /// First leaf of the record's chain, for every leaf in one.
    chain: BTreeMap<u64, u64>,
    superseded: BTreeMap<u64, u64>,
    /// The winner over each version that lost a fork, or follows one that did.
    lost: BTreeMap<u64, u64>,
    withdrawn: BTreeMap<u64, u64>,
    /// Smallest `from_index` of each revoked certificate.
    revoked: BTreeMap<u64, u64>,
    /// Reports of each chain.
    reports: BTreeMap<u64, BTreeSet<u64>>,
    /// Intakes of each chain.
    intakes: BTreeMap<u64, BTreeSet<u64>>,
    /// Resolutions of each report and intake.
    resolutions: BTreeMap<u64, Vec<u64>>,
}

impl Statuses {
    /// Replays a whole log.
    ///
    /// # Errors
    /// [`StatusError`] at the first leaf that acts on nothing before it.
    pub fn replay<'a>(leaves: impl IntoIterator<Item = &'a Leaf>) -> Result<Self, StatusError> {
        let mut statuses = Self::default();
        leaves.into_iter().try_for_each(|leaf| statuses.push(leaf))?;
        Ok(statuses)
    }

    /// Adds the next leaf.
    ///
    /// # Errors
    /// [`StatusError`] when it acts on a leaf that is not before it.
    pub fn push(&mut self, leaf: &Leaf) -> Result<(), StatusError> {
        let index = self.size();
        if let Some(target) = leaf.target.filter(|target| *target >= index) {
            return Err(StatusError { index, target });
        }
        match (leaf.kind, leaf.target) {
            (Kind::Version, None) => {
                self.chain.insert(index, index);
            }
            (Kind::Intake, None) => {
                self.chain.insert(index, index);
                self.intakes.entry(index).or_default().insert(index);
            }
            (Kind::Version, Some(target)) => self.succeed(index, target),
            (Kind::Withdrawal, Some(target)) => {
                self.join(index, target);
                self.withdrawn.entry(target).or_insert(index);
            }
            (Kind::KeyStatus, Some(certificate)) => {
                let from = leaf.from.unwrap_or(index);
                let earliest = self.revoked.entry(certificate).or_insert(from);
                *earliest = (*earliest).min(from);
            }
            (Kind::Report, Some(target)) => {
                let chain = self.join(index, target);
                self.reports.entry(chain).or_default().insert(index);
            }
            (Kind::Intake, Some(target)) => {
                let chain = self.join(index, target);
                self.intakes.entry(chain).or_default().insert(index);
            }
            (Kind::Resolution, Some(target)) => {
                self.join(index, target);
                self.resolutions.entry(target).or_default().push(index);
            }
            _ => {}
        }
        self.leaves.push(*leaf);
        Ok(())
    }

    /// A version replaces the version it targets, or the one that its target withdrew. The first successor wins.
    fn succeed(&mut self, index: u64, target: u64) {
        self.join(index, target);
        let withdrawn = self
            .leaf(target)
            .filter(|leaf| leaf.kind == Kind::Withdrawal)
            .and_then(|leaf| leaf.target);
        for before in [Some(target), withdrawn].into_iter().flatten() {
            let first = *self.superseded.entry(before).or_insert(index);
            let winner = Some(first)
                .filter(|first| *first != index)
                .or_else(|| self.lost.get(&before).copied());
            if let Some(winner) = winner {
                self.lost.entry(index).or_insert(winner);
            }
        }
    }

    /// Puts a leaf into the chain of what it acts on.
    fn join(&mut self, index: u64, target: u64) -> u64 {
        let chain = self.chain.get(&target).copied().unwrap_or(target);
        self.chain.insert(index, chain);
        chain
    }

    /// What the log says of the version at `index`; nothing for leaves of other kinds.
    #[must_use]
    pub fn of(&self, index: u64) -> Option<Status> {
        let leaf = self.leaf(index).filter(|leaf| leaf.kind == Kind::Version)?;
        let state = if let Some(by) = self.superseded.get(&index).or_else(|| self.lost.get(&index)) {
            State::Superseded { by: *by }
        } else if let Some(by) = self.withdrawn.get(&index) {
            State::Withdrawn { by: *by }
        } else if self.is_revoked_at(leaf.signer, index) {
            State::Suspended
        } else {
            State::Current
        };
        let warning = match self.open(index).next() {
            Some(_) => Warning::Open,
            None => Warning::None,
        };
        Some(Status { state, warning })
    }

    /// Whether a revocation of this certificate, or of one above it, reaches an object at `index`.
    #[must_use]
    pub fn is_revoked_at(&self, certificate: u64, index: u64) -> bool {
        // Certificates are issued by earlier ones, so the chain ends; the root certifies itself.
        let issuer = |certificate: &u64| {
            self.leaf(*certificate)
                .map(|leaf| leaf.signer)
                .filter(|next| next < certificate)
        };
        core::iter::successors(Some(certificate), issuer)
            .any(|certificate| self.revoked.get(&certificate).is_some_and(|from| *from <= index))
    }

    /// The number of the version at `index`, counted along its record's chain.
    #[must_use]
    pub fn version_number(&self, index: u64) -> Option<u32> {
        let first = self.leaf(index).filter(|leaf| leaf.kind == Kind::Version)?;
        let before = |leaf: &&Leaf| self.leaf(leaf.target?);
        let chain = core::iter::successors(Some(first), before);
        u32::try_from(chain.filter(|leaf| leaf.kind == Kind::Version).count()).ok()
    }

    /// Whether the certificate at `index` is revoked.
    #[must_use]
    pub fn is_revoked(&self, index: u64) -> bool {
        self.revoked.contains_key(&index)
    }

    /// How many leaves were replayed.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::try_from(self.leaves.len()).expect("a length in memory fits 64 bit")
    }

    /// The leaf at `index`.
    #[must_use]
    pub fn leaf(&self, index: u64) -> Option<&Leaf> {
        self.leaves.get(usize::try_from(index).ok()?)
    }

    /// The leaves that warn of the version, or of the intake before any version, at `index`: open reports and intakes in its chain, and a withdrawal of it by a
    /// signer who was revoked from there or before.
    pub fn open(&self, index: u64) -> impl Iterator<Item = u64> {
        let chain = self.chain.get(&index);
        let reports = chain
            .and_then(|chain| self.reports.get(chain))
            .into_iter()
            .flatten();
        let intakes = chain
            .and_then(|chain| self.intakes.get(chain))
            .into_iter()
            .flatten();
        let doubtful = self.withdrawn.get(&index).filter(|by| self.is_by_revoked(**by));
        reports
            .chain(intakes)
            .copied()
            .filter(|open| !self.is_resolved(*open))
            .chain(doubtful.copied())
    }

    fn is_by_revoked(&self, index: u64) -> bool {
        self.leaf(index)
            .is_some_and(|leaf| self.is_revoked_at(leaf.signer, index))
    }

    /// A resolution by a signer who was revoked from its index or before closes nothing.
    fn is_resolved(&self, index: u64) -> bool {
        let resolutions = self.resolutions.get(&index).into_iter().flatten();
        resolutions
            .filter_map(|at| Some((*at, self.leaf(*at)?)))
            .any(|(at, leaf)| !self.is_revoked_at(leaf.signer, at))
    }

    /// The version that stands at the end of the chain of the version at `index`, by the first successor of each.
    #[must_use]
    pub fn latest_after(&self, index: u64) -> u64 {
        let mut latest = index;
        while let Some(next) = self.superseded.get(&latest) {
            latest = *next;
        }
        latest
    }
}

/// A leaf that acts on a leaf not before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("leaf {index} acts on leaf {target}, which does not come before it")]
pub struct StatusError {
    /// The leaf.
    pub index: u64,
    /// What it acts on.
    pub target: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ObjectId;
    use crate::time::Minute;

    fn log(leaves: &[(Kind, u64, Option<u64>, Option<u64>)]) -> Statuses {
        let time = Minute::from_minutes(1).expect("a minute");
        let leaves: Vec<Leaf> = leaves
            .iter()
            .map(|(kind, signer, target, from)| Leaf {
                kind: *kind,
                id: ObjectId::of(b""),
                time,
                signer: *signer,
                target: *target,
                from: *from,
            })
            .collect();
        Statuses::replay(&leaves).expect("a log")
    }

    const ROOT: (Kind, u64, Option<u64>, Option<u64>) = (Kind::Certificate, 0, None, None);
    const FIRST: (Kind, u64, Option<u64>, Option<u64>) = (Kind::Version, 0, None, None);

    fn state(statuses: &Statuses, index: u64) -> State {
        statuses.of(index).expect("a version").state
    }

    #[test]
    fn a_successor_supersedes_and_the_first_one_wins() {
        let statuses = log(&[
            ROOT,
            FIRST,
            (Kind::Version, 0, Some(1), None),
            (Kind::Version, 0, Some(1), None),
        ]);
        assert_eq!(state(&statuses, 1), State::Superseded { by: 2 });
        assert_eq!(state(&statuses, 2), State::Current);
        assert_eq!(
            state(&statuses, 3),
            State::Superseded { by: 2 },
            "the loser of a fork is not current"
        );
        assert_eq!(statuses.latest_after(1), 2);
        assert_eq!(statuses.of(0), None);
    }

    #[test]
    fn a_version_after_a_withdrawal_supersedes_what_was_withdrawn() {
        let withdrawn = [ROOT, FIRST, (Kind::Withdrawal, 0, Some(1), None)];
        assert_eq!(state(&log(&withdrawn), 1), State::Withdrawn { by: 2 });
        let renewed = [withdrawn.as_slice(), &[(Kind::Version, 0, Some(2), None)]].concat();
        assert_eq!(state(&log(&renewed), 1), State::Superseded { by: 3 });
        assert_eq!(state(&log(&renewed), 3), State::Current);
    }

    #[test]
    fn a_revocation_suspends_from_its_index_on() {
        let leaves = |from| [ROOT, FIRST, (Kind::KeyStatus, 0, Some(0), Some(from))];
        assert_eq!(state(&log(&leaves(1)), 1), State::Suspended);
        assert_eq!(state(&log(&leaves(2)), 1), State::Current);
    }

    #[test]
    fn a_revoked_issuer_suspends_what_its_people_signed() {
        let issued = (Kind::Certificate, 1, None, None);
        let signed = (Kind::Version, 2, None, None);
        let revoked = (Kind::KeyStatus, 0, Some(1), Some(2));
        assert_eq!(
            state(&log(&[ROOT, ROOT, issued, signed, revoked]), 3),
            State::Suspended
        );
    }

    #[test]
    fn reports_warn_until_they_are_resolved() {
        let reported = [ROOT, FIRST, (Kind::Report, 0, Some(1), None)];
        assert_eq!(
            log(&reported).of(1).map(|status| status.warning),
            Some(Warning::Open)
        );
        let resolved = [reported.as_slice(), &[(Kind::Resolution, 0, Some(2), None)]].concat();
        assert_eq!(
            log(&resolved).of(1).map(|status| status.warning),
            Some(Warning::None)
        );
        let intake = [
            ROOT,
            FIRST,
            (Kind::Intake, 0, Some(1), None),
            (Kind::Version, 0, Some(1), None),
        ];
        assert_eq!(
            log(&intake).of(1).map(|status| status.warning),
            Some(Warning::Open)
        );
        assert_eq!(
            log(&intake).of(3).map(|status| status.warning),
            Some(Warning::Open),
            "a version signed after it may have been drafted before: only a resolution says that it was read"
        );
        let refused = [&intake[..3], &[(Kind::Resolution, 0, Some(2), None)]].concat();
        assert_eq!(
            log(&refused).of(1).map(|status| status.warning),
            Some(Warning::None),
            "an intake that was resolved warns no longer"
        );
    }

    #[test]
    fn an_intake_before_any_version_is_open_until_it_is_resolved() {
        let received = [
            ROOT,
            (Kind::Intake, 0, None, None),
            (Kind::Report, 0, Some(1), None),
        ];
        assert_eq!(log(&received).open(1).collect::<Vec<u64>>(), [2, 1]);
        let resolved = [received.as_slice(), &[(Kind::Resolution, 0, Some(1), None)]].concat();
        assert_eq!(log(&resolved).open(1).collect::<Vec<u64>>(), [2]);
    }

    #[test]
    fn a_resolution_by_a_revoked_signer_closes_nothing() {
        let issued = (Kind::Certificate, 0, None, None);
        let resolved = [
            ROOT,
            issued,
            FIRST,
            (Kind::Report, 0, Some(2), None),
            (Kind::Resolution, 1, Some(3), None),
        ];
        let warning = |from| {
            let revoked = (Kind::KeyStatus, 0, Some(1), Some(from));
            let statuses = log(&[resolved.as_slice(), &[revoked]].concat());
            statuses.of(2).map(|status| status.warning)
        };
        assert_eq!(warning(4), Some(Warning::Open));
        assert_eq!(
            warning(5),
            Some(Warning::None),
            "revoked from after the resolution on"
        );
    }

    #[test]
    fn a_withdrawal_by_a_revoked_signer_stands_with_a_warning() {
        let issued = (Kind::Certificate, 0, None, None);
        let withdrawn = [ROOT, issued, FIRST, (Kind::Withdrawal, 1, Some(2), None)];
        let revoked = (Kind::KeyStatus, 0, Some(1), Some(3));
        let status = log(&[withdrawn.as_slice(), &[revoked]].concat()).of(2);
        let (state, warning) = (State::Withdrawn { by: 3 }, Warning::Open);
        assert_eq!(status, Some(Status { state, warning }));
    }

    #[test]
    fn who_follows_the_loser_of_a_fork_is_not_current() {
        let statuses = log(&[
            ROOT,
            FIRST,
            (Kind::Version, 0, Some(1), None),
            (Kind::Version, 0, Some(1), None),
            (Kind::Version, 0, Some(3), None),
            (Kind::Withdrawal, 0, Some(1), None),
            (Kind::Version, 0, Some(5), None),
        ]);
        let current = (1..7).filter_map(|index| statuses.of(index));
        assert_eq!(current.filter(|status| status.state == State::Current).count(), 1);
    }

    #[test]
    fn a_report_about_a_withdrawal_or_an_intake_warns_of_the_record() {
        let leaves = |target| {
            [
                ROOT,
                FIRST,
                (Kind::Withdrawal, 0, Some(1), None),
                (Kind::Intake, 0, Some(2), None),
                (Kind::Resolution, 0, Some(3), None),
                (Kind::Version, 0, Some(2), None),
                (Kind::Report, 0, Some(target), None),
            ]
        };
        for target in [1, 2, 3, 5] {
            let statuses = log(&leaves(target));
            assert_eq!(
                statuses.of(5).map(|status| status.warning),
                Some(Warning::Open),
                "target {target}"
            );
            assert_eq!(statuses.open(5).collect::<Vec<u64>>(), [6]);
        }
    }

    #[test]
    fn a_leaf_cannot_act_on_the_future() {
        let mut statuses = log(&[ROOT]);
        let leaf = Leaf {
            target: Some(5),
            kind: Kind::Version,
            ..*statuses.leaf(0).expect("the root")
        };
        assert_eq!(statuses.push(&leaf), Err(StatusError { index: 1, target: 5 }));
    }
}
