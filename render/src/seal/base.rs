//! What the seal must know of the document under it: where its cross-reference table, catalog and first page are.
//!
//! This is no PDF parser. It reads the one shape that this renderer writes (one table, objects in plain text, a
//! trailer without surprises) and refuses everything else.

use super::SealError;

/// A document of this renderer, taken apart just enough to append to it.
pub(super) struct Base<'a> {
    bytes: &'a [u8],
    /// Offset of the cross-reference table.
    pub(super) table: usize,
    /// One more than the largest object number.
    pub(super) size: u32,
    pub(super) catalog: u32,
    pub(super) information: u32,
    /// The pair of identifiers, brackets included: the seal keeps them.
    pub(super) identifiers: &'a [u8],
}

impl<'a> Base<'a> {
    /// # Errors
    /// [`SealError::Document`] with the part that is not where it belongs.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, SealError> {
        let end = bytes.strip_suffix(END);
        let (before, offset) = end
            .and_then(|rest| split_at_last(rest, b"startxref\n"))
            .ok_or(SealError::Document("the end"))?;
        let table = number(offset).ok_or(SealError::Document("the end"))?;
        let table = usize::try_from(table).map_err(|_| SealError::Document("the table"))?;
        if !bytes
            .get(table..)
            .is_some_and(|rest| rest.starts_with(b"xref\n0 "))
        {
            return Err(SealError::Document("the table"));
        }
        let trailer = split_at_last(before, b"trailer\n<<").map(|(_, trailer)| trailer);
        let trailer = trailer
            .and_then(|trailer| trailer.strip_suffix(b">>\n"))
            .ok_or(SealError::Document("the trailer"))?;
        Self::of_trailer(bytes, table, trailer).ok_or(SealError::Document("the trailer"))
    }

    /// `/Size 88/Root 87 0 R/Info 85 0 R/ID[(…)(…)]`, in this order.
    fn of_trailer(bytes: &'a [u8], table: usize, trailer: &'a [u8]) -> Option<Self> {
        let rest = trailer.strip_prefix(b"/Size ")?;
        let (size, rest) = leading_number(rest)?;
        let (catalog, rest) = reference(rest.strip_prefix(b"/Root ")?)?;
        let (information, rest) = reference(rest.strip_prefix(b"/Info ")?)?;
        let identifiers = rest
            .strip_prefix(b"/ID")
            .filter(|pair| pair.starts_with(b"[") && pair.ends_with(b"]"))?;
        Some(Self {
            bytes,
            table,
            size,
            catalog,
            information,
            identifiers,
        })
    }

    /// What stands between `<<` and `>>` of an object that is a dictionary.
    ///
    /// # Errors
    /// [`SealError::Document`] with `what` when it is none.
    pub(super) fn dictionary(&self, object: u32, what: &'static str) -> Result<&'a [u8], SealError> {
        let found = self.object(object).and_then(|bytes| {
            let body = bytes.strip_prefix(format!("{object} 0 obj\n<<").as_bytes())?;
            let end = body
                .windows(OBJECT_END.len())
                .position(|window| window == OBJECT_END)?;
            Some(&body[..end])
        });
        found.ok_or(SealError::Document(what))
    }

    /// The number of the first page's object.
    ///
    /// # Errors
    /// [`SealError::Document`] when catalog or page tree do not lead there.
    pub(super) fn first_page(&self) -> Result<u32, SealError> {
        let catalog = self.dictionary(self.catalog, "the catalog")?;
        let pages = after(catalog, b"/Pages ").and_then(reference);
        let (pages, _) = pages.ok_or(SealError::Document("the catalog"))?;
        let kids = after(self.dictionary(pages, "the page tree")?, b"/Kids[").and_then(reference);
        kids.map(|(page, _)| page)
            .ok_or(SealError::Document("the page tree"))
    }

    /// By its entry of twenty bytes in the table (ISO 32000-1 §7.5.4).
    fn object(&self, object: u32) -> Option<&'a [u8]> {
        let object = usize::try_from(object).ok()?;
        let table = self.bytes.get(self.table..)?;
        let (_, entries) = split_at_first(table.strip_prefix(b"xref\n")?, b"\n")?;
        let entry = entries.get(object.checked_mul(20)?..)?;
        let offset = usize::try_from(number(entry.get(..10)?)?).ok()?;
        self.bytes.get(offset..)
    }
}

/// The last line of a document, with its line end.
pub(super) const END: &[u8] = b"\n%%EOF\n";

const OBJECT_END: &[u8] = b">>\nendobj\n";

/// What follows the first place of `words`.
pub(super) fn after<'a>(bytes: &'a [u8], words: &[u8]) -> Option<&'a [u8]> {
    split_at_first(bytes, words).map(|(_, rest)| rest)
}

fn split_at_first<'a>(bytes: &'a [u8], words: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(words.len()).position(|window| window == words)?;
    Some((&bytes[..at], &bytes[at + words.len()..]))
}

/// What stands before and after the last place of `words`.
pub(super) fn split_at_last<'a>(bytes: &'a [u8], words: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(words.len()).rposition(|window| window == words)?;
    Some((&bytes[..at], &bytes[at + words.len()..]))
}

/// Digits and nothing else.
pub(super) fn number(digits: &[u8]) -> Option<u32> {
    match leading_number(digits)? {
        (number, []) => Some(number),
        _ => None,
    }
}

fn leading_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at(digits);
    let number = core::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

/// `87 0 R`.
fn reference(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (object, rest) = leading_number(bytes)?;
    Some((object, rest.strip_prefix(b" 0 R")?))
}
