//! How a field is read, once, for drafts (JSON) and for signed payloads (CBOR).
//!
//! Every section of a plan is one table in [`section!`](crate::plan::table): the table makes the *wire* struct, in which everything
//! may be absent and unknown fields are refused; the *typed* struct, whose fields cannot be wrong; and the one
//! function between them, which collects every finding instead of stopping at the first. Draft and payload share
//! the table, so a word means the same in both. Rules across fields are the work of [`crate::validate`].

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::plan::printable::is_printable;
use crate::plan::table::coded;
use crate::time::Date;
use crate::validate::{Finding, rule};

/// Collects findings while a wire struct is read, and knows where in the document it stands.
pub(crate) struct Reader {
    source: Source,
    path: Vec<String>,
    findings: Vec<Finding>,
}

/// Where the words come from: it decides which rules are applied to them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Typed in now: words must be printable with today's fonts.
    Draft,
    /// Signed earlier: an old plan stays readable when the font table changes.
    Payload,
}

impl Reader {
    pub(crate) const fn new(source: Source) -> Self {
        Self {
            source,
            path: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Reads one field below the present place.
    pub(crate) fn at<T>(&mut self, name: impl Into<String>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(name.into());
        let value = read(self);
        self.path.pop();
        value
    }

    /// Notes a finding at the present place. Messages never repeat what was typed in.
    pub(crate) fn find(&mut self, rule: &'static str, message: impl Into<String>) {
        self.findings.push(Finding {
            field: self.path.join("."),
            rule,
            message: message.into(),
        });
    }

    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// A type that knows how it is written, read and described.
pub(crate) trait Value: Sized {
    /// The form in which it arrives.
    type Wire: Clone + Serialize + DeserializeOwned;
    /// The typed value, or `None` after noting at least one finding.
    fn read(wire: Self::Wire, reader: &mut Reader) -> Option<Self>;
    /// What to note when a needed value is not there: a section names each of its needed fields.
    fn absent(reader: &mut Reader) -> Option<Self> {
        reader.find(rule::NEEDED, "this is needed before the plan can be signed");
        None
    }
    /// JSON Schema (2020-12) of the draft form.
    fn schema() -> Json;
}

/// A place in a section: exactly one value, an optional one, or a list.
pub(crate) trait Slot: Sized {
    type Wire: Clone + Serialize + DeserializeOwned;
    fn read(wire: Option<Self::Wire>, reader: &mut Reader) -> Option<Self>;
    fn is_absent(&self) -> bool;
    fn schema() -> Json;
}

impl<T: Value> Slot for T {
    type Wire = T::Wire;

    fn read(wire: Option<T::Wire>, reader: &mut Reader) -> Option<T> {
        match wire {
            Some(wire) => <T as Value>::read(wire, reader),
            None => <T as Value>::absent(reader),
        }
    }

    fn is_absent(&self) -> bool {
        false
    }

    fn schema() -> Json {
        <T as Value>::schema()
    }
}

impl<T: Value> Slot for Option<T> {
    type Wire = T::Wire;

    fn read(wire: Option<T::Wire>, reader: &mut Reader) -> Option<Self> {
        match wire {
            Some(wire) => <T as Value>::read(wire, reader).map(Some),
            None => Some(None),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn schema() -> Json {
        <T as Value>::schema()
    }
}

/// Far more than any list in a real plan; a bound on work and on paper.
const MAX_LIST: usize = 64;

impl<T: Value> Slot for Vec<T> {
    type Wire = Vec<T::Wire>;

    fn read(wire: Option<Vec<T::Wire>>, reader: &mut Reader) -> Option<Self> {
        let wire = wire.unwrap_or_default();
        if wire.len() > MAX_LIST {
            reader.find(rule::LENGTH, format!("at most {MAX_LIST} entries"));
            return None;
        }
        let read: Vec<Option<T>> = wire
            .into_iter()
            .enumerate()
            .map(|(at, item)| reader.at((at + 1).to_string(), |reader| <T as Value>::read(item, reader)))
            .collect();
        read.into_iter().collect()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": <T as Value>::schema(), "maxItems": MAX_LIST })
    }
}

/// Text on one line, NFC, printable, 1 to `MAX` characters, without outer spaces.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Line<const MAX: usize>(String);

/// Text of one or more lines, NFC, printable, 1 to `MAX` characters, without outer white space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

macro_rules! text_type {
    ($name:ident, $breaks:literal) => {
        impl<const MAX: usize> $name<MAX> {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> core::ops::Deref for $name<MAX> {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> core::fmt::Display for $name<MAX> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<const MAX: usize> core::fmt::Debug for $name<MAX> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), " (not shown)"))
            }
        }

        impl<const MAX: usize> Value for $name<MAX> {
            type Wire = String;

            fn read(wire: String, reader: &mut Reader) -> Option<Self> {
                check_text(&wire, MAX, $breaks, reader).then_some(Self(wire))
            }

            fn schema() -> Json {
                json!({ "type": "string", "minLength": 1, "maxLength": MAX })
            }
        }
    };
}

text_type!(Line, false);
text_type!(Text, true);

/// Text rules of FORMAT §2 and DOMAIN §2.4 rule 6: what is printed is what was signed.
fn check_text(text: &str, max: usize, breaks: bool, reader: &mut Reader) -> bool {
    let before = reader.findings.len();
    if text.trim().is_empty() {
        reader.find(rule::NEEDED, "this is empty");
    } else if text.trim() != text {
        reader.find(
            rule::TEXT,
            "remove the spaces or line breaks before and after the words",
        );
    }
    let length = text.chars().count();
    if length > max {
        reader.find(
            rule::LENGTH,
            format!("{length} characters are too many: at most {max}"),
        );
    }
    if !breaks && text.contains('\n') {
        reader.find(rule::TEXT, "this must be on one line");
    }
    if let Some(fault) = crate::canonical::text_fault(text) {
        reader.find(rule::TEXT, fault.to_string());
    } else if reader.source == Source::Draft
        && let Some(odd) = text.chars().find(|c| *c != '\n' && !is_printable(*c))
    {
        reader.find(
            rule::TEXT,
            format!(
                "the character U+{:04X} cannot be printed here: use another",
                u32::from(odd)
            ),
        );
    }
    reader.findings.len() == before
}

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: u64, const MAX: u64>(u64);

impl Whole<1, 1> {
    /// One, the only number in this range.
    pub(crate) const ONE: Self = Self(1);
}

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// The number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> core::fmt::Debug for Whole<MIN, MAX> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Whole (not shown)")
    }
}

