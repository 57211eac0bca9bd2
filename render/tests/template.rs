//! The pages change only together with the template's number: `template.txt` holds what they were under it.
//!
//! A verifier tells pages it cannot make again by the renderer's name. If pages changed under the same name, every file that
//! was printed before would be called altered.

mod kit;

use std::path::Path;

use kit::Printable;
use planseal_render::renderer::{RENDERER, TEMPLATE};
use sha2::{Digest as _, Sha256};

#[test]
fn the_pages_are_those_of_this_template() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("template.txt");
    let mut now = format!("template {TEMPLATE}\n");
    for sample in ["P1-v3", "P2-v2", "P3-v3", "P4-v5", "P5-v2"] {
        let pages = Printable::sample(sample).print().expect("it prints");
        now.push_str(&format!("{sample} {}\n", hex(&Sha256::digest(nameless(pages)))));
    }
    if std::env::var_os("PLANSEAL_RENEW").is_some() {
        std::fs::write(&path, &now).expect("writable");
    }
    let held = std::fs::read_to_string(&path).expect("template.txt");
    assert!(
        held == now,
        "the pages changed: raise TEMPLATE in render/build.rs if it is still the number in template.txt, look at the \
         pages, and renew with PLANSEAL_RENEW=1 cargo test -p planseal-render --test template\n{now}"
    );
}

/// Without the name, which changes with every release of a crate below, and without the identifier that is a hash of it too.
fn nameless(mut pages: Vec<u8>) -> Vec<u8> {
    let identifier = identifier(&pages);
    assert!(
        blank(&mut pages, RENDERER.as_bytes()) > 0,
        "the pages name their renderer"
    );
    assert!(blank(&mut pages, &identifier) > 0);
    pages
}

/// The second of the trailer's two: `/ID[(first)(second)]`.
fn identifier(pages: &[u8]) -> Vec<u8> {
    let at = pages
        .windows(5)
        .rposition(|window| window == b"/ID[(")
        .expect("a trailer");
    let second = pages[at + 5..].split(|byte| *byte == b'(').nth(1);
    let second = second.and_then(|rest| rest.split(|byte| *byte == b')').next());
    second.expect("two identifiers").to_vec()
}

fn blank(pages: &mut [u8], words: &[u8]) -> usize {
    let (mut from, mut count) = (0, 0);
    while let Some(at) = pages[from..]
        .windows(words.len())
        .position(|window| window == words)
    {
        from += at + words.len();
        pages[from - words.len()..from].fill(b'0');
        count += 1;
    }
    count
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
