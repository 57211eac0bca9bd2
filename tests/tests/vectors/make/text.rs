//! The profile once more, and what is text or JSON: characters, witness policies, drafts, short codes.

use planseal_tests::cbor::Cbor;
use planseal_tests::sample::PLAN;
use planseal_tests::vector::ACCEPTED;
use planseal_tests::witness;

use super::{Case, Maker};

pub(super) fn make(maker: &mut Maker) {
    encodings(maker);
    characters(maker);
    witness_policies(maker);
    drafts(maker);
    short_codes(maker);
}

/// Name, outcome, what is wrong, bytes in hexadecimal.
const ENCODINGS: [(&str, &str, &str, &str); 27] = [
    ("integer_largest", ACCEPTED, "2^64 - 1", "1bffffffffffffffff"),
    ("integer_smallest", ACCEPTED, "-2^64", "3bffffffffffffffff"),
    (
        "depth_16",
        ACCEPTED,
        "sixteen arrays in each other",
        "8181818181818181818181818181818100",
    ),
    ("truth_values", ACCEPTED, "true and false", "82f5f4"),
    ("empty", "Truncated", "nothing", ""),
    (
        "integer_of_two_bytes_not_shortest",
        "NotShortest",
        "255 in two bytes",
        "1900ff",
    ),
    (
        "integer_of_four_bytes_not_shortest",
        "NotShortest",
        "65535 in four bytes",
        "1a0000ffff",
    ),
    (
        "integer_of_eight_bytes_not_shortest",
        "NotShortest",
        "2^32 - 1 in eight bytes",
        "1b00000000ffffffff",
    ),
    ("negative_not_shortest", "NotShortest", "-1 in two bytes", "3800"),
    (
        "array_count_not_shortest",
        "NotShortest",
        "an array's count in two bytes",
        "980100",
    ),
    (
        "map_count_not_shortest",
        "NotShortest",
        "a map's count in two bytes",
        "b8010000",
    ),
    (
        "bytes_length_not_shortest",
        "NotShortest",
        "a byte string's length in two bytes",
        "580100",
    ),
    ("undefined", "Simple", "undefined", "f7"),
    ("simple_value", "Simple", "simple value 32", "f820"),
    ("simple_true_in_two_bytes", "Simple", "true in two bytes", "f815"),
    ("float_single", "Simple", "a single-precision float", "fa3f800000"),
    ("float_not_a_number", "Simple", "not a number", "f97e00"),
    (
        "indefinite_map",
        "Indefinite",
        "a map without a count",
        "bf0001ff",
    ),
    ("indefinite_text", "Indefinite", "a text in chunks", "7f6161ff"),
    (
        "indefinite_bytes",
        "Indefinite",
        "a byte string in chunks",
        "5f4100ff",
    ),
    ("break_alone", "Indefinite", "the end of what never began", "ff"),
    ("head_reserved", "Reserved", "additional information 28", "1c"),
    (
        "huge_map",
        "Truncated",
        "a map that claims 2^63 entries",
        "bb8000000000000000",
    ),
    (
        "huge_text",
        "Truncated",
        "a text that claims 2^64 - 1 bytes",
        "7bffffffffffffffff",
    ),
    (
        "huge_bytes",
        "Truncated",
        "a byte string that claims 4 GiB",
        "5affffffff",
    ),
    (
        "text_key_order",
        "KeyOrder",
        "'bb' before 'a'",
        "a262626200616100",
    ),
    (
        "big_number",
        "Tag",
        "tag 2, a number of nine bytes",
        "c249010000000000000000",
    ),
];

fn encodings(maker: &mut Maker) {
    for (name, expect, note, digits) in ENCODINGS {
        let bytes = hex::decode(digits).expect("hexadecimal");
        maker.add("profile", name, expect, note, bytes);
    }
}

