//! Numbers and codes with a form that can be checked: NHS number, registration, organisation, telephone.
//!
//! The NHS number is checked by its own ten lines (DOMAIN §2.4 rule 1): published examples of others break the
//! rule for a remainder of ten. Whether a number belongs to the person is for registers to say.

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::plan::field::{Reader, Value};
use crate::plan::table::{coded, debug_without_content};
pub use crate::trust::{OrgCode, OrgCodeError};
use crate::validate::rule;

/// An NHS number whose check digit holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NhsNumber([u8; 10]);

impl NhsNumber {
    /// Parses ten digits, spaces allowed, and checks them by modulus 11.
    ///
    /// # Errors
    /// [`NhsNumberError`] for another length, another character or a wrong check digit.
    pub fn parse(text: &str) -> Result<Self, NhsNumberError> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
        let digits: [u8; 10] = digits.try_into().map_err(|_| NhsNumberError::Length)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(NhsNumberError::Length);
        }
        let weighted = (2..=10)
            .rev()
            .zip(digits)
            .map(|(weight, digit)| weight * u32::from(digit - b'0'));
        // 11 stands for 0, and no number has a check digit of 10.
        let check = (11 - weighted.sum::<u32>() % 11) % 11;
        if check != u32::from(digits[9] - b'0') {
            return Err(NhsNumberError::CheckDigit);
        }
        Ok(Self(digits))
    }

    /// Whether it lies in 999 000 0000 – 999 999 9999, the range kept for tests.
    #[must_use]
    pub fn is_for_tests(self) -> bool {
        self.0.starts_with(b"999")
    }

    /// The ten digits without spaces.
    #[must_use]
    pub fn digits(&self) -> &str {
        core::str::from_utf8(&self.0).expect("the constructor admits digits only")
    }

    /// The last four digits.
    #[must_use]
    pub fn last_four(&self) -> &str {
        &self.digits()[6..]
    }
}

/// Grouped 3-3-4, as people read it.
impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        write!(f, "{} {} {}", &digits[..3], &digits[3..6], &digits[6..])
    }
}

/// A text that is not an NHS number. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NhsNumberError {
    /// Not ten digits.
    #[error("an NHS number has ten digits")]
    Length,
    /// The tenth digit does not follow from the first nine.
    #[error("the check digit of this NHS number is wrong: compare it with the record")]
    CheckDigit,
}

impl Serialize for NhsNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.digits())
    }
}

impl Value for NhsNumber {
    type Wire = String;

    fn read(wire: String, reader: &mut Reader) -> Option<Self> {
        let number = Self::parse(&wire);
        if let Err(error) = number {
            reader.find(rule::NHS_NUMBER, error.to_string());
        }
        number.ok()
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^([0-9] ?){9}[0-9]$" })
    }
}

/// A professional registration: a register and a number in that register's form.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Registration {
    body: RegistrationBody,
    number: RegistrationNumber,
}

impl Registration {
    /// Takes a register and a number in that register's form.
    ///
    /// # Errors
    /// [`RegistrationError`] when the number has another form.
    pub fn new(body: RegistrationBody, number: &str) -> Result<Self, RegistrationError> {
        if body.admits(number) {
            return Ok(Self {
                body,
                number: RegistrationNumber(number.into()),
            });
        }
        Err(RegistrationError { body })
    }

    /// The register.
    #[must_use]
    pub const fn body(&self) -> RegistrationBody {
        self.body
    }

    /// The number as the register writes it.
    #[must_use]
    pub const fn number(&self) -> &RegistrationNumber {
        &self.number
    }

    pub(crate) fn to_wire(&self) -> RegistrationWire {
        RegistrationWire {
            body: self.body.code().into(),
            number: self.number.0.clone(),
        }
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.body.label(), self.number.0)
    }
}

coded! {
    /// The registers whose members may be certified.
    RegistrationBody {
        Gmc = "gmc", "GMC";
        Nmc = "nmc", "NMC";
        Hcpc = "hcpc", "HCPC";
    }
}

