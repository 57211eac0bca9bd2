//! `planseal status`: what became of a plan, by a service's own signed word: state, warnings, and the history of the
//! record. Everything shown was verified; what was not is said to be so. The exit codes are those of verify.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::check::{Question, Reader, State, Verdict};
use planseal::head::{Head, HeadState};
use planseal::id::PlanId;
use planseal::statement::Kind;
use planseal::verify::Verified;
use serde_json::{Value as Json, json};

use crate::arguments::{Shared, Status};
use crate::carrier::Carrier;
use crate::evidence::Region;
use crate::history::{self, Entry, Standing};
use crate::server::Server;
use crate::{evidence, subject, terminal};

pub(crate) fn run(arguments: &Status, shared: &Shared) -> anyhow::Result<ExitCode> {
    let server = Server::at(&arguments.server)?;
    let region = evidence::region_of(&arguments.trusted, &server)?;
    if let Some(entries) = without_version(&arguments.plan, &server, &region)? {
        return show_received(&arguments.plan, &entries, shared);
    }
    let carrier = subject::carrier(&arguments.plan, Some(&server), &region)?;
    let pointer = carrier
        .pointer()
        .context("this file names no record: give a version's envelope, bundle or PDF")?;
    let head = subject::head(pointer.plan, &server, &region)?;
    let mut reader = evidence::reader(&arguments.trusted)?;
    reader.add_trust_list(&server.trust_list()?)?;
    reader.add_head(head.object())?;
    let verdict = judge(&carrier, &reader)?;
    let history =
        history::of_record(pointer.plan, &server, &region).and_then(|entries| ends_as_said(entries, &head));
    let code = exit_code(&verdict, &history);
    show(&verdict, &head, &history, code, shared)?;
    Ok(ExitCode::from(code))
}

/// The word for a record that holds what was received, and no plan yet.
const RECEIVED: &str = "RECEIVED, NOT YET REVIEWED";

/// The history of a record that was named by its id and has statements, but no version: something was received, and
/// nobody has reviewed it.
fn without_version(named: &str, server: &Server, region: &Region) -> anyhow::Result<Option<Vec<Entry>>> {
    let Ok(plan) = PlanId::parse(named) else {
        return Ok(None);
    };
    if Path::new(named).exists() || subject::has_head(plan, server)? {
        return Ok(None);
    }
    let entries = history::of_record(plan, server, region)?;
    let reviewed = entries.iter().any(|entry| entry.kind == Kind::Version);
    Ok(Some(entries).filter(|entries| !entries.is_empty() && !reviewed))
}