/// Name, rule, character or text.
const CHARACTERS: [(&str, &str, &str); 16] = [
    ("tab", "Control", "a\tb"),
    ("null_character", "Control", "a\0b"),
    ("next_line", "Control", "a\u{85}b"),
    ("private_use", "Control", "a\u{e000}b"),
    ("left_to_right_isolate", "Bidi", "a\u{2066}b"),
    ("zero_width_space", "ZeroWidth", "a\u{200b}b"),
    ("zero_width_joiner", "ZeroWidth", "a\u{200d}b"),
    ("byte_order_mark", "ZeroWidth", "\u{feff}ab"),
    ("soft_hyphen", "ZeroWidth", "a\u{ad}b"),
    ("line_separator", "ZeroWidth", "a\u{2028}b"),
    ("variation_selector", "ZeroWidth", "a\u{fe0f}b"),
    ("hangul_filler", "ZeroWidth", "a\u{3164}b"),
    ("empty_braille", "ZeroWidth", "a\u{2800}b"),
    ("tag_character", "ZeroWidth", "a\u{e0041}b"),
    ("unassigned", "Unassigned", "a\u{378}b"),
    ("composition_excluded", "NotNormalized", "\u{212b}"),
];

fn characters(maker: &mut Maker) {
    for (name, expect, text) in CHARACTERS {
        let points: Vec<String> = text
            .chars()
            .filter(|character| !character.is_ascii_lowercase())
            .map(|character| format!("U+{:04X}", u32::from(character)))
            .collect();
        let note = format!("{} in a text", points.join(" "));
        let name = format!("text_{name}");
        maker.add("profile", &name, expect, &note, Cbor::text(text).encode());
    }
}

fn witness_policies(maker: &mut Maker) {
    let genuine = witness::policy();
    let key = |seed| witness::verifier(seed);
    let log = maker.world.ledger.verifier();
    let lines = |more: &str| format!("witness a {}\nwitness b {}\n{more}", key(31), key(32));
    let torsion = [
        &[4][..],
        &planseal_tests::key::FixedKey::from_seed(31).with_torsion(),
    ]
    .concat();
    let small = [
        &[4][..],
        &curve25519_dalek::constants::EIGHT_TORSION[1]
            .compress()
            .to_bytes(),
    ]
    .concat();
    let odd = |material: &[u8]| format!("witness a {}\nquorum a\n", super::notes::vkey("w", material));
    let cases = [
        ("genuine", ACCEPTED, "two of three", genuine.clone()),
        (
            "of_none",
            ACCEPTED,
            "no witness is asked for",
            "quorum none\n".into(),
        ),
        (
            "with_comments",
            ACCEPTED,
            "comments, empty lines, and a log",
            format!("# two of three\n\nlog {log}\n{genuine}"),
        ),
        (
            "group_of_groups",
            ACCEPTED,
            "a group in a group",
            lines("group inner any a\ngroup outer all inner b\nquorum outer\n"),
        ),
        (
            "without_quorum",
            "NoQuorum",
            "witnesses, and not how many",
            lines(""),
        ),
        ("empty", "NoQuorum", "nothing", String::new()),
        (
            "two_quorums",
            "Line",
            "two quorum lines",
            lines("quorum a\nquorum b\n"),
        ),
        (
            "quorum_of_nobody",
            "Line",
            "a quorum that was not defined",
            "quorum x\n".into(),
        ),
        (
            "witness_twice",
            "Line",
            "one key under two names counts once or not at all",
            format!("witness a {0}\nwitness b {0}\nquorum a\n", key(31)),
        ),
        (
            "name_twice",
            "Line",
            "one name for two keys",
            format!("witness a {}\nwitness a {}\nquorum a\n", key(31), key(32)),
        ),
        (
            "member_of_two_groups",
            "Line",
            "a witness in two groups would count twice",
            lines("group g any a\ngroup h any a b\nquorum g\n"),
        ),
        (
            "member_twice",
            "Line",
            "a witness twice in one group",
            lines("group g 2 a a\nquorum g\n"),
        ),
        (
            "threshold_zero",
            "Line",
            "a group of which none is needed",
            lines("group g 0 a b\nquorum g\n"),
        ),
        (
            "threshold_too_large",
            "Line",
            "three of two",
            lines("group g 3 a b\nquorum g\n"),
        ),
        (
            "group_before_its_members",
            "Line",
            "a name before its definition",
            format!("group g any a\nwitness a {}\nquorum g\n", key(31)),
        ),
        (
            "witness_called_none",
            "Line",
            "a reserved name",
            format!("witness none {}\nquorum none\n", key(31)),
        ),
        (
            "witness_with_a_log_key",
            "Line",
            "a key of type 1 as a witness",
            format!("witness a {log}\nquorum a\n"),
        ),
        (
            "line_unknown",
            "Line",
            "a line that is none of the four",
            lines("believe a\nquorum a\n"),
        ),
        (
            "key_with_torsion",
            "Line",
            "a witness's key plus a point of order eight",
            odd(&torsion),
        ),
        (
            "key_of_small_order",
            "Line",
            "a witness's key of order eight",
            odd(&small),
        ),
        (
            "key_id_differs",
            "Line",
            "the id of another name",
            genuine.replacen("w31.example", "w34.example", 1),
        ),
    ];
    let cases = cases.map(|(name, expect, note, text)| (name, expect, note, text.into_bytes()));
    maker.add_all("witness-policy", cases);
}

