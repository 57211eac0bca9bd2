//! Every kind of statement through its route: taken once, refused by role, by target, by race and by address.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use planseal::envelope::SignedObject;
use planseal::head::{Head, HeadState};
use planseal::id::{ObjectId, PlanId};
use planseal::plan::checklist::Checklist;
use planseal::plan::contacts::{Digest, MediaType};
use planseal::receipt::Receipt;
use planseal::snapshot::Snapshot;
use planseal::statement::{
    Custody, CustodyEvent, Endorsement, EndorsementCode, Hold, HoldAct, HoldKind, Intake, IntakeForm, Matter,
    Outcome, Resolution, Scan, StaffList, Statement, Withdrawal, WithdrawalReason, Words,
};
use planseal::trust::{Role, TrustList};

use crate::kit::{Answer, ask, get, now};
use crate::people::{Begun, Person, not_granted, plan, post, post_if};

fn created(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let told = answer.json();
    assert_eq!(
        answer.header("location"),
        format!("/api/v1/objects/{}", told["id"].as_str().unwrap())
    );
    let receipt = STANDARD.decode(told["receipt"].as_str().unwrap()).unwrap();
    let receipt = Receipt::decode(&receipt).unwrap();
    assert_eq!(receipt.proof().index, told["leaf"]);
    assert_eq!(receipt.leaf().id.to_string(), told["id"]);
}

fn words(text: &str) -> Words {
    Words::parse(text).unwrap()
}

fn withdrawal(plan: PlanId, version: ObjectId) -> Withdrawal {
    Withdrawal {
        plan,
        version,
        reason: WithdrawalReason::SharingStopped,
        issued_at: now(),
    }
}

fn endorsement(plan: PlanId, version: ObjectId) -> Endorsement {
    Endorsement {
        plan,
        version,
        statement: EndorsementCode::ResponsibleClinician,
        issued_at: now(),
    }
}

fn spoken(plan: PlanId, version: Option<ObjectId>) -> Intake {
    Intake {
        plan,
        version,
        form: IntakeForm::Spoken(words("No tube, whatever happens")),
        received_from: words("the patient"),
        identified_by: words("known to the ward for years"),
        original: words("none: spoken"),
        device: None,
        checklist: Checklist::default(),
        issued_at: now(),
    }
}

fn resolution(plan: PlanId, target: ObjectId, matter: Matter, outcome: Outcome) -> Resolution {
    Resolution {
        plan,
        target,
        matter,
        outcome,
        words: words("looked into"),
        by: None,
        citation: None,
        issued_at: now(),
    }
}

fn report(begun: &Begun, version: ObjectId, code: &str) -> Answer {
    let body = serde_json::json!({
        "version": version.to_string(), "code": code, "words": "He said so twice", "reporter": "Paramedic A. Example",
    });
    let headers = [("content-type", "application/json")];
    ask(Method::POST, &begun.path("reports"), &headers, body.to_string())
}

fn id_of(answer: &Answer) -> ObjectId {
    ObjectId::parse(answer.json()["id"].as_str().unwrap()).unwrap()
}

fn standing(begun: &Begun) -> serde_json::Value {
    get(&begun.path("versions")).json()["standing"].clone()
}