impl<const MIN: u64, const MAX: u64> core::fmt::Display for Whole<MIN, MAX> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MIN: u64, const MAX: u64> Value for Whole<MIN, MAX> {
    type Wire = u64;

    fn read(wire: u64, reader: &mut Reader) -> Option<Self> {
        if (MIN..=MAX).contains(&wire) {
            return Some(Self(wire));
        }
        reader.find(rule::CODED, format!("expected a number from {MIN} to {MAX}"));
        None
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

impl Value for Date {
    type Wire = String;

    fn read(wire: String, reader: &mut Reader) -> Option<Self> {
        let date = Self::parse(&wire);
        if date.is_err() {
            reader.find(rule::DATE, "expected a date that exists, such as 2026-11-22");
        }
        date.ok()
    }

    fn schema() -> Json {
        json!({ "type": "string", "format": "date" })
    }
}

/// A value that can only be this one, written down so that the signed bytes say it.
pub(crate) trait Constant: Value {
    const ONLY: Self;
}

/// A place for a [`Constant`]: a draft may leave it out, a signed payload always carries it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Fixed<T>(pub(crate) T);

impl<T: Constant> Slot for Fixed<T> {
    type Wire = T::Wire;

    fn read(wire: Option<T::Wire>, reader: &mut Reader) -> Option<Self> {
        match wire {
            Some(wire) => <T as Value>::read(wire, reader).map(Self),
            None => Some(Self(T::ONLY)),
        }
    }

    fn is_absent(&self) -> bool {
        false
    }

    fn schema() -> Json {
        <T as Value>::schema()
    }
}

coded! {
    /// Yes or no, where leaving it out would be ambiguous.
    YesNo {
        Yes = "yes", "Yes";
        No = "no", "No";
    }
}

coded! {
    /// Yes, no, or honestly not known.
    YesNoUnknown {
        Yes = "yes", "Yes";
        No = "no", "No";
        Unknown = "unknown", "Not known";
    }
}
