//! The demonstration as a stranger meets it: one program makes a folder, another one checks every file in it.
//!
//! The second program prints each PDF's page again and compares it with the file, byte for byte: two processes, the
//! same bytes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use planseal_tests::corpus::{files, json};
use planseal_tests::programs::{PROGRAMS, run, said};
use serde::Deserialize;

/// Exit codes of `planseal verify` (UX §3).
const CURRENT: i32 = 0;
const SUPERSEDED: i32 = 12;
const UNKNOWN: i32 = 14;
const WARNING: i32 = 16;

#[derive(Deserialize)]
struct Index {
    versions: Vec<Scheduled>,
    reports: Vec<Scheduled>,
}

#[derive(Deserialize)]
struct Scheduled {
    sample: String,
    version: u32,
}

#[test]
fn every_file_of_the_demonstration_verifies_by_the_hand_tool() {
    let folder = tempfile::tempdir().expect("a folder for this test");
    let kept = folder.path().join("demo");
    let made = run(Command::new(&PROGRAMS["planseal-server"])
        .args(["demo", "--once", "--keep"])
        .arg(&kept));
    assert!(made.status.success(), "{}", said(&made));

    let mut checked = 0;
    for (name, expected) in expected_states() {
        let files = [
            (format!("pdf/{name}.pdf"), expected),
            (format!("bundles/{name}.planseal"), expected),
            // An envelope brings no receipt: the signature holds, its registration cannot be shown.
            (format!("envelopes/{name}.cose"), UNKNOWN),
        ];
        for (file, expected) in files {
            let verified = verify(&PROGRAMS["planseal"], &kept, &kept.join(&file));
            assert_eq!(
                verified.status.code(),
                Some(expected),
                "{file}: {}",
                said(&verified)
            );
            checked += 1;
        }
    }
    for kind in ["pdf", "bundles", "envelopes"] {
        assert_eq!(
            files(&kept.join(kind), extension(kind)).len() * 3,
            checked,
            "no file was left out"
        );
    }
    a_changed_byte_is_not_genuine(&PROGRAMS["planseal"], &kept);
}

/// What each version must be found to be: the last of each plan is current, and one with an open report warns.
fn expected_states() -> BTreeMap<String, i32> {
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("../keys-example/plans/index.json");
    let index: Index = json(&index);
    let last: BTreeMap<&str, u32> = index
        .versions
        .iter()
        .map(|planned| (planned.sample.as_str(), planned.version))
        .collect();
    let reported = |planned: &Scheduled| {
        let mut reports = index.reports.iter();
        reports.any(|report| report.sample == planned.sample && report.version == planned.version)
    };
    let states = index.versions.iter().map(|planned| {
        let state = match last[planned.sample.as_str()] == planned.version {
            false => SUPERSEDED,
            true if reported(planned) => WARNING,
            true => CURRENT,
        };
        (format!("{}-v{}", planned.sample, planned.version), state)
    });
    states.collect()
}

fn a_changed_byte_is_not_genuine(planseal: &Path, kept: &Path) {
    let bundle = std::fs::read(kept.join("bundles/P1-v3.planseal")).expect("a bundle");
    let at = bundle
        .windows(4)
        .position(|window| window == b"Edie")
        .expect("the plan names her so");
    let mut changed = bundle;
    changed[at] = b'F';
    let file = kept.join("changed.planseal");
    std::fs::write(&file, changed).expect("the folder can be written");
    let verified = verify(planseal, kept, &file);
    assert_eq!(verified.status.code(), Some(10), "{}", said(&verified));
}

/// As the README says it: offline, with the three files that a reader needs.
fn verify(planseal: &Path, kept: &Path, file: &Path) -> Output {
    run(Command::new(planseal)
        .args(["verify", "--offline", "--trust-policy"])
        .arg(kept.join("trust-policy.cbor"))
        .arg("--trust-list")
        .arg(kept.join("trust-list.cbor"))
        .arg("--snapshot")
        .arg(kept.join("snapshot.cbor"))
        .arg(file))
}

fn extension(kind: &str) -> &'static str {
    match kind {
        "pdf" => "pdf",
        "bundles" => "planseal",
        _ => "cose",
    }
}
