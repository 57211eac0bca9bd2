//! The name of this renderer: whoever has the same one makes the same pages, byte for byte.
//!
//! It is a hash of the template's number, the fonts and the resolved releases of every crate that shapes, draws or writes
//! (`build.rs`). Each document states it, so that a verifier tells pages it cannot make again from pages that were changed.

/// The name, 64 hexadecimal digits.
pub const RENDERER: &str = env!("PLANSEAL_RENDERER");

/// The template's number, raised with every change of the pages.
pub const TEMPLATE: &str = env!("PLANSEAL_TEMPLATE");

const LEAD: &str = "planseal-render, renderer ";

/// What a document says of the software that made it.
pub(crate) fn producer() -> String {
    format!("{LEAD}{RENDERER}")
}

/// Which renderer a document says it was made by. The document must be trusted for other reasons: anybody can write this.
pub(crate) fn claimed(document: &[u8]) -> Option<&str> {
    let lead = LEAD.as_bytes();
    let at = document.windows(lead.len()).rposition(|window| window == lead)?;
    let name = document.get(at + lead.len()..)?.get(..RENDERER.len())?;
    let name = core::str::from_utf8(name).ok()?;
    name.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(name)
}
