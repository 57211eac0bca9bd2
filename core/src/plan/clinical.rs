//! The clinical context (DOMAIN §2.3 C) and what matters to the person (§2.3 D).
//!
//! Conditions are written in words; a SNOMED CT code may stand beside them and is never invented here.

use serde_json::{Value as Json, json};

use crate::plan::field::{Line, Reader, Text, Value, Whole, YesNo, YesNoUnknown};
use crate::plan::person::{NAME, PARAGRAPH, PHRASE};
use crate::plan::table::{coded, debug_without_content, section};
use crate::time::Date;
use crate::validate::rule;

section! {
    /// What is wrong, what must be known in an emergency, and how the person is from day to day.
    Clinical / ClinicalWire {
        /// The main diagnosis. Needed to sign.
        needed primary_diagnosis: Condition,
        /// Other conditions, the most important first.
        many other_conditions: Condition,
        /// Allergies, or the statement that there are none or that nobody asked. Needed to sign.
        needed allergies: Allergies,
        /// Alerts a crew must see, such as a target oxygen saturation or a feeding tube.
        many alerts: Line<PHRASE>,
        /// Whether rapid decline is expected: then the plan is reviewed within six months.
        maybe_copy rapid_decline: YesNo,
        /// Prognosis.
        maybe prognosis: Prognosis,
        /// How the person manages from day to day.
        maybe functional_status: FunctionalStatus,
        /// Implanted devices.
        many implanted_devices: Device,
        /// Oxygen at home.
        maybe home_oxygen: HomeOxygen,
        /// Medicines kept ready for the last days. Needed to sign.
        needed anticipatory_medicines: AnticipatoryMedicines,
    }
}

section! {
    /// A condition in words, with a code where the record has one.
    Condition / ConditionWire {
        /// The condition. Needed to sign.
        needed words: Line<PHRASE>,
        /// SNOMED CT concept, copied from the record.
        maybe snomed: SnomedCode,
    }
}

/// A SNOMED CT concept identifier: 6 to 18 digits, copied and never made up here.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct SnomedCode(String);

impl SnomedCode {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for SnomedCode {
    type Wire = String;

    fn read(wire: String, reader: &mut Reader) -> Option<Self> {
        if (6..=18).contains(&wire.len()) && wire.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self(wire));
        }
        reader.find(
            rule::CODED,
            "a SNOMED CT code has 6 to 18 digits: leave it out if it is not known",
        );
        None
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[0-9]{6,18}$" })
    }
}

section! {
    /// Allergies and whether anybody asked.
    Allergies / AllergiesWire {
        /// Whether allergies are recorded. Needed to sign.
        needed_copy state: AllergyState,
        /// The allergies. Needed when recorded, absent otherwise.
        many items: Allergy,
    }
}

impl Allergies {
    /// `Penicillin (Rash)`, several separated by semicolons, or the statement that there are none.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.items.is_empty() {
            return self.state.label().into();
        }
        let words = self.items.iter().map(|allergy| match &allergy.reaction {
            Some(reaction) => format!("{} ({reaction})", allergy.substance),
            None => allergy.substance.to_string(),
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

coded! {
    /// Whether allergies are known.
    AllergyState {
        Recorded = "recorded", "Allergies";
        NoneKnown = "none_known", "No known allergies";
        NotAsked = "not_asked", "Allergies not asked about";
    }
}

section! {
    /// One allergy.
    Allergy / AllergyWire {
        /// Substance. Needed to sign.
        needed substance: Line<NAME>,
        /// Reaction.
        maybe reaction: Line<NAME>,
    }
}

section! {
    /// What is expected, and who knows it. Never in a code on paper.
    Prognosis / PrognosisWire {
        /// In words. Needed when the section is given.
        needed words: Text<PARAGRAPH>,
        /// Whether the patient is aware.
        maybe_copy patient_aware: YesNoUnknown,
        /// Whether the main carer is aware.
        maybe_copy carer_aware: YesNoUnknown,
    }
}

section! {
    /// How the person manages from day to day.
    FunctionalStatus / FunctionalStatusWire {
        /// Clinical Frailty Scale, 1 to 9.
        maybe_copy clinical_frailty: Whole<1, 9>,
        /// Karnofsky performance, 0 to 100 in tens.
        maybe_copy karnofsky: Whole<0, 100>,
        /// In words.
        maybe words: Text<PARAGRAPH>,
    }
}

section! {
    /// An implanted device.
    Device / DeviceWire {
        /// Kind. Needed to sign.
        needed_copy kind: DeviceKind,
        /// Whether a shock function is active. Needed to sign.
        needed_copy state: DeviceState,
        /// In words.
        maybe words: Line<PHRASE>,
    }
}

coded! {
    /// Kinds of implanted devices.
    DeviceKind {
        Defibrillator = "icd", "Implanted defibrillator (ICD)";
        Pacemaker = "pacemaker", "Pacemaker";
        Other = "other", "Other implanted device";
    }
}

coded! {
    /// Whether a device will still act.
    DeviceState {
        Active = "active", "Active";
        Deactivated = "deactivated", "Shock function deactivated";
        NotApplicable = "not_applicable", "No shock function";
        Unknown = "unknown", "Not known";
    }
}

section! {
    /// Oxygen at home.
    HomeOxygen / HomeOxygenWire {
        /// Flow and device in words. Needed when the section is given.
        needed words: Line<PHRASE>,
        /// Lowest target saturation in percent.
        maybe_copy target_low: Whole<50, 100>,
        /// Highest target saturation in percent.
        maybe_copy target_high: Whole<50, 100>,
    }
}

section! {
    /// Medicines kept ready for the last days of life.
    AnticipatoryMedicines / AnticipatoryMedicinesWire {
        /// Whether they have been issued. Needed to sign.
        needed_copy issued: YesNo,
        /// Where they are. Needed when issued.
        maybe location: Line<PHRASE>,
        /// When they were issued.
        maybe_copy date: Date,
    }
}

section! {
    /// What matters to the person.
    Preferences / PreferencesWire {
        /// What matters, in the person's own words where possible.
        maybe what_matters: Text<PARAGRAPH>,
        /// What the person fears or wishes to avoid.
        maybe what_to_avoid: Text<PARAGRAPH>,
        /// Where the person prefers to be cared for. Needed to sign.
        needed place_of_care: PreferredPlace,
        /// Where the person prefers to die. Needed to sign.
        needed place_of_death: PreferredPlace,
        /// Spiritual and cultural needs.
        maybe spiritual: Text<PARAGRAPH>,
        /// Organ and tissue donation.
        maybe organ_donation: Text<PHRASE>,
        /// Where an advance statement is.
        maybe advance_statement: Line<PHRASE>,
    }
}

section! {
    /// A preferred place, coded and in words.
    PreferredPlace / PreferredPlaceWire {
        /// The place. Needed to sign.
        needed_copy place: Place,
        /// In words: which one, and on what conditions. Needed to sign.
        needed words: Text<PHRASE>,
        /// Second choice.
        maybe_copy second: Place,
    }
}

coded! {
    /// Places of care and of death.
    Place {
        Home = "home", "Home";
        CareHome = "care_home", "Care home";
        NursingHome = "care_home_nursing", "Care home with nursing";
        Hospice = "hospice", "Hospice";
        Hospital = "hospital", "Hospital";
        OthersHome = "others_home", "Home of a relative or friend";
        Other = "other", "Other place";
        Undecided = "undecided", "Undecided";
        Declined = "declined", "Declined to discuss";
        NotAsked = "not_asked", "Not asked";
    }
}

debug_without_content!(SnomedCode);
