//! Receipts, service views, policies and bundles.

use planseal::envelope::SignedObject;
use planseal::receipt::Receipt;
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::Parts;
use planseal_tests::key::FixedKey;
use planseal_tests::vector::ACCEPTED;

use super::Maker;

pub(super) fn make(maker: &mut Maker) {
    receipt(maker);
    stamp(maker);
    head(maker);
    snapshot(maker);
    trust_list(maker);
    trust_policy(maker);
    bundle(maker);
}

fn receipt(maker: &mut Maker) {
    let genuine = maker.world.ledger.receipt(&maker.sample.version.id());
    let bytes = genuine.encode();
    maker.add(
        "receipt",
        "genuine",
        ACCEPTED,
        "of the version of version_genuine",
        bytes.clone(),
    );
    let of_author = maker
        .world
        .ledger
        .receipt(&maker.world.author.certificate.id())
        .encode();
    maker.add(
        "receipt",
        "of_another_object",
        "OtherObject",
        "of the author's certificate",
        of_author,
    );
    let with_proof = |change: &dyn Fn(&str) -> String| {
        let mut receipt = Cbor::decode(&bytes);
        let text = change(&genuine.proof().to_string());
        receipt.put(&Cbor::text("proof"), Cbor::Text(text));
        receipt.encode()
    };
    let origin = with_proof(&|text| text.replacen("test.planseal.example/log\n", "other.example/log\n", 1));
    maker.add(
        "receipt",
        "of_another_log",
        "Origin",
        "the checkpoint names another log",
        origin,
    );
    let size = with_proof(&|text| text.replacen("\n10\n", "\n11\n", 1));
    maker.add(
        "receipt",
        "checkpoint_changed",
        "BadSignature",
        "the tree size was raised after signing",
        size,
    );
    let unsigned = with_proof(&|text| text.replacen("\u{2014} test.planseal", "\u{2014} best.planseal", 1));
    maker.add(
        "receipt",
        "checkpoint_unsigned",
        "NotSigned",
        "the only signature is under another name",
        unsigned,
    );
    let moved = with_proof(&|text| text.replacen("index 9\n", "index 8\n", 1));
    maker.add(
        "receipt",
        "index_moved",
        "OtherRoot",
        "the leaf is claimed at another index",
        moved,
    );
    let mut leaf = *genuine.leaf();
    leaf.time = maker.world.ledger.leaves()[0].time;
    let earlier = Receipt::new(leaf, genuine.proof().clone()).encode();
    maker.add(
        "receipt",
        "time_backdated",
        "OtherRoot",
        "the leaf's minute was changed: the path leads to another root",
        earlier,
    );
}

fn stamp(maker: &mut Maker) {
    let genuine = maker.sample.stamp.object().clone();
    maker.add(
        "stamp",
        "genuine",
        ACCEPTED,
        "bound to the card of card_genuine",
        genuine.bytes().to_vec(),
    );
    let unbound = Parts::of(&genuine).signed_by(&maker.world.head.key).encode();
    maker.add(
        "stamp",
        "not_bound_to_a_card",
        "BadSignature",
        "signed without the card's id",
        unbound,
    );
    let card = maker.sample.card.id();
    let outside = Parts::of(&genuine).payload(|payload| payload.put(&Cbor::Unsigned(3), Cbor::Unsigned(9)));
    let outside = outside
        .signed_with(&maker.world.head.key, card.as_bytes())
        .encode();
    maker.add(
        "stamp",
        "version_beyond_tree",
        "Value",
        "the version's leaf is not below the tree size",
        outside,
    );
}

fn head(maker: &mut Maker) {
    let genuine = maker.sample.head.object().clone();
    let key = FixedKey::from_seed(4);
    maker.add(
        "head",
        "genuine",
        ACCEPTED,
        "names the version",
        genuine.bytes().to_vec(),
    );
    let issued_at = maker.sample.head.signed_at().seconds();
    let long = Parts::of(&genuine)
        .field("exp", Cbor::Unsigned(issued_at + 3600))
        .signed_by(&key)
        .encode();
    maker.add(
        "head",
        "believed_for_an_hour",
        "Value",
        "exp is not ten minutes after iat",
        long,
    );
    let superseded = Parts::of(&genuine)
        .field("state", Cbor::text("superseded"))
        .signed_by(&key)
        .encode();
    maker.add(
        "head",
        "state_unknown",
        "Shape",
        "the latest version cannot be superseded",
        superseded,
    );
    let by_status = Parts::of(&genuine).signed_by(&maker.world.status.key).encode();
    maker.add(
        "head",
        "by_another_key",
        "BadSignature",
        "the status key signed in the head key's name",
        by_status,
    );
}

fn snapshot(maker: &mut Maker) {
    let genuine = maker.sample.snapshot.object().clone();
    let key = FixedKey::from_seed(5);
    maker.add(
        "snapshot",
        "genuine",
        ACCEPTED,
        "ten leaves, all current",
        genuine.bytes().to_vec(),
    );
    let short = Parts::of(&genuine)
        .field("status", Cbor::Bytes(vec![0; 4]))
        .signed_by(&key)
        .encode();
    maker.add(
        "snapshot",
        "too_few_bits",
        "Value",
        "four bytes for ten leaves",
        short,
    );
    let fourth = Parts::of(&genuine)
        .field("status", Cbor::Bytes(vec![0x80, 0, 0, 0, 0]))
        .signed_by(&key)
        .encode();
    maker.add(
        "snapshot",
        "fourth_bit_set",
        "Value",
        "the fourth bit of leaf 1 is one",
        fourth,
    );
}

