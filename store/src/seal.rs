//! Encryption of one stored object (SECURITY §3).
//!
//! A record on the disk is
//!
//! ```text
//! offset  bytes  what
//!      0      4  "PSR1"
//!      4     32  salt, random for each writing
//!     36     32  commitment to the data key
//!     68      n  ciphertext, as long as the content
//!   68+n     16  Poly1305 tag
//! ```
//!
//! HKDF-SHA256 (RFC 5869) with the salt turns the data key into 88 bytes: the object's own key (32), its nonce
//! (24) and the commitment (32). The commitment is compared first: XChaCha20-Poly1305 alone would let one
//! ciphertext open under two keys. Associated data binds the ciphertext to its place:
//! `"PSR1" ‖ kind (1) ‖ length of the content (8) ‖ key`, where the key names the plan and the record's number.
//! A record moved to another name, plan, kind or position, or cut short, does not open.

use core::fmt;

use bytes::Bytes;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::key::Key;

/// A key that encrypts records: one for each patient's record, one for what belongs to none.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A new key from the system's random source.
    ///
    /// # Errors
    /// [`RandomError`] when the system has no randomness to give.
    pub fn random() -> Result<Self, RandomError> {
        let mut key = Zeroizing::new([0; 32]);
        fill_random(key.as_mut())?;
        Ok(Self(key))
    }

    /// Takes a key that was unwrapped.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key itself, for a port that wraps it.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A keyed name for content or for a value of an index: nobody without the key can test a guess.
    pub(crate) fn name(&self, purpose: NamePurpose, value: &[u8]) -> [u8; 32] {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_ref())
            .expand(purpose.label().as_bytes(), key.as_mut())
            .expect("32 bytes are within HKDF's bound of 255 blocks");
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_ref()).expect("HMAC takes a key of any length");
        mac.update(value);
        mac.finalize().into_bytes().into()
    }
}

/// Shows nothing of the key.
impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// What a keyed name is for; each purpose has its own HMAC key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamePurpose {
    Attachment,
    Print,
    NhsNumber,
    Person,
}

impl NamePurpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Attachment => "planseal-store-1 name attachment",
            Self::Print => "planseal-store-1 name print",
            Self::NhsNumber => "planseal-store-1 name nhs",
            Self::Person => "planseal-store-1 name ndp",
        }
    }
}

/// What a record holds; part of the associated data, so that one kind never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordKind {
    Chain,
    Attachment,
    Print,
    Claim,
    Segment,
    Node,
    Commit,
    Logged,
    WrappedKey,
    Handover,
    Lease,
    Ended,
}

impl RecordKind {
    const fn code(self) -> u8 {
        match self {
            Self::Chain => 1,
            Self::Attachment => 2,
            Self::Print => 3,
            Self::Claim => 4,
            Self::Segment => 5,
            Self::Node => 6,
            Self::Commit => 7,
            Self::Logged => 8,
            Self::WrappedKey => 9,
            Self::Handover => 10,
            Self::Lease => 11,
            Self::Ended => 12,
        }
    }
}

/// Encrypts content for one name. Two writings of the same content differ.
pub(crate) fn seal(
    data_key: &DataKey,
    kind: RecordKind,
    key: &Key,
    content: &[u8],
) -> Result<Bytes, RandomError> {
    let mut salt = [0; SALT];
    fill_random(&mut salt)?;
    let derived = Derived::of(data_key, &salt);
    let associated = associated_data(kind, key, content.len());
    let payload = Payload {
        msg: content,
        aad: &associated,
    };
    let ciphertext = derived
        .cipher()
        .encrypt(&derived.nonce(), payload)
        .expect("content is far below the cipher's bound of 256 GiB");
    Ok([MAGIC.as_slice(), &salt, derived.commitment(), &ciphertext]
        .concat()
        .into())
}

/// Decrypts a record, and refuses one that was altered, moved, cut or made with another key.
pub(crate) fn open(
    data_key: &DataKey,
    kind: RecordKind,
    key: &Key,
    record: &[u8],
) -> Result<Vec<u8>, SealError> {
    let not_a_record = || SealError::NotARecord { key: key.to_string() };
    let rest = record.strip_prefix(MAGIC).ok_or_else(not_a_record)?;
    let (salt, rest) = rest.split_first_chunk::<SALT>().ok_or_else(not_a_record)?;
    let (commitment, ciphertext) = rest.split_first_chunk::<COMMITMENT>().ok_or_else(not_a_record)?;
    let length = ciphertext.len().checked_sub(TAG).ok_or_else(not_a_record)?;
    let derived = Derived::of(data_key, salt);
    if !bool::from(derived.commitment().ct_eq(commitment)) {
        return Err(SealError::OtherKey { key: key.to_string() });
    }
    let associated = associated_data(kind, key, length);
    let payload = Payload {
        msg: ciphertext,
        aad: &associated,
    };
    derived
        .cipher()
        .decrypt(&derived.nonce(), payload)
        .map_err(|_| SealError::Altered { key: key.to_string() })
}

const MAGIC: &[u8; 4] = b"PSR1";
const SALT: usize = 32;
const COMMITMENT: usize = 32;
const TAG: usize = 16;
const CIPHER_KEY: usize = 32;
const NONCE: usize = 24;

