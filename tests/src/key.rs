//! Keys from fixed seeds. They are public; anything they sign proves nothing.

use ed25519_dalek::{Signer, SigningKey};
use planseal::sign::{PortError, Signature, SigningPort, ToBeSigned};
use planseal::trust::PublicKey;

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
}

impl SigningPort for FixedKey {
    fn public_key(&self) -> PublicKey {
        PublicKey::parse(&self.0.verifying_key().to_bytes()).expect("the key of a seed is an honest key")
    }

    fn sign(&self, to_be_signed: &ToBeSigned) -> Result<Signature, PortError> {
        Ok(Signature::from_bytes(self.sign_anything(to_be_signed.bytes())))
    }
}
