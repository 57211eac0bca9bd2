//! The whole check of FORMAT §8 in order: what a reader is shown, and the one exit code.
//!
//! One verifier serves the hand tool, the server and the browser. Three answers stay apart (FORMAT §1): authentic,
//! current, attachments. Unknown is never shown as invalid: an unverifiable refusal of treatment may still be valid in
//! law.

mod evidence;
mod enclosed;
mod verdict;
mod words;

pub use enclosed::{Attested, CheckedBundle};
pub use evidence::{Reader, ReaderError};
pub use verdict::{Attachments, Authenticity, FileState, Registration, State, Verdict};

use crate::bundle::Bundle;
use crate::card::Card;
use crate::code::{CodeError, OfflineCode};
use crate::currency::{Subject, judge};
use crate::envelope::SignedObject;
use crate::statement::{ContentError, Intake, Kind, Statement};
use crate::time::Timestamp;
use crate::verify::{RegistrationError, Verified, VerifyError};
use evidence::Pin;

/// How a reader asks.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The reader's time.
    pub at: Timestamp,
    /// The oldest evidence to accept as "current", in seconds.
    pub max_age: Option<i64>,
    /// Attachment files at hand, in any order.
    pub attachments: &'a [Vec<u8>],
}

impl Question<'_> {
    /// A question at a time, with no attachments at hand.
    #[must_use]
    pub const fn at(at: Timestamp) -> Self {
        Self {
            at,
            max_age: None,
            attachments: &[],
        }
    }
}

impl Reader {
    /// Checks a bundle, wherever it was found.
    #[must_use]
    pub fn check_bundle(&self, bundle: &Bundle, question: &Question<'_>) -> Verdict {
        self.first_that_knows(|pin| match pin.open(bundle) {
            Ok(checked) => self.verdict_of(pin, checked, question),
            Err(fault) => {
                let card = bundle
                    .card
                    .as_ref()
                    .and_then(|card| Card::from_payload(card.payload()).ok());
                Verdict::refused(fault, pin.policy().contact()).with_unchecked_card(card)
            }
        })
    }

    /// Verifies a bundle and gives its parts, for rendering it again.
    ///
    /// # Errors
    /// [`Refusal`] under the first pinned policy that knows the signer.
    pub fn open_bundle(&self, bundle: &Bundle) -> Result<CheckedBundle, Refusal> {
        let mut outcome = Err(Refusal::Verify(VerifyError::SignerUnknown { certificate: None }));
        for pin in self.pins() {
            outcome = pin.open(bundle);
            if !matches!(&outcome, Err(fault) if fault.is_unknown_signer()) {
                break;
            }
        }
        outcome
    }

    /// Checks a version's envelope by itself: the signature can be verified, its registration cannot.
    #[must_use]
    pub fn check_envelope(&self, object: &SignedObject, question: &Question<'_>) -> Verdict {
        if object.kind() != Kind::Version {
            return Verdict::cannot_read(format!(
                "this is a genuine-looking {} and no plan; use inspect to see what it says",
                object.kind()
            ));
        }
        self.first_that_knows(|pin| match pin.version(object) {
            Ok(version) => self.verdict_of(pin, CheckedBundle::unregistered(version), question),
            Err(fault) => Verdict::refused(fault, pin.policy().contact()),
        })
    }

    /// Checks the offline code of a printed plan.
    #[must_use]
    pub fn check_code(&self, code: &OfflineCode, question: &Question<'_>) -> Verdict {
        self.first_that_knows(|pin| {
            let contact = pin.policy().contact();
            let verified = match pin.code(code) {
                Ok(verified) => verified,
                Err(Refusal::Code(CodeError::Verify(VerifyError::SignerUnknown { .. }))) => {
                    return Verdict::unknown_signer(contact).with_unchecked_card(code.peek_unverified().ok());
                }
                Err(fault) => return Verdict::refused(fault, contact),
            };
            let card = verified.card.content();
            let subject = Subject {
                plan: card.plan(),
                version_number: card.version_number(),
                version: card.version(),
                index: verified.stamp.content().version,
            };
            let mut evidence = pin.evidence(&subject, verified.card.signer(), question);
            evidence.stamp = Some(&verified.stamp);
            evidence.clock_floor = evidence.clock_floor.max(Some(verified.stamp.signed_at()));
            if !pin.still_trusts(&verified.stamp, question.at) {
                // The leaf index comes from the stamp alone: without trust in its key, only a head can name the version.
                evidence.snapshot = None;
            }
            let currency = judge(&subject, &evidence, question.at);
            Verdict::of_code(verified, currency, contact)
        })
    }

