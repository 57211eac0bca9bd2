//! Plan versions by the hundred thousand, each as its author would have signed it.
//!
//! One plan is validated twice, as a first version and as one that follows. Of every other version only what differs is
//! put into those bytes (record, person, predecessor, number), and the author's key signs them. Nothing is taken on
//! trust from that: whatever is stored was verified by core first, like anybody's version.

use anyhow::{Context as _, Result, anyhow};
use planseal::draft::PlanDraft;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::person::{Author, Registration, RegistrationBody};
use planseal::time::Timestamp;
use planseal::trust::OrgCode;
use planseal::validate::{Context, NumberRange, Predecessor};
use planseal_tests::cbor::{Cbor, head};
use planseal_tests::key::FixedKey;
use planseal_tests::world::{World, envelope, instant};

/// Makes versions of any record.
pub(crate) struct Forge {
    first: Template,
    next: Template,
    key: FixedKey,
}

/// One record of many, by its number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordNumber(pub(crate) u32);

/// 999 000 0000 – 999 999 9999 in steps of three: one of any three consecutive numbers has a check digit.
pub(crate) const MAX_RECORDS: u32 = 333_333;

/// When first versions were signed; all others were an hour later.
pub(crate) fn signing_time() -> Timestamp {
    instant("2025-11-18T10:15:00Z")
}

/// When all of them are published.
pub(crate) fn publishing_time() -> Timestamp {
    signing_time().plus(HOUR + 60)
}

impl Forge {
    /// Validates and signs the two versions that all others are made from.
    pub(crate) fn new(world: &World) -> Result<Self> {
        let first = validated(world, None)?;
        let predecessor = Predecessor {
            id: ObjectId::from_bytes(PREVIOUS),
            version: 1,
            signed_at: signing_time(),
        };
        let next = validated(world, Some(&predecessor))?;
        Ok(Self {
            first: Template::of(&first)?,
            next: Template::of(&next)?,
            key: FixedKey::from_seed(AUTHOR_SEED),
        })
    }

    /// The first version of a record.
    pub(crate) fn first(&self, record: RecordNumber) -> Vec<u8> {
        self.first.sign(record, &PREVIOUS, 1, &self.key)
    }

    /// Version `number` of a record, 2 or more, which follows `previous`.
    pub(crate) fn next(&self, record: RecordNumber, previous: &ObjectId, number: u8) -> Vec<u8> {
        self.next.sign(record, previous.as_bytes(), number, &self.key)
    }

    /// `count` versions of a record, in order.
    pub(crate) fn line(&self, record: RecordNumber, count: u8) -> Vec<Vec<u8>> {
        let mut line = vec![self.first(record)];
        for number in 2..=count {
            let previous = ObjectId::of(&line[line.len() - 1]);
            line.push(self.next(record, &previous, number));
        }
        line
    }
}

impl RecordNumber {
    /// Its record's id.
    pub(crate) fn plan(self) -> PlanId {
        // Spread over the alphabet of names as random ids would be: the multiplier is odd, so no two numbers meet.
        let spread = u64::from(self.0 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut id = [0x5a; 16];
        id[..8].copy_from_slice(&spread.to_be_bytes());
        id[8..12].copy_from_slice(&self.0.to_be_bytes());
        PlanId::from_bytes(id)
    }

    /// The person's number, from the range kept for tests.
    fn nhs_number(self) -> [u8; 10] {
        let candidates = (0..3).map(|more| format!("999{:06}", self.0 * 3 + more));
        let mut numbers = candidates.filter_map(|nine| {
            let weighted = (2..=10).rev().zip(nine.bytes());
            let sum: u32 = weighted
                .map(|(weight, digit)| weight * u32::from(digit - b'0'))
                .sum();
            let check = (11 - sum % 11) % 11;
            format!("{nine}{check}").into_bytes().try_into().ok()
        });
        numbers
            .next()
            .expect("of three consecutive numbers one has a check digit of one figure")
    }

    /// Eight letters that no other record's person has.
    fn family(self) -> [u8; 8] {
        let mut letters = *FAMILY;
        let mut rest = self.0;
        for letter in letters[1..].iter_mut() {
            *letter = b'a' + u8::try_from(rest % 26).expect("a remainder below 26");
            rest /= 26;
        }
        letters
    }
}

/// What stands in the place of what differs.
const PLAN: [u8; 16] = [0xa1; 16];
const PREVIOUS: [u8; 32] = [0xb2; 32];
const NHS_NUMBER: &[u8; 10] = b"9990412073";
const FAMILY: &[u8; 8] = b"Zqxzqxzq";
/// The key under `ver` with the number 2.
const NUMBER: &[u8; 5] = b"\x63ver\x02";
const HOUR: i64 = 3600;
/// The world's author.
const AUTHOR_SEED: u8 = 9;

fn validated(world: &World, predecessor: Option<&Predecessor>) -> Result<SignedObject> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../keys-example/plans/P1-v1.json"
    );
    let text = std::fs::read_to_string(path).context("keys-example holds this draft")?;
    let text = text.replace("\"family\": \"Marlowe-Testcase\"", "\"family\": \"Zqxzqxzq\"");
    let draft = PlanDraft::from_json(&text).map_err(|fault| anyhow!("the example draft: {fault:?}"))?;
    let context = Context {
        at: predecessor.map_or_else(signing_time, |before| before.signed_at.plus(HOUR)),
        numbers: NumberRange::Test,
        plan: PlanId::from_bytes(PLAN),
        salt: *b"sixteen fixed by",
        author: Author::new(
            "Rowena Demo-Achebe",
            Some(Registration::new(RegistrationBody::Gmc, "9900011").context("seven digits")?),
            "General practitioner",
            OrgCode::parse("TEST-GP01").context("an organisation code")?,
        )
        .context("an author")?,
        predecessor,
    };
    let version = draft.validate(&context);
    let version = version.map_err(|findings| anyhow!("the example plan: {findings:?}"))?;
    Ok(envelope(&version, &world.author))
}

