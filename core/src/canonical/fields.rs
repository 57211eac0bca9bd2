//! Maps with integer keys: headers, cards and stamps.
//!
//! serde has no integer field names, so these few closed maps are taken apart and built by key, with the same
//! rule as everywhere: what was read is encoded again and compared.

use serde_cbor::Value;
use std::collections::BTreeMap;

use super::{CanonicalBytes, DecodeError, EncodeError, encode, profile};

/// A closed map with integer keys.
#[derive(Default)]
pub(crate) struct IntMap(BTreeMap<Value, Value>);

/// A field of an integer-keyed map that is not what the format says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntMapError {
    /// The bytes are outside the profile, or not a map.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A field is absent or has another type or length.
    #[error("field {0} is missing or of another type")]
    Field(i64),
    /// A field that the format does not name.
    #[error("field {0} is not part of this format")]
    Unknown(i128),
}

impl IntMap {
    /// Checks and takes apart a map.
    pub(crate) fn decode(bytes: &[u8], limit: usize) -> Result<Self, IntMapError> {
        profile::check(bytes, limit).map_err(DecodeError::from)?;
        Self::from_value(
            serde_cbor::from_slice(bytes).map_err(|fault| DecodeError::shape(&fault))?,
            0,
        )
    }

    fn from_value(value: Value, field: i64) -> Result<Self, IntMapError> {
        match value {
            Value::Map(entries) => Ok(Self(entries)),
            _ => Err(IntMapError::Field(field)),
        }
    }

    /// The canonical bytes of this map.
    pub(crate) fn encode(self) -> Result<CanonicalBytes, EncodeError> {
        encode(&Value::Map(self.0))
    }

    pub(crate) fn put(mut self, key: i64, value: impl Into<Value>) -> Self {
        self.0.insert(Value::Integer(key.into()), value.into());
        self
    }

    pub(crate) fn put_number(self, key: i64, number: impl Into<i128>) -> Self {
        self.put(key, Value::Integer(number.into()))
    }

    pub(crate) fn put_some(self, key: i64, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    pub(crate) fn put_map(self, key: i64, map: Self) -> Self {
        self.put(key, Value::Map(map.0))
    }

    pub(crate) fn take(&mut self, key: i64) -> Option<Value> {
        self.0.remove(&Value::Integer(key.into()))
    }

    pub(crate) fn map(&mut self, key: i64) -> Result<Self, IntMapError> {
        Self::from_value(self.take(key).ok_or(IntMapError::Field(key))?, key)
    }

    pub(crate) fn integer(&mut self, key: i64) -> Result<i128, IntMapError> {
        match self.take(key) {
            Some(Value::Integer(number)) => Ok(number),
            _ => Err(IntMapError::Field(key)),
        }
    }

    pub(crate) fn unsigned(&mut self, key: i64) -> Result<u64, IntMapError> {
        u64::try_from(self.integer(key)?).map_err(|_| IntMapError::Field(key))
    }

    pub(crate) fn text(&mut self, key: i64) -> Result<String, IntMapError> {
        self.text_if_present(key)?.ok_or(IntMapError::Field(key))
    }

    pub(crate) fn text_if_present(&mut self, key: i64) -> Result<Option<String>, IntMapError> {
        match self.take(key) {
            Some(Value::Text(text)) => Ok(Some(text)),
            None => Ok(None),
            Some(_) => Err(IntMapError::Field(key)),
        }
    }

    pub(crate) fn flag(&mut self, key: i64) -> Result<bool, IntMapError> {
        match self.take(key) {
            Some(Value::Bool(flag)) => Ok(flag),
            _ => Err(IntMapError::Field(key)),
        }
    }

    pub(crate) fn bytes<const LENGTH: usize>(&mut self, key: i64) -> Result<[u8; LENGTH], IntMapError> {
        match self.take(key) {
            Some(Value::Bytes(bytes)) => bytes.try_into().map_err(|_| IntMapError::Field(key)),
            _ => Err(IntMapError::Field(key)),
        }
    }

    pub(crate) fn array(&mut self, key: i64) -> Result<Option<Vec<Value>>, IntMapError> {
        match self.take(key) {
            Some(Value::Array(items)) => Ok(Some(items)),
            None => Ok(None),
            Some(_) => Err(IntMapError::Field(key)),
        }
    }

    /// Every field was taken: what is left is not part of the format.
    pub(crate) fn finish(self) -> Result<(), IntMapError> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(Value::Integer(key)) => Err(IntMapError::Unknown(key)),
            Some(_) => Err(IntMapError::Unknown(0)),
        }
    }
}
