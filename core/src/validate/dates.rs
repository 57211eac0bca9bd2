//! Rules about time: birth, what was recorded when, effect, review, succession. Nothing here reads a clock.

use super::{Context, Finding, Subject, finding, rule};
use crate::plan::YesNo;
use crate::plan::adrt::{AdrtEntry, AdrtRecord};
use crate::time::Date;

/// Twelve months: the longest time to a review (policy, DOMAIN §2.2).
const REVIEW_DAYS: i32 = 366;
/// Six months: for a child, or where rapid decline is expected.
const REVIEW_DAYS_SOONER: i32 = 184;
/// Older than anybody has been.
const MAX_AGE: u16 = 125;

pub(super) fn check(subject: &Subject, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let today = context.at.date();
    recorded(subject, today, findings);
    effect_and_review(subject, context, findings);
    if let Some(predecessor) = context.predecessor
        && context.at <= predecessor.signed_at
    {
        let (at, before) = (context.at, predecessor.signed_at);
        findings.push(finding(
            "signed_at",
            rule::SUCCESSION,
            format!("signed at {at}, but the version before at {before}: check the clock"),
        ));
    }
    let adult = subject.age(context).is_some_and(|age| age >= 18);
    advance_decisions(subject, adult, findings);
    powers(subject, findings);
}

/// What is wrong with the date of birth itself.
pub(super) fn birth(subject: &Subject, context: &Context<'_>) -> Option<Finding> {
    let born = subject.born?;
    let today = context.at.date();
    let message = if born > today {
        "this is after the day of signing".to_owned()
    } else if born.age_on(today) > MAX_AGE {
        format!("this makes the person older than {MAX_AGE}: check the year")
    } else {
        return None;
    };
    Some(finding("person.date_of_birth", rule::BIRTH, message))
}

fn recorded(subject: &Subject, today: Date, findings: &mut Vec<Finding>) {
    for (field, date) in recorded_dates(subject) {
        if date > today {
            let message = "this is after the day of signing: record only what has happened";
            findings.push(finding(field, rule::RECORDED, message));
        } else if subject.born.is_some_and(|born| date < born) {
            findings.push(finding(field, rule::RECORDED, "this is before the date of birth"));
        }
    }
}

/// Every date that says when something happened, with its field.
fn recorded_dates(subject: &Subject) -> Vec<(String, Date)> {
    let mut dates = Vec::new();
    let mut note = |field: &str, date: Option<Date>| dates.extend(date.map(|date| (field.to_owned(), date)));
    let location = subject
        .person
        .as_ref()
        .and_then(|person| person.current_location());
    note(
        "person.current_location.since",
        location.map(|location| location.since()),
    );
    note(
        "sharing.date",
        subject.sharing.as_ref().map(|sharing| sharing.date()),
    );
    let medicines = subject
        .clinical
        .as_ref()
        .map(|clinical| clinical.anticipatory_medicines());
    note(
        "clinical.anticipatory_medicines.date",
        medicines.and_then(|medicines| medicines.date()),
    );
    capacity_dates(subject, &mut note);
    if let Some(cpr) = subject.cpr() {
        note("recommendations.cpr.decided_on", Some(cpr.decided_on()));
        for (at, discussion) in (1..).zip(cpr.discussed_with()) {
            note(
                &format!("recommendations.cpr.discussed_with.{at}.date"),
                discussion.date(),
            );
        }
    }
    for (at, entry) in (1..).zip(subject.adrt.iter().flatten()) {
        adrt_dates(at, entry.record(), &mut note);
    }
    for (at, act) in (1..).zip(subject.acts.iter().flatten()) {
        note(&format!("acts.{at}.date"), Some(act.date()));
    }
    dates
}

