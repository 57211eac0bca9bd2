//! The product's programs, built as the rest of the workspace is built.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

/// Where each program lies, by its name; built once.
pub static PROGRAMS: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(build);

fn build() -> BTreeMap<String, PathBuf> {
    let built = run(Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--package=planseal-server",
            "--package=planseal-signer",
            "--bins",
            "--offline",
            "--message-format=json",
        ]));
    assert!(built.status.success(), "{}", said(&built));
    let messages = String::from_utf8(built.stdout).expect("cargo's own format");
    let programs = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let program = message["executable"].as_str()?;
        let name = message["target"]["name"].as_str()?;
        Some((name.to_owned(), PathBuf::from(program)))
    });
    programs.collect()
}

/// Runs a program to its end.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run(command: &mut Command) -> Output {
    command.output().expect("the program runs")
}

/// What a program said, for the message of a failed test.
#[must_use]
pub fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}