#[test]
fn a_record_is_withdrawn_once_by_somebody_entitled_who_read_the_latest() {
    let begun = Begun::record(1);
    let path = begun.path("withdrawal");
    let finaliser = Person::enrolled("Wanda Withdrawer", &[Role::Finaliser]);
    let object = finaliser.sign(&withdrawal(begun.plan, begun.version));
    assert_eq!(post(&path, &object).problem(), "precondition-required");
    assert_eq!(post_if(&path, object.id(), &object).problem(), "lost-race");
    let elsewhere = format!("/api/v1/plans/{}/withdrawal", crate::kit::plan("P1-v3"));
    assert_eq!(post_if(&elsewhere, begun.version, &object).problem(), "conflict");
    let nobody = format!("/api/v1/plans/{}/withdrawal", plan(0));
    let unknown = finaliser.sign(&withdrawal(plan(0), begun.version));
    assert_eq!(post_if(&nobody, begun.version, &unknown).problem(), "not-found");
    let viewer = Person::enrolled("Vera Viewer", &[Role::ViewerFull, Role::Endorser]);
    let forged = finaliser.in_the_name_of(&viewer, &withdrawal(begun.plan, begun.version));
    not_granted(&post_if(&path, begun.version, &forged));

    let answer = post_if(&path, begun.version, &object);
    created(&answer);
    let again = post_if(&path, begun.version, &object);
    assert_eq!(again.json()["leaf"], answer.json()["leaf"], "a repetition");
    let second = finaliser.sign(&Withdrawal {
        reason: WithdrawalReason::ClosedOnDeath,
        ..withdrawal(begun.plan, begun.version)
    });
    assert_eq!(post_if(&path, object.id(), &second).problem(), "conflict");

    let listed = get(&begun.path("versions")).json();
    assert_eq!(listed["versions"][0]["state"], "withdrawn");
    assert_eq!(listed["standing"]["withdrawal"]["reason"], "sharing_stopped");
    let page = get(&format!("/e/{}", begun.plan)).text();
    assert!(page.contains("ask the patient"), "{page}");
    assert!(
        page.contains("WITHDRAWN") && page.contains("may still bind"),
        "{page}"
    );

    let (_, answer) = begun.follow(1, object.id());
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert!(answer.json()["replaced"].is_string() && answer.json()["growth"].is_array());
}

#[test]
fn a_version_that_stands_is_endorsed_by_somebody_else() {
    let begun = Begun::record(2);
    let path = begun.path("endorsements");
    let endorser = Person::enrolled("Ed Endorser", &[Role::Endorser]);
    let object = endorser.sign(&endorsement(begun.plan, begun.version));
    created(&post(&path, &object));
    let page = get(&format!("/e/{}", begun.plan)).text();
    assert!(page.contains("Endorsed by Ed Endorser"), "{page}");
    let viewer = Person::enrolled("Vic Viewer", &[Role::Finaliser]);
    not_granted(&post(
        &path,
        &endorser.in_the_name_of(&viewer, &endorsement(begun.plan, begun.version)),
    ));
    let nothing = endorser.sign(&endorsement(begun.plan, object.id()));
    assert_eq!(
        post(&path, &nothing).problem(),
        "conflict",
        "an endorsement is no version"
    );
    begun.follow(2, begun.version);
    let late = Person::enrolled("Eve Endorser", &[Role::Endorser]);
    let late = late.sign(&endorsement(begun.plan, begun.version));
    assert_eq!(post(&path, &late).problem(), "conflict", "replaced since");
}

