//! A verdict in the words and order in which a page shows it (UX §1).

use planseal::card::{AdrtFlag, Card, More, elided_name};
use planseal::check::{Attachments, Authenticity, FileState, State, Verdict};
use planseal::currency::Answer;
use planseal::plan::recommendations::CprDecision;
use planseal::statement::{Withdrawal, WithdrawalReason};
use planseal::time::Timestamp;
use planseal_render::summary::Topic;
use planseal_render::{EmergencySummary, html};

use super::standing::reason;
use crate::problem::sentence;
use crate::service::{Edition, Late};
use planseal_render::print;

/// A plan in the demonstration's list.
pub(super) struct Listed {
    pub(super) address: String,
    pub(super) name: String,
    pub(super) born: String,
    pub(super) version: u32,
    pub(super) signed: String,
    pub(super) word: &'static str,
    pub(super) look: &'static str,
}

impl Listed {
    pub(super) fn of(latest: &Edition, verdict: &Verdict) -> Self {
        let version = latest.content();
        let state = latest
            .late()
            .map_or_else(|| verdict.state(), |_| State::Suspended);
        Self {
            address: format!("/e/{}", version.plan()),
            name: elided_name(version.person().name()),
            born: version.person().date_of_birth().day(),
            version: version.version_number(),
            signed: version.signed_at().day(),
            word: state.word(),
            look: look(state),
        }
    }
}

/// A verdict as the page shows it: state, three answers apart, notes, and what may be shown of the plan.
pub(super) struct Shown {
    pub(super) look: &'static str,
    pub(super) symbol: &'static str,
    pub(super) word: &'static str,
    pub(super) line: String,
    /// Whether the file that carried the plan was changed.
    pub(super) altered: bool,
    pub(super) protocol: bool,
    pub(super) answers: Vec<AnswerBlock>,
    pub(super) notes: Vec<String>,
    pub(super) contact: String,
    pub(super) patient: Option<Patient>,
    /// What stays in sight of a copy that is not current: advance decision and allergies.
    pub(super) kept: Vec<Kept>,
    /// The emergency summary as escaped HTML.
    pub(super) summary: Option<String>,
    /// Whether the summary stands behind a control.
    pub(super) behind: bool,
    pub(super) card: Option<CardShown>,
}

/// One of the three answers of FORMAT §1.
pub(super) struct AnswerBlock {
    pub(super) question: &'static str,
    pub(super) answer: String,
    pub(super) detail: String,
}

/// Who the plan is about.
#[derive(Clone)]
pub(super) struct Patient {
    pub(super) name: String,
    pub(super) born: String,
    pub(super) number: String,
}

/// A line of the summary that stays visible.
pub(super) struct Kept {
    pub(super) label: &'static str,
    pub(super) headline: String,
    pub(super) details: Vec<String>,
}

/// A card as decoded from a printed code.
pub(super) struct CardShown {
    pub(super) checked: bool,
    pub(super) name: String,
    pub(super) born: String,
    pub(super) number: String,
    pub(super) version: u32,
    pub(super) cpr_look: &'static str,
    pub(super) cpr: &'static str,
    pub(super) cpr_scope: &'static str,
    pub(super) ceiling: String,
    pub(super) adrt: &'static str,
    pub(super) line: String,
    pub(super) more: bool,
    pub(super) review_due: String,
    pub(super) phones: Vec<String>,
}

impl Shown {
    pub(super) fn of(verdict: &Verdict, now: Timestamp) -> Self {
        let state = verdict.state();
        let summary = verdict.bundle().map(|checked| {
            let version = checked.version().verified().content();
            EmergencySummary::of(version, &print::known(checked))
        });
        let behind = matches!(state, State::Superseded | State::Withdrawn);
        let kept = match &summary {
            Some(summary) if behind => kept(summary),
            _ => Vec::new(),
        };
        let card = match (&summary, verdict.card(), verdict.unchecked_card()) {
            (None, Some(card), _) => Some(CardShown::of(card.content(), true)),
            (None, None, Some(card)) => Some(CardShown::of(card, false)),
            _ => None,
        };
        Self {
            look: look(state),
            symbol: symbol(state),
            word: state.word(),
            line: verdict.line(),
            altered: verdict.file() == FileState::Altered,
            protocol: state != State::Current,
            answers: vec![authentic(verdict), current(verdict, now), attachments(verdict)],
            notes: verdict.notes().to_vec(),
            contact: verdict.contact().to_owned(),
            patient: Patient::of(verdict, now),
            kept,
            summary: summary.as_ref().map(html::summary),
            behind,
            card,
        }
    }
}

