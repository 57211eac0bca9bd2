//! What one node wrote, another one folds to the same state; and what it refuses to start on.

use planseal::snapshot::Snapshot;
use planseal::statement::{StaffList, Words};
use planseal_server::service::{Service, ServiceKeys, StartError};

use crate::kit::{World, noon, plan, publish};

/// A log with two versions, a revocation, and a staff list.
async fn lived(world: &World, service: &Service) {
    let doctor = "Rowena Demo-Achebe";
    let first = world.version(&world.doctor, doctor, None);
    publish(service, &first, None).await.unwrap();
    let second = world.version(&world.leaver, "Leaver Testperson", Some(first.version.id()));
    publish(service, &second, Some(first.version.id())).await.unwrap();
    let index = service.record(plan()).await.unwrap().latest().index();
    service
        .revoke(&world.revocation(&world.leaver, index))
        .await
        .unwrap();
    service
        .list_staff(&world.sign(&staff(1), &world.practice))
        .await
        .unwrap();
}

async fn snapshot_of(world: &World, service: &Service) -> Snapshot {
    let object = service.snapshot().await.unwrap();
    let snapshot = planseal::verify::statement::<Snapshot>(&object, &world.directory()).unwrap();
    snapshot.content().clone()
}

fn staff(number: u32) -> StaffList {
    StaffList {
        number,
        agreement: Words::parse("Agreement 1").unwrap(),
        staff: Vec::new(),
        issued_at: noon(),
    }
}

#[tokio::test]
async fn what_is_opened_again_is_what_was_left() {
    let world = World::new();
    let (service, store) = world.founded().await;
    lived(&world, &service).await;
    let snapshot = snapshot_of(&world, &service).await;
    let list = service.trust_list().await.unwrap();
    let history = format!("{:?}", service.history(plan()).await.unwrap());
    let receipt = service.receipt(world.leaver.certificate.id()).await.unwrap();
    drop((service, store));

    let again = world.node(world.store().await).await.unwrap();
    assert_eq!(again.trust_list().await.unwrap().bytes(), list.bytes());
    assert_eq!(format!("{:?}", again.history(plan()).await.unwrap()), history);
    assert_eq!(
        again
            .receipt(world.leaver.certificate.id())
            .await
            .unwrap()
            .encode(),
        receipt.encode()
    );
    let now = snapshot_of(&world, &again).await;
    assert_eq!(now.size(), snapshot.size() + 1, "the snapshot itself is logged");
    for leaf in 0..snapshot.size() {
        assert_eq!(now.status(leaf), snapshot.status(leaf), "leaf {leaf}");
    }
    assert!(again.set_aside().await.is_empty());
    let number = again.list_staff(&world.sign(&staff(1), &world.practice)).await;
    assert!(number.is_ok(), "the same list again has its leaf");
    let third = world.version(&world.leaver, "Leaver Testperson", None);
    let refused = publish(&again, &third, None).await.unwrap_err();
    assert!(refused.to_string().contains("not in force"), "{refused}");
}

#[tokio::test]
async fn nodes_see_what_the_other_registered() {
    let world = World::new();
    let (one, _) = world.founded().await;
    let other = world.node(world.store().await).await.unwrap();
    lived(&world, &one).await;
    let list = one.trust_list().await.unwrap();
    assert_eq!(other.newest_trust_list().await.unwrap().bytes(), list.bytes());
    let old = other
        .list_staff(&world.sign(&late_staff(), &world.practice))
        .await;
    assert!(
        old.unwrap_err()
            .to_string()
            .contains("last staff list has number 1")
    );
    let revoked = other
        .endorse(plan(), &world.sign(&endorsement(&one).await, &world.leaver))
        .await;
    assert!(revoked.unwrap_err().to_string().contains("not in force"));
}

/// Another list under a number that was used.
fn late_staff() -> StaffList {
    StaffList {
        agreement: Words::parse("Agreement 2").unwrap(),
        ..staff(1)
    }
}

#[tokio::test]
async fn a_node_that_stopped_or_died_is_not_missed() {
    let world = World::new();
    let (one, store) = world.founded().await;
    let other = world.node(world.store().await).await.unwrap();
    one.close().await.unwrap();
    drop((one, store));
    let first = world.version(&world.doctor, "Rowena Demo-Achebe", None);
    let published = publish(&other, &first, None).await.unwrap();
    // Dropped without closing, as a kill leaves it.
    drop(other);
    let third = world.node(world.store().await).await.unwrap();
    let receipt = third.receipt(published.id).await.unwrap();
    assert_eq!(receipt.proof().index, published.receipt.proof().index);
    let second = world.version(&world.leaver, "Leaver Testperson", Some(first.version.id()));
    publish(&third, &second, Some(first.version.id())).await.unwrap();
    assert_eq!(third.record(plan()).await.unwrap().versions().len(), 2);
}

