//! Public keys, accepted only if canonical, not of small order and torsion-free (FORMAT §3).
//!
//! A key with a small-order component lets its holder make signatures on which verifiers disagree; such keys are
//! refused wherever a key enters: enrolment, certificates, policies.

use core::fmt;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An Ed25519 public key that satisfies the strict rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Checks 32 bytes.
    ///
    /// # Errors
    /// [`KeyError`] with the broken rule.
    pub fn parse(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        let point = key.to_edwards();
        if point.compress().to_bytes() != *bytes {
            return Err(KeyError::NotCanonical);
        }
        if point.is_small_order() {
            return Err(KeyError::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::MixedOrder);
        }
        Ok(Self(*bytes))
    }

    /// The 32 bytes (RFC 8032 §5.1.5).
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Six groups of five digits that two people can read to each other: 120 bits of SHA-256 over the key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digits = hex::encode(&Sha256::digest(self.0)[..15]);
        let groups: Vec<&str> = (0..digits.len())
            .step_by(5)
            .map(|at| &digits[at..at + 5])
            .collect();
        groups.join(" ")
    }
}

/// Why 32 bytes are not an acceptable public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No point of the curve.
    #[error("these bytes are no Ed25519 public key")]
    NotAPoint,
    /// Another encoding of a point.
    #[error("this public key is not in its canonical encoding")]
    NotCanonical,
    /// One of the eight points of small order.
    #[error("this public key has small order: it would verify signatures nobody made")]
    SmallOrder,
    /// A point with a small-order component.
    #[error("this public key has a small-order component: verifiers would disagree about its signatures")]
    MixedOrder,
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <serde_bytes::ByteArray<32> as Deserialize>::deserialize(deserializer)?;
        Self::parse(&bytes).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight points of small order and their non-canonical encodings, as bytes.
    const SMALL_ORDER: [&str; 14] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];

    #[test]
    fn every_small_order_encoding_is_refused() {
        for encoding in SMALL_ORDER {
            let bytes: [u8; 32] = hex::decode(encoding)
                .expect("hexadecimal")
                .try_into()
                .expect("32 bytes");
            assert!(PublicKey::parse(&bytes).is_err(), "{encoding}");
        }
    }

    #[test]
    fn an_honest_key_is_accepted() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32])
            .verifying_key()
            .to_bytes();
        let parsed = PublicKey::parse(&key).expect("an honest key");
        assert_eq!(parsed.fingerprint().len(), 35);
    }
}
