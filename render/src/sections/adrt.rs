//! Advance decisions, each as a typed summary of what was recorded (DOMAIN §3).
//!
//! The original is what counts in law; these pages say what it holds, where it is, and how it came here. None is
//! called valid, and the questions of the bedside are printed unanswered.

use planseal::plan::PlanVersion;
use planseal::plan::adrt::{AdrtEntry, AdrtRecord, AdrtSignature, Witness};

use super::people::joined;
use super::{Facts, Surroundings, paragraph, part, section, table};
use crate::summary::{Moment, later_powers};
use crate::view::{Block, Frame};
use crate::words;

/// Section 5.
pub(super) fn advance_decisions(plan: &PlanVersion, around: &Surroundings<'_>) -> Vec<Block> {
    let mut blocks = vec![
        section("5  Advance decisions to refuse treatment (ADRT)"),
        paragraph(
            "template",
            "An advance decision is legally binding if it is valid and applicable, wherever it is kept. Whether it \
             is valid and applicable is decided at the bedside, never by this plan. A withdrawal need not be in writing.",
        ),
    ];
    if plan.adrt().is_empty() {
        blocks.push(paragraph("template", "None recorded here (one may still exist)."));
    }
    for (at, entry) in plan.adrt().iter().enumerate() {
        blocks.extend(one(plan, entry, at + 1, around));
    }
    blocks
}

fn one(plan: &PlanVersion, entry: &AdrtEntry, number: usize, around: &Surroundings<'_>) -> Vec<Block> {
    let record = entry.record();
    let mut blocks = vec![part(
        "adrt",
        format!(
            "{number}. {}, made {}",
            record.held_as().label(),
            record.made().day()
        ),
    )];
    blocks.push(standing(plan, entry, around));
    blocks.push(what(record));
    blocks.push(part("template", "Form and signatures"));
    blocks.push(form(record));
    blocks.push(part("template", "Where it is and how it came here"));
    blocks.push(provenance(plan, record, number));
    if !record.checklist().is_empty() {
        let ruleset = record.ruleset().code();
        blocks.push(part("template", format!("Recording checklist {ruleset}")));
        blocks.push(checklist(record));
    }
    blocks.push(part("template", "To ask at the bedside (not answered here)"));
    blocks.push(bedside(record));
    blocks
}

fn standing(plan: &PlanVersion, entry: &AdrtEntry, around: &Surroundings<'_>) -> Block {
    let mut lines = Vec::new();
    match entry {
        AdrtEntry::AdvanceDecision(adrt) => {
            let moment = match &around.signed {
                Some(signed) => Moment::known(signed.known),
                None => Moment::at(plan.signed_at()),
            };
            lines.push(moment.adrt_recorded());
            for power in later_powers(adrt, plan) {
                lines.push(format!(
                    "A later lasting power of attorney is recorded (signed {}). Check who decides.",
                    power.created().day()
                ));
            }
        }
        AdrtEntry::EvidenceOfWishes(evidence) => {
            lines.push(
                "Evidence of wishes. It is not recorded as an advance decision; still weigh it.".to_owned(),
            );
            let missing: Vec<&str> = evidence
                .missing()
                .iter()
                .map(|formality| formality.label())
                .collect();
            lines.push(format!("Not shown here: {}.", missing.join("; ")));
        }
    }
    let lines = lines.into_iter().map(|line| paragraph("adrt", line));
    Block::Framed(Frame::Bar, lines.collect())
}

fn what(record: &AdrtRecord) -> Block {
    let refuses = record.refuses().iter().map(|refusal| {
        format!(
            "{}: \u{201c}{}\u{201d} (life-sustaining: {})",
            refusal.treatment().label(),
            refusal.words(),
            refusal.life_sustaining().label().to_lowercase()
        )
    });
    let risk = match record.life_at_risk() {
        Some(risk) => joined(
            [
                Some(format!(
                    "\u{201c}Even if life is at risk\u{201d} stated: {}",
                    risk.stated().label().to_lowercase()
                )),
                risk.quote().map(ToString::to_string),
            ],
            ". ",
        ),
        None => "\u{201c}Even if life is at risk\u{201d}: not recorded".to_owned(),
    };
    Facts::new()
        .many("adrt.refuses", "Treatments refused", refuses)
        .row(
            "adrt.circumstances",
            "Circumstances",
            record.circumstances().map_or_else(
                || "none recorded".to_owned(),
                |words| format!("\u{201c}{words}\u{201d}"),
            ),
        )
        .row("adrt.life_at_risk", "Risk to life", risk)
        .maybe("adrt.note", "Note", record.note())
        .block()
}

