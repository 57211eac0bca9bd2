//! What a reader does with bytes offered as one thing or another.

use planseal::bundle::Bundle;
use planseal::canonical::CanonicalBytes;
use planseal::card::Card;
use planseal::check::Reader;
use planseal::code::{OfflineCode, Pointer};
use planseal::envelope::{EnvelopeError, SignedObject};
use planseal::head::Head;
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::snapshot::Snapshot;
use planseal::statement::{Endorsement, KeyStatus, Report, Statement, Withdrawal};
use planseal::trust::{TrustList, TrustPolicy};
use planseal::verify;
use planseal_tests::sample::Sample;
use planseal_tests::vector::{outcome, rule};
use planseal_tests::world::World;

/// A reader who pinned the world's policy and knows its certificates.
pub(crate) struct Reading {
    world: World,
    sample: Sample,
}

type Outcome = Result<(), String>;

impl Reading {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let sample = Sample::first(&mut world);
        Self { world, sample }
    }

    /// `Accepted`, or the name of the rule that refuses the bytes.
    pub(crate) fn outcome(&self, offered_as: &str, bytes: &[u8]) -> String {
        match self.read(offered_as, bytes) {
            Ok(()) => outcome::<(), ()>(&Ok(())),
            Err(rule) => rule,
        }
    }

    fn read(&self, offered_as: &str, bytes: &[u8]) -> Outcome {
        let directory = &self.world.directory;
        match offered_as {
            "profile" => named(CanonicalBytes::check(bytes, 1 << 20)),
            "envelope" => named(SignedObject::parse(bytes)),
            "certificate" => named(directory.clone().admit(&object(bytes)?)),
            "version" => self.statement::<PlanVersion>(bytes),
            "card" => self.statement::<Card>(bytes),
            "withdrawal" => self.statement::<Withdrawal>(bytes),
            "endorsement" => self.statement::<Endorsement>(bytes),
            "report" => self.statement::<Report>(bytes),
            "key-status" => self.statement::<KeyStatus>(bytes),
            "head" => self.statement::<Head>(bytes),
            "snapshot" => self.statement::<Snapshot>(bytes),
            "trust-list" => self.statement::<TrustList>(bytes),
            "stamp" => named(verify::stamp(
                &object(bytes)?,
                self.sample.card.object(),
                directory,
            )),
            "enrolment" => named(verify::enrolment(&object(bytes)?)),
            "trust-policy" => named(TrustPolicy::parse(bytes)),
            "receipt" => self.receipt(bytes),
            "bundle" => self.bundle(bytes),
            "code" => {
                let code = named_value(OfflineCode::parse(text(bytes)?))?;
                named(code.verify(directory))
            }
            "pointer" => named(Pointer::parse(text(bytes)?)),
            unknown => panic!("a vector offers something as {unknown}"),
        }
    }

    fn statement<S: Statement>(&self, bytes: &[u8]) -> Outcome {
        named(verify::statement::<S>(&object(bytes)?, &self.world.directory))
    }

    /// A receipt is judged with the version of `version_genuine`.
    fn receipt(&self, bytes: &[u8]) -> Outcome {
        let receipt = named_value(Receipt::decode(bytes))?;
        let version = self.sample.version.verified().clone();
        named(verify::logged(
            version,
            &receipt,
            &self.world.policy,
            &self.world.directory,
        ))
    }

    /// A bundle is opened by a reader who pinned the policy and holds nothing else.
    fn bundle(&self, bytes: &[u8]) -> Outcome {
        let bundle = named_value(Bundle::decode(bytes))?;
        named(
            Reader::default()
                .pin(self.world.policy.clone())
                .open_bundle(&bundle),
        )
    }
}

fn object(bytes: &[u8]) -> Result<SignedObject, String> {
    SignedObject::parse(bytes).map_err(|fault: EnvelopeError| rule(&fault))
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    core::str::from_utf8(bytes).map_err(|_| "Utf8".into())
}

fn named<T, E: core::fmt::Debug>(result: Result<T, E>) -> Outcome {
    named_value(result).map(|_| ())
}

fn named_value<T, E: core::fmt::Debug>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|fault| rule(&fault))
}
