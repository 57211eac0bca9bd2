//! What a screen reader is given: the words of each document in the order of its tags, kept as text under review.
//!
//! `PLANSEAL_RENEW=1 cargo test -p planseal-documents --test reading -- --ignored` writes the golden texts again; read
//! the difference before it is committed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use planseal_documents::hostile::{self, Person};
use planseal_documents::manuscript::Manuscript;
use planseal_documents::text::{Reading, pdfjs, poppler};
use planseal_documents::tools::beside;
use planseal_documents::write;

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn the_words_stand_in_the_order_under_review() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut documents = latest();
    documents.push(hostile::withdrawn());
    let mut changed = Vec::new();
    for document in documents {
        let reading = pdfjs(&in_folder(&document, folder.path()));
        changed.extend(differs(&document.name, &(reading.lines.join("\n") + "\n")));
    }
    assert!(changed.is_empty(), "not as reviewed: {changed:#?}");
}

#[test]
#[ignore = "needs the outside tools: tests/run"]
fn poppler_and_pdfjs_read_the_same_words_in_the_same_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut documents = latest();
    documents.push(hostile::crowded());
    for document in documents {
        let file = in_folder(&document, folder.path());
        assert_eq!(pdfjs(&file).words, poppler(&file).words, "{}", document.name);
    }
    // Its table rows break across pages: poppler follows the row, pdf.js the page.
    let file = in_folder(&hostile::longest(), folder.path());
    assert_eq!(sorted(&pdfjs(&file).words), sorted(&poppler(&file).words));
}

/// The golden text says which reader gives which words as they were written, and what it gives instead.
#[test]
#[ignore = "needs the outside tools: tests/run"]
fn names_of_many_scripts_are_read_as_under_review() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plain = in_folder(&Manuscript::sample("P1-v3"), folder.path());
    let plain = [("pdf.js", pdfjs(&plain)), ("poppler", poppler(&plain))];
    let mut account = String::new();
    for person in Person::all() {
        let file = in_folder(&person.plan(), folder.path());
        for ((reader, plain), reading) in plain.iter().zip([pdfjs(&file), poppler(&file)]) {
            let verdict = verdict(&person, &reading);
            writeln!(account, "{}, {reader}: {verdict}", person.script).expect("a text");
            for line in reading.lines.iter().filter(|line| !plain.lines.contains(line)) {
                writeln!(account, "    {line}").expect("a text");
            }
        }
    }
    let changed = differs("scripts", &account);
    assert!(changed.is_none(), "not as reviewed: {changed:?}");
}

/// The latest version of each sample.
fn latest() -> Vec<Manuscript> {
    ["P1-v3", "P2-v2", "P3-v3", "P4-v5", "P5-v2"]
        .map(Manuscript::sample)
        .into()
}

fn verdict(person: &Person, reading: &Reading) -> String {
    let name = format!("{} {}", person.given, person.family);
    let written = [
        ("name", &name),
        ("address", &person.address),
        ("sentence", &person.sentence),
    ];
    let judged = written.map(|(part, words)| match reading.words.contains(words.as_str()) {
        true => format!("{part} as written"),
        false => format!("{part} NOT AS WRITTEN"),
    });
    judged.join(", ")
}

fn in_folder(document: &Manuscript, folder: &Path) -> PathBuf {
    write(folder, &document.name, &document.print().pdf)
}

fn sorted(words: &str) -> Vec<&str> {
    let mut words: Vec<&str> = words.split(' ').collect();
    words.sort_unstable();
    words
}

/// The golden text that differs; or it is written, when that is asked for.
fn differs(name: &str, words: &str) -> Option<PathBuf> {
    let golden = beside("../golden").join(name).with_extension("txt");
    if std::env::var_os("PLANSEAL_RENEW").is_some() {
        std::fs::write(&golden, words).expect("the work tree can be written");
    }
    let same = std::fs::read_to_string(&golden).is_ok_and(|kept| kept == words);
    (!same).then_some(golden)
}
