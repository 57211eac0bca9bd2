//! A draft as JSON with the files it names, before it is signed: the samples, and what hostile plans are made from.

use planseal::draft::PlanDraft;
use planseal::head::HeadState;
use planseal::id::PlanId;
use planseal::plan::PlanVersion;
use planseal::time::Timestamp;
use planseal::validate::{Context, NumberRange};
use planseal_tests::corpus::json;
use serde_json::Value as Json;

use crate::people::{Clinician, Scheduled, examples};
use crate::scene::{Printed, Scene};

/// A draft, who signs it when, and the files beside it.
pub struct Manuscript {
    /// Names the document in messages, and its golden text.
    pub name: String,
    /// The draft.
    pub draft: Json,
    /// Each file with its name in the draft, in the draft's order.
    pub files: Vec<(String, Vec<u8>)>,
    /// What the head says of the version.
    pub state: HeadState,
    author: Clinician,
    at: Timestamp,
}

impl Manuscript {
    /// The drafts of `keys-example/plans`, each as the only version of its record.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        Scheduled::all().iter().map(Self::scheduled).collect()
    }

    /// One of them by name, such as `P1-v3`.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn sample(name: &str) -> Self {
        let mut all = Scheduled::all().into_iter();
        let found = all.find(|scheduled| scheduled.name() == name);
        Self::scheduled(&found.expect("the schedule holds this version"))
    }

    /// The same under another name, for a document made from a sample.
    #[must_use]
    pub fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Signs, logs and prints it.
    ///
    /// # Panics
    /// When the code under test refuses an honest plan; the message says why.
    #[must_use]
    pub fn print(&self) -> Printed {
        let version = self.version();
        let files: Vec<Vec<u8>> = self.files.iter().map(|(_, bytes)| bytes.clone()).collect();
        Scene::before(self.at, &self.author).print(&version, &files, self.state)
    }

    /// The validated version.
    ///
    /// # Panics
    /// When validation refuses it.
    #[must_use]
    pub fn version(&self) -> PlanVersion {
        let draft = PlanDraft::from_json(&self.draft.to_string());
        let mut draft = draft.unwrap_or_else(|fault| panic!("{}: {fault}", self.name));
        for (name, bytes) in &self.files {
            draft
                .fill_attachment(name, bytes)
                .expect("the draft names its files");
        }
        let context = Context {
            at: self.at,
            numbers: NumberRange::Test,
            plan: PlanId::from_bytes(*b"a document's own"),
            salt: *b"sixteen fixed by",
            author: self.author.author(),
            predecessor: None,
        };
        let version = draft.validate(&context);
        version.unwrap_or_else(|findings| panic!("{}: {findings}", self.name))
    }

    fn scheduled(scheduled: &Scheduled) -> Self {
        let name = scheduled.name();
        let draft: Json = json(&examples().join(format!("plans/{name}.json")));
        let entries = draft["attachments"].as_array().into_iter().flatten();
        let named = entries.filter_map(|entry| entry["name"].as_str());
        let files = named.map(|file| {
            let bytes = std::fs::read(examples().join("adrt").join(file));
            (file.to_owned(), bytes.expect("keys-example holds this scan"))
        });
        Self {
            files: files.collect(),
            name,
            draft,
            state: HeadState::Current,
            author: scheduled.author(),
            at: scheduled.at(),
        }
    }
}
