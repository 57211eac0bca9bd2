//! Notes, verifier keys, checkpoints and cosignatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use planseal::log::note::NoteSignature;
use planseal_tests::key::FixedKey;
use planseal_tests::vector::ACCEPTED;
use planseal_tests::witness::{COSIGNED_AT, cosignature, line, signed_bytes, verifier, with_lines};
use sha2::{Digest, Sha256};

use super::Maker;

pub(super) fn make(maker: &mut Maker) {
    notes(maker);
    verifier_keys(maker);
    checkpoints(maker);
    witnessed(maker);
}

fn notes(maker: &mut Maker) {
    let genuine = maker.world.ledger.checkpoint();
    let (text, signatures) = genuine.split_once("\n\n").expect("a note");
    let cases = [
        (
            "genuine",
            ACCEPTED,
            "a checkpoint as the log signs it",
            genuine.clone(),
        ),
        (
            "of_any_text",
            ACCEPTED,
            "a note need not be a checkpoint",
            format!("any text\n\n{signatures}"),
        ),
        (
            "two_paragraphs",
            ACCEPTED,
            "the last empty line parts text and signatures",
            format!("{text}\n\nmore\n\n{signatures}"),
        ),
        (
            "without_empty_line",
            "Shape",
            "no empty line before the signature",
            format!("{text}\n{signatures}"),
        ),
        (
            "without_signature",
            "Shape",
            "no signature line",
            format!("{text}\n\n"),
        ),
        (
            "without_final_line_feed",
            "Shape",
            "the last line does not end",
            genuine.trim_end().to_owned(),
        ),
        (
            "carriage_return",
            "Shape",
            "lines end in CR LF",
            genuine.replace('\n', "\r\n"),
        ),
        (
            "tab",
            "Shape",
            "a control character in the text",
            genuine.replacen('/', "\t", 1),
        ),
        (
            "hyphen_for_dash",
            "Shape",
            "the signature line begins with U+002D",
            genuine.replacen('\u{2014}', "-", 1),
        ),
        (
            "signature_not_base64",
            "Shape",
            "an asterisk in the signature",
            genuine.replacen(" test.planseal.example/log ", " test.planseal.example/log *", 1),
        ),
        (
            "signature_of_four_bytes",
            "Shape",
            "a key id and no signature",
            format!("{text}\n\n\u{2014} a AAAAAA==\n"),
        ),
        (
            "signature_without_padding",
            "Shape",
            "base64 without its padding",
            format!("{text}\n\n\u{2014} a AAAAAAE\n"),
        ),
        (
            "name_with_plus",
            "Shape",
            "a key name with a plus sign",
            format!("{text}\n\n\u{2014} a+b AAAAAAE=\n"),
        ),
        (
            "name_missing",
            "Shape",
            "a signature line without a name",
            format!("{text}\n\n\u{2014}  AAAAAAE=\n"),
        ),
        (
            "a_hundred_and_one_signatures",
            "Shape",
            "more lines than any checkpoint has",
            format!("{text}\n\n{}", "\u{2014} a AAAAAAE=\n".repeat(101)),
        ),
    ];
    maker.add_all(
        "note",
        cases.map(|(name, expect, note, text)| (name, expect, note, text.into_bytes())),
    );
}

