//! `planseal monitor`: follows a log and has everything that the service signs computed again from the leaves.
//!
//! Core judges; here leaves and views are fetched, the state is kept, and evidence is written. Views are fetched before
//! the checkpoint, so that it covers what they speak of. The state moves on only after everything held.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::monitor::{Contradiction, Fault, Monitor as Follower, Observed};
use planseal::time::Timestamp;
use planseal::trust::{OrgCode, TrustPolicy};
use planseal_signer::output::{self, Access, Existing};
use serde_json::{Value as Json, json};

use crate::arguments::{Monitor, Shared};
use crate::log_reader::RawLog;
use crate::server::Server;
use crate::{evidence, files, terminal};

/// 256 MiB: four million leaves (core's own cap on states).
const MAX_STATE: usize = 256 << 20;

/// 1 MiB: ten thousand certificates expected.
const MAX_EXPECTED: usize = 1 << 20;

pub(crate) fn run(arguments: &Monitor, shared: &Shared) -> anyhow::Result<ExitCode> {
    let watch = Watch::read(arguments)?;
    let policy = evidence::policy(&arguments.trust_policy)?;
    let server = Server::at(&arguments.server)?;
    loop {
        let outcome = look(arguments, &watch, &policy, &server)?;
        say(&outcome, shared)?;
        let again = matches!(outcome, Outcome::Consistent { .. } | Outcome::Unconfirmed(_));
        match arguments.every.filter(|_| again) {
            Some(minutes) => std::thread::sleep(Duration::from_secs(u64::from(minutes) * 60)),
            None => return Ok(ExitCode::from(outcome.code())),
        }
    }
}

/// What one look came to.
enum Outcome {
    Consistent { size: u64, grown: u64, views: usize },
    Contradiction { fault: Fault, file: PathBuf },
    Unexpected(Vec<Stranger>),
    Unconfirmed(anyhow::Error),
}

/// A certificate that nobody expected.
struct Stranger {
    index: u64,
    id: ObjectId,
    words: String,
}

impl Outcome {
    const fn code(&self) -> u8 {
        match self {
            Self::Consistent { .. } => 0,
            Self::Contradiction { .. } => 20,
            Self::Unexpected(_) => 21,
            Self::Unconfirmed(_) => 22,
        }
    }
}

/// An organisation whose certificates are watched.
struct Watch {
    organisation: Option<OrgCode>,
    expected: BTreeSet<ObjectId>,
}

impl Watch {
    fn read(arguments: &Monitor) -> anyhow::Result<Self> {
        let organisation = arguments.organisation.as_deref().map(OrgCode::parse);
        let expected = match &arguments.expect {
            None => BTreeSet::new(),
            Some(path) => expected(&files::read_text(path, MAX_EXPECTED)?)
                .with_context(|| format!("{} does not list certificates", path.display()))?,
        };
        Ok(Self {
            organisation: organisation.transpose()?,
            expected,
        })
    }

    /// Certificates in the organisation's name that are not expected.
    fn strangers(&self, follower: &Follower) -> Vec<Stranger> {
        let Some(organisation) = &self.organisation else {
            return Vec::new();
        };
        follower
            .certificates_of(organisation)
            .filter(|watched| !self.expected.contains(&watched.id))
            .map(|watched| {
                let roles: Vec<String> = watched
                    .certificate
                    .fields()
                    .roles
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                Stranger {
                    index: watched.index,
                    id: watched.id,
                    words: format!("{} ({})", watched.certificate.name(), roles.join(", ")),
                }
            })
            .collect()
    }
}

/// One id to a line; the rest of the line is a remark.
fn expected(text: &str) -> anyhow::Result<BTreeSet<ObjectId>> {
    let mut ids = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(word) = line
            .split_whitespace()
            .next()
            .filter(|word| !word.starts_with('#'))
        else {
            continue;
        };
        let id = ObjectId::parse(word)
            .with_context(|| format!("line {number} does not begin with a certificate's id"))?;
        ids.insert(id);
    }
    Ok(ids)
}

/// One look. What keeps this machine from looking is an error; what the service does is an outcome.
fn look(
    arguments: &Monitor,
    watch: &Watch,
    policy: &TrustPolicy,
    server: &Server,
) -> anyhow::Result<Outcome> {
    let mut follower = follower(&arguments.state, policy)?;
    let mut given = Vec::new();
    for path in arguments.heads.iter().chain(&arguments.snapshots) {
        given.push(files::read_object(path)?);
    }
    let before = follower.size();
    let views = match follow(&mut follower, policy, server, &given) {
        Ok(views) => views,
        Err(Met::Contradiction(evidence, fault)) => {
            let file = write_evidence(&arguments.evidence, &evidence)?;
            return Ok(Outcome::Contradiction { fault, file });
        }
        Err(Met::Unconfirmed(reason)) => return Ok(Outcome::Unconfirmed(reason)),
    };
    let strangers = watch.strangers(&follower);
    if !strangers.is_empty() {
        return Ok(Outcome::Unexpected(strangers));
    }
    if let Some(unseen) = follower
        .certificates_not_shown()
        .first()
        .filter(|_| watch.organisation.is_some())
    {
        return Ok(Outcome::Unconfirmed(anyhow!(
            "leaf {unseen} is a certificate that the service's trust list does not show yet: nobody can watch it"
        )));
    }
    if let Some(state) = follower.state() {
        output::write(
            &arguments.state,
            state.as_slice(),
            Access::Owner,
            Existing::Replace,
        )?;
    }
    Ok(Outcome::Consistent {
        size: follower.size(),
        grown: follower.size() - before,
        views,
    })
}

