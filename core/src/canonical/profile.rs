//! The profile checker: walks raw bytes and refuses whatever FORMAT §2 does not name.
//!
//! It allocates nothing in proportion to what a length field claims, so hostile heads cost nothing. It judges
//! form only; what keys and values mean is left to the decoder that follows.

use super::text::{TextFault, text_fault};

/// Sixteen levels: the deepest version payload uses seven.
pub const MAX_DEPTH: usize = 16;

/// A rule of the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Larger than the cap for this kind of content.
    #[error("{length} bytes, more than the {limit} allowed here")]
    TooLong {
        /// Bytes received.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The item goes on past the end of the bytes.
    #[error("cut short")]
    Truncated,
    /// Bytes follow the one item.
    #[error("bytes follow the end")]
    Trailing,
    /// A number or length is written longer than needed.
    #[error("a number is not in its shortest form")]
    NotShortest,
    /// An indefinite length.
    #[error("indefinite lengths are not allowed")]
    Indefinite,
    /// Additional information 28–30.
    #[error("a reserved head")]
    Reserved,
    /// A tag.
    #[error("tags are not allowed")]
    Tag,
    /// A float, null, undefined or other simple value.
    #[error("floats, null and other simple values are not allowed")]
    Simple,
    /// Nesting beyond [`MAX_DEPTH`].
    #[error("nested deeper than 16")]
    Depth,
    /// A map key that is neither integer nor text.
    #[error("a map key is neither integer nor text")]
    KeyType,
    /// Map keys not in bytewise order of their encodings.
    #[error("map keys are not sorted")]
    KeyOrder,
    /// The same map key twice.
    #[error("a map key appears twice")]
    DuplicateKey,
    /// A text string that is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
    /// A text string that breaks the text rules.
    #[error(transparent)]
    Text(TextFault),
}

/// The first broken rule and where it was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: {rule}")]
pub struct ProfileError {
    /// Offset of the item that breaks the rule.
    pub at: usize,
    /// The broken rule.
    pub rule: Rule,
}

