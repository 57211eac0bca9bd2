//! Photographs and scans of a page: the texts of the QR codes in them (ISO/IEC 18004).
//!
//! rxing reads them, by measurement: of 177 degraded pages (copies of copies, faxes, photographs at an angle, blurred, in bad
//! light) it read the offline code of 162 at the first try, where rqrr read 89; `render/RENDER.md` has the table. What a
//! text means and whether it is genuine is for core to say.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use png::{ColorType, Transformations};
use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader as _;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The texts of all codes found, each once. None is no error: it says nothing about the plan.
///
/// At most four looks at 12 million pixels each. A photograph takes a second or two; a picture made to be slow, full of finder
/// patterns, takes a minute and more, so whoever looks at strangers' pictures needs a bound of their own.
///
/// # Errors
/// [`PictureError`] when the bytes are no picture that can be looked at.
pub fn codes(bytes: &[u8]) -> Result<Vec<String>, PictureError> {
    let picture = Luma::decode(bytes)?.shrunk();
    let mut found: Vec<String> = Vec::new();
    for look in LOOKS {
        let texts = look(&picture).and_then(|seen| seen.read());
        for text in texts.unwrap_or_default() {
            if !found.contains(&text) {
                found.push(text);
            }
        }
        // A page bears two codes; the one with content is the one that is read only in part.
        if found.iter().any(|text| text.starts_with(CONTENT)) {
            break;
        }
    }
    Ok(found)
}

/// The code to go by: the one with content if the picture shows it whole, or else whatever was found.
///
/// # Errors
/// As [`codes`].
pub fn code(bytes: &[u8]) -> Result<Option<String>, PictureError> {
    let found = codes(bytes)?;
    let with_content = found.iter().position(|text| text.starts_with(CONTENT));
    Ok(found.into_iter().nth(with_content.unwrap_or(0)))
}

/// Whether bytes begin as a picture that [`codes`] takes.
#[must_use]
pub fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(PNG) || bytes.starts_with(JPEG)
}

/// How a picture is looked at, one after the other until the code with content is read: as it is, smaller (against noise and
/// grain), smoothed (against printed dots), larger (small codes of a distant camera). In this order they find most soonest.
const LOOKS: [fn(&Luma) -> Option<Luma>; 4] = [
    |picture| Some(picture.clone()),
    |picture| picture.resized(2, 3),
    |picture| Some(picture.smoothed()),
    |picture| picture.smoothed().resized(3, 2),
];

/// Grey values, row by row.
#[derive(Clone)]
struct Luma {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Luma {
    fn decode(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.starts_with(PNG) {
            Self::of_png(bytes)
        } else if bytes.starts_with(JPEG) {
            Self::of_jpeg(bytes)
        } else {
            Err(PictureError::NotAPicture)
        }
    }

    fn of_png(bytes: &[u8]) -> Result<Self, PictureError> {
        let limits = png::Limits { bytes: MOST_MEMORY };
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(|_| PictureError::Damaged)?;
        let (width, height) = measured(reader.info().width, reader.info().height)?;
        let length = reader.output_buffer_size().ok_or(PictureError::Damaged)?;
        let mut pixels = vec![0; length];
        let frame = reader
            .next_frame(&mut pixels)
            .map_err(|_| PictureError::Damaged)?;
        pixels.truncate(frame.buffer_size());
        let channels = frame.color_type.samples();
        let grey = |pixel: &[u8]| match (frame.color_type, pixel) {
            (ColorType::Rgb, &[red, green, blue]) => grey(red, green, blue),
            (ColorType::Rgba, &[red, green, blue, alpha]) => on_white(grey(red, green, blue), alpha),
            (ColorType::GrayscaleAlpha, &[value, alpha]) => on_white(value, alpha),
            (_, values) => values.first().copied().unwrap_or(WHITE),
        };
        Self::of(width, height, pixels.chunks_exact(channels).map(grey).collect())
    }

