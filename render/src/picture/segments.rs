//! The data codewords of a QR symbol as text (ISO/IEC 18004 §7.4).
//!
//! Read are the modes in which codes for plans are written: numeric, alphanumeric, and bytes that are UTF-8. A symbol
//! with any other segment is none of ours.

use rxing::common::BitSource;

/// The text of all segments, or none when one is of another mode, is cut short, or is no text.
pub(super) fn text(data: &[u8], version: u32) -> Option<String> {
    let mut bits = BitSource::new(data);
    let mut text = Vec::new();
    while bits.available() >= MODE_BITS {
        match bits.readBits(MODE_BITS).ok()? {
            TERMINATOR => break,
            NUMERIC => numeric(&mut bits, size(version, [10, 12, 14]), &mut text)?,
            ALPHANUMERIC => alphanumeric(&mut bits, size(version, [9, 11, 13]), &mut text)?,
            BYTES => bytes(&mut bits, size(version, [8, 16, 16]), &mut text)?,
            _ => return None,
        }
    }
    String::from_utf8(text).ok()
}

/// Bits of the character count, which grow with the version (ISO/IEC 18004 table 3).
fn size(version: u32, [small, middle, large]: [usize; 3]) -> usize {
    match version {
        0..=9 => small,
        10..=26 => middle,
        _ => large,
    }
}

/// Three digits in ten bits; one or two left over in four or seven.
fn numeric(bits: &mut BitSource<'_>, size: usize, text: &mut Vec<u8>) -> Option<()> {
    let mut left = bits.readBits(size).ok()?;
    while left > 0 {
        let (digits, width) = match left {
            1 => (1, 4),
            2 => (2, 7),
            _ => (3, 10),
        };
        let number = bits.readBits(width).ok()?;
        let written = format!("{number:0digits$}");
        (written.len() == digits).then(|| text.extend(written.bytes()))?;
        left = left.saturating_sub(3);
    }
    Some(())
}

/// Two characters in eleven bits; one left over in six.
fn alphanumeric(bits: &mut BitSource<'_>, size: usize, text: &mut Vec<u8>) -> Option<()> {
    let count = bits.readBits(size).ok()?;
    for _ in 0..count / 2 {
        let pair = usize::try_from(bits.readBits(11).ok()?).ok()?;
        text.push(*ALPHABET.get(pair / ALPHABET.len())?);
        text.push(*ALPHABET.get(pair % ALPHABET.len())?);
    }
    if count % 2 == 1 {
        let last = usize::try_from(bits.readBits(6).ok()?).ok()?;
        text.push(*ALPHABET.get(last)?);
    }
    Some(())
}

fn bytes(bits: &mut BitSource<'_>, size: usize, text: &mut Vec<u8>) -> Option<()> {
    for _ in 0..bits.readBits(size).ok()? {
        text.push(u8::try_from(bits.readBits(8).ok()?).ok()?);
    }
    Some(())
}

/// Bits of a mode indicator, and the modes that are read (ISO/IEC 18004 table 2).
const MODE_BITS: usize = 4;
const TERMINATOR: u32 = 0b0000;
const NUMERIC: u32 = 0b0001;
const ALPHANUMERIC: u32 = 0b0010;
const BYTES: u32 = 0b0100;

/// Alphanumeric characters by value (ISO/IEC 18004 table 5): base45 has the same.
const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits written as text, spaces for the eye, filled up to whole bytes.
    fn data(bits: &str) -> Vec<u8> {
        let mut bits: Vec<u8> = bits
            .bytes()
            .filter(|bit| *bit != b' ')
            .map(|bit| bit - b'0')
            .collect();
        bits.resize(bits.len().next_multiple_of(8), 0);
        bits.chunks(8)
            .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit))
            .collect()
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // ISO/IEC 18004 §7.4.3 and §7.4.4.
        let numeric = data("0001 0000001000 0000001100 0101011001 1000011 0000");
        assert_eq!(text(&numeric, 1).as_deref(), Some("01234567"));
        let alphanumeric = data("0010 000000101 00111001110 11100111001 000010 0000");
        assert_eq!(text(&alphanumeric, 1).as_deref(), Some("AC-42"));
    }

    #[test]
    fn segments_follow_one_another_and_need_no_terminator() {
        let mixed = data("0100 00000001 01000001 0001 0000000001 0111");
        assert_eq!(text(&mixed, 1).as_deref(), Some("A7"));
    }

    #[test]
    fn what_is_not_text_is_none() {
        let cut_short = data("0100 00000010 01000001");
        let three_digits_over_999 = data("0001 0000000011 1111101000");
        let character_beyond_44 = data("0010 000000001 101101");
        let not_utf8 = data("0100 00000001 11111111 0000");
        let kanji = data("1000 00000001 0000000000000");
        for wrong in [
            cut_short,
            three_digits_over_999,
            character_beyond_44,
            not_utf8,
            kanji,
        ] {
            assert_eq!(text(&wrong, 1), None);
        }
    }
}
