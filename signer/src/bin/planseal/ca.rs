//! `planseal ca`: a root's or an organisation's own machine.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use planseal::trust::{Custody, OrgCode, OrgKind, Registration, Role, TrustPolicy};
use planseal_signer::authority::{
    Authority, CandidateDetails, Confirmation, OrganisationDetails, RootDetails,
};
use planseal_signer::output::Access;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::arguments::{Ca, CaInit, CaInvite, Shared};
use crate::{files, keygen, revoke, seals, terminal};

/// 1 MiB, the cap on requests and policies.
const MAX_INPUT: usize = 1 << 20;

pub(crate) fn run(arguments: &Ca, shared: &Shared) -> anyhow::Result<ExitCode> {
    match arguments {
        Ca::Init(init) => set_up(init, shared)?,
        Ca::Invite(asked) => invite(asked, shared)?,
        Ca::Revoke(asked) => return revoke::run(asked, shared),
        Ca::Seal(asked) => seals::run(asked, shared)?,
        Ca::Issue {
            folder,
            request,
            confirmed_by,
            fingerprint,
            passphrase,
            output,
        } => {
            let request = files::read(request, MAX_INPUT)?;
            let secret = terminal::passphrase(passphrase, shared, folder)?;
            let heard = match fingerprint {
                Some(heard) => heard.clone(),
                None => terminal::ask(shared, "Fingerprint as the candidate reads it out: ")?,
            };
            let confirmation = Confirmation {
                by: confirmed_by,
                fingerprint: &heard,
            };
            let mut authority = Authority::open(folder, &secret)?;
            let certificate = authority.issue(&request, &confirmation, terminal::now()?)?;
            files::write(output, certificate.bytes(), Access::Everyone, shared)?;
            said(
                shared,
                &json!({ "certificate": certificate.id().to_string() }),
                &certificate.id().to_string(),
            )?;
            terminal::remark(
                shared,
                "Give this certificate to the candidate, and to the service to be logged before first use.",
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn set_up(init: &CaInit, shared: &Shared) -> anyhow::Result<()> {
    let authority = match init {
        CaInit::Root {
            folder,
            organisation,
            organisation_name,
            name,
            until,
            passphrase,
            public_example,
        } => {
            let details = RootDetails {
                organisation: OrgCode::parse(organisation)?,
                organisation_name: organisation_name.clone(),
                name: name.clone(),
                not_after: *until,
            };
            let secret = terminal::new_passphrase(passphrase, shared)?;
            Authority::init_root(
                folder,
                details,
                &secret,
                keygen::cost(*public_example),
                terminal::now()?,
            )?
        }
        CaInit::Organisation {
            folder,
            certificate,
            trust_policy,
            passphrase,
        } => {
            let policy = TrustPolicy::parse(&files::read(trust_policy, MAX_INPUT)?)
                .with_context(|| format!("{} cannot be pinned", trust_policy.display()))?;
            let certificate = files::read_object(certificate)?;
            let secret = terminal::passphrase(passphrase, shared, folder)?;
            Authority::organisation(folder, &policy, &certificate, &secret, terminal::now()?)?
        }
    };
    let own = authority.certificate();
    let fingerprint = own.content().key().fingerprint();
    said(
        shared,
        &json!({ "certificate": own.id().to_string(), "fingerprint": fingerprint }),
        &own.id().to_string(),
    )
}

fn invite(asked: &CaInvite, shared: &Shared) -> anyhow::Result<()> {
    let custody: Custody = coded(&asked.custody, "custody: file, token or browser")?;
    let secret = terminal::passphrase(&asked.passphrase, shared, &asked.folder)?;
    let at = terminal::now()?;
    let mut authority = Authority::open(&asked.folder, &secret)?;
    let invite = match (&asked.organisation, &asked.kind) {
        (Some(code), Some(kind)) => {
            let details = OrganisationDetails {
                organisation: OrgCode::parse(code)?,
                organisation_name: asked.name.clone(),
                kind: coded::<OrgKind>(kind, "kind of organisation, for example gp_practice")?,
                custody,
                not_after: asked.until,
            };
            authority.invite_organisation(details, at)?
        }
        _ => {
            let details = CandidateDetails {
                name: asked.name.clone(),
                registration: asked.registration.as_deref().map(registration).transpose()?,
                roles: asked
                    .roles
                    .iter()
                    .map(|word| role(word))
                    .collect::<Result<_, _>>()?,
                custody,
                not_after: asked.until,
            };
            authority.invite(details, at)?
        }
    };
    files::write(&asked.output, invite.to_json().as_bytes(), Access::Owner, shared)?;
    said(
        shared,
        &json!({ "invite": invite.id(), "expires_at": invite.expires_at().to_string() }),
        invite.id(),
    )
}

fn said(shared: &Shared, json: &Json, words: &str) -> anyhow::Result<()> {
    if shared.json {
        terminal::print_json(json)
    } else {
        terminal::print_text(words)
    }
}

pub(crate) fn role(word: &str) -> anyhow::Result<Role> {
    Role::parse(&word.replace('_', "-"))
        .or_else(|| Role::parse(&word.replace(['_', '-'], " ")))
        .ok_or_else(|| anyhow!("{word} is not a role: use for example finaliser, endorser or adrt-intake"))
}

pub(crate) fn registration(text: &str) -> anyhow::Result<Registration> {
    use planseal::plan::person::{Registration as Checked, RegistrationBody};

    let (body, number) = text
        .split_once(':')
        .context("a registration is written BODY:NUMBER, for example gmc:9900011")?;
    let body = body.to_lowercase();
    let known = RegistrationBody::parse(&body).context("the register is gmc, nmc or hcpc")?;
    Checked::new(known, number)?;
    Ok(Registration {
        body,
        number: number.to_owned(),
    })
}

/// The code words of core's own types, as certificates hold them.
fn coded<T: DeserializeOwned>(word: &str, what: &str) -> anyhow::Result<T> {
    serde_json::from_value(Json::String(word.to_owned())).map_err(|_| anyhow!("{word} is not a {what}"))
}
