//! `found` and `serve` as programs: begun once, stopped and killed, started again with the same receipts, and never
//! started on what is not this node's store.

use planseal_signer::key_file::FileKey;

use crate::installed::{Installed, Node, copy};
use crate::kit::plan;

/// Registers a practice and its doctor, publishes a version, and gives the answers.
pub(crate) fn publish(installed: &Installed, node: &Node) -> serde_json::Value {
    let world = &installed.world;
    for party in [&world.practice, &world.doctor] {
        let (status, told) = node.post("/api/v1/certificates", party.certificate.bytes());
        assert_eq!(status, 201, "{told}");
    }
    let bundle = world.version(&world.doctor, "Rowena Demo-Achebe", None);
    let (status, told) = node.post("/api/v1/plans", &bundle.encode().unwrap());
    assert_eq!(status, 201, "{told}");
    told
}

pub(crate) fn statements(node: &Node) -> serde_json::Value {
    let (status, body) = node.get(&format!("/api/v1/plans/{}/statements", plan()));
    assert_eq!(status, 200);
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn a_node_is_begun_stopped_killed_and_started_again_with_the_same_receipts() {
    let installed = Installed::new();
    let founded = installed.found();
    assert_eq!(founded.code, Some(0), "{founded:?}");
    assert!(founded.out.contains("has begun"), "{founded:?}");
    let node = installed.serve();
    assert_eq!(node.get("/healthz"), (200, b"ok\n".to_vec()));
    let published = publish(&installed, &node);
    let before = statements(&node);
    let (code, told) = node.stop();
    assert_eq!((code, told.ends_with("stopped")), (Some(0), true), "{told}");

    let node = installed.serve();
    assert_eq!(statements(&node), before, "the same receipts after a stop");
    let again = publish(&installed, &node);
    assert_eq!(again["leaf"], published["leaf"]);
    assert_eq!(again["id"], published["id"]);
    node.kill();
    let node = installed.serve();
    assert_eq!(statements(&node), before, "the same receipts after a kill");
    let (_, checkpoint) = node.get("/api/v1/log/checkpoint");
    assert_eq!(node.stop().0, Some(0));
    let remembered = std::fs::read(installed.path("remembered-checkpoint")).unwrap();
    assert_eq!(remembered, checkpoint);
    let again = installed.found();
    again.refused(3, "start the service with `planseal-server serve`");
}

#[test]
fn nothing_of_plans_is_served_where_nobody_can_sign_in() {
    let installed = Installed::new();
    installed.edit("access = \"trial\"", "access = \"closed\"");
    assert_eq!(installed.found().code, Some(0));
    let node = installed.serve();
    let world = &installed.world;
    let bundle = world.version(&world.doctor, "Rowena Demo-Achebe", None);
    let (status, told) = node.post("/api/v1/plans", &bundle.encode().unwrap());
    assert_eq!(status, 403);
    assert!(told["detail"].as_str().unwrap().contains("signing in"), "{told}");
    for path in [
        "/api/v1/trust-list",
        "/api/v1/snapshot",
        "/api/v1/trust-policy",
        "/healthz",
        "/",
    ] {
        assert_eq!(node.get(path).0, 200, "{path}");
    }
    let (code, told) = node.stop();
    assert_eq!(code, Some(0));
    assert!(told.contains("that needs signing in"), "{told}");
}

#[test]
fn a_store_that_was_rolled_back_as_a_whole_is_refused() {
    let installed = Installed::new();
    assert_eq!(installed.found().code, Some(0));
    copy(&installed.path("store"), &installed.path("backup"));
    let node = installed.serve();
    publish(&installed, &node);
    assert_eq!(node.stop().0, Some(0));
    std::fs::rename(installed.path("store"), installed.path("lost")).unwrap();
    std::fs::rename(installed.path("backup"), installed.path("store")).unwrap();
    let refused = installed.run("serve", &[]);
    refused.refused(3, "the store was rolled back or lost objects");
    installed.put("remembered-checkpoint", b"no note");
    installed.run("serve", &[]).refused(3, "holds no checkpoint");
}

#[test]
fn what_is_not_this_nodes_store_is_refused_with_the_reason() {
    let installed = Installed::new();
    installed
        .run("serve", &[])
        .refused(3, "begin one with `planseal-server found`");
    assert!(!installed.path("store").exists(), "serving begins nothing");
    assert_eq!(installed.found().code, Some(0));

    std::fs::rename(installed.path("store.key"), installed.path("kept.key")).unwrap();
    installed.run("serve", &[]).refused(3, "store.key");
    let other = Installed::new();
    assert_eq!(other.found().code, Some(0));
    std::fs::copy(other.path("store.key"), installed.path("store.key")).unwrap();
    installed
        .run("serve", &[])
        .refused(3, "is this the key file of this store?");
    std::fs::rename(installed.path("kept.key"), installed.path("store.key")).unwrap();

    installed.replace_key("head.pem", &FileKey::from_secret(&[77; 32]));
    installed
        .run("serve", &[])
        .refused(3, "give the key that it was issued for");
    installed
        .run("check-config", &[])
        .refused(3, "give the key that it was issued for");
    installed.replace_key("log.pem", &FileKey::from_secret(&[78; 32]));
    installed
        .run("serve", &[])
        .refused(3, "give the log key of this policy");

    installed.put("passphrase", b"another passphrase\n");
    installed.run("serve", &[]).refused(1, "wrong passphrase");
}

#[test]
fn a_taken_address_is_told_before_anything_is_opened() {
    let installed = Installed::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = installed.run("serve", &["--listen", &address]);
    refused.refused(1, "cannot be listened on");
}
