//! The recording checklist for advance decisions, as data: rule set `EW-MCA2005-2026-11` (DOMAIN §3.4).
//!
//! Engineering input and not legal advice: a solicitor can review the table and replace it by a newer dated set.
//! Questions of *use* (U01–U10) are asked at the bedside, never answered beforehand, and are given as data too.

use std::collections::BTreeSet;

use crate::plan::field::{Reader, Slot, Source, Text};
use crate::plan::person::PARAGRAPH;
use crate::plan::table::{coded, section};
use crate::validate::{Finding, Findings, rule};

coded! {
    /// A dated checklist.
    Ruleset {
        EnglandWales202611 = "EW-MCA2005-2026-11", "Mental Capacity Act 2005 checklist, England and Wales, November 2026";
    }
}

impl Ruleset {
    /// The questions asked when an advance decision is recorded.
    #[must_use]
    pub const fn questions(self) -> &'static [Question] {
        match self {
            Self::EnglandWales202611 => &RECORDING,
        }
    }

    /// The questions asked at the bedside. They are printed, and never answered beforehand.
    #[must_use]
    pub const fn bedside_questions(self) -> &'static [BedsideQuestion] {
        match self {
            Self::EnglandWales202611 => &USE,
        }
    }

    /// The recording question with this id.
    #[must_use]
    pub fn question(self, id: QuestionId) -> Option<&'static Question> {
        self.questions().iter().find(|question| question.id == id)
    }
}

/// One question asked at recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    id: QuestionId,
    basis: &'static str,
    effect: Effect,
}

impl Question {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> QuestionId {
        self.id
    }

    /// The question in words.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        self.id.label()
    }

    /// Sections of the Mental Capacity Act 2005 or of its Code; "evidential" where only prudence asks.
    #[must_use]
    pub const fn basis(&self) -> &'static str {
        self.basis
    }

    /// What the answer "no" does.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.effect
    }
}

coded! {
    /// What the answer "no" to a recording question does.
    Effect {
        NotAnAdvanceDecision = "not_an_advance_decision", "not an advance decision; kept as evidence of wishes";
        BlocksApplicability = "blocks_applicability", "cannot apply to life-sustaining treatment";
        Switch = "switch", "life-sustaining formalities are not asked; contradicts a refusal of life-sustaining treatment";
        Evidential = "evidential", "weaker evidence";
    }
}

coded! {
    /// The recording questions.
    QuestionId {
        R01 = "R01", "Was the person 18 or over when it was made?";
        R02 = "R02", "Did the person have capacity when it was made? (Assumed unless there is evidence.)";
        R03 = "R03", "Is a treatment specified? (Lay words are enough.)";
        R04 = "R04", "Are circumstances specified?";
        R05 = "R05", "Does it refuse life-sustaining treatment?";
        R06 = "R06", "Is it in writing?";
        R07 = "R07", "Does it state that it applies even if life is at risk?";
        R08 = "R08", "Is it signed by the person, or by another in the person's presence and by the person's direction?";
        R09 = "R09", "Was the signature made or acknowledged before a witness?";
        R10 = "R10", "Did the witness sign or acknowledge in the person's presence?";
        R11 = "R11", "If the statement about risk to life is separate, is it also signed and witnessed?";
        R12 = "R12", "Is it known where the original is and who holds it?";
        R13 = "R13", "Is it recorded who received it, when, from whom, and how they were identified?";
        R14 = "R14", "Was the person told to share and renew it, and is the last re-affirmation recorded?";
    }
}

section! {
    /// An answer to a recording question.
    Answer / AnswerWire {
        /// The question. Needed to sign.
        needed_copy question: QuestionId,
        /// The answer. Needed to sign.
        needed_copy answer: Reply,
        /// What it rests on.
        maybe evidence: Text<PARAGRAPH>,
    }
}

impl Answer {
    /// Whether the answer is "no".
    #[must_use]
    pub fn is_no(&self) -> bool {
        self.answer == Reply::No
    }
}

/// Answers to recording questions, each question at most once.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Vec<AnswerWire>", into = "Vec<Answer>")]
pub struct Checklist(Vec<Answer>);

impl Checklist {
    /// Reads answers as JSON: `[{"question": "R01", "answer": "yes", "evidence": "…"}]`.
    ///
    /// # Errors
    /// [`Findings`], all at once.
    pub fn from_json(text: &str) -> Result<Self, Findings> {
        let unreadable = |fault: serde_json::Error| {
            Findings::new(vec![Finding {
                field: "checklist".into(),
                rule: rule::CODED,
                message: format!(
                    "not a list of answers (line {}, column {})",
                    fault.line(),
                    fault.column()
                ),
            }])
        };
        let wire: Vec<AnswerWire> = serde_json::from_str(text).map_err(unreadable)?;
        Self::read(wire, Source::Draft)
    }

