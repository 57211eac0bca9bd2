//! Text to positioned glyphs: paragraphs, line breaks, direction, script fallback, shaping.
//!
//! Line breaks follow UAX #14, direction UAX #9 ([`direction`]), clusters UAX #29; glyphs come from harfrust, a port
//! of HarfBuzz ([`shape`]). Where a script writes no spaces a line is broken between clusters.

mod direction;
mod shape;

use core::ops::Range;

use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;

use self::direction::Directions;
pub(crate) use self::shape::Glyph;
use self::shape::Shaped;
use crate::RenderError;
use crate::fonts::{self, FaceId, Setting, Weight};
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

/// On which side a line begins, and whether its glyphs stand in the order they are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    LeftToRight,
    /// From the left; some glyphs stand in another order than their letters.
    Reordered,
    /// From the left, with words inside that run from right to left.
    BothWays,
    /// From the right: a longer paragraph of Arabic or Hebrew.
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
        let mut lines = Vec::new();
        let mut start = 0;
        for paragraph in words.split('\n') {
            Paragraph::shape(self, paragraph, start)?.break_into(width, &mut lines);
            start += paragraph.len() + 1;
        }
        // A name by itself stays where the eye begins on an English page.
        if let [line] = &mut lines[..]
            && line.reading == Reading::RightToLeft
        {
            line.reading = Reading::BothWays;
        }
        Ok(lines)
    }

    fn weight_at(&self, byte: usize) -> Weight {
        let mut end = 0;
        for span in &self.spans {
            end += span.words.len();
            if byte < end {
                return span.weight;
            }
        }
        Weight::Regular
    }
}

/// A paragraph, shaped once as a whole; lines are cut from it.
struct Paragraph<'a> {
    words: &'a str,
    size: Length,
    direction: Directions,
    items: Vec<Item>,
}

/// A stretch of one face and direction.
struct Item {
    /// Bytes of the paragraph.
    range: Range<usize>,
    face: FaceId,
    rtl: bool,
    shaped: Shaped,
}

impl<'a> Paragraph<'a> {
    /// `start` is the paragraph's place in the whole text.
    fn shape(text: &Text, words: &'a str, start: usize) -> Result<Self, RenderError> {
        let direction = Directions::of(words);
        let mut items: Vec<Item> = Vec::new();
        let mut last_weight = None;
        for (at, character) in words.char_indices() {
            let (weight, rtl) = (text.weight_at(start + at), direction.is_rtl_at(at));
            let last = items.last_mut().filter(|last| last.rtl == rtl);
            let in_use = last.as_ref().filter(|_| last_weight == Some(weight));
            let face = fonts::embedded()
                .choose(character, weight, in_use.map(|last| last.face))
                .ok_or_else(|| RenderError::NoGlyph {
                    code_point: u32::from(character),
                    field: text.field,
                })?;
            last_weight = Some(weight);
            let end = at + character.len_utf8();
            match last {
                Some(last) if last.face == face => last.range.end = end,
                _ => items.push(Item {
                    range: at..end,
                    face,
                    rtl,
                    shaped: Shaped::default(),
                }),
            }
        }
        for item in &mut items {
            item.shaped = shape::shape(item.face, &words[item.range.clone()], item.rtl);
        }
        Ok(Self {
            words,
            size: text.size,
            direction,
            items,
        })
    }

    fn break_into(&self, width: Length, lines: &mut Vec<Line>) {
        let mut line = 0..0;
        for piece in self.unbreakable(width) {
            let with_piece = line.start..piece.end;
            if !line.is_empty() && self.width(self.without_spaces(with_piece)) > width {
                lines.push(self.line(line));
                line = piece;
            } else {
                line.end = piece.end;
            }
        }
        lines.push(self.line(line));
    }

