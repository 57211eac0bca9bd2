//! The commands that talk to a service, against one that tells the truth and one that lies.

use std::process::Output;

use crate::world::{AUTHOR, Lie, Service, World, code, draft, json, stderr, stdout};
use planseal::statement::{KeyStatus, Statement as _};

const POLICY: [&str; 2] = ["--trust-policy", "trust-policy.cbor"];

/// One version, signed ten minutes ago and registered.
fn registered() -> (World, Service) {
    let world = World::new();
    world.sign_earlier("v1", &draft("P5-v1.json"));
    let service = world.serve(&["v1.cose"]);
    (world, service)
}

const PLAN: &str = "07070707-0707-0707-0707-070707070707";

fn withdraw(world: &World, service: &Service, more: &[&str]) -> Output {
    let mut arguments = vec![
        "withdraw",
        "v1.cose",
        "--reason",
        "sharing_stopped",
        "-o",
        "w.cose",
    ];
    arguments.extend(["--server", &service.address]);
    arguments.extend(AUTHOR);
    arguments.extend(more);
    world.run(&arguments)
}

#[test]
fn a_withdrawal_is_registered_and_everybody_sees_it() {
    let (world, service) = registered();
    let output = withdraw(&world, &service, &[]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let leaf = service.size() - 1;
    assert!(
        stdout(&output).contains(&format!("REGISTERED as leaf {leaf} of the log")),
        "{}",
        stdout(&output)
    );
    let shown = stderr(&output);
    for words in [
        "What you are about to sign",
        "WITHDRAWS the plan: the patient no longer shares it",
        "reason: sharing_stopped",
        "an advance decision in it may still bind",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let status = world.run(&[&["status", PLAN, "--server", &service.address], &POLICY[..]].concat());
    assert_eq!(code(&status), Some(13), "{}{}", stdout(&status), stderr(&status));
    let said = stdout(&status);
    assert!(said.starts_with("WITHDRAWN\n"), "{said}");
    assert!(
        said.contains("Rowena Demo-Achebe, TEST-GP01) version 1\n"),
        "{said}"
    );
    assert!(said.contains("WITHDRAWS the plan"), "{said}");
}

#[test]
fn a_key_is_found_in_the_trust_list() {
    let (world, service) = registered();
    let fetched = world.run(&[&["trust", "fetch", "--server", &service.address], &POLICY[..]].concat());
    assert_eq!(code(&fetched), Some(0), "{}", stderr(&fetched));
    let arguments = |key: &'static str| {
        [
            "withdraw",
            "v1.cose",
            "--reason",
            "entered_in_error",
            "--key",
            key,
            "--passphrase-file",
            "phrase",
            "--yes",
        ]
    };
    let list = ["--trust-list", "trust-list.cbor"];
    let found = world.run(&[&arguments("author.pem")[..], &POLICY, &list].concat());
    assert_eq!(code(&found), Some(0), "{}", stderr(&found));
    assert!(
        stderr(&found).contains(&format!("plan: {PLAN}")),
        "{}",
        stderr(&found)
    );
    for (key, more, words) in [
        (
            "author.pem",
            &[][..],
            "give the signer's --certificate and its organisation's, or a --trust-list",
        ),
        ("colleague.pem", &list[..], "may not sign this (withdrawal)"),
    ] {
        let refused = world.run(&[&arguments(key)[..], &POLICY, more].concat());
        assert_eq!(code(&refused), Some(1));
        assert!(stderr(&refused).contains(words), "{words}: {}", stderr(&refused));
    }
}

#[test]
fn without_a_service_nothing_is_called_registered() {
    let (world, _) = registered();
    let mut arguments = vec!["withdraw", "v1.cose", "--reason", "closed_on_death"];
    arguments.extend(AUTHOR);
    let output = world.run(&arguments);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("NOT REGISTERED: no service was named"),
        "{}",
        stdout(&output)
    );
    let made = std::fs::read_dir(world.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with("withdrawal-"))
        .unwrap();
    assert_eq!(made.len(), "withdrawal-0123456789abcdef.cose".len());
    let service = world.serve(&["v1.cose"]);
    let register = |more: &[&str]| {
        world.run(
            &[
                &["register", &made, "--server", &service.address],
                &POLICY[..],
                more,
            ]
            .concat(),
        )
    };
    let first = json(&register(&["--json"]));
    assert_eq!(first["registered"], true, "{first}");
    assert_eq!(first["kind"], "withdrawal");
    let again = json(&register(&["--json"]));
    assert_eq!(
        first["leaf"], again["leaf"],
        "a repetition is the same registration"
    );
}

