//! Vector files: a few header lines, an empty line, and the bytes in hexadecimal (`tests/vectors/README.md`).

use core::fmt::Debug;

/// One vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector {
    /// `Accepted`, or the rule that refuses these bytes.
    pub expect: String,
    /// What the bytes are offered as, for example `version`.
    pub offered_as: String,
    /// What is right or wrong with them, in words.
    pub note: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The outcome of bytes that are accepted.
pub const ACCEPTED: &str = "Accepted";

/// Hexadecimal digits in a line of a vector file.
const LINE: usize = 96;

impl Vector {
    /// Reads a vector file.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\n\n")?;
        let mut lines = head.lines();
        let mut field = |name: &str| Some(lines.next()?.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
        let vector = Self {
            expect: field("expect")?,
            offered_as: field("as")?,
            note: field("note")?,
            bytes: hex::decode(body.lines().collect::<String>()).ok()?,
        };
        (lines.next().is_none()).then_some(vector)
    }

    /// The file.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "expect: {}\nas: {}\nnote: {}\n\n{}",
            self.expect,
            self.offered_as,
            self.note,
            lines(&self.bytes)
        )
    }
}

/// Bytes in hexadecimal, 48 to a line.
#[must_use]
pub fn lines(bytes: &[u8]) -> String {
    let digits = hex::encode(bytes);
    let starts = (0..digits.len()).step_by(LINE);
    starts
        .map(|at| format!("{}\n", &digits[at..digits.len().min(at + LINE)]))
        .collect()
}

/// The outcome's name in a vector file.
pub fn outcome<T, E: Debug>(result: &Result<T, E>) -> String {
    match result {
        Ok(_) => ACCEPTED.into(),
        Err(fault) => rule(fault),
    }
}

/// The name of the innermost rule of an error: the enum variant that a wrapper such as `Envelope(Profile(…))` leads to.
#[must_use]
pub fn rule(fault: &impl Debug) -> String {
    let text = format!("{fault:?}");
    let mut rest = text.as_str();
    loop {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        // A profile error is a struct of place and rule; every other wrapper holds its cause alone.
        let inner = match name {
            "ProfileError" => after.split_once("rule: ").map(|(_, rule)| rule),
            _ => after.strip_prefix('('),
        };
        match inner.filter(|inner| inner.starts_with(|c: char| c.is_ascii_uppercase())) {
            Some(inner) => rest = inner,
            None => return name.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_round_trip() {
        let vector = Vector {
            expect: "BadSignature".into(),
            offered_as: "version".into(),
            note: "one bit of the signature was changed".into(),
            bytes: (0..200).collect(),
        };
        assert_eq!(Vector::parse(&vector.to_text()), Some(vector));
    }

    #[test]
    fn the_innermost_rule_is_named() {
        let fault = planseal::envelope::SignedObject::parse(&[0xc0]).expect_err("a tag is no envelope");
        assert_eq!(rule(&fault), "Tag");
        let fault = planseal::bundle::Bundle::decode(&[]).expect_err("nothing is no bundle");
        assert_eq!(rule(&fault), "Frame");
    }
}
