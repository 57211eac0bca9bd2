//! `planseal status`: what became of a plan, by a service's own signed word: state, warnings, and the history of the
//! record. Everything shown was verified; what was not is said to be so. The exit codes are those of verify.

use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use planseal::check::{Question, Reader, State, Verdict};
use planseal::currency::Answer;
use planseal::envelope::SignedObject;
use planseal::head::Head;
use planseal::id::PlanId;
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::{
    Custody, Endorsement, Hold, Intake, Kind, LoggedStatement, Report, Resolution, Withdrawal,
};
use planseal::verify::{self, Logged, Verified};
use serde_json::{Value as Json, json};

use crate::arguments::{Shared, Status};
use crate::carrier::Carrier;
use crate::evidence::Region;
use crate::server::Server;
use crate::{evidence, registration, subject, terminal, words};

/// 64 MiB: a record with hundreds of statements, each with its receipt.
const MAX_STATEMENTS: usize = 64 << 20;

pub(crate) fn run(arguments: &Status, shared: &Shared) -> anyhow::Result<ExitCode> {
    let server = Server::at(&arguments.server)?;
    let region = evidence::region_of(&arguments.trusted, &server)?;
    let carrier = subject::carrier(&arguments.plan, Some(&server), &region)?;
    let pointer = carrier
        .pointer()
        .context("this file names no record: give a version's envelope, bundle or PDF")?;
    let head = subject::head(pointer.plan, &server, &region)?;
    let mut reader = evidence::reader(&arguments.trusted)?;
    reader.add_trust_list(&server.trust_list()?)?;
    reader.add_head(head.object())?;
    let verdict = judge(&carrier, &reader)?;
    let history = history(pointer.plan, &head, &server, &region);
    let code = exit_code(&verdict, &history);
    show(&verdict, &head, &history, code, shared)?;
    Ok(ExitCode::from(code))
}

fn judge(carrier: &Carrier, reader: &Reader) -> anyhow::Result<Verdict> {
    let question = Question::at(terminal::now()?);
    Ok(match carrier {
        Carrier::Pdf(bundle) | Carrier::Bundle(bundle) => reader.check_bundle(bundle, &question),
        Carrier::Envelope(object) => reader.check_envelope(object, &question),
        Carrier::Code(code) => reader.check_code(code, &question),
    })
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

/// One verified statement of a record.
struct Entry {
    kind: Kind,
    id: String,
    leaf: u64,
    logged_at: planseal::time::Timestamp,
    by: String,
    says: String,
}

/// All statements of the record, each verified and proved to be registered, in leaf order, and none newer than the head
/// knows of that would change what the head says.
fn history(
    plan: PlanId,
    head: &Verified<Head>,
    server: &Server,
    region: &Region,
) -> anyhow::Result<Vec<Entry>> {
    let list = server.json(&format!("/api/v1/plans/{plan}/statements"), MAX_STATEMENTS)?;
    let list = list
        .as_array()
        .context("the service sent no list of statements")?;
    let mut entries = Vec::new();
    for item in list {
        let object = SignedObject::parse(&registration::base64_of(item, "object")?)?;
        let receipt = registration::receipt(item, "receipt")?;
        entries.push(entry(plan, &object, &receipt, region)?);
    }
    ensure!(
        entries.is_sorted_by(|earlier, later| earlier.leaf < later.leaf),
        "the service's history is not in the order of its log"
    );
    let content = head.content();
    let last = entries.iter().rev().find(|entry| entry.kind == Kind::Version);
    ensure!(
        last.is_some_and(|last| last.leaf == content.leaf && last.id == content.latest.to_string()),
        "the service's history ends with another version than the one that it calls the latest"
    );
    Ok(entries)
}

fn entry(plan: PlanId, object: &SignedObject, receipt: &Receipt, region: &Region) -> anyhow::Result<Entry> {
    match object.kind() {
        Kind::Version => {
            let logged = logged::<PlanVersion>(plan, object, receipt, region)?;
            let number = logged.content().version_number();
            let why = logged.content().change_reason().to_string();
            Ok(of(&logged, region, format!("version {number}: {why}")))
        }
        Kind::Withdrawal => spoken::<Withdrawal>(plan, object, receipt, region),
        Kind::Endorsement => spoken::<Endorsement>(plan, object, receipt, region),
        Kind::Report => spoken::<Report>(plan, object, receipt, region),
        Kind::Resolution => spoken::<Resolution>(plan, object, receipt, region),
        Kind::Intake => spoken::<Intake>(plan, object, receipt, region),
        Kind::Custody => spoken::<Custody>(plan, object, receipt, region),
        Kind::Hold => spoken::<Hold>(plan, object, receipt, region),
        other => bail!("the service's history holds a {other}, which this software cannot judge: update it"),
    }
}

fn spoken<S: LoggedStatement>(
    plan: PlanId,
    object: &SignedObject,
    receipt: &Receipt,
    region: &Region,
) -> anyhow::Result<Entry> {
    let logged = logged::<S>(plan, object, receipt, region)?;
    let says = words::sentence(S::KIND, object.peek_unverified().1).unwrap_or_else(|| S::KIND.to_string());
    Ok(of(&logged, region, says))
}

fn logged<S: LoggedStatement>(
    plan: PlanId,
    object: &SignedObject,
    receipt: &Receipt,
    region: &Region,
) -> anyhow::Result<Logged<S>> {
    let statement = verify::statement::<S>(object, &region.directory)
        .with_context(|| format!("a {} in the service's history does not verify", S::KIND))?;
    ensure!(
        statement.content().record() == Some(plan),
        "a {} in the service's history is about another record",
        S::KIND
    );
    verify::logged(statement, receipt, &region.policy, &region.directory).with_context(|| {
        format!(
            "a {} in the service's history is not registered as it says",
            S::KIND
        )
    })
}

fn of<S: LoggedStatement>(logged: &Logged<S>, region: &Region, says: String) -> Entry {
    let signer = logged.verified().signer();
    let by = signer.and_then(|signer| region.directory.certificate(&signer));
    Entry {
        kind: S::KIND,
        id: logged.id().to_string(),
        leaf: logged.index(),
        logged_at: logged.time().start(),
        by: by.map_or_else(String::new, |by| {
            format!("{}, {}", by.content().name(), by.content().organisation())
        }),
        says,
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
            lines.extend(entries.iter().map(|entry| {
                format!(
                    "  {} (leaf {}, {}) {}",
                    entry.logged_at.day_and_time(),
                    entry.leaf,
                    entry.by,
                    entry.says
                )
            }));
        }
        Err(fault) => lines.push(format!(
            "CANNOT CHECK the history, so that \"current\" is not confirmed: {}",
            terminal::in_one_line(fault)
        )),
    }
    terminal::print_text(&lines.join("\n"))
}

fn warnings(verdict: &Verdict) -> &[String] {
    match verdict.currency().map(|currency| currency.answer()) {
        Some(Answer::Latest { warnings, .. }) => warnings,
        _ => &[],
    }
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
        "kind": entry.kind.name(), "id": entry.id, "leaf": entry.leaf,
        "logged_at": entry.logged_at.to_string(), "by": entry.by, "says": entry.says,
    })
}
