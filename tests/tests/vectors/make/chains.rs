//! What leaves alone say of versions (FORMAT §5): short logs with the status of every leaf.

use planseal::id::ObjectId;
use planseal::log::leaf::Leaf;
use planseal::statement::Kind::{
    self, Certificate, Endorsement, Intake, KeyStatus, Report, Resolution, Version, Withdrawal,
};
use planseal::time::Minute;
use planseal_tests::vector::ACCEPTED;

/// Kind, signer, target, from.
type Acts = (Kind, u64, Option<u64>, Option<u64>);

const ROOT: Acts = (Certificate, 0, None, None);
const SIGNER: Acts = (Certificate, 0, None, None);
/// Root, a signer, and a first version at leaf 2.
const FIRST: [Acts; 3] = [ROOT, SIGNER, (Version, 1, None, None)];

const fn acts(kind: Kind, target: u64) -> Acts {
    (kind, 1, Some(target), None)
}

const fn revoked(target: u64, from: u64) -> Acts {
    (KeyStatus, 0, Some(target), Some(from))
}

const CURRENT: u8 = 0;
const WITHDRAWN: u8 = 1;
const SUSPENDED: u8 = 2;
const SUPERSEDED: u8 = 3;
const WARNING: u8 = 4;

/// Name, what is shown, what follows the first version, and the status of every leaf from 2 on.
fn logs() -> Vec<(&'static str, &'static str, Vec<Acts>, Vec<u8>)> {
    vec![
        ("current", "a first version", vec![], vec![CURRENT]),
        (
            "superseded",
            "a second version replaces the first",
            vec![acts(Version, 2)],
            vec![SUPERSEDED, CURRENT],
        ),
        (
            "withdrawn",
            "a withdrawal acts on the version",
            vec![acts(Withdrawal, 2)],
            vec![WITHDRAWN, 0],
        ),
        (
            "after_withdrawal",
            "a version that follows a withdrawal supersedes what was withdrawn",
            vec![acts(Withdrawal, 2), acts(Version, 3)],
            vec![SUPERSEDED, 0, CURRENT],
        ),
        (
            "fork",
            "two successors of one version: the first wins, and supersedes the other",
            vec![acts(Version, 2), acts(Version, 2)],
            vec![SUPERSEDED, CURRENT, SUPERSEDED],
        ),
        (
            "suspended",
            "revoked from before the version",
            vec![revoked(1, 2)],
            vec![SUSPENDED, 0],
        ),
        (
            "revoked_later",
            "revoked from after the version",
            vec![revoked(1, 3)],
            vec![CURRENT, 0],
        ),
        (
            "superseded_before_suspended",
            "superseded is said before suspended",
            vec![acts(Version, 2), revoked(1, 2)],
            vec![SUPERSEDED, SUSPENDED, 0],
        ),
        (
            "endorsed",
            "an endorsement changes nothing",
            vec![acts(Endorsement, 2)],
            vec![CURRENT, 0],
        ),
        (
            "reported",
            "an open report warns",
            vec![acts(Report, 2)],
            vec![CURRENT | WARNING, 0],
        ),
        (
            "report_resolved",
            "a resolution of the report closes the warning",
            vec![acts(Report, 2), acts(Resolution, 3)],
            vec![CURRENT, 0, 0],
        ),
        (
            "report_outlives_version",
            "a report warns of the record's later versions too",
            vec![acts(Report, 2), acts(Version, 2)],
            vec![SUPERSEDED | WARNING, 0, CURRENT | WARNING],
        ),
        (
            "intake_newer",
            "an intake after the version warns",
            vec![acts(Intake, 2)],
            vec![CURRENT | WARNING, 0],
        ),
        (
            "intake_older",
            "a later version closes no intake by itself: it may have been drafted before",
            vec![acts(Intake, 2), acts(Version, 2)],
            vec![SUPERSEDED | WARNING, 0, CURRENT | WARNING],
        ),
        (
            "resolution_of_the_version",
            "a resolution of the version closes no report",
            vec![acts(Report, 2), acts(Resolution, 2)],
            vec![CURRENT | WARNING, 0, 0],
        ),
        (
            "resolution_by_the_revoked",
            "a resolution whose signer is revoked from before closes nothing",
            vec![
                (SIGNER.0, 0, None, None),
                acts(Report, 2),
                (Resolution, 3, Some(4), None),
                revoked(3, 5),
            ],
            vec![CURRENT | WARNING, SUSPENDED, 0, 0, 0],
        ),
    ]
}

/// Name, outcome, note, leaves and the four bits of each.
pub(super) type Chain = (String, &'static str, String, Vec<Leaf>, Vec<u8>);

pub(super) fn all() -> Vec<Chain> {
    let mut made = Vec::new();
    for (name, note, more, said) in logs() {
        let leaves = leaves(FIRST.iter().chain(&more));
        let revoked_signer = more
            .iter()
            .any(|acts| *acts == revoked(1, 2) || *acts == revoked(1, 3));
        let signer = if revoked_signer { SUSPENDED } else { 0 };
        let nibbles: Vec<u8> = [0, signer].into_iter().chain(said).collect();
        made.push((
            name.to_owned(),
            ACCEPTED,
            note.to_owned(),
            leaves.clone(),
            packed(&nibbles),
        ));
        let mut wrong = nibbles;
        wrong[2] ^= 1;
        let note = format!("{note}; the version's status here is another");
        made.push((
            format!("{name}_denied"),
            "OtherStatus",
            note,
            leaves,
            packed(&wrong),
        ));
    }
    let forward = leaves(FIRST.iter().chain(&[acts(Withdrawal, 9)]));
    let note = "a leaf acts on one that is not before it".to_owned();
    made.push((
        "acts_on_the_future".into(),
        "StatusError",
        note,
        forward,
        packed(&[0; 4]),
    ));
    made
}

fn leaves<'a>(acts: impl Iterator<Item = &'a Acts>) -> Vec<Leaf> {
    let leaf = |(place, (kind, signer, target, from)): (u8, &Acts)| Leaf {
        kind: *kind,
        id: ObjectId::of(&[place]),
        time: Minute::from_minutes(29_000_000).expect("a minute"),
        signer: *signer,
        target: *target,
        from: *from,
    };
    (0..).zip(acts).map(leaf).collect()
}

/// Low nibble first, as in a snapshot.
pub(crate) fn packed(nibbles: &[u8]) -> Vec<u8> {
    let pair = |pair: &[u8]| pair[0] | pair.get(1).map_or(0, |high| high << 4);
    nibbles.chunks(2).map(pair).collect()
}
