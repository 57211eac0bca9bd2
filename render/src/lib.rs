//! A verified plan as tagged PDF and as HTML sections.
//!
//! Stages, each in its own module and each ignorant of the next:
//! plan → [`summary`] (what must be known in ten seconds, as data) → `view` (blocks) → `layout` (lines and
//! rectangles on pages, in integers) → `pdf` (PDF/A-3a and PDF/UA-1, by krilla). [`html`] takes the same summary.
//!
//! Everything shown comes from the plan or from what the caller states was [`Known`] when printing; nothing here
//! reads a clock, draws a random number or opens a file, so that the same input gives the same bytes anywhere.
//! Whether a version is authentic and current is judged in core before it arrives here. [`seal`] goes around the finished
//! bytes; [`carried`] finds in a file what it was made from, and [`mod@print`] makes it again and compares.
//! `render/RENDER.md` says what is built.

mod error;
pub mod known;
pub mod summary;
pub mod html;
mod words;
mod view;
mod first_page;
mod sections;
mod length;
mod fonts;
mod text;
mod qr;
mod layout;
mod pdf;
mod document;
pub mod renderer;
pub mod seal;
pub mod carried;
pub mod picture;
pub mod print;
pub mod specimen;
#[cfg(test)]
mod fixture;

pub use document::{Attached, Codes, Document, document, preview};
pub use error::RenderError;
pub use known::{Endorsed, Known, Matter, Reported, Standing};
pub use summary::EmergencySummary;