#[test]
fn a_lying_service_is_not_believed_and_the_signature_is_kept() {
    for (lie, words) in [
        (
            Lie::ReceiptOfAnother,
            "the receipt does not prove the registration",
        ),
        (Lie::LogsNothing, "the receipt does not prove the registration"),
        (Lie::OtherTarget, "the log made this act on leaf"),
        (
            Lie::OtherTree,
            "the receipt rests on another tree than the log shows",
        ),
        (
            Lie::Refuses,
            "refused (409): Read the latest version and sign again.[31m",
        ),
    ] {
        let (world, service) = registered();
        service.lie(lie);
        let output = withdraw(&world, &service, &["--json"]);
        assert_eq!(code(&output), Some(1), "{lie:?}: {}", stderr(&output));
        let said = json(&output);
        assert_eq!(said["registered"], false, "{lie:?}");
        let reason = said["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{lie:?}: {reason}");
        assert!(
            reason.contains("is kept in w.cose; planseal register"),
            "{lie:?}: {reason}"
        );
        assert!(
            !reason.contains('\u{1b}'),
            "nothing a service says steers the terminal"
        );
        service.lie(Lie::None);
        if lie != Lie::OtherTarget {
            let arguments = ["register", "w.cose", "--server", &service.address];
            let again = world.run(&[&arguments, &POLICY[..]].concat());
            assert_eq!(code(&again), Some(0), "{lie:?}: {}", stdout(&again));
        }
    }
}

#[test]
fn a_version_after_a_withdrawal_follows_the_withdrawal() {
    let (world, _) = registered();
    world.withdraw_earlier("w", "v1.cose");
    world.write("v2.json", draft("P5-v2.json").as_bytes());
    let alone = world.sign("v2.json", &["--previous", "w.cose"]);
    assert_eq!(code(&alone), Some(1));
    assert!(
        stderr(&alone).contains("give that version too, with another --previous"),
        "{}",
        stderr(&alone)
    );
    let signed = world.sign("v2.json", &["--previous", "w.cose", "--previous", "v1.cose"]);
    assert_eq!(code(&signed), Some(0), "{}", stderr(&signed));
    assert!(
        stderr(&signed).contains("brings it back into use"),
        "{}",
        stderr(&signed)
    );
    let shown = json(&world.run(&["inspect", "v2.cose", "--json"]));
    assert_eq!(shown["payload"]["prev"], world.object("w.cose").id().to_string());
    assert_eq!(shown["payload"]["ver"], 2);
    let other = World::new();
    std::fs::copy(world.path("v2.cose"), other.path("v2.cose")).unwrap();
    let strange = world.sign(
        "v2.json",
        &["--previous", "w.cose", "--previous", "v2.cose", "-o", "v3"],
    );
    assert!(
        stderr(&strange).contains("and not of the version given with it"),
        "{}",
        stderr(&strange)
    );
}

#[test]
fn a_report_comes_back_as_it_was_made() {
    let (world, service) = registered();
    let report = |more: &[&str]| {
        let arguments = [
            "report",
            "v1.cose",
            "--code",
            "withdrawal_reported",
            "--words",
            "not that again",
            "--reporter",
            "Paramedic A. Example, London Test Ambulance",
            "--server",
            &service.address,
        ];
        world.run(&[&arguments[..], &POLICY, more].concat())
    };
    service.lie(Lie::OtherWords);
    let lied = report(&[]);
    assert_eq!(code(&lied), Some(1));
    assert!(
        stderr(&lied).contains("signed something else than what was reported"),
        "{}",
        stderr(&lied)
    );
    assert!(stderr(&lied).contains("NOT RECORDED"), "{}", stderr(&lied));
    service.lie(Lie::None);
    let output = report(&[]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("every reader of this plan is warned"),
        "{}",
        stdout(&output)
    );
    let status = world.run(&[&["status", "v1.cose", "--server", &service.address], &POLICY[..]].concat());
    assert_eq!(
        code(&status),
        Some(14),
        "an envelope shows no registration: {}",
        stdout(&status)
    );
    let status = world.run(
        &[
            &["status", PLAN, "--json", "--server", &service.address],
            &POLICY[..],
        ]
        .concat(),
    );
    assert_eq!(code(&status), Some(16), "{}", stdout(&status));
    let said = json(&status);
    assert_eq!(
        said["warnings"][0],
        "withdrawal of the advance decision was reported"
    );
    assert_eq!(
        said["history"].as_array().unwrap().len(),
        3,
        "version and two reports: {said}"
    );
}

