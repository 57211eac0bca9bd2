//! Too few witnesses: what was published is registered, and no paper is handed out that its readers could not check.

use std::sync::Arc;

use planseal::log::note::{KeyType, VerifierKey};
use planseal::trust::TrustPolicy;
use planseal_server::routes::{self, App, Mode};
use planseal_server::service::Service;
use planseal_signer::key_file::FileKey;
use tower::ServiceExt as _;

use crate::kit::{World, plan, publish};

#[tokio::test]
async fn nothing_is_printed_while_fewer_witnesses_answer_than_readers_ask_for() {
    let world = World::new();
    let mut deployment = world.deployment();
    let key = FileKey::from_secret(&[40; 32]).public_key();
    let witness = VerifierKey::new("witness.example/silent", KeyType::Witness, key).unwrap();
    let quorum = format!("witness silent {witness}\nquorum silent\n");
    let log = world.policy().log().to_string();
    deployment.policy = TrustPolicy::new(&world.root.certificate, &log, &quorum, "x").unwrap();
    let store = world.store().await;
    let (clock, keys) = (world.clock.clone(), world.service_keys());
    let service = Service::found(store, clock, deployment, &world.beginning(), keys)
        .await
        .unwrap();
    for party in [&world.practice, &world.doctor] {
        service.register_certificate(&party.certificate).await.unwrap();
    }
    let first = world.version(&world.doctor, "Rowena Demo-Achebe", None);
    publish(&service, &first, None).await.unwrap();

    let app = App {
        service: Arc::new(service),
        mode: Mode::Demo,
    };
    let path = format!("/api/v1/plans/{}/versions/1/document", plan());
    let request = axum::http::Request::builder().uri(path);
    let request = request.body(axum::body::Body::empty()).unwrap();
    let answer = routes::router(app).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 503);
    let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["type"], "urn:planseal:problem:busy");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("print it in a minute"),
        "{problem}"
    );
}
