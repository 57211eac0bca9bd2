//! Checking over HTTP: verdicts, pointers, and the signed views of the log.

use crate::kit::{Answer, STAGE, ask, ask_of, bundle, file, get, plan, policy};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use planseal::check::{CheckedBundle, Reader};
use planseal::code::{OfflineCode, Pointer};
use planseal::envelope::SignedObject;
use planseal::head::Head;
use planseal::id::{IdPrefix, PlanId};
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::verify;

pub(crate) fn verify(media_type: &str, bytes: impl Into<Body>) -> Answer {
    ask(
        Method::POST,
        "/api/v1/verify",
        &[("content-type", media_type)],
        bytes,
    )
}

fn checked(sample: &str) -> CheckedBundle {
    Reader::default()
        .pin(policy())
        .open_bundle(&bundle(sample))
        .expect("the sample's bundle")
}

fn pointer(sample: &str, number: u16) -> Pointer {
    Pointer {
        plan: plan(sample),
        version_number: number,
        version: bundle(sample).version.id().prefix(),
    }
}

fn status(body: &str, accept: &str) -> Answer {
    let headers = [("content-type", "text/plain"), ("accept", accept)];
    ask(Method::POST, "/api/v1/status", &headers, body.to_owned())
}

#[test]
fn printed_plans_come_to_their_verdicts_and_repeat_no_content() {
    let expected = [
        ("P1-v1", 12),
        ("P1-v3", 0),
        ("P3-v3", 0),
        ("P4-v5", 16),
        ("P4-v2", 12),
    ];
    for (sample, code) in expected {
        let answer = verify("application/pdf", file(&format!("pdf/{sample}.pdf")));
        let verdict = answer.json();
        assert_eq!(verdict["exit_code"], code, "{sample}: {verdict}");
        assert_eq!(verdict["authentic"]["answer"], "verified");
        assert_eq!(verdict["file"], "genuine", "{sample}");
        assert_ne!(verdict["attachments"]["answer"], "mismatch");
        crate::kit::no_patient(&answer.text());
    }
}

#[test]
fn a_pdf_that_was_changed_outside_its_bundle_is_an_altered_file() {
    let mut pdf = file("pdf/P1-v3.pdf");
    let last = pdf.len() - 10;
    pdf[last] ^= 1;
    let verdict = verify("application/pdf", pdf).json();
    assert_eq!(
        (verdict["exit_code"].as_u64(), verdict["file"].as_str()),
        (Some(18), Some("altered"))
    );
}

#[test]
fn a_picture_without_a_code_says_nothing_about_a_plan() {
    // One white pixel.
    let pixel =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";
    let pixel = STANDARD.decode(pixel).expect("base64");
    let verdict = verify("image/png", pixel.clone()).json();
    assert_eq!(verdict["exit_code"], 15, "{verdict}");
    let cut = verify("image/png", pixel[..40].to_vec()).json();
    assert_eq!(cut["exit_code"], 15, "{cut}");
}

#[test]
fn a_changed_plan_is_not_genuine_and_nothing_of_it_is_shown() {
    let mut pdf = file("pdf/P1-v3.pdf");
    let inside = pdf
        .windows(17)
        .position(|window| window == b"PLANSEAL-BUNDLE-1")
        .expect("a bundle");
    let name = pdf[inside..]
        .windows(5)
        .position(|window| window == b"Edith")
        .expect("the name");
    pdf[inside + name] ^= 1;
    let verdict = verify("application/pdf", pdf.clone()).json();
    assert_eq!(verdict["exit_code"], 10);
    assert!(verdict.get("plan").is_none());
    let page = upload(&pdf);
    assert!(page.text().contains("NOT GENUINE"));
    crate::kit::no_patient(&page.text());
}

#[test]
fn bundles_and_envelopes_are_judged_by_themselves() {
    let media_type = "application/vnd.planseal.bundle+cbor";
    assert_eq!(
        verify(media_type, file("bundles/P2-v1.planseal")).json()["exit_code"],
        12
    );
    let envelope = verify("application/cose", file("envelopes/P2-v2.cose")).json();
    assert_eq!(envelope["exit_code"], 14);
    assert_eq!(envelope["authentic"]["registered"], false);
}

