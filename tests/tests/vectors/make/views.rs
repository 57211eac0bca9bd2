//! The service's views: heads, snapshots, stamps and trust lists.

use planseal_tests::cbor::Cbor;
use planseal_tests::forge::Parts;
use planseal_tests::vector::ACCEPTED;

use super::{Case, Maker};
use crate::later::Later;

pub(super) fn make(maker: &mut Maker, later: &Later) {
    heads(maker);
    snapshots(maker);
    stamps(maker);
    trust_lists(maker, later);
}

fn heads(maker: &mut Maker) {
    let genuine = maker.sample.head.object().clone();
    let put = |name: &str, value: Cbor| {
        Parts::of(&genuine)
            .field(name, value)
            .signed_by(&maker.world.head.key)
            .encode()
    };
    let size = maker.sample.head.content().size;
    let issued_at = maker.sample.head.signed_at().seconds();
    let cases: Vec<Case> = vec![
        (
            "withdrawn",
            ACCEPTED,
            "a head that says withdrawn",
            put("state", Cbor::text("withdrawn")),
        ),
        (
            "with_a_warning",
            ACCEPTED,
            "a warning in words",
            put("warnings", Cbor::Array(vec![Cbor::text("ask")])),
        ),
        (
            "leaf_beyond_tree",
            "Value",
            "the leaf is the tree's size",
            put("leaf", Cbor::Unsigned(size)),
        ),
        (
            "expires_at_once",
            "Value",
            "exp is iat",
            put("exp", Cbor::Unsigned(issued_at)),
        ),
        (
            "expires_a_second_late",
            "Value",
            "ten minutes and a second",
            put("exp", Cbor::Unsigned(issued_at + 601)),
        ),
        (
            "latest_of_31_bytes",
            "Shape",
            "a byte of the id is missing",
            put("latest", Cbor::Bytes(vec![7; 31])),
        ),
        (
            "number_beyond_32_bits",
            "Shape",
            "version 2^32",
            put("ver", Cbor::Unsigned(1 << 32)),
        ),
        (
            "warning_with_bidi_control",
            "Bidi",
            "U+202E in a warning",
            put("warnings", Cbor::Array(vec![Cbor::text("a\u{202e}b")])),
        ),
    ];
    maker.add_all("head", cases);
}

fn snapshots(maker: &mut Maker) {
    let genuine = maker.sample.snapshot.object().clone();
    let status = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
    let signed = |change: &dyn Fn(&mut Cbor)| {
        Parts::of(&genuine)
            .payload(|payload| change(payload))
            .signed_by(&maker.world.status.key)
            .encode()
    };
    let put = |name: &str, value: Cbor| signed(&|payload| payload.put(&Cbor::text(name), value.clone()));
    let nine = |last: u8| {
        signed(&|payload| {
            payload.put(&Cbor::text("size"), Cbor::Unsigned(9));
            payload.put(&Cbor::text("status"), status(&[0, 0, 0, 0, last]));
        })
    };
    let issued_at = maker.sample.snapshot.signed_at().seconds();
    let cases: Vec<Case> = vec![
        ("of_an_odd_size", ACCEPTED, "nine leaves in five bytes", nine(0)),
        (
            "with_every_status",
            ACCEPTED,
            "withdrawn, suspended, superseded, and a warning",
            put("status", status(&[0x10, 0x32, 0x54, 0, 0])),
        ),
        (
            "unused_bits_set",
            "Value",
            "nine leaves, and a tenth status",
            nine(0x10),
        ),
        (
            "too_many_bits",
            "Value",
            "six bytes for ten leaves",
            put("status", status(&[0; 6])),
        ),
        (
            "fourth_bit_of_an_even_leaf",
            "Value",
            "the fourth bit of leaf 0 is one",
            put("status", status(&[8, 0, 0, 0, 0])),
        ),
        (
            "expires_late",
            "Value",
            "26 hours and a second",
            put("exp", Cbor::Unsigned(issued_at + 93_601)),
        ),
        (
            "size_huge",
            "Value",
            "2^64 - 1 leaves in five bytes",
            put("size", Cbor::Unsigned(u64::MAX)),
        ),
        (
            "root_of_31_bytes",
            "Shape",
            "a byte of the root is missing",
            put("root", status(&[7; 31])),
        ),
        (
            "status_as_numbers",
            "NotCanonical",
            "a list of numbers in place of bytes",
            put("status", Cbor::Array(vec![Cbor::Unsigned(0); 5])),
        ),
    ];
    maker.add_all("snapshot", cases);
}

