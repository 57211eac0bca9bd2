//! Plans that are as long, as many and as foreign as their fields allow.

use planseal::draft::PlanDraft;
use planseal::head::HeadState;
use serde_json::{Value as Json, json};

use crate::manuscript::Manuscript;
use crate::tools::beside;

/// All of them.
#[must_use]
pub fn all() -> Vec<Manuscript> {
    let mut all = vec![longest(), crowded(), sixteen_files(), withdrawn(), suspended()];
    all.extend(Person::all().iter().map(Person::plan));
    all
}

/// Every text as long as its field allows, and no text left out.
#[must_use]
pub fn longest() -> Manuscript {
    let mut plan = Manuscript::sample("P4-v5").called("longest");
    lengthen(&PlanDraft::json_schema(), &mut plan.draft);
    plan
}

/// As many entries as lists take, so that tables break across pages.
#[must_use]
pub fn crowded() -> Manuscript {
    let mut plan = Manuscript::sample("P1-v3").called("crowded");
    for (place, field) in CROWDED {
        let list = plan.draft.pointer_mut(place).expect("the sample has this list");
        let entries = list.as_array_mut().expect("a list");
        let first = entries.first().expect("an entry to repeat").clone();
        entries.resize(MOST_ENTRIES, first);
        for (number, entry) in (1..).zip(entries) {
            let words = if field.is_empty() {
                entry
            } else {
                &mut entry[field]
            };
            *words = json!(format!("Number {number} of {MOST_ENTRIES} in this list"));
        }
    }
    plan
}

/// Lists of the sample that can be longer, with the words of an entry.
const CROWDED: [(&str, &str); 5] = [
    ("/contacts", "name"),
    ("/recommendations/problem_plans", "problem"),
    ("/clinical/other_conditions", "words"),
    ("/clinical/alerts", ""),
    ("/clinical/allergies/items", "substance"),
];

/// What core admits in a list.
const MOST_ENTRIES: usize = 64;

/// As many files as a version takes, none of which is what it says: they are carried and never opened.
#[must_use]
pub fn sixteen_files() -> Manuscript {
    let mut plan = Manuscript::sample("P5-v2").called("sixteen-files");
    let mut entries = Vec::new();
    for number in 1..=planseal::plan::contacts::MAX_ATTACHMENTS {
        let (role, media_type, bytes) = FILES[number % FILES.len()];
        let name = format!("received-{number}");
        let title = format!("Received file {number} (fictional)");
        entries.push(json!({ "name": name, "media_type": media_type, "role": role, "title": title }));
        // Equal bytes would be one file twice.
        plan.files
            .push((name, [bytes, number.to_string().as_bytes()].concat()));
    }
    plan.draft["attachments"] = Json::Array(entries);
    plan
}

/// A document that runs a script when opened, the end of a file with another's cross-references, and bytes.
const FILES: [(&str, &str, &[u8]); 4] = [
    (
        "hospital_passport",
        "application/pdf",
        b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n",
    ),
    (
        "advance_statement",
        "application/pdf",
        b"endstream endobj\nstartxref\n0\n%%EOF\n%PDF-1.7\n",
    ),
    ("other", "image/png", b"\x89PNG\r\n\x1a\n\0\0\0\0"),
    ("lpa_scan", "image/jpeg", b"\xff\xd8\xff\xe0 not a picture\0"),
];

/// A version that was withdrawn: it carries a mark across every page.
#[must_use]
pub fn withdrawn() -> Manuscript {
    let mut plan = Manuscript::sample("P3-v3").called("withdrawn");
    plan.state = HeadState::Withdrawn;
    plan
}

/// A version that is suspended, which is marked as well.
#[must_use]
pub fn suspended() -> Manuscript {
    let mut plan = Manuscript::sample("P2-v2").called("suspended");
    plan.state = HeadState::Suspended;
    plan
}

/// A line of `names.txt`.
pub struct Person {
    /// The script, which names the document.
    pub script: String,
    /// Family name as entered.
    pub family: String,
    /// Given names.
    pub given: String,
    /// A line of an address.
    pub address: String,
    /// A sentence.
    pub sentence: String,
}

impl Person {
    /// Everybody of `names.txt`.
    ///
    /// # Panics
    /// When a line has not five parts.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let text = std::fs::read_to_string(beside("names.txt")).expect("names.txt is part of the package");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(Self::parse).collect()
    }

    fn parse(line: &str) -> Self {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [script, family, given, address, sentence] = parts[..] else {
            panic!("not five parts: {line}");
        };
        Self {
            script: script.to_owned(),
            family: family.to_owned(),
            given: given.to_owned(),
            address: address.to_owned(),
            sentence: sentence.to_owned(),
        }
    }

    /// A plan in which this person, the first contact, the address and a paragraph are written in the script.
    #[must_use]
    pub fn plan(&self) -> Manuscript {
        let mut plan = Manuscript::sample("P1-v3").called(&self.script);
        plan.draft["person"]["name"] = json!({ "family": self.family, "given": [self.given] });
        plan.draft["person"]["usual_address"]["lines"] = json!([self.address]);
        plan.draft["contacts"][0]["name"] = json!(format!("{} {}", self.given, self.family));
        plan.draft["preferences"]["what_matters"] = json!(self.sentence);
        plan
    }
}

/// Writes as many characters as it takes into every free text that the schema knows here.
fn lengthen(schema: &Json, draft: &mut Json) {
    if let Some(length) = free_text(schema) {
        *draft = json!(words(length));
    }
    if let Some(entries) = draft.as_array_mut() {
        entries
            .iter_mut()
            .for_each(|entry| lengthen(&schema["items"], entry));
    }
    let (Some(fields), Some(properties)) = (draft.as_object_mut(), schema["properties"].as_object()) else {
        return;
    };
    for (field, property) in properties {
        if let Some(value) = fields.get_mut(field) {
            lengthen(property, value);
        } else if let Some(length) = free_text(property) {
            fields.insert(field.clone(), json!(words(length)));
        }
    }
}

/// How many characters a field takes, when it takes any.
fn free_text(schema: &Json) -> Option<usize> {
    let length = schema["maxLength"].as_u64()?;
    let is_free = ["pattern", "enum", "format"]
        .iter()
        .all(|rule| schema[rule].is_null());
    is_free.then(|| usize::try_from(length).expect("a short text"))
}

/// Words of exactly this many characters.
fn words(length: usize) -> String {
    let mut words: String = "Whatever somebody may have to say here is said in full "
        .chars()
        .cycle()
        .take(length)
        .collect();
    if words.ends_with(' ') {
        words.replace_range(length - 1.., ".");
    }
    words
}
