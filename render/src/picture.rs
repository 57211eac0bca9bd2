//! The printed codes in a photograph or scan of a page (ISO/IEC 18004; what the codes say is FORMAT §6).
//!
//! A picture passes through its own small pipeline: bytes → `Luma` (grey values, within limits) → `symbols` (finder
//! patterns, sampled modules, corrected codewords) → `segments` (text). Nothing but pixels is looked at: not the
//! name of the file, not its EXIF rotation. What a text claims is judged in core; a wrong reading cannot pass there,
//! because the offline code is signed, so reading may try again and again until something comes out.

use crate::picture::luma::Luma;

mod open;
mod luma;
mod symbols;
mod segments;

/// The distinct texts of the QR codes in a PNG or JPEG picture; none when no code could be read.
///
/// Reading ends with the first attempt that brings an offline code. Without one all attempts are made: 0.6 s for a
/// photograph of 12 megapixels. The work is bounded whatever the picture shows (see `symbols`): the worst that could be
/// made, 16 megapixels of finder patterns or of spoilt symbols, took 1.6 s, and decoding of 50 megapixels 1 s more.
///
/// # Errors
/// [`PictureError`] when there is no picture to look at. A picture without codes is not an error.
pub fn codes(bytes: &[u8]) -> Result<Vec<String>, PictureError> {
    Ok(codes_in(&at_working_size(open::luma(bytes)?)))
}

/// The code to go by: the offline code if it can be read, or else the first of the others.
///
/// # Errors
/// As [`codes`].
pub fn code(bytes: &[u8]) -> Result<Option<String>, PictureError> {
    let mut found = codes(bytes)?;
    let offline = found.iter().position(|text| text.starts_with(OFFLINE_PREFIX));
    let chosen = offline.unwrap_or(0);
    Ok((chosen < found.len()).then(|| found.swap_remove(chosen)))
}

/// Whether bytes begin as a picture that [`codes`] takes.
#[must_use]
pub fn is_picture(bytes: &[u8]) -> bool {
    open::is_png(bytes) || open::is_jpeg(bytes)
}

fn codes_in(picture: &Luma) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for prepared in PREPARATIONS.iter().filter_map(|prepare| prepare(picture)) {
        for text in symbols::texts(&prepared) {
            if !found.contains(&text) {
                found.push(text);
            }
        }
        if found.iter().any(|text| text.starts_with(OFFLINE_PREFIX)) {
            break;
        }
    }
    found
}

/// Why a file shows nothing that could hold a code.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Neither begins as a PNG file does, nor as a JPEG file.
    #[error("this is neither a PNG nor a JPEG picture")]
    NotAPicture,
    /// The file is longer than any picture that is looked at.
    #[error("the picture file has {bytes} bytes, and at most {at_most} are read")]
    FileTooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        at_most: usize,
    },
    /// The picture has more pixels than are looked at.
    #[error(
        "the picture has {width} × {height} pixels: at most {at_most_pixels} are read, and {at_most_side} a side"
    )]
    TooManyPixels {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// The limit of their product.
        at_most_pixels: usize,
        /// The limit of each.
        at_most_side: usize,
    },
    /// It begins as a picture, and goes on as something that is no picture of this kind, or as a variety of it that
    /// is not read.
    #[error("the {format} picture is damaged, or of a variety that is not read")]
    Damaged {
        /// PNG or JPEG.
        format: &'static str,
        /// What the decoder stumbled on.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn at_working_size(picture: Luma) -> Luma {
    if picture.pixels().len() <= MAX_WORKING {
        return picture;
    }
    picture.halved().unwrap_or(picture)
}

/// Ways of preparing the picture, the most successful first; none when a way does not suit its size.
///
/// Measured on 300 rasters of degraded pages and 210 harder ones made at random, with 505 offline codes that are not
/// covered in a corner: the first way alone reads 380 of these, all together 424; zxing-cpp reads 389, and rxing's own
/// reader 368.
const PREPARATIONS: [fn(&Luma) -> Option<Luma>; 6] = [
    // Noise, dithering and the grain of JPEG look like modules until neighbours are averaged.
    |picture| Some(picture.smoothed()),
    // Blur and movement: edges are drawn apart again.
    |picture| Some(picture.smoothed().sharpened()),
    // Modules of two pixels, as in a page scanned at 100 dpi, do not bear smoothing.
    |picture| Some(picture.clone()),
    // Small modules: rows and columns meet the middle of each more often.
    |picture| is_small(picture).then(|| Some(picture.enlarged()?.smoothed()))?,
    // Large modules with gaps: worn toner, folds, the pattern of a screen.
    |picture| Some(picture.halved()?.smoothed()),
    // A page that came as a fax of standard resolution has half the lines it should.
    |picture| is_wide(picture).then(|| picture.lines_doubled())?,
];

/// A larger picture of a page has large modules; enlarging it would only cost time.
fn is_small(picture: &Luma) -> bool {
    picture.pixels().len() <= MAX_ENLARGED
}

/// Wider than 7 : 5, which no photograph of an upright page is, and an upright page with half its lines is.
fn is_wide(picture: &Luma) -> bool {
    5 * picture.width() > 7 * picture.height()
}

/// What the offline code begins with (FORMAT §6).
const OFFLINE_PREFIX: &str = "PS1:";

/// 16 megapixels: the usual 12 of a phone stay as they are, and the largest picture that is read is halved once. A page
/// that fills the picture then has five pixels to a module.
const MAX_WORKING: usize = 16_000_000;

/// 4.5 megapixels: a page scanned at 200 dpi has 3.9.
const MAX_ENLARGED: usize = 4_500_000;

#[cfg(test)]
mod tests;
