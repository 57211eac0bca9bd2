//! The service's sealing key and the authority that certifies it: ECDSA P-256 in encrypted files, and the X.509
//! certificates that PDF programs ask for (RFC 5280, RFC 9336).
//!
//! Nothing here has to do with who may sign plans: a seal says which service a file comes from and that it is whole. PDF
//! programs refuse Ed25519, or call it corrupt, so this key is of another kind than all others.

use std::path::Path;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use pkcs8::{DecodePrivateKey as _, Document, EncodePrivateKey as _};
use planseal::time::Timestamp;
use planseal_render::seal::{PortFault, SealAlgorithm, SealPort};
use rcgen::{
    BasicConstraints, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::key_file::{self, Cost, OpenKeyError, Passphrase, SaveKeyError};
use crate::random::{self, NoRandomness};
use crate::x509::blank;

/// The authority that certifies sealing keys. Trust policies pin its certificate.
pub struct SealAuthority {
    certificate: Vec<u8>,
    secret: SigningKey,
}

/// A sealing key with its certificates. It signs deterministically (RFC 6979): the same pages give the same file.
pub struct SealKey {
    secret: SigningKey,
    certificates: Vec<Vec<u8>>,
}

impl SealAuthority {
    /// Makes an authority, valid for ten years; `name` is what PDF programs show.
    ///
    /// # Errors
    /// [`SealKeyError`].
    pub fn generate(name: &str, at: Timestamp) -> Result<Self, SealKeyError> {
        let secret = new_secret()?;
        let mut params = blank(name, None, at, AUTHORITY_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key_pair(&secret)?)?.der().to_vec();
        Ok(Self { certificate, secret })
    }

    /// Opens an authority from its certificate (PEM) and its encrypted key file.
    ///
    /// # Errors
    /// [`SealKeyError`].
    pub fn open(certificate: &str, key: &Path, passphrase: &Passphrase) -> Result<Self, SealKeyError> {
        let mut certificates = certificates_of(certificate)?;
        let (Some(certificate), true) = (certificates.pop(), certificates.is_empty()) else {
            return Err(SealKeyError::Certificates);
        };
        let secret = opened(key, passphrase)?;
        expect_key(&certificate, &secret)?;
        Ok(Self { certificate, secret })
    }

    /// Writes the authority's key, encrypted. An existing file is never touched.
    ///
    /// # Errors
    /// [`SealKeyError`].
    pub fn save(&self, path: &Path, passphrase: &Passphrase, cost: Cost) -> Result<(), SealKeyError> {
        saved(&self.secret, path, passphrase, cost)
    }

    /// Its certificate, PEM: what PDF programs are told to trust.
    #[must_use]
    pub fn certificate(&self) -> String {
        pem(&self.certificate)
    }

    /// SHA-256 of its certificate: what trust policies pin, and operators print.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }

    /// Makes a sealing key and certifies it for 366 days; `name` is what PDF programs show as the signer.
    ///
    /// # Errors
    /// [`SealKeyError`].
    pub fn issue(&self, name: &str, at: Timestamp) -> Result<SealKey, SealKeyError> {
        let secret = new_secret()?;
        let mut params = blank(name, None, at, KEY_DAYS)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::ContentCommitment,
        ];
        // Signing documents alone is a use that NSS does not know, and it then trusts nothing.
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec()),
            ExtendedKeyUsagePurpose::EmailProtection,
        ];
        params.use_authority_key_identifier_extension = true;
        let own = Issuer::from_ca_cert_der(&self.certificate.as_slice().into(), key_pair(&self.secret)?)?;
        let certificate = params.signed_by(&key_pair(&secret)?, &own)?.der().to_vec();
        Ok(SealKey {
            secret,
            certificates: vec![certificate, self.certificate.clone()],
        })
    }
}

impl SealKey {
    /// Opens a sealing key: its certificates (PEM, its own first, the authority's last) and its encrypted file.
    ///
    /// # Errors
    /// [`SealKeyError`].
    pub fn open(certificates: &str, key: &Path, passphrase: &Passphrase) -> Result<Self, SealKeyError> {
        let certificates = certificates_of(certificates)?;
        let [own, .., _] = certificates.as_slice() else {
            return Err(SealKeyError::Certificates);
        };
        let secret = opened(key, passphrase)?;
        expect_key(own, &secret)?;
        Ok(Self { secret, certificates })
    }

