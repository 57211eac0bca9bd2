//! From the bytes of a PNG or JPEG file to grey values, with every limit checked before the work it limits.

use std::io::Cursor;

use png::{ColorType, Limits, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::picture::PictureError;
use crate::picture::luma::Luma;

/// The picture in grey, as stored: an EXIF rotation is not applied, since a QR code is read from any side.
///
/// # Errors
/// Every variant of [`PictureError`].
pub(super) fn luma(bytes: &[u8]) -> Result<Luma, PictureError> {
    if bytes.len() > MAX_FILE {
        return Err(PictureError::FileTooLarge {
            bytes: bytes.len(),
            at_most: MAX_FILE,
        });
    }
    if is_png(bytes) {
        png_luma(bytes)
    } else if is_jpeg(bytes) {
        jpeg_luma(bytes)
    } else {
        Err(PictureError::NotAPicture)
    }
}

pub(super) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(PNG)
}

pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(JPEG)
}

fn png_luma(bytes: &[u8]) -> Result<Luma, PictureError> {
    let mut decoder = png::Decoder::new_with_limits(
        Cursor::new(bytes),
        Limits {
            bytes: MAX_PNG_BUFFERS,
        },
    );
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder
        .read_header_info()
        .map_err(|cause| damaged("PNG", cause))?;
    let (width, height) = within_limits(
        usize::try_from(header.width).unwrap_or(usize::MAX),
        usize::try_from(header.height).unwrap_or(usize::MAX),
    )?;
    let mut reader = decoder.read_info().map_err(|cause| damaged("PNG", cause))?;
    let (color, _) = reader.output_color_type();
    let mut frame = vec![0; width * height * color.samples()];
    reader
        .next_frame(&mut frame)
        .map_err(|cause| damaged("PNG", cause))?;
    let samples = match color {
        ColorType::Grayscale => Samples::Grey,
        ColorType::GrayscaleAlpha => Samples::GreyAlpha,
        ColorType::Rgb => Samples::Rgb,
        ColorType::Rgba => Samples::RgbAlpha,
        ColorType::Indexed => return Err(damaged("PNG", "palette left in place")),
    };
    Luma::new(width, height, samples.grey(frame)).ok_or_else(|| damaged("PNG", "pixels are missing"))
}

fn jpeg_luma(bytes: &[u8]) -> Result<Luma, PictureError> {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_JPEG_SCANS);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().map_err(|cause| damaged("JPEG", cause))?;
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| damaged("JPEG", "no dimensions"))?;
    let (width, height) = within_limits(width, height)?;
    let (samples, wanted) = match decoder.input_colorspace() {
        Some(ColorSpace::YCbCr | ColorSpace::Luma) => (Samples::Grey, ColorSpace::Luma),
        _ => (Samples::Rgb, ColorSpace::RGB),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let frame = decoder.decode().map_err(|cause| damaged("JPEG", cause))?;
    Luma::new(width, height, samples.grey(frame)).ok_or_else(|| damaged("JPEG", "pixels are missing"))
}

fn within_limits(width: usize, height: usize) -> Result<(usize, usize), PictureError> {
    let pixels = width.saturating_mul(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(PictureError::TooManyPixels {
            width,
            height,
            at_most_pixels: MAX_PIXELS,
            at_most_side: MAX_SIDE,
        });
    }
    Ok((width, height))
}

fn damaged(format: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PictureError {
    PictureError::Damaged {
        format,
        cause: cause.into(),
    }
}

/// What the bytes of a decoded pixel are.
#[derive(Clone, Copy)]
enum Samples {
    Grey,
    GreyAlpha,
    Rgb,
    RgbAlpha,
}

impl Samples {
    /// One byte a pixel; what is transparent lies on white paper.
    fn grey(self, frame: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Grey => frame,
            Self::GreyAlpha => frame
                .as_chunks()
                .0
                .iter()
                .map(|[grey, alpha]| on_white(*grey, *alpha))
                .collect(),
            Self::Rgb => frame.as_chunks().0.iter().map(|rgb| brightness(*rgb)).collect(),
            Self::RgbAlpha => {
                let pixels = frame.as_chunks().0.iter();
                pixels
                    .map(|[r, g, b, alpha]| on_white(brightness([*r, *g, *b]), *alpha))
                    .collect()
            }
        }
    }
}

/// ITU-R BT.601 in 256ths.
fn brightness([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue);
    u8::try_from(sum >> 8).unwrap_or(u8::MAX)
}

fn on_white(grey: u8, alpha: u8) -> u8 {
    let mixed = u32::from(grey) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
    u8::try_from(mixed / 255).unwrap_or(u8::MAX)
}

/// First bytes of a PNG file (ISO/IEC 15948 §5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// First bytes of a JPEG file: start of image, and the next marker (ISO/IEC 10918-1 B.1).
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];

/// 32 MiB: twice the largest photograph of a phone with 50 megapixels; a bound on work before anything is decoded.
const MAX_FILE: usize = 32 << 20;

/// 50 megapixels: what phones take at most in everyday use, and an A4 page scanned at 600 dpi has 35. Decoding needs up
/// to four bytes a pixel as PNG, and eight as progressive JPEG.
const MAX_PIXELS: usize = 50_000_000;

/// 20 000: panoramas and fax rolls are shorter, and coordinates up to here fit sixteen bits even when enlarged.
const MAX_SIDE: usize = 20_000;

/// 64 MiB for the decoder's own rows and chunks; the frame is counted by [`MAX_PIXELS`].
const MAX_PNG_BUFFERS: usize = 64 << 20;

/// Encoders make about ten scans; each costs a pass over all coefficients.
const MAX_JPEG_SCANS: usize = 32;
