//! Plans in which everything is as long, as many or as foreign as validation admits, looked at as laid out pages.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that does not parse is a failed test"
)]

use serde_json::{Map, Value, json};

use super::{BUNDLE, offline};
use crate::RenderError;
use crate::document::{Attached, Beside, Codes, pages, preview, signed_pages};
use crate::fixture::{Fixture, known};
use crate::known::{Endorsed, Known, Matter, Reported, Standing};
use crate::layout::{Ink, Layout, Page, Purpose};
use planseal::id::ObjectId;

const SCHEMA: &str = include_str!("../../../../keys-example/plan.schema.json");

/// Words to fill fields with, each in its own script and each wider or taller than the last.
const FILLERS: [&str; 6] = [
    "wherever and whenever ",
    "WWWWWW MMMMMM ",
    "حيثما كان ومتى كان وأينما كان ",
    "যেখানে এবং যখনই হোক ",
    "无论何时何地发生什么情况都请先与家属联系。",
    "ไม่ว่าจะเกิดอะไรขึ้นที่ไหนเมื่อไร",
];

fn filled(filler: &str, length: usize) -> String {
    let mut words: String = filler.chars().cycle().take(length).collect();
    while words.ends_with(' ') {
        words.pop();
        words.push('l');
    }
    words
}

/// Every field of free words as long as the schema lets it be, also those the sample leaves out.
fn fill(value: &mut Value, schema: &Value, filler: &str) {
    let free = schema["maxLength"]
        .as_u64()
        .filter(|_| schema["enum"].is_null() && schema["pattern"].is_null());
    if let (Some(length), Value::String(words)) = (free, &mut *value) {
        *words = filled(filler, usize::try_from(length).unwrap());
    }
    if let (Value::Object(fields), Value::Object(properties)) = (&mut *value, &schema["properties"]) {
        add_missing_words(fields, properties);
        for (name, field) in fields.iter_mut() {
            fill(field, &properties[name], filler);
        }
    }
    if let Value::Array(entries) = value {
        entries
            .iter_mut()
            .for_each(|entry| fill(entry, &schema["items"], filler));
    }
}

fn add_missing_words(fields: &mut Map<String, Value>, properties: &Map<String, Value>) {
    for (name, schema) in properties {
        let free = schema["type"] == "string" && schema["maxLength"].as_u64().is_some_and(|most| most >= 60);
        if free && schema["pattern"].is_null() {
            fields.entry(name.clone()).or_insert(json!(""));
        }
    }
}

fn repeat_last(entries: &mut Value, count: usize) {
    if let Some(entries) = entries.as_array_mut()
        && let Some(last) = entries.last().cloned()
    {
        entries.resize(count, last);
    }
}

/// The sample with every field filled, 16 attachments, and the lists that page 1 shows as long as a draft's size admits.
fn fullest(sample: &str, filler: &str) -> Fixture {
    Fixture::of(sample, |text| {
        let mut draft: Value = serde_json::from_str(text).unwrap();
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        // Letters of two or three bytes fill a draft sooner.
        let bytes = filler.len() / filler.chars().count() + 1;
        repeat_last(&mut draft["clinical"]["alerts"], 64 / bytes);
        repeat_last(&mut draft["clinical"]["allergies"]["items"], 64 / bytes);
        repeat_last(&mut draft["person"]["name"]["given"], 64 / bytes);
        repeat_last(&mut draft["person"]["usual_address"]["lines"], 5);
        repeat_last(&mut draft["contacts"], 64 / bytes);
        repeat_last(&mut draft["attachments"], 16);
        fill(&mut draft, &schema, filler);
        // Counted in bytes, not in characters: it stands in the printed code.
        draft["card_line"] = json!(filled(filler, 60 / bytes));
        let files = draft["attachments"].as_array_mut().into_iter().flatten();
        for (at, file) in files.enumerate() {
            file["name"] = json!(format!("file{at}.pdf"));
        }
        serde_json::to_string_pretty(&draft).unwrap()
    })
}