#[test]
fn a_report_warns_until_somebody_entitled_in_its_matter_resolves_it() {
    let begun = Begun::record(3);
    let answer = report(&begun, begun.version, "authenticity_disputed");
    created(&answer);
    let object = STANDARD
        .decode(answer.json()["object"].as_str().unwrap())
        .unwrap();
    assert_eq!(SignedObject::parse(&object).unwrap().id(), id_of(&answer));
    assert_eq!(report(&begun, id_of(&answer), "other").problem(), "conflict");
    assert_eq!(report(&begun, begun.version, "rumour").problem(), "bad-request");
    let headers = [("content-type", "application/json")];
    let blank = serde_json::json!({
        "version": begun.version.to_string(), "code": "other", "words": "", "reporter": "x",
    });
    let blank = ask(Method::POST, &begun.path("reports"), &headers, blank.to_string());
    assert_eq!(blank.problem(), "not-verified");
    assert_eq!(standing(&begun)["reports"][0]["state"], "open");
    assert_eq!(
        get(&begun.path("versions")).json()["versions"][0]["warning"],
        true
    );

    let path = begun.path("resolutions");
    let governance = Person::enrolled("Gus Governance", &[Role::Governance]);
    let finaliser = Person::enrolled("Fia Finaliser", &[Role::Finaliser]);
    let target = id_of(&answer);
    let clinical = resolution(begun.plan, target, Matter::Clinical, Outcome::Unfounded);
    assert_eq!(
        post(&path, &finaliser.sign(&clinical)).problem(),
        "conflict",
        "another matter"
    );
    let document = resolution(begun.plan, target, Matter::Document, Outcome::Unfounded);
    assert_eq!(
        post(&path, &finaliser.sign(&document)).problem(),
        "not-verified",
        "not the role"
    );
    let carried_out = Resolution {
        outcome: Outcome::Confirmed,
        by: Some(begun.version),
        ..document.clone()
    };
    assert_eq!(
        post(&path, &governance.sign(&carried_out)).problem(),
        "conflict",
        "nothing came later"
    );
    let nothing = resolution(begun.plan, begun.version, Matter::Document, Outcome::Unfounded);
    assert_eq!(
        post(&path, &governance.sign(&nothing)).problem(),
        "conflict",
        "a version is no report"
    );
    created(&post(&path, &governance.sign(&document)));
    assert_eq!(standing(&begun)["reports"][0]["state"], "resolved");
    assert_eq!(
        get(&begun.path("versions")).json()["versions"][0]["warning"],
        false
    );
    let page = get(&format!("/e/{}", begun.plan)).text();
    assert!(
        page.contains("He said so twice") && page.contains("looked into"),
        "{page}"
    );
}

#[test]
fn a_confirmed_report_names_the_version_that_carried_it_out() {
    let begun = Begun::record(4);
    let reported = report(&begun, begun.version, "other");
    let (second, _) = begun.follow(4, begun.version);
    let finaliser = Person::enrolled("Finn Finaliser", &[Role::Finaliser]);
    let confirmed = Resolution {
        by: Some(second),
        ..resolution(begun.plan, id_of(&reported), Matter::Clinical, Outcome::Confirmed)
    };
    created(&post(&begun.path("resolutions"), &finaliser.sign(&confirmed)));
    let listed = get(&begun.path("versions")).json();
    assert_eq!(listed["versions"][1]["warning"], false);
}

#[test]
fn what_was_received_before_any_plan_is_shown_and_never_lost() {
    let intaker = Person::enrolled("Ina Intake", &[Role::AdrtIntake]);
    let record = plan(5);
    let path = format!("/api/v1/plans/{record}/intakes");
    let object = intaker.sign(&spoken(record, None));
    let viewer = Person::enrolled("Vlad Viewer", &[Role::ViewerFull]);
    not_granted(&post(
        &path,
        &intaker.in_the_name_of(&viewer, &spoken(record, None)),
    ));
    assert_eq!(
        post(&path, &intaker.sign(&spoken(record, Some(object.id())))).problem(),
        "conflict",
        "it names a version, and there is none"
    );
    created(&post(&path, &object));
    let page = get(&format!("/e/{record}")).text();
    assert!(
        page.contains("NOT YET REVIEWED") && page.contains("No tube, whatever happens"),
        "{page}"
    );
    assert!(get("/").text().contains(&format!("/e/{record}")));

    let empty = Begun {
        plan: record,
        version: object.id(),
        signed_at: now(),
        answer: get("/healthz"),
    };
    let reported = report(&empty, object.id(), "authenticity_disputed");
    created(&reported);
    assert_eq!(Begun::tried(5).answer.problem(), "conflict", "a report is open");
    let governance = Person::enrolled("Gil Governance", &[Role::Governance]);
    let settled = resolution(record, id_of(&reported), Matter::Document, Outcome::Unfounded);
    created(&post(&empty.path("resolutions"), &governance.sign(&settled)));
    let begun = Begun::record(5);

    let unaware = Intake {
        original: words("with the daughter"),
        ..spoken(record, None)
    };
    assert_eq!(
        report(&begun, object.id(), "other").problem(),
        "conflict",
        "a report about it would warn of no version"
    );
    assert_eq!(post(&path, &intaker.sign(&unaware)).problem(), "conflict");
    let later = intaker.sign(&spoken(record, Some(begun.version)));
    created(&post(&path, &later));
    assert_eq!(
        get(&begun.path("versions")).json()["versions"][0]["warning"],
        true
    );
    let page = get(&format!("/e/{record}")).text();
    assert!(page.contains("received and is not yet reviewed"), "{page}");
    let document = resolution(record, later.id(), Matter::Document, Outcome::Unfounded);
    let refused = post(&begun.path("resolutions"), &governance.sign(&document));
    assert_eq!(
        refused.problem(),
        "conflict",
        "what was received is a clinical matter"
    );
    let finaliser = Person::enrolled("Fay Finaliser", &[Role::Finaliser]);
    let reviewed = resolution(record, later.id(), Matter::Clinical, Outcome::Unfounded);
    created(&post(&begun.path("resolutions"), &finaliser.sign(&reviewed)));
    assert_eq!(
        get(&begun.path("versions")).json()["versions"][0]["warning"],
        false
    );
}

