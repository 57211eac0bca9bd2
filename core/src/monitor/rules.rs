//! The rules between leaves (FORMAT §4): what an honest service never logs, whatever the objects say.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::ObjectId;
use crate::log::leaf::Leaf;
use crate::statement::Kind;
use crate::status::Statuses;
use crate::time::Minute;

/// A rule that a leaf breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafRule {
    /// Leaf 0 is the pinned root's certificate, signed by itself.
    #[error("the log does not begin with the pinned root")]
    Beginning,
    /// Times never decrease.
    #[error("its time lies before its predecessor's")]
    Time,
    /// The signer is a certificate before it.
    #[error("its signer is no certificate before it")]
    Signer,
    /// Root, organisation, person or service, and no further.
    #[error(
        "its signer's certificate was not issued by the root or an organisation, or stands too high or low for it"
    )]
    Depth,
    /// A certificate is revoked by its issuer or the root, from a leaf that is there; the root is never revoked.
    #[error("it revokes what its signer did not issue, or from a leaf to come")]
    Revocation,
    /// Bytes that are no leaf at all.
    #[error("it is no leaf of this format")]
    Unreadable,
    /// A revocation logged more than ten minutes before it reaches it.
    #[error("its signer was revoked before")]
    Revoked,
    /// What it acts on is of the right kind and before it.
    #[error("it acts on nothing before it that it may act on")]
    Target,
    /// Two successors of one leaf: a fork of a record.
    #[error("it is a second successor of what it follows")]
    SecondSuccessor,
    /// An object has one leaf.
    #[error("its object was logged before")]
    Repeated,
}

/// Replays leaves and asks every rule of each.
pub(super) struct Rules {
    pub(super) statuses: Statuses,
    root: ObjectId,
    time: Option<Minute>,
    ids: BTreeSet<ObjectId>,
    followed: BTreeSet<u64>,
    /// When each certificate was first revoked.
    revoked: BTreeMap<u64, Minute>,
}

/// Ten minutes in which what was accepted before a revocation may still reach the log after it.
const SETTLING: i64 = 10 * 60;

impl Rules {
    pub(super) fn begin(root: ObjectId) -> Self {
        Self {
            statuses: Statuses::default(),
            root,
            time: None,
            ids: BTreeSet::new(),
            followed: BTreeSet::new(),
            revoked: BTreeMap::new(),
        }
    }

    /// Adds the next leaf; the first rule it breaks.
    pub(super) fn push(&mut self, leaf: &Leaf) -> Result<(), LeafRule> {
        let index = self.statuses.size();
        if index == 0 && (leaf.id != self.root || leaf.kind != Kind::Certificate || leaf.signer != 0) {
            return Err(LeafRule::Beginning);
        }
        if self.time.replace(leaf.time) > Some(leaf.time) {
            return Err(LeafRule::Time);
        }
        if !self.ids.insert(leaf.id) {
            return Err(LeafRule::Repeated);
        }
        if index > 0 {
            self.expect_signer(leaf, index)?;
        }
        self.expect_target(leaf)?;
        if let (Kind::KeyStatus, Some(certificate)) = (leaf.kind, leaf.target) {
            self.revoked.entry(certificate).or_insert(leaf.time);
        }
        self.statuses.push(leaf).map_err(|_| LeafRule::Target)
    }

    fn expect_signer(&self, leaf: &Leaf, index: u64) -> Result<(), LeafRule> {
        let certificate = |at: u64| {
            let held = self.statuses.leaf(at);
            held.filter(|held| held.kind == Kind::Certificate)
        };
        let signer = certificate(leaf.signer).ok_or(LeafRule::Signer)?;
        let above = certificate(signer.signer).ok_or(LeafRule::Signer)?;
        let at_its_height = match leaf.kind {
            Kind::Certificate | Kind::KeyStatus => signer.signer == 0,
            Kind::StaffList => leaf.signer != 0 && signer.signer == 0,
            _ => signer.signer != 0 && above.signer == 0,
        };
        if !at_its_height {
            return Err(LeafRule::Depth);
        }
        if leaf.kind == Kind::KeyStatus {
            let issued = |target: u64| certificate(target).is_some_and(|held| held.signer == leaf.signer);
            let entitled = leaf
                .target
                .is_some_and(|target| target != 0 && (leaf.signer == 0 || issued(target)));
            if !entitled || leaf.from.is_none_or(|from| from > index) {
                return Err(LeafRule::Revocation);
            }
        }
        // Every revocation known by now was logged before this leaf.
        let above = [leaf.signer, signer.signer];
        let revoked = above
            .iter()
            .filter_map(|certificate| self.revoked.get(certificate))
            .min();
        let known = revoked.is_some_and(|revoked| leaf.time.start().since(revoked.start()) > SETTLING);
        if known && self.statuses.is_revoked_at(leaf.signer, index) {
            return Err(LeafRule::Revoked);
        }
        Ok(())
    }

    fn expect_target(&mut self, leaf: &Leaf) -> Result<(), LeafRule> {
        let target = leaf
            .target
            .map(|target| self.statuses.leaf(target).map(|held| held.kind));
        let allowed = match (leaf.kind, target) {
            (_, Some(None)) => false,
            (kind, None) => matches!(
                kind,
                Kind::Version | Kind::Certificate | Kind::Snapshot | Kind::StaffList | Kind::Intake
            ),
            (kind, Some(Some(target))) => may_act_on(kind, target),
        };
        if !allowed {
            return Err(LeafRule::Target);
        }
        let succession = matches!(leaf.kind, Kind::Version | Kind::Withdrawal);
        match leaf.target.filter(|_| succession) {
            Some(target) if !self.followed.insert(target) => Err(LeafRule::SecondSuccessor),
            _ => Ok(()),
        }
    }
}

