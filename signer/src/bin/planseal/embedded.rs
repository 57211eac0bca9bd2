//! Attachments inside a PDF that the service made: it embeds files unfiltered, so each lies there byte for byte.
//!
//! Nothing of the PDF is parsed. A file is one that the author signed if its length and digest are, wherever it lay.

use planseal::plan::contacts::Attachment;
use planseal::verify::attachment_matches;

const BEGIN: &[u8] = b"stream";
const END: &[u8] = b"endstream";

/// The bytes of every named attachment that the PDF holds, each once.
pub(crate) fn attachments(pdf: &[u8], named: &[Attachment]) -> Vec<Vec<u8>> {
    let mut found: Vec<Option<Vec<u8>>> = vec![None; named.len()];
    for start in starts(pdf) {
        for (place, attachment) in found.iter_mut().zip(named).filter(|(place, _)| place.is_none()) {
            let size = usize::try_from(attachment.size().value()).unwrap_or(usize::MAX);
            let Some((content, rest)) = pdf.get(start..).and_then(|rest| rest.split_at_checked(size)) else {
                continue;
            };
            // The cheap look first: only what ends where a stream ends is hashed.
            if ends_here(rest) && attachment_matches(attachment, content) {
                *place = Some(content.to_vec());
            }
        }
    }
    found.into_iter().flatten().collect()
}

/// Where streams may begin: after the word and one end of line (ISO 32000-2 §7.3.8.1).
fn starts(pdf: &[u8]) -> impl Iterator<Item = usize> {
    let words = pdf
        .windows(BEGIN.len())
        .enumerate()
        .filter(|(_, window)| *window == BEGIN);
    words.filter_map(|(at, _)| {
        let after = at + BEGIN.len();
        match pdf.get(after..)? {
            [b'\r', b'\n', ..] => Some(after + 2),
            [b'\n', ..] => Some(after + 1),
            _ => None,
        }
    })
}

fn ends_here(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    rest.strip_prefix(b"\n").unwrap_or(rest).starts_with(END)
}
