//! Statements beside the versions of a record: intakes, custody, resolutions, holds, staff lists.

use std::process::Output;

use serde_json::Value as Json;

use crate::world::{Service, World, code, draft, json, signed_by, stderr, stdout};

const PLAN: &str = "07070707-0707-0707-0707-070707070707";
const POLICY: [&str; 2] = ["--trust-policy", "trust-policy.cbor"];

fn registered() -> (World, Service) {
    let world = World::new();
    world.sign_earlier("v1", &draft("P5-v1.json"));
    let service = world.serve(&["v1.cose"]);
    (world, service)
}

/// Runs a command as somebody, against a service where one is given.
fn run(world: &World, service: Option<&Service>, who: &str, arguments: &[&str]) -> Output {
    let who = signed_by(who);
    let mut all = arguments.to_vec();
    all.extend(who.iter().map(String::as_str));
    if let Some(service) = service {
        all.extend(["--server", &service.address]);
    }
    world.run(&all)
}

const RECEIVED: [&str; 6] = [
    "--received-from",
    "the patient's daughter",
    "--identified-by",
    "seen by the ward sister, who knows both",
    "--original",
    "with the patient, at home",
];

fn status(world: &World, service: &Service, plan: &str) -> Output {
    world.run(
        &[
            &["status", plan, "--json", "--server", &service.address],
            &POLICY[..],
        ]
        .concat(),
    )
}

