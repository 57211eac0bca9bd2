//! The verdict: one state with its words and exit code, the three answers, and everything that may be shown.

use super::words::{line_of, notes_about, reason_of, with_warnings};
use super::{CheckedBundle, Refusal};
use crate::bundle::BundleError;
use crate::card::Card;
use crate::code::VerifiedCode;
use crate::currency::{Answer, Currency};
use crate::plan::PlanVersion;
use crate::time::Timestamp;
use crate::verify::{Logged, Verified, attachment_matches};

/// What a check came to.
#[derive(Debug, Clone)]
pub struct Verdict {
    state: State,
    authenticity: Authenticity,
    currency: Option<Currency>,
    attachments: Attachments,
    file: FileState,
    shown: Shown,
    notes: Vec<String>,
    contact: String,
}

/// The one state that is shown, in words that survive a photocopy (UX §1). Exit codes are fixed for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// 0: the current plan.
    Current,
    /// 16: the current plan, and something is open.
    CurrentWithWarning,
    /// 18: the current plan inside a file that was changed or re-saved.
    CurrentInAlteredFile,
    /// 12: a newer version exists.
    Superseded,
    /// 13: withdrawn.
    Withdrawn,
    /// 17: the signer was not entitled.
    Suspended,
    /// 14: genuine; currency or registration could not be checked.
    CurrencyUnknown,
    /// 11: the signer is not known here.
    SignerUnknown,
    /// 10: changed, or not issued by this service.
    NotGenuine,
    /// 15: could not be read; says nothing about the plan.
    CannotRead,
}

/// The first answer: authentic?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authenticity {
    /// Signature, certificate chain and registration hold.
    Verified,
    /// The signature holds; registration in the log was not shown.
    RegistrationNotShown,
    /// It cannot be checked here, for a reason that says nothing against it.
    CannotCheck(String),
    /// It fails, for this reason.
    Failed(String),
}

/// The third answer: attachments?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachments {
    /// The version names none, or it is not known which.
    None,
    /// All match.
    AllMatch,
    /// Some were not at hand.
    Missing {
        /// How many.
        count: usize,
    },
    /// A file at hand is none of those that the version names.
    Mismatch,
}

/// What was found about the file that carried the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Not compared: an envelope, a bundle or a code has no pages.
    NotCompared,
    /// Byte for byte what the service made of the plan, under its seal.
    Genuine,
    /// Whole under the service's seal. Its pages were made by another release of the renderer and could not be made again
    /// for comparing.
    Sealed,
    /// Changed or re-saved: use our own rendering.
    Altered,
}

/// A version with its place in the log, or without.
#[derive(Debug, Clone)]
pub enum Registration {
    /// Registered, as its receipt proves.
    Logged(Logged<PlanVersion>),
    /// Signed; no receipt was there.
    NotShown(Verified<PlanVersion>),
}

impl Registration {
    /// The verified version.
    #[must_use]
    pub const fn verified(&self) -> &Verified<PlanVersion> {
        match self {
            Self::Logged(version) => version.verified(),
            Self::NotShown(version) => version,
        }
    }
}

/// What may be shown to the reader.
#[derive(Debug, Clone)]
enum Shown {
    Nothing,
    Bundle(Box<CheckedBundle>),
    Card(Box<Verified<Card>>),
    Unchecked(Box<Card>),
}

impl State {
    /// The exit code of the hand tool (UX §3).
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Current => 0,
            Self::NotGenuine => 10,
            Self::SignerUnknown => 11,
            Self::Superseded => 12,
            Self::Withdrawn => 13,
            Self::CurrencyUnknown => 14,
            Self::CannotRead => 15,
            Self::CurrentWithWarning => 16,
            Self::Suspended => 17,
            Self::CurrentInAlteredFile => 18,
        }
    }

    /// The word on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Current => "CURRENT",
            Self::CurrentWithWarning => "CURRENT \u{2014} WARNING",
            Self::CurrentInAlteredFile => "CURRENT \u{2014} ALTERED FILE",
            Self::Superseded => "SUPERSEDED",
            Self::Withdrawn => "WITHDRAWN",
            Self::Suspended => "SUSPENDED",
            Self::CurrencyUnknown | Self::SignerUnknown => "CANNOT CHECK",
            Self::NotGenuine => "NOT GENUINE",
            Self::CannotRead => "CANNOT READ",
        }
    }
}

impl Verdict {
    pub(super) fn of_registered(checked: CheckedBundle, currency: Currency, contact: &str) -> Self {
        let state = state_of(&currency);
        let mut verdict = Self::bare(state, Authenticity::Verified, contact);
        verdict.notes = notes_about(&checked);
        verdict.currency = Some(currency);
        verdict.shown = Shown::Bundle(Box::new(checked));
        verdict
    }