    fn of_jpeg(bytes: &[u8]) -> Result<Self, PictureError> {
        let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().map_err(|_| PictureError::Damaged)?;
        let (width, height) = decoder.dimensions().ok_or(PictureError::Damaged)?;
        let side = |side| u32::try_from(side).map_err(|_| PictureError::Damaged);
        let (width, height) = measured(side(width)?, side(height)?)?;
        Self::of(
            width,
            height,
            decoder.decode().map_err(|_| PictureError::Damaged)?,
        )
    }

    fn of(width: usize, height: usize, pixels: Vec<u8>) -> Result<Self, PictureError> {
        let whole = width > 0 && height > 0 && Some(pixels.len()) == width.checked_mul(height);
        let picture = Self {
            width,
            height,
            pixels,
        };
        if whole {
            Ok(picture)
        } else {
            Err(PictureError::Damaged)
        }
    }

    /// Small enough for a look: cameras give four times the pixels that a code needs.
    fn shrunk(self) -> Self {
        let mut over = 1;
        while self.pixels.len() / (over * over) > MOST_SEEN {
            over += 1;
        }
        match over {
            1 => self,
            _ => self.resized(1, over).unwrap_or(self),
        }
    }

    /// The picture with its sides times `times / over`: means of what falls together, repetition of what is spread. None when
    /// that would be nothing, or too much to look at.
    fn resized(&self, times: usize, over: usize) -> Option<Self> {
        let (width, height) = (self.width * times / over, self.height * times / over);
        if width == 0 || height == 0 || width.checked_mul(height)? > MOST_SEEN {
            return None;
        }
        let range = |at: usize, whole: usize| {
            let from = at * over / times;
            from..((at + 1) * over).div_ceil(times).min(whole)
        };
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = range(y, self.height);
            for x in 0..width {
                pixels.push(self.mean(range(x, self.width), rows.clone()));
            }
        }
        Some(Self {
            width,
            height,
            pixels,
        })
    }

    /// Each value the mean of itself and its neighbours.
    fn smoothed(&self) -> Self {
        let around = |at: usize, whole: usize| at.saturating_sub(1)..(at + 2).min(whole);
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..self.height {
            for x in 0..self.width {
                pixels.push(self.mean(around(x, self.width), around(y, self.height)));
            }
        }
        Self { pixels, ..*self }
    }

    fn mean(&self, columns: core::ops::Range<usize>, rows: core::ops::Range<usize>) -> u8 {
        let count = columns.len() * rows.len();
        let rows = rows.map(|y| &self.pixels[y * self.width..][columns.clone()]);
        let sum: usize = rows.flatten().map(|value| usize::from(*value)).sum();
        u8::try_from(sum / count.max(1)).unwrap_or(WHITE)
    }

    /// One look. The reader was written for pictures that people take; one that was made to break it is a picture in which
    /// nothing was found.
    fn read(&self) -> Option<Vec<String>> {
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        let hints = DecodeHints {
            TryHarder: Some(true),
            PossibleFormats: Some([BarcodeFormat::QR_CODE].into_iter().collect()),
            ..DecodeHints::default()
        };
        let found = catch_unwind(AssertUnwindSafe(|| {
            let source = Luma8Source::new_with_slice(&self.pixels, width, height).ok()?;
            let mut bits = BinaryBitmap::new(HybridBinarizer::new(source));
            QrReader.decode_multiple_with_hints(&mut bits, &hints).ok()
        }));
        let found = found.ok().flatten()?;
        Some(found.iter().map(|code| code.getText().to_owned()).collect())
    }
}

/// Width and height, if that many pixels are looked at.
fn measured(width: u32, height: u32) -> Result<(usize, usize), PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS {
        return Err(PictureError::TooLarge { pixels });
    }
    let side = |side: u32| usize::try_from(side).map_err(|_| PictureError::Damaged);
    Ok((side(width)?, side(height)?))
}

/// ITU-R BT.601, in 256ths.
fn grey(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue);
    u8::try_from(sum / 256).unwrap_or(WHITE)
}

/// Where a picture is transparent, paper is seen.
fn on_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).unwrap_or(WHITE)
}

/// What the text of a code with content begins with (FORMAT §6).
const CONTENT: &str = "PS1:";

const WHITE: u8 = 255;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";

