//! Our PDFs as other people's software sees them.
//!
//! [`manuscript`] takes a draft and prints it as its own record in a [`scene`] with fixed keys and times; [`hostile`]
//! makes drafts of everything that fields allow. The other modules drive the tools that `install.sh` and `tests/run`
//! bring. `README.md` says what is checked by whom.

pub mod people;
pub mod scene;
pub mod manuscript;
pub mod hostile;
pub mod tools;
pub mod standards;
pub mod text;
pub mod paper;
pub mod seal;

use std::path::{Path, PathBuf};

use manuscript::Manuscript;

/// Every document of the trials: the samples, then the hostile ones.
#[must_use]
pub fn all() -> Vec<Manuscript> {
    let mut all = Manuscript::samples();
    all.extend(hostile::all());
    all
}

/// Writes a document into a folder under its name.
///
/// # Panics
/// When the folder cannot be written.
#[must_use]
pub fn write(folder: &Path, name: &str, pdf: &[u8]) -> PathBuf {
    let file = folder.join(format!("{name}.pdf"));
    std::fs::write(&file, pdf).expect("a folder of this test");
    file
}
