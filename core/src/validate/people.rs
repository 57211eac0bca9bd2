//! Rules about the person, capacity, involvement, sharing, refusals by law, contacts and files (DOMAIN §2.4).

use super::{Context, Finding, NumberRange, Subject, finding, rule};
use crate::plan::adrt::AdrtEntry;
use crate::plan::clinical::AllergyState;
use crate::plan::contacts::{AttachmentRole, MAX_ATTACHMENTS, MAX_ATTACHMENTS_SIZE};
use crate::plan::person::{AddressKind, NhsNumberStatus, Person};
use crate::plan::sharing::{AdvocateOutcome, Capacity, CapacityForPlan, Involvement, SharingBasis};
use crate::plan::{Jurisdiction, YesNo};

/// Lines of an address without the postcode.
const ADDRESS_LINES: usize = 5;

pub(super) fn check(subject: &Subject, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let age = subject.age(context);
    if let Some(person) = &subject.person {
        name_and_address(person, findings);
        nhs_number(person, context.numbers, findings);
    }
    if let Some(capacity) = &subject.capacity {
        assessment(capacity, findings);
        involvement(capacity, age, findings);
    }
    sharing(subject, age, findings);
    clinical(subject, findings);
    advance_decisions(subject, age, findings);
    contacts(subject, findings);
    attachments(subject, findings);
}

fn name_and_address(person: &Person, findings: &mut Vec<Finding>) {
    if person.name().given().is_empty() {
        findings.push(finding(
            "person.name.given",
            rule::NEEDED,
            "give at least one given name",
        ));
    }
    let address = person.usual_address();
    let lines = address.lines().len();
    let none_needed = address.kind() == AddressKind::NoFixedAbode;
    if lines > ADDRESS_LINES || (lines == 0 && !none_needed) {
        findings.push(finding(
            "person.usual_address.lines",
            rule::ADDRESS,
            "give one to five lines",
        ));
    }
}

fn nhs_number(person: &Person, numbers: NumberRange, findings: &mut Vec<Finding>) {
    let mut find = |field: &str, rule: &'static str, message: &str| {
        findings.push(finding(format!("person.{field}"), rule, message));
    };
    match (person.nhs_number(), person.nhs_number_absent()) {
        (None, None) => find(
            "nhs_number_absent",
            rule::NUMBER_ABSENT,
            "give the NHS number, or the reason why there is none",
        ),
        (Some(_), Some(_)) => find(
            "nhs_number_absent",
            rule::NUMBER_ABSENT,
            "there is a number: remove the reason for its absence",
        ),
        _ => {}
    }
    let status_says_present = person.nhs_number_status() != NhsNumberStatus::NotPresent;
    if person.nhs_number().is_some() != status_says_present {
        find(
            "nhs_number_status",
            rule::NUMBER_ABSENT,
            "the status must say whether the number is present",
        );
    }
    match (person.nhs_number().map(|number| number.is_for_tests()), numbers) {
        (Some(false), NumberRange::Test) => find(
            "nhs_number",
            rule::NUMBER_RANGE,
            "only test numbers are accepted here: use one from 999 000 0000 to 999 999 9999",
        ),
        (Some(true), NumberRange::Live) => find(
            "nhs_number",
            rule::NUMBER_RANGE,
            "this is a test number: use the person's own",
        ),
        _ => {}
    }
}

fn assessment(capacity: &Capacity, findings: &mut Vec<Finding>) {
    if capacity.for_this_plan() != CapacityForPlan::Lacks {
        return;
    }
    let parts = [
        (
            "impairment",
            capacity.impairment().is_some(),
            "say in what way the person lacks capacity for this plan",
        ),
        (
            "how_assessed",
            capacity.how_assessed().is_some(),
            "say how capacity was assessed",
        ),
        (
            "assessor",
            capacity.assessor().is_some(),
            "say who assessed capacity",
        ),
        (
            "assessed_on",
            capacity.assessed_on().is_some(),
            "say when capacity was assessed",
        ),
    ];
    for (field, _, message) in parts.iter().filter(|(_, given, _)| !given) {
        findings.push(finding(format!("capacity.{field}"), rule::ASSESSMENT, *message));
    }
}

