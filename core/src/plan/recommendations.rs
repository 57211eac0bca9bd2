//! Recommendations for an emergency (DOMAIN §2.3 E): focus, CPR, level of treatment, interventions, problems.
//!
//! CPR is separate from the level of treatment. Its absence means that no decision is recorded: attempt CPR.

use crate::plan::field::{Constant, Line, Text, Whole};
use crate::plan::person::{NAME, PARAGRAPH, PHRASE};
use crate::plan::table::{coded, section};
use crate::time::Date;

/// Characters of emergency advice: what a crew can read aloud in fifteen seconds.
pub const EMERGENCY_ADVICE: usize = 280;

section! {
    /// The clinical heart of the plan. Recommendations guide; they do not bind.
    Recommendations / RecommendationsWire {
        /// What care should aim for. Needed to sign.
        needed_copy focus: Focus,
        /// The same on a scale: 1 sustain life, 100 comfort.
        maybe_copy focus_scale: Whole<1, 100>,
        /// The decision about cardiopulmonary resuscitation; absent means none recorded: attempt CPR.
        maybe cpr: Cpr,
        /// Level of treatment. Needed to sign.
        needed_copy treatment_level: TreatmentLevel,
        /// The level in the author's words, one line for the emergency summary, such as "Hospital if reversible; NIV ok; no intubation".
        maybe ceiling_words: Line<PHRASE>,
        /// Single treatments.
        many interventions: Intervention,
        /// Problems that can be expected, and what to do.
        many problem_plans: ProblemPlan,
        /// The most important advice in plain words.
        maybe emergency_advice: Text<EMERGENCY_ADVICE>,
    }
}

impl Recommendations {
    /// The ceiling of treatment in one line: the author's words, or those of the level.
    #[must_use]
    pub fn ceiling(&self) -> &str {
        self.ceiling_words
            .as_deref()
            .unwrap_or_else(|| self.treatment_level.label())
    }
}

coded! {
    /// What care should aim for.
    Focus {
        SustainLife = "sustain_life", "Prioritise sustaining life";
        Balanced = "balanced", "Balance between sustaining life and comfort";
        Comfort = "comfort", "Prioritise comfort";
    }
}

section! {
    /// A decision about cardiopulmonary resuscitation.
    Cpr / CprWire {
        /// The decision. Needed when the section is given.
        needed_copy decision: CprDecision,
        /// Why. Needed when CPR is not to be attempted.
        many reasons: CprReason,
        /// When it was decided. Needed when the section is given.
        needed_copy decided_on: Date,
        /// Who decided, with post. Needed when the section is given.
        needed decider: Line<PHRASE>,
        /// When to look at it again.
        maybe_copy review_on: Date,
        /// With whom it was discussed. At least one entry is needed.
        many discussed_with: Discussion,
        /// What the decision does not cover; filled in by rule.
        fixed scope_note: CprScope,
    }
}

impl Cpr {
    /// Whether the decision rests on an advance decision: then its own circumstances are printed in place of the
    /// scope line.
    #[must_use]
    pub fn rests_on_advance_decision(&self) -> bool {
        self.reasons
            .iter()
            .any(|reason| reason.reason == CprReasonCode::RefusedByAdrt)
    }
}

coded! {
    /// Whether to attempt CPR.
    CprDecision {
        Attempt = "attempt", "For CPR";
        DoNotAttempt = "do_not_attempt", "Do not attempt CPR (DNACPR)";
        ModifiedChildOnly = "modified_child_only", "Modified CPR (child only)";
    }
}

section! {
    /// A reason for a decision about CPR.
    CprReason / CprReasonWire {
        /// The reason. Needed to sign.
        needed_copy reason: CprReasonCode,
        /// In words: what it rests on for this person.
        maybe words: Text<PARAGRAPH>,
    }
}

coded! {
    /// Why CPR is not to be attempted. The last three may never stand alone.
    CprReasonCode {
        WouldNotWork = "would_not_work", "CPR would not be successful";
        BurdensOutweigh = "burdens_outweigh", "The burdens would outweigh the benefits";
        RefusedByAdrt = "refused_by_adrt", "The patient refuses CPR in an advance decision";
        RefusedByPatient = "refused_by_patient", "The patient does not want CPR";
        RefusedByAttorney = "refused_by_attorney", "An attorney with authority refuses CPR";
        LearningDisability = "learning_disability", "Learning disability (never a reason on its own)";
        Age = "age", "Age (never a reason on its own)";
        CareHomeResidence = "care_home_residence", "Living in a care home (never a reason on its own)";
    }
}