    /// The pieces between break opportunities; one that is wider than a line is cut between clusters.
    fn unbreakable(&self, width: Length) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = 0;
        for (end, _) in linebreaks(self.words) {
            let last = end == self.words.len();
            if end == start || (holds_a_number_together(self.words, end) && !last) {
                continue;
            }
            let piece = start..end;
            start = end;
            if self.width(self.without_spaces(piece.clone())) <= width {
                pieces.push(piece);
            } else {
                let clusters = self.words[piece.clone()].grapheme_indices(true);
                pieces.extend(clusters.map(|(at, cluster)| {
                    let from = piece.start + at;
                    from..from + cluster.len()
                }));
            }
        }
        pieces
    }

    /// Spaces at a line's end take no room.
    fn without_spaces(&self, range: Range<usize>) -> Range<usize> {
        range.start..range.start + self.words[range].trim_end_matches(' ').len()
    }

    fn width(&self, range: Range<usize>) -> Length {
        let parts = self.items.iter().filter_map(|item| item.part(&range, self.words));
        parts.map(|part| part.width(self.size)).sum()
    }

    /// One line, trailing spaces dropped, runs in visual order.
    fn line(&self, range: Range<usize>) -> Line {
        let range = self.without_spaces(range);
        let mut line = Line {
            runs: Vec::new(),
            width: Length::ZERO,
            height: self.size.fraction(leading(Setting::European), 100),
            reading: Reading::LeftToRight,
            words: self.words[range.clone()].to_owned(),
        };
        let mut both_ways = false;
        for stretch in self.direction.visual(range) {
            let parts = self
                .items
                .iter()
                .filter_map(|item| item.part(&stretch, self.words));
            if self.direction.is_rtl_at(stretch.start) {
                both_ways = true;
                parts.rev().for_each(|part| line.append(part, self.size));
            } else {
                parts.for_each(|part| line.append(part, self.size));
            }
        }
        if self.direction.is_rtl_over_all() {
            line.reading = Reading::RightToLeft;
        } else if both_ways {
            line.reading = Reading::BothWays;
        }
        line
    }
}

impl Item {
    /// What of this item lies in `range` of the paragraph.
    fn part<'a>(&'a self, range: &Range<usize>, paragraph: &'a str) -> Option<Part<'a>> {
        let both = self.range.start.max(range.start)..self.range.end.min(range.end);
        if both.is_empty() {
            return None;
        }
        let inside = both.start - self.range.start..both.end - self.range.start;
        let words = &paragraph[both];
        let shaped = match self.shaped.cut(inside.clone()) {
            Some(glyphs) => PartGlyphs::Cut(glyphs, inside.start),
            // Glyphs reach across the cut: they are joined, or kerned.
            None => PartGlyphs::Again(shape::shape(self.face, words, self.rtl)),
        };
        Some(Part {
            face: self.face,
            words,
            shaped,
        })
    }
}

/// A part of an item, on one line.
struct Part<'a> {
    face: FaceId,
    words: &'a str,
    shaped: PartGlyphs<'a>,
}

enum PartGlyphs<'a> {
    /// Glyphs of the item, and how far into it they begin.
    Cut(&'a [Glyph], usize),
    Again(Shaped),
}

impl Part<'_> {
    fn width(&self, size: Length) -> Length {
        let glyphs = match &self.shaped {
            PartGlyphs::Cut(glyphs, _) => glyphs,
            PartGlyphs::Again(shaped) => shaped.glyphs(),
        };
        let units: i32 = glyphs.iter().map(|glyph| glyph.advance).sum();
        let em = fonts::embedded().face(self.face).units_per_em;
        size.fraction(units, i32::from(em))
    }

    fn into_glyphs(self) -> Vec<Glyph> {
        match self.shaped {
            PartGlyphs::Cut(glyphs, start) => glyphs.iter().map(|glyph| glyph.moved_back(start)).collect(),
            PartGlyphs::Again(shaped) => shaped.into_glyphs(),
        }
    }
}

impl Line {
    fn append(&mut self, part: Part<'_>, size: Length) {
        let setting = part.face.setting();
        self.height = self.height.max(size.fraction(leading(setting), 100));
        if setting == Setting::Stacked {
            self.reading = Reading::Reordered;
        }
        let offset = self.width;
        self.width += part.width(size);
        self.runs.push(Run {
            face: part.face,
            size,
            offset,
            words: part.words.to_owned(),
            glyphs: part.into_glyphs(),
        });
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

/// Line height in percent of the size: squares need more than letters, stacks of marks most.
const fn leading(setting: Setting) -> i32 {
    match setting {
        Setting::European => 128,
        Setting::EastAsian => 145,
        Setting::Stacked => 160,
    }
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
        assert_eq!(lines[0].reading, Reading::BothWays);
        assert_eq!(set("שרה כהן", 400)[0].reading, Reading::BothWays);
        let long = set(&"שרה כהן ".repeat(9), 200);
        assert!(long.iter().all(|line| line.reading == Reading::RightToLeft));
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
