//! The fuzz targets with their seeds and with every input that once broke one: each ordinary test run covers them.
//!
//! `tests/fuzz/seeds/<target>` is chosen from the vectors and written anew with them (`PLANSEAL_RENEW_VECTORS=1`);
//! `tests/fuzz/crashes/<target>` holds what libFuzzer found. `tests/run --fuzz` goes on from there.

#[expect(
    unreachable_pub,
    reason = "the same file is the library of the fuzz workspace"
)]
#[path = "../fuzz/src/lib.rs"]
mod planseal_fuzz;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use planseal::envelope::SignedObject;
use planseal_fuzz::{TARGETS, Target};
use planseal_tests::cbor::Cbor;
use planseal_tests::corpus;
use planseal_tests::vector::{ACCEPTED, Vector};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// 8 KiB: a whole plan and its header; larger seeds slow the search.
const MAX_SEED: usize = 8 << 10;
/// Accepted and refused seeds of each target.
const SEEDS: usize = 12;

/// What each target is offered of the vectors.
fn offers(target: &str) -> &'static [&'static str] {
    match target {
        "profile" => &["profile", "receipt"],
        "envelope" => &["envelope", "withdrawal", "stamp"],
        "certificate" => &["certificate", "enrolment"],
        "statement" => &[
            "version",
            "withdrawal",
            "endorsement",
            "report",
            "resolution",
            "intake",
            "custody",
            "hold",
            "staff-list",
            "key-status",
            "card",
            "head",
            "stamp",
            "trust-list",
            "enrolment",
        ],
        "note" => &["note", "checkpoint", "witnessed-checkpoint", "verifier-key"],
        "proof" => &["proof"],
        "snapshot" => &["snapshot"],
        "bundle" => &["bundle"],
        "pdf" => &["file"],
        // A seal needs a document of this renderer: `a_sealed_document_stands_its_target` brings them.
        "sealed" => &["file"],
        "qr" => &["code", "pointer", "short-code"],
        "draft" => &["draft"],
        "trust_policy" => &["trust-policy"],
        "witness_policy" => &["witness-policy"],
        "receipt" => &["receipt"],
        "leaf" => &["leaf"],
        "add_checkpoint" => &["witnessing"],
        "contradiction" => &["contradiction"],
        unknown => panic!("no vectors are chosen for {unknown}"),
    }
}

/// Seeds by target and name: some of what is accepted, some of what is refused, and payloads where payloads are parsed.
fn seeds() -> BTreeMap<PathBuf, Vec<u8>> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let vectors: Vec<(String, Vector)> = corpus::files(&vectors, "txt")
        .into_iter()
        .map(|file| {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&file).expect("a readable file");
            (name, Vector::parse(&text).expect("a vector file"))
        })
        .collect();
    let mut seeds = BTreeMap::new();
    for (target, _) in TARGETS {
        for offered in offers(target) {
            let of_kind = || vectors.iter().filter(|(_, vector)| vector.offered_as == *offered);
            let share = SEEDS.div_ceil(offers(target).len());
            let accepted = of_kind()
                .filter(|(_, vector)| vector.expect == ACCEPTED)
                .take(share);
            let refused = of_kind()
                .filter(|(_, vector)| vector.expect != ACCEPTED)
                .take(share);
            for (name, vector) in accepted.chain(refused) {
                let bytes = seed(target, &vector.bytes);
                if bytes.len() <= MAX_SEED || *offered == "bundle" && name.ends_with("_genuine") {
                    seeds.insert(Path::new(target).join(name), bytes);
                }
            }
        }
    }
    seeds
}

/// Payloads are what the parsers of content take, and of what a witness is asked only the request; everything else is
/// taken whole.
fn seed(target: &str, bytes: &[u8]) -> Vec<u8> {
    if target == "add_checkpoint" {
        let Cbor::Array(parts) = Cbor::decode(bytes) else {
            panic!("a vector for a witness is an array");
        };
        let Some(Cbor::Bytes(request)) = parts.into_iter().last() else {
            panic!("and ends with the request");
        };
        return request;
    }
    let of_content = matches!(target, "statement" | "snapshot" | "certificate");
    match SignedObject::parse(bytes) {
        Ok(object) if of_content => object.peek_unverified().1.to_vec(),
        _ => bytes.to_vec(),
    }
}

#[test]
fn every_target_stands_every_seed_and_every_crash_of_old() {
    let mut replayed = 0;
    for (name, target) in TARGETS {
        for kind in ["seeds", "crashes"] {
            for file in all_files(&folder(kind).join(name)) {
                let bytes = fs::read(&file).expect("a readable file");
                stand(name, target, &file, &bytes);
                replayed += 1;
            }
        }
    }
    assert!(replayed > 150, "the seeds are here: {replayed}");
}

/// Every target gets every vector too, whatever it was made as: a bundle is not text, and a note is no leaf.
#[test]
fn every_target_stands_every_vector() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for file in corpus::files(&vectors, "txt") {
        let text = fs::read_to_string(&file).expect("a readable file");
        let vector = Vector::parse(&text).expect("a vector file");
        for (name, target) in TARGETS {
            stand(name, target, &file, &vector.bytes);
        }
    }
}

fn stand(name: &str, target: Target, file: &Path, bytes: &[u8]) {
    let stood = std::panic::catch_unwind(|| target(bytes));
    assert!(stood.is_ok(), "{name} breaks on {}", file.display());
}

#[test]
fn the_seeds_are_those_of_the_vectors() {
    let seeds = seeds();
    if std::env::var_os("PLANSEAL_RENEW_VECTORS").is_some() {
        for (name, bytes) in &seeds {
            let file = folder("seeds").join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("the folder can be written");
            fs::write(file, bytes).expect("the folder can be written");
        }
    }
    let kept: BTreeSet<PathBuf> = all_files(&folder("seeds"))
        .into_iter()
        .map(|file| {
            file.strip_prefix(folder("seeds"))
                .expect("below the seeds")
                .to_owned()
        })
        .collect();
    assert_eq!(
        kept,
        seeds.keys().cloned().collect(),
        "PLANSEAL_RENEW_VECTORS=1 writes them"
    );
    for (name, bytes) in seeds {
        let found = fs::read(folder("seeds").join(&name)).expect("a readable file");
        assert!(found == bytes, "{} is another than the vector's", name.display());
    }
}

/// A target is a function, a file for libFuzzer, and an entry in the manifest.
#[test]
fn every_target_is_built_for_libfuzzer() {
    let manifest = fs::read_to_string(folder("Cargo.toml")).expect("a manifest");
    let named: BTreeSet<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    let built: BTreeSet<String> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"))
        .map(|line| line.trim_end_matches(".rs\"").to_owned())
        .collect();
    assert_eq!(built, named.iter().map(|name| (*name).to_owned()).collect());
    for name in named {
        let file = folder("fuzz_targets").join(format!("{name}.rs"));
        let source = fs::read_to_string(&file).expect("a file of the target");
        assert!(
            source.contains(&format!("planseal_fuzz::{name}(bytes)")),
            "{name}"
        );
    }
}

/// Every file below a folder; none where there is no folder.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut found: Vec<PathBuf> = paths
        .flat_map(|path| {
            if path.is_dir() {
                all_files(&path)
            } else {
                vec![path]
            }
        })
        .collect();
    found.sort();
    found
}
