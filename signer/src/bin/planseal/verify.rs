//! `planseal verify`: a thin shell around core's check. It reads the file and the evidence, asks, and prints.

use std::process::ExitCode;

use anyhow::Context as _;
use planseal::bundle::Bundle;
use planseal::check::{Attachments, Authenticity, FileState, Question, Reader, State, Verdict};
use planseal::currency::{Answer, Source};
use planseal::time::Timestamp;
use planseal::verify::Verified;
use planseal_render::carried;
use planseal_render::print::{self, Print, PrintError};
use planseal_signer::output::Access;
use serde_json::{Value as Json, json};

use crate::arguments::{Shared, Verify};
use crate::carrier::Carrier;
use crate::server::Server;
use crate::{evidence, files, terminal, words};

pub(crate) fn run(arguments: &Verify, shared: &Shared) -> anyhow::Result<ExitCode> {
    let bytes = files::read(&arguments.file, files::MAX_FILE)?;
    let attachments = arguments
        .attachments
        .iter()
        .map(|path| files::read(path, files::MAX_FILE))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let at = match arguments.at {
        Some(at) => at,
        None => terminal::now()?,
    };
    let mut asked = Asked {
        at,
        given: arguments.at.is_some(),
        unconfirmed: None,
        ages: (None, None),
    };
    let (verdict, pages) = match Carrier::of(&bytes) {
        Err(verdict) => (*verdict, None),
        Ok(carrier) => {
            let mut reader = evidence::reader(&arguments.trusted)?;
            if let Some(path) = &arguments.snapshot {
                let snapshot = files::read_object(path)?;
                reader
                    .add_snapshot(&snapshot)
                    .with_context(|| format!("the snapshot {} was not accepted", path.display()))?;
            }
            asked.unconfirmed = ask_server(arguments, &carrier, &mut reader)?;
            asked.ages = reader.ages();
            let question = Question {
                at,
                max_age: arguments.max_age.map(|minutes| i64::from(minutes) * 60),
                attachments: &attachments,
            };
            check(&carrier, &bytes, &reader, arguments, &question)?
        }
    };
    show(&verdict, &asked, arguments, shared)?;
    write_pages(pages, arguments, shared)?;
    Ok(ExitCode::from(verdict.exit_code()))
}

/// How the question was put, for saying it beside the answer.
struct Asked {
    at: Timestamp,
    given: bool,
    unconfirmed: Option<String>,
    ages: (Option<Timestamp>, Option<Timestamp>),
}

/// Gives the reason when a service was asked and could not confirm; that never changes what the files say.
fn ask_server(arguments: &Verify, carrier: &Carrier, reader: &mut Reader) -> anyhow::Result<Option<String>> {
    let Some(address) = arguments.server.as_deref().filter(|_| !arguments.offline) else {
        return Ok(None);
    };
    let server = Server::at(address)?;
    let outcome = server.inform(reader, carrier.pointer().as_ref());
    Ok(outcome
        .err()
        .map(|fault| format!("could not confirm with {address}: {fault}")))
}

fn check(
    carrier: &Carrier,
    file: &[u8],
    reader: &Reader,
    arguments: &Verify,
    question: &Question<'_>,
) -> anyhow::Result<(Verdict, Option<Pages>)> {
    match carrier {
        Carrier::Pdf(bundle) => check_bundle(bundle, Some(file), reader, arguments, question),
        Carrier::Bundle(bundle) => check_bundle(bundle, None, reader, arguments, question),
        Carrier::Envelope(object) => Ok((reader.check_envelope(object, question), None)),
        Carrier::Code(code) => Ok((reader.check_code(code, question), None)),
    }
}

/// Checks a bundle with the files that a PDF around it holds, makes the plan's pages again and compares (FORMAT §7).
fn check_bundle(
    bundle: &Bundle,
    file: Option<&[u8]>,
    reader: &Reader,
    arguments: &Verify,
    question: &Question<'_>,
) -> anyhow::Result<(Verdict, Option<Pages>)> {
    let Ok(checked) = reader.open_bundle(bundle) else {
        return Ok((reader.check_bundle(bundle, question), None));
    };
    let named = checked.version().verified().content().attachments();
    let carried = file.map_or_else(Vec::new, |file| carried::attachments(file, named));
    let files = [question.attachments, &carried].concat();
    let verdict = reader.check_bundle(
        bundle,
        &Question {
            attachments: &files,
            ..*question
        },
    );
    let policies = evidence::policies(&arguments.trusted)?;
    let Some(policy) = policies.iter().find(|policy| policy.root().id() == bundle.root) else {
        return Ok((verdict, None));
    };
    let again = Print {
        checked: &checked,
        bundle: &bundle.encode()?,
        files: &files,
        policy,
    };
    let verdict = match file {
        Some(file) => verdict.in_file(print::compare(file, &again)),
        None => verdict,
    };
    let asked = arguments.pages.is_some() && verdict.bundle().is_some();
    let answer = verdict.currency().map(|currency| currency.answer());
    let pages = asked.then(|| print::show(&again, answer));
    Ok((verdict, pages))
}

