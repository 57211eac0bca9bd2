//! Publishing: the author's client says PUBLISHED only when everything holds.

use std::process::Output;

use serde_json::Value as Json;

use crate::world::{Lie, Service, World, code, draft, json, stderr, stdout};

const POLICY: [&str; 2] = ["--trust-policy", "trust-policy.cbor"];

/// A second version, signed and not sent; the first is registered.
fn second() -> (World, Service) {
    let world = World::new();
    world.sign_earlier("v1", &draft("P5-v1.json"));
    world.write("v2.json", draft("P5-v2.json").as_bytes());
    let signed = world.sign("v2.json", &["--previous", "v1.cose"]);
    assert_eq!(code(&signed), Some(0), "{}", stderr(&signed));
    assert!(stderr(&signed).contains("NOT PUBLISHED"), "{}", stderr(&signed));
    let service = world.serve(&["v1.cose"]);
    (world, service)
}

fn publish(world: &World, service: &Service, more: &[&str]) -> Output {
    let arguments = [
        "publish",
        "v2.cose",
        "--card",
        "v2.card.cose",
        "--server",
        &service.address,
    ];
    world.run(&[&arguments[..], &POLICY, more].concat())
}

#[test]
fn a_version_is_published_when_everything_was_verified() {
    let (world, service) = second();
    let output = publish(&world, &service, &[]);
    assert_eq!(code(&output), Some(0), "{}{}", stdout(&output), stderr(&output));
    let leaf = service.size() - 1;
    let said = stdout(&output);
    assert!(
        said.contains("\nPUBLISHED: version 2 of ") && said.contains(&format!("leaf {leaf} ")),
        "{said}"
    );
    let again = json(&publish(&world, &service, &["--json"]));
    assert_eq!(again["published"], true, "a repetition is safe: {again}");
    assert_eq!(again["leaf"], leaf);
    assert_eq!(service.size(), leaf + 1, "and logs nothing twice");
}

#[test]
fn signing_can_publish_at_once() {
    let world = World::new();
    let scan = b"%PDF-1.7\nstream\nstands for a scan\nendstream\n%%EOF\n";
    world.write("P3-adrt.pdf", scan);
    world.write("plan.json", draft("P3-v2.json").as_bytes());
    let service = world.serve(&[]);
    let output = world.sign(
        "plan.json",
        &["--attach", "P3-adrt.pdf", "--server", &service.address],
    );
    assert_eq!(code(&output), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert!(
        stdout(&output).contains("\nPUBLISHED: version 1 of "),
        "{}",
        stdout(&output)
    );
    let sent = service.requests();
    let put = sent
        .iter()
        .position(|line| line.starts_with("PUT /api/v1/plans/"));
    let post = sent.iter().position(|line| line == "POST /api/v1/plans");
    assert!(put < post && put.is_some(), "the scan goes first: {sent:?}");
    assert!(world.path("plan.cose").exists() && world.path("plan.card.cose").exists());
}

/// Each lie, and what the author is told.
#[test]
fn a_lying_service_is_never_called_published() {
    for (lie, words) in [
        (
            Lie::ReceiptOfAnother,
            "the service has not shown that the version is registered",
        ),
        (
            Lie::LogsNothing,
            "the service has not shown that the version is registered",
        ),
        (Lie::OtherTarget, "the log recorded that leaf"),
        (
            Lie::OtherTree,
            "the receipt rests on another tree than the log shows",
        ),
        (Lie::HidesVersion, "as the latest, not"),
        (Lie::HidesReplaced, "which this replaces, is registered"),
        (Lie::StaleHead, "the service's word on the latest version is of"),
        (Lie::Refuses, "refused (409)"),
    ] {
        let (world, service) = second();
        service.lie(lie);
        let output = publish(&world, &service, &[]);
        assert_eq!(code(&output), Some(1), "{lie:?}: {}", stdout(&output));
        let said = stdout(&output);
        assert!(
            said.contains("NOT PUBLISHED: ") && said.contains(words),
            "{lie:?}: {said}"
        );
        assert!(said.contains("a repetition is safe"), "{lie:?}: {said}");
        let other = json(&publish(&world, &service, &["--json"]));
        assert_eq!(other["published"], Json::Bool(false), "{lie:?}");
    }
}

#[test]
fn the_receipt_of_what_was_replaced_can_be_the_authors_own() {
    let (world, service) = second();
    world.publish(&[("v1", "v1.planseal")]);
    service.lie(Lie::HidesReplaced);
    let own = publish(&world, &service, &["--replaces", "v1.planseal"]);
    assert_eq!(code(&own), Some(0), "{}", stdout(&own));
    let wrong = publish(&world, &service, &["--replaces", "v2.json"]);
    assert_eq!(code(&wrong), Some(1));
    assert!(
        stderr(&wrong).contains("is no receipt and no bundle or PDF"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn what_does_not_belong_together_is_not_sent() {
    let (world, service) = second();
    let before = service.size();
    let arguments = [
        "publish",
        "v2.cose",
        "--card",
        "v1.card.cose",
        "--server",
        &service.address,
    ];
    let card = world.run(&[&arguments[..], &POLICY].concat());
    assert_eq!(code(&card), Some(1));
    assert!(
        stdout(&card).contains("the card is not this version's"),
        "{}",
        stdout(&card)
    );
    world.write("strange.pdf", b"%PDF-strange");
    let strange = publish(&world, &service, &["--attachment", "strange.pdf"]);
    assert!(
        stdout(&strange).contains("none that the version names"),
        "{}",
        stdout(&strange)
    );
    let away = publish(&world, &service, &["--server", "http://127.0.0.1:9"]);
    assert_eq!(code(&away), Some(2), "one service only");
    let arguments = [
        "publish",
        "v2.cose",
        "--card",
        "v2.card.cose",
        "--server",
        "http://127.0.0.1:9",
    ];
    let away = world.run(&[&arguments[..], &POLICY].concat());
    assert_eq!(code(&away), Some(1));
    assert!(
        stdout(&away).contains("did not answer; try again"),
        "{}",
        stdout(&away)
    );
    assert_eq!(service.size(), before, "nothing was logged");
}