/// What HKDF makes of a data key for one writing of one object.
struct Derived(Zeroizing<[u8; CIPHER_KEY + NONCE + COMMITMENT]>);

impl Derived {
    fn of(data_key: &DataKey, salt: &[u8; SALT]) -> Self {
        let mut output = Zeroizing::new([0; CIPHER_KEY + NONCE + COMMITMENT]);
        Hkdf::<Sha256>::new(Some(salt), data_key.0.as_ref())
            .expand(b"planseal-store-1 object", output.as_mut())
            .expect("88 bytes are within HKDF's bound of 255 blocks");
        Self(output)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key: &[u8; CIPHER_KEY] = self.0.first_chunk().expect("the array begins with the key");
        XChaCha20Poly1305::new(&CipherKey::from(*key))
    }

    fn nonce(&self) -> XNonce {
        let rest = &self.0[CIPHER_KEY..];
        let nonce: &[u8; NONCE] = rest.first_chunk().expect("the nonce follows the key");
        XNonce::from(*nonce)
    }

    fn commitment(&self) -> &[u8] {
        &self.0[CIPHER_KEY + NONCE..]
    }
}

fn associated_data(kind: RecordKind, key: &Key, length: usize) -> Vec<u8> {
    let length = u64::try_from(length).expect("a length in memory fits 64 bits");
    [
        MAGIC.as_slice(),
        &[kind.code()],
        &length.to_be_bytes(),
        key.to_string().as_bytes(),
    ]
    .concat()
}

/// Fills with bytes nobody can foresee.
pub(crate) fn fill_random(into: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(into).map_err(|source| RandomError { source })
}

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct RandomError {
    source: getrandom::Error,
}

/// A record that may not be believed. Messages name the record's key and nothing of its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes are no record: cut short, or written by something else.
    #[error("{key} is not a record of this store: restore it from a backup")]
    NotARecord {
        /// The object's name.
        key: String,
    },
    /// The data key is not the one it was written with: another plan's record, or the wrong key file.
    #[error("{key} was written with another key: it belongs elsewhere, or the key file is not this store's")]
    OtherKey {
        /// The object's name.
        key: String,
    },
    /// The content, its place, its kind or its length is not what was written.
    #[error("{key} was altered or moved since it was written: restore it from a backup")]
    Altered {
        /// The object's name.
        key: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use planseal::id::PlanId;

    const CONTENT: &[u8] = b"what a clinician wrote";

    fn place(byte: u8) -> Key {
        Key::blob(PlanId::from_bytes([byte; 16]), &[7; 32])
    }

    fn sealed(data_key: &DataKey) -> Vec<u8> {
        seal(data_key, RecordKind::Attachment, &place(1), CONTENT)
            .expect("randomness")
            .to_vec()
    }

    #[test]
    fn a_record_opens_only_in_its_place_with_its_key_and_kind() {
        let data_key = DataKey::from_bytes([1; 32]);
        let record = sealed(&data_key);
        let opened = open(&data_key, RecordKind::Attachment, &place(1), &record);
        assert_eq!(opened.as_deref(), Ok(CONTENT));
        let moved = open(&data_key, RecordKind::Attachment, &place(2), &record);
        assert!(matches!(moved, Err(SealError::Altered { .. })));
        let renamed = open(&data_key, RecordKind::Chain, &place(1), &record);
        assert!(matches!(renamed, Err(SealError::Altered { .. })));
        let other = open(
            &DataKey::from_bytes([2; 32]),
            RecordKind::Attachment,
            &place(1),
            &record,
        );
        assert!(matches!(other, Err(SealError::OtherKey { .. })));
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_refused_without_telling_the_content() {
        let data_key = DataKey::from_bytes([1; 32]);
        let record = sealed(&data_key);
        for at in 0..record.len() {
            for bit in 0..8 {
                let mut changed = record.clone();
                changed[at] ^= 1 << bit;
                let refused = open(&data_key, RecordKind::Attachment, &place(1), &changed);
                let words = refused.expect_err("a changed record").to_string();
                assert!(words.contains(&place(1).to_string()), "{words}");
                assert!(!words.contains("clinician"), "{words}");
            }
            let cut = open(&data_key, RecordKind::Attachment, &place(1), &record[..at]);
            assert!(cut.is_err(), "cut at {at}");
        }
        let longer = [record.as_slice(), b"x"].concat();
        assert!(open(&data_key, RecordKind::Attachment, &place(1), &longer).is_err());
    }

    #[test]
    fn two_writings_differ_and_names_depend_on_key_and_purpose() {
        let data_key = DataKey::from_bytes([1; 32]);
        assert_ne!(sealed(&data_key), sealed(&data_key));
        let name = data_key.name(NamePurpose::NhsNumber, b"9990000018");
        assert_eq!(name, data_key.name(NamePurpose::NhsNumber, b"9990000018"));
        assert_ne!(name, data_key.name(NamePurpose::Attachment, b"9990000018"));
        assert_ne!(
            name,
            DataKey::from_bytes([2; 32]).name(NamePurpose::NhsNumber, b"9990000018")
        );
    }
}
