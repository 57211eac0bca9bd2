//! The words of the summary, by sample.

use super::*;
use crate::fixture::{Fixture, known};
use crate::html;
use crate::known::{Reported, Standing};

fn summary_of(sample: &str, known: &Known) -> EmergencySummary {
    EmergencySummary::of(&Fixture::sample(sample).plan, known)
}

fn line_about(summary: &EmergencySummary, wanted: Topic) -> String {
    let line = summary.lines().iter().find(|line| line.topic() == wanted);
    let line = line.unwrap_or_else(|| panic!("no line about {wanted:?}"));
    format!("{} {}", line.headline(), line.details().join(" "))
}

#[test]
fn a_dnacpr_carries_its_scope_note() {
    let summary = summary_of("P1-v3.json", &known(Standing::Latest));
    let cpr = line_about(&summary, Topic::Cpr(CprShown::DoNotAttempt));
    assert!(cpr.contains("DNACPR") && cpr.contains("choking"), "{cpr}");
}

#[test]
fn a_refusal_by_adrt_carries_its_own_circumstances_instead() {
    let summary = summary_of("P3-v3.json", &known(Standing::Latest));
    let cpr = line_about(&summary, Topic::Cpr(CprShown::DoNotAttempt));
    assert!(
        cpr.contains("failing because of my cancer") && !cpr.contains("choking"),
        "{cpr}"
    );
}

#[test]
fn no_decision_means_attempt() {
    let fixture = Fixture::of("P5-v2.json", |text| {
        let mut draft: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let recommended = draft["recommendations"].as_object_mut().expect("a section");
        recommended.remove("cpr");
        serde_json::to_string_pretty(&draft).expect("JSON")
    });
    let summary = EmergencySummary::of(&fixture.plan, &known(Standing::Latest));
    let cpr = line_about(&summary, Topic::Cpr(CprShown::NoneRecorded));
    assert!(cpr.contains("NO CPR DECISION RECORDED: attempt CPR"), "{cpr}");
}

#[test]
fn paper_never_claims_to_be_current_and_no_adrt_is_called_valid() {
    for sample in [
        "P1-v3.json",
        "P2-v2.json",
        "P3-v3.json",
        "P4-v5.json",
        "P5-v2.json",
    ] {
        for line in summary_of(sample, &known(Standing::Latest)).lines() {
            let words = format!("{} {}", line.headline(), line.details().join(" "));
            assert!(
                !words.to_lowercase().contains("current"),
                "{sample}: {:?}",
                line.topic()
            );
            assert!(!words.contains("is valid"), "{sample}: {:?}", line.topic());
        }
    }
}

#[test]
fn overdue_review_and_missing_endorsement_are_said_and_do_not_hide_the_plan() {
    let summary = summary_of("P2-v2.json", &known(Standing::Latest));
    let notices = line_about(&summary, Topic::Notices);
    assert!(
        notices.contains("NOT YET ENDORSED") && notices.contains("REVIEW OVERDUE since 31-Oct-2026"),
        "{notices}"
    );
    assert!(line_about(&summary, Topic::Status).contains("LATEST VERSION WHEN PRINTED"));
}

#[test]
fn a_report_about_the_adrt_changes_the_words_beside_it() {
    let mut known = known(Standing::Latest);
    let before = line_about(&summary_of("P3-v3.json", &known), Topic::Refusal);
    assert!(
        before.contains("not known to be withdrawn (as of 22-Nov-2026 14:32 GMT)"),
        "{before}"
    );
    known.reports.push(Reported {
        matter: Matter::AdvanceDecision,
        what: "withdrawal of the ADRT reported".into(),
        by: "a paramedic".into(),
        at: known.at,
    });
    let after = line_about(&summary_of("P3-v3.json", &known), Topic::Refusal);
    assert!(
        after.contains("REPORTED") && !after.contains("not known"),
        "{after}"
    );
}

#[test]
fn html_shows_every_line_but_the_status() {
    let html = html::summary(&summary_of("P3-v3.json", &known(Standing::Latest)));
    for class in [
        "who",
        "cpr-dnacpr",
        "ceiling",
        "refusal",
        "alerts",
        "place",
        "call",
        "signed",
    ] {
        assert!(html.contains(&format!("class=\"summary {class}\"")), "{class}");
    }
    assert!(!html.contains("LATEST VERSION"));
}
