//! What other people's software says of our pages. Run by `tests/run`, which installs the tools:
//! `cargo test -p planseal-render --test tools -- --ignored`.

mod kit;

use std::path::Path;
use std::process::Command;

use kit::Printable;

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; run tests/run"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

fn printed(folder: &Path, sample: &str) -> (Printable, String) {
    let printable = Printable::sample(sample);
    let path = folder.join(format!("{sample}.pdf"));
    std::fs::write(&path, printable.print().expect("it prints")).expect("writable");
    (printable, path.to_str().expect("a plain path").to_owned())
}

#[test]
#[ignore = "needs qpdf and poppler: tests/run"]
fn qpdf_finds_nothing_wrong() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for sample in ["P1-v3", "P2-v2", "P3-v3", "P4-v5", "P5-v2"] {
        let said = run("qpdf", &["--check", &printed(folder.path(), sample).1]);
        assert!(said.contains("No syntax or stream encoding errors"), "{said}");
    }
}

#[test]
#[ignore = "needs qpdf and poppler: tests/run"]
fn the_words_come_out_in_reading_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_, path) = printed(folder.path(), "P3-v3");
    let words = run("pdftotext", &["-l", "2", &path, "-"]);
    let order = [
        "LATEST VERSION WHEN PRINTED on 22-Nov-2026 14:32 GMT.",
        "PLACEHOLDER-FINCH, Imogen",
        "NHS No. 999 204 5183",
        "DO NOT ATTEMPT CPR (DNACPR)",
        "Treatment",
        "ADRT recorded",
        "Allergies and alerts",
        "Place of care",
        "Signed electronically by Dr Tomas Sandbox-Ivers",
        "Personal details",
        "Shared understanding of health",
    ];
    let mut from = 0;
    for expected in order {
        let found = words[from..].find(expected);
        from += found.unwrap_or_else(|| panic!("{expected:?} is missing or out of order"));
    }
}

#[test]
#[ignore = "needs qpdf and poppler: tests/run"]
fn both_codes_are_read_from_a_150_dpi_raster() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for sample in ["P1-v3", "P4-v5"] {
        let (printable, path) = printed(folder.path(), sample);
        let image = folder.path().join(sample);
        let image = image.to_str().expect("a plain path");
        run(
            "pdftoppm",
            &["-r", "150", "-gray", "-png", "-singlefile", &path, image],
        );
        let read = run(
            "zbarimg",
            &[
                "-q",
                "--raw",
                "-Sdisable",
                "-Sqrcode.enable",
                &format!("{image}.png"),
            ],
        );
        let mut read: Vec<&str> = read.lines().collect();
        read.sort_unstable();
        let mut expected = [
            printable.codes.pointer.as_str(),
            printable.codes.offline.as_deref().expect("an offline code"),
        ];
        expected.sort_unstable();
        assert_eq!(read, expected);
    }
}

#[test]
#[ignore = "needs qpdf and poppler: tests/run"]
fn the_attached_files_come_out_as_they_went_in() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_, path) = printed(folder.path(), "P3-v3");
    let out = folder.path().join("files");
    std::fs::create_dir(&out).expect("writable");
    run(
        "pdfdetach",
        &["-saveall", "-o", out.to_str().expect("a plain path"), &path],
    );
    let scan = concat!(env!("CARGO_MANIFEST_DIR"), "/../keys-example/adrt/P3-adrt.pdf");
    let received = std::fs::read(scan).expect("the scan");
    let detached = std::fs::read(out.join("file-1-adrt-scan.pdf")).expect("the detached scan");
    assert!(received == detached);
    assert!(out.join("planseal-bundle.cbor").exists());
}
