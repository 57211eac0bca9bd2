//! The renderer's name: a hash of everything that can change a byte of the pages beside this crate's own code, whose changes
//! `TEMPLATE` counts. It is printed into every document, so that a verifier knows whether it can make the pages again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Raised with every change of the pages: `tests/template.rs` fails until it is.
const TEMPLATE: u32 = 1;

/// The crates that shape, break, draw and write; those they rest on are found in the lock file.
const WRITERS: [&str; 8] = [
    "flate2",
    "harfrust",
    "krilla",
    "pdf-writer",
    "qrcode",
    "unicode-bidi",
    "unicode-linebreak",
    "unicode-segmentation",
];

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (lock, fonts) = (here.join("../Cargo.lock"), here.join("fonts/SHA256SUMS"));
    let read = |path: &Path| {
        println!("cargo::rerun-if-changed={}", path.display());
        std::fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
    };
    println!("cargo::rerun-if-changed=build.rs");
    let mut hash = Sha256::new();
    hash.update(format!("planseal-render, template {TEMPLATE}\n"));
    hash.update(read(&fonts));
    for line in resolved(&read(&lock)) {
        hash.update(line);
    }
    let name: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=PLANSEAL_RENDERER={name}");
    println!("cargo::rustc-env=PLANSEAL_TEMPLATE={TEMPLATE}");
}

/// `name version` of every crate that the writers rest on, in order.
fn resolved(lock: &str) -> BTreeSet<String> {
    let packages: BTreeMap<(String, String), Vec<String>> =
        lock.split("[[package]]").skip(1).map(package).collect();
    let mut waiting: Vec<(String, String)> = packages
        .keys()
        .filter(|(name, _)| WRITERS.contains(&name.as_str()))
        .cloned()
        .collect();
    let mut found = BTreeSet::new();
    while let Some(next) = waiting.pop() {
        if !found.insert(format!("{} {}\n", next.0, next.1)) {
            continue;
        }
        for needed in packages.get(&next).into_iter().flatten() {
            // `name`, or `name version` where the tree holds several.
            let mut words = needed.split(' ');
            let (name, version) = (words.next(), words.next());
            let same = |key: &&(String, String)| {
                Some(key.0.as_str()) == name && version.is_none_or(|version| version == key.1)
            };
            waiting.extend(packages.keys().filter(same).cloned());
        }
    }
    found
}

/// One entry of the lock file.
fn package(entry: &str) -> ((String, String), Vec<String>) {
    let field = |name: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let needs = entry.split_once("dependencies = [").map_or("", |(_, rest)| rest);
    let needs = needs
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
    let key = (field("name = "), field("version = "));
    (key, needs.map(str::to_owned).collect())
}
