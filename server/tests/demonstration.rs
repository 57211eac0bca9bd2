//! The demonstration as a program: its table, its folder, its refusals, and nothing of a patient in what it prints.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::Path;
use std::process::{Command, Output};

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_planseal-server"))
        .arg("demo")
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn once_makes_and_proves_fifteen_versions() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("demo");
    let output = demo(&["--once", "--keep", kept.to_str().unwrap()]);
    let (table, told) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{table}{told}");
    let lines: Vec<&str> = table.lines().skip(1).collect();
    assert_eq!(lines.len(), 15, "{table}");
    for (sample, versions) in [("P1", 3), ("P2", 2), ("P3", 3), ("P4", 5), ("P5", 2)] {
        for version in 1..=versions {
            let name = format!("{sample}-v{version}");
            let line = lines
                .iter()
                .find(|line| line.ends_with(&format!("{name}.pdf")))
                .unwrap();
            let expected = match (name.as_str(), version == versions) {
                ("P4-v5", _) => "WARNING (16)",
                (_, true) => "CURRENT (0)",
                (_, false) => "SUPERSEDED (12)",
            };
            assert!(line.contains(expected), "{line}");
            for file in [
                format!("pdf/{name}.pdf"),
                format!("envelopes/{name}.cose"),
                format!("bundles/{name}.planseal"),
            ] {
                assert!(kept.join(&file).is_file(), "{file}");
            }
        }
    }
    for file in [
        "trust-policy.cbor",
        "trust-list.cbor",
        "snapshot.cbor",
        "attachments/P3-adrt.pdf",
        "keys/README",
        "store",
    ] {
        assert!(kept.join(file).exists(), "{file}");
    }
    for canary in ["Marlowe", "Rowntree", "999 041 2073", "9990412073", "Quill"] {
        assert!(!table.contains(canary) && !told.contains(canary), "{canary}");
    }
    nothing_readable_in(&kept.join("store"));
    let again = demo(&["--once", "--keep", kept.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        text(&again.stderr).contains("is not empty"),
        "{}",
        text(&again.stderr)
    );
}

/// What lies in the store is sealed: no name and no number of a patient can be found in it.
fn nothing_readable_in(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            nothing_readable_in(&path);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for canary in ["Marlowe", "Edith", "9990412073", "999 041 2073", "Rowntree"] {
            let found = bytes
                .windows(canary.len())
                .any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} in {}", path.display());
        }
    }
}

#[test]
fn a_place_that_is_no_folder_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = demo(&["--once", "--keep", file.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("cannot be used as a folder"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn wrong_words_on_the_command_line_are_a_usage_error() {
    assert_eq!(demo(&["--never"]).status.code(), Some(2));
    assert_eq!(demo(&["--port", "70000"]).status.code(), Some(2));
}