/// The two signed parts of an envelope, with the places of what differs.
struct Template {
    protected: Part,
    payload: Part,
}

struct Part {
    bytes: Vec<u8>,
    plan: Places,
    nhs_number: Places,
    family: Places,
    previous: Places,
    number: Places,
}

/// Where something stands.
struct Places(Vec<usize>);

impl Template {
    fn of(object: &SignedObject) -> Result<Self> {
        let Cbor::Array(parts) = Cbor::decode(object.bytes()) else {
            return Err(anyhow!("an envelope is an array"));
        };
        match <[Cbor; 4]>::try_from(parts) {
            Ok([Cbor::Bytes(protected), _, Cbor::Bytes(payload), _]) => Ok(Self {
                protected: Part::of(protected, PlanId::from_bytes(PLAN).urn().as_bytes()),
                payload: Part::of(payload, &PLAN),
            }),
            _ => Err(anyhow!("an envelope has four parts")),
        }
    }

    /// The envelope (RFC 9052 §4.2, §4.4).
    fn sign(&self, record: RecordNumber, previous: &[u8; 32], number: u8, key: &FixedKey) -> Vec<u8> {
        let plan = record.plan();
        let protected = string(
            &self
                .protected
                .fill(plan.urn().as_bytes(), record, previous, number),
        );
        let payload = string(&self.payload.fill(plan.as_bytes(), record, previous, number));
        let signed = [&b"\x84\x6aSignature1"[..], &protected, b"\x40", &payload].concat();
        let signature = string(&key.sign_anything(&signed));
        [&b"\x84"[..], &protected, b"\xa0", &payload, &signature].concat()
    }
}

impl Part {
    fn of(bytes: Vec<u8>, plan: &[u8]) -> Self {
        Self {
            plan: Places::of(plan, &bytes),
            nhs_number: Places::of(NHS_NUMBER, &bytes),
            family: Places::of(FAMILY, &bytes),
            previous: Places::of(&PREVIOUS, &bytes),
            number: Places::of(NUMBER, &bytes),
            bytes,
        }
    }

    fn fill(&self, plan: &[u8], record: RecordNumber, previous: &[u8; 32], number: u8) -> Vec<u8> {
        let mut filled = self.bytes.clone();
        self.plan.put(&mut filled, plan);
        self.nhs_number.put(&mut filled, &record.nhs_number());
        self.family.put(&mut filled, &record.family());
        self.previous.put(&mut filled, previous);
        self.number.put(&mut filled, &[0x63, b'v', b'e', b'r', number]);
        filled
    }
}

impl Places {
    fn of(what: &[u8], bytes: &[u8]) -> Self {
        let windows = bytes.windows(what.len()).enumerate();
        Self(
            windows
                .filter_map(|(at, window)| (window == what).then_some(at))
                .collect(),
        )
    }

    fn put(&self, bytes: &mut [u8], what: &[u8]) {
        for at in &self.0 {
            bytes[*at..*at + what.len()].copy_from_slice(what);
        }
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u64::try_from(bytes.len()).expect("a length in memory fits 64 bits");
    [&head(2, length), bytes].concat()
}

#[cfg(test)]
mod tests {
    use planseal::plan::PlanVersion;
    use planseal::verify;

    use super::*;

    #[test]
    fn every_version_verifies_and_says_what_it_was_made_for() {
        let world = World::new();
        let forge = Forge::new(&world).expect("the example plan");
        let mut numbers = std::collections::BTreeSet::new();
        for record in [0, 1, 2, 77, 4_711, MAX_RECORDS - 1].map(RecordNumber) {
            let mut previous = None;
            for (number, envelope) in (1..).zip(forge.line(record, 5)) {
                let object = SignedObject::parse(&envelope).expect("an envelope");
                let version = verify::statement::<PlanVersion>(&object, &world.directory);
                let version = version.expect("an honest version");
                let content = version.content();
                assert_eq!(content.plan(), record.plan());
                assert_eq!(content.version_number(), number);
                assert_eq!(content.previous(), previous);
                previous = Some(version.id());
                if number == 1 {
                    let nhs = content
                        .person()
                        .nhs_number()
                        .expect("a number")
                        .digits()
                        .to_owned();
                    assert!(numbers.insert((nhs, content.person().name().family().as_str().to_owned())));
                }
            }
        }
    }
}
