//! `planseal trust`: what is pinned, how old the evidence is, and fetching newer.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::envelope::SignedObject;
use planseal::log::tree::Hash;
use planseal::snapshot::Snapshot;
use planseal::statement::Statement;
use planseal::time::Timestamp;
use planseal::trust::{TrustList, TrustPolicy};
use planseal::verify::{self, Verified};
use planseal_signer::output::{self, Access, Existing};
use planseal_signer::seal;
use serde_json::{Value as Json, json};

use crate::arguments::{Policy, Shared, Trust, Trusted};
use crate::log_reader::LogReader;
use crate::server::Server;
use crate::{evidence, files, terminal};

/// A trust list older than this is said to be old: revocations since are not in it.
const OLD_LIST: i64 = 7 * DAY;

const DAY: i64 = 24 * 60 * 60;

/// 1 MiB, the cap on policies and what goes into them.
const MAX_INPUT: usize = 1 << 20;

pub(crate) fn run(arguments: &Trust, shared: &Shared) -> anyhow::Result<ExitCode> {
    match arguments {
        Trust::Fetch {
            trusted,
            server,
            output,
        } => fetch(trusted, server, output, shared),
        Trust::Show { trusted, snapshot } => show(trusted, snapshot.as_deref(), shared),
        Trust::Policy(asked) => put_together(asked, shared),
    }
}

