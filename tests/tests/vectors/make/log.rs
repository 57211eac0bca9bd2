//! The log: notes, checkpoints, cosignatures, proofs, leaves, registrations, and what leaves say of versions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use planseal::log::leaf::Leaf;
use planseal::log::note::NoteSignature;
use planseal::log::tree::{Hash, consistency_proof, inclusion_proof, root};
use planseal_tests::cbor::Cbor;
use planseal_tests::key::FixedKey;
use planseal_tests::vector::ACCEPTED;
use planseal_tests::witness::{COSIGNED_AT, cosignature, line, signed_bytes, verifier, with_lines};
use sha2::{Digest, Sha256};

use super::{Case, Maker};
use crate::later::{Later, registration};

pub(super) fn make(maker: &mut Maker, later: &Later) {
    registrations(maker, later);
    receipts(maker);
    notes(maker);
    verifier_keys(maker);
    checkpoints(maker);
    witnessed(maker);
    proofs(maker);
    trees(maker);
    leaves(maker);
    statuses(maker);
}

fn registrations(maker: &mut Maker, later: &Later) {
    for (name, object, expect, note) in &later.registrations {
        let receipt = maker.world.ledger.receipt(&object.id()).encode();
        maker.add("registration", name, expect, note, registration(object, &receipt));
    }
    let (_, genuine, ..) = &later.registrations[0];
    let other = maker
        .world
        .ledger
        .receipt(&later.registrations[1].1.id())
        .encode();
    let note = "the receipt of another withdrawal of the same version";
    let moved = registration(genuine, &other);
    maker.add("registration", "receipt_transplanted", "OtherObject", note, moved);
    let own = maker.world.ledger.receipt(&later.revocation.id()).encode();
    let note = "a revocation: its leaf carries target and from";
    let revocation = registration(&later.revocation, &own);
    maker.add("registration", "of_a_revocation", ACCEPTED, note, revocation);
}

/// Receipts of the version, under a checkpoint of the whole log.
fn receipts(maker: &mut Maker) {
    let genuine = maker.world.ledger.receipt(&maker.sample.version.id());
    let (bytes, text) = (genuine.encode(), genuine.proof().to_string());
    let with = |text: String| {
        let mut receipt = Cbor::decode(&bytes);
        receipt.put(&Cbor::text("proof"), Cbor::Text(text));
        receipt.encode()
    };
    let lines: Vec<&str> = text.lines().collect();
    let first = lines[2];
    let size = maker.world.ledger.size();
    let text = |from: &str, to: &str| with(text.replacen(from, to, 1));
    let mut leaf = Cbor::decode(&bytes);
    *leaf.at(&Cbor::text("leaf")) = Cbor::Bytes(vec![0x80]);
    let mut extra = Cbor::decode(&bytes);
    extra.put(&Cbor::text("note"), Cbor::text("x"));
    let cases = [
        (
            "later_checkpoint",
            ACCEPTED,
            "the same leaf under a later checkpoint",
            bytes.clone(),
        ),
        (
            "path_cut_short",
            "PathLength",
            "the first hash of the path is missing",
            text(&format!("{first}\n"), ""),
        ),
        (
            "path_too_long",
            "PathLength",
            "the first hash of the path twice",
            text(first, &format!("{first}\n{first}")),
        ),
        (
            "path_hash_changed",
            "OtherRoot",
            "one bit of the first hash",
            text(first, &flipped(first)),
        ),
        (
            "index_beyond_tree",
            "OutsideTree",
            "the index is the tree's size",
            text("index 9\n", &format!("index {size}\n")),
        ),
        (
            "index_with_leading_zero",
            "ProofError",
            "index 09",
            text("index 9\n", "index 09\n"),
        ),
        (
            "proof_of_another_version",
            "ProofError",
            "tlog-proof@v2",
            text("@v1", "@v2"),
        ),
        ("leaf_empty", "Shape", "the leaf is an empty array", leaf.encode()),
        (
            "field_unknown",
            "Shape",
            "a field this format does not have",
            extra.encode(),
        ),
        (
            "cut_short",
            "Truncated",
            "the last byte is missing",
            bytes[..bytes.len() - 1].to_vec(),
        ),
    ];
    maker.add_all("receipt", cases);
}

