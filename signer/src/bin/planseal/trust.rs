//! `planseal trust show`: what is pinned, and how old the evidence is.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::time::Timestamp;
use planseal::trust::TrustPolicy;
use serde_json::{Value as Json, json};

use crate::arguments::{Shared, Trust};
use crate::{evidence, files, terminal};

pub(crate) fn run(arguments: &Trust, shared: &Shared) -> anyhow::Result<ExitCode> {
    let Trust::Show { trusted, snapshot } = arguments;
    let policies = evidence::policies(trusted)?;
    ensure!(!policies.is_empty(), "no root is pinned: pass --trust-policy");
    let mut reader = evidence::reader(trusted)?;
    if let Some(path) = snapshot {
        reader
            .add_snapshot(&files::read_object(path)?)
            .with_context(|| format!("the snapshot {} was not accepted", path.display()))?;
    }
    let (list, snapshot) = reader.ages();
    if shared.json {
        let pins: Vec<Json> = policies.iter().map(described).collect();
        let made = |at: Option<Timestamp>| at.map(|at| at.to_string());
        terminal::print_json(
            &json!({ "pinned": pins, "trust_list": made(list), "snapshot": made(snapshot) }),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let made = |at: Option<Timestamp>| at.map_or_else(|| "none given".into(), Timestamp::day_and_time);
    let mut lines = Vec::new();
    for policy in &policies {
        let root = policy.root().content();
        lines.push(format!(
            "Root: {} of {}",
            root.name(),
            root.fields().organisation_name
        ));
        lines.push(format!("  root key fingerprint: {}", root.key().fingerprint()));
        lines.push(format!("  policy fingerprint: {}", hex::encode(policy.id())));
        lines.push(format!("  log: {}", policy.log()));
        lines.push(format!("  contact: {}", policy.contact()));
    }
    lines.push(format!("Trust list: {}", made(list)));
    lines.push(format!("Snapshot: {}", made(snapshot)));
    terminal::print_text(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn described(policy: &TrustPolicy) -> Json {
    json!({
        "root": policy.root().id().to_string(),
        "root_name": policy.root().content().name(),
        "root_key_fingerprint": policy.root().content().key().fingerprint(),
        "policy": hex::encode(policy.id()),
        "log": policy.log().to_string(),
        "contact": policy.contact(),
    })
}
