//! Text to positioned glyphs: paragraphs, line breaks, direction, script fallback, shaping.
//!
//! Line breaks follow UAX #14, direction UAX #9, clusters UAX #29; glyphs come from harfrust (a port of
//! HarfBuzz). Where a script writes no spaces a line is broken between clusters.

use core::ops::Range;

use harfrust::{Buffer, Direction, ShapeOptions, ShaperFont};
use unicode_bidi::BidiInfo;
use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_segmentation::UnicodeSegmentation;

use crate::RenderError;
use crate::fonts::{self, FaceId, Fonts, Weight};
use crate::length::Length;

/// One paragraph of text in one size, made of spans that may differ in weight.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    spans: Vec<Span>,
    pub(crate) size: Length,
    /// The field of the plan these words come from, named when a character cannot be drawn.
    field: &'static str,
}

#[derive(Clone, Debug)]
struct Span {
    words: String,
    weight: Weight,
}

/// One line, ready to be placed: the baseline's left end is its origin.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) runs: Vec<Run>,
    pub(crate) width: Length,
    /// From the top of this line to the top of the next.
    pub(crate) height: Length,
    pub(crate) reading: Reading,
    /// The words in logical order, for extraction where glyph order differs from it.
    pub(crate) words: String,
}

/// The direction of a line's paragraph, and whether its glyphs stand in the order they are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    LeftToRight,
    /// Left to right over all, with words of another script inside.
    Mixed,
    RightToLeft,
}

/// Glyphs of one face and direction.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) face: FaceId,
    pub(crate) size: Length,
    /// From the start of the line.
    pub(crate) offset: Length,
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) words: String,
}

/// One glyph; distances are in font units.
#[derive(Clone, Debug)]
pub(crate) struct Glyph {
    pub(crate) id: u32,
    pub(crate) advance: i32,
    pub(crate) right: i32,
    pub(crate) up: i32,
    /// The bytes of the run's words that this glyph stands for.
    pub(crate) cluster: Range<usize>,
}

impl Text {
    pub(crate) fn plain(field: &'static str, size: Length, words: impl Into<String>) -> Self {
        Self::empty(field, size).regular(words)
    }

    pub(crate) fn strong(field: &'static str, size: Length, words: impl Into<String>) -> Self {
        Self::empty(field, size).bold(words)
    }

    pub(crate) const fn empty(field: &'static str, size: Length) -> Self {
        Self {
            spans: Vec::new(),
            size,
            field,
        }
    }

    pub(crate) fn regular(self, words: impl Into<String>) -> Self {
        self.span(words.into(), Weight::Regular)
    }

    pub(crate) fn bold(self, words: impl Into<String>) -> Self {
        self.span(words.into(), Weight::Bold)
    }

    fn span(mut self, words: String, weight: Weight) -> Self {
        self.spans.push(Span { words, weight });
        self
    }

    /// The words without their weights, as an outline entry or a heading's title needs them.
    pub(crate) fn words(&self) -> String {
        self.spans.iter().map(|span| span.words.as_str()).collect()
    }

    /// Breaks the text into lines no wider than `width`.
    ///
    /// # Errors
    /// [`RenderError::NoGlyph`] when the fonts do not cover a character.
    pub(crate) fn lines(&self, width: Length) -> Result<Vec<Line>, RenderError> {
        let words = self.words();
        let typesetter = Typesetter {
            fonts: fonts::embedded(),
            text: self,
            words: &words,
        };
        let mut lines = Vec::new();
        let mut start = 0;
        for paragraph in words.split('\n') {
            let range = start..start + paragraph.len();
            start = range.end + 1;
            lines.extend(typesetter.paragraph(range, width)?);
        }
        Ok(lines)
    }
}

/// Sets one text: holds what every step looks at.
struct Typesetter<'a> {
    fonts: &'static Fonts,
    text: &'a Text,
    words: &'a str,
}