fn drafts(maker: &mut Maker) {
    let genuine = planseal_tests::sample::draft("P1-v1").to_json();
    let opened = |field: &str| genuine.replacen('{', &format!("{{{field},"), 1);
    let cases = [
        (
            "genuine",
            ACCEPTED,
            "the draft of version_genuine",
            genuine.clone(),
        ),
        ("empty_object", ACCEPTED, "a draft may be incomplete", "{}".into()),
        (
            "cut_short",
            "NotJson",
            "the last brace is missing",
            genuine[..genuine.rfind('}').expect("an object")].to_owned(),
        ),
        (
            "trailing_text",
            "NotJson",
            "a second object",
            format!("{genuine}{{}}"),
        ),
        (
            "field_unknown",
            "UnknownField",
            "a field this format does not have",
            opened("\"zz\":0"),
        ),
        (
            "field_twice",
            "RepeatedField",
            "a field twice",
            opened("\"change_reason\":\"x\",\"change_reason\":\"y\""),
        ),
        ("packed", "Packed", "an array in place of the object", "[]".into()),
        ("null", "WrongType", "null", "null".into()),
        (
            "deep",
            "WrongType",
            "ten thousand arrays in each other",
            "[".repeat(10_000),
        ),
        ("empty", "NotJson", "nothing", String::new()),
    ];
    let cases = cases.map(|(name, expect, note, text)| (name, expect, note, text.into_bytes()));
    maker.add_all("draft", cases);
}

/// A plan id and its short code, with a space between them.
fn short_codes(maker: &mut Maker) {
    let code = PLAN.short_code();
    let pair = |plan: &str, code: &str| format!("{plan} {code}").into_bytes();
    let plan = PLAN.to_string();
    let mut symbols: Vec<char> = code.chars().collect();
    symbols.swap(0, 1);
    let swapped: String = symbols.iter().collect();
    let cases: Vec<Case> = vec![
        (
            "genuine",
            ACCEPTED,
            "the record of the vectors",
            pair(&plan, &code),
        ),
        (
            "of_zeros",
            ACCEPTED,
            "the smallest",
            pair("00000000-0000-0000-0000-000000000000", "0000-0000-0000"),
        ),
        (
            "of_ones",
            ACCEPTED,
            "the largest",
            pair(
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                &planseal::id::PlanId::from_bytes([0xff; 16]).short_code(),
            ),
        ),
        (
            "symbols_swapped",
            "OtherCode",
            "the first two symbols in the other order",
            pair(&plan, &swapped),
        ),
        (
            "check_symbol_wrong",
            "OtherCode",
            "the check symbol of another code",
            pair(
                &plan,
                &format!("{}{}", &code[..13], if code.ends_with('0') { '1' } else { '0' }),
            ),
        ),
        (
            "in_small_letters",
            "OtherCode",
            "the code is written in capitals",
            pair(&plan, &code.to_lowercase()),
        ),
        (
            "without_hyphens",
            "OtherCode",
            "groups of four are parted by hyphens",
            pair(&plan, &code.replace('-', "")),
        ),
        (
            "plan_in_capitals",
            "IdError",
            "a plan id is lower-case hexadecimal",
            pair(&plan.to_uppercase(), &code),
        ),
        (
            "plan_without_hyphens",
            "IdError",
            "a plan id has the form of a UUID",
            pair(&plan.replace('-', ""), &code),
        ),
    ];
    maker.add_all("short-code", cases);
}
