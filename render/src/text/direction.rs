//! Which way each letter runs (UAX #9), for pages whose own language is English.
//!
//! Two decisions that the standard leaves to higher protocols (HL1, HL3). A paragraph runs from right to left only
//! when it has no letter that runs the other way: names stand among English words, and the words around them keep
//! their places. A number runs from left to right as if it stood in an isolate: beside an Arabic name the groups
//! of `07700 900101` would otherwise change places, and somebody would dial the wrong number.

use core::ops::Range;

use unicode_bidi::{BidiClass, BidiDataSource, BidiInfo, HardcodedBidiData, Level};

/// The directions of one paragraph.
pub(super) enum Directions {
    LeftToRight,
    Both { levels: Vec<Level>, over_all: Level },
}

impl Directions {
    pub(super) fn of(words: &str) -> Self {
        if words.chars().all(|character| character < FIRST_RIGHT_TO_LEFT) {
            return Self::LeftToRight;
        }
        let class = |character: char| HardcodedBidiData.bidi_class(character);
        let has = |wanted: &[BidiClass]| words.chars().any(|character| wanted.contains(&class(character)));
        if !has(&[BidiClass::R, BidiClass::AL]) {
            return Self::LeftToRight;
        }
        let over_all = if has(&[BidiClass::L]) {
            Level::ltr()
        } else {
            Level::rtl()
        };
        let levels = BidiInfo::new(&with_letters_for_numbers(words), Some(over_all)).levels;
        Self::Both { levels, over_all }
    }

    pub(super) fn is_rtl_at(&self, byte: usize) -> bool {
        match self {
            Self::LeftToRight => false,
            Self::Both { levels, .. } => levels.get(byte).is_some_and(Level::is_rtl),
        }
    }

    pub(super) fn is_rtl_over_all(&self) -> bool {
        match self {
            Self::LeftToRight => false,
            Self::Both { over_all, .. } => over_all.is_rtl(),
        }
    }

    /// Stretches of one level in a line, from left to right (rule L2). The line has no spaces at its end.
    pub(super) fn visual(&self, line: Range<usize>) -> Vec<Range<usize>> {
        let mut stretches: Vec<Range<usize>> = Vec::new();
        let Self::Both { levels, .. } = self else {
            return vec![line];
        };
        for byte in line {
            match stretches.last_mut() {
                Some(last) if levels[last.start] == levels[byte] => last.end = byte + 1,
                _ => stretches.push(byte..byte + 1),
            }
        }
        let of_each: Vec<Level> = stretches.iter().map(|stretch| levels[stretch.start]).collect();
        let order = BidiInfo::reorder_visual(&of_each);
        order.into_iter().map(|at| stretches[at].clone()).collect()
    }
}

/// The same bytes with a Latin letter for each digit and each ASCII sign that belongs to a number.
fn with_letters_for_numbers(words: &str) -> String {
    let digit = |character: Option<char>| character.is_some_and(|character| character.is_ascii_digit());
    let mut before = None;
    let mut after = words.chars().skip(1);
    let stands_for = |character: char| {
        let next = after.next();
        let of_number = match character {
            '0'..='9' => true,
            '+' | '#' | '$' => digit(next),
            '%' => digit(before),
            _ => false,
        };
        before = Some(character);
        if of_number { 'n' } else { character }
    };
    words.chars().map(stands_for).collect()
}

/// The first letter of Hebrew's block; nothing below runs from right to left.
const FIRST_RIGHT_TO_LEFT: char = '\u{590}';

#[cfg(test)]
mod tests {
    use super::*;

    /// The stretches of a line from left to right.
    fn seen(words: &str) -> Vec<&str> {
        let directions = Directions::of(words);
        let stretches = directions.visual(0..words.len());
        stretches
            .into_iter()
            .map(|stretch| words[stretch].trim())
            .collect()
    }

    #[test]
    fn words_around_a_name_keep_their_places() {
        assert_eq!(seen("Call שרה כהן (daughter)"), ["Call", "שרה כהן", "(daughter)"]);
        assert_eq!(seen("שרה כהן (daughter)"), ["שרה כהן", "(daughter)"]);
    }

    #[test]
    fn the_groups_of_a_number_keep_their_order_beside_a_name() {
        for name in ["فاطمة الأحمد", "שרה כהן"] {
            for number in ["07700 900101", "+44 7700 900101", "999 204 5183"] {
                let first = format!("Tel. {number}:");
                assert_eq!(seen(&format!("{first} {name}")), [first.as_str(), name]);
                let last = format!(", {number}");
                assert_eq!(seen(&format!("To {name}{last}")), ["To", name, last.as_str()]);
                assert_eq!(seen(&format!("{name} {number}")), [number, name]);
            }
        }
    }

    #[test]
    fn a_paragraph_of_one_script_runs_its_own_way() {
        assert!(Directions::of("فاطمة الأحمد، 74").is_rtl_over_all());
        assert!(!Directions::of("فاطمة الأحمد, Fatima").is_rtl_over_all());
    }
}
