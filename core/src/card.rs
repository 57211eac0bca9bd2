//! The card: the emergency summary that fits a printed code, and the stamp beside it (FORMAT §3.2, §6).
//!
//! A card is a pure projection of its version, signed by the same author in the same ceremony. Wherever version and
//! card are both known, `project(version) == card` must hold.

use serde_cbor::Value;

use crate::canonical::{CanonicalBytes, EncodeError, IntMap, IntMapError};
use crate::id::{IdPrefix, ObjectId, PlanId};
use crate::plan::PlanVersion;
use crate::plan::adrt::AdrtEntry;
use crate::plan::person::{Name, NhsNumber, PhoneNumber};
use crate::plan::recommendations::{CprDecision, TreatmentLevel};
use crate::statement::{ContentError, Kind, Statement, sealed};
use crate::time::{Date, Timestamp};

/// 280 bytes, so that card, stamp and two signatures fit a code that cheap scanners read.
const MAX_CARD: usize = 280;
/// 40 bytes of a name; longer ones are elided by [`elided_name`].
const MAX_NAME: usize = 40;
/// 30 bytes of the ceiling in words; longer ones leave the code and set the MORE flag.
const MAX_CEILING: usize = 30;
/// 60 bytes of allergies and alerts, as validation allows.
const MAX_LINE: usize = 60;
/// Two numbers to ring.
const MAX_PHONES: usize = 2;

/// The emergency summary of one version.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    plan: PlanId,
    version_number: u32,
    signed_at: Timestamp,
    name: String,
    date_of_birth: Date,
    nhs_number: Option<NhsNumber>,
    cpr: Option<CprDecision>,
    level: TreatmentLevel,
    ceiling: Option<String>,
    adrt: AdrtFlag,
    line: String,
    more: More,
    review_due: Date,
    phones: Vec<PhoneNumber>,
    version: IdPrefix,
}

/// What the version holds of advance decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdrtFlag {
    /// None recorded; one may still exist.
    NoneRecorded,
    /// At least one with its formalities recorded. Whether it binds is for those at the bedside.
    Recorded,
    /// Only evidence of wishes.
    EvidenceOfWishes,
}

/// Whether the paper says more than fits the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// Everything an emergency needs is in the code.
    Complete,
    /// There is more on the paper.
    OnThePaper,
}

impl Card {
    /// Projects a version, whose envelope has this id.
    #[must_use]
    pub fn project(version: &PlanVersion, id: ObjectId) -> Self {
        let recommendations = version.recommendations();
        let words = recommendations.ceiling_words().map(|words| words.as_str());
        let ceiling = words.filter(|words| words.len() <= MAX_CEILING);
        let phones: Vec<PhoneNumber> = version
            .contacts()
            .iter()
            .map(|contact| contact.phone().clone())
            .collect();
        let left_out = words.is_some() && ceiling.is_none()
            || recommendations.emergency_advice().is_some()
            || !recommendations.problem_plans().is_empty();
        Self {
            plan: version.plan(),
            version_number: version.version_number(),
            signed_at: version.signed_at(),
            name: elided_name(version.person().name()),
            date_of_birth: version.person().date_of_birth(),
            nhs_number: version.person().nhs_number(),
            cpr: recommendations.cpr().map(|cpr| cpr.decision()),
            level: recommendations.treatment_level(),
            ceiling: ceiling.map(str::to_owned),
            adrt: adrt_flag(version.adrt()),
            line: version.card_line().as_str().to_owned(),
            more: if left_out {
                More::OnThePaper
            } else {
                More::Complete
            },
            review_due: version.review_due(),
            phones: phones.into_iter().take(MAX_PHONES).collect(),
            version: id.prefix(),
        }
    }

    /// The record.
    #[must_use]
    pub const fn plan(&self) -> PlanId {
        self.plan
    }

    /// The version's number.
    #[must_use]
    pub const fn version_number(&self) -> u32 {
        self.version_number
    }

    /// The first half of the version's id.
    #[must_use]
    pub const fn version(&self) -> IdPrefix {
        self.version
    }

    /// The patient's name, elided by the stated rule.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Date of birth.
    #[must_use]
    pub const fn date_of_birth(&self) -> Date {
        self.date_of_birth
    }

    /// NHS number.
    #[must_use]
    pub const fn nhs_number(&self) -> Option<NhsNumber> {
        self.nhs_number
    }

    /// The decision about CPR; none recorded means: attempt it.
    #[must_use]
    pub const fn cpr(&self) -> Option<CprDecision> {
        self.cpr
    }

    /// The ceiling of treatment.
    #[must_use]
    pub const fn level(&self) -> TreatmentLevel {
        self.level
    }