#[test]
fn the_scan_of_an_intake_is_kept_and_its_original_followed() {
    let intaker = Person::enrolled("Ian Intake", &[Role::AdrtIntake]);
    let begun = Begun {
        plan: plan(6),
        version: ObjectId::from_bytes([0; 32]),
        signed_at: now(),
        answer: get("/healthz"),
    };
    let scan = b"%PDF-1.7 an advance decision";
    let sha256 = Digest::of(scan);
    let document = Scan::new(sha256, 28, MediaType::Pdf).unwrap();
    let object = intaker.sign(&Intake {
        form: IntakeForm::Document(document),
        ..spoken(begun.plan, None)
    });
    assert_eq!(
        post(&begun.path("intakes"), &object).problem(),
        "not-verified",
        "no scan"
    );
    let file = begun.path(&format!("attachments/{sha256}"));
    let staged = ask(
        Method::PUT,
        &file,
        &[("content-type", "application/pdf")],
        scan.as_slice(),
    );
    assert_eq!(staged.status, StatusCode::NO_CONTENT);
    created(&post(&begun.path("intakes"), &object));
    assert_eq!(get(&file).body, scan);

    let custody = |document| {
        intaker.sign(&Custody {
            plan: begun.plan,
            target: object.id(),
            document,
            event: CustodyEvent::Stored,
            from: None,
            to: None,
            place: Some(words("records department, shelf 4")),
            happened_at: now(),
            issued_at: now(),
        })
    };
    let path = begun.path("custody");
    assert_eq!(
        post(&path, &custody(Some(Digest::of(b"another")))).problem(),
        "conflict"
    );
    created(&post(&path, &custody(Some(sha256))));
    let astray = intaker.sign(&Custody {
        plan: begun.plan,
        target: ObjectId::from_bytes([1; 32]),
        document: None,
        event: CustodyEvent::Lost,
        from: None,
        to: None,
        place: None,
        happened_at: now(),
        issued_at: now(),
    });
    assert_eq!(post(&path, &astray).problem(), "conflict");
}