#[test]
fn a_scan_is_received_before_any_plan() {
    let world = World::new();
    let service = world.serve(&[]);
    world.write("scan.pdf", b"%PDF-1.7 stands for a scan");
    world.write(
        "answers.json",
        br#"[{"question": "R01", "answer": "yes"}, {"question": "R12", "answer": "unknown"}]"#,
    );
    let asked = [
        "intake",
        "--document",
        "scan.pdf",
        "--checklist",
        "answers.json",
        "--json",
    ];
    let output = run(&world, Some(&service), "clerk", &[&asked[..], &RECEIVED].concat());
    assert_eq!(code(&output), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(json(&output)["registered"], true);
    let shown = stderr(&output);
    for words in [
        "RECEIVED a document",
        "form.document.sha256: ",
        "checklist.2.question: R12",
        "received from: the",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let sent = service.requests();
    let put = sent.iter().position(|line| line.contains("/attachments/"));
    let post = sent.iter().position(|line| line.ends_with("/intakes"));
    assert!(put.is_some() && put < post, "the scan goes first: {sent:?}");
    let plan = sent[post.unwrap()].split('/').nth(4).unwrap().to_owned();
    let said = status(&world, &service, &plan);
    assert_eq!(code(&said), Some(14), "{}", stderr(&said));
    assert_eq!(json(&said)["state"], "RECEIVED, NOT YET REVIEWED");
    let words = stdout(&world.run(&[&["status", &plan, "--server", &service.address], &POLICY[..]].concat()));
    assert!(words.contains("RECEIVED a document"), "{words}");
}

#[test]
fn spoken_words_are_received_and_warn_of_the_plan() {
    let (world, service) = registered();
    let asked = ["intake", PLAN, "--spoken", "not the machine again"];
    let output = run(&world, Some(&service), "clerk", &[&asked[..], &RECEIVED].concat());
    assert_eq!(code(&output), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(
        code(&status(&world, &service, PLAN)),
        Some(16),
        "an intake newer than the version warns"
    );
    let silent = ["intake", PLAN, "--spoken", "--no-input"];
    let asked_for = run(
        &world,
        Some(&service),
        "clerk",
        &[&RECEIVED[..], &silent]
            .concat()
            .iter()
            .skip(6)
            .chain(&RECEIVED)
            .copied()
            .collect::<Vec<_>>(),
    );
    assert!(
        stderr(&asked_for).contains("an answer is needed"),
        "{}",
        stderr(&asked_for)
    );
    let other = run(
        &world,
        Some(&service),
        "governor",
        &[&asked[..], &RECEIVED].concat(),
    );
    assert_eq!(code(&other), Some(1), "not every role receives");
}

#[test]
fn a_report_is_resolved_by_whoever_it_belongs_to() {
    let (world, service) = registered();
    let report = world.run(
        &[
            &[
                "report",
                "v1.cose",
                "--code",
                "authenticity_disputed",
                "--words",
                "the signature looks odd",
                "--reporter",
                "Nurse B. Example",
                "--server",
                &service.address,
                "--json",
            ],
            &POLICY[..],
        ]
        .concat(),
    );
    let id = json(&report)["id"].as_str().unwrap().to_owned();
    assert_eq!(code(&status(&world, &service, PLAN)), Some(16));
    let resolve = |who: &str, more: &[&str]| {
        let asked = [
            "resolve",
            &id,
            "--record",
            PLAN,
            "--words",
            "the signature was compared and is hers",
        ];
        run(&world, Some(&service), who, &[&asked[..], more].concat())
    };
    let wrong = resolve("author", &["--matter", "document", "--outcome", "unfounded"]);
    assert_eq!(code(&wrong), Some(1));
    assert!(
        stderr(&wrong).contains("every reader would refuse this"),
        "{}",
        stderr(&wrong)
    );
    let incomplete = resolve("governor", &["--matter", "document", "--outcome", "confirmed"]);
    assert_eq!(code(&incomplete), Some(2), "what carried it out is needed");
    let done = resolve("governor", &["--matter", "document", "--outcome", "unfounded"]);
    assert_eq!(code(&done), Some(0), "{}{}", stdout(&done), stderr(&done));
    assert!(
        stderr(&done).contains("RESOLVES the matter as unfounded"),
        "{}",
        stderr(&done)
    );
    let said = status(&world, &service, PLAN);
    assert_eq!(code(&said), Some(0), "{}", stdout(&said));
    assert_eq!(json(&said)["history"].as_array().map(Vec::len), Some(3));
    let lost = run(
        &world,
        None,
        "governor",
        &[
            "resolve",
            &id,
            "--matter",
            "document",
            "--outcome",
            "unfounded",
            "--words",
            "x",
        ],
    );
    assert!(
        stderr(&lost).contains("pass --record and --server, or give the file"),
        "{}",
        stderr(&lost)
    );
}

#[test]
fn an_original_is_followed() {
    let (world, service) = registered();
    let custody = |more: &[&str]| {
        run(
            &world,
            Some(&service),
            "clerk",
            &[&["custody", "v1.cose"], more].concat(),
        )
    };
    let done = custody(&["--event", "stored", "--place", "ward safe 3"]);
    assert_eq!(code(&done), Some(0), "{}{}", stdout(&done), stderr(&done));
    assert!(
        stderr(&done).contains("CUSTODY: the original was laid down"),
        "{}",
        stderr(&done)
    );
    assert!(stderr(&done).contains("happened at: "), "{}", stderr(&done));
    let incomplete = custody(&["--event", "transferred", "--from", "the ward"]);
    assert_eq!(code(&incomplete), Some(1));
    assert!(
        stderr(&incomplete).contains("from, to or place is missing"),
        "{}",
        stderr(&incomplete)
    );
    let wrong = run(
        &world,
        None,
        "clerk",
        &["custody", "author.cose", "--event", "lost"],
    );
    assert!(
        stderr(&wrong).contains("is a certificate: nothing acts on it"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn a_hold_begins_and_ends() {
    let (world, service) = registered();
    let hold = |more: &[&str]| {
        let kind = [
            "--kind",
            "legal_hold",
            "--authority",
            "Court of Protection 2026/17",
        ];
        run(
            &world,
            Some(&service),
            "governor",
            &[&["hold"], more, &kind].concat(),
        )
    };
    let begun = hold(&["begins", "v1.cose", "-o", "hold.cose"]);
    assert_eq!(code(&begun), Some(0), "{}{}", stdout(&begun), stderr(&begun));
    let wrong = hold(&["ends", "v1.cose"]);
    assert!(
        stderr(&wrong).contains("this acts on a hold, and what was given is a version"),
        "{}",
        stderr(&wrong)
    );
    let ended = hold(&["ends", "hold.cose", "--trust-list", "trust-list.cbor"]);
    assert_eq!(
        code(&ended),
        Some(1),
        "a list that is not there: {}",
        stdout(&ended)
    );
    let ended = hold(&["ends", "hold.cose"]);
    assert_eq!(code(&ended), Some(0), "{}{}", stdout(&ended), stderr(&ended));
    assert!(stderr(&ended).contains("LEGAL HOLD ends"), "{}", stderr(&ended));
}

#[test]
fn a_staff_list_is_signed_by_the_organisation_and_counted() {
    let (world, service) = registered();
    world.write(
        "staff.json",
        br#"[
        {"name": "Rowena Demo-Achebe", "registration": "gmc:9900011", "roles": ["finaliser", "drafter"],
         "trained_until": "2027-06-30"},
        {"name": "Nia Trial-Vance", "roles": ["adrt-intake"], "trained_until": "2027-03-31"}]"#,
    );
    let staff = |more: &[&str]| {
        let asked = [
            "staff",
            "practice",
            "staff.json",
            "--agreement",
            "SLA 2026-1",
            "--passphrase-file",
            "phrase",
            "--yes",
            "--json",
        ];
        world.run(&[&asked[..], &POLICY, more].concat())
    };
    let first = staff(&["--server", &service.address]);
    assert_eq!(code(&first), Some(0), "{}{}", stdout(&first), stderr(&first));
    assert_eq!(json(&first)["registered"], true);
    assert!(
        stderr(&first).contains("STAFF LIST 1: 2 people are authorised"),
        "{}",
        stderr(&first)
    );
    let second = staff(&[]);
    assert_eq!(json(&second)["registered"], Json::Bool(false));
    assert!(stderr(&second).contains("STAFF LIST 2"), "{}", stderr(&second));
    let again = staff(&["--number", "2"]);
    assert!(stderr(&again).contains("the next is 3"), "{}", stderr(&again));
    world.write(
        "staff.json",
        br#"[{"name": "A", "roles": ["king"], "trained_until": "2027-06-30"}]"#,
    );
    let wrong = staff(&[]);
    assert!(
        stderr(&wrong).contains("entry 1 of staff.json: king is not a role"),
        "{}",
        stderr(&wrong)
    );
}
