//! Each rule against a sample with one change. The samples themselves have no finding (see the tests of `draft`),
//! so every case fails for its one reason.

#![expect(clippy::unwrap_used, reason = "a panic is the failing test")]

use serde_json::{Value as Json, json};

use super::*;
use crate::draft::PlanDraft;
use crate::draft::tests::{Sample, by_name};
use crate::plan::adrt::AdrtState;

/// What is changed in a sample: fields set (`null` removes) by JSON pointer, and the signing context.
struct Case {
    rule: &'static str,
    field: &'static str,
    sample: &'static str,
    edits: Vec<(&'static str, Json)>,
    context: fn(&mut Context<'static>),
}

fn case(
    rule: &'static str,
    field: &'static str,
    sample: &'static str,
    edits: Vec<(&'static str, Json)>,
) -> Case {
    Case {
        rule,
        field,
        sample,
        edits,
        context: |_| {},
    }
}

const P1: &str = "P1-v3.json";
const P2: &str = "P2-v2.json";
const P3: &str = "P3-v3.json";
const P4: &str = "P4-v5.json";
const P5: &str = "P5-v2.json";

fn single_fields() -> Vec<Case> {
    use rule::*;
    vec![
        case(
            NEEDED,
            "person.name.family",
            P1,
            vec![("/person/name/family", Json::Null)],
        ),
        case(
            NEEDED,
            "person.name.given",
            P1,
            vec![("/person/name/given", json!([]))],
        ),
        case(NEEDED, "change_reason", P1, vec![("/change_reason", json!(""))]),
        case(NEEDED, "contacts", P1, vec![("/contacts", json!([]))]),
        case(
            NEEDED,
            "contacts.1.roles",
            P1,
            vec![("/contacts/0/roles", Json::Null)],
        ),
        case(
            NEEDED,
            "capacity.involvement",
            P1,
            vec![("/capacity/involvement", Json::Null)],
        ),
        case(
            CODED,
            "recommendations.focus",
            P1,
            vec![("/recommendations/focus", json!("cure"))],
        ),
        case(
            CODED,
            "recommendations.focus_scale",
            P1,
            vec![("/recommendations/focus_scale", json!(0))],
        ),
        case(
            CODED,
            "clinical.primary_diagnosis.snomed",
            P1,
            vec![("/clinical/primary_diagnosis/snomed", json!("26929-4"))],
        ),
        case(
            TEXT,
            "person.preferred_name",
            P1,
            vec![("/person/preferred_name", json!("Edie\u{202e}"))],
        ),
        case(
            TEXT,
            "person.preferred_name",
            P1,
            vec![("/person/preferred_name", json!("Ed\u{200b}ie"))],
        ),
        case(
            TEXT,
            "person.preferred_name",
            P1,
            vec![("/person/preferred_name", json!("Edie\u{7}"))],
        ),
        case(
            TEXT,
            "person.preferred_name",
            P1,
            vec![("/person/preferred_name", json!("E\u{301}die"))],
        ),
        case(
            TEXT,
            "person.preferred_name",
            P1,
            vec![("/person/preferred_name", json!("Edie\nM"))],
        ),
        case(
            TEXT,
            "person.preferred_name",
            P1,
            vec![("/person/preferred_name", json!(" Edie"))],
        ),
        case(
            TEXT,
            "person.preferred_name",
            P1,
            vec![("/person/preferred_name", json!("\u{13000}"))],
        ),
        case(
            LENGTH,
            "person.preferred_name",
            P1,
            vec![("/person/preferred_name", json!("x".repeat(101)))],
        ),
        case(
            LENGTH,
            "recommendations.emergency_advice",
            P1,
            vec![("/recommendations/emergency_advice", json!("x".repeat(281)))],
        ),
        case(
            LENGTH,
            "contacts",
            P1,
            vec![("/contacts", json!(vec![json!({}); 65]))],
        ),
        case(DATE, "review_due", P1, vec![("/review_due", json!("2027-02-30"))]),
        case(
            DATE,
            "person.date_of_birth",
            P1,
            vec![("/person/date_of_birth", json!("1935"))],
        ),
        case(
            NHS_NUMBER,
            "person.nhs_number",
            P1,
            vec![("/person/nhs_number", json!("999 123 4560"))],
        ),
        case(
            ORGANISATION,
            "person.gp_practice.org",
            P1,
            vec![("/person/gp_practice/org", json!("gp 1"))],
        ),
        case(
            PHONE,
            "contacts.1.phone",
            P1,
            vec![("/contacts/0/phone", json!("ask at the desk"))],
        ),
        case(
            CARD_LINE,
            "card_line",
            P1,
            vec![("/card_line", json!("é".repeat(31)))],
        ),
        case(
            ADRT_FORMALITIES,
            "adrt.1",
            P3,
            vec![("/adrt/0/witness", Json::Null)],
        ),
        case(
            ADRT_FORMALITIES,
            "adrt.1",
            P3,
            vec![("/adrt/0/held_as", json!("evidence_of_wishes"))],
        ),
    ]
}

fn person_and_time() -> Vec<Case> {
    use rule::*;
    vec![
        case(
            NUMBER_RANGE,
            "person.nhs_number",
            P1,
            vec![("/person/nhs_number", json!("943 476 5919"))],
        ),
        Case {
            context: |context| context.numbers = NumberRange::Live,
            ..case(NUMBER_RANGE, "person.nhs_number", P1, vec![])
        },
        case(
            NUMBER_ABSENT,
            "person.nhs_number_absent",
            P1,
            vec![
                ("/person/nhs_number", Json::Null),
                ("/person/nhs_number_status", json!("not_present")),
            ],
        ),
        case(
            NUMBER_ABSENT,
            "person.nhs_number_absent",
            P1,
            vec![("/person/nhs_number_absent", json!("unknown"))],
        ),
        case(
            NUMBER_ABSENT,
            "person.nhs_number_status",
            P1,
            vec![("/person/nhs_number_status", json!("not_present"))],
        ),
        case(
            BIRTH,
            "person.date_of_birth",
            P1,
            vec![("/person/date_of_birth", json!("1900-01-01"))],
        ),
        case(
            BIRTH,
            "person.date_of_birth",
            P1,
            vec![("/person/date_of_birth", json!("2026-10-13"))],
        ),
        case(
            RECORDED,
            "sharing.date",
            P1,
            vec![("/sharing/date", json!("2026-10-13"))],
        ),
        case(
            RECORDED,
            "sharing.date",
            P1,
            vec![("/sharing/date", json!("1935-03-13"))],
        ),
        case(
            RECORDED,
            "recommendations.cpr.decided_on",
            P1,
            vec![("/recommendations/cpr/decided_on", json!("2026-10-13"))],
        ),
        case(
            RECORDED,
            "acts.1.date",
            P1,
            vec![("/acts/0/date", json!("2026-10-13"))],
        ),
        case(
            RECORDED,
            "capacity.lpa_hw.1.registered",
            P4,
            vec![("/capacity/lpa_hw/0/registered", json!("2026-11-12"))],
        ),
        case(
            RECORDED,
            "adrt.1.witness.date",
            P4,
            vec![("/adrt/0/witness/date", json!("2026-10-01"))],
        ),
        case(
            EFFECTIVE,
            "effective_from",
            P1,
            vec![("/effective_from", json!("2026-10-11"))],
        ),
        case(
            REVIEW,
            "review_due",
            P1,
            vec![("/review_due", json!("2026-10-12"))],
        ),
        case(
            REVIEW,
            "review_due",
            P1,
            vec![("/review_due", json!("2027-10-14"))],
        ),
        case(
            REVIEW,
            "review_due",
            P4,
            vec![("/review_due", json!("2027-04-03"))],
        ),
        case(
            REVIEW,
            "recommendations.cpr.review_on",
            P1,
            vec![("/recommendations/cpr/review_on", json!("2026-10-12"))],
        ),
        Case {
            context: |context| context.at = context.predecessor.unwrap().signed_at,
            ..case(
                SUCCESSION,
                "signed_at",
                P5,
                vec![("/recommendations/cpr/decided_on", json!("2026-08-24"))],
            )
        },
        case(
            ADDRESS,
            "person.usual_address.lines",
            P1,
            vec![("/person/usual_address/lines", json!([]))],
        ),
        case(
            ALLERGIES,
            "clinical.allergies.items",
            P1,
            vec![("/clinical/allergies/state", json!("none_known"))],
        ),
        case(
            ALLERGIES,
            "clinical.allergies.items",
            P3,
            vec![("/clinical/allergies/state", json!("recorded"))],
        ),
        case(
            MEDICINES,
            "clinical.anticipatory_medicines.location",
            P1,
            vec![("/clinical/anticipatory_medicines/location", Json::Null)],
        ),
        case(
            ADRT_DATES,
            "adrt.1.made",
            P3,
            vec![("/adrt/0/made", json!("1987-11-29"))],
        ),
        case(
            ADRT_DATES,
            "adrt.1.received.on",
            P3,
            vec![("/adrt/0/received/on", json!("2026-06-17"))],
        ),
        case(
            ADRT_DATES,
            "adrt.1.reaffirmed",
            P3,
            vec![("/adrt/0/reaffirmed", json!("2026-06-17"))],
        ),
        case(
            POWER,
            "capacity.lpa_hw.1.registered",
            P4,
            vec![("/capacity/lpa_hw/0/registered", json!("2023-02-09"))],
        ),
        case(
            POWER,
            "capacity.lpa_hw.1.attorneys",
            P4,
            vec![("/capacity/lpa_hw/0/attorneys", json!([]))],
        ),
    ]
}

fn capacity_and_law() -> Vec<Case> {
    use rule::*;
    vec![
        case(
            ASSESSMENT,
            "capacity.impairment",
            P1,
            vec![("/capacity/impairment", Json::Null)],
        ),
        case(
            ASSESSMENT,
            "capacity.how_assessed",
            P1,
            vec![("/capacity/how_assessed", Json::Null)],
        ),
        case(
            ASSESSMENT,
            "capacity.assessor",
            P1,
            vec![("/capacity/assessor", Json::Null)],
        ),
        case(
            ASSESSMENT,
            "capacity.assessed_on",
            P1,
            vec![("/capacity/assessed_on", Json::Null)],
        ),
        case(
            INVOLVEMENT,
            "capacity.involvement",
            P1,
            vec![("/capacity/involvement", json!(["A"]))],
        ),
        case(
            INVOLVEMENT,
            "capacity.involvement",
            P2,
            vec![("/capacity/involvement", json!(["B"]))],
        ),
        case(
            INVOLVEMENT,
            "capacity.persons_consulted",
            P1,
            vec![("/capacity/persons_consulted", Json::Null)],
        ),
        case(
            NOT_INVOLVED,
            "capacity.involvement_reason",
            P2,
            vec![("/capacity/involvement", json!(["D"]))],
        ),
        case(
            UNDER_18,
            "capacity.involvement",
            P5,
            vec![("/person/date_of_birth", json!("2009-06-01"))],
        ),
        case(
            UNDER_18,
            "capacity.involvement",
            P2,
            vec![("/capacity/involvement", json!(["A", "C1"]))],
        ),
        case(
            UNDER_18,
            "adrt.1.held_as",
            P3,
            vec![
                ("/person/date_of_birth", json!("2009-06-01")),
                ("/capacity/involvement", json!(["C1"])),
            ],
        ),
        case(
            SHARING,
            "sharing.basis",
            P1,
            vec![("/sharing/basis", json!("attorney_consent_lpa_hw"))],
        ),
        case(
            SHARING,
            "sharing.basis",
            P1,
            vec![("/sharing/basis", json!("deputy"))],
        ),
        case(
            SHARING,
            "sharing.basis",
            P5,
            vec![("/sharing/basis", json!("parental_responsibility"))],
        ),
        case(
            ADRT_LAW,
            "adrt.1.held_as",
            P3,
            vec![("/jurisdiction", json!("SCT"))],
        ),
        case(
            ATTACHMENTS,
            "attachments.1.adrt",
            P3,
            vec![("/attachments/0/adrt", json!(2))],
        ),
        case(
            ATTACHMENTS,
            "attachments.1.adrt",
            P3,
            vec![("/attachments/0/adrt", Json::Null)],
        ),
        case(
            ATTACHMENTS,
            "attachments",
            P3,
            vec![("/attachments", json!([big_file(), big_file()]))],
        ),
    ]
}

fn treatment() -> Vec<Case> {
    use rule::*;
    let level = "/recommendations/treatment_level";
    let decision = "/recommendations/cpr/decision";
    let reasons = "/recommendations/cpr/reasons";
    let discussed = "/recommendations/cpr/discussed_with";
    let field = "recommendations.cpr.discussed_with";
    vec![
        case(
            FULL_TREATMENT,
            "recommendations.treatment_level",
            P1,
            vec![(level, json!("L5"))],
        ),
        case(
            CPR_REASON,
            "recommendations.cpr.reasons",
            P1,
            vec![(reasons, Json::Null)],
        ),
        case(
            CPR_REASON_ALONE,
            "recommendations.cpr.reasons",
            P1,
            vec![(
                reasons,
                json!([{"reason": "learning_disability"}, {"reason": "age"}, {"reason": "care_home_residence"}]),
            )],
        ),
        case(
            CPR_REFUSED,
            "recommendations.cpr.reasons.1",
            P3,
            vec![("/adrt", Json::Null), ("/attachments", Json::Null)],
        ),
        case(
            CPR_REFUSED,
            "recommendations.cpr.reasons.1",
            P3,
            vec![(
                "/adrt/0/refuses",
                json!([{"treatment": "transfusion", "words": "No blood.", "life_sustaining": "yes"}]),
            )],
        ),
        case(
            CPR_REFUSED,
            "recommendations.cpr.reasons.1",
            P1,
            vec![(reasons, json!([{"reason": "refused_by_attorney"}]))],
        ),
        case(CPR_DISCUSSED, field, P1, vec![(discussed, Json::Null)]),
        case(
            CPR_DISCUSSED,
            field,
            P1,
            vec![(discussed, json!([{"with": "family"}]))],
        ),
        case(
            CPR_DISCUSSED,
            "recommendations.cpr.discussed_with.1.reason",
            P1,
            vec![(discussed, json!([{"with": "nobody"}]))],
        ),
        case(
            CPR_CHILD,
            "recommendations.cpr.decision",
            P5,
            vec![(decision, json!("modified_child_only"))],
        ),
        case(
            INTERVENTIONS,
            "recommendations.interventions.2",
            P2,
            vec![(
                "/recommendations/interventions",
                json!([{"kind": "niv", "answer": "yes"}, {"kind": "niv", "answer": "no"}]),
            )],
        ),
        case(
            INTERVENTIONS,
            "recommendations.interventions.1",
            P2,
            vec![(
                "/recommendations/interventions",
                json!([{"kind": "icu", "answer": "yes"}]),
            )],
        ),
    ]
}

fn big_file() -> Json {
    json!({
        "sha256": "ab".repeat(32), "size": 13 << 20, "media_type": "image/png", "role": "other", "title": "A photograph",
    })
}

fn cases() -> Vec<Case> {
    [
        single_fields(),
        person_and_time(),
        capacity_and_law(),
        treatment(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn edit(json: &mut Json, pointer: &str, value: Json) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap();
    if value.is_null() {
        parent.as_object_mut().unwrap().remove(name).unwrap();
    } else if let Some(fields) = parent.as_object_mut() {
        fields.insert(name.into(), value);
    } else {
        parent[name.parse::<usize>().unwrap()] = value;
    }
}

fn changed(name: &str, edits: &[(&str, Json)]) -> Sample {
    let mut sample = by_name(name);
    let mut json: Json = serde_json::from_str(&sample.draft.to_json()).unwrap();
    for (pointer, value) in edits {
        edit(&mut json, pointer, value.clone());
    }
    sample.draft = PlanDraft::from_json(&json.to_string()).unwrap();
    sample
}

#[test]
fn each_change_breaks_its_rule_at_its_field_and_no_other() {
    let mut wrong = Vec::new();
    for case in cases() {
        let mut sample = changed(case.sample, &case.edits);
        (case.context)(&mut sample.context);
        let findings = sample
            .draft
            .validate(&sample.context)
            .map(|_| ())
            .unwrap_err()
            .into_vec();
        let hit = |finding: &Finding| finding.rule == case.rule && finding.field == case.field;
        let only = findings.iter().all(|finding| finding.rule == case.rule);
        if !only || !findings.iter().any(hit) {
            wrong.push(format!(
                "{} {} in {}: {findings:#?}",
                case.rule, case.field, case.sample
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_failing_case() {
    let cases = cases();
    let not_in_drafts = [rule::REGISTRATION];
    for rule in RULES {
        let tried = cases.iter().any(|case| case.rule == rule.id) || not_in_drafts.contains(&rule.id);
        assert!(tried, "{} {}", rule.id, rule.words);
    }
}

#[test]
fn findings_never_repeat_what_was_typed_in() {
    for case in cases() {
        let sample = changed(case.sample, &case.edits);
        if let Err(findings) = sample.draft.validate(&sample.context) {
            let shown = format!("{findings} {findings:?}");
            for secret in [
                "Edith",
                "Edie",
                "943 476",
                "9434765919",
                "gp 1",
                "ask at",
                "Callum",
                "Imogen",
            ] {
                assert!(!shown.contains(secret), "{secret}: {shown}");
            }
        }
    }
}

#[test]
fn many_faults_are_found_together_across_sections() {
    let edits = [
        ("/person/name/family", Json::Null),
        ("/person/date_of_birth", json!("2009-06-01")),
        ("/clinical/allergies/state", json!("none_known")),
        ("/recommendations/treatment_level", json!("L5")),
        ("/contacts", json!([])),
        ("/card_line", json!("x".repeat(80))),
    ];
    let sample = changed(P1, &edits);
    let findings = sample.draft.validate(&sample.context).unwrap_err();
    let found: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
    for wanted in [
        rule::NEEDED,
        rule::UNDER_18,
        rule::ALLERGIES,
        rule::FULL_TREATMENT,
        rule::LENGTH,
    ] {
        assert!(found.contains(&wanted), "{wanted} is not among {found:?}");
    }
}

/// What the rules must let through: the other side of each limit.
#[test]
fn what_is_allowed_passes() {
    let allowed: Vec<(&str, Vec<(&str, Json)>)> = vec![
        (P1, vec![("/person/usual_address/postcode", json!("not one"))]),
        (
            P1,
            vec![("/person/preferred_name", json!("O'Brien-Ångström Ελένη"))],
        ),
        (P1, vec![("/person/preferred_name", json!("x".repeat(100)))]),
        (P1, vec![("/review_due", json!("2027-10-12"))]),
        (P1, vec![("/recommendations/cpr", Json::Null)]),
        (P1, vec![("/recommendations/treatment_level", json!("L4"))]),
        (
            P1,
            vec![
                ("/person/nhs_number", Json::Null),
                ("/person/nhs_number_status", json!("not_present")),
                ("/person/nhs_number_absent", json!("overseas")),
            ],
        ),
        (
            P1,
            vec![
                ("/person/usual_address/kind", json!("no_fixed_abode")),
                ("/person/usual_address/lines", json!([])),
            ],
        ),
        (
            P1,
            vec![
                ("/capacity/persons_consulted", Json::Null),
                ("/capacity/imca/outcome", json!("instructed")),
            ],
        ),
        (
            P5,
            vec![
                ("/person/date_of_birth", json!("2009-06-01")),
                ("/capacity/involvement", json!(["C1", "C3"])),
                ("/sharing/basis", json!("parental_responsibility")),
                ("/recommendations/cpr/decision", json!("modified_child_only")),
            ],
        ),
        (
            P4,
            vec![(
                "/recommendations/cpr/reasons",
                json!([{"reason": "refused_by_attorney"}]),
            )],
        ),
    ];
    for (name, edits) in allowed {
        let sample = changed(name, &edits);
        let result = sample.draft.validate(&sample.context);
        assert!(result.is_ok(), "{edits:?}: {}", result.unwrap_err());
    }
}

/// Less than the formalities is kept as evidence of wishes, and a later power of attorney is noticed.
#[test]
fn advance_decisions_have_the_states_their_record_supports() {
    let incomplete = changed(
        P4,
        &[
            ("/adrt/0/witness", Json::Null),
            ("/adrt/0/held_as", json!("evidence_of_wishes")),
            (
                "/recommendations/cpr/reasons",
                json!([{"reason": "refused_by_patient"}]),
            ),
        ],
    );
    assert_eq!(state(incomplete), AdrtState::FormalitiesIncomplete);
    let unreviewed = changed(P4, &[("/adrt/0/checklist", json!([]))]);
    assert_eq!(state(unreviewed), AdrtState::RecordedUnreviewed);
    let later = changed(P4, &[("/capacity/lpa_hw/0/registered", json!("2025-09-05"))]);
    assert_eq!(state(later), AdrtState::LpaConflictPossible);
    let without_authority = changed(
        P4,
        &[
            ("/capacity/lpa_hw/0/registered", json!("2025-09-05")),
            ("/capacity/lpa_hw/0/life_sustaining_authority", json!("no")),
        ],
    );
    assert_eq!(state(without_authority), AdrtState::RecordedChecked);
}

fn state(sample: Sample) -> AdrtState {
    let plan = sample.draft.validate(&sample.context).unwrap();
    plan.adrt()[0].recorded_state(plan.capacity().lpa_hw())
}

/// Every formality of s.25(5)-(6), one by one; none is asked where life is not at stake.
#[test]
fn each_missing_formality_keeps_an_advance_decision_out() {
    let missing = [
        ("/adrt/0/form", json!("spoken")),
        ("/adrt/0/life_at_risk", Json::Null),
        ("/adrt/0/life_at_risk/stated", json!("no")),
        ("/adrt/0/life_at_risk/quote", Json::Null),
        ("/adrt/0/signature", Json::Null),
        ("/adrt/0/signature/name", Json::Null),
        ("/adrt/0/witness", Json::Null),
        ("/adrt/0/witness/saw_signature", json!("no")),
        ("/adrt/0/witness/signed_in_presence", json!("no")),
        ("/adrt/0/refuses", json!([])),
        ("/adrt/0/checklist/0/answer", json!("no")),
        ("/adrt/0/checklist/4/answer", json!("no")),
        ("/adrt/0/checklist/9/answer", json!("no")),
    ];
    for (pointer, value) in missing {
        let sample = changed(P4, &[(pointer, value)]);
        let findings = sample.draft.validate(&sample.context).unwrap_err();
        let found = findings
            .iter()
            .any(|finding| finding.rule == rule::ADRT_FORMALITIES);
        assert!(found, "{pointer}: {findings}");
    }
    let declared_away = changed(
        P3,
        &[
            ("/adrt/0/refuses/0/life_sustaining", json!("no")),
            ("/adrt/0/refuses/1/life_sustaining", json!("no")),
            ("/adrt/0/witness", Json::Null),
        ],
    );
    assert!(declared_away.draft.validate(&declared_away.context).is_err());
    let spoken = changed(
        P3,
        &[
            ("/adrt/0/form", json!("spoken")),
            ("/adrt/0/witness", Json::Null),
            ("/adrt/0/signature", Json::Null),
            ("/adrt/0/life_at_risk", Json::Null),
            (
                "/adrt/0/refuses",
                json!([{"treatment": "antibiotics", "words": "No more antibiotics.", "life_sustaining": "no"}]),
            ),
            (
                "/recommendations/cpr/reasons",
                json!([{"reason": "refused_by_patient"}]),
            ),
        ],
    );
    assert!(spoken.draft.validate(&spoken.context).is_ok());
}
