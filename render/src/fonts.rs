//! The embedded fonts and the choice of a face for each character.
//!
//! Noto Sans subsets (OFL-1.1) from `render/fonts`, made by the script there; never a font of the system. Which
//! characters they cover is known to core (`is_printable`), so a validated plan always has its glyphs.

use std::sync::LazyLock;

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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FaceId(usize);

/// The weight asked for. Scripts beyond Latin, Greek and Cyrillic have the regular weight only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// All embedded faces.
pub(crate) struct Fonts {
    faces: Vec<Face>,
}

/// The fonts compiled into this crate, parsed once.
pub(crate) fn embedded() -> &'static Fonts {
    static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts {
        faces: FILES.iter().copied().map(Face::parse).collect(),
    });
    &FONTS
}

impl Fonts {
    pub(crate) fn face(&self, id: FaceId) -> &Face {
        &self.faces[id.0]
    }

    /// The face that draws `character`: the one in use for as long as it can, so that marks and spaces stay
    /// with their script; otherwise the first that has it. `None` when no face does.
    pub(crate) fn choose(&self, character: char, weight: Weight, in_use: Option<FaceId>) -> Option<FaceId> {
        let european = match weight {
            Weight::Regular => FaceId(0),
            Weight::Bold => FaceId(1),
        };
        let joins = !character.is_alphanumeric();
        if let Some(face) = in_use
            && joins
            && self.covers(face, character)
        {
            return Some(face);
        }
        let scripts = (FIRST_SCRIPT..self.faces.len()).map(FaceId);
        core::iter::once(european)
            .chain(scripts)
            .find(|face| self.covers(*face, character))
    }

    fn covers(&self, face: FaceId, character: char) -> bool {
        self.face(face).shaping.charmap().map_unicode(character).is_some()
    }
}

impl FaceId {
    /// Scripts with tall stacks of marks need more room between lines than Latin.
    pub(crate) const fn is_european(self) -> bool {
        self.0 < FIRST_SCRIPT
    }
}

impl Face {
    fn parse(file: &'static [u8]) -> Self {
        let shaping = Font::new(file.to_vec(), 0).expect("an embedded font is well formed: tests open each");
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

static FILES: [&[u8]; 23] = [
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
    fn controls_and_unknown_scripts_have_none() {
        for character in ['\u{202E}', '\u{200B}', '\u{10330}', '\u{7}'] {
            assert_eq!(embedded().choose(character, Weight::Regular, None), None);
        }
    }
}
