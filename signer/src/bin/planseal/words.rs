//! What a plan and a card say, in words for a person who is about to sign or compare (UX §1).
//!
//! The first lines carry what an emergency turns on, by the format's own labels; then every field that the bytes
//! hold, under its own name, so that nothing is signed unseen.

mod statement;

pub(crate) use statement::{sentence, statement};

use planseal::card::{AdrtFlag, Card, More};
use planseal::plan::PlanVersion;
use planseal::plan::adrt::AdrtEntry;
use planseal::plan::recommendations::{CprDecision, Recommendations};
use serde_json::Value as Json;

/// The sections of a plan in the order of the page, and the words over them.
pub(crate) const SECTIONS: [(&str, &str); 12] = [
    ("recommendations", "Recommendations for an emergency"),
    ("adrt", "Advance decisions and evidence of wishes"),
    ("person", "Person"),
    ("clinical", "Clinical"),
    ("capacity", "Capacity and involvement"),
    ("preferences", "What matters"),
    ("sharing", "Sharing"),
    ("contacts", "Contacts"),
    ("documents", "Documents kept elsewhere"),
    ("att", "Attached files"),
    ("acts", "Acts recorded by the author"),
    ("card_line", "Line for the printed code"),
];

/// The decision in the words of every medium.
pub(crate) fn cpr(recommendations: &Recommendations) -> String {
    match recommendations.cpr().map(|cpr| cpr.decision()) {
        None => "NO CPR DECISION RECORDED: attempt CPR".into(),
        Some(CprDecision::Attempt) => "FOR CPR".into(),
        Some(CprDecision::DoNotAttempt) => "DNACPR: do not attempt CPR".into(),
        Some(other) => other.label().into(),
    }
}

/// One line for each advance decision; never "valid".
pub(crate) fn adrt(version: &PlanVersion) -> Vec<String> {
    let entries = version.adrt().iter().map(|entry| {
        let record = entry.record();
        let refuses: Vec<&str> = record
            .refuses()
            .iter()
            .map(|refusal| refusal.treatment().label())
            .collect();
        match entry {
            AdrtEntry::AdvanceDecision(_) => {
                format!(
                    "ADRT recorded, made {}: refuses {}. Check validity and applicability.",
                    record.made().day(),
                    refuses.join("; ")
                )
            }
            AdrtEntry::EvidenceOfWishes(evidence) => {
                let missing: Vec<&str> = evidence
                    .missing()
                    .iter()
                    .map(|formality| formality.label())
                    .collect();
                format!(
                    "Evidence of wishes, made {} (not recorded as an ADRT; missing: {})",
                    record.made().day(),
                    missing.join("; ")
                )
            }
        }
    });
    let lines: Vec<String> = entries.collect();
    if lines.is_empty() {
        vec!["ADRT: none recorded here (one may still exist)".into()]
    } else {
        lines
    }
}

/// The lines an emergency turns on.
pub(crate) fn headline(version: &PlanVersion) -> Vec<String> {
    let (person, recommendations) = (version.person(), version.recommendations());
    let number = person
        .nhs_number()
        .map_or_else(|| "none".into(), |number| number.to_string());
    let mut lines = vec![
        format!(
            "{}, born {}, NHS No. {number}",
            person.name().display(),
            person.date_of_birth().day()
        ),
        cpr(recommendations),
        format!(
            "Ceiling: {}: {}",
            recommendations.treatment_level().code(),
            recommendations.ceiling()
        ),
    ];
    lines.extend(adrt(version));
    lines.push(format!("Card line: {}", version.card_line().as_str()));
    for attachment in version.attachments() {
        lines.push(format!(
            "Attached: {} ({}, {} bytes, SHA-256 {})",
            attachment.title(),
            attachment.role().label(),
            attachment.size(),
            attachment.sha256()
        ));
    }
    lines
}

