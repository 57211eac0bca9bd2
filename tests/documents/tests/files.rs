//! What a document carries comes out as it went in, whatever it is.

use std::collections::BTreeSet;
use std::path::Path;

use planseal_documents::manuscript::Manuscript;
use planseal_documents::tools::run;
use planseal_documents::{hostile, write};

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn pdfdetach_gives_back_the_bundle_and_every_scan_byte_for_byte() {
    for document in [
        Manuscript::sample("P3-v3"),
        Manuscript::sample("P4-v5"),
        hostile::sixteen_files(),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let printed = document.print();
        let file = write(folder.path(), &document.name, &printed.pdf);
        let out = folder.path().join("files");
        std::fs::create_dir(&out).expect("a folder of this test");
        let arguments = [Path::new("-saveall"), Path::new("-o"), &out, &file];
        let _ = run("pdfdetach", arguments).when_successful();
        let went_in: BTreeSet<Vec<u8>> = document.files.into_iter().map(|(_, bytes)| bytes).collect();
        let mut came_out = BTreeSet::new();
        for entry in std::fs::read_dir(&out).expect("readable") {
            let path = entry.expect("readable").path();
            let bytes = std::fs::read(&path).expect("readable");
            if path.ends_with("planseal-bundle.cbor") {
                assert!(bytes == printed.bundle, "{}: another bundle", document.name);
            } else {
                came_out.insert(bytes);
            }
        }
        assert!(came_out == went_in, "{}: other files", document.name);
    }
}