#[test]
fn a_history_that_does_not_hold_takes_current_back() {
    let (world, service) = registered();
    let status = |more: &[&str]| {
        world.run(&[&["status", PLAN, "--server", &service.address], &POLICY[..], more].concat())
    };
    assert_eq!(code(&status(&[])), Some(0), "{}", stderr(&status(&[])));
    service.lie(Lie::StaleHead);
    let stale = status(&[]);
    assert_eq!(code(&stale), Some(1));
    assert!(
        stderr(&stale).contains("check this machine's clock, or ask again"),
        "{}",
        stderr(&stale)
    );
    let unknown = world.run(
        &[
            &[
                "status",
                "01010101-0101-0101-0101-010101010101",
                "--server",
                &service.address,
            ],
            &POLICY[..],
        ]
        .concat(),
    );
    assert!(
        stderr(&unknown).contains("that says nothing about a plan elsewhere"),
        "{}",
        stderr(&unknown)
    );
}

fn revoke(world: &World, folder: &str, certificate: &str, more: &[&str]) -> Output {
    let arguments = [
        "ca",
        "revoke",
        folder,
        certificate,
        "--passphrase-file",
        "phrase",
        "--yes",
        "-o",
        "k.cose",
    ];
    world.run(&[&arguments[..], more].concat())
}

fn from_index(world: &World) -> u64 {
    let object = world.object("k.cose");
    KeyStatus::from_payload(object.peek_unverified().1)
        .unwrap()
        .from_index
}

#[test]
fn a_revocation_begins_where_the_log_says() {
    let (world, service) = registered();
    let version = service.size() - 1;
    let since = crate::world::now().plus(-1800).to_string();
    let server = ["--server", service.address.as_str()];
    let reason = ["--reason", "key_compromised", "--since", &since];
    let output = revoke(
        &world,
        "practice",
        "author.cose",
        &[&server, &POLICY[..], &reason].concat(),
    );
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert_eq!(from_index(&world), version, "the smallest leaf logged since");
    let said = stderr(&output);
    assert!(
        said.contains("0 stay verified") && said.contains("1 become suspended"),
        "{said}"
    );
    assert!(
        said.contains("REVOKES the certificate for ever: the key may be in other hands"),
        "{said}"
    );
    let status = world.run(&[&["status", PLAN, "--server", &service.address], &POLICY[..]].concat());
    assert_eq!(code(&status), Some(17), "{}{}", stdout(&status), stderr(&status));
    assert!(
        stdout(&status).contains("SUSPENDED, the signer's key was later revoked from before it: version 1"),
        "{}",
        stdout(&status)
    );
    let ledger = std::fs::read_to_string(world.path("practice/ledger.jsonl")).unwrap();
    assert!(
        ledger.contains("\"revoked\"") && ledger.contains("\"key_compromised\""),
        "{ledger}"
    );
}

#[test]
fn from_now_on_suspends_nothing_that_is_there() {
    let (world, service) = registered();
    let server = ["--server", service.address.as_str()];
    let reason = ["--reason", "left", "--from-now"];
    let before = service.size();
    let output = revoke(
        &world,
        "practice",
        "author.cose",
        &[&server, &POLICY[..], &reason].concat(),
    );
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert_eq!(from_index(&world), before);
    let status = world.run(&[&["status", PLAN, "--server", &service.address], &POLICY[..]].concat());
    assert_eq!(
        code(&status),
        Some(0),
        "signed before: {}{}",
        stdout(&status),
        stderr(&status)
    );
    let late = withdraw(&world, &service, &[]);
    assert_eq!(code(&late), Some(1), "signed after");
    assert!(stdout(&late).contains("was revoked at"), "{}", stdout(&late));
}

#[test]
fn nobody_revokes_what_another_issued() {
    let (world, _) = registered();
    let reason = ["--reason", "left", "--from-index", "7"];
    let others = revoke(&world, "host", "author.cose", &reason);
    assert_eq!(code(&others), Some(1));
    assert!(
        stderr(&others).contains("was not issued by TEST-HOST"),
        "{}",
        stderr(&others)
    );
    assert!(!world.path("k.cose").exists());
    let root = revoke(
        &world,
        "root",
        "author.cose",
        &[&reason[..], &["--issuer", "practice.cose"]].concat(),
    );
    assert_eq!(code(&root), Some(0), "the root may: {}", stderr(&root));
    assert!(stdout(&root).contains("NOT REGISTERED"), "{}", stdout(&root));
    let far = revoke(
        &world,
        "practice",
        "author.cose",
        &["--reason", "left", "--from-now"],
    );
    assert!(
        stderr(&far).contains("pass --server or --trust-list"),
        "{}",
        stderr(&far)
    );
    let since = ["--reason", "left", "--since", "2026-01-01T00:00:00Z"];
    let since = revoke(&world, "practice", "author.cose", &since);
    assert!(
        stderr(&since).contains("give the leaf with --from-index"),
        "{}",
        stderr(&since)
    );
    let both = revoke(
        &world,
        "practice",
        "author.cose",
        &["--reason", "left", "--from-now", "--from-index", "1"],
    );
    assert_eq!(code(&both), Some(2));
}

