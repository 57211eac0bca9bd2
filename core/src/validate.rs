//! What must hold before a plan can be signed: the dated rule set `EW-PLAN-2026-11` (DOMAIN §2.2–2.4).
//!
//! *Validate* means that the plan makes sense as a plan; *verify* (elsewhere) means that bytes are whose they claim
//! to be. Rules on single fields are applied where the field is read ([`crate::plan`]); rules across fields are
//! listed here and applied in `dates`, `people` and `cpr`. All findings are given at once. A signed plan is not held to
//! later rules: rule ids are stable, and a changed rule means a new, dated set.

mod cpr;
mod dates;
mod people;

use core::fmt;

use crate::id::{ObjectId, PlanId};
use crate::plan::adrt::AdrtEntry;
use crate::plan::clinical::Clinical;
use crate::plan::contacts::{Act, Attachment, Contact};
use crate::plan::field::{Reader, Slot, Source};
use crate::plan::person::{Author, Person};
use crate::plan::recommendations::{Cpr, Recommendations};
use crate::plan::sharing::{Capacity, Sharing};
use crate::plan::{Jurisdiction, PlanVersionWire};
use crate::time::{Date, Timestamp};

/// What the author does not type in.
pub struct Context<'a> {
    /// When the author signs.
    pub at: Timestamp,
    /// Which NHS numbers this deployment accepts.
    pub numbers: NumberRange,
    /// The record.
    pub plan: PlanId,
    /// Sixteen random bytes.
    pub salt: [u8; 16],
    /// The signer, as certified.
    pub author: Author,
    /// What this version follows; none for the first.
    pub predecessor: Option<&'a Predecessor>,
}

impl Context<'_> {
    /// The number of the version being made.
    #[must_use]
    pub fn version_number(&self) -> u32 {
        self.predecessor
            .map_or(1, |predecessor| predecessor.version.saturating_add(1))
    }
}

/// The record's latest version or withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predecessor {
    /// Its id.
    pub id: ObjectId,
    /// The number of the record's last version.
    pub version: u32,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// Which NHS numbers are accepted: those kept for tests are never mixed with real ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberRange {
    /// Only 999 000 0000 to 999 999 9999.
    Test,
    /// Every number outside that range.
    Live,
}

/// One thing to put right before a plan can be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The field, such as `recommendations.cpr.reasons.1`; list entries count from 1.
    pub field: String,
    /// The rule's stable id within the rule set; [`RULES`] has its words.
    pub rule: &'static str,
    /// What to do. It never repeats what was typed in.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.field, self.rule, self.message)
    }
}

/// Everything that stands between a draft and a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    pub(crate) const fn new(findings: Vec<Finding>) -> Self {
        Self(findings)
    }

    /// The findings: single fields first, then rules across fields.
    pub fn iter(&self) -> core::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// The findings, given away.
    #[must_use]
    pub fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = core::slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the plan cannot be signed yet: {} thing(s) to put right",
            self.0.len()
        )?;
        self.0.iter().try_for_each(|finding| write!(f, "\n  {finding}"))
    }
}

impl core::error::Error for Findings {}

/// A rule: its stable id and its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The id.
    pub id: &'static str,
    /// The rule.
    pub words: &'static str,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $words:literal;)+) => {
        /// The rule set `EW-PLAN-2026-11`, in order.
        pub const RULES: &[Rule] = &[$(Rule { id: $id, words: $words }),+];

        /// Rule ids by name.
        pub(crate) mod rule {
            $( pub(crate) const $name: &str = $id; )+
        }
    };
}

