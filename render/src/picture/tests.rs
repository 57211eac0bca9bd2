use std::error::Error;

use qrcode::{EcLevel, QrCode};

use super::*;

const POINTER: &str = "https://plans.example/v#0123456789012345678901234567890123456789012345678901234567890123456789012345678901234";

fn offline() -> String {
    format!("PS1:{}", "A7F%3:K9".repeat(68))
}

/// A symbol with its quiet zone, so many pixels to a module.
fn symbol(content: &str, module: usize) -> Luma {
    let symbol = QrCode::with_error_correction_level(content, EcLevel::M).expect("it fits");
    let (across, dark) = (symbol.width(), symbol.to_colors());
    let side = (across + 8) * module;
    let at = |pixel: usize| (pixel / module).checked_sub(4).filter(|module| *module < across);
    let pixels = (0..side * side).map(|pixel| match (at(pixel % side), at(pixel / side)) {
        (Some(x), Some(y)) if dark[y * across + x] == qrcode::Color::Dark => 20,
        _ => 235,
    });
    Luma::new(side, side, pixels.collect()).expect("it has pixels")
}

/// Two pictures one above the other, on white.
fn stacked(upper: &Luma, lower: &Luma) -> Luma {
    let width = upper.width().max(lower.width());
    let mut pixels = Vec::new();
    for line in upper
        .pixels()
        .chunks(upper.width())
        .chain(lower.pixels().chunks(lower.width()))
    {
        pixels.extend_from_slice(line);
        pixels.resize(pixels.len().next_multiple_of(width), 255);
    }
    Luma::new(width, upper.height() + lower.height(), pixels).expect("it has pixels")
}

fn png_of(picture: &Luma, color: png::ColorType, samples: impl Fn(u8) -> Vec<u8>) -> Vec<u8> {
    let (width, height) = (u32::try_from(picture.width()), u32::try_from(picture.height()));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width.expect("small"), height.expect("small"));
    encoder.set_color(color);
    let mut writer = encoder.write_header().expect("written to memory");
    let data: Vec<u8> = picture
        .pixels()
        .iter()
        .flat_map(|pixel| samples(*pixel))
        .collect();
    writer.write_image_data(&data).expect("written to memory");
    writer.finish().expect("written to memory");
    file
}

fn grey_png(picture: &Luma) -> Vec<u8> {
    png_of(picture, png::ColorType::Grayscale, |pixel| vec![pixel])
}

/// A PNG header that promises a picture of this size, and nothing after it.
fn promised_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = png::Encoder::new(&mut file, width, height);
    drop(encoder.write_header().expect("written to memory"));
    file
}

#[test]
fn both_codes_of_a_page_are_found() {
    let page = stacked(&symbol(&offline(), 4), &symbol(POINTER, 4));
    let found = codes(&grey_png(&page)).expect("a picture");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.contains(&offline()) && found.contains(&POINTER.to_owned()));
    assert_eq!(code(&grey_png(&page)).expect("a picture"), Some(offline()));
}

#[test]
fn a_pointer_alone_is_the_code_to_go_by() {
    let file = grey_png(&symbol(POINTER, 3));
    assert!(is_picture(&file));
    assert_eq!(code(&file).expect("a picture").as_deref(), Some(POINTER));
}

#[test]
fn the_longest_offline_code_is_read_at_three_pixels_a_module() {
    let longest = format!(
        "PS1:{}",
        "Z9 $%*+-./:".repeat(63).get(..690).expect("long enough")
    );
    assert_eq!(
        codes(&grey_png(&symbol(&longest, 3))).expect("a picture"),
        [longest]
    );
}

#[test]
fn every_kind_of_pixel_is_understood() {
    let picture = symbol("PS1:KINDS", 3);
    let kinds = [
        grey_png(&picture),
        png_of(&picture, png::ColorType::GrayscaleAlpha, |pixel| {
            vec![0, 255 - pixel]
        }),
        png_of(&picture, png::ColorType::Rgb, |pixel| vec![pixel, pixel, 200]),
        png_of(&picture, png::ColorType::Rgba, |pixel| {
            vec![0, 0, 90, 255 - pixel]
        }),
    ];
    for file in kinds {
        assert_eq!(codes(&file).expect("a picture"), ["PS1:KINDS"]);
    }
}

#[test]
fn photographs_in_colour_and_for_print_are_read() {
    // Made by Pillow: YCbCr with halved colours, progressive; and CMYK.
    let files: [&[u8]; 2] = [include_bytes!("colour.jpg"), include_bytes!("print.jpg")];
    for file in files {
        assert_eq!(codes(file).expect("a picture"), ["PS1:JPEG"]);
    }
}

#[test]
fn a_page_with_half_its_lines_is_read() {
    let mut page = stacked(&symbol(&offline(), 4), &symbol(POINTER, 4));
    page = stacked(&page, &Luma::new(1, 20, vec![255; 20]).expect("it has pixels"));
    let lines: Vec<&[u8]> = page.pixels().chunks(page.width()).step_by(2).collect();
    let white = vec![255; page.width()];
    let wide: Vec<u8> = lines
        .iter()
        .flat_map(|line| [*line, white.as_slice()].concat())
        .collect();
    let fax = Luma::new(2 * page.width(), lines.len(), wide).expect("it has pixels");
    assert!(codes(&grey_png(&fax)).expect("a picture").contains(&offline()));
}

#[test]
fn a_picture_without_a_code_is_no_error() {
    let white = Luma::new(300, 200, vec![255; 60_000]).expect("it has pixels");
    assert_eq!(codes(&grey_png(&white)).expect("a picture"), Vec::<String>::new());
    let dot = Luma::new(1, 1, vec![0]).expect("it has a pixel");
    assert_eq!(code(&grey_png(&dot)).expect("a picture"), None);
}

#[test]
fn a_picture_of_finder_patterns_only_is_no_error() {
    let corner = symbol("A", 1);
    let lines = corner.pixels().chunks(corner.width()).take(15);
    let corners: Vec<u8> = lines.flat_map(|line| line[..15].repeat(40)).collect();
    let tiled = Luma::new(600, 600, corners.repeat(40)).expect("it has pixels");
    assert_eq!(codes(&grey_png(&tiled)).expect("a picture"), Vec::<String>::new());
}

#[test]
fn other_files_are_not_pictures() {
    for other in [&b""[..], b"%PDF-1.7", b"GIF89a", b"\x89PNG", b"\xff\xd8"] {
        assert!(matches!(codes(other), Err(PictureError::NotAPicture)));
    }
}

#[test]
fn a_cut_or_changed_picture_is_damaged_and_says_where() {
    let file = grey_png(&symbol("PS1:CUT", 3));
    let cut = file.get(..file.len() / 2).expect("a half");
    for damaged in [cut, &b"\xff\xd8\xff\xe0 and no more"[..]] {
        let error = codes(damaged).expect_err("it is damaged");
        assert!(matches!(error, PictureError::Damaged { .. }), "{error}");
        assert!(error.source().is_some());
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_decoded() {
    let long = [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; 32 << 20]].concat();
    assert!(matches!(codes(&long), Err(PictureError::FileTooLarge { .. })));
    for (width, height) in [(20_001, 1), (1, 20_001), (10_000, 5_001)] {
        let refused = codes(&promised_png(width, height));
        assert!(
            matches!(refused, Err(PictureError::TooManyPixels { .. })),
            "{width} × {height}"
        );
    }
}
