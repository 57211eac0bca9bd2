//! What a task on a store came to: sentences for the operator, and the same as JSON for machines.

use core::fmt;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use planseal_store::upkeep::Finding;
use planseal_store::{Clock as _, SystemClock};
use serde::Serialize;

use crate::problem::sentence;
use crate::service::SetAside;
use crate::whole_file;

/// What was done, and what was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The command.
    pub task: &'static str,
    /// The store, as the configuration names it.
    pub store: String,
    /// When it began and ended.
    pub began: String,
    /// When it ended.
    pub ended: String,
    /// What was looked at or made, sentence by sentence.
    pub done: Vec<String>,
    /// How many of what.
    pub counts: BTreeMap<&'static str, u64>,
    /// The checkpoint that this is about.
    pub checkpoint: Option<String>,
    /// What is wrong.
    pub findings: Vec<Found>,
    /// What is as it may be, and worth knowing.
    pub remarks: Vec<String>,
}

/// Something wrong: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The object's name, or the leaf.
    pub place: String,
    /// What should be so.
    pub rule: String,
    /// What is so.
    pub found: String,
}

/// What is done about findings.
const ADVICE: &str = "What follows from the log's commits and chains (tiles, index, claims, checkpoint) is made again by \
                      `planseal-server rebuild`; anything else is put back by `planseal-server restore` from a backup.";

impl Report {
    /// A report that begins now.
    pub(super) fn begin(task: &'static str, store: &str) -> Self {
        Self {
            task,
            store: store.to_owned(),
            began: SystemClock.now().to_string(),
            ended: String::new(),
            done: Vec::new(),
            counts: BTreeMap::new(),
            checkpoint: None,
            findings: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Ends now.
    pub(super) fn end(mut self) -> Self {
        self.ended = SystemClock.now().to_string();
        self
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Shows the report: in words on stdout, and as JSON where that was asked for. `-` puts the JSON on stdout and the
    /// words on stderr.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn show(&self, file: Option<&Path>) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self)?;
        match file {
            None => print!("{self}"),
            Some(dash) if dash == Path::new("-") => {
                eprint!("{self}");
                println!("{json}");
            }
            Some(file) => {
                let written = whole_file::write(file, format!("{json}\n").as_bytes());
                written.with_context(|| format!("the report {} cannot be written", file.display()))?;
                print!("{self}");
            }
        }
        Ok(())
    }
}

impl Found {
    pub(super) fn all_in_store(findings: Vec<Finding>) -> Vec<Self> {
        let found = findings.into_iter().map(|finding| Self {
            place: finding.key,
            rule: finding.rule.to_owned(),
            found: finding.found,
        });
        found.collect()
    }

    pub(super) fn at_leaf(leaf: &SetAside) -> Self {
        Self {
            place: format!("leaf {}, {} {}", leaf.index, leaf.kind, leaf.id),
            rule: "every leaf's object verifies and says what the leaf says".into(),
            found: leaf.reason.clone(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for done in &self.done {
            writeln!(f, "{done}")?;
        }
        for Found { place, rule, found } in &self.findings {
            writeln!(f, "FINDING {place}: {rule}; here: {}", sentence_end(found))?;
        }
        for remark in &self.remarks {
            writeln!(f, "{}", sentence(remark))?;
        }
        match self.findings.len() {
            0 => writeln!(f, "{}: nothing is wrong.", self.task),
            1 => writeln!(f, "{}: one finding. {ADVICE}", self.task),
            many => writeln!(f, "{}: {many} findings. {ADVICE}", self.task),
        }
    }
}

fn sentence_end(words: &str) -> String {
    format!("{}.", words.trim_end_matches('.'))
}
