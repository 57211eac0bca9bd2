//! Versions over HTTP: negotiation, publishing with its refusals, files.

use crate::kit::{Answer, Signer, ask, bundle, draft, file, get, latest_of_p5, no_patient, plan};
use crate::people::Begun;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use planseal::bundle::Bundle;
use planseal::id::PlanId;
use planseal::receipt::Receipt;
use planseal::validate::{NumberRange, Predecessor};
use sha2::{Digest, Sha256};

fn accept(path: &str, media_type: &str) -> Answer {
    ask(Method::GET, path, &[("accept", media_type)], Body::empty())
}

fn version(sample: &str, number: u32) -> String {
    format!("/api/v1/plans/{}/versions/{number}", plan(sample))
}

#[test]
fn a_version_is_given_in_each_form_with_its_digest() {
    let path = version("P3-v3", 3);
    for media_type in [
        "application/cose",
        "application/pdf",
        "application/json",
        "application/vnd.planseal.bundle+cbor",
    ] {
        let answer = accept(&path, media_type);
        assert_eq!(answer.status, StatusCode::OK, "{media_type}: {}", answer.text());
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(answer.header("cache-control"), "no-store");
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&answer.body)));
        assert_eq!(answer.header("repr-digest"), digest);
    }
    let envelope = accept(&path, "application/*");
    assert_eq!(envelope.body, file("envelopes/P3-v3.cose"));
    assert_eq!(
        envelope.header("etag"),
        format!("\"{}\"", bundle("P3-v3").version.id())
    );
    let link = envelope.header("link");
    assert!(
        link.contains("rel=\"latest-version\"") && link.contains("rel=\"predecessor-version\""),
        "{link}"
    );
    assert_eq!(accept(&path, "text/html").problem(), "not-acceptable");
    assert_eq!(accept(&path, "application/cose;q=0").problem(), "not-acceptable");
}

#[test]
fn json_names_ids_as_text_and_keeps_the_salt() {
    let content = accept(&version("P3-v3", 3), "application/json").json();
    assert_eq!(content["state"], "current");
    assert_eq!(content["content"]["plan"], plan("P3-v3").to_string());
    assert_eq!(content["content"]["prev"].as_str().map(str::len), Some(64));
    assert_eq!(
        content["content"]["att"][0]["sha256"].as_str().map(str::len),
        Some(64)
    );
    assert!(content["content"].get("salt").is_none());
}

#[test]
fn a_printed_version_carries_a_bundle_and_downloads_only() {
    let answer = get(&format!("{}/document", version("P2-v2", 2)));
    assert_eq!(answer.header("content-type"), "application/pdf");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"urgent-care-plan.pdf\""
    );
    assert_eq!(
        answer.header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let found = Bundle::find(&answer.body).expect("a bundle in the PDF");
    assert_eq!(found.version.id(), bundle("P2-v2").version.id());
    assert_eq!(found.endorsements.len(), 1);
}

#[test]
fn unknown_versions_and_odd_numbers_are_not_found() {
    for number in ["0", "9", "01", "-1", "4294967296", "x"] {
        let path = format!("/api/v1/plans/{}/versions/{number}", plan("P1-v1"));
        assert_eq!(get(&path).problem(), "not-found", "{number}");
    }
    let nobody = PlanId::from_bytes([0; 16]);
    assert_eq!(
        get(&format!("/api/v1/plans/{nobody}/versions")).problem(),
        "not-found"
    );
}

#[test]
fn the_list_says_what_the_log_says() {
    let listed = get(&format!("/api/v1/plans/{}/versions", plan("P4-v5"))).json();
    let versions = listed["versions"].as_array().expect("a list");
    let states: Vec<&str> = versions
        .iter()
        .filter_map(|version| version["state"].as_str())
        .collect();
    assert_eq!(
        states,
        ["superseded", "superseded", "superseded", "superseded", "current"]
    );
    assert_eq!(versions[4]["warning"], true);
}

