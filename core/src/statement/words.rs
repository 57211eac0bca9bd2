//! Words inside a short statement: what somebody said, where an original lies, who handed it over.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::ContentError;
use crate::canonical::text_fault;

/// 2000 bytes: a page of handwriting; a statement about a plan is no place for a longer one.
const MAX_WORDS: usize = 2000;

/// Text of 1 to 2000 bytes inside the profile, without outer white space.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Words(String);

impl Words {
    /// Takes words as they were said or typed.
    ///
    /// # Errors
    /// [`ContentError::Value`]; the message never repeats the words.
    pub fn parse(text: &str) -> Result<Self, ContentError> {
        let refuse = |rule: &str| Err(ContentError::value("words", rule));
        if text.is_empty() || text.len() > MAX_WORDS {
            return refuse("must be 1 to 2000 bytes long");
        }
        if text.trim() != text {
            return refuse("must not begin or end with white space");
        }
        match text_fault(text) {
            None => Ok(Self(text.to_owned())),
            Some(fault) => Err(ContentError::value("words", fault)),
        }
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Words {
    type Error = ContentError;

    fn try_from(text: String) -> Result<Self, ContentError> {
        Self::parse(&text)
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.0
    }
}

/// Words may be about a patient: `Debug` shows that they are there, not what they are.
impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words (not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_bounded_and_inside_the_profile() {
        assert!(Words::parse("He said: \u{201c}not that again\u{201d}").is_ok());
        let long = "x".repeat(MAX_WORDS + 1);
        for wrong in [
            "",
            " before",
            "after\n",
            "bell\u{7}",
            "e\u{301}",
            "\u{202e}turned",
            &long,
        ] {
            assert!(Words::parse(wrong).is_err(), "{} bytes", wrong.len());
        }
    }
}
