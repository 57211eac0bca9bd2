//! Talking to the person: results on stdout, prompts and diagnostics on stderr, secrets never echoed.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use planseal::time::Timestamp;
use planseal_signer::key_file::Passphrase;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::arguments::{Colour, PassphraseFrom, Shared};

/// 4 KiB: any passphrase a person can type.
const MAX_PASSPHRASE: u64 = 4 << 10;

/// Says in one line why nothing was done: each cause once, none of them patient data.
pub(crate) fn complain(fault: &anyhow::Error) {
    eprintln!("planseal: {}", in_one_line(fault));
}

/// A fault with its causes, each once.
pub(crate) fn in_one_line(fault: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in fault.chain() {
        let words = cause.to_string();
        if !line.ends_with(&words) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&words);
        }
    }
    line
}

/// A remark on stderr, unless quiet.
pub(crate) fn remark(shared: &Shared, words: &str) {
    if !shared.quiet {
        eprintln!("{words}");
    }
}

/// Prints a JSON result.
pub(crate) fn print_json(json: &Json) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(json)?;
    print_text(&text)
}

/// Prints a text result. A reader that went away is no fault.
pub(crate) fn print_text(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()) {
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout cannot be written to"),
    }
}

/// The present time.
pub(crate) fn now() -> anyhow::Result<Timestamp> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since
        .context("this machine's clock stands before 1970: set it")?
        .as_secs();
    Ok(Timestamp::from_seconds(seconds)?)
}

/// Whether colour may be used on stdout.
pub(crate) fn coloured(shared: &Shared) -> bool {
    match shared.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()) && io::stdout().is_terminal()
        }
    }
}

/// Asks a question whose only assent is the whole word yes.
pub(crate) fn confirm(shared: &Shared, question: &str) -> anyhow::Result<()> {
    let answer = ask(shared, &format!("{question} Type yes: "))?;
    ensure!(answer == "yes", "nothing was done: the answer was not yes");
    Ok(())
}

/// Asks for a line.
pub(crate) fn ask(shared: &Shared, prompt: &str) -> anyhow::Result<String> {
    if shared.no_input {
        bail!("an answer is needed, and --no-input forbids asking: give it as an option");
    }
    eprint!("{prompt}");
    let mut line = String::new();
    let read = io::stdin().lock().take(MAX_PASSPHRASE).read_line(&mut line)?;
    ensure!(
        read > 0,
        "an answer is needed, and stdin is closed: give it as an option"
    );
    Ok(line.trim().to_owned())
}

/// The passphrase of an existing key.
pub(crate) fn passphrase(from: &PassphraseFrom, shared: &Shared, key: &Path) -> anyhow::Result<Passphrase> {
    let text = match secret_line(from)? {
        Some(text) => text,
        None => prompt_secret(shared, &format!("Passphrase for {}: ", key.display()))?,
    };
    Ok(Passphrase::new(text))
}

/// The passphrase of a new key, asked for twice.
pub(crate) fn new_passphrase(from: &PassphraseFrom, shared: &Shared) -> anyhow::Result<Passphrase> {
    let text = match secret_line(from)? {
        Some(text) => text,
        None => {
            let first = prompt_secret(shared, "Passphrase for the new key: ")?;
            let again = Zeroizing::new(prompt_secret(shared, "The same again: ")?);
            ensure!(first == *again, "the two passphrases differ: start again");
            first
        }
    };
    Ok(Passphrase::for_new_key(text)?)
}

fn prompt_secret(shared: &Shared, prompt: &str) -> anyhow::Result<String> {
    if shared.no_input {
        bail!(
            "a passphrase is needed, and --no-input forbids asking: use --passphrase-file or --passphrase-fd"
        );
    }
    rpassword::prompt_password(prompt)
        .context("a passphrase is needed, and there is no terminal: use --passphrase-file or --passphrase-fd")
}

fn secret_line(from: &PassphraseFrom) -> anyhow::Result<Option<String>> {
    let file = match (&from.passphrase_file, from.passphrase_fd) {
        (Some(path), _) => {
            let file = File::open(path)
                .with_context(|| format!("the passphrase file {} cannot be read", path.display()))?;
            let mode = file.metadata()?.mode() & 0o777;
            ensure!(
                mode & 0o077 == 0,
                "the passphrase file {} can be read by others (mode {mode:o}): run chmod 600 on it",
                path.display()
            );
            file
        }
        (None, Some(number)) => File::open(format!("/dev/fd/{number}"))
            .with_context(|| format!("file descriptor {number} cannot be read"))?,
        (None, None) => return Ok(None),
    };
    let mut line = Zeroizing::new(String::new());
    BufReader::new(file.take(MAX_PASSPHRASE))
        .read_line(&mut line)
        .context("the passphrase is not UTF-8 text")?;
    Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
}