/// One bit of a hash in base64 changed.
fn flipped(hash: &str) -> String {
    let mut bytes = STANDARD.decode(hash).expect("base64");
    bytes[0] ^= 1;
    STANDARD.encode(bytes)
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
    format!("{name} {}", flipped(material))
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

fn proofs(maker: &mut Maker) {
    let genuine = maker
        .world
        .ledger
        .receipt(&maker.sample.version.id())
        .proof()
        .to_string();
    let first = genuine.lines().nth(2).expect("a path").to_owned();
    let with = |from: &str, to: &str| genuine.replacen(from, to, 1);
    let cases = [
        (
            "genuine",
            ACCEPTED,
            "form only: nothing is verified",
            genuine.clone(),
        ),
        (
            "magic_missing",
            "ProofError",
            "the first line is missing",
            with("c2sp.org/tlog-proof@v1\n", ""),
        ),
        (
            "extra_data",
            "ProofError",
            "an extra line, which nothing would authenticate",
            with("index", "extra AAAA\nindex"),
        ),
        (
            "index_negative",
            "ProofError",
            "index -9",
            with("index 9", "index -9"),
        ),
        (
            "index_with_leading_zero",
            "ProofError",
            "index 09",
            with("index 9", "index 09"),
        ),
        (
            "index_beyond_64_bits",
            "ProofError",
            "2^64",
            with("index 9", "index 18446744073709551616"),
        ),
        (
            "hash_of_31_bytes",
            "ProofError",
            "a byte of a hash is missing",
            with(&first, &STANDARD.encode([7; 31])),
        ),
        (
            "hash_without_padding",
            "ProofError",
            "base64 without its padding",
            with(&first, first.trim_end_matches('=')),
        ),
        (
            "path_of_65_hashes",
            "ProofError",
            "longer than any tree is high",
            with(&first, &vec![first.as_str(); 65].join("\n")),
        ),
        (
            "carriage_return",
            "ProofError",
            "lines end in CR LF",
            genuine.replace('\n', "\r\n"),
        ),
        (
            "without_checkpoint",
            "ProofError",
            "no empty line and no checkpoint",
            genuine.split_once("\n\n").expect("two parts").0.to_owned(),
        ),
    ];
    maker.add_all(
        "proof",
        cases.map(|(name, expect, note, text)| (name, expect, note, text.into_bytes())),
    );
}

/// `[leaf, index, size, [hash …], root]` and `[old, new, [hash …], old root, new root]`.
fn trees(maker: &mut Maker) {
    let tree = maker.world.ledger.tree();
    let (size, old) = (maker.world.ledger.size(), 6);
    let leaf = maker.world.ledger.leaves()[9].encode();
    let path = inclusion_proof(tree, 9, size).expect("the leaf is in the tree");
    let growth = consistency_proof(tree, old, size).expect("a prefix");
    let (old_root, new_root) = (root(tree, old).expect("held"), root(tree, size).expect("held"));
    let inclusion = |index: u64, size: u64, path: &[Hash], root: &Hash| {
        let parts = [
            Cbor::Bytes(leaf.clone()),
            Cbor::Unsigned(index),
            Cbor::Unsigned(size),
            hashes(path),
            hash(root),
        ];
        Cbor::Array(parts.to_vec()).encode()
    };
    let consistency = |old: u64, new: u64, path: &[Hash], first: &Hash, second: &Hash| {
        let parts = [
            Cbor::Unsigned(old),
            Cbor::Unsigned(new),
            hashes(path),
            hash(first),
            hash(second),
        ];
        Cbor::Array(parts.to_vec()).encode()
    };
    let turned: Vec<Hash> = growth.iter().rev().copied().collect();
    let longer = [growth.as_slice(), &[old_root]].concat();
    let included: [Case; 6] = [
        (
            "genuine",
            ACCEPTED,
            "leaf 9 of the log",
            inclusion(9, size, &path, &new_root),
        ),
        (
            "index_of_the_neighbour",
            "OtherRoot",
            "the same path for leaf 8",
            inclusion(8, size, &path, &new_root),
        ),
        (
            "index_beyond_tree",
            "OutsideTree",
            "the index is the size",
            inclusion(size, size, &path, &new_root),
        ),
        (
            "path_cut_short",
            "PathLength",
            "the last hash is missing",
            inclusion(9, size, &path[..path.len() - 1], &new_root),
        ),
        (
            "path_empty",
            "PathLength",
            "no hashes",
            inclusion(9, size, &[], &new_root),
        ),
        (
            "root_of_another_size",
            "OtherRoot",
            "the root of the first six leaves",
            inclusion(9, size, &path, &old_root),
        ),
    ];
    let grown: [Case; 9] = [
        (
            "genuine",
            ACCEPTED,
            "the first six leaves are a prefix",
            consistency(old, size, &growth, &old_root, &new_root),
        ),
        (
            "same_tree",
            ACCEPTED,
            "equal sizes, equal roots, no hashes",
            consistency(size, size, &[], &new_root, &new_root),
        ),
        (
            "from_the_empty_tree",
            "OutsideTree",
            "a proof about nothing proves nothing",
            consistency(0, size, &[], &old_root, &new_root),
        ),
        (
            "shrinking",
            "OutsideTree",
            "the old tree is the larger",
            consistency(size, old, &growth, &new_root, &old_root),
        ),
        (
            "path_cut_short",
            "PathLength",
            "the last hash is missing",
            consistency(old, size, &growth[..growth.len() - 1], &old_root, &new_root),
        ),
        (
            "path_too_long",
            "PathLength",
            "a hash too many",
            consistency(old, size, &longer, &old_root, &new_root),
        ),
        (
            "path_turned_round",
            "OtherRoot",
            "the hashes in the other order",
            consistency(old, size, &turned, &old_root, &new_root),
        ),
        (
            "roots_swapped",
            "OtherRoot",
            "the roots in the other order",
            consistency(old, size, &growth, &new_root, &old_root),
        ),
        (
            "fork",
            "OtherRoot",
            "equal sizes, other roots",
            consistency(size, size, &[], &old_root, &new_root),
        ),
    ];
    maker.add_all("inclusion", included);
    maker.add_all("consistency", grown);
}

fn hash(hash: &Hash) -> Cbor {
    Cbor::Bytes(hash.as_bytes().to_vec())
}

fn hashes(path: &[Hash]) -> Cbor {
    Cbor::Array(path.iter().map(hash).collect())
}

fn leaves(maker: &mut Maker) {
    let leaf = maker.world.ledger.leaves()[9];
    let Cbor::Array(items) = Cbor::decode(&leaf.encode()) else {
        panic!("a leaf is an array");
    };
    let changed = |change: &dyn Fn(&mut Vec<Cbor>)| {
        let mut items = items.clone();
        change(&mut items);
        Cbor::Array(items).encode()
    };
    let number = Cbor::Unsigned;
    let wide = [&[0x84, 0x18, 1][..], &leaf.encode()[2..]].concat();
    let targeted = Leaf {
        target: Some(3),
        ..leaf
    };
    let cases: [Case; 14] = [
        ("genuine", ACCEPTED, "of the version", leaf.encode()),
        (
            "targeted",
            ACCEPTED,
            "of a version that replaces another",
            targeted.encode(),
        ),
        (
            "kind_zero",
            "Kind",
            "kinds count from 1",
            changed(&|items| items[0] = number(0)),
        ),
        (
            "kind_unknown",
            "Kind",
            "kind 15 needs newer software",
            changed(&|items| items[0] = number(15)),
        ),
        (
            "kind_negative",
            "Kind",
            "kind -1",
            changed(&|items| items[0] = Cbor::Negative(0)),
        ),
        (
            "id_of_31_bytes",
            "Shape",
            "a byte of the id is missing",
            changed(&|items| items[1] = Cbor::Bytes(vec![7; 31])),
        ),
        (
            "time_negative",
            "Shape",
            "a minute before 1970",
            changed(&|items| items[2] = Cbor::Negative(0)),
        ),
        (
            "time_too_late",
            "Shape",
            "a minute after the year 9999",
            changed(&|items| items[2] = number(1 << 40)),
        ),
        (
            "signer_missing",
            "Shape",
            "three items",
            changed(&|items| drop(items.pop())),
        ),
        (
            "seven_items",
            "Shape",
            "an item too many",
            changed(&|items| items.extend([number(3), number(4), number(5)])),
        ),
        (
            "beyond_80_bytes",
            "TooLong",
            "longer than any leaf",
            changed(&|items| items[1] = Cbor::Bytes(vec![7; 80])),
        ),
        (
            "from_without_revocation",
            "Shape",
            "a version with a from_index",
            changed(&|items| items.extend([number(3), number(4)])),
        ),
        (
            "revocation_without_from",
            "Shape",
            "a key-status without a from_index",
            changed(&|items| {
                items[0] = number(5);
                items.push(number(3));
            }),
        ),
        ("kind_not_shortest", "NotShortest", "kind 1 in two bytes", wide),
    ];
    maker.add_all("leaf", cases);
}

/// `[[leaf …], status]`: four bits for every leaf, as in a snapshot (FORMAT §5).
fn statuses(maker: &mut Maker) {
    let cases = super::chains::all();
    for (name, expect, note, leaves, status) in cases {
        let leaves = leaves.iter().map(|leaf| Cbor::Bytes(leaf.encode())).collect();
        let bytes = Cbor::Array(vec![Cbor::Array(leaves), Cbor::Bytes(status)]).encode();
        maker.add("status", &name, expect, &note, bytes);
    }
}
