//! Other people's implementations of the standards agree with ours, in both directions.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use planseal::canonical::CanonicalBytes;
use planseal::envelope::SignedObject;
use planseal::log::tree::{
    Hash, MemoryTree, consistency_proof, inclusion_proof, leaf_hash, root, verify_consistency,
    verify_inclusion,
};
use planseal::plan::PlanVersion;
use planseal::verify;
use planseal_tests::forge::Parts;
use planseal_tests::sample::Sample;
use planseal_tests::world::World;
use sha2::Sha256;

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;
type Digest = ct_merkle::digest::Output<Sha256>;

/// Past two powers of two, so that every shape of right edge occurs.
const SIZES: u64 = 70;

fn trees(size: u64) -> (MemoryTree, Oracle) {
    let (mut own, mut oracle) = (MemoryTree::default(), Oracle::new());
    for number in 0..size {
        let leaf = number.to_be_bytes().to_vec();
        own.push(leaf_hash(&leaf));
        oracle.push(leaf);
    }
    (own, oracle)
}

fn digests(path: &[Hash]) -> Vec<Digest> {
    path.iter().map(|hash| Digest::from(*hash.as_bytes())).collect()
}

fn hashes(path: &[u8]) -> Vec<Hash> {
    let (chunks, _) = path.as_chunks::<32>();
    chunks.iter().copied().map(Hash::from_bytes).collect()
}

fn own_root(tree: &MemoryTree, size: u64) -> Hash {
    root(tree, size).expect("the tree holds every hash")
}

#[test]
fn ct_merkle_makes_the_same_trees_and_inclusion_proofs() {
    for size in 1..=SIZES {
        let (own, oracle) = trees(size);
        let root = own_root(&own, size);
        assert_eq!(
            oracle.root().as_bytes().as_slice(),
            root.as_bytes(),
            "size {size}"
        );
        for index in 0..size {
            let leaf = index.to_be_bytes().to_vec();
            let path = inclusion_proof(&own, index, size).expect("the leaf is in the tree");
            let theirs = InclusionProof::<Sha256>::from_digests(&digests(&path));
            assert!(
                oracle.root().verify_inclusion(&leaf, index, &theirs).is_ok(),
                "{index} of {size}"
            );
            let place = usize::try_from(index).expect("a small number");
            let made = hashes(oracle.prove_inclusion(place).as_bytes());
            assert_eq!(
                verify_inclusion(&leaf_hash(&leaf), index, size, &made, &root),
                Ok(()),
                "{index} of {size}"
            );
        }
    }
}

#[test]
fn ct_merkle_makes_the_same_consistency_proofs() {
    let (own, _) = trees(SIZES);
    for new in 1..=SIZES {
        let (_, oracle) = trees(new);
        for old in 1..=new {
            let (old_root, new_root) = (own_root(&own, old), own_root(&own, new));
            let path = consistency_proof(&own, old, new).expect("both trees are prefixes");
            let theirs = ConsistencyProof::<Sha256>::from_digests(&digests(&path));
            let their_old = RootHash::<Sha256>::new(Digest::from(*old_root.as_bytes()), old);
            assert!(
                oracle.root().verify_consistency(&their_old, &theirs).is_ok(),
                "{old} to {new}"
            );
            let additions = usize::try_from(new - old).expect("a small number");
            let made = hashes(oracle.prove_consistency(additions).as_bytes());
            assert_eq!(
                verify_consistency(old, new, &made, &old_root, &new_root),
                Ok(()),
                "{old} to {new}"
            );
        }
    }
}

#[test]
fn coset_reads_our_envelopes_and_signs_the_same_bytes() {
    use coset::{CborSerializable, CoseSign1, RegisteredLabelWithPrivate, iana};
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    let object = sample.version.verified().object();
    let theirs = CoseSign1::from_slice(object.bytes()).expect("coset reads an untagged COSE_Sign1");
    let algorithm = theirs.protected.header.alg.clone();
    assert_eq!(
        algorithm,
        Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::Ed25519))
    );
    assert_eq!(theirs.tbs_data(&[]), Parts::of(object).signed_bytes(&[]));
    assert_eq!(theirs.to_vec().expect("coset writes"), object.bytes());
}

