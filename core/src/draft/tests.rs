//! The sample plans of `keys-example`, the schema, and drafts that are refused.

#![expect(clippy::unwrap_used, reason = "a panic is the failing test")]
#![expect(clippy::disallowed_methods, reason = "the samples are files of the project")]

use serde_json::Value as Json;

use super::*;
use crate::canonical;
use crate::id::{ObjectId, PlanId};
use crate::plan::PlanDecodeError;
use crate::plan::adrt::{AdrtEntry, AdrtState};
use crate::plan::person::{Author, OrgCode, Registration, RegistrationBody};
use crate::plan::recommendations::CprDecision;
use crate::time::Timestamp;
use crate::validate::{NumberRange, Predecessor};

pub(crate) const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../keys-example");

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{SAMPLES}/{path}")).unwrap()
}

fn json(path: &str) -> Json {
    serde_json::from_str(&read(path)).unwrap()
}

/// One line of `plans/index.json` with its draft, files filled in, and the context of its signing.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) draft: PlanDraft,
    pub(crate) context: Context<'static>,
}

pub(crate) fn samples() -> Vec<Sample> {
    let people = json("people.json");
    let entries = json("plans/index.json")["versions"].as_array().unwrap().clone();
    entries.iter().map(|entry| sample(entry, &people)).collect()
}

fn sample(entry: &Json, people: &Json) -> Sample {
    let file = entry["draft"].as_str().unwrap();
    let mut draft = PlanDraft::from_json(&read(&format!("plans/{file}"))).unwrap();
    let names: Vec<String> = draft.unfilled_attachments().into_iter().map(Into::into).collect();
    for name in names {
        draft.fill_attachment(&name, b"the bytes of a scan").unwrap();
    }
    let version = u32::try_from(entry["version"].as_u64().unwrap()).unwrap();
    let at = Timestamp::parse(entry["signed_at"].as_str().unwrap()).unwrap();
    let predecessor: Option<&Predecessor> = (version > 1).then(|| {
        &*Box::leak(Box::new(Predecessor {
            id: ObjectId::of(b"the version before"),
            version: version - 1,
            signed_at: at.plus(-86_400),
        }))
    });
    Sample {
        name: file.into(),
        draft,
        context: Context {
            at,
            numbers: NumberRange::Test,
            plan: PlanId::from_bytes([7; 16]),
            salt: [9; 16],
            author: author(people, entry["author"].as_str().unwrap()),
            predecessor,
        },
    }
}

fn author(people: &Json, name: &str) -> Author {
    let clinicians = people["clinicians"].as_array().unwrap();
    let person = clinicians.iter().find(|person| person["name"] == name).unwrap();
    let body = RegistrationBody::parse(person["registration"]["body"].as_str().unwrap()).unwrap();
    let number = person["registration"]["number"].as_str().unwrap();
    Author::new(
        name,
        Some(Registration::new(body, number).unwrap()),
        person["role"].as_str().unwrap(),
        OrgCode::parse(person["org"].as_str().unwrap()).unwrap(),
    )
    .unwrap()
}

pub(crate) fn by_name(name: &str) -> Sample {
    samples().into_iter().find(|sample| sample.name == name).unwrap()
}

#[test]
fn every_sample_in_the_folder_is_listed_and_has_no_finding() {
    let listed = samples();
    let drafts = std::fs::read_dir(format!("{SAMPLES}/plans")).unwrap().count() - 1;
    assert_eq!((listed.len(), drafts), (15, 15));
    for sample in listed {
        let version = sample.draft.validate(&sample.context);
        assert!(version.is_ok(), "{}: {}", sample.name, version.unwrap_err());
    }
}

#[test]
fn every_sample_comes_back_from_its_payload_byte_for_byte() {
    for sample in samples() {
        let version = sample.draft.validate(&sample.context).unwrap();
        let payload = canonical::encode(&version).unwrap();
        let again = PlanVersion::decode(payload.as_slice()).unwrap();
        assert!(again == version, "{}", sample.name);
        assert_eq!(canonical::encode(&again).unwrap(), payload, "{}", sample.name);
        assert!(
            payload.as_slice().len() < 20_000,
            "{}: {}",
            sample.name,
            payload.as_slice().len()
        );
    }
}

