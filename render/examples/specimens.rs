//! Writes the fictional advance decisions of the sample plans: `cargo run -p planseal-render --example specimens`.
//!
//! Run it after a change of fonts or layout; `render/tests/specimens.rs` fails until the files agree again.

use planseal_render::specimen;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../keys-example/adrt");
    std::fs::create_dir_all(&folder)?;
    for (name, sample) in specimen::samples() {
        std::fs::write(folder.join(name), specimen::scan(&sample)?)?;
    }
    Ok(())
}