/// What else may stand on the first page: the longest standing, and many reports and endorsements.
fn crowded() -> Known {
    let mut known = known(Standing::Superseded {
        by_version_signed: None,
    });
    known.reports.extend((0..40).map(|_| Reported {
        matter: Matter::AdvanceDecision,
        what: filled(FILLERS[0], 120),
        by: filled(FILLERS[0], 80),
        at: known.at,
    }));
    known.endorsements.extend((0..40).map(|_| Endorsed {
        by: filled(FILLERS[1], 200),
        at: known.at,
    }));
    known
}

impl Fixture {
    fn lay_out(&self, known: &Known) -> Result<Layout, RenderError> {
        let codes = codes();
        let (layout, _) = pages(
            &self.plan,
            ObjectId::of(b"version"),
            &self.beside(known, &codes, &[]),
        )?;
        Ok(layout)
    }

    fn beside<'a>(&self, known: &'a Known, codes: &'a Codes, files: &'a [Attached<'a>]) -> Beside<'a> {
        Beside {
            known,
            codes,
            bundle: BUNDLE,
            attachments: files,
            printed_at: known.at,
        }
    }
}

fn codes() -> Codes {
    Codes {
        pointer: format!("https://plans.example/v#{}", "7".repeat(85)),
        offline: Some(offline()),
    }
}

/// Lines of content on a page, in reading order of its parts.
fn lines(page: &Page) -> Vec<&str> {
    let content = page
        .items
        .iter()
        .filter(|item| matches!(item.purpose, Purpose::Content(_)));
    content
        .filter_map(|item| match &item.ink {
            Ink::Line(line) => Some(line.words.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_summary_stays_on_page_one_with_every_field_full() {
    for filler in FILLERS {
        for sample in ["P1-v3.json", "P3-v3.json", "P4-v5.json"] {
            let fixture = fullest(sample, filler);
            let layout = fixture.lay_out(&crowded()).unwrap();
            let first = lines(&layout.pages[0]);
            for expected in [
                "SUPERSEDED",
                "Born ",
                "CPR",
                "Call",
                "Tel. ",
                "Signed",
                "not legally binding",
            ] {
                assert!(
                    first.iter().any(|line| line.contains(expected)),
                    "{sample}, {filler:?}: {expected:?} has left page 1: {first:#?}"
                );
            }
            assert_eq!(layout.outline[0].page, 0, "{sample}, {filler:?}");
            assert!(
                layout.outline[1..].iter().all(|entry| entry.page > 0),
                "{sample}, {filler:?}"
            );
            assert!(preview(&fixture.plan).is_ok(), "{sample}, {filler:?}");
        }
    }
}

#[test]
fn the_fullest_plan_prints_with_sixteen_files() {
    let fixture = fullest("P3-v3.json", FILLERS[4]);
    let files: Vec<Attached<'_>> = fixture.files.iter().map(|bytes| Attached { bytes }).collect();
    assert_eq!(files.len(), 16);
    let (known, codes) = (crowded(), codes());
    let file = signed_pages(
        &fixture.plan,
        ObjectId::of(b"version"),
        &fixture.beside(&known, &codes, &files),
    );
    assert!(file.unwrap().ends_with(b"%%EOF\n"));
}

#[test]
fn a_table_over_many_pages_repeats_its_headings_on_each() {
    let layout = fullest("P1-v3.json", FILLERS[0])
        .lay_out(&known(Standing::Latest))
        .unwrap();
    let repeated = |page: &Page| {
        let lines = page
            .items
            .iter()
            .filter(|item| item.purpose == Purpose::Decoration);
        lines
            .filter(|item| matches!(&item.ink, Ink::Line(line) if line.words == "Telephone"))
            .count()
    };
    let heads: Vec<usize> = layout.pages.iter().map(repeated).collect();
    assert!(heads.iter().sum::<usize>() > 2, "{heads:?}");
    let content = layout
        .pages
        .iter()
        .flat_map(lines)
        .filter(|words| *words == "Telephone");
    assert_eq!(content.count(), 1, "read once, drawn again");
}
