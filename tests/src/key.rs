//! Keys from fixed seeds. They are public; anything they sign proves nothing.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use ed25519_dalek::{Signer, SigningKey};
use planseal::sign::{PortError, Signature, SigningPort, ToBeSigned};
use planseal::trust::PublicKey;
use sha2::{Digest, Sha512};

/// A private key held in memory, for tests only.
pub struct FixedKey(SigningKey);

impl FixedKey {
    /// The key whose 32 secret bytes are all `seed`.
    #[must_use]
    pub fn from_seed(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    /// Signs any bytes: for making the objects that the product must refuse.
    #[must_use]
    pub fn sign_anything(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// A signature of this key whose R is one of the eight points of small order: S = H(R ‖ A ‖ M) · a.
    ///
    /// With the neutral point (0) it satisfies the equation of RFC 8032 and browsers accept it; with any other, verifiers
    /// that multiply by the cofactor accept it. Nobody strict accepts either (FORMAT §3).
    #[must_use]
    pub fn sign_with_small_order_r(&self, point: usize, message: &[u8]) -> [u8; 64] {
        let r = EIGHT_TORSION[point].compress().to_bytes();
        let digest = Sha512::new()
            .chain_update(r)
            .chain_update(self.0.verifying_key().to_bytes())
            .chain_update(message)
            .finalize();
        let challenge = Scalar::from_bytes_mod_order_wide(&digest.into());
        let s = challenge * self.scalar();
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice(s.as_bytes());
        signature
    }

    /// This public key plus a point of order eight: its holder can make signatures on which verifiers disagree.
    #[must_use]
    pub fn with_torsion(&self) -> [u8; 32] {
        let honest = self.0.verifying_key().to_edwards();
        (honest + EIGHT_TORSION[1]).compress().to_bytes()
    }

    /// The secret scalar (RFC 8032 §5.1.5), which the signing interface does not give out.
    fn scalar(&self) -> Scalar {
        let expanded = Sha512::digest(self.0.to_bytes());
        let low = <[u8; 32]>::try_from(&expanded[..32]).expect("half of 64 bytes");
        Scalar::from_bytes_mod_order(clamp_integer(low))
    }
}

/// Adds the order of the group to the S of a signature: the same signature to a verifier that reduces S.
#[must_use]
pub fn plus_order(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (r, s) = signature.split_at(32);
    let mut carry = 0;
    let sums = s.iter().zip(ORDER).map(|(left, right)| {
        let [low, high] = (u16::from(*left) + u16::from(right) + carry).to_le_bytes();
        carry = u16::from(high);
        low
    });
    r.iter().copied().chain(sums).collect()
}

impl SigningPort for FixedKey {
    fn public_key(&self) -> PublicKey {
        PublicKey::parse(&self.0.verifying_key().to_bytes()).expect("the key of a seed is an honest key")
    }

    fn sign(&self, to_be_signed: &ToBeSigned) -> Result<Signature, PortError> {
        Ok(Signature::from_bytes(self.sign_anything(to_be_signed.bytes())))
    }
}
