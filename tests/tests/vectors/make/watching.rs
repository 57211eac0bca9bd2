//! Those who watch a log: what a witness is asked to cosign, and what a monitor writes down against a service.

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::log::tree::{Hash, MemoryTree, consistency_proof, root};
use planseal::sign::SigningPort;
use planseal::statement::Kind;
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::Parts;
use planseal_tests::key::FixedKey;
use planseal_tests::ledger::ORIGIN;
use planseal_tests::vector::ACCEPTED;

use super::{Case, Maker};

pub(super) fn make(maker: &mut Maker) {
    let cases = requests(maker);
    maker.add_all("witnessing", cases);
    let cases = evidence(maker);
    maker.add_all("contradiction", cases);
}

/// The log's key, with which a lying service signs as well.
const LOG: u8 = 2;

fn tree(leaves: &[Leaf]) -> MemoryTree {
    let mut tree = MemoryTree::default();
    leaves.iter().for_each(|leaf| tree.push(leaf.hash()));
    tree
}

fn root_of(leaves: &[Leaf]) -> Hash {
    let tree = tree(leaves);
    root(&tree, tree.size()).expect("a tree")
}

fn checkpoint(leaves: &[Leaf], origin: &str, key: u8) -> String {
    let key = FixedKey::from_seed(key);
    let named = VerifierKey::new(origin, KeyType::Log, key.public_key()).expect("a name");
    let tree = tree(leaves);
    let checkpoint = Checkpoint {
        origin: origin.into(),
        size: tree.size(),
        root: root(&tree, tree.size()).expect("a tree"),
    };
    checkpoint.sign(&named, &key).expect("signed").to_string()
}

/// `[held size, held root, request]`.
fn asked(held: &[Leaf], request: &str) -> Vec<u8> {
    let size = u64::try_from(held.len()).expect("a small log");
    let root = match held {
        [] => planseal::log::tree::empty_root(),
        leaves => root_of(leaves),
    };
    let parts = [
        Cbor::Unsigned(size),
        Cbor::Bytes(root.as_bytes().to_vec()),
        Cbor::Bytes(request.as_bytes().to_vec()),
    ];
    Cbor::Array(parts.to_vec()).encode()
}

fn request(old: usize, leaves: &[Leaf]) -> String {
    use base64::Engine as _;
    let new = u64::try_from(leaves.len()).expect("a small log");
    let old = u64::try_from(old).expect("a small log");
    let path = match old {
        0 => Vec::new(),
        old => consistency_proof(&tree(leaves), old, new).expect("a proof"),
    };
    let hash = |hash: &Hash| base64::engine::general_purpose::STANDARD.encode(hash.as_bytes()) + "\n";
    let path: String = path.iter().map(hash).collect();
    format!("old {old}\n{path}\n{}", checkpoint(leaves, ORIGIN, LOG))
}

