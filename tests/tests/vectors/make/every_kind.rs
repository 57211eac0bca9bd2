//! What is refused of every kind of object alike: one genuine object of each, and one fault in it at a time.

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::{CERTIFICATE, CLAIMS, CONTENT_TYPE, Parts, thumbprint};
use planseal_tests::key::{FixedKey, plus_order};

use super::Maker;
use crate::later::Later;

/// How a payload names its fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Text,
    Integers,
}

/// A genuine object with what is needed to sign it again.
struct Genuine {
    kind: &'static str,
    object: SignedObject,
    /// The signer's key.
    seed: u8,
    /// The payload's own time.
    time: Cbor,
    keys: Keys,
    external: Vec<u8>,
}

/// Kind, seed of the signer's key, and the integer key of the payload's time where it has integer keys.
pub(crate) const KINDS: [(&str, u8, Option<u64>); 17] = [
    ("certificate", 7, None),
    ("version", 9, None),
    ("withdrawal", 9, None),
    ("endorsement", 10, None),
    ("report", 6, None),
    ("key-status", 7, None),
    ("resolution", 20, None),
    ("intake", 21, None),
    ("custody", 21, None),
    ("hold", 22, None),
    ("staff-list", 7, None),
    ("head", 4, None),
    ("snapshot", 5, None),
    ("trust-list", 5, None),
    ("enrolment", 11, None),
    ("card", 9, Some(3)),
    ("stamp", 4, Some(2)),
];

pub(super) fn make(maker: &mut Maker, later: &Later) {
    for (kind, seed, time) in KINDS {
        let object = maker.object(kind, "genuine");
        let external = match kind {
            "stamp" => maker.sample.card.id().as_bytes().to_vec(),
            _ => Vec::new(),
        };
        let genuine = Genuine {
            kind,
            object,
            seed,
            time: time.map_or_else(|| Cbor::text("iat"), Cbor::Unsigned),
            keys: if time.is_some() {
                Keys::Integers
            } else {
                Keys::Text
            },
            external,
        };
        signature(maker, &genuine);
        header(maker, &genuine);
        payload(maker, &genuine);
        encoding(maker, &genuine);
        if kind == "enrolment" {
            let certified =
                genuine.header(|header| header.put(&CERTIFICATE, thumbprint(&ObjectId::of(b"nobody"))));
            let note = "a candidate's key has no certificate to name";
            maker.add_new(kind, "certificate_named", "Claim", note, certified);
        } else {
            signer(maker, later, &genuine);
        }
    }
}

impl Genuine {
    fn parts(&self) -> Parts {
        Parts::of(&self.object)
    }

    fn key(&self) -> FixedKey {
        FixedKey::from_seed(self.seed)
    }

    fn signed(&self, parts: Parts) -> Vec<u8> {
        parts.signed_with(&self.key(), &self.external).encode()
    }

    fn header(&self, change: impl FnOnce(&mut Cbor)) -> Vec<u8> {
        self.signed(self.parts().header(change))
    }

    fn payload(&self, change: impl FnOnce(&mut Cbor)) -> Vec<u8> {
        self.signed(self.parts().payload(change))
    }

    fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        let mut parts = self.parts();
        parts.signature = signature.to_vec();
        parts.encode()
    }

    /// The payload with its first two fields as this makes them: each a pair of encoded key and encoded value.
    fn first_fields(&self, change: impl FnOnce(&mut Vec<(Cbor, Cbor)>)) -> Vec<u8> {
        self.payload(|payload| {
            if let Cbor::Map(fields) = payload {
                change(fields);
            }
        })
    }
}

fn signature(maker: &mut Maker, genuine: &Genuine) {
    let parts = genuine.parts();
    let mut flipped = parts.signature.clone();
    flipped[0] ^= 1;
    let neutral = genuine
        .key()
        .sign_with_small_order_r(0, &parts.signed_bytes(&genuine.external));
    let other = parts
        .clone()
        .signed_with(&FixedKey::from_seed(99), &genuine.external);
    let unbound = parts.clone().signed_with(&genuine.key(), &[0; 32]);
    let cases = [
        (
            "signature_bit_changed",
            "one bit of R",
            genuine.with_signature(&flipped),
        ),
        (
            "signature_r_of_small_order",
            "R is the neutral point: browsers accept it, nobody strict does",
            genuine.with_signature(&neutral),
        ),
        (
            "signature_s_plus_order",
            "S + L: the same signature to a verifier that reduces S",
            genuine.with_signature(&plus_order(&parts.signature)),
        ),
        (
            "signature_by_another_key",
            "signed by a key that nobody certified, in the signer's name",
            other.encode(),
        ),
        (
            "signature_with_other_external_data",
            "the signature covers 32 zero bytes of external data",
            unbound.encode(),
        ),
    ];
    for (name, note, bytes) in cases {
        maker.add_new(genuine.kind, name, "BadSignature", note, bytes);
    }
}