#[test]
fn what_cannot_be_read_says_nothing_about_a_plan() {
    for (media_type, bytes) in [
        ("application/pdf", "%PDF-1.7 another paper"),
        ("text/plain", "hello"),
        ("text/plain", "PS1:AAAA"),
        ("text/plain", ""),
    ] {
        assert_eq!(verify(media_type, bytes).json()["exit_code"], 15, "{bytes}");
    }
}

#[test]
fn the_offline_code_is_verified_and_judged_now() {
    for (sample, code) in [("P1-v3", 0), ("P1-v2", 12), ("P4-v5", 16)] {
        let checked = checked(sample);
        let text = OfflineCode::new(checked.card().expect("a card"), checked.stamp().expect("a stamp"));
        let verdict = verify("text/plain", text.expect("a code").text()).json();
        assert_eq!(verdict["exit_code"], code, "{sample}: {verdict}");
    }
}

#[test]
fn a_pointer_gets_a_head_that_verifies_and_no_patient() {
    let pointer = pointer("P1-v1", 1);
    for body in [pointer.digits(), pointer.address("plans.nowhere.example")] {
        let answer = status(&body, "application/cose");
        let head = SignedObject::parse(&answer.body).expect("a head");
        let mut directory = planseal::trust::Directory::pinned(&policy());
        directory
            .admit_all(&bundle("P1-v3").certificates)
            .expect("certificates");
        let head = verify::statement::<Head>(&head, &directory).expect("verified");
        assert_eq!(head.content().latest, bundle("P1-v3").version.id());
        crate::kit::no_patient(&answer.text());
    }
    let json = status(&pointer.digits(), "application/json").json();
    assert_eq!(json["current"]["answer"], "superseded");
    assert_eq!(json["latest"], 3);
}

#[test]
fn an_unknown_record_and_an_unknown_version_look_alike() {
    let mut other_version = pointer("P1-v1", 1);
    other_version.version = IdPrefix::from_bytes([0; 16]);
    let mut other_record = pointer("P1-v1", 1);
    other_record.plan = PlanId::from_bytes([0xee; 16]);
    let details = [other_version, other_record].map(|pointer| {
        let answer = status(&pointer.digits(), "*/*");
        assert_eq!(answer.problem(), "not-found");
        answer.json()["detail"].clone()
    });
    assert_eq!(details[0], details[1]);
    assert_eq!(status("123", "*/*").problem(), "bad-request");
}

#[test]
fn the_status_of_a_pointer_needs_no_signing_in() {
    let headers = [("content-type", "text/plain")];
    let body = pointer("P2-v2", 2).digits();
    let answer = ask_of(&STAGE.closed, Method::POST, "/api/v1/status", &headers, body);
    assert_eq!(answer.status, StatusCode::OK);
}

#[test]
fn policy_trust_list_snapshot_and_log_verify_together() {
    assert_eq!(get("/api/v1/trust-policy").body, file("trust-policy.cbor"));
    let mut reader = Reader::default().pin(policy());
    let object = |path: &str| SignedObject::parse(&get(path).body).expect("an envelope");
    reader
        .add_trust_list(&object("/api/v1/trust-list"))
        .expect("a trust list");
    reader
        .add_snapshot(&object("/api/v1/snapshot"))
        .expect("a snapshot");
    let checkpoint =
        VerifiedCheckpoint::verify(&get("/api/v1/log/checkpoint").text(), &policy()).expect("a checkpoint");
    let width = checkpoint.size() % 256;
    let tile = get(&format!("/api/v1/log/tile/0/000.p/{width}"));
    assert_eq!(tile.status, StatusCode::OK);
    assert_eq!(u64::try_from(tile.body.len()), Ok(width * 32));
    assert_eq!(
        get(&format!("/api/v1/log/tile/entries/000.p/{width}")).status,
        StatusCode::OK
    );
    assert!(tile.header("cache-control").contains("immutable"));
    for wrong in ["0/000", "0/0", "9/000.p/1", "0/000.p/0", "0/000.p/256", "entries"] {
        assert_eq!(
            get(&format!("/api/v1/log/tile/{wrong}")).status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

fn upload(bytes: &[u8]) -> Answer {
    let mut body =
        b"--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"plan.pdf\"\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    ask(
        Method::POST,
        "/check",
        &[("content-type", "multipart/form-data; boundary=edge")],
        body,
    )
}
