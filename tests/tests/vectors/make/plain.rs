//! Canonical bytes, bare envelopes, and the codes that are text.

use planseal::code::Pointer;
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::{ALGORITHM, CERTIFICATE, CLAIMS, CONTENT_TYPE, Parts};
use planseal_tests::vector::ACCEPTED;

use super::Maker;

pub(super) fn make(maker: &mut Maker) {
    profile(maker);
    envelope(maker);
    codes(maker);
}

/// Name, outcome, what is wrong, bytes in hexadecimal.
const PROFILE: [(&str, &str, &str, &str); 19] = [
    (
        "map_sorted",
        ACCEPTED,
        "integer keys before text keys, shorter before longer",
        "a40102200361610462626205",
    ),
    ("text_beyond_ascii", ACCEPTED, "NFC text", "665a6fc3ab2021"),
    ("integer_not_shortest", "NotShortest", "23 in two bytes", "1817"),
    (
        "length_not_shortest",
        "NotShortest",
        "a text's length in two bytes",
        "780161",
    ),
    (
        "integer_key_order",
        "KeyOrder",
        "key 2 before key 1",
        "a202000100",
    ),
    ("key_twice", "DuplicateKey", "key 1 twice", "a201000100"),
    ("key_of_bytes", "KeyType", "a byte string as a key", "a14000"),
    ("tag", "Tag", "tag 0", "c06161"),
    ("null", "Simple", "null", "f6"),
    ("float", "Simple", "a half-precision float", "f93c00"),
    (
        "indefinite_array",
        "Indefinite",
        "an array without a length",
        "9f01ff",
    ),
    ("trailing_byte", "Trailing", "a second item", "0000"),
    ("cut_short", "Truncated", "an array of two with one item", "8201"),
    (
        "huge_count",
        "Truncated",
        "an array that claims 2^64-1 items",
        "9bffffffffffffffff",
    ),
    (
        "depth_17",
        "Depth",
        "seventeen arrays in each other",
        "818181818181818181818181818181818100",
    ),
    ("text_not_utf8", "Utf8", "the byte ff in a text", "61ff"),
    (
        "text_not_nfc",
        "NotNormalized",
        "e and a combining acute accent",
        "6365cc81",
    ),
    (
        "text_bidi_control",
        "Bidi",
        "U+202E, which turns what follows around",
        "64e280ae31",
    ),
    ("text_carriage_return", "Control", "a carriage return", "610d"),
];

fn profile(maker: &mut Maker) {
    for (name, expect, note, digits) in PROFILE {
        let bytes = hex::decode(digits).expect("hexadecimal");
        maker.add("profile", name, expect, note, bytes);
    }
}

fn envelope(maker: &mut Maker) {
    let genuine = maker.sample.version.verified().object().clone();
    let parts = || Parts::of(&genuine);
    let bytes = genuine.bytes().to_vec();
    maker.add(
        "envelope",
        "genuine",
        ACCEPTED,
        "shape only: no signature is checked",
        bytes.clone(),
    );
    let tagged = [vec![0xd2], bytes.clone()].concat();
    maker.add("envelope", "tagged", "Tag", "tag 18 in front", tagged);
    let mut unprotected = parts();
    unprotected.unprotected = Cbor::Map(vec![(Cbor::Unsigned(4), Cbor::Bytes(vec![1]))]);
    maker.add(
        "envelope",
        "unprotected_header",
        "Shape",
        "a key id in the unprotected header",
        unprotected.encode(),
    );
    let mut short = parts();
    short.signature.pop();
    maker.add(
        "envelope",
        "signature_of_63_bytes",
        "Shape",
        "the last byte of the signature is missing",
        short.encode(),
    );
    let deprecated = parts().header(|header| header.put(&ALGORITHM, Cbor::Negative(7)));
    maker.add(
        "envelope",
        "algorithm_eddsa",
        "Algorithm",
        "alg -8, which names no curve",
        deprecated.encode(),
    );
    let other = parts().header(|header| header.put(&CONTENT_TYPE, Cbor::text("application/json")));
    maker.add(
        "envelope",
        "content_type_of_others",
        "ContentType",
        "application/json",
        other.encode(),
    );
    let extra = parts().header(|header| header.put(&Cbor::Unsigned(4), Cbor::Bytes(vec![1])));
    maker.add(
        "envelope",
        "label_unknown",
        "Unknown",
        "a key id (label 4) in the protected header",
        extra.encode(),
    );
    let without = parts().header(|header| header.remove(&CLAIMS));
    maker.add(
        "envelope",
        "claims_missing",
        "Field",
        "no label 15",
        without.encode(),
    );
    let sha512 = Cbor::Array(vec![Cbor::Negative(43), Cbor::Bytes(vec![0; 32])]);
    let thumbprint = parts().header(|header| header.put(&CERTIFICATE, sha512));
    maker.add(
        "envelope",
        "thumbprint_not_sha256",
        "Field",
        "label 34 names SHA-512",
        thumbprint.encode(),
    );
    let mut trailing = bytes;
    trailing.push(0);
    maker.add(
        "envelope",
        "trailing_byte",
        "Trailing",
        "a byte after the end",
        trailing,
    );
}

fn codes(maker: &mut Maker) {
    let text = maker.sample.code.text();
    let bytes = |text: &str| text.as_bytes().to_vec();
    maker.add(
        "code",
        "genuine",
        ACCEPTED,
        "the printed code of the version, as text",
        bytes(&text),
    );
    let other = text.replacen("PS1:", "PS2:", 1);
    maker.add(
        "code",
        "other_prefix",
        "Prefix",
        "begins with PS2:",
        bytes(&other),
    );
    let half = &text[..text.len() / 2];
    maker.add(
        "code",
        "read_in_part",
        "Truncated",
        "only the first half was read",
        bytes(half),
    );
    let lower = text.to_lowercase().replacen("ps1:", "PS1:", 1);
    maker.add(
        "code",
        "lower_case",
        "Shape",
        "base45 has no small letters",
        bytes(&lower),
    );
    let version = &maker.sample.version;
    let pointer = Pointer {
        plan: version.content().plan(),
        version_number: 1,
        version: version.id().prefix(),
    };
    let digits = pointer.digits();
    maker.add(
        "pointer",
        "genuine",
        ACCEPTED,
        "the digits behind the # of the printed address",
        bytes(&digits),
    );
    maker.add(
        "pointer",
        "84_digits",
        "Pointer",
        "the last digit is missing",
        bytes(&digits[..84]),
    );
    maker.add(
        "pointer",
        "too_large",
        "Pointer",
        "85 nines are more than 35 bytes",
        bytes(&"9".repeat(85)),
    );
}