#[test]
fn a_hold_begins_and_ends_once() {
    let begun = Begun::record(7);
    let governance = Person::enrolled("Gwen Governance", &[Role::Governance]);
    let path = begun.path("holds");
    let hold = |target, hold, act| {
        governance.sign(&Hold {
            plan: begun.plan,
            target,
            hold,
            act,
            authority: words("Order 12 of 2026"),
            issued_at: now(),
        })
    };
    let begins = hold(begun.version, HoldKind::LegalHold, HoldAct::Begins);
    created(&post(&path, &begins));
    let other = hold(begins.id(), HoldKind::Quarantine, HoldAct::Ends);
    assert_eq!(post(&path, &other).problem(), "conflict", "another kind");
    let nothing = hold(begun.version, HoldKind::LegalHold, HoldAct::Ends);
    assert_eq!(
        post(&path, &nothing).problem(),
        "conflict",
        "a version is no hold"
    );
    created(&post(
        &path,
        &hold(begins.id(), HoldKind::LegalHold, HoldAct::Ends),
    ));
    let finaliser = Person::enrolled("Fred Finaliser", &[Role::Finaliser]);
    let theirs = Hold {
        plan: begun.plan,
        target: begun.version,
        hold: HoldKind::LegalHold,
        act: HoldAct::Begins,
        authority: words("none"),
        issued_at: now(),
    };
    not_granted(&post(&path, &governance.in_the_name_of(&finaliser, &theirs)));
    let listed = get(&begun.path("statements")).json();
    let kinds: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["version", "hold", "hold"]);
    let object = get(&format!("/api/v1/objects/{}", begins.id()));
    assert_eq!(object.body, begins.bytes());
}

#[test]
fn a_revoked_key_signs_nothing_more_and_trust_lists_say_so() {
    let endorser = Person::enrolled("Rory Revoked", &[Role::Endorser]);
    let begun = Begun::record(8);
    created(&post(
        &begun.path("endorsements"),
        &endorser.sign(&endorsement(begun.plan, begun.version)),
    ));
    let list = || {
        let object = SignedObject::parse(&get("/api/v1/trust-list").body).unwrap();
        let (_, payload) = object.peek_unverified();
        TrustList::from_payload(payload).unwrap()
    };
    let revoked = endorser.signer().certificate.id();
    assert!(!list().revocations().any(|(id, _)| id == revoked));
    let ahead = endorser.revoked_from(1 << 40);
    assert_eq!(post("/api/v1/key-status", &ahead).problem(), "conflict");
    let revocation = endorser.revoked_from(0);
    let answer = post("/api/v1/key-status", &revocation);
    created(&answer);
    assert_eq!(
        post("/api/v1/key-status", &revocation).json()["leaf"],
        answer.json()["leaf"]
    );
    assert!(list().revocations().any(|(id, _)| id == revoked));
    let snapshot = SignedObject::parse(&get("/api/v1/snapshot").body).unwrap();
    let snapshot = Snapshot::from_payload(snapshot.peek_unverified().1).unwrap();
    let leaf = answer.json()["leaf"].as_u64().unwrap();
    assert!(
        snapshot.size() > leaf,
        "no snapshot from before a revocation is handed out after it"
    );
    let again = endorser.sign(&Endorsement {
        statement: EndorsementCode::SecondOpinion,
        ..endorsement(begun.plan, begun.version)
    });
    assert_eq!(
        post(&begun.path("endorsements"), &again).problem(),
        "not-verified"
    );
    let page = get(&format!("/e/{}", begun.plan)).text();
    assert!(page.contains("no longer counts"), "{page}");
}

#[test]
fn a_suspended_version_is_shown_with_the_last_one_that_is_not() {
    let begun = Begun::record(10);
    let imposter = Person::enrolled("Ivy Imposter", &[Role::Finaliser]);
    let (_, answer) = begun.follow_by(imposter.signer(), 10, begun.version);
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(standing(&begun)["last_not_suspended"], serde_json::Value::Null);
    created(&post("/api/v1/key-status", &imposter.revoked_from(0)));
    let listed = get(&begun.path("versions")).json();
    assert_eq!(listed["versions"][1]["state"], "suspended");
    assert_eq!(listed["standing"]["last_not_suspended"]["version"], 1);
    let page = get(&format!("/e/{}", begun.plan)).text();
    assert!(
        page.contains("SUSPENDED") && page.contains("Version 1, signed on"),
        "{page}"
    );
    let bundle = ask(
        Method::GET,
        &begun.path("versions/2"),
        &[("accept", "application/vnd.planseal.bundle+cbor")],
        Body::empty(),
    );
    let headers = [("content-type", "application/vnd.planseal.bundle+cbor")];
    let verdict = ask(Method::POST, "/api/v1/verify", &headers, bundle.body).json();
    assert_eq!(verdict["state"], "SUSPENDED");
    assert_eq!(verdict["standing"]["last_not_suspended"]["version"], 1);
}