fn form(record: &AdrtRecord) -> Block {
    Facts::new()
        .row("adrt.form", "Form", record.form().label())
        .row(
            "adrt.signature",
            "Signature",
            record
                .signature()
                .map_or_else(|| "none recorded".to_owned(), signature),
        )
        .row(
            "adrt.witness",
            "Witness",
            record
                .witness()
                .map_or_else(|| "none recorded".to_owned(), witness),
        )
        .maybe(
            "adrt.reaffirmed",
            "Altered or re-affirmed",
            record.reaffirmed().map(|date| date.day()),
        )
        .block()
}

fn signature(signature: &AdrtSignature) -> String {
    joined(
        [
            Some(signature.by().label().to_owned()),
            signature.name().map(ToString::to_string),
            signature.date().map(|date| date.day()),
            signature.words().map(ToString::to_string),
        ],
        ". ",
    )
}

fn witness(witness: &Witness) -> String {
    joined(
        [
            Some(witness.name().to_string()),
            witness.relation().map(ToString::to_string),
            witness.address().map(ToString::to_string),
            witness.date().map(|date| date.day()),
            Some(format!(
                "signature made or acknowledged before the witness: {}",
                witness.saw_signature().label().to_lowercase()
            )),
            Some(format!(
                "witness signed or acknowledged in the person's presence: {}",
                witness.signed_in_presence().label().to_lowercase()
            )),
        ],
        ", ",
    )
}

fn provenance(plan: &PlanVersion, record: &AdrtRecord, number: usize) -> Block {
    let received = record.received();
    let shows_this = |entry: Option<u64>| entry.and_then(|entry| usize::try_from(entry).ok()) == Some(number);
    let scans = plan
        .attachments()
        .iter()
        .enumerate()
        .filter(|(_, file)| shows_this(file.adrt().map(|entry| entry.value())));
    Facts::new()
        .row(
            "adrt.original",
            "Original",
            format!(
                "{}. Held by {}",
                record.original().location(),
                record.original().holder()
            ),
        )
        .row(
            "adrt.received",
            "Received",
            joined(
                [
                    Some(received.on().day()),
                    Some(format!("by {}", received.by())),
                    Some(format!("from {}", received.from())),
                    received.identified().map(|how| format!("identified: {how}")),
                ],
                ", ",
            ),
        )
        .many(
            "att.title",
            "Attached scan",
            scans.map(|(at, file)| format!("File {}: {} (SHA-256 {})", at + 1, file.title(), file.sha256())),
        )
        .block()
}

fn checklist(record: &AdrtRecord) -> Block {
    let rows = record.ruleset().questions().iter().map(|question| {
        let answer = record
            .checklist()
            .iter()
            .find(|answer| answer.question() == question.id());
        let (reply, evidence) = match answer {
            Some(answer) => (
                answer.answer().label().to_owned(),
                answer.evidence().map(ToString::to_string),
            ),
            None => ("Not answered".to_owned(), None),
        };
        vec![
            question.id().code().to_owned(),
            format!("{} ({})", question.words(), question.basis()),
            joined([Some(reply), evidence.map(|words| words::sentence(&words))], ". "),
        ]
    });
    table(
        "adrt.checklist",
        &[8, 58, 34],
        &["", "Question", "Answer when recorded"],
        rows.collect(),
    )
}

fn bedside(record: &AdrtRecord) -> Block {
    let rows = record.ruleset().bedside_questions().iter().map(|question| {
        vec![
            question.id.to_owned(),
            format!("{} ({})", question.words, question.basis),
            question.otherwise.to_owned(),
        ]
    });
    table(
        "template",
        &[8, 60, 32],
        &["", "Question", "If it stands against"],
        rows.collect(),
    )
}
