//! The incremental update that carries the seal (ISO 32000-1 §7.5.6): the signature's dictionary, its invisible field,
//! and the catalog and first page again, which name them.
//!
//! The signature covers every byte of the file but its own digits, which stand in a hole that is kept free first and
//! filled afterwards.

use core::ops::Range;

use pdf_writer::types::{AnnotationFlags, FieldType, SigFlags};
use pdf_writer::{Chunk, Date, Finish as _, Name, Rect, Ref, Settings, Str, TextStr};
use planseal::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::SealError;
use super::base::{Base, END, after, number, split_at_last};
use crate::pdf::Calendar;

/// A document with its update, whose hole is still empty.
pub(super) struct Framed {
    bytes: Vec<u8>,
    /// The digits of the signature, between `<` and `>`.
    hole: Range<usize>,
}

impl Framed {
    /// SHA-256 of everything but the hole and its brackets.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(&self.bytes[..self.hole.start - 1]);
        digest.update(&self.bytes[self.hole.end + 1..]);
        digest.finalize().into()
    }

    /// The file with the signature in its hole, zeros behind it.
    ///
    /// # Errors
    /// [`SealError::Room`] when it does not fit.
    pub(super) fn filled(mut self, signed: &[u8]) -> Result<Vec<u8>, SealError> {
        let room = self.hole.len() / 2;
        let spare = room.checked_sub(signed.len()).ok_or(SealError::Room {
            needed: signed.len(),
            room,
        })?;
        let digits = signed.iter().copied().chain(core::iter::repeat_n(0, spare));
        let digits: Vec<u8> = digits
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect();
        self.bytes[self.hole].copy_from_slice(&digits);
        Ok(self.bytes)
    }

    /// What fills the hole in a file that is otherwise equal, byte for byte.
    pub(super) fn filling_of(&self, file: &[u8]) -> Option<Vec<u8>> {
        let equal = |range: Range<usize>| file.get(range.clone()) == self.bytes.get(range);
        let around = file.len() == self.bytes.len()
            && equal(0..self.hole.start)
            && equal(self.hole.end..self.bytes.len());
        let digits = file.get(self.hole.clone()).filter(|_| around)?;
        let pairs = digits.chunks_exact(2);
        pairs
            .map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?))
            .collect()
    }
}

/// A seal as it looks from outside, before anything is checked.
pub(super) struct Found<'a> {
    pub(super) document: &'a [u8],
    pub(super) at: Timestamp,
    pub(super) room: usize,
}

/// Looks for a seal at the end of a file. Everything found here is checked by framing the document again.
pub(super) fn find(file: &[u8]) -> Option<Found<'_>> {
    let (before, _) = split_at_last(file, b"startxref\n")?;
    let (_, trailer) = split_at_last(before, b"trailer\n")?;
    let previous = after(trailer, b"/Prev ")?.strip_suffix(b">>\n")?;
    let document_end = [b"startxref\n", previous, END].concat();
    let (document, update) = split_at_last(file, &document_end)?;
    let document = file.get(..document.len() + document_end.len())?;
    let digits = after(update, CONTENTS)?;
    let room = digits.iter().position(|byte| *byte == b'>')? / 2;
    let date = after(update, b"/M(D:")?.get(..14)?;
    Some(Found {
        document,
        at: instant(date)?,
        room: if room <= MOST_ROOM { room } else { return None },
    })
}

/// Appends the update to a document, with room for a signature of so many bytes.
///
/// # Errors
/// [`SealError::Document`] when the document is not of this renderer's shape.
pub(super) fn frame(document: &[u8], at: Timestamp, room: usize) -> Result<Framed, SealError> {
    let base = Base::read(document)?;
    let page = base.first_page()?;
    let (signature, field) = (base.size, base.size + 1);
    let catalog = base.dictionary(base.catalog, "the catalog")?;
    let first_page = base.dictionary(page, "the first page")?;
    let mut objects = vec![
        (signature, signature_dictionary(reference(signature)?, at, room)),
        (
            field,
            field_dictionary(reference(field)?, reference(signature)?, reference(page)?),
        ),
        (page, with(page, first_page, &format!("/Annots[{field} 0 R]"))),
        (
            base.catalog,
            with(
                base.catalog,
                catalog,
                &format!(
                    "/AcroForm<</Fields[{field} 0 R]/SigFlags {}>>/Perms<</DocMDP {signature} 0 R>>",
                    (SigFlags::SIGNATURES_EXIST | SigFlags::APPEND_ONLY).bits()
                ),
            ),
        ),
    ];
    objects.sort_by_key(|(number, _)| *number);
    let mut bytes = document.to_vec();
    let mut places = Vec::new();
    for (number, object) in objects {
        places.push((number, bytes.len()));
        bytes.extend(object);
    }
    bytes.extend(table(&base, &places, bytes.len()));
    patched(bytes, document.len())
}

fn reference(object: u32) -> Result<Ref, SealError> {
    let number = i32::try_from(object).ok().filter(|number| *number > 0);
    number
        .map(Ref::new)
        .ok_or(SealError::Document("an object number"))
}