fn stamps(maker: &mut Maker) {
    let genuine = maker.sample.stamp.object().clone();
    let card = maker.sample.card.id();
    let key = &maker.world.head.key;
    let put = |field: u64, value: Cbor| {
        Parts::of(&genuine)
            .payload(|payload| payload.put(&Cbor::Unsigned(field), value))
            .signed_with(key, card.as_bytes())
            .encode()
    };
    let transplanted =
        Parts::of(&genuine).signed_with(key, planseal::id::ObjectId::of(b"another card").as_bytes());
    let cases: Vec<Case> = vec![
        (
            "of_another_card",
            "BadSignature",
            "bound to another card",
            transplanted.encode(),
        ),
        (
            "signer_beyond_tree",
            "Value",
            "the head key stands beyond the tree",
            put(4, Cbor::Unsigned(10)),
        ),
        (
            "number_too_long",
            "TooLong",
            "more than four numbers can take",
            put(5, Cbor::Bytes(vec![0; 64])),
        ),
    ];
    maker.add_all("stamp", cases);
}

fn trust_lists(maker: &mut Maker, later: &Later) {
    maker.add(
        "trust-list",
        "with_a_revocation",
        ACCEPTED,
        "what every reader of these vectors holds",
        later.trust_list.envelope().to_vec(),
    );
    let genuine = later.trust_list.object().clone();
    let certificates = Cbor::text("certificates");
    let signed = |change: &dyn Fn(&mut Cbor)| {
        Parts::of(&genuine)
            .payload(|payload| change(payload))
            .signed_by(&maker.world.status.key)
            .encode()
    };
    let listed = |change: &dyn Fn(&mut Vec<Cbor>)| {
        signed(&|payload| {
            if let Cbor::Array(listed) = payload.at(&certificates) {
                change(listed);
            }
        })
    };
    let entry = |place: usize, item: usize, value: Cbor| {
        listed(&|listed| {
            if let Cbor::Array(items) = &mut listed[place] {
                items[item] = value.clone();
            }
        })
    };
    let policy =
        |text: String| signed(&|payload| payload.put(&Cbor::text("policy"), Cbor::Text(text.clone())));
    let log = maker.world.ledger.verifier();
    let cases: Vec<Case> = vec![
        (
            "certificate_twice",
            "Value",
            "the same leaf twice",
            listed(&|listed| listed.insert(3, listed[3].clone())),
        ),
        (
            "certificate_beyond_tree",
            "Value",
            "the last certificate stands beyond the tree",
            entry(9, 0, Cbor::Unsigned(1000)),
        ),
        (
            "issuer_after_subject",
            "Value",
            "an issuer that stands behind what it issued",
            entry(2, 1, Cbor::Unsigned(8)),
        ),
        (
            "signature_of_63_bytes",
            "Value",
            "a byte of a certificate's signature is missing",
            entry(2, 3, Cbor::Bytes(vec![7; 63])),
        ),
        (
            "size_of_one",
            "Value",
            "the tree is smaller than what is listed",
            signed(&|payload| payload.put(&Cbor::text("size"), Cbor::Unsigned(1))),
        ),
        (
            "log_unnamed",
            "Value",
            "the policy names no log",
            policy("quorum none\n".into()),
        ),
        (
            "two_logs",
            "Value",
            "the policy names two logs",
            policy(format!(
                "log {log}\nlog {}\nquorum none\n",
                super::notes::vkey(
                    "b",
                    &[
                        &[1][..],
                        planseal::sign::SigningPort::public_key(&planseal_tests::key::FixedKey::from_seed(
                            60
                        ))
                        .as_bytes()
                    ]
                    .concat()
                )
            )),
        ),
        (
            "policy_line_unknown",
            "Value",
            "a line that is none of tlog-policy's",
            policy(format!("log {log}\nbelieve\nquorum none\n")),
        ),
        (
            "revocations_missing",
            "Shape",
            "a list that says nothing of revocations",
            signed(&|payload| payload.remove(&Cbor::text("revocations"))),
        ),
    ];
    maker.add_all("trust-list", cases);
}
