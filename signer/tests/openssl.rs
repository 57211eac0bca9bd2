//! Another implementation reads what this one writes: OpenSSL 3 and the key file.
#![expect(clippy::unwrap_used, reason = "a journey that fails anywhere has failed")]

use std::path::Path;
use std::process::{Command, Output};

use planseal_signer::key_file::{Cost, FileKey, Passphrase};

fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn phrase() -> Passphrase {
    Passphrase::new("public example".into())
}

/// `openssl pkey` holds scrypt to 32 MiB and offers no option for more, so it opens example keys directly.
#[test]
#[ignore = "needs openssl: tests/run"]
fn openssl_reads_an_example_key_and_finds_the_same_public_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = FileKey::generate().unwrap();
    key.save_at_cost(&folder.path().join("key.pem"), &phrase(), Cost::EXAMPLE_KEYS)
        .unwrap();
    let read = [
        "pkey",
        "-in",
        "key.pem",
        "-passin",
        "pass:public example",
        "-pubout",
        "-outform",
        "DER",
    ];
    let public = openssl(folder.path(), &read).stdout;
    assert!(
        public.ends_with(key.public_key().as_bytes()),
        "RFC 8410: the key is the last 32 bytes"
    );
}

/// A key at the standard cost is opened in two steps, with the memory that its scrypt needs.
#[test]
#[ignore = "needs openssl: tests/run"]
fn openssl_derives_and_decrypts_a_key_at_the_standard_cost() {
    let folder = tempfile::tempdir().unwrap();
    let key = FileKey::generate().unwrap();
    key.save(&folder.path().join("key.pem"), &phrase()).unwrap();
    let parsed = openssl(folder.path(), &["asn1parse", "-in", "key.pem"]).stdout;
    let parsed = String::from_utf8(parsed).unwrap();
    let octets: Vec<&str> = parsed
        .lines()
        .filter_map(|line| line.split_once("[HEX DUMP]:"))
        .map(|(_, hex)| hex)
        .collect();
    let [salt, iv, encrypted] = octets[..] else {
        panic!("salt, IV and ciphertext: {parsed}");
    };
    assert!(parsed.contains("INTEGER           :020000"), "N = 2^17: {parsed}");
    let salt = format!("hexsalt:{salt}");
    let derive = [
        "kdf",
        "-keylen",
        "32",
        "-kdfopt",
        "pass:public example",
        "-kdfopt",
        &salt,
        "-kdfopt",
        "n:131072",
        "-kdfopt",
        "r:8",
        "-kdfopt",
        "p:1",
        "-kdfopt",
        "maxmem_bytes:200000000",
        "SCRYPT",
    ];
    let derived = String::from_utf8(openssl(folder.path(), &derive).stdout).unwrap();
    let derived = derived.trim().replace(':', "");
    std::fs::write(folder.path().join("encrypted"), hex::decode(encrypted).unwrap()).unwrap();
    let decrypt = [
        "enc",
        "-d",
        "-aes-256-cbc",
        "-K",
        &derived,
        "-iv",
        iv,
        "-in",
        "encrypted",
        "-out",
        "plain.der",
    ];
    openssl(folder.path(), &decrypt);
    let public = openssl(
        folder.path(),
        &[
            "pkey",
            "-in",
            "plain.der",
            "-inform",
            "DER",
            "-pubout",
            "-outform",
            "DER",
        ],
    );
    assert!(public.stdout.ends_with(key.public_key().as_bytes()));
}

#[test]
#[ignore = "needs openssl: tests/run"]
fn a_key_that_openssl_made_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    openssl(
        folder.path(),
        &["genpkey", "-algorithm", "ed25519", "-out", "plain.pem"],
    );
    let encrypt = [
        "pkcs8",
        "-topk8",
        "-in",
        "plain.pem",
        "-scrypt",
        "-scrypt_N",
        "16384",
        "-v2",
        "aes-256-cbc",
        "-passout",
        "pass:public example",
        "-out",
        "key.pem",
    ];
    openssl(folder.path(), &encrypt);
    let public = openssl(
        folder.path(),
        &["pkey", "-in", "plain.pem", "-pubout", "-outform", "DER"],
    )
    .stdout;
    let path = folder.path().join("key.pem");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let key = FileKey::open(&path, &phrase(), None).unwrap();
    assert!(public.ends_with(key.public_key().as_bytes()));
}
