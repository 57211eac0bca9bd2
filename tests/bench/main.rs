//! What each step costs: `cargo bench -p planseal-tests`.
//!
//! Verification is set against the bare cost of the signatures in it: the first lines printed are the ratio of a whole
//! check to as many `verify_strict` calls as it makes. Documents are set against the raw work in them.

mod document;

use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use divan::Bencher;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use planseal::bundle::Bundle;
use planseal::check::{Question, Reader};
use planseal::envelope::SignedObject;
use planseal::plan::PlanVersion;
use planseal::sign::ToBeSigned;
use planseal::verify;
use planseal_render::print::{self, Print};
use planseal_store::{OperationId, Publication, SetClock, Store, StoreConfig};
use planseal_tests::forge::Parts;
use planseal_tests::key::FixedKey;
use planseal_tests::ledger::ORIGIN;
use planseal_tests::sample::{Sample, draft, first_version};
use planseal_tests::world::{World, beginning};

fn main() {
    println!("{}", ratio_of_an_envelope());
    println!("{}", ratio_of_a_bundle());
    for line in document::ratios() {
        println!("{line}");
    }
    divan::main();
}

/// The world and one printed plan in it, made once.
struct Bench {
    world: World,
    sample: Sample,
    bundle: Vec<u8>,
    pdf: Vec<u8>,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    let bundle = sample.bundle.encode().expect("a bundle encodes");
    let pdf = printed(&world, &sample.bundle, &bundle);
    Bench {
        world,
        sample,
        bundle,
        pdf,
    }
});

fn printed(world: &World, bundle: &Bundle, bytes: &[u8]) -> Vec<u8> {
    let reader = Reader::default().pin(world.policy.clone());
    let checked = reader.open_bundle(bundle).expect("an honest bundle");
    let print = Print {
        checked: &checked,
        bundle: bytes,
        files: &[],
        policy: &world.policy,
    };
    print::print(&print).expect("a page is made")
}

/// One version by certificates that are already verified: one signature.
fn ratio_of_an_envelope() -> String {
    let bytes = BENCH.sample.version.verified().envelope();
    let whole = median(|| verify_envelope(bytes));
    ratio("envelope against a known signer", whole, 1)
}

/// A bundle by nothing but the pinned policy: the root was verified when it was pinned; then four certificates, version,
/// card, stamp and head, and one checkpoint for each of six receipts.
fn ratio_of_a_bundle() -> String {
    let reader = Reader::default().pin(BENCH.world.policy.clone());
    let whole = median(|| {
        let bundle = Bundle::decode(black_box(&BENCH.bundle)).expect("an honest bundle");
        black_box(reader.open_bundle(&bundle).expect("an honest bundle"));
    });
    let bundle = &BENCH.sample.bundle;
    let signatures = (bundle.certificates.len() - 1) + 4 + bundle.receipts.len();
    ratio("bundle against the pinned policy", whole, signatures)
}

fn ratio(what: &str, whole: Duration, signatures: usize) -> String {
    let raw = median(|| verify_raw(signatures));
    let ratio = whole.as_secs_f64() / raw.as_secs_f64();
    format!("{what}: {whole:?} against {raw:?} for {signatures} verify_strict: {ratio:.2}")
}

fn verify_raw(signatures: usize) {
    static RAW: LazyLock<(VerifyingKey, Vec<u8>, Signature)> = LazyLock::new(raw_signature);
    let (key, message, signature) = &*RAW;
    for _ in 0..signatures {
        key.verify_strict(black_box(message), signature)
            .expect("an honest signature");
    }
}

/// A signature over as many bytes as a version's.
fn raw_signature() -> (VerifyingKey, Vec<u8>, Signature) {
    let key = SigningKey::from_bytes(&[9; 32]);
    let message = Parts::of(BENCH.sample.version.verified().object()).signed_bytes(&[]);
    let signature = key.sign(&message);
    (key.verifying_key(), message, signature)
}

/// The median of 101 runs, after ten that are not counted.
fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..111)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed()
        })
        .skip(10)
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn verify_envelope(bytes: &[u8]) {
    let object = SignedObject::parse(black_box(bytes)).expect("an honest envelope");
    let verified = verify::statement::<PlanVersion>(&object, &BENCH.world.directory);
    black_box(verified.expect("an honest version"));
}

#[divan::bench]
fn validate_a_draft(bencher: Bencher<'_, '_>) {
    let context = planseal_tests::sample::context(BENCH.sample.version.content().signed_at(), None);
    bencher
        .with_inputs(|| draft("P1-v1"))
        .bench_values(|draft| draft.validate(&context).expect("an example plan is complete"));
}

#[divan::bench]
fn sign(bencher: Bencher<'_, '_>) {
    let version = first_version();
    let author = &BENCH.world.author;
    bencher.bench(|| {
        let to_be_signed =
            ToBeSigned::statement(&version, &author.certificate).expect("a finaliser signs versions");
        to_be_signed.sign(&author.key).expect("the author's own key")
    });
}

#[divan::bench]
fn verify_one_raw_signature(bencher: Bencher<'_, '_>) {
    let (key, message, signature) = raw_signature();
    bencher.bench(|| key.verify_strict(black_box(&message), &signature));
}

#[divan::bench]
fn verify_an_envelope(bencher: Bencher<'_, '_>) {
    let bytes = BENCH.sample.version.verified().envelope();
    bencher.bench(|| verify_envelope(bytes));
}

#[divan::bench(sample_count = 50)]
fn verify_a_pdf(bencher: Bencher<'_, '_>) {
    let reader = Reader::default().pin(BENCH.world.policy.clone());
    let question = Question::at(BENCH.sample.head.signed_at());
    bencher.bench(|| {
        let bundle = Bundle::find(black_box(&BENCH.pdf)).expect("the PDF carries one bundle");
        reader.check_bundle(&bundle, &question)
    });
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn append_in_memory(bencher: Bencher<'_, '_>) {
    append(bencher, StoreConfig::memory);
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn append_to_a_folder(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder for this run");
    let mut number = 0;
    append(bencher, || {
        number += 1;
        let root = folder.path().join(format!("store-{number}"));
        StoreConfig::folder(root, folder.path().join(format!("key-{number}")))
    });
}

/// One version into a store that holds its signer's certificates: stored, logged, receipted and, in a folder, durable.
fn append(bencher: Bencher<'_, '_>, mut config: impl FnMut() -> StoreConfig) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (version, card) = (BENCH.sample.version.verified(), &BENCH.sample.card);
    bencher
        .with_inputs(|| runtime.block_on(open(config())))
        .bench_local_values(|store| {
            let publication = Publication {
                version,
                card: Some(card),
                attachments: &[],
                operation: OperationId::random().expect("random bytes"),
            };
            runtime
                .block_on(store.publish(publication))
                .expect("an honest version is published");
            store
        });
}

async fn open(config: StoreConfig) -> Store {
    let clock = Arc::new(SetClock::new(beginning()));
    let key = Box::new(FixedKey::from_seed(2));
    let store = Store::open(config, key, ORIGIN, Arc::<SetClock>::clone(&clock)).await;
    let store = store.expect("a store opens");
    for certificate in BENCH.world.certificates() {
        let operation = OperationId::random().expect("random bytes");
        store
            .append(certificate, operation)
            .await
            .expect("a certificate is logged");
    }
    clock.set(BENCH.sample.version.content().signed_at().plus(60));
    store
}