fn verifier_keys(maker: &mut Maker) {
    let genuine = maker.world.ledger.verifier();
    let text = genuine.to_string();
    let made = |name: &str, key_type: u8, key: &[u8]| vkey(name, &[&[key_type], key].concat());
    let honest = genuine.key();
    let small = curve25519_dalek::constants::EIGHT_TORSION[1]
        .compress()
        .to_bytes();
    let neutral_other = [&[1][..], &[0; 30], &[0x80]].concat();
    let cases = [
        ("genuine", ACCEPTED, "the log's key", text.clone()),
        ("of_a_witness", ACCEPTED, "type 4", verifier(31).to_string()),
        (
            "key_id_differs",
            "KeyId",
            "another name under the same id",
            text.replacen("/log", "/lag", 1),
        ),
        (
            "key_id_in_capitals",
            "KeyId",
            "the id is lower-case hexadecimal",
            upper_id(&text),
        ),
        (
            "type_unknown",
            "KeyType",
            "type 2",
            made("log", 2, honest.as_bytes()),
        ),
        (
            "key_of_31_bytes",
            "VerifierKey",
            "a byte of the key is missing",
            made("log", 1, &honest.as_bytes()[1..]),
        ),
        (
            "key_of_small_order",
            "SmallOrder",
            "a key of order eight",
            made("log", 1, &small),
        ),
        (
            "witness_key_of_small_order",
            "SmallOrder",
            "a witness's key of order eight",
            made("w", 4, &small),
        ),
        (
            "key_with_torsion",
            "MixedOrder",
            "an honest key plus a point of order eight",
            made("log", 1, &FixedKey::from_seed(2).with_torsion()),
        ),
        (
            "witness_key_with_torsion",
            "MixedOrder",
            "the same for a witness",
            made("w", 4, &FixedKey::from_seed(31).with_torsion()),
        ),
        (
            "key_not_canonical",
            "NotCanonical",
            "the neutral point with its sign bit set",
            made("log", 1, &neutral_other),
        ),
        (
            "key_no_point",
            "NotAPoint",
            "y = 2 is on no point of the curve",
            made("log", 1, &[&[2][..], &[0; 31]].concat()),
        ),
        (
            "name_with_space",
            "Name",
            "a space in the name",
            made("a log", 1, honest.as_bytes()),
        ),
        ("name_empty", "Name", "no name", made("", 1, honest.as_bytes())),
        (
            "not_base64",
            "VerifierKey",
            "an asterisk in the key",
            text.replacen("+A", "+*", 1),
        ),
        (
            "cut_short",
            "VerifierKey",
            "name and id alone",
            text[..text.rfind('+').expect("three parts")].to_owned(),
        ),
    ];
    maker.add_all(
        "verifier-key",
        cases.map(|(name, expect, note, text)| (name, expect, note, text.into_bytes())),
    );
}

/// `name+id+base64(type ‖ key)` for any type and key; the id is the start of `SHA-256(name ‖ LF ‖ type ‖ key)`.
pub(super) fn vkey(name: &str, material: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update("\n")
        .chain_update(material)
        .finalize();
    format!(
        "{name}+{}+{}",
        hex::encode(&digest[..4]),
        STANDARD.encode(material)
    )
}

fn upper_id(vkey: &str) -> String {
    let mut parts = vkey.splitn(3, '+');
    let mut next = || parts.next().expect("three parts");
    let (name, id, key) = (next(), next(), next());
    let upper = id.to_uppercase();
    assert_ne!(upper, id, "the id of the test log has a letter in it");
    format!("{name}+{upper}+{key}")
}

/// A checkpoint of the test log with any text, signed by any key under the log's name and id.
fn signed_by(maker: &Maker, text: &str, sign: impl FnOnce(&FixedKey, &[u8]) -> [u8; 64]) -> String {
    let key = maker.world.ledger.verifier();
    let line = NoteSignature {
        name: key.name().into(),
        key_id: key.id(),
        bytes: sign(&FixedKey::from_seed(2), text.as_bytes()).to_vec(),
    };
    planseal::log::note::Note::new(text.into(), vec![line]).to_string()
}

fn checkpoints(maker: &mut Maker) {
    let genuine = maker.world.ledger.checkpoint();
    let text = format!("{}\n", genuine.split_once("\n\n").expect("a note").0);
    let signed = |text: String| signed_by(maker, &text, |key, bytes| key.sign_anything(bytes));
    let size = maker.world.ledger.size().to_string();
    let hash = text.lines().nth(2).expect("three lines").to_owned();
    let with = |from: &str, to: &str| signed(text.replacen(from, to, 1));
    let line = genuine.lines().last().expect("a signature line").to_owned();
    let cases = [
        ("genuine", ACCEPTED, "the log's latest", genuine.clone()),
        (
            "with_a_stranger",
            ACCEPTED,
            "a line under an unknown key is left alone",
            with_lines(&genuine, [cosignature(40, &text, COSIGNED_AT)]),
        ),
        ("of_another_log", "Origin", "another origin", with("/log", "/lag")),
        (
            "extension_line",
            "Text",
            "a fourth line",
            signed(format!("{text}extra\n")),
        ),
        (
            "size_with_leading_zero",
            "Text",
            "the size begins with 0",
            with(&size, &format!("0{size}")),
        ),
        (
            "size_signed",
            "Text",
            "the size begins with +",
            with(&size, &format!("+{size}")),
        ),
        (
            "size_beyond_64_bits",
            "Text",
            "2^64",
            with(&format!("\n{size}\n"), "\n18446744073709551616\n"),
        ),
        (
            "root_of_31_bytes",
            "Text",
            "a byte of the root is missing",
            with(&hash, &STANDARD.encode([7; 31])),
        ),
        (
            "root_missing",
            "Text",
            "no third line",
            with(&format!("{hash}\n"), ""),
        ),
        (
            "signed_by_another_key",
            "BadSignature",
            "another key under the log's name and id",
            signed_by(maker, &text, |_, bytes| {
                FixedKey::from_seed(99).sign_anything(bytes)
            }),
        ),
        (
            "signature_r_of_small_order",
            "BadSignature",
            "R is the neutral point",
            signed_by(maker, &text, |key, bytes| key.sign_with_small_order_r(0, bytes)),
        ),
        (
            "signature_under_another_id",
            "NotSigned",
            "the log's name with a witness's key id",
            genuine.replacen(&line, &other_id(&line), 1),
        ),
        (
            "signed_twice",
            "RepeatedKey",
            "the log's line twice",
            format!("{genuine}{line}\n"),
        ),
        (
            "size_changed",
            "BadSignature",
            "the size was raised after signing",
            genuine.replacen(&format!("\n{size}\n"), "\n1000\n", 1),
        ),
    ];
    let cases = cases.map(|(name, expect, note, text)| (name, expect, note, text.into_bytes()));
    maker.add_all("checkpoint", cases);
}

