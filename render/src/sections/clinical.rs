//! Sections of clinical content: shared understanding, what matters, recommendations.

use planseal::plan::PlanVersion;
use planseal::plan::clinical::{Clinical, Condition};
use planseal::plan::recommendations::{Cpr, CprReasonCode, Recommendations};

use super::people::joined;
use super::{Facts, paragraph, part, section, table};
use crate::view::Block;
use crate::words;

/// Section 2.
pub(super) fn understanding(plan: &PlanVersion) -> Vec<Block> {
    let clinical = plan.clinical();
    let mut facts = Facts::new()
        .row(
            "clinical.primary_diagnosis",
            "Main diagnosis",
            condition(clinical.primary_diagnosis()),
        )
        .many(
            "clinical.other_conditions",
            "Other conditions",
            clinical.other_conditions().iter().map(condition),
        )
        .row(
            "clinical.allergies",
            "Allergies",
            words::allergies(clinical.allergies()),
        )
        .row("card_line", "On the printed code", plan.card_line().as_str())
        .many(
            "clinical.alerts",
            "Alerts",
            clinical.alerts().iter().map(ToString::to_string),
        );
    facts = facts.maybe(
        "clinical.rapid_decline",
        "Rapid decline expected",
        clinical.rapid_decline().map(|expected| expected.label()),
    );
    if let Some(prognosis) = clinical.prognosis() {
        let aware = |who: &str, known: &str| format!("{who} aware: {}", known.to_lowercase());
        facts = facts.row(
            "clinical.prognosis",
            "Prognosis",
            joined(
                [
                    Some(prognosis.words().to_string()),
                    prognosis
                        .patient_aware()
                        .map(|known| aware("Patient", known.label())),
                    prognosis
                        .carer_aware()
                        .map(|known| aware("Main carer", known.label())),
                ],
                "\n",
            ),
        );
    }
    vec![
        section("2  Shared understanding of health"),
        with_devices(facts, clinical).block(),
    ]
}

fn with_devices(mut facts: Facts, clinical: &Clinical) -> Facts {
    if let Some(status) = clinical.functional_status() {
        facts = facts.row(
            "clinical.functional_status",
            "Day to day",
            joined(
                [
                    status
                        .clinical_frailty()
                        .map(|score| format!("Clinical Frailty Scale {score}")),
                    status.karnofsky().map(|score| format!("Karnofsky {score}")),
                    status.words().map(ToString::to_string),
                ],
                ". ",
            ),
        );
    }
    facts = facts.many(
        "clinical.implanted_devices",
        "Implanted devices",
        clinical.implanted_devices().iter().map(|device| {
            let what = format!(
                "{}: {}",
                device.kind().label(),
                device.state().label().to_lowercase()
            );
            joined([Some(what), device.words().map(ToString::to_string)], ". ")
        }),
    );
    if let Some(oxygen) = clinical.home_oxygen() {
        let target = match (oxygen.target_low(), oxygen.target_high()) {
            (Some(low), Some(high)) => Some(format!("target SpO\u{2082} {low}\u{2013}{high}%")),
            (Some(low), None) => Some(format!("target SpO\u{2082} at least {low}%")),
            (None, Some(high)) => Some(format!("target SpO\u{2082} at most {high}%")),
            (None, None) => None,
        };
        facts = facts.row(
            "clinical.home_oxygen",
            "Oxygen at home",
            joined([Some(oxygen.words().to_string()), target], "; "),
        );
    }
    let medicines = clinical.anticipatory_medicines();
    facts.row(
        "clinical.anticipatory_medicines",
        "Anticipatory medicines",
        joined(
            [
                Some(format!("Issued: {}", medicines.issued().label().to_lowercase())),
                medicines.location().map(|place| format!("kept: {place}")),
                medicines.date().map(|date| date.day()),
            ],
            ", ",
        ),
    )
}

fn condition(condition: &Condition) -> String {
    match condition.snomed() {
        Some(code) => format!("{} (SNOMED CT {})", condition.words(), code.as_str()),
        None => condition.words().to_string(),
    }
}

/// Section 3.
pub(super) fn what_matters(plan: &PlanVersion) -> Vec<Block> {
    let preferences = plan.preferences();
    let facts = Facts::new()
        .maybe(
            "preferences.what_matters",
            "What matters to me",
            preferences.what_matters(),
        )
        .maybe(
            "preferences.what_to_avoid",
            "What I fear or wish to avoid",
            preferences.what_to_avoid(),
        )
        .row(
            "preferences.place_of_care",
            "Preferred place of care",
            words::place(preferences.place_of_care()),
        )
        .row(
            "preferences.place_of_death",
            "Preferred place of death",
            words::place(preferences.place_of_death()),
        )
        .maybe(
            "preferences.spiritual",
            "Spiritual and cultural",
            preferences.spiritual(),
        )
        .maybe(
            "preferences.organ_donation",
            "Organ donation",
            preferences.organ_donation(),
        )
        .maybe(
            "preferences.advance_statement",
            "Advance statement",
            preferences.advance_statement(),
        );
    vec![section("3  What matters"), facts.block()]
}

