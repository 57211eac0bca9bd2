//! What is handed out as a PDF, and how it is known again.

use axum::http::StatusCode;
use planseal::bundle::Bundle;
use planseal::statement::{Withdrawal, WithdrawalReason};
use planseal_render::seal;

use crate::checking::verify;
use crate::kit::{file, get, plan, policy};
use crate::people::{Begun, Person, post_if};
use planseal::trust::Role;

fn document(path: &str) -> Vec<u8> {
    let answer = get(path);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.body
}

#[test]
fn every_print_is_sealed_by_the_authority_that_readers_pin() {
    let pdf = document(&format!("/api/v1/plans/{}/versions/3/document", plan("P3-v3")));
    let sealed = seal::open(&pdf).expect("sealed");
    assert_eq!(Some(sealed.authority()), policy().seals());
    assert_eq!(verify("application/pdf", pdf).json()["file"], "genuine");
    let earlier = file("pdf/P3-v3.pdf");
    assert!(seal::open(&earlier).is_ok());
}

#[test]
fn a_version_that_is_not_the_latest_prints_with_a_mark_and_one_that_is_not_shared_does_not() {
    let superseded = document(&format!("/api/v1/plans/{}/versions/1/document", plan("P1-v1")));
    let bundle = Bundle::find(&superseded).expect("a bundle");
    assert!(
        bundle.stamp.is_none(),
        "no code that could be relied on without signal"
    );
    let verdict = verify("application/pdf", superseded).json();
    assert_eq!(
        (verdict["exit_code"].as_u64(), verdict["file"].as_str()),
        (Some(12), Some("genuine"))
    );

    let withdrawn = withdrawn(61, WithdrawalReason::WithdrawnByClinician);
    let verdict = verify("application/pdf", document(&withdrawn)).json();
    assert_eq!(
        (verdict["exit_code"].as_u64(), verdict["file"].as_str()),
        (Some(13), Some("genuine"))
    );

    let not_shared = get(&self::withdrawn(62, WithdrawalReason::SharingStopped));
    assert_eq!(not_shared.problem(), "not-current");
    assert!(not_shared.text().contains("ask the patient"));
}

/// A record that was begun and withdrawn; the address of its document.
fn withdrawn(n: u8, reason: WithdrawalReason) -> String {
    let begun = Begun::record(n);
    let withdrawal = Withdrawal {
        plan: begun.plan,
        version: begun.version,
        reason,
        issued_at: crate::kit::now(),
    };
    let finaliser = Person::enrolled("Dr Amara Withdraws", &[Role::Finaliser]);
    let answer = post_if(
        &begun.path("withdrawal"),
        begun.version,
        &finaliser.sign(&withdrawal),
    );
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    begun.path("versions/1/document")
}
