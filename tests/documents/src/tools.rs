//! Runs other people's programs, and knows where `install.sh` puts them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program said and how it ended.
pub struct Said {
    /// What it printed.
    pub words: String,
    /// What it complained of.
    pub complaints: String,
    /// Whether it ended with success.
    pub success: bool,
}

impl Said {
    /// What it printed, when it ended well.
    ///
    /// # Panics
    /// When it did not.
    #[must_use]
    pub fn when_successful(self) -> String {
        assert!(self.success, "{}{}", self.words, self.complaints);
        self.words
    }

    /// Everything it said.
    #[must_use]
    pub fn all(&self) -> String {
        format!("{}{}", self.words, self.complaints)
    }
}

/// Runs a program to its end.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn run<S: AsRef<OsStr>>(program: impl AsRef<Path>, arguments: impl IntoIterator<Item = S>) -> Said {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|fault| panic!("{}: {fault}; tests/run brings it", program.display()));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Said {
        words: text(&output.stdout),
        complaints: text(&output.stderr),
        success: output.status.success(),
    }
}

/// Runs a script of this package with the Python that has the packages of `install.sh`.
#[must_use]
pub fn python<S: AsRef<OsStr>>(script: &str, arguments: impl IntoIterator<Item = S>) -> Said {
    let arguments = arguments.into_iter().map(|one| one.as_ref().to_owned());
    run(
        cache().join("documents/bin/python"),
        std::iter::once(beside(script).into_os_string()).chain(arguments),
    )
}

/// A file of this package.
#[must_use]
pub fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Where `install.sh` puts what it brings.
///
/// # Panics
/// When there is neither a cache folder nor a home.
#[must_use]
pub fn cache() -> PathBuf {
    let folder = match std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache"),
    };
    folder.join("planseal-tests")
}
