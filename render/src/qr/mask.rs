//! The mask of a symbol: of eight, the one with the fewest marks against it (ISO/IEC 18004 §7.8.3).
//!
//! The `qrcode` crate counts module by module, which took a quarter of a document's time; here a row is one number,
//! and marks are counted in all its modules at once. The choice is the same, and a test compares them.

use qrcode::Color;
use qrcode::canvas::{Canvas, MaskPattern};

/// The modules under the best mask, row by row. The symbol is at most 128 modules across.
pub(super) fn best(canvas: &Canvas, across: usize) -> Vec<bool> {
    let masked = |pattern: MaskPattern| {
        let mut canvas = canvas.clone();
        canvas.apply_mask(pattern);
        let colors = canvas.into_colors().into_iter();
        colors.map(|color| color == Color::Dark).collect::<Vec<bool>>()
    };
    let candidates = PATTERNS.into_iter().map(masked);
    candidates
        .min_by_key(|dark| marks(dark, across))
        .unwrap_or_default()
}

const PATTERNS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

fn marks(dark: &[bool], across: usize) -> u32 {
    let row = |y: usize| number((0..across).map(|x| dark[y * across + x]));
    let column = |x: usize| number((0..across).map(|y| dark[y * across + x]));
    let rows: Vec<u128> = (0..across).map(row).collect();
    let lines = rows.iter().copied().chain((0..across).map(column));
    let in_lines: u32 = lines.map(|line| runs(line, across) + finders(line, across)).sum();
    let blocks: u32 = rows.windows(2).map(|pair| blocks(pair[0], pair[1], across)).sum();
    in_lines + blocks + balance(&rows, across)
}

/// The first module is the lowest bit.
fn number(modules: impl DoubleEndedIterator<Item = bool>) -> u128 {
    modules.rev().fold(0, |line, dark| line << 1 | u128::from(dark))
}

/// The lowest `count` bits.
const fn lowest(count: usize) -> u128 {
    (1 << count) - 1
}

/// Where a module and the next are alike.
const fn alike(line: u128, across: usize) -> u128 {
    !(line ^ line >> 1) & lowest(across - 1)
}

/// Five or more alike in a line: three marks, and one for each beyond five.
const fn runs(line: u128, across: usize) -> u32 {
    let alike = alike(line, across);
    let fives = alike & alike >> 1 & alike >> 2 & alike >> 3;
    let starts = fives & !(fives << 1);
    fives.count_ones() + 2 * starts.count_ones()
}

/// Three marks for each square of four alike.
const fn blocks(upper: u128, lower: u128, across: usize) -> u32 {
    3 * (alike(upper, across) & alike(lower, across) & !(upper ^ lower)).count_ones()
}

/// What could be taken for a finder: dark, light, three dark, light, dark, with four light (or the symbol's edge)
/// before or behind: forty marks.
const fn finders(line: u128, across: usize) -> u32 {
    let light = !line;
    let pattern = line & light >> 1 & line >> 2 & line >> 3 & line >> 4 & light >> 5 & line >> 6;
    let pattern = pattern & lowest(across - 6);
    // Bits beyond the edge are light in both directions: shifts to the left bring zeros, hence the ones.
    let light_before = !(line << 1 | line << 2 | line << 3 | line << 4);
    let light_behind = !(line >> 7 | line >> 8 | line >> 9 | line >> 10);
    40 * (pattern & (light_before | light_behind)).count_ones()
}

/// One mark for each half percent away from as many dark as light.
fn balance(rows: &[u128], across: usize) -> u32 {
    let dark: u32 = rows.iter().map(|row| row.count_ones()).sum();
    let modules = u32::try_from(across * across).unwrap_or(u32::MAX);
    (dark * 200 / modules).abs_diff(100)
}

#[cfg(test)]
mod tests {
    use qrcode::{EcLevel, QrCode};

    use super::super::Symbol;

    #[test]
    fn the_mask_is_the_one_that_the_crate_chooses() {
        for length in [1, 20, 60, 85, 300, 500, 690] {
            for letter in ["A", "7", "A7F%3:K9", "x"] {
                let content: String = letter.chars().cycle().take(length).collect();
                let Ok(symbol) = Symbol::offline(&content) else {
                    continue;
                };
                let theirs = QrCode::with_error_correction_level(&content, EcLevel::M).expect("it was made");
                let theirs: Vec<bool> = theirs
                    .into_colors()
                    .into_iter()
                    .map(|c| c == qrcode::Color::Dark)
                    .collect();
                assert!(symbol.dark == theirs, "{letter} {length}");
            }
        }
    }
}
