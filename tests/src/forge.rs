//! Envelopes put together by hand: with any header, any payload, and a signature by whatever key the test holds.

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;

use crate::cbor::Cbor;
use crate::key::FixedKey;

/// The four parts of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The protected header's content.
    pub protected: Cbor,
    /// The unprotected header.
    pub unprotected: Cbor,
    /// The payload's content.
    pub payload: Cbor,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Parts {
    /// Takes a genuine envelope apart.
    ///
    /// # Panics
    /// Never for an envelope that was parsed.
    #[must_use]
    pub fn of(object: &SignedObject) -> Self {
        let Cbor::Array(parts) = Cbor::decode(object.bytes()) else {
            panic!("an envelope is an array");
        };
        let Ok(
            [
                Cbor::Bytes(protected),
                unprotected,
                Cbor::Bytes(payload),
                Cbor::Bytes(signature),
            ],
        ) = <[Cbor; 4]>::try_from(parts)
        else {
            panic!("an envelope has four parts");
        };
        Self {
            protected: Cbor::decode(&protected),
            unprotected,
            payload: Cbor::decode(&payload),
            signature,
        }
    }

    /// Changes the protected header.
    #[must_use]
    pub fn header(mut self, change: impl FnOnce(&mut Cbor)) -> Self {
        change(&mut self.protected);
        self
    }

    /// Changes one claim of the protected header: 1 `iss`, 2 `sub`, 6 `iat`.
    #[must_use]
    pub fn claim(self, claim: u64, value: Cbor) -> Self {
        self.header(|header| header.at(&CLAIMS).put(&Cbor::Unsigned(claim), value))
    }

    /// Names another certificate as the signer's.
    #[must_use]
    pub fn signer(self, certificate: ObjectId) -> Self {
        let digest = Cbor::Bytes(certificate.as_bytes().to_vec());
        self.header(|header| header.put(&CERTIFICATE, Cbor::Array(vec![Cbor::Negative(15), digest])))
    }

    /// Changes the payload.
    #[must_use]
    pub fn payload(mut self, change: impl FnOnce(&mut Cbor)) -> Self {
        change(&mut self.payload);
        self
    }

    /// Puts a value into a payload with text keys.
    #[must_use]
    pub fn field(self, name: &str, value: Cbor) -> Self {
        self.payload(|payload| payload.put(&Cbor::text(name), value))
    }

    /// Signs what the parts now say (RFC 9052 §4.4).
    #[must_use]
    pub fn signed_by(self, key: &FixedKey) -> Self {
        self.signed_with(key, &[])
    }

    /// As [`Parts::signed_by`], with external data.
    #[must_use]
    pub fn signed_with(mut self, key: &FixedKey, external: &[u8]) -> Self {
        self.signature = key.sign_anything(&self.signed_bytes(external)).to_vec();
        self
    }

    /// What a signature over these parts covers.
    #[must_use]
    pub fn signed_bytes(&self, external: &[u8]) -> Vec<u8> {
        let parts = [
            Cbor::text("Signature1"),
            Cbor::Bytes(self.protected.encode()),
            Cbor::Bytes(external.to_vec()),
            Cbor::Bytes(self.payload.encode()),
        ];
        Cbor::Array(parts.to_vec()).encode()
    }

    /// The envelope.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let parts = [
            Cbor::Bytes(self.protected.encode()),
            self.unprotected.clone(),
            Cbor::Bytes(self.payload.encode()),
            Cbor::Bytes(self.signature.clone()),
        ];
        Cbor::Array(parts.to_vec()).encode()
    }
}

/// Label 1: the algorithm.
pub const ALGORITHM: Cbor = Cbor::Unsigned(1);
/// Label 3: the content type.
pub const CONTENT_TYPE: Cbor = Cbor::Unsigned(3);
/// Label 15: the claims.
pub const CLAIMS: Cbor = Cbor::Unsigned(15);
/// Label 34: the signer's certificate.
pub const CERTIFICATE: Cbor = Cbor::Unsigned(34);

/// The value of label 34 for this certificate.
#[must_use]
pub fn thumbprint(certificate: &ObjectId) -> Cbor {
    let digest = Cbor::Bytes(certificate.as_bytes().to_vec());
    Cbor::Array(vec![Cbor::Negative(15), digest])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    #[test]
    fn taking_apart_and_putting_together_changes_nothing() {
        let world = World::new();
        let object = world.author.certificate.object();
        let parts = Parts::of(object);
        assert_eq!(parts.encode(), object.bytes());
        assert_eq!(parts.clone().signed_by(&world.practice.key), parts);
    }
}
