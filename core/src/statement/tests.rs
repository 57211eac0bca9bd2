//! Each short statement comes back as it was written, and each of its own rules refuses.

use super::*;
use crate::plan::checklist::Checklist;
use crate::plan::contacts::{Digest, MediaType};
use crate::time::Date;
use crate::trust::{Registration, Role};

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds).expect("an instant")
}

fn words(text: &str) -> Words {
    Words::parse(text).expect("words")
}

fn plan() -> PlanId {
    PlanId::from_bytes([7; 16])
}

fn there_and_back<S: Statement>(statement: &S) -> Result<S, ContentError> {
    let payload = statement.payload().expect("encodable");
    S::from_payload(payload.as_slice())
}

fn resolution() -> Resolution {
    Resolution {
        plan: plan(),
        target: ObjectId::of(b"report"),
        matter: Matter::Clinical,
        outcome: Outcome::Unfounded,
        words: words("spoke to the patient: a misunderstanding"),
        by: None,
        citation: None,
        issued_at: at(1_000),
    }
}

#[test]
fn a_confirmation_names_what_carried_it_out() {
    let plain = resolution();
    assert_eq!(there_and_back(&plain), Ok(plain.clone()));
    let confirmed = Resolution {
        outcome: Outcome::Confirmed,
        ..plain
    };
    assert!(matches!(
        there_and_back(&confirmed),
        Err(ContentError::Value { field: "by", .. })
    ));
    let by = Some(ObjectId::of(b"version"));
    let confirmed = Resolution { by, ..confirmed };
    assert_eq!(there_and_back(&confirmed), Ok(confirmed.clone()));
}

#[test]
fn only_a_declaration_is_cited_and_it_is_a_matter_of_the_document() {
    let cited = Resolution {
        citation: Some(words("[2026] EWCOP 999 (fictional)")),
        ..resolution()
    };
    assert!(there_and_back(&cited).is_err(), "an opinion with a citation");
    let declared = Resolution {
        outcome: Outcome::CourtDeclaration,
        ..cited
    };
    assert!(
        there_and_back(&declared).is_err(),
        "declared as a clinical matter"
    );
    let declared = Resolution {
        matter: Matter::Document,
        ..declared
    };
    assert_eq!(there_and_back(&declared), Ok(declared.clone()));
    let uncited = Resolution {
        citation: None,
        ..declared
    };
    assert!(
        there_and_back(&uncited).is_err(),
        "a declaration without citation"
    );
}

#[test]
fn a_report_is_settled_in_its_own_matter_or_by_a_court() {
    let report = |code| Report {
        plan: plan(),
        version: ObjectId::of(b"version"),
        code,
        words: words("words"),
        reporter: words("somebody"),
        issued_at: at(900),
    };
    let (clinical, disputed) = (
        report(ReportCode::WithdrawalReported),
        report(ReportCode::AuthenticityDisputed),
    );
    assert!(resolution().settles(&clinical));
    assert!(!resolution().settles(&disputed));
    let elsewhere = Resolution {
        plan: PlanId::from_bytes([8; 16]),
        ..resolution()
    };
    assert!(!elsewhere.settles(&clinical));
    let declared = Resolution {
        matter: Matter::Document,
        outcome: Outcome::CourtDeclaration,
        ..resolution()
    };
    assert!(declared.settles(&clinical) && declared.settles(&disputed));
}

#[test]
fn custody_says_who_or_where_and_never_the_future() {
    let stored = Custody {
        plan: plan(),
        target: ObjectId::of(b"version"),
        document: Some(Digest::of(b"scan")),
        event: CustodyEvent::Stored,
        from: None,
        to: None,
        place: Some(words("practice safe, shelf 2")),
        happened_at: at(900),
        issued_at: at(1_000),
    };
    assert_eq!(there_and_back(&stored), Ok(stored.clone()));
    let nowhere = Custody {
        place: None,
        ..stored.clone()
    };
    assert!(there_and_back(&nowhere).is_err());
    let handed = Custody {
        event: CustodyEvent::Transferred,
        ..stored.clone()
    };
    assert!(there_and_back(&handed).is_err(), "from nobody to nobody");
    let early = Custody {
        happened_at: at(1_001),
        ..stored
    };
    assert!(matches!(
        there_and_back(&early),
        Err(ContentError::Value {
            field: "happened_at",
            ..
        })
    ));
}

#[test]
fn intakes_hold_a_scan_or_spoken_words() {
    let scan = Scan::new(Digest::of(b"scan"), 4, MediaType::Pdf).expect("a scan");
    let answers = r#"[{"question":"R01","answer":"yes","evidence":"date of birth seen"},{"question":"R06","answer":"no"}]"#;
    let received = Intake {
        plan: plan(),
        version: None,
        form: IntakeForm::Document(scan),
        received_from: words("the patient's daughter"),
        identified_by: words("passport"),
        original: words("returned to the daughter"),
        device: Some(words("ward scanner")),
        checklist: Checklist::from_json(answers).expect("answers"),
        issued_at: at(1_000),
    };
    assert!(there_and_back(&received) == Ok(received.clone()));
    let spoken = Intake {
        version: Some(ObjectId::of(b"version")),
        form: IntakeForm::Spoken(words("no tube, whatever happens")),
        device: None,
        checklist: Checklist::default(),
        ..received
    };
    assert!(there_and_back(&spoken) == Ok(spoken.clone()));
    assert!(Scan::new(Digest::of(b""), 0, MediaType::Pdf).is_err());
    let twice = r#"[{"question":"R01","answer":"yes"},{"question":"R01","answer":"no"}]"#;
    for wrong in [twice, "{}", r#"[{"question":"R99","answer":"yes"}]"#] {
        assert!(Checklist::from_json(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn staff_lists_are_numbered_and_hold_roles_of_people() {
    let member = StaffMember {
        name: words("A. Example"),
        registration: Some(Registration {
            body: "nmc".into(),
            number: "00A0000E".into(),
        }),
        roles: vec![Role::ViewerFull, Role::Finaliser],
        trained_until: Date::parse("2027-03-31").expect("a date"),
    };
    let list = StaffList {
        number: 1,
        agreement: words("agreement of 01-Nov-2025"),
        staff: vec![member.clone()],
        issued_at: at(1_000),
    };
    assert!(there_and_back(&list) == Ok(list.clone()));
    let unnumbered = StaffList {
        number: 0,
        ..list.clone()
    };
    assert!(there_and_back(&unnumbered).is_err());
    for roles in [
        vec![],
        vec![Role::Organisation],
        vec![Role::Finaliser, Role::ViewerFull],
    ] {
        let staff = vec![StaffMember {
            roles,
            ..member.clone()
        }];
        let wrong = StaffList {
            staff,
            ..list.clone()
        };
        assert!(there_and_back(&wrong).is_err());
    }
}

#[test]
fn holds_begin_and_end() {
    for act in [HoldAct::Begins, HoldAct::Ends] {
        let hold = Hold {
            plan: plan(),
            target: ObjectId::of(b"version"),
            hold: HoldKind::LegalHold,
            act,
            authority: words("order 12/26 (fictional)"),
            issued_at: at(1_000),
        };
        assert_eq!(there_and_back(&hold), Ok(hold.clone()));
    }
}