fn involvement(capacity: &Capacity, age: Option<u16>, findings: &mut Vec<Finding>) {
    let given = capacity.involvement();
    let child = given.iter().any(|one| one.is_for_children());
    let mut find = |field: &str, rule: &'static str, message: &str| {
        findings.push(finding(format!("capacity.{field}"), rule, message));
    };
    if given.is_empty() {
        return find(
            "involvement",
            rule::NEEDED,
            "give at least one of A, B, C1, C2, C3, D",
        );
    }
    if given.contains(&Involvement::D) && capacity.involvement_reason().is_none() {
        find(
            "involvement_reason",
            rule::NOT_INVOLVED,
            "say why the person was not involved",
        );
    }
    match age {
        Some(0..18) if !child => find("involvement", rule::UNDER_18, "under 18: give C1, C2 or C3"),
        Some(18..) if child => find("involvement", rule::UNDER_18, "C1 to C3 are for people under 18"),
        _ => {}
    }
    match capacity.for_this_plan() {
        CapacityForPlan::Lacks => {
            if !given.contains(&Involvement::B) && !child {
                find(
                    "involvement",
                    rule::INVOLVEMENT,
                    "capacity is lacking: give B, or C under 18",
                );
            }
            let advocate = capacity
                .imca()
                .is_some_and(|imca| imca.outcome() == AdvocateOutcome::Instructed);
            if capacity.persons_consulted().is_empty() && !advocate {
                find(
                    "persons_consulted",
                    rule::INVOLVEMENT,
                    "name who was consulted, or record the advocate (IMCA) instructed",
                );
            }
        }
        CapacityForPlan::Has if given.contains(&Involvement::B) => find(
            "involvement",
            rule::INVOLVEMENT,
            "the person has capacity: B does not fit",
        ),
        _ => {}
    }
}

fn sharing(subject: &Subject, age: Option<u16>, findings: &mut Vec<Finding>) {
    let (Some(sharing), Some(capacity)) = (&subject.sharing, &subject.capacity) else {
        return;
    };
    let message = match sharing.basis() {
        SharingBasis::AttorneyConsent if capacity.lpa_hw().is_empty() => {
            "record the power of attorney under capacity.lpa_hw"
        }
        SharingBasis::Deputy if capacity.deputy().is_none() => "record the deputy under capacity.deputy",
        SharingBasis::ParentalResponsibility if age.is_some_and(|age| age >= 18) => {
            "parental responsibility ends at 18: choose another basis"
        }
        _ => return,
    };
    findings.push(finding("sharing.basis", rule::SHARING, message));
}

fn clinical(subject: &Subject, findings: &mut Vec<Finding>) {
    let Some(clinical) = &subject.clinical else { return };
    let listed = !clinical.allergies().items().is_empty();
    if listed != (clinical.allergies().state() == AllergyState::Recorded) {
        findings.push(finding(
            "clinical.allergies.items",
            rule::ALLERGIES,
            "list allergies exactly when the state is recorded",
        ));
    }
    let medicines = clinical.anticipatory_medicines();
    if medicines.issued() == YesNo::Yes && medicines.location().is_none() {
        findings.push(finding(
            "clinical.anticipatory_medicines.location",
            rule::MEDICINES,
            "say where the medicines are",
        ));
    }
}

fn advance_decisions(subject: &Subject, age: Option<u16>, findings: &mut Vec<Finding>) {
    let elsewhere = subject
        .jurisdiction
        .is_some_and(|jurisdiction| jurisdiction != Jurisdiction::EnglandWales);
    for (at, entry) in (1..).zip(subject.adrt.iter().flatten()) {
        if !matches!(entry, AdrtEntry::AdvanceDecision(_)) {
            continue;
        }
        if age.is_some_and(|age| age < 18) {
            findings.push(finding(
                format!("adrt.{at}.held_as"),
                rule::UNDER_18,
                "under 18 there is no advance decision (s.24(1)): hold this as evidence_of_wishes and answer R01 with no",
            ));
        }
        if elsewhere {
            findings.push(finding(
                format!("adrt.{at}.held_as"),
                rule::ADRT_LAW,
                "the Mental Capacity Act 2005 applies in England and Wales only",
            ));
        }
    }
}

fn contacts(subject: &Subject, findings: &mut Vec<Finding>) {
    let Some(contacts) = &subject.contacts else { return };
    if contacts.is_empty() {
        findings.push(finding(
            "contacts",
            rule::NEEDED,
            "give at least one emergency contact",
        ));
    }
    for (at, contact) in (1..).zip(contacts) {
        if contact.roles().is_empty() {
            findings.push(finding(
                format!("contacts.{at}.roles"),
                rule::NEEDED,
                "say what this contact is for",
            ));
        }
    }
}

fn attachments(subject: &Subject, findings: &mut Vec<Finding>) {
    let Some(attachments) = &subject.attachments else {
        return;
    };
    let together: u64 = attachments
        .iter()
        .map(|attachment| attachment.size().value())
        .sum();
    if attachments.len() > MAX_ATTACHMENTS || together > MAX_ATTACHMENTS_SIZE {
        let mebibytes = MAX_ATTACHMENTS_SIZE >> 20;
        let message = format!("at most {MAX_ATTACHMENTS} files and {mebibytes} MiB together");
        findings.push(finding("attachments", rule::ATTACHMENTS, message));
    }
    for (at, attachment) in (1..).zip(attachments) {
        let number = attachment
            .adrt()
            .and_then(|number| usize::try_from(number.value()).ok());
        let message = match (number, &subject.adrt) {
            (None, _) if attachment.role() == AttachmentRole::AdrtScan => {
                "say which entry of adrt this scan shows, counted from 1"
            }
            (Some(number), Some(entries)) if number > entries.len() => "there is no such entry under adrt",
            _ => continue,
        };
        findings.push(finding(
            format!("attachments.{at}.adrt"),
            rule::ATTACHMENTS,
            message,
        ));
    }
}
