//! A clinician's key in an encrypted file (SECURITY §3; PKCS#8 v1, RFC 5208; PBES2, RFC 8018; scrypt, RFC 7914).
//!
//! The file is PEM, `ENCRYPTED PRIVATE KEY`, scrypt and AES-256-CBC, mode 0600. The container has no integrity tag: a
//! wrong passphrase shows as broken padding, and whoever opens a key for a certificate gives the certificate's key
//! to compare with. Tokens (PKCS#11) are another port.

mod container;

use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::KeypairBytes;
use ed25519_dalek::{Signer as _, SigningKey};
use pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use planseal::sign::{PortError, Signature, SigningPort, ToBeSigned};
use planseal::trust::PublicKey;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::output::OutputError;
use crate::random::{self, NoRandomness};

pub use container::{Cost, CostError};
pub(crate) use container::{open, save};

/// An Ed25519 private key that is kept in an encrypted file. Its memory is wiped when it is dropped.
pub struct FileKey {
    secret: SigningKey,
    public: PublicKey,
}

impl FileKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`NoRandomness`] when the operating system gives none.
    pub fn generate() -> Result<Self, NoRandomness> {
        let secret = Zeroizing::new(random::bytes::<32>()?);
        Ok(Self::from_secret(&secret))
    }

    /// Takes the 32 secret bytes of RFC 8032 §5.1.5, for example of a public example key.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let secret = SigningKey::from_bytes(secret);
        let public = PublicKey::parse(secret.verifying_key().as_bytes())
            .expect("an honest key is a multiple of the base point, canonical and free of torsion");
        Self { secret, public }
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public
    }

    /// Writes the encrypted file at [`Cost::STANDARD`]. An existing file is never touched.
    ///
    /// # Errors
    /// [`SaveKeyError`].
    pub fn save(&self, path: &Path, passphrase: &Passphrase) -> Result<(), SaveKeyError> {
        self.save_at_cost(path, passphrase, Cost::STANDARD)
    }

    /// Writes the encrypted file at a stated cost.
    ///
    /// # Errors
    /// [`SaveKeyError`].
    pub fn save_at_cost(&self, path: &Path, passphrase: &Passphrase, cost: Cost) -> Result<(), SaveKeyError> {
        let plain = KeypairBytes {
            secret_key: self.secret.to_bytes(),
            // PKCS#8 v1: with the public key inside it would be v2, which OpenSSL before 3.5 does not read.
            public_key: None,
        };
        save(&plain.to_pkcs8_der()?, path, passphrase, cost)
    }

    /// Opens the file. With `expected`, the key must be the one that a certificate names.
    ///
    /// # Errors
    /// [`OpenKeyError`]; none of them tells anything about the secret.
    pub fn open(
        path: &Path,
        passphrase: &Passphrase,
        expected: Option<PublicKey>,
    ) -> Result<Self, OpenKeyError> {
        let plain = open(path, passphrase)?;
        let key = Self::from_plain(&plain, path)?;
        match expected {
            Some(expected) if expected != key.public => Err(OpenKeyError::OtherKey {
                path: path.to_owned(),
                expected,
                found: key.public,
            }),
            _ => Ok(key),
        }
    }

    fn from_plain(plain: &[u8], path: &Path) -> Result<Self, OpenKeyError> {
        let path = || path.to_owned();
        let pair = KeypairBytes::from_pkcs8_der(plain)
            .map_err(|_| OpenKeyError::WrongPassphrase { path: path() })?;
        let key = Self::from_secret(&pair.secret_key);
        match &pair.public_key {
            Some(stated) if stated.to_bytes() != *key.public.as_bytes() => {
                Err(OpenKeyError::NotAKey { path: path() })
            }
            _ => Ok(key),
        }
    }
}

impl SigningPort for FileKey {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, to_be_signed: &ToBeSigned) -> Result<Signature, PortError> {
        Ok(Signature::from_bytes(
            self.secret.sign(to_be_signed.bytes()).to_bytes(),
        ))
    }
}

impl ZeroizeOnDrop for FileKey {}

/// Shows the public key only.
impl core::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "FileKey({})", self.public)
    }
}

/// The passphrase of a key file. Wiped from memory when dropped, never shown.
pub struct Passphrase(Zeroizing<String>);

/// Twelve characters: with scrypt at the standard cost, out of reach of a guess about anything but common phrases.
pub const SHORTEST_PASSPHRASE: usize = 12;

impl Passphrase {
    /// Takes a passphrase as typed, to open a key.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Takes a passphrase for a new key.
    ///
    /// # Errors
    /// [`WeakPassphrase`] under [`SHORTEST_PASSPHRASE`] characters.
    pub fn for_new_key(mut text: String) -> Result<Self, WeakPassphrase> {
        if text.chars().count() < SHORTEST_PASSPHRASE {
            text.zeroize();
            return Err(WeakPassphrase);
        }
        Ok(Self::new(text))
    }
}

impl core::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// A passphrase too short for a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a new key needs a passphrase of at least {SHORTEST_PASSPHRASE} characters: four or five words are easy to remember"
)]
pub struct WeakPassphrase;

/// Why a key was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveKeyError {
    /// The file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// No salt could be drawn.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The container could not be made.
    #[error("the key could not be encrypted")]
    Encrypt(#[from] pkcs8::Error),
}