/// A policy is not signed: whoever pins it compares its fingerprint with the operator's papers.
fn put_together(asked: &Policy, shared: &Shared) -> anyhow::Result<ExitCode> {
    let root = files::read_object(&asked.root)?;
    let witnesses = match &asked.witness_policy {
        Some(path) => String::from_utf8(files::read(path, MAX_INPUT)?)
            .with_context(|| format!("{} is no text", path.display()))?,
        None => "quorum none\n".to_owned(),
    };
    let policy = TrustPolicy::new(&root, &asked.log_key, &witnesses, &asked.contact)?;
    let policy = match &asked.seals {
        Some(path) => policy.with_seals(seal::fingerprint_of(&files::read(path, MAX_INPUT)?)?)?,
        None => policy,
    };
    files::write(&asked.output, policy.bytes().as_slice(), Access::Everyone, shared)?;
    let fingerprint = hex::encode(policy.id());
    if shared.json {
        terminal::print_json(&json!({ "policy": fingerprint }))?;
    } else {
        terminal::print_text(&fingerprint)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Both are verified, by signature and against the log's own tree, before either is written.
fn fetch(trusted: &Trusted, address: &str, folder: &Path, shared: &Shared) -> anyhow::Result<ExitCode> {
    let server = Server::at(address)?;
    let mut region = evidence::region_of(trusted, &server)?;
    let list = region.learn_from(&server)?;
    let snapshot = verify::statement::<Snapshot>(&server.snapshot()?, &region.directory)
        .context("the service's snapshot was not accepted")?;
    verify::view_in_force(&snapshot, snapshot.content().size(), &region.directory)
        .context("the service's snapshot was not accepted")?;
    let log = LogReader::open(&server, &region.policy)?;
    expect_in_log("trust list", list.content().size(), list.content().root(), &log)?;
    expect_in_log(
        "snapshot",
        snapshot.content().size(),
        snapshot.content().root(),
        &log,
    )?;
    let kept = [
        keep(&folder.join("trust-list.cbor"), &list, list.content().size())?,
        keep(
            &folder.join("snapshot.cbor"),
            &snapshot,
            snapshot.content().size(),
        )?,
    ];
    if shared.json {
        let files: Vec<Json> = kept.iter().map(Kept::json).collect();
        terminal::print_json(&json!({ "files": files }))?;
    } else {
        let lines: Vec<String> = kept.iter().map(Kept::line).collect();
        terminal::print_text(&lines.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn expect_in_log(what: &str, size: u64, root: Hash, log: &LogReader<'_>) -> anyhow::Result<()> {
    ensure!(
        log.root_at(size)? == root,
        "the {what} speaks of another tree than the log shows: nothing was written; tell the service's operator"
    );
    Ok(())
}

/// What became of a file.
struct Kept {
    path: PathBuf,
    made: Timestamp,
    size: u64,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Written,
    /// What lay there is as new or newer.
    NewerThere,
}

impl Kept {
    fn line(&self) -> String {
        let said = match self.outcome {
            Outcome::Written => "written",
            Outcome::NewerThere => "kept: what lies there is as new or newer than what the service gave",
        };
        let (path, made) = (self.path.display(), self.made.day_and_time());
        format!("{path}: of {made}, {} leaves; {said}", self.size)
    }

    fn json(&self) -> Json {
        json!({
            "file": self.path.display().to_string(),
            "made": self.made.to_string(),
            "size": self.size,
            "written": self.outcome == Outcome::Written,
        })
    }
}

/// Replaces a file by a newer one of the same kind. What lies there by this name and is something else stays.
fn keep<S: Statement>(path: &Path, newer: &Verified<S>, size: u64) -> anyhow::Result<Kept> {
    let made = newer.signed_at();
    let kept = |made, size, outcome| Kept {
        path: path.to_owned(),
        made,
        size,
        outcome,
    };
    let existing = if path.exists() {
        let held = files::read_object(path)?;
        let (held_size, held_made) = freshness(&held).with_context(|| {
            format!(
                "{} is no trust list or snapshot and was not touched: choose another folder",
                path.display()
            )
        })?;
        ensure!(
            held.kind() == S::KIND,
            "{} is a {} and was not touched: choose another folder",
            path.display(),
            held.kind()
        );
        if (held_size, held_made) >= (size, made) {
            return Ok(kept(held_made, held_size, Outcome::NewerThere));
        }
        Existing::Replace
    } else {
        Existing::Keep
    };
    output::write(path, newer.envelope(), Access::Everyone, existing)?;
    Ok(kept(made, size, Outcome::Written))
}

/// The larger tree is the newer, then the later time.
fn freshness(object: &SignedObject) -> Option<(u64, Timestamp)> {
    let list =
        TrustList::from_payload(object.peek_unverified().1).map(|list| (list.size(), list.issued_at()));
    let snapshot =
        || Snapshot::from_payload(object.peek_unverified().1).map(|held| (held.size(), held.issued_at()));
    list.or_else(|_| snapshot()).ok()
}

fn show(trusted: &Trusted, snapshot: Option<&Path>, shared: &Shared) -> anyhow::Result<ExitCode> {
    let policies = evidence::policies(trusted)?;
    ensure!(!policies.is_empty(), "no root is pinned: pass --trust-policy");
    let mut reader = evidence::reader(trusted)?;
    if let Some(path) = snapshot {
        reader
            .add_snapshot(&files::read_object(path)?)
            .with_context(|| format!("the snapshot {} was not accepted", path.display()))?;
    }
    let revocations = revocations(trusted)?;
    let (list, snapshot) = reader.ages();
    let now = terminal::now()?;
    let warnings = warnings(list, snapshot, now);
    if shared.json {
        let pins: Vec<Json> = policies.iter().map(described).collect();
        let made = |at: Option<Timestamp>| at.map(|at| at.to_string());
        terminal::print_json(&json!({
            "pinned": pins, "trust_list": made(list), "snapshot": made(snapshot),
            "revocations": revocations, "warnings": warnings,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let made = |at: Option<Timestamp>| {
        at.map_or_else(
            || "none given".into(),
            |at| format!("{} ({})", at.day_and_time(), age(now.since(at))),
        )
    };
    let mut lines: Vec<String> = policies.iter().flat_map(in_words).collect();
    lines.push(format!("Trust list: {}", made(list)));
    if list.is_some() {
        lines.push(format!("  certificates revoked: {revocations}"));
    }
    lines.push(format!("Snapshot: {}", made(snapshot)));
    lines.extend(warnings.iter().map(|warning| format!("WARNING: {warning}")));
    terminal::print_text(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// How many certificates the given lists say are revoked; the lists were verified before.
fn revocations(trusted: &Trusted) -> anyhow::Result<usize> {
    let mut revoked = std::collections::BTreeSet::new();
    for path in &trusted.lists {
        let list = TrustList::from_payload(files::read_object(path)?.peek_unverified().1)?;
        revoked.extend(list.revocations().map(|(certificate, _)| certificate));
    }
    Ok(revoked.len())
}

/// A reader whose lists are old must see that before anybody relies on them (UX §5).
fn warnings(list: Option<Timestamp>, snapshot: Option<Timestamp>, now: Timestamp) -> Vec<String> {
    let mut warnings = Vec::new();
    match list {
        None => warnings.push(
            "no trust list: most signers are unknown, and revocations are; run planseal trust fetch".into(),
        ),
        Some(at) if now.since(at) > OLD_LIST => warnings.push(format!(
            "the trust list was made {}: certificates revoked since are not in it; run planseal trust fetch",
            age(now.since(at))
        )),
        Some(_) => {}
    }
    if let Some(at) = snapshot
        && now.since(at) > planseal::snapshot::SNAPSHOT_VALIDITY
    {
        warnings.push(format!(
            "the snapshot was made {} and can no longer say that a plan is current; run planseal trust fetch",
            age(now.since(at))
        ));
    }
    for (what, at) in [("trust list", list), ("snapshot", snapshot)] {
        if at.is_some_and(|at| at.since(now) > planseal::currency::CLOCK_TOLERANCE) {
            warnings.push(format!(
                "the {what} is from the future: check this machine's clock"
            ));
        }
    }
    warnings
}

/// An age as people say it.
fn age(seconds: i64) -> String {
    let counted = |number: i64, one: &str| match number {
        1 => format!("1 {one} ago"),
        number => format!("{number} {one}s ago"),
    };
    match seconds {
        ..60 => "just now".into(),
        60..3600 => counted(seconds / 60, "minute"),
        3600..172_800 => counted(seconds / 3600, "hour"),
        _ => counted(seconds / DAY, "day"),
    }
}

fn in_words(policy: &TrustPolicy) -> Vec<String> {
    let root = policy.root().content();
    let mut lines = vec![
        format!("Root: {} of {}", root.name(), root.fields().organisation_name),
        format!("  root key fingerprint: {}", root.key().fingerprint()),
        format!("  policy fingerprint: {}", hex::encode(policy.id())),
        format!("  log: {}", policy.log()),
    ];
    let witnesses: Vec<&str> = policy.witnesses().witnesses().map(|key| key.name()).collect();
    lines.push(if policy.witnesses().asks_for_none() {
        "  witnesses: none are asked for: the log's own word is enough here".into()
    } else {
        format!("  witnesses: {}", witnesses.join(", "))
    });
    lines.push(format!("  contact: {}", policy.contact()));
    lines
}

fn described(policy: &TrustPolicy) -> Json {
    json!({
        "root": policy.root().id().to_string(),
        "root_name": policy.root().content().name(),
        "root_key_fingerprint": policy.root().content().key().fingerprint(),
        "policy": hex::encode(policy.id()),
        "log": policy.log().to_string(),
        "witnesses": policy.witnesses().witnesses().map(ToString::to_string).collect::<Vec<_>>(),
        "witnesses_required": !policy.witnesses().asks_for_none(),
        "contact": policy.contact(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_as_people_say_them() {
        for (seconds, words) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7199, "1 hour ago"),
            (26 * 3600, "26 hours ago"),
            (3 * DAY, "3 days ago"),
        ] {
            assert_eq!(age(seconds), words);
        }
    }

    #[test]
    fn old_lists_are_warned_of() {
        let now = Timestamp::parse("2026-11-22T12:00:00Z").expect("a time");
        let said = |list, snapshot| warnings(Some(now.plus(list)), Some(now.plus(snapshot)), now).join(" ");
        assert_eq!(said(-DAY, -3600), "");
        assert!(said(-8 * DAY, -3600).contains("revoked since"));
        assert!(said(-DAY, -27 * 3600).contains("can no longer say"));
        assert!(said(-DAY, 600).contains("from the future"));
    }
}
