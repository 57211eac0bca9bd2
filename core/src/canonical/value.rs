//! Encoding: serde → serde_cbor's value tree → bytes, map keys sorted by their encodings.
//!
//! serde_cbor writes struct fields in declaration order; the tree is sorted here, so declaration order never
//! reaches the bytes.

use serde::Serialize;
use serde_cbor::Value;

use super::ProfileError;

/// Why a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The value cannot be expressed as CBOR at all.
    #[error("this value cannot be encoded")]
    Shape,
    /// Floats, null, tags or integers beyond 64 bit.
    #[error("this value holds a type the format does not have: {0}")]
    Unsupported(&'static str),
    /// The encoding would break the profile, for example by text that is not normalised.
    #[error("this value cannot be stored")]
    Profile(#[source] ProfileError),
}

/// Writes `value` with shortest heads and sorted keys.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let tree = serde_cbor::value::to_value(value).map_err(|_| EncodeError::Shape)?;
    let mut bytes = Vec::with_capacity(512);
    write(&tree, &mut bytes)?;
    Ok(bytes)
}

fn write(value: &Value, into: &mut Vec<u8>) -> Result<(), EncodeError> {
    match value {
        Value::Bool(no_or_yes) => into.push(if *no_or_yes { 0xf5 } else { 0xf4 }),
        Value::Integer(number) => integer(*number, into)?,
        Value::Bytes(bytes) => string(2, bytes, into),
        Value::Text(text) => string(3, text.as_bytes(), into),
        Value::Array(items) => {
            head(4, length(items.len()), into);
            items.iter().try_for_each(|item| write(item, into))?;
        }
        Value::Map(entries) => {
            head(5, length(entries.len()), into);
            let mut sorted = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let mut encoded = Vec::new();
                write(key, &mut encoded)?;
                sorted.push((encoded, value));
            }
            sorted.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
            for (key, value) in sorted {
                into.extend_from_slice(&key);
                write(value, into)?;
            }
        }
        Value::Null => return Err(EncodeError::Unsupported("null")),
        Value::Float(_) => return Err(EncodeError::Unsupported("float")),
        _ => return Err(EncodeError::Unsupported("tag")),
    }
    Ok(())
}

fn integer(number: i128, into: &mut Vec<u8>) -> Result<(), EncodeError> {
    let (major, argument) = if number < 0 { (1, -1 - number) } else { (0, number) };
    let argument = u64::try_from(argument).map_err(|_| EncodeError::Unsupported("integer beyond 64 bit"))?;
    head(major, argument, into);
    Ok(())
}

fn string(major: u8, content: &[u8], into: &mut Vec<u8>) {
    head(major, length(content.len()), into);
    into.extend_from_slice(content);
}

/// Writes a head in its shortest form.
pub(super) fn head(major: u8, argument: u64, into: &mut Vec<u8>) {
    let bytes = argument.to_be_bytes();
    let (short, skip) = match argument {
        0..=23 => (bytes[7], 8),
        24..=0xff => (24, 7),
        0x100..=0xffff => (25, 6),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 0),
    };
    into.push((major << 5) | short);
    into.extend_from_slice(&bytes[skip..]);
}

fn length(length: usize) -> u64 {
    u64::try_from(length).expect("a length in memory fits 64 bit")
}