#[test]
fn an_envelope_built_by_coset_is_accepted() {
    use coset::{CborSerializable, CoseSign1Builder};
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    let theirs =
        coset::CoseSign1::from_slice(sample.version.verified().envelope()).expect("coset reads ours");
    let built = CoseSign1Builder::new()
        .protected(theirs.protected.header.clone())
        .payload(theirs.payload.clone().expect("a payload"))
        .create_signature(&[], |message| world.author.key.sign_anything(message).to_vec())
        .build();
    let object = SignedObject::parse(&built.to_vec().expect("coset writes")).expect("the same closed header");
    assert!(verify::statement::<PlanVersion>(&object, &world.directory).is_ok());
}

/// dCBOR is a wider profile than ours with the same bytes: whatever we accept it accepts, and it writes it back alike.
#[test]
fn dcbor_agrees_about_canonical_bytes() {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    let payload = Parts::of(sample.version.verified().object()).payload.encode();
    let receipt = world.ledger.receipt(&sample.version.id()).encode();
    let handmade = [
        "00",
        "3863",
        "1bffffffffffffffff",
        "a3010218ff6178616101f5",
        "83f4f54100",
        "62c3a9",
    ]
    .map(|digits| hex::decode(digits).expect("hexadecimal"));
    let whole = [
        sample.version.verified().envelope().to_vec(),
        payload,
        receipt,
        world.policy.bytes().as_slice().to_vec(),
    ];
    let mut accepted = 0;
    for bytes in whole.iter().chain(&handmade) {
        if CanonicalBytes::check(bytes, 1 << 20).is_ok() {
            let theirs = dcbor::CBOR::try_from_data(bytes).expect("dCBOR accepts what the profile accepts");
            assert_eq!(&theirs.to_cbor_data(), bytes);
            accepted += 1;
        }
    }
    assert_eq!(
        accepted, 9,
        "the map with a key out of order is the only one refused"
    );
}

#[test]
fn dcbor_refuses_what_the_profile_refuses_about_encoding() {
    for digits in [
        "1817",
        "1900ff",
        "a2020001",
        "a202000100",
        "a201000100",
        "5f4100ff",
        "9fff",
        "c1",
        "0000",
    ] {
        let bytes = hex::decode(digits).expect("hexadecimal");
        assert!(CanonicalBytes::check(&bytes, 64).is_err(), "{digits}");
        assert!(dcbor::CBOR::try_from_data(&bytes).is_err(), "{digits}");
    }
}

#[test]
fn signed_note_accepts_our_checkpoints() {
    use signed_note::{Note, StandardVerifier, VerifierList};
    let world = World::new();
    let verifier =
        StandardVerifier::new(&world.ledger.verifier().to_string()).expect("a verifier key of the standard");
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let checkpoint = world.ledger.checkpoint();
    let note = Note::from_bytes(checkpoint.as_bytes()).expect("a note of the standard");
    let (verified, unverified) = note.verify(&known).expect("the log's signature");
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    let forged = checkpoint.replacen('\n', "x\n", 1);
    let forged = Note::from_bytes(forged.as_bytes()).expect("still a note");
    assert!(forged.verify(&known).is_err());
}

/// Hashes in the order in which azul's `tlog_tiles` numbers them.
#[derive(Default)]
struct Stored(Vec<tlog_tiles::Hash>);

impl tlog_tiles::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let at = |index: &u64| self.0[usize::try_from(*index).expect("a small number")];
        Ok(indexes.iter().map(at).collect())
    }
}

/// The same leaves in a tree of ours and in one of azul's.
fn azul_trees(size: u64) -> (MemoryTree, Stored) {
    let (mut own, mut azul) = (MemoryTree::default(), Stored::default());
    for number in 0..size {
        let leaf = number.to_be_bytes();
        own.push(leaf_hash(&leaf));
        let new = tlog_tiles::stored_hashes(number, &leaf, &azul).expect("a tree in memory");
        azul.0.extend(new);
    }
    (own, azul)
}