const fn may_act_on(kind: Kind, target: Kind) -> bool {
    match kind {
        Kind::Version => matches!(target, Kind::Version | Kind::Withdrawal),
        Kind::Withdrawal | Kind::Endorsement => matches!(target, Kind::Version),
        Kind::KeyStatus => matches!(target, Kind::Certificate),
        Kind::Report => matches!(target, Kind::Version | Kind::Withdrawal | Kind::Intake),
        Kind::Resolution => matches!(
            target,
            Kind::Report | Kind::Intake | Kind::Version | Kind::Withdrawal
        ),
        Kind::Intake => matches!(target, Kind::Version | Kind::Withdrawal),
        Kind::Custody => matches!(target, Kind::Version | Kind::Intake),
        Kind::Hold => matches!(target, Kind::Version | Kind::Intake | Kind::Hold),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// kind, signer, target, from
    type Row = (Kind, u64, Option<u64>, Option<u64>);

    const ROOT: Row = (Kind::Certificate, 0, None, None);
    const ORGANISATION: Row = (Kind::Certificate, 0, None, None);
    const PERSON: Row = (Kind::Certificate, 1, None, None);
    const FIRST: Row = (Kind::Version, 2, None, None);

    fn id(number: u64) -> ObjectId {
        ObjectId::of(&number.to_be_bytes())
    }

    fn leaf(number: u64, (kind, signer, target, from): Row) -> Leaf {
        Leaf {
            kind,
            id: id(number),
            time: Minute::from_minutes(10).expect("a minute"),
            signer,
            target,
            from,
        }
    }

    fn replay(leaves: &[Leaf]) -> Result<(), LeafRule> {
        let mut rules = Rules::begin(id(0));
        leaves.iter().try_for_each(|leaf| rules.push(leaf))
    }

    fn log(rows: &[Row]) -> Result<(), LeafRule> {
        let leaves: Vec<Leaf> = (0..).zip(rows).map(|(number, row)| leaf(number, *row)).collect();
        replay(&leaves)
    }

    #[test]
    fn an_honest_log_breaks_no_rule() {
        let rows = [
            ROOT,
            ORGANISATION,
            PERSON,
            FIRST,
            (Kind::Version, 2, Some(3), None),
            (Kind::Report, 2, Some(4), None),
            (Kind::Resolution, 2, Some(5), None),
            (Kind::Withdrawal, 2, Some(4), None),
            (Kind::Version, 2, Some(7), None),
            (Kind::Intake, 2, Some(8), None),
            (Kind::Custody, 2, Some(9), None),
            (Kind::Snapshot, 2, None, None),
            (Kind::KeyStatus, 1, Some(2), Some(12)),
        ];
        assert_eq!(log(&rows), Ok(()));
    }

    #[test]
    fn each_rule_refuses() {
        let past = [ROOT, ORGANISATION, PERSON, FIRST];
        let with = |row: Row| log(&[past.as_slice(), &[row]].concat());
        assert_eq!(with((Kind::Version, 3, None, None)), Err(LeafRule::Signer));
        assert_eq!(with((Kind::Version, 9, None, None)), Err(LeafRule::Signer));
        assert_eq!(with((Kind::Certificate, 2, None, None)), Err(LeafRule::Depth));
        assert_eq!(with((Kind::Version, 2, Some(2), None)), Err(LeafRule::Target));
        assert_eq!(with((Kind::Withdrawal, 2, None, None)), Err(LeafRule::Target));
        assert_eq!(with((Kind::Version, 2, Some(4), None)), Err(LeafRule::Target));
        let forked = [
            past.as_slice(),
            &[
                (Kind::Version, 2, Some(3), None),
                (Kind::Withdrawal, 2, Some(3), None),
            ],
        ];
        assert_eq!(log(&forked.concat()), Err(LeafRule::SecondSuccessor));
        let revoked = [past.as_slice(), &[(Kind::KeyStatus, 1, Some(2), Some(4))]].concat();
        let mut leaves: Vec<Leaf> = (0..)
            .zip(&revoked)
            .map(|(number, row)| leaf(number, *row))
            .collect();
        leaves.push(leaf(5, FIRST));
        assert_eq!(replay(&leaves), Ok(()), "accepted before, logged after");
        leaves[5].time = Minute::from_minutes(21).expect("a minute");
        assert_eq!(replay(&leaves), Err(LeafRule::Revoked));
        assert_eq!(
            with((Kind::KeyStatus, 0, Some(0), Some(4))),
            Err(LeafRule::Revocation),
            "the root"
        );
        assert_eq!(
            with((Kind::KeyStatus, 0, Some(2), Some(5))),
            Err(LeafRule::Revocation),
            "from to come"
        );
        assert_eq!(
            with((Kind::KeyStatus, 2, Some(1), Some(4))),
            Err(LeafRule::Depth),
            "by a person"
        );
        assert_eq!(
            with((Kind::Version, 1, None, None)),
            Err(LeafRule::Depth),
            "by an organisation"
        );
        assert_eq!(
            with((Kind::StaffList, 2, None, None)),
            Err(LeafRule::Depth),
            "by a person"
        );
        assert_eq!(replay(&[leaf(7, ROOT)]), Err(LeafRule::Beginning));
        let mut earlier = leaf(1, ORGANISATION);
        earlier.time = Minute::from_minutes(9).expect("a minute");
        assert_eq!(replay(&[leaf(0, ROOT), earlier]), Err(LeafRule::Time));
        assert_eq!(
            replay(&[leaf(0, ROOT), leaf(0, ORGANISATION)]),
            Err(LeafRule::Repeated)
        );
    }
}
