//! Every single-byte change and every truncation of one sample of each thing a reader can be handed is refused.
//!
//! The large samples get four other values at every byte, the small ones all 255.

use planseal::bundle::Bundle;
use planseal::card::Card;
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

/// A bundle is many objects. Whichever of them a change reaches does not verify; and no change reaches none.
#[test]
fn every_change_to_a_bundle_is_refused() {
    let (world, sample) = world();
    let bytes = sample.bundle.encode().expect("a bundle encodes");
    let refused = |bytes: &[u8]| {
        Bundle::decode(bytes).map_or(true, |bundle| a_part_is_refused(&bundle, &sample, &world))
    };
    let (changes, lengths) = (
        survivors(&bytes, FOUR_VALUES, refused),
        surviving_lengths(&bytes, refused),
    );
    assert!(changes.is_empty(), "changed and still accepted: {changes:?}");
    assert!(lengths.is_empty(), "cut short and still accepted: {lengths:?}");
    assert!(!refused(&bytes), "the untouched bundle must be accepted");
}

/// Checks each part that is not, byte for byte, the part the sample's bundle holds in its place.
fn a_part_is_refused(bundle: &Bundle, sample: &Sample, world: &World) -> bool {
    let (own, directory) = (&sample.bundle, &world.directory);
    let changed =
        |object: &Option<SignedObject>, own: &Option<SignedObject>, holds: &dyn Fn(&SignedObject) -> bool| {
            object != own && !object.as_ref().is_some_and(holds)
        };
    let version = Some(bundle.version.clone());
    let certificates = bundle.certificates.iter().zip(&own.certificates);
    bundle.root != own.root
        || changed(&version, &Some(own.version.clone()), &|object| {
            verify::statement::<PlanVersion>(object, directory).is_ok()
        })
        || changed(&bundle.card, &own.card, &|object| {
            verify::statement::<Card>(object, directory).is_ok()
        })
        || changed(&bundle.stamp, &own.stamp, &|object| {
            verify::stamp(object, sample.card.object(), directory).is_ok()
        })
        || changed(&bundle.head, &own.head, &|object| {
            verify::statement::<planseal::head::Head>(object, directory).is_ok()
        })
        || bundle.certificates.len() != own.certificates.len()
        || certificates
            .filter(|(certificate, own)| certificate != own)
            .any(|(certificate, _)| Directory::pinned(&world.policy).admit(certificate).is_err())
        || !bundle.endorsements.is_empty()
        || !bundle.reports.is_empty()
        || bundle.receipts != own.receipts && a_receipt_is_refused(bundle, sample, world)
}

/// A receipt under another id leaves its object without one; a changed receipt does not prove its object.
fn a_receipt_is_refused(bundle: &Bundle, sample: &Sample, world: &World) -> bool {
    let version = sample.version.verified();
    let version_holds = bundle.receipt_of(&version.id()).is_some_and(|receipt| {
        verify::logged(version.clone(), receipt, &world.policy, &world.directory).is_ok()
    });
    let certificates = world.certificates();
    let mut carried = certificates
        .iter()
        .filter(|certificate| sample.bundle.certificates.contains(certificate.object()));
    let certificates_hold = carried.all(|certificate| {
        bundle.receipt_of(&certificate.id()).is_some_and(|receipt| {
            verify::logged((*certificate).clone(), receipt, &world.policy, &world.directory).is_ok()
        })
    });
    !(version_holds && certificates_hold)
}
