//! The way every short statement takes: show what the very bytes say, ask, sign, keep the envelope as a file, and send
//! it where a service is named.
//!
//! The file is written first, so that a signature is never lost; "registered" is said only of what was verified.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use planseal::envelope::SignedObject;
use planseal::sign::ToBeSigned;
use planseal::statement::{
    Custody, Endorsement, Hold, Intake, KeyStatus, Kind, LoggedStatement, Resolution, StaffList, Withdrawal,
};
use planseal::trust::Certificate;
use planseal::verify;
use planseal_signer::output::Access;
use serde_json::{Value as Json, json};

use crate::arguments::{COULD_NOT_RUN, Outgoing, Register, Shared, SignedBy};
use crate::evidence::{self, Region};
use crate::server::Server;
use crate::signer::Signer;
use crate::{files, registration, terminal, words};

/// Signs after a yes, and verifies as any reader will: what would be refused is not given away. `context` are lines that help to decide, above what is signed.
pub(crate) fn sign<S: LoggedStatement>(
    statement: &S,
    context: &[String],
    signer: &Signer,
    by: &SignedBy,
    shared: &Shared,
) -> anyhow::Result<SignedObject> {
    let to_be_signed = ToBeSigned::statement(statement, &signer.certificate)?;
    S::from_payload(to_be_signed.payload()).context("this cannot be signed")?;
    for line in context {
        eprintln!("{line}");
    }
    ask(S::KIND, &to_be_signed, by.yes, shared)?;
    let signed = to_be_signed.sign(&signer.key)?;
    verify::statement::<S>(&signed, &signer.region.directory)
        .context("every reader would refuse this, and nothing was written")?;
    Ok(signed)
}

/// Shows every field of the bytes that the key is about to sign, and asks.
pub(crate) fn ask(kind: Kind, to_be_signed: &ToBeSigned, yes: bool, shared: &Shared) -> anyhow::Result<()> {
    let lines = words::statement(kind, to_be_signed.payload()).join("\n");
    eprintln!("What you are about to sign:\n\n{lines}\n");
    if yes {
        Ok(())
    } else {
        terminal::confirm(shared, &format!("Sign this {kind}?"))
    }
}

/// Keeps the envelope, sends it where a service is named, and says what came of it.
pub(crate) fn deliver<S: LoggedStatement>(
    object: &SignedObject,
    region: &mut Region,
    outgoing: &Outgoing,
    shared: &Shared,
) -> anyhow::Result<ExitCode> {
    deliver_after::<S>(object, Ok(()), region, outgoing, shared)
}

/// As [`deliver`], after something that had to be sent before.
pub(crate) fn deliver_after<S: LoggedStatement>(
    object: &SignedObject,
    before: anyhow::Result<()>,
    region: &mut Region,
    outgoing: &Outgoing,
    shared: &Shared,
) -> anyhow::Result<ExitCode> {
    let Some(address) = &outgoing.server else {
        return keep(object, outgoing, shared);
    };
    let file = write(object, outgoing, shared)?;
    let placed = before
        .and_then(|()| Server::at(address))
        .and_then(|server| place::<S>(object, &server, region));
    let outcome = placed.with_context(|| {
        format!(
            "the signed {} is kept in {}; planseal register sends it again",
            object.kind(),
            file.display()
        )
    });
    say(object, Some(&file), &outcome, shared)?;
    Ok(done(&outcome))
}

/// Keeps the envelope; sending it is left to `planseal register`.
pub(crate) fn keep(object: &SignedObject, outgoing: &Outgoing, shared: &Shared) -> anyhow::Result<ExitCode> {
    let file = write(object, outgoing, shared)?;
    let outcome = Err(anyhow!(
        "no service was named; planseal register {} --server URL sends it",
        file.display()
    ));
    say(object, Some(&file), &outcome, shared)?;
    Ok(ExitCode::SUCCESS)
}

fn write(object: &SignedObject, outgoing: &Outgoing, shared: &Shared) -> anyhow::Result<PathBuf> {
    let file = match &outgoing.output {
        Some(path) => path.clone(),
        None => default_name(object),
    };
    files::write(&file, object.bytes(), Access::Owner, shared)?;
    Ok(file)
}

fn done(outcome: &anyhow::Result<Place>) -> ExitCode {
    match outcome {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(COULD_NOT_RUN),
    }
}

/// Where and when the log recorded an object, once that was verified.
pub(crate) struct Place {
    leaf: u64,
    at: planseal::time::Timestamp,
}

fn place<S: LoggedStatement>(
    object: &SignedObject,
    server: &Server,
    region: &mut Region,
) -> anyhow::Result<Place> {
    region.learn_from(server)?;
    let statement = verify::statement::<S>(object, &region.directory)?;
    let logged = registration::send(statement, server, region)?;
    Ok(Place {
        leaf: logged.index(),
        at: logged.time().start(),
    })
}

/// `planseal register`: sends what was signed before.
pub(crate) fn register(arguments: &Register, shared: &Shared) -> anyhow::Result<ExitCode> {
    let object = files::read_object(&arguments.file)?;
    let mut region = evidence::region(&arguments.trusted, &[])?;
    let server = Server::at(&arguments.server)?;
    let region = &mut region;
    let outcome = match object.kind() {
        Kind::Withdrawal => place::<Withdrawal>(&object, &server, region),
        Kind::Endorsement => place::<Endorsement>(&object, &server, region),
        Kind::KeyStatus => place::<KeyStatus>(&object, &server, region),
        Kind::Custody => place::<Custody>(&object, &server, region),
        Kind::StaffList => place::<StaffList>(&object, &server, region),
        Kind::Resolution => place::<Resolution>(&object, &server, region),
        Kind::Hold => place::<Hold>(&object, &server, region),
        Kind::Intake => place::<Intake>(&object, &server, region),
        Kind::Certificate => place::<Certificate>(&object, &server, region),
        Kind::Version => Err(anyhow!("a version goes with its card: use planseal publish")),
        other => Err(anyhow!("a {other} is not registered by hand")),
    };
    say(&object, None, &outcome, shared)?;
    Ok(done(&outcome))
}

/// The documented JSON, or two lines: the id, and what became of it.
fn say(
    object: &SignedObject,
    file: Option<&Path>,
    outcome: &anyhow::Result<Place>,
    shared: &Shared,
) -> anyhow::Result<()> {
    let reason = outcome.as_ref().err().map(terminal::in_one_line);
    if shared.json {
        let place = outcome.as_ref().ok();
        let mut json = json!({
            "kind": object.kind().name(),
            "id": object.id().to_string(),
            "registered": place.is_some(),
            "leaf": place.map(|place| place.leaf),
            "logged_at": place.map(|place| place.at.to_string()),
            "reason": reason,
        });
        if let Some(file) = file {
            json["file"] = Json::String(file.display().to_string());
        }
        return terminal::print_json(&json);
    }
    let said = match outcome {
        Ok(place) => format!(
            "REGISTERED as leaf {} of the log, {}",
            place.leaf,
            place.at.day_and_time()
        ),
        Err(_) => format!("NOT REGISTERED: {}", reason.unwrap_or_default()),
    };
    terminal::print_text(&format!("{}\n{said}", object.id()))
}

/// `withdrawal-0123456789abcdef.cose` in the present folder: a name without a patient's in it.
fn default_name(object: &SignedObject) -> PathBuf {
    let id = object.id().to_string();
    PathBuf::from(format!("{}-{}.cose", object.kind(), &id[..16]))
}