impl Typesetter<'_> {
    fn paragraph(&self, range: Range<usize>, width: Length) -> Result<Vec<Line>, RenderError> {
        let words = &self.words[range.clone()];
        let mut lines = Vec::new();
        let (mut line_start, mut line_end, mut used) = (0, 0, Length::ZERO);
        for piece in self.unbreakable(&range, width)? {
            let piece_width = self.measure(&range, &piece)?;
            if used > Length::ZERO && used + piece_width.ink > width {
                lines.push(self.line(&range, line_start..line_end)?);
                (line_start, used) = (piece.start, Length::ZERO);
            }
            line_end = piece.end;
            used += piece_width.with_space;
        }
        if line_end > line_start || lines.is_empty() {
            lines.push(self.line(&range, line_start..words.len())?);
        }
        Ok(lines)
    }

    /// The pieces between break opportunities; one that is wider than a line is cut between clusters.
    fn unbreakable(&self, paragraph: &Range<usize>, width: Length) -> Result<Vec<Range<usize>>, RenderError> {
        let words = &self.words[paragraph.clone()];
        let mut pieces = Vec::new();
        let mut start = 0;
        for (end, opportunity) in linebreaks(words) {
            let last = opportunity == BreakOpportunity::Mandatory && end == words.len();
            if (end == start || holds_a_number_together(words, end)) && !last {
                continue;
            }
            let piece = start..end;
            start = end;
            if self.measure(paragraph, &piece)?.ink <= width {
                pieces.push(piece);
            } else {
                let clusters = words[piece.clone()].grapheme_indices(true);
                pieces.extend(clusters.map(|(at, cluster)| {
                    let from = piece.start + at;
                    from..from + cluster.len()
                }));
            }
        }
        Ok(pieces)
    }

    fn measure(&self, paragraph: &Range<usize>, piece: &Range<usize>) -> Result<PieceWidth, RenderError> {
        let trimmed = self.words[paragraph.clone()][piece.clone()]
            .trim_end_matches(' ')
            .len();
        let ink = self.line(paragraph, piece.start..piece.start + trimmed)?.width;
        let with_space = if trimmed == piece.len() {
            ink
        } else {
            let spaces = i32::try_from(piece.len() - trimmed).unwrap_or(1);
            ink + self.text.size.fraction(SPACE_PERMILLE, 1000) * spaces
        };
        Ok(PieceWidth { ink, with_space })
    }

    /// Shapes one line of a paragraph, trailing spaces dropped, runs in visual order.
    fn line(&self, paragraph: &Range<usize>, piece: Range<usize>) -> Result<Line, RenderError> {
        let whole = &self.words[paragraph.clone()];
        let piece = piece.start..piece.start + whole[piece.clone()].trim_end_matches(' ').len();
        let bidi = BidiInfo::new(whole, None);
        let mut line = Line {
            runs: Vec::new(),
            width: Length::ZERO,
            height: self.text.size.fraction(LATIN_LEADING, 100),
            reading: Reading::LeftToRight,
            words: whole[piece.clone()].to_owned(),
        };
        let Some(direction) = bidi.paragraphs.first().filter(|_| !piece.is_empty()) else {
            return Ok(line);
        };
        let (levels, visual) = bidi.visual_runs(direction, piece);
        for run in visual {
            let rtl = levels[run.start].is_rtl();
            let mut parts = self.itemise(paragraph.start, run)?;
            if rtl {
                parts.reverse();
            }
            for (face, part) in parts {
                self.append(&mut line, face, &self.words[part], rtl);
            }
        }
        if direction.level.is_rtl() {
            line.reading = Reading::RightToLeft;
        }
        Ok(line)
    }

    fn append(&self, line: &mut Line, face: FaceId, words: &str, rtl: bool) {
        let glyphs = shape(self.fonts, face, words, rtl);
        let units: i32 = glyphs.iter().map(|glyph| glyph.advance).sum();
        let offset = line.width;
        line.width += self
            .text
            .size
            .fraction(units, i32::from(self.fonts.face(face).units_per_em));
        if !face.is_european() {
            line.height = self.text.size.fraction(SCRIPT_LEADING, 100);
            line.reading = Reading::Mixed;
        }
        line.runs.push(Run {
            face,
            size: self.text.size,
            offset,
            glyphs,
            words: words.to_owned(),
        });
    }

    /// Splits a stretch of one direction where the face changes. Ranges are of the whole text.
    fn itemise(&self, base: usize, run: Range<usize>) -> Result<Vec<(FaceId, Range<usize>)>, RenderError> {
        let mut parts: Vec<(FaceId, Range<usize>)> = Vec::new();
        let start = base + run.start;
        let mut last_weight = None;
        for (at, character) in self.words[start..base + run.end].char_indices() {
            let from = start + at;
            let weight = self.weight_at(from);
            let in_use = parts
                .last()
                .filter(|_| last_weight == Some(weight))
                .map(|part| part.0);
            let face = self
                .fonts
                .choose(character, weight, in_use)
                .ok_or_else(|| RenderError::NoGlyph {
                    code_point: u32::from(character),
                    field: self.text.field,
                })?;
            last_weight = Some(weight);
            let to = from + character.len_utf8();
            match parts.last_mut() {
                Some(part) if part.0 == face => part.1.end = to,
                _ => parts.push((face, from..to)),
            }
        }
        Ok(parts)
    }

    fn weight_at(&self, byte: usize) -> Weight {
        let mut end = 0;
        for span in &self.text.spans {
            end += span.words.len();
            if byte < end {
                return span.weight;
            }
        }
        Weight::Regular
    }
}

