//! The first two lines: whether this was the latest version, and what to know before relying on it.

use planseal::plan::{PlanVersion, YesNo};
use planseal::time::Timestamp;

use super::{SummaryLine, Topic, line};
use crate::known::{Known, Standing};

/// Paper never says "current": it says what was so when it was printed.
pub(super) fn status(known: &Known) -> SummaryLine {
    let at = known.at.day_and_time();
    let on = |time: Option<Timestamp>| time.map_or_else(String::new, |time| format!(" on {}", time.day()));
    match known.standing {
        Standing::Latest => line(
            Topic::Status,
            format!("LATEST VERSION WHEN PRINTED on {at}."),
            ["Not checked since: scan to check."],
        ),
        Standing::Superseded { by_version_signed } => line(
            Topic::Status,
            format!("SUPERSEDED: do not rely on this copy (as of {at})."),
            [
                &format!("A newer plan was signed{}.", on(by_version_signed)),
                "An advance decision below may still bind.",
            ],
        ),
        Standing::Withdrawn { signed } => line(
            Topic::Status,
            format!("WITHDRAWN (as of {at})."),
            [
                &format!("This plan was withdrawn{}.", on(signed)),
                "An advance decision below may still bind.",
            ],
        ),
        Standing::Suspended => line(
            Topic::Status,
            format!("SUSPENDED (as of {at})."),
            [
                "The signer's key was later reported lost, or the signer was not entitled. Use clinical judgement.",
            ],
        ),
        Standing::NotYetRegistered => line(
            Topic::Status,
            "SIGNED, NOT YET REGISTERED: interim print.",
            [&format!(
                "Printed on {at}. Whether it is the latest cannot be checked yet."
            )],
        ),
        Standing::NotChecked => line(
            Topic::Status,
            "GENUINE WHEN SIGNED; not checked whether it is the latest.",
            [&format!(
                "Printed on {at}. A newer plan may exist: scan to check."
            )],
        ),
    }
}

pub(super) fn notices(plan: &PlanVersion, known: &Known) -> SummaryLine {
    let mut notices = Vec::new();
    for report in &known.reports {
        notices.push(format!(
            "REPORTED on {}: {} (by {}). Not yet resolved.",
            report.at.day(),
            report.what,
            report.by
        ));
    }
    if plan.endorsement_required() == YesNo::Yes && known.endorsements.is_empty() {
        notices.push("SIGNED, NOT YET ENDORSED by a senior clinician.".to_owned());
    }
    if plan.review_due() < known.at.date() {
        notices.push(format!(
            "REVIEW OVERDUE since {}. The plan has not expired: read it, and ask.",
            plan.review_due().day()
        ));
    }
    SummaryLine {
        topic: Topic::Notices,
        headline: String::new(),
        details: notices,
    }
}
