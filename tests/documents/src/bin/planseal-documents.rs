//! Prints every document of the trials into a folder, to be looked at.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: planseal-documents FOLDER");
        std::process::exit(2);
    };
    std::fs::create_dir_all(&folder)?;
    for manuscript in planseal_documents::all() {
        let file = planseal_documents::write(&folder, &manuscript.name, &manuscript.print().pdf);
        println!("{}", file.display());
    }
    Ok(())
}