fn requests(maker: &Maker) -> Vec<Case> {
    let leaves = &maker.world.ledger.leaves()[..9];
    let (held, grown) = (&leaves[..6], request(6, leaves));
    let mut other = leaves.to_vec();
    other[3].id = ObjectId::of(b"another object");
    let with = |note: &str| format!("old 6\n{}\n{note}", proof_lines(&grown));
    let unsigned = checkpoint(leaves, ORIGIN, LOG);
    let unsigned = unsigned.split_once("\n\n").expect("a note").0.to_owned();
    let (stranger, signed) = (checkpoint(leaves, ORIGIN, 77), checkpoint(leaves, ORIGIN, LOG));
    let line = |note: &str| note.split_once("\n\n").expect("a note").1.to_owned();
    vec![
        (
            "first",
            ACCEPTED,
            "nothing was cosigned before",
            asked(&[], &request(0, held)),
        ),
        (
            "growth",
            ACCEPTED,
            "the tree grew from the one cosigned last",
            asked(held, &grown),
        ),
        (
            "again",
            ACCEPTED,
            "the tree cosigned last, once more",
            asked(held, &request(6, held)),
        ),
        (
            "fork",
            "OtherRoot",
            "another history of the log",
            asked(held, &request(6, &other)),
        ),
        (
            "same_size",
            "Conflict",
            "another tree of the size cosigned last",
            asked(held, &request(6, &other[..6])),
        ),
        (
            "from_long_past",
            "Conflict",
            "a proof from a size before the last",
            asked(held, &request(4, leaves)),
        ),
        (
            "from_a_size_to_come",
            "Conflict",
            "a proof from a size never cosigned",
            asked(held, &request(8, leaves)),
        ),
        (
            "shrinks",
            "Shrinks",
            "the old size is beyond the checkpoint",
            asked(held, &grown.replacen("old 6", "old 10", 1)),
        ),
        (
            "proof_cut",
            "PathLength",
            "the last hash of the proof is missing",
            asked(held, &without_last_hash(&grown)),
        ),
        (
            "proof_from_nothing",
            "PathLength",
            "a hash where nothing is to be proved",
            asked(&[], &request(6, leaves).replacen("old 6", "old 0", 1)),
        ),
        (
            "unsigned_by_the_log",
            "NotSigned",
            "a line of another key alone",
            asked(held, &with(&format!("{unsigned}\n\n{}", line(&stranger)))),
        ),
        (
            "another_log",
            "Origin",
            "a checkpoint of another log",
            asked(held, &with(&checkpoint(leaves, "other.example/log", LOG))),
        ),
        (
            "old_with_zero",
            "Malformed",
            "a size with a leading zero",
            asked(held, &grown.replacen("old 6", "old 06", 1)),
        ),
        (
            "carriage_returns",
            "Malformed",
            "lines end with two bytes",
            asked(held, &grown.replace('\n', "\r\n")),
        ),
        (
            "no_empty_line",
            "Malformed",
            "proof and checkpoint run into one",
            asked(held, &grown.replacen("\n\n", "\n", 1)),
        ),
        (
            "without_checkpoint",
            "Malformed",
            "nothing is to be cosigned",
            asked(held, "old 6\n\n"),
        ),
        (
            "extension_line",
            "Text",
            "a line after the root",
            asked(held, &with(&signed.replacen("\n\n", "\nan extension\n\n", 1))),
        ),
    ]
}

fn proof_lines(request: &str) -> String {
    let head = request.split_once("\n\n").expect("a request").0;
    head.lines().skip(1).map(|line| format!("{line}\n")).collect()
}

fn without_last_hash(request: &str) -> String {
    let (head, note) = request.split_once("\n\n").expect("a request");
    let kept = head.rsplit_once('\n').expect("a proof").0;
    format!("{kept}\n\n{note}")
}

/// A file of evidence before it is written.
struct Evidence {
    checkpoints: Vec<String>,
    views: Vec<Vec<u8>>,
    certificates: Vec<Vec<u8>>,
    leaves: Vec<Vec<u8>>,
}

impl Evidence {
    fn of(checkpoints: &[String], leaves: &[Leaf]) -> Self {
        Self {
            checkpoints: checkpoints.to_vec(),
            views: Vec::new(),
            certificates: Vec::new(),
            leaves: leaves.iter().map(Leaf::encode).collect(),
        }
    }

    fn with_view(mut self, view: Vec<u8>, certificates: &[&SignedObject]) -> Self {
        self.views.push(view);
        self.certificates = certificates
            .iter()
            .map(|object| object.bytes().to_vec())
            .collect();
        self
    }

    fn map(&self) -> Cbor {
        let many = |items: &[Vec<u8>]| Cbor::Array(items.iter().cloned().map(Cbor::Bytes).collect());
        let notes: Vec<Vec<u8>> = self
            .checkpoints
            .iter()
            .map(|note| note.clone().into_bytes())
            .collect();
        let mut map = Cbor::Map(Vec::new());
        for (name, value) in [
            ("typ", Cbor::text("planseal.contradiction")),
            ("v", Cbor::Unsigned(1)),
            ("checkpoints", many(&notes)),
            ("views", many(&self.views)),
            ("certificates", many(&self.certificates)),
            ("leaves", many(&self.leaves)),
        ] {
            map.put(&Cbor::text(name), value);
        }
        map
    }

    fn encode(&self) -> Vec<u8> {
        self.map().encode()
    }
}

