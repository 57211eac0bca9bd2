//! `planseal report`: what a reader saw or heard goes to the service, whose recorder key signs it and which warns every
//! reader at once. What comes back must be exactly what was reported, signed and registered.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::envelope::SignedObject;
use planseal::plan::PlanVersion;
use planseal::statement::{Report as Reported, ReportCode};
use planseal::verify::{self, Logged, Verified};
use serde_json::json;

use crate::arguments::{Report, Shared};
use crate::evidence::Region;
use crate::server::{Sending, Server};
use crate::{evidence, registration, subject, terminal};

pub(crate) fn run(arguments: &Report, shared: &Shared) -> anyhow::Result<ExitCode> {
    let server = Server::at(&arguments.server)?;
    let mut region = evidence::region_of(&arguments.trusted, &server)?;
    let version = subject::version(&arguments.plan, Some(&server), &mut region)?;
    let words = match &arguments.words {
        Some(words) => words.clone(),
        None => terminal::ask(shared, "What was said or seen, in those words: ")?,
    };
    let logged = send(arguments, words.trim(), &version, &server, &mut region)
        .context("NOT RECORDED, or not confirmed: report it again, or by telephone")?;
    let (id, at) = (logged.id().to_string(), logged.time().start());
    if shared.json {
        terminal::print_json(&json!({
            "kind": "report", "id": id, "registered": true, "leaf": logged.index(), "logged_at": at.to_string(),
        }))?;
    } else {
        terminal::print_text(&format!(
            "{id}\nREGISTERED as leaf {} of the log, {}: every reader of this plan is warned.",
            logged.index(),
            at.day_and_time()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn send(
    arguments: &Report,
    words: &str,
    version: &Verified<PlanVersion>,
    server: &Server,
    region: &mut Region,
) -> anyhow::Result<Logged<Reported>> {
    let code: ReportCode = arguments.code.into();
    let reporter = arguments.reporter.trim();
    let body = json!({
        "version": version.id().to_string(), "code": code, "words": words, "reporter": reporter,
    });
    let answer = server.post(&Sending {
        path: &format!("/api/v1/plans/{}/reports", version.content().plan()),
        media_type: "application/json",
        body: body.to_string().as_bytes(),
        fields: &[],
    })?;
    let object = registration::base64_of(&answer, "object")?;
    let object = SignedObject::parse(&object).context("the service sent no signed report back")?;
    let report = verify::statement::<Reported>(&object, &region.directory)
        .context("the report that came back does not verify")?;
    let content = report.content();
    let same = content.plan == version.content().plan()
        && content.version == version.id()
        && content.code == code
        && content.words.as_str() == words
        && content.reporter.as_str() == reporter;
    ensure!(same, "the service signed something else than what was reported");
    registration::confirm(report, &answer, server, region)
}