impl RegistrationBody {
    /// Whether a number has the form this register gives out (DOMAIN §2.4 rule 4).
    #[must_use]
    pub fn admits(self, number: &str) -> bool {
        let pattern: &[&str] = match self {
            Self::Gmc => &["9999999"],
            Self::Nmc => &["99A9999A"],
            Self::Hcpc => &["AA99999", "AA999999"],
        };
        pattern.iter().any(|pattern| has_shape(number, pattern))
    }

    const fn form(self) -> &'static str {
        match self {
            Self::Gmc => "seven digits",
            Self::Nmc => "the form 99A9999A",
            Self::Hcpc => "two letters and five or six digits",
        }
    }
}

/// A number that its register does not give out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {} number has {}", body.label(), body.form())]
pub struct RegistrationError {
    body: RegistrationBody,
}

/// A registration number in its register's form.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RegistrationNumber(String);

impl RegistrationNumber {
    /// The number as the register writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A registration as it arrives.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegistrationWire {
    body: String,
    number: String,
}

impl Value for Registration {
    type Wire = RegistrationWire;

    fn read(wire: RegistrationWire, reader: &mut Reader) -> Option<Self> {
        let body = reader.at("body", |reader| RegistrationBody::read(wire.body, reader))?;
        let registration = Self::new(body, &wire.number);
        if let Err(error) = &registration {
            reader.at("number", |reader| {
                reader.find(rule::REGISTRATION, error.to_string())
            });
        }
        registration.ok()
    }

    fn schema() -> Json {
        json!({ "readOnly": true })
    }
}

impl Value for OrgCode {
    type Wire = String;

    fn read(wire: String, reader: &mut Reader) -> Option<Self> {
        let code = Self::parse(&wire);
        if let Err(error) = code {
            reader.find(rule::ORGANISATION, error.to_string());
            return None;
        }
        code.ok()
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[A-Z0-9][A-Z0-9-]{1,10}[A-Z0-9]$" })
    }
}

/// A telephone number in E.164 form.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Parses `+447700900101` or the way it is written in the United Kingdom, `07700 900101`.
    ///
    /// # Errors
    /// [`PhoneNumberError`] when it is neither.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let bare: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '(' | ')'))
            .collect();
        let international = match bare.strip_prefix('0') {
            Some(national) => format!("+44{national}"),
            None => bare,
        };
        let digits = international.strip_prefix('+').ok_or(PhoneNumberError)?;
        let shape_holds = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
            // A United Kingdom number without its leading zero.
            && !digits.starts_with("440");
        if shape_holds {
            Ok(Self(international))
        } else {
            Err(PhoneNumberError)
        }
    }

    /// `+447700900101`.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }
}

/// `07700 900101` for numbers of the United Kingdom, E.164 for others.
impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.strip_prefix("+44") {
            Some(national) if national.len() == 10 && national.starts_with('2') => {
                write!(f, "0{} {} {}", &national[..2], &national[2..6], &national[6..])
            }
            Some(national) if national.len() == 10 => write!(f, "0{} {}", &national[..4], &national[4..]),
            _ => f.write_str(&self.0),
        }
    }
}

/// A text that is not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a telephone number such as 07700 900101 or +447700900101")]
pub struct PhoneNumberError;

impl Value for PhoneNumber {
    type Wire = String;

    fn read(wire: String, reader: &mut Reader) -> Option<Self> {
        let number = Self::parse(&wire);
        if let Err(error) = number {
            reader.find(rule::PHONE, error.to_string());
            return None;
        }
        number.ok()
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[+0][0-9 ()-]{6,24}$" })
    }
}

/// Compares a text with a pattern in which `9` stands for a digit and `A` for a capital letter.
fn has_shape(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, shape)| match shape {
                b'9' => byte.is_ascii_digit(),
                _ => byte.is_ascii_uppercase(),
            })
}