/// ISO 32000-1 §12.8.1: a certification that allows no change (DocMDP P = 1).
fn signature_dictionary(id: Ref, at: Timestamp, room: usize) -> Vec<u8> {
    let mut chunk = chunk();
    let mut dictionary = chunk.indirect(id).dict();
    dictionary
        .pair(Name(b"Type"), Name(b"Sig"))
        .pair(Name(b"Filter"), Name(b"Adobe.PPKLite"))
        .pair(Name(b"SubFilter"), Name(b"ETSI.CAdES.detached"))
        .pair(Name(b"M"), date(at))
        .pair(
            Name(b"Reason"),
            TextStr("Seal of the service that issued this document"),
        );
    let ranges = [0, WIDEST, WIDEST, WIDEST];
    dictionary.insert(Name(b"ByteRange")).array().items(ranges);
    // Bytes beyond ASCII, so that the writer uses hexadecimal digits.
    dictionary.pair(Name(b"Contents"), Str(&vec![0xff; room]));
    let mut references = dictionary.insert(Name(b"Reference")).array();
    let mut reference = references.push().dict();
    reference
        .pair(Name(b"Type"), Name(b"SigRef"))
        .pair(Name(b"TransformMethod"), Name(b"DocMDP"));
    let mut parameters = reference.insert(Name(b"TransformParams")).dict();
    parameters
        .pair(Name(b"Type"), Name(b"TransformParams"))
        .pair(Name(b"P"), 1)
        .pair(Name(b"V"), Name(b"1.2"));
    parameters.finish();
    reference.finish();
    references.finish();
    dictionary.finish();
    chunk.as_bytes().to_vec()
}

/// Outside the page, so that it shows nothing and PDF/UA asks for no structure element (ISO 14289-1 §7.18.1).
fn field_dictionary(id: Ref, signature: Ref, page: Ref) -> Vec<u8> {
    let mut chunk = chunk();
    let mut field = chunk.form_field(id);
    field
        .partial_name(TextStr("Seal"))
        .field_type(FieldType::Signature)
        .alternate_name(TextStr("Seal of the service"))
        .pair(Name(b"V"), signature);
    let mut annotation = field.into_annotation();
    annotation
        .rect(Rect::new(-1.0, -1.0, -1.0, -1.0))
        .flags(AnnotationFlags::PRINT | AnnotationFlags::LOCKED)
        .page(page);
    annotation.finish();
    chunk.as_bytes().to_vec()
}

/// An object of the document once more, with further entries.
fn with(object: u32, dictionary: &[u8], entries: &str) -> Vec<u8> {
    let (begin, end) = (format!("{object} 0 obj\n<<"), format!("{entries}>>\nendobj\n"));
    [begin.as_bytes(), dictionary, end.as_bytes()].concat()
}

fn table(base: &Base<'_>, places: &[(u32, usize)], at: usize) -> Vec<u8> {
    let mut table = b"xref\n0 1\n0000000000 65535 f\r\n".to_vec();
    for (object, offset) in places {
        table.extend(format!("{object} 1\n{offset:010} 00000 n\r\n").bytes());
    }
    let (size, catalog, information) = (base.size + 2, base.catalog, base.information);
    table.extend(format!("trailer\n<</Size {size}/Root {catalog} 0 R/Info {information} 0 R/ID").bytes());
    table.extend(base.identifiers);
    table.extend(format!("/Prev {}>>\nstartxref\n{at}", base.table).bytes());
    table.extend(END);
    table
}

/// Finds the hole, writes the true ranges over the wide ones, and empties the hole.
fn patched(mut bytes: Vec<u8>, from: usize) -> Result<Framed, SealError> {
    let place = |words: &[u8]| {
        let update = bytes.get(from..)?;
        let found = update.windows(words.len()).position(|window| window == words)?;
        Some(from + found + words.len())
    };
    let lost = SealError::Document("the seal's own part");
    let (Some(start), Some(ranges)) = (place(CONTENTS), place(b"/ByteRange[")) else {
        return Err(lost);
    };
    let length = |bytes: &[u8], end: u8| bytes.iter().position(|byte| *byte == end);
    let (Some(hole), Some(width)) = (length(&bytes[start..], b'>'), length(&bytes[ranges..], b']')) else {
        return Err(lost);
    };
    let hole = start..start + hole;
    let rest = bytes.len() - hole.end - 1;
    let written = format!("0 {} {} {rest}", hole.start - 1, hole.end + 1);
    bytes[ranges..ranges + width].copy_from_slice(format!("{written:<width$}").as_bytes());
    bytes[hole.clone()].fill(b'0');
    Ok(Framed { bytes, hole })
}

fn chunk() -> Chunk {
    Chunk::with_settings(Settings { pretty: false })
}

fn date(at: Timestamp) -> Date {
    let at = Calendar::of(at);
    Date::new(at.year)
        .month(at.month)
        .day(at.day)
        .hour(at.hour)
        .minute(at.minute)
        .second(at.second)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// `20261122143200`, as [`date`] writes it.
fn instant(digits: &[u8]) -> Option<Timestamp> {
    number(digits.get(..8)?)?;
    number(digits.get(8..14)?)?;
    let text = core::str::from_utf8(digits).ok()?;
    let part = |range: Range<usize>| text.get(range);
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(8..10)?, part(10..12)?, part(12..14)?);
    Timestamp::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")).ok()
}

const fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'a' + (value - 10),
    }
}

/// Small letters only: what [`digit`] writes.
const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

const CONTENTS: &[u8] = b"/Contents<";

/// Ten digits, as many as any offset has that the table can hold.
const WIDEST: i32 = 1_999_999_999;

/// 64 KiB: several chains of large RSA certificates and a time stamp; a bound on what a hostile file makes us copy.
const MOST_ROOM: usize = 64 << 10;
