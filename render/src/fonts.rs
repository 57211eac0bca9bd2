//! The embedded fonts and the choice of a face for each character.
//!
//! Noto Sans and Noto Sans CJK subsets (OFL-1.1) from `render/fonts`, made by the script there; never a font of the system. Which
//! characters they cover is known to core (`is_printable`), so a validated plan always has its glyphs.

use std::sync::OnceLock;

use harfrust::Font;

/// One embedded font file, ready for shaping and for embedding in a PDF.
pub(crate) struct Face {
    /// For shaping: metrics and layout tables.
    pub(crate) shaping: Font,
    /// For the PDF: the writer subsets it to the glyphs used.
    pub(crate) embedding: krilla::text::Font,
    pub(crate) units_per_em: u16,
}

/// Which face, as an index into [`Fonts::face`]. 0 is Noto Sans Regular, 1 Noto Sans Bold, then one per script.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FaceId(usize);

/// The weight asked for. Scripts beyond Latin, Greek and Cyrillic have the regular weight only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// All embedded faces. Each is parsed when it is first looked into, and stays.
pub(crate) struct Fonts {
    faces: [OnceLock<Face>; FILES.len()],
}

/// How the lines of a script are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Setting {
    /// Latin, Greek and Cyrillic.
    European,
    /// Han, kana and Hangul: full squares, one glyph for each character, in reading order.
    EastAsian,
    /// Marks stack above and below, and glyphs are reordered or joined.
    Stacked,
}

/// The fonts compiled into this crate.
pub(crate) fn embedded() -> &'static Fonts {
    static FONTS: Fonts = Fonts {
        faces: [const { OnceLock::new() }; FILES.len()],
    };
    &FONTS
}

impl Fonts {
    pub(crate) fn face(&self, id: FaceId) -> &Face {
        self.faces[id.0].get_or_init(|| Face::parse(FILES[id.0]))
    }

    /// The face that draws `character`: the one in use for as long as it can, so that marks and spaces stay
    /// with their script; otherwise the first that has it. `None` when no face does.
    pub(crate) fn choose(&self, character: char, weight: Weight, in_use: Option<FaceId>) -> Option<FaceId> {
        let european = match weight {
            Weight::Regular => FaceId(0),
            Weight::Bold => FaceId(1),
        };
        if matches!(character, ' '..='~') && in_use.is_none_or(|face| face.setting() == Setting::European) {
            return Some(european);
        }
        let joins = !character.is_alphanumeric();
        if let Some(face) = in_use
            && joins
            && self.covers(face, character)
        {
            return Some(face);
        }
        // East Asian characters first where they can be: that spares a look into every other script.
        let east_asian = (character >= FIRST_EAST_ASIAN).then_some(EAST_ASIAN);
        let scripts = (FIRST_SCRIPT..FILES.len()).map(FaceId);
        core::iter::once(european)
            .chain(east_asian)
            .chain(scripts)
            .find(|face| self.covers(*face, character))
    }

    fn covers(&self, face: FaceId, character: char) -> bool {
        self.face(face).shaping.charmap().map_unicode(character).is_some()
    }
}

impl FaceId {
    pub(crate) const fn setting(self) -> Setting {
        match self.0 {
            0..FIRST_SCRIPT => Setting::European,
            _ if self.0 == EAST_ASIAN.0 => Setting::EastAsian,
            _ => Setting::Stacked,
        }
    }
}

impl Face {
    fn parse(file: &'static [u8]) -> Self {
        let shaping = Font::new(file, 0).expect("an embedded font is well formed: tests open each");
        let embedding = krilla::text::Font::new(file.into(), 0).expect("an embedded font is well formed");
        let units_per_em = shaping.units_per_em();
        Self {
            shaping,
            embedding,
            units_per_em,
        }
    }
}

const FIRST_SCRIPT: usize = 2;

/// The last file below.
const EAST_ASIAN: FaceId = FaceId(FILES.len() - 1);