#[test]
fn samples_move_with_the_day_and_stay_good() {
    for sample in samples() {
        let born = sample.draft.0.person.as_ref().unwrap().date_of_birth.clone();
        let moved = sample.draft.shifted(10);
        assert_eq!(moved.0.person.as_ref().unwrap().date_of_birth, born);
        let context = Context {
            at: sample.context.at.plus(10 * 86_400),
            ..sample.context
        };
        let version = moved.validate(&context);
        assert!(version.is_ok(), "{}: {}", sample.name, version.unwrap_err());
    }
}

#[test]
fn samples_say_what_the_demonstration_relies_on() {
    let mnd = by_name("P4-v5.json");
    let plan = mnd.draft.validate(&mnd.context).unwrap();
    let powers = plan.capacity().lpa_hw();
    assert_eq!(plan.adrt()[0].recorded_state(powers), AdrtState::RecordedChecked);
    assert!(matches!(&plan.adrt()[0], AdrtEntry::AdvanceDecision(adrt) if adrt.record().refuses_cpr()));
    assert_eq!(
        plan.recommendations().cpr().unwrap().decision(),
        CprDecision::DoNotAttempt
    );
    assert_eq!(plan.version_number(), 5);
    assert!(plan.recommendations().cpr().unwrap().rests_on_advance_decision());
    assert!(plan.recommendations().ceiling().starts_with("NIV yes"));
    assert_eq!(plan.clinical().allergies().summary(), "Latex (Swelling and rash)");

    let copd = by_name("P2-v2.json");
    let plan = copd.draft.validate(&copd.context).unwrap();
    assert_eq!(plan.review_due().day(), "31-Oct-2026");
    assert_eq!(plan.endorsement_required(), crate::plan::YesNo::Yes);
    assert_eq!(plan.person().nhs_number().unwrap().to_string(), "999 112 2338");
}

