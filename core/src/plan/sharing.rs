//! The basis of sharing, capacity for this plan, who was involved, and powers of attorney (DOMAIN §2.3 B).
//!
//! Capacity is recorded for this plan only, never as a label on the person (Mental Capacity Act 2005 s.2–3).

use crate::plan::field::{Line, Text, YesNo, YesNoUnknown};
use crate::plan::person::{NAME, PARAGRAPH, PHRASE};
use crate::plan::table::{coded, section};
use crate::time::Date;

section! {
    /// On what basis this plan is shared.
    Sharing / SharingWire {
        /// The basis. Needed to sign.
        needed_copy basis: SharingBasis,
        /// When it was recorded. Needed to sign.
        needed_copy date: Date,
        /// Who recorded it. Needed to sign.
        needed recorded_by: Line<NAME>,
        /// What was said about sharing.
        maybe note: Text<PARAGRAPH>,
    }
}

coded! {
    /// The basis on which a plan may be shared.
    SharingBasis {
        PatientConsent = "patient_consent", "The patient agreed to sharing";
        AttorneyConsent = "attorney_consent_lpa_hw", "A health and welfare attorney agreed to sharing";
        Deputy = "deputy", "A court-appointed deputy agreed to sharing";
        BestInterests = "best_interests", "Shared in the patient's best interests";
        ParentalResponsibility = "parental_responsibility", "A person with parental responsibility agreed to sharing";
        DirectCare = "direct_care_no_objection", "Shared for direct care; no objection known";
    }
}

section! {
    /// Capacity for the decisions in this plan, and who took part in them.
    Capacity / CapacityWire {
        /// Capacity for this plan. Needed to sign.
        needed_copy for_this_plan: CapacityForPlan,
        /// In what way the person lacks capacity. Needed when capacity is lacking.
        maybe impairment: Text<PARAGRAPH>,
        /// How capacity was assessed. Needed when capacity is lacking.
        maybe how_assessed: Text<PARAGRAPH>,
        /// Who assessed it. Needed when capacity is lacking.
        maybe assessor: Line<NAME>,
        /// When it was assessed. Needed when capacity is lacking.
        maybe_copy assessed_on: Date,
        /// How the person or others were involved. At least one is needed to sign.
        many involvement: Involvement,
        /// Why the person was not involved. Needed with involvement D.
        maybe involvement_reason: Text<PARAGRAPH>,
        /// Who was consulted. Needed when capacity is lacking and no advocate was instructed.
        many persons_consulted: PersonConsulted,
        /// Independent mental capacity advocate (Mental Capacity Act 2005 s.37).
        maybe imca: Advocate,
        /// Lasting powers of attorney for health and welfare that are known.
        many lpa_hw: LastingPower,
        /// Court-appointed deputy. A deputy cannot refuse life-sustaining treatment (s.20(5)).
        maybe deputy: Deputy,
        /// Where the full record of the discussion is.
        maybe discussion_record: Line<PHRASE>,
    }
}

coded! {
    /// Capacity to take part in the decisions of this plan.
    CapacityForPlan {
        Has = "has", "Has capacity for the decisions in this plan";
        Lacks = "lacks", "Lacks capacity for the decisions in this plan";
        Fluctuating = "fluctuating_or_indeterminate", "Capacity fluctuates or could not be determined";
    }
}

coded! {
    /// How the decisions came about; the letters are those of the ReSPECT form.
    Involvement {
        A = "A", "A: has capacity and was involved in making this plan";
        B = "B", "B: lacks capacity; made in accordance with capacity law, with proxy, family or friends";
        C1 = "C1", "C1: under 18, able to take part and was involved";
        C2 = "C2", "C2: under 18, not mature enough to take part; views known were taken into account";
        C3 = "C3", "C3: under 18, those with parental responsibility were involved";
        D = "D", "D: not involved, for the reason given";
    }
}

impl Involvement {
    /// Whether it is meant for people under 18.
    #[must_use]
    pub const fn is_for_children(self) -> bool {
        matches!(self, Self::C1 | Self::C2 | Self::C3)
    }
}

section! {
    /// Somebody who was consulted.
    PersonConsulted / PersonConsultedWire {
        /// Name. Needed to sign.
        needed name: Line<NAME>,
        /// Relation or post. Needed to sign.
        needed relation: Line<NAME>,
        /// When. Needed to sign.
        needed_copy date: Date,
    }
}

section! {
    /// Whether an independent mental capacity advocate was needed and instructed.
    Advocate / AdvocateWire {
        /// Outcome. Needed when the section is given.
        needed_copy outcome: AdvocateOutcome,
        /// Name or reason.
        maybe note: Text<PHRASE>,
        /// When.
        maybe_copy date: Date,
    }
}

coded! {
    /// What was done about an advocate.
    AdvocateOutcome {
        NotNeeded = "not_needed", "Not needed: others were appropriate to consult";
        Instructed = "instructed", "Instructed";
    }
}

section! {
    /// A lasting power of attorney for health and welfare. The access code is never stored, only that it was used.
    LastingPower / LastingPowerWire {
        /// Attorneys in order. At least one is needed to sign.
        many attorneys: Line<NAME>,
        /// How several attorneys act.
        maybe_copy acting: Acting,
        /// When the donor signed it. Stored beside the registration, because "created" in s.25(2)(b) is for lawyers. Needed to sign.
        needed_copy created: Date,
        /// When the Office of the Public Guardian registered it; it cannot be used before.
        maybe_copy registered: Date,
        /// Reference of the Office of the Public Guardian.
        maybe opg_reference: Line<40>,
        /// Whether it covers life-sustaining treatment. Needed to sign.
        needed_copy life_sustaining_authority: YesNoUnknown,
        /// Instructions and preferences written in it.
        maybe instructions: Text<PARAGRAPH>,
        /// What was seen. Needed to sign.
        needed_copy evidence: PowerEvidence,
        /// When it was seen.
        maybe_copy evidence_on: Date,
    }
}

coded! {
    /// How several attorneys act together.
    Acting {
        Sole = "sole", "Sole attorney";
        Jointly = "jointly", "Jointly";
        JointlyAndSeverally = "jointly_and_severally", "Jointly and severally";
    }
}

coded! {
    /// What the author saw of a lasting power of attorney.
    PowerEvidence {
        PaperSeen = "paper_seen", "Paper seen";
        ViewedOnline = "viewed_online", "Seen in the official online service";
        Told = "told", "Told of, not seen";
    }
}

section! {
    /// A deputy appointed by the Court of Protection for health and welfare.
    Deputy / DeputyWire {
        /// Name. Needed when the section is given.
        needed name: Line<NAME>,
        /// Powers the order gives. Needed when the section is given.
        needed scope: Text<PHRASE>,
        /// Date of the order.
        maybe_copy appointed: Date,
        /// Whether the order was seen.
        maybe_copy order_seen: YesNo,
    }
}
