//! PDFs that somebody changed, put together or made up: what each of them is told to be (FORMAT §7, SECURITY T4, T16).
//!
//! PDF programs call many of these files "signature valid"; here only bytes that the service made are called genuine.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use planseal::bundle::{self, Bundle};
use planseal::check::{Attachments, FileState, Question, Reader, State, Verdict};
use planseal::time::Timestamp;
use planseal_render::carried;
use planseal_render::print::{self, Print};
use planseal_render::renderer::RENDERER;
use planseal_render::seal::{self, Sealing};
use planseal_signer::seal::{SealAuthority, SealKey};
use planseal_tests::sample::{self, Sample};
use planseal_tests::world::{World, instant};

/// A printed and sealed plan, and everybody behind it.
struct Scene {
    world: World,
    seal: SealKey,
    bundle: Bundle,
    files: Vec<Vec<u8>>,
    printed_at: Timestamp,
    pages: Vec<u8>,
    file: Vec<u8>,
}

/// Any bytes may be an advance decision's scan, also these.
const HOSTILE_SCAN: &[u8] = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.launchURL\\('http://x.example'\\))>>>>\nendobj\n\
    2 0 obj\n<</Length 9999999999>>\nstream\nnever ends\nstartxref\n-1\n%%EOF\nPLANSEAL";

impl Scene {
    fn new() -> Self {
        Self::with_scan(None)
    }

    fn with_scan(scan: Option<&[u8]>) -> Self {
        let mut world = World::new();
        let authority = SealAuthority::generate("Seals of nowhere", instant("2025-11-01T09:00:00Z"));
        let authority = authority.expect("an authority");
        world.policy = world
            .policy
            .with_seals(authority.fingerprint())
            .expect("a policy");
        let at = instant("2026-09-30T10:15:00Z");
        let mut draft = sample::draft("P4-v5");
        let mut files = Vec::new();
        for name in draft
            .unfilled_attachments()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
        {
            let path = format!("{}/../keys-example/adrt/{name}", env!("CARGO_MANIFEST_DIR"));
            let file = scan.map_or_else(|| std::fs::read(path).expect("a scan"), <[u8]>::to_vec);
            draft.fill_attachment(&name, &file).expect("the draft names it");
            files.push(file);
        }
        let plan = draft
            .validate(&sample::context(at, None))
            .expect("a complete plan");
        let version = world.sign(&plan, &world.author);
        let sample = Sample::of(&mut world, version);
        let printed_at = sample.stamp.content().issued_at;
        let mut scene = Self {
            seal: authority.issue("Nowhere plans", at).expect("a sealing key"),
            world,
            bundle: sample.bundle,
            files,
            printed_at,
            pages: Vec::new(),
            file: Vec::new(),
        };
        scene.pages = scene.printed();
        scene.file = scene.sealed(&scene.pages);
        scene
    }

    fn printed(&self) -> Vec<u8> {
        let reader = Reader::default().pin(self.world.policy.clone());
        let checked = reader.open_bundle(&self.bundle).expect("an honest bundle");
        let print = Print {
            checked: &checked,
            bundle: &self.bundle.encode().expect("encoded"),
            files: &self.files,
            policy: &self.world.policy,
        };
        print::print(&print).expect("printed")
    }

    fn sealed(&self, pages: &[u8]) -> Vec<u8> {
        let sealing = Sealing {
            port: &self.seal,
            time_stamps: None,
            at: self.printed_at,
        };
        seal::seal(pages, &sealing).expect("sealed")
    }

    /// What a reader is told who holds the policy and this file.
    fn judge(&self, file: &[u8]) -> Verdict {
        let reader = Reader::default().pin(self.world.policy.clone());
        let bundle = match carried::bundle(file) {
            Ok(bundle) => bundle,
            Err(fault) => return Verdict::of_unopened(&fault),
        };
        let question = Question::at(self.printed_at.plus(60));
        let Ok(checked) = reader.open_bundle(&bundle) else {
            return reader.check_bundle(&bundle, &question);
        };
        let named = checked.version().verified().content().attachments();
        let files = carried::attachments(file, named);
        let verdict = reader.check_bundle(
            &bundle,
            &Question {
                attachments: &files,
                ..question
            },
        );
        let again = Print {
            checked: &checked,
            bundle: &bundle.encode().expect("encoded"),
            files: &files,
            policy: &self.world.policy,
        };
        verdict.in_file(print::compare(file, &again))
    }

    /// Another genuine plan under the same policy.
    fn other_bundle(&self) -> Bundle {
        let mut world = World::new();
        world.policy = self.world.policy.clone();
        Sample::first(&mut world).bundle
    }

