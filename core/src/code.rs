//! Codes on paper: the pointer that any phone opens, and the code that is read without signal (FORMAT §6).
//!
//! The pointer names a version and no person, because browsers keep what follows `#` in their history. The offline
//! code carries card and stamp with their signatures; the verifier rebuilds the protected headers by rule.

use serde_cbor::Value;

use crate::canonical::{DecodeError, encode, profile};
use crate::card::{Card, Stamp};
use crate::envelope::{EnvelopeError, Header, SignedObject};
use crate::id::{IdPrefix, ObjectId, PlanId};
use crate::sign::Signature;
use crate::statement::{ContentError, Kind, Statement};
use crate::trust::Directory;
use crate::verify::{self, Verified, VerifyError};

/// What an offline code begins with.
const OFFLINE_PREFIX: &str = "PS1:";
/// 460 bytes: more than that, and cheap scanners fail at 50 mm.
const MAX_OFFLINE: usize = 460;
/// Digits of a pointer: the largest number of 35 bytes has 85.
const POINTER_DIGITS: usize = 85;
/// The format byte of a pointer.
const POINTER_FORMAT: u8 = 1;

/// Names one version of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointer {
    /// The record.
    pub plan: PlanId,
    /// The version's number.
    pub version_number: u16,
    /// The first half of the version's id.
    pub version: IdPrefix,
}

impl Pointer {
    /// 85 decimal digits, zero-padded: the number whose bytes are `1 ‖ plan ‖ ver ‖ id prefix`.
    #[must_use]
    pub fn digits(&self) -> String {
        let mut bytes = vec![POINTER_FORMAT];
        bytes.extend_from_slice(self.plan.as_bytes());
        bytes.extend_from_slice(&self.version_number.to_be_bytes());
        bytes.extend_from_slice(self.version.as_bytes());
        let mut digits = vec![b'0'; POINTER_DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + divide(&mut bytes, 10);
        }
        String::from_utf8(digits).expect("decimal digits are ASCII")
    }

    /// The address that a camera opens: `https://HOST/v#digits`.
    #[must_use]
    pub fn address(&self, host: &str) -> String {
        format!("https://{host}/v#{}", self.digits())
    }

    /// Reads the digits.
    ///
    /// # Errors
    /// [`CodeError::Pointer`] when they are not a pointer of this format.
    pub fn parse(digits: &str) -> Result<Self, CodeError> {
        if digits.len() != POINTER_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(CodeError::Pointer);
        }
        let mut bytes = [0; 35];
        for digit in digits.bytes() {
            if multiply_add(&mut bytes, digit - b'0') {
                return Err(CodeError::Pointer);
            }
        }
        let (format, rest) = bytes.split_first_chunk::<1>().ok_or(CodeError::Pointer)?;
        let (plan, rest) = rest.split_first_chunk::<16>().ok_or(CodeError::Pointer)?;
        let (number, rest) = rest.split_first_chunk::<2>().ok_or(CodeError::Pointer)?;
        let (version, _) = rest.split_first_chunk::<16>().ok_or(CodeError::Pointer)?;
        match format {
            [POINTER_FORMAT] => Ok(Self {
                plan: PlanId::from_bytes(*plan),
                version_number: u16::from_be_bytes(*number),
                version: IdPrefix::from_bytes(*version),
            }),
            _ => Err(CodeError::Pointer),
        }
    }
}

/// Divides a big-endian number in place and returns the remainder; `by` is at most 10.
fn divide(number: &mut [u8], by: u16) -> u8 {
    let mut rest = 0_u16;
    for byte in number {
        let value = (rest << 8) | u16::from(*byte);
        *byte = u8::try_from(value / by).expect("a remainder below the divisor keeps the quotient in a byte");
        rest = value % by;
    }
    u8::try_from(rest).expect("a remainder is below the divisor")
}

/// Multiplies a big-endian number by ten in place and adds a digit; true when it no longer fits.
fn multiply_add(number: &mut [u8], digit: u8) -> bool {
    let mut carry = u16::from(digit);
    for byte in number.iter_mut().rev() {
        let value = u16::from(*byte) * 10 + carry;
        let [high, low] = value.to_be_bytes();
        *byte = low;
        carry = u16::from(high);
    }
    carry != 0
}