fn capacity_dates(subject: &Subject, note: &mut impl FnMut(&str, Option<Date>)) {
    let Some(capacity) = &subject.capacity else { return };
    note("capacity.assessed_on", capacity.assessed_on());
    for (at, person) in (1..).zip(capacity.persons_consulted()) {
        note(
            &format!("capacity.persons_consulted.{at}.date"),
            Some(person.date()),
        );
    }
    note("capacity.imca.date", capacity.imca().and_then(|imca| imca.date()));
    note(
        "capacity.deputy.appointed",
        capacity.deputy().and_then(|deputy| deputy.appointed()),
    );
    for (at, power) in (1..).zip(capacity.lpa_hw()) {
        note(&format!("capacity.lpa_hw.{at}.created"), Some(power.created()));
        note(&format!("capacity.lpa_hw.{at}.registered"), power.registered());
        note(&format!("capacity.lpa_hw.{at}.evidence_on"), power.evidence_on());
    }
}

fn adrt_dates(at: usize, record: &AdrtRecord, note: &mut impl FnMut(&str, Option<Date>)) {
    note(&format!("adrt.{at}.made"), Some(record.made()));
    note(&format!("adrt.{at}.reaffirmed"), record.reaffirmed());
    note(
        &format!("adrt.{at}.signature.date"),
        record.signature().and_then(|signature| signature.date()),
    );
    note(
        &format!("adrt.{at}.witness.date"),
        record.witness().and_then(|witness| witness.date()),
    );
    note(&format!("adrt.{at}.received.on"), Some(record.received().on()));
}

fn effect_and_review(subject: &Subject, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let today = context.at.date();
    let later = "choose a day after the day of signing";
    if subject.effective_from.is_some_and(|date| date < today) {
        findings.push(finding(
            "effective_from",
            rule::EFFECTIVE,
            "this is before the day of signing",
        ));
    }
    if subject
        .cpr()
        .and_then(|cpr| cpr.review_on())
        .is_some_and(|date| date <= today)
    {
        findings.push(finding("recommendations.cpr.review_on", rule::REVIEW, later));
    }
    let Some(due) = subject.review_due else { return };
    let rapid = subject
        .clinical
        .as_ref()
        .and_then(|clinical| clinical.rapid_decline())
        == Some(YesNo::Yes);
    let child = subject.age(context).is_some_and(|age| age < 18);
    let limit = if rapid || child {
        REVIEW_DAYS_SOONER
    } else {
        REVIEW_DAYS
    };
    if due <= today {
        findings.push(finding("review_due", rule::REVIEW, later));
    } else if due.days_since(today) > limit {
        let message = format!("choose a day at most {limit} days after the day of signing");
        findings.push(finding("review_due", rule::REVIEW, message));
    }
}

fn advance_decisions(subject: &Subject, adult: bool, findings: &mut Vec<Finding>) {
    for (at, entry) in (1..).zip(subject.adrt.iter().flatten()) {
        let record = entry.record();
        let held_as_decision = matches!(entry, AdrtEntry::AdvanceDecision(_));
        let mut find = |field: &str, message: &str| {
            findings.push(finding(format!("adrt.{at}.{field}"), rule::ADRT_DATES, message));
        };
        let child_then = subject.born.is_some_and(|born| born.age_on(record.made()) < 18);
        if adult && held_as_decision && child_then {
            find(
                "made",
                "the person was under 18 then (s.24(1)): hold this as evidence_of_wishes and answer R01 with no",
            );
        }
        if record.received().on() < record.made() {
            find("received.on", "received before it was made: check both dates");
        }
        if record.reaffirmed().is_some_and(|date| date < record.made()) {
            find("reaffirmed", "re-affirmed before it was made: check both dates");
        }
    }
}

fn powers(subject: &Subject, findings: &mut Vec<Finding>) {
    let powers = subject
        .capacity
        .as_ref()
        .map_or(&[][..], |capacity| capacity.lpa_hw());
    for (at, power) in (1..).zip(powers) {
        if power
            .registered()
            .is_some_and(|registered| registered < power.created())
        {
            let message = "registered before it was signed: check both dates";
            findings.push(finding(
                format!("capacity.lpa_hw.{at}.registered"),
                rule::POWER,
                message,
            ));
        }
        if power.attorneys().is_empty() {
            findings.push(finding(
                format!("capacity.lpa_hw.{at}.attorneys"),
                rule::POWER,
                "name the attorneys",
            ));
        }
    }
}
