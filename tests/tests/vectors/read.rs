//! What a reader does with bytes offered as one thing or another.
//!
//! The reader holds the files of `tests/vectors/held` and nothing else: what another implementation is given, too.

use std::fs;
use std::path::Path;

use planseal::bundle::Bundle;
use planseal::canonical::CanonicalBytes;
use planseal::card::Card;
use planseal::check::Reader;
use planseal::code::{OfflineCode, Pointer};
use planseal::draft::PlanDraft;
use planseal::envelope::{EnvelopeError, SignedObject};
use planseal::head::Head;
use planseal::id::PlanId;
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::cosign::{AddCheckpoint, Witnessed};
use planseal::log::leaf::Leaf;
use planseal::log::note::{Note, VerifierKey};
use planseal::log::proof::LogProof;
use planseal::log::tree::{Hash, TreeHead, leaf_hash, verify_consistency, verify_inclusion};
use planseal::log::witness::WitnessPolicy;
use planseal::monitor::Contradiction;
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::snapshot::Snapshot;
use planseal::statement::{
    Custody, Endorsement, Hold, Intake, KeyStatus, Kind, LoggedStatement, Report, Resolution, StaffList,
    Statement, Withdrawal,
};
use planseal::status::{State, Statuses, Warning};
use planseal::trust::{Directory, TrustList, TrustPolicy};
use planseal::verify::{self, Verified};
use planseal_tests::cbor::Cbor;
use planseal_tests::vector::{outcome, rule};

use crate::make::packed;

/// A reader who pinned the policy and took in the trust list.
pub(crate) struct Reading {
    policy: TrustPolicy,
    witnessed: TrustPolicy,
    directory: Directory,
    version: Verified<PlanVersion>,
    card: SignedObject,
}

type Outcome = Result<(), String>;

impl Reading {
    /// A reader of the files in this folder.
    pub(crate) fn holding(folder: &Path) -> Self {
        let policy = |name| TrustPolicy::parse(&held(folder, name)).expect("a trust policy");
        let object = |name| SignedObject::parse(&held(folder, name)).expect("an envelope");
        let pinned = policy("trust-policy");
        let mut directory = Directory::pinned(&pinned);
        directory
            .admit_list(&object("trust-list"))
            .expect("a trust list under this policy");
        let version =
            verify::statement(&object("version"), &directory).expect("a version by somebody listed");
        Self {
            policy: pinned,
            witnessed: policy("trust-policy-witnessed"),
            directory,
            version,
            card: object("card"),
        }
    }

    /// `Accepted`, or the name of the rule that refuses the bytes.
    pub(crate) fn outcome(&self, offered_as: &str, bytes: &[u8]) -> String {
        match self.read(offered_as, bytes) {
            Ok(()) => outcome::<(), ()>(&Ok(())),
            Err(rule) => rule,
        }
    }

    fn read(&self, offered_as: &str, bytes: &[u8]) -> Outcome {
        match offered_as {
            "profile" => named(CanonicalBytes::check(bytes, 1 << 20)),
            "envelope" => named(SignedObject::parse(bytes)),
            "certificate" => named(self.directory.clone().admit(&object(bytes)?)),
            "version" => self.statement::<PlanVersion>(bytes),
            "card" => self.statement::<Card>(bytes),
            "withdrawal" => self.statement::<Withdrawal>(bytes),
            "endorsement" => self.statement::<Endorsement>(bytes),
            "report" => self.statement::<Report>(bytes),
            "resolution" => self.statement::<Resolution>(bytes),
            "intake" => self.statement::<Intake>(bytes),
            "custody" => self.statement::<Custody>(bytes),
            "hold" => self.statement::<Hold>(bytes),
            "staff-list" => self.statement::<StaffList>(bytes),
            "key-status" => self.statement::<KeyStatus>(bytes),
            "head" => self.statement::<Head>(bytes),
            "snapshot" => self.statement::<Snapshot>(bytes),
            "trust-list" => self.statement::<TrustList>(bytes),
            "stamp" => named(verify::stamp(&object(bytes)?, &self.card, &self.directory)),
            "enrolment" => named(verify::enrolment(&object(bytes)?)),
            "trust-policy" => named(TrustPolicy::parse(bytes)),
            "receipt" => self.receipt(bytes),
            "registration" => self.registration(bytes),
            "bundle" => self.bundle(&named_value(Bundle::decode(bytes))?),
            "file" => self.bundle(&named_value(Bundle::find(bytes))?),
            "leaf" => named(Leaf::decode(bytes)),
            "status" => status(bytes),
            "inclusion" => inclusion(bytes),
            "consistency" => consistency(bytes),
            "witnessing" => self.witnessing(bytes),
            "contradiction" => named(named_value(Contradiction::decode(bytes))?.verify(&self.policy)),
            _ => self.read_text(offered_as, text(bytes)?),
        }
    }