/// Card and stamp with their signatures, as a printed code carries them. Nothing is verified yet.
#[derive(Clone, PartialEq, Eq)]
pub struct OfflineCode {
    card: (Vec<u8>, Signature),
    signer: IdPrefix,
    stamp: (Vec<u8>, Signature),
}

/// What a verified code says.
#[derive(Debug, Clone)]
pub struct VerifiedCode {
    /// The card.
    pub card: Verified<Card>,
    /// The stamp.
    pub stamp: Verified<Stamp>,
}

impl OfflineCode {
    /// Takes the short form of a verified card and of the stamp bound to it.
    ///
    /// # Errors
    /// [`CodeError::TooLong`] beyond 460 bytes, [`CodeError::Shape`] for a card without a signer's certificate.
    pub fn new(card: &Verified<Card>, stamp: &Verified<Stamp>) -> Result<Self, CodeError> {
        let short = |object: &SignedObject| (object.payload().to_vec(), *object.signature());
        let signer = card.signer().ok_or(CodeError::Shape)?.prefix();
        let code = Self {
            card: short(card.object()),
            signer,
            stamp: short(stamp.object()),
        };
        let length = code.bytes().len();
        if length > MAX_OFFLINE {
            Err(CodeError::TooLong {
                length,
                limit: MAX_OFFLINE,
            })
        } else {
            Ok(code)
        }
    }

    /// The text in the printed code: `PS1:` and base45 (RFC 9285).
    #[must_use]
    pub fn text(&self) -> String {
        format!("{OFFLINE_PREFIX}{}", base45::encode(self.bytes()))
    }

    fn bytes(&self) -> Vec<u8> {
        let pair = |(payload, signature): &(Vec<u8>, Signature)| {
            Value::Array(vec![
                Value::Bytes(payload.clone()),
                Value::Bytes(signature.as_bytes().to_vec()),
            ])
        };
        let signer = Value::Bytes(self.signer.as_bytes().to_vec());
        let items = [Value::Integer(1), pair(&self.card), signer, pair(&self.stamp)];
        encode(&items)
            .expect("an integer and byte strings are in the profile")
            .into_vec()
    }

    /// Reads the text.
    ///
    /// # Errors
    /// [`CodeError`] when it is no offline code of this format.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let encoded = text
            .trim()
            .strip_prefix(OFFLINE_PREFIX)
            .ok_or(CodeError::Prefix)?;
        if encoded.len() > MAX_OFFLINE * 2 {
            return Err(CodeError::TooLong {
                length: encoded.len(),
                limit: MAX_OFFLINE,
            });
        }
        let bytes = base45::decode(encoded).map_err(|_| CodeError::Shape)?;
        profile::check(&bytes, MAX_OFFLINE).map_err(DecodeError::from)?;
        let items: Vec<Value> = serde_cbor::from_slice(&bytes).map_err(|_| CodeError::Shape)?;
        let Ok([Value::Integer(1), card, Value::Bytes(signer), stamp]) = <[Value; 4]>::try_from(items) else {
            return Err(CodeError::Shape);
        };
        let signer = IdPrefix::from_bytes(signer.try_into().map_err(|_| CodeError::Shape)?);
        let code = Self {
            card: short(card)?,
            signer,
            stamp: short(stamp)?,
        };
        if code.text() == text.trim() {
            Ok(code)
        } else {
            Err(CodeError::Shape)
        }
    }

    /// Verifies card and stamp by the certificates of a trust list (all whose id begins with the signer's prefix are
    /// tried).
    ///
    /// # Errors
    /// [`CodeError::Verify`]; [`VerifyError::SignerUnknown`] when no certificate here begins with the prefix.
    pub fn verify(&self, directory: &Directory) -> Result<VerifiedCode, CodeError> {
        let card = Card::from_payload(&self.card.0).map_err(VerifyError::from)?;
        let mut outcome = VerifyError::SignerUnknown { certificate: None };
        for certificate in directory.with_prefix(self.signer) {
            let issuer = certificate.content().organisation().as_str();
            let object = rebuilt(&card, &self.card, issuer, certificate.id())?;
            match verify::statement::<Card>(&object, directory) {
                Ok(card) => {
                    return Ok(VerifiedCode {
                        stamp: self.verify_stamp(&object, directory)?,
                        card,
                    });
                }
                Err(fault) => outcome = fault,
            }
        }
        Err(outcome.into())
    }

    fn verify_stamp(&self, card: &SignedObject, directory: &Directory) -> Result<Verified<Stamp>, CodeError> {
        let stamp = Stamp::from_payload(&self.stamp.0).map_err(VerifyError::from)?;
        let signer = directory
            .at_index(stamp.signer)
            .ok_or(VerifyError::SignerUnknown { certificate: None })?;
        let issuer = signer.content().organisation().as_str();
        let object = rebuilt(&stamp, &self.stamp, issuer, signer.id())?;
        Ok(verify::stamp(&object, card, directory)?)
    }

    /// The card before any signature was checked: for showing greyed and marked UNCHECKED.
    ///
    /// # Errors
    /// [`ContentError`] when it is no card.
    pub fn peek_unverified(&self) -> Result<Card, ContentError> {
        Card::from_payload(&self.card.0)
    }
}

