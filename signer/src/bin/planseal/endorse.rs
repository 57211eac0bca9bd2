//! `planseal endorse`: a senior clinician stands behind a version that a colleague signed.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::plan::PlanVersion;
use planseal::sign::ToBeSigned;
use planseal::statement::{Endorsement, EndorsementCode, Kind};
use planseal::verify::{self, Verified};
use planseal_signer::output::Access;
use serde_json::json;

use crate::arguments::{Endorse, Shared, Statement};
use crate::{files, signer, terminal, words};

pub(crate) fn run(arguments: &Endorse, shared: &Shared) -> anyhow::Result<ExitCode> {
    let signer = signer::open(&arguments.by, Kind::Endorsement, shared)?;
    let object = files::read_object(&arguments.version)?;
    let version: Verified<PlanVersion> =
        verify::statement(&object, &signer.directory).with_context(|| {
            format!(
                "{} does not verify here: if its author's certificate was not given, pass --trust-list",
                arguments.version.display()
            )
        })?;
    let author = version.signer().and_then(|id| signer.directory.certificate(&id));
    ensure!(
        author.is_some_and(|author| author.content().key() != signer.certificate.content().key()),
        "the author cannot endorse their own version: ask a colleague"
    );
    let content = version.content();
    let lines = [
        words::headline(content),
        words::frame(content),
        words::sections(content),
    ];
    eprintln!(
        "What you are about to endorse:\n\n{}\n",
        lines.concat().join("\n")
    );
    if !arguments.by.yes {
        terminal::confirm(shared, "Endorse this plan?")?;
    }
    let endorsement = Endorsement {
        plan: content.plan(),
        version: version.id(),
        statement: match arguments.statement {
            Statement::ResponsibleClinician => EndorsementCode::ResponsibleClinician,
            Statement::SecondOpinion => EndorsementCode::SecondOpinion,
        },
        issued_at: terminal::now()?,
    };
    let signed = ToBeSigned::statement(&endorsement, &signer.certificate)?.sign(&signer.key)?;
    files::write(&arguments.output, signed.bytes(), Access::Owner, shared)?;
    if shared.json {
        terminal::print_json(
            &json!({ "endorses": version.id().to_string(), "id": signed.id().to_string() }),
        )?;
    } else {
        terminal::print_text(&signed.id().to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}