#[test]
fn a_log_that_contradicts_itself_decides_nothing() {
    for lie in [Lie::OtherEntry, Lie::OtherTree] {
        let (world, service) = registered();
        service.lie(lie);
        let server = ["--server", service.address.as_str()];
        let reason = ["--reason", "left", "--since", "2026-01-01T00:00:00Z"];
        let output = revoke(
            &world,
            "practice",
            "author.cose",
            &[&server, &POLICY[..], &reason].concat(),
        );
        assert_eq!(code(&output), Some(1), "{lie:?}");
        assert!(
            stderr(&output).contains("the log contradicts itself"),
            "{lie:?}: {}",
            stderr(&output)
        );
        assert!(!world.path("k.cose").exists(), "{lie:?}: nothing was signed");
    }
}

#[test]
fn what_offline_readers_need_is_fetched_and_never_made_older() {
    let (world, service) = registered();
    let fetch = || {
        world.run(
            &[
                &["trust", "fetch", "--server", &service.address],
                &POLICY[..],
                &["-o", "."],
            ]
            .concat(),
        )
    };
    let first = fetch();
    assert_eq!(code(&first), Some(0), "{}", stderr(&first));
    assert!(stdout(&first).contains("trust-list.cbor: of ") && stdout(&first).contains("written"));
    let held = std::fs::read(world.path("snapshot.cbor")).unwrap();
    let other = world.serve(&[]);
    let older = world.run(
        &[
            &["trust", "fetch", "--server", &other.address],
            &POLICY[..],
            &["--json"],
        ]
        .concat(),
    );
    assert_eq!(code(&older), Some(0), "{}", stderr(&older));
    assert_eq!(
        json(&older)["files"][1]["written"],
        false,
        "a smaller tree is older"
    );
    assert_eq!(std::fs::read(world.path("snapshot.cbor")).unwrap(), held);
    service.lie(Lie::OtherTree);
    world.write("v2.json", draft("P5-v2.json").as_bytes());
    let lied = fetch();
    assert_eq!(code(&lied), Some(1));
    assert!(stderr(&lied).contains("the log"), "{}", stderr(&lied));
    world.write("trust-list.cbor", b"something else");
    service.lie(Lie::None);
    let strange = fetch();
    assert_eq!(code(&strange), Some(1), "what is not ours is not replaced");
    assert_eq!(
        std::fs::read(world.path("trust-list.cbor")).unwrap(),
        b"something else"
    );
}

#[test]
fn trust_show_says_how_old_it_is_and_who_witnesses() {
    let (world, service) = registered();
    let fetched = world.run(&[&["trust", "fetch", "--server", &service.address], &POLICY[..]].concat());
    assert_eq!(code(&fetched), Some(0), "{}", stderr(&fetched));
    let lists = ["--trust-list", "trust-list.cbor", "--snapshot", "snapshot.cbor"];
    let shown = stdout(&world.run(&[&["trust", "show"], &POLICY[..], &lists].concat()));
    for words in [
        "(just now)",
        "witnesses: none are asked for",
        "certificates revoked: 0",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("WARNING"), "{shown}");
    let without = stdout(&world.run(&[&["trust", "show"], &POLICY[..]].concat()));
    assert!(without.contains("WARNING: no trust list"), "{without}");
}

#[test]
fn a_new_certificate_is_registered_before_its_first_use() {
    let (world, service) = registered();
    let arguments = ["register", "author.cose", "--server", &service.address];
    let output = world.run(&[&arguments, &POLICY[..]].concat());
    assert_eq!(code(&output), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert!(
        service
            .requests()
            .contains(&"POST /api/v1/certificates".to_owned())
    );
    let version = world.run(
        &[
            &["register", "v1.cose", "--server", &service.address],
            &POLICY[..],
        ]
        .concat(),
    );
    assert!(
        stdout(&version).contains("use planseal publish"),
        "{}",
        stdout(&version)
    );
}
