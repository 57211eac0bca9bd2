//! QR symbols in a grey picture: finder patterns, sampled modules, corrected codewords.
//!
//! Finding the four corners under perspective and reading the modules between them is the work of `rxing`, a port of
//! ZXing; of its readers we call the stages, and not the whole. So every stage has its limit here (a hostile
//! picture may consist of finder patterns only), and neither its character set tables nor its clock come in.

use rxing::common::cpp_essentials::{ConcentricPattern, LocateConcentricPattern};
use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::qrcode::cpp_port::decoder::CorrectErrors;
use rxing::qrcode::cpp_port::detector::{FinderPatternSet, GenerateFinderPatternSets, SampleQR};
use rxing::qrcode::decoder::{BitMatrixParser, DataBlock};
use rxing::{Binarizer, Luma8Source, Point, point};

use crate::picture::luma::Luma;
use crate::picture::segments;

/// The texts of the symbols that can be read, in no order that means anything.
///
/// The work is bounded: [`MAX_PATTERNS`] finder patterns, [`MAX_SETS`] triples of them.
pub(super) fn texts(luma: &Luma) -> Vec<String> {
    let Some(modules) = black_and_white(luma) else {
        return Vec::new();
    };
    let mut patterns = finder_patterns(&modules);
    let mut read: Vec<FinderPatternSet> = Vec::new();
    let mut texts = Vec::new();
    for set in GenerateFinderPatternSets(&mut patterns)
        .into_iter()
        .take(MAX_SETS)
    {
        if read.iter().any(|known| share_a_corner(known, &set)) {
            continue;
        }
        if let Some(text) = text_between(&modules, &set) {
            read.push(set);
            texts.push(text);
        }
    }
    texts
}

/// Each pixel against its neighbourhood of 40 × 40.
fn black_and_white(luma: &Luma) -> Option<BitMatrix> {
    let (width, height) = (
        u32::try_from(luma.width()).ok()?,
        u32::try_from(luma.height()).ok()?,
    );
    let source = Luma8Source::new_with_slice(luma.pixels(), width, height).ok()?;
    HybridBinarizer::new(source).get_black_matrix().ok().cloned()
}

/// The squares in the corners of symbols, found by rows that cross them.
fn finder_patterns(modules: &BitMatrix) -> Vec<ConcentricPattern> {
    let mut found: Vec<ConcentricPattern> = Vec::new();
    for y in (0..modules.height()).step_by(ROW_STEP) {
        for crossing in crossings(modules, y) {
            let known = found.iter().any(|pattern| crossing.is_inside(pattern));
            if known {
                continue;
            }
            let reach = 3 * i32::from(crossing.across);
            found.extend(LocateConcentricPattern::<true, 5, 7>(
                modules,
                &FINDER,
                crossing.middle,
                reach,
            ));
            if found.len() == MAX_PATTERNS {
                return found;
            }
        }
    }
    found
}

/// Where a row may cross a finder pattern through its middle.
struct Crossing {
    middle: Point,
    across: u16,
}

impl Crossing {
    fn is_inside(&self, pattern: &ConcentricPattern) -> bool {
        let half = f32::from(u16::try_from(pattern.size).unwrap_or(u16::MAX)) / 2.0;
        Point::distance(self.middle, pattern.p) < half
    }
}

/// Every dark, light, dark, light, dark of a row whose lengths are near enough to 1 : 1 : 3 : 1 : 1.
fn crossings(modules: &BitMatrix, y: u32) -> Vec<Crossing> {
    let middle_of_row = coordinate(y) + 0.5;
    let mut crossings = Vec::new();
    let mut runs = [0; 5];
    let mut before = false;
    for x in 0..=modules.width() {
        let dark = x < modules.width() && modules.get(x, y);
        if dark != before {
            if before && is_finder(runs) {
                let [.., half_of, light, last] = runs.map(f32::from);
                crossings.push(Crossing {
                    middle: point(coordinate(x) - last - light - half_of / 2.0, middle_of_row),
                    across: runs.iter().sum(),
                });
            }
            runs.rotate_left(1);
            runs[4] = 0;
            before = dark;
        }
        runs[4] += 1;
    }
    crossings
}

/// Dark and light may differ in size, as ink spreads and thresholds err, but each among themselves must agree.
fn is_finder(runs: [u16; 5]) -> bool {
    let [a, b, c, d, e] = runs.map(f32::from);
    let (dark, light) = ((a + c + e) / 5.0, (b + d) / 2.0);
    let near = |run: f32, wanted: f32, tolerance: f32| (run - wanted).abs() <= tolerance + 0.5;
    a > 0.0
        && c >= 3.0
        && c >= 2.0 * a.max(e)
        && c >= b.max(d)
        && dark.max(light) <= 4.0 * dark.min(light)
        && near(a, dark, 0.75 * dark)
        && near(c, 3.0 * dark, 0.75 * dark)
        && near(e, dark, 0.75 * dark)
        && near(b, light, light / 3.0)
        && near(d, light, light / 3.0)
}

/// Pixel coordinates are below 65 536: see the limits of `open`.
fn coordinate(at: u32) -> f32 {
    f32::from(u16::try_from(at).unwrap_or(u16::MAX))
}

fn share_a_corner(one: &FinderPatternSet, other: &FinderPatternSet) -> bool {
    let corners = [other.bl, other.tl, other.tr];
    [one.bl, one.tl, one.tr]
        .iter()
        .any(|corner| corners.contains(corner))
}

fn text_between(modules: &BitMatrix, set: &FinderPatternSet) -> Option<String> {
    let sampled = SampleQR(modules, set).ok()?;
    let mut symbol = BitMatrixParser::new(sampled.getBits().clone()).ok()?;
    let version = symbol.readVersion().ok()?;
    let level = symbol.readFormatInformation().ok()?.getErrorCorrectionLevel();
    let codewords = symbol.readCodewords().ok()?;
    let mut data = Vec::new();
    for block in DataBlock::getDataBlocks(&codewords, version, level).ok()? {
        data.extend(corrected(&block)?);
    }
    segments::text(&data, version.getVersionNumber())
}

/// The data codewords of a block, or none when it has more errors than its level can mend.
fn corrected(block: &DataBlock) -> Option<Vec<u8>> {
    let mut codewords = block.getCodewords().to_vec();
    let mended = CorrectErrors(&mut codewords, block.getNumDataCodewords()).ok()?;
    codewords.truncate(usize::try_from(block.getNumDataCodewords()).ok()?);
    mended.then_some(codewords)
}

/// Dark, light, dark, light, dark in modules (ISO/IEC 18004 §6.3.3).
const FINDER: [u16; 5] = [1, 1, 3, 1, 1];

/// The middle of a finder pattern is three modules high, so at one pixel a module every third row crosses it.
const ROW_STEP: usize = 3;

/// Pages with text show up to sixty, noisy photographs three hundred. Each pattern is compared with all before it.
const MAX_PATTERNS: usize = 400;

/// Triples are tried from the most compact on; most pictures of pages make fewer than a hundred. Each may cost a look at
/// every alignment pattern of a symbol of version 40.
const MAX_SETS: usize = 1000;