    /// Writes the key, encrypted. An existing file is never touched.
    ///
    /// # Errors
    /// [`SealKeyError`].
    pub fn save(&self, path: &Path, passphrase: &Passphrase, cost: Cost) -> Result<(), SealKeyError> {
        saved(&self.secret, path, passphrase, cost)
    }

    /// Its certificates, PEM, in the order of [`SealKey::open`].
    #[must_use]
    pub fn certificates_pem(&self) -> String {
        self.certificates.iter().map(|der| pem(der)).collect()
    }
}

impl SealPort for SealKey {
    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn algorithm(&self) -> SealAlgorithm {
        SealAlgorithm::EcdsaP256
    }

    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, PortFault> {
        let signature: DerSignature = self.secret.sign(signed_attributes);
        Ok(signature.as_bytes().to_vec())
    }
}

/// SHA-256 of the one certificate in a PEM text, as trust policies pin it.
///
/// # Errors
/// [`SealKeyError::Certificates`] when it is not one certificate.
pub fn fingerprint_of(pem: &[u8]) -> Result<[u8; 32], SealKeyError> {
    let text = core::str::from_utf8(pem).map_err(|_| SealKeyError::Certificates)?;
    match certificates_of(text)?.as_slice() {
        [certificate] => Ok(Sha256::digest(certificate).into()),
        _ => Err(SealKeyError::Certificates),
    }
}

/// Ten years.
const AUTHORITY_DAYS: i64 = 3650;
/// As long as the service's other keys at most.
const KEY_DAYS: i64 = 366;
/// id-kp-documentSigning.
const DOCUMENT_SIGNING: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 36];

const CERTIFICATE: &str = "CERTIFICATE";

fn new_secret() -> Result<SigningKey, SealKeyError> {
    loop {
        // One value in 2^32 of those below 2^256 is no scalar of the curve: draw again.
        let bytes = Zeroizing::new(random::bytes::<32>()?);
        if let Ok(secret) = SigningKey::from_slice(bytes.as_ref()) {
            return Ok(secret);
        }
    }
}

fn opened(path: &Path, passphrase: &Passphrase) -> Result<SigningKey, SealKeyError> {
    let plain = key_file::open(path, passphrase)?;
    SigningKey::from_pkcs8_der(&plain).map_err(|_| SealKeyError::NotP256)
}

fn saved(secret: &SigningKey, path: &Path, passphrase: &Passphrase, cost: Cost) -> Result<(), SealKeyError> {
    let plain = secret.to_pkcs8_der().map_err(SaveKeyError::from)?;
    Ok(key_file::save(&plain, path, passphrase, cost)?)
}

/// For the X.509 library, which signs certificates.
fn key_pair(secret: &SigningKey) -> Result<KeyPair, SealKeyError> {
    let plain = secret.to_pkcs8_der().map_err(SaveKeyError::from)?;
    let der = plain.as_bytes().into();
    Ok(KeyPair::from_pkcs8_der_and_sign_algo(
        &der,
        &PKCS_ECDSA_P256_SHA256,
    )?)
}

/// The certificate holds this key's public half.
fn expect_key(certificate: &[u8], secret: &SigningKey) -> Result<(), SealKeyError> {
    let point = secret.verifying_key().to_sec1_point(false);
    let held = certificate
        .windows(point.len())
        .any(|window| window == point.as_bytes());
    if held { Ok(()) } else { Err(SealKeyError::OtherKey) }
}

fn certificates_of(pem: &str) -> Result<Vec<Vec<u8>>, SealKeyError> {
    const BEGIN: &str = "-----BEGIN";
    let mut certificates = Vec::new();
    for text in pem.split(BEGIN).skip(1) {
        let whole = format!("{BEGIN}{}\n", text.trim_end());
        let (label, document) = Document::from_pem(&whole).map_err(|_| SealKeyError::Certificates)?;
        if label != CERTIFICATE {
            return Err(SealKeyError::Certificates);
        }
        certificates.push(document.as_bytes().to_vec());
    }
    Ok(certificates)
}

