//! Files in and out: every reading has a cap, every writing is whole or nothing.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use planseal::envelope::{MAX_LOG_VIEW, SignedObject};
use planseal_signer::output::{self, Access, Existing};

use crate::arguments::Shared;

/// 32 MiB: a PDF with the largest attachments (SECURITY §4).
pub(crate) const MAX_FILE: usize = 32 << 20;

/// Reads a file, or stdin for `-`, up to a cap.
pub(crate) fn read(path: &Path, cap: usize) -> anyhow::Result<Vec<u8>> {
    let name = path.display();
    let mut bytes = Vec::new();
    let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    if path == Path::new("-") {
        io::stdin()
            .lock()
            .take(limit)
            .read_to_end(&mut bytes)
            .context("stdin cannot be read")?;
    } else {
        let file = File::open(path).with_context(|| format!("{name} cannot be opened: check the name"))?;
        ensure!(!file.metadata()?.is_dir(), "{name} is a folder: give a file");
        file.take(limit)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{name} cannot be read"))?;
    }
    ensure!(
        bytes.len() <= cap,
        "{name} has more than {} MiB and is not read",
        cap >> 20
    );
    Ok(bytes)
}

/// Reads a text file.
pub(crate) fn read_text(path: &Path, cap: usize) -> anyhow::Result<String> {
    let bytes = read(path, cap)?;
    String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8 text", path.display()))
}

/// Reads an envelope; only its shape is checked.
pub(crate) fn read_object(path: &Path) -> anyhow::Result<SignedObject> {
    let bytes = read(path, MAX_LOG_VIEW)?;
    SignedObject::parse(&bytes).with_context(|| format!("{} is not a signed planseal object", path.display()))
}

/// Writes a result: `-` is stdout, where binary is refused to a terminal.
pub(crate) fn write(path: &Path, bytes: &[u8], access: Access, shared: &Shared) -> anyhow::Result<()> {
    if path == Path::new("-") {
        ensure!(
            !io::stdout().is_terminal(),
            "binary is not written to a terminal: name a file with --output, or redirect stdout"
        );
        return io::stdout()
            .lock()
            .write_all(bytes)
            .context("stdout cannot be written to");
    }
    let existing = if shared.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    match output::write(path, bytes, access, existing) {
        Err(fault @ output::OutputError::Exists { .. }) => {
            Err(fault).context("nothing was overwritten (--force would)")
        }
        other => Ok(other?),
    }
}
