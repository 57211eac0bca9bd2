//! The fictional scans in `keys-example/adrt` are what this crate makes of them today.

use planseal_render::specimen;

#[test]
fn the_files_are_the_functions_output() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../keys-example/adrt");
    let samples = specimen::samples();
    let files = std::fs::read_dir(&folder).expect("keys-example/adrt").count();
    assert_eq!(files, samples.len(), "a file without a specimen");
    for (name, sample) in samples {
        let file = std::fs::read(folder.join(name)).expect("the file exists");
        let made = specimen::scan(&sample).expect("a specimen");
        assert!(
            file == made,
            "{name} is stale: cargo run -p planseal-render --example specimens"
        );
        assert!(made.ends_with(b"%%EOF\n"));
    }
}