    /// The ceiling in the author's words, where they fit.
    #[must_use]
    pub fn ceiling(&self) -> Option<&str> {
        self.ceiling.as_deref()
    }

    /// Whether an advance decision is recorded.
    #[must_use]
    pub const fn adrt(&self) -> AdrtFlag {
        self.adrt
    }

    /// Allergies and critical alerts, written by the author.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Whether the paper says more.
    #[must_use]
    pub const fn more(&self) -> More {
        self.more
    }

    /// When a review is due.
    #[must_use]
    pub const fn review_due(&self) -> Date {
        self.review_due
    }

    /// Whom to ring.
    #[must_use]
    pub fn phones(&self) -> &[PhoneNumber] {
        &self.phones
    }
}

fn adrt_flag(entries: &[AdrtEntry]) -> AdrtFlag {
    if entries
        .iter()
        .any(|entry| matches!(entry, AdrtEntry::AdvanceDecision(_)))
    {
        AdrtFlag::Recorded
    } else if entries.is_empty() {
        AdrtFlag::NoneRecorded
    } else {
        AdrtFlag::EvidenceOfWishes
    }
}

/// `FAMILY, Given Given`; when longer than 40 bytes of UTF-8, given names become initials; when still longer, the
/// text is cut at a character and ends in `…` (FORMAT §3.2).
#[must_use]
pub fn elided_name(name: &Name) -> String {
    let family = name.family().as_str().to_uppercase();
    let given: Vec<&str> = name.given().iter().map(|given| given.as_str()).collect();
    let full = format!("{family}, {}", given.join(" "));
    if full.len() <= MAX_NAME {
        return full;
    }
    let initials: String = given.iter().filter_map(|given| given.chars().next()).collect();
    let short = format!("{family}, {initials}");
    if short.len() <= MAX_NAME {
        return short;
    }
    let mut end = MAX_NAME - '…'.len_utf8();
    while !short.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &short[..end])
}

/// Debug shows ids only.
impl core::fmt::Debug for Card {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Card(version {} of {})", self.version_number, self.plan)
    }
}

impl sealed::Sealed for Card {}

impl Statement for Card {
    const KIND: Kind = Kind::Card;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        let phones = self
            .phones
            .iter()
            .map(|phone| Value::Text(phone.e164().into()))
            .collect();
        IntMap::default()
            .put(1, Value::Bytes(self.plan.as_bytes().to_vec()))
            .put_number(2, self.version_number)
            .put_number(3, self.signed_at.seconds())
            .put(4, self.name.clone())
            .put(5, self.date_of_birth.to_string())
            .put_some(6, self.nhs_number.map(|number| number.digits().to_owned()))
            .put_number(7, cpr_number(self.cpr))
            .put_number(8, level_number(self.level))
            .put_some(9, self.ceiling.clone())
            .put_number(10, adrt_number(self.adrt))
            .put(11, self.line.clone())
            .put(12, Value::Bool(self.more == More::OnThePaper))
            .put(13, self.review_due.to_string())
            .put(14, Value::Array(phones))
            .put(15, Value::Bytes(self.version.as_bytes().to_vec()))
            .encode()
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let mut fields = IntMap::decode(payload, MAX_CARD)?;
        let date = |text: String, name| Date::parse(&text).map_err(|fault| ContentError::value(name, fault));
        let phones = fields.array(14)?.ok_or(IntMapError::Field(14))?;
        let nhs_number = fields
            .text_if_present(6)?
            .map(|digits| NhsNumber::parse(&digits))
            .transpose();
        let card = Self {
            plan: PlanId::from_bytes(fields.bytes(1)?),
            version_number: u32::try_from(fields.unsigned(2)?).map_err(|_| IntMapError::Field(2))?,
            signed_at: Timestamp::from_seconds(fields.unsigned(3)?).map_err(|_| IntMapError::Field(3))?,
            name: fields.text(4)?,
            date_of_birth: date(fields.text(5)?, "date of birth")?,
            nhs_number: nhs_number.map_err(|fault| ContentError::value("nhs number", fault))?,
            cpr: cpr_of(fields.unsigned(7)?).ok_or(IntMapError::Field(7))?,
            level: level_of(fields.unsigned(8)?).ok_or(IntMapError::Field(8))?,
            ceiling: fields.text_if_present(9)?,
            adrt: adrt_of(fields.unsigned(10)?).ok_or(IntMapError::Field(10))?,
            line: fields.text(11)?,
            more: if fields.flag(12)? {
                More::OnThePaper
            } else {
                More::Complete
            },
            review_due: date(fields.text(13)?, "review due")?,
            phones: phones.into_iter().map(phone).collect::<Result<_, _>>()?,
            version: IdPrefix::from_bytes(fields.bytes(15)?),
        };
        fields.finish()?;
        let within = card.name.len() <= MAX_NAME
            && card
                .ceiling
                .as_ref()
                .is_none_or(|words| words.len() <= MAX_CEILING)
            && card.line.len() <= MAX_LINE
            && card.phones.len() <= MAX_PHONES
            && ![&card.name, &card.line].iter().any(|text| text.contains('\n'));
        if !within {
            return Err(ContentError::value(
                "card",
                "a text or list is longer than a card holds",
            ));
        }
        let again = card
            .payload()
            .map_err(|fault| ContentError::value("card", fault))?;
        if again.as_slice() == payload {
            Ok(card)
        } else {
            Err(ContentError::value("card", "not canonical"))
        }
    }

    fn issued_at(&self) -> Timestamp {
        self.signed_at
    }

    fn subject(&self) -> String {
        self.plan.urn()
    }
}