fn header(maker: &mut Maker, genuine: &Genuine) {
    let kind = genuine.kind;
    let claim = |claim: u64, value: Cbor| {
        genuine.header(|header| header.at(&CLAIMS).put(&Cbor::Unsigned(claim), value))
    };
    let (header, _) = genuine.object.peek_unverified();
    let elsewhere = match header.issuer.as_str() {
        "TEST-HOS1" => "TEST-GP01",
        _ => "TEST-HOS1",
    };
    let later = Cbor::Unsigned(header.issued_at.seconds() + 1);
    let cases = [
        (
            "issuer_differs",
            "iss is not the signer's organisation",
            claim(1, Cbor::text(elsewhere)),
        ),
        (
            "subject_differs",
            "sub is of another record or thing",
            claim(2, Cbor::text("urn:uuid:00000000-0000-0000-0000-000000000000")),
        ),
        (
            "issued_at_differs",
            "iat is a second later than the payload's",
            claim(6, later),
        ),
    ];
    for (name, note, bytes) in cases {
        maker.add_new(kind, name, "Claim", note, bytes);
    }
    let other = match kind {
        "head" => "version",
        _ => "head",
    };
    let other = Cbor::Text(format!("application/vnd.planseal.{other}+cbor"));
    let relabelled = genuine.header(|header| header.put(&CONTENT_TYPE, other));
    maker.add_new(
        kind,
        "of_another_kind",
        "Kind",
        "the header names another kind",
        relabelled,
    );
}

fn signer(maker: &mut Maker, later: &Later, genuine: &Genuine) {
    let kind = genuine.kind;
    let named = |id: &ObjectId| {
        genuine
            .parts()
            .header(|header| header.put(&CERTIFICATE, thumbprint(id)))
    };
    let viewer = &later.staff.viewer;
    let by_viewer = named(&viewer.certificate.id()).signed_with(&viewer.key, &genuine.external);
    let nobody = genuine.signed(named(&ObjectId::of(b"nobody")));
    let unnamed = genuine.header(|header| header.remove(&CERTIFICATE));
    let cases = [
        (
            "by_a_viewer",
            "NotGranted",
            "a certified reader's key signs nothing",
            by_viewer.encode(),
        ),
        (
            "signer_unknown",
            "SignerUnknown",
            "no certificate of this id; says nothing against the object",
            nobody,
        ),
        ("signer_unnamed", "SignerUnknown", "label 34 is absent", unnamed),
    ];
    for (name, expect, note, bytes) in cases {
        maker.add_new(kind, name, expect, note, bytes);
    }
}

fn payload(maker: &mut Maker, genuine: &Genuine) {
    let kind = genuine.kind;
    let without_time = genuine.payload(|payload| payload.remove(&genuine.time));
    let time_in_words =
        genuine.payload(|payload| payload.put(&genuine.time, Cbor::text("2025-11-18T10:15:00Z")));
    // A version's payload is read as a plan, whose missing or foreign fields are one rule.
    let (absent, mistyped, foreign) = match (genuine.keys, kind) {
        (Keys::Integers, _) => ("Field", "Field", ""),
        (Keys::Text, "version") => ("Content", "Shape", "Content"),
        (Keys::Text, _) => ("Shape", "Shape", "Type"),
    };
    maker.add_new(
        kind,
        "time_missing",
        absent,
        "the payload names no time",
        without_time,
    );
    maker.add_new(
        kind,
        "time_in_words",
        mistyped,
        "a time is seconds since 1970",
        time_in_words,
    );
    if genuine.keys == Keys::Integers {
        let unknown = genuine.payload(|payload| payload.put(&Cbor::Unsigned(16), Cbor::Unsigned(0)));
        maker.add_new(
            kind,
            "field_unknown",
            "Unknown",
            "field 16 is not in this format",
            unknown,
        );
        return;
    }
    let put = |name: &str, value: Cbor| genuine.payload(|payload| payload.put(&Cbor::text(name), value));
    let cases = [
        (
            "newer_format",
            "NewerFormat",
            "v = 2: neither fine nor forged",
            put("v", Cbor::Unsigned(2)),
        ),
        (
            "format_zero",
            if kind == "version" { "Content" } else { "Value" },
            "v = 0",
            put("v", Cbor::Unsigned(0)),
        ),
        (
            "type_of_another_kind",
            foreign,
            "typ is not the one of the header's kind",
            put("typ", Cbor::text("planseal.other")),
        ),
        (
            "field_unknown",
            "Shape",
            "a field this format does not have",
            put("zz", Cbor::Unsigned(0)),
        ),
    ];
    for (name, expect, note, bytes) in cases {
        maker.add_new(kind, name, expect, note, bytes);
    }
}

/// Other encodings of the same payload, correctly signed.
fn encoding(maker: &mut Maker, genuine: &Genuine) {
    let kind = genuine.kind;
    let swapped = genuine.first_fields(|fields| fields.swap(0, 1));
    let twice = genuine.first_fields(|fields| fields.insert(0, fields[0].clone()));
    let wide = genuine.payload(|payload| {
        let time = payload.at(&genuine.time);
        let seconds = time.encode();
        *time = Cbor::Raw([&[0x1b, 0, 0, 0, 0], &seconds[1..]].concat());
    });
    let float = genuine.payload(|payload| {
        *payload.at(&genuine.time) = Cbor::Raw(vec![0xfb, 0x41, 0xda, 0x47, 0x11, 0xc9, 0, 0, 0]);
    });
    let null = genuine.payload(|payload| payload.put(&genuine.time, Cbor::Raw(vec![0xf6])));
    let cases = [
        (
            "fields_out_of_order",
            "KeyOrder",
            "the second field before the first",
            swapped,
        ),
        ("field_twice", "DuplicateKey", "the first field twice", twice),
        (
            "time_not_shortest",
            "NotShortest",
            "the time in eight bytes",
            wide,
        ),
        (
            "time_as_float",
            "Simple",
            "the time as a floating-point number",
            float,
        ),
        ("time_null", "Simple", "the time is null", null),
    ];
    for (name, expect, note, bytes) in cases {
        maker.add_new(kind, name, expect, note, bytes);
    }
}
