//! The pages after the first: the whole plan, in the order of the ReSPECT form.
//!
//! Every field of the version is printed. Empty optional fields are left out, except where their absence must be
//! said. Coded values are printed in core's words.

mod adrt;
mod clinical;
mod people;
mod record;

use planseal::id::ObjectId;
use planseal::plan::PlanVersion;

use crate::known::Known;
use crate::length::Length;
use crate::text::Text;
use crate::view::{Block, Level, Table};

/// What the sections show beside the plan itself.
pub(crate) struct Surroundings<'a> {
    /// Absent for a preview.
    pub(crate) signed: Option<Signed<'a>>,
}

/// The identity of a signed version and what was known of it.
pub(crate) struct Signed<'a> {
    pub(crate) id: ObjectId,
    pub(crate) known: &'a Known,
}

/// All sections, in order.
pub(crate) fn blocks(plan: &PlanVersion, around: &Surroundings<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    blocks.extend(people::personal(plan));
    blocks.extend(clinical::understanding(plan));
    blocks.extend(clinical::what_matters(plan));
    blocks.extend(clinical::recommendations(plan));
    blocks.extend(adrt::advance_decisions(plan, around));
    blocks.extend(people::capacity(plan));
    blocks.extend(record::signatures(plan, around));
    blocks.extend(people::contacts(plan));
    blocks.extend(record::review(plan));
    blocks.extend(record::documents(plan));
    blocks.extend(record::about(plan, around));
    blocks
}

fn section(words: &'static str) -> Block {
    Block::Heading(
        Level::Section,
        Text::strong("template", Length::points(14), words),
    )
}

fn part(field: &'static str, words: impl Into<String>) -> Block {
    Block::Heading(Level::Part, Text::strong(field, BODY, words))
}

fn paragraph(field: &'static str, words: impl Into<String>) -> Block {
    Block::Paragraph(Text::plain(field, BODY, words))
}

/// Named facts, one below the other; what is absent is left out.
struct Facts {
    rows: Vec<Vec<Text>>,
}

impl Facts {
    const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    fn row(mut self, field: &'static str, label: &'static str, value: impl Into<String>) -> Self {
        self.rows.push(vec![
            Text::strong("template", LABEL, label),
            Text::plain(field, BODY, value),
        ]);
        self
    }

    fn maybe<T: ToString>(self, field: &'static str, label: &'static str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.row(field, label, value.to_string()),
            None => self,
        }
    }

    fn many(
        self,
        field: &'static str,
        label: &'static str,
        values: impl IntoIterator<Item = String>,
    ) -> Self {
        let values: Vec<String> = values.into_iter().collect();
        if values.is_empty() {
            self
        } else {
            self.row(field, label, values.join("\n"))
        }
    }

    fn block(self) -> Block {
        Block::Table(Table {
            head: None,
            shares: vec![28, 72],
            rows: self.rows,
        })
    }
}

/// A table with headings; `field` names where its words come from.
fn table(field: &'static str, shares: &[i32], head: &[&str], rows: Vec<Vec<String>>) -> Block {
    let cells = |row: Vec<String>| {
        row.into_iter()
            .map(|words| Text::plain(field, CELL, words))
            .collect()
    };
    Block::Table(Table {
        head: Some(
            head.iter()
                .map(|words| Text::strong("template", LABEL, *words))
                .collect(),
        ),
        shares: shares.to_vec(),
        rows: rows.into_iter().map(cells).collect(),
    })
}

const BODY: Length = Length::points(12);

const CELL: Length = Length::points(11);

const LABEL: Length = Length::half_points(21);
