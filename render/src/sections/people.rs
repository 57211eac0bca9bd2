//! Sections about people: the person, capacity and involvement, whom to call.

use planseal::plan::PlanVersion;
use planseal::plan::sharing::{Capacity, LastingPower};

use super::{Facts, paragraph, part, section, table};
use crate::view::Block;
use crate::words;

/// Section 1.
pub(super) fn personal(plan: &PlanVersion) -> Vec<Block> {
    let person = plan.person();
    let mut facts = Facts::new()
        .row("person.name", "Name", person.name().display())
        .maybe("person.preferred_name", "Known as", person.preferred_name())
        .row(
            "person.date_of_birth",
            "Date of birth",
            words::born(person, plan.signed_at().date()),
        )
        .row(
            "person.nhs_number",
            "NHS number",
            format!(
                "{} \u{00b7} {}",
                words::nhs_number(person),
                person.nhs_number_status().label()
            ),
        )
        .row(
            "person.sex_at_birth",
            "Sex at birth",
            person.sex_at_birth().label(),
        )
        .maybe("person.gender", "Gender", person.gender())
        .maybe("person.pronouns", "Pronouns", person.pronouns())
        .row(
            "person.usual_address",
            "Address",
            words::address(person.usual_address()),
        );
    if let Some(location) = person.current_location() {
        let until = location.until().map(|date| format!(", until {}", date.day()));
        facts = facts.row(
            "person.current_location",
            "Now at",
            format!(
                "{}, since {}{}",
                location.place(),
                location.since().day(),
                until.unwrap_or_default()
            ),
        );
    }
    facts = facts.maybe(
        "person.access_information",
        "Access to the home",
        person.access_information(),
    );
    if let Some(communication) = person.communication() {
        facts = facts
            .maybe(
                "person.communication.language",
                "Language",
                communication.language(),
            )
            .maybe(
                "person.communication.interpreter_needed",
                "Interpreter needed",
                communication.interpreter_needed().map(|needed| needed.label()),
            )
            .maybe(
                "person.communication.needs",
                "Communication",
                communication.needs(),
            )
            .maybe(
                "person.communication.hospital_passport",
                "Hospital passport",
                communication.hospital_passport(),
            );
    }
    let practice = person.gp_practice();
    facts = facts.row(
        "person.gp_practice",
        "GP practice",
        format!("{} ({}), {}", practice.name(), practice.org(), practice.phone()),
    );
    vec![section("1  Personal details"), facts.block()]
}

/// Section 6.
pub(super) fn capacity(plan: &PlanVersion) -> Vec<Block> {
    let capacity = plan.capacity();
    let mut facts = Facts::new()
        .row(
            "capacity.for_this_plan",
            "Capacity for this plan",
            capacity.for_this_plan().label(),
        )
        .maybe(
            "capacity.impairment",
            "In what way lacking",
            capacity.impairment(),
        )
        .maybe("capacity.how_assessed", "How assessed", capacity.how_assessed())
        .maybe("capacity.assessor", "Assessed by", capacity.assessor())
        .maybe(
            "capacity.assessed_on",
            "Assessed on",
            capacity.assessed_on().map(|date| date.day()),
        )
        .many(
            "capacity.involvement",
            "Involvement",
            capacity.involvement().iter().map(|how| how.label().to_owned()),
        )
        .maybe(
            "capacity.involvement_reason",
            "Why not involved",
            capacity.involvement_reason(),
        )
        .many(
            "capacity.persons_consulted",
            "Consulted",
            capacity.persons_consulted().iter().map(|person| {
                format!(
                    "{} ({}), {}",
                    person.name(),
                    person.relation(),
                    person.date().day()
                )
            }),
        );
    if let Some(advocate) = capacity.imca() {
        let words = [
            Some(advocate.outcome().label().to_owned()),
            advocate.note().map(ToString::to_string),
            advocate.date().map(|date| date.day()),
        ];
        facts = facts.row("capacity.imca", "Advocate (IMCA)", joined(words, ". "));
    }
    facts = facts.maybe(
        "capacity.discussion_record",
        "Full record",
        capacity.discussion_record(),
    );
    let sharing = plan.sharing();
    facts = facts
        .row(
            "sharing",
            "Basis of sharing",
            format!(
                "{}, {}, recorded by {}",
                sharing.basis().label(),
                sharing.date().day(),
                sharing.recorded_by()
            ),
        )
        .maybe("sharing.note", "About sharing", sharing.note());
    let mut blocks = vec![section("6  Capacity and involvement"), facts.block()];
    blocks.extend(powers(capacity));
    blocks
}