/// Section 4.
pub(super) fn recommendations(plan: &PlanVersion) -> Vec<Block> {
    let recommended = plan.recommendations();
    let focus = match recommended.focus_scale() {
        Some(scale) => format!(
            "{} ({scale} on a scale from 1, sustain life, to 100, comfort)",
            recommended.focus().label()
        ),
        None => recommended.focus().label().to_owned(),
    };
    let facts = Facts::new()
        .row("recommendations.focus", "Focus of care", focus)
        .row(
            "recommendations.treatment_level",
            "Level of treatment",
            format!(
                "{}: {}",
                recommended.treatment_level().code(),
                recommended.treatment_level().label()
            ),
        )
        .maybe(
            "recommendations.ceiling_words",
            "In the author's words",
            recommended.ceiling_words(),
        )
        .maybe(
            "recommendations.emergency_advice",
            "Advice in an emergency",
            recommended.emergency_advice(),
        );
    let mut blocks = vec![
        section("4  Clinical recommendations"),
        paragraph(
            "template",
            "Recommendations guide those who treat in an emergency. They are not legally binding.",
        ),
        facts.block(),
        part("template", "Cardiopulmonary resuscitation (CPR)"),
    ];
    match recommended.cpr() {
        Some(cpr) => blocks.push(resuscitation(cpr)),
        None => blocks.push(paragraph("template", "No CPR decision is recorded: attempt CPR.")),
    }
    blocks.extend(tables(recommended));
    blocks
}

fn resuscitation(cpr: &Cpr) -> Block {
    Facts::new()
        .row("recommendations.cpr.decision", "Decision", cpr.decision().label())
        .many(
            "recommendations.cpr.reasons",
            "Reasons",
            cpr.reasons().iter().map(|reason| {
                joined(
                    [
                        Some(words::sentence(reason.reason().label())),
                        reason.words().map(ToString::to_string),
                    ],
                    " ",
                )
            }),
        )
        .row("recommendations.cpr.scope_note", "Scope", covered(cpr))
        .row(
            "recommendations.cpr.decider",
            "Decided",
            format!("{}, by {}", cpr.decided_on().day(), cpr.decider()),
        )
        .maybe(
            "recommendations.cpr.review_on",
            "Look at it again",
            cpr.review_on().map(|date| date.day()),
        )
        .many(
            "recommendations.cpr.discussed_with",
            "Discussion",
            cpr.discussed_with().iter().map(|discussion| {
                joined(
                    [
                        Some(discussion.with().label().to_owned()),
                        discussion.name().map(ToString::to_string),
                        discussion.date().map(|date| date.day()),
                        discussion.reason().map(|reason| format!("reason: {reason}")),
                    ],
                    ", ",
                )
            }),
        )
        .block()
}

/// The scope note belongs to a recommendation; a refusal covers what the advance decision itself says.
fn covered(cpr: &Cpr) -> &'static str {
    let mut reasons = cpr.reasons().iter().map(|reason| reason.reason());
    if cpr.reasons().is_empty() || reasons.any(|reason| reason != CprReasonCode::RefusedByAdrt) {
        cpr.scope_note().label()
    } else {
        "The circumstances of the advance decision: see section 5."
    }
}

fn tables(recommended: &Recommendations) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !recommended.interventions().is_empty() {
        let rows = recommended.interventions().iter().map(|intervention| {
            vec![
                intervention.kind().label().to_owned(),
                intervention.answer().label().to_owned(),
                intervention
                    .condition()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ]
        });
        blocks.push(part("template", "Single treatments"));
        blocks.push(table(
            "recommendations.interventions",
            &[42, 20, 38],
            &["Treatment", "Give it?", "On what conditions"],
            rows.collect(),
        ));
    }
    if !recommended.problem_plans().is_empty() {
        let rows = recommended.problem_plans().iter().map(|plan| {
            vec![
                plan.problem().to_string(),
                plan.action().to_string(),
                plan.escalate_to().map(ToString::to_string).unwrap_or_default(),
            ]
        });
        blocks.push(part("template", "Problems to expect, and what to do"));
        blocks.push(table(
            "recommendations.problem_plans",
            &[26, 50, 24],
            &["Problem", "What to do", "If that does not help"],
            rows.collect(),
        ));
    }
    blocks
}
