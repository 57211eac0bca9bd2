//! `planseal endorse`: a senior clinician stands behind a version that a colleague signed.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::plan::PlanVersion;
use planseal::statement::{Endorsement, EndorsementCode, Kind};
use planseal::verify::{self, Verified};

use crate::arguments::{Endorse, Shared, Statement};
use crate::{files, signer, statement, terminal, words};

pub(crate) fn run(arguments: &Endorse, shared: &Shared) -> anyhow::Result<ExitCode> {
    let mut signer = signer::open(&arguments.by, Kind::Endorsement, shared)?;
    let object = files::read_object(&arguments.version)?;
    let version: Verified<PlanVersion> =
        verify::statement(&object, &signer.region.directory).with_context(|| {
            format!(
                "{} does not verify here: if its author's certificate was not given, pass --trust-list",
                arguments.version.display()
            )
        })?;
    let author = version
        .signer()
        .and_then(|id| signer.region.directory.certificate(&id));
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
    let lines = lines.concat();
    let endorsement = Endorsement {
        plan: content.plan(),
        version: version.id(),
        statement: match arguments.statement {
            Statement::ResponsibleClinician => EndorsementCode::ResponsibleClinician,
            Statement::SecondOpinion => EndorsementCode::SecondOpinion,
        },
        issued_at: terminal::now()?,
    };
    let signed = statement::sign(&endorsement, &lines, &signer, &arguments.by, shared)?;
    statement::deliver::<Endorsement>(&signed, &mut signer.region, &arguments.outgoing, shared)
}
