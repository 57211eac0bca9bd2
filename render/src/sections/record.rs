//! Sections of the record: who signed, review, documents, and what this print is.

use planseal::plan::PlanVersion;

use super::people::joined;
use super::{Facts, Surroundings, paragraph, section, table};
use crate::view::Block;
use crate::words;

/// Section 7.
pub(super) fn signatures(plan: &PlanVersion, around: &Surroundings<'_>) -> Vec<Block> {
    let when = plan.signed_at().day_and_time();
    let mut facts = Facts::new();
    let Some(signed) = &around.signed else {
        return vec![
            section("7  Signatures"),
            Facts::new()
                .row("author", "To be signed by", words::author(plan.author()))
                .block(),
        ];
    };
    facts = facts
        .row("author", "Signed electronically by", words::author(plan.author()))
        .row("iat", "Signed on", when)
        .row(
            "endorsement_required",
            "Endorsement needed",
            plan.endorsement_required().label(),
        );
    let endorsements = signed.known.endorsements.iter();
    facts = facts.many(
        "known",
        "Endorsed by",
        endorsements.map(|endorsed| format!("{}, {}", endorsed.by, endorsed.at.day_and_time())),
    );
    facts = facts.many(
        "known",
        "Reported",
        signed
            .known
            .reports
            .iter()
            .map(|report| format!("{}: {} (by {})", report.at.day_and_time(), report.what, report.by)),
    );
    let recorder = plan.author().name();
    facts = facts.many(
        "acts",
        "Acts seen",
        plan.acts().iter().map(|act| {
            let what = format!(
                "{}: {}, {} (recorded by {recorder})",
                act.by(),
                act.kind().label().to_lowercase(),
                act.date().day()
            );
            joined([Some(what), act.words().map(ToString::to_string)], ". ")
        }),
    );
    vec![
        section("7  Signatures"),
        facts.block(),
        paragraph(
            "template",
            "No ink signature is needed to check this plan: scan the code on page 1. Copies are fine.",
        ),
    ]
}

/// Section 9.
pub(super) fn review(plan: &PlanVersion) -> Vec<Block> {
    let facts = Facts::new()
        .row("review_due", "Review due", plan.review_due().day())
        .row("effective_from", "Used from", plan.effective_from().day())
        .row(
            "change_reason",
            "Why this version",
            plan.change_reason().to_string(),
        );
    vec![
        section("9  Review"),
        facts.block(),
        paragraph(
            "template",
            "A plan does not expire on its review date. After it, ask whether a newer plan exists.",
        ),
    ]
}

/// Section 10; nothing when there is neither.
pub(super) fn documents(plan: &PlanVersion) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !plan.documents().is_empty() {
        let rows = plan.documents().iter().map(|document| {
            vec![
                document.name().to_string(),
                document.location().to_string(),
                document.source().to_string(),
            ]
        });
        blocks.push(table(
            "documents",
            &[38, 34, 28],
            &["Document", "Where it is", "Issued by"],
            rows.collect(),
        ));
    }
    if !plan.attachments().is_empty() {
        let rows = plan.attachments().iter().enumerate().map(|(at, file)| {
            vec![
                (at + 1).to_string(),
                format!("{} ({})", file.title(), file.role().label()),
                format!("{}, {} bytes", file.media_type().label(), file.size()),
                file.sha256().to_string(),
            ]
        });
        blocks.push(paragraph(
            "template",
            "Files attached to this document, byte for byte as received:",
        ));
        blocks.push(table(
            "att",
            &[6, 36, 22, 36],
            &["", "File", "Kind and length", "SHA-256"],
            rows.collect(),
        ));
    }
    if !blocks.is_empty() {
        blocks.insert(0, section("10  Other documents and attached files"));
    }
    blocks
}

/// Section 11.
pub(super) fn about(plan: &PlanVersion, around: &Surroundings<'_>) -> Vec<Block> {
    let mut facts = Facts::new()
        .row(
            "plan",
            "Plan",
            format!("{} (short code {})", plan.plan(), plan.plan().short_code()),
        )
        .row("ver", "Version", plan.version_number().to_string());
    if let Some(signed) = &around.signed {
        facts = facts.row("id", "Digest", signed.id.to_string());
    }
    facts = facts
        .maybe("prev", "Follows", plan.previous())
        .row("jurisdiction", "Law that applies", plan.jurisdiction().label())
        .row("rules", "Validated with", plan.rules().label());
    vec![
        section("11  About this document"),
        facts.block(),
        paragraph("legal_notice", plan.legal_notice().label()),
        paragraph(
            "template",
            "What the codes prove: who signed this plan and that nothing was changed. Not what is on this paper, \
             unless you compare it with what the code shows. Not that no other plan exists for this person. Whether \
             it is still the latest is known only by checking.",
        ),
    ]
}
