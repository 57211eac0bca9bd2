//! The verifiers of seals find none on a document that was not sealed, so that their yes means something.
//!
//! A sealed file and its CA's certificate go to `seal::assert_accepted`.

use std::path::{Path, PathBuf};

use planseal_documents::manuscript::Manuscript;
use planseal_documents::tools::run;
use planseal_documents::{seal, write};

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn no_verifier_finds_a_seal_where_there_is_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ca = certificate_authority(folder.path());
    let file = write(
        folder.path(),
        "unsealed",
        &Manuscript::sample("P1-v3").print().pdf,
    );
    let said = seal::pdfsig(&file, &ca);
    assert!(said.contains("does not contain any signatures"), "{said}");
    let said = seal::adesverify(&file, &ca);
    assert!(!said.contains("VALID"), "{said}");
}

/// A root that nobody asked, good for ten days.
fn certificate_authority(folder: &Path) -> PathBuf {
    let certificate = folder.join("ca.pem");
    let file = certificate.to_string_lossy();
    let arguments = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ];
    let more = [
        "-keyout",
        "/dev/null",
        "-subj",
        "/CN=Nobody",
        "-days",
        "10",
        "-out",
        &file,
    ];
    let _ = run("openssl", arguments.into_iter().chain(more)).when_successful();
    certificate
}
