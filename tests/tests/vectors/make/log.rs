//! The log: proofs, leaves, registrations, and what leaves say of versions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use planseal::log::leaf::Leaf;
use planseal::log::tree::{Hash, consistency_proof, inclusion_proof, root};
use planseal_tests::cbor::Cbor;
use planseal_tests::vector::ACCEPTED;

use super::{Case, Maker};
use crate::later::{Later, registration};

pub(super) fn make(maker: &mut Maker, later: &Later) {
    registrations(maker, later);
    receipts(maker);
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

/// One bit of a hash in base64 changed.
pub(super) fn flipped(hash: &str) -> String {
    let mut bytes = STANDARD.decode(hash).expect("base64");
    bytes[0] ^= 1;
    STANDARD.encode(bytes)
}