fn to_azul(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn from_azul(path: &[tlog_tiles::Hash]) -> Vec<Hash> {
    path.iter().map(|hash| Hash::from_bytes(hash.0)).collect()
}

#[test]
fn azul_accepts_our_inclusion_proofs_and_we_accept_its() {
    let (own, azul) = azul_trees(SIZES);
    for size in 1..=SIZES {
        let root = own_root(&own, size);
        let theirs = tlog_tiles::tree_hash(size, &azul).expect("a tree in memory");
        assert_eq!(theirs, to_azul(&root), "the root of {size}");
        for index in 0..size {
            let leaf = index.to_be_bytes();
            let path = inclusion_proof(&own, index, size).expect("the leaf is in the tree");
            let path: Vec<_> = path.iter().map(to_azul).collect();
            let record = tlog_tiles::record_hash(&leaf);
            let told = |index| tlog_tiles::check_record(&path, size, theirs, index, record).is_ok();
            assert!(told(index), "{index} of {size}");
            assert!(size == 1 || !told((index + 1) % size), "not of its neighbour");
            let made = tlog_tiles::prove_record(size, index, &azul).expect("the leaf is in the tree");
            let told = verify_inclusion(&leaf_hash(&leaf), index, size, &from_azul(&made), &root);
            assert_eq!(told, Ok(()), "{index} of {size}");
        }
    }
}

#[test]
fn azul_accepts_our_consistency_proofs_and_we_accept_its() {
    let (own, azul) = azul_trees(SIZES);
    for new in 1..=SIZES {
        for old in 1..=new {
            let (old_root, new_root) = (own_root(&own, old), own_root(&own, new));
            let path = consistency_proof(&own, old, new).expect("both trees are prefixes");
            let path: Vec<_> = path.iter().map(to_azul).collect();
            let told = |old_root: &Hash| {
                tlog_tiles::check_tree(&path, new, to_azul(&new_root), old, to_azul(old_root)).is_ok()
            };
            assert!(told(&old_root), "{old} to {new}");
            assert!(
                !told(&leaf_hash(b"another tree")),
                "{old} to {new} of another tree"
            );
            let made = tlog_tiles::prove_tree(new, old, &azul).expect("both trees are prefixes");
            let told = verify_consistency(old, new, &from_azul(&made), &old_root, &new_root);
            assert_eq!(told, Ok(()), "{old} to {new}");
        }
    }
}

/// azul's reader takes our checkpoint, and the inclusion proof in our receipt leads to the root it read.
#[test]
fn azul_follows_a_receipt_of_ours_to_the_checkpoint() {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    let receipt = world.ledger.receipt(&sample.version.id());
    let note = signed_note::Note::from_bytes(receipt.proof().checkpoint.as_bytes()).expect("a note");
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(note.text()).expect("a checkpoint");
    assert_eq!(checkpoint.origin(), planseal_tests::ledger::ORIGIN);
    assert_eq!(checkpoint.size(), world.ledger.size());
    assert_eq!(checkpoint.extension(), "");
    let path: Vec<_> = receipt.proof().path.iter().map(to_azul).collect();
    let leaf = tlog_tiles::record_hash(&receipt.leaf().encode());
    let told =
        |index| tlog_tiles::check_record(&path, checkpoint.size(), *checkpoint.hash(), index, leaf).is_ok();
    assert!(told(receipt.proof().index));
    assert!(!told(receipt.proof().index - 1));
}

/// A checkpoint written and signed by azul's crates, over a tree of theirs, is one of the pinned log to us.
#[test]
fn we_accept_a_checkpoint_of_azuls_and_a_proof_under_it() {
    use base64::Engine;
    use planseal::log::checkpoint::VerifiedCheckpoint;
    let world = World::new();
    let log = world.ledger.verifier();
    let secret = base64::engine::general_purpose::STANDARD.encode([&[1][..], &[2; 32]].concat());
    let key = format!("PRIVATE+KEY+{}+{}+{secret}", log.name(), hex::encode(log.id()));
    let signer = signed_note::StandardSigner::new(&key).expect("a signer of the standard");
    let (_, azul) = azul_trees(9);
    let root = tlog_tiles::tree_hash(9, &azul).expect("a tree in memory");
    let text = tlog_tiles::Checkpoint::new(log.name(), 9, root, "")
        .expect("a checkpoint")
        .to_bytes();
    let mut note = signed_note::Note::new(&text, &[]).expect("a note");
    note.add_sigs(&[&signer]).expect("azul signs");
    let note = String::from_utf8(note.to_bytes()).expect("a note is text");
    let verified = VerifiedCheckpoint::verify(&note, &world.policy).expect("the pinned log's key signed it");
    let path = tlog_tiles::prove_record(9, 4, &azul).expect("the leaf is in the tree");
    let leaf = leaf_hash(&4_u64.to_be_bytes());
    let told = verify_inclusion(&leaf, 4, verified.size(), &from_azul(&path), &verified.root());
    assert_eq!(told, Ok(()));
    let forged = note.replacen("\n9\n", "\n8\n", 1);
    assert!(VerifiedCheckpoint::verify(&forged, &world.policy).is_err());
}