impl CprReasonCode {
    /// Whether it can carry a decision on its own (DOMAIN §2.4 rule 5).
    #[must_use]
    pub const fn stands_alone(self) -> bool {
        !matches!(
            self,
            Self::LearningDisability | Self::Age | Self::CareHomeResidence
        )
    }
}

section! {
    /// With whom a decision was discussed, or why with nobody.
    Discussion / DiscussionWire {
        /// Who. Needed to sign.
        needed_copy with: DiscussedWith,
        /// Name and relation.
        maybe name: Line<PHRASE>,
        /// When.
        maybe_copy date: Date,
        /// Why not. Needed when it was not discussed with the patient.
        maybe reason: Text<PARAGRAPH>,
    }
}

coded! {
    /// Who took part in a discussion.
    DiscussedWith {
        Patient = "patient", "Discussed with the patient";
        Family = "family", "Discussed with family or friends";
        Attorney = "attorney", "Discussed with an attorney or deputy";
        Advocate = "advocate", "Discussed with an advocate";
        PatientNotAble = "patient_not_able", "Not discussed with the patient";
        Nobody = "nobody", "Discussed with nobody";
    }
}

coded! {
    /// The fixed text that says what a decision about CPR does not cover (prevention of future deaths reports 2025).
    CprScope {
        Scope1 = "planseal-cpr-scope-1", "Does not apply to choking, anaphylaxis, device failure or other sudden reversible events unless stated. Still treat choking and other reversible causes.";
    }
}

impl Constant for CprScope {
    const ONLY: Self = Self::Scope1;
}

coded! {
    /// The ladder of treatment.
    TreatmentLevel {
        L5 = "L5", "Full treatment, including intensive care and CPR";
        L4 = "L4", "Full hospital treatment, not CPR";
        L3 = "L3", "Reversible conditions treated in hospital; no invasive ventilation or intensive care";
        L2 = "L2", "Reversible conditions treated at home or in a hospice only";
        L1 = "L1", "Comfort and symptom control only";
    }
}

section! {
    /// One treatment and whether to give it.
    Intervention / InterventionWire {
        /// The treatment. Needed to sign.
        needed_copy kind: InterventionKind,
        /// Whether to give it. Needed to sign.
        needed_copy answer: InterventionAnswer,
        /// On what conditions, for how long.
        maybe condition: Line<PHRASE>,
    }
}

coded! {
    /// Treatments a crew or ward asks about.
    InterventionKind {
        HospitalAdmission = "hospital_admission", "Hospital admission";
        IntensiveCare = "icu", "Intensive care";
        NonInvasiveVentilation = "niv", "Non-invasive ventilation (NIV)";
        Intubation = "intubation", "Intubation and ventilation";
        Tracheostomy = "tracheostomy", "Tracheostomy ventilation";
        IvAntibiotics = "iv_antibiotics", "Intravenous antibiotics";
        OralAntibiotics = "oral_antibiotics", "Antibiotics by mouth or tube";
        IvFluids = "iv_fluids", "Intravenous fluids";
        Transfusion = "transfusion", "Blood transfusion";
        Dialysis = "dialysis", "Dialysis";
        ClinicallyAssistedNutrition = "canh", "Clinically assisted nutrition and hydration";
        Nebulisers = "nebulisers", "Nebulisers";
        Drainage = "drainage", "Drainage of fluid (chest or abdomen)";
    }
}

coded! {
    /// Whether to give a treatment.
    InterventionAnswer {
        Yes = "yes", "Yes";
        No = "no", "No";
        Discuss = "discuss", "Discuss first";
        Trial = "trial", "Time-limited trial";
    }
}

section! {
    /// A problem that can be expected.
    ProblemPlan / ProblemPlanWire {
        /// The problem. Needed to sign.
        needed problem: Line<PHRASE>,
        /// What to do. Needed to sign.
        needed action: Text<PARAGRAPH>,
        /// Whom to call if that does not help.
        maybe escalate_to: Line<NAME>,
    }
}