rules! {
    NEEDED = "V01", "A field that is needed to sign is there and not empty.";
    CODED = "V02", "A coded value is one of its list; a number lies in its range.";
    TEXT = "V03", "Text is in Unicode NFC, without control, bidirectional or invisible characters, and can be printed.";
    LENGTH = "V04", "Text and lists keep to their limits.";
    DATE = "V05", "A date is written YYYY-MM-DD and exists.";
    NHS_NUMBER = "V06", "An NHS number has ten digits and a right check digit.";
    REGISTRATION = "V07", "A registration number has its register's form.";
    ORGANISATION = "V08", "An organisation code has its form.";
    PHONE = "V09", "A telephone number can be dialled.";
    CARD_LINE = "V10", "The card line fits the printed code.";
    ADRT_FORMALITIES = "V11", "An entry is held as an advance decision exactly when its formalities are recorded (Mental Capacity Act 2005 s.24-25).";
    NUMBER_RANGE = "V12", "Test numbers are used in tests and nowhere else.";
    NUMBER_ABSENT = "V13", "The NHS number, its status and the reason for its absence agree.";
    BIRTH = "V14", "The date of birth is not after signing, and the age is at most 125.";
    RECORDED = "V15", "A recorded date lies between birth and signing.";
    EFFECTIVE = "V16", "A plan does not take effect before the day it is signed.";
    REVIEW = "V17", "A review is due after signing: within 12 months, or 6 for a child or rapid decline.";
    SUCCESSION = "V18", "A version is signed after the one it follows.";
    ADDRESS = "V19", "An address has one to five lines, unless there is no fixed abode.";
    ALLERGIES = "V20", "The statement about allergies agrees with the list.";
    MEDICINES = "V21", "Anticipatory medicines that were issued have a place.";
    ASSESSMENT = "V22", "Lack of capacity is explained: in what way, how assessed, by whom, when.";
    INVOLVEMENT = "V23", "Involvement agrees with capacity: B or C and somebody consulted, or an advocate, where capacity is lacking.";
    NOT_INVOLVED = "V24", "Not involving the person has a reason.";
    UNDER_18 = "V25", "Under 18: involvement C1, C2 or C3, and no advance decision.";
    SHARING = "V26", "The basis of sharing has its holder: an attorney, a deputy, or a child.";
    FULL_TREATMENT = "V27", "Full treatment including CPR and a decision not to attempt CPR exclude each other.";
    CPR_REASON = "V28", "A decision not to attempt CPR has a reason.";
    CPR_REASON_ALONE = "V29", "Learning disability, age or living in a care home is never the only reason.";
    CPR_REFUSED = "V30", "A refusal of CPR has its source: an advance decision covering CPR, or an attorney with authority.";
    CPR_DISCUSSED = "V31", "A decision about CPR was discussed, or it is said why not.";
    CPR_CHILD = "V32", "Modified CPR is for children.";
    ATTACHMENTS = "V33", "Attachments keep to their limits and belong to entries that exist.";
    ADRT_DATES = "V34", "An advance decision was made at 18 or over, and received when or after it was made.";
    ADRT_LAW = "V35", "Advance decisions are recorded under the law of England and Wales.";
    POWER = "V36", "A lasting power of attorney is registered when or after it was signed, and has an attorney.";
    INTERVENTIONS = "V37", "Each treatment is named once and agrees with the level of treatment.";
}

/// The rules across fields, over whatever could be read: a broken section does not hide the faults of another.
pub(crate) fn across_fields(wire: &PlanVersionWire, context: &Context<'_>) -> Vec<Finding> {
    let mut subject = Subject::read(wire);
    let mut findings = Vec::new();
    if let Some(fault) = dates::birth(&subject, context) {
        findings.push(fault);
        // An impossible birth would only echo through every rule about age.
        subject.born = None;
    }
    dates::check(&subject, context, &mut findings);
    people::check(&subject, context, &mut findings);
    cpr::check(&subject, context, &mut findings);
    findings
}

/// The parts of a plan that could be read.
struct Subject {
    born: Option<Date>,
    effective_from: Option<Date>,
    review_due: Option<Date>,
    jurisdiction: Option<Jurisdiction>,
    person: Option<Person>,
    sharing: Option<Sharing>,
    capacity: Option<Capacity>,
    clinical: Option<Clinical>,
    recommendations: Option<Recommendations>,
    adrt: Option<Vec<AdrtEntry>>,
    contacts: Option<Vec<Contact>>,
    attachments: Option<Vec<Attachment>>,
    acts: Option<Vec<Act>>,
}

impl Subject {
    fn read(wire: &PlanVersionWire) -> Self {
        let birth = wire
            .person
            .as_ref()
            .and_then(|person| person.date_of_birth.clone());
        Self {
            born: read(&birth),
            effective_from: read(&wire.effective_from),
            review_due: read(&wire.review_due),
            jurisdiction: read(&wire.jurisdiction),
            person: read(&wire.person),
            sharing: read(&wire.sharing),
            capacity: read(&wire.capacity),
            clinical: read(&wire.clinical),
            recommendations: read(&wire.recommendations),
            adrt: read(&wire.adrt),
            contacts: read(&wire.contacts),
            attachments: read(&wire.attachments),
            acts: read(&wire.acts),
        }
    }

    fn cpr(&self) -> Option<&Cpr> {
        self.recommendations.as_ref().and_then(Recommendations::cpr)
    }

    fn age(&self, context: &Context<'_>) -> Option<u16> {
        self.born.map(|born| born.age_on(context.at.date()))
    }
}

/// Reads one part by itself; its findings are given where the whole is read.
fn read<T: Slot>(wire: &Option<T::Wire>) -> Option<T> {
    T::read(wire.clone(), &mut Reader::new(Source::Draft))
}

fn finding(field: impl Into<String>, rule: &'static str, message: impl Into<String>) -> Finding {
    Finding {
        field: field.into(),
        rule,
        message: message.into(),
    }
}

#[cfg(test)]
mod tests;
