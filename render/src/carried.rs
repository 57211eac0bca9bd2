//! What a PDF carries for its reader: the bundle, and the files that the version names (FORMAT §7).
//!
//! The service stores both unfiltered, so they are found by magic and digest without parsing anything. Other software
//! compresses streams when it saves a file again; such streams are inflated within limits and searched too. Where
//! something lay in the file does not matter, its signatures and digests do, and a PDF is never parsed as one: offsets,
//! object streams and page trees of a stranger are not followed.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use planseal::bundle::{Bundle, BundleError, MAGIC, MAX_BUNDLE};
use planseal::plan::contacts::{Attachment, MediaType};
use planseal::verify::attachment_matches;

/// Readers of PDF take a file whose header stands among the first 1024 bytes (ISO 32000-1 annex H, note 13), and so does
/// whoever is sent one with bytes before it.
#[must_use]
pub fn is_pdf(file: &[u8]) -> bool {
    let first = &file[..file.len().min(1024)];
    first.windows(HEADER.len()).any(|window| window == HEADER)
}

/// Finds the one bundle of a file.
///
/// # Errors
/// [`BundleError::NotFound`] without one, [`BundleError::Several`] with more, the others when it is damaged.
pub fn bundle(file: &[u8]) -> Result<Bundle, BundleError> {
    match Bundle::find(file) {
        Err(BundleError::NotFound) => compressed_bundle(file),
        found => found,
    }
}

/// The bytes of every named attachment that the file holds, each once.
#[must_use]
pub fn attachments(file: &[u8], named: &[Attachment]) -> Vec<Vec<u8>> {
    let mut found: Vec<Option<Vec<u8>>> = vec![None; named.len()];
    for rest in streams(file) {
        for (place, attachment) in open_places(&mut found, named) {
            *place = plain(rest, attachment);
        }
    }
    let mut inflater = Inflater {
        left: named.iter().map(size).fold(SPARE, usize::saturating_add),
    };
    for rest in streams(file) {
        if found.iter().all(Option::is_some) {
            break;
        }
        let begins = |media_type: MediaType| named.iter().any(|named| named.media_type() == media_type);
        let types = [MediaType::Pdf, MediaType::Png, MediaType::Jpeg].into_iter();
        let wanted = types.filter(|media_type| begins(*media_type));
        let Some(content) = inflater.inflate(rest, wanted.map(beginning)) else {
            continue;
        };
        for (place, attachment) in open_places(&mut found, named) {
            *place = attachment_matches(attachment, &content).then(|| content.clone());
        }
    }
    found.into_iter().flatten().collect()
}

fn compressed_bundle(file: &[u8]) -> Result<Bundle, BundleError> {
    let mut inflater = Inflater {
        left: 2 * (MAX_BUNDLE + MAGIC.len() + 4),
    };
    let mut found = None;
    for rest in streams(file) {
        if let Some(content) = inflater.inflate(rest, [MAGIC.as_slice()])
            && found.replace(content).is_some()
        {
            return Err(BundleError::Several);
        }
    }
    Bundle::decode(&found.ok_or(BundleError::NotFound)?)
}

type Place = Option<Vec<u8>>;

fn open_places<'a>(
    found: &'a mut [Place],
    named: &'a [Attachment],
) -> impl Iterator<Item = (&'a mut Place, &'a Attachment)> {
    found.iter_mut().zip(named).filter(|(place, _)| place.is_none())
}

/// A stream that is this attachment as it is. The cheap look first: only what ends where a stream ends is hashed.
fn plain(rest: &[u8], attachment: &Attachment) -> Option<Vec<u8>> {
    let (content, after) = rest.split_at_checked(size(attachment))?;
    let after = after.strip_prefix(b"\r").unwrap_or(after);
    let ends = after
        .strip_prefix(b"\n")
        .unwrap_or(after)
        .starts_with(b"endstream");
    (ends && attachment_matches(attachment, content)).then(|| content.to_vec())
}

fn size(attachment: &Attachment) -> usize {
    usize::try_from(attachment.size().value()).unwrap_or(usize::MAX)
}

/// What every file of a kind begins with: streams that begin otherwise are not inflated.
const fn beginning(media_type: MediaType) -> &'static [u8] {
    match media_type {
        MediaType::Pdf => b"%PDF-",
        MediaType::Png => b"\x89PNG",
        MediaType::Jpeg => b"\xff\xd8\xff",
    }
}

/// What follows each place where a stream may begin: the word and one end of line (ISO 32000-1 §7.3.8.1).
fn streams(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = file.windows(BEGIN.len()).enumerate();
    let words = words.filter(|(_, window)| *window == BEGIN);
    let rests = words.filter_map(|(at, _)| match file.get(at + BEGIN.len()..)? {
        [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => Some(rest),
        _ => None,
    });
    rests.take(MOST_STREAMS)
}

/// Inflates streams until a stated amount has come out.
struct Inflater {
    left: usize,
}

impl Inflater {
    /// The whole stream, if it begins with one of these and the rest of the allowance suffices. Bytes may follow it.
    fn inflate<'a>(
        &mut self,
        stream: &[u8],
        beginnings: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<Vec<u8>> {
        let mut decoder = ZlibDecoder::new(stream);
        let mut content = vec![0; MAGIC.len()];
        decoder.read_exact(&mut content).ok()?;
        if !beginnings
            .into_iter()
            .any(|beginning| content.starts_with(beginning))
        {
            return None;
        }
        let allowed = u64::try_from(self.left).unwrap_or(u64::MAX);
        let ended = decoder.by_ref().take(allowed).read_to_end(&mut content);
        self.left = self.left.saturating_sub(content.len());
        (ended.is_ok() && self.left > 0).then_some(content)
    }
}

const HEADER: &[u8] = b"%PDF-";

const BEGIN: &[u8] = b"stream";

/// 65 536: a hundred times the streams of the longest plan; a bound on work in a file made to be slow.
const MOST_STREAMS: usize = 1 << 16;

/// 8 MiB: for streams of other PDFs inside the attachments that begin alike and are none of the named files.
const SPARE: usize = 8 << 20;