impl Shown {
    /// Says that the version came into the log too late to count. Outside readers refuse it, so nothing of it is shown;
    /// the version before it is.
    pub(super) fn came_late(&mut self, late: &Late, earlier: Option<&Self>) {
        let state = State::Suspended;
        (self.look, self.symbol, self.word) = (look(state), symbol(state), state.word());
        let next = match earlier {
            Some(_) => "The last version before it that counts stands below.",
            None => "There is no version before it.",
        };
        self.line = format!(
            "The version signed on {} was registered when its signer's key did not count any more. It is not shown. {next}",
            late.signed_at.day()
        );
        self.answers = vec![AnswerBlock {
            question: "Current?",
            answer: "Suspended".into(),
            detail: sentence(&late.fault.to_string()),
        }];
        (self.protocol, self.notes) = (true, Vec::new());
        (self.summary, self.card, self.behind) = (None, None, false);
        self.kept.clear();
        self.patient = earlier.and_then(|earlier| earlier.patient.clone());
    }

    /// Says why a record was withdrawn. Of a plan that the patient no longer shares nothing is kept in sight.
    pub(super) fn withdrawn(&mut self, withdrawal: &Withdrawal) {
        let (why, on) = (reason(withdrawal.reason), withdrawal.issued_at.day());
        let told = format!("This plan was withdrawn on {on}: {why}.");
        // What core says after it stays: that an advance decision may still bind, and what is open.
        let rest = self
            .line
            .strip_prefix("This plan was withdrawn.")
            .unwrap_or_default();
        self.line = format!("{told}{rest}");
        if withdrawal.reason == WithdrawalReason::SharingStopped {
            self.kept.clear();
        }
    }
}

impl Patient {
    fn of(verdict: &Verdict, now: Timestamp) -> Option<Self> {
        let (name, born, held) = match (verdict.version(), verdict.card()) {
            (Some(version), _) => {
                let person = version.content().person();
                (
                    elided_name(person.name()),
                    person.date_of_birth(),
                    person.nhs_number(),
                )
            }
            (None, Some(card)) => {
                let card = card.content();
                (card.name().to_owned(), card.date_of_birth(), card.nhs_number())
            }
            (None, None) => return None,
        };
        Some(Self {
            name,
            born: format!("{} ({}y)", born.day(), born.age_on(now.date())),
            number: number(held.map(|held| held.to_string())),
        })
    }
}

impl CardShown {
    fn of(card: &Card, checked: bool) -> Self {
        let (cpr_look, cpr) = match card.cpr() {
            Some(CprDecision::DoNotAttempt) => ("cpr-dnacpr", "DNACPR: do not attempt CPR"),
            Some(CprDecision::Attempt) => ("cpr-attempt", "FOR CPR"),
            Some(CprDecision::ModifiedChildOnly) => ("cpr-modified", "MODIFIED CPR (child): see the paper"),
            None => ("cpr-none", "NO CPR DECISION RECORDED: attempt CPR"),
        };
        let words = card
            .ceiling()
            .map_or_else(String::new, |words| format!(": {words}"));
        Self {
            checked,
            name: card.name().to_owned(),
            born: card.date_of_birth().day(),
            number: number(card.nhs_number().map(|number| number.to_string())),
            version: card.version_number(),
            cpr_look,
            cpr,
            cpr_scope: scope(card),
            ceiling: format!("{}{words}", card.level().label()),
            adrt: match card.adrt() {
                AdrtFlag::Recorded => "ADRT recorded. Check validity and applicability.",
                AdrtFlag::NoneRecorded => "None recorded here (one may still exist).",
                AdrtFlag::EvidenceOfWishes => {
                    "Evidence of wishes recorded; the formalities of an ADRT are not."
                }
            },
            line: card.line().to_owned(),
            more: card.more() == More::OnThePaper,
            review_due: card.review_due().day(),
            phones: card.phones().iter().map(ToString::to_string).collect(),
        }
    }
}

/// Beside every DNACPR stands what it does not refuse; a card does not say whether the refusal is the patient's own.
const fn scope(card: &Card) -> &'static str {
    match (card.cpr(), card.adrt()) {
        (Some(CprDecision::DoNotAttempt), AdrtFlag::Recorded) => {
            "Choking and other reversible causes are still treated, unless the advance decision refuses it: read it."
        }
        (Some(CprDecision::DoNotAttempt), _) => "Choking and other reversible causes are still treated.",
        _ => "",
    }
}

fn kept(summary: &EmergencySummary) -> Vec<Kept> {
    let visible = |topic| matches!(topic, Topic::Refusal | Topic::Alerts);
    let lines = summary.lines().iter().filter(|line| visible(line.topic()));
    lines
        .map(|line| Kept {
            label: line.topic().label(),
            headline: line.headline().to_owned(),
            details: line.details().to_vec(),
        })
        .collect()
}

fn number(number: Option<String>) -> String {
    number.unwrap_or_else(|| "not recorded".into())
}