fn powers(capacity: &Capacity) -> Vec<Block> {
    let mut blocks = Vec::new();
    for power in capacity.lpa_hw() {
        blocks.push(part("template", "Lasting power of attorney, health and welfare"));
        blocks.push(lasting_power(power));
    }
    if let Some(deputy) = capacity.deputy() {
        blocks.push(part("template", "Court-appointed deputy"));
        let facts = Facts::new()
            .row("capacity.deputy.name", "Name", deputy.name().to_string())
            .row("capacity.deputy.scope", "Powers", deputy.scope().to_string())
            .maybe(
                "capacity.deputy.appointed",
                "Appointed",
                deputy.appointed().map(|date| date.day()),
            )
            .maybe(
                "capacity.deputy.order_seen",
                "Order seen",
                deputy.order_seen().map(|seen| seen.label()),
            );
        blocks.push(facts.block());
        blocks.push(paragraph(
            "template",
            "A deputy cannot refuse life-sustaining treatment.",
        ));
    }
    blocks
}

fn lasting_power(power: &LastingPower) -> Block {
    let attorneys = power.attorneys().iter().map(ToString::to_string);
    Facts::new()
        .many("capacity.lpa_hw.attorneys", "Attorneys", attorneys)
        .maybe(
            "capacity.lpa_hw.acting",
            "Acting",
            power.acting().map(|acting| acting.label()),
        )
        .row(
            "capacity.lpa_hw.created",
            "Signed by the donor",
            power.created().day(),
        )
        .row(
            "capacity.lpa_hw.registered",
            "Registered",
            power.registered().map_or_else(
                || "not registered: cannot be used yet".to_owned(),
                |date| date.day(),
            ),
        )
        .maybe(
            "capacity.lpa_hw.opg_reference",
            "Reference",
            power.opg_reference(),
        )
        .row(
            "capacity.lpa_hw.life_sustaining_authority",
            "Life-sustaining treatment",
            format!(
                "Authority: {}",
                power.life_sustaining_authority().label().to_lowercase()
            ),
        )
        .maybe(
            "capacity.lpa_hw.instructions",
            "Instructions",
            power.instructions(),
        )
        .row(
            "capacity.lpa_hw.evidence",
            "Evidence",
            joined(
                [
                    Some(power.evidence().label().to_owned()),
                    power.evidence_on().map(|date| date.day()),
                ],
                ", ",
            ),
        )
        .block()
}

/// Section 8.
pub(super) fn contacts(plan: &PlanVersion) -> Vec<Block> {
    let rows = plan.contacts().iter().enumerate().map(|(at, contact)| {
        let roles: Vec<&str> = contact.roles().iter().map(|role| role.label()).collect();
        vec![
            (at + 1).to_string(),
            joined(
                [
                    Some(contact.name().to_string()),
                    contact.relation().map(|relation| format!("({relation})")),
                ],
                " ",
            ),
            contact.phone().to_string(),
            joined(
                [Some(roles.join(", ")), contact.note().map(ToString::to_string)],
                ". ",
            ),
        ]
    });
    vec![
        section("8  Emergency contacts, in the order to call"),
        table(
            "contacts",
            &[6, 36, 23, 35],
            &["", "Name", "Telephone", "What for"],
            rows.collect(),
        ),
    ]
}

pub(super) fn joined<const N: usize>(parts: [Option<String>; N], between: &str) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(between)
}