    /// An incremental update after the sealed file: objects, and a table that names them.
    fn updated(&self, objects: &[(u32, &str)]) -> Vec<u8> {
        let mut file = self.file.clone();
        let previous = last_offset(&file);
        let mut table = String::from("xref\n0 1\n0000000000 65535 f\r\n");
        for (number, object) in objects {
            table.push_str(&format!("{number} 1\n{:010} 00000 n\r\n", file.len()));
            file.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
        }
        let at = file.len();
        table.push_str(&format!(
            "trailer\n<</Size 999/Root {} 0 R/Prev {previous}>>\nstartxref\n{at}\n%%EOF\n",
            catalog(&file)
        ));
        file.extend(table.bytes());
        file
    }
}

fn last_offset(file: &[u8]) -> String {
    let at = file
        .windows(10)
        .rposition(|window| window == b"startxref\n")
        .expect("a table");
    String::from_utf8_lossy(&file[at + 10..])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn catalog(file: &[u8]) -> u32 {
    let at = file
        .windows(6)
        .rposition(|window| window == b"/Root ")
        .expect("a trailer");
    let digits: String = file[at + 6..]
        .iter()
        .map(|byte| char::from(*byte))
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().expect("a number")
}

fn place(file: &[u8], words: &[u8]) -> usize {
    file.windows(words.len())
        .position(|window| window == words)
        .expect("it is there")
}

fn compressed(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn the_file_as_it_was_made_is_genuine_with_white_space_behind_it_too() {
    let scene = Scene::new();
    for file in [scene.file.clone(), [scene.file.as_slice(), b"\r\n \n"].concat()] {
        let verdict = scene.judge(&file);
        assert_eq!(
            (verdict.state(), verdict.file()),
            (State::Current, FileState::Genuine)
        );
        assert_eq!(verdict.attachments(), Attachments::AllMatch);
    }
}

#[test]
fn whatever_is_added_after_sealing_makes_it_an_altered_file() {
    let scene = Scene::new();
    let file = &scene.file;
    let white_box = "<</Length 33>>\nstream\n1 g 40 500 500 120 re f 0 g 0 0 m S\nendstream";
    let annotation = "<</Type/Annot/Subtype/Square/IC[1 1 1]/C[1 1 1]/Rect[40 500 540 620]/F 4>>";
    let off = "<</Type/OCG/Name(decision)>>";
    let cut_seal = &file[..file.len() - 30];
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("white box over the decision", scene.updated(&[(900, white_box)])),
        ("annotation", scene.updated(&[(901, annotation)])),
        (
            "layer that is off",
            scene.updated(&[(902, off), (903, "<</OCGs[902 0 R]/D<</OFF[902 0 R]>>>>")]),
        ),
        (
            "second startxref",
            [
                file,
                format!("startxref\n{}\n%%EOF\n", last_offset(file)).as_bytes(),
            ]
            .concat(),
        ),
        ("a comment", [file.as_slice(), b"% nothing\n"].concat()),
        ("bytes before the header", [b"junk\n".as_slice(), file].concat()),
        ("the seal cut", cut_seal.to_vec()),
        ("the seal taken away", scene.pages.clone()),
        (
            "one byte of a page",
            changed(file, place(file, b"endstream") - 20),
        ),
        ("one byte of the seal", changed(file, scene.pages.len() + 40)),
    ];
    for (what, file) in cases {
        let verdict = scene.judge(&file);
        assert_eq!(verdict.state(), State::CurrentInAlteredFile, "{what}");
        assert_eq!(verdict.exit_code(), 18, "{what}");
        assert!(
            verdict.bundle().is_some(),
            "{what}: our own pages are still shown"
        );
    }
}

fn changed(file: &[u8], at: usize) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at] ^= 1;
    file
}

#[test]
fn a_bundle_that_was_changed_is_not_genuine_and_nothing_is_shown() {
    let scene = Scene::new();
    // The author's signature are the last bytes of the version's envelope.
    let envelope = scene.bundle.version.bytes();
    let at = place(&scene.file, envelope) + envelope.len() - 5;
    let verdict = scene.judge(&changed(&scene.file, at));
    assert_eq!(verdict.state(), State::NotGenuine);
    assert!(verdict.bundle().is_none());
}

#[test]
fn a_bundle_of_another_plan_shows_that_plan_and_not_these_pages() {
    let scene = Scene::new();
    let other = scene.other_bundle();
    let (own, foreign) = (
        scene.bundle.encode().expect("encoded"),
        other.encode().expect("encoded"),
    );
    let at = place(&scene.file, &own);
    let file = [&scene.file[..at], &foreign, &scene.file[at + own.len()..]].concat();
    let verdict = scene.judge(&file);
    assert_eq!(verdict.file(), FileState::Altered);
    let shown = verdict.version().expect("a genuine plan lies in the file");
    assert_eq!(
        shown.id(),
        other.version.id(),
        "what is shown is the plan of the bundle"
    );
    let both = [scene.file.as_slice(), &foreign].concat();
    assert_eq!(
        scene.judge(&both).state(),
        State::CannotRead,
        "which of two would be a matter of taste"
    );
}