/// Dates (`12-Oct-2026`) and telephone numbers (`07700 900101`) are not broken: a hyphen beside a digit and a
/// space between digits offer no break.
fn holds_a_number_together(words: &str, at: usize) -> bool {
    let mut before = words[..at].chars().rev();
    let digit = |character: Option<char>| character.is_some_and(|character| character.is_ascii_digit());
    let (separator, left, right) = (before.next(), before.next(), words[at..].chars().next());
    match separator {
        Some('-') => digit(left) || digit(right),
        Some(' ') => digit(left) && digit(right),
        _ => false,
    }
}

/// What a piece adds to a line: alone at its end, and with the spaces before the next piece.
struct PieceWidth {
    ink: Length,
    with_space: Length,
}

/// Noto Sans: the space is 260/1000 em in both weights.
const SPACE_PERMILLE: i32 = 260;

/// Line height in percent of the size, for Latin, Greek and Cyrillic.
const LATIN_LEADING: i32 = 128;

/// Line height in percent of the size where marks stack above and below.
const SCRIPT_LEADING: i32 = 160;

fn shape(fonts: &Fonts, face: FaceId, words: &str, rtl: bool) -> Vec<Glyph> {
    let mut buffer = Buffer::new();
    buffer.push_str(words);
    buffer.guess_segment_properties();
    buffer.set_direction(if rtl {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    let font = ShaperFont::new(&fonts.face(face).shaping);
    harfrust::shape(&font, &mut buffer, ShapeOptions::new())
        .expect("the buffer has a direction and is not yet shaped");

    let start_of = |cluster: u32| usize::try_from(cluster).unwrap_or(0);
    let mut starts: Vec<usize> = buffer
        .glyph_infos()
        .iter()
        .map(|info| start_of(info.cluster))
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts.push(words.len());
    let pairs = buffer.glyph_infos().iter().zip(buffer.glyph_positions());
    pairs
        .map(|(info, position)| {
            let start = start_of(info.cluster);
            let next = starts.partition_point(|other| *other <= start);
            Glyph {
                id: info.glyph_id,
                advance: position.x_advance,
                right: position.x_offset,
                up: position.y_offset,
                cluster: start..starts[next],
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Length = Length::points(12);

    fn set(words: &str, width: i32) -> Vec<Line> {
        Text::plain("test", SIZE, words)
            .lines(Length::points(width))
            .expect("every character has a glyph")
    }

    #[test]
    fn lines_hold_the_width_and_lose_no_words() {
        let words = "Do not attempt resuscitation; still treat choking and other reversible causes.";
        let lines = set(words, 150);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| line.width <= Length::points(150)));
        let joined: Vec<&str> = lines.iter().map(|line| line.words.as_str()).collect();
        assert_eq!(joined.join(" "), words);
    }

    #[test]
    fn a_word_wider_than_the_line_is_cut_between_clusters() {
        let lines = set(&"นายแพทย์สมชายใจดี".repeat(4), 80);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| line.width <= Length::points(80)));
    }

    #[test]
    fn dates_and_telephone_numbers_stay_whole() {
        for (words, width) in [("on 12-Oct-2026", 78), ("Call 07700 900101", 90)] {
            let lines = set(words, width);
            let whole = words.split_once(' ').map(|(_, whole)| whole);
            assert_eq!(lines.last().map(|line| line.words.as_str()), whole);
        }
        assert_eq!(set("Placeholder-Finch", 80).len(), 2);
    }

    #[test]
    fn line_breaks_in_the_text_are_kept() {
        let lines = set("one\n\nthree", 200);
        let words: Vec<&str> = lines.iter().map(|line| line.words.as_str()).collect();
        assert_eq!(words, ["one", "", "three"]);
    }

    #[test]
    fn hebrew_inside_english_runs_from_right_to_left() {
        let lines = set("Known as שרה כהן at home", 400);
        assert_eq!(lines[0].reading, Reading::Mixed);
        assert_eq!(set("שרה כהן", 400)[0].reading, Reading::RightToLeft);
    }

    #[test]
    fn an_uncovered_character_is_named_with_its_field() {
        let refused = Text::plain("person.name.family", SIZE, "\u{10330}").lines(SIZE * 10);
        assert!(matches!(
            refused,
            Err(RenderError::NoGlyph {
                code_point: 0x10330,
                field: "person.name.family"
            })
        ));
    }
}
