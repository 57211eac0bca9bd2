//! A store's process is killed with SIGKILL again and again, at moments that nobody chose; after each death the folder
//! holds everything that was acknowledged, and everything that anybody was shown.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use planseal_tests::appending::{Heard, Place, Road, judge};

/// Deaths.
const ROUNDS: u32 = 25;

/// Reports of one life, at most.
const REPORTS: u32 = 100_000;

#[tokio::test]
async fn a_killed_writer_loses_nothing_that_anybody_was_told() {
    let folder = tempfile::tempdir().expect("a folder for this test");
    let place = Place {
        root: folder.path().join("store"),
        key_file: folder.path().join("store.key"),
        road: Road::Durable,
    };
    let mut heard = Heard::default();
    for round in 0..ROUNDS {
        let before = heard.acknowledgements();
        heard.listen(&live_and_die(&place, round));
        let judgement = judge(&place, &heard).await;
        assert_eq!(judgement.closed, None, "round {round}");
        assert_eq!(
            (judgement.acknowledged_lost, judgement.seen_lost),
            (0, 0),
            "round {round}: {judgement:?}"
        );
        assert!(
            heard.acknowledgements() > before,
            "round {round} has said something"
        );
    }
    println!(
        "{ROUNDS} deaths, {} receipts, none lost",
        heard.acknowledgements()
    );
}

/// Runs the program until it has said something, and for a random while after that; then kills it.
fn live_and_die(place: &Place, round: u32) -> String {
    let mut writer = Command::new(env!("CARGO_BIN_EXE_planseal-appends"))
        .args(["append", "durable"])
        .args([&place.root, &place.key_file])
        .arg((round * REPORTS).to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut out = BufReader::new(writer.stdout.take().expect("its output is a pipe"));
    let mut said = String::new();
    while !said.contains("seen ") {
        let read = out.read_line(&mut said).expect("text");
        assert!(read > 0, "the program ended by itself: {said}");
    }
    // Different in every round, and what the machine does in it differs anyway.
    sleep(Duration::from_micros(u64::from(round * 7_919 % 300_000)));
    writer.kill().expect("it runs");
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).expect("the rest");
    writer.wait().expect("it ended");
    said + &String::from_utf8(rest).expect("text")
}