debug_without_content!(NhsNumber, Registration, RegistrationNumber, PhoneNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nhs_numbers_of_the_samples_hold_and_are_shown_in_groups() {
        for good in [
            "999 041 2073",
            "999 112 2338",
            "999 204 5183",
            "999 310 0773",
            "999 455 0217",
            "999 517 3409",
            "999 600 0125",
            "999 733 3012",
            "999 811 9065",
        ] {
            let number = NhsNumber::parse(good);
            assert_eq!(number.map(|number| number.to_string()), Ok(good.into()));
            assert_eq!(number.map(NhsNumber::is_for_tests), Ok(true));
        }
        assert_eq!(
            NhsNumber::parse("9434765919").map(NhsNumber::is_for_tests),
            Ok(false)
        );
    }

    #[test]
    fn nhs_numbers_with_a_wrong_check_digit_are_refused() {
        for bad in ["999 123 4560", "999 000 0000"] {
            assert_eq!(NhsNumber::parse(bad), Err(NhsNumberError::CheckDigit), "{bad}");
        }
        for bad in [
            "",
            "999 041 207",
            "999 041 20733",
            "999 041 207X",
            "９９９０４１２０７３",
        ] {
            assert_eq!(NhsNumber::parse(bad), Err(NhsNumberError::Length), "{bad}");
        }
    }

    /// Nine digits have one good check digit, or none when the remainder asks for ten.
    #[test]
    fn each_nine_digits_have_at_most_one_check_digit() {
        let mut without = 0;
        for first_nine in (999_000_000_u32..999_020_000).chain(123_450_000..123_460_000) {
            let good: Vec<u32> = (0..10)
                .filter(|check| NhsNumber::parse(&format!("{first_nine}{check}")).is_ok())
                .collect();
            let weighted: u32 = format!("{first_nine}")
                .bytes()
                .zip((2..=10).rev())
                .map(|(digit, weight)| u32::from(digit - b'0') * weight)
                .sum();
            let expected: Vec<u32> = match 11 - weighted % 11 {
                11 => vec![0],
                10 => vec![],
                check => vec![check],
            };
            without += u32::from(expected.is_empty());
            assert_eq!(good, expected, "{first_nine}");
        }
        assert!(without > 2000, "one in eleven has none: {without}");
    }

    #[test]
    fn registration_numbers_have_their_registers_form() {
        for (body, good, bad) in [
            (RegistrationBody::Gmc, "9900011", "990001"),
            (RegistrationBody::Nmc, "99Z0001E", "99z0001e"),
            (RegistrationBody::Hcpc, "PA12345", "P123456"),
            (RegistrationBody::Hcpc, "PA123456", "PA1234567"),
        ] {
            assert!(Registration::new(body, good).is_ok(), "{good}");
            assert!(Registration::new(body, bad).is_err(), "{bad}");
        }
        let mut reader = Reader::new(crate::plan::field::Source::Payload);
        let wire = RegistrationWire {
            body: "gmc".into(),
            number: "99Z0001E".into(),
        };
        assert!(Registration::read(wire, &mut reader).is_none());
        assert_eq!(reader.into_findings()[0].rule, rule::REGISTRATION);
    }

    #[test]
    fn telephone_numbers_are_kept_in_one_form() {
        for (written, kept, shown) in [
            ("07700 900101", "+447700900101", "07700 900101"),
            ("+44 7700 900101", "+447700900101", "07700 900101"),
            ("01632 960110", "+441632960110", "01632 960110"),
            ("(020) 7946 0018", "+442079460018", "020 7946 0018"),
            ("+33 1 70 18 99 00", "+33170189900", "+33170189900"),
        ] {
            let number = PhoneNumber::parse(written).expect("a telephone number");
            assert_eq!((number.e164(), number.to_string().as_str()), (kept, shown));
        }
        for bad in [
            "",
            "0",
            "999",
            "7700 900101",
            "+44 (0)7700 9001O1",
            "00447700900101",
        ] {
            assert!(PhoneNumber::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn organisation_codes_have_their_form() {
        for (text, good) in [
            ("TEST-GP01", true),
            ("RAL", true),
            ("te-1", false),
            ("-AB", false),
            ("AB", false),
        ] {
            assert_eq!(OrgCode::parse(text).is_ok(), good, "{text}");
        }
    }
}
