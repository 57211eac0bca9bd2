//! What versions, cards and enrolments must say: payloads that break one rule each.

use planseal_tests::cbor::Cbor;
use planseal_tests::forge::Parts;
use planseal_tests::key::FixedKey;
use planseal_tests::vector::ACCEPTED;

use super::{Case, Maker};

pub(super) fn make(maker: &mut Maker) {
    versions(maker);
    cards(maker);
    enrolments(maker);
}

fn versions(maker: &mut Maker) {
    let genuine = maker.sample.version.verified().object().clone();
    let author = FixedKey::from_seed(9);
    let signed = |change: &dyn Fn(&mut Cbor)| {
        Parts::of(&genuine)
            .payload(|payload| change(payload))
            .signed_by(&author)
            .encode()
    };
    let put = |name: &str, value: Cbor| signed(&|payload| payload.put(&Cbor::text(name), value.clone()));
    let inner = |section: &str, name: &str, value: Cbor| {
        signed(&|payload| {
            payload
                .at(&Cbor::text(section))
                .put(&Cbor::text(name), value.clone())
        })
    };
    let text = Cbor::text;
    let file = |size: u64, media: &str| {
        let mut file = Cbor::Map(Vec::new());
        for (name, value) in [
            ("sha256", Cbor::Bytes(vec![7; 32])),
            ("size", Cbor::Unsigned(size)),
            ("media_type", text(media)),
            ("role", text("other")),
            ("title", text("A scan")),
        ] {
            file.put(&text(name), value);
        }
        Cbor::Array(vec![file])
    };
    let cases: Vec<Case> = vec![
        (
            "number_zero",
            "Succession",
            "versions are counted from 1",
            put("ver", Cbor::Unsigned(0)),
        ),
        (
            "second_without_predecessor",
            "Succession",
            "version 2 that follows nothing",
            put("ver", Cbor::Unsigned(2)),
        ),
        (
            "first_with_predecessor",
            "Succession",
            "version 1 that follows something",
            put("prev", Cbor::Bytes(vec![7; 32])),
        ),
        (
            "salt_of_15_bytes",
            "Shape",
            "a byte of the salt is missing",
            put("salt", Cbor::Bytes(vec![7; 15])),
        ),
        (
            "legal_notice_changed",
            "Content",
            "the notice is filled by rule",
            put("legal_notice", text("none")),
        ),
        (
            "rules_unknown_shape",
            "Shape",
            "the rule set is no text",
            put("rules", Cbor::Unsigned(1)),
        ),
        (
            "review_on_no_day",
            "Content",
            "31 June",
            put("review_due", text("2026-06-31")),
        ),
        (
            "jurisdiction_unknown",
            "Content",
            "a country this format does not cover",
            put("jurisdiction", text("fr")),
        ),
        (
            "card_line_of_61_bytes",
            "Content",
            "a byte more than a card holds",
            put("card_line", text(&"x".repeat(61))),
        ),
        (
            "attachments_empty",
            "NotNormal",
            "an empty list is an absent key",
            put("att", Cbor::Array(Vec::new())),
        ),
        (
            "attachment_too_large",
            "Content",
            "a byte more than 20 MiB",
            put("att", file((20 << 20) + 1, "application/pdf")),
        ),
        (
            "attachment_of_another_type",
            "Content",
            "a media type this format does not know",
            put("att", file(6, "text/html")),
        ),
        (
            "nhs_number_with_spaces",
            "NotNormal",
            "the normal form has ten digits and no space",
            inner("person", "nhs_number", text("999 041 2073")),
        ),
        (
            "section_field_unknown",
            "Shape",
            "a field this format does not have, in a section",
            inner("person", "zz", text("x")),
        ),
        (
            "yes_as_truth_value",
            "Shape",
            "yes and no are texts",
            put("endorsement_required", Cbor::Raw(vec![0xf5])),
        ),
        (
            "text_not_normalized",
            "NotNormalized",
            "e and a combining acute accent in the reason for the change",
            put("change_reason", text("e\u{301}")),
        ),
        (
            "text_bidi_control",
            "Bidi",
            "U+202E in the reason for the change",
            put("change_reason", text("a\u{202e}b")),
        ),
        (
            "text_zero_width",
            "ZeroWidth",
            "U+200B in the reason for the change",
            put("change_reason", text("a\u{200b}b")),
        ),
    ];
    maker.add_all("version", cases);
}