fn pem(der: &[u8]) -> String {
    let document = Document::try_from(der).expect("a certificate that was made or read here is DER");
    document
        .to_pem(CERTIFICATE, pkcs8::der::pem::LineEnding::LF)
        .expect("a certificate has a PEM form")
}

impl core::fmt::Debug for SealAuthority {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealAuthority(…)")
    }
}

impl core::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealKey(…)")
    }
}

/// Why there is no sealing key.
#[derive(Debug, thiserror::Error)]
pub enum SealKeyError {
    /// The key file could not be opened.
    #[error(transparent)]
    Open(#[from] OpenKeyError),
    /// The key file could not be written.
    #[error(transparent)]
    Save(#[from] SaveKeyError),
    /// A key of another kind.
    #[error("the key is not ECDSA P-256: give the file that `planseal ca seal` made")]
    NotP256,
    /// Not the certificates that belong here.
    #[error("give certificates in PEM: the sealing key's own first, its authority's last")]
    Certificates,
    /// The certificate names another key.
    #[error("the certificate is of another key than the one in the file")]
    OtherKey,
    /// The X.509 library refused.
    #[error("the certificate could not be made")]
    X509(#[from] rcgen::Error),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        Timestamp::parse("2026-11-22T12:00:00Z").expect("an instant")
    }

    #[test]
    fn authority_and_key_open_again_from_their_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let secret = Passphrase::new("a passphrase".into());
        let authority = SealAuthority::generate("Seals of nowhere", at()).expect("an authority");
        authority
            .save(&path("authority.pem"), &secret, Cost::EXAMPLE_KEYS)
            .expect("saved");
        let key = authority.issue("Nowhere plans", at()).expect("a key");
        key.save(&path("key.pem"), &secret, Cost::EXAMPLE_KEYS)
            .expect("saved");

        let again = SealAuthority::open(&authority.certificate(), &path("authority.pem"), &secret);
        assert_eq!(again.expect("opened").fingerprint(), authority.fingerprint());
        let opened = SealKey::open(&key.certificates_pem(), &path("key.pem"), &secret).expect("opened");
        assert_eq!(opened.certificates(), key.certificates());
        let sign = |key: &SealKey| key.sign(b"these bytes").expect("signed");
        assert_eq!(sign(&opened), sign(&key), "deterministic");
    }

    #[test]
    fn a_key_under_another_ones_certificate_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key.pem");
        let secret = Passphrase::new("a passphrase".into());
        let authority = SealAuthority::generate("Seals of nowhere", at()).expect("an authority");
        let (one, other) = (authority.issue("One", at()), authority.issue("Other", at()));
        let (one, other) = (one.expect("a key"), other.expect("a key"));
        one.save(&path, &secret, Cost::EXAMPLE_KEYS).expect("saved");
        let refused = SealKey::open(&other.certificates_pem(), &path, &secret);
        assert!(matches!(refused, Err(SealKeyError::OtherKey)));
        let refused = SealKey::open(&authority.certificate(), &path, &secret);
        assert!(matches!(refused, Err(SealKeyError::Certificates)));
        assert!(matches!(
            SealKey::open("no PEM", &path, &secret),
            Err(SealKeyError::Certificates)
        ));
    }

    #[test]
    fn a_clinicians_key_is_no_sealing_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key.pem");
        let secret = Passphrase::new("a passphrase".into());
        let key = key_file::FileKey::generate().expect("randomness");
        key.save_at_cost(&path, &secret, Cost::EXAMPLE_KEYS)
            .expect("saved");
        let authority = SealAuthority::generate("Seals of nowhere", at()).expect("an authority");
        let certificates = authority.issue("One", at()).expect("a key").certificates_pem();
        let refused = SealKey::open(&certificates, &path, &secret);
        assert!(matches!(refused, Err(SealKeyError::NotP256)));
    }
}
