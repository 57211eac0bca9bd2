//! The vectors of this format: `tests/vectors/*.txt`, each with its expected outcome; unexpected success fails.
//!
//! `PLANSEAL_RENEW_VECTORS=1 cargo test -p planseal-tests --test vectors` writes them anew; the change is then read like
//! any other. How another implementation reads them is in `tests/vectors/README.md`.

mod make;
mod read;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use planseal_tests::corpus::files;
use planseal_tests::vector::{ACCEPTED, Vector};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn kept() -> Vec<(String, Vector)> {
    let files = files(&folder(), "txt").into_iter().map(|file| {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a readable file");
        let vector = Vector::parse(&text).unwrap_or_else(|| panic!("{name} is no vector file"));
        (name, vector)
    });
    files.collect()
}

/// The test of this file: whoever made them, the vectors in the folder come out as they say.
#[test]
fn every_vector_has_the_outcome_it_states() {
    if std::env::var_os("PLANSEAL_RENEW_VECTORS").is_some() {
        renew();
    }
    let reader = read::Reading::new();
    let vectors = kept();
    assert!(vectors.len() >= 40, "the folder is read: {} files", vectors.len());
    let wrong: Vec<String> = vectors
        .iter()
        .filter_map(|(name, vector)| {
            let found = reader.outcome(&vector.offered_as, &vector.bytes);
            (found != vector.expect).then(|| format!("{name}: expected {}, found {found}", vector.expect))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Keys, times and words are fixed, so the same bytes are made on every run: a change here is a change of the format.
#[test]
fn the_vectors_made_today_are_the_ones_kept() {
    let kept = kept();
    for (name, made) in make::all() {
        let found = kept
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, vector)| vector);
        let found = found.unwrap_or_else(|| panic!("{name} is not in the folder"));
        assert_eq!(found.note, made.note, "{name}");
        assert!(
            found.bytes == made.bytes,
            "{name} has other bytes than the ones kept"
        );
    }
}

#[test]
fn every_kind_of_object_has_accepted_and_refused_vectors() {
    let kept = kept();
    let offered = |accepted: bool| -> BTreeSet<&str> {
        let vectors = kept.iter().map(|(_, vector)| vector);
        let chosen = vectors.filter(|vector| (vector.expect == ACCEPTED) == accepted);
        chosen.map(|vector| vector.offered_as.as_str()).collect()
    };
    assert_eq!(offered(true), offered(false));
    let refused = kept
        .iter()
        .filter(|(_, vector)| vector.expect != ACCEPTED)
        .count();
    assert!(refused * 2 > kept.len(), "the refusal is the feature");
}

/// Old vectors stay; what is made today is written over or beside them, with the outcome it was made to have.
fn renew() {
    for (name, vector) in make::all() {
        let file = folder().join(format!("{name}.txt"));
        fs::write(file, vector.to_text()).expect("the folder can be written");
    }
}