    fn read(wire: Vec<AnswerWire>, source: Source) -> Result<Self, Findings> {
        let mut reader = Reader::new(source);
        let answers = reader.at("checklist", |reader| {
            <Vec<Answer> as Slot>::read(Some(wire), reader)
        });
        if let Some(answers) = &answers {
            let distinct: BTreeSet<QuestionId> = answers.iter().map(Answer::question).collect();
            if distinct.len() != answers.len() {
                reader.find(rule::CODED, "each question is answered once");
            }
        }
        let findings = reader.into_findings();
        match answers {
            Some(answers) if findings.is_empty() => Ok(Self(answers)),
            _ => Err(Findings::new(findings)),
        }
    }

    /// The answers.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.0
    }

    /// Whether nothing was answered yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Vec<AnswerWire>> for Checklist {
    type Error = Findings;

    fn try_from(wire: Vec<AnswerWire>) -> Result<Self, Findings> {
        Self::read(wire, Source::Payload)
    }
}

impl From<Checklist> for Vec<Answer> {
    fn from(checklist: Checklist) -> Self {
        checklist.0
    }
}

coded! {
    /// An answer.
    Reply {
        Yes = "yes", "Yes";
        No = "no", "No";
        Unknown = "unknown", "Not known";
        NotApplicable = "not_applicable", "Does not apply";
    }
}

const fn asks(id: QuestionId, basis: &'static str, effect: Effect) -> Question {
    Question { id, basis, effect }
}

const RECORDING: [Question; 14] = [
    asks(QuestionId::R01, "s.24(1)", Effect::NotAnAdvanceDecision),
    asks(QuestionId::R02, "s.24(1), s.1(2)", Effect::NotAnAdvanceDecision),
    asks(
        QuestionId::R03,
        "s.24(1)(a), s.24(2)",
        Effect::NotAnAdvanceDecision,
    ),
    asks(QuestionId::R04, "s.24(1)(a), s.25(4)(b)", Effect::Evidential),
    asks(QuestionId::R05, "s.25(5), s.4(10)", Effect::Switch),
    asks(QuestionId::R06, "s.25(6)(a)", Effect::BlocksApplicability),
    asks(QuestionId::R07, "s.25(5)(a)", Effect::BlocksApplicability),
    asks(QuestionId::R08, "s.25(6)(b)", Effect::BlocksApplicability),
    asks(QuestionId::R09, "s.25(6)(c)", Effect::BlocksApplicability),
    asks(QuestionId::R10, "s.25(6)(d)", Effect::BlocksApplicability),
    asks(QuestionId::R11, "s.25(5)(b)", Effect::BlocksApplicability),
    asks(QuestionId::R12, "evidential", Effect::Evidential),
    asks(
        QuestionId::R13,
        "evidential (Re AB [2025] EWCOP 20)",
        Effect::Evidential,
    ),
    asks(QuestionId::R14, "Code of Practice 9.29", Effect::Evidential),
];

/// A question for the moment of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BedsideQuestion {
    /// Its id, U01 to U10.
    pub id: &'static str,
    /// The question.
    pub words: &'static str,
    /// Sections of the Mental Capacity Act 2005.
    pub basis: &'static str,
    /// What follows from the answer that stands against the decision.
    pub otherwise: &'static str,
}

const fn bedside(
    id: &'static str,
    words: &'static str,
    basis: &'static str,
    otherwise: &'static str,
) -> BedsideQuestion {
    BedsideQuestion {
        id,
        words,
        basis,
        otherwise,
    }
}

const USE: [BedsideQuestion; 10] = [
    bedside(
        "U01",
        "Does the person lack capacity for this decision now?",
        "s.25(3)",
        "not applicable now: ask the person",
    ),
    bedside(
        "U02",
        "Has it been withdrawn, in writing or by word?",
        "s.24(3)-(4), s.25(2)(a)",
        "not valid",
    ),
    bedside(
        "U03",
        "Was a power of attorney covering this treatment created after it?",
        "s.25(2)(b), s.11(8)",
        "not valid: ask the attorney",
    ),
    bedside(
        "U04",
        "Has the person done anything clearly inconsistent with it?",
        "s.25(2)(c), Re PW [2021] EWCOP 52",
        "doubt",
    ),
    bedside(
        "U05",
        "Is this the treatment it names?",
        "s.25(4)(a)",
        "not applicable",
    ),
    bedside(
        "U06",
        "Are the circumstances it names present?",
        "s.25(4)(b)",
        "not applicable",
    ),
    bedside(
        "U07",
        "Are there circumstances the person did not foresee, such as choking or a new treatment?",
        "s.25(4)(c)",
        "doubt",
    ),
    bedside(
        "U08",
        "Is it treatment for mental disorder under the Mental Health Act?",
        "Mental Health Act 1983",
        "a different regime",
    ),
    bedside(
        "U09",
        "Is there a dispute?",
        "s.26(4)-(5)",
        "treat meanwhile; call the legal team",
    ),
    bedside(
        "U10",
        "What was decided, by whom and why?",
        "good practice",
        "write it down",
    ),
];
