//! The seal of render with the keys of this crate: what opens, and every way in which a file is no sealed file.

use std::path::Path;
use std::process::Command;

use planseal::time::Timestamp;
use planseal_render::seal::{
    self, CmsError, NoSeal, PortFault, SealAlgorithm, SealError, SealPort, Sealing, TimeStampPort,
};
use planseal_render::specimen;
use planseal_signer::seal::{SealAuthority, SealKey};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

fn now() -> Timestamp {
    at("2026-11-22T14:32:05Z")
}

/// A document as this project writes it.
fn pages() -> Vec<u8> {
    let (_, words) = &specimen::samples()[0];
    specimen::scan(words).expect("a specimen")
}

fn authority() -> SealAuthority {
    SealAuthority::generate("Seals of nowhere", now()).expect("an authority")
}

fn key(authority: &SealAuthority) -> SealKey {
    authority.issue("Nowhere plans", now()).expect("a key")
}

fn sealed(pages: &[u8], port: &dyn SealPort) -> Vec<u8> {
    let sealing = Sealing {
        port,
        time_stamps: None,
        at: now(),
    };
    seal::seal(pages, &sealing).expect("sealed")
}

#[test]
fn a_sealed_file_opens_and_its_pages_are_an_exact_prefix() {
    let (pages, authority) = (pages(), authority());
    let key = key(&authority);
    let file = sealed(&pages, &key);
    assert!(file.starts_with(&pages) && file.ends_with(b"\n%%EOF\n"));
    let opened = seal::open(&file).expect("opened");
    assert_eq!(opened.document(), pages);
    assert_eq!(opened.authority(), &authority.fingerprint());
    assert_eq!(opened.at(), now());
    assert_eq!(
        file,
        sealed(&pages, &key),
        "the same pages, key and date give the same bytes"
    );
}

#[test]
fn white_space_may_follow_and_nothing_else() {
    let file = sealed(&pages(), &key(&authority()));
    let followed = |bytes: &[u8]| [file.as_slice(), bytes].concat();
    assert!(seal::open(&followed(b" \r\n\n\t")).is_ok());
    for more in [&b"x"[..], b"%", b"\0", b"\n%%EOF\n", b"9 0 obj\n<<>>\nendobj\n"] {
        assert!(seal::open(&followed(more)).is_err(), "{more:?}");
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    let (pages, authority) = (pages(), authority());
    let file = sealed(&pages, &key(&authority));
    let in_pages = (0..pages.len()).step_by(211);
    let in_seal = pages.len()..file.len() - 1;
    for place in in_pages.chain(in_seal) {
        let mut changed = file.clone();
        changed[place] ^= 1;
        // Nobody vouches for what is only the authority's own word about itself: another certificate is another authority.
        let same = seal::open(&changed).is_ok_and(|sealed| sealed.authority() == &authority.fingerprint());
        assert!(!same, "byte {place} of {} may be changed", file.len());
    }
}

#[test]
fn a_second_update_is_no_sealed_file() {
    let file = sealed(&pages(), &key(&authority()));
    let refused = seal::seal(
        &file,
        &Sealing {
            port: &key(&authority()),
            time_stamps: None,
            at: now(),
        },
    );
    assert!(matches!(refused, Err(SealError::Document(_))), "sealed once");
    let table = file
        .windows(10)
        .rposition(|window| window == b"startxref\n")
        .expect("a table");
    let offset = String::from_utf8_lossy(&file[table + 10..])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    let update = format!(
        "9 0 obj\n<</Type/Catalog>>\nendobj\nxref\n9 1\n{:010} 00000 n\r\ntrailer\n<</Size 90/Root 9 0 R/Prev {offset}>>\nstartxref\n{}\n%%EOF\n",
        file.len(),
        file.len() + 40
    );
    assert!(seal::open(&[file.as_slice(), update.as_bytes()].concat()).is_err());
}

#[test]
fn cut_prefixed_unsealed_and_foreign_files_do_not_open() {
    let pages = pages();
    let file = sealed(&pages, &key(&authority()));
    assert!(matches!(seal::open(&pages), Err(NoSeal::NotFound)), "unsealed");
    assert!(seal::open(&file[..file.len() - 200]).is_err(), "cut");
    assert!(
        seal::open(&[b"junk\n", file.as_slice()].concat()).is_err(),
        "bytes before the header"
    );
    for foreign in [
        &b""[..],
        b"%PDF-1.7\nstartxref\n0\n%%EOF\n",
        b"startxref\n",
        b"trailer\n/Prev 1>>\nstartxref\n",
    ] {
        assert!(seal::open(foreign).is_err());
        let sealing = Sealing {
            port: &key(&authority()),
            time_stamps: None,
            at: now(),
        };
        assert!(matches!(
            seal::seal(foreign, &sealing),
            Err(SealError::Document(_))
        ));
    }
}

#[test]
fn a_seal_by_another_authority_opens_under_its_own_name_only() {
    let (ours, other) = (authority(), authority());
    let file = sealed(&pages(), &key(&other));
    let opened = seal::open(&file).expect("somebody sealed it");
    assert_ne!(opened.authority(), &ours.fingerprint());
}

#[test]
fn a_key_is_judged_at_the_time_of_the_seal() {
    let key = key(&authority());
    let seal_at = |at| {
        let sealing = Sealing {
            port: &key,
            time_stamps: None,
            at,
        };
        seal::seal(&pages(), &sealing).expect("sealed")
    };
    assert!(seal::open(&seal_at(at("2027-11-22T00:00:00Z"))).is_ok());
    for outside in ["2027-11-24T00:00:00Z", "2026-11-21T00:00:00Z"] {
        let file = seal_at(at(outside));
        let refused = seal::open(&file);
        assert!(
            matches!(refused, Err(NoSeal::Signature(CmsError::Chain(_)))),
            "{outside}"
        );
    }
}

/// A port whose certificates or signature are not what they should be.
struct Broken<'a> {
    key: &'a SealKey,
    certificates: Vec<Vec<u8>>,
    signs: fn(&SealKey, &[u8]) -> Vec<u8>,
}