    fn read_text(&self, offered_as: &str, text: &str) -> Outcome {
        match offered_as {
            "code" => {
                let code = named_value(OfflineCode::parse(text))?;
                named(code.verify(&self.directory))
            }
            "pointer" => named(Pointer::parse(text)),
            "short-code" => short_code(text),
            "note" => named(Note::parse(text)),
            "verifier-key" => named(VerifierKey::parse(text)),
            "checkpoint" => named(VerifiedCheckpoint::verify(text, &self.policy)),
            "witnessed-checkpoint" => named(VerifiedCheckpoint::verify(text, &self.witnessed)),
            "proof" => named(LogProof::parse(text)),
            "witness-policy" => named(WitnessPolicy::parse(text)),
            "draft" => named(PlanDraft::from_json(text)),
            unknown => panic!("a vector offers something as {unknown}"),
        }
    }

    /// `[held size, held root, request]`, judged by a witness that cosigned this tree last.
    fn witnessing(&self, bytes: &[u8]) -> Outcome {
        let [size, root, request] = items(bytes);
        let held = TreeHead {
            size: number(&size),
            root: hash(&root),
        };
        let request = byte_string(&request);
        let request = named_value(AddCheckpoint::parse(text(&request)?))?;
        named(Witnessed::of(held).judge(&request, self.policy.log()))
    }

    fn statement<S: Statement>(&self, bytes: &[u8]) -> Outcome {
        named(verify::statement::<S>(&object(bytes)?, &self.directory))
    }

    /// A receipt is judged with the version of `held/version`.
    fn receipt(&self, bytes: &[u8]) -> Outcome {
        let receipt = named_value(Receipt::decode(bytes))?;
        named(verify::logged(
            self.version.clone(),
            &receipt,
            &self.policy,
            &self.directory,
        ))
    }

    /// `[envelope, receipt]`.
    fn registration(&self, bytes: &[u8]) -> Outcome {
        let [envelope, receipt] = byte_strings(bytes);
        let object = object(&envelope)?;
        let receipt = named_value(Receipt::decode(&receipt))?;
        match object.kind() {
            Kind::Withdrawal => self.logged::<Withdrawal>(&object, &receipt),
            Kind::KeyStatus => self.logged::<KeyStatus>(&object, &receipt),
            other => panic!("no vector registers a {other}"),
        }
    }

    fn logged<S: LoggedStatement>(&self, object: &SignedObject, receipt: &Receipt) -> Outcome {
        let verified = named_value(verify::statement::<S>(object, &self.directory))?;
        named(verify::logged(verified, receipt, &self.policy, &self.directory))
    }

    /// A bundle is opened by a reader who pinned the policy and holds nothing else.
    fn bundle(&self, bundle: &Bundle) -> Outcome {
        named(Reader::default().pin(self.policy.clone()).open_bundle(bundle))
    }
}

