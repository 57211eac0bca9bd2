//! The vectors of this format: `tests/vectors/*.txt`, each with its expected outcome; unexpected success fails.
//!
//! `PLANSEAL_RENEW_VECTORS=1 cargo test -p planseal-tests --test vectors` writes them anew; the change is then read like
//! any other. How another implementation reads them is in `tests/vectors/README.md`.

mod later;
mod make;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use make::Made;
use planseal::envelope::SignedObject;
use planseal_tests::corpus::files;
use planseal_tests::forge::Parts;
use planseal_tests::key::FixedKey;
use planseal_tests::vector::{ACCEPTED, Vector, lines};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn held() -> PathBuf {
    folder().join("held")
}

/// What is made today; written over the folder first when it is to be renewed.
fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let made = make::all();
        if std::env::var_os("PLANSEAL_RENEW_VECTORS").is_some() {
            renew(&made);
        }
        made
    })
}

/// Old vectors stay; what is made today is written over or beside them, with the outcome it was made to have.
fn renew((vectors, files): &Made) {
    for (name, vector) in vectors {
        let file = folder().join(format!("{name}.txt"));
        fs::write(file, vector.to_text()).expect("the folder can be written");
    }
    fs::create_dir_all(held()).expect("the folder can be written");
    for (name, bytes) in files {
        let file = held().join(format!("{name}.hex"));
        fs::write(file, lines(bytes)).expect("the folder can be written");
    }
}

fn kept() -> BTreeMap<String, Vector> {
    let _ = made();
    let files = files(&folder(), "txt").into_iter().map(|file| {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a readable file");
        let vector = Vector::parse(&text).unwrap_or_else(|| panic!("{name} is no vector file"));
        assert_eq!(
            vector.to_text(),
            text,
            "{name} is written in another way than the README says"
        );
        (name, vector)
    });
    files.collect()
}

/// The test of this folder: whoever made them, the vectors come out as they say.
#[test]
fn every_vector_has_the_outcome_it_states() {
    let vectors = kept();
    assert!(
        vectors.len() >= 170,
        "the folder is read: {} files",
        vectors.len()
    );
    let reader = read::Reading::holding(&held());
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
    let wrong: Vec<&String> = made()
        .0
        .iter()
        .filter(|(name, made)| kept.get(name) != Some(made))
        .map(|(name, _)| name)
        .collect();
    assert!(
        wrong.is_empty(),
        "missing, or other than the ones kept: {wrong:?}"
    );
    let (_, files) = made();
    for (name, bytes) in files {
        let file = held().join(format!("{name}.hex"));
        let text = fs::read_to_string(file).unwrap_or_default();
        assert!(text == lines(bytes), "{name}.hex is another than the one kept");
    }
}

/// A file that nothing makes would never be renewed; two of one name would hide each other.
#[test]
fn every_vector_is_made_once_and_every_file_is_a_vector() {
    let mut names = BTreeSet::new();
    for (name, _) in &made().0 {
        assert!(names.insert(name.clone()), "{name} is made twice");
    }
    let kept: BTreeSet<String> = kept().into_keys().collect();
    assert_eq!(
        kept.difference(&names).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "made by nothing"
    );
    let held: BTreeSet<PathBuf> = files(&held(), "hex").into_iter().collect();
    assert_eq!(held.len(), made().1.len(), "a held file that nothing makes");
    let others = fs::read_dir(folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path());
    let others: Vec<PathBuf> = others
        .filter(|path| path.extension().is_none_or(|extension| extension != "txt"))
        .filter(|path| !path.ends_with("README.md") && !path.ends_with("held"))
        .collect();
    assert_eq!(others, Vec::<PathBuf>::new(), "not enumerated");
}

/// One fault each: no two vectors offer the same bytes as the same thing.
#[test]
fn no_two_vectors_are_the_same() {
    let mut seen = BTreeMap::new();
    for (name, vector) in kept() {
        let other = seen.insert((vector.offered_as, vector.bytes), name.clone());
        assert_eq!(other, None, "the same bytes as {name}");
    }
}

#[test]
fn every_kind_of_object_has_accepted_and_refused_vectors() {
    let kept = kept();
    let offered = |accepted: bool| -> BTreeSet<&str> {
        let chosen = kept
            .values()
            .filter(|vector| (vector.expect == ACCEPTED) == accepted);
        chosen.map(|vector| vector.offered_as.as_str()).collect()
    };
    assert_eq!(offered(true), offered(false));
    let refused = kept.values().filter(|vector| vector.expect != ACCEPTED).count();
    let share = refused * 100 / kept.len();
    assert!(
        share >= 80,
        "the refusal is the feature: {refused} of {} are refused",
        kept.len()
    );
}

/// What `as:` may say is what the README explains, and the other way round.
#[test]
fn the_readme_explains_every_kind_of_offer_and_nothing_else() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("a README");
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    let first_cells = rows
        .filter_map(|row| row.split(" | ").next())
        .filter(|cell| *cell != "| `as`");
    let explained: BTreeSet<String> = first_cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect();
    let offered: BTreeSet<String> = kept().into_values().map(|vector| vector.offered_as).collect();
    assert_eq!(explained, offered);
}

/// Every outcome that a vector names stands in the README's table of outcomes.
#[test]
fn the_readme_explains_every_outcome_and_nothing_else() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("a README");
    let rows = readme.lines().filter(|line| line.starts_with("- `"));
    let explained: BTreeSet<String> = rows
        .filter_map(|row| row.split('`').nth(1))
        .map(str::to_owned)
        .collect();
    let stated: BTreeSet<String> = kept().into_values().map(|vector| vector.expect).collect();
    assert_eq!(explained, stated);
}

/// A good key and any of the eight points of small order as R: the neutral one satisfies the plain equation, the others
/// the one multiplied by the cofactor. Every kind of object refuses them all, and accepts the same key's own signature.
#[test]
fn no_kind_of_object_accepts_an_r_of_small_order() {
    let kept = kept();
    let reader = read::Reading::holding(&held());
    let card = &kept["card_genuine"].bytes;
    let card = SignedObject::parse(card).expect("an envelope").id();
    for (kind, seed, _) in make::KINDS {
        let genuine = &kept[&format!("{}_genuine", kind.replace('-', "_"))].bytes;
        let genuine = Parts::of(&SignedObject::parse(genuine).expect("an envelope"));
        let external: &[u8] = if kind == "stamp" { card.as_bytes() } else { &[] };
        let key = FixedKey::from_seed(seed);
        let own = genuine.clone().signed_with(&key, external).encode();
        assert_eq!(reader.outcome(kind, &own), ACCEPTED, "{kind}");
        for point in 0..8 {
            let mut parts = genuine.clone();
            parts.signature = key
                .sign_with_small_order_r(point, &genuine.signed_bytes(external))
                .to_vec();
            assert_eq!(
                reader.outcome(kind, &parts.encode()),
                "BadSignature",
                "{kind}, point {point}"
            );
        }
    }
}
