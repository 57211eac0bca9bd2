//! Statements that reached the log after their signer's revocation, as a node writes them that has not seen it yet.

use std::sync::Arc;

use planseal::head::{Head, HeadState};
use planseal::id::ObjectId;
use planseal::plan::checklist::Checklist;
use planseal::statement::{
    Endorsement, EndorsementCode, Intake, IntakeForm, Matter, Outcome, ReportCode, Resolution, StaffList,
    Withdrawal, WithdrawalReason, Words,
};
use planseal::status::State;
use planseal::trust::{Certificate, CertificateFields};
use planseal::verify::{self, Verified};
use planseal_server::service::{Observation, Service};
use planseal_store::{OperationId, Store};

use crate::kit::{World, get, noon, plan, publish};

const DOCTOR: &str = "Rowena Demo-Achebe";
const LEAVER: &str = "Leaver Testperson";

fn words(text: &str) -> Words {
    Words::parse(text).unwrap()
}

/// A record with one version by the doctor, and the leaver revoked from now on.
async fn with_a_leaver(world: &World) -> (Arc<Service>, Store, ObjectId) {
    let (service, store) = world.founded().await;
    let first = world.version(&world.doctor, DOCTOR, None);
    let first = publish(&service, &first, None).await.unwrap().id;
    let revocation = world.revocation(&world.leaver, store.log_size());
    service.revoke(&revocation).await.unwrap();
    (Arc::new(service), store, first)
}

#[tokio::test]
async fn a_late_version_is_suspended_and_the_last_good_one_is_named() {
    let world = World::new();
    let (service, store, first) = with_a_leaver(&world).await;
    let late = world.version(&world.leaver, LEAVER, Some(first));
    world.write_version(&store, &late).await;

    let record = service.record(plan()).await.unwrap();
    assert_eq!(record.latest().id(), late.version.id());
    assert_eq!(record.latest().state(), State::Suspended);
    let why = record.latest().late().unwrap().fault.to_string();
    assert!(why.contains("was revoked at"), "{why}");
    assert_eq!(record.last_not_suspended().unwrap().id(), first);
    let head = service.head(plan()).await.unwrap();
    let head = verify::statement::<Head>(&head, &world.directory()).unwrap();
    assert_eq!(head.content().state, HeadState::Suspended);

    let page = get(&service, &format!("/e/{}", plan())).await;
    assert!(page.contains("<h1 id=\"state\">SUSPENDED</h1>"), "{page}");
    assert!(page.contains("It is not shown. The last version before it that counts stands below."));
    assert!(
        page.contains("Version 1, signed on 25-Aug-2026 by Rowena Demo-Achebe"),
        "{page}"
    );
    assert!(!page.contains("by Leaver"), "{page}");
    let listed = get(&service, &format!("/api/v1/plans/{}/versions", plan())).await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["versions"][1]["state"], "suspended");
    assert_eq!(listed["standing"]["last_not_suspended"]["version"], 1);
    assert!(get(&service, "/").await.contains("SUSPENDED"));
    let printed = service.print(plan(), 2).await.err().unwrap();
    assert!(printed.to_string().contains("not the current one"), "{printed}");
}

#[tokio::test]
async fn a_record_with_a_late_version_goes_on() {
    let world = World::new();
    let (service, store, first) = with_a_leaver(&world).await;
    let late = world.version(&world.leaver, LEAVER, Some(first));
    world.write_version(&store, &late).await;
    let endorsed = world.sign(&endorsement(late.version.id()), &world.leaver);
    assert!(service.endorse(plan(), &endorsed).await.is_err());
    let withdrawn = withdrawal(late.version.id());
    let withdrawn = world.sign(&withdrawn, &world.doctor);
    let latest = late.version.id();
    service.withdraw(plan(), latest, &withdrawn).await.unwrap();
    let record = service.record(plan()).await.unwrap();
    assert!(record.is_withdrawn());
    assert_eq!(record.end(), Some(withdrawn.id()));
}

fn endorsement(version: ObjectId) -> Endorsement {
    Endorsement {
        plan: plan(),
        version,
        statement: EndorsementCode::ResponsibleClinician,
        issued_at: noon(),
    }
}

fn withdrawal(version: ObjectId) -> Withdrawal {
    Withdrawal {
        plan: plan(),
        version,
        reason: WithdrawalReason::WithdrawnByClinician,
        issued_at: noon(),
    }
}

