//! Identifiers: the id of a signed object and the id of a patient's record.
//!
//! Ids are values of their own type and never travel as text inside the product; text forms are parsed once,
//! at the edge.

use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The identity of a signed object: SHA-256 of its envelope, byte for byte (FORMAT §3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId([u8; 32]);

impl ObjectId {
    /// The id of these envelope bytes.
    #[must_use]
    pub fn of(envelope: &[u8]) -> Self {
        Self(Sha256::digest(envelope).into())
    }

    /// Takes a digest that was computed elsewhere, for example one named inside a signed payload.
    #[must_use]
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The 32 bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 bytes, as printed codes carry them (FORMAT §6).
    #[must_use]
    pub fn prefix(&self) -> IdPrefix {
        let mut prefix = [0; 16];
        prefix.copy_from_slice(&self.0[..16]);
        IdPrefix(prefix)
    }

    /// Parses 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`IdError`] when the text has another length or other characters.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let mut digest = [0; 32];
        parse_hex(text, &mut digest, "object id")?;
        Ok(Self(digest))
    }
}

/// The first 16 bytes of an [`ObjectId`]: enough to name a version, short enough for a printed code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdPrefix([u8; 16]);

impl IdPrefix {
    /// Takes 16 bytes as decoded from a code.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A patient's record: 16 random bytes, the same for every version of the plan (FORMAT §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlanId([u8; 16]);

impl PlanId {
    /// Makes an id of 16 bytes, random for a new record.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// `urn:uuid:…`, the subject of every statement about this record (RFC 9562 §4, FORMAT §3).
    #[must_use]
    pub fn urn(&self) -> String {
        format!("urn:uuid:{self}")
    }

    /// Parses the hyphenated form, lower case.
    ///
    /// # Errors
    /// [`IdError`] when the text is not of the form `8-4-4-4-12` in lower-case hexadecimal.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let hyphens = [8, 13, 18, 23];
        let shape_holds = text.len() == 36
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| (byte == b'-') == hyphens.contains(&at));
        if !shape_holds {
            return Err(IdError {
                what: "plan id",
                expected: "8-4-4-4-12 hexadecimal digits",
            });
        }
        let mut bytes = [0; 16];
        parse_hex(&text.replace('-', ""), &mut bytes, "plan id")?;
        Ok(Self(bytes))
    }

    /// The code that can be read out over a radio: 11 Crockford base32 symbols of the first 55 bits and a
    /// check symbol, grouped 4-4-4 (FORMAT §6). A locator for signed-in staff, never an access right.
    #[must_use]
    pub fn short_code(&self) -> String {
        let bits = self
            .0
            .iter()
            .take(7)
            .fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte))
            >> 1;
        let mut symbols: Vec<u8> = (0..11)
            .rev()
            .map(|place| symbol((bits >> (place * 5)) & 31))
            .collect();
        symbols.push(symbol(bits % 37));
        let mut code = String::with_capacity(14);
        for (at, byte) in symbols.into_iter().enumerate() {
            if at == 4 || at == 8 {
                code.push('-');
            }
            code.push(char::from(byte));
        }
        code
    }
}

/// Crockford's alphabet; the last five serve only as check symbols (value modulo 37).
const CROCKFORD: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

fn symbol(value: u64) -> u8 {
    let place = usize::try_from(value).expect("a value below 37 fits usize");
    CROCKFORD[place]
}

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a {what}: expected {expected}")]
pub struct IdError {
    what: &'static str,
    expected: &'static str,
}

fn parse_hex(text: &str, into: &mut [u8], what: &'static str) -> Result<(), IdError> {
    let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    match hex::decode_to_slice(text, into) {
        Ok(()) if lower => Ok(()),
        _ => Err(IdError {
            what,
            expected: "lower-case hexadecimal digits",
        }),
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Display for IdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = hex::encode(self.0);
        let (a, b, c, d, e) = (
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        );
        write!(f, "{a}-{b}-{c}-{d}-{e}")
    }
}

/// Debug forms are the text forms: ids carry no patient data.
macro_rules! byte_string {
    ($name:ident, $length:literal) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let bytes = <serde_bytes::ByteArray<$length> as Deserialize>::deserialize(deserializer)?;
                Ok(Self(bytes.into_array()))
            }
        }
    };
}

byte_string!(ObjectId, 32);
byte_string!(IdPrefix, 16);
byte_string!(PlanId, 16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_id_text_round_trips_and_refuses_other_shapes() {
        let plan = PlanId::from_bytes([0xab; 16]);
        assert_eq!(PlanId::parse(&plan.to_string()), Ok(plan));
        for wrong in [
            "",
            "30313233343536373839616263646566",
            "30313233-3435-3637-3839-61626364656G",
        ] {
            assert!(PlanId::parse(wrong).is_err(), "{wrong}");
        }
        assert!(PlanId::parse(&plan.to_string().to_uppercase()).is_err());
    }

    #[test]
    fn short_code_has_a_check_symbol() {
        assert_eq!(PlanId::from_bytes([0; 16]).short_code(), "0000-0000-0000");
        assert_eq!(PlanId::from_bytes([0xff; 16]).short_code().len(), 14);
        let mut other = [0; 16];
        other[6] = 2;
        assert_eq!(PlanId::from_bytes(other).short_code(), "0000-0000-0011");
    }
}