/// The same line with one bit of the key id changed.
fn other_id(line: &str) -> String {
    let (name, material) = line.rsplit_once(' ').expect("a name before the signature");
    format!("{name} {}", super::log::flipped(material))
}

/// Two of three witnesses are asked for.
fn witnessed(maker: &mut Maker) {
    let genuine = maker.world.ledger.checkpoint();
    let text = format!("{}\n", genuine.split_once("\n\n").expect("a note").0);
    let by = |seed: u8| cosignature(seed, &text, COSIGNED_AT);
    let with = |lines: Vec<NoteSignature>| with_lines(&genuine, lines);
    let neutral = FixedKey::from_seed(32).sign_with_small_order_r(0, &signed_bytes(&text, COSIGNED_AT));
    let plain = FixedKey::from_seed(32).sign_anything(text.as_bytes());
    let mut later = by(32);
    later.bytes[7] ^= 1;
    let mut short = by(32);
    short.bytes.pop();
    let other_text = cosignature(32, &text.replacen("/log", "/lag", 1), COSIGNED_AT);
    let mut renamed = by(32);
    renamed.name = "w33.example/witness".into();
    let log_unsigned = genuine.replacen("\u{2014} test.", "\u{2014} best.", 1);
    let cases = [
        (
            "two_of_three",
            ACCEPTED,
            "the first and the third",
            with(vec![by(31), by(33)]),
        ),
        (
            "all_three",
            ACCEPTED,
            "more than asked for",
            with(vec![by(31), by(32), by(33)]),
        ),
        (
            "two_and_a_stranger",
            ACCEPTED,
            "an unknown line is left alone",
            with(vec![by(31), by(40), by(32)]),
        ),
        ("none", "Quorum", "the log's signature alone", genuine.clone()),
        ("one", "Quorum", "one of the two asked for", with(vec![by(31)])),
        (
            "one_twice",
            "RepeatedKey",
            "one witness twice does not count as two",
            with(vec![by(31), by(31)]),
        ),
        (
            "one_at_two_times",
            "RepeatedKey",
            "one witness at two times does not count as two",
            with(vec![by(31), cosignature(31, &text, COSIGNED_AT + 60)]),
        ),
        (
            "one_and_a_stranger",
            "Quorum",
            "a stranger does not count",
            with(vec![by(31), by(40)]),
        ),
        (
            "of_another_text",
            "Quorum",
            "the second cosigned another log",
            with(vec![by(31), other_text]),
        ),
        (
            "time_changed",
            "Quorum",
            "the second's time was changed after signing",
            with(vec![by(31), later]),
        ),
        (
            "without_time",
            "Quorum",
            "the second signed the bare text",
            with(vec![by(31), line(32, COSIGNED_AT, &plain)]),
        ),
        (
            "signature_of_63_bytes",
            "Quorum",
            "the last byte of the second is missing",
            with(vec![by(31), short]),
        ),
        (
            "signature_r_of_small_order",
            "Quorum",
            "R of the second is the neutral point",
            with(vec![by(31), line(32, COSIGNED_AT, &neutral)]),
        ),
        (
            "under_another_name",
            "Quorum",
            "the second's line names the third",
            with(vec![by(31), renamed]),
        ),
        (
            "log_unsigned",
            "NotSigned",
            "two witnesses, and not the log",
            with_lines(&log_unsigned, [by(31), by(32)]),
        ),
    ];
    let cases = cases.map(|(name, expect, note, text)| (name, expect, note, text.into_bytes()));
    maker.add_all("witnessed-checkpoint", cases);
}
