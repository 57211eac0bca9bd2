//! QR symbols for the two printed codes (ISO/IEC 18004, level M, quiet zone of four modules; FORMAT §6).
//!
//! What the codes say is made elsewhere. Sizes follow what cheap scanners and second-generation copies can read:
//! a module is never smaller than 0.48 mm, and a symbol is never shrunk to fit.

mod mask;

use qrcode::canvas::Canvas;
use qrcode::{EcLevel, bits, ec};

use crate::RenderError;
use crate::length::Length;

/// A symbol with its printed size.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    /// Modules across without the quiet zone.
    across: i32,
    dark: Vec<bool>,
    module: Length,
}

impl Symbol {
    /// The code that asks whether this is the latest version: 30 mm with its quiet zone.
    ///
    /// # Errors
    /// See [`Symbol::printed`].
    pub(crate) fn pointer(content: &str) -> Result<Self, RenderError> {
        Self::printed("pointer", content, Length::hundredths_of_mm(3000))
    }

    /// The code that carries the signed summary: 50 mm with its quiet zone.
    ///
    /// # Errors
    /// See [`Symbol::printed`].
    pub(crate) fn offline(content: &str) -> Result<Self, RenderError> {
        Self::printed("offline", content, Length::hundredths_of_mm(5000))
    }

    /// Fills `side`, quiet zone included, with whole 1/64 pt modules.
    ///
    /// # Errors
    /// [`RenderError::CodeRefused`] when no symbol holds the content, [`RenderError::CodeTooLarge`] when its
    /// modules would be smaller than 0.48 mm.
    fn printed(code: &'static str, content: &str, side: Length) -> Result<Self, RenderError> {
        let refused = |_| RenderError::CodeRefused {
            code,
            bytes: content.len(),
        };
        let bits = bits::encode_auto(content.as_bytes(), EcLevel::M).map_err(refused)?;
        let version = bits.version();
        let across = i32::from(version.width());
        let modules = across.saturating_add(2 * QUIET_ZONE);
        let module = side / modules;
        if module < SMALLEST_MODULE {
            return Err(RenderError::CodeTooLarge {
                code,
                modules,
                at_most: side.whole(SMALLEST_MODULE),
            });
        }
        let (data, correction) =
            ec::construct_codewords(&bits.into_bytes(), version, EcLevel::M).map_err(refused)?;
        let mut canvas = Canvas::new(version, EcLevel::M);
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &correction);
        Ok(Self {
            across,
            dark: mask::best(&canvas, usize::try_from(across).unwrap_or(0)),
            module,
        })
    }

    /// The printed side, quiet zone included.
    pub(crate) fn side(&self) -> Length {
        self.module * (self.across + 2 * QUIET_ZONE)
    }

    /// Dark stretches as (left, top, width) in modules, one module high, from the symbol's corner with its quiet zone.
    pub(crate) fn stretches(&self) -> Vec<(i32, i32, i32)> {
        let width = usize::try_from(self.across).unwrap_or(1);
        let mut stretches = Vec::new();
        for (y, row) in (QUIET_ZONE..).zip(self.dark.chunks(width)) {
            let mut start = None;
            for (x, dark) in (QUIET_ZONE..).zip(row.iter().copied().chain([false])) {
                match (dark, start) {
                    (true, None) => start = Some(x),
                    (false, Some(from)) => {
                        stretches.push((from, y, x - from));
                        start = None;
                    }
                    _ => {}
                }
            }
        }
        stretches
    }

    /// The printed size of one module.
    pub(crate) const fn module(&self) -> Length {
        self.module
    }
}

/// Light modules around the symbol (ISO/IEC 18004 §9.1).
const QUIET_ZONE: i32 = 4;

/// 0.48 mm, measured: what cheap scanners still read from a copy of a copy (FORMAT §6). Rounded up to 1/64 pt.
const SMALLEST_MODULE: Length = Length::sixty_fourths(88);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_offline_code_fits_its_fifty_millimetres() {
        // 460 bytes in base45 are 690 symbols (FORMAT §6).
        let symbol = Symbol::offline(&format!("PS1:{}", "A".repeat(690))).expect("the format's limit fits");
        assert!(symbol.side() > Length::hundredths_of_mm(4000));
        assert!(symbol.side() <= Length::hundredths_of_mm(5000));
        assert!(symbol.module() >= Length::hundredths_of_mm(48));
    }

    #[test]
    fn a_code_beyond_the_limit_is_refused_and_never_shrunk() {
        let refused = Symbol::offline(&"A".repeat(1200));
        assert!(matches!(
            refused,
            Err(RenderError::CodeTooLarge { code: "offline", .. })
        ));
        assert!(matches!(
            Symbol::pointer(&"A".repeat(9000)),
            Err(RenderError::CodeRefused {
                code: "pointer",
                bytes: 9000
            })
        ));
    }

    #[test]
    fn a_pointer_is_thirty_millimetres_across() {
        let content = format!("https://plans.example/v#{}", "7".repeat(85));
        let side = Symbol::pointer(&content).expect("a pointer").side();
        assert!(side > Length::hundredths_of_mm(2900) && side <= Length::hundredths_of_mm(3000));
    }
}
