//! Who the plan is about (DOMAIN §2.3 A) and who wrote it.
//!
//! The NHS number is not the key of a record: a patient without one can have a plan.

use crate::plan::field::{Line, Reader, Source, Text, Value, YesNo};
use crate::plan::table::{coded, section};
use crate::time::Date;

pub use crate::plan::number::{
    NhsNumber, NhsNumberError, OrgCode, OrgCodeError, PhoneNumber, PhoneNumberError, Registration,
    RegistrationBody, RegistrationError, RegistrationNumber,
};

/// Characters in a person's, practice's or place's name.
pub const NAME: usize = 100;
/// Characters in one line of an address.
pub const ADDRESS_LINE: usize = 80;
/// Characters in a short phrase.
pub const PHRASE: usize = 200;
/// Characters in a paragraph.
pub const PARAGRAPH: usize = 1200;

section! {
    /// The person the plan is about.
    Person / PersonWire {
        /// Family and given names. Needed to sign.
        needed name: Name,
        /// The name the person wants to be called by.
        maybe preferred_name: Line<NAME>,
        /// Date of birth, whole. Needed to sign.
        needed_copy date_of_birth: Date,
        /// NHS number, ten digits; spaces are allowed in a draft.
        maybe_copy nhs_number: NhsNumber,
        /// Why there is no NHS number. Needed when it is absent.
        maybe_copy nhs_number_absent: NhsNumberAbsent,
        /// Whether the number was traced. Needed to sign.
        needed_copy nhs_number_status: NhsNumberStatus,
        /// Sex at birth. Needed to sign.
        needed_copy sex_at_birth: SexAtBirth,
        /// Gender, in the person's own words.
        maybe gender: Line<NAME>,
        /// Pronouns, in the person's own words.
        maybe pronouns: Line<NAME>,
        /// Where the person usually lives. Needed to sign.
        needed usual_address: Address,
        /// Where the person is now, when that is elsewhere.
        maybe current_location: CurrentLocation,
        /// Key safe, dog, stairs. Sensitive: never in a code on paper.
        maybe access_information: Text<PHRASE>,
        /// How to communicate with the person.
        maybe communication: Communication,
        /// The general practice. Needed to sign.
        needed gp_practice: Practice,
    }
}

impl Person {
    /// The age in completed years on a date.
    #[must_use]
    pub fn age_on(&self, date: Date) -> u16 {
        self.date_of_birth.age_on(date)
    }
}

section! {
    /// A person's name.
    Name / NameWire {
        /// Family name. Needed to sign.
        needed family: Line<NAME>,
        /// Given names in order. At least one is needed to sign.
        many given: Line<NAME>,
    }
}

impl Name {
    /// `Edith MARLOWE-TESTCASE`: the family name in capitals, as clinical documents write it.
    #[must_use]
    pub fn display(&self) -> String {
        let mut words: Vec<String> = self.given.iter().map(ToString::to_string).collect();
        words.push(self.family.to_uppercase());
        words.join(" ")
    }

    /// `Edith Marlowe-Testcase`, as it was entered.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut words: Vec<&str> = self.given.iter().map(Line::as_str).collect();
        words.push(self.family.as_str());
        words.join(" ")
    }
}

coded! {
    /// Whether the NHS number was checked against the national register.
    NhsNumberStatus {
        Traced = "traced", "Number present and traced";
        NotTraced = "not_traced", "Number present, not traced";
        NotPresent = "not_present", "No number";
    }
}

coded! {
    /// Why a person has no NHS number here.
    NhsNumberAbsent {
        NoneAllocated = "none_allocated", "None allocated";
        Overseas = "overseas", "Overseas visitor";
        Withheld = "withheld", "Withheld";
        Unknown = "unknown", "Not known";
    }
}

coded! {
    /// Sex at birth.
    SexAtBirth {
        Female = "female", "Female";
        Male = "male", "Male";
        Indeterminate = "indeterminate", "Indeterminate";
        NotKnown = "not_known", "Not known";
    }
}

section! {
    /// A postal address, or the statement that there is none.
    Address / AddressWire {
        /// What kind of place it is. Needed to sign.
        needed_copy kind: AddressKind,
        /// One to five lines without the postcode; none for no fixed abode.
        many lines: Line<ADDRESS_LINE>,
        /// Postcode. Its form is never a reason to refuse a plan.
        maybe postcode: Line<10>,
    }
}

coded! {
    /// The kind of place where somebody lives.
    AddressKind {
        Home = "home", "Own home";
        CareHome = "care_home", "Care home";
        NoFixedAbode = "no_fixed_abode", "No fixed abode";
        Other = "other", "Other address";
    }
}

section! {
    /// Where the person is for now.
    CurrentLocation / CurrentLocationWire {
        /// The place. Needed when the section is given.
        needed place: Line<PHRASE>,
        /// Since when. Needed when the section is given.
        needed_copy since: Date,
        /// Until when, as far as known.
        maybe_copy until: Date,
    }
}

section! {
    /// How to communicate with the person.
    Communication / CommunicationWire {
        /// First language.
        maybe language: Line<NAME>,
        /// Whether an interpreter is needed.
        maybe_copy interpreter_needed: YesNo,
        /// What helps: hearing, sight, speech, learning disability, who must stay.
        maybe needs: Text<PARAGRAPH>,
        /// Where the hospital passport is.
        maybe hospital_passport: Line<PHRASE>,
    }
}

section! {
    /// A general practice.
    Practice / PracticeWire {
        /// Organisation code. Needed to sign.
        needed org: OrgCode,
        /// Its name. Needed to sign.
        needed name: Line<NAME>,
        /// Its telephone number. Needed to sign.
        needed phone: PhoneNumber,
    }
}

section! {
    /// Who wrote and signs the plan, as in the signing certificate.
    Author / AuthorWire {
        /// Name as certified.
        needed name: Line<NAME>,
        /// Professional registration.
        maybe registration: Registration,
        /// The post held, in words.
        needed role: Line<NAME>,
        /// Code of the organisation that certified the author.
        needed org: OrgCode,
    }
}

impl Author {
    /// Takes what a certificate says about its holder.
    ///
    /// # Errors
    /// [`AuthorError`] naming the first field that cannot stand in a plan.
    pub fn new(
        name: &str,
        registration: Option<Registration>,
        role: &str,
        org: OrgCode,
    ) -> Result<Self, AuthorError> {
        let read = |field: &'static str, text: &str| {
            let mut reader = Reader::new(Source::Draft);
            <Line<NAME> as Value>::read(text.into(), &mut reader).ok_or(AuthorError { field })
        };
        Ok(Self {
            name: read("name", name)?,
            registration,
            role: read("role", role)?,
            org,
        })
    }

    pub(crate) fn to_wire(&self) -> AuthorWire {
        AuthorWire {
            name: Some(self.name.to_string()),
            registration: self.registration.as_ref().map(Registration::to_wire),
            role: Some(self.role.to_string()),
            org: Some(self.org.to_string()),
        }
    }
}

/// An author who cannot be named in a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the author's {field} must be 1 to {NAME} printable characters on one line")]
pub struct AuthorError {
    field: &'static str,
}
