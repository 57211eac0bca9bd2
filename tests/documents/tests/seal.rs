//! Other people's verifiers accept our seal, trusting its authority alone, and find fault with every change after it.

use planseal_documents::manuscript::Manuscript;
use planseal_documents::seal::{Sealer, adesverify, assert_accepted, pdfsig};
use planseal_documents::write;

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn pdfsig_and_pyhanko_accept_the_seal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sealer = Sealer::new();
    let authority = sealer.authority(folder.path());
    for sample in ["P1-v3", "P4-v5"] {
        let pdf = sealer.sealed(&Manuscript::sample(sample).print().pdf);
        assert_accepted(&write(folder.path(), sample, &pdf), &authority);
    }
}

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn a_changed_page_and_a_foreign_authority_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (sealer, stranger) = (Sealer::new(), Sealer::new());
    let mut pdf = sealer.sealed(&Manuscript::sample("P1-v3").print().pdf);
    let file = write(folder.path(), "sealed", &pdf);
    let foreign = stranger.authority(folder.path());
    let said = pdfsig(&file, &foreign);
    assert!(!said.contains("Certificate is Trusted"), "{said}");
    assert!(!adesverify(&file, &foreign).contains("judged VALID"));
    let authority = sealer.authority(folder.path());
    let words = pdf
        .windows(4)
        .position(|window| window == b"/Lan")
        .expect("a language");
    pdf[words + 1] = b'l';
    let changed = write(folder.path(), "changed", &pdf);
    let said = pdfsig(&changed, &authority);
    assert!(!said.contains("Signature is Valid"), "{said}");
    assert!(!adesverify(&changed, &authority).contains("judged VALID"));
}

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn no_verifier_finds_a_seal_where_there_is_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = Sealer::new().authority(folder.path());
    let pdf = Manuscript::sample("P1-v3").print().pdf;
    let file = write(folder.path(), "unsealed", &pdf);
    let said = pdfsig(&file, &authority);
    assert!(said.contains("does not contain any signatures"), "{said}");
    assert!(!adesverify(&file, &authority).contains("VALID"));
}
