//! Do other people's verifiers accept a sealed file, trusting nothing but this CA?

use std::ffi::OsString;
use std::path::Path;

use crate::tools::{cache, run};

/// Both verifiers say that this file carries one valid seal under this CA, and that it covers the whole file.
///
/// # Panics
/// When either says less, with what it says.
pub fn assert_accepted(pdf: &Path, ca_pem: &Path) {
    for (said, sentences) in [
        (pdfsig(pdf, ca_pem), &PDFSIG_ACCEPTS[..]),
        (adesverify(pdf, ca_pem), &PYHANKO_ACCEPTS[..]),
    ] {
        for sentence in sentences {
            assert!(
                said.matches(sentence).count() == 1,
                "{sentence:?} once in: {said}"
            );
        }
    }
}

const PDFSIG_ACCEPTS: [&str; 4] = [
    "ETSI.CAdES.detached",
    "Total document signed",
    "Signature Validation: Signature is Valid.",
    "Certificate Validation: Certificate is Trusted.",
];

/// The first is not enough: pyHanko says it of a file to which a comment was appended as well.
const PYHANKO_ACCEPTS: [&str; 2] = [
    "The signature is judged VALID.",
    "The signature covers the entire file.",
];

/// What poppler's `pdfsig` says of a file, with an NSS database that holds one CA.
///
/// # Panics
/// When NSS refuses the CA.
#[must_use]
pub fn pdfsig(pdf: &Path, ca_pem: &Path) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = format!("sql:{}", folder.path().display());
    let certutil = |more: &[&str]| {
        let arguments = ["-d", &database].into_iter().chain(more.iter().copied());
        run("certutil", arguments).when_successful()
    };
    certutil(&["-N", "--empty-password"]);
    // Trusted to issue certificates for servers, mail and code: poppler asks NSS for a signer of mail.
    certutil(&[
        "-A",
        "-a",
        "-n",
        "ca",
        "-t",
        "CT,C,C",
        "-i",
        &ca_pem.to_string_lossy(),
    ]);
    // How it ends does not tell a broken signature from a sound one: its words are what counts.
    run(
        "pdfsig",
        [OsString::from("-nssdir"), folder.path().into(), pdf.into()],
    )
    .all()
}

/// What pyHanko's validation after ETSI EN 319 102-1 says of a file, with this CA as its only root. Our certificates
/// name no place to ask for revocations, so none is asked.
#[must_use]
pub fn adesverify(pdf: &Path, ca_pem: &Path) -> String {
    let options = [
        "sign",
        "adesverify",
        "--pretty-print",
        "--no-revocation-check",
        "--trust-replace",
        "--trust",
    ];
    let mut arguments: Vec<OsString> = options.map(OsString::from).to_vec();
    arguments.extend([ca_pem.into(), pdf.into()]);
    run(cache().join("documents/bin/pyhanko"), arguments).all()
}