/// Why a key file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenKeyError {
    /// The file cannot be read.
    #[error("the key file {} cannot be read: check the name, and that it is yours", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Others may read the file.
    #[error("the key file {} can be read by others (mode {mode:o}): run chmod 600 on it, and have the key revoked if others had access to this machine", path.display())]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is something else.
    #[error("{} is not a planseal key file: give the file that keygen or enrol made", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The key lies open in the file.
    #[error("the key in {} is not encrypted and is not used: make a new one with planseal keygen", path.display())]
    NotEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// Encrypted in a way this product does not make, or at a cost beyond its cap.
    #[error("the key in {} is not encrypted with scrypt (N up to 2^20, r 8, p 1) and AES-256-CBC: make a new one with planseal keygen", path.display())]
    OtherEncryption {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase does not fit.
    #[error("wrong passphrase for {}: try again", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The key is not the one certified.
    #[error("the key in {} is {found}, but the certificate names {expected}: use the key it was issued for", path.display())]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The certificate's key.
        expected: PublicKey,
        /// The file's key.
        found: PublicKey,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{self, Access, Existing};
    use std::os::unix::fs::PermissionsExt as _;

    fn phrase(text: &str) -> Passphrase {
        Passphrase::new(text.to_owned())
    }

    fn saved(folder: &Path) -> (FileKey, PathBuf) {
        let key = FileKey::generate().expect("randomness");
        let path = folder.join("key.pem");
        key.save_at_cost(&path, &phrase("right"), Cost::EXAMPLE_KEYS)
            .expect("saved");
        (key, path)
    }

    #[test]
    fn a_key_is_opened_by_its_passphrase_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, path) = saved(folder.path());
        let again = FileKey::open(&path, &phrase("right"), Some(key.public_key())).expect("opened");
        assert_eq!(again.public_key(), key.public_key());
        for wrong in ["", "Right", "right ", "wrong"] {
            let refused = FileKey::open(&path, &phrase(wrong), None);
            assert!(
                matches!(refused, Err(OpenKeyError::WrongPassphrase { .. })),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn a_key_other_than_the_certified_one_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, path) = saved(folder.path());
        let other = FileKey::generate().expect("randomness").public_key();
        let refused = FileKey::open(&path, &phrase("right"), Some(other));
        assert!(matches!(refused, Err(OpenKeyError::OtherKey { expected, .. }) if expected == other));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, path) = saved(folder.path());
        for mode in [0o640, 0o604, 0o660, 0o666] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
            let refused = FileKey::open(&path, &phrase("right"), None);
            assert!(matches!(refused, Err(OpenKeyError::Readable { .. })), "{mode:o}");
        }
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, path) = saved(folder.path());
        let other = FileKey::generate().expect("randomness");
        let refused = other.save_at_cost(&path, &phrase("right"), Cost::EXAMPLE_KEYS);
        assert!(matches!(
            refused,
            Err(SaveKeyError::Output(OutputError::Exists { .. }))
        ));
        assert!(FileKey::open(&path, &phrase("right"), Some(key.public_key())).is_ok());
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, path) = saved(folder.path());
        let pem = std::fs::read(&path).expect("readable");
        let changed = folder.path().join("changed.pem");
        let flips = (0..pem.len()).step_by(5).map(|at| {
            let mut flipped = pem.clone();
            flipped[at] ^= 1;
            flipped
        });
        let cuts = (0..pem.len() - 1).step_by(17).map(|at| pem[..at].to_vec());
        for bytes in flips.chain(cuts) {
            output::write(&changed, &bytes, Access::Owner, Existing::Replace).expect("written");
            let opened = FileKey::open(&changed, &phrase("right"), Some(key.public_key()));
            assert!(opened.is_err(), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn files_of_other_kinds_are_named_as_such() {
        let folder = tempfile::tempdir().expect("a folder");
        let plain = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n";
        let path = folder.path().join("plain.pem");
        output::write(&path, plain.as_bytes(), Access::Owner, Existing::Keep).expect("written");
        let refused = FileKey::open(&path, &phrase("right"), None);
        assert!(
            matches!(refused, Err(OpenKeyError::NotEncrypted { .. })),
            "{refused:?}"
        );
        let text = folder.path().join("text");
        output::write(&text, b"no key", Access::Owner, Existing::Keep).expect("written");
        let refused = FileKey::open(&text, &phrase("right"), None);
        assert!(
            matches!(refused, Err(OpenKeyError::NotAKey { .. })),
            "{refused:?}"
        );
        let gone = FileKey::open(&folder.path().join("gone"), &phrase("right"), None);
        assert!(matches!(gone, Err(OpenKeyError::Read { .. })));
    }

    #[test]
    fn real_keys_cost_at_least_two_to_the_seventeen() {
        assert!(Cost::new(16).is_err());
        assert_eq!(Cost::new(17), Ok(Cost::STANDARD));
        assert!(Cost::new(21).is_err());
    }

    #[test]
    fn secrets_are_not_shown() {
        let key = FileKey::from_secret(&[7; 32]);
        assert!(!format!("{key:?}").contains("0707"));
        assert_eq!(format!("{:?}", phrase("hidden")), "Passphrase(…)");
        assert_eq!(
            Passphrase::for_new_key("short".into()).err(),
            Some(WeakPassphrase)
        );
    }
}
