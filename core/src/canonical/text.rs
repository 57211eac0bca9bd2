//! Text rules: what is signed must look the same everywhere it is shown (FORMAT §2).
//!
//! NFC (UAX #15), no controls but the line feed, no bidirectional controls, no zero-width characters, no
//! unassigned code points. Whether a character can be printed with our fonts is validation's question.

use unicode_normalization::is_nfc;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The first thing wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// C0 or C1 control other than the line feed, or a surrogate-like or private code point.
    #[error("text holds the control or private character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// A character that reorders its neighbours on screen.
    #[error("text holds the bidirectional control U+{:04X}", u32::from(*.0))]
    Bidi(char),
    /// A character that cannot be seen.
    #[error("text holds the invisible character U+{:04X}", u32::from(*.0))]
    ZeroWidth(char),
    /// A code point without an assigned meaning.
    #[error("text holds the unassigned code point U+{:04X}", u32::from(*.0))]
    Unassigned(char),
    /// Not in Normalization Form C.
    #[error("text is not in Unicode Normalization Form C")]
    NotNormalized,
}

/// The first fault of `text`, or nothing.
#[must_use]
pub fn text_fault(text: &str) -> Option<TextFault> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return None;
    }
    text.chars()
        .find_map(character_fault)
        .or_else(|| (!is_nfc(text)).then_some(TextFault::NotNormalized))
}

fn character_fault(character: char) -> Option<TextFault> {
    match character {
        '\n' => None,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(TextFault::Bidi(character)),
        '\u{200b}'..='\u{200f}' | '\u{feff}' => Some(TextFault::ZeroWidth(character)),
        _ if is_invisible(character) => Some(TextFault::ZeroWidth(character)),
        _ => match character.general_category() {
            GeneralCategory::Control | GeneralCategory::PrivateUse => Some(TextFault::Control(character)),
            GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator => Some(TextFault::ZeroWidth(character)),
            GeneralCategory::Unassigned => Some(TextFault::Unassigned(character)),
            _ => None,
        },
    }
}

/// Letters, marks and symbols that show nothing: default-ignorable code points outside the format category (UAX #44),
/// and the empty Braille pattern.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for name in [
            "Zoë O’Neill-Łuczak",
            "নাজমা",
            "يوسف",
            "王秀英",
            "Nguyễn Thị Ánh",
            "line\nbreak",
        ] {
            assert_eq!(text_fault(name), None, "{name}");
        }
    }

    #[test]
    fn what_could_mislead_a_reader_is_refused() {
        assert_eq!(text_fault("a\u{7}"), Some(TextFault::Control('\u{7}')));
        assert_eq!(text_fault("a\u{85}"), Some(TextFault::Control('\u{85}')));
        assert_eq!(text_fault("a\r\nb"), Some(TextFault::Control('\r')));
        assert_eq!(text_fault("\u{202e}10"), Some(TextFault::Bidi('\u{202e}')));
        assert_eq!(
            text_fault("DNA\u{200b}CPR"),
            Some(TextFault::ZeroWidth('\u{200b}'))
        );
        for hidden in [
            '\u{ad}',
            '\u{61c}',
            '\u{2028}',
            '\u{2060}',
            '\u{fff9}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{e0001}',
        ] {
            assert_eq!(
                text_fault(&hidden.to_string()),
                Some(TextFault::ZeroWidth(hidden))
            );
        }
        assert_eq!(text_fault("\u{378}"), Some(TextFault::Unassigned('\u{378}')));
        assert_eq!(text_fault("e\u{301}"), Some(TextFault::NotNormalized));
        assert_eq!(text_fault("\u{e000}"), Some(TextFault::Control('\u{e000}')));
    }
}
