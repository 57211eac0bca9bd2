//! What every parser that faces outside must do with any bytes at all: answer, without panic, and accept one form only.
//!
//! One function to a parser. libFuzzer calls them through `fuzz_targets/`; `tests/tests/fuzz.rs` calls them with the
//! seeds and crash inputs kept here, so that every ordinary test run covers those. A function panics when a rule breaks:
//! that is the finding.

use planseal::bundle::Bundle;
use planseal::canonical::{CanonicalBytes, profile};
use planseal::card::{Card, Stamp};
use planseal::code::{OfflineCode, Pointer};
use planseal::draft::PlanDraft;
use planseal::envelope::SignedObject;
use planseal::head::Head;
use planseal::id::PlanId;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::cosign::AddCheckpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::{Note, VerifierKey};
use planseal::log::proof::LogProof;
use planseal::log::witness::WitnessPolicy;
use planseal::monitor::Contradiction;
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::snapshot::Snapshot;
use planseal::statement::{
    Custody, Endorsement, Enrolment, Hold, Intake, KeyStatus, Report, Resolution, StaffList, Statement,
    Withdrawal,
};
use planseal::trust::{Certificate, TrustList, TrustPolicy};
use planseal::verify;
use planseal_render::{carried, seal};

/// A parser under test.
pub type Target = fn(&[u8]);

/// Every target under its name, which is also the name of its folder of seeds.
pub const TARGETS: [(&str, Target); 18] = [
    ("profile", profile),
    ("envelope", envelope),
    ("certificate", certificate),
    ("statement", statement),
    ("note", note),
    ("proof", proof),
    ("snapshot", snapshot),
    ("bundle", bundle),
    ("pdf", pdf),
    ("sealed", sealed),
    ("qr", qr),
    ("draft", draft),
    ("trust_policy", trust_policy),
    ("witness_policy", witness_policy),
    ("receipt", receipt),
    ("leaf", leaf),
    ("add_checkpoint", add_checkpoint),
    ("contradiction", contradiction),
];

/// Canonical CBOR: what is accepted is one item, so that nothing shorter and nothing longer is accepted with it.
pub fn profile(bytes: &[u8]) {
    if CanonicalBytes::check(bytes, LIMIT).is_ok() {
        assert!(profile::check(&bytes[..bytes.len() - 1], LIMIT).is_err(), "cut");
        assert!(profile::check(&[bytes, &[0]].concat(), LIMIT).is_err(), "longer");
    }
}

/// Envelopes: header, payload and signature make the same bytes again.
pub fn envelope(bytes: &[u8]) {
    if let Ok(object) = SignedObject::parse(bytes) {
        assert_eq!(object.bytes(), bytes);
        let (header, payload) = object.peek_unverified();
        let again = SignedObject::rebuild(header, payload, object.signature());
        assert_eq!(again.as_ref().map(SignedObject::bytes), Ok(bytes));
    }
}

/// Certificates: as a payload, and as an envelope that claims to be a root or an enrolment.
pub fn certificate(bytes: &[u8]) {
    one_form::<Certificate>(bytes);
    if let Ok(object) = SignedObject::parse(bytes) {
        one_form::<Certificate>(object.peek_unverified().1);
        let _ = verify::root(&object);
        let _ = verify::enrolment(&object);
    }
}

/// The payload of every kind.
pub fn statement(bytes: &[u8]) {
    one_form::<PlanVersion>(bytes);
    one_form::<Withdrawal>(bytes);
    one_form::<Endorsement>(bytes);
    one_form::<KeyStatus>(bytes);
    one_form::<Report>(bytes);
    one_form::<Resolution>(bytes);
    one_form::<Intake>(bytes);
    one_form::<Custody>(bytes);
    one_form::<Hold>(bytes);
    one_form::<StaffList>(bytes);
    one_form::<Enrolment>(bytes);
    one_form::<Card>(bytes);
    one_form::<Stamp>(bytes);
    one_form::<Head>(bytes);
    one_form::<TrustList>(bytes);
}

/// Signed notes, the checkpoints in them, and verifier keys.
pub fn note(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert_eq!(checkpoint.text(), note.text());
        }
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text);
    }
}

/// Log proofs.
pub fn proof(bytes: &[u8]) {
    if let Some(Ok(proof)) = core::str::from_utf8(bytes).ok().map(LogProof::parse) {
        assert_eq!(proof.to_string().as_bytes(), bytes);
    }
}