fn cards(maker: &mut Maker) {
    let genuine = maker.sample.card.object().clone();
    let author = FixedKey::from_seed(9);
    let put = |key: u64, value: Cbor| {
        Parts::of(&genuine)
            .payload(|payload| payload.put(&Cbor::Unsigned(key), value))
            .signed_by(&author)
            .encode()
    };
    let without = |key: u64| {
        Parts::of(&genuine)
            .payload(|payload| payload.remove(&Cbor::Unsigned(key)))
            .signed_by(&author)
            .encode()
    };
    let text = Cbor::text;
    let number = Cbor::Unsigned;
    let phones = |count: usize| Cbor::Array(vec![text("+447700900101"); count]);
    let cases: Vec<Case> = vec![
        (
            "without_nhs_number",
            ACCEPTED,
            "not everybody has one",
            without(6),
        ),
        (
            "plan_of_15_bytes",
            "Field",
            "a byte of the plan's id is missing",
            put(1, Cbor::Bytes(vec![7; 15])),
        ),
        ("name_missing", "Field", "a card about nobody", without(4)),
        (
            "name_of_41_bytes",
            "Value",
            "a name beyond what is elided",
            put(4, text(&"X".repeat(41))),
        ),
        (
            "name_of_two_lines",
            "Value",
            "a line feed in the name",
            put(4, text("A\nB")),
        ),
        ("birth_on_no_day", "Value", "31 June", put(5, text("1935-06-31"))),
        (
            "nhs_number_check_digit",
            "Value",
            "the check digit is one too high",
            put(6, text("9990412074")),
        ),
        (
            "cpr_unknown",
            "Field",
            "a decision beyond the four",
            put(7, number(4)),
        ),
        ("level_zero", "Field", "ceilings count from 1", put(8, number(0))),
        (
            "ceiling_of_31_bytes",
            "Value",
            "longer words stay on the paper",
            put(9, text(&"x".repeat(31))),
        ),
        (
            "adrt_unknown",
            "Field",
            "a flag beyond the three",
            put(10, number(3)),
        ),
        (
            "line_of_61_bytes",
            "Value",
            "one byte too many",
            put(11, text(&"x".repeat(61))),
        ),
        (
            "more_as_number",
            "Field",
            "MORE is true or false",
            put(12, number(1)),
        ),
        ("phones_three", "Value", "two numbers fit", put(14, phones(3))),
        (
            "phone_with_spaces",
            "Value",
            "a number in another form than E.164",
            put(14, Cbor::Array(vec![text("07700 900101")])),
        ),
        (
            "version_of_15_bytes",
            "Field",
            "a byte of the version's id is missing",
            put(15, Cbor::Bytes(vec![7; 15])),
        ),
    ];
    maker.add_all("card", cases);
}

fn enrolments(maker: &mut Maker) {
    let genuine = maker.object("enrolment", "genuine");
    let key = FixedKey::from_seed(11);
    let put = |name: &str, value: Cbor| Parts::of(&genuine).field(name, value).signed_by(&key).encode();
    let bytes = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
    let small = curve25519_dalek::constants::EIGHT_TORSION[1]
        .compress()
        .to_bytes();
    let neutral = [&[1][..], &[0; 31]].concat();
    let signed_neutral = [&[1][..], &[0; 30], &[0x80]].concat();
    let cases: Vec<Case> = vec![
        (
            "key_of_small_order",
            "Shape",
            "a key of order eight",
            put("key", bytes(&small)),
        ),
        (
            "key_neutral",
            "Shape",
            "the neutral point as a key",
            put("key", bytes(&neutral)),
        ),
        (
            "key_not_canonical",
            "Shape",
            "the neutral point with its sign bit set",
            put("key", bytes(&signed_neutral)),
        ),
        (
            "key_with_torsion",
            "Shape",
            "an honest key plus a point of order eight",
            put("key", bytes(&key.with_torsion())),
        ),
        (
            "key_substituted",
            "BadSignature",
            "another's key, signed by the sender's",
            put(
                "key",
                bytes(planseal::sign::SigningPort::public_key(&FixedKey::from_seed(12)).as_bytes()),
            ),
        ),
        (
            "nonce_of_31_bytes",
            "Shape",
            "a byte of the nonce is missing",
            put("nonce", bytes(&[7; 31])),
        ),
        (
            "organisation_unknown_form",
            "Shape",
            "org is capitals, digits and inner hyphens",
            put("org", Cbor::text("nhs")),
        ),
        (
            "asks_for_roles",
            "Shape",
            "a candidate does not choose the roles",
            put("roles", Cbor::Array(vec![Cbor::Unsigned(2)])),
        ),
    ];
    maker.add_all("enrolment", cases);
}