/// Below this code point (CJK Radicals, U+2E80) the East Asian face has nothing that another lacks.
const FIRST_EAST_ASIAN: char = '\u{2E80}';

static FILES: [&[u8]; 24] = [
    include_bytes!("../fonts/NotoSans-Regular.ttf"),
    include_bytes!("../fonts/NotoSans-Bold.ttf"),
    include_bytes!("../fonts/NotoSansArabic-Regular.ttf"),
    include_bytes!("../fonts/NotoSansArmenian-Regular.ttf"),
    include_bytes!("../fonts/NotoSansBengali-Regular.ttf"),
    include_bytes!("../fonts/NotoSansDevanagari-Regular.ttf"),
    include_bytes!("../fonts/NotoSansEthiopic-Regular.ttf"),
    include_bytes!("../fonts/NotoSansGeorgian-Regular.ttf"),
    include_bytes!("../fonts/NotoSansGujarati-Regular.ttf"),
    include_bytes!("../fonts/NotoSansGurmukhi-Regular.ttf"),
    include_bytes!("../fonts/NotoSansHebrew-Regular.ttf"),
    include_bytes!("../fonts/NotoSansKannada-Regular.ttf"),
    include_bytes!("../fonts/NotoSansKhmer-Regular.ttf"),
    include_bytes!("../fonts/NotoSansLao-Regular.ttf"),
    include_bytes!("../fonts/NotoSansMalayalam-Regular.ttf"),
    include_bytes!("../fonts/NotoSansMyanmar-Regular.ttf"),
    include_bytes!("../fonts/NotoSansOriya-Regular.ttf"),
    include_bytes!("../fonts/NotoSansSinhala-Regular.ttf"),
    include_bytes!("../fonts/NotoSansSymbols-Regular.ttf"),
    include_bytes!("../fonts/NotoSansTamil-Regular.ttf"),
    include_bytes!("../fonts/NotoSansTelugu-Regular.ttf"),
    include_bytes!("../fonts/NotoSansThaana-Regular.ttf"),
    include_bytes!("../fonts/NotoSansThai-Regular.ttf"),
    include_bytes!("../fonts/NotoSansCJKsc-Regular.otf"),
];

#[cfg(test)]
mod tests {
    use planseal::plan::printable;

    use super::*;

    #[test]
    fn core_carries_the_table_of_these_fonts() {
        let here = include_str!("../fonts/printable.rs");
        let in_core = include_str!("../../core/src/plan/printable.rs");
        assert!(
            here == in_core,
            "copy render/fonts/printable.rs to core/src/plan/printable.rs"
        );
    }

    #[test]
    fn every_printable_character_has_a_face_in_both_weights() {
        let fonts = embedded();
        let printable = (0..=0x0010_FFFF)
            .filter_map(char::from_u32)
            .filter(|character| printable::is_printable(*character));
        for character in printable {
            for weight in [Weight::Regular, Weight::Bold] {
                assert!(
                    fonts.choose(character, weight, None).is_some(),
                    "U+{:04X} {weight:?}",
                    u32::from(character)
                );
            }
        }
    }

    #[test]
    fn names_of_east_asia_are_printable_and_set_as_squares() {
        // Simplified, traditional, Hong Kong, and characters of given names in no older national standard.
        for name in [
            "王小明",
            "陳麗華",
            "李曉彤",
            "朱镕基",
            "堃喆玥",
            "田中さくら",
            "タナカ",
            "김민준",
            "𨋢",
        ] {
            for character in name.chars() {
                assert!(
                    printable::is_printable(character),
                    "U+{:04X}",
                    u32::from(character)
                );
                let face = embedded().choose(character, Weight::Bold, None);
                assert_eq!(face.map(FaceId::setting), Some(Setting::EastAsian), "{character}");
            }
        }
    }

    #[test]
    fn controls_and_unknown_scripts_have_none() {
        for character in ['\u{202E}', '\u{200B}', '\u{10330}', '\u{7}'] {
            assert_eq!(embedded().choose(character, Weight::Regular, None), None);
        }
    }
}