/// Checks that `bytes` are exactly one item of the profile, at most `limit` bytes long.
///
/// # Errors
/// [`ProfileError`] for the first broken rule.
pub fn check(bytes: &[u8], limit: usize) -> Result<(), ProfileError> {
    if bytes.len() > limit {
        return Err(ProfileError {
            at: 0,
            rule: Rule::TooLong {
                length: bytes.len(),
                limit,
            },
        });
    }
    let end = Walk { bytes }.item(0, 0)?;
    if end == bytes.len() {
        Ok(())
    } else {
        Err(ProfileError {
            at: end,
            rule: Rule::Trailing,
        })
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
}

struct Head {
    major: u8,
    argument: u64,
    body: usize,
}

impl Walk<'_> {
    /// Checks the item that begins at `at` and returns where it ends.
    fn item(&self, at: usize, depth: usize) -> Result<usize, ProfileError> {
        let refuse = |rule| Err(ProfileError { at, rule });
        if depth > MAX_DEPTH {
            return refuse(Rule::Depth);
        }
        let head = self.head(at)?;
        match head.major {
            0 | 1 => Ok(head.body),
            2 => self.string(at, &head).map(|(_, end)| end),
            3 => self.text(at, &head),
            4 => self.array(at, &head, depth),
            5 => self.map(at, &head, depth),
            6 => refuse(Rule::Tag),
            _ if matches!(head.argument, 20 | 21) => Ok(head.body),
            _ => refuse(Rule::Simple),
        }
    }

    fn head(&self, at: usize) -> Result<Head, ProfileError> {
        let refuse = |rule| ProfileError { at, rule };
        let first = *self.bytes.get(at).ok_or_else(|| refuse(Rule::Truncated))?;
        let (major, short) = (first >> 5, first & 0x1f);
        let (width, least) = match short {
            0..=23 => {
                return Ok(Head {
                    major,
                    argument: u64::from(short),
                    body: at + 1,
                });
            }
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            28..=30 => return Err(refuse(Rule::Reserved)),
            _ => return Err(refuse(Rule::Indefinite)),
        };
        if major == 7 {
            return Err(refuse(Rule::Simple));
        }
        let body = at + 1 + width;
        let digits = self
            .bytes
            .get(at + 1..body)
            .ok_or_else(|| refuse(Rule::Truncated))?;
        let argument = digits
            .iter()
            .fold(0, |value, digit| (value << 8) | u64::from(*digit));
        if argument < least {
            Err(refuse(Rule::NotShortest))
        } else {
            Ok(Head {
                major,
                argument,
                body,
            })
        }
    }

    fn string(&self, at: usize, head: &Head) -> Result<(&[u8], usize), ProfileError> {
        let truncated = ProfileError {
            at,
            rule: Rule::Truncated,
        };
        let length = usize::try_from(head.argument).map_err(|_| truncated)?;
        let end = head.body.checked_add(length).ok_or(truncated)?;
        let content = self.bytes.get(head.body..end).ok_or(truncated)?;
        Ok((content, end))
    }

    fn text(&self, at: usize, head: &Head) -> Result<usize, ProfileError> {
        let (content, end) = self.string(at, head)?;
        let text = core::str::from_utf8(content).map_err(|_| ProfileError { at, rule: Rule::Utf8 })?;
        match text_fault(text) {
            Some(fault) => Err(ProfileError {
                at,
                rule: Rule::Text(fault),
            }),
            None => Ok(end),
        }
    }

    fn array(&self, at: usize, head: &Head, depth: usize) -> Result<usize, ProfileError> {
        self.room_for(at, head, 1)?;
        (0..head.argument).try_fold(head.body, |next, _| self.item(next, depth + 1))
    }

    fn map(&self, at: usize, head: &Head, depth: usize) -> Result<usize, ProfileError> {
        self.room_for(at, head, 2)?;
        let mut next = head.body;
        let mut previous: Option<&[u8]> = None;
        for _ in 0..head.argument {
            let start = next;
            if !matches!(self.head(start)?.major, 0 | 1 | 3) {
                return Err(ProfileError {
                    at: start,
                    rule: Rule::KeyType,
                });
            }
            next = self.item(start, depth + 1)?;
            let key = &self.bytes[start..next];
            match previous.map(|previous| previous.cmp(key)) {
                Some(core::cmp::Ordering::Equal) => {
                    return Err(ProfileError {
                        at: start,
                        rule: Rule::DuplicateKey,
                    });
                }
                Some(core::cmp::Ordering::Greater) => {
                    return Err(ProfileError {
                        at: start,
                        rule: Rule::KeyOrder,
                    });
                }
                _ => previous = Some(key),
            }
            next = self.item(next, depth + 1)?;
        }
        Ok(next)
    }

    /// Every item takes a byte: a count that cannot fit in what is left is refused before any walking.
    fn room_for(&self, at: usize, head: &Head, bytes_each: u64) -> Result<(), ProfileError> {
        let left = u64::try_from(self.bytes.len() - head.body).unwrap_or(u64::MAX);
        if head.argument > left / bytes_each {
            Err(ProfileError {
                at,
                rule: Rule::Truncated,
            })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(hexadecimal: &str) -> Option<Rule> {
        let bytes = hex::decode(hexadecimal).expect("hexadecimal");
        check(&bytes, 64).err().map(|fault| fault.rule)
    }

    #[test]
    fn accepts_the_profile() {
        for good in [
            "00",
            "1818",
            "3903e7",
            "40",
            "6161",
            "80",
            "a0",
            "a201f46161f5",
            "1b0000000100000000",
        ] {
            assert_eq!(rule(good), None, "{good}");
        }
    }

    #[test]
    fn refuses_everything_else_by_name() {
        let cases = [
            ("", Rule::Truncated),
            ("0000", Rule::Trailing),
            ("1817", Rule::NotShortest),
            ("1900ff", Rule::NotShortest),
            ("1a0000ffff", Rule::NotShortest),
            ("1b00000000ffffffff", Rule::NotShortest),
            ("5f4100ff", Rule::Indefinite),
            ("9fff", Rule::Indefinite),
            ("1c", Rule::Reserved),
            ("c000", Rule::Tag),
            ("f6", Rule::Simple),
            ("f7", Rule::Simple),
            ("f93c00", Rule::Simple),
            ("f8ff", Rule::Simple),
            ("a14000", Rule::KeyType),
            ("a202000100", Rule::KeyOrder),
            ("a201000100", Rule::DuplicateKey),
            ("61ff", Rule::Utf8),
            ("9bffffffffffffffff", Rule::Truncated),
            ("bbffffffffffffffff", Rule::Truncated),
            ("5bffffffffffffffff", Rule::Truncated),
        ];
        for (bad, expected) in cases {
            assert_eq!(rule(bad), Some(expected), "{bad}");
        }
        assert_eq!(rule(&format!("{}00", "81".repeat(17))), Some(Rule::Depth));
        assert_eq!(rule(&format!("{}00", "81".repeat(16))), None);
        assert!(matches!(
            rule(&"00".repeat(65)),
            Some(Rule::TooLong {
                length: 65,
                limit: 64
            })
        ));
    }

    #[test]
    fn deep_nesting_and_huge_counts_cost_nothing() {
        let deep = vec![0x81; 1 << 20];
        assert_eq!(
            check(&deep, 1 << 20).map_err(|fault| fault.rule),
            Err(Rule::Depth)
        );
    }
}
