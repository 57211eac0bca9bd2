//! `planseal staff`: the organisation's list of trained, authorised people, signed by its own key on its own machine.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::statement::{Kind, StaffList, StaffMember, Words};
use planseal::time::Date;
use planseal::trust::Role;
use planseal_signer::authority::Authority;
use serde::Deserialize;

use crate::arguments::{Shared, Staff};
use crate::server::Server;
use crate::{ca, evidence, files, statement, terminal};

/// 1 MiB: five thousand people, as many as a list may have.
const MAX_LIST: usize = 1 << 20;

/// One person in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    registration: Option<String>,
    roles: Vec<String>,
    trained_until: Date,
}

pub(crate) fn run(arguments: &Staff, shared: &Shared) -> anyhow::Result<ExitCode> {
    let staff = read(arguments)?;
    let secret = terminal::passphrase(&arguments.passphrase, shared, &arguments.folder)?;
    let mut authority = Authority::open(&arguments.folder, &secret)?;
    let list = StaffList {
        number: arguments.number.unwrap_or_else(|| authority.next_staff_list()),
        agreement: Words::parse(arguments.agreement.trim()).context("--agreement cannot be signed")?,
        staff,
        issued_at: terminal::now()?,
    };
    let prepared = authority.staff_list(&list)?;
    statement::ask(Kind::StaffList, prepared.to_be_signed(), arguments.yes, shared)?;
    let signed = authority.sign_staff_list(&prepared, terminal::now()?)?;
    match &arguments.outgoing.server {
        None => statement::keep(&signed, &arguments.outgoing, shared),
        Some(address) => {
            let server = Server::at(address)?;
            let mut region = evidence::region_of(&arguments.trusted, &server)?;
            statement::deliver::<StaffList>(&signed, &mut region, &arguments.outgoing, shared)
        }
    }
}

fn read(arguments: &Staff) -> anyhow::Result<Vec<StaffMember>> {
    let text = files::read_text(&arguments.list, MAX_LIST)?;
    let listed: Vec<Listed> = serde_json::from_str(&text)
        .with_context(|| format!("{} is no list of staff", arguments.list.display()))?;
    ensure!(
        !listed.is_empty(),
        "the list is empty: an organisation without staff lets its agreement end"
    );
    (1..)
        .zip(listed)
        .map(|(number, listed)| {
            member(listed).with_context(|| format!("entry {number} of {}", arguments.list.display()))
        })
        .collect()
}

fn member(listed: Listed) -> anyhow::Result<StaffMember> {
    let roles: anyhow::Result<Vec<Role>> = listed.roles.iter().map(|word| ca::role(word)).collect();
    let mut roles = roles?;
    roles.sort_unstable();
    roles.dedup();
    Ok(StaffMember {
        name: Words::parse(listed.name.trim())?,
        registration: listed.registration.as_deref().map(ca::registration).transpose()?,
        roles,
        trained_until: listed.trained_until,
    })
}