fn trust_list(maker: &mut Maker) {
    let genuine = maker.sample.trust_list.object().clone();
    let key = FixedKey::from_seed(5);
    maker.add(
        "trust-list",
        "genuine",
        ACCEPTED,
        "all nine certificates",
        genuine.bytes().to_vec(),
    );
    let without_host = Parts::of(&genuine).payload(|payload| {
        if let Cbor::Array(listed) = payload.at(&Cbor::text("certificates")) {
            listed.remove(1);
        }
    });
    maker.add(
        "trust-list",
        "issuer_missing",
        "Value",
        "the host is left out, its service keys are not",
        without_host.signed_by(&key).encode(),
    );
    let swapped = Parts::of(&genuine).payload(|payload| {
        if let Cbor::Array(listed) = payload.at(&Cbor::text("certificates")) {
            listed.swap(7, 8);
        }
    });
    maker.add(
        "trust-list",
        "order_changed",
        "Value",
        "two certificates not in leaf order",
        swapped.signed_by(&key).encode(),
    );
}

fn trust_policy(maker: &mut Maker) {
    let genuine = maker.world.policy.bytes().as_slice().to_vec();
    let changed = |field: &str, value: Cbor| {
        let mut policy = Cbor::decode(&genuine);
        policy.put(&Cbor::text(field), value);
        policy.encode()
    };
    maker.add(
        "trust-policy",
        "genuine",
        ACCEPTED,
        "what a reader of all other vectors pins",
        genuine.clone(),
    );
    maker.add(
        "trust-policy",
        "with_seals",
        ACCEPTED,
        "who certifies the keys that seal PDFs",
        changed("seals", Cbor::Bytes(vec![7; 32])),
    );
    maker.add(
        "trust-policy",
        "seals_of_31_bytes",
        "Value",
        "a digest that is none",
        changed("seals", Cbor::Bytes(vec![7; 31])),
    );
    let origin = changed("origin", Cbor::text("other.example/log"));
    maker.add(
        "trust-policy",
        "origin_differs",
        "Value",
        "the origin is not the name in vkey",
        origin,
    );
    let not_root = Cbor::Bytes(maker.world.author.certificate.envelope().to_vec());
    maker.add(
        "trust-policy",
        "root_is_none",
        "Depth",
        "a person's certificate as the root",
        changed("root", not_root),
    );
    let witness = changed("witness", Cbor::text("witness a b\n"));
    maker.add(
        "trust-policy",
        "witness_line_unknown",
        "Line",
        "a witness without a key",
        witness,
    );
}

fn bundle(maker: &mut Maker) {
    let genuine = maker.sample.bundle.clone();
    let bytes = |bundle: &planseal::bundle::Bundle| bundle.encode().expect("a bundle encodes");
    maker.add(
        "bundle",
        "genuine",
        ACCEPTED,
        "the version with its evidence",
        bytes(&genuine),
    );
    let cut = bytes(&genuine);
    maker.add(
        "bundle",
        "cut_short",
        "Frame",
        "the last byte is missing",
        cut[..cut.len() - 1].to_vec(),
    );
    let mut bare = genuine.clone();
    bare.card = None;
    maker.add(
        "bundle",
        "stamp_without_card",
        "StampWithoutCard",
        "a stamp is bound to a card",
        bytes(&bare),
    );
    let mut foreign = genuine.clone();
    foreign.card = Some(other_card(maker));
    maker.add(
        "bundle",
        "card_differs",
        "CardDiffers",
        "a card that says more than its version",
        bytes(&foreign),
    );
    let mut changed = genuine.clone();
    let by_endorser = Parts::of(&genuine.version).signed_by(&maker.world.endorser.key);
    changed.version = parsed(&by_endorser.encode());
    maker.add(
        "bundle",
        "version_changed",
        "StrayReceipt",
        "another signature, and so another id: the receipt is of nothing here, and the reader is told NOT GENUINE",
        bytes(&changed),
    );
    let mut idle = genuine.clone();
    idle.certificates
        .push(maker.world.recorder.certificate.object().clone());
    idle.certificates.sort_by_key(SignedObject::id);
    maker.add(
        "bundle",
        "certificate_idle",
        "StrayObject",
        "a certificate of nobody who signed here",
        bytes(&idle),
    );
    let mut stray = genuine.clone();
    let endorser = maker.world.endorser.certificate.id();
    stray
        .receipts
        .push((endorser, maker.world.ledger.receipt(&endorser)));
    stray.receipts.sort_by_key(|(id, _)| *id);
    maker.add(
        "bundle",
        "receipt_stray",
        "StrayReceipt",
        "a receipt of nothing in the bundle",
        bytes(&stray),
    );
    let mut without = genuine;
    let left_out = [&maker.world.author, &maker.world.practice].map(|party| party.certificate.id());
    without
        .certificates
        .retain(|certificate| !left_out.contains(&certificate.id()));
    without.receipts.retain(|(id, _)| !left_out.contains(id));
    maker.add(
        "bundle",
        "signer_missing",
        "SignerUnknown",
        "neither the author's certificate nor the practice's is in it",
        bytes(&without),
    );
}

/// The card of the same version with another card line, signed by its author.
fn other_card(maker: &Maker) -> SignedObject {
    let line = Cbor::text("No known allergies");
    let parts =
        Parts::of(maker.sample.card.object()).payload(|payload| payload.put(&Cbor::Unsigned(11), line));
    parsed(&parts.signed_by(&maker.world.author.key).encode())
}

fn parsed(bytes: &[u8]) -> SignedObject {
    SignedObject::parse(bytes).expect("an envelope")
}