#[tokio::test]
async fn late_statements_count_for_nothing_and_the_record_stays_readable() {
    let world = World::new();
    let (service, store, first) = with_a_leaver(&world).await;
    let observed = Observation {
        version: first,
        code: ReportCode::AuthenticityDisputed,
        words: "It is disputed.",
        reporter: "A paramedic",
    };
    let (report, _) = service.report(plan(), &observed).await.unwrap();
    world.write(&store, &endorsement(first), &world.leaver).await;
    let resolution = Resolution {
        plan: plan(),
        target: report.id(),
        matter: Matter::Clinical,
        outcome: Outcome::Unfounded,
        by: None,
        citation: None,
        words: words("Nothing in it."),
        issued_at: noon(),
    };
    world.write(&store, &resolution, &world.leaver).await;
    let intake = Intake {
        plan: plan(),
        version: Some(first),
        form: IntakeForm::Spoken(words("No ventilation, said late.")),
        received_from: words("The patient"),
        identified_by: words("Known to me"),
        original: words("None"),
        device: None,
        checklist: Checklist::default(),
        issued_at: noon(),
    };
    world.write(&store, &intake, &world.leaver).await;

    let record = service.record(plan()).await.unwrap();
    assert_eq!(record.endorsements_of(first).count(), 0);
    assert!(record.resolutions().is_empty() && record.intakes().is_empty());
    assert_eq!(
        record.open_reports().count(),
        1,
        "the late resolution closes nothing"
    );
    assert_eq!(record.late().len(), 3);
    assert_eq!(record.end(), Some(first));
    let head = service.head(plan()).await.unwrap();
    let head = verify::statement::<Head>(&head, &world.directory()).unwrap();
    let warnings = &head.content().warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[1].contains("did not count any more"), "{warnings:?}");
    let page = get(&service, &format!("/e/{}", plan())).await;
    assert!(page.contains("CURRENT \u{2014} WARNING"), "{page}");
    assert!(
        !page.contains("said late") && !page.contains("Nothing in it"),
        "{page}"
    );
}

#[tokio::test]
async fn a_late_withdrawal_stands_doubted_and_is_followed() {
    let world = World::new();
    let (service, store, first) = with_a_leaver(&world).await;
    let late = world.write(&store, &withdrawal(first), &world.leaver).await;
    let record = service.record(plan()).await.unwrap();
    assert!(record.is_withdrawn() && record.withdrawal().is_none());
    assert_eq!(record.end(), Some(late));
    let head = service.head(plan()).await.unwrap();
    let head = verify::statement::<Head>(&head, &world.directory()).unwrap();
    assert_eq!(head.content().state, HeadState::Withdrawn);
    assert!(head.content().warnings[0].contains("the key that signed the withdrawal"));
    let next = world.version(&world.doctor, DOCTOR, Some(late));
    publish(&service, &next, Some(late)).await.unwrap();
    let record = service.record(plan()).await.unwrap();
    assert_eq!(record.latest().state(), State::Current);
}

#[tokio::test]
async fn a_staff_list_that_does_not_go_on_counts_for_nothing() {
    let world = World::new();
    let (service, store) = world.founded().await;
    let list = |number, agreement| StaffList {
        number,
        agreement: words(agreement),
        staff: Vec::new(),
        issued_at: noon(),
    };
    service
        .list_staff(&world.sign(&list(5, "A"), &world.practice))
        .await
        .unwrap();
    let old = world.write(&store, &list(3, "B"), &world.practice).await;
    let refused = service
        .list_staff(&world.sign(&list(4, "C"), &world.practice))
        .await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("last staff list has number 5"), "{refused}");
    let aside = service.set_aside().await;
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].id, old);
    assert!(aside[0].to_string().contains("number 3"), "{}", aside[0]);
    let again = world.node(store).await.unwrap();
    assert_eq!(again.set_aside().await, aside, "every fold says the same");
}

#[tokio::test]
async fn a_certificate_that_does_not_verify_stops_nobody() {
    let world = World::new();
    let (service, store) = world.founded().await;
    let stranger = stranger(&world);
    let operation = OperationId::random().unwrap();
    store.append(&stranger, operation).await.unwrap();
    let first = world.version(&world.doctor, DOCTOR, None);
    publish(&service, &first, None).await.unwrap();
    assert_eq!(service.set_aside().await[0].id, stranger.id());
    let again = world.node(store).await.unwrap();
    let list = again.trust_list().await.unwrap();
    let mut reader = planseal::check::Reader::default().pin(world.policy());
    reader.add_trust_list(&list).unwrap();
    assert_eq!(again.set_aside().await.len(), 1);
}

/// A root that nobody pinned.
fn stranger(world: &World) -> Verified<Certificate> {
    let own = verify::root(&world.root.certificate).unwrap();
    let fields = CertificateFields {
        name: "Another root".into(),
        ..own.content().fields().clone()
    };
    let certificate = Certificate::new(fields).unwrap();
    let key = planseal_signer::key_file::FileKey::from_secret(&[1; 32]);
    let prepared = planseal::sign::ToBeSigned::root(&certificate).unwrap();
    verify::root(&prepared.sign(&key).unwrap()).unwrap()
}
