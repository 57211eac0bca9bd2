//! The monitor, over a service that keeps its word and one that does not.

use std::process::Output;

use planseal::head::{Head, HeadState};
use planseal::id::PlanId;
use planseal::statement::Statement as _;

use crate::world::{Lie, Service, World, code, draft, json, stderr, stdout};

const PLAN: PlanId = PlanId::from_bytes([7; 16]);

fn watched() -> (World, Service) {
    let world = World::new();
    world.sign_earlier("v1", &draft("P5-v1.json"));
    world.withdraw_earlier("w", "v1.cose");
    let service = world.serve(&["v1.cose"]);
    (world, service)
}

fn monitor(world: &World, service: &Service, more: &[&str]) -> Output {
    let arguments = [
        "monitor",
        "--server",
        &service.address,
        "--state",
        "log.state",
        "--trust-policy",
        "trust-policy.cbor",
    ];
    world.run(&[&arguments[..], more].concat())
}

/// The one evidence file in the folder.
fn evidence(world: &World) -> Option<String> {
    let mut names = std::fs::read_dir(world.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.find(|name| name.starts_with("contradiction-"))
}

#[test]
fn an_honest_log_is_followed_from_look_to_look() {
    let (world, service) = watched();
    let first = monitor(&world, &service, &[]);
    assert_eq!(code(&first), Some(0), "{}{}", stdout(&first), stderr(&first));
    let size = service.size();
    assert!(stdout(&first).contains(&format!(": {size} leaves ({size} new) and 2 signed views hold")));
    service.log(&world.object("w.cose"));
    world.write("head.cose", service.head(PLAN).bytes());
    let second = json(&monitor(&world, &service, &["--head", "head.cose", "--json"]));
    assert_eq!(second["outcome"], "consistent", "{second}");
    assert_eq!(second["new_leaves"], 2, "the withdrawal and a snapshot: {second}");
    assert_eq!(second["views"], 3);
    assert_eq!(second["format"], "planseal.monitor.1");
    assert_eq!(evidence(&world), None);
}

#[test]
fn a_false_head_is_proved_to_anybody() {
    let (world, service) = watched();
    assert_eq!(code(&monitor(&world, &service, &[])), Some(0));
    service.log(&world.object("w.cose"));
    let honest = service.head(PLAN);
    let mut head = Head::from_payload(honest.peek_unverified().1).unwrap();
    head.state = HeadState::Current;
    world.write("head.cose", world.keys.sign(&head, &world.keys.head).bytes());
    let state = std::fs::read(world.path("log.state")).unwrap();
    let output = monitor(&world, &service, &["--head", "head.cose"]);
    assert_eq!(code(&output), Some(20), "{}{}", stdout(&output), stderr(&output));
    assert!(
        stdout(&output).starts_with("CONTRADICTION"),
        "{}",
        stdout(&output)
    );
    assert_eq!(
        std::fs::read(world.path("log.state")).unwrap(),
        state,
        "the state stays where it held"
    );
    let file = evidence(&world).unwrap();
    let again = monitor(&world, &service, &["--head", "head.cose", "--json"]);
    assert_eq!(json(&again)["exit_code"], 20, "and is found again");
    let plain = world.run(&["inspect", &file]);
    assert!(
        stdout(&plain).starts_with("UNVERIFIED evidence of a contradiction"),
        "{}",
        stdout(&plain)
    );
    let proved = world.run(&["inspect", &file, "--trust-policy", "trust-policy.cbor"]);
    assert_eq!(code(&proved), Some(0), "{}", stderr(&proved));
    let said = stdout(&proved);
    assert!(
        said.starts_with("PROVED under the pinned policy") && said.contains("a head signed"),
        "{said}"
    );
    let other = World::new();
    other.write("evidence.cbor", &std::fs::read(world.path(&file)).unwrap());
    let elsewhere = other.run(&["inspect", "evidence.cbor", "--trust-policy", "trust-policy.cbor"]);
    assert_eq!(
        code(&elsewhere),
        Some(1),
        "another region's policy proves nothing"
    );
}

#[test]
fn a_past_that_was_rewritten_is_proved() {
    let (world, service) = watched();
    assert_eq!(code(&monitor(&world, &service, &[])), Some(0));
    let last = service.size() - 1;
    service.log(&world.object("w.cose"));
    service.lie(Lie::Rewrites(last));
    let output = monitor(&world, &service, &[]);
    assert_eq!(code(&output), Some(20), "{}{}", stdout(&output), stderr(&output));
    let file = evidence(&world).unwrap();
    let proved = world.run(&["inspect", &file, "--trust-policy", "trust-policy.cbor", "--json"]);
    let said = json(&proved);
    assert_eq!(said["verified"], true, "{said}");
    assert!(
        said["fault"].as_str().unwrap().contains("two different trees"),
        "{said}"
    );
}

#[test]
fn what_proves_nothing_is_held_against_nobody() {
    for (lie, words) in [
        (Lie::Truncates(3), "it holds something back, or lost it"),
        (Lie::OtherEntry, "no signed tree is of the"),
    ] {
        let (world, service) = watched();
        assert_eq!(code(&monitor(&world, &service, &[])), Some(0));
        service.log(&world.object("w.cose"));
        let state = std::fs::read(world.path("log.state")).unwrap();
        service.lie(lie);
        let output = monitor(&world, &service, &[]);
        assert_eq!(
            code(&output),
            Some(22),
            "{lie:?}: {}{}",
            stdout(&output),
            stderr(&output)
        );
        assert!(stdout(&output).contains(words), "{lie:?}: {}", stdout(&output));
        assert_eq!(evidence(&world), None, "{lie:?}");
        assert_eq!(std::fs::read(world.path("log.state")).unwrap(), state, "{lie:?}");
    }
    let (world, _) = watched();
    let arguments = [
        "monitor",
        "--server",
        "http://127.0.0.1:9",
        "--state",
        "s",
        "--trust-policy",
        "trust-policy.cbor",
    ];
    let away = world.run(&arguments);
    assert_eq!(code(&away), Some(22), "{}", stderr(&away));
    assert!(!world.path("s").exists());
}

#[test]
fn a_certificate_that_nobody_expected_is_an_alarm() {
    let (world, service) = watched();
    let ids = ["practice.cose", "author.cose"].map(|name| world.object(name).id().to_string());
    let list = format!("# what we asked for\n{} our own\n{} Dr A\n", ids[0], ids[1]);
    world.write("expected.txt", list.as_bytes());
    let watch = ["--organisation", "TEST-GP01", "--expect", "expected.txt"];
    let alarm = monitor(&world, &service, &watch);
    assert_eq!(code(&alarm), Some(21), "{}{}", stdout(&alarm), stderr(&alarm));
    assert!(
        stdout(&alarm).contains("Owen Stub-Lyle (endorser)"),
        "{}",
        stdout(&alarm)
    );
    assert!(
        !world.path("log.state").exists(),
        "the alarm does not go away by itself"
    );
    let others = ["colleague.cose", "clerk.cose", "governor.cose"];
    let others = others.map(|name| world.object(name).id().to_string());
    world.write(
        "expected.txt",
        format!("{list}{}\n", others.join("\n")).as_bytes(),
    );
    let calm = monitor(&world, &service, &watch);
    assert_eq!(code(&calm), Some(0), "{}{}", stdout(&calm), stderr(&calm));
    world.write("expected.txt", b"Dr A\n");
    let broken = monitor(&world, &service, &watch);
    assert_eq!(code(&broken), Some(1));
    assert!(
        stderr(&broken).contains("line 1 does not begin with a certificate's id"),
        "{}",
        stderr(&broken)
    );
}

#[test]
fn a_state_that_was_changed_is_not_used() {
    let (world, service) = watched();
    assert_eq!(code(&monitor(&world, &service, &[])), Some(0));
    let mut state = std::fs::read(world.path("log.state")).unwrap();
    let middle = state.len() / 2;
    state[middle] ^= 1;
    world.write("log.state", &state);
    let output = monitor(&world, &service, &[]);
    assert_eq!(code(&output), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert!(
        stderr(&output).contains("log.state cannot be used"),
        "{}",
        stderr(&output)
    );
    let help = stdout(&world.run(&["monitor", "--help"]));
    for line in ["20  CONTRADICTION", "21  a certificate", "22  not reached"] {
        assert!(help.contains(line), "{help}");
    }
}