/// A file that every reader holds, from hexadecimal.
fn held(folder: &Path, name: &str) -> Vec<u8> {
    let text = fs::read_to_string(folder.join(format!("{name}.hex"))).expect("a file that readers hold");
    hex::decode(text.lines().collect::<String>()).expect("hexadecimal")
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

/// The items of an array that the vectors are written in; such an array is always well formed.
fn items<const COUNT: usize>(bytes: &[u8]) -> [Cbor; COUNT] {
    let Cbor::Array(items) = Cbor::decode(bytes) else {
        panic!("an array");
    };
    items.try_into().expect("as many items as the README says")
}

fn byte_strings<const COUNT: usize>(bytes: &[u8]) -> [Vec<u8>; COUNT] {
    items(bytes).map(|item| byte_string(&item))
}

fn byte_string(item: &Cbor) -> Vec<u8> {
    match item {
        Cbor::Bytes(bytes) => bytes.clone(),
        other => panic!("a byte string, not {other:?}"),
    }
}

fn number(item: &Cbor) -> u64 {
    match item {
        Cbor::Unsigned(number) => *number,
        other => panic!("a number, not {other:?}"),
    }
}

fn hash(item: &Cbor) -> Hash {
    Hash::from_bytes(byte_string(item).try_into().expect("32 bytes"))
}

fn hashes(item: &Cbor) -> Vec<Hash> {
    match item {
        Cbor::Array(items) => items.iter().map(hash).collect(),
        other => panic!("a list of hashes, not {other:?}"),
    }
}

/// `[leaf, index, size, [hash …], root]`.
fn inclusion(bytes: &[u8]) -> Outcome {
    let [leaf, index, size, path, root] = items(bytes);
    let leaf = leaf_hash(&byte_string(&leaf));
    named(verify_inclusion(
        &leaf,
        number(&index),
        number(&size),
        &hashes(&path),
        &hash(&root),
    ))
}

/// `[old size, new size, [hash …], old root, new root]`.
fn consistency(bytes: &[u8]) -> Outcome {
    let [old, new, path, old_root, new_root] = items(bytes);
    named(verify_consistency(
        number(&old),
        number(&new),
        &hashes(&path),
        &hash(&old_root),
        &hash(&new_root),
    ))
}

/// `[[leaf …], status]`: what the leaves say, in the bits of a snapshot, is what is claimed.
fn status(bytes: &[u8]) -> Outcome {
    let [leaves, claimed] = items(bytes);
    let Cbor::Array(leaves) = leaves else {
        panic!("a list of leaves");
    };
    let leaves: Result<Vec<Leaf>, _> = leaves
        .iter()
        .map(|leaf| Leaf::decode(&byte_string(leaf)))
        .collect();
    let leaves = named_value(leaves)?;
    let statuses = named_value(Statuses::replay(&leaves))?;
    let nibbles: Vec<u8> = (0..statuses.size())
        .map(|index| nibble(&statuses, index))
        .collect();
    if packed(&nibbles) == byte_string(&claimed) {
        Ok(())
    } else {
        Err("OtherStatus".into())
    }
}

fn nibble(statuses: &Statuses, index: u64) -> u8 {
    let Some(status) = statuses.of(index) else {
        return if statuses.is_revoked(index) { 2 } else { 0 };
    };
    let state = match status.state {
        State::Current => 0,
        State::Withdrawn { .. } => 1,
        State::Suspended => 2,
        State::Superseded { .. } => 3,
    };
    match status.warning {
        Warning::None => state,
        Warning::Open => state | 4,
    }
}

/// A plan id and the short code that is claimed for it.
fn short_code(text: &str) -> Outcome {
    let (plan, code) = text.split_once(' ').expect("a plan id and a code");
    let plan = named_value(PlanId::parse(plan))?;
    if plan.short_code() == code {
        Ok(())
    } else {
        Err("OtherCode".into())
    }
}
