//! Canonical CBOR: exactly one encoding of every value (FORMAT §2, a narrowing of RFC 8949 §4.2.1).
//!
//! Decoding goes in one order, so that no third-party parser ever sees unchecked bytes: size, [`profile`] over
//! the raw bytes, serde, re-encode, compare. Encoding goes through a sorted value tree. What the values mean is
//! left to the modules that own them.

mod fields;
pub mod profile;
pub mod text;
mod value;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use fields::IntMap;
pub use fields::IntMapError;
pub use profile::{ProfileError, Rule};
pub use text::{TextFault, text_fault};
pub use value::EncodeError;

/// Bytes that satisfy the profile: checked when received, or made by [`encode`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CanonicalBytes(Vec<u8>);

impl CanonicalBytes {
    /// Checks received bytes against the profile.
    ///
    /// # Errors
    /// [`ProfileError`] with the offset and the broken rule.
    pub fn check(bytes: &[u8], limit: usize) -> Result<Self, ProfileError> {
        profile::check(bytes, limit)?;
        Ok(Self(bytes.to_vec()))
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, given away.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl core::fmt::Debug for CanonicalBytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "CanonicalBytes({} bytes)", self.0.len())
    }
}

/// Encodes a value in its one canonical form.
///
/// # Errors
/// [`EncodeError`] when the value holds what the profile has no place for: floats, null, deep nesting, or text
/// that is not NFC or carries controls.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<CanonicalBytes, EncodeError> {
    let bytes = value::encode(value)?;
    profile::check(&bytes, usize::MAX).map_err(EncodeError::Profile)?;
    Ok(CanonicalBytes(bytes))
}

/// Decodes bytes that are the canonical form of a `T`, and nothing else.
///
/// # Errors
/// [`DecodeError`]: larger than `limit`, outside the profile, of another shape, or another encoding of the same
/// value.
pub fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, DecodeError> {
    let value: T = read(bytes, limit)?;
    if is_form_of(bytes, &value) {
        Ok(value)
    } else {
        Err(DecodeError::NotCanonical)
    }
}

/// Reads bytes of the profile without the last step: whoever calls this owes [`is_form_of`] with what it made of them.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, DecodeError> {
    profile::check(bytes, limit)?;
    serde_cbor::from_slice(bytes).map_err(|fault| DecodeError::shape(&fault))
}

/// Whether these bytes, which satisfy the profile, are the one encoding of this value.
pub(crate) fn is_form_of<T: Serialize + ?Sized>(bytes: &[u8], value: &T) -> bool {
    value::encode(value).is_ok_and(|again| again == bytes)
}

/// Why bytes are not the canonical form of the value asked for. Never quotes the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes break a rule of the profile.
    #[error("outside the profile")]
    Profile(#[from] ProfileError),
    /// The bytes are well formed, but a field is missing, unknown or of another type.
    #[error("the fields are not those of this format: at byte {at}")]
    Shape {
        /// Where the decoder stopped.
        at: u64,
    },
    /// The value is understood, but this is not its one encoding.
    #[error("another encoding of the same value; only the canonical one is accepted")]
    NotCanonical,
}

impl DecodeError {
    /// serde's own message may quote field content, so only the place is kept.
    fn shape(fault: &serde_cbor::Error) -> Self {
        Self::Shape { at: fault.offset() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        zebra: u64,
        a: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        maybe: Option<bool>,
    }

    fn sample() -> Sample {
        Sample {
            zebra: 7,
            a: "å".into(),
            maybe: None,
        }
    }

    #[test]
    fn fields_are_sorted_by_their_encoding_and_absent_options_have_no_key() {
        let bytes = encode(&sample()).expect("the sample is in the profile");
        assert_eq!(hex::encode(bytes.as_slice()), "a2616162c3a5657a6562726107");
        assert_eq!(decode::<Sample>(bytes.as_slice(), 64), Ok(sample()));
    }

    #[test]
    fn unknown_fields_and_packed_structs_are_refused() {
        for other in ["a3616162c3a5617800657a6562726107", "8207616162c3a5", "8307616100"] {
            let bytes = hex::decode(other).expect("hexadecimal");
            assert!(decode::<Sample>(&bytes, 64).is_err(), "{other}");
        }
    }

    #[test]
    fn null_and_floats_cannot_be_encoded() {
        assert!(encode(&None::<u8>).is_err());
        assert!(encode(&1.5_f64).is_err());
        assert!(encode("e\u{301}").is_err());
    }
}
