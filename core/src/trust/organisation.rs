//! Organisations: their codes and kinds (DOMAIN "Roles and governance").

use core::fmt;

use serde::{Deserialize, Serialize};

/// An organisation's code, as in its certificate and in every header it signs: an ODS code, or `TEST-…`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgCode(String);

impl OrgCode {
    /// Three to twelve capital letters, digits and inner hyphens.
    ///
    /// # Errors
    /// [`OrgCodeError`] otherwise.
    pub fn parse(text: &str) -> Result<Self, OrgCodeError> {
        let characters = text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
        if (3..=12).contains(&text.len()) && characters && !text.starts_with('-') && !text.ends_with('-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(OrgCodeError)
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not an organisation code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an organisation code is 3 to 12 capital letters, digits and inner hyphens, for example RYJ or TEST-GP01"
)]
pub struct OrgCodeError;

impl TryFrom<String> for OrgCode {
    type Error = OrgCodeError;

    fn try_from(text: String) -> Result<Self, OrgCodeError> {
        Self::parse(&text)
    }
}

impl From<OrgCode> for String {
    fn from(code: OrgCode) -> Self {
        code.0
    }
}

impl fmt::Display for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgKind {
    /// Runs the service; its keys sign heads, snapshots and reports, and it reads no content by default.
    Host,
    /// A general practice.
    GpPractice,
    /// General practice out of hours.
    OutOfHours,
    /// A hospital.
    Hospital,
    /// A hospice or community palliative team.
    Hospice,
    /// A care or nursing home.
    CareHome,
    /// A community nursing team.
    CommunityNursing,
    /// Ambulance control and crews.
    Ambulance,
    /// NHS 111.
    Nhs111,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_capitals_digits_and_inner_hyphens() {
        for good in ["RYJ", "TEST-GP01", "Y12345"] {
            assert!(OrgCode::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "AB", "ryj", "-ABC", "ABC-", "A B C", "ÄBC", "ABCDEFGHIJKLM"] {
            assert_eq!(OrgCode::parse(bad), Err(OrgCodeError), "{bad}");
        }
    }
}
