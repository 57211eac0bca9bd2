//! The sample plans of `keys-example`, moved so that the day they were written for is today.
//!
//! Everything is compiled in: the demonstration needs no file beside the program.

use anyhow::{Context as _, anyhow};
use planseal::draft::PlanDraft;
use planseal::statement::ReportCode;
use planseal::time::{Date, Timestamp};
use planseal_render::specimen;
use serde::Deserialize;

const INDEX: &str = include_str!("../../../keys-example/plans/index.json");
const PEOPLE: &str = include_str!("../../../keys-example/people.json");

macro_rules! drafts {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../keys-example/plans/", $name)))),+]
    };
}

const DRAFTS: &[(&str, &str)] = drafts![
    "P1-v1.json",
    "P1-v2.json",
    "P1-v3.json",
    "P2-v1.json",
    "P2-v2.json",
    "P3-v1.json",
    "P3-v2.json",
    "P3-v3.json",
    "P4-v1.json",
    "P4-v2.json",
    "P4-v3.json",
    "P4-v4.json",
    "P4-v5.json",
    "P5-v1.json",
    "P5-v2.json",
];

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// People, schedule, drafts and scans.
pub(super) struct Samples {
    pub(super) organisations: Vec<SampleOrganisation>,
    pub(super) clinicians: Vec<Clinician>,
    pub(super) events: Vec<Event>,
    pub(super) scans: Vec<Scan>,
    days: i32,
}

/// An organisation of `people.json`.
#[derive(Deserialize)]
pub(super) struct SampleOrganisation {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) kind: planseal::trust::OrgKind,
}

/// A clinician of `people.json`.
#[derive(Deserialize)]
pub(super) struct Clinician {
    pub(super) name: String,
    pub(super) registration: planseal::trust::Registration,
    pub(super) role: String,
    pub(super) org: String,
    pub(super) roles: Vec<String>,
}

/// Something in the schedule.
pub(super) struct Event {
    pub(super) sample: String,
    pub(super) version: u32,
    pub(super) at: Timestamp,
    pub(super) act: Act,
}

/// What happens.
pub(super) enum Act {
    /// The author signs and publishes.
    Sign { author: String, draft: String },
    /// A senior clinician endorses.
    Endorse { endorser: String },
    /// A reader reports.
    Report { code: ReportCode, words: String },
}

/// A fictional advance decision.
pub(super) struct Scan {
    pub(super) name: &'static str,
    pub(super) pdf: Vec<u8>,
}

impl Samples {
    /// Reads everything and moves it to `today`.
    pub(super) fn load(today: Date) -> anyhow::Result<Self> {
        let index: Index = serde_json::from_str(INDEX).context("the samples' index")?;
        let people: People = serde_json::from_str(PEOPLE).context("the samples' people")?;
        let days = today.days_since(index.clock);
        let moved =
            |at: &str| -> anyhow::Result<Timestamp> { Ok(Timestamp::parse(at)?.plus(i64::from(days) * DAY)) };
        let mut events = Vec::new();
        for signed in index.versions {
            let at = moved(&signed.signed_at)?;
            let act = Act::Sign {
                author: signed.author,
                draft: signed.draft,
            };
            events.push(Event {
                sample: signed.sample,
                version: signed.version,
                at,
                act,
            });
        }
        for endorsed in index.endorsements {
            let at = moved(&endorsed.at)?;
            let act = Act::Endorse {
                endorser: endorsed.endorser,
            };
            events.push(Event {
                sample: endorsed.sample,
                version: endorsed.version,
                at,
                act,
            });
        }
        for reported in index.reports {
            let at = moved(&reported.at)?;
            let act = Act::Report {
                code: reported.code,
                words: reported.words,
            };
            events.push(Event {
                sample: reported.sample,
                version: reported.version,
                at,
                act,
            });
        }
        events.sort_by_key(|event| event.at);
        Ok(Self {
            organisations: people.organisations,
            clinicians: people.clinicians,
            events,
            scans: scans(days)?,
            days,
        })
    }

    /// A draft of the schedule with its scans filled in.
    pub(super) fn draft(&self, file: &str) -> anyhow::Result<PlanDraft> {
        let found = DRAFTS.iter().find(|(name, _)| *name == file);
        let (_, text) =
            found.ok_or_else(|| anyhow!("the index names {file}, which is not among the samples"))?;
        let mut draft = PlanDraft::from_json(text)
            .with_context(|| file.to_owned())?
            .shifted(self.days);
        let unfilled: Vec<String> = draft
            .unfilled_attachments()
            .into_iter()
            .map(str::to_owned)
            .collect();
        for name in unfilled {
            draft.fill_attachment(&name, self.scan(&name)?)?;
        }
        Ok(draft)
    }

    fn scan(&self, name: &str) -> anyhow::Result<&[u8]> {
        let found = self.scans.iter().find(|scan| scan.name == name);
        found
            .map(|scan| scan.pdf.as_slice())
            .ok_or_else(|| anyhow!("no scan is called {name}"))
    }

    /// The clinician of this name.
    pub(super) fn clinician(&self, name: &str) -> anyhow::Result<&Clinician> {
        let mut clinicians = self.clinicians.iter();
        clinicians
            .find(|clinician| clinician.name == name)
            .ok_or_else(|| anyhow!("nobody is called {name}"))
    }

    /// Whether a later version of this sample follows.
    pub(super) fn is_latest(&self, sample: &str, version: u32) -> bool {
        let signed = |event: &&Event| matches!(event.act, Act::Sign { .. }) && event.sample == sample;
        self.events
            .iter()
            .filter(signed)
            .all(|event| event.version <= version)
    }

    /// Whether something was reported about this version.
    pub(super) fn is_reported(&self, sample: &str, version: u32) -> bool {
        let reported = |event: &Event| matches!(event.act, Act::Report { .. });
        self.events
            .iter()
            .any(|event| reported(event) && event.sample == sample && event.version == version)
    }
}

fn scans(days: i32) -> anyhow::Result<Vec<Scan>> {
    let scan = |(name, mut specimen): (&'static str, specimen::Specimen<'static>)| {
        specimen.made = specimen.made.plus_days(days);
        let pdf = specimen::scan(&specimen)?;
        Ok(Scan { name, pdf })
    };
    specimen::samples().into_iter().map(scan).collect()
}

#[derive(Deserialize)]
struct People {
    organisations: Vec<SampleOrganisation>,
    clinicians: Vec<Clinician>,
}

#[derive(Deserialize)]
struct Index {
    clock: Date,
    versions: Vec<SignedLine>,
    endorsements: Vec<EndorsedLine>,
    reports: Vec<ReportedLine>,
}

#[derive(Deserialize)]
struct SignedLine {
    sample: String,
    version: u32,
    signed_at: String,
    author: String,
    draft: String,
}

#[derive(Deserialize)]
struct EndorsedLine {
    sample: String,
    version: u32,
    at: String,
    endorser: String,
}

#[derive(Deserialize)]
struct ReportedLine {
    sample: String,
    version: u32,
    at: String,
    code: ReportCode,
    words: String,
}
