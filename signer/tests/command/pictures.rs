//! `planseal verify` on what a camera gives, and the pages it makes itself.

use planseal::code::OfflineCode;
use qrcode::{Color, EcLevel, QrCode};

use crate::files::{PINNED, published, verify};
use crate::world::{World, code, stderr, stdout};

/// The text of a printed version's code.
fn offline(world: &World, bundle: &str) -> String {
    let checked = world.open(bundle);
    let (card, stamp) = (checked.card().unwrap(), checked.stamp().unwrap());
    OfflineCode::new(card, stamp).unwrap().text()
}

/// A code on white, four pixels to a module.
fn picture(text: &str) -> Vec<u8> {
    let symbol = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    let (across, dark) = (symbol.width(), symbol.to_colors());
    let side = (across + 8) * 4;
    let mut pixels = vec![255; side * side];
    for (at, _) in dark
        .iter()
        .enumerate()
        .filter(|(_, color)| **color == Color::Dark)
    {
        let (x, y) = ((at % across + 4) * 4, (at / across + 4) * 4);
        for row in y..y + 4 {
            pixels[row * side + x..row * side + x + 4].fill(0);
        }
    }
    let mut bytes = Vec::new();
    let length = u32::try_from(side).unwrap();
    let mut encoder = png::Encoder::new(&mut bytes, length, length);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

#[test]
fn the_code_is_read_from_a_picture_and_judged_as_its_text_is() {
    let world = published();
    for (bundle, expected) in [("v2.planseal", 0), ("v1.planseal", 12)] {
        if world.open(bundle).stamp().is_none() {
            continue;
        }
        let text = offline(&world, bundle);
        world.write("photo.png", &picture(&text));
        world.write("code.txt", text.as_bytes());
        let (photo, typed) = (
            verify(&world, "photo.png", &PINNED),
            verify(&world, "code.txt", &PINNED),
        );
        assert_eq!(
            code(&photo),
            Some(expected),
            "{}{}",
            stdout(&photo),
            stderr(&photo)
        );
        assert_eq!(stdout(&photo), stdout(&typed));
    }
}

#[test]
fn a_picture_without_the_code_says_nothing_about_the_plan() {
    let world = published();
    let pointer = format!("https://plans.example/v#{}", "7".repeat(85));
    let cut = picture("PS1:X")[..60].to_vec();
    for (name, bytes) in [
        ("other.png", picture("a train ticket")),
        ("pointer.png", picture(&pointer)),
        ("cut.png", cut),
        ("no.jpg", b"\xff\xd8\xff\xe0 nothing".to_vec()),
    ] {
        world.write(name, &bytes);
        let output = verify(&world, name, &PINNED);
        assert_eq!(code(&output), Some(15), "{name}: {}", stdout(&output));
    }
}

#[test]
fn our_own_pages_are_written_whatever_the_received_ones_are() {
    let world = published();
    let pdf = world.print("v2.planseal", &[]);
    world.write("v2.pdf", &pdf);
    world.write(
        "annotated.pdf",
        &[pdf.as_slice(), b"9 0 obj\n<<>>\nendobj\n"].concat(),
    );
    for (file, expected) in [("v2.pdf", 0), ("annotated.pdf", 18)] {
        let pages = format!("pages-of-{file}");
        let output = verify(&world, file, &[PINNED.as_slice(), &["--pages", &pages]].concat());
        assert_eq!(code(&output), Some(expected), "{}", stdout(&output));
        assert!(std::fs::read(world.path(&pages)).unwrap() == pdf, "{file}");
    }
    // A superseded plan's pages are not those that once were printed: they bear the word.
    let old = verify(
        &world,
        "v1.planseal",
        &[PINNED.as_slice(), &["--pages", "old.pdf"]].concat(),
    );
    assert_eq!(code(&old), Some(12), "{}{}", stdout(&old), stderr(&old));
    assert!(
        std::fs::read(world.path("old.pdf"))
            .unwrap()
            .starts_with(b"%PDF-")
    );
    // Nothing is overwritten.
    let again = verify(
        &world,
        "v2.pdf",
        &[PINNED.as_slice(), &["--pages", "old.pdf"]].concat(),
    );
    assert_eq!(code(&again), Some(1), "{}", stdout(&again));
    assert!(
        stdout(&again).contains("CURRENT"),
        "the verdict was told all the same"
    );
    world.write("ticket.png", &picture("a train ticket"));
    let none = verify(
        &world,
        "ticket.png",
        &[PINNED.as_slice(), &["--pages", "none.pdf"]].concat(),
    );
    assert_eq!(code(&none), Some(15), "the verdict stands");
    assert!(stderr(&none).contains("No pages were written"));
    assert!(!world.path("none.pdf").exists());
}