#[test]
fn a_file_cut_before_its_bundle_ends_says_nothing_about_the_plan() {
    let scene = Scene::new();
    let at = place(&scene.file, bundle::MAGIC);
    for end in [at, at + 10, at + 4000] {
        assert_eq!(
            scene.judge(&scene.file[..end]).state(),
            State::CannotRead,
            "{end}"
        );
    }
}

#[test]
fn a_seal_by_somebody_else_does_not_count() {
    let scene = Scene::new();
    let stranger = SealAuthority::generate("Seals of nowhere", scene.printed_at).expect("an authority");
    let port = stranger.issue("Nowhere plans", scene.printed_at).expect("a key");
    let sealing = Sealing {
        port: &port,
        time_stamps: None,
        at: scene.printed_at,
    };
    let file = seal::seal(&scene.pages, &sealing).expect("sealed");
    assert_eq!(scene.judge(&file).file(), FileState::Altered);
}

#[test]
fn pages_of_another_renderer_are_sealed_and_not_compared_and_changed_pages_are_altered() {
    let scene = Scene::new();
    let elsewhere = "0".repeat(RENDERER.len());
    let replaced = |from: &str, to: &str| {
        let mut pages = scene.pages.clone();
        while let Some(at) = pages
            .windows(from.len())
            .position(|window| window == from.as_bytes())
        {
            pages[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
        scene.sealed(&pages)
    };
    let verdict = scene.judge(&replaced(RENDERER, &elsewhere));
    assert_eq!(
        (verdict.state(), verdict.file()),
        (State::Current, FileState::Sealed)
    );
    assert!(verdict.notes().iter().any(|note| note.contains("not compared")));
    // Whoever stole the sealing key can seal changed pages; they are found by comparing.
    let stolen = replaced("/Lang(en-GB)", "/Lang(en-US)");
    assert_eq!(scene.judge(&stolen).file(), FileState::Altered);
}

#[test]
fn a_bundle_in_streams_that_other_software_compressed_is_found_and_the_file_is_altered() {
    let scene = Scene::new();
    let bundle = scene.bundle.encode().expect("encoded");
    let stream = |content: &[u8]| {
        let packed = compressed(content);
        [
            b"1 0 obj\n<</Filter/FlateDecode>>\nstream\r\n".as_slice(),
            &packed,
            b"\r\nendstream\nendobj\n",
        ]
        .concat()
    };
    let scan = stream(&scene.files[0]);
    let file = [
        b"%PDF-1.7\n".as_slice(),
        &scan,
        &stream(b"BT (a page) Tj ET"),
        &stream(&bundle),
        b"%%EOF\n",
    ]
    .concat();
    let verdict = scene.judge(&file);
    assert_eq!(
        (verdict.state(), verdict.attachments()),
        (State::CurrentInAlteredFile, Attachments::AllMatch)
    );
    let without = [b"%PDF-1.7\n".as_slice(), &stream(&bundle)].concat();
    assert_eq!(
        scene.judge(&without).attachments(),
        Attachments::Missing { count: 1 }
    );
    let twice = [file.as_slice(), &stream(&bundle)].concat();
    assert_eq!(scene.judge(&twice).state(), State::CannotRead);
}

#[test]
fn streams_that_inflate_without_end_are_given_up() {
    let scene = Scene::new();
    let bomb = [bundle::MAGIC.as_slice(), &vec![0; 64 << 20]].concat();
    let bomb = compressed(&bomb);
    let stream = [b"\nstream\n".as_slice(), &bomb, b"\nendstream\n"].concat();
    let file = [b"%PDF-1.7\n".as_slice(), &stream.repeat(50)].concat();
    assert_eq!(scene.judge(&file).state(), State::CannotRead);
    let words = [b"%PDF-1.7\n".as_slice(), &b"stream\n".repeat(1 << 20)].concat();
    assert_eq!(scene.judge(&words).state(), State::CannotRead);
}

#[test]
fn a_hostile_scan_passes_through_untouched_and_unopened() {
    let scene = Scene::with_scan(Some(HOSTILE_SCAN));
    let verdict = scene.judge(&scene.file);
    assert_eq!(
        (verdict.state(), verdict.file()),
        (State::Current, FileState::Genuine)
    );
    let named = verdict.version().expect("the plan").content().attachments();
    assert_eq!(carried::attachments(&scene.file, named), [HOSTILE_SCAN.to_vec()]);
}

#[test]
fn a_changed_scan_is_missing_and_the_file_altered() {
    let scene = Scene::new();
    let at = place(&scene.file, &scene.files[0]) + scene.files[0].len() / 2;
    let verdict = scene.judge(&changed(&scene.file, at));
    assert_eq!(verdict.attachments(), Attachments::Missing { count: 1 });
    assert_eq!(verdict.state(), State::CurrentInAlteredFile);
}