/// 64 megapixels: more than telephones give; 64 MB as grey values.
const MOST_PIXELS: u64 = 64_000_000;

/// 12 megapixels in one look: a page at 340 dpi.
const MOST_SEEN: usize = 12_000_000;

/// 256 MiB, for the rows of a PNG while they are decoded.
const MOST_MEMORY: usize = 256 << 20;

/// Why a picture cannot be looked at. It says nothing about the plan.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Neither PNG nor JPEG.
    #[error("this is neither a PNG nor a JPEG picture: take the photograph as one of these")]
    NotAPicture,
    /// It cannot be decoded.
    #[error("the picture is damaged or cut short: send it again")]
    Damaged,
    /// More pixels than are looked at.
    #[error("the picture has {pixels} pixels, and {MOST_PIXELS} are looked at: make it smaller")]
    TooLarge {
        /// How many.
        pixels: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code on white, each module so many pixels wide.
    fn picture(content: &str, module: usize) -> Luma {
        let code = qrcode::QrCode::new(content).expect("it fits");
        let (across, dark) = (code.width(), code.to_colors());
        let side = (across + 8) * module;
        let is_dark = |x: usize, y: usize| {
            let (x, y) = ((x / module).checked_sub(4)?, (y / module).checked_sub(4)?);
            let inside = x < across && y < across;
            inside.then(|| dark[y * across + x] == qrcode::Color::Dark)
        };
        let places = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        let pixels = places.map(|(x, y)| if is_dark(x, y) == Some(true) { 20 } else { 235 });
        Luma {
            width: side,
            height: side,
            pixels: pixels.collect(),
        }
    }

    fn png(picture: &Luma, color: ColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        let side = |side: usize| u32::try_from(side).expect("small");
        let mut encoder = png::Encoder::new(&mut bytes, side(picture.width), side(picture.height));
        encoder.set_color(color);
        let mut writer = encoder.write_header().expect("memory");
        let values: Vec<u8> = match color {
            ColorType::Rgba => picture
                .pixels
                .iter()
                .flat_map(|value| [0, 0, 0, 255 - value])
                .collect(),
            _ => picture.pixels.clone(),
        };
        writer.write_image_data(&values).expect("memory");
        drop(writer);
        bytes
    }

    #[test]
    fn a_code_is_read_from_grey_and_from_black_on_nothing() {
        let content = "PS1:SOME CONTENT 0123456789";
        for color in [ColorType::Grayscale, ColorType::Rgba] {
            let read = codes(&png(&picture(content, 5), color));
            assert_eq!(read, Ok(vec![content.to_owned()]), "{color:?}");
        }
    }

    #[test]
    fn a_picture_without_a_code_is_no_error() {
        let blank = Luma {
            width: 300,
            height: 200,
            pixels: vec![200; 60_000],
        };
        assert_eq!(codes(&png(&blank, ColorType::Grayscale)), Ok(Vec::new()));
        let dot = Luma {
            width: 1,
            height: 1,
            pixels: vec![0],
        };
        assert_eq!(codes(&png(&dot, ColorType::Grayscale)), Ok(Vec::new()));
    }

    #[test]
    fn what_cannot_be_looked_at_is_told_apart() {
        let whole = png(&picture("PS1:X", 4), ColorType::Grayscale);
        assert_eq!(codes(&whole[..whole.len() / 2]), Err(PictureError::Damaged));
        assert_eq!(codes(b"\xff\xd8\xff\xe0 no more"), Err(PictureError::Damaged));
        assert_eq!(codes(b"GIF89a"), Err(PictureError::NotAPicture));
        let mut huge = whole;
        huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        // The header's checksum is looked at first, so it is made to fit.
        let crc = crc_of(&huge[12..29]);
        huge[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(codes(&huge), Err(PictureError::TooLarge { pixels: 1 << 32 }));
    }

    fn crc_of(bytes: &[u8]) -> u32 {
        let step = |crc: u32, byte: &u8| {
            let bits = 0..8;
            bits.fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
                1 => (crc >> 1) ^ 0xedb8_8320,
                _ => crc >> 1,
            })
        };
        !bytes.iter().fold(u32::MAX, step)
    }
}
