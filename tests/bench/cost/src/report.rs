//! Figures, and what they are written as: a table, CSV, JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::measure::median;

/// One measured quantity: the median over the rounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Figure {
    /// `appends`, `sizes`.
    pub(crate) part: &'static str,
    /// What was done.
    pub(crate) operation: String,
    /// By what.
    pub(crate) system: String,
    /// Writers at once.
    pub(crate) authors: usize,
    /// Versions in the store before.
    pub(crate) size: u32,
    /// What was measured of it, with its unit.
    pub(crate) measure: String,
    pub(crate) value: f64,
    /// The lowest and the highest round.
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
    pub(crate) rounds: usize,
}

/// What names a figure: everything but its value.
pub(crate) type Name = (&'static str, String, String, usize, u32, String);

/// Values of several rounds, by what they are values of.
#[derive(Debug, Default)]
pub(crate) struct Rounds(BTreeMap<Name, Vec<f64>>);

impl Rounds {
    pub(crate) fn add(&mut self, name: Name, value: f64) {
        self.0.entry(name).or_default().push(value);
    }

    pub(crate) fn figures(&self) -> Vec<Figure> {
        let figures = self.0.iter().map(|(name, values)| {
            let (part, operation, system, authors, size, measure) = name.clone();
            Figure {
                part,
                operation,
                system,
                authors,
                size,
                measure,
                value: median(values.clone()),
                lowest: values.iter().copied().fold(f64::INFINITY, f64::min),
                highest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                rounds: values.len(),
            }
        });
        figures.collect()
    }
}

/// Everything one run found out, and where.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Vec<(String, String)>,
    pub(crate) figures: Vec<Figure>,
}

impl Report {
    /// `cost.json` and `cost.csv`.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::write(folder.join("cost.json"), serde_json::to_vec_pretty(self)?)?;
        let mut csv = "part,operation,system,authors,size,measure,value,lowest,highest,rounds\n".to_owned();
        for figure in &self.figures {
            let Figure {
                part,
                operation,
                system,
                authors,
                size,
                measure,
                ..
            } = figure;
            let Figure {
                value,
                lowest,
                highest,
                rounds,
                ..
            } = figure;
            writeln!(
                csv,
                "{part},\"{operation}\",{system},{authors},{size},\"{measure}\",{value:.4},{lowest:.4},{highest:.4},{rounds}"
            )?;
        }
        Ok(fs::write(folder.join("cost.csv"), csv)?)
    }

    /// As Markdown: each system beside the others, and each size beside the smallest.
    pub(crate) fn tables(&self) -> String {
        let mut text = String::new();
        for (what, value) in &self.machine {
            text.push_str(&format!("- {what}: {value}\n"));
        }
        text.push_str(&self.appends());
        text.push_str(&self.sizes());
        text
    }

    fn appends(&self) -> String {
        let mut rows = String::new();
        let of = |operation: &str, authors, system: &str, measure: &str| {
            let found = self.figures.iter().find(|figure| {
                figure.part == "appends"
                    && figure.operation == operation
                    && figure.authors == authors
                    && figure.system == system
                    && figure.measure == measure
            });
            found.map_or(f64::NAN, |figure| figure.value)
        };
        let mut cases: Vec<(String, usize)> = self
            .of("appends")
            .map(|figure| (figure.operation.clone(), figure.authors))
            .collect();
        cases.sort();
        cases.dedup();
        for (operation, authors) in cases {
            let rate = |system| of(&operation, authors, system, RATE);
            let (ours, verifying, bare) = (rate(PLANSEAL), rate(POSTGRES_VERIFYING), rate(POSTGRES));
            rows.push_str(&format!("| {operation} | {authors} |"));
            for system in [PLANSEAL, POSTGRES_VERIFYING, POSTGRES] {
                let (p50, p99) = (
                    of(&operation, authors, system, P50),
                    of(&operation, authors, system, P99),
                );
                rows.push_str(&format!(" {:.0}/s, {p50:.2} / {p99:.2} ms |", rate(system)));
            }
            rows.push_str(&format!(" {:.2} | {:.2} |\n", ours / verifying, ours / bare));
        }
        if rows.is_empty() {
            return rows;
        }
        format!(
            "\n| appends: per second, p50 / p99 | authors | {PLANSEAL} | {POSTGRES_VERIFYING} | {POSTGRES} | ratio | ratio to {POSTGRES} |\n\
             |---|---|---|---|---|---|---|\n{rows}"
        )
    }

    fn sizes(&self) -> String {
        let mut sizes: Vec<u32> = self.of("sizes").map(|figure| figure.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let Some(smallest) = sizes.first() else {
            return String::new();
        };
        let mut names: Vec<(&String, &String)> = self
            .of("sizes")
            .map(|figure| (&figure.operation, &figure.measure))
            .collect();
        names.sort();
        names.dedup();
        let mut text = "\n| by versions in the store |".to_owned();
        sizes.iter().for_each(|size| text.push_str(&format!(" {size} |")));
        text.push_str("\n|---|");
        text.push_str(&"---|".repeat(sizes.len()));
        text.push('\n');
        for (operation, measure) in names {
            let at = |size: u32| {
                let mut found = self.of("sizes").filter(|figure| figure.size == size);
                let found = found.find(|figure| figure.operation == *operation && figure.measure == *measure);
                found.map_or(f64::NAN, |figure| figure.value)
            };
            text.push_str(&format!("| {operation}, {measure} |"));
            for size in &sizes {
                let value = at(*size);
                match size == smallest {
                    true => text.push_str(&format!(" {value:.2} |")),
                    false => text.push_str(&format!(" {value:.2} (× {:.2}) |", value / at(*smallest))),
                }
            }
            text.push('\n');
        }
        text
    }

    fn of(&self, part: &'static str) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(move |figure| figure.part == part)
    }
}

pub(crate) const PLANSEAL: &str = "planseal";
pub(crate) const POSTGRES_VERIFYING: &str = "PostgreSQL 15 + verification";
pub(crate) const POSTGRES: &str = "PostgreSQL 15";
pub(crate) const RATE: &str = "per second";
pub(crate) const P50: &str = "p50 ms";
pub(crate) const P99: &str = "p99 ms";
