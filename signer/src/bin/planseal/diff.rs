//! `planseal diff`: what two versions of a plan say differently, section by section, a changed CPR decision first.
//!
//! Nothing is verified here, and the output says so.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use planseal::plan::PlanVersion;
use planseal::statement::Statement as _;
use serde_json::{Value as Json, json};

use crate::arguments::{Diff, Shared};
use crate::carrier::Carrier;
use crate::{files, terminal, words};

pub(crate) fn run(arguments: &Diff, shared: &Shared) -> anyhow::Result<ExitCode> {
    let (from, to) = (version(&arguments.from)?, version(&arguments.to)?);
    let sections = differences(&from, &to);
    let (before, after) = (
        words::cpr(from.recommendations()),
        words::cpr(to.recommendations()),
    );
    if shared.json {
        terminal::print_json(&json!({
            "verified": false,
            "same_record": from.plan() == to.plan(),
            "from": from.version_number(),
            "to": to.version_number(),
            "cpr_decision_changes": before != after,
            "sections": sections.iter().map(Section::to_json).collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![format!(
        "UNVERIFIED. Version {} compared with version {}.",
        from.version_number(),
        to.version_number()
    )];
    if from.plan() != to.plan() {
        lines.push("THESE ARE TWO DIFFERENT RECORDS.".into());
    }
    if before != after {
        lines.push(format!(
            "THE CPR DECISION CHANGES: from \"{before}\" to \"{after}\""
        ));
    }
    if sections.is_empty() {
        lines.push("They say the same.".into());
    }
    for section in &sections {
        lines.push(String::new());
        lines.push(format!("{}:", section.title));
        lines.extend(section.changes.iter().map(Change::to_words));
    }
    terminal::print_text(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn version(path: &Path) -> anyhow::Result<PlanVersion> {
    let bytes = files::read(path, files::MAX_FILE)?;
    let carrier =
        Carrier::of(&bytes).map_err(|verdict| anyhow!("{}: {}", path.display(), verdict.reason()))?;
    let object = carrier
        .version()
        .with_context(|| format!("{} carries a card and not a whole plan", path.display()))?;
    PlanVersion::from_payload(object.peek_unverified().1)
        .with_context(|| format!("{} is not a version of a plan", path.display()))
}

struct Section {
    title: &'static str,
    changes: Vec<Change>,
}

struct Change {
    path: String,
    before: Option<String>,
    after: Option<String>,
}

fn differences(from: &PlanVersion, to: &PlanVersion) -> Vec<Section> {
    let (from, to) = (words::plan_json(from), words::plan_json(to));
    let dates = [
        ("effective_from", "In use from"),
        ("review_due", "Review due"),
        ("endorsement_required", "Endorsement needed"),
    ];
    let sections = words::SECTIONS.iter().chain(&dates).filter_map(|(key, title)| {
        let changes = changes(&from[*key], &to[*key]);
        (!changes.is_empty()).then_some(Section { title, changes })
    });
    sections.collect()
}

fn changes(from: &Json, to: &Json) -> Vec<Change> {
    let leaves = |value: &Json| match value {
        Json::Null => BTreeMap::new(),
        value => words::leaves(value).into_iter().collect::<BTreeMap<_, _>>(),
    };
    let (mut from, to) = (leaves(from), leaves(to));
    let mut changes = Vec::new();
    for (path, after) in to {
        let before = from.remove(&path);
        if before.as_ref() != Some(&after) {
            changes.push(Change {
                path,
                before,
                after: Some(after),
            });
        }
    }
    changes.extend(from.into_iter().map(|(path, before)| Change {
        path,
        before: Some(before),
        after: None,
    }));
    // The decision about resuscitation stands first wherever it changes.
    changes.sort_by_key(|change| !change.path.starts_with("cpr"));
    changes
}

impl Section {
    fn to_json(&self) -> Json {
        let changes: Vec<Json> = self
            .changes
            .iter()
            .map(|change| json!({ "field": change.path, "before": change.before, "after": change.after }))
            .collect();
        json!({ "section": self.title, "changes": changes })
    }
}

impl Change {
    fn to_words(&self) -> String {
        let name = self.path.replace('_', " ");
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => format!("  {name}\n    - {before}\n    + {after}"),
            (None, Some(after)) => format!("  {name}\n    + {after}"),
            (Some(before), None) => format!("  {name}\n    - {before}"),
            (None, None) => format!("  {name}"),
        }
    }
}
