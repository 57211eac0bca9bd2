//! Sample plans for the unit tests of this crate.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that does not parse is a failed test"
)]

use planseal::draft::PlanDraft;
use planseal::id::PlanId;
use planseal::plan::PlanVersion;
use planseal::plan::person::{Author, OrgCode, Registration, RegistrationBody};
use planseal::time::Timestamp;
use planseal::validate::{Context, NumberRange};

use crate::known::{Known, Standing};

pub(crate) const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../keys-example/plans");

pub(crate) struct Fixture {
    pub(crate) plan: PlanVersion,
    pub(crate) files: Vec<Vec<u8>>,
}

impl Fixture {
    /// A sample draft after `change`, validated on the day it takes effect; every attached file is its own name.
    pub(crate) fn of(sample: &str, change: impl Fn(&str) -> String) -> Self {
        let text = change(&std::fs::read_to_string(format!("{SAMPLES}/{sample}")).unwrap());
        let day = text
            .split("\"effective_from\": \"")
            .nth(1)
            .unwrap()
            .get(..10)
            .unwrap();
        let at = Timestamp::parse(&format!("{day}T10:32:00Z")).unwrap();
        let mut draft = PlanDraft::from_json(&text).unwrap();
        let names: Vec<String> = draft
            .unfilled_attachments()
            .iter()
            .map(ToString::to_string)
            .collect();
        for name in &names {
            draft.fill_attachment(name, name.as_bytes()).unwrap();
        }
        let author = Author::new(
            "Dr Tomas Sandbox-Ivers",
            Some(Registration::new(RegistrationBody::Gmc, "9900022").unwrap()),
            "Consultant in palliative medicine",
            OrgCode::parse("TEST-HOS1").unwrap(),
        );
        let context = Context {
            at,
            numbers: NumberRange::Test,
            plan: PlanId::from_bytes([0x5a; 16]),
            salt: [1; 16],
            author: author.unwrap(),
            predecessor: None,
        };
        Self {
            plan: draft.validate(&context).unwrap(),
            files: names.into_iter().map(String::into_bytes).collect(),
        }
    }

    pub(crate) fn sample(sample: &str) -> Self {
        Self::of(sample, str::to_owned)
    }
}

/// What was known at a fixed time.
pub(crate) fn known(standing: Standing) -> Known {
    Known {
        at: Timestamp::parse("2026-11-22T14:32:00Z").unwrap(),
        standing,
        endorsements: Vec::new(),
        reports: Vec::new(),
    }
}
