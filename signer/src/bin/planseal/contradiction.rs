//! Evidence of a contradiction: what it holds, and, for somebody who pinned a policy, what it proves.

use std::process::ExitCode;

use anyhow::Context as _;
use planseal::envelope::SignedObject;
use planseal::monitor::Contradiction;
use serde_json::{Value as Json, json};

use crate::arguments::{Inspect, Shared};
use crate::{cbor, evidence, terminal};

/// 256 MiB: core's own cap on evidence.
const MAX_EVIDENCE: usize = 256 << 20;

/// Explains the file; with a policy it is checked again, from its bytes alone.
pub(crate) fn show(
    contradiction: &Contradiction,
    arguments: &Inspect,
    shared: &Shared,
) -> anyhow::Result<ExitCode> {
    let fault = match &arguments.trust_policy {
        None => None,
        Some(path) => {
            let policy = evidence::policy(path)?;
            let fault = contradiction.verify(&policy);
            Some(fault.context("this evidence was checked under the pinned policy and proves nothing here")?)
        }
    };
    let json = cbor::to_json(contradiction.encode().as_slice(), MAX_EVIDENCE).unwrap_or(Json::Null);
    if shared.json {
        terminal::print_json(&json!({
            "what": "evidence of a contradiction",
            "verified": fault.is_some(),
            "fault": fault.map(|fault| fault.to_string()),
            "checkpoints": json["checkpoints"],
            "views": views(&json),
            "leaves": count(&json, "leaves"),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![match &fault {
        Some(fault) => format!("PROVED under the pinned policy: the service contradicts itself: {fault}."),
        None => "UNVERIFIED evidence of a contradiction: pass --trust-policy to check it".into(),
    }];
    lines.push("It holds:".into());
    for note in json["checkpoints"].as_array().into_iter().flatten() {
        let text: Vec<&str> = note.as_str().unwrap_or_default().lines().take(3).collect();
        lines.push(format!("  a checkpoint: {}", text.join(" ")));
    }
    lines.extend(views(&json).iter().map(|view| format!("  a {view}")));
    lines.push(format!(
        "  {} certificates of those who signed them",
        count(&json, "certificates")
    ));
    lines.push(format!("  {} leaves of the log", count(&json, "leaves")));
    terminal::print_text(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn count(json: &Json, field: &str) -> usize {
    json[field].as_array().map_or(0, Vec::len)
}

/// Kind and time of every signed view.
fn views(json: &Json) -> Vec<String> {
    let views = json["views"].as_array().into_iter().flatten();
    views
        .filter_map(|view| SignedObject::parse(&hex::decode(view.as_str()?).ok()?).ok())
        .map(|view| {
            let (header, _) = view.peek_unverified();
            format!("{} signed {}", view.kind(), header.issued_at.day_and_time())
        })
        .collect()
}