/// Snapshots: every leaf below the size has a status and none beyond.
pub fn snapshot(bytes: &[u8]) {
    one_form::<Snapshot>(bytes);
    if let Ok(snapshot) = Snapshot::from_payload(bytes) {
        assert!((0..snapshot.size()).all(|index| snapshot.status(index).is_some()));
        assert!(snapshot.status(snapshot.size()).is_none());
    }
}

/// Bundles by themselves.
pub fn bundle(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::decode(bytes) {
        assert_eq!(bundle.encode().ok().as_deref(), Some(bytes));
        assert_eq!(Bundle::find(bytes), Ok(bundle));
    }
}

/// Bundles inside other files.
pub fn pdf(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::find(bytes) {
        let alone = bundle.encode().expect("a bundle that was read can be written");
        assert!(bytes.windows(alone.len()).any(|window| window == alone));
        assert!(Bundle::find(&[bytes, &alone].concat()).is_err(), "two bundles");
        assert_eq!(carried::bundle(bytes), Ok(bundle));
    } else {
        let _ = carried::bundle(bytes);
    }
}

/// The seal around a PDF: whatever opens is closed again by the same bytes, white space apart.
pub fn sealed(bytes: &[u8]) {
    if let Ok(sealed) = seal::open(bytes) {
        assert!(bytes.starts_with(sealed.document()));
        let whole = seal::without_trailing_space(bytes);
        assert!(seal::open(&[whole, b"%"].concat()).is_err(), "longer");
    }
}

/// Text out of a code on paper: offline code, pointer, or what a person types.
pub fn qr(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(code) = OfflineCode::parse(text) {
        assert_eq!(code.text(), text.trim());
        let _ = code.peek_unverified();
    }
    if let Ok(pointer) = Pointer::parse(text) {
        assert_eq!(pointer.digits(), text);
    }
    if let Ok(plan) = PlanId::parse(text) {
        assert_eq!(plan.to_string(), text);
        assert_eq!(plan.short_code().len(), 14);
    }
}

/// Drafts: what is read can be written and read again, as the same draft.
pub fn draft(bytes: &[u8]) {
    if let Some(Ok(draft)) = core::str::from_utf8(bytes).ok().map(PlanDraft::from_json) {
        let json = draft.to_json();
        let again = PlanDraft::from_json(&json).map(|draft| draft.to_json());
        assert_eq!(again.ok(), Some(json));
    }
}

/// Trust policies.
pub fn trust_policy(bytes: &[u8]) {
    if let Ok(policy) = TrustPolicy::parse(bytes) {
        assert_eq!(policy.bytes().as_slice(), bytes);
    }
}

/// Witness policies; a policy that asks for witnesses is not satisfied by a note without signatures.
pub fn witness_policy(bytes: &[u8]) {
    if let Some(Ok(policy)) = core::str::from_utf8(bytes).ok().map(WitnessPolicy::parse) {
        let unsigned = Note::new("log\n1\nroot\n".into(), Vec::new());
        assert_eq!(policy.check(&unsigned).is_ok(), policy.asks_for_none());
    }
}

/// Receipts.
pub fn receipt(bytes: &[u8]) {
    if let Ok(receipt) = Receipt::decode(bytes) {
        assert_eq!(receipt.encode(), bytes);
    }
}

/// Leaves.
pub fn leaf(bytes: &[u8]) {
    if let Ok(leaf) = Leaf::decode(bytes) {
        assert_eq!(leaf.encode(), bytes);
    }
}

/// Requests to a witness.
pub fn add_checkpoint(bytes: &[u8]) {
    if let Some(Ok(request)) = core::str::from_utf8(bytes).ok().map(AddCheckpoint::parse) {
        assert_eq!(request.to_string().as_bytes(), bytes);
    }
}

/// Evidence against a service.
pub fn contradiction(bytes: &[u8]) {
    if let Ok(evidence) = Contradiction::decode(bytes) {
        assert_eq!(evidence.encode().as_slice(), bytes);
    }
}

/// 1 MiB, as for any envelope.
const LIMIT: usize = 1 << 20;

/// Exactly one encoding is accepted: what was read is written as it came.
fn one_form<S: Statement>(payload: &[u8]) {
    if let Ok(statement) = S::from_payload(payload) {
        let again = statement.payload().expect("what was read can be written");
        assert_eq!(again.as_slice(), payload, "{}", S::KIND);
    }
}