#[test]
fn an_attachment_downloads_byte_for_byte_and_only_by_a_name_the_record_holds() {
    let scan = file("attachments/P3-adrt.pdf");
    let digest = hex::encode(Sha256::digest(&scan));
    let answer = get(&format!("/api/v1/plans/{}/attachments/{digest}", plan("P3-v3")));
    assert_eq!(answer.body, scan);
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"attachment.pdf\""
    );
    assert_eq!(
        answer.header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
    let elsewhere = get(&format!("/api/v1/plans/{}/attachments/{digest}", plan("P1-v3")));
    assert_eq!(elsewhere.problem(), "not-found");
}

#[test]
fn a_staged_file_is_compared_with_its_name_and_its_kind() {
    let plan = PlanId::from_bytes([9; 16]);
    let put = |name: &str, media_type: &str, bytes: &'static [u8]| {
        let path = format!("/api/v1/plans/{plan}/attachments/{name}");
        ask(Method::PUT, &path, &[("content-type", media_type)], bytes)
    };
    let pdf = b"%PDF-1.7 a scan";
    let name = hex::encode(Sha256::digest(pdf));
    assert_eq!(put(&name, "application/pdf", pdf).status, StatusCode::NO_CONTENT);
    assert_eq!(put(&name, "application/pdf", pdf).status, StatusCode::NO_CONTENT);
    assert_eq!(
        put(&"0".repeat(64), "application/pdf", pdf).problem(),
        "not-verified"
    );
    let html = b"<html>";
    let name = hex::encode(Sha256::digest(html));
    assert_eq!(
        put(&name, "application/pdf", html).problem(),
        "unsupported-media-type"
    );
}

fn publish(path: &str, replaces: Option<&str>, bundle: &[u8]) -> Answer {
    let mut headers = vec![("content-type", "application/cose"), ("idempotency-key", "one")];
    headers.extend(replaces.map(|id| ("if-match", id)));
    ask(Method::POST, path, &headers, bundle.to_vec())
}

/// A new record of a new person, published through the API.
fn begin(number: &str, plan: PlanId) -> (Bundle, Answer) {
    let mut draft = draft();
    draft["person"]["nhs_number"] = number.into();
    let signed = Signer::of_p5().sign(&draft.to_string(), plan, None, NumberRange::Test);
    let answer = publish("/api/v1/plans", None, &signed.encode().expect("a bundle"));
    (signed, answer)
}

#[test]
fn the_road_of_a_record_from_its_first_version_to_its_second() {
    let plan = PlanId::from_bytes([1; 16]);
    let (first, answer) = begin("999 517 3409", plan);
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(
        answer.header("location"),
        format!("/api/v1/plans/{plan}/versions/1")
    );
    assert_eq!(answer.header("etag"), format!("\"{}\"", first.version.id()));
    let receipt = STANDARD
        .decode(answer.json()["receipt"].as_str().expect("a receipt"))
        .expect("base64");
    assert_eq!(
        Receipt::decode(&receipt).expect("a receipt").leaf().id,
        first.version.id()
    );

    let again = publish("/api/v1/plans", None, &first.encode().expect("a bundle"));
    assert_eq!(
        again.json()["leaf"],
        answer.json()["leaf"],
        "a repetition gets the same leaf"
    );

    let predecessor = Predecessor {
        id: first.version.id(),
        version: 1,
        signed_at: first.version.peek_unverified().0.issued_at,
    };
    let mut changed = draft();
    changed["person"]["nhs_number"] = "999 517 3409".into();
    let second = Signer::of_p5().sign(&changed.to_string(), plan, Some(&predecessor), NumberRange::Test);
    let bytes = second.encode().expect("a bundle");
    let path = format!("/api/v1/plans/{plan}/versions");
    let tag = format!("\"{}\"", predecessor.id);

    assert_eq!(publish(&path, None, &bytes).problem(), "precondition-required");
    assert_eq!(publish(&path, Some("*"), &bytes).problem(), "bad-request");
    let other = format!("\"{}\"", second.version.id());
    assert_eq!(publish(&path, Some(&other), &bytes).problem(), "lost-race");
    let elsewhere = format!("/api/v1/plans/{}/versions", PlanId::from_bytes([2; 16]));
    assert_eq!(publish(&elsewhere, Some(&tag), &bytes).problem(), "conflict");

    assert_eq!(
        publish("/api/v1/plans", None, &bytes).problem(),
        "conflict",
        "a later version begins nothing"
    );

    let answer = publish(&path, Some(&tag), &bytes);
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.json()["version"], 2);
    let listed = get(&path).json();
    assert_eq!(listed["versions"][0]["state"], "superseded");
    assert_eq!(listed["versions"][1]["state"], "current");
}