impl SealPort for Broken<'_> {
    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn algorithm(&self) -> SealAlgorithm {
        SealAlgorithm::EcdsaP256
    }

    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, PortFault> {
        Ok((self.signs)(self.key, signed_attributes))
    }
}

#[test]
fn a_signature_without_its_chain_or_of_other_bytes_does_not_hold() {
    let (one, other) = (authority(), authority());
    let (key, foreign) = (key(&one), key(&other));
    let own = |key: &SealKey, bytes: &[u8]| key.sign(bytes).expect("signed");
    type Signs = fn(&SealKey, &[u8]) -> Vec<u8>;
    let cases: [(&str, Vec<Vec<u8>>, Signs); 6] = [
        ("no authority", key.certificates()[..1].to_vec(), own),
        ("another key's certificate", foreign.certificates().to_vec(), own),
        (
            "another authority",
            vec![key.certificates()[0].clone(), foreign.certificates()[1].clone()],
            own,
        ),
        ("the authority itself", vec![key.certificates()[1].clone()], own),
        ("other bytes", key.certificates().to_vec(), |key, _| {
            key.sign(b"other").expect("signed")
        }),
        ("no signature", key.certificates().to_vec(), |_, _| Vec::new()),
    ];
    for (what, certificates, signs) in cases {
        let port = Broken {
            key: &key,
            certificates,
            signs,
        };
        let file = sealed(&pages(), &port);
        assert!(matches!(seal::open(&file), Err(NoSeal::Signature(_))), "{what}");
    }
}

/// A time-stamp authority by openssl: a real one, without the network.
struct OpenSsl<'a>(&'a Path);

