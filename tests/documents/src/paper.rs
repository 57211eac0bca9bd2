//! A page as pixels, worn as paper wears, and read by machines: QR codes by zbar and zxing-cpp, words by tesseract.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use planseal_tests::corpus::files;

use crate::tools::{python, run};

/// Page 1 as a grey raster, beside the file.
///
/// # Panics
/// When poppler cannot draw it.
#[must_use]
pub fn first_page(file: &Path, dots_per_inch: u32) -> PathBuf {
    let drawn = file.with_extension(dots_per_inch.to_string());
    let dots = dots_per_inch.to_string();
    let options = ["-r", &dots, "-gray", "-png", "-singlefile", "-f", "1"];
    let mut arguments: Vec<OsString> = options.map(OsString::from).to_vec();
    arguments.extend([file.into(), drawn.clone().into()]);
    let _ = run("pdftoppm", arguments).when_successful();
    // pdftoppm adds its ending behind ours.
    file.with_extension(format!("{dots}.png"))
}

/// What `degrade.py` makes of page 1: every entry it holds of a kind (`scans`, `photographs`), by name.
///
/// # Panics
/// When the page cannot be drawn or worn.
#[must_use]
pub fn worn(file: &Path, kind: &str) -> BTreeMap<String, PathBuf> {
    let folder = file.with_extension(kind);
    let page = first_page(file, DRAWN);
    let arguments = [page.into_os_string(), folder.clone().into(), kind.into()];
    let _ = python("degrade.py", arguments).when_successful();
    let images = ["png", "jpg"].map(|ending| files(&folder, ending)).concat();
    let name = |image: &Path| image.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let named = images
        .into_iter()
        .filter_map(|image| Some((name(&image)?, image)));
    named.collect()
}

/// The resolution `degrade.py` begins with.
const DRAWN: u32 = 300;

/// The QR codes that zbar finds.
#[must_use]
pub fn zbar(image: &Path) -> BTreeSet<String> {
    let options = ["-q", "--raw", "-Sdisable", "-Sqrcode.enable"];
    let mut arguments: Vec<OsString> = options.map(OsString::from).to_vec();
    arguments.push(image.into());
    // It ends with 4 when it finds none, which is an answer.
    run("zbarimg", arguments)
        .words
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The QR codes that zxing-cpp finds in each of these images.
///
/// # Panics
/// When it cannot be asked.
#[must_use]
pub fn zxing<'a>(images: impl IntoIterator<Item = &'a PathBuf>) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let said = python("codes.py", images).when_successful();
    serde_json::from_str(&said).expect("codes.py prints an object")
}

/// The words that tesseract reads, white space made single.
#[must_use]
pub fn tesseract(image: &Path) -> String {
    let mut arguments = vec![OsString::from(image)];
    arguments.extend(["stdout", "-l", "eng", "--psm", "3"].map(OsString::from));
    let said = run("tesseract", arguments).when_successful();
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}
