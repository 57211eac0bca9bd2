//! What a document costs: its pages, the seal, and being verified as a file, with 186 kB of attached files.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;

use divan::Bencher;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use planseal::bundle::Bundle;
use planseal::check::{FileState, Question, Reader};
use planseal::time::Timestamp;
use planseal_render::carried;
use planseal_render::print::{self, Print};
use planseal_render::seal::{self, SealPort, Sealing};
use planseal_signer::seal::{SealAuthority, SealKey};
use planseal_tests::sample::{Sample, context, draft};
use planseal_tests::world::{World, instant};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;

use super::{median, verify_raw};

/// 186 kB, as in the measurements of other writers that this project began with.
const FILE: usize = 186_000;

struct Document {
    world: World,
    bundle: Bundle,
    bytes: Vec<u8>,
    files: Vec<Vec<u8>>,
    at: Timestamp,
    key: SealKey,
    pages: Vec<u8>,
    sealed: Vec<u8>,
}

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let mut world = World::new();
    let at = instant("2026-09-30T10:15:00Z");
    let authority = SealAuthority::generate("Seals", at).expect("an authority");
    world.policy = world
        .policy
        .with_seals(authority.fingerprint())
        .expect("a policy");
    let mut draft = draft("P4-v5");
    let name = draft.unfilled_attachments()[0].to_string();
    let mut file = b"%PDF-1.7\n".to_vec();
    file.resize(FILE, b'x');
    draft.fill_attachment(&name, &file).expect("the draft names it");
    let plan = draft.validate(&context(at, None)).expect("a complete plan");
    let version = world.sign(&plan, &world.author);
    let sample = Sample::of(&mut world, version);
    let mut document = Document {
        world,
        bytes: sample.bundle.encode().expect("a bundle encodes"),
        bundle: sample.bundle,
        files: vec![file],
        at: sample.stamp.content().issued_at,
        key: authority.issue("Plans", at).expect("a key"),
        pages: Vec::new(),
        sealed: Vec::new(),
    };
    document.pages = document.print();
    document.sealed = document.seal();
    document
});

impl Document {
    fn print(&self) -> Vec<u8> {
        let reader = Reader::default().pin(self.world.policy.clone());
        let checked = reader.open_bundle(&self.bundle).expect("an honest bundle");
        let print = Print {
            checked: &checked,
            bundle: &self.bytes,
            files: &self.files,
            policy: &self.world.policy,
        };
        print::print(&print).expect("pages are made")
    }

    fn seal(&self) -> Vec<u8> {
        let sealing = Sealing {
            port: &self.key,
            time_stamps: None,
            at: self.at,
        };
        seal::seal(black_box(&self.pages), &sealing).expect("sealed")
    }

    /// As a reader does who is given the file: find, check, make the pages again, compare, open the seal.
    fn verify(&self) {
        let file = black_box(self.sealed.as_slice());
        let reader = Reader::default().pin(self.world.policy.clone());
        let bundle = carried::bundle(file).expect("one bundle");
        let checked = reader.open_bundle(&bundle).expect("an honest bundle");
        let files = carried::attachments(file, checked.version().verified().content().attachments());
        black_box(reader.check_bundle(
            &bundle,
            &Question {
                attachments: &files,
                ..Question::at(self.at)
            },
        ));
        let again = Print {
            checked: &checked,
            bundle: &bundle.encode().expect("a bundle encodes"),
            files: &files,
            policy: &self.world.policy,
        };
        assert_eq!(print::compare(file, &again), FileState::Genuine);
    }
}

/// Pages against deflating and hashing as many bytes; the seal against its signature and two hashes of the file; the
/// whole check against the pages and as many raw signatures.
pub(super) fn ratios() -> [String; 3] {
    let document = &*DOCUMENT;
    let deflated = median(|| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(black_box(&document.pages)).expect("memory");
        black_box(encoder.finish().expect("memory"));
        black_box(Sha256::digest(&document.pages));
    });
    let signed = median(|| {
        black_box(document.key.sign(black_box(b"attributes")).expect("signed"));
        black_box((Sha256::digest(&document.sealed), Sha256::digest(&document.sealed)));
    });
    let pages = median(|| {
        black_box(document.print());
    });
    let signatures = 2 * ((document.bundle.certificates.len() - 1) + 4 + document.bundle.receipts.len());
    let raw = median(|| verify_raw(signatures));
    let line = |what: &str, whole: Duration, raw: Duration, of: &str| {
        format!(
            "{what}: {whole:?} against {raw:?} for {of}: {:.2}",
            whole.as_secs_f64() / raw.as_secs_f64()
        )
    };
    [
        line(
            "pages with their bundle checked",
            pages,
            deflated,
            "deflating and hashing as many bytes",
        ),
        line(
            "seal",
            median(|| drop(document.seal())),
            signed,
            "one signature and two hashes of the file",
        ),
        line(
            "a file verified",
            median(|| document.verify()),
            pages + raw,
            "pages and raw signatures",
        ),
    ]
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn render(bencher: Bencher<'_, '_>) {
    let document = &*DOCUMENT;
    bencher.bench(|| document.print());
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn seal(bencher: Bencher<'_, '_>) {
    let document = &*DOCUMENT;
    bencher.bench(|| document.seal());
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn verify_a_file(bencher: Bencher<'_, '_>) {
    let document = &*DOCUMENT;
    bencher.bench(|| document.verify());
}