fn follower(path: &Path, policy: &TrustPolicy) -> anyhow::Result<Follower> {
    if !path.exists() {
        return Ok(Follower::begin(policy.clone()));
    }
    let state = files::read(path, MAX_STATE)?;
    Follower::resume(policy.clone(), &state).with_context(|| format!("{} cannot be used", path.display()))
}

/// What ended a look early.
enum Met {
    Contradiction(Box<Contradiction>, Fault),
    Unconfirmed(anyhow::Error),
}

impl From<Observed> for Met {
    fn from(observed: Observed) -> Self {
        match observed {
            Observed::Contradiction { evidence, fault } => Self::Contradiction(evidence, fault),
            other => Self::Unconfirmed(other.into()),
        }
    }
}

impl From<anyhow::Error> for Met {
    fn from(fault: anyhow::Error) -> Self {
        Self::Unconfirmed(fault)
    }
}

/// Follows the log and has every view judged; how many views were.
fn follow(
    follower: &mut Follower,
    policy: &TrustPolicy,
    server: &Server,
    given: &[SignedObject],
) -> Result<usize, Met> {
    let list = server.trust_list().map_err(anyhow::Error::from)?;
    let snapshot = server.snapshot().map_err(anyhow::Error::from)?;
    grow(follower, policy, &RawLog::of(server))?;
    follower.show_list(&list)?;
    for view in given.iter().chain([&snapshot]) {
        follower.show(view)?;
    }
    Ok(given.len() + 2)
}

/// The added leaves first; where they do not lead to the signed tree, all of them, because only that can prove a past
/// that was rewritten.
fn grow(follower: &mut Follower, policy: &TrustPolicy, log: &RawLog<'_>) -> Result<(), Met> {
    let note = log.checkpoint()?;
    let size = VerifiedCheckpoint::verify(&note, policy)
        .context("the log's checkpoint was not accepted under the pinned policy")?
        .size();
    let added = log.entries(follower.size().min(size)..size, size)?;
    match follower.grow(&note, &added) {
        Err(Observed::OtherLeaves { .. }) => {
            let all = log.entries(0..size, size)?;
            Err(follower.compare(&note, all).into())
        }
        other => Ok(other?),
    }
}

/// The same evidence is written once.
fn write_evidence(folder: &Path, evidence: &Contradiction) -> anyhow::Result<PathBuf> {
    let bytes = evidence.encode();
    let digest = ObjectId::of(bytes.as_slice()).to_string();
    let file = folder.join(format!("contradiction-{}.cbor", &digest[..16]));
    match output::write(&file, bytes.as_slice(), Access::Everyone, Existing::Keep) {
        Ok(()) | Err(output::OutputError::Exists { .. }) => Ok(file),
        Err(fault) => {
            Err(fault).context("THE SERVICE CONTRADICTS ITSELF, and the evidence could not be kept")
        }
    }
}

fn say(outcome: &Outcome, shared: &Shared) -> anyhow::Result<()> {
    let at = terminal::now()?;
    if shared.json {
        return terminal::print_json(&as_json(outcome, at));
    }
    let lines = match outcome {
        Outcome::Consistent { .. } if shared.quiet => return Ok(()),
        Outcome::Consistent { size, grown, views } => vec![format!(
            "CONSISTENT {}: {size} leaves ({grown} new) and {views} signed views hold.",
            at.day_and_time()
        )],
        Outcome::Contradiction { fault, file } => vec![
            format!("CONTRADICTION {}: {fault}.", at.day_and_time()),
            format!(
                "The evidence is {}: keep it, and give it to the region's other organisations. Anybody who pins the \
                 same policy can check it: planseal inspect --trust-policy FILE {}",
                file.display(),
                file.display()
            ),
        ],
        Outcome::Unexpected(strangers) => {
            let mut lines = vec![format!(
                "UNEXPECTED CERTIFICATE {}: ask your registrar at once; if nobody here asked for it, revoke it.",
                at.day_and_time()
            )];
            lines.extend(
                strangers
                    .iter()
                    .map(|one| format!("  leaf {}: {} {}", one.index, one.id, one.words)),
            );
            lines
        }
        Outcome::Unconfirmed(reason) => vec![format!(
            "UNCONFIRMED {}: {}. Nothing is proved; the state stays as it was.",
            at.day_and_time(),
            terminal::in_one_line(reason)
        )],
    };
    terminal::print_text(&lines.join("\n"))
}

/// The documented JSON, one document a look.
fn as_json(outcome: &Outcome, at: Timestamp) -> Json {
    let mut json = match outcome {
        Outcome::Consistent { size, grown, views } => json!({
            "outcome": "consistent", "size": size, "new_leaves": grown, "views": views,
        }),
        Outcome::Contradiction { fault, file } => json!({
            "outcome": "contradiction", "fault": fault.to_string(), "evidence": file.display().to_string(),
        }),
        Outcome::Unexpected(strangers) => {
            let certificates: Vec<Json> = strangers
                .iter()
                .map(|one| json!({ "leaf": one.index, "id": one.id.to_string(), "certifies": one.words }))
                .collect();
            json!({ "outcome": "unexpected_certificate", "certificates": certificates })
        }
        Outcome::Unconfirmed(reason) => json!({
            "outcome": "unconfirmed", "reason": terminal::in_one_line(reason),
        }),
    };
    json["format"] = json!("planseal.monitor.1");
    json["looked_at"] = json!(at.to_string());
    json["exit_code"] = json!(outcome.code());
    json
}
