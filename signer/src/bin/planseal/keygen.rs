//! `planseal keygen`: a new key in an encrypted file.

use std::process::ExitCode;

use planseal_signer::key_file::{Cost, FileKey};
use serde_json::json;

use crate::arguments::{Keygen, Shared};
use crate::terminal;

pub(crate) fn run(arguments: &Keygen, shared: &Shared) -> anyhow::Result<ExitCode> {
    let passphrase = terminal::new_passphrase(&arguments.passphrase, shared)?;
    let key = FileKey::generate()?;
    key.save_at_cost(&arguments.output, &passphrase, cost(arguments.public_example))?;
    let (public, fingerprint) = (key.public_key(), key.public_key().fingerprint());
    if shared.json {
        terminal::print_json(&json!({ "key": public.to_string(), "fingerprint": fingerprint }))?;
    } else {
        terminal::print_text(&format!("{fingerprint}\n"))?;
        terminal::remark(
            shared,
            "This is the key's fingerprint. Read it out to the second person who confirms your enrolment.",
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) const fn cost(public_example: bool) -> Cost {
    if public_example {
        Cost::EXAMPLE_KEYS
    } else {
        Cost::STANDARD
    }
}
