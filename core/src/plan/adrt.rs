//! Advance decisions to refuse treatment: the entry in a plan, the formalities and the recording checklist
//! (Mental Capacity Act 2005 s.24–26; DOMAIN §3).
//!
//! A refusal of life-sustaining treatment becomes an [`Adrt`] only when every formality of s.25(5)–(6) is recorded.
//! Anything less is kept, in full, as [`AdrtEntry::EvidenceOfWishes`]. Whether an advance decision is valid and
//! applicable is never computed here: that is a human decision at the bedside, and no state is called "valid".

use serde::Serialize;
use serde_json::Value as Json;

use crate::plan::checklist::{Answer, Effect, Reply, Ruleset};
use crate::plan::field::{Line, Reader, Text, Value, YesNo, YesNoUnknown};
use crate::plan::person::{NAME, PARAGRAPH, PHRASE};
use crate::plan::sharing::LastingPower;
use crate::plan::table::{coded, debug_without_content, section};
use crate::time::Date;
use crate::validate::rule;

/// An entry of the plan's register of advance decisions.
#[derive(Clone, PartialEq, Eq)]
pub enum AdrtEntry {
    /// Recorded with the formalities the law asks for. Still to be checked for validity and applicability.
    AdvanceDecision(Adrt),
    /// Something less, or not yet shown to be more: evidence of what the person wants.
    EvidenceOfWishes(EvidenceOfWishes),
}

/// A recorded advance decision whose formalities are complete on paper.
#[derive(Clone, PartialEq, Eq)]
pub struct Adrt(AdrtRecord);

/// A statement that is not recorded as an advance decision, with what is missing for that.
#[derive(Clone, PartialEq, Eq)]
pub struct EvidenceOfWishes {
    record: AdrtRecord,
    missing: Vec<Formality>,
}

impl Adrt {
    /// Demands the formalities: none for other treatment (s.24(2)), all of s.25(5)–(6) for life-sustaining treatment.
    ///
    /// # Errors
    /// The record as [`EvidenceOfWishes`], with everything that is missing.
    pub fn new(record: AdrtRecord) -> Result<Self, Box<EvidenceOfWishes>> {
        let missing = missing_formalities(&record);
        if missing.is_empty() {
            Ok(Self(record))
        } else {
            Err(Box::new(EvidenceOfWishes { record, missing }))
        }
    }

    /// What was recorded.
    #[must_use]
    pub const fn record(&self) -> &AdrtRecord {
        &self.0
    }

    /// Whether a power of attorney with authority over life-sustaining treatment was created after this decision
    /// was made: who decides must then be checked (s.25(2)(b), checklist U03).
    #[must_use]
    pub fn later_powers<'a>(&self, powers: &'a [LastingPower]) -> Vec<&'a LastingPower> {
        let conflicting = |power: &&LastingPower| {
            power.life_sustaining_authority() != YesNoUnknown::No
                && (power.created() > self.0.made
                    || power.registered().is_some_and(|date| date > self.0.made))
        };
        powers.iter().filter(conflicting).collect()
    }
}

impl EvidenceOfWishes {
    /// What was recorded.
    #[must_use]
    pub const fn record(&self) -> &AdrtRecord {
        &self.record
    }

    /// What keeps it from being recorded as an advance decision.
    #[must_use]
    pub fn missing(&self) -> &[Formality] {
        &self.missing
    }
}

impl AdrtEntry {
    /// What was recorded, whatever its standing.
    #[must_use]
    pub const fn record(&self) -> &AdrtRecord {
        match self {
            Self::AdvanceDecision(adrt) => &adrt.0,
            Self::EvidenceOfWishes(evidence) => &evidence.record,
        }
    }

    /// The state that the record itself supports; reports and withdrawals are added from the log by others.
    #[must_use]
    pub fn recorded_state(&self, powers: &[LastingPower]) -> AdrtState {
        match self {
            Self::EvidenceOfWishes(_) => AdrtState::FormalitiesIncomplete,
            Self::AdvanceDecision(adrt) if !adrt.later_powers(powers).is_empty() => {
                AdrtState::LpaConflictPossible
            }
            Self::AdvanceDecision(adrt) if adrt.0.is_checked() => AdrtState::RecordedChecked,
            Self::AdvanceDecision(_) => AdrtState::RecordedUnreviewed,
        }
    }
}

section! {
    /// What is recorded about a document or statement refusing treatment.
    AdrtRecord / AdrtWire {
        /// How this entry is held: it must agree with the formalities. Needed to sign.
        needed_copy held_as: HeldAs,
        /// When the person made it: the date on its face. Needed to sign.
        needed_copy made: Date,
        /// When it was last altered or re-affirmed.
        maybe_copy reaffirmed: Date,
        /// Treatments refused. At least one is needed to sign.
        many refuses: Refusal,
        /// In which circumstances, in the person's words.
        maybe circumstances: Text<PARAGRAPH>,
        /// Whether it is in writing or was spoken. Needed to sign.
        needed_copy form: AdrtForm,
        /// The statement that it applies even if life is at risk (s.25(5)).
        maybe life_at_risk: LifeAtRisk,
        /// Who signed it (s.25(6)(b)).
        maybe signature: AdrtSignature,
        /// Who witnessed it (s.25(6)(c)–(d)).
        maybe witness: Witness,
        /// How it came here: kept apart from the dates on its face. Needed to sign.
        needed received: Received,
        /// Where the original is. Needed to sign.
        needed original: Original,
        /// The dated checklist that was used. Needed to sign.
        needed_copy ruleset: Ruleset,
        /// Answers to the recording checklist.
        many checklist: Answer,
        /// What else a reader must know, such as what it does not refuse.
        maybe note: Text<PARAGRAPH>,
    }
}