/// Class names of the sheet.
const fn look(state: State) -> &'static str {
    match state {
        State::Current => "current",
        State::CurrentWithWarning => "warning",
        State::CurrentInAlteredFile => "altered",
        State::Superseded => "superseded",
        State::Withdrawn => "withdrawn",
        State::Suspended => "suspended",
        State::CurrencyUnknown | State::SignerUnknown => "unknown",
        State::NotGenuine => "false",
        State::CannotRead => "unread",
    }
}

/// A sign that survives greyscale; words carry the meaning.
const fn symbol(state: State) -> &'static str {
    match state {
        State::Current => "\u{2714}",
        State::CurrentWithWarning => "!",
        State::CurrentInAlteredFile => "\u{2248}",
        State::Superseded => "\u{2192}",
        State::Withdrawn => "\u{2014}",
        State::Suspended => "\u{26bf}",
        State::CurrencyUnknown | State::SignerUnknown => "?",
        State::NotGenuine => "\u{2715}",
        State::CannotRead => "\u{25a1}",
    }
}

fn authentic(verdict: &Verdict) -> AnswerBlock {
    let (answer, detail) = match verdict.authenticity() {
        Authenticity::Verified => ("Verified", "Signature, signer and registration hold.".to_owned()),
        Authenticity::RegistrationNotShown => (
            "Signature good",
            "Its registration cannot be checked from this.".to_owned(),
        ),
        Authenticity::CannotCheck(reason) => ("Cannot check", sentence(reason)),
        Authenticity::Failed(reason) => ("FAILED", sentence(reason)),
    };
    let file = match verdict.file() {
        FileState::NotCompared => "",
        FileState::Genuine => " The file is exactly what this service printed.",
        FileState::Sealed => " The file is as this service sealed it; its pages were not compared.",
        FileState::Altered => " The file was changed after it was printed.",
    };
    AnswerBlock {
        question: "Authentic?",
        answer: answer.into(),
        detail: format!("{detail}{file}"),
    }
}

fn current(verdict: &Verdict, now: Timestamp) -> AnswerBlock {
    let (answer, detail) = match verdict.currency().map(planseal::currency::Currency::answer) {
        Some(Answer::Latest { as_of, warnings, .. }) if warnings.is_empty() => {
            ("Latest", format!("Checked {}.", as_of.day_and_time()))
        }
        Some(Answer::Latest { as_of, warnings, .. }) => (
            "Latest, with a warning",
            format!(
                "Reported: {}. Checked {}.",
                warnings.join("; "),
                as_of.day_and_time()
            ),
        ),
        Some(Answer::Superseded { as_of, .. }) => {
            ("Superseded", format!("Checked {}.", as_of.day_and_time()))
        }
        Some(Answer::Withdrawn { as_of, .. }) => ("Withdrawn", format!("Checked {}.", as_of.day_and_time())),
        Some(Answer::Suspended { as_of, .. }) => ("Suspended", format!("Checked {}.", as_of.day_and_time())),
        Some(Answer::Unknown(_)) | None => ("Unknown", "A newer plan may exist.".to_owned()),
    };
    let warnings = match verdict.currency() {
        // What is open is said beside bad news too; "latest" has said it above.
        Some(currency) if !matches!(currency.answer(), Answer::Latest { .. }) => currency.warnings(),
        _ => &[],
    };
    let open = match warnings {
        [] => String::new(),
        open => format!(" Reported: {}.", open.join("; ")),
    };
    // The stamp of a bundle made for this very answer says nothing more.
    let printed = verdict
        .currency()
        .and_then(planseal::currency::Currency::latest_when_printed);
    let printed = printed.filter(|at| now.since(*at) > 60);
    let printed = printed.map_or_else(String::new, |at| {
        format!(" It was the latest when printed on {}.", at.day())
    });
    AnswerBlock {
        question: "Current?",
        answer: answer.into(),
        detail: format!("{detail}{open}{printed}"),
    }
}

fn attachments(verdict: &Verdict) -> AnswerBlock {
    let (answer, detail) = match verdict.attachments() {
        Attachments::None if verdict.version().is_some() => {
            ("None".to_owned(), "The plan names no attached files.")
        }
        Attachments::None => (
            "Not known".to_owned(),
            "Which files belong to it cannot be told from this.",
        ),
        Attachments::AllMatch => (
            "All match".to_owned(),
            "Every attached file is the one the author signed.",
        ),
        Attachments::Missing { count } => (
            format!("{count} missing"),
            "Ask for the missing files before relying on them.",
        ),
        Attachments::Mismatch => (
            "MISMATCH".to_owned(),
            "An attached file is not one of those the author signed.",
        ),
    };
    AnswerBlock {
        question: "Attachments?",
        answer,
        detail: detail.to_owned(),
    }
}

/// Groups of eight, as papers print fingerprints.
pub(super) fn grouped(digits: &str) -> String {
    let mut groups = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 8 == 0 {
            groups.push(' ');
        }
        groups.push(digit);
    }
    groups
}