#[test]
fn nothing_clinical_appears_in_debug() {
    let sample = by_name("P1-v3.json");
    let shown = format!("{:?}", sample.draft);
    let plan = sample.draft.validate(&sample.context).unwrap();
    let shown = format!(
        "{shown}{plan:?}{:?}{:?}{:?}{:?}{:?}",
        plan.person(),
        plan.clinical(),
        plan.recommendations(),
        plan.contacts(),
        plan.card_line()
    );
    for secret in ["Edith", "Marlowe", "041", "Penicillin", "Joan", "1935"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn an_empty_draft_gives_every_missing_field_at_once() {
    let sample = by_name("P1-v1.json");
    let findings = PlanDraft::from_json("{}")
        .unwrap()
        .validate(&sample.context)
        .unwrap_err();
    let fields: Vec<&str> = findings.iter().map(|finding| finding.field.as_str()).collect();
    for needed in [
        "effective_from",
        "review_due",
        "change_reason",
        "endorsement_required",
        "jurisdiction",
        "person.name.family",
        "person.date_of_birth",
        "person.usual_address.kind",
        "person.gp_practice.phone",
        "sharing.basis",
        "capacity.for_this_plan",
        "clinical.primary_diagnosis.words",
        "clinical.allergies.state",
        "preferences.place_of_care.words",
        "recommendations.treatment_level",
        "contacts",
        "card_line",
    ] {
        assert!(fields.contains(&needed), "{needed} is not among {fields:?}");
    }
    assert!(
        !fields
            .iter()
            .any(|field| field.starts_with("recommendations.cpr"))
    );
}

#[test]
fn the_draft_survives_its_own_json() {
    for sample in samples() {
        let json = sample.draft.to_json();
        assert_eq!(
            PlanDraft::from_json(&json).unwrap().to_json(),
            json,
            "{}",
            sample.name
        );
    }
}

/// Renew with `PLANSEAL_RENEW=1 cargo test -p planseal`.
#[test]
fn the_published_schema_is_the_schema() {
    let schema = format!(
        "{}\n",
        serde_json::to_string_pretty(&PlanDraft::json_schema()).unwrap()
    );
    if std::env::var_os("PLANSEAL_RENEW").is_some() {
        std::fs::write(format!("{SAMPLES}/plan.schema.json"), &schema).unwrap();
    }
    assert_eq!(read("plan.schema.json"), schema);
}

#[test]
fn json_that_is_no_draft_is_refused_without_repeating_it() {
    let cases = [
        ("{\"nhs\": 1}", "unknown field \"nhs\" at line 1"),
        (
            "{\"person\": {\"secret word\": 1}}",
            "unknown field \"secret?word\"",
        ),
        (
            "{\"card_line\": \"a\", \"card_line\": \"b\"}",
            "\"card_line\" is given twice",
        ),
        ("{\"card_line\": 12345}", "wrong type"),
        ("{\"card_line\": \"Marlowe", "not JSON"),
        ("[]", "the draft is a list"),
        ("{\"contacts\": [{\"roles\": []}, [[]]]}", "contacts.2 is a list"),
        ("", "not JSON"),
    ];
    for (text, expected) in cases {
        let error = PlanDraft::from_json(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains("Marlowe") && !error.contains("12345"), "{error}");
    }
    let deep = "[".repeat(100_000);
    assert!(PlanDraft::from_json(&deep).is_err());
    let long = format!("{{\"card_line\": \"{}\"}}", "x".repeat(MAX_DRAFT));
    assert!(matches!(
        PlanDraft::from_json(&long),
        Err(DraftError::TooLarge { .. })
    ));
}

#[test]
fn a_file_fills_its_entry_and_no_other() {
    let mut draft = PlanDraft::from_json(&read("plans/P3-v3.json")).unwrap();
    assert_eq!(draft.unfilled_attachments(), ["P3-adrt.pdf"]);
    assert!(matches!(
        draft.fill_attachment("P4-adrt.pdf", b"x"),
        Err(AttachError::NoEntry { .. })
    ));
    draft.fill_attachment("P3-adrt.pdf", b"x").unwrap();
    assert!(draft.unfilled_attachments().is_empty());
    draft.fill_attachment("P3-adrt.pdf", b"x").unwrap();
    assert!(matches!(
        draft.fill_attachment("P3-adrt.pdf", b"y"),
        Err(AttachError::OtherBytes { .. })
    ));
}

#[test]
fn bytes_can_be_attached_without_a_file_name() {
    let mut sample = by_name("P1-v3.json");
    let plan = [b"%PDF-1.7 ".as_slice(), crate::bundle::MAGIC].concat();
    let refused = sample.draft.attach(
        &plan,
        MediaType::Pdf,
        AttachmentRole::HospitalPassport,
        "A plan",
        None,
    );
    assert_eq!(refused, Err(AttachError::CarriesPlan));
    let attached = sample.draft.attach(
        b"image",
        MediaType::Png,
        AttachmentRole::HospitalPassport,
        "Leaflet, page 1",
        None,
    );
    attached.expect("an image carries no plan");
    let version = sample.draft.validate(&sample.context).unwrap();
    let [attachment] = version.attachments() else {
        panic!("one attachment")
    };
    assert_eq!(attachment.sha256(), Digest::of(b"image"));
    assert_eq!(attachment.size().value(), 5);
}

#[test]
fn a_newer_format_is_called_newer_and_other_bytes_are_refused() {
    let sample = by_name("P1-v3.json");
    let version = sample.draft.validate(&sample.context).unwrap();
    let payload = canonical::encode(&version).unwrap().into_vec();
    let at = payload
        .windows(3)
        .position(|bytes| bytes == [0x61, b'v', 1])
        .unwrap();
    let mut newer = payload.clone();
    newer[at + 2] = 2;
    let error = PlanVersion::decode(&newer).unwrap_err();
    assert!(
        matches!(error, PlanDecodeError::NewerFormat { format: 2 }),
        "{error}"
    );
    for length in [0, 1, 5, payload.len() - 1] {
        assert!(PlanVersion::decode(&payload[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_payload_not_in_normal_form_is_refused() {
    let sample = by_name("P1-v3.json");
    let mut wire = sample.draft.into_version(&sample.context);
    assert!(PlanVersion::decode(canonical::encode(&wire).unwrap().as_slice()).is_err());
    wire.format = Some(1);
    wire.rules = Some("EW-PLAN-2026-11".into());
    wire.legal_notice = Some("planseal-notice-1".into());
    wire.kind = Some("planseal.version".into());
    let bytes = canonical::encode(&wire).unwrap();
    let error = PlanVersion::decode(bytes.as_slice()).unwrap_err();
    assert!(matches!(error, PlanDecodeError::NotNormal), "{error}");
}
