//! Who signed which draft of `keys-example` when: `people.json` and `plans/index.json`.

use std::path::{Path, PathBuf};

use planseal::plan::person::{Author, Registration, RegistrationBody};
use planseal::time::Timestamp;
use planseal::trust::OrgCode;
use planseal_tests::corpus::json;
use planseal_tests::world::instant;
use serde::Deserialize;

/// One version of the schedule.
#[derive(Deserialize)]
pub struct Scheduled {
    sample: String,
    version: u32,
    signed_at: String,
    author: String,
}

impl Scheduled {
    /// Every version of the schedule, in its order.
    #[must_use]
    pub fn all() -> Vec<Self> {
        json::<Index>(&examples().join("plans/index.json")).versions
    }

    /// The draft's name, such as `P1-v3`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-v{}", self.sample, self.version)
    }

    /// When it was signed.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        instant(&self.signed_at)
    }

    /// Who signed it.
    ///
    /// # Panics
    /// When the schedule names nobody of `people.json`.
    #[must_use]
    pub fn author(&self) -> Clinician {
        let people: People = json(&examples().join("people.json"));
        let mut clinicians = people.clinicians.into_iter();
        let found = clinicians.find(|clinician| clinician.name == self.author);
        found.expect("people.json holds everybody of the schedule")
    }
}

/// A clinician of the samples.
#[derive(Deserialize)]
pub struct Clinician {
    /// The name as certified.
    pub name: String,
    /// The professional registration as certified.
    pub registration: Registered,
    /// The post held.
    role: String,
    /// Code of the organisation.
    pub org: String,
}

/// A registration as `people.json` writes it.
#[derive(Deserialize)]
pub struct Registered {
    /// The register, such as `gmc`.
    pub body: String,
    /// The number.
    pub number: String,
}

impl Clinician {
    /// As the plan names its author.
    ///
    /// # Panics
    /// When `people.json` gives a number that its register does not.
    #[must_use]
    pub fn author(&self) -> Author {
        let body = RegistrationBody::parse(&self.registration.body).expect("a register");
        let registration = Registration::new(body, &self.registration.number).expect("a number of that form");
        let organisation = OrgCode::parse(&self.org).expect("an organisation code");
        Author::new(&self.name, Some(registration), &self.role, organisation).expect("a printable author")
    }
}

#[derive(Deserialize)]
struct Index {
    versions: Vec<Scheduled>,
}

#[derive(Deserialize)]
struct People {
    clinicians: Vec<Clinician>,
}

/// The folder of the samples.
#[must_use]
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../keys-example")
}