/// Our own pages, or why they cannot be made.
type Pages = Result<Vec<u8>, PrintError>;

/// Our own pages, whatever the received ones looked like. The verdict was told before, and its exit code stays when there is
/// no plan here whose pages could be made.
fn write_pages(pages: Option<Pages>, arguments: &Verify, shared: &Shared) -> anyhow::Result<()> {
    let Some(path) = &arguments.pages else {
        return Ok(());
    };
    let Some(pages) = pages else {
        terminal::remark(
            shared,
            "No pages were written: they are made from a PDF or bundle that verifies under a pinned trust policy.",
        );
        return Ok(());
    };
    let pages = pages.context("the plan's pages cannot be made from what is at hand")?;
    files::write(path, &pages, Access::Owner, shared)
}

fn show(verdict: &Verdict, asked: &Asked, arguments: &Verify, shared: &Shared) -> anyhow::Result<()> {
    if shared.json {
        return terminal::print_json(&as_json(verdict, asked, arguments));
    }
    if shared.quiet {
        return Ok(());
    }
    if let Some(reason) = &asked.unconfirmed {
        terminal::remark(shared, reason);
    }
    terminal::print_text(&as_words(verdict, asked, arguments, shared).join("\n"))
}

fn as_words(verdict: &Verdict, asked: &Asked, arguments: &Verify, shared: &Shared) -> Vec<String> {
    let word = verdict.state().word();
    let mut lines = vec![if terminal::coloured(shared) {
        painted(verdict.state(), word)
    } else {
        word.to_owned()
    }];
    lines.push(verdict.line());
    if !verdict.reason().is_empty() && !verdict.line().contains(verdict.reason()) {
        lines.push(format!("Why: {}", verdict.reason()));
    }
    if arguments.trusted.policies.is_empty() && verdict.state() == State::SignerUnknown {
        lines.push("Cannot check here: no root pinned; pass --trust-policy.".into());
    }
    if let Some(version) = verdict.version() {
        let author = version.content().author();
        lines.push(format!(
            "Version {} of {}, signed {} by {}, {}.",
            version.content().version_number(),
            version.content().plan(),
            version.signed_at().day_and_time(),
            author.name(),
            author.org()
        ));
    }
    match verdict.attachments() {
        Attachments::None | Attachments::Mismatch => {}
        Attachments::AllMatch => lines.push("Attachments: all match.".into()),
        Attachments::Missing { count } => {
            lines.push(format!("Attachments: {count} not at hand, not checked."))
        }
    }
    lines.extend(verdict.notes().iter().cloned());
    if asked.given {
        lines.push(format!(
            "Judged as of {}, the time given.",
            asked.at.day_and_time()
        ));
    }
    if !matches!(verdict.state(), State::Current) && !verdict.contact().is_empty() {
        lines.push(format!("Ask: {}", verdict.contact()));
    }
    lines.extend(summary(verdict, arguments));
    lines
}

/// The emergency summary: when asked for, and always for a printed code, whose words are on paper already and must be
/// compared with it.
fn summary(verdict: &Verdict, arguments: &Verify) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(card) = verdict.unchecked_card().filter(|_| arguments.show) {
        lines.push(String::new());
        lines.extend(
            words::card(card)
                .into_iter()
                .map(|line| format!("UNCHECKED: {line}")),
        );
    } else if let Some(version) = verdict.version().filter(|_| arguments.show) {
        lines.push(String::new());
        lines.extend(words::headline(version.content()));
    } else if let (Some(card), None) = (verdict.card(), verdict.version()) {
        lines.push(String::new());
        lines.extend(words::card(card.content()));
    }
    lines
}