#[test]
fn the_loser_of_a_race_is_told_to_sign_again() {
    let latest = latest_of_p5();
    let earlier = Predecessor {
        id: bundle("P5-v1").version.id(),
        version: 1,
        signed_at: latest.signed_at,
    };
    let signed = Signer::of_p5().sign(
        &draft().to_string(),
        plan("P5-v2"),
        Some(&earlier),
        NumberRange::Test,
    );
    let path = format!("/api/v1/plans/{}/versions", plan("P5-v2"));
    let bytes = signed.encode().expect("a bundle");
    let stale = format!("\"{}\"", earlier.id);
    assert_eq!(publish(&path, Some(&stale), &bytes).problem(), "lost-race");
    let fresh = format!("\"{}\"", latest.id);
    assert_eq!(publish(&path, Some(&fresh), &bytes).problem(), "conflict");
}

#[test]
fn one_person_has_one_record() {
    let (_, answer) = begin("999 455 0217", PlanId::from_bytes([3; 16]));
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::CONFLICT, "record-exists")
    );
}

#[test]
fn a_real_nhs_number_is_refused_with_a_finding() {
    let mut draft = draft();
    draft["person"]["nhs_number"] = "943 476 5919".into();
    let signed = Signer::of_p5().sign(
        &draft.to_string(),
        PlanId::from_bytes([4; 16]),
        None,
        NumberRange::Live,
    );
    let answer = publish("/api/v1/plans", None, &signed.encode().expect("a bundle"));
    assert_eq!(answer.problem(), "findings");
    assert_eq!(answer.json()["findings"][0]["field"], "person.nhs_number");
    assert!(!answer.text().contains("943"), "{}", answer.text());
}

#[test]
fn a_changed_object_is_not_published() {
    let plan = PlanId::from_bytes([5; 16]);
    let signed = Signer::of_p5().sign(&draft().to_string(), plan, None, NumberRange::Test);
    let mut bytes = signed.encode().expect("a bundle");
    let name = bytes
        .windows(9)
        .position(|window| window == b"Sampleton")
        .expect("the name is inside");
    bytes[name] ^= 1;
    assert_eq!(publish("/api/v1/plans", None, &bytes).problem(), "not-verified");
    let mut bare = signed;
    bare.card = bundle("P5-v2").card;
    let bytes = bare.encode().expect("a bundle");
    assert_eq!(publish("/api/v1/plans", None, &bytes).problem(), "not-verified");
    assert_eq!(
        publish("/api/v1/plans", None, b"nonsense").problem(),
        "bad-request"
    );
    assert_eq!(
        get(&format!("/api/v1/plans/{plan}/versions")).problem(),
        "not-found"
    );
}

#[test]
fn another_record_of_the_same_name_birth_and_postcode_is_warned_of_by_its_id() {
    let begun = Begun::record(60);
    let told = begun.answer.json();
    let plans = told["possible_duplicates"].as_array().expect("a list");
    assert!(plans.contains(&plan("P5-v2").to_string().into()), "{told}");
    assert!(!plans.contains(&begun.plan.to_string().into()), "{told}");
    no_patient(&begun.answer.text());
}