fn phone(value: Value) -> Result<PhoneNumber, ContentError> {
    match value {
        Value::Text(text) => PhoneNumber::parse(&text).map_err(|fault| ContentError::value("phones", fault)),
        _ => Err(IntMapError::Field(14).into()),
    }
}

/// 0 none recorded, 1 attempt, 2 do not attempt, 3 modified (children only).
const CPR: [Option<CprDecision>; 4] = [
    None,
    Some(CprDecision::Attempt),
    Some(CprDecision::DoNotAttempt),
    Some(CprDecision::ModifiedChildOnly),
];
/// 1 comfort only … 5 full treatment; there is no 0.
const LEVELS: [TreatmentLevel; 5] = [
    TreatmentLevel::L1,
    TreatmentLevel::L2,
    TreatmentLevel::L3,
    TreatmentLevel::L4,
    TreatmentLevel::L5,
];
/// 0 none recorded, 1 recorded, 2 evidence of wishes only.
const ADRT: [AdrtFlag; 3] = [
    AdrtFlag::NoneRecorded,
    AdrtFlag::Recorded,
    AdrtFlag::EvidenceOfWishes,
];

fn cpr_number(cpr: Option<CprDecision>) -> u64 {
    place(&CPR, cpr)
}

fn level_number(level: TreatmentLevel) -> u64 {
    place(&LEVELS, level) + 1
}

fn adrt_number(adrt: AdrtFlag) -> u64 {
    place(&ADRT, adrt)
}

fn place<T: PartialEq>(table: &[T], value: T) -> u64 {
    let place = table
        .iter()
        .position(|known| *known == value)
        .expect("the table names every value");
    u64::try_from(place).expect("a table's length fits 64 bit")
}

#[expect(
    clippy::option_option,
    reason = "the outer absence is an unknown number, the inner one a recorded absence"
)]
fn cpr_of(number: u64) -> Option<Option<CprDecision>> {
    CPR.get(usize::try_from(number).ok()?).copied()
}

fn level_of(number: u64) -> Option<TreatmentLevel> {
    LEVELS.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

fn adrt_of(number: u64) -> Option<AdrtFlag> {
    ADRT.get(usize::try_from(number).ok()?).copied()
}

/// "Latest when printed": signed by the service's head key, bound to a card (FORMAT §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Leaf index of the version.
    pub version: u64,
    /// When it was printed.
    pub issued_at: Timestamp,
    /// Tree size then.
    pub size: u64,
    /// Leaf index of the head key's certificate.
    pub signer: u64,
}

impl sealed::Sealed for Stamp {}

impl Statement for Stamp {
    const KIND: Kind = Kind::Stamp;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        IntMap::default()
            .put_number(1, self.version)
            .put_number(2, self.issued_at.seconds())
            .put_number(3, self.size)
            .put_number(4, self.signer)
            .encode()
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let mut fields = IntMap::decode(payload, MAX_STAMP)?;
        let stamp = Self {
            version: fields.unsigned(1)?,
            issued_at: Timestamp::from_seconds(fields.unsigned(2)?).map_err(|_| IntMapError::Field(2))?,
            size: fields.unsigned(3)?,
            signer: fields.unsigned(4)?,
        };
        fields.finish()?;
        if stamp.version < stamp.size && stamp.signer < stamp.size {
            Ok(stamp)
        } else {
            Err(ContentError::value(
                "stamp",
                "indices must lie below the tree size",
            ))
        }
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// A stamp's payload names no record: the card it is bound to does.
    fn subject(&self) -> String {
        format!("urn:planseal:stamp:{:016x}", self.version)
    }
}

/// 64 bytes: four numbers.
const MAX_STAMP: usize = 64;
