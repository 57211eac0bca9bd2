//! Every document keeps to PDF/A-3a, PDF/UA-1 and PDF, says other people's software, which does not say so of everything.

use std::path::{Path, PathBuf};

use planseal_documents::manuscript::Manuscript;
use planseal_documents::seal::Sealer;
use planseal_documents::standards::{qpdf, verapdf};
use planseal_documents::{all, write};
use planseal_render::preview;

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn verapdf_finds_every_document_within_both_standards() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = everything(folder.path());
    let said = verapdf(&files).when_successful();
    let verdicts = said.lines().filter(|line| line.contains(" conforms "));
    assert_eq!(verdicts.count(), 2 * files.len(), "{said}");
}

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn verapdf_refuses_a_document_that_lost_its_title_and_its_tags() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pdf = Manuscript::sample("P1-v3").print().pdf;
    let untitled = write(
        folder.path(),
        "untitled",
        &renamed(&pdf, "<dc:title>", "<dc:other>"),
    );
    let untagged = write(
        folder.path(),
        "untagged",
        &renamed(&pdf, "/MarkInfo", "/MarkXxxx"),
    );
    let said = verapdf(&[untitled, untagged]);
    assert!(!said.success, "{}", said.words);
    let broken = |file: &str, flavour: &str| {
        let verdict = format!("{file}.pdf {flavour} BREAKS RULES");
        assert!(said.words.contains(&verdict), "{verdict}: {}", said.words);
    };
    broken("untitled", "ua1");
    broken("untagged", "3a");
    broken("untagged", "ua1");
}

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn qpdf_finds_nothing_wrong_with_any_document() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in everything(folder.path()) {
        let said = qpdf(&file).when_successful();
        assert!(said.contains("No syntax or stream encoding errors"), "{said}");
    }
}

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn qpdf_refuses_a_document_that_was_cut_off() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pdf = Manuscript::sample("P1-v3").print().pdf;
    let cut = write(folder.path(), "cut", &pdf[..pdf.len() - 2000]);
    assert!(!qpdf(&cut).success);
}

/// Every document with its seal, one without, and the preview of the last sample.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let (documents, sealer) = (all(), Sealer::new());
    let written = documents
        .iter()
        .map(|one| write(folder, &one.name, &sealer.sealed(&one.print().pdf)));
    let mut files: Vec<PathBuf> = written.collect();
    let previewed = preview(&Manuscript::sample("P4-v5").version()).expect("it previews");
    files.push(write(folder, "preview", &previewed));
    let unsealed = Manuscript::sample("P3-v3").print().pdf;
    files.push(write(folder, "unsealed", &unsealed));
    files
}

/// The file with one name written as another of equal length, wherever it stands uncompressed.
fn renamed(pdf: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "nothing may move");
    let mut changed = pdf.to_vec();
    let mut count = 0;
    for at in 0..=pdf.len() - from.len() {
        if pdf[at..].starts_with(from.as_bytes()) {
            changed[at..at + to.len()].copy_from_slice(to.as_bytes());
            count += 1;
        }
    }
    assert!(count > 0, "the file has no {from}");
    changed
}