fn show_received(plan: &str, entries: &[Entry], shared: &Shared) -> anyhow::Result<ExitCode> {
    let code = State::CurrencyUnknown.exit_code();
    if shared.json {
        terminal::print_json(&json!({
            "format": "planseal.status.1", "state": RECEIVED, "exit_code": code, "plan": plan,
            "history": entries.iter().map(line).collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::from(code));
    }
    let mut lines = vec![
        RECEIVED.to_owned(),
        "There is no plan in this record. An advance decision was received; it may bind. Ask for it."
            .to_owned(),
        "History:".to_owned(),
    ];
    lines.extend(entries.iter().map(in_history));
    terminal::print_text(&lines.join("\n"))?;
    Ok(ExitCode::from(code))
}

fn in_history(entry: &Entry) -> String {
    let suspended = match entry.standing {
        Standing::Stands => "",
        Standing::Suspended => "SUSPENDED, the signer's key was later revoked from before it: ",
    };
    format!(
        "  {} (leaf {}, {}) {suspended}{}",
        entry.logged_at.day_and_time(),
        entry.leaf,
        entry.by,
        entry.says
    )
}

fn judge(carrier: &Carrier, reader: &Reader) -> anyhow::Result<Verdict> {
    let question = Question::at(terminal::now()?);
    Ok(match carrier {
        Carrier::Pdf(bundle) | Carrier::Bundle(bundle) => reader.check_bundle(bundle, &question),
        Carrier::Envelope(object) => reader.check_envelope(object, &question),
        Carrier::Code(code) => reader.check_code(code, &question),
    })
}

/// The history ends with the version that the head calls the latest, in the state that the head says.
fn ends_as_said(entries: Vec<Entry>, head: &Verified<Head>) -> anyhow::Result<Vec<Entry>> {
    let content = head.content();
    let known = || entries.iter().filter(|entry| entry.leaf < content.size);
    let last = known()
        .rfind(|entry| entry.kind == Kind::Version)
        .filter(|last| last.leaf == content.leaf && last.id == content.latest)
        .context("the service's history ends with another version than the one that it calls the latest")?;
    let withdrawn = known().any(|entry| entry.kind == Kind::Withdrawal && entry.leaf > last.leaf);
    let state = match last.standing {
        _ if withdrawn => HeadState::Withdrawn,
        Standing::Suspended => HeadState::Suspended,
        Standing::Stands => HeadState::Current,
    };
    ensure!(
        state == content.state,
        "the service's word on this record is another than its history: keep both, and tell the service's operator"
    );
    Ok(entries)
}

/// A history that does not hold takes "current" back, and nothing else.
fn exit_code(verdict: &Verdict, history: &anyhow::Result<Vec<Entry>>) -> u8 {
    let good = matches!(verdict.state(), State::Current | State::CurrentWithWarning);
    if good && history.is_err() {
        State::CurrencyUnknown.exit_code()
    } else {
        verdict.exit_code()
    }
}

fn show(
    verdict: &Verdict,
    head: &Verified<Head>,
    history: &anyhow::Result<Vec<Entry>>,
    code: u8,
    shared: &Shared,
) -> anyhow::Result<()> {
    if shared.json {
        return terminal::print_json(&as_json(verdict, head, history, code));
    }
    let content = head.content();
    let mut lines = vec![verdict.state().word().to_owned(), verdict.line()];
    lines.push(format!(
        "Record {}; its latest version is {}, signed {}.",
        content.plan,
        content.version_number,
        content.signed_at.day_and_time()
    ));
    lines.extend(
        warnings(verdict)
            .iter()
            .map(|warning| format!("WARNING: {warning}")),
    );
    lines.extend(verdict.notes().iter().cloned());
    match history {
        Ok(entries) => {
            lines.push("History:".into());
            lines.extend(entries.iter().map(in_history));
        }
        Err(fault) => lines.push(format!(
            "CANNOT CHECK the history, so that \"current\" is not confirmed: {}",
            terminal::in_one_line(fault)
        )),
    }
    terminal::print_text(&lines.join("\n"))
}

fn warnings(verdict: &Verdict) -> &[String] {
    verdict.currency().map_or(&[], |currency| currency.warnings())
}

/// The documented JSON. Fields are only ever added.
fn as_json(verdict: &Verdict, head: &Verified<Head>, history: &anyhow::Result<Vec<Entry>>, code: u8) -> Json {
    let content = head.content();
    let entries = history
        .as_ref()
        .ok()
        .map(|entries| entries.iter().map(line).collect::<Vec<_>>());
    json!({
        "format": "planseal.status.1",
        "state": verdict.state().word(),
        "exit_code": code,
        "line": verdict.line(),
        "plan": content.plan.to_string(),
        "latest": { "version": content.version_number, "id": content.latest.to_string(), "leaf": content.leaf },
        "as_of": content.issued_at.to_string(),
        "warnings": warnings(verdict),
        "notes": verdict.notes(),
        "history": entries,
        "history_refused": history.as_ref().err().map(terminal::in_one_line),
    })
}

fn line(entry: &Entry) -> Json {
    json!({
        "kind": entry.kind.name(), "id": entry.id.to_string(), "leaf": entry.leaf,
        "logged_at": entry.logged_at.to_string(), "by": entry.by, "says": entry.says,
        "suspended": entry.standing == Standing::Suspended,
    })
}