/// The frame around a plan: which record, which version, by whom, when.
pub(crate) fn frame(version: &PlanVersion) -> Vec<String> {
    let author = version.author();
    let registration = author
        .registration()
        .map_or_else(String::new, |held| format!(" ({held})"));
    let follows = version
        .previous()
        .map_or_else(|| "begins the record".into(), |id| format!("follows {id}"));
    vec![
        format!(
            "Version {} of {}; {follows}",
            version.version_number(),
            version.plan()
        ),
        format!(
            "Author: {}{registration}, {}, {}",
            author.name(),
            author.role(),
            author.org()
        ),
        format!(
            "Signed {}; in use from {}; review due {}",
            version.signed_at().day_and_time(),
            version.effective_from().day(),
            version.review_due().day()
        ),
        format!("Why: {}", version.change_reason()),
        format!("Endorsement needed: {}", version.endorsement_required().label()),
    ]
}

/// Everything a plan says, section by section.
pub(crate) fn sections(version: &PlanVersion) -> Vec<String> {
    let json = plan_json(version);
    let mut lines = Vec::new();
    for (key, title) in SECTIONS {
        let Some(section) = json.get(key) else {
            continue;
        };
        lines.push(String::new());
        lines.push(format!("{title}:"));
        lines.extend(
            leaves(section)
                .into_iter()
                .map(|(path, words)| match path.as_str() {
                    "" => format!("  {words}"),
                    _ => format!("  {}: {words}", path.replace('_', " ")),
                }),
        );
    }
    lines
}

/// The payload's own fields. Ids and the salt are left out: they say nothing to a reader.
pub(crate) fn plan_json(version: &PlanVersion) -> Json {
    serde_json::to_value(version).unwrap_or(Json::Null)
}

/// Every leaf of a JSON value with its path; list entries count from 1.
pub(crate) fn leaves(value: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(value, &mut Vec::new(), &mut found);
    found
}

fn collect(value: &Json, path: &mut Vec<String>, found: &mut Vec<(String, String)>) {
    match value {
        Json::Object(fields) => {
            for (name, field) in fields {
                path.push(name.clone());
                collect(field, path, found);
                path.pop();
            }
        }
        Json::Array(items) => {
            for (number, item) in (1_usize..).zip(items) {
                path.push(number.to_string());
                collect(item, path, found);
                path.pop();
            }
        }
        Json::String(text) => found.push((path.join("."), text.clone())),
        other => found.push((path.join("."), other.to_string())),
    }
}

/// What a card says.
pub(crate) fn card(card: &Card) -> Vec<String> {
    let number = card
        .nhs_number()
        .map_or_else(|| "none".into(), |number| number.to_string());
    let decision = match card.cpr() {
        None => "NO CPR DECISION RECORDED: attempt CPR",
        Some(CprDecision::Attempt) => "FOR CPR",
        Some(CprDecision::DoNotAttempt) => "DNACPR: do not attempt CPR",
        Some(other) => other.label(),
    };
    let advance = match card.adrt() {
        AdrtFlag::NoneRecorded => "ADRT: none recorded here (one may still exist)",
        AdrtFlag::Recorded => "ADRT recorded: read it; check validity and applicability",
        AdrtFlag::EvidenceOfWishes => "Evidence of wishes recorded (not recorded as an ADRT)",
    };
    let mut lines = vec![
        format!(
            "{}, born {}, NHS No. {number}",
            card.name(),
            card.date_of_birth().day()
        ),
        decision.to_owned(),
        format!(
            "Ceiling: {}: {}",
            card.level().code(),
            card.ceiling().unwrap_or_else(|| card.level().label())
        ),
        advance.to_owned(),
        card.line().to_owned(),
        format!(
            "Version {}; review due {}",
            card.version_number(),
            card.review_due().day()
        ),
    ];
    lines.extend(card.phones().iter().map(|phone| format!("Ring {}", phone.e164())));
    if card.more() == More::OnThePaper {
        lines.push("There is more on the paper.".into());
    }
    lines
}
