//! Why a page could not be made.

/// Rendering a validated plan with codes within their limits does not fail; each variant names a broken promise
/// of an earlier step. No variant carries the plan's words.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The fonts do not cover a character that validation should have refused.
    #[error("no embedded font draws U+{code_point:04X} in {field}")]
    NoGlyph {
        /// The character's code point.
        code_point: u32,
        /// The field of the plan that holds it.
        field: &'static str,
    },
    /// A printed code holds more than cheap scanners can read at its size (FORMAT §6): it is never shrunk.
    #[error("the {code} code needs {modules} modules across, and at most {at_most} stay readable")]
    CodeTooLarge {
        /// Which code.
        code: &'static str,
        /// Modules across, with the quiet zone.
        modules: i32,
        /// The most that the printed size admits.
        at_most: i32,
    },
    /// No QR symbol holds this much.
    #[error("the {code} code cannot be made from {bytes} bytes")]
    CodeRefused {
        /// Which code.
        code: &'static str,
        /// Length of what it should hold.
        bytes: usize,
    },
    /// Something that must stay in one piece is taller than a page.
    #[error("{what} is {needed} pt tall, and a page has {available} pt")]
    TooTall {
        /// What it is.
        what: &'static str,
        /// Its height.
        needed: i32,
        /// The height of a page's text.
        available: i32,
    },
    /// A file was given that the plan does not name, or one that it names is not there.
    #[error("attached files: {given} given, {named} named by the plan, or their digests differ")]
    Attachments {
        /// Files given.
        given: usize,
        /// Files named by the plan.
        named: usize,
    },
    /// The PDF writer found a breach of PDF/A-3a or PDF/UA-1.
    #[error("the PDF writer refused the document: {reason}")]
    Refused {
        /// Its words: rules and counts, no content.
        reason: String,
    },
}
