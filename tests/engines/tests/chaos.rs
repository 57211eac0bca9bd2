//! Nodes die and requests go wrong, on the light S3 server; every promise made meanwhile is kept.

use std::time::Duration;

use planseal_engines::chaos::{self, Trial};
use planseal_engines::disturbance::Weather;
use planseal_engines::fault::Faults;
use planseal_engines::light_s3::LightS3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_promise_is_broken_while_nodes_die_and_requests_go_wrong() {
    let server = LightS3::start(Faults::none()).expect("a server");
    let bucket = server.bucket();
    let trial = Trial {
        engines: vec![Box::new(move || bucket.object_store())],
        nodes: 3,
        time: Duration::from_secs(15),
        pace: Duration::from_secs(2),
        seed: 1,
    };
    let account = chaos::run(trial, &Weather(&server)).await.expect("a trial");
    let (requests, faults) = server.requests_and_faults();
    println!("{account}{requests} requests, {faults} of them with a fault");
    assert!(account.is_kept(), "{account}");
    // A machine under load does less; a trial in which next to nothing happened proves nothing.
    assert!(
        account.acknowledged > 30 && account.killed > 1 && faults > 50,
        "{account}"
    );
}
