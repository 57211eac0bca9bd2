//! Nodes die and requests go wrong, on the light S3 server; every promise made meanwhile is kept.

use std::time::Duration;

use planseal_engines::chaos::{self, Disturbance, Trial};
use planseal_engines::fault::Faults;
use planseal_engines::light_s3::LightS3;

/// Storms with a short outage in every second one.
struct Weather(LightS3);

impl Disturbance for Weather {
    fn disturb(&self, step: u64) {
        self.0.set_faults(Faults::storm(step));
        if step % 2 == 1 {
            self.0.go_out_for(Duration::from_millis(400));
        }
    }

    fn calm(&self) {
        self.0.set_faults(Faults::none());
    }
}

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
    let weather = Weather(server);
    let account = chaos::run(trial, &weather).await.expect("a trial");
    let (requests, faults) = weather.0.requests_and_faults();
    println!("{account}{requests} requests, {faults} of them with a fault");
    assert!(account.is_kept(), "{account}");
    assert!(
        account.acknowledged > 50 && account.killed > 3 && faults > 100,
        "{account}"
    );
}