fn short(value: Value) -> Result<(Vec<u8>, Signature), CodeError> {
    let Value::Array(items) = value else {
        return Err(CodeError::Shape);
    };
    let Ok([Value::Bytes(payload), Value::Bytes(signature)]) = <[Value; 2]>::try_from(items) else {
        return Err(CodeError::Shape);
    };
    let signature = signature.try_into().map_err(|_| CodeError::Shape)?;
    Ok((payload, Signature::from_bytes(signature)))
}

/// The envelope that the short form stands for: its header follows from payload and certificate (FORMAT §3).
fn rebuilt<S: Statement>(
    statement: &S,
    (payload, signature): &(Vec<u8>, Signature),
    issuer: &str,
    certificate: ObjectId,
) -> Result<SignedObject, CodeError> {
    let kind: Kind = S::KIND;
    let header = Header {
        kind,
        issuer: issuer.to_owned(),
        subject: statement.subject(),
        issued_at: statement.issued_at(),
        certificate: Some(certificate),
    };
    Ok(SignedObject::rebuild(&header, payload, signature)?)
}

impl core::fmt::Debug for OfflineCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OfflineCode(signer {})", self.signer)
    }
}

/// Why a printed code cannot be read, or does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not 85 digits of this format.
    #[error("this is not the pointer code of a plan: expected 85 digits")]
    Pointer,
    /// Does not begin with `PS1:`.
    #[error("this is not the offline code of a plan: it would begin with PS1:")]
    Prefix,
    /// Larger than any code of this format.
    #[error("a code of {length} bytes; at most {limit} can be printed and read")]
    TooLong {
        /// Bytes found.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Read in part, or written by something else.
    #[error("the code was read in part or is damaged; scan it again")]
    Shape,
    /// Outside the profile.
    #[error("the code was read in part or is damaged; scan it again")]
    Profile(#[from] DecodeError),
    /// The parts make no envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Read, but not verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_round_trip_and_nothing_else_parses() {
        let pointer = Pointer {
            plan: PlanId::from_bytes([0xff; 16]),
            version_number: 65_535,
            version: IdPrefix::from_bytes([0xff; 16]),
        };
        let digits = pointer.digits();
        assert_eq!(digits.len(), 85);
        assert_eq!(Pointer::parse(&digits), Ok(pointer));
        for wrong in ["", "1", &"9".repeat(85), &"0".repeat(85), &digits[1..]] {
            assert_eq!(Pointer::parse(wrong), Err(CodeError::Pointer), "{wrong}");
        }
    }

    #[test]
    fn text_that_is_no_code_is_refused() {
        for wrong in ["", "PS1:", "PS2:AAAA", "PS1:::::", "PS1:00"] {
            assert!(OfflineCode::parse(wrong).is_err(), "{wrong}");
        }
    }
}
