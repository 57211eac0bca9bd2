//! Every single-byte change and every truncation of one sample of each thing a reader can be handed is refused.
//!
//! The large samples get four other values at every byte, the small ones all 255.

use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::check::{Authenticity, Question, Reader, State};
use planseal::code::OfflineCode;
use planseal::envelope::SignedObject;
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::Statement;
use planseal::trust::{Certificate, Directory};
use planseal::verify;
use planseal_tests::change::{EVERY_VALUE, FOUR_VALUES, surviving_lengths, survivors};
use planseal_tests::sample::Sample;
use planseal_tests::world::World;

fn world() -> (World, Sample) {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    (world, sample)
}

/// No single change and no truncation of `bytes` gets past `refused`, and the bytes themselves do.
fn assert_all_refused(
    bytes: &[u8],
    masks: impl IntoIterator<Item = u8>,
    refused: impl Fn(&[u8]) -> bool + Sync,
) {
    assert!(!refused(bytes), "the untouched sample must be accepted");
    let (changes, lengths) = (
        survivors(bytes, masks, &refused),
        surviving_lengths(bytes, &refused),
    );
    assert!(changes.is_empty(), "changed and still accepted: {changes:?}");
    assert!(lengths.is_empty(), "cut short and still accepted: {lengths:?}");
}

fn verifies<S: Statement>(bytes: &[u8], directory: &Directory) -> bool {
    SignedObject::parse(bytes).is_ok_and(|object| verify::statement::<S>(&object, directory).is_ok())
}

#[test]
fn every_change_to_a_version_is_refused() {
    let (world, sample) = world();
    let envelope = sample.version.verified().envelope();
    assert_all_refused(envelope, FOUR_VALUES, |bytes| {
        !verifies::<PlanVersion>(bytes, &world.directory)
    });
}

#[test]
fn every_change_to_a_card_is_refused() {
    let (world, sample) = world();
    assert_all_refused(sample.card.envelope(), EVERY_VALUE, |bytes| {
        !verifies::<Card>(bytes, &world.directory)
    });
}

#[test]
fn every_change_to_a_certificate_is_refused() {
    let (world, _) = world();
    let envelope = world.author.certificate.envelope();
    assert_all_refused(envelope, EVERY_VALUE, |bytes| {
        !verifies::<Certificate>(bytes, &world.directory)
    });
}

#[test]
fn every_change_to_a_stamp_is_refused() {
    let (world, sample) = world();
    assert_all_refused(sample.stamp.envelope(), EVERY_VALUE, |bytes| {
        let card = sample.card.object();
        SignedObject::parse(bytes).map_or(true, |stamp| {
            verify::stamp(&stamp, card, &world.directory).is_err()
        })
    });
}

#[test]
fn every_change_to_a_printed_code_is_refused() {
    let (world, sample) = world();
    assert_all_refused(sample.code.text().as_bytes(), EVERY_VALUE, |bytes| {
        let code = core::str::from_utf8(bytes)
            .ok()
            .and_then(|text| OfflineCode::parse(text).ok());
        code.is_none_or(|code| code.verify(&world.directory).is_err())
    });
}

#[test]
fn every_change_to_a_receipt_is_refused() {
    let (world, sample) = world();
    let receipt = world.ledger.receipt(&sample.version.id()).encode();
    assert_all_refused(&receipt, EVERY_VALUE, |bytes| {
        let version = sample.version.verified().clone();
        Receipt::decode(bytes).map_or(true, |receipt| {
            verify::logged(version, &receipt, &world.policy, &world.directory).is_err()
        })
    });
}

/// A bundle is many objects. Whichever of them a change reaches, the whole verdict is no longer that of the plan: never
/// current, and never a genuine plan of the same evidence.
#[test]
fn every_change_to_a_bundle_is_refused() {
    let (world, sample) = world();
    let bytes = sample.bundle.encode().expect("a bundle encodes");
    let reader = Reader::default().pin(world.policy.clone());
    let question = Question::at(sample.head.signed_at().plus(60));
    let told = |bytes: &[u8]| {
        let bundle = Bundle::decode(bytes).ok()?;
        let verdict = reader.check_bundle(&bundle, &question);
        Some((verdict.state(), verdict.authenticity().clone()))
    };
    assert_eq!(
        told(&bytes),
        Some((State::Current, Authenticity::Verified)),
        "the untouched bundle"
    );
    // A receipt that names another log shows no registration here: nothing is then said to be genuine, nor current.
    let refused = |bytes: &[u8]| match told(bytes) {
        None | Some((State::NotGenuine | State::SignerUnknown | State::CannotRead, _)) => true,
        Some((State::CurrencyUnknown, authenticity)) => authenticity != Authenticity::Verified,
        Some(_) => false,
    };
    let (changes, lengths) = (
        survivors(&bytes, FOUR_VALUES, refused),
        surviving_lengths(&bytes, refused),
    );
    // The root is pinned and stands at leaf 0: its own receipt is asked nothing, and one of another log is left aside.
    let root = sample
        .bundle
        .receipt_of(&sample.bundle.root)
        .expect("the root's receipt")
        .encode();
    let start = bytes
        .windows(root.len())
        .position(|window| window == root)
        .expect("it is carried");
    let asked = changes
        .iter()
        .find(|change| !(start..start + root.len()).contains(&change.at));
    assert!(
        asked.is_none(),
        "changed and still believed: {asked:?} of {}",
        changes.len()
    );
    assert!(lengths.is_empty(), "cut short and still believed: {lengths:?}");
}
