//! Do other people's verifiers accept a sealed file, trusting nothing but the authority of its seal?

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use planseal::time::Timestamp;
use planseal_render::seal::{Sealing, seal};
use planseal_signer::seal::{SealAuthority, SealKey};

use crate::tools::{cache, run};

/// A sealing key that is in force today, because others judge by today.
pub struct Sealer {
    authority: SealAuthority,
    key: SealKey,
    now: Timestamp,
}

impl Sealer {
    /// A new key under a new authority.
    ///
    /// # Panics
    /// When there is no randomness or no clock.
    #[must_use]
    pub fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let now = Timestamp::from_seconds(since.as_secs()).expect("before 9999");
        let authority = SealAuthority::generate("Seals of the test host", now).expect("an authority");
        Self {
            key: authority.issue("Plans of the test host", now).expect("a key"),
            authority,
            now,
        }
    }

    /// A document with its seal.
    ///
    /// # Panics
    /// When it cannot be sealed.
    #[must_use]
    pub fn sealed(&self, pages: &[u8]) -> Vec<u8> {
        let sealing = Sealing {
            port: &self.key,
            time_stamps: None,
            at: self.now,
        };
        seal(pages, &sealing).expect("a document of ours is sealed")
    }

    /// The authority's certificate as a file.
    ///
    /// # Panics
    /// When the folder cannot be written.
    #[must_use]
    pub fn authority(&self, folder: &Path) -> PathBuf {
        let file = folder.join("authority.pem");
        std::fs::write(&file, self.authority.certificate()).expect("a folder of this test");
        file
    }
}

impl Default for Sealer {
    fn default() -> Self {
        Self::new()
    }
}

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