impl TimeStampPort for OpenSsl<'_> {
    fn ask(&self, request: &[u8]) -> Result<Vec<u8>, PortFault> {
        std::fs::write(self.0.join("request.tsq"), request).map_err(|fault| PortFault(fault.to_string()))?;
        openssl(
            self.0,
            "ts -reply -config tsa.cnf -section tsa -queryfile request.tsq -out answer.tsr",
        );
        std::fs::read(self.0.join("answer.tsr")).map_err(|fault| PortFault(fault.to_string()))
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let done = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output();
    let done = done.expect("openssl: run tests/run");
    assert!(
        done.status.success(),
        "{arguments}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

const TSA: &str = "[tsa]\nserial=serial\ncrypto_device=builtin\nsigner_cert=tsa.pem\nsigner_key=tsa.key\n\
    signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\ness_cert_id_alg=sha256\n\
    [req]\ndistinguished_name=dn\n[dn]\n[ext]\nextendedKeyUsage=critical,timeStamping\n";

#[test]
#[ignore = "needs openssl: tests/run"]
fn a_time_stamp_lies_inside_the_seal() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tsa.cnf"), TSA).expect("writable");
    std::fs::write(folder.path().join("serial"), "01\n").expect("writable");
    openssl(
        folder.path(),
        "req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 30 -subj /CN=TSA -config tsa.cnf -extensions ext",
    );
    let (pages, key) = (pages(), key(&authority()));
    let stamps = OpenSsl(folder.path());
    let sealing = Sealing {
        port: &key,
        time_stamps: Some(&stamps),
        at: now(),
    };
    let file = seal::seal(&pages, &sealing).expect("sealed");
    assert_eq!(seal::open(&file).expect("opened").document(), pages);

    // The answer to an older question is of another signature.
    let answer = std::fs::read(folder.path().join("answer.tsr")).expect("an answer");
    let replayed = Replayed(answer);
    let other = self::key(&authority());
    let refused = seal::seal(
        &pages,
        &Sealing {
            port: &other,
            time_stamps: Some(&replayed),
            at: now(),
        },
    );
    assert!(matches!(
        refused,
        Err(SealError::Signature(CmsError::TimeStamp(_)))
    ));
}

struct Replayed(Vec<u8>);

impl TimeStampPort for Replayed {
    fn ask(&self, _: &[u8]) -> Result<Vec<u8>, PortFault> {
        Ok(self.0.clone())
    }
}

#[test]
fn an_authority_that_refuses_or_babbles_leaves_the_document_unsealed() {
    // PKIStatusInfo with status 2: rejection.
    for answer in [&[0x30, 5, 0x30, 3, 2, 1, 2][..], b"", b"no answer", &[0x30, 0]] {
        let babbling = Replayed(answer.to_vec());
        let sealing = Sealing {
            port: &key(&authority()),
            time_stamps: Some(&babbling),
            at: now(),
        };
        assert!(seal::seal(&pages(), &sealing).is_err());
    }
}

/// An RSA key by openssl, as a security module without elliptic curves would hold it.
struct Rsa<'a> {
    folder: &'a Path,
    certificates: Vec<Vec<u8>>,
}

impl SealPort for Rsa<'_> {
    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn algorithm(&self) -> SealAlgorithm {
        SealAlgorithm::RsaPkcs1
    }

    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, PortFault> {
        let fault = |fault: std::io::Error| PortFault(fault.to_string());
        std::fs::write(self.folder.join("attributes"), signed_attributes).map_err(fault)?;
        openssl(
            self.folder,
            "dgst -sha256 -sign seal.key -out signature attributes",
        );
        std::fs::read(self.folder.join("signature")).map_err(fault)
    }
}

#[test]
#[ignore = "needs openssl: tests/run"]
fn an_rsa_key_seals_through_the_same_port() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("rsa.cnf"),
        "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
         [end]\nkeyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=critical,CA:FALSE\n",
    )
    .expect("writable");
    for command in [
        "req -x509 -newkey rsa:3072 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=Authority -config rsa.cnf -extensions ca",
        "req -newkey rsa:2048 -nodes -keyout seal.key -out seal.csr -subj /CN=Seal -config rsa.cnf",
        "x509 -req -in seal.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile rsa.cnf -extensions end -out seal.pem",
        "x509 -in seal.pem -outform DER -out seal.der",
        "x509 -in ca.pem -outform DER -out ca.der",
    ] {
        openssl(folder.path(), command);
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("a certificate");
    let port = Rsa {
        folder: folder.path(),
        certificates: vec![read("seal.der"), read("ca.der")],
    };
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let sealing = Sealing {
        port: &port,
        time_stamps: None,
        at: Timestamp::from_seconds(since.as_secs() + 60).expect("a time"),
    };
    let file = seal::seal(&pages(), &sealing).expect("sealed");
    assert_eq!(seal::open(&file).expect("opened").document(), pages());
}