#[test]
fn a_withdrawal_by_a_key_that_was_revoked_stands_with_a_warning() {
    let begun = Begun::record(11);
    let imposter = Person::enrolled("Isa Imposter", &[Role::Finaliser]);
    let object = imposter.sign(&withdrawal(begun.plan, begun.version));
    created(&post_if(&begun.path("withdrawal"), begun.version, &object));
    created(&post("/api/v1/key-status", &imposter.revoked_from(0)));
    let head = SignedObject::parse(&get(&begun.path("head")).body).unwrap();
    let head = Head::from_payload(head.peek_unverified().1).unwrap();
    assert_eq!(head.state, HeadState::Withdrawn);
    assert_eq!(head.warnings.len(), 1, "{:?}", head.warnings);
    let listed = get(&begun.path("versions")).json();
    assert_eq!(listed["versions"][0]["warning"], true);
    let page = get(&format!("/e/{}", begun.plan)).text();
    assert!(
        page.contains("WITHDRAWN") && page.contains("later reported lost"),
        "{page}"
    );
}

#[test]
fn staff_lists_are_numbered_on() {
    let organisation = Person::organisation();
    let list = |number| {
        organisation.sign(&StaffList {
            number,
            agreement: words("Agreement 7"),
            staff: Vec::new(),
            issued_at: now(),
        })
    };
    let second = list(2);
    let answer = post("/api/v1/staff-lists", &second);
    created(&answer);
    assert_eq!(
        post("/api/v1/staff-lists", &second).json()["leaf"],
        answer.json()["leaf"]
    );
    for number in [1, 2] {
        let old = StaffList {
            number,
            agreement: words("Agreement 8"),
            staff: Vec::new(),
            issued_at: now(),
        };
        assert_eq!(
            post("/api/v1/staff-lists", &organisation.sign(&old)).problem(),
            "conflict"
        );
    }
    created(&post("/api/v1/staff-lists", &list(3)));
}

#[test]
fn statements_go_to_their_own_routes() {
    let begun = Begun::record(9);
    let finaliser = Person::enrolled("Faye Finaliser", &[Role::Finaliser]);
    let object = finaliser.sign(&withdrawal(begun.plan, begun.version));
    for part in ["endorsements", "intakes", "custody", "resolutions", "holds"] {
        assert_eq!(
            post(&begun.path(part), &object).problem(),
            "not-verified",
            "{part}"
        );
    }
    for path in [
        "/api/v1/certificates",
        "/api/v1/key-status",
        "/api/v1/staff-lists",
    ] {
        assert_eq!(post(path, &object).problem(), "not-verified", "{path}");
        let nonsense = ask(Method::POST, path, &[("content-type", "application/cose")], "x");
        assert_eq!(nonsense.problem(), "bad-request");
    }
    assert_eq!(
        get(&format!("/api/v1/objects/{}", object.id())).problem(),
        "not-found"
    );
    assert_eq!(
        get(&format!("/api/v1/plans/{}/statements", plan(0))).problem(),
        "not-found"
    );
    let head = get(&begun.path("head"));
    assert_eq!(head.header("content-type"), "application/cose");
    let missing = ask(
        Method::GET,
        &format!("/api/v1/plans/{}/head", plan(0)),
        &[],
        Body::empty(),
    );
    assert_eq!(missing.problem(), "not-found");
}
