//! The decision and the name are legible on bad copies: a machine reads them.

use planseal_documents::manuscript::Manuscript;
use planseal_documents::paper::{tesseract, worn};
use planseal_documents::write;

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn tesseract_reads_a_refusal_of_cpr_and_the_name_on_bad_copies() {
    reads(
        "P1-v3",
        &["DO NOT ATTEMPT CPR (DNACPR)", "MARLOWE-TESTCASE, Edith"],
    );
}

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn tesseract_reads_a_decision_for_cpr_and_the_name_on_bad_copies() {
    reads("P5-v2", &["FOR CPR", "SAMPLETON-NOOR, Aisha"]);
}

/// Each of these words can be read on each of the copies.
fn reads(sample: &str, expected: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let printed = Manuscript::sample(sample).print();
    let copies = worn(&write(folder.path(), sample, &printed.pdf), "scans");
    for name in COPIES {
        let words = tesseract(&copies[name]);
        for expected in expected {
            assert!(
                words.contains(expected),
                "{sample}, {name}: no {expected:?} in {words:?}"
            );
        }
    }
}

/// Of the set of `degrade.py`, one of each kind.
const COPIES: [&str; 6] = [
    "scan_150_dpi",
    "fit_to_page_94",
    "copy_of_copy",
    "copy_of_copy_of_94",
    "fax_fine",
    "fax_fine_of_copy",
];
