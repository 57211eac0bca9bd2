//! Rules about resuscitation and treatment (DOMAIN §2.4 rule 5): the decision, its reasons, who was asked.

use super::{Context, Finding, Subject, finding, rule};
use crate::plan::YesNoUnknown;
use crate::plan::adrt::AdrtEntry;
use crate::plan::recommendations::{
    Cpr, CprDecision, CprReasonCode, DiscussedWith, Discussion, InterventionAnswer, InterventionKind,
    Recommendations, TreatmentLevel,
};
use crate::plan::sharing::LastingPower;

pub(super) fn check(subject: &Subject, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(recommendations) = &subject.recommendations else {
        return;
    };
    interventions(recommendations, findings);
    let Some(cpr) = recommendations.cpr() else { return };
    let adult = subject.age(context).is_some_and(|age| age >= 18);
    if cpr.decision() == CprDecision::ModifiedChildOnly && adult {
        let message = "modified CPR is for people under 18";
        findings.push(finding("recommendations.cpr.decision", rule::CPR_CHILD, message));
    }
    if cpr.decision() == CprDecision::DoNotAttempt {
        if recommendations.treatment_level() == TreatmentLevel::L5 {
            findings.push(finding(
                "recommendations.treatment_level",
                rule::FULL_TREATMENT,
                "L5 includes CPR, but the decision is not to attempt it: choose L4 or lower, or change the decision",
            ));
        }
        reasons(cpr, findings);
    }
    refusals(subject, cpr, findings);
    discussion(cpr, findings);
}

fn reasons(cpr: &Cpr, findings: &mut Vec<Finding>) {
    let field = "recommendations.cpr.reasons";
    if cpr.reasons().is_empty() {
        findings.push(finding(
            field,
            rule::CPR_REASON,
            "say why CPR is not to be attempted",
        ));
    } else if !cpr.reasons().iter().any(|reason| reason.reason().stands_alone()) {
        findings.push(finding(
            field,
            rule::CPR_REASON_ALONE,
            "learning disability, age or living in a care home is no reason by itself: give the clinical reason, or do not make this decision",
        ));
    }
}

/// A refusal must have its source in the same plan. A part that could not be read is not judged.
fn refusals(subject: &Subject, cpr: &Cpr, findings: &mut Vec<Finding>) {
    for (at, reason) in (1..).zip(cpr.reasons()) {
        let (source_known, message) = match reason.reason() {
            CprReasonCode::RefusedByAdrt => (
                subject
                    .adrt
                    .as_ref()
                    .is_none_or(|entries| entries.iter().any(refuses_cpr)),
                "no advance decision recorded here refuses CPR: record it under adrt, or give another reason",
            ),
            CprReasonCode::RefusedByAttorney => (
                subject
                    .capacity
                    .as_ref()
                    .is_none_or(|capacity| capacity.lpa_hw().iter().any(may_refuse)),
                "no registered power of attorney with authority over life-sustaining treatment is recorded here",
            ),
            _ => continue,
        };
        if !source_known {
            let field = format!("recommendations.cpr.reasons.{at}");
            findings.push(finding(field, rule::CPR_REFUSED, message));
        }
    }
}

fn refuses_cpr(entry: &AdrtEntry) -> bool {
    matches!(entry, AdrtEntry::AdvanceDecision(adrt) if adrt.record().refuses_cpr())
}

fn may_refuse(power: &LastingPower) -> bool {
    power.life_sustaining_authority() == YesNoUnknown::Yes && power.registered().is_some()
}

/// The duty to involve the person: every decision says that the person was asked, or why not.
fn discussion(cpr: &Cpr, findings: &mut Vec<Finding>) {
    let field = "recommendations.cpr.discussed_with";
    let about_the_patient = |discussion: &Discussion| {
        matches!(
            discussion.with(),
            DiscussedWith::Patient | DiscussedWith::PatientNotAble | DiscussedWith::Nobody
        )
    };
    if !cpr.discussed_with().iter().any(about_the_patient) {
        findings.push(finding(
            field,
            rule::CPR_DISCUSSED,
            "add patient, or patient_not_able or nobody with the reason",
        ));
    }
    for (at, discussion) in (1..).zip(cpr.discussed_with()) {
        let not_discussed = matches!(
            discussion.with(),
            DiscussedWith::PatientNotAble | DiscussedWith::Nobody
        );
        if not_discussed && discussion.reason().is_none() {
            findings.push(finding(
                format!("{field}.{at}.reason"),
                rule::CPR_DISCUSSED,
                "say why not",
            ));
        }
    }
}

fn interventions(recommendations: &Recommendations, findings: &mut Vec<Finding>) {
    let below_intensive = matches!(
        recommendations.treatment_level(),
        TreatmentLevel::L1 | TreatmentLevel::L2 | TreatmentLevel::L3
    );
    let items = recommendations.interventions();
    for (index, item) in items.iter().enumerate() {
        let named_above = items
            .iter()
            .take(index)
            .any(|earlier| earlier.kind() == item.kind());
        let excluded = below_intensive
            && item.answer() == InterventionAnswer::Yes
            && matches!(
                item.kind(),
                InterventionKind::IntensiveCare | InterventionKind::Intubation
            );
        let message = match (named_above, excluded) {
            (true, _) => "this treatment is named above: keep one answer",
            (_, true) => "the level of treatment excludes this: change the level or the answer",
            _ => continue,
        };
        let field = format!("recommendations.interventions.{}", index + 1);
        findings.push(finding(field, rule::INTERVENTIONS, message));
    }
}