    /// Without registration, only bad news about the version is kept.
    pub(super) fn of_unregistered(checked: CheckedBundle, currency: Currency, contact: &str) -> Self {
        let state = match state_of(&currency) {
            bad @ (State::Superseded | State::Withdrawn | State::Suspended) => bad,
            _ => State::CurrencyUnknown,
        };
        let mut verdict = Self::bare(state, Authenticity::RegistrationNotShown, contact);
        verdict.notes = notes_about(&checked);
        verdict.notes.push(
            "The signature is good; whether it was registered cannot be checked from this file.".into(),
        );
        verdict.currency = (state != State::CurrencyUnknown).then_some(currency);
        verdict.shown = Shown::Bundle(Box::new(checked));
        verdict
    }

    /// Signed by a key that was revoked or not valid, with nothing that shows when: its words are not to be relied on.
    pub(super) fn of_doubtful_signer(contact: &str, revoked: Option<Timestamp>) -> Self {
        let why = match revoked {
            Some(at) => format!("The signer's key was revoked on {}", at.day()),
            None => "The signer's certificate was not valid at the time that this states".to_owned(),
        };
        let reason =
            format!("{why}, and nothing here shows that this was registered before: ask the service.");
        Self::bare(State::CurrencyUnknown, Authenticity::CannotCheck(reason), contact)
    }

    pub(super) fn of_code(code: VerifiedCode, currency: Currency, contact: &str) -> Self {
        let mut verdict = Self::bare(state_of(&currency), Authenticity::Verified, contact);
        verdict
            .notes
            .push("The words on the paper were not checked: read what is decoded here.".into());
        verdict.currency = Some(currency);
        verdict.shown = Shown::Card(Box::new(code.card));
        verdict
    }

    pub(super) fn refused(fault: Refusal, contact: &str) -> Self {
        if fault.is_unknown_signer() {
            return Self::unknown_signer(contact);
        }
        let reason = reason_of(&fault);
        let unknown = match &fault {
            Refusal::Registration(fault) => fault.is_unknown(),
            fault => fault.is_newer_format(),
        };
        if unknown {
            return Self::bare(State::CurrencyUnknown, Authenticity::CannotCheck(reason), contact);
        }
        Self::bare(State::NotGenuine, Authenticity::Failed(reason), contact)
    }

    pub(super) fn unknown_signer(contact: &str) -> Self {
        let reason = "We do not recognise who signed this.".to_owned();
        Self::bare(State::SignerUnknown, Authenticity::CannotCheck(reason), contact)
    }

    pub(super) fn nothing_pinned() -> Self {
        let reason =
            "Nothing is pinned here: give the trust policy of the service that issued this.".to_owned();
        Self::bare(State::SignerUnknown, Authenticity::CannotCheck(reason), "")
    }

    /// A file or code that could not be read; it says nothing about the plan.
    #[must_use]
    pub fn cannot_read(reason: String) -> Self {
        Self::bare(State::CannotRead, Authenticity::CannotCheck(reason), "")
    }

    /// A file that carries no plan of any service at all.
    #[must_use]
    pub fn no_plan_in_file() -> Self {
        Self::cannot_read(
            "This file carries no planseal plan. It may still be a genuine paper from elsewhere.".into(),
        )
    }

    /// A file whose bundle cannot be opened. Whatever is changed in a bundle gets another id, so parts that no longer
    /// belong together mean that something was changed or put together by somebody else; damage that leaves nothing
    /// to judge says nothing about the plan.
    #[must_use]
    pub fn of_unopened(fault: &BundleError) -> Self {
        match fault {
            BundleError::NotFound => Self::no_plan_in_file(),
            BundleError::StrayObject | BundleError::StrayReceipt => {
                Self::bare(State::NotGenuine, Authenticity::Failed(format!("{fault}.")), "")
            }
            damaged => Self::cannot_read(format!("{damaged}.")),
        }
    }

    fn bare(state: State, authenticity: Authenticity, contact: &str) -> Self {
        Self {
            state,
            authenticity,
            currency: None,
            attachments: Attachments::None,
            file: FileState::NotCompared,
            shown: Shown::Nothing,
            notes: Vec::new(),
            contact: contact.to_owned(),
        }
    }

    /// Adds the words of a card whose signer is not known here, to be shown grey and marked UNCHECKED.
    pub(super) fn with_unchecked_card(mut self, card: Option<Card>) -> Self {
        if let Some(card) = card.filter(|_| self.state == State::SignerUnknown) {
            self.shown = Shown::Unchecked(Box::new(card));
        }
        self
    }