fn evidence(maker: &Maker) -> Vec<Case> {
    let size = usize::try_from(maker.sample.snapshot.content().size()).expect("a small log");
    let leaves = &maker.world.ledger.leaves()[..size];
    let signed = |leaves: &[Leaf]| checkpoint(leaves, ORIGIN, LOG);
    let mut other = leaves.to_vec();
    other[3].id = ObjectId::of(b"another object");
    let version = leaves
        .iter()
        .position(|leaf| leaf.kind == Kind::Version)
        .expect("the sample");
    let successor = |name: &[u8]| Leaf {
        id: ObjectId::of(name),
        target: u64::try_from(version).ok(),
        ..leaves[version]
    };
    let forked = [leaves, &[successor(b"one"), successor(b"another")]].concat();
    let chain = [
        maker.world.status.certificate.object(),
        maker.world.host.certificate.object(),
    ];
    let honest = maker.sample.snapshot.object();
    let twisted = Parts::of(honest).payload(|payload| {
        let Cbor::Bytes(nibbles) = payload.at(&Cbor::text("status")) else {
            panic!("status is bytes");
        };
        nibbles[version / 2] ^= if version.is_multiple_of(2) { 1 } else { 16 };
    });
    let twisted = twisted.signed_by(&maker.world.status.key).encode();
    let all = || Evidence::of(&[signed(leaves)], leaves);
    let mut newer = all().map();
    newer.put(&Cbor::text("v"), Cbor::Unsigned(2));
    let unknown = Cbor::Array([15, 0, 1, 0].map(Cbor::Unsigned).to_vec());
    let mut stranger = all();
    let Cbor::Array(mut parts) = unknown else {
        return Vec::new();
    };
    parts[1] = Cbor::Bytes(vec![7; 32]);
    stranger.leaves.push(Cbor::Array(parts).encode());
    vec![
        (
            "two_of_one_size",
            ACCEPTED,
            "two trees of one size, both signed",
            Evidence::of(&[signed(leaves), signed(&other)], &[]).encode(),
        ),
        (
            "rewritten",
            ACCEPTED,
            "a signed tree, and an earlier one that is not its beginning",
            Evidence::of(&[signed(leaves), signed(&other[..6])], leaves).encode(),
        ),
        (
            "second_successor",
            ACCEPTED,
            "two leaves follow one version",
            Evidence::of(&[signed(&forked)], &forked).encode(),
        ),
        (
            "false_snapshot",
            ACCEPTED,
            "a snapshot that its own leaves refute",
            all().with_view(twisted.clone(), &chain).encode(),
        ),
        ("sound", "Sound", "a log that says nothing twice", all().encode()),
        (
            "sound_with_a_snapshot",
            "Sound",
            "a snapshot that its leaves bear out",
            all().with_view(honest.bytes().to_vec(), &chain).encode(),
        ),
        (
            "sound_with_an_older_tree",
            "Sound",
            "a signed tree and its own beginning",
            Evidence::of(&[signed(leaves), signed(&leaves[..6])], leaves).encode(),
        ),
        (
            "of_no_signed_tree",
            "NotCommitted",
            "leaves that anybody could have written",
            Evidence::of(&[signed(leaves)], &leaves[..6]).encode(),
        ),
        (
            "without_checkpoint",
            "NotCommitted",
            "a view alone does not say whose leaves these are",
            Evidence::of(&[], leaves)
                .with_view(twisted.clone(), &chain)
                .encode(),
        ),
        (
            "of_another_log",
            "Origin",
            "a checkpoint of another log",
            Evidence::of(&[checkpoint(leaves, "other.example/log", LOG)], leaves).encode(),
        ),
        (
            "signed_by_nobody_known",
            "NotSigned",
            "a checkpoint by another key",
            Evidence::of(&[checkpoint(leaves, ORIGIN, 77)], leaves).encode(),
        ),
        (
            "signer_left_out",
            "SignerUnknown",
            "a snapshot without its signer's certificate",
            all().with_view(twisted, &[]).encode(),
        ),
        (
            "not_a_view",
            "Kind",
            "a version says nothing about the log's tree",
            all()
                .with_view(maker.sample.version.verified().envelope().to_vec(), &chain)
                .encode(),
        ),
        (
            "too_many_checkpoints",
            "Shape",
            "seventeen claims",
            Evidence::of(&vec![signed(leaves); 17], leaves).encode(),
        ),
        (
            "leaf_of_a_kind_to_come",
            "NotCommitted",
            "a leaf that this format does not know",
            stranger.encode(),
        ),
        ("newer_format", "NewerFormat", "v = 2", newer.encode()),
        ("map_of_nothing", "Value", "an empty map", vec![0xa0]),
    ]
}
