//! A verified version prints, and prints the same in another process.

mod kit;

use std::process::Command;

use kit::Printable;

/// Tells the test below that it is the other process, and where to write.
const OTHER: &str = "PLANSEAL_RENDER_OTHER_PROCESS";

#[test]
fn two_processes_print_the_same_bytes() {
    let printed = Printable::sample("P3-v3").print().expect("it prints");
    if let Ok(path) = std::env::var(OTHER) {
        std::fs::write(path, printed).expect("the folder is writable");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("other.pdf");
    let this = std::env::current_exe().expect("this test's program");
    let status = Command::new(this)
        .args(["--exact", "two_processes_print_the_same_bytes"])
        .env(OTHER, &path)
        .status()
        .expect("it starts");
    assert!(status.success());
    assert!(std::fs::read(path).expect("the other print") == printed);
}
