//! `planseal enrol`: the candidate answers an invite, and accepts the certificate.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use planseal_signer::enrolment::Invite;
use planseal_signer::key_file::FileKey;
use planseal_signer::output::Access;
use serde_json::json;

use crate::arguments::{Enrol, PassphraseFrom, Shared, Trusted};
use crate::{evidence, files, terminal};

/// 16 KiB: ten times an invite.
const MAX_INVITE: usize = 16 << 10;

pub(crate) fn run(arguments: &Enrol, shared: &Shared) -> anyhow::Result<ExitCode> {
    match arguments {
        Enrol::Answer {
            invite,
            key,
            passphrase,
            output,
        } => {
            let invite = Invite::from_json(&files::read_text(invite, MAX_INVITE)?)?;
            let secret = terminal::passphrase(passphrase, shared, key)?;
            let key = FileKey::open(key, &secret, None)?;
            let request = invite.answer(&key, terminal::now()?)?;
            files::write(output, request.bytes(), Access::Owner, shared)?;
            let fingerprint = key.public_key().fingerprint();
            if shared.json {
                terminal::print_json(&json!({ "invite": invite.id(), "fingerprint": fingerprint }))?;
            } else {
                terminal::print_text(&fingerprint)?;
                let (name, until) = (invite.name(), invite.expires_at().time_of_day());
                terminal::remark(
                    shared,
                    &format!(
                        "For {name}, to be certified before {until}. Read this fingerprint out to the second person."
                    ),
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Enrol::Accept {
            certificates,
            key,
            passphrase,
            trusted,
        } => accept(certificates, key, passphrase, trusted, shared),
    }
}

fn accept(
    certificates: &[PathBuf],
    key: &Path,
    passphrase: &PassphraseFrom,
    trusted: &Trusted,
    shared: &Shared,
) -> anyhow::Result<ExitCode> {
    let objects = certificates
        .iter()
        .map(|path| files::read_object(path))
        .collect::<Result<Vec<_>, _>>()?;
    let directory = evidence::region(trusted, &objects)?.directory;
    let secret = terminal::passphrase(passphrase, shared, key)?;
    let key = FileKey::open(key, &secret, None)?;
    let mut verified = objects
        .iter()
        .filter_map(|object| directory.certificate(&object.id()));
    let Some(own) = verified.find(|certificate| certificate.content().key() == key.public_key()) else {
        bail!("none of these certificates leads to the pinned root and names this key: ask who issued it");
    };
    let fields = own.content().fields();
    let roles: Vec<String> = fields.roles.iter().map(ToString::to_string).collect();
    if shared.json {
        return terminal::print_json(&json!({
            "certificate": own.id().to_string(),
            "name": fields.name,
            "organisation": fields.organisation.as_str(),
            "roles": roles,
            "not_after": fields.not_after.to_string(),
        }))
        .map(|()| ExitCode::SUCCESS);
    }
    terminal::print_text(&format!(
        "{} at {} ({}): {}; valid to {}.",
        fields.name,
        fields.organisation_name,
        fields.organisation,
        roles.join(", "),
        fields.not_after.day()
    ))
    .context("the certificate is good")?;
    Ok(ExitCode::SUCCESS)
}