    /// Compares the files at hand with what the version names: a mismatch is a failure, a missing file a warning.
    pub(super) fn with_attachments(mut self, files: &[Vec<u8>]) -> Self {
        let Some(version) = self.version() else {
            return self;
        };
        let named = version.content().attachments();
        let missing = named
            .iter()
            .filter(|named| !files.iter().any(|file| attachment_matches(named, file)))
            .count();
        let foreign = files
            .iter()
            .any(|file| !named.iter().any(|named| attachment_matches(named, file)));
        self.attachments = match (named.len(), missing) {
            _ if foreign => Attachments::Mismatch,
            (0, _) => Attachments::None,
            (_, 0) => Attachments::AllMatch,
            (_, count) => Attachments::Missing { count },
        };
        if foreign {
            self.state = State::NotGenuine;
            self.authenticity =
                Authenticity::Failed("An attached file is not one of those that the author signed.".into());
        }
        self
    }

    /// Adds what was found about the file that carried the plan.
    #[must_use]
    pub fn in_file(mut self, file: FileState) -> Self {
        self.file = file;
        let note = match file {
            FileState::NotCompared | FileState::Genuine => return self,
            FileState::Sealed => {
                "This file is as the service sealed it. Another release of the service's software made its pages, so they \
                 were not compared with the plan: use the words shown here."
            }
            FileState::Altered => {
                "The plan inside is genuine; this file was changed or re-saved after it was made. Use the words shown \
                 here, not the pages of the file."
            }
        };
        self.notes.push(note.into());
        if file == FileState::Altered && self.state == State::Current {
            self.state = State::CurrentInAlteredFile;
        }
        self
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The exit code of the hand tool.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        self.state.exit_code()
    }

    /// The first answer.
    #[must_use]
    pub const fn authenticity(&self) -> &Authenticity {
        &self.authenticity
    }

    /// The second answer, where it could be asked.
    #[must_use]
    pub const fn currency(&self) -> Option<&Currency> {
        self.currency.as_ref()
    }

    /// The third answer.
    #[must_use]
    pub const fn attachments(&self) -> Attachments {
        self.attachments
    }

    /// What was found about the file.
    #[must_use]
    pub const fn file(&self) -> FileState {
        self.file
    }

    /// Further lines to show under the state.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whom to ask, from the trust policy.
    #[must_use]
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// The verified version, where there is one.
    #[must_use]
    pub fn version(&self) -> Option<&Verified<PlanVersion>> {
        self.bundle().map(|bundle| bundle.version().verified())
    }

    /// The verified parts of a bundle.
    #[must_use]
    pub fn bundle(&self) -> Option<&CheckedBundle> {
        match &self.shown {
            Shown::Bundle(bundle) if self.state != State::NotGenuine => Some(bundle),
            _ => None,
        }
    }

    /// The verified card of a printed code.
    #[must_use]
    pub fn card(&self) -> Option<&Verified<Card>> {
        match &self.shown {
            Shown::Card(card) => Some(card),
            _ => self.bundle().and_then(CheckedBundle::card),
        }
    }

    /// The card of a code whose signer is not known here: to be shown grey and marked UNCHECKED.
    #[must_use]
    pub fn unchecked_card(&self) -> Option<&Card> {
        match &self.shown {
            Shown::Unchecked(card) => Some(card),
            _ => None,
        }
    }

    /// The line under the state's word (UX §1).
    #[must_use]
    pub fn line(&self) -> String {
        match (self.state, self.currency.as_ref().map(Currency::answer)) {
            (State::CannotRead, _) => "We could not read this. This tells you nothing about the plan.".into(),
            (State::NotGenuine, _) => {
                "Not verified: this document has been changed or was not issued by this \
                                       service. Use clinical judgement."
                    .into()
            }
            (State::SignerUnknown, _) => self.reason().to_owned(),
            (_, Some(answer)) => with_warnings(line_of(answer, self.signed_on().as_deref()), answer),
            (_, None) if !self.reason().is_empty() => self.reason().to_owned(),
            (_, None) => {
                "The signature is good; registration and currency cannot be checked here. A newer plan may \
                          exist."
                    .into()
            }
        }
    }

    /// Why, where the first answer is not "verified".
    #[must_use]
    pub fn reason(&self) -> &str {
        match &self.authenticity {
            Authenticity::CannotCheck(reason) | Authenticity::Failed(reason) => reason,
            Authenticity::Verified | Authenticity::RegistrationNotShown => "",
        }
    }

    fn signed_on(&self) -> Option<String> {
        let version = self.version().map(Verified::signed_at);
        version
            .or_else(|| self.card().map(Verified::signed_at))
            .map(Timestamp::day)
    }
}

fn state_of(currency: &Currency) -> State {
    match currency.answer() {
        Answer::Latest { warnings, .. } if warnings.is_empty() => State::Current,
        Answer::Latest { .. } => State::CurrentWithWarning,
        Answer::Superseded { .. } => State::Superseded,
        Answer::Withdrawn { .. } => State::Withdrawn,
        Answer::Suspended { .. } => State::Suspended,
        Answer::Unknown(_) => State::CurrencyUnknown,
    }
}
