//! The words of a file, in the order of its structure tree, as two readers give them.

use std::ffi::OsString;
use std::path::Path;

use crate::tools::{beside, cache, run};

/// What a reader gave.
pub struct Reading {
    /// One line for each block with pdf.js, for each line on paper with poppler. Digests, which say nothing to a reviewer,
    /// are left out.
    pub lines: Vec<String>,
    /// The words alone, with single spaces, without those that stand for figures.
    pub words: String,
}

/// As pdf.js (Firefox) gives it to a screen reader; a line is a tag, a colon and the words.
#[must_use]
pub fn pdfjs(file: &Path) -> Reading {
    let arguments = [beside("text.mjs"), cache().join("pdfjs"), file.to_owned()];
    let said = run("node", arguments).when_successful();
    // Poppler has no words for figures, so they do not count as words.
    let blocks = said
        .lines()
        .filter(|line| !line.starts_with("---") && !line.starts_with("Figure:"));
    let words = blocks.filter_map(|line| Some(line.split_once(':')?.1));
    Reading {
        words: single_spaced(words),
        lines: said.lines().map(without_digests).collect(),
    }
}

/// As poppler gives it; a line is the words of a line on paper.
#[must_use]
pub fn poppler(file: &Path) -> Reading {
    let said = run("pdfinfo", [OsString::from("-struct-text"), file.into()]).when_successful();
    let quoted = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'));
    Reading {
        words: single_spaced(quoted.clone()),
        lines: quoted.map(without_digests).collect(),
    }
}

fn single_spaced<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The line with `(digest)` in place of each piece of a digest: a word of hexadecimal digits, letters and numbers among
/// them, or ten and more of either. Its last piece may be short and end in a bracket.
fn without_digests(line: &str) -> String {
    let is_digest = |word: &str| {
        let word = word.trim_end_matches([')', '.']);
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let letters = word.bytes().filter(|byte| matches!(byte, b'a'..=b'f')).count();
        let both = digits > 0 && letters > 0 && word.len() >= 4;
        digits + letters == word.len() && (both || word.len() >= 10)
    };
    let words = line
        .split(' ')
        .map(|word| if is_digest(word) { "(digest)" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