    /// Several regions may be pinned: the answer is the most telling one, and the first of those.
    fn first_that_knows(&self, check: impl Fn(&Pin) -> Verdict) -> Verdict {
        let telling = |verdict: &Verdict| match (verdict.state(), verdict.authenticity()) {
            (State::SignerUnknown, _) => 2,
            (State::CurrencyUnknown, Authenticity::RegistrationNotShown | Authenticity::CannotCheck(_)) => 1,
            _ => 0,
        };
        let verdicts = self.pins().iter().map(check);
        verdicts
            .min_by_key(telling)
            .unwrap_or_else(Verdict::nothing_pinned)
    }

    fn verdict_of(&self, pin: &Pin, checked: CheckedBundle, question: &Question<'_>) -> Verdict {
        let contact = pin.policy().contact();
        let Registration::Logged(version) = checked.version() else {
            return unregistered(pin, checked, question).with_attachments(question.attachments);
        };
        let subject = Subject::of(version);
        let mut evidence = pin.evidence(&subject, version.verified().signer(), question);
        evidence.tree = Some(version.tree());
        evidence.stamp = checked.stamp();
        evidence.heads.extend(checked.head());
        let reports = checked.open_reports().map(Attested::statement);
        let reports = reports.map(|report| match checked.is_lost_to_the_log(report) {
            true => (u64::MAX, report.content().code.words()),
            false => (report.index(), report.content().code.words()),
        });
        let intakes = checked.open_intakes().map(Attested::statement);
        let intakes = intakes.map(|intake| match checked.is_lost_to_the_log(intake) {
            true => (u64::MAX, Intake::WORDS),
            false => (intake.index(), Intake::WORDS),
        });
        evidence.reports = reports.chain(intakes).collect();
        let carried = [
            checked.stamp().map(Verified::signed_at),
            checked.head().map(Verified::signed_at),
        ];
        let carried = carried
            .into_iter()
            .flatten()
            .chain([version.time().start()])
            .max();
        evidence.clock_floor = evidence.clock_floor.max(carried);
        let currency = judge(&subject, &evidence, question.at);
        Verdict::of_registered(checked, currency, contact).with_attachments(question.attachments)
    }
}

/// Without a receipt there is no place in the log: bad news may still be said, "latest" and "genuine" may not.
fn unregistered(pin: &Pin, checked: CheckedBundle, question: &Question<'_>) -> Verdict {
    let contact = pin.policy().contact();
    let version = checked.version().verified();
    let signer = version.signer();
    let revoked = signer.and_then(|signer| pin.directory().revocations_of(&signer).next().copied());
    let certificate = signer.and_then(|signer| pin.directory().certificate(&signer));
    if let Some(revoked) = revoked {
        return Verdict::of_doubtful_signer(contact, Some(revoked.at));
    }
    if certificate.is_some_and(|held| !held.content().valid_at(version.signed_at())) {
        return Verdict::of_doubtful_signer(contact, None);
    }
    let content = version.content();
    let (plan, version_number) = (content.plan(), content.version_number());
    let subject = Subject {
        plan,
        version_number,
        version: version.id().prefix(),
        index: u64::MAX,
    };
    let mut evidence = pin.evidence(&subject, signer, question);
    evidence.snapshot = None;
    let currency = judge(&subject, &evidence, question.at);
    Verdict::of_unregistered(checked, currency, contact)
}

/// Why a document is not accepted as a genuine plan, or cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Signature, signer or content.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Registration in the log.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// A printed code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The card is not the projection of the version beside it.
    #[error("the emergency card is not the one of this version")]
    CardDiffers,
    /// A stamp of another version.
    #[error("the stamp names leaf {stamped}, the version stands at {registered}")]
    StampDiffers {
        /// Named by the stamp.
        stamped: u64,
        /// Proved by the receipt.
        registered: u64,
    },
    /// A stamp without the card it is bound to.
    #[error("a stamp without its card cannot be checked")]
    StampWithoutCard,
    /// A statement about another version.
    #[error("a {kind} beside this version is about another one")]
    AboutAnother {
        /// The kind of statement.
        kind: Kind,
    },
    /// An endorsement by the author.
    #[error("the author cannot endorse their own version")]
    OwnEndorsement,
}

impl Refusal {
    /// Whether the signer is simply not known here.
    #[must_use]
    pub const fn is_unknown_signer(&self) -> bool {
        matches!(
            self,
            Self::Verify(VerifyError::SignerUnknown { .. })
                | Self::Code(CodeError::Verify(VerifyError::SignerUnknown { .. }))
        )
    }

    /// Whether this software is too old to judge.
    #[must_use]
    pub const fn is_newer_format(&self) -> bool {
        let (Self::Verify(fault) | Self::Code(CodeError::Verify(fault))) = self else {
            return false;
        };
        matches!(fault, VerifyError::Content(ContentError::NewerFormat { .. }))
    }
}