impl AdrtRecord {
    /// Whether it refuses life-sustaining treatment, by its own statement or by the nature of the treatment.
    #[must_use]
    pub fn refuses_life_sustaining(&self) -> bool {
        self.refuses
            .iter()
            .any(|refusal| refusal.life_sustaining == YesNo::Yes || refusal.treatment.sustains_life())
    }

    /// Whether it refuses cardiopulmonary resuscitation.
    #[must_use]
    pub fn refuses_cpr(&self) -> bool {
        self.refuses
            .iter()
            .any(|refusal| refusal.treatment == RefusedTreatment::Cpr)
    }

    /// Whether every question of the recording checklist has been answered, and none with "not known".
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.ruleset.questions().iter().all(|question| {
            self.checklist
                .iter()
                .any(|answer| answer.question() == question.id() && answer.answer() != Reply::Unknown)
        })
    }
}

coded! {
    /// How an entry is held.
    HeldAs {
        AdvanceDecision = "advance_decision", "Advance decision to refuse treatment (ADRT)";
        EvidenceOfWishes = "evidence_of_wishes", "Evidence of wishes (not recorded as an ADRT)";
    }
}

section! {
    /// A treatment that is refused.
    Refusal / RefusalWire {
        /// The treatment. Needed to sign.
        needed_copy treatment: RefusedTreatment,
        /// In the person's words. Needed to sign.
        needed words: Text<PHRASE>,
        /// Whether refusing it can end life: then s.25(5)–(6) apply. Needed to sign.
        needed_copy life_sustaining: YesNo,
    }
}

coded! {
    /// Treatments people refuse.
    RefusedTreatment {
        Cpr = "cpr", "Cardiopulmonary resuscitation (CPR)";
        Ventilation = "ventilation", "Mechanical ventilation, invasive or not";
        Tracheostomy = "tracheostomy", "Tracheostomy ventilation";
        NonInvasiveVentilation = "niv", "Non-invasive ventilation (NIV)";
        ClinicallyAssistedNutrition = "canh", "Clinically assisted nutrition and hydration";
        Antibiotics = "antibiotics", "Antibiotics";
        Transfusion = "transfusion", "Blood transfusion";
        Dialysis = "dialysis", "Dialysis";
        Other = "other", "Other treatment";
    }
}

impl RefusedTreatment {
    /// Whether refusing it can end life in any circumstances, so that nobody can declare the formalities away.
    #[must_use]
    pub const fn sustains_life(self) -> bool {
        matches!(
            self,
            Self::Cpr | Self::Ventilation | Self::Tracheostomy | Self::ClinicallyAssistedNutrition
        )
    }
}

coded! {
    /// In which form the decision was made.
    AdrtForm {
        Written = "written", "In writing";
        Spoken = "spoken", "Spoken";
    }
}

section! {
    /// The words that accept the risk to life.
    LifeAtRisk / LifeAtRiskWire {
        /// Whether the statement is there. Needed when the section is given.
        needed_copy stated: YesNo,
        /// The words, with the page.
        maybe quote: Text<PHRASE>,
    }
}

section! {
    /// Who signed.
    AdrtSignature / AdrtSignatureWire {
        /// By whom. Needed when the section is given.
        needed_copy by: SignedBy,
        /// The name of another person who signed. Needed when it was another.
        maybe name: Line<NAME>,
        /// Why another signed, and that it was in the person's presence and by the person's direction.
        maybe words: Text<PHRASE>,
        /// The date beside the signature.
        maybe_copy date: Date,
    }
}

coded! {
    /// Who signed an advance decision (s.25(6)(b)).
    SignedBy {
        Person = "person", "Signed by the person, in ink";
        AnotherAtDirection = "another_at_direction", "Signed by another in the person's presence and by the person's direction";
    }
}

section! {
    /// The witness. A witness does not certify capacity.
    Witness / WitnessWire {
        /// Name. Needed when the section is given.
        needed name: Line<NAME>,
        /// Relation or post.
        maybe relation: Line<NAME>,
        /// Address.
        maybe address: Line<PHRASE>,
        /// Whether the signature was made or acknowledged before the witness. Needed when the section is given.
        needed_copy saw_signature: YesNo,
        /// Whether the witness signed or acknowledged in the person's presence. Needed when the section is given.
        needed_copy signed_in_presence: YesNo,
        /// The date beside the witness's signature.
        maybe_copy date: Date,
    }
}