async fn endorsement(service: &Service) -> planseal::statement::Endorsement {
    let first = service.record(plan()).await.unwrap().versions()[0].id();
    planseal::statement::Endorsement {
        plan: plan(),
        version: first,
        statement: planseal::statement::EndorsementCode::ResponsibleClinician,
        issued_at: noon(),
    }
}

#[tokio::test]
async fn a_beginning_is_completed_and_never_begun_twice() {
    let world = World::new();
    let store = world.store().await;
    assert!(matches!(world.node(store.clone()).await, Err(StartError::Empty)));
    let found = async |certificates: &[_]| {
        let (deployment, keys) = (world.deployment(), world.service_keys());
        Service::found(store.clone(), world.clock.clone(), deployment, certificates, keys).await
    };
    let beginning = world.beginning();
    let cut = found(&beginning[..2]).await;
    assert!(
        matches!(cut, Err(StartError::KeyNotLogged { .. })),
        "its keys are missing"
    );
    let service = found(&beginning).await.unwrap();
    let list = service.trust_list().await.unwrap();
    let again = found(&beginning).await.unwrap();
    assert_eq!(again.trust_list().await.unwrap().bytes(), list.bytes());
    let longer = [
        beginning.as_slice(),
        std::slice::from_ref(&world.practice.certificate),
    ]
    .concat();
    assert!(found(&longer).await.is_ok(), "a longer beginning goes on");
    assert!(matches!(
        found(&beginning).await,
        Err(StartError::Begun { size: 6 })
    ));
    let unordered = found(std::slice::from_ref(&world.doctor.certificate)).await;
    assert!(matches!(unordered, Err(StartError::Verify(_))));
}

#[tokio::test]
async fn a_store_of_somebody_else_and_wrong_keys_are_refused() {
    let world = World::new();
    let (service, store) = world.founded().await;
    drop(service);
    let open = async |deployment, keys| {
        let opened = Service::open(store.clone(), world.clock.clone(), deployment, keys).await;
        let refused = opened.err().unwrap();
        assert!(refused.is_refusal());
        refused.to_string()
    };
    let mut other = world.deployment();
    let (root, log) = (other_root(&world), world.policy().log().to_string());
    other.policy = planseal::trust::TrustPolicy::new(&root, &log, "quorum none\n", "x").unwrap();
    let refused = open(other, world.service_keys()).await;
    assert!(refused.contains("the store of another service"), "{refused}");

    let mut other = world.deployment();
    let log = log.replace("log.example/nodes", "log.example/other");
    let pinned = planseal::trust::TrustPolicy::new(&world.root.certificate, &log, "quorum none\n", "x");
    if let Ok(policy) = pinned {
        other.policy = policy;
        let refused = open(other, world.service_keys()).await;
        assert!(refused.contains("give the log key of this policy"), "{refused}");
    }

    let swap = |keys: ServiceKeys| ServiceKeys {
        head: keys.status,
        status: keys.head,
        recorder: keys.recorder,
        seal: keys.seal,
    };
    let refused = open(world.deployment(), swap(world.service_keys())).await;
    assert!(refused.contains("does not grant the role"), "{refused}");
    let mut keys = world.service_keys();
    keys.head.port = world.service_keys().status.port;
    let refused = open(world.deployment(), keys).await;
    assert!(
        refused.contains("give the key that it was issued for"),
        "{refused}"
    );
    let mut keys = world.service_keys();
    keys.recorder.certificate = planseal::id::ObjectId::of(b"never registered");
    let refused = open(world.deployment(), keys).await;
    assert!(refused.contains("is not in the log"), "{refused}");
}

fn other_root(world: &World) -> planseal::envelope::SignedObject {
    let fields = planseal::trust::CertificateFields {
        name: "Another root".into(),
        ..planseal::verify::root(&world.root.certificate)
            .unwrap()
            .content()
            .fields()
            .clone()
    };
    let certificate = planseal::trust::Certificate::new(fields).unwrap();
    let key = planseal_signer::key_file::FileKey::from_secret(&[1; 32]);
    let prepared = planseal::sign::ToBeSigned::root(&certificate).unwrap();
    prepared.sign(&key).unwrap()
}