/// Colour belongs to the verdict only, and never says anything that the word does not (UX §1).
fn painted(state: State, word: &str) -> String {
    let code = match state {
        State::Current => "1;32",
        State::CurrentWithWarning | State::CurrentInAlteredFile | State::Superseded => "1;33",
        State::Withdrawn | State::Suspended | State::NotGenuine => "1;31",
        State::CurrencyUnknown | State::SignerUnknown => "1;34",
        State::CannotRead => "1",
    };
    format!("\u{1b}[{code}m{word}\u{1b}[0m")
}

/// The documented JSON: three answers, never merged. Fields are only ever added.
fn as_json(verdict: &Verdict, asked: &Asked, arguments: &Verify) -> Json {
    let plan = verdict.version().map(|version| {
        let content = version.content();
        json!({
            "record": content.plan().to_string(),
            "version": content.version_number(),
            "id": version.id().to_string(),
            "signed_at": version.signed_at().to_string(),
            "author": content.author().name().as_str(),
            "organisation": content.author().org().as_str(),
        })
    });
    let made = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({
        "format": "planseal.verdict.1",
        "state": verdict.state().word(),
        "exit_code": verdict.exit_code(),
        "line": verdict.line(),
        "authentic": authentic(verdict.authenticity()),
        "current": current(verdict),
        "attachments": attachments(verdict.attachments()),
        "file": match verdict.file() {
            FileState::NotCompared => "not_compared",
            FileState::Genuine => "genuine",
            FileState::Sealed => "sealed",
            FileState::Altered => "altered",
        },
        "plan": plan,
        "card": verdict.card().map(Verified::id).map(|id| id.to_string()),
        "notes": verdict.notes(),
        "contact": verdict.contact(),
        "judged_at": asked.at.to_string(),
        "time_was_given": asked.given,
        "evidence": {
            "pinned": arguments.trusted.policies.len(),
            "trust_list": made(asked.ages.0),
            "snapshot": made(asked.ages.1),
            "unconfirmed": asked.unconfirmed,
        },
        "summary": summary(verdict, arguments).into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>(),
    })
}

fn authentic(answer: &Authenticity) -> Json {
    match answer {
        Authenticity::Verified => json!({ "answer": "verified" }),
        Authenticity::RegistrationNotShown => json!({ "answer": "registration_not_shown" }),
        Authenticity::CannotCheck(reason) => json!({ "answer": "cannot_check", "reason": reason }),
        Authenticity::Failed(reason) => json!({ "answer": "failed", "reason": reason }),
    }
}

fn current(verdict: &Verdict) -> Json {
    let Some(currency) = verdict.currency() else {
        return json!({ "answer": "not_asked" });
    };
    let said = |answer: &str, as_of: Timestamp, source: Source| {
        let source = match source {
            Source::Head => "head",
            Source::Snapshot => "snapshot",
            Source::TrustList => "trust_list",
        };
        json!({ "answer": answer, "as_of": as_of.to_string(), "source": source })
    };
    let mut json = match currency.answer() {
        Answer::Latest { as_of, source, .. } => said("latest", *as_of, *source),
        Answer::Superseded { as_of, source, .. } => said("superseded", *as_of, *source),
        Answer::Withdrawn { as_of, source, .. } => said("withdrawn", *as_of, *source),
        Answer::Suspended { as_of, source, .. } => said("suspended", *as_of, *source),
        Answer::Unknown(_) => json!({ "answer": "unknown" }),
    };
    if let Answer::Latest { warnings, .. }
    | Answer::Superseded { warnings, .. }
    | Answer::Withdrawn { warnings, .. }
    | Answer::Suspended { warnings, .. } = currency.answer()
    {
        json["warnings"] = json!(warnings);
    }
    if let Answer::Superseded {
        newer_signed_at: Some(at),
        ..
    } = currency.answer()
    {
        json["newer_signed_at"] = json!(at.to_string());
    }
    if let Some(at) = currency.latest_when_printed() {
        json["latest_when_printed"] = json!(at.to_string());
    }
    json
}

fn attachments(answer: Attachments) -> Json {
    match answer {
        Attachments::None => json!({ "answer": "none" }),
        Attachments::AllMatch => json!({ "answer": "all_match" }),
        Attachments::Missing { count } => json!({ "answer": "missing", "count": count }),
        Attachments::Mismatch => json!({ "answer": "mismatch" }),
    }
}