section! {
    /// How the document or statement came here; its absence was the fault in *Re AB*, EWCOP 20 of 2025.
    Received / ReceivedWire {
        /// When. Needed to sign.
        needed_copy on: Date,
        /// By whom. Needed to sign.
        needed by: Line<NAME>,
        /// From whom. Needed to sign.
        needed from: Line<PHRASE>,
        /// How that person was identified.
        maybe identified: Line<PHRASE>,
    }
}

section! {
    /// Where the original is.
    Original / OriginalWire {
        /// Place. Needed to sign.
        needed location: Line<PHRASE>,
        /// Who holds it. Needed to sign.
        needed holder: Line<PHRASE>,
    }
}

coded! {
    /// The states that a record by itself supports. None is called "valid".
    AdrtState {
        FormalitiesIncomplete = "formalities_incomplete", "Evidence of wishes: not recorded as an advance decision";
        RecordedUnreviewed = "recorded_unreviewed", "ADRT recorded, checklist not complete";
        RecordedChecked = "recorded_checked", "ADRT recorded, checklist complete";
        LpaConflictPossible = "lpa_conflict_possible", "ADRT recorded; a later power of attorney is recorded: check who decides";
    }
}

coded! {
    /// What an advance decision refusing life-sustaining treatment needs on its face (s.24(1), s.25(5)–(6)).
    Formality {
        Treatment = "treatment", "a treatment that is refused (s.24(1)(a))";
        Writing = "writing", "that it is in writing (s.25(6)(a))";
        LifeAtRisk = "life_at_risk", "the statement \"even if life is at risk\" (s.25(5)(a))";
        Signature = "signature", "a signature by the person or by another at the person's direction (s.25(6)(b))";
        Witness = "witness", "a witness before whom it was signed or acknowledged (s.25(6)(c))";
        WitnessPresence = "witness_presence", "that the witness signed or acknowledged in the person's presence (s.25(6)(d))";
        Checklist = "checklist", "a checklist without an answer that rules out an advance decision";
    }
}

/// Everything that keeps a record from being an advance decision on its face.
fn missing_formalities(record: &AdrtRecord) -> Vec<Formality> {
    let witness = record.witness.as_ref();
    let signature_holds = record
        .signature
        .as_ref()
        .is_some_and(|signature| signature.by == SignedBy::Person || signature.name.is_some());
    let life_sustaining = [
        (record.form == AdrtForm::Written, Formality::Writing),
        (
            record
                .life_at_risk
                .as_ref()
                .is_some_and(|risk| risk.stated == YesNo::Yes && risk.quote.is_some()),
            Formality::LifeAtRisk,
        ),
        (signature_holds, Formality::Signature),
        (
            witness.is_some_and(|witness| witness.saw_signature == YesNo::Yes),
            Formality::Witness,
        ),
        (
            witness.is_some_and(|witness| witness.signed_in_presence == YesNo::Yes),
            Formality::WitnessPresence,
        ),
    ];
    let mut missing = Vec::new();
    if record.refuses.is_empty() {
        missing.push(Formality::Treatment);
    }
    if record.refuses_life_sustaining() {
        missing.extend(
            life_sustaining
                .iter()
                .filter(|(holds, _)| !holds)
                .map(|(_, formality)| *formality),
        );
    }
    let ruled_out = record.checklist.iter().any(|answer| {
        record
            .ruleset
            .question(answer.question())
            .is_some_and(|question| {
                answer.is_no()
                    && match question.effect() {
                        Effect::NotAnAdvanceDecision => true,
                        Effect::BlocksApplicability | Effect::Switch => record.refuses_life_sustaining(),
                        Effect::Evidential => false,
                    }
            })
    });
    if ruled_out {
        missing.push(Formality::Checklist);
    }
    missing
}

impl Serialize for AdrtEntry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record().serialize(serializer)
    }
}

impl Value for AdrtEntry {
    type Wire = AdrtWire;

    fn read(wire: AdrtWire, reader: &mut Reader) -> Option<Self> {
        let record = <AdrtRecord as Value>::read(wire, reader)?;
        let held_as = record.held_as;
        match (Adrt::new(record), held_as) {
            (Ok(adrt), HeldAs::AdvanceDecision) => Some(Self::AdvanceDecision(adrt)),
            (Err(evidence), HeldAs::EvidenceOfWishes) => Some(Self::EvidenceOfWishes(*evidence)),
            (Err(evidence), HeldAs::AdvanceDecision) => {
                for formality in &evidence.missing {
                    reader.find(
                        rule::ADRT_FORMALITIES,
                        format!(
                            "missing: {}; record it, or hold this as evidence_of_wishes",
                            formality.label()
                        ),
                    );
                }
                None
            }
            (Ok(_), HeldAs::EvidenceOfWishes) => {
                reader.find(
                    rule::ADRT_FORMALITIES,
                    "every formality is recorded: hold this as advance_decision, or answer the checklist question that rules it out",
                );
                None
            }
        }
    }

    fn schema() -> Json {
        <AdrtRecord as Value>::schema()
    }
}

debug_without_content!(AdrtEntry, Adrt, EvidenceOfWishes);
